"""Keep signatures, remarks and reference images of results; what is signed does not change any more."""

import sqlalchemy as sa
from alembic import op

from photopeak.storage import types as t

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add the tables, queue what is there, and lock what will be signed."""
    op.create_table(
        "reviews",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("result_id", sa.String(36), sa.ForeignKey("results.id"), nullable=False),
        sa.Column("meaning", sa.String(16), nullable=False),
        sa.Column("by", t.CleanText(), nullable=False),
        sa.Column("printed_name", t.CleanText(), nullable=False),
        sa.Column("comment", t.CleanText(), nullable=False),
        sa.Column("at", t.UtcDateTime(), nullable=False),
        sa.Column("rule", sa.Boolean(), nullable=False),
        sa.Column("corrects", sa.String(36), sa.ForeignKey("reviews.id"), unique=True),
        sa.Column("reason", t.CleanText(), nullable=False),
    )
    op.create_index("ix_reviews_result", "reviews", ["result_id"])
    op.create_table(
        "review_queue",
        sa.Column("result_id", sa.String(36), sa.ForeignKey("results.id"), primary_key=True),
        sa.Column("urgency", sa.Integer(), nullable=False),
        sa.Column("finished_at", t.UtcDateTime(), nullable=False),
    )
    op.create_index(
        "ix_review_queue_order", "review_queue", ["urgency", "finished_at", "result_id"]
    )
    op.create_table(
        "remarks",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("result_id", sa.String(36), sa.ForeignKey("results.id"), nullable=False),
        sa.Column("by", t.CleanText(), nullable=False),
        sa.Column("printed_name", t.CleanText(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("text", t.CleanText(), nullable=False),
        sa.Column("at", t.UtcDateTime(), nullable=False),
    )
    op.create_index("ix_remarks_result", "remarks", ["result_id"])
    op.create_index("ix_alert_events_result", "alert_events", ["result_id"])
    op.create_table(
        "reference_images",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("key_sha256", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("device_id", t.CleanText(), nullable=False),
        sa.Column("test", sa.String(64), nullable=False),
        sa.Column("variant", sa.String(32), nullable=False),
        sa.Column("figure", sa.String(64), nullable=False),
        sa.Column("configuration", t.CleanText(), nullable=False),
        sa.Column("result_id", sa.String(36), sa.ForeignKey("results.id"), nullable=False),
        sa.Column("detector", sa.Integer()),
        sa.Column("by", t.CleanText(), nullable=False),
        sa.Column("printed_name", t.CleanText(), nullable=False),
        sa.Column("reason", t.CleanText(), nullable=False),
        sa.Column("at", t.UtcDateTime(), nullable=False),
        sa.UniqueConstraint("key_sha256", "version"),
    )
    op.execute(
        "INSERT INTO review_queue (result_id, urgency, finished_at) "  # noqa: S608 - fixed words
        f"SELECT id, {_URGENCY}, finished_at FROM results WHERE current"
    )
    if op.get_context().dialect.name == "sqlite":
        _refuse_in_sqlite()
    else:
        _refuse_in_postgresql()


_URGENCY = (
    "CASE status WHEN 'FAIL' THEN 0 WHEN 'ERROR' THEN 1 WHEN 'INVALID' THEN 2 WHEN 'WARN' THEN 3 "
    "WHEN 'NO_LIMIT' THEN 4 WHEN 'INFO' THEN 5 ELSE 6 END"
)
_KEPT = ("reviews", "remarks", "reference_images")
"""Tables whose rows never change."""
_PARTS = ("result_inputs", "measurements", "preconditions", "verdicts", "notes", "figures")
"""Tables of what belongs to a result."""
_COLUMNS = (
    "id", "test_set_id", "version", "supersedes", "fingerprint", "test", "variant", "device_id",
    "status", "purpose", "title", "title_zh", "acquired_at", "started_at", "finished_at",
    "software_version", "analyzer_version", "routes_version", "host", "parameters", "readings",
    "limit_sets", "baselines", "configurations", "failure", "message",
)  # fmt: skip
"""Of a result everything but whether it is the one that counts."""
_NEVER = "this is kept as it was written"
_SIGNED = "the result is signed and does not change"
_CODE = "USING ERRCODE = 'integrity_constraint_violation'"


def _refuse_in_sqlite() -> None:
    """Let the database itself refuse changes of what was signed."""
    for table in _KEPT:
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{_NEVER}'); END"
            )
    for table, verb, row, key in (
        ("results", f"UPDATE OF {', '.join(_COLUMNS)}", "OLD", "id"),
        ("results", "DELETE", "OLD", "id"),
        *(
            (table, verb, row, "result_id")
            for table in _PARTS
            for verb, row in (("INSERT", "NEW"), ("UPDATE", "OLD"), ("DELETE", "OLD"))
        ),
    ):
        op.execute(
            f"CREATE TRIGGER {table}_signed_{verb.split()[0].lower()} BEFORE {verb} ON {table} "  # noqa: S608 - fixed words
            f"WHEN EXISTS (SELECT 1 FROM reviews WHERE result_id = {row}.{key}) "
            f"BEGIN SELECT RAISE(ABORT, '{_SIGNED}'); END"
        )


def _refuse_in_postgresql() -> None:
    """Let the database itself refuse changes of what was signed."""
    op.execute(
        "CREATE FUNCTION photopeak_kept_as_written() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_NEVER}' {_CODE}; END $$"
    )
    for table in _KEPT:
        op.execute(
            f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION photopeak_kept_as_written()"
        )
    for name, key in (("result", "id"), ("part", "result_id")):
        op.execute(
            f"CREATE FUNCTION photopeak_signed_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ "  # noqa: S608 - fixed words
            "DECLARE subject text; BEGIN "
            f"IF TG_OP = 'INSERT' THEN subject := NEW.{key}; ELSE subject := OLD.{key}; END IF; "
            "IF EXISTS (SELECT 1 FROM reviews WHERE result_id = subject) THEN "
            f"RAISE EXCEPTION '{_SIGNED}' {_CODE}; END IF; "
            "IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$"
        )
    op.execute(
        f"CREATE TRIGGER results_signed BEFORE UPDATE OF {', '.join(_COLUMNS)} OR DELETE ON results "
        "FOR EACH ROW EXECUTE FUNCTION photopeak_signed_result()"
    )
    for table in _PARTS:
        op.execute(
            f"CREATE TRIGGER {table}_signed BEFORE INSERT OR UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION photopeak_signed_part()"
        )

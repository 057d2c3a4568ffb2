"""Keep devices, limits, people, machines, alerts and the audit trail."""

import sqlalchemy as sa
from alembic import op

from photopeak.storage import types as t

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "audit",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", t.UtcDateTime(), nullable=False),
        sa.Column("actor", t.CleanText(), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("subject", t.CleanText(), nullable=False),
        sa.Column("detail", t.Json(), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit")),
    )
    op.create_table(
        "baselines",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("device_id", t.CleanText(), nullable=False),
        sa.Column("test", sa.String(length=64), nullable=False),
        sa.Column("variant", sa.String(length=32), nullable=False),
        sa.Column("metric", sa.String(length=64), nullable=False),
        sa.Column("scope", t.Json(), nullable=False),
        sa.Column("configuration", t.CleanText(), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("spread", sa.Float(), nullable=True),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("epoch_start", t.UtcDateTime(), nullable=False),
        sa.Column("reason", t.CleanText(), nullable=False),
        sa.Column("approved_by", t.CleanText(), nullable=False),
        sa.Column("source_results", t.Json(), nullable=False),
        sa.Column("created_at", t.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_baselines")),
        sa.UniqueConstraint("key", "version", name=op.f("uq_baselines_key_version")),
    )
    op.create_index(
        "ix_baselines_device", "baselines", ["device_id", "test", "variant"], unique=False
    )
    op.create_table(
        "device_sightings",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("device_id", t.CleanText(), nullable=True),
        sa.Column("calling_ae_title", t.CleanText(), nullable=False),
        sa.Column("manufacturer", t.CleanText(), nullable=False),
        sa.Column("model", t.CleanText(), nullable=False),
        sa.Column("serial_number", t.CleanText(), nullable=False),
        sa.Column("station", t.CleanText(), nullable=False),
        sa.Column("first_seen_at", t.UtcDateTime(), nullable=False),
        sa.Column("last_seen_at", t.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_device_sightings")),
    )
    op.create_index(
        "ix_device_sightings_device",
        "device_sightings",
        ["device_id", "last_seen_at"],
        unique=False,
    )
    op.create_table(
        "devices",
        sa.Column("id", t.CleanText(), nullable=False),
        sa.Column("configured", sa.Boolean(), nullable=False),
        sa.Column("definition", t.Json(), nullable=False),
        sa.Column("changed_at", t.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_devices")),
    )
    op.create_table(
        "limit_sets",
        sa.Column("name", t.CleanText(), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("title", t.CleanText(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("source", t.CleanText(), nullable=False),
        sa.Column("definition", t.Json(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("first_used_at", t.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", "version", name=op.f("pk_limit_sets")),
    )
    op.create_table(
        "marks",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_marks")),
    )
    op.create_table(
        "tokens",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("name", t.CleanText(), nullable=False),
        sa.Column("scopes", t.Json(), nullable=False),
        sa.Column("created_at", t.UtcDateTime(), nullable=False),
        sa.Column("created_by", t.CleanText(), nullable=False),
        sa.Column("expires_at", t.UtcDateTime(), nullable=True),
        sa.Column("last_used_at", t.UtcDateTime(), nullable=True),
        sa.Column("revoked_at", t.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tokens")),
        sa.UniqueConstraint("digest", name=op.f("uq_tokens_digest")),
    )
    op.create_table(
        "workers",
        sa.Column("id", t.CleanText(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("host", t.CleanText(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("started_at", t.UtcDateTime(), nullable=False),
        sa.Column("seen_at", t.UtcDateTime(), nullable=False),
        sa.Column("stopped_at", t.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workers")),
    )
    op.create_table(
        "alerts",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("key", t.CleanText(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("severity", sa.String(length=16), nullable=False),
        sa.Column("title", t.CleanText(), nullable=False),
        sa.Column("message", t.CleanText(), nullable=False),
        sa.Column("device_id", t.CleanText(), nullable=True),
        sa.Column("test", sa.String(length=64), nullable=True),
        sa.Column("result_id", sa.String(length=36), nullable=True),
        sa.Column("series_instance_uid", sa.String(length=64), nullable=True),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("opened_at", t.UtcDateTime(), nullable=False),
        sa.Column("last_seen_at", t.UtcDateTime(), nullable=False),
        sa.Column("acknowledged_at", t.UtcDateTime(), nullable=True),
        sa.Column("acknowledged_by", t.CleanText(), nullable=False),
        sa.Column("comment", t.CleanText(), nullable=False),
        sa.Column("closed_at", t.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["result_id"], ["results.id"], name=op.f("fk_alerts_result_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
    )
    op.create_index("ix_alerts_page", "alerts", ["opened_at", "id"], unique=False)
    op.create_index("ix_alerts_state_page", "alerts", ["state", "opened_at", "id"], unique=False)
    op.create_index(
        "uq_alerts_open_key",
        "alerts",
        ["key"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    _protect_audit()


def _protect_audit() -> None:
    """Let the database itself refuse changes of the audit trail."""
    if op.get_context().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER audit_no_{verb.lower()} BEFORE {verb} ON audit "
                "BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION photopeak_audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the audit trail is append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
        "FOR EACH STATEMENT EXECUTE FUNCTION photopeak_audit_is_append_only()"
    )

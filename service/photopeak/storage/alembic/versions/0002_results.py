"""Keep test sets and what came out of them."""

import sqlalchemy as sa
from alembic import op

from photopeak.storage import types as t

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "test_sets",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("device_id", t.CleanText(), nullable=False),
        sa.Column("test", sa.String(length=64), nullable=False),
        sa.Column("variant", sa.String(length=32), nullable=False),
        sa.Column("group_key", t.CleanText(), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("waiting_for", t.CleanText(), nullable=False),
        sa.Column("reason", t.CleanText(), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("parameters", t.Json(), nullable=False),
        sa.Column("limits", t.Json(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("losses", sa.Integer(), nullable=False),
        sa.Column("worker_id", t.CleanText(), nullable=True),
        sa.Column("job_id", t.CleanText(), nullable=True),
        sa.Column("created_at", t.UtcDateTime(), nullable=False),
        sa.Column("updated_at", t.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_test_sets")),
        sa.UniqueConstraint(
            "device_id",
            "test",
            "variant",
            "group_key",
            "day",
            "ordinal",
            name=op.f("uq_test_sets_device_id_test_variant_group_key_day_ordinal"),
        ),
    )
    op.create_index("ix_test_sets_page", "test_sets", ["updated_at", "id"], unique=False)
    op.create_index(
        "ix_test_sets_state_page", "test_sets", ["state", "updated_at", "id"], unique=False
    )
    op.create_table(
        "readings",
        sa.Column("test_set_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("value", t.Json(), nullable=False),
        sa.Column("unit", t.CleanText(), nullable=False),
        sa.Column("uncertainty", sa.Float(), nullable=True),
        sa.Column("at", t.UtcDateTime(), nullable=True),
        sa.Column("source", t.CleanText(), nullable=False),
        sa.Column("entered_by", t.CleanText(), nullable=False),
        sa.Column("entered_at", t.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["test_set_id"], ["test_sets.id"], name=op.f("fk_readings_test_set_id")
        ),
        sa.PrimaryKeyConstraint("test_set_id", "name", "version", name=op.f("pk_readings")),
    )
    op.create_table(
        "results",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("test_set_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.Column("supersedes", sa.String(length=36), nullable=True),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("test", sa.String(length=64), nullable=False),
        sa.Column("variant", sa.String(length=32), nullable=False),
        sa.Column("device_id", t.CleanText(), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("title", t.CleanText(), nullable=False),
        sa.Column("title_zh", t.CleanText(), nullable=False),
        sa.Column("acquired_at", t.UtcDateTime(), nullable=True),
        sa.Column("started_at", t.UtcDateTime(), nullable=False),
        sa.Column("finished_at", t.UtcDateTime(), nullable=False),
        sa.Column("software_version", t.CleanText(), nullable=False),
        sa.Column("analyzer_version", t.CleanText(), nullable=False),
        sa.Column("routes_version", sa.String(length=64), nullable=False),
        sa.Column("host", t.CleanText(), nullable=False),
        sa.Column("parameters", t.Json(), nullable=False),
        sa.Column("readings", t.Json(), nullable=False),
        sa.Column("limit_sets", t.Json(), nullable=False),
        sa.Column("baselines", t.Json(), nullable=False),
        sa.Column("failure", t.Json(), nullable=True),
        sa.Column("message", t.CleanText(), nullable=False),
        sa.ForeignKeyConstraint(["supersedes"], ["results.id"], name=op.f("fk_results_supersedes")),
        sa.ForeignKeyConstraint(
            ["test_set_id"], ["test_sets.id"], name=op.f("fk_results_test_set_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_results")),
        sa.UniqueConstraint(
            "test_set_id", "fingerprint", name=op.f("uq_results_test_set_id_fingerprint")
        ),
        sa.UniqueConstraint("test_set_id", "version", name=op.f("uq_results_test_set_id_version")),
    )
    op.create_index(
        "ix_results_device_page", "results", ["device_id", "finished_at", "id"], unique=False
    )
    op.create_index(
        "ix_results_device_test_page",
        "results",
        ["device_id", "test", "finished_at", "id"],
        unique=False,
    )
    op.create_index("ix_results_page", "results", ["finished_at", "id"], unique=False)
    op.create_index(
        "ix_results_status_page", "results", ["status", "finished_at", "id"], unique=False
    )
    op.create_index("ix_results_test_page", "results", ["test", "finished_at", "id"], unique=False)
    op.create_index(
        "ix_results_trend",
        "results",
        ["device_id", "test", "variant", "current", "acquired_at"],
        unique=False,
    )
    op.create_table(
        "test_set_members",
        sa.Column("test_set_id", sa.String(length=36), nullable=False),
        sa.Column("role", sa.String(length=64), nullable=False),
        sa.Column("series_instance_uid", sa.String(length=64), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("parameters", t.Json(), nullable=False),
        sa.Column("acquired_at", t.UtcDateTime(), nullable=True),
        sa.Column("added_at", t.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["series_instance_uid"],
            ["series.series_instance_uid"],
            name=op.f("fk_test_set_members_series_instance_uid"),
        ),
        sa.ForeignKeyConstraint(
            ["test_set_id"], ["test_sets.id"], name=op.f("fk_test_set_members_test_set_id")
        ),
        sa.PrimaryKeyConstraint(
            "test_set_id", "role", "series_instance_uid", name=op.f("pk_test_set_members")
        ),
    )
    op.create_index(
        "ix_test_set_members_series", "test_set_members", ["series_instance_uid"], unique=False
    )
    op.create_table(
        "figures",
        sa.Column("result_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("form", sa.String(length=8), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", t.CleanText(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["result_id"], ["results.id"], name=op.f("fk_figures_result_id")),
        sa.PrimaryKeyConstraint("result_id", "name", "form", name=op.f("pk_figures")),
    )
    op.create_table(
        "measurements",
        sa.Column("result_id", sa.String(length=36), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("metric", sa.String(length=64), nullable=False),
        sa.Column("scope", t.Json(), nullable=False),
        sa.Column("label", t.CleanText(), nullable=False),
        sa.Column("label_zh", t.CleanText(), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("unit", t.CleanText(), nullable=False),
        sa.Column("uncertainty", sa.Float(), nullable=True),
        sa.Column("symbol", t.CleanText(), nullable=False),
        sa.Column("decimals", sa.Integer(), nullable=False),
        sa.Column("clause", t.CleanText(), nullable=False),
        sa.ForeignKeyConstraint(
            ["result_id"], ["results.id"], name=op.f("fk_measurements_result_id")
        ),
        sa.PrimaryKeyConstraint("result_id", "position", name=op.f("pk_measurements")),
    )
    op.create_table(
        "notes",
        sa.Column("result_id", sa.String(length=36), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("message", t.CleanText(), nullable=False),
        sa.Column("scope", t.Json(), nullable=False),
        sa.Column("values", t.Json(), nullable=False),
        sa.ForeignKeyConstraint(["result_id"], ["results.id"], name=op.f("fk_notes_result_id")),
        sa.PrimaryKeyConstraint("result_id", "position", name=op.f("pk_notes")),
    )
    op.create_table(
        "preconditions",
        sa.Column("result_id", sa.String(length=36), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("severity", sa.String(length=8), nullable=False),
        sa.Column("outcome", sa.String(length=8), nullable=False),
        sa.Column("scope", t.Json(), nullable=False),
        sa.Column("quantity", t.CleanText(), nullable=False),
        sa.Column("value", t.Json(), nullable=True),
        sa.Column("lower", sa.Float(), nullable=True),
        sa.Column("upper", sa.Float(), nullable=True),
        sa.Column("unit", t.CleanText(), nullable=False),
        sa.Column("expected", t.CleanText(), nullable=False),
        sa.Column("clause", t.CleanText(), nullable=False),
        sa.ForeignKeyConstraint(
            ["result_id"], ["results.id"], name=op.f("fk_preconditions_result_id")
        ),
        sa.PrimaryKeyConstraint("result_id", "position", name=op.f("pk_preconditions")),
    )
    op.create_table(
        "result_inputs",
        sa.Column("result_id", sa.String(length=36), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=64), nullable=False),
        sa.Column("series_instance_uid", sa.String(length=64), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("instances", t.Json(), nullable=False),
        sa.ForeignKeyConstraint(
            ["result_id"], ["results.id"], name=op.f("fk_result_inputs_result_id")
        ),
        sa.PrimaryKeyConstraint("result_id", "position", name=op.f("pk_result_inputs")),
    )
    op.create_index(
        "ix_result_inputs_series", "result_inputs", ["series_instance_uid"], unique=False
    )
    op.create_table(
        "verdicts",
        sa.Column("result_id", sa.String(length=36), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("metric", sa.String(length=64), nullable=False),
        sa.Column("scope", t.Json(), nullable=False),
        sa.Column("limit_set", t.CleanText(), nullable=False),
        sa.Column("limit_set_version", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("lower", sa.Float(), nullable=True),
        sa.Column("upper", sa.Float(), nullable=True),
        sa.Column("warn_lower", sa.Float(), nullable=True),
        sa.Column("warn_upper", sa.Float(), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("met", sa.Boolean(), nullable=True),
        sa.Column("source", t.CleanText(), nullable=False),
        sa.Column("baseline_id", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(["result_id"], ["results.id"], name=op.f("fk_verdicts_result_id")),
        sa.PrimaryKeyConstraint("result_id", "position", name=op.f("pk_verdicts")),
    )

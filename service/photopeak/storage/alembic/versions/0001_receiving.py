"""Keep what came in: series, instances, routing decisions, taught routes."""

import sqlalchemy as sa
from alembic import op

from photopeak.storage import types as t

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "series",
        sa.Column("series_instance_uid", sa.String(length=64), nullable=False),
        sa.Column("study_instance_uid", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", t.CleanText(), nullable=False),
        sa.Column("device_id", t.CleanText(), nullable=True),
        sa.Column("modality", t.CleanText(), nullable=False),
        sa.Column("instances", sa.Integer(), nullable=False),
        sa.Column("conflicts", sa.Integer(), nullable=False),
        sa.Column("expected_instances", sa.Integer(), nullable=True),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("first_received_at", t.UtcDateTime(), nullable=False),
        sa.Column("last_received_at", t.UtcDateTime(), nullable=False),
        sa.Column("acquired_at", t.UtcDateTime(), nullable=True),
        sa.Column("calling_ae_title", t.CleanText(), nullable=False),
        sa.Column("display", t.Json(), nullable=False),
        sa.PrimaryKeyConstraint("series_instance_uid", name=op.f("pk_series")),
    )
    op.create_index(
        "ix_series_device_page",
        "series",
        ["device_id", "last_received_at", "series_instance_uid"],
        unique=False,
    )
    op.create_index(
        "ix_series_page", "series", ["last_received_at", "series_instance_uid"], unique=False
    )
    op.create_index(
        "ix_series_state_page",
        "series",
        ["state", "last_received_at", "series_instance_uid"],
        unique=False,
    )
    op.create_table(
        "taught_routes",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("device_id", t.CleanText(), nullable=True),
        sa.Column("conditions", t.Json(), nullable=False),
        sa.Column("test", sa.String(length=64), nullable=False),
        sa.Column("variant", sa.String(length=32), nullable=False),
        sa.Column("role", sa.String(length=64), nullable=False),
        sa.Column("parameters", t.Json(), nullable=False),
        sa.Column("limits", t.Json(), nullable=False),
        sa.Column("ignore", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("taught_at", t.UtcDateTime(), nullable=True),
        sa.Column("taught_by", t.CleanText(), nullable=False),
        sa.Column("reason", t.CleanText(), nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("pk_taught_routes")),
    )
    op.create_index(
        "ix_taught_routes_active", "taught_routes", ["active", "device_id"], unique=False
    )
    op.create_table(
        "decisions",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("series_instance_uid", sa.String(length=64), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("decided_at", t.UtcDateTime(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("reason", t.CleanText(), nullable=False),
        sa.Column("device_id", t.CleanText(), nullable=True),
        sa.Column("rule", t.CleanText(), nullable=False),
        sa.Column("field", t.CleanText(), nullable=False),
        sa.Column("runner_up", t.CleanText(), nullable=False),
        sa.Column("suggestion", t.CleanText(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("routes_version", sa.String(length=64), nullable=False),
        sa.Column("assignments", t.Json(), nullable=False),
        sa.Column("steps", t.Json(), nullable=False),
        sa.ForeignKeyConstraint(
            ["series_instance_uid"],
            ["series.series_instance_uid"],
            name=op.f("fk_decisions_series_instance_uid"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
    )
    op.create_index(
        "ix_decisions_latest",
        "decisions",
        ["series_instance_uid", "decided_at", "id"],
        unique=False,
    )
    op.create_table(
        "instances",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("sop_instance_uid", sa.String(length=64), nullable=False),
        sa.Column("copy", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("sop_class_uid", sa.String(length=64), nullable=False),
        sa.Column("transfer_syntax_uid", sa.String(length=64), nullable=False),
        sa.Column("study_instance_uid", sa.String(length=64), nullable=False),
        sa.Column("series_instance_uid", sa.String(length=64), nullable=False),
        sa.Column("entrance", sa.String(length=8), nullable=False),
        sa.Column("calling_ae_title", t.CleanText(), nullable=False),
        sa.Column("called_ae_title", t.CleanText(), nullable=False),
        sa.Column("peer_address", t.CleanText(), nullable=False),
        sa.Column("received_at", t.UtcDateTime(), nullable=False),
        sa.Column("indexed_at", t.UtcDateTime(), nullable=True),
        sa.Column("fault", t.CleanText(), nullable=False),
        sa.Column("header", t.Json(), nullable=True),
        sa.ForeignKeyConstraint(
            ["series_instance_uid"],
            ["series.series_instance_uid"],
            name=op.f("fk_instances_series_instance_uid"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instances")),
        sa.UniqueConstraint(
            "sop_instance_uid", "copy", name=op.f("uq_instances_sop_instance_uid_copy")
        ),
    )
    op.create_index(
        "ix_instances_series",
        "instances",
        ["series_instance_uid", "sop_instance_uid"],
        unique=False,
    )
    op.create_index("ix_instances_sha256", "instances", ["sha256"], unique=False)
    op.create_index(
        "ix_instances_unindexed",
        "instances",
        ["id"],
        unique=False,
        sqlite_where=sa.text("indexed_at IS NULL"),
        postgresql_where=sa.text("indexed_at IS NULL"),
    )

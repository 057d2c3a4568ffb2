"""Keep service events, what people left out of trends, and what a result showed in them."""

import sqlalchemy as sa
from alembic import op

from photopeak.storage import types as t

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add the tables, and the way from a result to the numbers of one metric."""
    op.create_index("ix_measurements_metric", "measurements", ["result_id", "metric"])
    op.create_index("ix_verdicts_metric", "verdicts", ["result_id", "metric"])
    op.create_table(
        "service_events",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("version", sa.Integer(), primary_key=True),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.Column("device_id", t.CleanText(), nullable=False),
        sa.Column("detector", sa.Integer()),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("at", t.UtcDateTime(), nullable=False),
        sa.Column("text", t.CleanText(), nullable=False),
        sa.Column("epoch", sa.String(16), nullable=False),
        sa.Column("owner", t.CleanText(), nullable=False),
        sa.Column("answers_alert", sa.String(36)),
        sa.Column("answers_result", sa.String(36)),
        sa.Column("returned_by", sa.String(36)),
        sa.Column("temperature_c", sa.Float()),
        sa.Column("humidity_percent", sa.Float()),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.Column("reason", t.CleanText(), nullable=False),
        sa.Column("recorded_by", t.CleanText(), nullable=False),
        sa.Column("recorded_at", t.UtcDateTime(), nullable=False),
    )
    op.create_index(
        "ix_service_events_device", "service_events", ["device_id", "current", "at", "id"]
    )
    op.create_index("ix_service_events_page", "service_events", ["current", "at", "id"])
    op.create_table(
        "exclusions",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("result_id", sa.String(36), sa.ForeignKey("results.id"), nullable=False),
        sa.Column("metric", sa.String(64), nullable=False),
        sa.Column("scope", t.Json(), nullable=False),
        sa.Column("reason", t.CleanText(), nullable=False),
        sa.Column("excluded_by", t.CleanText(), nullable=False),
        sa.Column("excluded_at", t.UtcDateTime(), nullable=False),
        sa.Column("undone_at", t.UtcDateTime()),
        sa.Column("undone_by", t.CleanText(), nullable=False),
        sa.Column("undo_reason", t.CleanText(), nullable=False),
    )
    op.create_index("ix_exclusions_result", "exclusions", ["result_id"])
    op.create_table(
        "trend_signals",
        sa.Column("result_id", sa.String(36), sa.ForeignKey("results.id"), primary_key=True),
        sa.Column("position", sa.Integer(), primary_key=True),
        sa.Column("metric", sa.String(64), nullable=False),
        sa.Column("scope", t.Json(), nullable=False),
        sa.Column("rule", sa.String(32), nullable=False),
        sa.Column("level", sa.String(8), nullable=False),
        sa.Column("side", sa.String(8)),
        sa.Column("at", t.UtcDateTime(), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("since_result_id", sa.String(36), nullable=False),
        sa.Column("since", t.UtcDateTime(), nullable=False),
        sa.Column("noise", sa.Boolean(), nullable=False),
        sa.Column("limit", sa.Float()),
        sa.Column("days", sa.Float()),
    )

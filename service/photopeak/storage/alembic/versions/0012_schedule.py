"""Keep how each test of a device stands, days without use, and addresses of calendars."""

import sqlalchemy as sa
from alembic import op

from photopeak.storage import types as t

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the tables, and the way to the last measured results of a test."""
    op.create_index(
        "ix_results_standing", "results", ["device_id", "test", "current", "acquired_at"]
    )
    op.create_table(
        "standings",
        sa.Column("device_id", t.CleanText(), primary_key=True),
        sa.Column("test", sa.String(64), primary_key=True),
        sa.Column("attempts", t.Json(), nullable=False),
    )
    op.create_table(
        "scheduled_since",
        sa.Column("device_id", t.CleanText(), primary_key=True),
        sa.Column("test", sa.String(64), primary_key=True),
        sa.Column("variant", sa.String(32), primary_key=True),
        sa.Column("since", t.UtcDateTime(), nullable=False),
    )
    op.create_table(
        "not_in_use",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("device_id", t.CleanText(), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.Column("reason", t.CleanText(), nullable=False),
        sa.Column("who", t.CleanText(), nullable=False),
        sa.Column("at", t.UtcDateTime(), nullable=False),
        sa.Column("undone_at", t.UtcDateTime()),
        sa.Column("undone_by", t.CleanText(), nullable=False),
        sa.Column("undo_reason", t.CleanText(), nullable=False),
    )
    op.create_index("ix_not_in_use_last", "not_in_use", ["last"])
    op.create_table(
        "calendar_links",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False, unique=True),
        sa.Column("name", t.CleanText(), nullable=False),
        sa.Column("device_id", t.CleanText()),
        sa.Column("created_at", t.UtcDateTime(), nullable=False),
        sa.Column("created_by", t.CleanText(), nullable=False),
        sa.Column("used_at", t.UtcDateTime()),
        sa.Column("withdrawn_at", t.UtcDateTime()),
        sa.Column("withdrawn_by", t.CleanText(), nullable=False),
    )

"""Keep measurements that people enter: when and by whom they were made, and which test set they opened."""

import sqlalchemy as sa
from alembic import op

from photopeak.storage import types as t

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the columns and the table; all test sets so far were opened by images."""
    op.add_column("test_sets", sa.Column("performed_at", t.UtcDateTime()))
    op.add_column(
        "test_sets", sa.Column("operator", t.CleanText(), nullable=False, server_default="")
    )
    op.add_column("test_sets", sa.Column("detector", sa.Integer()))
    op.create_index("ix_test_sets_last", "test_sets", ["device_id", "test", "day", "ordinal"])
    op.create_table(
        "entries",
        sa.Column("content", sa.String(64), primary_key=True),
        sa.Column("request_key", sa.String(64), unique=True),
        sa.Column("test_set_id", sa.String(36), sa.ForeignKey("test_sets.id"), nullable=False),
        sa.Column("entered_by", t.CleanText(), nullable=False),
        sa.Column("entered_at", t.UtcDateTime(), nullable=False),
    )
    op.create_index("ix_entries_test_set_id", "entries", ["test_set_id"])

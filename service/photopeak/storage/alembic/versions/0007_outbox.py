"""Keep messages to people and machines, the attempts to deliver them, and the state of each channel."""

import sqlalchemy as sa
from alembic import op

from photopeak.storage import types as t

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "messages",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("channel", t.CleanText(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("content", t.Json(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("created_at", t.UtcDateTime(), nullable=False),
        sa.Column("not_before", t.UtcDateTime(), nullable=False),
        sa.Column("due_at", t.UtcDateTime()),
        sa.Column("claim", sa.String(36)),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("sent_at", t.UtcDateTime()),
        sa.Column("detail", t.CleanText(), nullable=False),
        sa.Column("remaining", t.Json()),
    )
    op.create_index("ix_messages_due", "messages", ["channel", "due_at", "id"])
    op.create_index("ix_messages_waiting", "messages", ["state", "not_before"])
    op.create_index("ix_messages_page", "messages", ["created_at", "id"])
    op.create_index("ix_messages_channel_page", "messages", ["channel", "created_at", "id"])
    op.create_index("ix_messages_state_page", "messages", ["state", "created_at", "id"])
    op.create_table(
        "deliveries",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("message_id", sa.String(64), sa.ForeignKey("messages.id"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("started_at", t.UtcDateTime(), nullable=False),
        sa.Column("finished_at", t.UtcDateTime()),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("code", sa.Integer()),
        sa.Column("detail", t.CleanText(), nullable=False),
        sa.Column("answer", t.CleanText(), nullable=False),
        sa.UniqueConstraint("message_id", "number"),
    )
    op.create_table(
        "channels",
        sa.Column("name", t.CleanText(), primary_key=True),
        sa.Column("disabled_at", t.UtcDateTime()),
        sa.Column("reason", t.CleanText(), nullable=False),
        sa.Column("last_success_at", t.UtcDateTime()),
        sa.Column("last_failure_at", t.UtcDateTime()),
        sa.Column("failing_since", t.UtcDateTime()),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("sent_count", sa.Integer(), nullable=False),
        sa.Column("failed_count", sa.Integer(), nullable=False),
        sa.Column("last_error", t.CleanText(), nullable=False),
        sa.Column("hold_until", t.UtcDateTime()),
    )

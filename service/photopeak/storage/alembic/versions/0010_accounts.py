"""Keep people with their passwords and sessions, and why something was done."""

import sqlalchemy as sa
from alembic import op

from photopeak.storage import types as t

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add the tables, and the reason to the audit trail: entries so far gave theirs in the detail."""
    op.add_column("audit", sa.Column("reason", t.CleanText(), nullable=False, server_default=""))
    op.create_table(
        "users",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("name", t.CleanText(), nullable=False, unique=True),
        sa.Column("shown_name", t.CleanText(), nullable=False),
        sa.Column("email", t.CleanText(), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("password_hash", t.CleanText()),
        sa.Column("provider_subject", t.CleanText(), unique=True),
        sa.Column("must_change_password", sa.Boolean(), nullable=False),
        sa.Column("created_at", t.UtcDateTime(), nullable=False),
        sa.Column("created_by", t.CleanText(), nullable=False),
        sa.Column("disabled_at", t.UtcDateTime()),
        sa.Column("last_signed_in_at", t.UtcDateTime()),
    )
    op.create_table(
        "sessions",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False, unique=True),
        sa.Column("user_id", sa.String(36), sa.ForeignKey("users.id")),
        sa.Column("token_id", sa.String(36), sa.ForeignKey("tokens.id")),
        sa.Column("opened_at", t.UtcDateTime(), nullable=False),
        sa.Column("used_at", t.UtcDateTime(), nullable=False),
        sa.Column("confirmed_at", t.UtcDateTime()),
        sa.Column("ended_at", t.UtcDateTime()),
        sa.Column("address", t.CleanText(), nullable=False),
        sa.Column("browser", t.CleanText(), nullable=False),
    )
    op.create_index("ix_sessions_user_id", "sessions", ["user_id"])
    op.create_index("ix_sessions_token_id", "sessions", ["token_id"])
    op.create_table(
        "provider_sign_ins",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("browser_digest", sa.String(64), nullable=False),
        sa.Column("nonce", sa.String(64), nullable=False),
        sa.Column("verifier", sa.String(128), nullable=False),
        sa.Column("target", t.CleanText(), nullable=False),
        sa.Column("session_id", sa.String(36)),
        sa.Column("begun_at", t.UtcDateTime(), nullable=False),
    )

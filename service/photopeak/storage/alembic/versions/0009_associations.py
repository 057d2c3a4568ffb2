"""Who called, and what became of it."""

import sqlalchemy as sa
from alembic import op

from photopeak.storage import types as t

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "associations",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("started_at", t.UtcDateTime(), nullable=False),
        sa.Column("ended_at", t.UtcDateTime(), nullable=False),
        sa.Column("calling_ae_title", t.CleanText(), nullable=False),
        sa.Column("called_ae_title", t.CleanText(), nullable=False),
        sa.Column("address", t.CleanText(), nullable=False),
        sa.Column("tls", sa.Boolean(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("cause", sa.String(length=16), nullable=False),
        sa.Column("detail", t.CleanText(), nullable=False),
        sa.Column("stored", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("echoes", sa.Integer(), nullable=False),
        sa.Column("refusal", t.CleanText(), nullable=False),
        sa.Column("contexts", t.Json(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_associations")),
    )
    op.create_index("ix_associations_page", "associations", ["ended_at", "id"], unique=False)
    op.create_index(
        "ix_associations_outcome_page",
        "associations",
        ["outcome", "ended_at", "id"],
        unique=False,
    )

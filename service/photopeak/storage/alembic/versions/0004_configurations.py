"""Keep with a result under which circumstances its numbers were measured."""

import sqlalchemy as sa
from alembic import op

from photopeak.storage import types as t

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the column; of older results it is not known."""
    op.add_column(
        "results", sa.Column("configurations", t.Json(), nullable=False, server_default="[]")
    )

"""Keep what people do to test sets: a wish for a partial analysis, a series put into a role."""

import sqlalchemy as sa
from alembic import op

from photopeak.storage import types as t

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the columns; nobody has done either so far."""
    op.add_column(
        "test_sets", sa.Column("partial", t.CleanText(), nullable=False, server_default="")
    )
    op.add_column(
        "test_set_members",
        sa.Column("assigned_by", t.CleanText(), nullable=False, server_default=""),
    )

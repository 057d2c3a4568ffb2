"""Keep the header texts by which routes know series, and versions of what people teach."""

import sqlalchemy as sa
from alembic import op

from photopeak.storage import types as t

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Add the tables; what was taught before is in force or was withdrawn."""
    op.create_table(
        "header_texts",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("device_id", t.CleanText(), nullable=True),
        sa.Column("texts", t.Json(), nullable=False),
    )
    op.create_index("ix_header_texts_device", "header_texts", ["device_id"])
    op.create_table(
        "routed_series",
        sa.Column(
            "series_instance_uid",
            sa.String(64),
            sa.ForeignKey("series.series_instance_uid"),
            primary_key=True,
        ),
        sa.Column("texts_id", sa.String(64), sa.ForeignKey("header_texts.id"), nullable=True),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("rule", t.CleanText(), nullable=False),
        sa.Column("added", t.CleanText(), nullable=False),
        sa.Column("test", sa.String(64), nullable=False),
        sa.Column("role", sa.String(64), nullable=False),
        sa.Column("received_at", t.UtcDateTime(), nullable=False),
    )
    op.create_index("ix_routed_series_texts", "routed_series", ["texts_id"])
    op.create_index("ix_routed_series_rule", "routed_series", ["rule", "received_at"])
    op.add_column(
        "taught_routes", sa.Column("numbers", t.Json(), nullable=False, server_default="[]")
    )
    op.add_column(
        "taught_routes",
        sa.Column("example", sa.String(64), nullable=False, server_default=""),
    )
    for moment, who, why in (
        ("activated_at", "activated_by", "activation_reason"),
        ("withdrawn_at", "withdrawn_by", "withdrawal_reason"),
    ):
        op.add_column("taught_routes", sa.Column(moment, t.UtcDateTime(), nullable=True))
        for name in (who, why):
            op.add_column(
                "taught_routes",
                sa.Column(name, t.CleanText(), nullable=False, server_default=""),
            )
    op.execute(
        "UPDATE taught_routes SET activated_at = taught_at, activated_by = taught_by, "
        "activation_reason = reason"
    )

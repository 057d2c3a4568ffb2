"""Keep what happened to alerts, what people were told of them, silences, and who keeps watch."""

import sqlalchemy as sa
from alembic import op

from photopeak.storage import types as t

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the tables."""
    op.add_column(
        "alerts", sa.Column("variant", sa.String(length=32), server_default="", nullable=False)
    )
    op.add_column("alerts", sa.Column("detector", sa.Integer(), nullable=True))
    op.add_column(
        "alerts", sa.Column("rule", sa.String(length=32), server_default="", nullable=False)
    )
    op.add_column("alerts", sa.Column("breaches", t.Json(), server_default="[]", nullable=False))
    op.add_column("alerts", sa.Column("acquired_at", t.UtcDateTime(), nullable=True))
    op.create_table(
        "alert_events",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("alert_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("at", t.UtcDateTime(), nullable=False),
        sa.Column("severity", sa.String(length=16), nullable=False),
        sa.Column("by", t.CleanText(), nullable=False),
        sa.Column("reason", t.CleanText(), nullable=False),
        sa.Column("message", t.CleanText(), nullable=False),
        sa.Column("result_id", sa.String(length=36), nullable=True),
        sa.Column("handled_at", t.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_alert_events_alert_id")),
        sa.ForeignKeyConstraint(
            ["result_id"], ["results.id"], name=op.f("fk_alert_events_result_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_events")),
    )
    op.create_index("ix_alert_events_alert", "alert_events", ["alert_id", "at", "id"], unique=False)
    op.create_index(
        "ix_alert_events_unhandled",
        "alert_events",
        ["at", "id"],
        unique=False,
        sqlite_where=sa.text("handled_at IS NULL"),
        postgresql_where=sa.text("handled_at IS NULL"),
    )
    op.create_table(
        "alert_notices",
        sa.Column("key", t.CleanText(), nullable=False),
        sa.Column("alert_id", sa.String(length=36), nullable=False),
        sa.Column("since", t.UtcDateTime(), nullable=False),
        sa.Column("severity", sa.String(length=16), nullable=False),
        sa.Column("first_told_at", t.UtcDateTime(), nullable=False),
        sa.Column("told_at", t.UtcDateTime(), nullable=False),
        sa.Column("escalated_at", t.UtcDateTime(), nullable=True),
        sa.Column("flaps", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alerts.id"], name=op.f("fk_alert_notices_alert_id")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_alert_notices")),
    )
    op.create_table(
        "silences",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("device_id", t.CleanText(), nullable=True),
        sa.Column("test", sa.String(length=64), nullable=True),
        sa.Column("rule", sa.String(length=32), nullable=False),
        sa.Column("reason", t.CleanText(), nullable=False),
        sa.Column("created_by", t.CleanText(), nullable=False),
        sa.Column("created_at", t.UtcDateTime(), nullable=False),
        sa.Column("ends_at", t.UtcDateTime(), nullable=False),
        sa.Column("ended_at", t.UtcDateTime(), nullable=True),
        sa.Column("ended_by", t.CleanText(), nullable=False),
        sa.Column("announced_at", t.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_silences")),
    )
    op.create_index("ix_silences_ends", "silences", ["ends_at"], unique=False)
    op.create_table(
        "leases",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("holder", t.CleanText(), nullable=False),
        sa.Column("until", t.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )

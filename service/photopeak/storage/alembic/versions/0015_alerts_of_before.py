"""Close alerts under keys of before, which nothing can end."""

from datetime import UTC, datetime
from uuid import uuid4

import sqlalchemy as sa
from alembic import op

from photopeak.storage import types as t

revision = "0015"
down_revision = "0014"

_REASON = (
    "superseded: alerts have other keys since an upgrade, and no result would have ended this one. "
    "Where the device stands is on the board"
)


def upgrade() -> None:
    """Close them, each with an event that says why."""
    alerts = sa.table(
        "alerts",
        sa.column("id", sa.String),
        sa.column("key", sa.Text),
        sa.column("severity", sa.String),
        sa.column("state", sa.String),
        sa.column("closed_at", t.UtcDateTime()),
    )
    events = sa.table(
        "alert_events",
        sa.column("id", sa.String),
        sa.column("alert_id", sa.String),
        sa.column("kind", sa.String),
        sa.column("at", t.UtcDateTime()),
        sa.column("severity", sa.String),
        sa.column("by", sa.Text),
        sa.column("reason", sa.Text),
        sa.column("message", sa.Text),
        sa.column("handled_at", t.UtcDateTime()),
    )
    old = sa.or_(alerts.c.key.like("result:%"), alerts.c.key.like("test set:%"))
    chosen = sa.and_(alerts.c.closed_at.is_(None), old)
    now = datetime.now(UTC)
    found = op.get_bind().execute(sa.select(alerts.c.id, alerts.c.severity).where(chosen)).all()
    for row in found:
        op.execute(
            sa.insert(events).values(
                id=str(uuid4()),
                alert_id=row.id,
                kind="resolved",
                at=now,
                severity=row.severity,
                by="",
                reason=_REASON,
                message="",
                handled_at=now,
            )
        )
    op.execute(sa.update(alerts).where(chosen).values(state="CLOSED", closed_at=now))

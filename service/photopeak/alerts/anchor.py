"""Once a day the newest entry of the audit trail is named where who owns the database cannot take it back.

It goes into the log, and with the message of the morning to people. ``photopeak audit verify`` and
the page of the audit trail compare the chain with it.
"""

from __future__ import annotations

import logging
from datetime import datetime
from zoneinfo import ZoneInfo

from photopeak.model.messages import Line, LineStatus
from photopeak.storage import audit, marks
from photopeak.storage.database import Transaction

logger = logging.getLogger(__name__)

MARK = "audit anchor"
"""Name of the mark that holds the day of the last one."""


class DailyAnchor:
    """Writes the anchor of the audit trail into the log, once on each day of the site."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone

    def needed(self, tx: Transaction, now: datetime) -> bool:
        """Tell whether it was not written today."""
        return marks.get(tx, MARK) != self._day(now)

    def tell(self, tx: Transaction, now: datetime) -> int:
        """Write it, when there is an entry and nobody did; return how many lines that were."""
        anchor = audit.latest(tx)
        if anchor is None or not marks.advance(tx, MARK, self._day(now)):
            return 0
        logger.info("anchor of the audit trail: %s", anchor)
        return 1

    def _day(self, now: datetime) -> str:
        return now.astimezone(self._zone).date().isoformat()


def anchor_line(tx: Transaction) -> Line | None:
    """Return the anchor as people are told of it; None while there is no entry."""
    anchor = audit.latest(tx)
    if anchor is None:
        return None
    return Line(
        status=LineStatus.INFO,
        quantity=f"Keep this message. Anchor of the audit trail: {anchor}",
        quantity_zh=f"请保留此邮件。审计记录锚点：{anchor}",
    )

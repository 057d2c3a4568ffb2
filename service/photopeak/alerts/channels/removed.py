"""What waits for a channel that was taken out of the configuration is given up, and says so."""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import datetime

from photopeak.alerts.channels.desk import ALERT_PREFIX
from photopeak.storage import alerts, channels
from photopeak.storage.database import Transaction

logger = logging.getLogger(__name__)

REASON = "the channel is not in the configuration any more"


class RemovedChannels:
    """Gives up messages that no channel would ever send; to be asked again and again.

    Parameters
    ----------
    names
        The channels that are configured.
    """

    def __init__(self, names: Collection[str]) -> None:
        self._names = frozenset(names)

    def needed(self, tx: Transaction, now: datetime) -> bool:
        """Tell whether anything waits for a channel that is no more."""
        return bool(channels.awaited(tx, now=now) - self._names)

    def tell(self, tx: Transaction, now: datetime) -> int:
        """Give it up; return how many messages."""
        gone = channels.awaited(tx, now=now) - self._names
        count = channels.give_up(tx, gone, reason=REASON, now=now)
        for name in sorted(gone):
            alerts.close(tx, ALERT_PREFIX + name, now=now, reason=REASON)
        if count:
            logger.warning("%d messages given up: no channel %s", count, ", ".join(sorted(gone)))
        return count

"""Analyzers that are installed and cannot be used: said once as an alert, and of every series."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime

from photopeak.model.alerts import Alert, AlertSeverity
from photopeak.storage import alerts
from photopeak.storage.database import Transaction

logger = logging.getLogger(__name__)

_KEY = "analyzer:"


def tell(tx: Transaction, faults: Mapping[str, str], *, now: datetime) -> None:
    """Keep one alert open for each analyzer that cannot be used, and none for the others."""
    for test, reason in faults.items():
        logger.error("the test %s cannot be done: %s", test, reason)
        alerts.raise_alert(
            tx,
            Alert(
                key=_KEY + test,
                severity=AlertSeverity.CRITICAL,
                title=f"The test {test} cannot be done",
                message=f"{reason}. Its series wait or are refused until the analyzer is mended.",
                test=test,
            ),
            now=now,
        )
    alerts.close_others(tx, _KEY, {_KEY + test for test in faults}, now=now)

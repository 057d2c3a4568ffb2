"""The duty that empties the outbox: who is due is sent, what failed is tried again later.

Each channel has one attempt under way at a time, in a thread of its own, so that one that hangs
keeps no other waiting; and a channel that fails is left alone for a while instead of being asked
for every message that waits.
"""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol

from photopeak.alerts.channels import retries
from photopeak.alerts.channels.desk import ALERT_PREFIX, PAGE
from photopeak.model.alerts import Alert, AlertSeverity
from photopeak.model.messages import (
    MAIL,
    PACS,
    Attempt,
    DeliveryState,
    Line,
    LineStatus,
    Message,
    MessageKind,
    MessageRecord,
    Outcome,
)
from photopeak.storage import alerts, channels, outbox
from photopeak.storage.changes import ChangeWatch
from photopeak.storage.database import Database, Transaction
from photopeak.storage.errors import StorageUnavailableError
from photopeak.storage.outbox import Claim

logger = logging.getLogger(__name__)

LEASE_S = 180.0
"""Longer than any attempt takes; after it an attempt that nobody ended counts as interrupted."""
MAIL_ALERT_AFTER = timedelta(hours=1)
"""Who waits for mails learns on the pages, after this, that none come."""
DEGRADED = "service.degraded"


class Channel(Protocol):
    """One way by which messages leave."""

    @property
    def name(self) -> str:
        """What the messages for it name."""

    def deliver(self, record: MessageRecord) -> Attempt:
        """Send a message once and tell what came of it."""


class Delivery:
    """Sends what is in the outbox.

    Parameters
    ----------
    channels
        All ways that are configured.
    degraded
        Names of the channels that are told, beside mail, when one is disabled.
    """

    def __init__(
        self,
        database: Database,
        channels: Sequence[Channel],
        *,
        degraded: Sequence[str] = (),
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        rng: random.Random | None = None,
        lease_s: float = LEASE_S,
    ) -> None:
        self._database = database
        self._channels: Mapping[str, Channel] = {channel.name: channel for channel in channels}
        self._degraded = tuple(degraded)
        self._clock = clock
        self._rng = rng or random.Random()  # noqa: S311 - spreads retries, hides nothing
        self._lease_s = lease_s
        self._busy: dict[str, threading.Thread] = {}
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._watch = ChangeWatch(database)
        self._next: datetime | None = None

    def step(self) -> None:
        """Begin to send on every channel that has something due; come back before it is sent.

        While nothing is committed and nothing becomes due, nothing is read.
        """
        if not self._channels or self._ending.is_set():
            return
        now = self._clock()
        if not self._watch.changed() and (self._next is None or now < self._next):
            return
        self._next = now  # until the rows say otherwise, for they may be out of reach
        with self._database.snapshot() as tx:
            due = outbox.due_channels(tx, tuple(self._channels), now=now)
            upcoming = outbox.next_due(tx, tuple(self._channels))
        self._next = upcoming
        with self._lock:
            for name in due:
                if name not in self._busy:
                    thread = threading.Thread(
                        target=self._serve, args=(name,), name=f"photopeak-{name}", daemon=True
                    )
                    self._busy[name] = thread
                    thread.start()

    def drain(self, timeout_s: float) -> bool:
        """Wait until nothing is being sent; True when that is so."""
        with self._lock:
            threads = list(self._busy.values())
        for thread in threads:
            thread.join(timeout_s / len(threads))
        return not any(thread.is_alive() for thread in threads)

    def close(self, timeout_s: float = 2.0) -> None:
        """Begin nothing more, and give what is under way a moment."""
        self._ending.set()
        self.drain(timeout_s)
        self._watch.close()

    def send_due(self, name: str) -> int:
        """Send what is due on a channel, one after the other; return how many attempts were made."""
        made = 0
        while not self._ending.is_set():
            with self._database.transaction() as tx:
                claimed = outbox.claim(tx, name, now=self._clock(), lease_s=self._lease_s)
            if claimed is None:
                break
            self._conclude(name, claimed, self._attempt(self._channels[name], claimed))
            made += 1
        return made

    def _serve(self, name: str) -> None:
        try:
            self.send_due(name)
        except StorageUnavailableError:
            logger.debug("%s waits for the database", name)
        except Exception:
            logger.exception("delivery by %s failed", name)
        finally:
            with self._lock:
                self._busy.pop(name, None)

    def _attempt(self, channel: Channel, claimed: Claim) -> Attempt:
        try:
            return channel.deliver(claimed.record)
        except Exception as error:
            logger.exception("message %s could not be sent", claimed.record.message.id)
            return Attempt(
                outcome=Outcome.RETRY, detail=f"a fault of this program: {type(error).__name__}"
            )

    def _conclude(self, name: str, claimed: Claim, attempt: Attempt) -> None:
        now = self._clock()
        with self._database.transaction() as tx:
            again_at = retries.again_at(
                claimed.record.attempts,
                now=now,
                retry_after_s=attempt.retry_after_s,
                rng=self._rng,
            )
            record = outbox.finish(tx, claimed, attempt, now=now, again_at=again_at)
            if attempt.outcome in (Outcome.SENT, Outcome.REFUSED):
                # A refusal of one message is an answer too: the channel itself is well.
                sent = attempt.outcome is Outcome.SENT
                channels.succeeded(tx, name, now=now, sent=sent)
                if sent:
                    alerts.close(tx, ALERT_PREFIX + name, now=now)
            else:
                self._failed(tx, name, attempt, now)
            lost = _lost(name)
            if lost and record.state is DeliveryState.FAILED:
                alerts.raise_alert(tx, _alert(name, lost, attempt.detail), now=now)
        level = logging.INFO if record.state is DeliveryState.SENT else logging.WARNING
        logger.log(
            level,
            "message %s by %s: %s",
            record.message.id,
            name,
            f"answered {attempt.code}" if attempt.code is not None else attempt.outcome.value,
        )
        if record.state is DeliveryState.FAILED:
            logger.error("message %s was given up: %s", record.message.id, attempt.outcome.value)

    def _failed(self, tx: Transaction, name: str, attempt: Attempt, now: datetime) -> None:
        known = channels.get(tx, name)
        hold = retries.hold_until(known.failures + 1, now=now, retry_after_s=attempt.retry_after_s)
        known = channels.failed(tx, name, detail=attempt.detail, now=now, hold_until=hold)
        reason = ""
        if attempt.outcome is Outcome.GONE:
            reason = "it answered that it is gone for good (410)"
        elif known.failing_since is not None and now - known.failing_since >= _patience(name):
            reason = f"it has failed since {known.failing_since:%Y-%m-%d %H:%M} UTC"
        if not reason:
            return
        if name == MAIL:
            # The way by which people are told is never given up; that it fails is told on pages.
            alerts.raise_alert(tx, _alert(name, reason, attempt.detail), now=now)
        elif outbox.disable(tx, name, reason=reason, now=now):
            logger.error("%s was disabled: %s", name, reason)
            alerts.raise_alert(tx, _alert(name, reason, attempt.detail), now=now)
            for other in (MAIL, *self._degraded):
                if other in self._channels and other != name:
                    outbox.put(tx, _notice(other, name, reason, now))


def _patience(name: str) -> timedelta:
    """Return how long a channel may fail before something is done about it."""
    return MAIL_ALERT_AFTER if name == MAIL else retries.DISABLE_AFTER


def _lost(name: str) -> str:
    """Return what it means that a message was given up; empty where only a program misses it."""
    if name == MAIL:
        return "a message to people was given up"
    return "a result for the archive was given up" if name.startswith(PACS) else ""


def _alert(name: str, reason: str, detail: str) -> Alert:
    return Alert(
        key=ALERT_PREFIX + name,
        severity=AlertSeverity.WARNING,
        title=f"Messages do not leave by {name}",
        message=f"{reason}: {detail}",
    )


def _notice(channel: str, name: str, reason: str, now: datetime) -> Message:
    return Message(
        channel=channel,
        kind=MessageKind.SERVICE,
        event=DEGRADED,
        title="A channel of messages was disabled",
        created_at=now,
        link=PAGE,
        lines=(
            Line(
                status=LineStatus.ACTION,
                device=name,
                text=f"{reason}. Nothing more is sent on this channel until a person enables it again",
                since=now,
                link=PAGE,
            ),
        ),
    )

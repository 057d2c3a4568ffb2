"""Who called and what became of it, written beside the work and never in its way.

A receiving process puts records into a bounded queue; a thread that starts with the first of them
writes what has gathered, once a second at most. When the database cannot keep up, or somebody calls
all day long, records are dropped and counted, and the log says how many are missing: what a peer can
make it write has a bound.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Protocol

from photopeak.listener.association_request import (
    CALLED_TITLE_UNKNOWN,
    CALLING_TITLE_UNKNOWN,
    CONGESTION,
    LIMIT_EXCEEDED,
    Rejection,
    titles_as_sent,
)
from photopeak.model.associations import (
    AssociationCause,
    AssociationOutcome,
    AssociationRecord,
    ProposedContext,
)
from photopeak.model.identity import new_id

if TYPE_CHECKING:
    from pynetdicom.presentation import PresentationContext

logger = logging.getLogger(__name__)

MOST_WAITING = 1000
"""Records that wait in a process; each is a few hundred bytes."""
MOST_AT_ONCE = 1000
"""Records of one caller, and as many again of all others, that are written however fast they come."""
RECORD_EVERY_S = 60.0
"""How often one of a caller who has used up that number is written."""
OVERALL_EVERY_S = 6.0
"""The same for all callers together, of whom there could be any number."""
GAP_EVERY_S = 300.0
"""How often the log says how many are missing; a line a second would be no less."""
_OVERALL = 5 * MOST_AT_ONCE
_MOST_CALLERS = 1000
_PAUSE_S = 1.0
_NOTED_CONTEXTS = 16
"""Presentation contexts that are remembered of an association."""
_CLASS_NOT_SUPPORTED = 0x03
"""Result of a presentation context: abstract syntax not supported (PS3.8 9.3.3.2)."""
_LAST_WORDS_S = 2.0

_CAUSES = {
    CALLED_TITLE_UNKNOWN: AssociationCause.CALLED_TITLE,
    CALLING_TITLE_UNKNOWN: AssociationCause.CALLING_TITLE,
    LIMIT_EXCEEDED: AssociationCause.TOO_MANY,
    CONGESTION: AssociationCause.STORAGE,
}
_BY_FIELDS: dict[tuple[int, ...], AssociationCause] = {
    (r.result, r.source, r.reason): cause for r, cause in _CAUSES.items()
}


class Note(Protocol):
    """Takes a record; returns at once and never raises."""

    def __call__(self, record: AssociationRecord) -> None:
        """Take a record."""
        ...


def forget_it(record: AssociationRecord) -> None:
    """Take a record and forget it, where nothing is remembered."""


class AssociationLog:
    """Writes records in batches from a thread of its own.

    Parameters
    ----------
    write
        Writes a batch; what it raises loses the batch, which is counted.
    monotonic
        The clock of the bounds.
    """

    def __init__(
        self,
        write: Callable[[Sequence[AssociationRecord]], None],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._write = write
        self._monotonic = monotonic
        self._overall = _Allowance(_OVERALL, OVERALL_EVERY_S, monotonic())
        self._callers: OrderedDict[tuple[str, str], _Allowance] = OrderedDict()
        self._gap_at = -GAP_EVERY_S
        self._waiting: deque[AssociationRecord] = deque()
        self._lost = 0
        self._lock = threading.Lock()
        self._come = threading.Event()
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None

    def __call__(self, record: AssociationRecord) -> None:
        """Take a record; drops and counts it when too many wait."""
        with self._lock:
            if len(self._waiting) >= MOST_WAITING or not self._allowed(record):
                self._lost += 1
                return
            self._waiting.append(record)
            if self._thread is None and not self._ending.is_set():
                thread = threading.Thread(target=self._run, daemon=True, name="association log")
                try:
                    thread.start()
                except RuntimeError:
                    return  # tried again with the next record
                self._thread = thread
        self._come.set()

    def close(self) -> None:
        """Write what waits, within a short time."""
        self._ending.set()
        self._come.set()
        if self._thread is not None:
            self._thread.join(_LAST_WORDS_S)

    def _allowed(self, record: AssociationRecord) -> bool:
        """Tell whether a record is within what its caller, and all together, may have written."""
        now = self._monotonic()
        key = (record.address, record.calling_ae_title)
        caller = self._callers.pop(key, None) or _Allowance(MOST_AT_ONCE, RECORD_EVERY_S, now)
        self._callers[key] = caller
        if len(self._callers) > _MOST_CALLERS:
            self._callers.popitem(last=False)
        return caller.take(now) and self._overall.take(now)

    def _run(self) -> None:
        while True:
            self._come.wait()
            self._come.clear()
            self._flush()
            if self._ending.wait(_PAUSE_S):
                self._flush()
                return

    def _flush(self) -> None:
        with self._lock:
            batch = list(self._waiting)
            self._waiting.clear()
            lost, now = 0, self._monotonic()
            if self._lost and (self._ending.is_set() or now - self._gap_at >= GAP_EVERY_S):
                lost, self._lost, self._gap_at = self._lost, 0, now
        if lost:
            batch.append(_gap(lost))
        if not batch:
            return
        try:
            self._write(batch)
        except Exception as error:  # noqa: BLE001 - the log must never end what it tells of
            logger.warning("%d associations could not be noted: %s", len(batch), error)
            with self._lock:
                self._lost += lost + sum(
                    1 for r in batch if r.outcome is not AssociationOutcome.GAP
                )


def rejected(
    request: bytes,
    address: str,
    rejection: Rejection | tuple[int, ...],
    *,
    tls: bool = False,
    cause: AssociationCause | None = None,
    detail: str = "",
) -> AssociationRecord:
    """Return the record of an attempt that was turned away before it was negotiated.

    Parameters
    ----------
    request
        Its A-ASSOCIATE-RQ, at least up to the AE titles; empty when none was read.
    rejection
        What was answered, or its fields; nothing for an attempt that was cut off.
    cause, detail
        Why, where the answer does not say it.
    """
    fields = (
        (rejection.result, rejection.source, rejection.reason)
        if isinstance(rejection, Rejection)
        else rejection
    )
    calling, called = titles_as_sent(request)
    now = datetime.now(UTC)
    if cause is None:
        cause = _BY_FIELDS.get(fields, AssociationCause.NOT_DICOM)
    return AssociationRecord(
        id=new_id(),
        started_at=now,
        ended_at=now,
        calling_ae_title=calling,
        called_ae_title=called,
        address=address,
        tls=tls,
        outcome=AssociationOutcome.REJECTED,
        cause=cause,
        detail=detail,
    )


def contexts_of(
    accepted: Iterable[PresentationContext], refused: Iterable[PresentationContext]
) -> tuple[ProposedContext, ...]:
    """Return what was negotiated, what was refused first; some devices propose everything."""
    found = [
        ProposedContext(
            sop_class_uid=str(context.abstract_syntax),
            transfer_syntax_uids=tuple(str(uid) for uid in context.transfer_syntax),
            class_known=context.result != _CLASS_NOT_SUPPORTED,
        )
        for context in islice(refused, _NOTED_CONTEXTS)
    ]
    found += (
        ProposedContext(
            sop_class_uid=str(context.abstract_syntax),
            transfer_syntax_uids=(),
            accepted=str(context.transfer_syntax[0]),
        )
        for context in islice(accepted, _NOTED_CONTEXTS - len(found))
    )
    return tuple(found)


class _Allowance:
    """So many at once, and one more each time a span has passed."""

    def __init__(self, most: int, every_s: float, now: float) -> None:
        self._most, self._every_s = float(most), every_s
        self._left, self._at = self._most, now

    def take(self, now: float) -> bool:
        """Take one if there is one to take."""
        self._left = min(self._most, self._left + (now - self._at) / self._every_s)
        self._at = now
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True


def _gap(count: int) -> AssociationRecord:
    now = datetime.now(UTC)
    return AssociationRecord(
        id=new_id(),
        started_at=now,
        ended_at=now,
        calling_ae_title="",
        called_ae_title="",
        address="",
        outcome=AssociationOutcome.GAP,
        stored=count,
    )

"""Who called and what became of it, written beside the work and never in its way.

A receiving process puts records into a bounded queue; a thread that starts with the first of them
writes what has gathered, once a second at most. When the database cannot keep up the records are
dropped and counted, and the log says how many are missing.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
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
    """

    def __init__(self, write: Callable[[Sequence[AssociationRecord]], None]) -> None:
        self._write = write
        self._waiting: deque[AssociationRecord] = deque()
        self._lost = 0
        self._lock = threading.Lock()
        self._come = threading.Event()
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None

    def __call__(self, record: AssociationRecord) -> None:
        """Take a record; drops and counts it when too many wait."""
        with self._lock:
            if len(self._waiting) >= MOST_WAITING:
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
            lost, self._lost = self._lost, 0
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

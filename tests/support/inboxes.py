"""What tests of the inbox do with it."""

from __future__ import annotations

import select
from collections.abc import Callable

from photopeak.inbox.inbox import Inbox
from photopeak.model.reception import Reception, StoreOutcome

MakeInbox = Callable[..., Inbox]
"""Opens an inbox; takes settings of the inbox, ``operations`` and ``database`` by name."""


def store(inbox: Inbox, body: bytes, announced: Reception, *, piece: int = 65_536) -> StoreOutcome:
    """Send a data set through the inbox in pieces."""
    incoming = inbox.begin(announced)
    view = memoryview(body)
    for at in range(0, len(body), piece):
        incoming.write(view[at : at + piece])
    return incoming.commit()


def store_quickly(inbox: Inbox, body: bytes, announced: Reception) -> StoreOutcome | None:
    """Send a data set by the way for who waits for nobody; None if only a thread can store it."""
    quick = inbox.quick()
    assert quick is not None
    incoming = quick.begin(announced)
    incoming.write(body)
    outcomes: list[StoreOutcome | None] = []
    if not incoming.commit_later(outcomes.append):
        return None
    while not outcomes:
        quick.flush()
        if not outcomes:
            select.select([quick.fileno()], [], [], 20.0)
            quick.collect()
    return outcomes[0]

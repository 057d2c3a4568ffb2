"""What tests of the inbox do with it."""

from __future__ import annotations

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

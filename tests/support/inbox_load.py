"""A receiving process under load, to be killed: ``python -m support.inbox_load DATA NAME THREADS WAY``.

WAY is ``files`` (an instance becomes file and row at once), ``journal``, or ``clerk`` (the journal,
by one thread for all); with ``registrar`` the process moves instances from the journal into the
store, and receives nothing.

Prints one line for each instance that was stored with success: UID and SHA-256. Now and then a
thread sends the same instance again, as a console does that has not seen the answer.
"""

from __future__ import annotations

import hashlib
import os
import random
import select
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

from photopeak.inbox.inbox import Inbox
from photopeak.inbox.registrar import Registrar
from photopeak.model.reception import StoreOutcome, StoreStatus
from photopeak.settings import DatabaseSettings, InboxSettings
from photopeak.storage.database import open_database
from support.data_sets import data_set, reception
from support.inboxes import store


def main(data: Path, name: str, threads: int, way: str) -> None:
    """Send until killed."""
    database = open_database(DatabaseSettings(), data)
    settings = InboxSettings(free_space_floor_bytes=0, journal_bytes=67_108_864)
    if way == "registrar":
        work, _ = os.pipe()
        Registrar(settings, data, database).serve(work)
    inbox = Inbox(settings, data, database)
    if way != "files":
        inbox.use_journal()
    if way == "clerk":
        pump(inbox, [instances(name, sender + 1) for sender in range(threads)])

    def send(thread: int) -> None:
        for uid, body in instances(name, thread):
            if store(inbox, body, reception(uid)).status is StoreStatus.SUCCESS:
                promise(uid, body)

    for thread in range(threads):
        threading.Thread(target=send, args=(thread + 1,)).start()


def instances(name: str, sender: int) -> Iterator[tuple[str, bytes]]:
    """Yield UID and data set of what a sender sends, without end."""
    chance = random.Random(f"{name} {sender}")
    number = 0
    while True:
        number += 1
        uid = f"1.2.{name}.{sender}.{number}"
        body = data_set(
            instance=uid,
            series=f"1.2.{name}.{sender}",
            pixels=chance.randbytes(2 * chance.randrange(500, 40_000)),
        )
        for _ in range(2 if number % 7 == 0 else 1):
            yield uid, body


def promise(uid: str, body: bytes) -> None:
    """Tell that an instance was stored."""
    line = f"{uid} {hashlib.sha256(body).hexdigest()}\n"
    os.write(sys.stdout.fileno(), line.encode())


def pump(inbox: Inbox, senders: list[Iterator[tuple[str, bytes]]]) -> None:
    """Send in one thread, each sender its next instance after the answer to the last, until killed."""
    quick = inbox.quick()
    assert quick is not None
    free = list(senders)

    def begin(sender: Iterator[tuple[str, bytes]]) -> None:
        uid, body = next(sender)
        incoming = quick.begin(reception(uid))
        incoming.write(body)

        def done(outcome: StoreOutcome | None) -> None:
            if outcome is not None and outcome.status is StoreStatus.SUCCESS:
                promise(uid, body)
            incoming.discard()
            free.append(sender)

        assert incoming.commit_later(done)

    while True:
        while free:
            begin(free.pop())
        quick.flush()
        select.select([quick.fileno()], [], [])
        quick.collect()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4])

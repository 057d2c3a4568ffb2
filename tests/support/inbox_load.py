"""A receiving process under load, to be killed: ``python -m support.inbox_load DATA NAME THREADS WAY``.

WAY is ``files`` (an instance becomes file and row at once) or ``journal``; with ``registrar`` the
process moves instances from the journal into the store, and receives nothing.

Prints one line for each instance that was stored with success: UID and SHA-256. Now and then a
thread sends the same instance again, as a console does that has not seen the answer.
"""

from __future__ import annotations

import hashlib
import os
import random
import sys
import threading
from pathlib import Path

from photopeak.inbox.inbox import Inbox
from photopeak.inbox.registrar import Registrar
from photopeak.model.reception import StoreStatus
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
    if way == "journal":
        inbox.use_journal()

    def send(thread: int) -> None:
        chance = random.Random(f"{name} {thread}")
        number = 0
        while True:
            number += 1
            uid = f"1.2.{name}.{thread}.{number}"
            body = data_set(
                instance=uid,
                series=f"1.2.{name}.{thread}",
                pixels=chance.randbytes(2 * chance.randrange(500, 40_000)),
            )
            for _ in range(2 if number % 7 == 0 else 1):
                if store(inbox, body, reception(uid)).status is StoreStatus.SUCCESS:
                    line = f"{uid} {hashlib.sha256(body).hexdigest()}\n"
                    os.write(sys.stdout.fileno(), line.encode())

    for thread in range(threads):
        threading.Thread(target=send, args=(thread + 1,)).start()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4])

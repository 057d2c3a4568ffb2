"""What other processes do in tests of the storage."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from multiprocessing.synchronize import Barrier, Event
from pathlib import Path

import sqlalchemy as sa
from pydantic import SecretStr

from photopeak.settings import DatabaseSettings
from photopeak.storage import migrations
from photopeak.storage.database import open_database
from photopeak.storage.gate import WriteGate

SPAWN = multiprocessing.get_context("spawn")
"""How tests start other processes: fresh ones, as on another host."""


def hold(path: Path, held: Event, leave: Event) -> None:
    gate = WriteGate(path)
    gate.acquire(10.0)
    held.set()
    leave.wait(30.0)
    gate.release()


def take_turns(path: Path, log: Path, name: str, start: Barrier) -> None:
    gate = WriteGate(path)
    start.wait(30.0)
    for _ in range(50):
        gate.acquire(30.0)
        with log.open("a") as file:
            file.write(f"{name}-in\n")
            file.flush()
            time.sleep(0.0005)
            file.write(f"{name}-out\n")
        gate.release()


def upgrade(url: str, folder: Path) -> None:
    """Upgrade a PostgreSQL database."""
    database = open_database(DatabaseSettings(url=SecretStr(url)), folder)
    migrations.upgrade(database)
    database.close()


def upgrade_and_die(folder: Path, statements: int) -> None:
    """Upgrade an SQLite database in a forked process, killed after so many statements."""
    database = open_database(DatabaseSettings(), folder)
    done = 0

    @sa.event.listens_for(database.engine, "before_cursor_execute")
    def count(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        nonlocal done
        if not statement.startswith(("PRAGMA", "SELECT")):
            if done == statements:
                os.kill(os.getpid(), signal.SIGKILL)
            done += 1

    try:
        migrations.upgrade(database)
    except BaseException:  # noqa: BLE001 - a forked process must not run the tests of its parent
        os._exit(1)
    os._exit(0)

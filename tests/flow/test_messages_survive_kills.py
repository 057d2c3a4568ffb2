"""A process that delivers is killed again and again: no message is missing, none changes its id."""

from __future__ import annotations

import base64
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from photopeak.model.messages import DeliveryState
from photopeak.storage import outbox
from photopeak.storage.database import Database
from support.http_receiver import HttpReceiver
from support.messages import message
from support.ports import eventually

_MESSAGES = 40
_KILLS = 4


def test_every_message_arrives_though_its_sender_is_killed_and_only_under_its_id(
    sqlite_database: Database, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text(base64.b64encode(b"s" * 32).decode())
    wanted = set()
    with sqlite_database.transaction() as tx:
        for _ in range(_MESSAGES):
            whole = message(channel="webhooks.bus", created_at=datetime.now(UTC))
            outbox.put(tx, whole)
            wanted.add(whole.id)
    rng = random.Random(66)
    with HttpReceiver() as receiver:
        for kill in range(_KILLS):
            child = _start(tmp_path / "data", receiver.url("/ok"), secret)
            # Killed in the middle of the work, each time somewhere else.
            few = len(receiver.posts) + rng.randint(3, 8)
            eventually(lambda few=few: len(receiver.posts) >= few, what=f"posts of run {kill}")
            os.kill(child.pid, signal.SIGKILL)
            child.wait(10.0)
        child = _start(tmp_path / "data", receiver.url("/ok"), secret)
        eventually(lambda: _all_sent(sqlite_database), what="all sent")
        os.kill(child.pid, signal.SIGKILL)
        child.wait(10.0)
        arrived = Counter(receiver.ids())

    assert set(arrived) == wanted
    assert sum(arrived.values()) <= _MESSAGES + _KILLS
    with sqlite_database.snapshot() as tx:
        tries = [len(outbox.attempts(tx, message_id)) for message_id in wanted]
    assert sum(tries) >= sum(arrived.values())


def _start(data: Path, url: str, secret: Path) -> subprocess.Popen[bytes]:
    child = subprocess.Popen(
        [sys.executable, "-m", "support.delivering_child", str(data), url, str(secret)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
        stdout=subprocess.PIPE,
    )
    assert child.stdout is not None
    with child.stdout:
        assert child.stdout.readline() == b"ready\n"
    return child


def _all_sent(database: Database) -> bool:
    with database.snapshot() as tx:
        page = outbox.page(tx, state=DeliveryState.SENT, limit=_MESSAGES)
    return len(page.items) == _MESSAGES

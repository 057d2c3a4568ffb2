"""Chat rooms through apprise: only kinds that are allowed, a bounded time, no secret in what is told."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from photopeak.alerts.channels import chat
from photopeak.alerts.channels.chat import ChatChannel
from photopeak.channel_settings import ChatSettings
from photopeak.model.messages import Attempt, DeliveryState, MessageRecord, Outcome
from photopeak.reports.letters import Writer
from support.http_receiver import HttpReceiver
from support.messages import message

WRITER = Writer(site="Testby", language="en", time_zone="UTC", public_url="https://qc.example.org")


def send(folder: Path, address: str, **options: Any) -> Attempt:
    url_file = folder / "room"
    url_file.write_text(address)
    child = options.pop("child", chat._CHILD)
    values = {"schemes": ["json"], "url_file": url_file, "timeout_s": 30.0, **options}
    channel = ChatChannel("room", ChatSettings(**values), write=WRITER.write, child=child)
    return channel.deliver(
        MessageRecord(
            message=message(channel="chat.room"),
            state=DeliveryState.QUEUED,
            attempts=1,
            due_at=None,
            sent_at=None,
            detail="",
            remaining=None,
        )
    )


def test_a_room_is_told_and_a_refusal_is_tried_again(tmp_path: Path) -> None:
    with HttpReceiver() as receiver:
        receiver.answers["/notify"] = ["ok", "redirect"]
        with HttpReceiver(host="127.0.0.77") as trap:
            receiver.elsewhere = trap.url("/notify")
            address = f"json://127.0.0.1:{receiver.port}/notify"
            assert send(tmp_path, address).outcome is Outcome.SENT
            refused = send(tmp_path, address)
            assert trap.connections == 0

    assert b"Action: Symbia 1, Intrinsic uniformity (detector 2)" in receiver.posts[0].body
    assert b"https://qc.example.org/alerts/a-1" in receiver.posts[0].body
    assert refused == Attempt(outcome=Outcome.RETRY, detail="the service did not take the message")


@pytest.mark.parametrize("address", ["slack://hush/hush/hush", "hush", "JSONS://hush/"])
def test_a_kind_that_is_not_allowed_is_not_used(tmp_path: Path, address: str) -> None:
    done = send(tmp_path, address, child=(sys.executable, "-c", "raise SystemExit(0)"))

    assert done.outcome is Outcome.RETRY
    assert done.detail == "nothing was sent: the address in url_file has none of the schemes"


def test_without_the_extra_it_says_what_to_install(tmp_path: Path) -> None:
    child = (sys.executable, "-c", "raise SystemExit(3)")
    done = send(tmp_path, "json://127.0.0.1/", child=child)

    assert done.detail == "chat needs the extra: pip install 'photopeak[chat]'"
    assert chat.installed()


def test_a_child_that_takes_too_long_or_dies_is_told(tmp_path: Path) -> None:
    slow = (sys.executable, "-c", "import time; time.sleep(60)")
    done = send(tmp_path, "json://127.0.0.1/", child=slow, timeout_s=0.2)
    assert done.detail == "not sent within 0.2 s"
    dying = (sys.executable, "-c", "import os; os.abort()")
    assert send(tmp_path, "json://127.0.0.1/", child=dying).detail == "the child ended with -6"
    absent = send(tmp_path, "json://127.0.0.1/", child=(str(tmp_path / "absent"),))
    assert absent.detail.startswith("the child could not be started")


def test_a_secret_that_is_gone_is_told(tmp_path: Path) -> None:
    done = send(tmp_path, "")

    assert done.detail.startswith("nothing was sent: ")

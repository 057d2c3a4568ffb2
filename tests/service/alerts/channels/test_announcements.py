"""What programs are told of series and results: only those that ask, each once, nothing of a patient."""

from __future__ import annotations

from pathlib import Path

import pytest

from photopeak.alerts.channels import announcements
from photopeak.alerts.channels.webhook import payload
from photopeak.channel_settings import ChannelSections, WebhookSettings
from photopeak.model.judgement import Baseline, Status
from photopeak.storage import outbox, results
from photopeak.storage.database import Database
from support.rows import NOON, result_of, waiting_set


def sections(**hooks: list[str]) -> ChannelSections:
    return ChannelSections(
        webhooks={
            name: WebhookSettings(
                url="https://bus.example.org/x", secret_files=[Path("secret")], events=events
            )
            for name, events in hooks.items()
        }
    )


def test_a_result_is_told_once_to_those_that_ask_for_results(sqlite_database: Database) -> None:
    wanted = sections(all=["result.created"], other=["series.received"])
    with sqlite_database.transaction() as tx:
        stored = results.add(tx, result_of(waiting_set(tx)))
        for _ in range(2):
            announcements.announce_result(tx, wanted, stored, now=NOON)
        (told,) = outbox.page(tx).items

    assert told.message.channel == "webhooks.all"
    said = payload(told.message, "https://qc.example.org")
    assert said["type"] == "result.created"
    assert said["data"]["items"][0]["result"] == stored.id
    assert said["data"]["link"] == f"https://qc.example.org/results/{stored.id}"


@pytest.mark.parametrize("status", list(Status))
def test_no_result_never_looks_like_a_pass(status: Status) -> None:
    told = announcements._STATUS[status]

    assert (told.value == "pass") == (status is Status.PASS)


def test_a_series_is_told_again_when_more_of_it_came(sqlite_database: Database) -> None:
    wanted = sections(all=["series.received"])
    with sqlite_database.transaction() as tx:
        for generation in (1, 1, 2):
            announcements.announce_series(
                tx, wanted, "1.2.3", generation, device_id="camera-1", now=NOON
            )
        found = outbox.page(tx).items

    assert len(found) == 2
    assert {r.message.lines[0].link for r in found} == {"/series/1.2.3"}


def test_a_baseline_is_told_with_its_head(sqlite_database: Database) -> None:
    baseline = Baseline(
        id="b-1", device_id="camera-1", test="t", variant="nema", metric="iu_ufov",
        scope={"detector": 2}, configuration="", value=2.0, spread=0.1, count=10,
        epoch_start=NOON, reason="new crystal", approved_by="x", version=1,
    )  # fmt: skip
    wanted = sections(all=["baseline.accepted"])
    with sqlite_database.transaction() as tx:
        announcements.announce_baseline(tx, wanted, baseline, now=NOON)
        (told,) = outbox.page(tx).items

    (item,) = payload(told.message, "")["data"]["items"]
    assert (item["device"], item["detector"], item["rule"]) == ("camera-1", 2, "iu_ufov")

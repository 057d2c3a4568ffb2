"""The rule of a site: it follows a person, and marks nothing that a person has to see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from photopeak.alert_settings import AlertSettings
from photopeak.model.configuration import Configuration
from photopeak.model.judgement import Status
from photopeak.model.results import PARTIAL, FailureRecord, NoteRecord, ResultRecord
from photopeak.model.reviews import Meaning
from photopeak.model.trends import EpochEffect
from photopeak.reviews import rules, signing
from photopeak.reviews.signing import Signature, Signer
from photopeak.storage import events, results, reviews
from photopeak.storage.database import Database, Transaction
from support.rows import NOON, result_of, waiting_set
from support.trend_points import event

TEST = "intrinsic_uniformity"
CHEN = Signer(name="chen", printed_name="Rui Chen")
SETTINGS = AlertSettings()


def stored(tx: Transaction, day: int, **changes: Any) -> ResultRecord:
    """Store a result that was acquired some days after noon."""
    uid = f"1.2.3.{day}"
    values = {"acquired_at": NOON + timedelta(days=day), **changes}
    return results.add(tx, result_of(waiting_set(tx, uid, group=uid), **values))


def signed(tx: Transaction, day: int) -> ResultRecord:
    """Store a result and let a person sign it."""
    record = stored(tx, day)
    wish = Signature(meaning=Meaning.REVIEWED, signer=CHEN)
    signing.sign(tx, SETTINGS, record.id, wish, now=NOON)
    return record


def test_a_passing_result_is_marked_by_the_rule_after_a_person_signed_one_alike(
    sqlite_database: Database,
) -> None:
    with sqlite_database.transaction() as tx:
        first = stored(tx, 1)
        assert rules.mark(tx, SETTINGS, first, [TEST], now=NOON) is None
        wish = Signature(meaning=Meaning.REVIEWED, signer=CHEN)
        signing.sign(tx, SETTINGS, first.id, wish, now=NOON)

        kept = rules.mark(tx, SETTINGS, stored(tx, 2), [TEST], now=NOON)

        assert kept is not None
        assert (kept.rule, kept.by, kept.meaning) == (True, "photopeak", Meaning.REVIEWED)
        assert reviews.count(tx) == 0


def test_nothing_is_marked_of_a_test_that_the_site_does_not_name(
    sqlite_database: Database,
) -> None:
    with sqlite_database.transaction() as tx:
        signed(tx, 1)

        assert rules.mark(tx, SETTINGS, stored(tx, 2), [], now=NOON) is None


def test_another_rule_marked_one_is_no_beginning(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as tx:
        wish = Signature(meaning=Meaning.REVIEWED, signer=rules.RULE, rule=True)
        signing.sign(tx, SETTINGS, stored(tx, 1).id, wish, now=NOON)

        assert rules.mark(tx, SETTINGS, stored(tx, 2), [TEST], now=NOON) is None


FAILURE = FailureRecord(code="X", message="could not")
NOTE = NoteRecord(code=PARTIAL, message="without head 2")


@pytest.mark.parametrize(
    "changes",
    [
        {"status": Status.WARN},
        {"status": Status.FAIL},
        {"status": Status.INVALID},
        {"status": Status.NO_LIMIT},
        {"status": Status.INFO},
        {"status": Status.ERROR, "failure": FAILURE},
        {"notes": (NOTE,)},
        {"acquired_at": None},
        {"variant": "iec"},
    ],
)
def test_what_did_not_pass_whole_and_alike_is_left_to_a_person(
    sqlite_database: Database, changes: dict[str, Any]
) -> None:
    with sqlite_database.transaction() as tx:
        signed(tx, 1)

        assert rules.mark(tx, SETTINGS, stored(tx, 2, **changes), [TEST], now=NOON) is None


def test_what_was_measured_otherwise_is_left_to_a_person(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as tx:
        before = signed(tx, 1)
        made = replace(
            before.provenance, configurations=(Configuration(parts={"nuclide": "Co-57"}),)
        )

        assert rules.mark(tx, SETTINGS, stored(tx, 2, provenance=made), [TEST], now=NOON) is None


@pytest.mark.parametrize(
    ("effect", "marked"),
    [(EpochEffect.NONE, True), (EpochEffect.PROPOSED, False), (EpochEffect.STARTS, False)],
)
def test_the_first_results_after_a_new_epoch_are_left_to_a_person(
    sqlite_database: Database, effect: EpochEffect, marked: bool
) -> None:
    with sqlite_database.transaction() as tx:
        signed(tx, 1)
        service = event(1, at=NOON + timedelta(days=1.5), epoch=effect)
        events.add(tx, service)

        assert (rules.mark(tx, SETTINGS, stored(tx, 2), [TEST], now=NOON) is not None) is marked
        assert (rules.mark(tx, SETTINGS, stored(tx, 3), [TEST], now=NOON) is not None) is marked
        signed(tx, 4)
        assert rules.mark(tx, SETTINGS, stored(tx, 5), [TEST], now=NOON) is not None


def test_a_new_version_of_a_signed_result_is_left_to_a_person(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as tx:
        signed(tx, 1)
        second = signed(tx, 2)
        made = replace(second.provenance, analyzer_version="2")
        newer = results.add(tx, replace(second, id="", provenance=made))

        assert newer.version == 2
        assert rules.mark(tx, SETTINGS, newer, [TEST], now=NOON) is None


def test_a_result_with_a_signal_in_its_trends_is_left_to_a_person(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: Callable[..., tuple[str, ...]] = lambda _tx, _id: ("1_3s",)  # noqa: E731 - a stand-in
    with sqlite_database.transaction() as tx:
        signed(tx, 1)
        monkeypatch.setattr(rules.trends, "signals_of", found)

        assert rules.mark(tx, SETTINGS, stored(tx, 2), [TEST], now=NOON) is None

"""The rule of a site at work: passing results of named tests are marked when they are stored."""

from __future__ import annotations

from pathlib import Path

import pytest

from photopeak.alert_settings import AlertSettings
from photopeak.model.reviews import Meaning, Review
from photopeak.reviews.signing import Signature, Signer, sign
from photopeak.settings import ReviewSettings, Settings
from photopeak.storage import audit, reviews
from photopeak.storage.database import Database
from support.daily_runs import TEST, UPPER, DailyRuns


def runs(database: Database, folder: Path, automatic: list[str]) -> DailyRuns:
    """Return a worker of a site with a rule."""
    return DailyRuns(database, folder, Settings(review=ReviewSettings(automatic=automatic)))


def signed(camera: DailyRuns, result_id: str) -> tuple[Review, ...]:
    """Return the signatures under a result."""
    with camera.database.snapshot() as tx:
        return reviews.of_result(tx, result_id)


@pytest.mark.parametrize("automatic", [[], [TEST.id]])
def test_a_worker_marks_what_passed_after_a_person_began(
    sqlite_database: Database, tmp_path: Path, automatic: list[str]
) -> None:
    camera = runs(sqlite_database, tmp_path, automatic)
    first = camera.measure(2.0)
    assert signed(camera, first.id) == ()
    with sqlite_database.transaction() as tx:
        chen = Signer(name="chen", printed_name="Rui Chen")
        wish = Signature(meaning=Meaning.REVIEWED, signer=chen)
        sign(tx, AlertSettings(), first.id, wish, now=camera.now)

    second, failed = camera.measure(2.1), camera.measure(UPPER + 1.0)

    assert [review.rule for review in signed(camera, second.id)] == [True] * bool(automatic)
    assert signed(camera, failed.id) == ()
    with sqlite_database.snapshot() as tx:
        by_rule = [e for e in audit.page(tx) if e.action == "review.signed" and e.actor == "photopeak"]  # fmt: skip
    assert [entry.subject for entry in by_rule] == [second.id] * bool(automatic)

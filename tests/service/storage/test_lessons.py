"""Header texts of series, which rule knew them, and series that are alike."""

from datetime import timedelta
from typing import Any

from photopeak.model.series import SeriesState
from photopeak.storage import instances, lessons, series, unknown
from photopeak.storage.database import Database, Transaction
from photopeak.storage.lessons import RoutedSeries
from support.rows import NOON, after, instance

TEXTS = {"SeriesDescription": "odd thing", "ProtocolName": ""}


def noted(tx: Transaction, uid: str, **changes: Any) -> None:
    values: dict[str, Any] = {
        "series_instance_uid": uid,
        "device_id": "camera-1",
        "texts": TEXTS,
        "kind": "NM",
        "outcome": "unrouted",
        "rule": "",
        "added": (),
        "test": "",
        "role": "",
        "received_at": NOON,
    }
    lessons.note(tx, RoutedSeries(**{**values, **changes}))


def stored(
    tx: Transaction, uid: str, state: SeriesState = SeriesState.UNROUTED, *, at: int = 0
) -> None:
    instances.add_batch(tx, [instance(0, series=uid, at=after(at))])
    series.set_display(
        tx, uid, modality="NM", display={"SeriesDescription": "Odd"}, acquired_at=None,
        expected_instances=1,
    )  # fmt: skip
    series.set_device(tx, uid, "camera-1")
    series.set_state(tx, uid, state, "")


def test_series_that_are_alike_share_their_texts(database: Database) -> None:
    with database.transaction() as tx:
        for number in (1, 2, 3):
            stored(tx, f"1.2.{number}", at=number)
            noted(tx, f"1.2.{number}", received_at=after(number))
        noted(tx, "1.2.3", rule="flood", outcome="routed", received_at=after(3))

        (alike,) = lessons.alike_of_device(tx, "camera-1")
        assert dict(alike.texts) == {"SeriesDescription": "odd thing"}
        assert lessons.texts_of(tx, "1.2.2") == alike.texts
        assert list(lessons.alike_of_device(tx, None)) == []
        shares = lessons.shares(tx, [alike.id])
        assert [(s.rule, s.count, s.last_at) for s in shares] == [
            ("flood", 1, after(3)),
            ("", 2, after(2)),
        ]
        assert lessons.series_with(tx, [alike.id], limit=2) == ("1.2.3", "1.2.2")
        assert lessons.series_with(tx, [alike.id], limit=9, other_than_rule="flood") == (
            "1.2.2",
            "1.2.1",
        )
        assert lessons.series_with(
            tx, [alike.id], limit=9, states=(SeriesState.NOT_QC,)
        ) == ()  # fmt: skip


def test_of_a_series_that_is_held_back_later_no_text_stays(database: Database) -> None:
    with database.transaction() as tx:
        stored(tx, "1.2.1")
        noted(tx, "1.2.1")
        noted(tx, "1.2.1", texts=None, outcome="quarantined")

        assert list(lessons.alike_of_device(tx, "camera-1")) == []
        assert lessons.texts_of(tx, "1.2.1") is None


def test_hits_are_counted_by_rule_and_by_what_rules_added(database: Database) -> None:
    with database.transaction() as tx:
        for number, day in ((1, 0), (2, -100)):
            stored(tx, f"1.2.{number}")
            noted(
                tx, f"1.2.{number}", rule="flood", added=("integrity", "windows"),
                received_at=NOON + timedelta(days=day),
            )  # fmt: skip
        hits = lessons.hits(tx, since=NOON - timedelta(days=90))

    assert {name: (h.recent, h.last_at) for name, h in hits.items()} == dict.fromkeys(
        ("flood", "integrity", "windows"), (1, NOON)
    )


def test_series_routed_before_texts_were_kept_are_found(database: Database) -> None:
    with database.transaction() as tx:
        stored(tx, "1.2.1")
        stored(tx, "1.2.2", SeriesState.COMPLETE)
        stored(tx, "1.2.3", at=5)
        assert lessons.not_noted(tx, limit=5) == ("1.2.3", "1.2.1")
        noted(tx, "1.2.1")
        assert lessons.not_noted(tx, limit=5) == ("1.2.3",)


def test_forty_alike_are_one_group(database: Database) -> None:
    with database.transaction() as tx:
        for number in range(40):
            stored(tx, f"1.2.{number}", at=number)
            if number < 20:
                noted(tx, f"1.2.{number}")
        stored(tx, "1.3.1", SeriesState.REFUSED, at=-5)
        stored(tx, "1.3.2", SeriesState.QUARANTINED)

        groups = unknown.groups(tx, states=(SeriesState.UNROUTED, SeriesState.REFUSED), limit=9)
        held = unknown.held_back(tx)
        members = unknown.alike(tx, groups[0].latest, limit=9)

    # Those whose texts are not kept yet are told apart from the others.
    assert [(g.latest.series_instance_uid, g.count, g.first_at) for g in groups] == [
        ("1.2.39", 20, after(20)),
        ("1.2.19", 20, after(0)),
        ("1.3.1", 1, after(-5)),
    ]
    assert [(h.device_id, h.count) for h in held] == [("camera-1", 1)]
    assert [m.series_instance_uid for m in members] == [f"1.2.{n}" for n in range(39, 30, -1)]


def test_the_group_of_a_series_is_found_by_its_texts(database: Database) -> None:
    with database.transaction() as tx:
        for number in (1, 2, 3):
            stored(tx, f"1.2.{number}", at=number)
            noted(tx, f"1.2.{number}", texts={"SeriesDescription": f"thing {number % 2}"})
        record = series.get(tx, "1.2.1")
        assert [s.series_instance_uid for s in unknown.alike(tx, record, limit=9)] == [
            "1.2.3",
            "1.2.1",
        ]

"""What is kept of a routed series: a preview on it is what routing does, and it is there for all."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from photopeak.analysis.seen import seen
from photopeak.model.header import InstanceHeader
from photopeak.model.routing import RoutingDecision
from photopeak.model.series import SeriesState
from photopeak.model.taught import TaughtNumber, TaughtRoute
from photopeak.reports.teaching import preview
from photopeak.routing.decide import decide
from photopeak.routing.routes import load_routes
from photopeak.routing.taught import numbers_in
from photopeak.settings import GuardSettings
from photopeak.storage import instances, lessons, series, taught
from photopeak.storage.database import Database
from photopeak.storage.lessons import RoutedSeries
from photopeak.storage.tables.lessons import header_texts, routed_series
from photopeak.storage.tables.receiving import series as table
from support.effort import soon
from support.headers import header
from support.rows import NOON, after, instance

ROUTES = load_routes()
GUARD = GuardSettings()
WORDS = st.sampled_from(
    ["", "flood", "intrinsic flood", "lsf 10 cm", "lsf 7,5 cm", "lsf 10 cm 2", "kim 1", "kim 22"]
)
HEADERS = st.lists(
    st.builds(lambda s, p: {"SeriesDescription": s, "ProtocolName": p}, WORDS, WORDS),
    min_size=1,
    max_size=6,
)
_NUMBERS = count(1)


def lesson(
    texts: dict[str, str], keywords: frozenset[str], varying: int, name: str
) -> TaughtRoute | None:
    conditions = {k: texts[k] for k in sorted(keywords)}
    if not any(conditions.values()):
        return None
    numbers = tuple(
        TaughtNumber(keyword=k, place=place)
        for k, text in conditions.items()
        for place in range(min(varying, len(numbers_in(text))))
    )
    return TaughtRoute(
        id=name, device_id=None, conditions=conditions, numbers=numbers, ignore=True, active=False
    )


def decided(each: InstanceHeader, routes: tuple[TaughtRoute, ...]) -> RoutingDecision:
    return decide([each], table=ROUTES, taught=routes, guard=GUARD)


def remembered(database: Database, each: InstanceHeader, routes: tuple[TaughtRoute, ...]) -> str:
    """Route a series as the worker does, and keep what it saw; returns the series."""
    uid = f"1.2.{next(_NUMBERS)}"
    with database.transaction() as tx:
        instances.add_batch(tx, [instance(1, series=uid)])
        record = series.get(tx, uid)
        lessons.note(tx, seen(record, decided(each, routes), each, ROUTES))
    return uid


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    found=HEADERS,
    keywords=st.sets(st.sampled_from(["SeriesDescription", "ProtocolName"]), min_size=1),
    other=st.sets(st.sampled_from(["SeriesDescription", "ProtocolName"]), min_size=1),
    varying=st.integers(0, 2),
)
def test_a_preview_is_what_routing_then_does(
    sqlite_database: Database, found: list[dict[str, str]], keywords: Any, other: Any, varying: int
) -> None:
    database = sqlite_database
    headers = [_header(text) for text in found]
    known = lesson(found[-1], frozenset(other), 0, "a")
    before = () if known is None else (replace(known, active=True),)
    drafted = lesson(found[0], frozenset(keywords), varying, "b")
    with database.transaction() as tx:
        for table in ("routed_series", "header_texts", "taught_routes"):
            tx.connection.exec_driver_sql(f"DELETE FROM {table}")
        if known is not None:
            kept = taught.draft(tx, known)
            taught.activate(tx, kept.id, 1, who="w", reason="r", now=NOON)
    uids = {remembered(database, each, before): each for each in headers}
    if drafted is None or drafted.conditions == (known and known.conditions):
        return
    with database.snapshot() as tx:
        told = preview(tx, drafted)
    after_it = {
        uid: decided(each, (*before, replace(drafted, active=True))).rule
        for uid, each in uids.items()
    }
    matched = set(told.series)
    follow = {uid for uid, rule in after_it.items() if rule == drafted.name}
    stays = sum(line.share.count for line in told.lines if line.stays_with)

    assert follow <= matched
    assert len(matched) == told.count == len(follow) + stays
    for uid in matched - follow:
        assert known is not None
        assert after_it[uid] == known.name
    claimed = {uid for uid in matched if decided(uids[uid], before).outcome != "unrouted"}
    assert told.claimed == len(claimed)


def _header(texts: dict[str, str]) -> InstanceHeader:
    return header(texts["SeriesDescription"], ProtocolName=texts["ProtocolName"])


def test_ten_thousand_series_are_previewed_while_somebody_looks(sqlite_database: Database) -> None:
    route = lesson({"SeriesDescription": "qc flood 1"}, frozenset({"SeriesDescription"}), 1, "t")
    assert route is not None
    with sqlite_database.transaction() as tx:
        instances.add_batch(tx, [instance(1, series="1.9")])
        row = dict(tx.connection.execute(table.select()).one()._mapping)
        number = 10_000
        uids = [f"1.3.{n}" for n in range(number)]
        texts = [
            {"SeriesDescription": f"qc flood {n}", "StudyDescription": "qc"} for n in range(number)
        ]
        ids = [lessons.likeness(None, text) for text in texts]
        tx.connection.execute(table.insert(), [{**row, "series_instance_uid": u, "state": SeriesState.UNROUTED} for u in uids])  # fmt: skip
        tx.connection.execute(header_texts.insert(), [{"id": i, "device_id": None, "texts": t} for i, t in zip(ids, texts, strict=True)])  # fmt: skip
        tx.connection.execute(routed_series.insert(), [{"series_instance_uid": u, "texts_id": i, "kind": "NM", "outcome": "unrouted", "rule": "", "added": "", "test": "", "role": "", "received_at": after(n)} for n, (u, i) in enumerate(zip(uids, ids, strict=True))])  # fmt: skip
    with sqlite_database.snapshot() as tx:
        found = soon(lambda: preview(tx, route), 3.0)

    assert found.count == number
    with sqlite_database.transaction() as tx:
        lessons.note(tx, RoutedSeries(
            series_instance_uid=uids[0], device_id=None, texts=None, kind="", outcome="quarantined",
            rule="", added=(), test="", role="", received_at=NOON,
        ))  # fmt: skip
        assert lessons.not_noted(tx, limit=5) == ()


def test_a_rule_of_a_purpose_counts_as_hit(sqlite_database: Database, tmp_path: Path) -> None:
    (tmp_path / "site.toml").write_text(
        '[[rule]]\nid = "yearly"\npriority = 10\nwhen.StudyDescription = { matches = "status" }\n'
        'purpose = "status"\n'
    )
    routes, each = load_routes(tmp_path), header("Flood", StudyDescription="QC status test")
    uid = f"1.2.{next(_NUMBERS)}"
    with sqlite_database.transaction() as tx:
        instances.add_batch(tx, [instance(1, series=uid)])
        record = series.get(tx, uid)

    kept = seen(record, decide([each], table=routes, guard=GUARD), each, routes)

    assert "yearly" in kept.added

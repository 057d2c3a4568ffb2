"""A small site with half a year of one number on two heads, for the pages of trends."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

from photopeak.model.judgement import BaselineForm, Limit, LimitKind, LimitSet, Status
from photopeak.model.trends import EpochEffect, EventKind, MetricSignal, ServiceEvent
from photopeak.storage import limits, trends
from photopeak.storage.database import Database, Transaction
from photopeak.trends import keeping
from photopeak.trends.load import load
from support.rows import NOON
from support.trend_points import KEY
from support.trend_rows import WHERE, number, store, verdict

DAYS = 120
NAME = 'peak_shift_pct{"detector":1}'
TEST = f"{KEY.test}/{KEY.variant}"
"""The number and the test as they stand in addresses."""


def value_of(day: int, head: int) -> float:
    """Return the number of a day: steady, with a drift of head 1 in the last weeks."""
    rng = random.Random(1000 * head + day)
    drift = 0.09 * (day - 90) if head == 1 and day > 90 else 0.0
    return round(0.6 + 0.2 * head + rng.gauss(0.0, 0.12) + drift, 2)


def fill(database: Database) -> dict[str, str]:
    """Fill the database with results up to noon; return the ids of what was stored by name."""
    ids: dict[str, str] = {}
    days = DAYS
    with database.transaction() as tx:
        for day in range(days):
            at = NOON - timedelta(days=days - 1 - day)
            values = [value_of(day, head) for head in (1, 2)]
            numbers = [
                number(v, scope={"detector": head}, uncertainty=0.05)
                for head, v in zip((1, 2), values, strict=True)
            ]
            numbers.append(
                number(
                    0.3,
                    metric="noise_floor_peak_shift_pct",
                    scope={"detector": 1},
                    uncertainty=None,
                )
            )
            judged = tuple(
                verdict(
                    v,
                    3.0,
                    scope={"detector": head},
                    warn_upper=2.5,
                    status=Status.FAIL if v > 3.0 else Status.WARN if v > 2.5 else Status.PASS,
                )
                for head, v in zip((1, 2), values, strict=True)
            )
            status = Status.INVALID if day == 70 else Status.PASS
            if day == days - 1:
                status = Status.FAIL
            ids[f"day {day}"] = store(
                tx,
                at,
                numbers,
                verdicts=judged,
                status=status,
                analyzer="1.1" if day > 70 else "1.0",
            ).id
        event = keeping.record(
            tx,
            ServiceEvent(
                id="", version=1, device_id=KEY.device_id, kind=EventKind.SERVICE,
                at=NOON - timedelta(days=days - 20.5), text="New photomultiplier <34>",
                epoch=EpochEffect.STARTS, owner="Dr. Lin", temperature_c=21.5,
                humidity_percent=45.0, recorded_by="R. Chen", recorded_at=NOON,
            ),
        )  # fmt: skip
        ids["event"] = event.id
        trend = load(tx, metric=KEY.metric, scope=KEY.scope, **WHERE)
        chosen = [ids[f"day {day}"] for day in range(22, 42)]
        kept = keeping.accept(
            tx,
            keeping.proposal(trend, chosen),
            reason="after the new tube",
            who="R. Chen",
            now=NOON,
        )
        ids["baseline"] = kept.id
        out = keeping.exclude(
            tx,
            ids["day 60"],
            metric=KEY.metric,
            scope=KEY.scope,
            reason="source off centre",
            who="R. Chen",
            now=NOON,
        )
        ids["exclusion"] = out.id
        _keep_signals(tx, ids[f"day {days - 1}"])
    return ids


def _keep_signals(tx: Transaction, result_id: str) -> None:
    """Keep what the latest result shows, as the worker does when it comes."""
    found = load(tx, metric=KEY.metric, scope=KEY.scope, **WHERE).track()
    own = [s for s in found.signals if s.result_id == result_id]
    trends.keep_signals(
        tx, result_id, [MetricSignal(metric=KEY.metric, scope=KEY.scope, signal=s) for s in own]
    )


def put_limits(database: Database) -> None:
    """Put two versions of a limit set in force, one after the other."""

    def version(name: str, upper: float, **more: Any) -> LimitSet:
        limit = Limit(
            test=KEY.test, variant="nema", metric="iu_ufov", unit="%", scope={"detector": 1},
            upper=upper, warn_upper=4.0,
        )  # fmt: skip
        return LimitSet(
            name="site", title="Limits of the site", kind=LimitKind.SITE, source="policy 2026-02",
            version=name * 64, limits=(limit, *more.pop("also", ())), **more,
        )  # fmt: skip

    relative = Limit(
        test=KEY.test, variant="*", metric="du_ufov", upper=10.0,
        form=BaselineForm.RELATIVE_PERCENT,
    )  # fmt: skip
    with database.transaction() as tx:
        limits.put_in_force(tx, [version("a", 5.0)], now=NOON - timedelta(days=90))
        limits.put_in_force(
            tx, [version("b", 4.5, also=(relative,), devices=("camera-1",))], now=NOON
        )

"""The rows of many years, cloned from those that the service wrote for a few real pushes.

A result is cloned with everything that belongs to it: series, instance, decision, test set, numbers,
verdicts, the signature or the place in the queue, the job of the dispatcher. For the sake of the disk
a clone has a few of the numbers only, the first step of a decision, and no figures.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from photopeak.model.alerts import AlertState
from photopeak.model.judgement import Status
from photopeak.model.reviews import WORST_FIRST
from photopeak.storage.database import Database
from photopeak.storage.tables import alerts, associations, lessons, receiving, results, reviews
from photopeak.storage.tables.service import alerts as alerts_table
from photopeak.storage.tables.trends import trend_signals

NUMBERS = 2
"""Numbers that a cloned result keeps."""

_AT_ONCE = 20_000
_UNSIGNED = timedelta(days=14)
_NEW: Mapping[str, Any] = {}
"""The template of what is given whole."""
_ROOT = "1.2.826.0.1.3680043.8.498"

OF_SERIES = (
    receiving.series, receiving.instances, receiving.decisions, lessons.routed_series,
    associations.associations,
)  # fmt: skip
OF_RESULT = (
    results.test_sets, results.members, results.results, results.result_inputs,
    results.measurements, results.preconditions, results.verdicts, results.notes,
    alerts_table, alerts.alert_events, trend_signals, reviews.reviews, reviews.review_queue,
)  # fmt: skip
JOBS = ("workflow_status", "workflow_input", "workflow_output")


class Cloner:
    """Writes clones of pushes into the tables of a database.

    Parameters
    ----------
    database
        Holds the rows of the pushes to be cloned, and nothing else.
    now
        No clone is younger.
    """

    def __init__(self, database: Database, *, now: datetime) -> None:
        self._database = database
        self._now = now
        self._chance = random.Random(51)
        self._number = 0
        self._waiting: dict[str, list[tuple[Any, ...]]] = {}
        self._plans: dict[Any, tuple[list[Any], list[tuple[int, str, Callable[[Any], Any]]]]] = {}
        self._jobs = self._job_tables()
        self._known = {table.name: table for table in (*OF_SERIES, *OF_RESULT, *self._jobs)}
        self._writers = {
            name: {c.name: _writer(database, c) for c in table.c}
            for name, table in self._known.items()
        }
        self._templates = self._read()
        self._driver: Any = database.new_driver_connection()
        if database.dialect == "sqlite":
            # Nobody minds if all of it is lost.
            self._driver.execute("PRAGMA synchronous=OFF")
            self._driver.execute("PRAGMA cache_size=-1000000")
        self.written = 0

    @property
    def results_of_a_push(self) -> int:
        """How many results a push has."""
        return len(self._templates[0][1])

    def push(self, device_id: str, at: datetime, titles: Sequence[str | None]) -> str:
        """Write one push to a device; returns the path of its instance.

        A result whose title is a name becomes one of a test of this name; None leaves it.
        """
        series, parts = self._chance.choice(self._templates)
        self._number += 1
        uid, instance_uid = f"{_ROOT}.1{self._number:09}", f"{_ROOT}.2{self._number:09}"
        instance = self._id(at)
        received = {
            "series_instance_uid": uid, "study_instance_uid": f"{_ROOT}.3{self._number:09}",
            "device_id": device_id, "sop_instance_uid": instance_uid,
            "first_received_at": at, "last_received_at": at, "received_at": at, "indexed_at": at,
            "acquired_at": at - timedelta(minutes=10), "decided_at": at, "started_at": at,
            "ended_at": at, "added_at": at,
            "sha256": f"{self._chance.getrandbits(256):064x}",
            "path": f"store/{at:%Y/%m/%d}/{instance}.dcm",
        }  # fmt: skip
        for name, rows in series.items():
            if name == "associations" and at < self._now - timedelta(days=30):
                continue
            for row in rows:
                one = instance if name == "instances" else self._id(at)
                self._put(name, row, {**received, "id": one})
        for part, title in zip(parts, titles, strict=False):
            self._result(part, device_id, at, title, received)
        if len(self._waiting["results"]) >= _AT_ONCE:
            self.flush()
        return str(received["path"])

    def _result(
        self,
        part: Mapping[str, list[Mapping[str, Any]]],
        device_id: str,
        at: datetime,
        title: str | None,
        received: Mapping[str, Any],
    ) -> None:
        chance = self._chance.random()
        status = Status.FAIL if chance < 0.01 else Status.WARN if chance < 0.04 else Status.PASS
        set_id, result_id = self._id(at), self._id(at)
        finished = at + timedelta(seconds=4)
        job = f"analyze:{set_id}:1"
        ms = int(at.timestamp() * 1000)
        given: dict[str, Any] = {
            **received, "test_set_id": set_id, "result_id": result_id, "group_key": received["series_instance_uid"],
            "day": at.date().isoformat(), "status": status, "created_at": at, "updated_at": finished,
            "started_at": at, "finished_at": finished, "fingerprint": received["sha256"],
            "workflow_uuid": job,
        }  # fmt: skip
        if title is not None:
            given |= {"test": title, "title": title.replace("_", " "), "title_zh": title}
        for name, rows in part.items():
            for row in rows:
                own = dict(given)
                if name == "test_sets":
                    own["id"] = set_id
                elif name == "results":
                    own["id"] = result_id
                elif name == "measurements":
                    own["value"] = row["value"] * self._chance.uniform(0.9, 1.1)
                elif name == "verdicts":
                    own["status"] = status
                elif name in JOBS:
                    own = {"workflow_uuid": job, "status": "SUCCESS"} | {
                        c: ms for c in row if c.endswith(("_at", "epoch_ms", "timestamp"))
                        if row[c] is not None
                    }  # fmt: skip
                self._put(name, row, own)
        self._signature(result_id, status, device_id, finished)
        if status is Status.FAIL:
            self._alert(device_id, title, result_id, received["series_instance_uid"], finished)
        self.written += 1

    def _signature(self, result_id: str, status: Status, device_id: str, at: datetime) -> None:
        """Let a person sign a day later, but on every fourth device, where nobody does."""
        if at > self._now - _UNSIGNED or device_id.endswith(("0", "4", "8")):
            self._put(
                "review_queue", _NEW,
                {"result_id": result_id, "urgency": WORST_FIRST.index(status), "finished_at": at},
            )  # fmt: skip
            return
        self._put(
            "reviews", _NEW,
            {
                "id": self._id(at), "result_id": result_id, "meaning": "reviewed", "by": "anna",
                "printed_name": "Anna Berg", "comment": "", "at": at + timedelta(days=1),
                "rule": False, "corrects": None, "reason": "",
            },
        )  # fmt: skip

    def _alert(
        self, device_id: str, test: str | None, result_id: str, uid: str, at: datetime
    ) -> None:
        alert, end = self._id(at), at + timedelta(days=1)
        over = end < self._now
        values: dict[str, Any] = {
            "id": alert, "key": f"{device_id}/{test}/{alert}", "device_id": device_id,
            "state": AlertState.CLOSED if over else AlertState.OPEN, "severity": "critical",
            "title": f"{test} fails", "message": "above its limit", "test": test or "test",
            "variant": "", "detector": 1, "rule": "", "result_id": result_id,
            "series_instance_uid": uid, "breaches": [], "acquired_at": at, "count": 1,
            "opened_at": at, "last_seen_at": at, "acknowledged_at": end if over else None,
            "acknowledged_by": "anna" if over else "", "comment": "", "closed_at": end if over else None,
        }  # fmt: skip
        self._put("alerts", _NEW, values)
        for kind, moment in (("opened", at), ("acknowledged", end), ("resolved", end)):
            event = {
                "id": self._id(at), "alert_id": alert, "kind": kind, "at": moment,
                "severity": "critical", "by": "", "reason": "", "message": "",
                "result_id": result_id, "handled_at": moment,
            }  # fmt: skip
            if over or kind == "opened":
                self._put("alert_events", _NEW, event)

    def _put(self, name: str, row: Mapping[str, Any], given: Mapping[str, Any]) -> None:
        """Add a row as the driver takes it: of the template, but for what is given and there."""
        key = (name, id(row), "title" in given)
        plan = self._plans.get(key)
        if plan is None:
            columns = tuple(self._known[name].c.keys())
            self._waiting.setdefault(name, [])
            plan = self._plans[key] = (
                [row.get(f"driver {c}") for c in columns],
                [
                    (place, c, self._writers[name][c])
                    for place, c in enumerate(columns)
                    if c in given and (c not in row or row[c] is not None)
                ],
            )
        cells = list(plan[0])
        for place, column, write in plan[1]:
            cells[place] = write(given[column])
        self._waiting[name].append(tuple(cells))

    def _id(self, at: datetime) -> str:
        """Return an id like those of the service, of a moment that is past."""
        time = f"{int(at.timestamp() * 1000):012x}"
        rest = f"{self._chance.getrandbits(76):019x}"
        return f"{time[:8]}-{time[8:]}-7{rest[:3]}-8{rest[3:6]}-{rest[6:18]}"

    def flush(self) -> None:
        """Write what waits."""
        for table in self._known.values():
            rows = self._waiting.get(table.name)
            if rows:
                _write(self._driver, table, rows)
                rows.clear()
        self._driver.commit()

    def close(self) -> None:
        """Write what waits, and let go of the database."""
        self.flush()
        self._driver.close()

    def _read(self) -> list[tuple[dict[str, Any], list[dict[str, Any]]]]:
        found = []
        with self._database.snapshot() as tx:

            def rows(table: sa.Table, column: str, value: str) -> list[dict[str, Any]]:
                query = sa.select(table).where(table.c[column] == value)
                listed = [dict(row._mapping) for row in tx.connection.execute(query)]
                for row in listed:
                    row |= {name: row[name][:1] for name in ("steps", "assignments") if name in row}
                writers = self._writers[table.name]
                return [
                    row | {f"driver {c}": writers[c](v) for c, v in row.items()} for row in listed
                ]

            for uid in tx.connection.execute(
                sa.select(receiving.series.c.series_instance_uid)
            ).scalars().all():  # fmt: skip
                log = tx.connection.execute(sa.select(associations.associations.c.id)).scalars()
                series = {
                    table.name: rows(table, "series_instance_uid", uid)
                    for table in OF_SERIES
                    if table is not associations.associations
                }
                series["associations"] = rows(
                    associations.associations, "id", next(iter(log.all()))
                )
                parts = []
                joined = sa.select(results.members.c.test_set_id).where(
                    results.members.c.series_instance_uid == uid
                )
                for set_id in tx.connection.execute(joined).scalars().all():
                    query = sa.select(results.results.c.id).where(
                        results.results.c.test_set_id == set_id
                    )
                    result_id = tx.connection.execute(query).scalar_one()
                    part = {
                        "test_sets": rows(results.test_sets, "id", set_id),
                        "test_set_members": rows(results.members, "test_set_id", set_id),
                        "results": rows(results.results, "id", result_id),
                    }
                    for table in OF_RESULT[3:8]:
                        part[table.name] = rows(table, "result_id", result_id)
                    for jobs in self._jobs:
                        part[jobs.name] = rows(jobs, "workflow_uuid", f"analyze:{set_id}:1")
                    parts.append(_shortened(part))
                found.append((series, parts))
        return found

    def _job_tables(self) -> tuple[sa.Table, ...]:
        schema = "dbos" if self._database.dialect == "postgresql" else None
        metadata = sa.MetaData(schema=schema)
        return tuple(sa.Table(name, metadata, autoload_with=self._database.engine) for name in JOBS)


def _shortened(part: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    judged = {(v["metric"], json.dumps(v["scope"])) for v in part["verdicts"]}
    numbers = [
        m for m in part["measurements"] if (m["metric"], json.dumps(m["scope"])) in judged
    ][:NUMBERS]  # fmt: skip
    left = {(m["metric"], json.dumps(m["scope"])) for m in numbers}
    verdicts = [v for v in part["verdicts"] if (v["metric"], json.dumps(v["scope"])) in left]
    return {
        **part,
        "measurements": numbers,
        "verdicts": verdicts[:NUMBERS],
        "preconditions": part["preconditions"][:1],
        "notes": part["notes"][:1],
    }


def _writer(database: Database, column: sa.Column[Any]) -> Callable[[Any], Any]:
    """Return what turns a value of a column into what the driver takes."""
    dialect = database.engine.dialect
    process = column.type.dialect_impl(dialect).bind_processor(dialect)
    return process if process is not None else _as_it_is


def _as_it_is(value: Any) -> Any:
    return value


def _write(driver: Any, table: sa.Table, rows: Iterable[tuple[Any, ...]]) -> None:
    columns = table.c.keys()
    named = ", ".join(f'"{c}"' for c in columns)
    if type(driver).__module__.startswith("psycopg"):
        where = f'"{table.schema}"."{table.name}"' if table.schema else f'"{table.name}"'
        with driver.cursor() as cursor, cursor.copy(f"COPY {where} ({named}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        return
    marks = ", ".join("?" * len(columns))
    driver.executemany(f'INSERT INTO "{table.name}" ({named}) VALUES ({marks})', rows)

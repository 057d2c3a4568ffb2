"""Roles of their own on PostgreSQL: a worker is killed, then the database goes down under all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from photopeak.model.test_sets import TestSetState
from photopeak.settings import DatabaseSettings
from photopeak.storage import results, test_sets
from photopeak.storage.database import Database, open_database
from support import processes, pushes
from support.ports import eventually
from support.postgres import PostgresServer
from support.programs import dcmtk
from support.pusher import pushing
from support.service import Service, running_service

pytestmark = pytest.mark.postgres

TEST = "intrinsic_uniformity"
DATABASE = "service_apart"
WORKERS = ("work-1", "work-2")


@pytest.fixture(scope="module")
def service(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """Run a listener, a web process and two workers on one database and one data folder."""
    postgres_server.execute(f"CREATE DATABASE {DATABASE}")
    with running_service(
        tmp_path_factory.mktemp("apart") / "a",
        database_url=postgres_server.url(DATABASE),
        devices=pushes.DEVICES,
        settings={
            "inbox": {"quiet_s": 0.2},
            "work": {"stale_after_s": 4.0},
            "database": {"timeout_s": 2.0},
        },
        roles=(("listen",), ("web",)),
    ) as running:
        for name in WORKERS:
            running.start("work", name=name)
        eventually(lambda: all(map(partial(ready, running), WORKERS)), what=lambda: running.log())
        yield running
    postgres_server.execute(f"DROP DATABASE {DATABASE} WITH (FORCE)")


def ready(service: Service, worker: str) -> bool:
    pid = service.processes[worker].pid
    log = (service.folder / f"{worker}.log").read_text("utf-8")
    begun = re.search(rf"engine started as \S+-{pid}-", log)
    return begun is not None and len(processes.analysis_processes(pid)) == 1


@contextmanager
def rows(postgres_server: PostgresServer) -> Iterator[Database]:
    """Open the database of the service beside it."""
    url = SecretStr(postgres_server.url(DATABASE))
    database = open_database(DatabaseSettings(url=url), Path("unused"))
    try:
        yield database
    finally:
        database.close()


def check_done_once(postgres_server: PostgresServer, uids: list[str]) -> None:
    """Wait until every series is analysed; each has one result, and none was made twice."""
    with rows(postgres_server) as database:

        def at_rest() -> bool:
            with database.snapshot() as tx:
                states = [
                    s.state
                    for uid in uids
                    for s in test_sets.by_series(tx, uid)
                    if s.key.test == TEST
                ]
            return len(states) >= len(uids) and set(states) == {TestSetState.DONE}

        eventually(at_rest, seconds=180.0, what=f"all {len(uids)} series are analysed")
        with database.snapshot() as tx:
            for uid in uids:
                (test_set,) = [s for s in test_sets.by_series(tx, uid) if s.key.test == TEST]
                found = results.versions(tx, test_set.id)
                assert [result.version for result in found] == [1], uid


def test_apart_the_result_is_that_of_the_analysis_without_a_service(
    service: Service, tmp_path: Path
) -> None:
    paths = [pushes.flood_file(tmp_path), pushes.flood_file(tmp_path, 2, bad=True)]
    dcmtk("storescu", "-aec", "PHOTOPEAK", "127.0.0.1", service.dicom_port, *paths, nodelay=True)

    pushes.settled(service, *map(pushes.series_of, paths))
    for path in paths:
        found = pushes.results_of(service, pushes.series_of(path))
        alone = pushes.analyzed_without_a_service(service.folder / "config", path)
        assert {test: pushes.compared(r) for test, r in found.items()} == alone


def test_what_a_killed_worker_had_under_way_is_done_by_the_other(
    service: Service, postgres_server: PostgresServer, tmp_path: Path
) -> None:
    held = hold(service)
    with pushing(lambda: service.dicom_port, tmp_path, limit=12) as pusher:
        victim = eventually(lambda: worker_at_work(service, postgres_server), what="a job runs")
        eventually(lambda: len(pusher.made) == 12, what="all is pushed")
    service.processes[victim].kill()
    service.processes[victim].wait()
    processes.kill(*held.pop(victim))
    (others,) = held.values()
    processes.resume(*others)
    del service.processes[victim]

    assert all(push.ok for push in pusher.made)
    check_done_once(postgres_server, pusher.acknowledged)
    assert "was taken from a worker that is gone" in service.log()
    service.start("work", name=victim)
    eventually(lambda: ready(service, victim), what=lambda: service.log())


def worker_at_work(service: Service, postgres_server: PostgresServer) -> str | None:
    """Return the name of the worker that has claimed a test set."""
    with rows(postgres_server) as database, database.snapshot() as tx:
        running = test_sets.page(tx, states=(TestSetState.RUNNING,), limit=50).items
    for test_set in running:
        for name in WORKERS:
            if f"-{service.processes[name].pid}-" in (test_set.worker_id or ""):
                return name
    return None


def hold(service: Service) -> dict[str, list[int]]:
    """Halt the analysis processes, so that no job ends; returns them by worker."""
    found = {name: processes.analysis_processes(service.processes[name].pid) for name in WORKERS}
    processes.stop(*(pid for pids in found.values() for pid in pids))
    return found


def test_the_service_outlives_a_restart_of_the_database(
    service: Service, postgres_server: PostgresServer, tmp_path: Path
) -> None:
    """A job under way ends while the database is down, and pushes go on all the time."""
    lost = service.log().count("a worker that is gone")
    ours = {name: process.pid for name, process in service.processes.items()}
    with pushing(lambda: service.dicom_port, tmp_path) as pusher:
        eventually(lambda: len(pusher.acknowledged) >= 2, what="pushes are acknowledged")
        held = hold(service)
        eventually(lambda: worker_at_work(service, postgres_server), what="a job runs")
        postgres_server.stop(immediately=True)
        try:
            processes.resume(*(pid for pids in held.values() for pid in pids))
            before = len(pusher.acknowledged)
            eventually(
                lambda: len(pusher.acknowledged) >= before + 3, what="the journal needs no database"
            )
            assert httpx.get(f"{service.url}/healthz", timeout=30.0).status_code == 200
            assert readiness(service) == 503
        finally:
            postgres_server.start()
        good = len(pusher.acknowledged)
        eventually(lambda: len(pusher.acknowledged) >= good + 3, what="pushes go on")

    assert all(push.ok for push in pusher.made)
    check_done_once(postgres_server, pusher.acknowledged)
    eventually(lambda: readiness(service) == 200, what="the service says that it is ready")
    assert {name: process.pid for name, process in service.processes.items()} == ours
    assert service.log().count("a worker that is gone") == lost, "nobody was gone"
    ended = [name for name, process in service.processes.items() if process.poll() is not None]
    assert not ended, service.log()[-6000:]


def readiness(service: Service) -> int:
    return httpx.get(
        f"{service.url}/readyz",
        headers={"Authorization": f"Bearer {service.token}"},
        timeout=10.0,
    ).status_code

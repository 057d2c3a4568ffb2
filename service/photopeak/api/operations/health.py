"""Whether the service lives, whether it is ready, and its numbers for a monitoring system."""

from __future__ import annotations

import shutil
from datetime import timedelta

from fastapi.responses import JSONResponse
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    generate_latest,
)
from starlette.responses import Response

from photopeak.api.context import ApiContext, Check
from photopeak.api.surface import Surface
from photopeak.model.page import Access
from photopeak.model.series import SeriesState
from photopeak.schedule.reading import statuses
from photopeak.storage import channels, outbox, results, series, workers
from photopeak.storage.errors import StorageError


def add(surface: Surface, context: ApiContext) -> None:
    """Add the operations."""
    alive = {"status": "ok", "version": context.version}

    @surface.operation("GET", "/healthz", Access.OPEN, tags=["health"])
    async def healthz() -> JSONResponse:
        """Tell that the process lives; touches neither disk nor database."""
        return JSONResponse(alive)

    @surface.operation("GET", "/readyz", Access.READ, tags=["health"])
    def readyz() -> JSONResponse:
        """Tell whether the service can do its work, part by part; 503 when it cannot."""
        checks = [_database(context), *context.checks()]
        ready = all(check.ok for check in checks)
        document = {
            "status": "pass" if ready else "fail",
            "version": context.version,
            "checks": {
                c.name: {"status": "pass" if c.ok else "fail", "output": c.detail} for c in checks
            },
        }
        return JSONResponse(document, 200 if ready else 503, media_type="application/health+json")

    @surface.operation("GET", "/metrics", Access.READ, tags=["health"])
    def metrics() -> Response:
        """Return the numbers in the text form of Prometheus."""
        return Response(_metrics(context), media_type=CONTENT_TYPE_LATEST)


def _database(context: ApiContext) -> Check:
    try:
        with context.database.snapshot() as tx:
            alive = workers.alive(tx, now=context.clock(), stale_after_s=60.0)
    except StorageError:
        return Check(name="database", ok=False, detail="out of reach")
    return Check(name="database", ok=True, detail=f"{len(alive)} processes at work")


def _metrics(context: ApiContext) -> bytes:
    registry = CollectorRegistry()
    info = Gauge("photopeak_build_info", "Version", ["version"], registry=registry)
    info.labels(version=context.version).set(1)
    by_state = Gauge("photopeak_series", "Series by state", ["state"], registry=registry)
    processes = Gauge("photopeak_processes", "Processes at work", ["role"], registry=registry)
    status = Gauge(
        "photopeak_result_status",
        "1 for the status of the newest result of a device and test",
        ["device", "test", "variant", "status"],
        registry=registry,
    )
    received = Gauge(
        "photopeak_test_last_result_timestamp_seconds",
        "When the newest result of a device and test was finished",
        ["device", "test", "variant"],
        registry=registry,
    )
    arrived = Gauge(
        "photopeak_test_last_received_timestamp_seconds",
        "When the newest usable result of a device and test was measured",
        ["device", "test"],
        registry=registry,
    )
    overdue = Gauge(
        "photopeak_tests_overdue", "Scheduled tests that are missing", registry=registry
    )
    free = Gauge("photopeak_storage_free_bytes", "Free space for what comes in", registry=registry)
    free.set(shutil.disk_usage(context.data).free)
    told = Counter(
        "photopeak_notifications",
        "Attempts to deliver messages that ended",
        ["channel", "result"],
        registry=registry,
    )
    oldest = Gauge(
        "photopeak_outbox_oldest_seconds",
        "For how long the oldest message that may leave has been waiting",
        registry=registry,
    )
    known = {device.id for device in context.devices()}
    now = context.clock()
    with context.database.snapshot() as tx:
        stand = statuses(tx, context.calendar(), context.devices(), now)
        counts = series.count_by_state(tx)
        for state in SeriesState:
            by_state.labels(state=state.value.lower()).set(counts.get(state, 0))
        for worker in workers.alive(
            tx, now=now, stale_after_s=timedelta(minutes=1).total_seconds()
        ):
            processes.labels(role=worker.role).inc()
        # A counter of this moment alone: what was counted before stands in the rows.
        for channel in channels.every(tx):
            told.labels(channel=channel.name, result="sent").inc(channel.sent_count)
            told.labels(channel=channel.name, result="failed").inc(channel.failed_count)
        waiting = outbox.oldest_waiting(tx)
        oldest.set(0.0 if waiting is None else max(0.0, (now - waiting).total_seconds()))
        for result in results.latest_per_test(tx):
            # Labels come from the configuration, never from what was sent.
            if result.device_id not in known:
                continue
            status.labels(
                device=result.device_id,
                test=result.test,
                variant=result.variant,
                status=result.status.value.lower(),
            ).set(1)
            received.labels(device=result.device_id, test=result.test, variant=result.variant).set(
                result.finished_at.timestamp()
            )
    cells = [cell for status_of_device in stand for cell in status_of_device.cells]
    overdue.set(sum(cell.overdue for cell in cells))
    latest: dict[tuple[str, str], float] = {}
    for cell in cells:
        if cell.latest_usable is not None:
            key, at = (cell.device_id, cell.test), cell.latest_usable.at.timestamp()
            latest[key] = max(at, latest.get(key, at))
    for (device_id, test), at in latest.items():
        arrived.labels(device=device_id, test=test).set(at)
    return generate_latest(registry)

"""The trends of a device looked at when a result of it is stored, in the same transaction.

What a result shows is kept with it and raises alerts. The watch never fails a job: what goes wrong
in it is undone, logged and told about, and the result stands.
"""

from __future__ import annotations

import logging
from datetime import datetime

from photopeak.alerts.lifecycle import Subject
from photopeak.model.alerts import Alert, AlertSeverity
from photopeak.model.identity import new_id
from photopeak.model.judgement import Status
from photopeak.model.results import ResultRecord
from photopeak.model.trends import SERVICE, EpochEffect, EventKind, Rules, ServiceEvent
from photopeak.settings import TrendSettings
from photopeak.storage import alerts, events, limits, results, series, trends
from photopeak.storage.database import Transaction
from photopeak.trends import keeping
from photopeak.trends.watch import effect, look, watched

logger = logging.getLogger(__name__)

MOST_POINTS = 120
"""Results that a new one is looked at with: twice the window of a drift, and for charts that forget
as they go no different from all."""


def watch(tx: Transaction, subject: Subject, *, settings: TrendSettings, now: datetime) -> None:
    """Look at the trends of a result that was stored."""
    result = subject.result
    rules = Rules(run_length=settings.run_length, horizon_days=settings.horizon_days)
    key = f"trend watch/{result.device_id}/{result.test}"
    try:
        with tx.part():
            _watch(tx, subject, rules, now)
    except Exception as error:
        # The edge of a station: an analysis is not lost for what is made of it afterwards.
        traceback_id = new_id()
        logger.exception("traceback %s: trends of result %s", traceback_id, result.id)
        alerts.raise_alert(
            tx,
            Alert(
                key=key,
                severity=AlertSeverity.WARNING,
                title="Trends were not looked at",
                message=(
                    f"{result.title or result.test}: the result stands, its trends were not looked "
                    f"at ({type(error).__name__}); see traceback {traceback_id} in the log"
                ),
                device_id=result.device_id,
                result_id=result.id,
            ),
            now=now,
        )
        return
    alerts.close(tx, key, now=now, result_id=result.id)


def _watch(tx: Transaction, subject: Subject, rules: Rules, now: datetime) -> None:
    result = subject.result
    if result.device_id is None:
        return
    _note_software(tx, result, subject.moment, now)
    done = events.of_device(tx, result.device_id)
    for event in done if result.status is Status.PASS else ():
        keeping.returned(tx, event, result, who=SERVICE, now=now)
    baselines = limits.every_accepted(tx, result.device_id, result.test, result.variant)
    measured = watched(result, baselines)
    if not measured:
        return
    points = trends.points(
        tx,
        device_id=result.device_id,
        test=result.test,
        variant=result.variant,
        metrics={m.metric for m in measured},
        limit=MOST_POINTS,
    )
    numbers = [
        look(
            result,
            measurement,
            points.get((measurement.metric, trends.scope_key(measurement.scope)), ()),
            baselines=baselines,
            events=done,
            rules=rules,
        )
        for measurement in measured
    ]
    trends.keep_signals(tx, result.id, [s for number in numbers for s in number.signals])
    known = alerts.open_under(tx, subject.prefix)
    follows = effect(
        result,
        numbers,
        known,
        moment=subject.moment,
        detector=subject.detector,
        group=subject.group,
    )
    for alert in follows.raised:
        alerts.raise_alert(tx, alert, now=now)
    for record, left in follows.narrowed:
        alerts.still_needs(tx, record, left)
    for record in follows.ended:
        alerts.close(tx, record.alert.key, now=now, result_id=result.id)


def _note_software(tx: Transaction, result: ResultRecord, moment: datetime, now: datetime) -> None:
    """Note that the software of a device has changed since the result before of the same test.

    That is an event which proposes a new epoch; whether there is one, a person says.
    """
    here = _software(tx, result)
    if not here or result.device_id is None or result.status is Status.ERROR:
        return
    device, test, variant = result.device_id, result.test, result.variant
    before = results.measured(
        tx, device_id=device, test=test, variant=variant, before=moment, limit=1
    )
    if not before:
        return
    there = _software(tx, results.get(tx, before[0].id))
    text = f"software {there} -> {here}"
    since = before[0].acquired_at or before[0].finished_at
    told = any(
        e.kind is EventKind.SOFTWARE and e.text == text and e.at >= since
        for e in events.of_device(tx, device, withdrawn=True)
    )
    if not there or here == there or told:
        return
    keeping.record(
        tx,
        ServiceEvent(
            id="",
            version=1,
            device_id=device,
            kind=EventKind.SOFTWARE,
            at=moment,
            text=text,
            epoch=EpochEffect.PROPOSED,
            recorded_by=SERVICE,
            recorded_at=now,
        ),
    )


def _software(tx: Transaction, result: ResultRecord) -> str:
    """Return the versions of the software that made the first series of a result; empty if unknown."""
    if not result.provenance.inputs:
        return ""
    uid = result.provenance.inputs[0].series_instance_uid
    return str(series.get(tx, uid).display.get("SoftwareVersions", ""))

"""What programs are told of besides alerts: series that came, results that were made, baselines."""

from __future__ import annotations

from datetime import datetime

from photopeak.alerts.letters import identity
from photopeak.channel_settings import ChannelSections
from photopeak.model.judgement import Baseline, Status
from photopeak.model.messages import Line, LineStatus, Message, MessageKind
from photopeak.model.results import ResultRecord
from photopeak.storage import outbox
from photopeak.storage.database import Transaction

_RECEIVED = "series.received"
_CREATED = "result.created"
_ACCEPTED = "baseline.accepted"
_STATUS = {
    Status.PASS: LineStatus.PASS,
    Status.WARN: LineStatus.WARNING,
    Status.FAIL: LineStatus.ACTION,
    Status.INVALID: LineStatus.NO_RESULT,
    Status.ERROR: LineStatus.NO_RESULT,
    Status.NO_LIMIT: LineStatus.INFO,
    Status.INFO: LineStatus.INFO,
}


def announce(
    tx: Transaction,
    settings: ChannelSections,
    event: str,
    line: Line,
    *,
    key: str,
    title: str,
    now: datetime,
) -> None:
    """Tell the webhooks that want to know of an event, in the transaction that makes it true.

    The same `key` of an event is told once, so a job may run twice.
    """
    for channel in settings.subscribed(event):
        _put(tx, channel, event, line, key=key, title=title, now=now)


def _put(
    tx: Transaction, channel: str, event: str, line: Line, *, key: str, title: str, now: datetime
) -> None:
    outbox.put(
        tx,
        Message(
            id=identity(channel, event, key),
            channel=channel,
            kind=MessageKind.EVENT,
            event=event,
            title=title,
            created_at=now,
            lines=(line,),
            link=line.link,
            result_id=line.result_id,
        ),
    )


def announce_result(
    tx: Transaction, settings: ChannelSections, result: ResultRecord, *, now: datetime
) -> None:
    """Tell of a result that was stored; archives get it when it was made of images."""
    line = Line(
        status=_STATUS[result.status],
        device_id=result.device_id,
        device=result.device_id or "",
        test=result.test,
        title=result.title,
        title_zh=result.title_zh,
        since=result.acquired_at,
        link=f"/results/{result.id}",
        result_id=result.id,
    )
    title = "A result was made"
    announce(tx, settings, _CREATED, line, key=result.id, title=title, now=now)
    for archive in settings.archives_of(result.test) if result.provenance.inputs else ():
        _put(tx, archive, _CREATED, line, key=result.id, title=title, now=now)


def announce_series(
    tx: Transaction,
    settings: ChannelSections,
    uid: str,
    generation: int,
    *,
    device_id: str | None,
    now: datetime,
) -> None:
    """Tell of a series that is complete; once more when further instances came later."""
    line = Line(
        status=LineStatus.INFO,
        device_id=device_id,
        device=device_id or "",
        since=now,
        link=f"/series/{uid}",
    )
    title = "A series is complete"
    key = f"{uid} {generation}"
    announce(tx, settings, _RECEIVED, line, key=key, title=title, now=now)


def announce_baseline(
    tx: Transaction, settings: ChannelSections, baseline: Baseline, *, now: datetime
) -> None:
    """Tell of a baseline that a person put in force."""
    detector = baseline.scope.get("detector")
    line = Line(
        status=LineStatus.INFO,
        device_id=baseline.device_id,
        device=baseline.device_id,
        test=baseline.test,
        detector=detector if isinstance(detector, int) else None,
        rule=baseline.metric,
        since=baseline.epoch_start,
    )
    title = "A baseline was accepted"
    announce(tx, settings, _ACCEPTED, line, key=baseline.id, title=title, now=now)

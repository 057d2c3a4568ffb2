"""The form of a service event: what it shows, and what somebody typed into it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from photopeak.model.trends import EpochEffect, EventKind, ServiceEvent
from photopeak.web.reading_fields import local_text, moment_in

LONGEST_TEXT = 500
LONGEST_REASON = 200
LONGEST_NAME = 100
MOST_HEADS = 8
_AHEAD = timedelta(days=1)
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_BOUNDS = {"temperature_c": (-50.0, 70.0), "humidity_percent": (0.0, 100.0)}
FIELDS = (
    "kind", "at", "text", "detector", "owner", "epoch", "answers_alert", "answers_result",
    "returned_by", "temperature_c", "humidity_percent",
)  # fmt: skip


def shown(event: ServiceEvent, zone: ZoneInfo) -> dict[str, str]:
    """Return what the fields hold for an event."""
    found = {}
    for name in FIELDS:
        value = getattr(event, name)
        if isinstance(value, datetime):
            found[name] = local_text(value, zone)[:16]
        elif isinstance(value, float):
            found[name] = f"{value:g}"
        else:
            found[name] = "" if value is None else str(value)
    return found


def typed(
    form: Mapping[str, str],
    *,
    device_id: str,
    who: str,
    now: datetime,
    zone: ZoneInfo,
    identity: str = "",
    version: int = 1,
) -> tuple[ServiceEvent | None, dict[str, str]]:
    """Return the event that a form describes, or what is wrong with which field, in English."""
    faults: dict[str, str] = {}
    at = moment_in(form.get("at", ""), zone)
    if at is None:
        faults["at"] = "Give a day and a time."
    elif not _EARLIEST <= at <= now + _AHEAD:
        faults["at"] = "This lies in the future, or too far back."
    text = form.get("text", "").strip()
    if not text:
        faults["text"] = "Say what was done."
    elif len(text) > LONGEST_TEXT:
        faults["text"] = "This is too long."
    if len(form.get("owner", "")) > LONGEST_NAME:
        faults["owner"] = "This is too long."
    kind = form.get("kind", "")
    if kind not in {each.value for each in EventKind}:
        faults["kind"] = "Choose one."
    epoch = form.get("epoch", "")
    if epoch not in {each.value for each in EpochEffect}:
        faults["epoch"] = "Choose one."
    room = {name: _room(form, name, faults) for name in _BOUNDS}
    detector = form.get("detector", "").strip()
    if detector and not (
        detector.isascii() and detector.isdigit() and 1 <= int(detector) <= MOST_HEADS
    ):
        faults["detector"] = "Give the number of a detector, or nothing for the whole device."
    if faults or at is None:
        return None, faults
    return ServiceEvent(
        id=identity,
        version=version,
        device_id=device_id,
        detector=int(detector) if detector else None,
        kind=EventKind(kind),
        at=at.astimezone(UTC),
        text=text,
        epoch=EpochEffect(epoch),
        owner=form.get("owner", "").strip(),
        answers_alert=form.get("answers_alert") or None,
        answers_result=form.get("answers_result") or None,
        returned_by=form.get("returned_by") or None,
        **room,
        withdrawn=form.get("withdrawn") == "1",
        reason=form.get("reason", "").strip(),
        recorded_by=who,
        recorded_at=now,
    ), {}


def _room(form: Mapping[str, str], name: str, faults: dict[str, str]) -> float | None:
    text = form.get(name, "").strip().replace(",", ".")
    if not text:
        return None
    low, high = _BOUNDS[name]
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        faults[name] = "This is no number that can be."
        return None
    return value

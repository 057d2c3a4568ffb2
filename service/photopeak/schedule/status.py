"""How a test of a device stands now, and one word for the device. Pure; the only place that decides.

A test is judged in its *present period*: from the start of the window of its last occurrence that
counts (:attr:`~photopeak.model.schedule.Occurrence.counts_at`) until the next one counts. What is
decided in each corner:

===============================================  ===================================================
what happened                                    state of the test
===============================================  ===================================================
yesterday's result, today's window not open      yesterday's verdict: it stands until today counts
window of today open, nothing yet                due; after its end overdue
window opens days before the due day             due, while the earlier verdict stands for readiness
                                                 until the due day begins
missed, and the next window opens days early     overdue stays until the next due day or a result
result early in the window                       counts; the next due day does not move
result before the window                         does not count for it
failed after a pass                              action
passed after a failure                           pass: a repeat of the same test, text and heads
unusable (INVALID, ERROR) after a pass           no result: the last word is that nobody knows
unusable after a failure                         action: only a passing repeat takes it away
unusable alone                                   no result, and missing: overdue after the end
failure of an earlier period, nothing since      action: it does not fade with the day
warning or unusable earlier, nothing since       due, overdue
heads or windows as separate results             the worst of the newest of each; a pass of one head
                                                 takes nothing back from another
one head of several failed, repeated alone       as the repeat, for the other head passed before
some heads of the device still missing           due or overdue beside what is there, never complete
partial result                                   does not count, unless it failed: action
no limit, or informative limits only             warning: received, but nobody judged it
measured at an unknown time                      at its arrival, at best warning
measured after it arrived (a wrong clock)        at its arrival, at best warning
re-analysed                                      the current version, at the time of measurement
several texts (variants)                         the worst of them, unless the rule names one
test without a rule                              its verdict, outside of every period
===============================================  ===================================================

A device is

- on *hold* under service, and while a test stands at action: a scheduled one, acknowledged or not, or
  one without a rule of which nobody took notice;
- to *check* while a scheduled test has no result, an optional one is overdue, or a required one stands
  at a warning that nobody accepted;
- *QC not received* while a required test of the present period is missing, wholly or in part;
- *not scheduled* without required tests, while it is not in use, and before the first period counts;
- *ready* otherwise: every required test that counts is a pass or an accepted warning.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import takewhile

from photopeak.model.devices import Device
from photopeak.model.judgement import Status
from photopeak.model.schedule import (
    WORST_FIRST,
    Attempt,
    CellState,
    NotInUse,
    Occurrence,
    Overlay,
    Readiness,
    Span,
    Task,
)
from photopeak.schedule.occurrences import Calendar, Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What is true of a device besides its results.

    `since` maps test and text (as in the rule) to the moment from which it is scheduled; what was
    due before is not missing. A task that is not in it is scheduled from now on.
    """

    not_in_use: tuple[NotInUse, ...] = ()
    service: tuple[Span, ...] = ()
    since: Mapping[tuple[str, str], datetime]


class Why(StrEnum):
    """Why a received result is a warning though its verdict is none."""

    NOT_JUDGED = "not-judged"
    TIME_UNKNOWN = "time-unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """How one test of one device stands.

    Attributes
    ----------
    state
        What is shown.
    standing
        What readiness counts: as `state`, without a window that opens before its due day.
    overdue
        True when the present occurrence is missing after its end, whatever `state` shows.
    complete
        True when nothing is missing in the present period.
    occurrence
        The occurrence that is to be done, or was done last; None without a rule.
    following
        The one after it.
    attempt
        The result that the state is told from.
    latest_usable
        The newest usable result of any time.
    missing_detectors
        Heads of which the present period has nothing.
    """

    device_id: str
    test: str
    variant: str
    scheduled: bool
    required: bool
    state: CellState
    standing: CellState
    overlays: frozenset[Overlay] = frozenset()
    overdue: bool = False
    complete: bool = True
    why: Why | None = None
    occurrence: Occurrence | None = None
    following: Occurrence | None = None
    attempt: Attempt | None = None
    latest_usable: Attempt | None = None
    missing_detectors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceStatus:
    """One word for a device, and the tests that it is told from, scheduled ones first."""

    device_id: str
    readiness: Readiness
    overlays: frozenset[Overlay]
    cells: tuple[Cell, ...]
    not_in_use: NotInUse | None = None

    @property
    def worst(self) -> Cell | None:
        """The test that decides, or None without any."""
        return min(self.cells, key=lambda c: WORST_FIRST.index(c.state), default=None)


def device_status(
    calendar: Calendar,
    device: Device,
    attempts: Mapping[str, Sequence[Attempt]],
    conditions: Conditions,
    now: datetime,
) -> DeviceStatus:
    """Return how a device stands.

    Parameters
    ----------
    calendar
        The schedule of the site.
    attempts
        By test, its current results, the last measured first, as `standings` keeps them.
    """
    tasks = calendar.tasks(device)
    cells = [cell(calendar, device, t, attempts.get(t.test, ()), conditions, now) for t in tasks]
    for test in sorted(attempts):
        texts = {task.variant for task in tasks if task.test == test}
        rest = [a for a in attempts[test] if "" not in texts and a.variant not in texts]
        if rest:
            cells.append(_unscheduled(device, test, rest, conditions, now))
    today = calendar.schedule.today(now)
    pause = next((p for p in conditions.not_in_use if p.covers(today)), None)
    served = any(span.covers(now) for span in conditions.service)
    overlays = {o for o, true in _device_overlays(pause, served=served) if true}
    return DeviceStatus(
        device_id=device.id,
        readiness=_readiness(cells, paused=pause is not None, served=served),
        overlays=frozenset(overlays),
        cells=tuple(cells),
        not_in_use=pause,
    )


def cell(
    calendar: Calendar,
    device: Device,
    task: Task,
    attempts: Sequence[Attempt],
    conditions: Conditions,
    now: datetime,
) -> Cell:
    """Return how a scheduled test of a device stands; see the table of this module."""
    if task.variant:
        attempts = [a for a in attempts if a.variant == task.variant]
    turn = calendar.turn(task.rule, now, since=device.in_use_since)
    present, following = turn.present, turn.following
    opened = _opened(turn, now)
    begin = present.start if present else opened.start if opened else now
    within = list(takewhile(lambda a: a.at >= begin, attempts))
    standing = _standing(attempts, begin)
    heads = missing_heads(device, attempts, within)
    absent = present is not None and (not any(a.usable for a in within) or bool(heads))
    excused = present is not None and _excused(calendar, present, task, conditions, now)
    served = any(span.covers(now) for span in conditions.service)
    overdue = (
        absent
        and not excused
        and not served
        and present is not None
        and now >= _end(present, conditions.service)
    )
    states = [_state(a) for a in standing]
    if absent and not excused:
        states.append(CellState.OVERDUE if overdue else CellState.DUE)
    counts = _worst(states)
    upcoming = (
        opened is not None
        and not overdue
        and not _paused(calendar, conditions, now)
        and not any(a.usable and a.at >= opened.start for a in within)
    )
    if upcoming:
        states.append(CellState.DUE)
    state = _worst(states)
    attempt = _telling(standing, attempts)
    return Cell(
        device_id=device.id,
        test=task.test,
        variant=task.variant,
        scheduled=True,
        required=task.rule.required,
        state=state,
        standing=counts,
        overlays=_overlays(
            standing, excused=excused or _paused(calendar, conditions, now), served=served
        ),
        overdue=overdue,
        complete=not absent or (excused and not heads),
        why=_why(standing) if state is CellState.WARNING else None,
        occurrence=opened if upcoming or present is None else present,
        following=following,
        attempt=attempt,
        latest_usable=next((a for a in attempts if a.usable), None),
        missing_detectors=heads,
    )


def _unscheduled(
    device: Device,
    test: str,
    attempts: Sequence[Attempt],
    conditions: Conditions,
    now: datetime,
) -> Cell:
    """Return how a test without a rule stands: by its last results of each head."""
    standing = _standing(attempts, attempts[0].at)
    state = _worst([_state(a) for a in standing])
    served = any(span.covers(now) for span in conditions.service)
    return Cell(
        device_id=device.id,
        test=test,
        variant="",
        scheduled=False,
        required=False,
        state=state,
        standing=state,
        overlays=_overlays(standing, excused=False, served=served),
        why=_why(standing) if state is CellState.WARNING else None,
        attempt=_telling(standing, attempts),
        latest_usable=next((a for a in attempts if a.usable), None),
    )


def _opened(turn: Turn, now: datetime) -> Occurrence | None:
    """Return the following occurrence when its window is open."""
    following = turn.following
    return following if following is not None and following.start <= now else None


def _standing(attempts: Sequence[Attempt], begin: datetime) -> list[Attempt]:
    """Return the results that nothing newer replaces: all since `begin`, failures of any time.

    `attempts` come the newest first.
    """
    kept: list[Attempt] = []
    newer: list[Attempt] = []
    failures = [n for n, attempt in enumerate(attempts) if attempt.status is Status.FAIL]
    last_failure = failures[-1] if failures else -1
    for number, attempt in enumerate(attempts):
        if attempt.at < begin and number > last_failure:
            break
        if (attempt.at >= begin or attempt.status is Status.FAIL) and not _replaced(attempt, newer):
            kept.append(attempt)
        if attempt.usable:
            newer.append(attempt)
    return kept


def _replaced(attempt: Attempt, newer: Iterable[Attempt]) -> bool:
    """Tell whether newer usable results speak of all that a result speaks of.

    A result that names no head or window speaks of all, and may be replaced by any.
    """
    wanted = set(attempt.failed or attempt.detectors)
    heads: set[str] = set()
    for other in newer:
        if attempt.variant and other.variant != attempt.variant:
            continue
        if attempt.windows and other.windows and not set(attempt.windows) <= set(other.windows):
            continue
        if not other.detectors or not wanted:
            return True
        heads.update(other.detectors)
    return bool(wanted) and wanted <= heads


def _state(attempt: Attempt) -> CellState:
    if attempt.status is Status.FAIL:
        return CellState.ACTION
    if attempt.status in (Status.INVALID, Status.ERROR):
        return CellState.NO_RESULT
    if attempt.partial:
        return CellState.NOT_SCHEDULED  # it says nothing; what is missing is told by its absence
    if attempt.status is Status.PASS and attempt.dated:
        return CellState.PASS
    return CellState.WARNING


def _worst(states: Iterable[CellState]) -> CellState:
    return min(states, key=WORST_FIRST.index, default=CellState.NOT_SCHEDULED)


def _why(standing: Iterable[Attempt]) -> Why | None:
    """Return why results without a warning of their own are one; None where one has it."""
    warned = [a for a in standing if _state(a) is CellState.WARNING]
    if any(a.status is Status.WARN for a in warned):
        return None
    if any(a.status is not Status.PASS for a in warned):
        return Why.NOT_JUDGED
    return Why.TIME_UNKNOWN


def _telling(standing: Sequence[Attempt], attempts: Sequence[Attempt]) -> Attempt | None:
    """Return the result that tells most: the worst that stands, the newest of these."""
    if standing:
        return min(standing, key=lambda a: WORST_FIRST.index(_state(a)))
    return attempts[0] if attempts else None


def missing_heads(
    device: Device, attempts: Iterable[Attempt], within: Iterable[Attempt]
) -> tuple[str, ...]:
    """Return the heads that other results of this test tell of, and none of the present period.

    A test that does not tell its heads apart is never incomplete.
    """
    seen = {head for a in within if a.usable for head in a.detectors}
    if not seen or any(a.usable and not a.detectors for a in within):
        return ()
    known = {head for a in attempts for head in a.detectors}
    if device.detectors is not None:
        known = {str(number) for number in range(1, device.detectors + 1)}
    return tuple(sorted(known - seen))


def _paused(calendar: Calendar, conditions: Conditions, now: datetime) -> bool:
    today = calendar.schedule.today(now)
    return any(pause.covers(today) for pause in conditions.not_in_use)


def _excused(
    calendar: Calendar, present: Occurrence, task: Task, conditions: Conditions, now: datetime
) -> bool:
    """Tell whether nothing need be there.

    It is not in use today, or was not all through the time that was left, or was due before the
    test was scheduled.
    """
    since = conditions.since.get((task.test, task.variant), now)
    if present.due < since or _paused(calendar, conditions, now):
        return True
    return excused_throughout(calendar, present, conditions.not_in_use)


def excused_throughout(
    calendar: Calendar, occurrence: Occurrence, pauses: Sequence[NotInUse]
) -> bool:
    """Tell whether a device is not in use from the due day of an occurrence until it is missing."""
    last = occurrence.end.astimezone(calendar.schedule.zone).date()
    length = max(0, (last - occurrence.day).days)
    days = (occurrence.day + timedelta(days=n) for n in range(length + 1))
    return all(any(pause.covers(day) for pause in pauses) for day in days)


def _end(present: Occurrence, service: Iterable[Span]) -> datetime:
    """Return when the occurrence is missing: after a service that its end fell into, its grace again."""
    grace = present.end - present.due
    ends = [
        span.end + grace
        for span in service
        if span.end is not None and span.start <= present.end < span.end
    ]
    return max([present.end, *ends])


def _overlays(standing: Iterable[Attempt], *, excused: bool, served: bool) -> frozenset[Overlay]:
    found = {o for o, true in ((Overlay.EXCUSED, excused), (Overlay.UNDER_SERVICE, served)) if true}
    open_ones = [a for a in standing if _state(a) not in (CellState.PASS, CellState.NOT_SCHEDULED)]
    if open_ones and all(a.acknowledged for a in open_ones):
        found.add(Overlay.ACKNOWLEDGED)
    return frozenset(found)


def _device_overlays(pause: NotInUse | None, *, served: bool) -> tuple[tuple[Overlay, bool], ...]:
    return ((Overlay.EXCUSED, pause is not None), (Overlay.UNDER_SERVICE, served))


def _readiness(cells: Sequence[Cell], *, paused: bool, served: bool) -> Readiness:
    """Return the word of a device; see the list of this module."""
    scheduled = [c for c in cells if c.scheduled]
    if served or any(_holds(c) for c in cells):
        return Readiness.HOLD
    if paused:
        return Readiness.NOT_SCHEDULED
    if any(_to_check(c) for c in scheduled):
        return Readiness.CHECK
    required = [c for c in scheduled if c.required]
    if any(not c.complete for c in required):
        return Readiness.NOT_RECEIVED
    # What was not due yet, or is excused, keeps nobody waiting; but something has to have passed.
    counted = [c for c in required if c.standing is not CellState.NOT_SCHEDULED]
    return Readiness.READY if counted else Readiness.NOT_SCHEDULED


def _holds(found: Cell) -> bool:
    accepted = Overlay.ACKNOWLEDGED in found.overlays
    return found.standing is CellState.ACTION and (found.scheduled or not accepted)


def _to_check(found: Cell) -> bool:
    accepted = Overlay.ACKNOWLEDGED in found.overlays
    if found.standing is CellState.NO_RESULT:
        return True
    if not found.required:
        return found.overdue
    return found.standing is CellState.WARNING and not accepted

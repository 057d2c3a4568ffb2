"""Clocks: by how much those of the camera, of the activity meter and of the server differ.

Two sources, together or alone. Clocks that a person read give the offset of each pair, first minus
second; read at different moments, each carries its moment. What a server received tells less: from
the end of an acquisition by the clock of the camera to its reception by that of the server passes the
time of the transfer, which is never negative. So a reception before the end shows that the camera is
ahead by at least that much, and the smallest delay of many is how far it may be behind.

An offset between two clocks changes an activity by ``ln 2 dt / T``. NEMA NU 1-2007 (GB/T 18989-2013
E.11.3) wants one timer for all times, or times to 1 % of the half-life. The uncertainty of an offset is
that of reading two clocks.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations

from photopeak_analyzers.acquisition import AcquisitionKind, FrameStack
from photopeak_analyzers.conditions import bounded
from photopeak_analyzers.contract import (
    Analysis,
    Analyzer,
    Inputs,
    Measurement,
    Note,
    Parameters,
    Precondition,
    PreconditionCode,
    Reading,
    ReadingKind,
    Role,
    Scope,
    Severity,
    Variant,
    parameter,
)
from photopeak_analyzers.errors import MissingReadingError, ParameterError
from photopeak_analyzers.figures import TableFigure
from photopeak_analyzers.frame_conditions import duration_is_known, holds_counts, start_is_known
from photopeak_analyzers.gamma_camera.acquisition_end import ended_at, lasted_s
from photopeak_analyzers.given import every
from photopeak_analyzers.nuclides import half_life
from photopeak_analyzers.numerics.decay import LN2
from photopeak_analyzers.shorthand import measurements, metrics
from photopeak_analyzers.uncertainty import rectangular

CLAUSE = "practice: general quality control, time references; GB/T 18989-2013 E.11.3"

CLOCKS = ("camera", "meter", "server")
"""Clocks that can be read, in the order in which they are subtracted."""

ZONE_STEP_S, ZONE_SLACK_S = 1800.0, 120.0
"""Time zones differ by half hours; within two minutes of them an offset looks like one."""

RECEIVED = "received_at"
"""Under this name the service tells when it had the first object of an acquisition."""

IMAGE = Role(
    name="image",
    kinds=frozenset(
        {
            AcquisitionKind.PLANAR,
            AcquisitionKind.DYNAMIC,
            AcquisitionKind.WHOLE_BODY,
            AcquisitionKind.TOMOGRAPHIC,
        }
    ),
    minimum=0,
    label="Image",
    hint="Any image, sent as soon as it was acquired.",
)


def _clock(name: str, label: str) -> Reading:
    return Reading(
        name=f"clock_{name}",
        label=label,
        unit="s",
        kind=ReadingKind.TIME,
        required=False,
        hint="Date, time and zone as the clock shows them (2026-03-02T08:00:00+01:00), all read at"
        " the same moment.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockParameters(Parameters):
    """How well clocks were read, and for what their offset matters."""

    read_within_s: float = parameter(
        2.0,
        doc="Half of the interval in which a clock was read: to the second, one after another.",
        unit="s",
        minimum=0.0,
        maximum=120.0,
    )
    nuclides: tuple[str, ...] = parameter(
        ("F-18", "Tc-99m"), doc="Nuclides for which the effect on an activity is given."
    )

    def __post_init__(self) -> None:
        Parameters.__post_init__(self)
        for name in self.nuclides:
            half_life(name, "local")


def offsets_s(shown: Mapping[str, tuple[datetime, datetime | None]]) -> dict[str, float]:
    """Return the offset of each pair of clocks, first minus second.

    Parameters
    ----------
    shown
        What each clock showed, and the moment of that; where one has no moment, all are taken to
        have been read at the same one.

    Examples
    --------
    >>> from datetime import UTC, timedelta
    >>> eight = datetime(2026, 3, 2, 8, tzinfo=UTC)
    >>> later = eight + timedelta(seconds=40)
    >>> offsets_s({"camera": (later, None), "meter": (eight, None)})
    {'camera-meter': 40.0}
    """
    timed = all(moment is not None for _, moment in shown.values())
    found = {}
    for first, second in combinations([name for name in CLOCKS if name in shown], 2):
        (one, one_at), (other, other_at) = shown[first], shown[second]
        apart = one - other
        if timed and one_at is not None and other_at is not None:
            apart -= one_at - other_at
        found[f"{first}-{second}"] = apart.total_seconds()
    return found


def measure(inputs: Inputs, parameters: ClockParameters) -> Analysis:
    """Compare the clocks."""
    images = every(inputs, IMAGE, FrameStack)
    shown = _shown(inputs)
    image = images[0] if images else None
    delay = None if image is None else _delay_s(image)
    if delay is None and len(shown) < 2:
        raise MissingReadingError(
            f"{len(shown)} clocks were read and no reception is known, needs 2 clocks or a"
            " reception",
            quantity="clocks read",
            value=len(shown),
            bound=2,
        )
    offsets = offsets_s(shown)
    u = math.sqrt(2.0) * rectangular(parameters.read_within_s)
    names = list(dict.fromkeys((*parameters.nuclides, *_nuclide_of(image))))
    found: list[Measurement] = []
    conditions: list[Precondition] = []
    if image is not None:
        scope = Scope.of(clocks="reception")
        found += measurements(scope, [("receive_delay_s", delay, None)])
        conditions += [
            holds_counts(float(image.counts.max()), scope=scope, clause=CLAUSE),
            start_is_known(image, severity=Severity.SOFT, clause=CLAUSE),
            duration_is_known(lasted_s(image), severity=Severity.SOFT, scope=scope, clause=CLAUSE),
            *_against_reception(offsets, delay, u),
        ]
    for pair, offset in offsets.items():
        scope = Scope.of(clocks=pair)
        found += measurements(scope, [("clock_offset_s", offset, u)])
        for name in names:
            per_s = 100.0 * LN2 / half_life(name, "local").seconds
            found += measurements(
                Scope.of(clocks=pair, nuclide=name),
                [
                    ("activity_effect_pct", per_s * offset, per_s * u),
                    ("offset_half_life_pct", per_s * abs(offset) / LN2, per_s * u / LN2),
                ],
            )
    return Analysis(
        measurements=tuple(found),
        preconditions=tuple(conditions),
        figures=(_table(shown, offsets, delay),),
        notes=tuple(_zone_notes(offsets)),
    )


def _shown(inputs: Inputs) -> dict[str, tuple[datetime, datetime | None]]:
    shown = {}
    for name in CLOCKS:
        reading = inputs.readings.get(f"clock_{name}")
        if reading is not None:
            shown[name] = (_moment(f"clock_{name}", reading.value), reading.at)
    return shown


def _moment(name: str, value: object) -> datetime:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ParameterError(
            f"{name} is {str(value)[:40]!r}, needs a date with time and zone",
            quantity=name,
            value=str(value)[:40],
        )
    return moment


def _nuclide_of(image: FrameStack | None) -> list[str]:
    """Return the nuclide of the image, if the table has its half-life."""
    if image is None or image.nuclide is None:
        return []
    try:
        half_life(image.nuclide, "local")
    except ParameterError:
        return []
    return [image.nuclide]


def _delay_s(image: FrameStack) -> float | None:
    ended, text = ended_at(image), image.origin.text.get(RECEIVED)
    if ended is None or text is None:
        return None
    return (_moment(RECEIVED, text) - ended).total_seconds()


def _against_reception(
    offsets: Mapping[str, float], delay: float | None, u: float
) -> list[Precondition]:
    """Check that the clocks as read are possible after what the reception shows."""
    offset = offsets.get("camera-server")
    if offset is None or delay is None:
        return []
    return [
        bounded(
            PreconditionCode.TIME,
            "offset of the camera from the server, against the least that the reception allows",
            offset,
            lower=-delay - 3.0 * u - 1.0,
            unit="s",
            severity=Severity.SOFT,
            scope=Scope.of(clocks="camera-server"),
            clause=CLAUSE,
        )
    ]


def _zone_notes(offsets: Mapping[str, float]) -> list[Note]:
    found = []
    for pair, offset in offsets.items():
        steps = round(offset / ZONE_STEP_S)
        left = offset - steps * ZONE_STEP_S
        if steps and abs(left) <= ZONE_SLACK_S:
            found.append(
                Note(
                    code="LOOKS_LIKE_A_ZONE",
                    message=f"{pair} is {steps / 2:g} h and {left:.0f} s: a time zone or summer time"
                    " rather than a clock",
                    scope=Scope.of(clocks=pair),
                    values={"hours": steps / 2.0, "left_s": left},
                )
            )
    return found


def _table(
    shown: Mapping[str, tuple[datetime, datetime | None]],
    offsets: Mapping[str, float],
    delay: float | None,
) -> TableFigure:
    rows: list[tuple[float | int | str | None, ...]] = [
        (f"clock of the {name}", moment.isoformat(), None) for name, (moment, _) in shown.items()
    ]
    rows += [(pair, None, offset) for pair, offset in offsets.items()]
    if delay is not None:
        rows.append(("reception after the end of the acquisition", None, delay))
    return TableFigure(
        name="clocks",
        title="Clocks and their offsets",
        columns=("what", "shown", "difference (s)"),
        rows=tuple(rows),
    )


ANALYZER = Analyzer(
    id="clock_check",
    title="Clocks",
    title_zh="时钟检查",
    version="1",
    variants=(Variant(name="local", title="Offsets of the clocks", clause=CLAUSE),),
    roles=(IMAGE,),
    readings=(
        _clock("camera", "Clock of the camera"),
        _clock("meter", "Clock of the activity meter"),
        _clock("server", "Clock of the server, or a reference clock"),
    ),
    metrics=metrics(
        CLAUSE,
        ("clock_offset_s", "s", "dt", "Offset of the first clock from the second", "时钟偏差", 1),
        ("receive_delay_s", "s", "t_rec", "Reception after the end of the acquisition", "采集结束到接收的时间", 1),
        ("activity_effect_pct", "%", "dA/A", "Effect of the offset on an activity", "时钟偏差对活度的影响", 2),
        ("offset_half_life_pct", "%", "dt/T", "Offset relative to the half-life", "时钟偏差与半衰期之比", 2),
    ),
    parameters=ClockParameters,
    measure=measure,
    figures=("clocks",),
)  # fmt: skip
"""The test, as registered."""

"""Activity and volume of a filled phantom: what tests of quantity ask of a person, and what follows.

``c = A / V`` with the activity A that was dispensed, decayed to the moment an image refers to, and the
volume V that it was mixed in. Activity, clock, half-life, meter and volume are independent relative
components of the uncertainty.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from photopeak_analyzers.acquisition import Acquisition, EnergyWindow
from photopeak_analyzers.activity import ACTIVITY, RESIDUE, Source, dispensed
from photopeak_analyzers.common_parameters import (
    clock_uncertainty,
    meter_uncertainty,
    refuse_without_photopeak,
)
from photopeak_analyzers.conditions import bounded, graded
from photopeak_analyzers.contract import (
    Inputs,
    Parameters,
    Precondition,
    PreconditionCode,
    Reading,
    Scope,
    Severity,
    parameter,
)
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.nuclides import imaged_lines_kev
from photopeak_analyzers.numerics.decay import LN2
from photopeak_analyzers.source_conditions import OTHER_PEAK_PERCENT, offset_percent
from photopeak_analyzers.uncertainty import Budget, Component

VOLUME = "volume"
"""Name of the reading of a volume."""

LARGEST_VOLUME_ML = 50_000.0

MOST_HALF_LIVES, IMPOSSIBLE_HALF_LIVES = 2.0, 10.0
"""Half-lives between activity meter and camera: more are unwise, or the wrong day."""

METER_PERCENT = 5.0
"""Expanded uncertainty (k = 2) of the activity. IEC 60789 / GB/T 18989-2013 annex A."""


def volume_reading(
    name: str = VOLUME,
    label: str = "Volume of the phantom",
    hint: str = "Water that the activity was mixed in; weigh it: 1 g is 1 mL.",
    *,
    required: bool = True,
) -> Reading:
    """Return the reading of a volume in mL."""
    return Reading(
        name=name,
        label=label,
        unit="mL",
        minimum=0.1,
        maximum=LARGEST_VOLUME_ML,
        required=required,
        hint=hint,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledParameters(Parameters):
    """What tests of a filled phantom have in common: nuclide and what its activity is known to."""

    nuclide: str | None = parameter(
        None, doc="Nuclide of the phantom, where the header does not name it."
    )
    clock_s: float = clock_uncertainty()
    activity_meter_percent: float | None = meter_uncertainty()
    volume_percent: float = parameter(
        0.5,
        doc="Relative standard uncertainty (k = 1) of a volume, where its reading has none.",
        unit="%",
        minimum=0.0,
        maximum=50.0,
    )

    def __post_init__(self) -> None:
        Parameters.__post_init__(self)
        refuse_without_photopeak(self.nuclide)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """An activity in a volume.

    Attributes
    ----------
    source
        Net activity; its uncertainty is that of the readings alone, without the clock.
    volume_percent, meter_percent
        Relative standard uncertainties; `meter_percent` None when only the readings tell.
    """

    source: Source
    volume_ml: float
    volume_percent: float
    meter_percent: float | None
    clock_s: float

    @property
    def measured(self) -> bool:
        """Whether the uncertainty of the activity is known."""
        return self.source.measured or self.meter_percent is not None

    @property
    def activity_percent(self) -> float | None:
        """Relative standard uncertainty of the activity, readings and meter together."""
        if not self.measured:
            return None
        return math.hypot(100.0 * self._readings(), self.meter_percent or 0.0)

    def mbq(self, started_at: datetime, duration_s: float = 0.0) -> float:
        """Return the mean activity in MBq during an acquisition, or that at a moment."""
        return self.source.mean_activity(started_at, duration_s).value

    def mbq_per_ml(self, started_at: datetime, duration_s: float = 0.0) -> float:
        """Return the mean concentration during an acquisition, or that at a moment."""
        return self.mbq(started_at, duration_s) / self.volume_ml

    def components(
        self, started_at: datetime, duration_s: float = 0.0, *, volume: bool = True
    ) -> tuple[Component, ...]:
        """Return the relative components of the concentration; of the activity without `volume`."""
        life = self.source.half_life
        middle = started_at + timedelta(seconds=duration_s / 2.0)
        decays = LN2 * abs((middle - self.source.at).total_seconds()) / life.seconds
        found = (
            Component(name="readings of the activity", standard=self._readings()),
            Component(name="activity meter", standard=(self.meter_percent or 0.0) / 100.0),
            Component(name="clocks", standard=LN2 * self.clock_s / life.seconds),
            Component(
                name="half-life", standard=decays * (life.uncertainty_s or 0.0) / life.seconds
            ),
        )
        if not volume:
            return found
        return (*found, Component(name="volume", standard=self.volume_percent / 100.0))

    def relative(self, started_at: datetime, duration_s: float = 0.0) -> float | None:
        """Return the relative standard uncertainty of the concentration; None when not known."""
        if not self.measured:
            return None
        return Budget(components=self.components(started_at, duration_s)).standard

    def _readings(self) -> float:
        return self.source.mbq.relative if self.source.measured else 0.0


def filling_of(
    inputs: Inputs,
    nuclide: str,
    parameters: FilledParameters,
    *,
    activity: str = ACTIVITY,
    residue: str = RESIDUE,
    volume: str = VOLUME,
) -> Filling:
    """Return what a phantom was filled with, as the readings tell it."""
    volume_ml = inputs.number(volume)
    stated = inputs.readings[volume].uncertainty
    return Filling(
        source=dispensed(
            inputs,
            nuclide=nuclide,
            profile=inputs.variant,
            activity=activity,
            residue=residue,
            clock_s=0.0,
        ),
        volume_ml=volume_ml,
        volume_percent=parameters.volume_percent if stated is None else 100.0 * stated / volume_ml,
        meter_percent=parameters.activity_meter_percent,
        clock_s=parameters.clock_s,
    )


def nuclide_of(found: str | None, stated: str | None) -> str:
    """Return the nuclide of a header, else as stated.

    Raises
    ------
    UnsuitableAcquisitionError
        If neither names one: without a half-life no activity is known at the time of an image.
    """
    nuclide = found or stated
    if nuclide is None:
        raise UnsuitableAcquisitionError(
            "the header names no nuclide, and the parameter nuclide is not given",
            quantity="nuclide",
        )
    return nuclide


def filling_conditions(
    filling: Filling, started_at: datetime, clause: str, subject: str = ""
) -> tuple[Precondition, ...]:
    """Check how well an activity is known, and how long before the image it was measured."""
    lives = (started_at - filling.source.at).total_seconds() / filling.source.half_life.seconds
    percent = filling.activity_percent
    return (
        graded(
            PreconditionCode.TIME,
            f"half-lives from the measurement of the {subject}activity to the image",
            lives,
            soft=(-MOST_HALF_LIVES, MOST_HALF_LIVES),
            hard=(-IMPOSSIBLE_HALF_LIVES, IMPOSSIBLE_HALF_LIVES),
            unit="1",
            scope=Scope(),
            clause=clause,
        ),
        bounded(
            PreconditionCode.CALIBRATION_EXPIRED,
            f"expanded uncertainty of the {subject}activity (k = 2)",
            None if percent is None else 2.0 * percent,
            upper=METER_PERCENT,
            unit="%",
            severity=Severity.SOFT,
            scope=Scope(),
            clause=clause,
        ),
    )


def some_window_on_photopeak(
    windows: tuple[EnergyWindow, ...], nuclide: str, clause: str
) -> Precondition:
    """Check that a window lies on a photopeak; a header without windows warns, none there voids."""
    lines = imaged_lines_kev(nuclide)
    offsets = [offset_percent(window, line) for window in windows for line in lines]
    nearest = min(offsets, key=abs, default=None)
    return bounded(
        PreconditionCode.WINDOW,
        "offset of the nearest window from a photopeak",
        nearest,
        lower=-OTHER_PEAK_PERCENT,
        upper=OTHER_PEAK_PERCENT,
        unit="%",
        severity=Severity.SOFT if nearest is None else Severity.HARD,
        scope=Scope(),
        clause=clause,
    )


def started(acquisition: Acquisition) -> datetime:
    """Return the start of an acquisition.

    Raises
    ------
    UnsuitableAcquisitionError
        If the header does not tell it: no activity can be decayed to an unknown moment.
    """
    if acquisition.started_at is None:
        raise UnsuitableAcquisitionError(
            "the header does not tell when the acquisition started, and the activity at that time"
            " is needed",
            quantity="start of the acquisition",
        )
    return acquisition.started_at


def absolute(value: float | None, relative: float | None) -> float | None:
    """Return an uncertainty in the unit of a value; None where one of the two is not known."""
    return None if value is None or relative is None else abs(value) * relative

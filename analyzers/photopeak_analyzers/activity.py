"""An activity that a person measured: what was dispensed, and what is left of it at a later time.

::

    source = dispensed(inputs, nuclide="Tc-99m", profile="nema")
    sensitivity = source.rate_per_mbq(counts, acquisition.started_at, head.duration_s)

The syringe before and its residue are each corrected to one moment, and the decay during an
acquisition is taken into account. The uncertainty holds that of the two readings, of the clock and
of the half-life; all are standard ones (k = 1). NEMA NU 1-2007 2.6, 2.11 (GB/T 18989-2013 E.9,
E.11.3, E.12); IEC 60789 / GB/T 18989-2013 3.1.1.3.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

from photopeak_analyzers.contract import Activity, Inputs, Note, Reading, ReadingKind
from photopeak_analyzers.errors import MissingReadingError, ParameterError
from photopeak_analyzers.nuclide_table import HalfLife
from photopeak_analyzers.nuclides import canonical_name, half_life
from photopeak_analyzers.numerics.counting import Estimate, uncertainty_of_counts
from photopeak_analyzers.numerics.decay import LN2, decay_factor, mean_decay
from photopeak_analyzers.uncertainty import rectangular

ACTIVITY, RESIDUE = "activity", "residual_activity"
"""Names of the readings."""

CLOCK_S = rectangular(30.0)
"""Standard uncertainty of a time that was written to the minute, in s."""

SHOWN_DIGITS = 4


def activity_readings(*, largest_mbq: float = 10_000.0) -> tuple[Reading, Reading]:
    """Return the readings of a dispensed activity: the full syringe, and what was left in it."""
    return (
        Reading(
            name=ACTIVITY,
            label="Activity before dispensing",
            unit="MBq",
            kind=ReadingKind.ACTIVITY,
            minimum=0.0,
            maximum=largest_mbq,
            hint="Syringe or vial in the activity meter, with the time of the reading.",
        ),
        Reading(
            name=RESIDUE,
            label="Residual activity",
            unit="MBq",
            kind=ReadingKind.ACTIVITY,
            minimum=0.0,
            maximum=largest_mbq,
            required=False,
            hint="The same syringe after dispensing, with its own time; left out, it is 0.",
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """An activity of one nuclide at one moment.

    Attributes
    ----------
    mbq
        Activity at `at`, with its standard uncertainty (the share of the clock included).
    measured
        False when no uncertainty was given with the readings: `mbq` then holds that of the clock
        alone, and what is derived from it has no uncertainty.
    residue_mbq
        What was taken off, at the same moment; None without a reading.
    """

    nuclide: str
    mbq: Estimate
    at: datetime
    half_life: HalfLife
    measured: bool
    residue_mbq: float | None = None

    def activity(self, moment: datetime) -> Estimate:
        """Return the activity in MBq at a moment, before or after `at`.

        ``u(A)/A`` gains ``ln 2 |dt| / T * u(T) / T`` where the table knows u(T).
        """
        return self._decayed(moment, 1.0, 0.0)

    def mean_activity(self, started_at: datetime, duration_s: float) -> Estimate:
        """Return the mean activity in MBq during an acquisition."""
        return self._decayed(
            started_at, mean_decay(duration_s, self.half_life.seconds), duration_s / 2.0
        )

    def rate_per_mbq(
        self,
        counts: float,
        started_at: datetime,
        duration_s: float,
        *,
        background: Estimate | None = None,
    ) -> tuple[float, float | None]:
        """Return counts/s/MBq and its standard uncertainty.

        Net counts over the duration and the mean activity during it, which is (E.12) with its
        factor for decay during the acquisition in other words.

        Parameters
        ----------
        counts
            Counts of the acquisition, background included.
        background
            Rate without the source, in counts/s.

        Returns
        -------
        tuple
            The uncertainty is None when none was given with the readings of the activity.
        """
        mean = self.mean_activity(started_at, duration_s)
        rate = counts / duration_s
        u_rate = uncertainty_of_counts(counts) / duration_s
        if background is not None:
            rate -= background.value
            u_rate = math.hypot(u_rate, background.uncertainty)
        value = rate / mean.value
        if not self.measured:
            return value, None
        return value, math.hypot(u_rate / mean.value, value * mean.relative)

    def note(self) -> Note:
        """Say which activity and which half-life a result rests on."""
        residue = ", no residue was entered"
        if self.residue_mbq is not None:
            residue = f", residue of {self.residue_mbq:.4g} MBq off"
        return Note(
            code="ACTIVITY_USED",
            message=f"{self.mbq.value:.{SHOWN_DIGITS}g} MBq of {self.nuclide} at"
            f" {self.at.isoformat(timespec='seconds')}{residue}; half-life"
            f" {self.half_life.seconds:g} s ({self.half_life.source})",
            values={
                "activity_mbq": self.mbq.value,
                "at": self.at.isoformat(),
                "half_life_s": self.half_life.seconds,
                "half_life_source": self.half_life.source,
            },
        )

    def _decayed(self, moment: datetime, mean: float, later_s: float) -> Estimate:
        elapsed_s = (moment - self.at).total_seconds()
        value = self.mbq.value * decay_factor(elapsed_s, self.half_life.seconds) * mean
        relative = self.mbq.relative
        if self.half_life.uncertainty_s is not None:
            lives = abs(elapsed_s + later_s) / self.half_life.seconds
            relative = math.hypot(
                relative, LN2 * lives * self.half_life.uncertainty_s / self.half_life.seconds
            )
        return Estimate(value=value, uncertainty=value * relative)


def dispensed(
    inputs: Inputs,
    *,
    nuclide: str,
    profile: str,
    activity: str = ACTIVITY,
    residue: str = RESIDUE,
    clock_s: float = CLOCK_S,
) -> Source:
    """Return the activity that left the syringe, at the time of its first reading.

    Parameters
    ----------
    profile
        Variant whose half-life is used (:func:`photopeak_analyzers.nuclides.half_life`).
    activity, residue
        Names of the readings.
    clock_s
        Standard uncertainty of the difference between the clock of the activity meter and that
        of the camera, in s.

    Raises
    ------
    MissingReadingError
        If the activity or the time of a reading is missing.
    ParameterError
        If nothing was dispensed, or the nuclide has no half-life in the table.
    """
    life = half_life(nuclide, profile)
    full = inputs.activity(activity)
    empty = inputs.activity(residue) if residue in inputs.readings else None
    _refuse_without_zone(activity, full.at)
    value, variance = full.value, (full.uncertainty or 0.0) ** 2
    left = None
    if empty is not None:
        _refuse_without_zone(residue, empty.at)
        factor = decay_factor((full.at - empty.at).total_seconds(), life.seconds)
        left = empty.value * factor
        value -= left
        variance += ((empty.uncertainty or 0.0) * factor) ** 2
    if not value > 0.0:
        raise ParameterError(
            f"{full.value:g} MBq less a residue of {left or 0.0:g} MBq leaves {value:g} MBq,"
            " needs more than 0",
            quantity="dispensed activity",
            value=value,
            bound=0.0,
        )
    clock = value * LN2 * clock_s / life.seconds
    return Source(
        nuclide=canonical_name(nuclide) or nuclide,
        mbq=Estimate(value=value, uncertainty=math.sqrt(variance + clock * clock)),
        at=full.at,
        half_life=life,
        measured=_measured(full, empty),
        residue_mbq=left,
    )


def _measured(full: Activity, empty: Activity | None) -> bool:
    return full.uncertainty is not None and (
        empty is None or empty.value == 0.0 or empty.uncertainty is not None
    )


def _refuse_without_zone(name: str, at: datetime) -> None:
    if at.tzinfo is None:
        raise MissingReadingError(f"the time of the reading {name} has no zone", quantity=name)

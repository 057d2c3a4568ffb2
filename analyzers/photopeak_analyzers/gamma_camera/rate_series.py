"""A decaying source seen in many frames: when each began, how long it took, what it counted.

The frames of a series are those of one dynamic acquisition, of a static series of many objects, or of
many static series: each is a point in time of its head and energy window. A point needs its own
start and duration, because the input rate follows from the time alone. Static series come one by one,
over two days: those before the last are a role of their own, so that a set waits for the last one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.acquisition import AcquisitionKind, Counts, FrameStack
from photopeak_analyzers.contract import Inputs, Note, Precondition, Role, Scope
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.frames_by_head import (
    Key,
    frame_duration_s,
    frames_by_head,
    refuse_impossible,
)
from photopeak_analyzers.gamma_camera.count_rate_curve import Points
from photopeak_analyzers.gamma_camera.rate_background import Background, backgrounds_by_head
from photopeak_analyzers.given import every
from photopeak_analyzers.heads_alone import heads_alone
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.numerics.decay import FARTHEST_HALF_LIVES
from photopeak_analyzers.shorthand import in_words
from photopeak_analyzers.source_conditions import Photopeaks, on_a_photopeak

LEAST_POINTS = 4
"""One more than the dead time, the input rate and the curvature of a maximum need."""

SIGNIFICANT = 5.0
"""Standard uncertainties by which one frame of many counts more than the background."""

OVERLAP_S, OVERLAP = 2.0, 0.01
"""Seconds, and share of its duration, by which a frame may seem to end after the next one began:
headers write whole seconds."""

_KINDS = frozenset({AcquisitionKind.PLANAR, AcquisitionKind.DYNAMIC})

DAYS = 3
"""Calendar days that two days of decay may touch."""

DECAY = Role(
    name="decay",
    kinds=_KINDS,
    maximum=None,
    label="Decaying source down to its last image",
    hint="Frames of one source that nobody touches, from beyond the largest rate on: a dynamic"
    " series, or the last of the static ones, when fewer than 4000 counts/s are left (IEC: 3000).",
)
POINTS = Role(
    name="points",
    kinds=_KINDS,
    minimum=0,
    maximum=None,
    label="Earlier images of the decaying source",
    hint="Static series before the last one, each a point.",
)
BACKGROUND = Role(
    name="background",
    kinds=_KINDS,
    minimum=0,
    maximum=2,
    label="Background",
    hint="Without the source, before and after the series; the last image completes the set.",
)

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RateSeries:
    """The points of one head in one energy window, in the order of time.

    Attributes
    ----------
    starts_s
        Starts of the frames after the first one.
    durations_s, counts
        Of each frame, background included.
    highest_pixel
        Largest pixel of any frame.
    places
        Position of each frame: in which acquisition, and where in it.
    """

    detector: int | None
    energy_window: int | None
    acquisitions: tuple[FrameStack, ...]
    started_at: datetime
    starts_s: Floats
    durations_s: Floats
    counts: Floats
    highest_pixel: float
    places: tuple[tuple[int, int], ...]
    background: Background | None

    @property
    def scope(self) -> Scope:
        """Detector and energy window."""
        return Scope.of(detector=self.detector, energy_window=self.energy_window)

    @property
    def subject(self) -> str:
        """The scope in words."""
        return in_words(self.scope)

    @property
    def points(self) -> int:
        """How many there are."""
        return self.counts.size

    @property
    def first(self) -> FrameStack:
        """Return the acquisition that stands for the header of the series."""
        return self.acquisitions[0]

    def image(self, point: int) -> Counts:
        """Return the frame of a point, shape ``(rows, columns)``."""
        acquisition, position = self.places[point]
        frame: Counts = self.acquisitions[acquisition].counts[position]
        return frame


def rate_series(
    inputs: Inputs, nuclides: Photopeaks, clause: str
) -> tuple[tuple[RateSeries, ...], list[Note], list[Precondition]]:
    """Return the series of every head and window, and what was left out and is voided.

    Parameters
    ----------
    nuclides
        What the source may be: windows on none of their photopeaks are left out.

    Raises
    ------
    UnsuitableAcquisitionError
        If a frame does not say when it began or how long it took, or no head has enough of them, one
        after the other.
    """
    acquisitions = decay_acquisitions(inputs)
    backgrounds = backgrounds_by_head(every(inputs, BACKGROUND, FrameStack))
    sums = []
    for acquisition in acquisitions:
        refuse_impossible(acquisition.counts)
        integral = np.issubdtype(acquisition.counts.dtype, np.integer)
        sums.append(acquisition.counts.sum(axis=(1, 2), dtype=np.int64 if integral else np.float64))
    points: dict[Key, list[tuple[datetime, float, int, int]]] = {}
    for number, acquisition in enumerate(acquisitions):
        for key, positions in frames_by_head(acquisition).items():
            for position in positions:
                start, duration_s = _when(acquisition, position, alone=len(positions) == 1)
                points.setdefault(key, []).append((start, duration_s, number, position))
    found = []
    for key in sorted(points, key=lambda k: (k[0] or 0, k[1] or 0)):
        rows = sorted(points[key], key=lambda row: row[0])
        found.append(
            RateSeries(
                detector=key[0],
                energy_window=key[1],
                acquisitions=acquisitions,
                started_at=rows[0][0],
                starts_s=np.array([(row[0] - rows[0][0]).total_seconds() for row in rows]),
                durations_s=np.array([row[1] for row in rows]),
                counts=np.array([float(sums[row[2]][row[3]]) for row in rows]),
                highest_pixel=max(float(acquisitions[r[2]].counts[r[3]].max()) for r in rows),
                places=tuple((row[2], row[3]) for row in rows),
                background=backgrounds.get(key),
            )
        )
    kept, notes = on_a_photopeak(acquisitions[0], found, nuclides)
    usable, left_out, voided = heads_alone(
        kept, _refuse_no_decay, looked_on=looked_on, clause=clause
    )
    return tuple(series for series, _ in usable), [*notes, *left_out], voided


def looked_on(series: RateSeries) -> bool:
    """Tell whether no frame of a head counts more than chance makes of the background."""
    background = Estimate(value=0.0, uncertainty=0.0)
    if series.background is not None:
        background = series.background.rate
    net = series.counts - background.value * series.durations_s
    u = np.hypot(np.sqrt(series.counts), background.uncertainty * series.durations_s)
    return bool((net <= SIGNIFICANT * u).all())


def decay_acquisitions(inputs: Inputs) -> tuple[FrameStack, ...]:
    """Return all acquisitions of the source, whichever role they have.

    Raises
    ------
    UnsuitableAcquisitionError
        If there is none: of a partial set only the background may have come.
    """
    found = (*every(inputs, DECAY, FrameStack), *every(inputs, POINTS, FrameStack))
    if not found:
        raise UnsuitableAcquisitionError(
            "no acquisition of the source is given, needs at least 1",
            quantity="acquisitions of the source",
            value=0,
            bound=1,
        )
    return found


def decay_points(series: RateSeries, half_life_s: float) -> Points:
    """Return the points for the mathematics; a background that was not measured is taken as 0.

    Raises
    ------
    UnsuitableAcquisitionError
        If a point is not above the background, or a date is wrong.
    """
    background = Estimate(value=0.0, uncertainty=0.0)
    if series.background is not None:
        background = series.background.rate
    lives = float(series.starts_s[-1]) / half_life_s
    if lives > FARTHEST_HALF_LIVES:
        raise UnsuitableAcquisitionError(
            f"{series.subject} was followed for {lives:.0f} half-lives, needs at most"
            f" {FARTHEST_HALF_LIVES:g}",
            quantity="half-lives between the first and the last point",
            value=lives,
            bound=FARTHEST_HALF_LIVES,
        )
    net = series.counts - background.value * series.durations_s
    lowest = int(net.argmin())
    if net[lowest] <= 0.0:
        raise UnsuitableAcquisitionError(
            f"point {lowest + 1} of {series.subject} has {series.counts[lowest]:.0f} counts,"
            f" needs more than the background of"
            f" {background.value * series.durations_s[lowest]:.0f}",
            quantity="counts of a point",
            value=float(series.counts[lowest]),
            bound=float(background.value * series.durations_s[lowest]),
        )
    return Points(
        starts_s=series.starts_s,
        durations_s=series.durations_s,
        counts=series.counts,
        background=background,
        half_life_s=half_life_s,
    )


def _when(acquisition: FrameStack, position: int, *, alone: bool) -> tuple[datetime, float]:
    """Return start and duration of a frame; the only one of a head begins with its acquisition."""
    frame = acquisition.frames[position]
    start = frame.started_at or (acquisition.started_at if alone else None)
    if start is None:
        raise UnsuitableAcquisitionError(
            f"frame {position + 1} does not say when it began, and the input rate follows from it",
            quantity="start of a frame",
        )
    return start, frame_duration_s(acquisition, position)


def _refuse_no_decay(series: RateSeries) -> None:
    """Refuse a series of too few points, or of points that are not one after the other."""
    if series.points < LEAST_POINTS:
        raise UnsuitableAcquisitionError(
            f"{series.subject} has {series.points} points, needs at least {LEAST_POINTS}",
            quantity="points of the decay",
            value=series.points,
            bound=LEAST_POINTS,
        )
    if not (np.diff(series.starts_s) > 0.0).all():
        again = int(np.argmin(np.diff(series.starts_s)))
        raise UnsuitableAcquisitionError(
            f"two frames of {series.subject} began {series.starts_s[again]:g} s after the first one,"
            " needs 1",
            quantity="frames of one head at one time",
            value=2,
            bound=1,
        )
    early_s = (series.starts_s + series.durations_s)[:-1] - series.starts_s[1:]
    worst = int(early_s.argmax())
    if early_s[worst] > OVERLAP_S + OVERLAP * series.durations_s[worst]:
        raise UnsuitableAcquisitionError(
            f"a frame of {series.subject} began {early_s[worst]:g} s before the one of"
            f" {series.durations_s[worst]:g} s before it ended: starts or durations are wrong",
            quantity="start of a frame before the end of the last one",
            value=float(early_s[worst]),
            bound=OVERLAP_S,
        )

"""What a head counted with the source at one place after the other, and what share of it leaks.

``SL_j = r_j / r_0``: net rate with the source at a place of the shield over that with the source before
the collimator, both at one moment. The background has a rate of its own, because the printed
difference of counts only holds for equal times (GB/T 18989-2013 (E.14) to (E.16)). IEC 60789 allows a
reference that is repeated in between: the one nearest in time is taken.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from photopeak_analyzers.acquisition import FrameStack
from photopeak_analyzers.contract import Column, Inputs, Note, Reading, ReadingKind, Role
from photopeak_analyzers.errors import ParameterError, UnsuitableAcquisitionError
from photopeak_analyzers.frames_by_head import LONGEST_S, HeadCounts, single_frames
from photopeak_analyzers.given import every
from photopeak_analyzers.numerics.counting import Estimate, uncertainty_of_counts
from photopeak_analyzers.numerics.decay import decay_factor, mean_decay
from photopeak_analyzers.shorthand import distinct
from photopeak_analyzers.source_conditions import on_a_photopeak, photopeaks

LONGEST_ELAPSED_S = 1e7
"""Between the reference and a row of the table, either way: months."""

PLACES = ("positions", "front", "side")
"""Where the source was: around the shield or on the table; 2 m before the head; 2 m beside it."""

LEAK_COUNTS = Reading(
    name="leak_counts",
    label="Counts with the source at places of the shield",
    unit="{counts}",
    kind=ReadingKind.TABLE,
    columns=(
        Column("place", "1"),
        Column("detector", "1"),
        Column("counts", "{counts}"),
        Column("duration_s", "s"),
        Column("elapsed_s", "s"),
    ),
    required=False,
    hint="One row per place without an image: place 0 background, 1 around the shield or on the"
    " table, 2 at 2 m in front, 3 at 2 m beside; time from the start of the reference image.",
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LeakCount:
    """Counts of a head with the source at one place.

    `label` says which place; `image` and `acquisition` are None for a row of the table.
    """

    place: str
    label: str
    counts: float
    duration_s: float | None
    started_at: datetime | None
    head: HeadCounts | None = None
    acquisition: FrameStack | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HeadLeaks:
    """Everything that was counted with one head in one window."""

    head: HeadCounts
    references: tuple[LeakCount, ...]
    background: Estimate | None
    background_s: float | None
    leaks: tuple[LeakCount, ...]

    @property
    def every(self) -> tuple[LeakCount, ...]:
        """References and leaks."""
        return (*self.references, *self.leaks)

    @property
    def span_s(self) -> float | None:
        """From the first start to the last end; None when a time is not known."""
        ends = []
        for each in self.every:
            if each.started_at is None or each.duration_s is None:
                return None
            ends.append(each.started_at + timedelta(seconds=each.duration_s))
        starts = [each.started_at for each in self.every if each.started_at is not None]
        return (max(ends) - min(starts)).total_seconds()

    def nearest(self, leak: LeakCount) -> LeakCount:
        """Return the reference nearest in time to a leak."""
        if leak.started_at is None:
            return self.references[0]
        moment = leak.started_at
        return min(
            self.references,
            key=lambda r: (
                abs((r.started_at - moment).total_seconds())
                if r.started_at is not None
                else math.inf
            ),
        )

    def share(self, leak: LeakCount, half_life_s: float) -> Estimate | None:
        """Return the leakage of one place, 1 for all; None when a duration is not known.

        The background is in both rates, so its uncertainty counts with the difference of the two
        sensitivities, ``(SL / f_0 - 1 / f_j) / r_0``.
        """
        reference = self.nearest(leak)
        if not leak.duration_s or not reference.duration_s:
            return None
        below = self.background or Estimate(value=0.0, uncertainty=0.0)
        origin = reference.started_at
        factors = [_decay(each, origin, half_life_s) for each in (reference, leak)]
        rates = [
            (each.counts / (each.duration_s or math.inf) - below.value) / factor
            for each, factor in zip((reference, leak), factors, strict=True)
        ]
        if not rates[0] > 0.0:
            raise UnsuitableAcquisitionError(
                f"the reference counts {rates[0]:.4g} counts/s above the background, needs more"
                " than 0",
                quantity="net rate of the reference",
                value=rates[0],
                bound=0.0,
            )
        share = rates[1] / rates[0]
        u_0, u_j = (
            uncertainty_of_counts(each.counts) / (each.duration_s or math.inf) / factor
            for each, factor in zip((reference, leak), factors, strict=True)
        )
        u_b = below.uncertainty * abs(share / factors[0] - 1.0 / factors[1])
        return Estimate(value=share, uncertainty=math.hypot(u_j, share * u_0, u_b) / rates[0])


def head_leaks(
    inputs: Inputs,
    reference: Role,
    places: Sequence[Role],
    background: Role,
    nuclides: Sequence[str],
) -> tuple[tuple[HeadLeaks, ...], list[Note]]:
    """Return what every head counted; heads that the source was not before are left out.

    Raises
    ------
    UnsuitableAcquisitionError
        If no reference holds counts.
    ParameterError
        If a row of the table is none.
    """
    notes: list[Note] = []
    by_role = {
        role.name: _counts(inputs, role, nuclides, notes)
        for role in (reference, *places, background)
    }
    references = by_role[reference.name]
    strongest = max((each.counts for each in references), default=0.0)
    if not strongest > 0.0:
        raise UnsuitableAcquisitionError(
            "no reference has counts", quantity="counts of the reference", value=0.0, bound=1.0
        )
    keys = sorted({_key(each.head) for each in references}, key=str)
    table = _table(inputs)
    _refuse_unplaced(table, keys)
    found = []
    for key in keys:
        mine = [each for each in references if _key(each.head) == key]
        head = mine[0].head
        if head is None or max(each.counts for each in mine) < 0.1 * strongest:
            notes.append(_not_before(key))
            continue
        rows = [row for row in table if row[1] == key[0]]
        leaks = [each for role in places for each in by_role[role.name] if _key(each.head) == key]
        empty = [each for each in by_role[background.name] if _key(each.head) == key]
        # One without a duration tells no rate.
        below = [(each.counts, each.duration_s) for each in empty if each.duration_s is not None]
        below += [(row[2], row[3]) for row in rows if row[0] == 0.0]
        seconds = sum(duration for _, duration in below)
        counts = sum(each for each, _ in below)
        found.append(
            HeadLeaks(
                head=head,
                references=tuple(mine),
                background=Estimate(
                    value=counts / seconds, uncertainty=uncertainty_of_counts(counts) / seconds
                )
                if seconds > 0.0
                else None,
                background_s=seconds or None,
                leaks=(*leaks, *_rows(rows, mine[0].started_at)),
            )
        )
    return tuple(found), distinct(notes)


def largest(shares: Sequence[Estimate], *, draws: int, seed: int) -> tuple[Estimate, float]:
    """Return the largest share with its uncertainty, and the mean when nothing leaks."""
    values = np.array([share.value for share in shares])
    spread = np.array([share.uncertainty for share in shares])
    noise = spread * np.random.default_rng(seed).standard_normal((draws, values.size))
    repeated = (values + noise).max(axis=1)
    return (
        Estimate(value=float(values.max()), uncertainty=float(repeated.std(ddof=1))),
        float(noise.max(axis=1).mean()),
    )


def _decay(each: LeakCount, origin: datetime | None, half_life_s: float) -> float:
    """Return the mean activity during a measurement over that at the start of the reference."""
    factor = mean_decay(each.duration_s or 0.0, half_life_s)
    if origin is not None and each.started_at is not None:
        factor *= decay_factor((each.started_at - origin).total_seconds(), half_life_s)
    return factor


def _counts(
    inputs: Inputs, role: Role, nuclides: Sequence[str], notes: list[Note]
) -> list[LeakCount]:
    found = []
    peaks = photopeaks(tuple(nuclides))
    for acquisition in every(inputs, role, FrameStack):
        heads, left_out = on_a_photopeak(acquisition, single_frames(acquisition), peaks)
        notes += left_out
        text = acquisition.origin.text.get("SeriesDescription", "")
        found += [
            LeakCount(
                place=role.name,
                label=text,
                counts=head.total,
                duration_s=head.duration_s,
                started_at=acquisition.started_at,
                head=head,
                acquisition=acquisition,
            )
            for head in heads
        ]
    return sorted(found, key=lambda each: (each.started_at is None, str(each.started_at)))


def _table(inputs: Inputs) -> list[tuple[float, ...]]:
    given = inputs.readings.get(LEAK_COUNTS.name)
    rows = [] if given is None or not isinstance(given.value, tuple) else list(given.value)
    for row in rows:
        if (
            row[0] not in range(len(PLACES) + 1)
            or row[2] < 0.0
            or not 0.0 < row[3] <= LONGEST_S
            or abs(row[4]) > LONGEST_ELAPSED_S
        ):
            raise ParameterError(
                f"a line of {LEAK_COUNTS.name} is {', '.join(f'{each:g}' for each in row)}, needs"
                " a place of 0 to 3, a detector, counts, a duration above 0, and a time, both within"
                f" {LONGEST_ELAPSED_S:g} s",
                quantity=LEAK_COUNTS.name,
            )
    return rows


def _refuse_unplaced(
    rows: Sequence[tuple[float, ...]], keys: Sequence[tuple[int | None, int | None]]
) -> None:
    """Refuse rows of a head that has no reference, or references in several windows."""
    for row in rows:
        windows = sum(detector == row[1] for detector, _ in keys)
        if windows != 1:
            raise ParameterError(
                f"a line of {LEAK_COUNTS.name} names detector {row[1]:g}, of which there are references"
                f" in {windows} energy windows, needs 1",
                quantity=f"references of detector {row[1]:g}",
                value=windows,
                bound=1,
            )


def _rows(rows: Sequence[tuple[float, ...]], origin: datetime | None) -> list[LeakCount]:
    return [
        LeakCount(
            place=PLACES[int(row[0]) - 1],
            label="as entered",
            counts=row[2],
            duration_s=row[3],
            started_at=None if origin is None else origin + timedelta(seconds=row[4]),
        )
        for row in rows
        if row[0] > 0.0
    ]


def _key(head: HeadCounts | None) -> tuple[int | None, int | None]:
    return (None, None) if head is None else (head.detector, head.energy_window)


def _not_before(key: tuple[int | None, int | None]) -> Note:
    return Note(
        code="REFERENCE_NOT_BEFORE_HEAD",
        message=f"detector {key[0]} counts less than a tenth of the reference: the source was not"
        " before it, and it is left out",
    )

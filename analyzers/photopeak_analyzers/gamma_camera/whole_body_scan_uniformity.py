"""Whole-body scan uniformity: whether a sweep counts the same all along, as a steady motion does.

No standard has this test. A flat source that rests on the moving head, or a sheet or a line along the
motion through which the head moves, is swept at clinical speed; counts along the motion are inverse
to the speed. The number is the largest deviation of a strip across the motion from the median of all
strips, in percent. The ends of the lit part are left out.

The largest deviation of many strips is never 0: what counting alone makes of it stands beside it.
Uncertainties are the spread of the numbers over profiles drawn anew from the counts found (an
extreme has no linear propagation); that of the slope is the one of its fit. A nuclide that decays
during the sweep tilts the profile, and which way the head moved is not known: nothing is corrected,
and more than 1 % warns.

A matrix on its side, a step-and-shoot study, a pattern that changes along the motion (bars), a window
elsewhere, a saturated pixel and too few counts void; what the header leaves open warns. A patient
is refused, and so is a source that is lit over less than 300 mm; where the other head sees a flat
source, it is measured alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from photopeak_analyzers.acquisition import AcquisitionKind, WholeBody
from photopeak_analyzers.common_parameters import (
    largest_rate_cps,
    least_counts,
    pixel_spacing,
    refuse_above,
    refuse_without_photopeak,
)
from photopeak_analyzers.conditions import bounded
from photopeak_analyzers.contract import (
    Analysis,
    Analyzer,
    Inputs,
    Measurement,
    Parameters,
    Precondition,
    PreconditionCode,
    Role,
    Severity,
    Variant,
    parameter,
)
from photopeak_analyzers.figures import Figure
from photopeak_analyzers.frame_conditions import (
    detector_is_known,
    duration_is_known,
    enough_counts,
    no_overflow,
    pixel_is_square,
    rate_within,
)
from photopeak_analyzers.frames_by_head import HeadCounts, single_frames
from photopeak_analyzers.gamma_camera.sweep_conditions import sweep_conditions
from photopeak_analyzers.gamma_camera.sweep_profile import (
    Evenness,
    SweepProfile,
    evenness,
    sweep_profile,
)
from photopeak_analyzers.gamma_camera.sweep_profile_conditions import steady_pattern
from photopeak_analyzers.gamma_camera.sweep_profile_figures import sweep_figures
from photopeak_analyzers.given import one, pixel_spacing_mm
from photopeak_analyzers.heads_alone import seen_by_heads
from photopeak_analyzers.nuclides import half_life
from photopeak_analyzers.shorthand import measurements, metrics
from photopeak_analyzers.source_conditions import (
    nuclide_is_one_of,
    on_a_photopeak,
    photopeaks,
    window_on_photopeak,
)

CLAUSE = "practice: steadiness of a whole-body sweep"

NUCLIDES = ("Tc-99m", "Co-57")
"""Of sheets and lines that departments have."""

LARGEST_DECAY_PERCENT = 1.0
"""Decay during a sweep beyond which it shows in the profile: Tc-99m after 5 minutes."""

ROLE = Role(
    name="sweep",
    kinds=frozenset({AcquisitionKind.WHOLE_BODY}),
    label="Sweep",
    hint="A whole-body scan with a flat source that rests on the head, or of a sheet or line.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanUniformityParameters(Parameters):
    """How the sweep is cut, and what it has to be like."""

    strip_mm: float = parameter(
        10.0,
        doc="Length of a strip along the motion, about a resolution.",
        unit="mm",
        minimum=1.0,
        maximum=100.0,
    )
    margin_mm: float = parameter(
        50.0,
        doc="Left out at each end of the lit part, where the source or the sweep begins and ends.",
        unit="mm",
        minimum=0.0,
        maximum=1000.0,
    )
    shortest_mm: float = parameter(
        300.0,
        doc="Length along the motion that has to be lit without these ends.",
        unit="mm",
        minimum=50.0,
        maximum=3000.0,
    )
    nuclide: str | None = parameter(None, doc="Nuclide of the source; without it Tc-99m or Co-57.")
    pixel_spacing_mm: float | None = pixel_spacing()
    minimum_counts: float = least_counts(
        10_000.0, doc="Counts of a strip; fewer is a warning: it is then known to worse than 1 %."
    )
    invalid_below_counts: float = least_counts(
        1_000.0, doc="Counts of a strip below which noise alone makes 10 % and nothing is judged."
    )
    maximum_rate_cps: float = largest_rate_cps(20_000.0, clause="GB/T 18989-2013 3 c")
    noise_draws: int = parameter(
        200, doc="Profiles drawn for the uncertainties.", minimum=10, maximum=10_000
    )
    noise_seed: int = parameter(
        1903,
        doc="Seed of the drawn profiles: the same seed gives the same uncertainty.",
        minimum=0,
        maximum=2**31 - 1,
    )

    def __post_init__(self) -> None:
        Parameters.__post_init__(self)
        refuse_above(self, "invalid_below_counts", "minimum_counts")
        refuse_without_photopeak(self.nuclide)


def measure(inputs: Inputs, parameters: ScanUniformityParameters) -> Analysis:
    """Measure every head of the sweep."""
    acquisition = one(inputs, ROLE, WholeBody)
    pixel_mm = pixel_spacing_mm(acquisition, parameters.pixel_spacing_mm)
    peaks = photopeaks(NUCLIDES if parameters.nuclide is None else (parameters.nuclide,))
    heads, notes = on_a_photopeak(acquisition, single_frames(acquisition), peaks)
    numbers: list[Measurement] = []
    preconditions = [
        nuclide_is_one_of(acquisition, peaks, CLAUSE),
        *sweep_conditions(acquisition, clause=CLAUSE),
    ]
    figures: list[Figure] = []
    seen, onlookers = seen_by_heads(
        heads,
        lambda head: sweep_profile(
            head.counts,
            pixel_mm,
            strip_mm=parameters.strip_mm,
            margin_mm=parameters.margin_mm,
            shortest_mm=parameters.shortest_mm,
        ),
        code="HEAD_WITHOUT_SOURCE",
    )
    for head, profile in seen:
        rng = np.random.default_rng(parameters.noise_seed)
        found = evenness(profile, draws=parameters.noise_draws, rng=rng)
        decay = _decay_percent(acquisition, head)
        numbers += _numbers(head, profile, found, decay)
        preconditions += [
            *window_on_photopeak(
                acquisition.energy_window(head.energy_window),
                acquisition.nuclide,
                peaks,
                width_percent=None,
                strict=False,
                scope=head.scope,
                clause=CLAUSE,
            ),
            *_head_conditions(acquisition, head, pixel_mm, profile, decay, parameters),
        ]
        figures += sweep_figures(head, pixel_mm, profile, found)
    return Analysis(
        measurements=tuple(numbers),
        preconditions=tuple(preconditions),
        figures=tuple(figures),
        notes=(*notes, *onlookers),
    )


def _decay_percent(acquisition: WholeBody, head: HeadCounts) -> float | None:
    """Return by how much the source decays during the sweep; None where nuclide or time is unknown."""
    if acquisition.nuclide is None or head.duration_s is None:
        return None
    decays = math.log(2.0) * head.duration_s / half_life(acquisition.nuclide).seconds
    return -100.0 * math.expm1(-decays)


def _head_conditions(
    acquisition: WholeBody,
    head: HeadCounts,
    pixel_mm: tuple[float, float],
    profile: SweepProfile,
    decay: float | None,
    parameters: ScanUniformityParameters,
) -> list[Precondition]:
    scope = head.scope
    return [
        detector_is_known(head.detector, scope=scope, clause=CLAUSE),
        duration_is_known(head.duration_s, severity=Severity.SOFT, scope=scope, clause=CLAUSE),
        rate_within(
            head.rate_cps,
            upper=parameters.maximum_rate_cps,
            severity=Severity.SOFT,
            scope=scope,
            clause=CLAUSE,
        ),
        no_overflow(acquisition, head.highest_pixel, scope=scope, clause=CLAUSE),
        pixel_is_square(pixel_mm, scope=scope, clause=CLAUSE),
        enough_counts(
            "median counts of a strip",
            float(np.median(profile.counts)),
            asked=parameters.minimum_counts,
            invalid_below=parameters.invalid_below_counts,
            scope=scope,
            clause=CLAUSE,
        ),
        *steady_pattern(profile, scope=scope, clause=CLAUSE),
        bounded(
            PreconditionCode.TIME,
            "decay during the sweep",
            decay,
            upper=LARGEST_DECAY_PERCENT,
            unit="%",
            severity=Severity.SOFT,
            scope=scope,
            clause=CLAUSE,
        ),
    ]


def _numbers(
    head: HeadCounts, profile: SweepProfile, found: Evenness, decay: float | None
) -> list[Measurement]:
    return measurements(
        head.scope,
        [
            ("wb_scan_deviation_pct", found.largest.value, found.largest.uncertainty),
            ("wb_scan_highest_pct", found.highest.value, found.highest.uncertainty),
            ("wb_scan_lowest_pct", found.lowest.value, found.lowest.uncertainty),
            ("wb_scan_cv_pct", found.variation.value, found.variation.uncertainty),
            ("wb_scan_slope_pct_per_m", found.slope.value, found.slope.uncertainty),
            ("wb_scan_noise_floor_pct", found.floor, None),
            ("wb_scan_length_mm", profile.length_mm, None),
            ("counts_per_strip", float(np.median(profile.counts)), None),
            ("decay_during_sweep_pct", decay, None),
        ],
    )


ANALYZER = Analyzer(
    id="whole_body_scan_uniformity",
    title="Whole-body scan uniformity",
    title_zh="全身扫描均匀性",
    version="1",
    variants=(Variant(name="local", title="Steadiness of the sweep", clause=CLAUSE),),
    roles=(ROLE,),
    metrics=metrics(
        CLAUSE,
        ("wb_scan_deviation_pct", "%", "d_max", "Largest deviation from the median along the motion", "沿运动方向偏离中位数的最大值", 1),
        ("wb_scan_highest_pct", "%", "d_+", "Highest deviation above the median", "高于中位数的最大偏差", 1),
        ("wb_scan_lowest_pct", "%", "d_-", "Lowest deviation below the median", "低于中位数的最大偏差", 1),
        ("wb_scan_cv_pct", "%", "CV", "Variation of the strips along the motion", "沿运动方向变异系数", 2),
        ("wb_scan_slope_pct_per_m", "%/m", "b", "Slope along the motion", "沿运动方向斜率", 2),
        ("wb_scan_noise_floor_pct", "%", "d_0", "Largest deviation that counting alone makes", "仅由计数统计引起的最大偏差", 1),
        ("wb_scan_length_mm", "mm", "L", "Length analysed", "分析长度", 0),
        ("counts_per_strip", "{counts}", "C", "Median counts of a strip", "条带计数中位数", 0),
        ("decay_during_sweep_pct", "%", "D", "Decay during the sweep", "扫描期间衰变", 2),
    ),
    parameters=ScanUniformityParameters,
    measure=measure,
    figures=("sweep", "profile"),
)  # fmt: skip
"""The test, as registered."""

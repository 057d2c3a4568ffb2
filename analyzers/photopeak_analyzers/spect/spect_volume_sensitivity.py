"""System volume sensitivity: what all heads count of a cylinder of known concentration.

``SVS = R / c`` with the mean count rate R of the projections and the concentration c, both over the
same time; ``VSAC = SVS / L`` per length of the cylinder. R of the system is the sum of its heads. NEMA
divides by the whole time that passed, that between the views included: where the reading
`elapsed_time` gives it, that number stands beside the one by the time of counting, and a note names
both.

The uncertainty holds counting, activity (readings, meter), clocks, half-life and volume; without an
uncertainty of the activity there is none. The optional reconstruction only shows that the phantom is a
cylinder.
"""

from __future__ import annotations

import math

from photopeak_analyzers.acquisition import AcquisitionKind, Tomographic, Volume
from photopeak_analyzers.activity import activity_readings
from photopeak_analyzers.contract import (
    Analysis,
    Analyzer,
    Inputs,
    Measurement,
    Note,
    Precondition,
    Reading,
    Role,
    Scope,
    Variant,
)
from photopeak_analyzers.cylinder_conditions import cylinder_conditions
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.frames_by_head import HeadCounts, head_counts
from photopeak_analyzers.given import every, one, pixel_spacing_mm
from photopeak_analyzers.known_activity import (
    absolute,
    filling_of,
    nuclide_of,
    started,
    volume_reading,
)
from photopeak_analyzers.numerics.counting import rate
from photopeak_analyzers.shorthand import measurements, metrics
from photopeak_analyzers.source_conditions import on_a_photopeak, photopeaks
from photopeak_analyzers.spect.cylinder import find_cylinder
from photopeak_analyzers.spect.cylinder_views import Views, views_of
from photopeak_analyzers.spect.reconstruction import reconstruction_of
from photopeak_analyzers.spect.spect_volume_sensitivity_conditions import (
    CLAUSE,
    VolumeSensitivityParameters,
    elapsed_is_likely,
    head_conditions,
    series_conditions,
)
from photopeak_analyzers.spect.spect_volume_sensitivity_figures import figures_of
from photopeak_analyzers.uncertainty import Budget, Component, Evaluation

ELAPSED = "elapsed_time"
"""Name of the reading of all the time that passed."""

MM_PER_CM = 10.0
UNIT = "{counts}.mL/s/MBq"
"""Counts per second for each MBq/mL."""

PROJECTIONS = Role(
    name="projections",
    kinds=frozenset({AcquisitionKind.TOMOGRAPHIC}),
    label="Views of a cylinder of known concentration",
    hint="A whole turn about a cylinder of 200 mm, 200 mm long, radius of rotation 150 mm.",
)
RECONSTRUCTION = Role(
    name="reconstruction",
    kinds=frozenset({AcquisitionKind.VOLUME}),
    minimum=0,
    label="Its slices",
    hint="They show that the phantom is a cylinder; no number is taken from them.",
)


def measure(inputs: Inputs, parameters: VolumeSensitivityParameters) -> Analysis:
    """Measure the sensitivity of each head and of all of them."""
    projections = one(inputs, PROJECTIONS, Tomographic)
    nuclide = nuclide_of(projections.nuclide, parameters.nuclide)
    started_at = started(projections)
    pixel_mm = pixel_spacing_mm(projections, parameters.pixel_spacing_mm)
    filling = filling_of(inputs, nuclide, parameters)
    heads_seen = head_counts(projections)
    kept, left_out = on_a_photopeak(projections, heads_seen, photopeaks((nuclide,)))
    views = tuple(views_of(projections, head) for head in kept)
    elapsed_s = inputs.number(ELAPSED) if ELAPSED in inputs.readings else None
    duration_s = _duration(views, elapsed_s)
    concentration = filling.mbq_per_ml(started_at, duration_s)
    activity = filling.components(started_at, duration_s)
    found: list[Measurement] = []
    budget = Budget(components=activity)
    windows = sorted({each.head.energy_window for each in views}, key=lambda w: w or 0)
    for window in windows:
        heads = [each.head for each in views if each.head.energy_window == window]
        scope = Scope.of(energy_window=window if len(windows) > 1 else None)
        budget = _budget(sum(head.total for head in heads), activity)
        relative = budget.standard if filling.measured else None
        svs = sum(_rate(head) for head in heads) / concentration
        vsac = svs / (parameters.length_mm / MM_PER_CM)
        by_elapsed = None
        if elapsed_s is not None:
            by_elapsed = sum(head.total for head in heads) / elapsed_s / concentration
        found += measurements(
            scope,
            [
                ("svs_cps_per_mbq_per_ml", svs, absolute(svs, relative)),
                ("vsac_cps_per_mbq_per_ml_per_cm", vsac, absolute(vsac, relative)),
                ("svs_elapsed_cps_per_mbq_per_ml", by_elapsed, absolute(by_elapsed, relative)),
                ("total_counts", sum(head.total for head in heads), None),
            ],
        )
        for head in heads:
            single = _budget(head.total, activity).standard if filling.measured else None
            number = _rate(head) / concentration
            found += measurements(
                head.scope,
                [
                    ("svs_head_cps_per_mbq_per_ml", number, absolute(number, single)),
                    ("rate_cps", _rate(head), _rate(head) / math.sqrt(max(head.total, 1.0))),
                ],
            )
    found += measurements(
        Scope(),
        [
            (
                "true_concentration_kbq_per_ml",
                1e3 * concentration,
                absolute(1e3 * concentration, filling.relative(started_at, duration_s)),
            )
        ],
    )
    numbers_of_heads = len({each.head.detector for each in views})
    conditions: list[Precondition] = [
        *series_conditions(
            projections,
            filling,
            started_at,
            sum(each.head.total for each in views),
            numbers_of_heads,
            len(heads_seen),
            parameters,
        )
    ]
    if elapsed_s is not None:
        conditions.append(elapsed_is_likely(elapsed_s, _counted(views)))
    for each in views:
        conditions += head_conditions(projections, each.head, pixel_mm, each.spread_pct, parameters)
    for volume in every(inputs, RECONSTRUCTION, Volume):
        reconstruction = reconstruction_of(volume)
        conditions += cylinder_conditions(
            find_cylinder(reconstruction), reconstruction.pixel_mm, CLAUSE
        )
    return Analysis(
        measurements=tuple(found),
        preconditions=tuple(conditions),
        figures=figures_of(views, pixel_mm, parameters, budget, measured=filling.measured),
        notes=(filling.source.note(), _time_note(duration_s, elapsed_s), *left_out),
    )


def _duration(views: tuple[Views, ...], elapsed_s: float | None) -> float:
    """Return the time over which the activity is averaged.

    Raises
    ------
    UnsuitableAcquisitionError
        If the stated time is shorter than that of counting.
    """
    counted = _counted(views)
    if elapsed_s is not None and elapsed_s < counted:
        raise UnsuitableAcquisitionError(
            f"{ELAPSED} is {elapsed_s:g} s, needs at least the time of counting, {counted:g} s",
            quantity=ELAPSED,
            value=elapsed_s,
            bound=counted,
        )
    return elapsed_s or counted


def _counted(views: tuple[Views, ...]) -> float:
    return max(_duration_of(each.head) for each in views)


def _budget(counts: float, activity: tuple[Component, ...]) -> Budget:
    counting = Component(
        name="counting", standard=1.0 / math.sqrt(max(counts, 1.0)), evaluation=Evaluation.A
    )
    return Budget(components=(counting, *activity))


def _duration_of(head: HeadCounts) -> float:
    return head.duration_s or 0.0


def _rate(head: HeadCounts) -> float:
    return rate(head.total, _duration_of(head)).value


def _time_note(duration_s: float, elapsed_s: float | None) -> Note:
    words = (
        "by the time of counting; without the reading elapsed_time, that between the views is unknown"
        if elapsed_s is None
        else "by the time of counting, and beside it by all the time that passed"
    )
    return Note(
        code="TIME_DEFINITION",
        message=f"rates are {words}; the activity is its mean over {duration_s:g} s",
        values={"duration_s": duration_s},
    )


ANALYZER = Analyzer(
    id="spect_volume_sensitivity",
    title="System volume sensitivity",
    title_zh="断层系统体积灵敏度",
    version="1",
    variants=(Variant(name="nema", title="System volume sensitivity", clause=CLAUSE),),
    roles=(PROJECTIONS, RECONSTRUCTION),
    readings=(
        *activity_readings(),
        volume_reading(),
        Reading(
            name=ELAPSED,
            label="Time from the first view to the end of the last",
            unit="s",
            minimum=1.0,
            maximum=86_400.0,
            required=False,
            hint="With the time in which the heads moved; the header has only that of counting.",
        ),
    ),
    metrics=metrics(
        CLAUSE,
        ("svs_cps_per_mbq_per_ml", UNIT, "SVS", "System volume sensitivity", "系统体积灵敏度", 0),
        ("vsac_cps_per_mbq_per_ml_per_cm", UNIT + "/cm", "VSAC", "Volume sensitivity per axial centimetre", "每厘米轴向体积灵敏度", 1),
        ("svs_elapsed_cps_per_mbq_per_ml", UNIT, "SVS_e", "System volume sensitivity by all the time that passed", "系统体积灵敏度(按总时间)", 0),
        ("svs_head_cps_per_mbq_per_ml", UNIT, "SVS_h", "Volume sensitivity of a head", "单探头体积灵敏度", 0),
        ("rate_cps", "{counts}/s", "R", "Mean count rate of a head", "探头平均计数率", 0),
        ("total_counts", "{counts}", "N", "Counts of all views", "总计数", 0),
        ("true_concentration_kbq_per_ml", "kBq/mL", "c", "True concentration", "真实活度浓度", 3),
    ),
    parameters=VolumeSensitivityParameters,
    measure=measure,
    figures=("views", "rates", "budget"),
)  # fmt: skip
"""The test, as registered."""

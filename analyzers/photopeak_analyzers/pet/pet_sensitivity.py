"""Sensitivity of a PET scanner, by a line source in five aluminium sleeves.

JJF draft (PET/CT calibration) 7.2, (1) to (3), table 2, Annex E; NEMA NU 2, sensitivity. A line source of
known activity, longer than the axial field, hangs in the middle; five sleeves are put over it one after
another. Each rate is corrected for decay to the time of the activity, during the acquisition too, and
their logarithms are extrapolated to no metal with the attenuation coefficient left free; the rate
there over the activity is the sensitivity. ``nema`` has a second place, 10 cm from the axis, and the
sensitivity by slice, ``S_i = S R_1,i / R_1``. Clause (3) has the activity in Bq and Annex E in MBq; given
are counts/s/MBq and counts/s/kBq.

The true coincidences are prompts less randoms, less background where one was counted; scatter stays in.
The uncertainty is the budget of Annex E, with the uncertainty of the regression where that is more than
counting and wall thickness together; None when that of the activity is not known.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from photopeak_analyzers.activity import activity_readings, dispensed
from photopeak_analyzers.contract import (
    Analysis,
    Analyzer,
    Inputs,
    Measurement,
    Note,
    Precondition,
    Scope,
    Variant,
)
from photopeak_analyzers.errors import MissingReadingError, UnsuitableAcquisitionError
from photopeak_analyzers.figures import Figure
from photopeak_analyzers.numerics.counting import uncertainty_of_counts
from photopeak_analyzers.pet.pet_sensitivity_conditions import (
    conditions,
    nuclide_condition,
    tube_condition,
)
from photopeak_analyzers.pet.pet_sensitivity_figures import FIGURES, axial_figure, place_figures
from photopeak_analyzers.pet.pet_sensitivity_parameters import (
    JJF,
    NEMA,
    PetSensitivityParameters,
)
from photopeak_analyzers.pet.sleeve_readings import (
    AXIAL_FOV,
    AXIAL_PROFILE,
    BACKGROUND,
    NUCLIDE_READING,
    SLEEVES,
    SleeveRun,
    read_background,
    read_nuclide,
    read_runs,
)
from photopeak_analyzers.pet.sleeve_sensitivity import Known, PlaceSensitivity, place_sensitivity
from photopeak_analyzers.shorthand import measurements, metrics

FEWEST_RUNS = 3
"""Two points lie on any line, and tell nothing of their scatter."""

KBQ_PER_MBQ = 1000.0


def measure(inputs: Inputs, parameters: PetSensitivityParameters) -> Analysis:
    """Extrapolate the rates of every place of the source to no metal."""
    named = read_nuclide(inputs)
    known = Known(
        source=dispensed(inputs, nuclide=named, profile=inputs.variant, clock_s=0.0),
        meter_percent=parameters.activity_meter_percent,
        clock_half_width_s=parameters.clock_half_width_s,
        wall_half_width_mm=parameters.wall_half_width_mm,
        wall_mm=parameters.wall_mm,
        attenuation_per_mm=parameters.attenuation_per_mm,
        background=read_background(inputs),
    )
    clause = NEMA if inputs.variant == "nema" else JJF
    by_place, notes = _places(inputs)
    found: list[Measurement] = []
    figures: list[Figure] = []
    fov = inputs.number(AXIAL_FOV.name) if AXIAL_FOV.name in inputs.readings else None
    checked: list[Precondition] = [
        nuclide_condition(named, clause),
        tube_condition(fov, parameters.source_length_mm, clause),
    ]
    for offset_mm, runs in by_place.items():
        scope = Scope.of(radial_offset_mm=offset_mm if inputs.variant == "nema" else None)
        place = place_sensitivity(runs, known, draws=parameters.draws, seed=parameters.seed)
        found += _numbers(place, scope, parameters)
        checked += conditions(
            place,
            known,
            scope=scope,
            clause=clause,
            minimum_counts=parameters.minimum_counts,
            largest_dead_time_percent=parameters.largest_dead_time_percent,
            attenuation_tolerance_percent=parameters.attenuation_tolerance_percent,
        )
        figures += place_figures(place, known, scope)
        if inputs.variant == "nema" and not offset_mm:
            by_slice = _slices(inputs, place, scope)
            if by_slice is not None:
                found += by_slice[0]
                figures.append(by_slice[1])
    notes += [known.source.note(), *_remarks(known)]
    return Analysis(
        measurements=tuple(found),
        preconditions=tuple(checked),
        figures=tuple(figures),
        notes=tuple(notes),
    )


def _places(inputs: Inputs) -> tuple[dict[float, list[SleeveRun]], list[Note]]:
    """Return the acquisitions by distance from the axis, the middle first."""
    places: dict[float, list[SleeveRun]] = {}
    for run in sorted(read_runs(inputs), key=lambda run: run.offset_mm):
        places.setdefault(run.offset_mm, []).append(run)
    notes = []
    if inputs.variant != "nema":
        beside = sum(len(runs) for offset, runs in places.items() if offset)
        places = {offset: runs for offset, runs in places.items() if not offset}
        if beside:
            notes.append(
                Note(
                    code="BESIDE_THE_AXIS",
                    message=f"{beside} acquisitions beside the axis are left out: {JJF} has the"
                    " source in the middle alone",
                    values={"acquisitions": beside},
                )
            )
    if not places:
        raise MissingReadingError(
            "no acquisition has the source in the middle, needs 5", quantity=SLEEVES.name
        )
    for offset, runs in places.items():
        if len(runs) < FEWEST_RUNS:
            raise UnsuitableAcquisitionError(
                f"{len(runs)} acquisitions have the source {offset:g} mm from the axis, needs at"
                f" least {FEWEST_RUNS}",
                quantity="acquisitions at one place",
                value=len(runs),
                bound=FEWEST_RUNS,
            )
    return places, notes


def _numbers(
    place: PlaceSensitivity, scope: Scope, parameters: PetSensitivityParameters
) -> list[Measurement]:
    value, u = place.value, place.uncertainty
    fit = place.found
    mu = fit.attenuation_per_mm
    share = 100.0 / parameters.attenuation_per_mm
    randoms = [run.randoms_percent for run in place.runs if run.randoms_percent is not None]
    return measurements(
        scope,
        [
            ("pet_sensitivity", value, u),
            (
                "sensitivity_cps_per_kbq",
                value / KBQ_PER_MBQ,
                None if u is None else u / KBQ_PER_MBQ,
            ),
            (
                "expanded_uncertainty_pct",
                None if u is None else 100.0 * place.budget.expanded(),
                None,
            ),
            ("rate_unattenuated", fit.rate.value, fit.rate.uncertainty),
            ("mu_fit", mu.value, mu.uncertainty),
            (
                "mu_deviation_pct",
                share * (mu.value - parameters.attenuation_per_mm),
                share * mu.uncertainty,
            ),
            ("r_squared", fit.line.r_squared, None),
            ("reduced_chi_square", fit.line.fit.reduced_chi_square, None),
            ("randoms_pct", max(randoms, default=None), None),
        ],
    )


def _slices(
    inputs: Inputs, place: PlaceSensitivity, scope: Scope
) -> tuple[list[Measurement], Figure] | None:
    rows = [(row.number("slice"), row.number("counts")) for row in inputs.rows(AXIAL_PROFILE)]
    total = sum(counts for _, counts in rows)
    if not total > 0.0:
        return None
    profile = [(number, place.value * counts / total) for number, counts in sorted(rows)]
    most = max(counts for _, counts in rows)
    mean = place.value / len(rows)
    # The share p of a slice in a total of Poisson counts has the variance p (1 - p) / N.
    u_share = uncertainty_of_counts(most) * (1.0 - most / total) ** 0.5 / total
    u = None
    if place.uncertainty is not None:
        u = math.hypot(place.value * u_share, place.uncertainty * most / total)
    return (
        measurements(
            scope,
            [
                ("axial_peak_sensitivity", place.value * most / total, u),
                ("slices", len(rows), None),
            ],
        ),
        axial_figure(profile, mean),
    )


def _remarks(known: Known) -> Iterator[Note]:
    if not known.measured:
        yield Note(
            code="ACTIVITY_UNCERTAINTY_UNKNOWN",
            message="no uncertainty of the activity is given, neither with its readings nor of the"
            " activity meter: the sensitivity has none",
        )
    if known.background is None:
        yield Note(
            code="NO_BACKGROUND",
            message="no coincidences without the source were counted, none are taken off",
        )


ANALYZER = Analyzer(
    id="pet_sensitivity",
    title="Sensitivity",
    title_zh="灵敏度",
    version="1",
    variants=(
        Variant(name="jjf", title="JJF draft, PET/CT calibration", clause=JJF),
        Variant(name="nema", title="NEMA NU 2", clause=NEMA),
    ),
    roles=(),
    readings=(*activity_readings(), NUCLIDE_READING, SLEEVES, BACKGROUND, AXIAL_FOV, AXIAL_PROFILE),
    metrics=metrics(
        JJF,
        ("pet_sensitivity", "{counts}/s/MBq", "S", "Sensitivity", "灵敏度", 0),
        ("sensitivity_cps_per_kbq", "{counts}/s/kBq", "S", "Sensitivity per kBq", "灵敏度(每kBq)", 2),
        ("expanded_uncertainty_pct", "%", "U_rel", "Expanded uncertainty, k = 2", "扩展不确定度(k=2)", 1),
        ("rate_unattenuated", "{counts}/s", "R_0", "Rate without metal", "无衰减计数率", 0),
        ("mu_fit", "/mm", "mu", "Attenuation coefficient of the sleeves", "套管线性衰减系数", 4),
        ("mu_deviation_pct", "%", "dmu", "Attenuation against aluminium", "衰减系数与铝之差", 1),
        ("r_squared", "1", "R^2", "Share that the line explains", "拟合优度", 4),
        ("reduced_chi_square", "1", "chi^2/nu", "Reduced chi-square", "约化卡方", 2),
        ("randoms_pct", "%", "R/P", "Largest share of randoms", "最大随机符合份额", 2),
        ("axial_peak_sensitivity", "{counts}/s/MBq", "S_max", "Sensitivity of the best slice", "最高层灵敏度", 1),
        ("slices", "1", "n", "Slices of the axial profile", "层数", 0),
    ),
    parameters=PetSensitivityParameters,
    measure=measure,
    figures=FIGURES,
)  # fmt: skip
"""The test, as registered."""

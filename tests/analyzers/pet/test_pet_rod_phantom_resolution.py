"""Sectors of hot and cold rods in PET. JJF (draft) 7.1.2 and annex A."""

import dataclasses
import functools
import math
from types import MappingProxyType

import numpy as np
import pytest

from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import Inputs, Outcome, ReadingValue, Scope, Severity
from photopeak_analyzers.errors import ParameterError, UnsuitableAcquisitionError
from photopeak_analyzers.pet.pet_rod_phantom_resolution import ANALYZER
from photopeak_analyzers.simulation.blur import disc
from photopeak_analyzers.simulation.volumes import CylinderPhantom, rod_sectors, volume_of
from support.floods import precondition, value
from support.volumes import uncertainty, with_values, with_voxel

DIAMETERS = (3.0, 4.0, 5.0, 6.0, 7.0, 8.0)
SHAPE, VOXEL_MM = (18, 146, 146), (3.0, 1.4, 1.4)
VALUE = 1000.0
FWHM_PER_SIGMA = 2.0 * math.sqrt(2.0 * math.log(2.0))
HEADER = MappingProxyType(
    {
        "RadionuclideTotalDose": 100e6,
        "AttenuationCorrectionMethod": "CT",
        "ReconstructionMethod": "OSEM",
    }
)


def rods_of(turn_deg=0.0, shift_mm=(0.0, 0.0), mirrored=False, contrast=1.0):
    """Return rods that are turned from x towards y, mirrored left to right, and shifted."""
    found = rod_sectors(DIAMETERS, radius_mm=92.0, from_mm=-22.0, to_mm=22.0, contrast=contrast)
    turn = math.radians(turn_deg)
    placed = []
    for rod in found:
        y, x = rod.centre_mm
        y, x = y * math.cos(turn) + x * math.sin(turn), x * math.cos(turn) - y * math.sin(turn)
        x = -x if mirrored else x
        placed.append(dataclasses.replace(rod, centre_mm=(y + shift_mm[0], x + shift_mm[1])))
    return tuple(placed)


@functools.lru_cache(maxsize=8)
def expected(kind, fwhm_mm=4.5, turn_deg=0.0, shift_mm=(0.0, 0.0), mirrored=False):
    """Return hot rods in plastic (no activity but theirs), or cold ones in a full cylinder."""
    hot = kind == "hot"
    phantom = CylinderPhantom(
        shape=SHAPE,
        voxel_mm=VOXEL_MM,
        diameter_mm=200.0,
        length_mm=0.0 if hot else 48.0,
        value=VALUE,
        parts=rods_of(turn_deg, shift_mm, mirrored, 1.0 if hot else -1.0),
    )
    return phantom.expected(fwhm_mm)


def series(values, *, seed=None, noise=40.0, units="CNTS", header=HEADER):
    if seed is not None:
        values = values + np.random.default_rng(seed).normal(0.0, noise, values.shape)
    found = volume_of(values, VOXEL_MM, modality="PT", units=units, nuclide="F-18")
    return dataclasses.replace(found, header=header, corrections=frozenset({"ATTN"}))


def analyze(*volumes, readings=None, **parameters):
    inputs = Inputs(roles={"phantom": volumes}, readings=readings or {}, variant="jjf")
    return ANALYZER.analyze(inputs, ANALYZER.parameters(**parameters))


@functools.cache
def plain(kind, fwhm_mm=4.5):
    """Return the analysis without noise, made once."""
    return analyze(series(expected(kind, fwhm_mm)))


@functools.cache
def blurred_disc(diameter_mm, fwhm_mm):
    """Return distances, and what a blurred disc has there."""
    r = np.linspace(0.0, 30.0, 301)
    return r, disc(r, diameter_mm / 2.0, fwhm_mm / FWHM_PER_SIGMA)


def in_closed_form(diameter, fwhm_mm, hot):
    """Return peak and valley of a sector: the blurred discs of all rods added up at both places."""
    rods = np.array([rod.centre_mm for rod in rods_of()])
    sizes = np.array([rod.diameter_mm for rod in rods_of()])
    own = rods[sizes == diameter]
    distance = np.hypot(*(own[:, None, axis] - own[:, axis] for axis in (0, 1)))
    first, second = np.nonzero(np.abs(distance - 2.0 * diameter) < 1e-6)
    found = []
    for places in (own, (own[first] + own[second]) / 2.0):
        places = places[np.hypot(*places.T) < 86.0 - diameter / 2.0]
        total = np.zeros(len(places))
        for size in DIAMETERS:
            apart = [places[:, None, axis] - rods[sizes == size][:, axis] for axis in (0, 1)]
            r, shown = blurred_disc(size, fwhm_mm)
            total += np.interp(np.hypot(*apart), r, shown, right=0.0).sum(axis=1)
        found.append(float(total.mean()))
    at_rods, between = found
    return (at_rods, between) if hot else (1.0 - between, 1.0 - at_rods)


# Closed-form answers -------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["hot", "cold"])
@pytest.mark.parametrize("fwhm_mm", [4.5, 6.0])
def test_the_modulation_is_that_of_blurred_discs(kind, fwhm_mm):
    analysis = plain(kind, fwhm_mm)

    for diameter in DIAMETERS:
        peak, valley = in_closed_form(diameter, fwhm_mm, kind == "hot")
        # Rods at the border of a sector have fewer neighbours, and not the same ones are judged.
        assert value(analysis, "rod_modulation", rod_mm=diameter) == pytest.approx(
            (peak - valley) / (peak + valley), abs=0.015
        )
        assert value(analysis, "rod_valley_to_peak", rod_mm=diameter) == pytest.approx(
            valley / peak, abs=0.02
        )


def test_peak_over_valley_is_given_where_something_is_in_the_valley():
    """Less 100 everywhere, next to nothing is left between rods of 8 mm and much between those of 4."""
    less = np.maximum(expected("hot") - 100.0, 0.0)
    analysis = analyze(with_values(series(expected("hot")), less))
    given = {
        m.scope.get("rod_mm"): m.value for m in analysis.measurements if "to_valley" in m.metric
    }

    assert given[4.0] == pytest.approx(1.0 / value(analysis, "rod_valley_to_peak", rod_mm=4.0))
    assert 8.0 not in given


@pytest.mark.parametrize(
    ("kind", "fwhm_mm", "resolved", "rayleigh"),
    [("hot", 4.5, 3.0, 3.0), ("hot", 6.0, 4.0, 4.0), ("cold", 4.5, 4.0, 4.0), ("cold", 6.0, 5.0, 6.0)],
)  # fmt: skip
def test_the_smallest_resolved_rods_are_the_last_of_the_unbroken_row(
    kind, fwhm_mm, resolved, rayleigh
):
    analysis = plain(kind, fwhm_mm)

    assert value(analysis, f"smallest_resolved_{kind}_mm") == resolved
    assert value(analysis, f"smallest_rayleigh_{kind}_mm") == rayleigh


def test_a_gap_in_the_row_ends_it():
    """With 0.4 asked for, 4 mm has 0.45; 3 mm is out. With the 6 mm sector spoilt it ends at 7 mm."""
    image = expected("hot").copy()
    y, x = (
        (np.arange(n) - (n - 1) / 2.0) * side
        for n, side in zip(SHAPE[1:], VOXEL_MM[1:], strict=True)
    )
    angle = np.degrees(np.arctan2(y[:, None], x)) % 360.0
    sector = np.abs(angle - 180.0) < 29.0
    image[:, sector] = image[:, sector].mean(axis=1, keepdims=True)

    assert value(analyze(series(image)), "smallest_resolved_hot_mm") == 7.0


def test_the_uncertainty_of_the_smallest_is_that_of_a_step():
    analysis = plain("hot", 6.0)

    assert uncertainty(analysis, "smallest_resolved_hot_mm") == pytest.approx(1.0 / math.sqrt(12.0))


def test_nothing_finer_than_the_finest_rods_leaves_its_uncertainty_open():
    (found,) = [m for m in plain("hot").measurements if "resolved_hot" in m.metric]

    assert found.uncertainty is None


# Geometry --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["hot", "cold"])
@pytest.mark.parametrize(
    ("turn_deg", "shift_mm", "mirrored"),
    [(17.3, (2.0, -1.5), False), (100.5, (0.0, 3.0), True)],
)
def test_a_turned_shifted_or_mirrored_insert_is_found(kind, turn_deg, shift_mm, mirrored):
    straight = plain(kind)
    analysis = analyze(series(expected(kind, 4.5, turn_deg, shift_mm, mirrored)))

    for diameter in DIAMETERS:
        assert value(analysis, "rod_modulation", rod_mm=diameter) == pytest.approx(
            value(straight, "rod_modulation", rod_mm=diameter), abs=0.02
        )


def test_hot_and_cold_inserts_of_one_series_are_told_apart():
    both = series(np.concatenate([expected("cold"), expected("hot")]))
    analysis = analyze(both)

    assert value(analysis, "smallest_resolved_hot_mm") == 3.0
    assert value(analysis, "smallest_resolved_cold_mm") == 4.0
    assert precondition(analysis, "PC_SET").outcome is Outcome.MET
    first = {f.name: f.title for f in analysis.figures if f.name.startswith("rods")}
    # The hot one is in the upper half of 36 slices.
    assert int(first["rods_hot"].split("slices ")[1].split()[0]) > 18
    assert int(first["rods_cold"].split(" to ")[1].split()[0]) < 18


def test_hot_and_cold_inserts_of_two_series_are_one_result():
    analysis = analyze(series(expected("cold")), series(expected("hot")))

    assert {m.scope.get("insert") for m in analysis.measurements} == {"hot", "cold"}
    assert precondition(analysis, "PC_SET").outcome is Outcome.MET


@pytest.mark.parametrize("kind", ["hot", "cold"])
def test_one_insert_alone_is_measured_and_the_other_asked_for(kind):
    analysis = plain(kind)

    assert {m.scope.get("insert") for m in analysis.measurements} == {kind}
    missing = precondition(analysis, "PC_SET")
    assert (missing.outcome, missing.severity) == (Outcome.NOT_MET, Severity.SOFT)
    assert analysis.valid


def test_the_same_insert_twice_is_refused():
    with pytest.raises(UnsuitableAcquisitionError, match="2 series show an insert with hot rods"):
        analyze(series(expected("hot")), series(expected("hot")))


# Invariances -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "turned",
    [
        lambda v: 7.0 * v,
        lambda v: v[:, ::-1],
        lambda v: v[::-1],
        lambda v: np.rot90(v, axes=(1, 2)),
    ],
)
def test_scale_mirrors_and_quarter_turns_change_no_modulation(turned):
    plain = series(expected("hot"), seed=3)
    changed = with_values(plain, np.ascontiguousarray(turned(plain.values)))

    first, second = analyze(plain), analyze(changed)
    for diameter in DIAMETERS:
        # The fit ends within a tenth of a millimetre of the best place, not on it.
        assert value(second, "rod_modulation", rod_mm=diameter) == pytest.approx(
            value(first, "rod_modulation", rod_mm=diameter), abs=0.012
        )


def test_the_scale_of_each_slice_is_applied():
    plain = series(expected("hot"))
    slope = np.linspace(0.5, 2.0, SHAPE[0])
    stored = dataclasses.replace(plain, values=plain.values / slope[:, None, None], slope=slope)

    found, asked = (value(analyze(v), "rod_modulation", rod_mm=4.0) for v in (stored, plain))
    assert found == pytest.approx(asked, abs=1e-6)


# Noise -----------------------------------------------------------------------------------------


def test_the_contrast_to_noise_ratio_is_that_of_a_point_of_the_mean_slice():
    analysis = analyze(series(expected("hot"), seed=1, noise=200.0))
    (note,) = [n for n in analysis.notes if n.code == "INSERT_FOUND"]
    first, last = (
        int(w) for w in note.message.split("slices ")[1].split(" of series")[0].split(" to ")
    )
    peak, valley = in_closed_form(6.0, 4.5, True)

    # Between voxels a spline keeps most of the noise: 0.6 to 1 times that of a voxel.
    of_voxels = VALUE * (peak - valley) / (200.0 / math.sqrt(last - first + 1))
    assert of_voxels < value(analysis, "rod_cnr", rod_mm=6.0) < 1.7 * of_voxels


def test_noise_hides_rods_that_have_modulation():
    analysis = analyze(series(expected("hot", 6.0), seed=1, noise=900.0))

    assert value(analysis, "rod_cnr", rod_mm=4.0) < 3.0
    assert value(analysis, "smallest_resolved_hot_mm") > 4.0


def test_the_uncertainty_of_a_modulation_covers_its_spread():
    exact = expected("cold")
    found = [analyze(series(exact, seed=seed, noise=150.0)) for seed in range(6)]
    spread = np.std([value(each, "rod_modulation", rod_mm=5.0) for each in found], ddof=1)
    stated = np.mean([uncertainty(each, "rod_modulation", rod_mm=5.0) for each in found])

    # 6 draws tell a spread to 32 %; valleys that share a rod are not independent.
    assert 0.5 < stated / spread < 2.5


# Readings --------------------------------------------------------------------------------------


def test_the_reading_of_the_operator_stands_beside_what_is_computed():
    readings = {"read_hot_mm": ReadingValue(value=4.0)}
    analysis = analyze(series(expected("hot")), readings=readings)

    assert value(analysis, "smallest_read_hot_mm") == 4.0
    assert value(analysis, "smallest_resolved_hot_mm") == 3.0
    assert not [n for n in analysis.notes if n.code == "NOT_READ_BY_EYE"]


def test_what_decides_comes_before_the_sectors():
    """A page shows the first number large where nothing is judged."""
    metrics = [m.metric for m in plain("hot").measurements]

    assert metrics[0] == "smallest_resolved_hot_mm"
    assert metrics.index("rod_modulation") > metrics.index("smallest_rayleigh_hot_mm")


def test_without_a_reading_a_note_says_that_the_text_asks_for_it():
    (note,) = [n for n in plain("hot").notes if n.code == "NOT_READ_BY_EYE"]

    assert note.message.startswith("nobody has read the hot rods")


# Refused pictures ------------------------------------------------------------------------------


def uniform(length_mm=48.0):
    return CylinderPhantom(
        shape=SHAPE, voxel_mm=VOXEL_MM, diameter_mm=200.0, length_mm=length_mm, value=VALUE
    ).expected(4.5)


def test_a_uniform_cylinder_has_no_rods():
    with pytest.raises(UnsuitableAcquisitionError, match="shows no sectors of hot or cold rods"):
        analyze(series(uniform(), seed=1))


def test_rods_of_other_diameters_are_refused_or_not_resolved():
    """Twice as large ones do not fit the lattices of 3 to 8 mm."""
    with pytest.raises(UnsuitableAcquisitionError, match="shows no sectors"):
        analyze(series(expected("hot")), rod_diameters_mm=(13.0, 17.0, 19.0, 23.0, 26.0, 29.0))


def test_an_empty_volume_is_refused():
    with pytest.raises(UnsuitableAcquisitionError, match="the volume is empty"):
        analyze(series(np.zeros(SHAPE)))


def test_values_that_are_no_numbers_are_refused():
    values = expected("hot").copy()
    values[5, 80, 80] = np.nan

    with pytest.raises(UnsuitableAcquisitionError, match="values that are no numbers"):
        analyze(series(values))


def test_a_voxel_without_a_side_is_refused():
    with pytest.raises(UnsuitableAcquisitionError, match="a side of the voxel is 0 mm"):
        analyze(with_voxel(series(expected("hot")), (3.0, 0.0, 1.4)))


def test_a_point_source_is_no_phantom():
    values = np.zeros(SHAPE)
    values[10:13, 80:83, 80:83] = 1000.0

    with pytest.raises(UnsuitableAcquisitionError):
        analyze(series(values))


@pytest.mark.parametrize(("nuclide", "valid"), [("F-18", True), ("Ga-68", False), (None, True)])
def test_another_nuclide_voids_and_an_unknown_one_warns(nuclide, valid):
    analysis = analyze(dataclasses.replace(series(expected("hot")), nuclide=nuclide))

    assert analysis.valid is valid
    assert (precondition(analysis, "PC_NUCLIDE").outcome == "met") is (nuclide == "F-18")


def test_slices_of_another_scanner_void():
    analysis = analyze(dataclasses.replace(series(expected("hot")), modality="NM"))

    assert precondition(analysis, "PC_FRAMES", "modality").severity is Severity.HARD
    assert not analysis.valid


def test_pixels_that_are_not_square_void():
    analysis = analyze(with_voxel(series(expected("hot")), (3.0, 1.4, 1.47)))

    assert precondition(analysis, "PC_PIXEL").outcome == "not_met"


def test_saturated_voxels_void():
    stored = np.minimum(np.round(expected("hot") * 60.0), 32767).astype(np.int16)
    analysis = analyze(with_values(series(expected("hot")), stored))

    assert precondition(analysis, "PC_OVERFLOW").outcome == "not_met"


@pytest.mark.parametrize(("stated", "outcome"), [(1e5, "met"), (99_999.0, "not_met")])
def test_too_few_counts_by_a_person_void(stated, outcome):
    readings = {"counts_per_slice": ReadingValue(value=stated)}
    analysis = analyze(series(expected("hot"), units="BQML"), readings=readings)

    found = precondition(analysis, "PC_COUNTS")
    assert (found.outcome, found.severity) == (outcome, Severity.HARD)


def test_an_image_in_counts_tells_those_of_its_slices():
    """The fraction of the sectors that rods fill, times the value, over the field."""
    counts = precondition(plain("hot"), "PC_COUNTS")

    whole = sum(math.pi * (rod.diameter_mm / 2.0) ** 2 for rod in rods_of()) * VALUE / 1.4**2
    assert counts.value == pytest.approx(whole, rel=0.01)
    assert precondition(analyze(series(expected("hot"), units="BQML")), "PC_COUNTS").value is None


@pytest.mark.parametrize(
    ("dose", "outcome"),
    [(37e6, "met"), (36.9e6, "not_met"), (185.1e6, "not_met"), (None, "unknown")],
)
def test_an_activity_beside_the_text_warns(dose, outcome):
    header = {k: v for k, v in {**HEADER, "RadionuclideTotalDose": dose}.items() if v is not None}
    analysis = analyze(series(expected("hot"), header=MappingProxyType(header)))

    found = precondition(analysis, "PC_RATE")
    assert (found.outcome, found.severity) == (outcome, Severity.SOFT)


def test_a_matrix_smaller_than_the_text_warns():
    found = precondition(plain("hot"), "PC_MATRIX")

    assert (found.value, found.lower, found.severity) == (146.0, 256.0, Severity.SOFT)


def test_a_phantom_beside_the_middle_warns():
    moved = np.roll(expected("hot"), 9, axis=2)
    found = precondition(analyze(series(moved)), "PC_CENTRED", "axis")

    assert found.value == pytest.approx(9 * 1.4, abs=0.3)
    assert found.outcome is Outcome.NOT_MET


def test_rods_of_which_none_is_resolved_have_no_smallest_one():
    analysis = analyze(series(expected("hot")), resolved_modulation=0.9)
    blurred = analyze(series(expected("cold", 6.0)), resolved_modulation=0.9)

    assert value(analysis, "smallest_resolved_hot_mm") == 8.0
    assert not [m for m in blurred.measurements if m.metric == "smallest_resolved_cold_mm"]
    assert precondition(blurred, "PC_FRAMES", "resolved").outcome is Outcome.NOT_MET


def test_a_condition_of_one_insert_says_nothing_against_the_other():
    bad = dataclasses.replace(series(expected("cold")), nuclide="Ga-68")
    analysis = analyze(bad, series(expected("hot")))

    assert analysis.failed_for(Scope.of(insert="cold"))
    assert not analysis.failed_for(Scope.of(insert="hot", rod_mm=5.0))


@pytest.mark.parametrize(
    ("diameters", "message"),
    [
        ((3.0, 4.0), "has 2 values, needs 3 to 12"),
        ((3.0,) * 7, "has 7 values"),
        ((3.0, 4.0, 31.0), "holds 31 mm, needs 1 to 30 mm"),
        ((3.0, 4.0, 4.0), "holds a diameter twice"),
    ],
)
def test_impossible_rods_are_refused(diameters, message):
    with pytest.raises(ParameterError, match=message):
        ANALYZER.parameters(rod_diameters_mm=diameters)


# Figures and contract --------------------------------------------------------------------------


def test_the_figures_show_sectors_profiles_and_modulation():
    figures = {f.name: f for f in plain("hot").figures}

    labels = {overlay.label for overlay in figures["rods_hot"].overlays}
    assert {"outline", *(f"{d:g} mm" for d in DIAMETERS)} <= labels
    profile = figures["profiles_hot"].curves[0]
    assert (profile.label, profile.y.max()) == ("8 mm", pytest.approx(1.0, abs=0.05))
    assert len(figures["sectors"].rows) == 6


def test_the_contract_is_kept():
    examples = [
        Inputs(roles={"phantom": given}, variant="jjf")
        for given in (
            (series(expected("hot"), seed=1),),
            (series(expected("hot")), series(expected("cold"))),
        )
    ]

    assert check(ANALYZER, examples) == []

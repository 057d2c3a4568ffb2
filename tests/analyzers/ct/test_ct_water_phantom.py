"""Water phantom in CT: CT number, noise and uniformity in closed form; what is no water phantom is told."""

import dataclasses
import functools
import math
from typing import Any

import numpy as np
import pytest

from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import Inputs
from photopeak_analyzers.ct.ct_water_phantom import ANALYZER
from photopeak_analyzers.ct.round_outline import outline
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.simulation.water_phantom import WaterPhantom
from support.floods import notes, precondition, value
from support.volumes import uncertainty, with_voxel


def analyze(volume: Any, **parameters: Any) -> Any:
    inputs = Inputs(roles={"water": (volume,)}, variant="local")
    return ANALYZER.analyze(inputs, ANALYZER.parameters(**parameters))


@functools.cache
def water(
    seed: int | None = None, noise_hu: float = 0.0, grain_mm: float = 0.0, **phantom: Any
) -> Any:
    rng = None if seed is None else np.random.default_rng(seed)
    return WaterPhantom(**phantom).acquire(rng=rng, noise_hu=noise_hu, grain_mm=grain_mm)


def dithered(phantom: WaterPhantom) -> Any:
    """So much noise that rounding to whole HU averages out over the hundreds of pixels of a region."""
    return phantom.acquire(rng=np.random.default_rng(1), noise_hu=0.6)


def changed(volume: Any, change: Any) -> Any:
    values = volume.values.copy()
    change(values)
    return dataclasses.replace(volume, values=values)


# Closed-form answers -------------------------------------------------------------------------


@pytest.mark.parametrize("hu", [-3.0, 0.0, 7.0])
def test_the_ct_number_of_water_is_found(hu):
    analysis = analyze(water(hu=hu))

    assert analysis.valid
    assert value(analysis, "ct_number_water_hu") == pytest.approx(hu, abs=1e-9)
    assert value(analysis, "uniformity_hu") == pytest.approx(0.0, abs=1e-9)
    assert value(analysis, "diameter_mm") == pytest.approx(200.0, abs=0.4)


@pytest.mark.parametrize("diameter_mm", [170.0, 200.0, 240.0])
def test_cupping_is_the_uniformity_in_closed_form(diameter_mm):
    phantom = WaterPhantom(diameter_mm=diameter_mm, cupping_hu=20.0)
    analysis = analyze(dithered(phantom))
    radius = diameter_mm / 2.0
    small = radius / 10.0
    out = radius - 10.0 - small

    edge, centre = phantom.mean_hu((0.0, out), small), phantom.mean_hu((0.0, 0.0), small)
    assert value(analysis, "uniformity_hu") == pytest.approx(edge - centre, abs=0.15)
    assert value(analysis, "ct_number_centre_hu") == pytest.approx(centre, abs=0.15)
    wide = phantom.mean_hu((0.0, 0.0), radius * math.sqrt(0.1))
    assert value(analysis, "ct_number_water_hu") == pytest.approx(wide, abs=0.1)


def test_each_edge_is_named_and_the_farthest_makes_the_uniformity():
    phantom = WaterPhantom(tilt_hu=18.0)
    analysis = analyze(dithered(phantom))

    wanted = {"12 o'clock": (-80.0, 0.0), "3 o'clock": (0.0, 80.0), "6 o'clock": (80.0, 0.0), "9 o'clock": (0.0, -80.0)}  # fmt: skip
    for position, at in wanted.items():
        found = value(analysis, "ct_number_edge_hu", position=position)
        assert found == pytest.approx(phantom.mean_hu(at, 10.0), abs=0.15), position
    assert value(analysis, "uniformity_hu") == pytest.approx(18.0 * 80.0 / 190.0, abs=0.15)


@pytest.mark.parametrize("grain_mm", [0.0, 1.2])
def test_noise_is_the_standard_deviation_in_percent_of_1000_hu(grain_mm):
    analysis = analyze(water(seed=3, noise_hu=6.0, grain_mm=grain_mm))

    # 12 500 pixels: 0.6 %, with grain up to 3 %; rounding adds 1 / 12 to the variance.
    wanted = math.sqrt(36.0 + 1.0 / 12.0)
    assert value(analysis, "sd_hu") == pytest.approx(wanted, rel=0.03 if grain_mm else 0.015)
    assert value(analysis, "noise_pct") == pytest.approx(value(analysis, "sd_hu") / 10.0)
    # Slices of 5 mm are noisier than those of 10 mm by the root of two.
    assert value(analysis, "noise_10mm_pct") == pytest.approx(
        value(analysis, "noise_pct") / math.sqrt(2.0)
    )


def test_without_a_slice_thickness_there_is_no_noise_of_10_mm():
    volume = WaterPhantom().acquire(header={"SliceThickness": None})
    analysis = analyze(volume)

    assert not [m for m in analysis.measurements if m.metric == "noise_10mm_pct"]
    assert precondition(analysis, "PC_CORRECTION", "slice thickness").outcome == "unknown"


# Noise -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("grain_mm", [0.0, 1.2])
def test_the_uncertainties_are_the_spread(grain_mm):
    small = {"shape": (1, 128, 128), "voxel_mm": (5.0, 2.0, 2.0)}
    found = [analyze(water(seed, 8.0, grain_mm, **small)) for seed in range(60)]

    # 60 draws tell a spread to 9 %; the grain is known to some percent.
    for key in ("ct_number_water_hu", "uniformity_hu", "sd_hu"):
        spread = np.std([value(each, key) for each in found], ddof=1)
        stated = np.mean([uncertainty(each, key) for each in found])
        assert spread == pytest.approx(stated, rel=0.35), key


# Invariances -----------------------------------------------------------------------------------


@pytest.mark.parametrize("centre_mm", [(0.0, 0.0), (6.3, -4.9), (-9.4, 2.2)])
def test_the_phantom_may_lie_a_little_beside_the_middle(centre_mm):
    phantom = WaterPhantom(cupping_hu=20.0, centre_mm=centre_mm)
    analysis = analyze(phantom.acquire())

    assert analysis.valid
    assert value(analysis, "uniformity_hu") == pytest.approx(20.0 * (80.0 / 95.0) ** 2, abs=0.2)


def test_the_table_changes_nothing():
    with_table = analyze(water(cupping_hu=10.0, table_mm=25.0, table_hu=50.0))
    without = analyze(water(cupping_hu=10.0, table_mm=0.0))

    for key in ("ct_number_water_hu", "uniformity_hu", "diameter_mm"):
        assert value(with_table, key) == pytest.approx(value(without, key), abs=0.05), key
    assert with_table.valid


def test_a_turned_slice_turns_the_hours():
    volume = water(tilt_hu=12.0, table_mm=0.0)
    turned = dataclasses.replace(volume, values=np.rot90(volume.values, axes=(2, 1)))
    analysis = analyze(turned)

    # Clockwise by a quarter: what was at 3 o'clock is at 6.
    assert value(analysis, "ct_number_edge_hu", position="6 o'clock") == pytest.approx(
        value(analyze(volume), "ct_number_edge_hu", position="3 o'clock"), abs=0.05
    )


@pytest.mark.parametrize(("slope", "intercept"), [(1.0, -1024.0), (0.5, -1024.0), (2.0, 0.0)])
def test_the_intercept_is_applied(slope, intercept):
    volume = water(hu=4.0)
    stored = np.round((volume.values - 1024.0 - intercept) / slope).astype(np.int16)
    other = dataclasses.replace(
        volume, values=stored, slope=np.full(9, slope), intercept=np.full(9, intercept)
    )

    assert value(analyze(other), "ct_number_water_hu") == pytest.approx(4.0, abs=1e-9)


# Slices ----------------------------------------------------------------------------------------


def test_the_ends_of_the_phantom_and_the_empty_table_are_left_out():
    volume = water(shape=(41, 128, 128), voxel_mm=(5.0, 2.0, 2.0), length_mm=100.0, hu=3.0)
    analysis = analyze(volume)

    assert value(analysis, "slices") == 21.0
    assert notes(analysis, "MEASURED_SLICE")[0].values["slice"] == 21
    assert value(analysis, "ct_number_water_hu") == pytest.approx(3.0)


def test_a_section_with_inserts_is_left_out():
    volume = water(shape=(12, 128, 128), voxel_mm=(5.0, 2.0, 2.0), seed=2, noise_hu=4.0)

    def insert(values: Any) -> None:
        values[:5, 55:70, 60:75] += 300

    analysis = analyze(changed(volume, insert))
    assert value(analysis, "slices") == 7.0
    assert notes(analysis, "OTHER_SLICES")[0].values["slices"] == 5
    assert abs(value(analysis, "ct_number_water_hu")) < 0.5


def test_the_range_over_the_slices_is_told():
    volume = water(shape=(9, 128, 128), voxel_mm=(5.0, 2.0, 2.0))
    tilted = changed(volume, lambda values: np.add(values, np.arange(9)[:, None, None], out=values, casting="unsafe"))  # fmt: skip

    assert value(analyze(tilted), "ct_number_range_hu") == pytest.approx(8.0, abs=1e-6)


def test_a_single_slice_is_enough():
    analysis = analyze(water(shape=(1, 256, 256)))

    assert analysis.valid
    assert not [m for m in analysis.measurements if m.metric == "ct_number_range_hu"]


# Refused pictures ------------------------------------------------------------------------------


@pytest.mark.parametrize(("hu", "outcome"), [(50.0, "met"), (-50.0, "met"), (51.0, "not_met"), (120.0, "not_met"), (-90.0, "not_met")])  # fmt: skip
def test_what_is_no_water_voids(hu, outcome):
    analysis = analyze(water(hu=hu, wall_hu=hu))
    found = precondition(analysis, "PC_GEOMETRY", "CT number")

    assert (found.outcome, found.severity) == (outcome, "hard")


@pytest.mark.parametrize(("diameter_mm", "outcome"), [(150.0, "not_met"), (165.0, "met")])
def test_a_phantom_that_is_too_small_voids(diameter_mm, outcome):
    found = precondition(analyze(water(diameter_mm=diameter_mm)), "PC_GEOMETRY", "diameter")

    assert (found.outcome, found.severity, found.lower) == (outcome, "hard", 160.0)


@pytest.mark.parametrize(
    ("across_mm", "outcome", "severity"),
    [(9.0, "met", "soft"), (14.0, "not_met", "soft"), (45.0, "not_met", "hard")],
)
def test_a_phantom_far_from_the_middle_warns_and_voids(across_mm, outcome, severity):
    volume = water(centre_mm=(0.0, across_mm), shape=(3, 320, 320))
    found = precondition(analyze(volume), "PC_CENTRED")

    assert (found.outcome, found.severity) == (outcome, severity)
    assert found.value == pytest.approx(across_mm, abs=0.3)


def test_a_phantom_that_the_matrix_cuts_voids():
    analysis = analyze(water(centre_mm=(0.0, 35.0)))

    assert precondition(analysis, "PC_GEOMETRY", "was not measured").outcome == "not_met"
    assert precondition(analysis, "PC_GEOMETRY", "end of the field").outcome == "not_met"
    assert not analysis.valid


@pytest.mark.parametrize("filled", [-2000, -1024])
def test_a_phantom_that_the_round_field_of_view_cuts_voids(filled):
    volume = water(diameter_mm=240.0, shape=(3, 256, 256))
    row, column = np.indices((256, 256)) - 127.5
    beyond = np.hypot(row, column) > 110.0

    def cut(values: Any) -> None:
        values[:, beyond] = filled + 1024

    told = dataclasses.replace(
        changed(volume, cut), header={**volume.header, "ReconstructionDiameter": 220.0}
    )
    analysis = analyze(told)

    assert not analysis.valid
    assert precondition(analysis, "PC_GEOMETRY", "end of the field").outcome == "not_met"
    if filled < -1500:
        assert precondition(analysis, "PC_GEOMETRY", "was not measured").outcome == "not_met"


def test_what_is_not_round_voids():
    volume = water(table_mm=0.0)
    wide = with_voxel(volume, (5.0, 1.0, 1.0))
    row, column = np.indices((256, 256)) - 127.5
    oval = (row / 85.0) ** 2 + (column / 118.0) ** 2 <= 1.0
    values = np.where(oval, 1024, 24).astype(np.int16)[None].repeat(9, axis=0)
    analysis = analyze(dataclasses.replace(wide, values=values))

    found = precondition(analysis, "PC_GEOMETRY", "lies on a circle")
    assert (found.outcome, found.severity, found.lower) == ("not_met", "hard", 60.0)


def test_a_bubble_in_a_region_at_the_edge_voids():
    volume = water(seed=1, noise_hu=5.0)

    def bubble(values: Any) -> None:
        values[:, 40:46, 124:132] = 24

    analysis = analyze(changed(volume, bubble))
    found = precondition(analysis, "PC_GEOMETRY", "noise of a region")
    assert (found.outcome, found.severity) == ("not_met", "hard")
    assert precondition(analyze(volume), "PC_GEOMETRY", "noise of a region").outcome == "met"


def test_a_wall_thicker_than_the_regions_are_from_the_edge_is_told():
    found = precondition(
        analyze(water(seed=1, noise_hu=5.0, wall_mm=14.0)), "PC_GEOMETRY", "noise of a region"
    )

    assert (found.outcome, found.severity) == ("not_met", "hard")


@pytest.mark.parametrize(
    ("change", "code", "quantity"),
    [
        ({"modality": "PT"}, "PC_FRAMES", "kind"),
        ({"units": "US"}, "PC_CORRECTION", "unit"),
        ({"units": ""}, "PC_CORRECTION", "unit"),
    ],
)
def test_another_scanner_or_unit_voids(change, code, quantity):
    analysis = analyze(dataclasses.replace(water(), **change))

    assert precondition(analysis, code, quantity).outcome == "not_met"
    assert not analysis.valid


@pytest.mark.parametrize("keyword", ["KVP", "ConvolutionKernel", "SliceThickness"])
def test_what_results_are_compared_by_has_to_be_told(keyword):
    words = {"KVP": "voltage", "ConvolutionKernel": "kernel", "SliceThickness": "thickness"}
    analysis = analyze(WaterPhantom(shape=(1, 256, 256)).acquire(header={keyword: None}))

    found = precondition(analysis, "PC_CORRECTION", words[keyword])
    assert (found.outcome, found.severity) == ("unknown", "soft")


def test_oblong_pixels_void_and_coarse_ones_warn():
    found = precondition(analyze(with_voxel(water(), (5.0, 1.0, 1.05))), "PC_PIXEL", "difference")
    assert (found.outcome, found.severity) == ("not_met", "hard")
    coarse = water(shape=(3, 110, 110), voxel_mm=(5.0, 2.4, 2.4))
    assert precondition(analyze(coarse), "PC_PIXEL", "side of a pixel").outcome == "not_met"


@pytest.mark.parametrize(
    ("volume", "message"),
    [
        (lambda: changed(water(), lambda v: v.fill(24)), "the series shows air alone"),
        (lambda: water(diameter_mm=30.0, wall_mm=2.0), "no phantom stands out of air"),
        (lambda: with_voxel(water(), (5.0, 0.0, 1.0)), "a side of a pixel is 0 mm"),
        (lambda: dataclasses.replace(water(), slope=np.zeros(9)), "a slice is scaled by 0"),
        (lambda: dataclasses.replace(water(), values=np.full((3, 64, 64), np.nan), slope=np.ones(3), intercept=np.zeros(3)), "air alone"),
    ],
)  # fmt: skip
def test_what_shows_no_phantom_is_refused(volume, message):
    with pytest.raises(UnsuitableAcquisitionError, match=message):
        analyze(volume())


def test_values_that_are_no_numbers_are_refused():
    volume = water()
    values = volume.values.astype(np.float64)
    values[:, 3, 3] = np.nan
    with pytest.raises(
        UnsuitableAcquisitionError, match="slice 5 holds values that are no numbers"
    ):
        analyze(dataclasses.replace(volume, values=values))


def test_a_scale_that_no_scanner_has_is_refused():
    slope = np.full(len(water().values), 1e300)
    with pytest.raises(UnsuitableAcquisitionError, match=r"HU, needs at most 1e\+07: a scale"):
        analyze(dataclasses.replace(water(), slope=slope))


def test_regions_that_do_not_fit_are_refused():
    with pytest.raises(UnsuitableAcquisitionError, match="has no room for regions"):
        analyze(water(diameter_mm=170.0), edge_distance_mm=50.0, edge_diameter_percent=25.0)


# The outline -----------------------------------------------------------------------------------


@pytest.mark.parametrize("centre_mm", [(0.0, 0.0), (7.3, -3.8)])
@pytest.mark.parametrize("side", [0.5, 1.0])
def test_the_circle_is_found_to_a_tenth_of_a_pixel(centre_mm, side):
    size = round(256 / side)
    phantom = WaterPhantom(
        shape=(1, size, size), voxel_mm=(5.0, side, side), centre_mm=centre_mm, wall_hu=0.0
    )
    found = outline(phantom.expected()[0], (side, side))

    for at, mm in zip(found.centre, centre_mm, strict=True):
        assert (at - (size - 1) / 2.0) * side == pytest.approx(mm, abs=0.1 * side)
    assert found.radius_mm == pytest.approx(100.0, abs=0.1)
    # The table touches it below.
    assert 0.75 < found.agreeing <= 1.0
    assert found.cut == 0.0


# Contract --------------------------------------------------------------------------------------


def test_the_regions_are_drawn():
    figures = {f.name: f for f in analyze(water()).figures}

    assert set(figures) == {"slice", "slices", "regions"}
    labels = [o.label for o in figures["slice"].overlays]
    assert labels == ["phantom 200 mm", "CT number", "noise", "centre", "12 o'clock", "3 o'clock", "6 o'clock", "9 o'clock"]  # fmt: skip
    assert len(figures["regions"].rows) == 7


def test_the_contract_is_kept():
    examples = [
        Inputs(roles={"water": (water(seed=1, noise_hu=5.0),)}, variant="local"),
        Inputs(roles={"water": (water(shape=(1, 256, 256)),)}, variant="local"),
    ]

    assert check(ANALYZER, examples) == []

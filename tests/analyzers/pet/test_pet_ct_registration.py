"""Registration of PET and CT by markers (JJF draft 7.4): a known shift and turn come out as they are."""

import dataclasses
from typing import Any

import numpy as np
import pytest

from photopeak_analyzers.acquisition import Origin
from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import Inputs, ReadingValue
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.pet.pet_ct_registration import ANALYZER
from support.filled import cylinder
from support.floods import precondition, value
from support.markers import AT, ct, moved
from support.pet_markers import pet, turned
from support.volumes import uncertainty, with_voxel

READINGS = {
    "marker_counts": ReadingValue(value=6e5),
    "randoms_percent": ReadingValue(value=2.0),
}


def registration(
    nuclear: Any = None, dense: Any = None, given: Any = None, **parameters: Any
) -> Any:
    inputs = Inputs(
        roles={
            "pet": (pet() if nuclear is None else nuclear,),
            "ct": (ct() if dense is None else dense,),
        },
        readings=READINGS if given is None else given,
        variant="jjf",
    )
    return ANALYZER.analyze(inputs, ANALYZER.parameters(**parameters))


def distances(analysis: Any) -> list[float]:
    return [m.value for m in analysis.measurements if m.metric == "marker_distance_mm"]


# Closed-form answers -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "by", [(0.0, 0.0, 0.0), (1.0, -0.5, 1.5), (0.0, 4.0, 0.0), (-6.0, 3.0, 2.0)]
)
def test_a_shift_comes_out_along_each_axis(by):
    analysis = registration(dense=ct(moved(by)))

    # Voxels of 3 mm in PET and 1.6 x 2.5 mm in CT, cut at 5 %: a tenth of a millimetre.
    assert analysis.valid
    for key, wanted in zip(("dx_mm", "dy_mm", "dz_mm"), by, strict=True):
        assert value(analysis, key) == pytest.approx(-wanted, abs=0.1), key
    for each in distances(analysis):
        assert each == pytest.approx(np.linalg.norm(by), abs=0.25)
    assert value(analysis, "registration_max_mm") == max(distances(analysis))
    assert value(analysis, "rotation_deg") == pytest.approx(0.0, abs=0.2)


@pytest.mark.parametrize("degrees", [0.5, 2.0])
@pytest.mark.parametrize("by", [(0.0, 0.0, 0.0), (1.0, -2.0, 0.5)])
def test_a_turn_comes_out_with_a_shift_and_leaves_nothing_over(degrees, by):
    places = turned(degrees, by)
    analysis = registration(dense=ct(places))
    wanted = np.linalg.norm(np.array(AT) - np.array(places), axis=1)

    assert value(analysis, "rotation_deg") == pytest.approx(degrees, abs=0.15)
    assert value(analysis, "registration_max_mm") == pytest.approx(wanted.max(), abs=0.25)
    assert sorted(distances(analysis)) == pytest.approx(sorted(wanted), abs=0.25)
    # The turn is about the middle of the markers: it moves that by nothing.
    assert value(analysis, "dy_mm") == pytest.approx(-by[1], abs=0.1)
    assert value(analysis, "rigid_residual_mm") < 0.25


def test_the_farthest_marker_is_the_result_and_tells_that_it_moved():
    places = [list(place) for place in AT]
    places[2][0] += 6.0
    analysis = registration(dense=ct(places))

    assert value(analysis, "registration_max_mm") == pytest.approx(6.0, abs=0.25)
    found = precondition(analysis, "PC_GEOMETRY", "rigid motion leaves")
    assert (found.outcome, found.severity, found.upper) == ("not_met", "soft", 2.0)


def test_only_voxels_above_a_twentieth_of_the_maximum_count_and_each_by_its_value():
    # One voxel of 4 % beside a marker of two voxels, 1 and 0.5: centroid a third of the way between them.
    made = pet(AT[:3])
    values = np.zeros(made.values.shape)
    for z, y, x in ((10, 20, 20), (24, 40, 40), (36, 12, 44)):
        values[z, y, x - 1 : x + 3] = (0.0, 1.0, 0.5, 0.04)
        values[z + 1, y, x : x + 2] = (1e-9, 1e-9)
        values[z, y + 1, x : x + 2] = (0.3, 0.15)
        values[z, y - 1, x : x + 2] = (0.3, 0.15)
    nuclear = dataclasses.replace(made, values=values, slope=np.ones(48))
    index = np.array([[10, 20, 20 + 1 / 3], [24, 40, 40 + 1 / 3], [36, 12, 44 + 1 / 3]])
    places = index @ made.affine[:3, :3].T + made.affine[:3, 3]
    analysis = registration(nuclear, ct(places))

    assert value(analysis, "dx_mm") == pytest.approx(0.0, abs=0.05)
    assert value(analysis, "registration_max_mm") < 0.2


# Invariances -----------------------------------------------------------------------------------


def test_orientation_order_of_slices_and_scale_change_nothing():
    nuclear, dense = pet(), ct(moved((2.0, -3.0, 1.5)))
    turn = np.eye(4)
    turn[:3, :3] = [[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    turn[:3, 3] = [100.0, -250.0, 30.0]
    flip = np.eye(4)
    flip[0, 0], flip[0, 3] = -1.0, len(nuclear.values) - 1
    plain = registration(nuclear, dense)
    changed = registration(
        dataclasses.replace(
            nuclear,
            values=nuclear.values[::-1],
            slope=7.0 * nuclear.slope[::-1],
            affine=turn @ nuclear.affine @ flip,
        ),
        dataclasses.replace(dense, affine=turn @ dense.affine),
    )

    for key in ("registration_max_mm", "dz_mm", "rigid_residual_mm"):
        assert value(changed, key) == pytest.approx(value(plain, key), abs=1e-6), key
    assert value(changed, "dy_mm") == pytest.approx(value(plain, "dx_mm"), abs=1e-6)


# Noise -----------------------------------------------------------------------------------------


def test_the_noise_of_air_in_ct_does_not_draw_the_centroid():
    analysis = registration(dense=ct(moved((1.0, 1.0, 0.0)), noise=25.0))

    assert value(analysis, "registration_max_mm") == pytest.approx(2.0**0.5, abs=0.2)


@pytest.mark.parametrize("filtered_voxels", [0.0, 1.0])
def test_the_uncertainties_are_the_spread(filtered_voxels):
    dense = ct(moved((3.0, 0.0, 0.0)))
    found = [
        registration(pet(noise=150.0, filtered_voxels=filtered_voxels, seed=seed), dense)
        for seed in range(40)
    ]

    # 40 draws tell a spread to 11 %, and which voxels are above the level differs. Noise that is
    # spread over neighbours moves a centroid twice as far as that of independent voxels.
    assert all(each.valid for each in found)
    for key in ("dx_mm", "registration_max_mm", "rotation_deg"):
        spread = np.std([value(each, key) for each in found], ddof=1)
        stated = np.mean([uncertainty(each, key) for each in found])
        assert spread == pytest.approx(stated, rel=0.45), key


# Refused pictures ------------------------------------------------------------------------------


def test_another_frame_of_reference_is_no_number_at_all():
    dense = dataclasses.replace(ct(), origin=Origin(frame_of_reference_uid="1.2.4"))
    with pytest.raises(
        UnsuitableAcquisitionError, match=r"frame of reference 1\.2\.4, needs that of PET, 1"
    ):
        registration(dense=dense)


def test_a_header_without_frame_of_reference_warns():
    analysis = registration(dense=dataclasses.replace(ct(), origin=Origin()))

    found = precondition(analysis, "PC_GEOMETRY", "frame")
    assert (found.outcome, found.severity) == ("unknown", "soft")
    assert analysis.valid


def test_noise_above_a_twentieth_of_a_marker_voids():
    analysis = registration(pet(noise=600.0))

    assert precondition(analysis, "PC_GEOMETRY", "above 5 %").outcome == "not_met"
    assert not analysis.valid


def test_two_markers_are_too_few_and_tell_no_turn():
    analysis = registration(pet(AT[:2]), ct(AT[:2]))

    found = precondition(analysis, "PC_FRAMES", "markers")
    assert (found.outcome, found.value, found.lower) == ("not_met", 2.0, 3.0)
    assert not analysis.valid
    assert not [m for m in analysis.measurements if m.metric == "rotation_deg"]


def test_markers_on_a_line_tell_no_turn():
    line = ((0.0, 0.0, -40.0), (0.0, 0.0, 0.0), (0.0, 0.0, 40.0))
    analysis = registration(pet(line), ct(line))

    assert analysis.valid
    assert not [m for m in analysis.measurements if m.metric == "rotation_deg"]


def test_a_marker_that_is_missing_in_ct_is_refused():
    with pytest.raises(
        UnsuitableAcquisitionError, match=r"has -9\d\d HU, needs more than -9\d\d HU"
    ):
        registration(dense=ct(AT[:3], noise=12.0))


def test_a_neighbour_in_the_box_of_a_marker_voids():
    # 19 mm from a marker, and too faint to be one itself.
    near = (*AT, (AT[0][0] + 19.0, AT[0][1], AT[0][2]))
    analysis = registration(pet(near, heights=[20_000.0] * 4 + [3500.0]))

    found = precondition(analysis, "PC_GEOMETRY", "above 5 %")
    assert (found.outcome, found.severity) == ("not_met", "hard")
    assert found.value > 2.0 * found.upper
    assert not analysis.valid


def test_two_markers_that_touch_are_no_point():
    near = (*AT, (AT[0][0] + 18.0, AT[0][1], AT[0][2]))
    with pytest.raises(UnsuitableAcquisitionError, match="it is no point source"):
        registration(pet(near))


def test_a_table_beside_a_marker_voids():
    dense = ct()
    values = dense.values.copy()
    # 8 mm above the marker at y = 50 mm, a plate 6 mm thick of water.
    values[:, 100:104] = 1000
    found = precondition(
        registration(dense=dataclasses.replace(dense, values=values)), "PC_GEOMETRY", "dense in CT"
    )

    assert (found.outcome, found.severity, found.unit) == ("not_met", "hard", "%")


@pytest.mark.parametrize("how", ["border", "padding"])
def test_a_marker_that_the_field_of_view_of_ct_cuts_voids(how):
    dense = ct()
    values, affine = dense.values.copy(), dense.affine.copy()
    # Column 94 and 95 lie through the middle of the marker at x = 50 - 20 mm.
    column = 82
    if how == "padding":
        values[:, :, column:] = -1000
    else:
        values = values[:, :, :column]
    cut = dataclasses.replace(dense, values=values, affine=affine)
    found = precondition(registration(dense=cut), "PC_GEOMETRY", "at the end of CT")

    assert (found.outcome, found.severity, found.upper) == ("not_met", "hard", 1.0)


def test_a_marker_that_the_slices_of_pet_cut_voids():
    nuclear = pet()
    # The lowest marker is at z = -40 mm, slice 10.
    short = dataclasses.replace(nuclear, values=nuclear.values[10:], slope=nuclear.slope[10:],
                                intercept=nuclear.intercept[10:], affine=_from(nuclear, 10))  # fmt: skip
    found = precondition(registration(short), "PC_GEOMETRY", "at the end of PET")

    assert (found.outcome, found.severity) == ("not_met", "hard")


def _from(volume: Any, first: int) -> Any:
    affine = volume.affine.copy()
    affine[:3, 3] += first * affine[:3, 0]
    return affine


def test_a_ct_that_does_not_reach_a_marker_is_refused():
    dense = ct()
    elsewhere = dense.affine.copy()
    elsewhere[:3, 3] += 1000.0
    with pytest.raises(UnsuitableAcquisitionError, match="outside of the CT"):
        registration(dense=dataclasses.replace(dense, affine=elsewhere))


@pytest.mark.parametrize(("hu", "outcome", "severity"), [(1500.0, "met", "soft"), (300.0, "not_met", "soft"), (-700.0, "not_met", "hard")])  # fmt: skip
def test_contrast_agent_below_500_hu_warns_and_none_voids(hu, outcome, severity):
    found = precondition(registration(dense=ct(hu=hu)), "PC_GEOMETRY", "faintest")

    assert (found.outcome, found.severity) == (outcome, severity)


@pytest.mark.parametrize(
    ("about_hu", "outcome"), [(-1000, "met"), (-850, "met"), (-700, "not_met")]
)
def test_markers_in_something_denser_than_air_warn(about_hu, outcome):
    dense = ct()
    values = np.maximum(dense.values, about_hu + 1000).astype(np.int16)
    analysis = registration(dense=dataclasses.replace(dense, values=values))

    found = precondition(analysis, "PC_GEOMETRY", "about a marker")
    assert (found.outcome, found.severity) == (outcome, "soft")
    assert value(analysis, "registration_max_mm") < 0.2


def test_contrast_agent_that_ct_clips_warns():
    found = precondition(registration(dense=ct(hu=4500.0)), "PC_OVERFLOW", "densest")

    assert (found.outcome, found.severity, found.upper) == ("not_met", "soft", 3000.0)


def test_a_marker_that_pet_clips_voids():
    nuclear = pet()
    clipped = np.minimum(nuclear.values.astype(np.int32) * 3, 32767).astype(np.int16)
    found = precondition(
        registration(dataclasses.replace(nuclear, values=clipped)), "PC_OVERFLOW", "stored"
    )

    assert (found.outcome, found.severity) == ("not_met", "hard")
    assert precondition(registration(nuclear), "PC_OVERFLOW", "stored").outcome == "met"


@pytest.mark.parametrize(
    ("reading", "number", "outcome"),
    [
        ("marker_counts", 5e5, "met"),
        ("marker_counts", 4.9e5, "not_met"),
        ("marker_counts", None, "unknown"),
        ("randoms_percent", 5.0, "met"),
        ("randoms_percent", 5.1, "not_met"),
        ("randoms_percent", None, "unknown"),
    ],
)
def test_counts_and_randoms_are_asked_for(reading, number, outcome):
    given = {k: v for k, v in READINGS.items() if k != reading}
    if number is not None:
        given[reading] = ReadingValue(value=number)
    code = {"marker_counts": "PC_COUNTS", "randoms_percent": "PC_RATE"}[reading]
    word = {"marker_counts": "counts of", "randoms_percent": "random"}[reading]
    found = precondition(registration(given=given), code, word)

    assert (found.outcome, found.severity) == (outcome, "soft")


@pytest.mark.parametrize(("nuclide", "valid"), [("F-18", True), ("Ga-68", False), (None, False)])
def test_the_nuclide_is_f18(nuclide, valid):
    analysis = registration(dataclasses.replace(pet(), nuclide=nuclide))

    assert (precondition(analysis, "PC_NUCLIDE").outcome == "met") is valid
    assert analysis.valid is valid


@pytest.mark.parametrize(
    ("delayed", "kind", "outcome", "percent"),
    [
        (40_000.0, "DLYD", "met", 4.0),
        (60_000.0, "DLYD", "not_met", 6.0),
        (60_000.0, "SCAT", "unknown", None),
    ],
)
def test_the_header_tells_the_randoms_where_nobody_does(delayed, kind, outcome, percent):
    header = {
        "PrimaryPromptsCountsAccumulated": 1e6,
        "SecondaryCountsAccumulated": delayed,
        "SecondaryCountsType": kind,
    }
    analysis = registration(dataclasses.replace(pet(), header=header), given={})

    found = precondition(analysis, "PC_RATE", "random")
    assert (found.outcome, found.value) == (outcome, percent)


def test_volumes_in_each_others_place_void():
    swapped = registration(dataclasses.replace(pet(), modality="CT"))

    assert precondition(swapped, "PC_FRAMES", "given as pet").outcome == "not_met"
    assert not swapped.valid


def test_oblong_pixels_void_and_thick_slices_warn():
    assert not registration(with_voxel(pet(), (3.0, 3.1, 3.0))).valid
    found = precondition(registration(largest_pixel_mm=2.0), "PC_PIXEL", "voxel of PET")
    assert (found.outcome, found.severity) == ("not_met", "soft")


@pytest.mark.parametrize(
    ("nuclear", "message"),
    [
        (lambda: cylinder(modality="PT", nuclide="F-18"), "no point source"),
        (lambda: dataclasses.replace(pet(), values=np.zeros((48, 64, 64), np.int16)), "is empty"),
        (lambda: with_voxel(pet(), (0.0, 3.0, 3.0)), "a side of the voxel is 0 mm"),
        (lambda: pet(heights=[1.0] * 4, noise=100.0), "no point source"),
    ],
)  # fmt: skip
def test_what_shows_no_markers_is_refused(nuclear, message):
    with pytest.raises(UnsuitableAcquisitionError, match=message):
        registration(nuclear())


# Contract --------------------------------------------------------------------------------------


def test_both_images_are_drawn_with_their_centroids():
    figures = {f.name: f for f in registration(dense=ct(moved((4.0, 0.0, 0.0)))).figures}

    assert set(figures) == {"markers", "fused", "displacements"}
    assert len(figures["markers"].overlays) == 8
    # Below the highest of CT lies in the middle of its square, above that of PET 4 mm beside it.
    side = figures["fused"].image.shape[0] // 2
    tile = figures["fused"].image[:, :side]
    above, below = (np.argwhere(half > 0.999).mean(axis=0) for half in (tile[:side], tile[side:]))
    assert (below[1] - above[1]) * 0.5 == pytest.approx(4.0, abs=1.5)
    assert len(figures["displacements"].rows) == 4


def test_the_contract_is_kept():
    examples = [
        Inputs(roles={"pet": (pet(noise=100.0),), "ct": (ct(noise=12.0),)}, variant="jjf"),
        Inputs(roles={"pet": (pet(),), "ct": (ct(),)}, readings=READINGS, variant="jjf"),
    ]

    assert check(ANALYZER, examples) == []

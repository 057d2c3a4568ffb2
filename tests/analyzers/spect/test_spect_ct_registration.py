"""Markers in SPECT and CT: centroids in the coordinates of the patient, and their distances."""

import dataclasses
from typing import Any

import numpy as np
import pytest

from photopeak_analyzers.acquisition import Origin
from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import Inputs
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.simulation.reconstructed_sources import SourcesInAir, three_lines
from photopeak_analyzers.spect.spect_ct_registration import ANALYZER
from support.filled import cylinder
from support.floods import precondition, value
from support.markers import AT, ct, moved, spect
from support.volumes import uncertainty, with_values, with_voxel


def registration(nuclear: Any = None, dense: Any = None, **parameters: Any) -> Any:
    inputs = Inputs(
        roles={
            "spect": (spect() if nuclear is None else nuclear,),
            "ct": (ct() if dense is None else dense,),
        },
        variant="local",
    )
    return ANALYZER.analyze(inputs, ANALYZER.parameters(**parameters))


# Closed-form answers -------------------------------------------------------------------------


@pytest.mark.parametrize("by", [(0.0, 0.0, 0.0), (2.0, -3.0, 1.5), (0.0, 6.0, 0.0)])
def test_a_shift_of_ct_is_found_along_each_axis(by):
    analysis = registration(dense=ct(moved(by)))

    # CT in voxels of 1.6 x 2.5 mm, centroids cut at 5 %: a tenth of a millimetre.
    assert analysis.valid
    for key, wanted in zip(("dx_mm", "dy_mm", "dz_mm"), by, strict=True):
        assert value(analysis, key) == pytest.approx(-wanted, abs=0.15), key
    assert value(analysis, "registration_max_mm") == pytest.approx(np.linalg.norm(by), abs=0.3)
    assert value(analysis, "registration_mean_mm") == pytest.approx(np.linalg.norm(by), abs=0.25)


def test_the_farthest_marker_makes_the_result():
    places = [list(place) for place in AT]
    places[2][0] += 5.0
    analysis = registration(dense=ct(places))

    distances = [m.value for m in analysis.measurements if m.metric == "marker_distance_mm"]
    assert value(analysis, "registration_max_mm") == pytest.approx(5.0, abs=0.3)
    assert value(analysis, "registration_max_mm") == max(distances)
    assert sorted(distances)[-2] < 0.3
    assert value(analysis, "dx_mm") == pytest.approx(-5.0 / 4.0, abs=0.1)


def test_the_noise_of_air_does_not_draw_the_centroid():
    analysis = registration(dense=ct(moved((2.0, 2.0, 0.0)), noise=12.0))

    assert value(analysis, "registration_max_mm") == pytest.approx(8.0**0.5, abs=0.15)


@pytest.mark.parametrize("by", [(2.0, 2.0, 0.0), (0.7, -0.9, 1.1)])
def test_much_noise_of_air_adds_no_more_than_its_uncertainty(by):
    analysis = registration(dense=ct(moved(by), noise=30.0))

    # Markers of 3 mm between voxels of 1.6 x 2.5 mm: a tenth of a millimetre, and the noise of CT.
    for key, wanted in zip(("dx_mm", "dy_mm", "dz_mm"), by, strict=True):
        assert value(analysis, key) == pytest.approx(-wanted, abs=0.1), key


# Invariances -----------------------------------------------------------------------------------


def test_both_volumes_may_lie_anywhere_in_any_orientation():
    turn = np.eye(4)
    turn[:3, :3] = [[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    turn[:3, 3] = [100.0, -250.0, 30.0]
    dense = ct(moved((2.0, -3.0, 1.5)))
    plain = registration(dense=dense)
    nuclear = spect()
    changed = registration(
        dataclasses.replace(nuclear, affine=turn @ nuclear.affine),
        dataclasses.replace(dense, affine=turn @ dense.affine),
    )

    assert value(changed, "registration_max_mm") == pytest.approx(
        value(plain, "registration_max_mm")
    )
    assert value(changed, "dy_mm") == pytest.approx(value(plain, "dx_mm"))


def test_the_order_of_the_slices_and_the_scale_of_the_values_change_nothing():
    nuclear, dense = spect(), ct(moved((1.0, 1.0, 1.0)))
    flip = np.eye(4)
    flip[0, 0], flip[0, 3] = -1.0, len(nuclear.values) - 1
    turned = with_values(nuclear, 7.0 * nuclear.values[::-1], affine=nuclear.affine @ flip)

    assert value(registration(turned, dense), "registration_max_mm") == pytest.approx(
        value(registration(nuclear, dense), "registration_max_mm")
    )


# Noise -----------------------------------------------------------------------------------------


def counted(seed: int, height: float) -> Any:
    made = spect(height=height)
    return with_values(made, np.random.default_rng(seed).poisson(made.values).astype(np.uint16))


@pytest.mark.parametrize("height", [20.0, 200.0])
def test_the_uncertainties_are_the_spread_though_nothing_lies_beside_the_markers(height):
    dense = ct(moved((3.0, 0.0, 0.0)))
    found = [registration(counted(seed, height), dense) for seed in range(60)]

    # 60 draws tell a spread to 9 %, and which voxels are above the level differs.
    for key in ("dx_mm", "registration_mean_mm"):
        spread = np.std([value(each, key) for each in found], ddof=1)
        stated = np.mean([uncertainty(each, key) for each in found])
        assert spread == pytest.approx(stated, rel=0.3), key


def test_the_noise_of_ct_is_in_the_uncertainty():
    nuclear = spect(height=1e6)
    found = [registration(nuclear, ct(noise=40.0, seed=seed, hu=300.0)) for seed in range(24)]

    # 24 draws tell a spread to 15 %; which voxels are clear of the noise differs.
    spread = np.std([value(each, "dx_mm") for each in found], ddof=1)
    assert spread == pytest.approx(np.mean([uncertainty(e, "dx_mm") for e in found]), rel=0.5)


def test_without_counts_and_without_noise_beside_the_markers_no_uncertainty_is_stated():
    analysis = registration(dataclasses.replace(spect(), units="BQML"))

    assert {m.uncertainty for m in analysis.measurements} == {None}


@pytest.mark.parametrize(("height", "outcome"), [(200.0, "met"), (0.4, "not_met")])
def test_too_few_counts_to_tell_a_distance_warn(height, outcome):
    found = precondition(registration(counted(1, height)), "PC_COUNTS")

    assert (found.outcome, found.severity, found.upper) == (outcome, "soft", 1.0)


# Refused pictures ------------------------------------------------------------------------------


def test_two_markers_are_too_few():
    analysis = registration(spect(AT[:2]), ct(AT[:2]))

    found = precondition(analysis, "PC_FRAMES", "markers")
    assert (found.outcome, found.value, found.lower) == ("not_met", 2.0, 3.0)
    assert not analysis.valid


@pytest.mark.parametrize(
    ("uid", "outcome", "valid"),
    [("1.2.3", "met", True), ("1.2.4", "not_met", False), ("", "unknown", True)],
)
def test_both_have_to_be_in_one_frame_of_reference(uid, outcome, valid):
    dense = dataclasses.replace(ct(), origin=Origin(frame_of_reference_uid=uid))
    analysis = registration(dense=dense)

    assert precondition(analysis, "PC_GEOMETRY", "frame").outcome == outcome
    assert analysis.valid is valid


def test_a_ct_without_the_markers_is_refused():
    with pytest.raises(
        UnsuitableAcquisitionError, match=r"has -9\d\d HU, needs more than -9\d\d HU"
    ):
        registration(dense=ct(places=(), noise=12.0))


def test_faint_markers_void():
    analysis = registration(dense=ct(hu=-700.0))

    assert precondition(analysis, "PC_GEOMETRY", "density").outcome == "not_met"
    assert not analysis.valid


def test_a_table_beside_a_marker_voids():
    dense = ct()
    values = dense.values.copy()
    # 8 mm above the marker at y = 50 mm, a plate 6 mm thick of water.
    values[:, 100:104] = 1000
    found = precondition(
        registration(dense=dataclasses.replace(dense, values=values)), "PC_GEOMETRY", "share"
    )

    assert (found.outcome, found.severity, found.unit) == ("not_met", "hard", "%")
    assert found.value > 30.0


def test_two_markers_on_the_same_one_of_ct_void():
    near = ((0.0, 0.0, -40.0), (0.0, 28.0, -40.0), (-40.0, -30.0, 50.0), (10.0, -60.0, -20.0))
    dense = ct(((0.0, 14.0, -40.0), *near[2:]))
    found = precondition(registration(spect(near), dense), "PC_GEOMETRY", "smallest distance")

    assert (found.outcome, found.severity, found.lower) == ("not_met", "hard", 12.0)


@pytest.mark.parametrize("what", [np.nan, np.inf])
def test_a_ct_with_values_that_are_no_numbers_is_refused(what):
    dense = ct()
    values = dense.values.astype(np.float64)
    values[:, 64, 64] = what
    with pytest.raises(UnsuitableAcquisitionError, match="no numbers near a marker"):
        registration(dense=dataclasses.replace(dense, values=values))


def test_a_ct_in_flat_or_oblique_voxels_is_refused():
    flat, oblique = ct().affine.copy(), ct().affine.copy()
    flat[:3, 0] = 0.0
    oblique[:3, 0] = oblique[:3, 1]
    with pytest.raises(UnsuitableAcquisitionError, match="a side of the voxel of CT is 0 mm"):
        registration(dense=dataclasses.replace(ct(), affine=flat))
    with pytest.raises(UnsuitableAcquisitionError, match="right angles"):
        registration(dense=dataclasses.replace(ct(), affine=oblique))


def test_a_ct_of_nothing_at_all_and_one_of_another_place_are_refused():
    empty = ct(places=())
    with pytest.raises(UnsuitableAcquisitionError, match="to stand out of its surroundings"):
        registration(dense=empty)
    elsewhere = ct().affine.copy()
    elsewhere[:3, 3] += 1000.0
    with pytest.raises(UnsuitableAcquisitionError, match="outside of the CT"):
        registration(dense=dataclasses.replace(ct(), affine=elsewhere))


def test_lines_a_cylinder_and_an_empty_volume_are_refused():
    with pytest.raises(UnsuitableAcquisitionError, match="the volume shows lines"):
        registration(SourcesInAir(sources=three_lines()).acquire())
    with pytest.raises(UnsuitableAcquisitionError, match="needs a point or a line"):
        registration(cylinder())
    with pytest.raises(UnsuitableAcquisitionError, match="the volume is empty"):
        registration(with_values(spect(), np.zeros((48, 64, 64))))


def test_volumes_in_each_others_place_void():
    swapped = registration(dataclasses.replace(spect(), modality="CT"))

    assert precondition(swapped, "PC_FRAMES", "given as spect").outcome == "not_met"
    assert not swapped.valid


def test_oblong_pixels_void_and_coarse_ones_warn():
    assert not registration(with_voxel(spect(), (4.0, 4.1, 4.0))).valid
    found = precondition(registration(largest_pixel_mm=3.0), "PC_PIXEL", "side of a pixel")
    assert (found.outcome, found.severity) == ("not_met", "soft")


# Contract --------------------------------------------------------------------------------------


def test_the_contract_is_kept():
    examples = [Inputs(roles={"spect": (spect(seed=1),), "ct": (ct(noise=12.0),)}, variant="local")]

    assert check(ANALYZER, examples) == []

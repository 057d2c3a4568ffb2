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

    assert value(analysis, "registration_max_mm") == pytest.approx(8.0**0.5, abs=0.4)


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


def test_the_uncertainties_are_the_spread():
    dense = ct(moved((3.0, 0.0, 0.0)))
    found = [registration(spect(seed=seed, height=60.0), dense) for seed in range(40)]

    # 40 draws tell a spread to 11 %, and which voxels are above the level differs: half as much again.
    for key in ("dx_mm", "registration_mean_mm"):
        spread = np.std([value(each, key) for each in found], ddof=1)
        stated = np.mean([uncertainty(each, key) for each in found])
        assert stated / 1.6 < spread < 1.6 * stated, (key, spread, stated)


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


def test_a_ct_without_the_markers_voids():
    analysis = registration(dense=ct(places=(), noise=12.0))

    assert precondition(analysis, "PC_GEOMETRY", "density").outcome == "not_met"
    assert not analysis.valid


def test_a_ct_of_nothing_at_all_and_one_of_another_place_are_refused():
    empty = ct(places=())
    with pytest.raises(UnsuitableAcquisitionError, match="nothing denser than air"):
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

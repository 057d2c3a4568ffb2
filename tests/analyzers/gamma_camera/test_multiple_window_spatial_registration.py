"""Registration of windows by NEMA NU 1-2007 2.5 (GB/T 18989-2013 E.5) and IEC 60789 (3.5)."""

import dataclasses
from types import MappingProxyType

import numpy as np
import pytest

from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import Inputs
from photopeak_analyzers.gamma_camera.multiple_window_spatial_registration import ANALYZER
from photopeak_analyzers.simulation.planar import Matrix
from photopeak_analyzers.simulation.windows import (
    MisregisteredCamera,
    iec_places,
)
from support.floods import notes, value
from support.window_points import (
    FIELD,
    FIVE,
    PLACES,
    SHIFTED,
    analyze,
    images,
    noisy,
    unmet,
    without,
)


def measurement(analysis, metric):
    (found,) = [m for m in analysis.measurements if m.metric == metric]
    return found


# --- closed form ------------------------------------------------------------------------------------


def test_nema_takes_the_largest_of_all_pairs_along_each_axis():
    """(E.4), all i and j: along X the windows at 184 and 300 keV are farthest apart."""
    analysis = analyze(images())

    assert value(analysis, "mwsr_x") == pytest.approx(0.9, abs=1e-3)
    assert value(analysis, "mwsr_y") == pytest.approx(0.3, abs=1e-3)
    assert value(analysis, "mwsr_max") == pytest.approx(0.9, abs=1e-3)
    assert value(analysis, "places") == 9
    assert analysis.valid
    assert not unmet(analysis)


def test_iec_compares_with_the_window_at_93_kev_alone():
    """3.5.3.2, 3.5.3.3: the same camera, and 0.5 mm is the largest of the 20 displacements."""
    analysis = analyze(images(places=FIVE), "iec", intrinsic_fwhm_mm=24.0)

    assert value(analysis, "mw_registration") == pytest.approx(0.5, abs=1e-3)
    assert {m.metric for m in analysis.measurements}.isdisjoint({"mwsr_x", "mwsr_y", "mwsr_max"})
    assert not unmet(analysis)


@pytest.mark.parametrize(("variant", "share"), [("nema", 0.8), ("iec", 0.75)])
def test_a_magnification_counts_where_the_source_is_farthest_from_the_middle(variant, share):
    """0.4 % of 0.8 (0.75) of 270 mm along X."""
    camera = MisregisteredCamera(magnification={3: 1.004})
    analysis = analyze(images(camera, places=PLACES[variant]), variant, intrinsic_fwhm_mm=24.0)
    metric = "mwsr_x" if variant == "nema" else "mw_registration"

    assert value(analysis, metric) == pytest.approx(0.004 * share * 270.0, abs=2e-3)


def test_millimetres_are_those_of_the_stated_calibration():
    """E.1.4: the factor that a slit mask gave goes before the header."""
    analysis = analyze(images(), pixel_spacing_mm=2.3, ufov_width_mm=517.5, ufov_height_mm=373.75)

    assert value(analysis, "mwsr_x") == pytest.approx(0.9 * 2.3 / 2.4, abs=1e-3)
    assert value(analysis, "mm_per_pixel") == pytest.approx(2.3)


def test_perfect_windows_have_no_displacement():
    analysis = analyze(images(MisregisteredCamera()))

    assert value(analysis, "mwsr_max") == pytest.approx(0.0, abs=1e-6)


def test_iec_takes_five_pixels_at_least_and_as_many_as_the_point_has():
    """(15), 3.5.3.1 a: five pixels of a tenth of the width would hold half of the point."""
    matrix = Matrix(rows=512, columns=512, pixel_mm=0.4)
    camera = MisregisteredCamera(
        matrix=matrix, shift_mm={3: (0.0, 0.7)}, fwhm_mm=4.0, counts=(4e5, 4e5, 4e5)
    )
    fine = analyze(
        images(camera, places=iec_places((180.0, 180.0))),
        "iec",
        intrinsic_fwhm_mm=4.0,
        ufov_width_mm=180.0,
        ufov_height_mm=180.0,
    )
    coarse = analyze(images(places=FIVE), "iec")

    assert value(fine, "mw_registration") == pytest.approx(0.7, abs=2e-3)
    assert notes(fine, "CENTROID_SQUARES")[0].values == {"smallest": 41, "largest": 41}
    assert notes(coarse, "CENTROID_SQUARES")[0].values == {"smallest": 11, "largest": 11}
    assert not unmet(fine)


# --- invariances ------------------------------------------------------------------------------------


def test_the_order_of_the_series_is_of_no_account():
    given, turned = analyze(images()), analyze(images()[::-1])

    assert value(given, "mwsr_x") == pytest.approx(value(turned, "mwsr_x"), abs=1e-12)


def test_one_object_per_window_is_the_same_as_one_per_place():
    singles = [
        without(without(each, a), b) for each in images() for a, b in ((2, 1), (2, 0), (1, 0))
    ]
    analysis = analyze(singles)

    assert value(analysis, "mwsr_x") == pytest.approx(0.9, abs=1e-3)
    assert value(analysis, "places") == 9


def test_all_places_may_be_frames_of_one_object():
    first = images()[0]
    joined = dataclasses.replace(
        first,
        counts=np.concatenate([each.counts for each in images()]),
        frames=tuple(frame for each in images() for frame in each.frames),
    )

    assert value(analyze([joined]), "mwsr_x") == pytest.approx(0.9, abs=1e-3)


def test_a_mirror_image_has_the_same_displacements():
    mirrored = [dataclasses.replace(e, counts=e.counts[:, ::-1, ::-1]) for e in images()]
    analysis = analyze(mirrored)

    assert value(analysis, "mwsr_x") == pytest.approx(0.9, abs=1e-3)
    assert value(analysis, "mwsr_y") == pytest.approx(0.3, abs=1e-3)


def test_a_quarter_turn_exchanges_the_axes():
    turned = [dataclasses.replace(e, counts=e.counts.swapaxes(1, 2)) for e in images()]
    analysis = analyze(turned, ufov_width_mm=390.0, ufov_height_mm=540.0)

    assert value(analysis, "mwsr_x") == pytest.approx(0.3, abs=1e-3)
    assert value(analysis, "mwsr_y") == pytest.approx(0.9, abs=1e-3)
    assert analysis.valid


def test_twice_the_counts_leave_the_numbers_and_shrink_the_uncertainty():
    doubled = [dataclasses.replace(e, counts=e.counts * 2.0) for e in images()]
    once, twice = (measurement(analyze(each), "mwsr_x") for each in (images(), doubled))

    assert twice.value == pytest.approx(once.value, abs=1e-9)
    assert twice.uncertainty == pytest.approx(once.uncertainty / np.sqrt(2.0), rel=1e-6)


def test_the_same_seed_gives_the_same_uncertainty_and_another_one_nearly_the_same():
    once, again, other = (
        measurement(analyze(images(), noise_seed=seed), "mwsr_x").uncertainty for seed in (1, 1, 2)
    )

    assert once == again
    assert other == pytest.approx(once, rel=0.15)


# --- noise ------------------------------------------------------------------------------------------


def test_the_uncertainty_is_the_spread_of_repeated_acquisitions():
    """60 repetitions tell a standard deviation to 9 %; two and a half of them are allowed.

    The displacement is the same everywhere, the hardest case: repetitions that start at what was seen
    have one place stand out by chance, and spread a fifth too far.
    """
    found = [measurement(analyze(noisy(images(), seed)), "mwsr_x") for seed in range(60)]
    spread = np.std([m.value for m in found], ddof=1)
    stated = np.mean([m.uncertainty for m in found])

    assert stated == pytest.approx(spread, rel=0.23)
    # The largest of nine is never below the truth on average; the floor says by how much.
    assert 0.9 < np.mean([m.value for m in found]) < 0.9 + 2.5 * stated


def test_the_floor_is_what_perfect_windows_show():
    """Mean of 30 maxima, each of which varies by a fifth: 4 %, four of them are allowed."""
    perfect = images(MisregisteredCamera())
    analyses = [analyze(noisy(perfect, seed)) for seed in range(30)]
    shown = np.mean([value(each, "mwsr_max") for each in analyses])
    floor = np.mean([value(each, "registration_floor") for each in analyses])

    assert floor == pytest.approx(shown, rel=0.16)


def test_a_background_hides_displacements_and_the_net_number_shows_them():
    """Nothing is taken off by the texts: every centroid is drawn to the middle of its square."""
    camera = dataclasses.replace(SHIFTED, background=60.0)
    analysis = analyze(images(camera))

    assert abs(value(analysis, "mwsr_x") - 0.9) > 0.02
    assert value(analysis, "registration_net") == pytest.approx(0.9, abs=0.01)


def test_the_arrows_start_at_the_points():
    (arrows,) = [f for f in analyze(images()).figures if f.name == "arrows"]
    row, column = np.unravel_index(int(images()[1].counts[0].argmax()), (256, 256))

    starts = [overlay.points[0] for overlay in arrows.overlays]
    assert min(abs(r - row) + abs(c - column) for r, c in starts) < 1.1
    assert len(starts) == 27


def test_it_keeps_the_contract():
    parameters = ANALYZER.parameters(**FIELD)
    examples = [
        Inputs(roles={"points": images()}, variant="nema"),
        Inputs(roles={"points": images(places=FIVE)}, variant="iec"),
        Inputs(
            roles=MappingProxyType({"points": (*images(), *images(detector=2))}), variant="nema"
        ),
    ]

    assert parameters.setup.half_ufov_mm == (195.0, 270.0)
    assert check(ANALYZER, examples) == []

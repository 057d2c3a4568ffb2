"""Simulated floods are what they say they are."""

import numpy as np
import pytest

from photopeak_analyzers.acquisition import Dynamic, EnergyWindow, Planar
from photopeak_analyzers.numerics.field_of_view import FieldOfView, Shape
from photopeak_analyzers.simulation.floods import (
    TC99M_WINDOW,
    ColdSpot,
    Cosine,
    Dip,
    EdgePacking,
    FloodCamera,
    NearSource,
    Tilt,
    Tubes,
    acquisition,
    dynamic,
    noisy,
)

CAMERA = FloodCamera()


def test_an_ideal_flood_is_flat_inside_and_dark_outside():
    image = CAMERA.expected(1000.0)

    assert image.max() == image[32, 48] == 1000.0
    assert image.sum() == pytest.approx(1000.0 * 80 * 60)
    assert image[0, 0] == 0.0


def test_the_corner_of_a_large_field_is_2_2_percent_lower_at_five_fields():
    y, x = np.array([[195.0]]), np.array([265.0])

    assert 1.0 - NearSource(distance_mm=2650.0)(y, x)[0, 0] == pytest.approx(0.0227, abs=5e-4)


@pytest.mark.parametrize(
    "response",
    [
        Cosine(amplitude=0.1, period_mm=50.0),
        Cosine(amplitude=0.1, period_mm=50.0, along_x=False),
        ColdSpot(depth=0.1, diameter_mm=50.0),
        Tubes(amplitude=0.1),
        NearSource(distance_mm=2000.0),
        Tilt(slope_per_mm=1e-4),
        EdgePacking(outer=FieldOfView(width_mm=500.0, height_mm=300.0), width_mm=20.0, gain=0.2),
        EdgePacking(
            outer=FieldOfView(shape=Shape.CIRCLE, width_mm=300.0, height_mm=300.0),
            width_mm=20.0,
            gain=0.2,
        ),
    ],
)
def test_every_response_gives_one_factor_per_pixel(response):
    factor = response(*CAMERA.coordinates())

    assert factor.shape == (64, 96)
    assert 0.5 < factor.min() <= 1.0 + 1e-12
    assert factor.max() <= 1.3


def test_tubes_repeat_at_their_pitch():
    tubes = Tubes(amplitude=0.1, pitch_mm=60.0)
    lattice = [(0.0, 0.0), (60.0, 0.0), (30.0, 60.0 * np.sqrt(3.0) / 2.0)]

    for along, across in lattice:
        # The lattice lies along y: neighbours are a pitch apart in six directions.
        assert tubes(np.array([[along]]), np.array([across]))[0, 0] == pytest.approx(1.1)


def test_the_packing_lies_inside_the_border_of_the_crystal():
    outer = FieldOfView(width_mm=500.0, height_mm=300.0)
    factor = EdgePacking(outer=outer, width_mm=20.0, gain=0.2)(
        np.array([[0.0], [140.0], [151.0]]), np.array([0.0, 235.0])
    )

    assert factor[:, 0].tolist() == [1.0, 1.2, 1.0]
    assert factor[0, 1] == 1.2


def test_noise_is_poisson_and_repeatable():
    expected = np.full((200, 200), 400.0)

    counts = noisy(expected, np.random.default_rng(1))

    # 40 000 pixels: the mean is known to 0.1, the variance to 0.7 %.
    assert counts.mean() == pytest.approx(400.0, abs=0.4)
    assert counts.var() == pytest.approx(400.0, rel=0.03)
    assert np.array_equal(counts, noisy(expected, np.random.default_rng(1)))


def test_an_acquisition_names_detectors_and_windows():
    second = EnergyWindow(number=2, lower_kev=108.0, upper_kev=126.0)
    images = {(d, w): np.full((64, 96), 10 * d + w) for d in (2, 1) for w in (2, 1)}

    flood = acquisition(images, CAMERA, windows=(TC99M_WINDOW, second))

    assert isinstance(flood, Planar)
    assert [(f.detector, f.energy_window) for f in flood.frames] == [(1, 1), (1, 2), (2, 1), (2, 2)]
    assert flood.counts[:, 0, 0].tolist() == [11, 12, 21, 22]
    assert [d.number for d in flood.detectors] == [1, 2]
    assert flood.detectors[0].field_of_view_mm == (512.0, 384.0)


@pytest.mark.parametrize(("highest", "dtype"), [(65535, np.uint16), (65536, np.uint32)])
def test_counts_are_stored_in_sixteen_bits_where_they_fit(highest, dtype):
    flood = acquisition({(1, 1): np.full((64, 96), highest)}, CAMERA)

    assert flood.counts.dtype == dtype
    assert flood.counts.max() == highest
    assert flood.saturation_level == np.iinfo(dtype).max


def test_a_dynamic_flood_deals_out_the_same_counts():
    static = acquisition({(1, 1): noisy(CAMERA.expected(50.0), np.random.default_rng(2))}, CAMERA)

    dealt = dynamic(static, 4, np.random.default_rng(3))

    assert isinstance(dealt, Dynamic)
    assert np.array_equal(dealt.counts.sum(axis=0), static.counts[0])
    assert sum(frame.duration_s for frame in dealt.frames) == static.frames[0].duration_s
    assert [frame.time_slice for frame in dealt.frames] == [1, 2, 3, 4]


def test_a_dip_is_as_deep_and_as_wide_as_it_says():
    y, x = np.zeros((1, 1)), np.array([0.0, 4.0, 400.0])

    assert Dip(depth=0.2, fwhm_mm=8.0)(y, x)[0] == pytest.approx([0.8, 0.9, 1.0])

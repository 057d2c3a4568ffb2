"""The dish has the counts of its sensitivity, activity and decay."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from photopeak_analyzers.numerics.profiles import parabola_peak, width_at
from photopeak_analyzers.simulation.dish import Dish
from photopeak_analyzers.simulation.planar import Matrix

AT = datetime(2024, 5, 2, 9, 0, tzinfo=UTC)
MATRIX = Matrix(rows=128, columns=128, pixel_mm=2.4)


def test_counts_are_sensitivity_times_activity_times_decayed_time():
    dish = Dish(activity_mbq=40.0, at=AT, c0=60.0)
    life = timedelta(seconds=21_672.0)

    # One half-life later 20 MBq, which fall by ln 2 * 300 / 21672 / 2 = 0.48 % on the mean.
    assert dish.counts(AT + life, 300.0) == pytest.approx(60.0 * 20.0 * 300.0 * 0.9952, rel=1e-4)


def test_the_image_holds_the_counts_and_the_background():
    dish = Dish(activity_mbq=40.0, at=AT, background_cps=30.0)

    image = dish.expected(MATRIX, AT, 300.0)

    assert image.sum() == pytest.approx(dish.counts(AT, 300.0) + 30.0 * 300.0)


def test_the_dish_is_as_wide_as_it_says():
    image = Dish(activity_mbq=40.0, at=AT).expected(MATRIX, AT, 300.0)
    row = image[64]

    assert width_at(row, parabola_peak(row), 0.5).width * 2.4 == pytest.approx(150.0, abs=1.0)


def test_sensitivity_and_penetration_follow_the_exponential():
    dish = Dish(activity_mbq=1.0, at=AT, c0=90.0, c1=20.0, c2_per_mm=0.01)

    assert dish.sensitivity(100.0) == pytest.approx(90.0 + 20.0 / np.e)
    assert dish.penetration_fraction(100.0) == pytest.approx(20.0 / np.e / (90.0 + 20.0 / np.e))
    assert Dish(activity_mbq=1.0, at=AT).penetration_fraction() == 0.0


def test_frames_of_several_heads_carry_distance_and_start():
    dish = Dish(activity_mbq=40.0, at=AT)

    frames = dish.acquire(
        MATRIX,
        started_at=AT,
        duration_s=60.0,
        distance_mm=200.0,
        detectors=(1, 2),
        rng=np.random.default_rng(3),
    )

    assert [frame.detector for frame in frames.frames] == [1, 2]
    assert frames.origin.number("distance_mm") == 200.0
    assert frames.started_at == AT
    assert not (frames.counts[0] == frames.counts[1]).all()

"""Thresholds and limits of WS/T 584-2017 Annex D, every printed formula by hand."""

import math

import pytest

from photopeak_analyzers.errors import ParameterError
from photopeak_analyzers.numerics.detection import (
    limit_counts,
    peak_threshold_counts,
    threshold_counts,
)


def test_d1_to_d6_by_hand():
    # 1.645 times the root of 0.05 * 600 * (1 + 600 / 1800), which is 40.
    threshold = threshold_counts(0.05, 600.0, 1800.0)

    assert threshold == pytest.approx(1.645 * math.sqrt(40.0))
    assert threshold == pytest.approx(10.404, abs=5e-4)
    assert limit_counts(threshold) == pytest.approx(23.514, abs=5e-4)
    assert limit_counts(threshold) / (0.02 * 600.0) == pytest.approx(1.9595, abs=5e-5)


def test_d2_is_d1_with_equal_times():
    assert threshold_counts(0.05, 600.0, 600.0) == pytest.approx(1.645 * math.sqrt(2.0 * 30.0))


def test_d7_prints_4_64_for_what_is_4_65():
    exact = limit_counts(threshold_counts(30.0 / 600.0, 600.0, 600.0))

    assert exact == pytest.approx(28.190, abs=5e-4)
    assert 2.71 + 4.65 * math.sqrt(30.0) == pytest.approx(28.179, abs=5e-4)
    assert 2.71 + 4.64 * math.sqrt(30.0) == pytest.approx(28.124, abs=5e-4)
    assert abs(exact - 28.179) < abs(exact - 28.124)
    assert 2.0 * 1.645 * math.sqrt(2.0) == pytest.approx(4.653, abs=5e-4)
    assert limit_counts(0.0) == pytest.approx(2.706, abs=5e-4)


def test_d8_and_d9_by_hand():
    # p = 11, m = 3, 597 counts of baseline; efficiency 0.01, 85 photons per 100 decays, 600 s.
    per_bq = 0.01 * 0.85 * 600.0
    without = peak_threshold_counts(11.0 / 6.0, 597.0)
    beside = peak_threshold_counts(11.0 / 6.0, 597.0, interference=50.0, interference_variance=80.0)

    assert without / per_bq == pytest.approx(17.962, abs=5e-4)
    assert limit_counts(beside) / per_bq == pytest.approx(37.200, abs=5e-4)


def test_limits_grow_as_the_root_of_the_counts():
    assert threshold_counts(0.2, 600.0, 600.0) == pytest.approx(
        2.0 * threshold_counts(0.05, 600.0, 600.0)
    )
    assert peak_threshold_counts(1.0, 400.0) == pytest.approx(
        2.0 * peak_threshold_counts(1.0, 100.0)
    )


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: threshold_counts(-1.0, 1.0, 1.0), "background rate is -1, needs at least 0"),
        (lambda: threshold_counts(1.0, 0.0, 1.0), "time of the subject is 0, needs more than 0"),
        (lambda: threshold_counts(1.0, 1.0, 0.0), "time of the background is 0, needs more than 0"),
        (lambda: limit_counts(-1.0), "decision threshold is -1"),
        (lambda: peak_threshold_counts(0.0, 1.0), "p / 2m is 0"),
        (
            lambda: peak_threshold_counts(1.0, 1.0, interference_variance=-1.0),
            "interfering peak is -1",
        ),
    ],
)
def test_what_cannot_be_is_refused(call, said):
    with pytest.raises(ParameterError, match=said):
        call()

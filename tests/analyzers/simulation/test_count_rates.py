"""Series of a decaying source follow their model of dead time."""

import math

import numpy as np
import pytest

from photopeak_analyzers.simulation.count_rates import DeadTime, DecayingSource

TAU = 2e-6


def test_a_paralysable_camera_peaks_at_one_over_e_tau():
    source = DecayingSource(dead_time_s=TAU)
    rates = source.observed_cps(np.linspace(0.0, 2e6, 200_001))

    assert rates.max() == pytest.approx(1.0 / (math.e * TAU), rel=1e-6)
    assert source.largest_observed_cps == pytest.approx(183_940.0, abs=1.0)


@pytest.mark.parametrize(
    ("model", "observed"),
    [(DeadTime.PARALYSABLE, 0.17851 / TAU), (DeadTime.NON_PARALYSABLE, 0.2 / TAU)],
)
def test_a_fifth_is_lost_where_it_says(model, observed):
    source = DecayingSource(dead_time_s=TAU, model=model)

    at_20 = source.observed_at_20_percent_cps
    assert at_20 == pytest.approx(observed, rel=1e-4)
    assert source.observed_cps(at_20 / 0.8) == pytest.approx(at_20)


def test_without_dead_time_all_is_counted_and_halves_in_a_half_life():
    source = DecayingSource(first_cps=1000.0, dead_time_s=0.0, background_cps=3.0)

    assert source.true_cps([0.0, 21_672.0]) == pytest.approx([1003.0, 503.0])
    # Over one half-life: 1000 T (1 - 1/2) / ln 2.
    counts = source.expected(np.array([0.0]), 21_672.0)
    assert counts[0] == pytest.approx(21_672.0 * (500.0 / math.log(2.0) + 3.0))


def test_frames_carry_their_times_and_counts():
    source = DecayingSource(first_cps=900_000.0, dead_time_s=TAU)
    series = source.acquire(
        frames=40, every_s=1800.0, duration_s=10.0, rng=np.random.default_rng(6)
    )
    totals = series.counts.sum(axis=(1, 2))

    expected = source.expected(np.arange(40) * 1800.0, 10.0)
    assert np.abs(totals - expected).max() < 4.5 * math.sqrt(expected.max())
    starts = [frame.started_at for frame in series.frames]
    assert (starts[2] - starts[0]).total_seconds() == 3600.0
    assert all(frame.duration_s == 10.0 for frame in series.frames)
    # Paralysed at first, the rate rises before it falls.
    assert totals[0] < totals.max() > totals[-1]

"""The simulated line source in its sleeves."""

import math

import numpy as np
import pytest

from photopeak_analyzers.simulation.sleeves import SleevedSource


def test_without_decay_and_metal_the_counts_are_rate_times_time():
    source = SleevedSource(half_life_s=1e12, background_cps=3.0)

    assert source.trues(0, 0.0, 10.0) == pytest.approx(7000.0 * 5.0 * 10.0 + 30.0)


def test_each_sleeve_takes_the_same_share():
    source = SleevedSource()
    counts = [source.trues(sleeves, 0.0, 60.0) for sleeves in range(6)]

    assert np.diff(np.log(counts)) == pytest.approx([-2.0 * 0.0228 * 1.25] * 5)


def test_half_of_all_decays_fall_into_the_first_half_life():
    source = SleevedSource(half_life_s=100.0)

    all_of_it = 7000.0 * 5.0 * 100.0 / math.log(2.0)
    assert source.trues(0, 0.0, 100.0) == pytest.approx(all_of_it / 2.0)
    assert source.trues(0, 100.0, 100.0) == pytest.approx(all_of_it / 4.0)


def test_the_randoms_have_their_share_of_the_prompts():
    prompts, randoms = SleevedSource(randoms_share=0.04).counted(1, 0.0, 60.0)

    assert randoms / prompts == pytest.approx(0.04)
    assert prompts - randoms == pytest.approx(SleevedSource().trues(1, 0.0, 60.0))


def test_noise_is_that_of_counting():
    source = SleevedSource(activity_mbq=0.01, randoms_share=0.2)
    rng = np.random.default_rng(1)
    drawn = np.array([source.counted(1, 0.0, 10.0, rng) for _ in range(4000)])
    expected = source.counted(1, 0.0, 10.0)

    # The mean of 4000 draws to 5 standard errors, their variance to 5 * sqrt(2 / 4000).
    for values, mean in zip(drawn.T, expected, strict=True):
        assert values.mean() == pytest.approx(mean, abs=5.0 * math.sqrt(mean / 4000.0))
        assert values.var() == pytest.approx(mean, rel=0.11)

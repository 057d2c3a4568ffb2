"""Dead time of a detector: losses, their correction, and what tells the dead time."""

import math

import numpy as np
import pytest

from photopeak_analyzers.errors import FitError, UnsuitableAcquisitionError
from photopeak_analyzers.numerics.dead_time import (
    DeadTime,
    DeadTimeModel,
    blocking_from_20_percent,
    fit_dead_time,
    from_two_sources,
    paralysing_from_20_percent,
    paralysing_from_largest,
)

TAU = 5e-6
PARALYSABLE = DeadTime(paralysing_s=TAU)
BLOCKING = DeadTime(blocking_s=TAU)
HYBRID = DeadTime(paralysing_s=1e-6, blocking_s=2e-6)


def test_the_reference_rates_of_5_microseconds():
    assert float(PARALYSABLE.observed(1e5)) == pytest.approx(60_653.0, abs=0.5)
    assert float(BLOCKING.observed(1e5)) == pytest.approx(66_667.0, abs=0.5)
    assert PARALYSABLE.true_at_20_percent_cps == pytest.approx(44_629.0, abs=0.5)
    assert 0.8 * PARALYSABLE.true_at_20_percent_cps == pytest.approx(35_703.0, abs=0.5)
    assert PARALYSABLE.largest_cps == pytest.approx(73_576.0, abs=0.5)
    assert BLOCKING.true_at_20_percent_cps == pytest.approx(0.25 / TAU)


@pytest.mark.parametrize("dead", [PARALYSABLE, BLOCKING, HYBRID])
@pytest.mark.parametrize("true_cps", [1.0, 1e3, 5e4, 1.5e5])
def test_the_true_rate_of_an_observed_one_comes_back(dead, true_cps):
    observed = float(dead.observed(true_cps))

    assert dead.true(observed) == pytest.approx(true_cps, rel=1e-9)


@pytest.mark.parametrize("dead", [PARALYSABLE, HYBRID])
def test_the_largest_rate_is_a_maximum(dead):
    turn = dead.turning_cps
    beside = dead.observed(np.array([0.99, 1.01]) * turn)

    assert (beside < dead.largest_cps).all()
    # At the very top the curve is flat: half the digits.
    assert dead.true(dead.largest_cps) == pytest.approx(turn, rel=1e-6)


def test_both_kinds_lose_20_percent_at_the_rate_that_is_said():
    n = HYBRID.true_at_20_percent_cps

    assert float(HYBRID.observed(n)) == pytest.approx(0.8 * n, rel=1e-12)


@pytest.mark.parametrize("dead", [PARALYSABLE, HYBRID])
def test_a_rate_above_the_largest_is_refused(dead):
    with pytest.raises(UnsuitableAcquisitionError, match="with this dead time it is at most"):
        dead.true(1.001 * dead.largest_cps)


def test_a_detector_that_is_not_paralysed_never_reaches_its_largest_rate():
    assert BLOCKING.largest_cps == pytest.approx(2e5)
    with pytest.raises(UnsuitableAcquisitionError, match="at most 200000 /s"):
        BLOCKING.true(2e5)


def test_without_dead_time_nothing_is_lost():
    none = DeadTime()

    assert none.true(1e6) == 1e6
    assert none.largest_cps == none.true_at_20_percent_cps == math.inf
    assert none.true(0.0) == 0.0


def test_the_dead_time_follows_from_20_percent_and_from_the_maximum():
    n = PARALYSABLE.true_at_20_percent_cps

    assert paralysing_from_20_percent(n) == pytest.approx(TAU, rel=1e-9)
    assert blocking_from_20_percent(BLOCKING.true_at_20_percent_cps) == pytest.approx(TAU)
    assert paralysing_from_largest(PARALYSABLE.largest_cps) == pytest.approx(TAU)
    # The least maximum that WS 523 accepts.
    assert paralysing_from_largest(67e3) == pytest.approx(5.49e-6, abs=1e-8)


def test_two_sources_tell_the_dead_time_to_first_order():
    for n, error in ((1_000.0, 0.02), (100.0, 0.002)):
        one, both = (float(PARALYSABLE.observed(each)) for each in (n, 2.0 * n))
        # First order in n tau, 0.5 % and 0.05 %.
        assert from_two_sources(one, one, both) == pytest.approx(TAU, rel=error)


@pytest.mark.parametrize("both", [9.0, 10.0, 20.1])
def test_two_sources_that_do_not_add_up_are_refused(both):
    with pytest.raises(UnsuitableAcquisitionError, match="both sources together show"):
        from_two_sources(10.0, 10.0, both)


SHARES = np.exp(-np.linspace(0.0, 5.0, 30))


@pytest.mark.parametrize(
    ("model", "dead", "values"),
    [
        (DeadTimeModel.PARALYSABLE, PARALYSABLE, (3e5, TAU)),
        (DeadTimeModel.NON_PARALYSABLE, BLOCKING, (3e5, TAU)),
        (DeadTimeModel.HYBRID, HYBRID, (3e5, 1e-6, 2e-6)),
    ],
)
def test_the_numbers_of_a_decay_without_noise_come_back(model, dead, values):
    rates = dead.observed(3e5 * SHARES)

    fit = fit_dead_time(model, SHARES, rates, 0.003 * rates)

    assert fit.values == pytest.approx(values, rel=1e-5)
    assert fit.chi_square == pytest.approx(0.0, abs=1e-6)
    assert fit.dead_time.observed(3e5 * SHARES) == pytest.approx(rates, rel=1e-5)


def test_the_uncertainties_are_the_spread_of_repeated_fits():
    rng = np.random.default_rng(3)
    rates = PARALYSABLE.observed(3e5 * SHARES)
    sigma = 0.003 * rates
    fits = [
        fit_dead_time(DeadTimeModel.PARALYSABLE, SHARES, rng.normal(rates, sigma), sigma)
        for _ in range(150)
    ]

    # 150 draws tell a spread to 6 %; the scaling by chi square above 1 adds some 6 %.
    for index in (0, 1):
        spread = np.std([fit.values[index] for fit in fits], ddof=1)
        stated = np.mean([fit.estimate(index).uncertainty for fit in fits])
        assert stated == pytest.approx(spread, rel=0.25)
    assert np.mean([fit.chi_square for fit in fits]) == pytest.approx(28.0, rel=0.1)


def test_the_criterion_prefers_the_model_that_made_the_points():
    rng = np.random.default_rng(4)
    for dead, best in (
        (PARALYSABLE, DeadTimeModel.PARALYSABLE),
        (BLOCKING, DeadTimeModel.NON_PARALYSABLE),
        (HYBRID, DeadTimeModel.HYBRID),
    ):
        rates = dead.observed(3e5 * SHARES)
        noisy = rng.normal(rates, 0.003 * rates)
        # Where nothing blocks, the two dead times of the hybrid are one and the same.
        models = [m for m in DeadTimeModel if dead is HYBRID or m is not DeadTimeModel.HYBRID]
        fits = [fit_dead_time(m, SHARES, noisy, 0.003 * rates) for m in models]

        assert min(fits, key=lambda fit: fit.aic).model is best


def test_slopes_are_those_of_the_observed_rate():
    rates, step = 3e5 * SHARES, 1e-6
    for dead in (PARALYSABLE, BLOCKING, HYBRID):
        p, b = dead.paralysing_s, dead.blocking_s
        numeric = (
            (dead.observed(rates * (1 + step)) - dead.observed(rates * (1 - step)))
            / (2 * step * rates),
            (DeadTime(paralysing_s=p + 1e-11, blocking_s=b).observed(rates) - dead.observed(rates))
            / 1e-11,
            (DeadTime(paralysing_s=p, blocking_s=b + 1e-11).observed(rates) - dead.observed(rates))
            / 1e-11,
        )
        for found, expected in zip(dead.slopes(rates), numeric, strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-4)


@pytest.mark.parametrize(
    ("shares", "rates", "sigma", "message"),
    [
        (SHARES[:2], SHARES[:2], SHARES[:2], "2 different shares are given, needs at least 3"),
        (SHARES, SHARES[:3], SHARES, "30 shares, 3 rates and 30 uncertainties"),
        (SHARES, -SHARES, SHARES, "need to be more than 0"),
        (SHARES, np.full(30, math.nan), SHARES, "need to be more than 0"),
    ],
)
def test_points_that_cannot_be_fitted_are_refused(shares, rates, sigma, message):
    with pytest.raises(FitError, match=message):
        fit_dead_time(DeadTimeModel.PARALYSABLE, shares, rates, sigma)


def test_without_losses_the_dead_time_is_nothing():
    rng = np.random.default_rng(6)
    rates = rng.normal(1e4 * SHARES, 0.003 * 1e4 * SHARES)

    fit = fit_dead_time(DeadTimeModel.PARALYSABLE, SHARES, rates, 0.003 * rates)

    assert fit.values[1] <= 3.0 * fit.estimate(1).uncertainty

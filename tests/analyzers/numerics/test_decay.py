"""Decay between two moments and during an acquisition."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photopeak_analyzers.errors import ParameterError
from photopeak_analyzers.numerics.decay import (
    activity_at,
    decay_factor,
    mean_decay,
    net_activity,
    rate_at_reference,
    rate_at_reference_by_mid_time,
    rate_at_start,
)

TC99M_S = 21_672.0


def test_a_half_life_halves():
    assert decay_factor(TC99M_S, TC99M_S) == pytest.approx(0.5, rel=1e-15)
    assert decay_factor(-TC99M_S, TC99M_S) == pytest.approx(2.0, rel=1e-15)
    assert decay_factor(0.0, TC99M_S) == 1.0


@given(st.floats(-1e5, 1e5), st.floats(-1e5, 1e5), st.floats(2000.0, 1e9))
def test_two_steps_are_one(first, second, half_life):
    there = activity_at(activity_at(40.0, first, half_life), second, half_life)

    assert there == pytest.approx(activity_at(40.0, first + second, half_life), rel=1e-9)


@pytest.mark.parametrize(("half_life", "sensitivity"), [(21_672.0, 62.6472), (21_624.12, 62.6532)])
def test_the_planar_sensitivity_of_the_reference_case(half_life, sensitivity):
    # 720 000 counts in 300 s from 1200 s after the calibration of 40 MBq.
    rate = rate_at_reference(720_000.0, 1200.0, 300.0, half_life)

    assert rate / 40.0 == pytest.approx(sensitivity, abs=5e-5)


def test_the_middle_of_the_time_is_a_little_too_high():
    by_middle = rate_at_reference_by_mid_time(720_000.0, 1200.0, 300.0, TC99M_S)
    exact = rate_at_reference(720_000.0, 1200.0, 300.0, TC99M_S)

    assert by_middle / 40.0 == pytest.approx(62.6474, abs=5e-5)
    assert by_middle / exact - 1.0 == pytest.approx(
        (math.log(2.0) * 300.0 / TC99M_S) ** 2 / 24.0, rel=1e-3
    )


def test_the_count_rate_of_the_pet_reference_case():
    # 1000 /s over 300 s, 1800 s after the reference, half-life 109.8 min.
    assert rate_at_reference(300_000.0, 1800.0, 300.0, 109.8 * 60.0) == pytest.approx(
        1227.679, abs=5e-4
    )


@given(st.floats(1e-6, 1e6), st.floats(1.0, 1e9))
def test_counts_of_a_decaying_source_give_back_its_rate(duration, half_life):
    decay_constant = math.log(2.0) / half_life
    counts = 500.0 * -math.expm1(-decay_constant * duration) / decay_constant

    assert rate_at_start(counts, duration, half_life) == pytest.approx(500.0, rel=1e-9)


def test_a_short_acquisition_decays_by_half_its_time():
    # 1 - x / 2 + x**2 / 6: the digits that 1 - exp(-x) would lose.
    x = math.log(2.0) * 1e-6 / TC99M_S

    assert mean_decay(1e-6, TC99M_S) == pytest.approx(1.0 - x / 2.0, abs=1e-15)
    assert mean_decay(0.0, TC99M_S) == 1.0


def test_leaving_out_the_decay_during_a_long_acquisition_costs_two_percent():
    assert 1.0 / mean_decay(1174.0, TC99M_S) == pytest.approx(1.019, abs=5e-4)


def test_syringe_and_residue_are_taken_to_one_moment():
    # 10 min between the readings: 1.9 % of the residue.
    net = net_activity(40.0, 0.0, 4.0, 600.0, TC99M_S)

    assert net == pytest.approx(40.0 - 4.0 * math.exp(math.log(2.0) * 600.0 / TC99M_S))
    later = net_activity(40.0, 0.0, 4.0, 600.0, TC99M_S, reference_s=3600.0)
    assert later == pytest.approx(net * decay_factor(3600.0, TC99M_S), rel=1e-12)


def test_a_residue_larger_than_the_syringe_is_refused():
    with pytest.raises(ParameterError, match="the residue is 5 of 4 at the reference time"):
        net_activity(4.0, 0.0, 5.0, 0.0, TC99M_S)


@pytest.mark.parametrize("half_life", [0.0, -1.0, math.nan, math.inf])
def test_what_is_no_half_life_is_refused(half_life):
    with pytest.raises(ParameterError, match=r"the half-life is .* s, needs more than 0 s"):
        decay_factor(1.0, half_life)


@pytest.mark.parametrize("duration", [0.0, -1.0, math.nan])
def test_what_is_no_duration_is_refused(duration):
    with pytest.raises(ParameterError, match=r"the duration is .* s, needs more than 0 s"):
        rate_at_start(1.0, duration, TC99M_S)


def test_times_too_far_apart_for_anything_to_be_left_are_refused():
    assert decay_factor(100.0 * TC99M_S, TC99M_S) == pytest.approx(2.0**-100)
    with pytest.raises(ParameterError, match="the times are 101 half-lives apart, needs at most"):
        decay_factor(101.0 * TC99M_S, TC99M_S)
    with pytest.raises(ParameterError, match="the times are 36525 half-lives apart"):
        decay_factor(-36525.0 * TC99M_S, TC99M_S)


def test_a_time_that_is_no_number_is_refused():
    with pytest.raises(ParameterError, match="the time is nan s, needs a finite number"):
        decay_factor(math.nan, TC99M_S)

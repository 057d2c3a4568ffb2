"""The sine of known frequency."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photopeak_analyzers.errors import FitError
from photopeak_analyzers.numerics.sinusoid import fit_sinusoid

ANGLES = np.arange(0.0, 360.0, 6.0)


def sine(angles, constant=3.0, amplitude=25.0, phase=40.0):
    return constant + amplitude * np.cos(np.radians(np.asarray(angles) - phase))


@given(
    st.floats(-5.0, 5.0),
    st.floats(0.1, 60.0),
    st.floats(0.0, 359.0),
    st.sampled_from([180.0, 360.0]),
    st.booleans(),
    st.floats(-720.0, 720.0),
)
def test_a_sine_is_found_to_nine_digits(constant, amplitude, phase, arc, clockwise, start):
    angles = start + np.arange(60) * arc / 60 * (-1.0 if clockwise else 1.0)

    fit = fit_sinusoid(angles, sine(angles, constant, amplitude, phase))

    assert fit.constant == pytest.approx(constant, abs=1e-9)
    assert fit.amplitude == pytest.approx(amplitude, abs=1e-9)
    turned = (fit.phase_deg - phase + 180.0) % 360.0 - 180.0
    assert turned * amplitude == pytest.approx(0.0, abs=1e-6)
    assert fit.largest_residual < 1e-9


def test_a_constant_offset_leaves_no_residual():
    fit = fit_sinusoid(ANGLES, sine(ANGLES, constant=2.0))

    assert fit.constant == pytest.approx(2.0)
    assert fit.largest_residual < 1e-12


def test_the_second_harmonic_stays_in_the_residuals():
    fit = fit_sinusoid(ANGLES, sine(ANGLES) + 0.5 * np.cos(2.0 * np.radians(ANGLES)))

    assert fit.constant == pytest.approx(3.0)
    assert fit.rms == pytest.approx(0.5 / math.sqrt(2.0))
    assert fit.largest_residual == pytest.approx(0.5)


def test_the_fit_does_not_depend_on_the_order_of_the_points():
    order = np.random.default_rng(1).permutation(ANGLES.size)
    values = sine(ANGLES) + np.random.default_rng(2).normal(0.0, 0.1, ANGLES.size)

    fit, shuffled = fit_sinusoid(ANGLES, values), fit_sinusoid(ANGLES[order], values[order])

    assert shuffled.constant == pytest.approx(fit.constant, abs=1e-12)
    assert shuffled.residuals == pytest.approx(fit.residuals[order], abs=1e-12)


def test_a_point_of_no_weight_does_not_pull():
    values, sigma = sine(ANGLES), np.full(ANGLES.size, 0.01)
    values[7] += 100.0
    sigma[7] = 1e6

    assert fit_sinusoid(ANGLES, values, sigma).constant == pytest.approx(3.0, abs=1e-6)


@pytest.mark.parametrize(("arc", "factor"), [(360.0, 1.0), (180.0, 2.2976)])
def test_the_uncertainty_of_the_constant_is_its_spread(arc, factor):
    # Over a full turn it is s / sqrt(n). Over half a turn the sine is nearly a constant: for
    # many points the inverse of [[1, 2/pi], [2/pi, 1/2]] makes it 1 / sqrt(1 - 8/pi**2) = 2.2976.
    rng, n, s = np.random.default_rng(3), 60, 0.02
    angles = np.arange(n) * arc / n
    fits = [
        fit_sinusoid(angles, sine(angles) + rng.normal(0.0, s, n), np.full(n, s))
        for _ in range(800)
    ]
    stated = np.mean([fit.constant_uncertainty for fit in fits])

    # 800 draws tell a spread to 2.5 %, three times; scaling by chi square adds about 4 %.
    assert np.std([fit.constant for fit in fits]) == pytest.approx(stated, rel=0.12)
    assert stated == pytest.approx(factor * s / math.sqrt(n), rel=0.08)
    assert np.mean([fit.reduced_chi_square for fit in fits]) == pytest.approx(1.0, abs=0.03)


def test_scatter_beyond_the_stated_uncertainties_widens_the_result():
    values = sine(ANGLES) + np.random.default_rng(4).normal(0.0, 0.2, ANGLES.size)
    honest, bold = (fit_sinusoid(ANGLES, values, np.full(ANGLES.size, s)) for s in (0.2, 0.02))

    assert bold.reduced_chi_square > 50.0
    assert bold.constant_uncertainty == pytest.approx(0.2 / math.sqrt(60.0), rel=0.3)
    assert honest.constant == pytest.approx(bold.constant, abs=1e-12)


def test_the_uncertainty_of_the_amplitude_is_its_spread():
    rng, s = np.random.default_rng(5), 0.05
    fits = [
        fit_sinusoid(ANGLES, sine(ANGLES) + rng.normal(0.0, s, 60), np.full(60, s))
        for _ in range(800)
    ]

    spread = np.std([fit.amplitude for fit in fits])
    assert spread == pytest.approx(np.mean([f.amplitude_uncertainty for f in fits]), rel=0.12)
    # s * sqrt(2 / n) for a full turn.
    assert spread == pytest.approx(s * math.sqrt(2.0 / 60.0), rel=0.1)


def test_a_flat_line_has_an_amplitude_of_nothing_and_an_uncertainty():
    fit = fit_sinusoid(ANGLES, np.full(60, 2.0), np.full(60, 0.1))

    assert fit.amplitude == pytest.approx(0.0, abs=1e-12)
    assert fit.amplitude_uncertainty == pytest.approx(0.1 * math.sqrt(2.0 / 60.0), rel=1e-6)


@pytest.mark.parametrize(
    ("angles", "values", "sigma", "message"),
    [
        ([0, 90, 180], [1, 2, 3], None, "a sine is fitted to 3 points, needs 4"),
        ([0, 90], [1, 2, 3, 4], None, "2 angles are given for 4 points"),
        ([0, 90, 180, 270], [1, 2, math.nan, 4], None, "1 of 4 points are no numbers"),
        ([0, 90, 180, 270], [1, 2, 3, 4], [1, 1, 0, 1], "1 of 4 points are no numbers"),
        ([0, 0.1, 0.2, 0.3], [1, 2, 3, 4], None, "4 points do not determine a sine"),
        ([30, 30, 210, 210], [1, 2, 3, 4], None, "do not determine a sine"),
    ],
)
def test_what_determines_no_sine_is_refused(angles, values, sigma, message):
    with pytest.raises(FitError) as refusal:
        fit_sinusoid(angles, values, sigma)

    assert message in str(refusal.value)

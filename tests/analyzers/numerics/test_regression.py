"""Linear fits, against sums worked out by hand and against the spread of repeated noise."""

import math

import numpy as np
import pytest

from photopeak_analyzers.errors import FitError
from photopeak_analyzers.numerics.regression import fit_line, fit_linear


def test_points_on_a_line_give_the_line():
    line = fit_line([0.0, 1.0, 2.0, 5.0], [3.0, 5.0, 7.0, 13.0], [0.1] * 4)

    assert (line.intercept.value, line.slope.value) == (pytest.approx(3.0), pytest.approx(2.0))
    assert line.r_squared == pytest.approx(1.0)
    assert line.at(10.0).value == pytest.approx(23.0)
    assert line.x_at(9.0).value == pytest.approx(3.0)


def test_the_textbook_line_has_its_textbook_uncertainties():
    # x = 1..5, y = 2, 4, 5, 4, 5: slope 0.6, intercept 2.2, residual variance 2.4 / 3 = 0.8,
    # u(slope) = sqrt(0.8 / 10), u(intercept) = sqrt(0.8 (1/5 + 9/10)), r2 = 3.6 / 6.
    line = fit_line([1, 2, 3, 4, 5], [2, 4, 5, 4, 5])

    assert line.slope.value == pytest.approx(0.6)
    assert line.intercept.value == pytest.approx(2.2)
    assert line.fit.reduced_chi_square == pytest.approx(0.8)
    assert line.slope.uncertainty == pytest.approx(math.sqrt(0.08))
    assert line.intercept.uncertainty == pytest.approx(math.sqrt(0.88))
    assert line.r_squared == pytest.approx(0.6)
    assert line.fit.degrees_of_freedom == 3
    assert line.fit.rms == pytest.approx(math.sqrt(2.4 / 5.0))
    assert line.at(3.0).uncertainty == pytest.approx(math.sqrt(0.8 / 5.0))


def test_a_point_counts_by_its_uncertainty():
    # A level: the weighted mean of 1 +- 1 and 4 +- 0.5 is (1 + 16) / 5, u = 1 / sqrt(5), and chi
    # square is (2.4 / 1)**2 + (0.6 / 0.5)**2 = 7.2 for one degree of freedom.
    fit = fit_linear([[1.0], [1.0]], [1.0, 4.0], [1.0, 0.5])

    assert fit.estimate(0).value == pytest.approx(3.4)
    assert fit.reduced_chi_square == pytest.approx(7.2)
    assert fit.estimate(0).uncertainty == pytest.approx(math.sqrt(7.2 / 5.0))


def test_uncertainties_are_the_spread_of_repeated_noise():
    rng, x, sigma = np.random.default_rng(2), np.linspace(0.0, 9.0, 10), np.linspace(0.5, 2.0, 10)
    lines = [fit_line(x, 4.0 - 3.0 * x + rng.normal(0.0, sigma), sigma) for _ in range(600)]

    for name in ("slope", "intercept"):
        found = [getattr(line, name) for line in lines]
        # 600 draws tell a spread to 3 %; scaling by chi square where it exceeds 1 adds some.
        spread = np.std([each.value for each in found])
        assert spread == pytest.approx(np.mean([each.uncertainty for each in found]), rel=0.15)
    assert np.mean([line.slope.value for line in lines]) == pytest.approx(-3.0, abs=0.03)


def test_columns_of_unlike_size_do_not_make_a_fit_undetermined():
    x = np.linspace(1.0, 2.0, 20)
    design = np.stack([np.ones_like(x), 1e9 * x**2], axis=1)

    assert fit_linear(design, design @ [2.0, 3e-9]).values == pytest.approx([2.0, 3e-9])


def test_two_points_make_a_line_without_a_degree_of_freedom():
    line = fit_line([0.0, 2.0], [1.0, 5.0], [0.1, 0.1])

    assert line.slope.value == pytest.approx(2.0)
    assert line.slope.uncertainty == pytest.approx(0.1 * math.sqrt(2.0) / 2.0)
    assert line.fit.reduced_chi_square == 0.0


def test_a_level_line_explains_all_and_crosses_nothing():
    line = fit_line([0.0, 1.0, 2.0], [4.0, 4.0, 4.0], [1.0] * 3)

    assert line.r_squared == 1.0
    with pytest.raises(FitError, match="crosses no value"):
        fit_line([-1.0, 1.0], [0.0, 0.0]).x_at(5.0)


@pytest.mark.parametrize(
    ("x", "y", "sigma", "message"),
    [
        ([1.0], [1.0], None, "2 numbers are fitted to 1 points, needs 2"),
        ([1.0, 2.0, 3.0], [1.0, 2.0], None, "a design of shape \\(3, 2\\) is given for 2 points"),
        ([1.0, 2.0], [1.0, 2.0], [1.0], "1 uncertainties are given for 2 points"),
        ([1.0, 2.0, 3.0], [1.0, math.nan, 2.0], None, "1 of 3 points are no numbers"),
        ([1.0, 2.0, 3.0], [1.0, 2.0, 3.0], [1.0, 0.0, 1.0], "1 of 3 points are no numbers"),
        ([2.0, 2.0, 2.0], [1.0, 2.0, 3.0], None, "3 points do not determine 2 numbers"),
    ],
)
def test_what_determines_no_line_is_refused(x, y, sigma, message):
    with pytest.raises(FitError, match=message):
        fit_line(x, y, sigma)

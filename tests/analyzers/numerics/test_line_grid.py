"""Grids of lines, and the three quantities that the standards call differential linearity."""

import math

import numpy as np
import pytest

from photopeak_analyzers.errors import FitError
from photopeak_analyzers.numerics.line_grid import LinePoints


def points(lines=9, strips=13):
    """Return lines in strips of 50 rows, in no order."""
    line, strip = np.meshgrid(np.arange(lines), np.arange(strips), indexing="ij")
    order = np.random.default_rng(3).permutation(line.size)
    line, strip = line.ravel()[order], strip.ravel()[order]
    return LinePoints(line=line, strip=strip, along=100.0 + 50.0 * strip)


def test_a_tilted_grid_is_found_and_nothing_is_off_it():
    given = points()
    position = 12.5 + 50.25 * given.line - 0.013 * given.along

    grid = given.fit(position)

    assert (grid.offset, grid.pitch, grid.slope) == pytest.approx((12.5, 50.25, -0.013))
    assert np.abs(grid.residuals).max() < 1e-9
    assert given.off_grid(position) == pytest.approx(grid.residuals, abs=1e-9)
    assert given.largest(position) == pytest.approx(0.0, abs=1e-9)


def test_one_displaced_place_is_off_by_what_the_fit_leaves_of_it():
    given = points()
    position = 50.0 * given.line + 0.0 * given.along
    middle = int(np.flatnonzero((given.line == 4) & (given.strip == 6))[0])
    position[middle] += 1.0

    # In the middle of line and strip only the mean follows: 1 - 1 / n is left.
    assert given.largest(position) == pytest.approx(1.0 - 1.0 / (9 * 13))


def test_distances_are_those_of_neighbours_in_the_same_strip():
    line = np.array([0, 1, 3, 0, 1])
    given = LinePoints(line=line, strip=np.array([0, 0, 0, 1, 1]), along=np.zeros(5))

    # Line 2 is missing in strip 0: from 1 to 3 is no distance of neighbours.
    assert given.distances(np.array([0.0, 29.0, 91.0, 1.0, 32.0])).tolist() == [29.0, 31.0]
    assert given.spacing_sd(np.array([0.0, 29.0, 91.0, 1.0, 32.0])) == pytest.approx(math.sqrt(2.0))


def test_independent_errors_give_their_own_size_and_times_root_two_between_neighbours():
    # GB/T 18989-2013 3.6.3.1 against E.2: sigma of the places, sqrt(2) sigma of their distances.
    given = points(lines=17, strips=13)
    errors = 0.1 * np.random.default_rng(8).standard_normal((given.line.size, 200))
    position = (30.0 * given.line + 0.002 * given.along)[:, None] + errors

    # The mean of 200 sets of 221 places knows it to 0.1 / sqrt(2 x 221 x 200), 0.4 %.
    assert given.grid_sd(position).mean() == pytest.approx(0.1, rel=0.01)
    # The mean of 17 roots of sample variances: c4 of 11 degrees of freedom, 0.978.
    assert given.line_sd(position).mean() == pytest.approx(0.1 * 0.978, rel=0.01)
    assert given.spacing_sd(position).mean() == pytest.approx(0.1 * math.sqrt(2.0), rel=0.01)


def test_only_the_places_by_the_words_grow_with_the_tilt():
    given = points()
    position = 30.0 * given.line + 0.01 * given.along

    # Places 0.5 apart in 13 strips: 0.5 sqrt(13 x 14 / 12).
    assert given.place_sd(position) == pytest.approx(0.5 * math.sqrt(13 * 14 / 12))
    assert given.line_sd(position) == pytest.approx(0.0, abs=1e-9)
    assert given.spacing_sd(position) == pytest.approx(0.0, abs=1e-9)
    assert given.grid_sd(position) == pytest.approx(0.0, abs=1e-9)


def test_a_stretched_middle_moves_the_grid_but_not_the_straight_lines():
    given = points()
    position = 30.0 * given.line + np.where(given.line >= 5, 0.4, 0.0)

    assert given.line_sd(position) == pytest.approx(0.0, abs=1e-9)
    assert given.largest(position) > 0.1
    # Seven distances of eight are 30.0, one is 30.4, in 13 strips.
    assert given.spacing_sd(position) == pytest.approx(0.4 * math.sqrt(7 / 64 * 104 / 103))


def test_too_few_lines_or_strips_are_refused():
    alone = points(lines=1, strips=5)
    short = points(lines=3, strips=2)

    with pytest.raises(FitError, match="a grid of lines"):
        alone.fit(alone.along)
    with pytest.raises(FitError, match="0 distances of neighbouring lines are known, needs 2"):
        alone.spacing_sd(alone.along)
    with pytest.raises(FitError, match="no line stands in 3 strips"):
        short.line_sd(30.0 * short.line)

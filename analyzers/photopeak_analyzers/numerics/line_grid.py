"""Places of parallel lines at equal distances: the grid that fits them, and how far they are off it.

A line k in a strip at v stands at ``u = a + b k + c v``: equally spaced, parallel, one tilt. What
the standards call differential linearity has three texts, and these are three quantities:

- the standard deviation of the *distances* of neighbouring lines, with n - 1 (IEC 60789 / GB/T
  18989-2013 3.6.3.1 (16));
- that of the places of each line about the *straight line* fitted to it, with n - 2, so that
  independent errors give their own standard deviation however many strips there are, averaged over
  the lines (NEMA NU 1-2007 2.2, heading; GB/T 18989-2013 E.2);
- that of the *places* of each line themselves, with n - 1, averaged over the lines (E.2.4 by its
  words). It grows with the tilt of the mask.

Places are in pixels, one per line and strip; all functions take several sets at once, such as
repetitions with noise, as columns.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.errors import FitError
from photopeak_analyzers.numerics.regression import fit_linear

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]

LEAST_STRIPS = 3
"""Places of one line from which a standard deviation about its straight line can be told."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Grid:
    """Lines at equal distances, fitted to their places, in pixels.

    Attributes
    ----------
    offset, pitch, slope
        Of ``u = offset + pitch k + slope v``.
    residuals
        Place minus grid, one per place.
    """

    offset: float
    pitch: float
    slope: float
    residuals: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LinePoints:
    """Lines in strips; one element per place, each of shape ``(n,)``.

    Attributes
    ----------
    line, strip
        Whole numbers. Neighbouring lines differ by 1, also across strips.
    along
        Middle of the strip.
    """

    line: Numbers
    strip: Numbers
    along: Floats

    @property
    def design(self) -> Floats:
        """The columns 1, k, v of the grid."""
        return np.stack(
            [np.ones(self.along.shape), self.line.astype(np.float64), self.along], axis=1
        )

    def fit(self, position: Floats) -> Grid:
        """Fit the grid by least squares.

        Raises
        ------
        FitError
            If the lines or the strips are too few to tell.
        """
        fitted = fit_linear(self.design, position, what="a grid of lines")
        offset, pitch, slope = (float(value) for value in fitted.values)
        return Grid(offset=offset, pitch=pitch, slope=slope, residuals=fitted.residuals)

    def off_grid(self, position: Floats) -> Floats:
        """Return place minus grid of shape ``(n,)`` or, for several sets, ``(n, sets)``."""
        return _off(self.design, position)

    def neighbours(self) -> tuple[Numbers, Numbers]:
        """Return the indices of each line and of the next one in the same strip."""
        order = np.lexsort((self.line, self.strip))
        same = self.strip[order][1:] == self.strip[order][:-1]
        follows = self.line[order][1:] == self.line[order][:-1] + 1
        pairs = np.flatnonzero(same & follows)
        return order[pairs], order[pairs + 1]

    def distances(self, position: Floats) -> Floats:
        """Return the distances of neighbouring lines in the same strip."""
        first, second = self.neighbours()
        return np.asarray(position[second] - position[first])

    def spacing_sd(self, position: Floats) -> Floats:
        """Return the standard deviation of the distances of neighbouring lines (n - 1).

        Raises
        ------
        FitError
            If there are fewer than two distances.
        """
        distances = self.distances(position)
        if len(distances) < 2:
            raise FitError(
                f"{len(distances)} distances of neighbouring lines are known, needs 2",
                quantity="distances of neighbouring lines",
                value=float(len(distances)),
                bound=2.0,
            )
        return np.asarray(distances.std(axis=0, ddof=1))

    def line_sd(self, position: Floats) -> Floats:
        """Return the standard deviation about the straight line of each line, averaged (n - 2)."""

        def scatter(along: Floats, place: Floats) -> Floats:
            v, u = along - along.mean(), place - place.mean(axis=0)
            off = u - np.multiply.outer(v, v @ u / (v @ v))
            return np.asarray(np.sqrt((off**2).sum(axis=0) / (len(along) - 2)))

        return self._averaged(position, scatter)

    def place_sd(self, position: Floats) -> Floats:
        """Return the standard deviation of the places of each line, averaged (n - 1)."""
        return self._averaged(position, lambda _, place: np.asarray(place.std(axis=0, ddof=1)))

    def grid_sd(self, position: Floats) -> Floats:
        """Return the standard deviation of all places about the grid (n - 3)."""
        off = self.off_grid(position)
        return np.asarray(np.sqrt((off**2).sum(axis=0) / max(len(off) - 3, 1)))

    def largest(self, position: Floats) -> Floats:
        """Return the largest distance of a place from the grid."""
        return np.asarray(np.abs(self.off_grid(position)).max(axis=0))

    def _averaged(self, position: Floats, scatter: Callable[[Floats, Floats], Floats]) -> Floats:
        """Return the mean over the lines that stand in enough strips."""
        found = []
        for line in np.unique(self.line):
            of_line = self.line == line
            if np.count_nonzero(of_line) >= LEAST_STRIPS:
                found.append(scatter(self.along[of_line], position[of_line]))
        if not found:
            raise FitError(
                f"no line stands in {LEAST_STRIPS} strips",
                quantity="strips of a line",
                value=float(np.unique(self.line, return_counts=True)[1].max(initial=0)),
                bound=float(LEAST_STRIPS),
            )
        return np.asarray(np.mean(found, axis=0))


def _off(design: Floats, values: Floats) -> Floats:
    """Return values minus their least-squares fit; columns are sets."""
    # Centred and scaled, so that the decomposition is as good for places far from the origin.
    centred = design.copy()
    centred[:, 1:] -= centred[:, 1:].mean(axis=0)
    length = np.linalg.norm(centred, axis=0)
    length[length == 0.0] = 1.0
    basis, _ = np.linalg.qr(centred / length)
    return np.asarray(values - basis @ (basis.T @ values))

"""Several point sources followed through the views of one head.

Each source moves on a sine of the angle, at nearly one row. A sine through one spot in each of two
views is a guess; those that meet a spot in most of the views are sources. Views in which another source comes
too near are left out for both.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.acquisition import Counts
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.numerics.centroids import Centroids, centroids_near
from photopeak_analyzers.numerics.coarse_image import CoarseImage, coarse_image
from photopeak_analyzers.numerics.sinusoid import Sinusoid, fit_sinusoid
from photopeak_analyzers.shorthand import in_words
from photopeak_analyzers.spect.reconstruction import Floats
from photopeak_analyzers.spect.rotation_views import Views

MOST_SPOTS = 12
"""Spots in a view beyond which these are no point sources."""

GUESS_VIEWS = 6
"""Views, evenly spread, that are paired with one a quarter of a turn on."""

MEETS_BLOCKS = 3.0
"""A spot lies on a path when it is at most this many blocks of the coarse image from it."""

LEAST_MET = 0.6
"""Share of the views in which a path has to meet a spot."""

ROI_RADIUS_FWHM = 2.0
APART_FWHM = 4.0
"""Radius of the circle of the centroid; nearer to another source the circles would share pixels."""

LEAST_VIEWS_APART = 0.5
"""Share of the views in which a source has to be apart from the others."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SourcePath:
    """One source in the views of one head in which it is apart from others.

    Attributes
    ----------
    kept
        Indices of these views.
    transaxial, axial
        Sines of column and row, in pixels from the middle of the matrix.
    """

    kept: NDArray[np.intp]
    centroids: Centroids
    transaxial: Sinusoid
    axial: Sinusoid

    @property
    def place_px(self) -> tuple[float, float, float]:
        """Cosine, sine and row: where the source is in space, in pixels."""
        return (self.transaxial.cosine, self.transaxial.sine, self.axial.constant)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Guess:
    cosine: float
    sine: float
    row: float
    met: float


def follow_sources(frames: Counts, views: Views) -> tuple[SourcePath, ...]:
    """Return the path of every source, in the order of their rows.

    Raises
    ------
    UnsuitableAcquisitionError
        If spots lie on no sines, or sources are never apart.
    """
    coarse = coarse_image(frames)
    spots = _spots(coarse, views)
    middle = ((frames.shape[1] - 1) / 2.0, (frames.shape[2] - 1) / 2.0)
    reach = MEETS_BLOCKS * coarse.block
    guesses = _guesses(spots, views.angles_deg, middle, reach)
    if not guesses:
        raise UnsuitableAcquisitionError(
            f"nothing that {in_words(views.scope)} sees moves on a sine"
            f" in {100.0 * LEAST_MET:.0f} % of the views",
            quantity="sources that move on a sine",
            value=0,
        )
    seen = coarse.sources(coarse.level())
    if seen > len(guesses):
        raise UnsuitableAcquisitionError(
            f"{in_words(views.scope)} sees {seen} sources and {len(guesses)} of them move on sines that"
            f" are more than {2.0 * reach:.0f} pixels apart, needs all",
            quantity="sources that are apart",
            value=len(guesses),
            bound=seen,
        )
    paths = np.stack([_refined(g, spots, views.angles_deg, middle, reach) for g in guesses])
    fwhm = _width(frames, paths)
    found = [
        _followed(frames, views, paths, index, middle, APART_FWHM * fwhm)
        for index in range(len(paths))
    ]
    return tuple(sorted(found, key=lambda each: each.axial.constant))


def _spots(coarse: CoarseImage, views: Views) -> Floats:
    """Return (row, column) of the spots of each view, padded with not-a-number."""
    level = coarse.level()
    places = [coarse.places(index, level) for index in range(len(coarse.sums))]
    most = max(len(each) for each in places)
    if most > MOST_SPOTS:
        raise UnsuitableAcquisitionError(
            f"a view of {in_words(views.scope)} shows {most} spots, needs at most {MOST_SPOTS}:"
            " these are no point sources",
            quantity="spots in a view",
            value=most,
            bound=MOST_SPOTS,
        )
    spots = np.full((len(places), max(most, 1), 2), np.nan)
    for row, each in zip(spots, places, strict=True):
        row[: len(each)] = each
    return spots


def _guesses(
    spots: Floats, angles_deg: Floats, middle: tuple[float, float], reach: float
) -> list[_Guess]:
    """Return the sines that meet a spot in most of the views, each once, the best first."""
    angle = np.radians(angles_deg)
    candidates = []
    for first in np.unique(np.linspace(0, len(spots) - 1, GUESS_VIEWS).astype(int)).tolist():
        # The two are told apart best where they are a quarter of a turn apart.
        second = int(np.abs(np.sin(angle - angle[first])).argmax())
        turn = np.array(
            [[math.cos(a), math.sin(a)] for a in (float(angle[first]), float(angle[second]))]
        )
        if abs(float(np.linalg.det(turn))) < 0.5:
            continue
        for one in spots[first]:
            for other in spots[second]:
                if abs(one[0] - other[0]) <= reach:
                    cosine, sine = np.linalg.solve(turn, [one[1] - middle[1], other[1] - middle[1]])
                    candidates.append((cosine, sine, (one[0] + other[0]) / 2.0))
    if not candidates:
        return []
    table = np.array(candidates)
    columns = middle[1] + table[:, :1] * np.cos(angle) + table[:, 1:2] * np.sin(angle)
    distance = np.hypot(
        spots[None, :, :, 0] - table[:, 2, None, None], spots[None, :, :, 1] - columns[:, :, None]
    )
    met = np.nanmin(np.where(np.isnan(distance), np.inf, distance), axis=2) <= reach
    share = met.mean(axis=1)
    kept: list[_Guess] = []
    for index in np.argsort(-share, kind="stable").tolist():
        cosine, sine, row = table[index]
        if share[index] < LEAST_MET:
            break
        if all(
            math.dist((cosine, sine, row), (k.cosine, k.sine, k.row)) > 2.0 * reach for k in kept
        ):
            kept.append(_Guess(cosine=cosine, sine=sine, row=row, met=float(share[index])))
    return kept


def _refined(
    guess: _Guess,
    spots: Floats,
    angles_deg: Floats,
    middle: tuple[float, float],
    reach: float,
) -> Floats:
    """Return (row, column) of a guess in every view, fitted to the spots that it meets."""
    angle = np.radians(angles_deg)
    columns = middle[1] + guess.cosine * np.cos(angle) + guess.sine * np.sin(angle)
    rows = np.full(angle.size, guess.row)
    for _ in range(2):
        distance = np.hypot(spots[:, :, 0] - rows[:, None], spots[:, :, 1] - columns[:, None])
        distance = np.where(np.isnan(distance), np.inf, distance)
        nearest = distance.argmin(axis=1)
        met = distance.min(axis=1) <= reach
        taken = spots[np.arange(len(spots)), nearest][met]
        columns = fit_sinusoid(angles_deg[met], taken[:, 1]).at(angles_deg)
        rows = fit_sinusoid(angles_deg[met], taken[:, 0]).at(angles_deg)
    return np.stack([rows, columns], axis=1)


def _width(frames: Counts, paths: Floats) -> float:
    """Return the FWHM in pixels of the source that is most often apart."""
    best = max(range(len(paths)), key=lambda index: float(np.median(_gap(paths, index))))
    views = np.argsort(-_gap(paths, best), kind="stable")[: max(len(frames) // 4, 1)]
    row, column = centroids_near(
        frames[views], paths[best, views], radius_fwhm=ROI_RADIUS_FWHM
    ).fwhm
    return math.sqrt(row * column)


def _gap(paths: Floats, index: int) -> Floats:
    """Return in each view the distance of a source from the next other one."""
    others = np.delete(paths, index, axis=0)
    if not len(others):
        return np.full(paths.shape[1], np.inf)
    return np.asarray(np.linalg.norm(others - paths[index], axis=-1).min(axis=0))


def _followed(
    frames: Counts,
    views: Views,
    paths: Floats,
    index: int,
    middle: tuple[float, float],
    apart: float,
) -> SourcePath:
    kept = np.flatnonzero(_gap(paths, index) >= apart)
    if kept.size < LEAST_VIEWS_APART * len(frames):
        raise UnsuitableAcquisitionError(
            f"a source is {apart:.1f} pixels apart from the others in {kept.size} of {len(frames)}"
            f" views of {in_words(views.scope)}, needs {100.0 * LEAST_VIEWS_APART:.0f} %",
            quantity="views in which a source is apart from the others",
            value=int(kept.size),
            bound=LEAST_VIEWS_APART * len(frames),
        )
    centroids = centroids_near(frames[kept], paths[index, kept], radius_fwhm=ROI_RADIUS_FWHM)
    u_row, u_column = centroids.uncertainties.T
    angles = views.angles_deg[kept]
    return SourcePath(
        kept=kept,
        centroids=centroids,
        transaxial=fit_sinusoid(angles, centroids.positions[:, 1] - middle[1], u_column),
        axial=fit_sinusoid(angles, centroids.positions[:, 0] - middle[0], u_row),
    )

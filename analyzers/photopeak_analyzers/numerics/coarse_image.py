"""A stack of frames in coarse blocks: background, brightest place and number of sources of each."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.acquisition import Counts
from photopeak_analyzers.errors import UnsuitableAcquisitionError

COARSE_SIDE = 64
"""Blocks per side of the coarse image in which sources are looked for."""

SAMPLE_SIDE = 20
"""Blocks per side, at least, of the sample whose median is the background: 400 are plenty."""

SOURCE_LEVEL = 0.2
"""A second source has at least this share of the brightest block of the first."""

SOURCE_SIGMA = 6.0
"""A source stands out of the background by this many standard deviations of a block."""

CHECKED_FRAMES = 12
"""Frames, evenly spread, in which sources are counted."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CoarseImage:
    """A stack summed over blocks of `block` x `block` pixels, shape ``(n, rows, columns)``."""

    sums: Floats
    block: int

    def sample(self) -> tuple[Floats, Floats, Floats]:
        """Return an evenly spread sample of the blocks, and the positions of their centres in pixels."""
        steps = [max(1, size // SAMPLE_SIDE) for size in self.sums.shape[1:]]
        sums = self.sums[:, :: steps[0], :: steps[1]]
        rows, columns = (
            (np.arange(0, size, step) + 0.5) * self.block - 0.5
            for size, step in zip(self.sums.shape[1:], steps, strict=True)
        )
        return sums, rows, columns

    def background(self, centres: Floats, beyond: float) -> Floats:
        """Return the median count per pixel farther than `beyond` pixels from the centres.

        0 where the source leaves no room for a background.
        """
        sums, rows, columns = self.sample()
        far = (rows - centres[:, :1]) ** 2
        distance = far[:, :, None] + ((columns - centres[:, 1:]) ** 2)[:, None, :]
        outside = (distance > beyond * beyond).reshape(len(sums), -1)
        count = outside.sum(axis=1)
        # What belongs to the source goes to the end, so that one sort serves all frames.
        ordered = np.sort(np.where(outside, sums.reshape(len(sums), -1), np.inf), axis=1)
        frame = np.arange(len(sums))
        upper = ordered[frame, count // 2 - (count == ordered.shape[1])]
        lower = ordered[frame, np.maximum(count - 1, 0) // 2]
        median = np.where(count > 0, (np.where(count % 2, lower, upper) + lower) / 2.0, 0.0)
        return np.asarray(median / self.block**2)

    def level(self) -> Floats:
        """Return the median count per pixel of each frame, the source included."""
        sums, _, _ = self.sample()
        return np.asarray(np.median(sums.reshape(len(sums), -1), axis=1) / self.block**2)

    def brightest(self, level: Floats) -> NDArray[np.intp]:
        """Return the pixel at the centre of the brightest block of each frame.

        Raises
        ------
        UnsuitableAcquisitionError
            If it does not stand out of the background of that frame.
        """
        count, _, across = self.sums.shape
        flat = self.sums.reshape(count, -1)
        cells = flat.argmax(axis=1)
        expected = level * self.block**2
        excess = flat[np.arange(count), cells] - expected
        dark = int(np.count_nonzero(excess <= _least_excess(expected)))
        if dark:
            raise UnsuitableAcquisitionError(
                f"{dark} of {count} frames show no source, needs one in every frame",
                quantity="frames without a source",
                value=float(dark),
                bound=0.0,
            )
        pixels = np.stack(np.divmod(cells, across), axis=1) * self.block + self.block // 2
        return np.asarray(pixels, dtype=np.intp)

    def sources(self, level: Floats) -> int:
        """Return how many separate sources are seen in at least a quarter of the frames."""
        checked = np.unique(np.linspace(0, len(self.sums) - 1, CHECKED_FRAMES).astype(int))
        seen = [self._labelled(int(index), level)[2] for index in checked]
        # Sources cross each other's path and hide one another, but not in every view.
        return sorted(seen, reverse=True)[(len(seen) - 1) // 4]

    def places(self, index: int, level: Floats) -> Floats:
        """Return (row, column) in pixels of the middle of each source of a frame, shape ``(n, 2)``.

        To about a block: where to look, not where the source is.
        """
        from scipy import ndimage  # not at import: the catalogue of tests is read without it

        net, labels, count = self._labelled(index, level)
        middles = ndimage.center_of_mass(net, labels, range(1, count + 1)) if count else []
        cells = np.asarray(middles, dtype=np.float64).reshape(count, 2)
        return np.asarray((cells + 0.5) * self.block - 0.5)

    def _labelled(self, index: int, level: Floats) -> tuple[Floats, NDArray[np.int32], int]:
        """Return what stands out of the background of a frame, numbered by source."""
        from scipy import ndimage  # as above

        expected = float(level[index]) * self.block**2
        net = self.sums[index] - expected
        stands_out = max(SOURCE_LEVEL * float(net.max()), float(_least_excess(expected)))
        labels, count = ndimage.label(net > stands_out, structure=np.ones((3, 3)))
        return net, labels, int(count)


def _least_excess(expected: Any) -> Any:
    """Return by how much a block stands out of the background that is expected in it."""
    return SOURCE_SIGMA * np.sqrt(np.maximum(expected, 1.0))


def coarse_image(frames: Counts) -> CoarseImage:
    """Sum a stack over blocks, so that 64 of them or fewer lie along each side.

    Rows and columns that fill no block are left out.
    """
    count, rows, columns = frames.shape
    block = max(1, math.ceil(max(rows, columns) / COARSE_SIDE))
    down, across = max(rows // block, 1), max(columns // block, 1)
    if rows < block or columns < block:
        raise UnsuitableAcquisitionError(
            f"the matrix is {rows} x {columns}, too narrow to look for a source",
            quantity="matrix",
            value=float(min(rows, columns)),
            bound=float(block),
        )
    # Sums of a few 16-bit pixels fit into 32 bits, where adding is quickest.
    kind = np.uint32 if frames.dtype in (np.uint8, np.uint16) else np.float64
    whole = frames[:, : down * block, : across * block]
    by_row = whole.reshape(count, down, block, across * block).sum(axis=2, dtype=kind)
    sums = by_row[:, :, ::block].copy()
    for offset in range(1, block):
        sums += by_row[:, :, offset::block]
    return CoarseImage(sums=sums.astype(np.float64, copy=False), block=block)

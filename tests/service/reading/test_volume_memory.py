"""How much memory reading a volume takes: the pixels once, whatever order they come in."""

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photopeak.reading.assemble import read_acquisition
from photopeak.reading.stacking import put_in_order
from photopeak_analyzers.acquisition import Volume
from support.dicom_objects import compressed, enhanced, save_all, slices

SHAPE = (40, 256, 256)
VALUES = np.random.default_rng(1).integers(-50, 3000, SHAPE).astype(np.int16)
ORDER = [int(k) for k in np.random.default_rng(2).permutation(SHAPE[0])]
JPEG_LS = "1.2.840.10008.1.2.4.80"
MOST = 1.3
"""Times the pixels: they, one window of headers, and what is known of each slice."""


def highest(paths: list[Path]) -> tuple[Volume, float]:
    """Read a series; returns the most memory meanwhile in units of its pixels."""
    read_acquisition(paths)  # modules and tables are loaded
    tracemalloc.start()
    try:
        volume = read_acquisition(paths)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert isinstance(volume, Volume)
    return volume, most / VALUES.nbytes


@pytest.mark.parametrize("packed", [False, True], ids=["native", "compressed"])
def test_a_series_is_read_into_one_array(packed: bool, tmp_path: Path) -> None:
    made = slices(VALUES)
    datasets = [compressed(each, JPEG_LS) for each in made] if packed else made
    paths = save_all(datasets, tmp_path)
    volume, most = highest([paths[k] for k in ORDER])

    assert np.array_equal(volume.values, VALUES)
    assert most < MOST


def test_frames_in_no_order_are_moved_within_their_array(tmp_path: Path) -> None:
    volume, most = highest(save_all([enhanced(VALUES, order=ORDER)], tmp_path))

    assert np.array_equal(volume.values, VALUES)
    assert most < MOST


def test_compressed_frames_take_their_own_size_more(tmp_path: Path) -> None:
    (path,) = save_all([compressed(enhanced(VALUES, order=ORDER), JPEG_LS)], tmp_path)
    volume, most = highest([path])

    assert np.array_equal(volume.values, VALUES)
    assert most < MOST + path.stat().st_size / VALUES.nbytes


@given(st.integers(1, 12).flatmap(lambda n: st.permutations(range(n))))
def test_slices_are_put_in_any_order_in_place(order: list[int]) -> None:
    values = np.arange(len(order))[:, None, None] * np.ones((1, 2, 2), dtype=np.int64)
    put_in_order(values, order)

    assert values[:, 0, 0].tolist() == order

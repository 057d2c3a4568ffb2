"""Lines are found wherever they stand, and nothing else is taken for lines."""

import numpy as np
import pytest

from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.numerics.line_places import STEEPER, find_lines
from photopeak_analyzers.simulation.floods import FloodCamera
from photopeak_analyzers.simulation.lines import SlitMask, line_image
from photopeak_analyzers.simulation.planar import Matrix
from support.line_sources import MATRIX, picture


@pytest.mark.parametrize("along", ["x", "y"])
@pytest.mark.parametrize("seed", [None, 3])
def test_two_lines_are_found_with_their_direction_and_places(along, seed):
    found = find_lines(picture(along, seed=seed, counts_per_mm=2000.0, background=1.0))

    middle = (MATRIX.rows - 1) / 2.0
    assert found.upright is (along == "y")
    assert found.places == pytest.approx(
        [middle + (0.4 - 15.0) / 0.6, middle + (0.4 + 15.0) / 0.6], abs=0.3
    )
    assert found.extent == (0, 512)


def test_a_short_line_begins_and_ends_at_half_its_brightness():
    found = find_lines(picture(apart_mm=None, length_mm=120.0, seed=1, background=2.0))

    # 200 pixels about the middle, 255.5.
    assert found.extent[0] == pytest.approx(156, abs=2)
    assert found.extent[1] == pytest.approx(356, abs=2)
    assert len(found.places) == 1


def test_turning_the_image_turns_the_answer():
    image = picture(seed=2, length_mm=150.0)
    upright, lying = find_lines(image), find_lines(np.ascontiguousarray(image.T))

    assert upright.upright
    assert not lying.upright
    assert (upright.places, upright.extent) == (lying.places, lying.extent)


def test_every_slit_of_a_mask_is_a_line():
    mask = SlitMask(size_mm=(290.0, 290.0))
    image = line_image(MATRIX, mask.lines(), fwhm_mm=3.8)

    assert len(find_lines(image).places) == len(mask.places_mm())


@pytest.mark.parametrize(
    "image",
    [
        FloodCamera().expected(1000.0),
        np.random.default_rng(1).poisson(np.full((128, 128), 5.0)),
        np.random.default_rng(1).poisson(np.full((128, 128), 0.01)),
        picture(fwhm_mm=7.0, apart_mm=None, length_mm=1.0),
        np.full((64, 96), 7),
        np.eye(64),
    ],
    ids=["flood", "noise", "few", "point", "constant", "diagonal"],
)
def test_what_has_no_direction_shows_no_lines(image):
    with pytest.raises(UnsuitableAcquisitionError, match="the image shows no lines") as refusal:
        find_lines(image)

    assert refusal.value.bound == STEEPER


def test_an_empty_image_is_refused():
    with pytest.raises(UnsuitableAcquisitionError, match="the image holds no counts, needs lines"):
        find_lines(np.zeros((32, 32), dtype=np.uint16))


def test_a_matrix_of_a_few_pixels_is_answered():
    with pytest.raises(UnsuitableAcquisitionError):
        find_lines(Matrix(rows=1, columns=1).shape[0] * np.ones((1, 1)))

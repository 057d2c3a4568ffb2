"""Where sources are in an image, to a block."""

import numpy as np
import pytest

from photopeak_analyzers.numerics.coarse_image import coarse_image
from photopeak_analyzers.simulation.point_sources import Room, Spot

ROOM = Room(rows=256, columns=256, pixel_mm=2.0, background_cps=10.0)


def test_every_source_has_its_place_to_a_block():
    spots = (Spot(counts=4e4, x_mm=-100.0, y_mm=30.0), Spot(counts=6e4, x_mm=120.0, y_mm=-50.0))
    coarse = coarse_image(np.random.default_rng(1).poisson(ROOM.expected(spots))[None])
    places = coarse.places(0, coarse.level())

    # Rows and columns of 2 mm about 127.5; in the order of the rows.
    expected = [(127.5 - 25.0, 127.5 + 60.0), (127.5 + 15.0, 127.5 - 50.0)]
    assert coarse.sources(coarse.level()) == len(places) == 2
    assert places == pytest.approx(np.array(expected), abs=coarse.block)


def test_an_image_without_a_source_has_no_places():
    dark = Room(rows=256, columns=256, pixel_mm=2.0, background_cps=2_000.0).expected()
    coarse = coarse_image(np.random.default_rng(2).poisson(dark)[None])

    assert coarse.places(0, coarse.level()).shape == (0, 2)

"""The UFOV as the image shows it: 95 % of the illuminated box, in the right shape."""

import numpy as np
import pytest

from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.numerics.field_estimate import estimate_field_of_view
from photopeak_analyzers.numerics.field_of_view import FieldOfView, Shape
from photopeak_analyzers.simulation.floods import ColdSpot, FloodCamera, noisy

CAMERA = FloodCamera(rows=80, columns=96, pixel_mm=6.4)


def estimated(image):
    centre = ((image.shape[0] - 1) / 2, (image.shape[1] - 1) / 2)
    return estimate_field_of_view(image, (6.4, 6.4), centre)


def lit(field, *responses, counts=5000.0):
    camera = FloodCamera(rows=80, columns=96, pixel_mm=6.4, ufov=field)
    return noisy(camera.expected(counts, *responses), np.random.default_rng(11))


def test_a_rectangle_is_found_and_shrunk():
    field = estimated(lit(FieldOfView(width_mm=512.0, height_mm=384.0)))

    assert field.shape is Shape.RECTANGLE
    assert (field.width_mm, field.height_mm) == pytest.approx((0.95 * 512.0, 0.95 * 384.0))
    assert field.centre_offset_mm == (0.0, 0.0)


def test_a_circle_is_found():
    field = estimated(lit(FieldOfView(shape=Shape.CIRCLE, width_mm=400.0, height_mm=400.0)))

    assert field.shape is Shape.CIRCLE
    # Rounded to whole pixels on both sides.
    assert field.width_mm == pytest.approx(0.95 * 400.0, abs=6.4)


def test_cut_corners_are_found():
    lit_field = FieldOfView(
        shape=Shape.POLYGON, width_mm=512.0, height_mm=384.0, corner_cut_mm=90.0
    )

    field = estimated(lit(lit_field))

    assert field.shape is Shape.POLYGON
    assert field.corner_cut_mm == pytest.approx(0.95 * 90.0, abs=6.4)


def test_the_centre_is_taken_from_the_image():
    off = FieldOfView(width_mm=320.0, height_mm=320.0, centre_offset_mm=(32.0, -64.0))

    assert estimated(lit(off)).centre_offset_mm == pytest.approx((32.0, -64.0))


def test_a_dead_area_inside_is_no_border():
    whole = FieldOfView(width_mm=512.0, height_mm=384.0)
    hole = ColdSpot(depth=0.95, diameter_mm=60.0, x_mm=50.0)

    field = estimated(lit(whole, hole))

    assert field.shape is Shape.RECTANGLE
    assert field.width_mm == pytest.approx(0.95 * 512.0)


def test_a_hot_pixel_does_not_hide_the_field():
    image = lit(FieldOfView(width_mm=512.0, height_mm=384.0))
    image[3, 3] = 40_000  # below ten times the mean: the field stays above 10 % of the maximum

    assert estimated(image).width_mm == pytest.approx(0.95 * 512.0)


def test_an_empty_image_has_no_field():
    with pytest.raises(UnsuitableAcquisitionError, match="image is empty, no field of view"):
        estimated(np.zeros((64, 64), dtype=np.uint32))


def test_a_lit_point_is_no_field():
    image = np.zeros((64, 64), dtype=np.uint32)
    image[20, 20] = 1000

    with pytest.raises(UnsuitableAcquisitionError, match=r"illuminated area is 6\.08 x 6\.08 mm"):
        estimated(image)

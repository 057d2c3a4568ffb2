"""Pixels of a field of view: at least half of their area, exactly one half included."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photopeak_analyzers.errors import ParameterError
from photopeak_analyzers.numerics.field_of_view import FieldOfView, Shape


def columns_of(field, pixel_mm, size=64):
    return int(field.mask((size, size), (pixel_mm, pixel_mm)).any(axis=0).sum())


def test_exactly_half_of_a_pixel_counts():
    # 288 mm of CFOV are 45 pixels of 6.4 mm, 22.5 on either side: half pixels at both ends.
    ufov = FieldOfView(width_mm=384.0, height_mm=384.0)

    assert columns_of(ufov.scaled(0.75), 6.4) == 46


@pytest.mark.parametrize(("width_mm", "columns"), [(287.9, 44), (288.0, 46), (288.1, 46)])
def test_just_below_and_above_half_a_pixel(width_mm, columns):
    assert columns_of(FieldOfView(width_mm=width_mm, height_mm=288.0), 6.4) == columns


def test_the_rounding_of_the_header_does_not_decide_about_half_a_pixel():
    # 0.4 mm times 16 written as 0.39999998: 288 mm is 45.000002 pixels, or 44.999998.
    for pixel_mm in (6.39999968, 6.40000032):
        assert columns_of(FieldOfView(width_mm=288.0, height_mm=288.0), pixel_mm) == 46


def test_the_cfov_is_three_quarters_of_every_dimension_of_the_ufov():
    ufov = FieldOfView(
        shape=Shape.POLYGON,
        width_mm=532.0,
        height_mm=386.0,
        corner_cut_mm=80.0,
        centre_offset_mm=(3.0, -2.0),
    )

    cfov = ufov.scaled(0.75)

    assert (cfov.width_mm, cfov.height_mm, cfov.corner_cut_mm) == (399.0, 289.5, 60.0)
    assert cfov.centre_offset_mm == ufov.centre_offset_mm


@pytest.mark.parametrize(
    ("field", "area_mm2"),
    [
        (FieldOfView(width_mm=401.3, height_mm=300.7), 401.3 * 300.7),
        (FieldOfView(shape=Shape.CIRCLE, width_mm=390.0, height_mm=390.0), np.pi * 195.0**2),
        (
            FieldOfView(shape=Shape.POLYGON, width_mm=400.0, height_mm=300.0, corner_cut_mm=70.0),
            400.0 * 300.0 - 2 * 70.0**2,
        ),
    ],
)
def test_the_fractions_of_area_add_up_to_the_field(field, area_mm2):
    fraction = field.area_fraction((96, 96), (4.8, 4.8))

    # Sampling at 64 points per border pixel errs by a per mille of the whole.
    assert fraction.sum() * 4.8**2 == pytest.approx(area_mm2, rel=2e-3)


def test_fractions_of_a_rectangle_are_exact():
    fraction = FieldOfView(width_mm=25.0, height_mm=21.0).area_fraction((4, 4), (10.0, 10.0))

    assert fraction[1] == pytest.approx([0.25, 1.0, 1.0, 0.25])
    assert fraction[:, 1] == pytest.approx([0.05, 1.0, 1.0, 0.05])


def test_the_offset_moves_the_field_down_and_to_the_right():
    field = FieldOfView(width_mm=40.0, height_mm=40.0, centre_offset_mm=(20.0, 30.0))

    rows, columns = np.nonzero(field.mask((20, 20), (10.0, 10.0)))

    assert (rows.min(), rows.max()) == (10, 13)
    assert (columns.min(), columns.max()) == (11, 14)


def test_the_centre_of_a_cropped_matrix_may_be_given():
    field = FieldOfView(width_mm=40.0, height_mm=40.0)

    rows, columns = np.nonzero(field.mask((20, 20), (10.0, 10.0), (4.5, 6.5)))

    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (3, 6, 5, 8)


def test_pixels_of_the_field_beyond_the_image_are_counted():
    field = FieldOfView(width_mm=100.0, height_mm=60.0)

    assert field.pixels_beyond((10, 10), (10.0, 10.0), (4.5, 4.5)) == 0
    assert field.pixels_beyond((10, 8), (10.0, 10.0), (4.5, 3.5)) == 12


@given(st.sampled_from(list(Shape)), st.floats(60.0, 300.0), st.floats(60.0, 300.0))
def test_masks_are_symmetric_and_turn_with_the_field(shape, width_mm, height_mm):
    if shape is Shape.CIRCLE:
        height_mm = width_mm
    cut = 20.0 if shape is Shape.POLYGON else 0.0
    field = FieldOfView(shape=shape, width_mm=width_mm, height_mm=height_mm, corner_cut_mm=cut)
    turned = FieldOfView(shape=shape, width_mm=height_mm, height_mm=width_mm, corner_cut_mm=cut)

    mask = field.mask((50, 50), (6.4, 6.4))

    assert np.array_equal(mask, mask[::-1])
    assert np.array_equal(mask, mask[:, ::-1])
    assert np.array_equal(np.rot90(mask), turned.mask((50, 50), (6.4, 6.4)))


@pytest.mark.parametrize("shape", list(Shape))
def test_the_outline_runs_around_the_mask(shape):
    cut = 30.0 if shape is Shape.POLYGON else 0.0
    field = FieldOfView(shape=shape, width_mm=200.0, height_mm=200.0, corner_cut_mm=cut)

    points = np.array(field.outline((10.0, 10.0), (14.5, 14.5)))

    assert points.min(axis=0) == pytest.approx([4.5, 4.5], abs=0.01)
    assert points.max(axis=0) == pytest.approx([24.5, 24.5], abs=0.01)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"width_mm": 19.9}, r"width of the field of view is 19\.9 mm, needs 20 to 1200 mm"),
        ({"height_mm": 1200.5}, r"height of the field of view is 1200\.5 mm"),
        ({"width_mm": float("nan")}, "width of the field of view is nan mm"),
        ({"centre_offset_mm": (0.0, 2000.0)}, r"off by \(0, 2000\) mm"),
        ({"shape": Shape.CIRCLE, "height_mm": 390.0}, "400 x 390 mm has two diameters"),
        ({"shape": Shape.POLYGON}, "cut by 0 mm, needs more than 0"),
        ({"shape": Shape.POLYGON, "corner_cut_mm": 151.0}, "cut by 151 mm, .* at most 150 mm"),
        ({"corner_cut_mm": 5.0}, "a rectangle has no corner to cut by 5 mm"),
    ],
)
def test_an_impossible_field_is_refused(changes, message):
    with pytest.raises(ParameterError, match=message):
        FieldOfView(**{"width_mm": 400.0, "height_mm": 300.0, **changes})


@pytest.mark.parametrize("edge_mm", [20.0, 1200.0])
def test_the_bounds_of_belief_are_inclusive(edge_mm):
    assert FieldOfView(width_mm=edge_mm, height_mm=edge_mm).longest_mm == edge_mm


def test_a_field_holds_the_places_up_to_its_border():
    plain = FieldOfView(width_mm=400.0, height_mm=300.0)
    shifted = FieldOfView(width_mm=400.0, height_mm=300.0, centre_offset_mm=(10.0, -20.0))
    disc = FieldOfView(shape=Shape.CIRCLE, width_mm=400.0, height_mm=400.0)
    cut = FieldOfView(shape=Shape.POLYGON, width_mm=400.0, height_mm=300.0, corner_cut_mm=50.0)
    y, x = np.array([150.0, 150.1, 0.0, 0.0, -150.0]), np.array([0.0, 0.0, 200.0, 200.1, -200.0])

    assert plain.holds(y, x).tolist() == [True, False, True, False, True]
    assert shifted.holds(y + 10.0, x - 20.0).tolist() == [True, False, True, False, True]
    assert disc.holds(y, x).tolist() == [True, True, True, False, False]
    # The cut runs from (150, 150) to (100, 200).
    assert cut.holds([125.0, 126.0, -150.0], [175.0, 175.0, 200.0]).tolist() == [True, False, False]

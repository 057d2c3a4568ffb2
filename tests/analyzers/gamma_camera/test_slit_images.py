"""Slits of a mask in one image: GB/T 18989-2013 3.2.1.3, E.1.3, E.1.4."""

import math

import numpy as np
import pytest

from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.gamma_camera.slit_images import Mask, measure_slits
from photopeak_analyzers.gamma_camera.slit_places import as_flood, find_slits
from photopeak_analyzers.numerics.field_estimate import estimate_field_of_view
from photopeak_analyzers.numerics.field_of_view import FieldOfView, Shape
from photopeak_analyzers.numerics.profiles import FWHM_PER_SIGMA
from photopeak_analyzers.simulation.blur import slit_width
from photopeak_analyzers.simulation.planar import Matrix
from support.slits import picture

UFOV = FieldOfView(width_mm=270.0, height_mm=210.0)
MASK = Mask(pitch_mm=30.0, tolerance_mm=0.05, parabola=True, by_field=False)
SPACING = (0.6, 0.6)


def measured(counts, ufov=UFOV, mask=MASK, spacing=SPACING):
    return measure_slits(find_slits(counts, spacing, 30.0), ufov, mask)


@pytest.mark.parametrize(
    ("along", "direction", "in_ufov", "in_cfov"),
    # Slits along Y at 0.3 mm and every 30 mm: eight have 15 mm to both sides within +-135 mm, and
    # 210 mm are seven strips. In the CFOV of 202.5 x 157.5 mm stand seven in six strips.
    # Slits along X: six of them within +-105 mm less 15 mm, in nine strips; five in seven.
    [("y", "x", 8 * 7, 7 * 6), ("x", "y", 6 * 9, 5 * 7)],
)
def test_every_slit_of_every_strip_is_measured(along, direction, in_ufov, in_cfov):
    image = measured(picture(along))

    assert image.slits.direction == direction
    assert {name: len(f.spreads) for name, f in image.fields.items()} == {
        "ufov": in_ufov,
        "cfov": in_cfov,
    }
    assert [f.shown for f in image.fields.values()] == [1.0, 1.0]


def test_strips_fill_the_field_and_are_30_mm_at_most():
    image = measured(picture("y"))

    # 210 mm are 350 rows: seven strips of 50. The CFOV has 262: six of 43, 25.8 mm.
    assert (image.fields["ufov"].strip_rows, image.fields["cfov"].strip_rows) == (50, 43)
    for name, field in image.fields.items():
        ends = field.points.along.min(), field.points.along.max()
        half = {"ufov": 105.0, "cfov": 78.75}[name] / 0.6
        assert ends[0] - (field.strip_rows - 1) / 2.0 >= 255.5 - half
        assert ends[1] + (field.strip_rows - 1) / 2.0 <= 255.5 + half


def test_widths_and_places_are_those_of_a_blurred_slit():
    # The pixel adds p**2 / 12 to the variance; a fine one, so that the highest channel is the top.
    matrix = Matrix(rows=1024, columns=1024, pixel_mm=0.3)
    field = measured(picture(matrix=matrix, offset_mm=0.15), spacing=(0.3, 0.3)).fields["ufov"]

    sigma = math.hypot(3.8 / FWHM_PER_SIGMA, 0.3 / math.sqrt(12.0))
    assert field.half * 0.3 == pytest.approx(slit_width(0.5, 1.0, sigma), rel=2e-3)
    # Straight lines between pixels run outside of the hollow foot of a Gaussian.
    assert field.tenth * 0.3 == pytest.approx(slit_width(0.1, 1.0, sigma), rel=4e-3)
    # 3.2.1.3.3 (7): the area of the slit over the height of its blurred profile.
    height = math.erf(0.5 / math.sqrt(2.0) / sigma)
    assert field.equivalent * 0.3 == pytest.approx(1.0 / height, rel=2e-3)
    assert field.mm_per_pixel.value == pytest.approx(0.3, rel=1e-6)
    places = (field.position - 511.5) * 0.3
    assert places == pytest.approx(0.15 + 30.0 * np.round((places - 0.15) / 30.0), abs=2e-3)


def test_millimetres_are_those_of_the_mask_and_not_of_the_header():
    # The header says 0.57 mm, the image was taken with 0.6 mm: the field would be 5 % too large.
    image = measured(picture(), spacing=(0.57, 0.57))

    assert image.fields["ufov"].mm_per_pixel.value == pytest.approx(0.6, rel=1e-5)
    assert image.header_deviation_percent == pytest.approx(-5.0, abs=0.01)
    assert len(image.fields["ufov"].spreads) == 56


def test_millimetres_of_each_field_are_its_own_where_the_text_says_so():
    # The detector shows one slit of the UFOV, none of the CFOV, 1 mm towards the middle.
    stretched = picture(bend=lambda v, u: np.full_like(v, float(u < -100.0)))

    by_field = measured(stretched, mask=Mask(pitch_mm=30.0, tolerance_mm=0.05, parabola=False,
                                             by_field=True))  # fmt: skip
    by_ufov = measured(stretched)

    assert by_field.fields["cfov"].mm_per_pixel.value == pytest.approx(0.6, rel=1e-5)
    # Seven distances from -119.7 to 90.3 mm, the first 1 mm shorter.
    assert by_ufov.fields["cfov"].mm_per_pixel.value == pytest.approx(0.6 * 210 / 209, rel=1e-4)


def test_the_uncertainty_of_the_millimetres_holds_the_tolerance_of_the_mask():
    exact = measured(picture(), mask=Mask(pitch_mm=30.0, tolerance_mm=0.0, parabola=True,
                                          by_field=False))  # fmt: skip
    loose = measured(picture(), mask=Mask(pitch_mm=30.0, tolerance_mm=0.3, parabola=True,
                                          by_field=False))  # fmt: skip

    u = [i.fields["ufov"].mm_per_pixel.relative for i in (exact, loose)]
    assert math.sqrt(u[1] ** 2 - u[0] ** 2) == pytest.approx(0.01 / math.sqrt(3.0), rel=1e-6)


@pytest.mark.parametrize("tilt_deg", [-0.8, 0.35, 1.5])
def test_a_tilted_mask_is_followed_across_the_field(tilt_deg):
    image = measured(picture(tilt_deg=tilt_deg))
    field = image.fields["ufov"]

    assert image.tilt_deg == pytest.approx(tilt_deg, abs=1e-3)
    # Oblique: the distance along a row and the width grow alike, by 1 / cos.
    assert field.half.mean() * field.mm_per_pixel.value == pytest.approx(3.89, rel=0.02)
    assert np.abs(field.grid.residuals).max() * 0.6 < 0.01


def test_coarse_pixels_take_the_parabola():
    matrix = Matrix(rows=256, columns=256, pixel_mm=1.2)
    counts = picture(matrix=matrix)

    image = measured(counts, spacing=(1.2, 1.2))
    without = measured(counts, spacing=(1.2, 1.2), mask=Mask(pitch_mm=30.0, tolerance_mm=0.05,
                                                            parabola=False, by_field=True))  # fmt: skip

    assert image.parabola
    assert not without.parabola
    assert image.pixel_in_fwhm == pytest.approx(1.2 / 3.95, rel=0.03)
    # E.1.4: the vertex is higher than the channels, the width at its half is less.
    assert image.fields["ufov"].half.mean() < without.fields["ufov"].half.mean()


@pytest.mark.parametrize(("pixel_mm", "within_mm"), [(0.8, 0.005), (1.6, 0.03)])
def test_straight_lines_between_pixels_hardly_displace_a_slit(pixel_mm, within_mm):
    # 0.2 FWHM, where NEMA begins to warn, and 0.39, just below where it voids.
    matrix = Matrix(rows=192, columns=192, pixel_mm=pixel_mm)
    ufov = FieldOfView(width_mm=150.0, height_mm=120.0)
    counts = picture(matrix=matrix, size_mm=(180.0, 140.0))

    field = measured(counts, ufov=ufov, spacing=(pixel_mm, pixel_mm)).fields["ufov"]

    assert np.abs(field.grid.residuals).max() * pixel_mm < within_mm


def test_a_round_field_takes_only_what_is_whole_in_it():
    disc = FieldOfView(shape=Shape.CIRCLE, width_mm=210.0, height_mm=210.0)
    field = measured(picture(), ufov=disc).fields["ufov"]

    # Half a pitch to both sides and the whole strip within 105 mm of the centre.
    half_strip = (field.strip_rows - 1) / 2.0 * 0.6
    v = np.abs(field.points.along - 255.5) * 0.6 + half_strip
    u = np.abs(field.position - 255.5) * 0.6 + 15.0
    assert np.hypot(v, u).max() <= 105.01
    assert field.shown == 1.0
    # Five slits in each of the middle three strips, three in those at 60 mm, none beyond.
    assert len(field.spreads) == 5 + 2 * 5 + 2 * 3


def test_a_distorted_slit_on_the_border_of_a_field_counts_in_all_of_its_strips():
    # Slits at +-90 mm on the border of a CFOV of 180 mm, which move out of it and back along Y.
    def bend(v, u):
        return 0.4 * np.sin(2.0 * math.pi * v / 80.0) + 0.0 * u

    counts = picture(offset_mm=0.0, bend=bend)

    field = measured(counts, ufov=FieldOfView(width_mm=240.0, height_mm=210.0)).fields["cfov"]

    lines, strips = np.unique(field.points.line, return_counts=True)
    assert (lines.size, set(strips.tolist())) == (7, {6})
    # All slits have the same displacements, so none may have a spread of its own.
    spread = [np.ptp(field.position[field.points.line == line]) for line in lines]
    assert spread == pytest.approx([spread[0]] * 7, abs=0.02)


def test_slits_that_the_detector_does_not_show_are_missed():
    counts = picture()
    # A dead tube of 60 mm: of two slits one strip is dark, and most of another one.
    counts[200:300, 190:290] = 0.0

    field = measured(counts).fields["ufov"]

    # Eight slits in seven strips: the outermost is within half a pixel of where it counts.
    assert field.shown == pytest.approx(1.0 - 4 / 56)
    assert np.abs(field.grid.residuals).max() < 1e-3


def test_a_covered_slit_keeps_its_number():
    counts = picture()
    counts[:, 240:280] = 0.0

    field = measured(counts).fields["ufov"]

    assert field.shown == pytest.approx(1.0 - 7 / 56)
    assert field.grid.pitch == pytest.approx(50.0)
    assert np.abs(field.grid.residuals).max() < 1e-3


def test_a_field_that_nobody_declared_shows_when_the_slits_are_smeared():
    for along in "xy":
        slits = find_slits(picture(along, offset_mm=0.0), SPACING, 30.0)
        smeared, block_mm, middle = as_flood(slits)

        field = estimate_field_of_view(smeared, block_mm, middle)

        # Eleven slits along Y of 234 mm, or nine along X of 294 mm: 95 %, to a block of 6.4 mm.
        lit = {"y": (330.0, 234.0), "x": (294.0, 270.0)}[along]
        assert field.width_mm == pytest.approx(0.95 * min(lit[0], 307.2), abs=7.0)
        assert field.height_mm == pytest.approx(0.95 * lit[1], abs=7.0)
        assert np.abs(field.centre_offset_mm).max() < 3.3


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        (
            picture(pitch_mm=120.0, offset_mm=60.0),
            "the image shows 2 lines, needs at least 3 slits",
        ),
        (picture(pitch_mm=12.0), r"the lines are 12\.0 mm apart, needs the 30 mm of a slit mask"),
        (picture(pitch_mm=40.0), r"the lines are 40\.0 mm apart, needs the 30 mm"),
        (np.full((256, 256), 100.0), "the image shows no lines"),
        (
            picture(background=2.0 * picture().max()),
            r"between the lines are 7\d % of the counts on",
        ),
        (np.zeros((256, 256)), "the image holds no counts"),
    ],
    ids=["line sources", "bars", "another mask", "flood", "texture", "empty"],
)
def test_other_pictures_are_refused(counts, message):
    with pytest.raises(UnsuitableAcquisitionError, match=message):
        find_slits(counts, SPACING, 30.0)


def test_a_field_without_slits_is_refused():
    beside = FieldOfView(width_mm=30.0, height_mm=30.0, centre_offset_mm=(0.0, 0.0))

    with pytest.raises(
        UnsuitableAcquisitionError, match="no line stands in the field of 50 columns"
    ):
        measured(picture(), ufov=beside)

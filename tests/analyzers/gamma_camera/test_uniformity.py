"""The mathematics of the two texts against values worked out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.gamma_camera.uniformity import (
    Direction,
    Text,
    complete_groups,
    differential_uniformity,
    distribution,
    group_extremes,
    integral_uniformity,
    prepare,
)

BOTH = pytest.mark.parametrize("text", list(Text))


def box(shape, top, bottom, left, right):
    mask = np.zeros(shape, dtype=bool)
    mask[top : bottom + 1, left : right + 1] = True
    return mask


def flood(value=1000, shape=(30, 40)):
    """A flat flood whose UFOV of 20 x 28 pixels lies in a field lit everywhere."""
    return (
        np.full(shape, value, dtype=np.uint32),
        box(shape, 5, 24, 6, 33),
        box(shape, 8, 21, 10, 29),
    )


# Integral uniformity -------------------------------------------------------------------------


@BOTH
def test_a_flat_flood_is_perfectly_uniform(text):
    prepared = prepare(*flood(), text)

    assert integral_uniformity(prepared.smoothed, prepared.ufov).percent == 0.0
    assert differential_uniformity(prepared.smoothed, prepared.ufov, text).percent == 0.0
    assert distribution(prepared.smoothed, prepared.ufov) == (0.0, 0.0, 0.0)


@BOTH
def test_an_interior_pixel_of_half_the_counts_gives_6_667_percent(text):
    # Smoothed: 1000 - 500 / 4 = 875; 125 / 1875. Thresholding every pixel at 75 % would give 0.
    counts, ufov, cfov = flood()
    counts[15, 20] = 500

    prepared = prepare(counts, ufov, cfov, text)
    extremes = integral_uniformity(prepared.smoothed, prepared.ufov)

    assert prepared.ufov[15, 20]
    assert extremes.percent == pytest.approx(100.0 * 125.0 / 1875.0)
    assert extremes.at_minimum == (15, 20)
    assert extremes.minimum == pytest.approx(875.0)


def test_a_single_bright_pixel_gives_its_quarter():
    counts, ufov, cfov = flood()
    counts[12, 18] = 1400

    prepared = prepare(counts, ufov, cfov, Text.NEMA)

    h, n = 400.0, 1000.0
    expected = 100.0 * (h / 4.0) / (2.0 * n + h / 4.0)
    extremes = integral_uniformity(prepared.smoothed, prepared.ufov)
    assert extremes.percent == pytest.approx(expected)
    assert extremes.at_maximum == (12, 18)


def test_the_cfov_is_looked_up_in_the_image_smoothed_for_the_ufov():
    # The pixel beside the CFOV is hot: smoothed once over the UFOV it reaches into the CFOV.
    counts, ufov, cfov = flood()
    counts[15, 9] = 2000

    prepared = prepare(counts, ufov, cfov, Text.NEMA)

    assert not cfov[15, 9]
    assert integral_uniformity(prepared.smoothed, prepared.cfov).maximum == pytest.approx(1125.0)


# Differential uniformity ---------------------------------------------------------------------


def two_groups():
    """Two rows of one group each: the first differs by 100 counts, the second by 23 %."""
    image = np.zeros((6, 5))
    image[0] = [1000, 1010, 1040, 1080, 1100]
    image[5] = [100, 120, 130, 150, 160]
    mask = np.zeros((6, 5), dtype=bool)
    mask[[0, 5]] = True
    return image, mask


@pytest.mark.parametrize(("text", "percent"), [(Text.IEC, 4.762), (Text.NEMA, 23.077)])
def test_iec_takes_the_largest_difference_and_nema_the_largest_percentage(text, percent):
    image, rows = two_groups()
    # Columns need a group too: five flat rows further down.
    image = np.vstack([image, np.full((6, 5), 500.0)])
    mask = np.vstack([rows, box((6, 5), 1, 5, 0, 4)])

    result = differential_uniformity(image, mask, text)

    assert result.percent == pytest.approx(percent, abs=5e-4)
    assert result.worst.direction is Direction.X
    assert result.worst.first == ((0, 0) if text is Text.IEC else (5, 0))


def test_a_group_has_five_pixels_and_no_more():
    # A step of 10 every pixel: five pixels differ by 40, six by 50.
    ramp = np.tile(1000.0 + 10.0 * np.arange(20), (8, 1))
    mask = np.ones((8, 20), dtype=bool)

    result = differential_uniformity(ramp, mask, Text.NEMA)

    assert result.x.percent == pytest.approx(100.0 * 40.0 / 2040.0)
    assert result.x.first == (0, 0)
    assert result.x.last == (0, 4)
    assert result.y.percent == 0.0


def test_x_is_a_row_and_y_is_a_column():
    image = np.full((12, 12), 1000.0)
    image[:, 6:] = 1100.0

    result = differential_uniformity(image, np.ones((12, 12), dtype=bool), Text.NEMA)

    assert result.x.percent == pytest.approx(100.0 * 100.0 / 2100.0)
    assert result.y.percent == 0.0
    assert result.percent == result.x.percent


def test_groups_neither_straddle_a_gap_nor_shrink_at_the_border():
    # Pixels 4 and 9 are out: no group of five is left in 0..3 and 5..8, one in 10..14.
    image = np.full((1, 15), 100.0)
    image[0, [0, 8]] = 300.0
    image[0, 12] = 110.0
    mask = np.ones((1, 15), dtype=bool)
    mask[0, [4, 9]] = False
    image = np.vstack([image, np.full((5, 15), 100.0)])
    mask = np.vstack([mask, np.zeros((5, 15), dtype=bool)])
    mask[1:, 14] = True

    result = differential_uniformity(image, mask, Text.NEMA)

    assert result.x.percent == pytest.approx(100.0 * 10.0 / 210.0)
    assert result.x.first == (0, 10)


def test_groups_do_not_run_on_into_the_next_row():
    mask = np.ones((6, 7), dtype=bool)

    starts = complete_groups(mask, Direction.X)

    assert [divmod(int(start), 7) for start in starts] == [
        (r, c) for r in range(6) for c in range(3)
    ]
    assert complete_groups(mask, Direction.Y).tolist() == list(range(14))


@given(st.integers(5, 12), st.integers(5, 12), st.integers(0, 10_000))
def test_running_extremes_are_those_of_the_windows(rows, columns, seed):
    image = np.random.default_rng(seed).random((2, rows, columns))

    for direction, axis in ((Direction.X, 2), (Direction.Y, 1)):
        windows = np.lib.stride_tricks.sliding_window_view(image, 5, axis=axis)
        maxima, minima = group_extremes(image, direction)
        starts = complete_groups(np.ones((rows, columns), dtype=bool), direction)
        assert maxima[:, starts] == pytest.approx(windows.max(axis=-1).reshape(2, -1))
        assert minima[:, starts] == pytest.approx(windows.min(axis=-1).reshape(2, -1))


def test_a_field_of_four_pixels_has_no_group():
    with pytest.raises(UnsuitableAcquisitionError, match=r"no row .* has 5 contiguous pixels"):
        differential_uniformity(np.ones((9, 9)), box((9, 9), 0, 8, 2, 5), Text.NEMA)
    with pytest.raises(UnsuitableAcquisitionError, match=r"no column .* has 5 contiguous pixels"):
        differential_uniformity(np.ones((3, 9)), np.ones((3, 9), dtype=bool), Text.IEC)


# Distribution --------------------------------------------------------------------------------


def test_the_distribution_counts_pixels_strictly_beyond_each_level():
    # 400 pixels of mean 1000: one each at exactly +-10 % and +-5 %, two at +-10.1 %.
    image = np.full((20, 20), 1000.0)
    image[0, :6] = [1100.0, 900.0, 1050.0, 950.0, 1101.0, 899.0]

    shares = distribution(image, np.ones((20, 20), dtype=bool))

    assert shares == pytest.approx((100 * 2 / 400, 100 * 4 / 400, 100 * 6 / 400))


# Clearing of the edge ------------------------------------------------------------------------


def lead_ring(low, text, ring=1):
    """Counts outside of the UFOV, and in `ring` rows of its edge, are `low`."""
    counts, ufov, cfov = flood()
    lit = box(counts.shape, 5 + ring, 24 - ring, 6 + ring, 33 - ring)
    counts[~lit] = low
    return prepare(counts, ufov, cfov, text), ufov


@BOTH
def test_low_edge_pixels_go_and_their_neighbours_with_them_once(text):
    prepared, ufov = lead_ring(700, text)

    # One ring is low, a second adjoins it; a third would be the mark of an iterated rule.
    assert np.array_equal(prepared.ufov, box(ufov.shape, 7, 22, 8, 31))
    assert prepared.cleared_low == 2 * 28 + 2 * 18
    assert prepared.cleared_neighbours == 2 * 26 + 2 * 16
    assert prepared.cleared_depth == 1


@pytest.mark.parametrize(("low", "cleared"), [(749, True), (750, False)])
def test_three_quarters_of_the_cfov_is_not_below_it(low, cleared):
    prepared, _ = lead_ring(low, Text.NEMA)

    assert (prepared.cleared_low > 0) is cleared


def test_nema_refers_to_the_mean_of_the_cfov_and_iec_to_that_of_the_ufov():
    # Outside of the CFOV the counts are 800: the mean of the UFOV is 900, of the CFOV 1000.
    counts, ufov, cfov = flood()
    counts[~cfov] = 800
    inside = 14 * 20

    assert prepare(counts, ufov, cfov, Text.NEMA).reference_counts == 1000.0
    assert prepare(counts, ufov, cfov, Text.IEC).reference_counts == pytest.approx(
        (inside * 1000 + (560 - inside) * 800) / 560
    )


@BOTH
def test_normal_counts_outside_do_not_wear_the_field_down(text):
    prepared = prepare(*flood(), text)

    assert prepared.removed_pixels == 0


@BOTH
def test_a_shadow_outside_takes_the_outermost_ring_with_it(text):
    counts, ufov, cfov = flood()
    counts[~ufov] = 0

    prepared = prepare(counts, ufov, cfov, text)

    assert np.array_equal(prepared.ufov, box(ufov.shape, 6, 23, 7, 32))


@BOTH
def test_a_pixel_beyond_the_matrix_is_absent_and_not_zero(text):
    counts = np.full((20, 24), 900, dtype=np.uint32)
    everything = np.ones((20, 24), dtype=bool)

    prepared = prepare(counts, everything, box((20, 24), 3, 16, 3, 20), text)

    assert prepared.ufov.all()


def dead_tube_at_the_edge(text):
    counts, ufov, cfov = flood()
    counts[10:16, 6:13] = 300
    return prepare(counts, ufov, cfov, text), ufov


def test_nema_keeps_a_dead_tube_at_the_edge_in_the_numbers():
    prepared, _ = dead_tube_at_the_edge(Text.NEMA)

    assert prepared.cleared_low == 6
    assert integral_uniformity(prepared.smoothed, prepared.ufov).percent > 50.0


def test_iec_clears_a_dead_tube_at_the_edge_and_says_how_deep():
    prepared, _ = dead_tube_at_the_edge(Text.IEC)

    assert prepared.cleared_low == 6 * 7
    # Its deepest pixels lie at rows 10 to 15 and columns up to 12: six rings from the border.
    assert prepared.cleared_depth == 7
    assert integral_uniformity(prepared.smoothed, prepared.ufov).percent == 0.0


@BOTH
def test_an_empty_pixel_inside_is_reported_and_takes_its_neighbours(text):
    counts, ufov, cfov = flood()
    counts[15, 20] = 0

    prepared = prepare(counts, ufov, cfov, text)

    assert prepared.dead == ((15, 20),)
    assert prepared.removed_pixels == 5
    assert integral_uniformity(prepared.smoothed, prepared.ufov).percent == 0.0


def test_one_count_is_not_empty():
    counts, ufov, cfov = flood()
    counts[15, 20] = 1

    prepared = prepare(counts, ufov, cfov, Text.NEMA)

    assert prepared.dead == ()
    assert prepared.removed_pixels == 0


def test_a_field_without_counts_is_refused():
    counts, ufov, cfov = flood(value=0)

    with pytest.raises(UnsuitableAcquisitionError, match="no counts in the field of view"):
        prepare(counts, ufov, cfov, Text.NEMA)


def test_a_field_without_pixels_is_refused():
    counts, ufov, cfov = flood()

    with pytest.raises(UnsuitableAcquisitionError, match="holds no pixel of the image"):
        prepare(counts, ufov & False, cfov, Text.NEMA)


def test_a_field_that_is_cleared_entirely_is_refused():
    counts = np.zeros((30, 40), dtype=np.uint32)
    counts[::2, ::2] = 100

    with pytest.raises(UnsuitableAcquisitionError, match="no pixel of the CFOV is left"):
        prepare(counts, box((30, 40), 5, 24, 6, 33), box((30, 40), 8, 21, 10, 29), Text.NEMA)


# Invariances ---------------------------------------------------------------------------------


def uneven():
    rng = np.random.default_rng(1989)
    counts, ufov, cfov = flood(shape=(30, 40))
    counts = rng.poisson(2000 * (1 + 0.02 * np.sin(np.arange(40) / 3.0)), counts.shape)
    return counts, ufov, cfov


def numbers(counts, ufov, cfov, text):
    prepared = prepare(counts, ufov, cfov, text)
    return [
        (
            integral_uniformity(prepared.smoothed, mask).percent,
            differential_uniformity(prepared.smoothed, mask, text).percent,
            *distribution(prepared.smoothed, mask),
        )
        for mask in (prepared.ufov, prepared.cfov)
    ]


@BOTH
@pytest.mark.parametrize(
    "change",
    [
        lambda image: image[::-1],
        lambda image: image[:, ::-1],
        np.rot90,
        np.transpose,
        lambda image: np.pad(image, ((3, 0), (0, 5)), mode="edge"),
    ],
    ids=["flip", "mirror", "rotation", "transposition", "shift"],
)
def test_the_numbers_do_not_depend_on_how_the_image_lies(text, change):
    counts, ufov, cfov = uneven()

    def masks(mask):
        # A shift pads the image: what is added is no part of any field.
        changed = change(mask)
        return changed if changed.sum() == mask.sum() else np.pad(mask, ((3, 0), (0, 5)))

    changed = numbers(change(counts), masks(ufov), masks(cfov), text)

    assert np.array(changed) == pytest.approx(np.array(numbers(counts, ufov, cfov, text)))


@BOTH
def test_the_numbers_do_not_depend_on_the_activity(text):
    counts, ufov, cfov = uneven()

    longer = numbers(counts * 7, ufov, cfov, text)

    assert np.array(longer) == pytest.approx(np.array(numbers(counts, ufov, cfov, text)))


def test_both_texts_agree_on_integral_uniformity_away_from_the_edge():
    nema, iec = (numbers(*uneven(), text) for text in (Text.NEMA, Text.IEC))

    assert nema[0][0] == pytest.approx(iec[0][0])


@given(st.integers(0, 2**31))
def test_differential_uniformity_never_exceeds_integral_uniformity(seed):
    counts = np.random.default_rng(seed).integers(500, 1500, (14, 16))
    everything = np.ones((14, 16), dtype=bool)
    prepared = prepare(counts, everything, everything, Text.NEMA)

    iu = integral_uniformity(prepared.smoothed, prepared.ufov).percent
    du = differential_uniformity(prepared.smoothed, prepared.ufov, Text.NEMA).percent

    assert du <= iu + 1e-9

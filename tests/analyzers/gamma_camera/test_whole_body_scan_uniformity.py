"""Whole-body scan uniformity: counts along the motion are inverse to its speed."""

import dataclasses
import math

import numpy as np
import pytest

from photopeak_analyzers.acquisition import EnergyWindow
from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import Inputs, Outcome, Severity
from photopeak_analyzers.errors import ParameterError, UnsuitableAcquisitionError
from photopeak_analyzers.gamma_camera.whole_body_scan_uniformity import ANALYZER
from photopeak_analyzers.simulation.planar import Matrix, noisy
from photopeak_analyzers.simulation.sweeps import Ride, swept
from support.bars import eight
from support.floods import notes, precondition, value
from support.line_sources import picture

MATRIX = Matrix(rows=512, columns=128, pixel_mm=4.0)
"""2048 mm of a sweep. A strip of 10 mm is 2 rows of 4 mm."""

CO57 = EnergyWindow(number=1, lower_kev=109.8, upper_kev=134.2)
HEADER = {"nuclide": "Co-57", "windows": (CO57,)}


def sweep(speed=None, seed=None, counts=400.0, header=None, **ride):
    """Return a sweep with a flat source of Co-57 on the head, expected counts without a seed."""
    riding = Ride(**ride) if speed is None else Ride(speed=speed, **ride)
    image = riding.expected(MATRIX, counts)
    if seed is not None:
        image = noisy(image, np.random.default_rng(seed))
    given = HEADER | {"exact": seed is None} | (header or {})
    return swept({(1, 1): image}, MATRIX.pixel_mm, **given)


def inputs(acquisition):
    return Inputs(roles={"sweep": (acquisition,)}, variant="local")


def analyze(acquisition, **parameters):
    return ANALYZER.analyze(inputs(acquisition), ANALYZER.parameters(**parameters))


def found(analysis, metric):
    (measurement,) = [m for m in analysis.measurements if m.metric == metric]
    return measurement


def test_a_steady_motion_deviates_by_nothing():
    analysis = analyze(sweep(header={"exact": False}))

    assert value(analysis, "wb_scan_deviation_pct") == pytest.approx(0.0, abs=1e-6)
    assert value(analysis, "wb_scan_cv_pct") == pytest.approx(0.0, abs=1e-6)
    # 1800 mm less 50 mm at each end, in strips of 8 mm that begin at even rows.
    assert value(analysis, "wb_scan_length_mm") == pytest.approx(1700.0, abs=16.0)
    # 400 counts in 100 columns and 2 rows.
    assert value(analysis, "counts_per_strip") == pytest.approx(80_000.0, rel=0.02)
    assert analysis.valid
    assert all(p.outcome is Outcome.MET for p in analysis.preconditions)


def test_a_stretch_that_is_slow_counts_more_by_the_inverse_of_its_speed():
    # 100 mm at 0.92 of the speed: 8.70 % more; 100 mm at 1.05: 4.76 % less.
    def speed(y):
        slow = np.where(np.abs(y - 300.0) < 50.0, 0.92, 1.0)
        return np.where(np.abs(y + 300.0) < 50.0, 1.05, slow)

    analysis = analyze(sweep(speed))

    assert value(analysis, "wb_scan_highest_pct") == pytest.approx(100.0 * (1 / 0.92 - 1), abs=1e-6)
    assert value(analysis, "wb_scan_lowest_pct") == pytest.approx(100.0 * (1 / 1.05 - 1), abs=1e-6)
    assert value(analysis, "wb_scan_deviation_pct") == pytest.approx(8.6957, abs=1e-3)


def test_a_motion_that_slows_down_steadily_has_a_slope():
    # Counts rise by 2 % per metre.
    analysis = analyze(sweep(lambda y: 1.0 / (1.0 + 0.02 * y / 1000.0)))

    assert value(analysis, "wb_scan_slope_pct_per_m") == pytest.approx(2.0, rel=1e-3)
    assert value(analysis, "wb_scan_deviation_pct") == pytest.approx(1.7, abs=0.04)


def test_a_head_that_sees_no_flat_source_is_left_out_with_a_note():
    lit = Ride().expected(MATRIX, 400.0)
    two = {(1, 1): np.zeros_like(lit), (2, 1): lit}

    analysis = analyze(swept(two, MATRIX.pixel_mm, **HEADER))

    assert {m.scope.get("detector") for m in analysis.measurements} == {2}
    (note,) = notes(analysis, "HEAD_WITHOUT_SOURCE")
    assert note.message == (
        "detector 1, energy window 1 is left out: the image holds no counts, needs a flat source"
    )


@pytest.mark.parametrize("change", ["counts", "flip", "shift", "narrow", "line"])
def test_the_deviation_does_not_depend_on(change):
    def speed(y):
        return 1.0 + 0.05 * np.exp(-((y / 150.0) ** 2))

    plain = sweep(speed)
    if change == "counts":
        other = sweep(speed, counts=900.0)
    elif change == "narrow":
        other = sweep(speed, width_mm=200.0)
    elif change == "line":
        # A line along the motion.
        other = sweep(speed, width_mm=1.0, counts=9000.0)
    elif change == "flip":
        other = dataclasses.replace(plain, counts=plain.counts[:, ::-1, ::-1].copy())
    else:
        other = dataclasses.replace(plain, counts=np.roll(plain.counts, (20, 7), axis=(1, 2)))

    # The strips lie elsewhere: within 4 mm the speed changes by 0.01 %.
    assert value(analyze(other), "wb_scan_lowest_pct") == pytest.approx(
        value(analyze(plain), "wb_scan_lowest_pct"), abs=0.02
    )


def test_noise_alone_makes_what_is_called_the_floor_and_scatters_as_stated():
    largest, stated, floors = [], [], []
    for seed in range(40):
        analysis = analyze(sweep(seed=seed))
        measured = found(analysis, "wb_scan_deviation_pct")
        largest.append(measured.value)
        stated.append(measured.uncertainty)
        floors.append(value(analysis, "wb_scan_noise_floor_pct"))

    # 212 strips of 80 000 counts: 0.354 % each, and the largest of as many normal deviates is about
    # 2.9 of them. 40 means are known to 0.06 / sqrt(40) = 0.01 %.
    assert np.mean(floors) == pytest.approx(2.9 * 0.354, rel=0.08)
    assert np.mean(largest) == pytest.approx(np.mean(floors), abs=0.05)
    # Drawn anew from noisy counts, the spread is wider by up to the square root of two.
    assert 0.6 < np.std(largest) / np.mean(stated) < 1.3


def test_the_uncertainty_of_a_real_deviation_is_that_of_its_strips():
    def speed(y):
        return np.where(np.abs(y) < 8.0, 0.8, 1.0)

    values, stated = [], []
    for seed in range(40):
        measured = found(analyze(sweep(speed, seed=seed)), "wb_scan_highest_pct")
        values.append(measured.value)
        stated.append(measured.uncertainty)

    # Two strips of 1.25 times 80 000 counts: the higher of two of 0.395 % scatters by 0.83 of it.
    assert np.std(values) == pytest.approx(np.mean(stated), rel=0.35)


def test_the_same_seed_gives_the_same_uncertainty():
    noisy_sweep = sweep(seed=3)
    first, second = (found(analyze(noisy_sweep), "wb_scan_cv_pct") for _ in "12")
    other = found(analyze(noisy_sweep, noise_seed=7), "wb_scan_cv_pct")

    assert first == second
    assert other.value == first.value
    assert other.uncertainty != first.uncertainty


def test_the_decay_of_technetium_warns_and_that_of_cobalt_does_not():
    # 2048 mm at 2 mm/s last 1024 s; 2**(-1024 / 21 600) or so is 3.2 %.
    analysis = analyze(sweep(header={"nuclide": "Tc-99m", "windows": ()}))
    cobalt = analyze(sweep())

    decay = precondition(analysis, "PC_TIME")
    assert decay.value == pytest.approx(100.0 * (1.0 - 2.0 ** (-1024.0 / 21_630.0)), rel=5e-3)
    assert (decay.outcome, decay.severity) == (Outcome.NOT_MET, Severity.SOFT)
    assert precondition(cobalt, "PC_TIME").outcome is Outcome.MET
    silent = analyze(sweep(header={"nuclide": None}))
    assert precondition(silent, "PC_TIME").outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("counts", "outcome", "valid"),
    [(51.0, Outcome.MET, True), (49.0, Outcome.NOT_MET, True), (4.9, Outcome.NOT_MET, False)],
)
def test_few_counts_in_a_strip_warn_and_then_void(counts, outcome, valid):
    # 100 columns of 2 rows: 200 times as many in a strip.
    analysis = analyze(sweep(counts=counts))

    assert precondition(analysis, "PC_COUNTS").outcome is outcome
    assert analysis.valid is valid


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ({"nuclide": "F-18"}, "PC_NUCLIDE"),
        ({"windows": (EnergyWindow(number=1, lower_kev=90.0, upper_kev=100.0),)}, "PC_WINDOW"),
        ({"motion": "STEP AND SHOOT"}, "PC_FRAMES"),
    ],
)
def test_what_is_wrong_in_the_header_voids(header, code):
    assert code in {p.code for p in analyze(sweep(header=header)).failed}


def test_saturated_and_oblong_pixels_unknown_heads_and_a_matrix_on_its_side_void():
    plain = sweep(seed=1)
    full = plain.counts.copy()
    full[0, 10, 10] = np.iinfo(full.dtype).max
    ownerless = tuple(dataclasses.replace(f, detector=None) for f in plain.frames)
    for changed, code in (
        (dataclasses.replace(plain, counts=full), "PC_OVERFLOW"),
        (dataclasses.replace(plain, pixel_spacing_mm=(4.0, 4.1)), "PC_PIXEL"),
        (dataclasses.replace(plain, frames=ownerless, detectors=()), "PC_DETECTOR"),
    ):
        assert code in {p.code for p in analyze(changed).failed}
    square = swept({(1, 1): Ride(length_mm=700.0).expected(
        Matrix(rows=200, columns=220, pixel_mm=4.0), 400.0)}, 4.0, **HEADER)  # fmt: skip
    assert [p.code for p in analyze(square).failed] == ["PC_ORIENT"]


def test_a_rate_beyond_20_000_counts_per_second_warns():
    # 400 * 450 * 100 counts in 1024 s are 17 600 counts/s.
    within, beyond = analyze(sweep(counts=400.0)), analyze(sweep(counts=500.0))

    assert precondition(within, "PC_RATE").outcome is Outcome.MET
    assert precondition(beyond, "PC_RATE").outcome is Outcome.NOT_MET
    assert beyond.valid


def body():
    """A distribution as in a patient: trunk, head, legs and spine."""
    y, x = MATRIX.coordinates()
    trunk = ((y + 250.0) / 400.0) ** 2 + (x / 190.0) ** 2 < 1.0
    legs = (np.abs(y - 450.0) < 480.0) & (np.abs(np.abs(x) - 90.0) < 55.0)
    head = np.hypot(y + 750.0, x) < 95.0
    spine = (np.abs(x) < 25.0) & (np.abs(y + 300.0) < 350.0)
    return 40.0 * (trunk | legs | head) + 200.0 * spine


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        (body(), r"lit"),
        (np.zeros(MATRIX.shape), "the image holds no counts, needs a flat source"),
        (
            picture("x", matrix=MATRIX, apart_mm=None),
            "mm along the motion are lit without the ends",
        ),
    ],
    ids=["patient", "empty", "line across"],
)
def test_wrong_pictures_are_refused(counts, message):
    with pytest.raises(UnsuitableAcquisitionError, match=message) as refusal:
        analyze(swept({(1, 1): counts}, 4.0, **HEADER))

    assert str(refusal.value).startswith("detector 1, energy window 1: ")


@pytest.mark.parametrize(("length", "refused"), [(412.0, False), (390.0, True)])
def test_300_mm_have_to_be_lit(length, refused):
    short = sweep(length_mm=length)
    if refused:
        with pytest.raises(UnsuitableAcquisitionError, match="needs 300 mm"):
            analyze(short)
    else:
        assert value(analyze(short), "wb_scan_length_mm") >= 300.0


def test_bars_are_no_flat_source_and_void():
    bars = eight(4.2)[0].counts[0, 70:-70, 70:-70]
    image = np.pad(np.tile(bars, (2, 1)), ((40, 40), (20, 20)))

    analysis = analyze(swept({(1, 1): image}, 1.0, **HEADER), minimum_counts=0.0, invalid_below_counts=0.0)  # fmt: skip

    assert [p.quantity for p in analysis.failed] == [
        "change along the motion of what is seen across it"
    ]
    assert analysis.failed[0].value > 7.0


def test_a_pattern_that_rides_along_is_no_change_and_a_line_is_not_looked_at():
    # Tubes of a camera without correction, 10 % up and down across the motion.
    pattern = 1.0 + 0.1 * np.sin(np.arange(128) / 3.0)
    counts = noisy(Ride().expected(MATRIX, 50.0) * pattern, np.random.default_rng(2))
    riding = analyze(swept({(1, 1): counts}, 4.0, **HEADER))
    line = analyze(sweep(width_mm=1.0, counts=9000.0))

    # Poisson noise of 14 % is taken off; of 50 000 pixels 0.5 % or so are left, by chance.
    assert precondition(riding, "PC_GEOMETRY").value < 1.5
    assert riding.valid
    assert not [p for p in line.preconditions if p.code == "PC_GEOMETRY"]


@pytest.mark.parametrize(("share", "valid"), [(0.06, True), (0.08, False)])
def test_a_pattern_that_changes_along_the_motion_by_5_percent_voids(share, valid):
    # A sine along the motion, up on some stripes and down on others: its RMS is the root of a half.
    y, x = MATRIX.coordinates()
    uneven = 1.0 + share * np.sin(y / 100.0) * np.sign(np.sin(x / 25.0))
    image = noisy(Ride().expected(MATRIX, 1000.0) * uneven, np.random.default_rng(6))
    analysis = analyze(swept({(1, 1): image}, 4.0, **HEADER))

    changing = precondition(analysis, "PC_GEOMETRY")
    assert changing.value == pytest.approx(100.0 * share * math.sqrt(0.5), rel=0.05)
    assert analysis.valid is valid


def test_a_field_of_stripes_is_not_filled():
    y, x = MATRIX.coordinates()
    stripes = 400.0 * ((np.mod(x, 80.0) < 40.0) & (np.mod(y, 80.0) < 40.0))

    with pytest.raises(
        UnsuitableAcquisitionError, match=r"% of the field are lit, needs 90 %|mm along"
    ):
        analyze(swept({(1, 1): stripes}, 4.0, **HEADER))


def test_a_missing_pixel_spacing_is_refused_or_stated():
    bare = dataclasses.replace(sweep(), pixel_spacing_mm=None)

    with pytest.raises(UnsuitableAcquisitionError, match="no pixel spacing"):
        analyze(bare)
    assert analyze(bare, pixel_spacing_mm=4.0).valid


def test_impossible_parameters_are_refused():
    with pytest.raises(ParameterError, match=r"strip_mm is 0\.5 mm, needs at least 1 mm"):
        ANALYZER.parameters(strip_mm=0.5)
    with pytest.raises(ParameterError, match="invalid_below_counts is 20000"):
        ANALYZER.parameters(invalid_below_counts=20_000.0)


def test_every_head_has_its_numbers_and_pictures():
    image = Ride().expected(MATRIX, 300.0)
    both = swept({(1, 1): image, (2, 1): image}, 4.0, **HEADER)

    analysis = analyze(both)

    assert [f.name for f in analysis.figures] == [
        f"{name}_detector_{head}_energy_window_1"
        for head in (1, 2)
        for name in ("sweep", "profile")
    ]
    assert {m.scope.get("detector") for m in analysis.measurements} == {1, 2}


def test_the_analyzer_keeps_the_contract():
    assert math.isfinite(value(analyze(sweep(seed=2)), "wb_scan_slope_pct_per_m"))
    assert check(ANALYZER, [inputs(sweep(seed=2))]) == []

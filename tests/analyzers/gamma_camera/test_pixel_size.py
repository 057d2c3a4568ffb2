"""Pixel size: the calibration factor of NEMA NU 1-2007 2.1 (GB/T 18989-2013 E.1.4)."""

import dataclasses
import math

import numpy as np
import pytest

from photopeak_analyzers.acquisition import EnergyWindow
from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import Inputs, Outcome, ReadingValue, Severity
from photopeak_analyzers.errors import (
    MissingReadingError,
    ParameterError,
    UnsuitableAcquisitionError,
)
from photopeak_analyzers.gamma_camera.pixel_size import ANALYZER
from photopeak_analyzers.simulation.floods import FloodCamera
from photopeak_analyzers.simulation.lines import Direction, SlitMask, line_image
from photopeak_analyzers.simulation.planar import Matrix
from photopeak_analyzers.simulation.point_sources import Room, Spot
from support.bars import eight
from support.floods import notes, precondition, value
from support.line_sources import acquire, picture

ROOM = Room(rows=256, columns=256, pixel_mm=2.0, background_cps=5.0)
PLAIN = Matrix(rows=256, columns=256, pixel_mm=2.0)
FINE = Matrix(rows=512, columns=512, pixel_mm=0.6)
APART = {"apart_mm": "300"}


def points(along="x", apart=300.0, seed=None, oblique_mm=0.0, counts=2e5, pixel_mm=2.0, text=APART):
    """Return two points along an axis, of which one may stand aside."""
    room = dataclasses.replace(ROOM, pixel_mm=pixel_mm)
    shift = oblique_mm / 2.0
    ends = [(-apart / 2.0, -shift), (apart / 2.0, shift)]
    spots = tuple(
        Spot(counts=counts, x_mm=a + 3.3, y_mm=b - 7.1)
        if along == "x"
        else Spot(counts=counts, x_mm=b + 3.3, y_mm=a - 7.1)
        for a, b in ends
    )
    image = room.expected(spots)
    if seed is not None:
        image = np.random.default_rng(seed).poisson(image)
    return acquire(image, matrix=Matrix(rows=256, columns=256, pixel_mm=pixel_mm), text=text)


def with_header(acquisition, rows_mm, columns_mm):
    return dataclasses.replace(acquisition, pixel_spacing_mm=(rows_mm, columns_mm))


def inputs(*acquisitions, **readings):
    given = {name: ReadingValue(value=v) for name, v in readings.items()}
    return Inputs(roles={"sources": acquisitions}, variant="nema", readings=given)


def analyze(*acquisitions, parameters=None, **readings):
    return ANALYZER.analyze(
        inputs(*acquisitions, **readings), ANALYZER.parameters(**parameters or {})
    )


def found(analysis, metric, **scope):
    wanted = set(scope.items())
    (measurement,) = [
        m for m in analysis.measurements if m.metric == metric and wanted <= set(m.scope.items)
    ]
    return measurement


def test_points_along_both_axes_give_both_sides_of_a_pixel():
    analysis = analyze(points("x"), points("y"))

    assert value(analysis, "pixel_x_mm") == pytest.approx(2.0, rel=1e-4)
    assert value(analysis, "pixel_y_mm") == pytest.approx(2.0, rel=1e-4)
    assert value(analysis, "xy_ratio") == pytest.approx(1.0, rel=2e-4)
    assert value(analysis, "header_deviation_pct", direction="x") == pytest.approx(0.0, abs=0.01)
    assert value(analysis, "separation_px", direction="y") == pytest.approx(150.0, rel=1e-4)
    assert analysis.valid
    assert all(p.outcome is Outcome.MET for p in analysis.preconditions)


def test_a_header_that_is_wrong_along_one_axis_is_told_from_the_pixel():
    # The image has 2.0 mm; the header says 2.08 along X.
    analysis = analyze(with_header(points("x"), 2.0, 2.08), with_header(points("y"), 2.0, 2.08))

    assert value(analysis, "pixel_x_mm") == pytest.approx(2.0, rel=1e-4)
    assert value(analysis, "header_deviation_pct", direction="x") == pytest.approx(4.0, abs=0.02)
    assert value(analysis, "header_deviation_pct", direction="y") == pytest.approx(0.0, abs=0.02)
    assert analysis.valid


@pytest.mark.parametrize("along", ["x", "y"])
def test_lines_and_slits_give_the_pixel_across_them(along):
    across = {"x": "y", "y": "x"}[along]
    lines = acquire(picture(along, apart_mm=100.0), text={"apart_mm": "100"})
    mask = SlitMask(direction=Direction(across), size_mm=(290.0, 290.0), counts_per_mm=4000.0)
    slits = acquire(line_image(FINE, mask.lines(), fwhm_mm=3.8), matrix=FINE)

    for image in (lines, slits):
        # A slit mask needs nobody to say that its slits are 30 mm apart.
        analysis = analyze(image)
        assert value(analysis, f"pixel_{across}_mm") == pytest.approx(0.6, rel=1e-4)
        assert not [m for m in analysis.measurements if m.metric == "xy_ratio"]


def test_the_header_is_compared_where_it_has_a_pixel_whatever_is_stated():
    both = analyze(with_header(points("x"), 2.1, 2.1), parameters={"pixel_spacing_mm": 2.3})
    silent = dataclasses.replace(points("x"), pixel_spacing_mm=None)
    stated = analyze(silent, parameters={"pixel_spacing_mm": 2.04})

    assert value(both, "header_pixel_mm") == 2.1
    assert value(both, "header_deviation_pct") == pytest.approx(5.0, abs=0.02)
    assert value(stated, "header_pixel_mm") == 2.04


def test_a_point_that_the_border_cuts_is_refused():
    # The left point ends up 3 mm, half its FWHM, from the border of 512 mm.
    cut = points("x", apart=300.0)
    moved = dataclasses.replace(cut, counts=np.roll(cut.counts, -51, axis=2))

    with pytest.raises(UnsuitableAcquisitionError, match="pixels from the border, needs"):
        analyze(moved)


def test_a_slit_that_is_missing_does_not_stretch_the_pixel():
    # The gap of 60 mm where the sixth slit of nine would be is no pitch of 30 mm.
    slits = SlitMask(size_mm=(290.0, 290.0), counts_per_mm=4000.0).lines()
    mask = line_image(FINE, slits[:5] + slits[6:], fwhm_mm=3.8)

    analysis = analyze(acquire(mask, matrix=FINE))

    (pixel,) = [m for m in analysis.measurements if m.metric.startswith("pixel_")]
    assert pixel.value == pytest.approx(0.6, rel=1e-4)


@pytest.mark.parametrize("tilt", [0.0, 1.0, 3.0])
def test_tilted_lines_are_as_far_apart_as_they_are(tilt):
    # Along a row a tilted mask is wider by 1 / cos: 0.14 % at 3 degrees.
    mask = SlitMask(size_mm=(250.0, 250.0), tilt_deg=tilt, counts_per_mm=4000.0)
    analysis = analyze(acquire(line_image(FINE, mask.lines(), fwhm_mm=3.8), matrix=FINE))

    assert value(analysis, "pixel_x_mm") == pytest.approx(0.6, rel=2e-4)
    tilts = precondition(analysis, "PC_GEOMETRY", "tilt")
    assert tilts.value == pytest.approx(tilt, abs=0.02)
    assert tilts.outcome is (Outcome.MET if tilt <= 2.0 else Outcome.NOT_MET)
    assert analysis.valid


@pytest.mark.parametrize(
    ("aside", "outcome", "severity"),
    [(20.0, Outcome.MET, Severity.SOFT), (60.0, Outcome.NOT_MET, Severity.SOFT),
     (100.0, Outcome.NOT_MET, Severity.HARD)],
)  # fmt: skip
def test_points_that_stand_obliquely_are_measured_along_their_line(aside, outcome, severity):
    # 3.8, 11.3 and 18.4 degrees.
    distance = math.hypot(300.0, aside)
    analysis = analyze(points("x", oblique_mm=aside, text={"apart_mm": f"{distance:.6f}"}))

    assert value(analysis, "pixel_x_mm") == pytest.approx(2.0, rel=1e-4)
    tilts = precondition(analysis, "PC_GEOMETRY", "tilt")
    assert tilts.value == pytest.approx(math.degrees(math.atan2(aside, 300.0)), abs=0.05)
    assert (tilts.outcome, tilts.severity) == (outcome, severity)


@pytest.mark.parametrize("change", ["counts", "flip", "turn", "shift"])
def test_the_pixel_does_not_depend_on(change):
    plain = points("x")
    metric = "pixel_x_mm"
    if change == "counts":
        other = points("x", counts=9e5)
    elif change == "shift":
        other = dataclasses.replace(plain, counts=np.roll(plain.counts, (9, -13), axis=(1, 2)))
    elif change == "flip":
        other = dataclasses.replace(plain, counts=plain.counts[:, ::-1, ::-1].copy())
    else:
        other = dataclasses.replace(plain, counts=np.rot90(plain.counts, axes=(1, 2)).copy())
        metric = "pixel_y_mm"

    assert value(analyze(other), metric) == pytest.approx(
        value(analyze(plain), "pixel_x_mm"), rel=1e-4
    )


def test_the_uncertainty_is_the_scatter_of_repeated_measurements():
    values, stated = [], []
    for seed in range(40):
        analysis = analyze(
            points("x", seed=seed, counts=3_000.0), parameters={"distance_tolerance_mm": 0.0}
        )
        values.append(found(analysis, "pixel_x_mm").value)
        stated.append(found(analysis, "pixel_x_mm").uncertainty)

    # sigma of 3.4 mm over the root of 3000, twice in square, of 300 mm: 2.9e-4 of 2 mm and more by
    # the background. 40 draws know a standard deviation to 11 %.
    assert np.std(values) == pytest.approx(np.mean(stated), rel=0.33)
    assert np.mean(values) == pytest.approx(2.0, abs=4.0 * np.mean(stated) / math.sqrt(40.0))


def test_the_tolerance_of_the_distance_is_part_of_the_uncertainty():
    exact = found(analyze(points(), parameters={"distance_tolerance_mm": 0.0}), "pixel_x_mm")
    loose = found(analyze(points(), parameters={"distance_tolerance_mm": 3.0}), "pixel_x_mm")

    added = math.sqrt(loose.uncertainty**2 - exact.uncertainty**2) / loose.value
    assert added == pytest.approx(0.01 / math.sqrt(3.0), rel=1e-6)


def test_the_distance_comes_from_the_name_then_a_person_then_the_parameter():
    silent = points(text={})
    half = {"source_distance_mm": 150.0}

    assert value(analyze(points(), source_distance=200.0), "pixel_x_mm") == pytest.approx(
        2.0, rel=1e-3
    )
    assert value(analyze(points(text={"apart_cm": "30"})), "pixel_x_mm") == pytest.approx(
        2.0, rel=1e-3
    )
    read = analyze(silent, source_distance=300.0, parameters=half)
    assert value(read, "pixel_x_mm") == pytest.approx(2.0, rel=1e-3)
    assert value(analyze(silent, parameters=half), "pixel_x_mm") == pytest.approx(1.0, rel=1e-3)
    with pytest.raises(MissingReadingError, match="the reading source_distance is missing"):
        analyze(silent)


def test_a_name_with_an_impossible_distance_tells_none():
    with pytest.raises(MissingReadingError, match="source_distance"):
        analyze(points(text={"apart_mm": "9000"}))


@pytest.mark.parametrize(("header_mm", "valid"), [(2.39, True), (2.41, False), (1.59, False)])
def test_a_header_that_is_a_fifth_off_means_another_distance(header_mm, valid):
    analysis = analyze(with_header(points("x"), header_mm, header_mm))

    assert analysis.valid is valid


def test_images_of_another_matrix_or_zoom_stay_apart():
    coarse = points("x")
    fine = acquire(picture("x", apart_mm=100.0), text={"apart_mm": "100"})

    analysis = analyze(coarse, fine, points("y"))

    assert value(analysis, "pixel_x_mm", matrix=256) == pytest.approx(2.0, rel=1e-4)
    assert value(analysis, "pixel_y_mm", matrix=512) == pytest.approx(0.6, rel=1e-4)
    axes = {
        p.scope.get("matrix"): p for p in analysis.preconditions if p.quantity == "axes measured"
    }
    assert axes[256].outcome is Outcome.MET
    assert (axes[512].outcome, axes[512].severity) == (Outcome.NOT_MET, Severity.SOFT)
    assert value(analysis, "xy_ratio") == pytest.approx(1.0, rel=2e-4)


def test_several_images_of_one_axis_are_averaged():
    shots = [points("x", seed=seed, counts=5_000.0) for seed in (1, 2, 3)]
    each = [value(analyze(shot), "pixel_x_mm") for shot in shots]
    together = analyze(*shots)

    assert value(together, "pixel_x_mm") == pytest.approx(np.mean(each))
    assert value(together, "n_images", direction="x") == 3.0
    assert [f.name for f in together.figures].count(
        "sources_detector_1_direction_x_energy_window_1_matrix_256_zoom_1"
    ) == 1  # fmt: skip


def test_a_head_that_looked_on_is_left_out_with_a_note():
    lit = points().counts[0]
    dark = np.random.default_rng(3).poisson(np.full(lit.shape, 20.0))
    analysis = analyze(acquire({(1, 1): lit, (2, 1): dark}, matrix=PLAIN, text=APART))

    assert {m.scope.get("detector") for m in analysis.measurements} == {1}
    (note,) = notes(analysis, "HEAD_WITHOUT_SOURCES")
    assert "detector 2" in note.message


@pytest.mark.parametrize(
    ("counts", "outcome", "valid"),
    [(1_050.0, Outcome.MET, True), (900.0, Outcome.NOT_MET, True), (80.0, Outcome.NOT_MET, False)],
)
def test_few_counts_in_a_point_warn_and_then_void(counts, outcome, valid):
    room = dataclasses.replace(ROOM, background_cps=0.0)
    spots = (Spot(counts=counts, x_mm=-150.0), Spot(counts=counts, x_mm=150.0))
    analysis = analyze(acquire(room.expected(spots), matrix=PLAIN, text=APART, exact=True))

    assert precondition(analysis, "PC_COUNTS").outcome is outcome
    assert analysis.valid is valid


def test_saturated_pixels_and_unknown_heads_void_and_a_window_elsewhere_warns():
    plain = points("x", seed=1)
    full = plain.counts.copy()
    full[0, 10, 10] = np.iinfo(full.dtype).max
    ownerless = tuple(dataclasses.replace(f, detector=None) for f in plain.frames)
    off = EnergyWindow(number=1, lower_kev=90.0, upper_kev=110.0)

    assert "PC_DETECTOR" in {
        p.code for p in analyze(dataclasses.replace(plain, frames=ownerless, detectors=())).failed
    }
    window = precondition(analyze(dataclasses.replace(plain, energy_windows=(off,))), "PC_WINDOW")
    assert (window.outcome, window.severity) == (Outcome.NOT_MET, Severity.SOFT)
    # A pixel of 65 535 counts is a source of its own.
    with pytest.raises(UnsuitableAcquisitionError, match=r"sources|apart|wide"):
        analyze(dataclasses.replace(plain, counts=full))
    burnt = plain.counts.copy()
    row, column = np.unravel_index(int(burnt[0].argmax()), burnt.shape[1:])
    burnt[0, row, column] = 2_047
    assert "PC_OVERFLOW" in {
        p.code
        for p in analyze(
            dataclasses.replace(plain, counts=np.minimum(burnt, 2_047), saturation_level=2_047)
        ).failed
    }


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        (FloodCamera().expected(1000.0), "neither lines nor two points"),
        (eight(4.2)[0].counts[0], "neither lines nor two points"),
        (np.zeros((64, 64)), "the image holds no counts"),
        (ROOM.expected((Spot(counts=1e5),)), "neither lines nor two points: 1 sources"),
        (
            ROOM.expected(tuple(Spot(counts=1e5, x_mm=x, y_mm=x) for x in (-150.0, 0.0, 150.0))),
            "neither lines nor two points: 3 sources",
        ),
        (
            ROOM.expected((Spot(counts=1e5, x_mm=-20.0), Spot(counts=1e5, x_mm=20.0))),
            "the two points are 20.0 pixels apart and .* wide, needs 6 widths",
        ),
        (picture(apart_mm=None), "the image shows 1 lines, needs 2 or more"),
    ],
    ids=["flood", "bars", "empty", "one point", "three points", "close", "one line"],
)
def test_wrong_pictures_are_refused(counts, message):
    with pytest.raises(UnsuitableAcquisitionError, match=message) as refusal:
        analyze(acquire(counts, text=APART))

    assert str(refusal.value).startswith("detector 1, energy window 1: ")


def test_heads_that_cannot_be_told_apart_are_refused():
    one = points()
    twice = dataclasses.replace(one, counts=np.repeat(one.counts, 2, axis=0), frames=one.frames * 2)

    with pytest.raises(UnsuitableAcquisitionError, match="2 static frames are of detector 1"):
        analyze(twice)


def test_an_image_without_a_pixel_spacing_is_refused_or_told():
    bare = dataclasses.replace(points(), pixel_spacing_mm=None)

    with pytest.raises(UnsuitableAcquisitionError, match="no pixel spacing"):
        analyze(bare)
    assert value(analyze(bare, parameters={"pixel_spacing_mm": 2.0}), "pixel_x_mm") > 1.99


def test_impossible_parameters_are_refused():
    with pytest.raises(ParameterError, match="invalid_below_counts is 2000"):
        ANALYZER.parameters(invalid_below_counts=2_000.0)


def test_the_figures_are_a_picture_per_axis_and_a_table():
    names = [f.name for f in analyze(points("x"), points("y")).figures]

    assert [n.split("_detector")[0] for n in names] == ["sources", "sources", "table"]


def test_the_analyzer_keeps_the_contract():
    lines = acquire(picture("y", apart_mm=100.0), text={"apart_mm": "100"})

    assert check(ANALYZER, [inputs(points("x"), points("y")), inputs(lines)]) == []

"""Whole-body resolution: NEMA NU 1-2007 section 5, WS 523-2019."""

import dataclasses
import math

import numpy as np
import pytest

from photopeak_analyzers.acquisition import CollimatorType, Detector, EnergyWindow
from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import Inputs, Outcome, ReadingValue, Severity
from photopeak_analyzers.errors import ParameterError, UnsuitableAcquisitionError
from photopeak_analyzers.gamma_camera.whole_body_resolution import ANALYZER
from photopeak_analyzers.numerics.profiles import FWHM_PER_SIGMA, FWTM_PER_SIGMA
from photopeak_analyzers.simulation.lines import SlitMask, line_image
from photopeak_analyzers.simulation.planar import Matrix
from photopeak_analyzers.simulation.sweeps import Ride, swept
from support.bars import eight
from support.floods import notes, value
from support.line_sources import picture

MATRIX = Matrix(rows=512, columns=256, pixel_mm=1.8)
"""921 mm of a sweep; the pixel is 0.24 of a FWHM of 7.5 mm."""

FIELD = Detector(
    number=1,
    collimator_type=CollimatorType.PARALLEL,
    field_of_view_shape="RECTANGLE",
    field_of_view_mm=(400.0, 400.0),
    zoom=1.0,
)
HEADS = (FIELD, dataclasses.replace(FIELD, number=2))
TEXT = {"distance_mm": "100"}


def sweep(along, widths=(7.5, 7.5), *, text=TEXT, matrix=MATRIX, header=None, **how):
    """Two lines along an axis, as the heads above and below see them."""
    how.setdefault("apart_mm", 100.0)
    # 2.7e6 counts in two lines of 150 mm: 13 500 counts/s at 2 mm/s in a field of 400 mm.
    how.setdefault("counts_per_mm", 9_000.0)
    how.setdefault("length_mm", 150.0)
    images = {
        (head, 1): picture(along, fwhm_mm=width, matrix=matrix, **how)
        for head, width in enumerate(widths, 1)
    }
    heads = HEADS[: len(widths)]
    return swept(images, matrix.pixel_mm, text=text, **{"detectors": heads} | (header or {}))


def inputs(x, y, **readings):
    given = {name: ReadingValue(value=v) for name, v in readings.items()}
    return Inputs(roles={"lines_x": x, "lines_y": y}, variant="nema", readings=given)


def analyze(x=None, y=None, parameters=None, **readings):
    x = (sweep("x"),) if x is None else x
    y = (sweep("y"),) if y is None else y
    return ANALYZER.analyze(inputs(x, y, **readings), ANALYZER.parameters(**parameters or {}))


def pixel_widened(fwhm_mm, per_sigma=FWHM_PER_SIGMA, pixel_mm=1.8):
    """A pixel widens a Gaussian by p**2 / 12 in variance."""
    return math.hypot(fwhm_mm / FWHM_PER_SIGMA, pixel_mm / math.sqrt(12.0)) * per_sigma


def found(analysis, metric, **scope):
    wanted = set(scope.items())
    (measurement,) = [
        m for m in analysis.measurements if m.metric == metric and wanted <= set(m.scope.items)
    ]
    return measurement


def test_both_directions_are_the_means_of_the_heads_above_and_below():
    # Lines across the motion show the resolution parallel to it.
    analysis = analyze(x=(sweep("x", (8.0, 10.0)),), y=(sweep("y", (7.5, 9.0)),))

    # A straight line between pixels lies p**2 f'' / 8 above a Gaussian, which moves a crossing by
    # that over f': at p of 0.24 FWHM up to 1.1 % of FWHM and 3.1 % of FWTM.
    assert value(analysis, "wb_fwhm_parallel") == pytest.approx(
        (pixel_widened(8.0) + pixel_widened(10.0)) / 2.0, rel=0.015
    )
    assert value(analysis, "wb_fwhm_perpendicular") == pytest.approx(
        (pixel_widened(7.5) + pixel_widened(9.0)) / 2.0, rel=0.015
    )
    assert value(analysis, "wb_fwtm_parallel") == pytest.approx(
        (pixel_widened(8.0, FWTM_PER_SIGMA) + pixel_widened(10.0, FWTM_PER_SIGMA)) / 2.0, rel=0.03
    )
    assert value(analysis, "wb_fwhm_head", detector=2, direction="y") == pytest.approx(
        pixel_widened(10.0), rel=0.015
    )
    assert analysis.valid
    assert all(p.outcome is Outcome.MET for p in analysis.preconditions)
    assert found(analysis, "wb_fwhm_parallel").scope.get("detector") is None


def test_a_motion_that_does_not_keep_its_pitch_is_calibrated_by_the_lines():
    # A table 3 % too fast: the picture is 3 % shorter along the motion than the header says.
    squeezed = Matrix(rows=512, columns=256, pixel_mm=1.8 * 1.03)
    along = dataclasses.replace(sweep("x", matrix=squeezed), pixel_spacing_mm=(1.8, 1.8))

    analysis = analyze(x=(along,))

    assert value(analysis, "mm_per_pixel", detector=1, direction="y") == pytest.approx(
        1.854, rel=1e-3
    )
    assert value(analysis, "wb_fwhm_parallel") == pytest.approx(
        pixel_widened(7.5, pixel_mm=1.854), rel=0.015
    )
    off = [p for p in analysis.preconditions if "header's pixel" in p.quantity]
    assert {p.outcome for p in off if p.scope.get("direction") == "y"} == {Outcome.NOT_MET}
    assert {p.outcome for p in off if p.scope.get("direction") == "x"} == {Outcome.MET}


@pytest.mark.parametrize("change", ["counts", "flip", "place", "tilt", "other role order"])
def test_the_widths_do_not_depend_on(change):
    plain = analyze()
    x, y = sweep("x"), sweep("y")
    if change == "counts":
        x, y = sweep("x", counts_per_mm=12_000.0), sweep("y", counts_per_mm=12_000.0)
    elif change == "place":
        x, y = sweep("x", middle_mm=-212.3), sweep("y", middle_mm=31.1, along_mm=150.0)
    elif change == "tilt":
        x, y = sweep("x", tilt_deg=1.0), sweep("y", tilt_deg=-1.0)
    elif change == "flip":
        x, y = (dataclasses.replace(a, counts=a.counts[:, ::-1, ::-1].copy()) for a in (x, y))
    else:
        # The second head comes first in the object.
        x, y = (
            dataclasses.replace(a, counts=a.counts[::-1].copy(), frames=a.frames[::-1])
            for a in (x, y)
        )

    other = analyze(x=(x,), y=(y,))

    # The place of the top within its pixel is worth 1 % where a pixel is a quarter of the width.
    for metric in ("wb_fwhm_parallel", "wb_fwhm_perpendicular", "wb_fwtm_parallel"):
        assert value(other, metric) == pytest.approx(value(plain, metric), rel=0.012)


def test_the_uncertainty_is_the_scatter_of_repeated_measurements():
    values, stated = [], []
    for seed in range(24):
        analysis = analyze(
            x=(sweep("x", seed=seed),),
            y=(sweep("y", seed=200 + seed),),
            parameters={"line_distance_tolerance_mm": 0.0},
        )
        both = [found(analysis, f"wb_fwhm_{d}") for d in ("parallel", "perpendicular")]
        values.append([m.value for m in both])
        stated.append([m.uncertainty for m in both])

    # Both heads of a seed see the same counts here, so the mean scatters by sqrt(2) more than two
    # independent heads would. 24 draws know a standard deviation to 15 %.
    ratio = np.std(values, axis=0) / (np.sqrt(2.0) * np.mean(stated, axis=0))
    assert ((ratio > 0.5) & (ratio < 1.5)).all()


def test_one_head_is_a_result_that_says_what_is_missing():
    analysis = analyze(x=(sweep("x", (7.5,)),), y=(sweep("y", (7.5,)),))

    missing = [p for p in analysis.preconditions if "heads measured" in p.quantity]
    assert [(p.value, p.outcome, p.severity) for p in missing] == [
        (1.0, Outcome.NOT_MET, Severity.SOFT)
    ] * 2
    assert analysis.valid


@pytest.mark.parametrize(
    ("per_mm", "velocity", "outcome", "severity", "valid"),
    [
        # Two lines of 150 mm pass 400 mm at 2 mm/s: 300 mm times counts per mm times 2 / 400.
        (13_000.0, 2.0, Outcome.MET, Severity.SOFT, True),
        (14_000.0, 2.0, Outcome.NOT_MET, Severity.HARD, False),
        (6_000.0, 2.0, Outcome.NOT_MET, Severity.SOFT, True),
        (9_000.0, None, Outcome.UNKNOWN, Severity.SOFT, True),
    ],
)
def test_the_rate_is_that_while_the_source_is_in_the_field(
    per_mm, velocity, outcome, severity, valid
):
    x = sweep("x", counts_per_mm=per_mm, header={"velocity_mm_per_s": velocity})
    y = sweep("y", header={"velocity_mm_per_s": velocity})

    analysis = analyze(x=(x,), y=(y,))

    (rate, _) = [
        p
        for p in analysis.preconditions
        if "in the field" in p.quantity and p.scope.get("direction") == "y"
    ]
    assert (rate.outcome, rate.severity) == (outcome, severity)
    if velocity is not None:
        assert rate.value == pytest.approx(300.0 * per_mm * 2.0 / 400.0, rel=1e-3)
    assert analysis.valid is valid


def test_the_length_of_the_field_may_be_stated():
    analysis = analyze(parameters={"field_length_mm": 200.0})

    assert "count rate while the source is in the field" in {p.quantity for p in analysis.failed}


def test_a_step_and_shoot_study_voids_and_an_unknown_motion_warns():
    stepped = analyze(x=(sweep("x", header={"motion": "STEP AND SHOOT"}),))
    silent = analyze(x=(sweep("x", header={"motion": ""}),))

    assert [p.quantity for p in stepped.failed] == ["motion of the detector"]
    told = [p for p in silent.preconditions if p.quantity == "motion of the detector"]
    assert {p.outcome for p in told} == {Outcome.MET, Outcome.UNKNOWN}
    assert silent.valid


def test_a_matrix_on_its_side_voids():
    wide = Matrix(rows=256, columns=512, pixel_mm=1.8)
    analysis = analyze(x=(sweep("x", matrix=wide),))

    assert "PC_ORIENT" in {p.code for p in analysis.failed}


@pytest.mark.parametrize(("length", "outcome"), [(121.0, Outcome.MET), (110.0, Outcome.NOT_MET)])
def test_a_capillary_is_filled_over_120_mm(length, outcome):
    analysis = analyze(y=(sweep("y", length_mm=length),))

    lengths = {
        p.scope.get("direction"): p
        for p in analysis.preconditions
        if p.quantity == "length of the lines"
    }
    assert lengths["x"].outcome is outcome
    assert lengths["x"].value == pytest.approx(length, abs=2.0 * 1.8)
    assert lengths["y"].outcome is Outcome.MET


@pytest.mark.parametrize(
    ("text", "outcome", "valid"),
    [
        (TEXT, Outcome.MET, True),
        ({"distance_mm": "95"}, Outcome.MET, True),
        ({"distance_mm": "94"}, Outcome.NOT_MET, False),
        ({}, Outcome.UNKNOWN, True),
    ],
)
def test_the_sources_are_100_mm_from_the_collimator(text, outcome, valid):
    analysis = analyze(x=(sweep("x", text=text),), y=(sweep("y", text=text),))

    distances = [p for p in analysis.preconditions if "distance of the source" in p.quantity]
    assert {p.outcome for p in distances} == {outcome}
    assert analysis.valid is valid


def test_the_distance_may_be_read_by_a_person():
    analysis = analyze(x=(sweep("x", text={}),), y=(sweep("y", text={}),), distance_mm=100.0)

    assert found(analysis, "wb_fwhm_parallel").scope.get("distance_mm") == 100.0


def test_pixels_coarser_than_a_quarter_of_the_width_warn_and_beyond_a_half_void():
    # 2.4 mm are 0.32 of 7.5 mm, 4.8 mm are 0.54 of what such pixels show.
    coarse, coarser = (Matrix(rows=384, columns=192, pixel_mm=p) for p in (2.4, 4.8))
    warned = analyze(x=(sweep("x", matrix=coarse),))
    voided = analyze(x=(sweep("x", matrix=coarser),))

    pixels = [p for p in warned.preconditions if "over FWHM" in p.quantity]
    assert {p.outcome for p in pixels if p.scope.get("direction") == "y"} == {Outcome.NOT_MET}
    assert warned.valid
    assert "pixel across the lines over FWHM" in {p.quantity for p in voided.failed}


WINDOW_OFF = EnergyWindow(number=1, lower_kev=100.0, upper_kev=120.0)


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ({"nuclide": "F-18"}, "PC_NUCLIDE"),
        ({"windows": (WINDOW_OFF,)}, "PC_WINDOW"),
        ({"detectors": None, "collimator": CollimatorType.NONE}, "PC_COLLIMATOR"),
        ({"duration_s": 50.0}, "PC_RATE"),
    ],
)
def test_what_is_wrong_in_the_header_voids(header, code):
    assert code in {p.code for p in analyze(x=(sweep("x", header=header),)).failed}


def test_saturated_and_oblong_pixels_and_few_counts_void():
    plain = sweep("x")
    full = plain.counts.copy()
    full[0, 10, 10] = np.iinfo(full.dtype).max
    for changed, code in (
        (dataclasses.replace(plain, counts=full), "PC_OVERFLOW"),
        (dataclasses.replace(plain, pixel_spacing_mm=(1.8, 1.85)), "PC_PIXEL"),
        (sweep("x", counts_per_mm=100.0), "PC_COUNTS"),
    ):
        assert code in {p.code for p in analyze(x=(changed,)).failed}


def body():
    """A distribution as in a patient: trunk, head, legs and spine."""
    y, x = MATRIX.coordinates()
    trunk = ((y + 60.0) / 200.0) ** 2 + (x / 150.0) ** 2 < 1.0
    legs = (np.abs(y - 280.0) < 200.0) & (np.abs(np.abs(x) - 70.0) < 45.0)
    spine = (np.abs(x) < 20.0) & (np.abs(y + 100.0) < 200.0)
    head = np.hypot(y + 350.0, x) < 70.0
    return 400.0 * (trunk | legs | head) + 1500.0 * spine


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        (np.zeros(MATRIX.shape), "the image holds no counts"),
        (eight(4.2)[0].counts[0], "the image shows no lines"),
        (Ride(length_mm=800.0, width_mm=300.0).expected(MATRIX, 400.0), "the image shows 0 lines"),
        (
            line_image(MATRIX, SlitMask(size_mm=(290.0, 290.0)).lines(), fwhm_mm=5.0),
            "the image shows 9 lines, needs 1 to 2: slits, bars or something else",
        ),
    ],
    ids=["empty", "bars", "flood", "slits"],
)
def test_wrong_pictures_are_refused(counts, message):
    with pytest.raises(UnsuitableAcquisitionError, match=message):
        analyze(y=(swept({(1, 1): counts}, 1.8),))


def test_a_patient_is_no_line_source():
    analysis = analyze(y=(swept({(1, 1): body()}, 1.8, text=TEXT),))

    (width,) = [p for p in analysis.failed if p.quantity == "FWHM of the lines"]
    assert width.value > width.upper == 30.0


def test_a_line_that_is_a_small_part_of_the_image_voids():
    y, x = MATRIX.coordinates()
    organ = 25.0 * (np.hypot(y, x + 125.0) < 100.0)
    lit = picture("y", matrix=MATRIX, apart_mm=None, length_mm=200.0, counts_per_mm=400.0)

    analysis = analyze(y=(swept({(1, 1): lit + organ}, 1.8, text=TEXT),))

    (share,) = [
        p
        for p in analysis.preconditions
        if "share of the counts" in p.quantity and p.scope.get("direction") == "x"
    ]
    assert (share.outcome, share.severity) == (Outcome.NOT_MET, Severity.HARD)


def test_a_missing_pixel_spacing_and_lines_the_wrong_way_round_are_refused():
    plain = sweep("x")
    with pytest.raises(UnsuitableAcquisitionError, match="no pixel spacing"):
        analyze(x=(dataclasses.replace(plain, pixel_spacing_mm=None),))
    with pytest.raises(UnsuitableAcquisitionError, match="run along Y, but are given as lines_x"):
        analyze(x=(sweep("y"),))


def test_heads_that_cannot_be_told_apart_are_refused():
    both = sweep("x")
    same = dataclasses.replace(both, frames=(both.frames[0],) * 2)

    with pytest.raises(UnsuitableAcquisitionError, match="2 static frames are of detector 1"):
        analyze(x=(same,))


def test_a_static_image_is_no_sweep():
    from support.line_sources import acquire

    with pytest.raises(UnsuitableAcquisitionError, match=r"is a planar acq.* needs whole_body"):
        analyze(x=(acquire(picture("x", apart_mm=100.0)),))


def test_impossible_parameters_are_refused():
    with pytest.raises(ParameterError, match="minimum_rate_cps is 30000"):
        ANALYZER.parameters(minimum_rate_cps=30_000.0)
    with pytest.raises(ParameterError, match="nuclide is 'Xx-1'"):
        ANALYZER.parameters(nuclide="Xx-1")


def test_the_figures_show_lines_spread_and_table():
    analysis = analyze()

    names = [f.name for f in analysis.figures]
    assert len([n for n in names if n.startswith("lines_")]) == 4
    assert names[4:] == ["line_spread", "table"]
    assert not notes(analysis, "HEAD_WITHOUT_LINES")


def test_the_analyzer_keeps_the_contract():
    assert check(ANALYZER, [inputs((sweep("x"),), (sweep("y"),))]) == []

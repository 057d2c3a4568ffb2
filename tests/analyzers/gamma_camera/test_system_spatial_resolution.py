"""System spatial resolution: IEC 60789 / GB/T 18989-2013 3.2.2, NEMA NU 1-2007 (E.9, E.10)."""

import dataclasses
import math

import numpy as np
import pytest

from photopeak_analyzers.acquisition import CollimatorType, Detector, EnergyWindow
from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import Inputs, Outcome, ReadingValue, Severity
from photopeak_analyzers.errors import (
    ParameterError,
    UnsuitableAcquisitionError,
)
from photopeak_analyzers.gamma_camera.system_spatial_resolution import ANALYZER
from photopeak_analyzers.numerics.modulation import V10_TIMES_FWHM, V50_TIMES_FWHM
from photopeak_analyzers.numerics.profiles import FWHM_PER_SIGMA, FWTM_PER_SIGMA
from photopeak_analyzers.simulation.blur import LEHR
from photopeak_analyzers.simulation.floods import FloodCamera
from photopeak_analyzers.simulation.lines import SlitMask, line_image
from photopeak_analyzers.simulation.planar import Matrix
from support.floods import notes, value
from support.line_sources import acquire, picture

FIELD = {"ufov_width_mm": 300.0, "ufov_height_mm": 300.0}
NEMA_TEXT = {"distance_mm": "100", "scatter": "without"}


def inputs(variant="nema", x=(), y=(), **readings):
    given = {name: ReadingValue(value=v) for name, v in readings.items()}
    return Inputs(roles={"lines_x": x, "lines_y": y}, variant=variant, readings=given)


def image(along, fwhm_mm=7.5, text=NEMA_TEXT, apart_mm=100.0, matrix=None, header=None, **how):
    matrix = {} if matrix is None else {"matrix": matrix}
    return acquire(
        picture(along, fwhm_mm=fwhm_mm, apart_mm=apart_mm, **matrix, **how),
        text=text,
        **matrix,
        **(header or {}),
    )


def analyze(variant="nema", x=None, y=None, parameters=None, **readings):
    x = (image("x"),) if x is None else x
    y = (image("y"),) if y is None else y
    given = ANALYZER.parameters(**FIELD | (parameters or {}))
    return ANALYZER.analyze(inputs(variant, x, y, **readings), given)


def iec_set(along, seed=None, distances=(50.0, 100.0, 150.0)):
    return tuple(
        image(
            along,
            LEHR.fwhm_mm(d),
            {"distance_mm": f"{d:g}"},
            30.0,
            Matrix(rows=512, columns=512, pixel_mm=0.5),
            seed=seed,
            counts_per_mm=25_000.0,
        )
        for d in distances
    )


def found(analysis, metric, **scope):
    wanted = set(scope.items())
    (measurement,) = [
        m for m in analysis.measurements if m.metric == metric and wanted <= set(m.scope.items)
    ]
    return measurement


def test_nema_gives_the_widths_of_the_line_that_was_simulated():
    analysis = analyze()

    # E.9.4: a Gaussian of 7.5 mm, pixels of 0.6 mm. A pixel widens by p**2 / 12 in variance, and
    # the highest channel of them lies up to half a pixel beside the top: 0.4 % of the height.
    sigma = math.hypot(7.5 / FWHM_PER_SIGMA, 0.6 / math.sqrt(12.0))
    assert value(analysis, "fwhm_sys_cfov") == pytest.approx(sigma * FWHM_PER_SIGMA, rel=6e-3)
    assert value(analysis, "fwtm_sys_cfov") == pytest.approx(sigma * FWTM_PER_SIGMA, rel=6e-3)
    for direction in ("x", "y"):
        assert value(analysis, "mm_per_pixel", direction=direction) == pytest.approx(0.6, rel=1e-5)
        # 225 mm of CFOV hold seven strips of 30 mm, and both lines stand in it.
        assert value(analysis, "n_lsf", direction=direction) == 14.0
    assert analysis.valid
    assert not [m for m in analysis.measurements if m.metric.startswith(("ew", "mtf"))]
    scope = found(analysis, "fwhm_sys_cfov").scope
    assert dict(scope.items) == {
        "detector": 1, "energy_window": 1, "distance_mm": 100.0, "scatter": "without",
    }  # fmt: skip


def test_iec_gives_widths_and_modulation_at_three_distances():
    analysis = analyze("iec", iec_set("x"), iec_set("y"))

    assert analysis.valid
    assert all(p.outcome is Outcome.MET for p in analysis.preconditions)
    for distance in (50.0, 100.0, 150.0):
        true = LEHR.fwhm_mm(distance)
        sigma = math.hypot(true / FWHM_PER_SIGMA, 0.5 / math.sqrt(12.0))
        where = {"distance_mm": distance}
        assert value(analysis, "fwhm_sys_cfov", **where) == pytest.approx(
            sigma * FWHM_PER_SIGMA, rel=8e-3
        )
        assert value(analysis, "fwtm_sys_cfov", **where) == pytest.approx(
            sigma * FWTM_PER_SIGMA, rel=8e-3
        )
        # 3.2.1.3.3 (7): sqrt(2 pi) sigma for a Gaussian.
        assert value(analysis, "ew_sys_cfov", **where) == pytest.approx(
            sigma * math.sqrt(2.0 * math.pi), rel=8e-3
        )
        for direction in ("x", "y"):
            axis = where | {"direction": direction}
            # The pixel lowers them by a part in 100 at most; 30 mm are wide enough for the tails.
            assert value(analysis, "mtf50_per_cm", **axis) == pytest.approx(
                10.0 * V50_TIMES_FWHM / true, rel=0.01
            )
            assert value(analysis, "mtf10_per_cm", **axis) == pytest.approx(
                10.0 * V10_TIMES_FWHM / true, rel=0.02
            )


def test_millimetres_come_from_the_lines_and_not_from_the_header():
    # The header says 0.6 mm, the image was taken with 0.615 mm: 2.4 % off.
    matrix = Matrix(rows=512, columns=512, pixel_mm=0.615)
    images = [
        dataclasses.replace(image(a, matrix=matrix), pixel_spacing_mm=(0.6, 0.6)) for a in "xy"
    ]

    analysis = analyze(x=(images[0],), y=(images[1],))

    assert value(analysis, "mm_per_pixel", direction="x") == pytest.approx(0.615, rel=1e-4)
    assert value(analysis, "fwhm_sys_cfov") == pytest.approx(7.54, rel=5e-3)
    warned = [p for p in analysis.preconditions if "header's pixel" in p.quantity]
    assert {(p.outcome, p.severity) for p in warned} == {(Outcome.NOT_MET, Severity.SOFT)}
    assert warned[0].value == pytest.approx(100.0 * (0.6 / 0.615 - 1.0), abs=0.01)
    assert analysis.valid


def test_lines_at_another_distance_than_was_said_void():
    analysis = analyze(y=(image("y", apart_mm=80.0),), x=(image("x", apart_mm=80.0),))

    off = [p for p in analysis.failed if "header's pixel" in p.quantity]
    assert off
    assert off[0].value == pytest.approx(-20.0, abs=0.1)
    # Said what they are, all is well.
    assert analyze(
        y=(image("y", apart_mm=80.0),),
        x=(image("x", apart_mm=80.0),),
        parameters={"line_distance_mm": 80.0},
    ).valid


def test_a_single_capillary_takes_its_pixel_from_a_slit_mask_or_warns():
    single = {"x": (image("x", apart_mm=None),), "y": (image("y", apart_mm=None),)}

    unaided = analyze(**single)
    stated = analyze(**single, parameters={"mm_per_pixel": 0.63})

    (missing, *_) = [p for p in unaided.preconditions if "known distance" in p.quantity]
    assert (missing.outcome, missing.severity) == (Outcome.UNKNOWN, Severity.SOFT)
    assert value(stated, "fwhm_sys_cfov") == pytest.approx(
        value(unaided, "fwhm_sys_cfov") * 0.63 / 0.6
    )
    with pytest.raises(UnsuitableAcquisitionError, match="shows 1 line, needs 2 at 30 mm"):
        analyze("iec", **single)


@pytest.mark.parametrize("change", ["counts", "flip", "turn", "shift", "tilt"])
def test_the_widths_do_not_depend_on(change):
    plain = analyze()
    if change == "counts":
        x, y = image("x", counts_per_mm=60_000.0), image("y", counts_per_mm=60_000.0)
    elif change == "shift":
        x, y = image("x", middle_mm=-12.3), image("y", middle_mm=31.1)
    elif change == "tilt":
        x, y = image("x", tilt_deg=1.0), image("y", tilt_deg=-1.0)
    else:
        x, y = image("x"), image("y")
        if change == "turn":
            x, y = (
                dataclasses.replace(a, counts=np.rot90(a.counts, axes=(1, 2)).copy())
                for a in (y, x)
            )
        else:
            x, y = (dataclasses.replace(a, counts=a.counts[:, ::-1, ::-1].copy()) for a in (x, y))

    other = analyze(x=(x,), y=(y,))

    # The place of the highest channel within its pixel is worth 0.4 %.
    for metric in ("fwhm_sys_cfov", "fwtm_sys_cfov"):
        assert value(other, metric) == pytest.approx(value(plain, metric), rel=6e-3)


def test_the_uncertainty_is_the_scatter_of_repeated_measurements():
    halves, tenths, stated = [], [], []
    for seed in range(30):
        analysis = analyze(
            x=(image("x", seed=seed, length_mm=130.0),),
            y=(image("y", seed=100 + seed, length_mm=130.0),),
            parameters={"line_distance_tolerance_mm": 0.0},
        )
        half, tenth = found(analysis, "fwhm_sys_cfov"), found(analysis, "fwtm_sys_cfov")
        halves.append(half.value)
        tenths.append(tenth.value)
        stated.append((half.uncertainty, tenth.uncertainty))

    # 30 draws know a standard deviation to 13 %; the highest of several channels scatters less.
    u_half, u_tenth = np.mean(stated, axis=0)
    assert 0.5 < np.std(halves) / u_half < 1.4
    assert 0.5 < np.std(tenths) / u_tenth < 1.4
    # A line of 9 counts in 10 000 more or less: the mean is that of the line, but for a share of
    # the bias of the highest channel, about u(C_m) / C_m = 0.5 % of the height.
    assert np.mean(halves) == pytest.approx(7.54, rel=0.01)


def test_the_tolerance_of_the_distance_is_part_of_the_uncertainty():
    exact = found(analyze(parameters={"line_distance_tolerance_mm": 0.0}), "fwhm_sys_axis",
                  direction="x")  # fmt: skip
    loose = found(analyze(parameters={"line_distance_tolerance_mm": 2.0}), "fwhm_sys_axis",
                  direction="x")  # fmt: skip

    added = math.sqrt(loose.uncertainty**2 - exact.uncertainty**2) / loose.value
    assert added == pytest.approx(0.02 / math.sqrt(3.0), rel=1e-6)


def test_coarse_pixels_take_the_parabola_in_nema_and_void_in_iec():
    # E.1.4; pixels of 2.4 mm are 0.32 FWHM, and straight lines between them add 2 %.
    matrix = Matrix(rows=128, columns=128, pixel_mm=2.4)
    coarse = {a: (image(a, matrix=matrix, counts_per_mm=5e4),) for a in "xy"}

    analysis = analyze(**coarse)

    assert value(analysis, "fwhm_sys_cfov") == pytest.approx(
        math.hypot(7.5, 2.4 * FWHM_PER_SIGMA / math.sqrt(12.0)), rel=0.03
    )
    pixel = precondition_of(analysis, "over FWHM")
    assert (pixel.outcome, pixel.severity) == (Outcome.NOT_MET, Severity.SOFT)
    iec = analyze("iec", *(tuple(image(a, 7.5, {"distance_mm": "100"}, 30.0, matrix=matrix)
                                 for _ in "1") for a in "xy"))  # fmt: skip
    assert precondition_of(iec, "over FWHM") in iec.failed


def precondition_of(analysis, words):
    return next(p for p in analysis.preconditions if words in p.quantity)


def test_one_distance_and_one_direction_are_a_result_that_says_what_is_missing():
    half = analyze("iec", iec_set("x", distances=(50.0, 100.0)), iec_set("y", distances=(50.0,)))

    (distances,) = [p for p in half.preconditions if p.quantity == "distances measured"]
    assert (distances.value, distances.outcome) == (2.0, Outcome.NOT_MET)
    by_place = {
        p.scope.get("distance_mm"): p for p in half.preconditions if "directions" in p.quantity
    }
    assert by_place[50.0].outcome is Outcome.MET
    assert by_place[100.0].outcome is Outcome.NOT_MET
    means = [m.scope.get("distance_mm") for m in half.measurements if m.metric == "fwhm_sys_cfov"]
    assert means == [50.0]


def test_with_and_without_scatter_stay_apart():
    with_scatter = {"distance_mm": "100", "scatter": "with"}
    analysis = analyze(
        x=(image("x"), image("x", 8.3, with_scatter)),
        y=(image("y"), image("y", 8.3, with_scatter)),
    )

    assert value(analysis, "fwhm_sys_cfov", scatter="without") == pytest.approx(7.54, rel=6e-3)
    assert value(analysis, "fwhm_sys_cfov", scatter="with") == pytest.approx(8.34, rel=6e-3)
    assert notes(analysis, "E10_READ_AS_E9")
    assert not notes(analyze(), "E10_READ_AS_E9")


@pytest.mark.parametrize(
    ("variant", "text", "severity", "valid"),
    [
        ("nema", {}, Severity.SOFT, True),
        ("nema", {"distance_mm": "95"}, Severity.HARD, True),
        ("nema", {"distance_mm": "94"}, Severity.HARD, False),
        ("nema", {"distance_cm": "10"}, Severity.HARD, True),
        ("nema", {"distance_mm": "far"}, Severity.SOFT, True),
        ("iec", {}, Severity.HARD, False),
        ("iec", {"distance_mm": "150"}, Severity.HARD, True),
    ],
)
def test_the_distance_is_that_of_the_text(variant, text, severity, valid):
    apart = 30.0 if variant == "iec" else 100.0
    analysis = analyze(variant, (image("x", 7.5, text, apart),), (image("y", 7.5, text, apart),))

    distance = precondition_of(analysis, "distance of the source")
    assert distance.severity is severity
    assert analysis.valid is valid


def test_distance_and_scatter_may_be_read_by_a_person():
    analysis = analyze(
        x=(image("x", text={}),), y=(image("y", text={}),), distance_mm=100.0, scatter="with"
    )

    scope = found(analysis, "fwhm_sys_cfov").scope
    assert (scope.get("distance_mm"), scope.get("scatter")) == (100.0, "with")
    with pytest.raises(ParameterError, match="distance_mm is 'afar', needs a number"):
        analyze(x=(image("x", text={}),), y=(image("y", text={}),), distance_mm="afar")


def test_shifted_images_of_a_pixelated_camera_are_averaged():
    # E.9.3, note: the capillary moves by 1 mm per image.
    steps = [image("y", middle_mm=float(step)) for step in range(4)]
    analysis = analyze(y=tuple(steps))
    each = [analyze(y=(step,)) for step in steps]

    assert value(analysis, "fwhm_sys_axis", direction="x") == pytest.approx(
        np.mean([value(a, "fwhm_sys_axis", direction="x") for a in each])
    )
    assert value(analysis, "n_lsf", direction="x") == 4 * 14.0


def test_a_head_that_looked_on_is_left_out_with_a_note():
    scattered = np.random.default_rng(2).poisson(np.full((512, 512), 0.02))
    both = [
        acquire({(1, 1): picture(a, apart_mm=100.0), (2, 1): scattered}, text=NEMA_TEXT)
        for a in "xy"
    ]

    analysis = analyze(x=(both[0],), y=(both[1],))

    assert {m.scope.get("detector") for m in analysis.measurements} == {1}
    assert len(notes(analysis, "HEAD_WITHOUT_LINES")) == 2


def test_a_fault_of_one_head_says_nothing_against_the_other():
    two = []
    for along in "xy":
        lit = picture(along, apart_mm=100.0)
        dim = picture(along, apart_mm=100.0, counts_per_mm=300.0)
        two.append(acquire({(1, 1): lit, (2, 1): dim}, text=NEMA_TEXT))

    analysis = analyze(x=(two[0],), y=(two[1],))

    by_head = {
        m.scope.get("detector"): m.scope
        for m in analysis.measurements
        if m.metric == "fwhm_sys_cfov"
    }
    assert not analysis.failed_for(by_head[1])
    assert [p.code for p in analysis.failed_for(by_head[2])] == ["PC_COUNTS", "PC_COUNTS"]


WINDOW_OFF = EnergyWindow(number=1, lower_kev=100.0, upper_kev=120.0)


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ({"nuclide": "F-18"}, "PC_NUCLIDE"),
        ({"windows": (WINDOW_OFF,)}, "PC_WINDOW"),
        ({"collimator": CollimatorType.NONE}, "PC_COLLIMATOR"),
        ({"duration_s": 100.0}, "PC_RATE"),
    ],
)
def test_what_is_wrong_in_the_header_voids(header, code):
    analysis = analyze(x=(image("x", header=header),), y=(image("y", header=header),))

    assert code in {p.code for p in analysis.failed}


def test_saturated_and_oblong_pixels_and_unknown_heads_void():
    plain = image("y")
    full = plain.counts.copy()
    full[0, 10, 10] = np.iinfo(full.dtype).max
    for changed, code in (
        (dataclasses.replace(plain, counts=full), "PC_OVERFLOW"),
        (dataclasses.replace(plain, pixel_spacing_mm=(0.6, 0.62)), "PC_PIXEL"),
        (
            dataclasses.replace(
                plain, detectors=(),
                frames=tuple(dataclasses.replace(f, detector=None) for f in plain.frames),
            ),
            "PC_DETECTOR",
        ),
    ):  # fmt: skip
        assert code in {p.code for p in analyze(y=(changed,)).failed}


@pytest.mark.parametrize(
    ("peak", "outcome", "valid"),
    [
        (10_100.0, Outcome.MET, True),
        (9_900.0, Outcome.NOT_MET, True),
        (900.0, Outcome.NOT_MET, False),
    ],
)
def test_few_counts_in_the_peak_warn_and_then_void(peak, outcome, valid):
    # Counts in the highest channel of a strip of 30 mm: 0.6 mm at the top of a Gaussian.
    per_mm = peak / 30.0 / 0.6 * 7.54 / FWHM_PER_SIGMA * math.sqrt(2.0 * math.pi)
    pictures = [
        acquire(picture(a, apart_mm=100.0, counts_per_mm=per_mm, middle_mm=0.0), text=NEMA_TEXT,
                exact=True)
        for a in "xy"
    ]  # fmt: skip

    analysis = analyze(x=(pictures[0],), y=(pictures[1],))

    assert precondition_of(analysis, "peak of a line").outcome is outcome
    assert analysis.valid is valid


def test_a_header_that_does_not_tell_warns():
    told = image("y")
    silent = dataclasses.replace(told, nuclide=None, detectors=(Detector(number=1),))

    analysis = analyze(y=(silent,), parameters={"ufov_width_mm": None, "ufov_height_mm": None})

    unknown = {p.code for p in analysis.preconditions if p.outcome is Outcome.UNKNOWN}
    assert {"PC_NUCLIDE", "PC_COLLIMATOR", "PC_UFOV"} <= unknown
    assert analysis.valid


def test_lines_given_the_wrong_way_round_are_refused():
    with pytest.raises(UnsuitableAcquisitionError) as refusal:
        analyze(x=(image("y"),))

    assert str(refusal.value) == (
        "detector 1, energy window 1: the lines run along Y, but are given as lines_x"
    )


def test_lines_of_another_head_that_run_the_wrong_way_void_that_head_alone():
    right, wrong = (picture(along, apart_mm=100.0) for along in "xy")
    two = acquire({(1, 1): right, (2, 1): wrong}, text=NEMA_TEXT)

    analysis = analyze(x=(two,))

    assert {m.scope.get("detector") for m in analysis.measurements} == {1}
    (note,) = notes(analysis, "HEAD_WITHOUT_LINES")
    assert note.message == (
        "detector 2, energy window 1 is left out: the lines run along Y, but are given as lines_x"
    )
    (fault,) = analysis.failed
    assert dict(fault.scope.items) == dict(note.scope.items) | {"direction": "y"}
    assert fault.quantity == "direction of the lines"
    assert (fault.value, fault.expected) == ("Y", "lines_x")
    assert not analysis.failed_for(found(analysis, "fwhm_sys_cfov").scope)


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        (FloodCamera().expected(1000.0), "the image shows no lines"),
        (np.zeros((64, 64)), "the image holds no counts"),
        (
            line_image(Matrix(rows=512, columns=512, pixel_mm=0.6),
                       SlitMask(size_mm=(290.0, 290.0)).lines(), fwhm_mm=3.8),
            "the image shows 9 lines, needs 1 to 2: slits, bars or something else",
        ),
        (picture(apart_mm=None, length_mm=12.0), "mm long, needs 15 mm|shows no lines"),
        (picture(apart_mm=None, middle_mm=140.0), "no line stands in the central field of view"),
    ],
    ids=["flood", "empty", "slits", "stub", "outside"],
)  # fmt: skip
def test_wrong_pictures_are_refused(counts, message):
    with pytest.raises(UnsuitableAcquisitionError, match=message):
        analyze(y=(acquire(counts, text=NEMA_TEXT),))


def test_impossible_parameters_are_refused():
    with pytest.raises(ParameterError, match="invalid_below_counts is 20000"):
        ANALYZER.parameters(invalid_below_counts=20_000.0)
    with pytest.raises(ParameterError, match="nuclide is 'Xx-1'"):
        ANALYZER.parameters(nuclide="Xx-1")


def test_the_figures_are_those_that_a_physicist_expects():
    names = [f.name for f in analyze("iec", iec_set("x"), iec_set("y")).figures]

    assert len([n for n in names if n.startswith("lines_")]) == 6
    assert names[6:] == ["line_spread", "mtf", "distance", "table"]


def test_the_analyzer_keeps_the_contract():
    examples = [
        inputs("nema", (image("x"),), (image("y"),)),
        inputs("iec", iec_set("x"), iec_set("y")),
    ]

    assert check(ANALYZER, examples) == []

"""Intrinsic spatial resolution: IEC 60789 / GB/T 18989-2013 3.2.1, NEMA NU 1-2007 (E.1, E.7)."""

import dataclasses
import math

import numpy as np
import pytest

from photopeak_analyzers.acquisition import CollimatorType, Detector, EnergyWindow
from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import Inputs, Outcome, Severity
from photopeak_analyzers.errors import ParameterError, UnsuitableAcquisitionError
from photopeak_analyzers.gamma_camera import intrinsic_spatial_resolution_high_rate as high_rate
from photopeak_analyzers.gamma_camera.intrinsic_spatial_resolution import ANALYZER
from photopeak_analyzers.numerics.profiles import FWHM_PER_SIGMA
from photopeak_analyzers.simulation.blur import slit_width
from photopeak_analyzers.simulation.floods import FloodCamera
from photopeak_analyzers.simulation.planar import Matrix
from support.floods import notes, value
from support.slits import FIELD, MATRIX, acquire, image, inputs, picture

PLAIN = {along: image(along) for along in "xy"}


def analyze(x=None, y=None, variant="nema", analyzer=ANALYZER, **parameters):
    x, y = (PLAIN[along] if given is None else given for along, given in (("x", x), ("y", y)))
    given = inputs([x], [y], variant)
    return analyzer.analyze(given, analyzer.parameters(**FIELD | parameters))


def found(analysis, metric, **scope):
    wanted = set(scope.items())
    (measurement,) = [
        m for m in analysis.measurements if m.metric == metric and wanted <= set(m.scope.items)
    ]
    return measurement


def precondition(analysis, words, **scope):
    wanted = set(scope.items())
    return next(
        p for p in analysis.preconditions
        if words in p.quantity and wanted <= set(p.scope.items)
    )  # fmt: skip


def blurred(share, fwhm_mm=3.8, pixel_mm=0.6):
    """Return the width of a slit of 1 mm, blurred by the detector and by the pixel."""
    return slit_width(share, 1.0, math.hypot(fwhm_mm / FWHM_PER_SIGMA, pixel_mm / math.sqrt(12.0)))


@pytest.mark.parametrize("variant", ["nema", "iec"])
def test_the_widths_are_those_of_a_blurred_slit_in_both_fields(variant):
    """E.1.4, 3.2.1.3.1 (5), 3.2.1.3.2 (6): W D / S, V D / S; nothing is taken off for the slit."""
    analysis = analyze(variant=variant)

    # A pixel of 0.16 FWHM: straight lines between pixels narrow and widen by a percent at most.
    for field in ("ufov", "cfov"):
        assert value(analysis, f"fwhm_{field}") == pytest.approx(blurred(0.5), rel=0.01)
        assert value(analysis, f"fwtm_{field}") == pytest.approx(blurred(0.1), rel=0.01)
        axes = [value(analysis, f"fwhm_axis_{field}", direction=d) for d in "xy"]
        assert value(analysis, f"fwhm_{field}") == pytest.approx(np.mean(axes))
    assert analysis.valid


def test_the_equivalent_width_is_area_over_height_and_belongs_to_iec():
    """3.2.1.3.3 (7)."""
    iec, nema = analyze(variant="iec"), analyze()

    sigma = math.hypot(3.8 / FWHM_PER_SIGMA, 0.6 / math.sqrt(12.0))
    assert value(iec, "ew_ufov") == pytest.approx(
        1.0 / math.erf(0.5 / math.sqrt(2.0) / sigma), rel=5e-3
    )
    assert {"ew_cfov", "ew_axis_ufov"} <= {m.metric for m in iec.measurements}
    assert not [m for m in nema.measurements if m.metric.startswith("ew")]


def test_the_mean_is_that_of_both_directions_each_measured_across_its_slits():
    # 4.4 mm along Y, by slits along X.
    analysis = analyze(x=image("x", fwhm_mm=4.4))

    assert value(analysis, "fwhm_axis_ufov", direction="y") == pytest.approx(
        blurred(0.5, 4.4), rel=0.01
    )
    assert value(analysis, "fwhm_axis_ufov", direction="x") == pytest.approx(blurred(0.5), rel=0.01)
    assert value(analysis, "fwhm_ufov") == pytest.approx(
        (blurred(0.5, 4.4) + blurred(0.5)) / 2.0, rel=0.01
    )
    assert value(analysis, "n_lsf_ufov", direction="x") == 56.0
    assert value(analysis, "n_lsf_cfov", direction="y") == 35.0


def test_a_detector_worse_at_its_border_is_worse_in_the_ufov():
    # 5 mm instead of 3.8 mm in 26 of 30 mm of both outermost strips, beyond the CFOV.
    blunt = picture("y", fwhm_mm=5.0)
    mixed = picture("y")
    mixed[:124], mixed[388:] = blunt[:124], blunt[388:]

    analysis = analyze(y=acquire(mixed))

    outermost = (43 * blurred(0.5, 5.0) + 7 * blurred(0.5)) / 50.0
    expected = (5 * blurred(0.5) + 2 * outermost) / 7.0
    assert value(analysis, "fwhm_axis_ufov", direction="x") == pytest.approx(expected, rel=0.015)
    assert value(analysis, "fwhm_axis_cfov", direction="x") == pytest.approx(blurred(0.5), rel=0.01)


@pytest.mark.parametrize("change", ["counts", "flip", "turn", "shift", "tilt"])
def test_the_widths_do_not_depend_on(change):
    x, y = PLAIN["x"], PLAIN["y"]
    if change == "counts":
        x, y = image("x", counts_per_mm=20_000.0), image("y", counts_per_mm=20_000.0)
    elif change == "shift":
        x, y = image("x", offset_mm=-7.1), image("y", offset_mm=4.9)
    elif change == "tilt":
        x, y = image("x", tilt_deg=0.7), image("y", tilt_deg=-0.4)
    elif change == "flip":
        x, y = (dataclasses.replace(a, counts=a.counts[:, ::-1, ::-1].copy()) for a in (x, y))

    if change == "turn":
        turned = [
            dataclasses.replace(a, counts=np.rot90(a.counts, axes=(1, 2)).copy()) for a in (y, x)
        ]
        other = analyze(*turned, ufov_width_mm=210.0, ufov_height_mm=270.0)
    else:
        other = analyze(x, y)

    # The place of the highest channel within its pixel is worth p**2 / 2, 1.2 %.
    plain = analyze()
    for metric in ("fwhm_ufov", "fwtm_ufov", "fwhm_cfov", "fwtm_cfov"):
        assert value(other, metric) == pytest.approx(value(plain, metric), rel=0.013)


def test_a_pixel_in_the_header_that_is_wrong_changes_nothing_but_a_warning():
    wrong = [dataclasses.replace(PLAIN[a], pixel_spacing_mm=(0.58, 0.58)) for a in "xy"]

    analysis = analyze(*wrong)

    assert value(analysis, "fwhm_ufov") == pytest.approx(value(analyze(), "fwhm_ufov"), rel=1e-9)
    assert value(analysis, "mm_per_pixel", direction="x") == pytest.approx(0.6, rel=1e-4)
    condition = precondition(analysis, "header's pixel")
    assert (condition.outcome, condition.severity) == (Outcome.NOT_MET, Severity.SOFT)
    assert condition.value == pytest.approx(100.0 * (0.58 / 0.6 - 1.0), abs=0.01)
    assert analysis.valid
    # By more than a tenth it is another mask than was said.
    assert not analyze(
        *(dataclasses.replace(a, pixel_spacing_mm=(0.52, 0.52)) for a in wrong)
    ).valid


def test_the_uncertainty_is_the_scatter_of_repeated_measurements():
    rng = np.random.default_rng(21)
    values, stated = [], []
    for seed in range(25):
        # A mask laid down anew each time: the pixels have another luck with all of its slits.
        analysis = analyze(
            *(image(a, seed=100 * i + seed, counts_per_mm=300.0, offset_mm=rng.uniform(-3.0, 3.0))
              for i, a in enumerate("xy")),
            variant="iec", pitch_tolerance_mm=0.0,
        )  # fmt: skip
        each = [found(analysis, f"{name}_ufov") for name in ("fwhm", "fwtm", "ew")]
        values.append([m.value for m in each])
        stated.append([m.uncertainty for m in each])

    # 25 draws know a standard deviation to 14 %. The luck of the pixels is even, not normal, and the
    # distances of neighbours count their errors twice.
    ratio = np.std(values, axis=0) / np.mean(stated, axis=0)
    assert (ratio > 0.4).all()
    assert (ratio < 1.4).all()


def test_the_tolerance_of_the_mask_is_part_of_the_uncertainty():
    exact = found(analyze(pitch_tolerance_mm=0.0), "fwhm_axis_ufov", direction="x")
    loose = found(analyze(pitch_tolerance_mm=0.6), "fwhm_axis_ufov", direction="x")

    added = math.sqrt(loose.uncertainty**2 - exact.uncertainty**2) / loose.value
    assert added == pytest.approx(0.02 / math.sqrt(3.0), rel=1e-6)


def test_coarse_pixels_take_the_parabola_in_nema_and_void_in_iec():
    # E.1.4: 1.2 mm are 0.31 FWHM. 3.2.1.2 b: 0.1 FWHM are asked, beyond 0.2 nothing counts.
    matrix = Matrix(rows=256, columns=256, pixel_mm=1.2)
    coarse = [image(a, matrix=matrix, counts_per_mm=20_000.0) for a in "xy"]

    nema, iec = analyze(*coarse), analyze(*coarse, variant="iec")

    assert value(nema, "fwhm_ufov") == pytest.approx(blurred(0.5, pixel_mm=1.2), rel=0.02)
    assert len(notes(nema, "PARABOLA")) == 2
    condition = precondition(nema, "over FWHM")
    assert (condition.outcome, condition.severity, condition.upper) == (
        Outcome.NOT_MET, Severity.SOFT, 0.2,
    )  # fmt: skip
    assert nema.valid
    assert precondition(iec, "over FWHM") in iec.failed
    assert not notes(iec, "PARABOLA")


def test_iec_warns_at_a_pixel_that_nema_takes():
    assert precondition(analyze(), "over FWHM").outcome is Outcome.MET
    condition = precondition(analyze(variant="iec"), "over FWHM")
    assert (condition.outcome, condition.upper) == (Outcome.NOT_MET, 0.1)


def test_one_direction_alone_is_a_result_that_says_so():
    given = Inputs(roles={"lines_y": (PLAIN["y"],)}, variant="nema")
    analysis = ANALYZER.analyze(given, ANALYZER.parameters(**FIELD))

    condition = precondition(analysis, "directions measured")
    assert (condition.value, condition.outcome, condition.severity) == (
        1.0, Outcome.NOT_MET, Severity.SOFT,
    )  # fmt: skip
    assert value(analysis, "fwhm_axis_ufov", direction="x") > 3.8
    assert not [m for m in analysis.measurements if m.metric == "fwhm_ufov"]


def test_heads_are_measured_apart_and_a_fault_of_one_says_nothing_against_the_other():
    two = [
        acquire(
            {(1, 1): picture(a), (2, 1): picture(a, fwhm_mm=4.5, counts_per_mm=80.0)}, exact=True
        )
        for a in "xy"
    ]

    analysis = analyze(*two)

    assert value(analysis, "fwhm_ufov", detector=1) == pytest.approx(blurred(0.5), rel=0.01)
    assert value(analysis, "fwhm_ufov", detector=2) == pytest.approx(blurred(0.5, 4.5), rel=0.01)
    first, second = (found(analysis, "fwhm_ufov", detector=d).scope for d in (1, 2))
    assert not analysis.failed_for(first)
    assert {p.code for p in analysis.failed_for(second)} == {"PC_COUNTS"}


def test_a_head_that_looked_on_is_left_out_with_a_note():
    aside = np.random.default_rng(4).poisson(np.full(MATRIX.shape, 0.02))
    two = [acquire({(1, 1): picture(a), (2, 1): aside}) for a in "xy"]

    analysis = analyze(*two)

    assert {m.scope.get("detector") for m in analysis.measurements} == {1}
    assert len(notes(analysis, "HEAD_WITHOUT_SLITS")) == 2


def test_a_mask_that_lies_the_wrong_way_on_one_head_voids_that_head_alone():
    right, wrong = picture("x"), picture("y")

    analysis = analyze(acquire({(1, 1): right, (2, 1): wrong}))

    assert {m.scope.get("detector") for m in analysis.measurements} == {1}
    (fault,) = analysis.failed
    assert (fault.scope.get("detector"), fault.quantity) == (2, "direction of the slits")
    assert (fault.value, fault.expected) == ("Y", "lines_x")
    assert len(notes(analysis, "HEAD_WITHOUT_SLITS")) == 1


WINDOW_OFF = EnergyWindow(number=1, lower_kev=100.0, upper_kev=120.0)


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ({"nuclide": "Co-57"}, "PC_NUCLIDE"),
        ({"windows": (WINDOW_OFF,)}, "PC_WINDOW"),
        ({"collimator": CollimatorType.PARALLEL}, "PC_COLLIMATOR"),
        ({"duration_s": 4000.0}, "PC_RATE"),
    ],
)
def test_what_is_wrong_in_the_header_voids(header, code):
    analysis = analyze(*(image(a, header) for a in "xy"))

    assert {p.code for p in analysis.failed} == {code}


def test_saturated_and_oblong_pixels_and_unknown_heads_void():
    plain = PLAIN["y"]
    full = plain.counts.copy()
    full[0, 10, 10] = np.iinfo(full.dtype).max
    unknown = tuple(dataclasses.replace(f, detector=None) for f in plain.frames)
    for changed, code in (
        (dataclasses.replace(plain, counts=full), "PC_OVERFLOW"),
        (dataclasses.replace(plain, pixel_spacing_mm=(0.62, 0.6)), "PC_PIXEL"),
        (dataclasses.replace(plain, detectors=(), frames=unknown), "PC_DETECTOR"),
    ):
        assert code in {p.code for p in analyze(y=changed).failed}


@pytest.mark.parametrize(
    ("peak", "outcome", "valid"),
    [(1010.0, Outcome.MET, True), (990.0, Outcome.NOT_MET, True), (490.0, Outcome.NOT_MET, False)],
)
def test_fewer_counts_than_a_thousand_in_a_peak_warn_and_below_half_void(peak, outcome, valid):
    # The lowest peak of 40 000 counts per mm is that of the shorter strips, in the CFOV.
    plain = min(m.value for m in analyze().measurements if m.metric == "peak_counts")
    dim = [acquire(picture(a, counts_per_mm=40_000.0 * peak / plain), exact=True) for a in "xy"]

    analysis = analyze(*dim)

    outcomes = {p.outcome for p in analysis.preconditions if "counts in the peak" in p.quantity}
    assert outcome in outcomes
    assert analysis.valid is valid


def test_a_mask_that_is_tilted_or_too_small_warns_and_then_voids():
    assert precondition(analyze(y=image("y", tilt_deg=0.9)), "tilt").outcome is Outcome.MET
    tilted = precondition(analyze(y=image("y", tilt_deg=1.2)), "tilt", direction="x")
    assert (tilted.outcome, tilted.severity) == (Outcome.NOT_MET, Severity.SOFT)

    short = analyze(y=image("y", size_mm=(300.0, 150.0)))
    covered = precondition(short, "slits measured in the UFOV", direction="x")
    assert covered.value == pytest.approx(100.0 * 5 / 7, abs=0.1)
    assert covered in short.failed


@pytest.mark.parametrize(
    ("variant", "distance_mm", "outcome"),
    [
        ("nema", 1350.0, Outcome.MET),
        ("nema", 1349.0, Outcome.NOT_MET),
        ("iec", 1711.0, Outcome.MET),
        ("iec", 1710.0, Outcome.NOT_MET),
    ],
)
def test_the_source_is_five_fields_away_by_side_or_by_diagonal(variant, distance_mm, outcome):
    # E.1.3: 5 x 270 mm. 3.2.1.1 d: 5 x hypot(270, 210) = 1710.3 mm.
    analysis = analyze(variant=variant, source_distance_mm=distance_mm)

    condition = precondition(analysis, "distance of the point source")
    assert (condition.outcome, condition.severity) == (outcome, Severity.SOFT)


def test_a_field_that_nobody_declared_is_estimated_and_serves_no_acceptance():
    none = {"ufov_width_mm": None, "ufov_height_mm": None}
    guessed = analyze(**none)
    strict = analyze(**none, ufov_must_be_known=True)

    (note, *_) = notes(guessed, "UFOV_ESTIMATED")
    assert note.unfit_for == ("acceptance", "status")
    assert precondition(guessed, "source of the UFOV").value == "estimated from the image"
    assert guessed.valid
    assert "PC_UFOV" in {p.code for p in strict.failed}


def test_the_field_of_the_header_is_used_where_it_can_be():
    told = [
        dataclasses.replace(PLAIN[a], detectors=(Detector(
            number=1, collimator_type=CollimatorType.NONE, zoom=1.0,
            field_of_view_shape="RECTANGLE", field_of_view_mm=(270.0, 210.0),
        ),)) for a in "xy"
    ]  # fmt: skip

    analysis = analyze(*told, ufov_width_mm=None, ufov_height_mm=None)

    assert precondition(analysis, "source of the UFOV").value == "header"
    assert value(analysis, "n_lsf_ufov", direction="x") == 56.0


def test_slits_given_the_wrong_way_round_are_refused():
    with pytest.raises(UnsuitableAcquisitionError) as refusal:
        analyze(x=PLAIN["y"])

    assert str(refusal.value) == (
        "detector 1, energy window 1: the slits run along Y, but are given as lines_x"
    )


def test_tails_that_do_not_fall_to_a_tenth_are_left_out_of_fwtm():
    # A background of a fifth of the top: no slit falls to a tenth.
    top = picture("y").max()
    analysis = analyze(y=acquire(picture("y", background=0.2 * top), duration_s=60_000.0))

    assert not [m for m in analysis.measurements if m.metric in {"fwtm_ufov", "fwtm_cfov"}]
    (note,) = notes(analysis, "TENTH_NOT_REACHED")
    assert note.values["line_spread_functions"] == 56 + 42


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        (FloodCamera().expected(1000.0), "the image shows no lines"),
        (np.zeros((64, 64)), "the image holds no counts"),
        (
            picture(pitch_mm=120.0, offset_mm=60.0),
            "the image shows 2 lines, needs at least 3 slits",
        ),
        (picture(pitch_mm=8.0, width_mm=4.0), r"the lines are 8\.0 mm apart, needs the 30 mm"),
    ],
    ids=["flood", "empty", "line sources", "bars"],
)
def test_wrong_pictures_are_refused(counts, message):
    with pytest.raises(UnsuitableAcquisitionError, match=message):
        analyze(y=acquire(counts))


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ({"ufov_width_mm": 30.0}, "detector 1, energy window 1: 6 points do not determine a grid"),
        ({"ufov_height_mm": 25.0}, "detector 1, energy window 1: no line stands in the field"),
    ],
)
def test_a_field_that_holds_too_few_slits_is_refused_with_the_head(field, message):
    with pytest.raises(UnsuitableAcquisitionError, match=message):
        analyze(**field)


def test_a_set_without_images_is_refused():
    with pytest.raises(UnsuitableAcquisitionError, match="0 acquisitions are given as lines_x"):
        ANALYZER.analyze(Inputs(roles={}, variant="nema"))


def test_impossible_parameters_are_refused():
    with pytest.raises(ParameterError, match="invalid_below_counts is 2000"):
        ANALYZER.parameters(invalid_below_counts=2000.0)
    with pytest.raises(ParameterError, match="nuclide is 'Xx-1'"):
        ANALYZER.parameters(nuclide="Xx-1")
    with pytest.raises(ParameterError, match="minimum_rate_cps is 90000"):
        high_rate.ANALYZER.parameters(minimum_rate_cps=90_000.0)


def test_the_figures_are_those_that_a_physicist_expects():
    figures = {f.name: f for f in analyze().figures}

    assert {name.split("_detector")[0] for name in figures} == {
        "slits", "line_spread", "width_map", "table",
    }  # fmt: skip
    picture_of_x = figures["slits_detector_1_direction_x_energy_window_1"]
    assert [o.label for o in picture_of_x.overlays[:2]] == ["UFOV", "CFOV"]
    # Seven strips have eight borders; the slit that is shown is outlined.
    assert len(picture_of_x.overlays) == 2 + 8 + 1
    assert picture_of_x.overlays[2].label == "strips of 30.0 mm"
    # Slits along Y: borders that run along the columns, 50 rows from one another.
    borders = np.array([o.points for o in picture_of_x.overlays[2:10]])
    assert np.ptp(borders[:, :, 0], axis=1).max() == 0.0
    assert np.diff(borders[:, 0, 0]) == pytest.approx(50.0)
    assert picture_of_x.overlays[10].closed
    assert figures["width_map_detector_1_direction_x_energy_window_1"].image.shape == (7, 8)
    assert figures["width_map_detector_1_direction_y_energy_window_1"].image.shape == (6, 9)
    spread = figures["line_spread_detector_1_direction_x_energy_window_1"]
    width = value(analyze(), "fwhm_axis_ufov", direction="x")
    assert spread.curves[1].label == f"half maximum: {width:.2f} mm"
    rows = figures["table"].rows
    assert ("detector 1, energy window 1", "FWHM", "UFOV") in {row[:3] for row in rows}
    assert len(rows) == 4 + 8


@pytest.mark.parametrize(
    ("rate_cps", "valid"),
    [(67_400.0, False), (67_600.0, True), (75_000.0, True), (82_400.0, True), (82_600.0, False)],
)
def test_at_the_high_rate_it_is_75_000_to_a_tenth(rate_cps, valid):
    """E.7: as E.1, FWHM and FWTM alone."""
    fast = [image(a, {"duration_s": float(PLAIN[a].counts.sum()) / rate_cps}) for a in "xy"]

    analysis = analyze(*fast, analyzer=high_rate.ANALYZER)

    assert analysis.valid is valid
    assert value(analysis, "fwhm_ufov") == pytest.approx(blurred(0.5), rel=0.01)
    assert not [m for m in analysis.measurements if m.metric.startswith("ew")]
    assert not analyze(*fast).valid


def test_at_the_high_rate_a_rate_that_is_not_known_voids():
    unknown = [
        dataclasses.replace(
            a, frames=tuple(dataclasses.replace(f, duration_s=None) for f in a.frames)
        )
        for a in PLAIN.values()
    ]

    fast = analyze(*unknown, analyzer=high_rate.ANALYZER)

    assert {p.code for p in fast.failed} == {"PC_RATE"}
    assert analyze(*unknown).valid


def test_the_analyzers_keep_the_contract():
    fast = [image(a, {"duration_s": float(PLAIN[a].counts.sum()) / 75e3}) for a in "xy"]
    examples = [inputs([PLAIN["x"]], [PLAIN["y"]], variant) for variant in ("nema", "iec")]

    assert check(ANALYZER, examples) == []
    assert check(high_rate.ANALYZER, [inputs([fast[0]], [fast[1]])]) == []

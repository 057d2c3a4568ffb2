"""Intrinsic spatial linearity: IEC 60789 / GB/T 18989-2013 3.6, NEMA NU 1-2007 (E.2)."""

import dataclasses
import math

import numpy as np
import pytest

from photopeak_analyzers.acquisition import CollimatorType, EnergyWindow
from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import Inputs, Outcome, Severity
from photopeak_analyzers.errors import ParameterError, UnsuitableAcquisitionError
from photopeak_analyzers.gamma_camera.intrinsic_spatial_linearity import ANALYZER
from photopeak_analyzers.simulation.floods import FloodCamera
from photopeak_analyzers.simulation.planar import Matrix, noisy
from support.floods import notes, value
from support.slits import FIELD, acquire, image, inputs, picture

EXACT = {"pitch_tolerance_mm": 0.0}


def waves(amplitude_mm=0.4, along_mm=80.0, across_mm=110.0):
    """Return a distortion that changes along the slits and from slit to slit."""

    def bend(v, u):
        return amplitude_mm * np.sin(2.0 * math.pi * v / along_mm) * math.cos(
            2.0 * math.pi * u / across_mm
        )  # fmt: skip

    return bend


PLAIN = {along: image(along) for along in "xy"}
WAVY = {along: image(along, bend=waves()) for along in "xy"}


def analyze(x=None, y=None, variant="nema", **parameters):
    x, y = (PLAIN[along] if given is None else given for along, given in (("x", x), ("y", y)))
    return ANALYZER.analyze(inputs([x], [y], variant), ANALYZER.parameters(**FIELD | parameters))


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


def true_places(along, field, bend, tilt_deg=0.0):
    """Return where the slits are seen, one row per strip: mean of the distortion over the strip."""
    # As counted out in the test of the images: slits, and strips of so many rows of 0.6 mm.
    first, count, strips, rows = {
        ("y", "ufov"): (-4, 8, 7, 50), ("y", "cfov"): (-3, 7, 6, 43),
        ("x", "ufov"): (-3, 6, 9, 50), ("x", "cfov"): (-2, 5, 7, 48),
    }[along, field]  # fmt: skip
    places = np.zeros((strips, count))
    middles = (np.arange(strips) - (strips - 1) / 2.0) * rows * 0.6
    for m, middle in enumerate(middles):
        v = middle + (np.arange(40 * rows) + 0.5 - 20 * rows) / 40.0 * 0.6
        for k in range(count):
            u = 0.3 + 30.0 * (first + k)
            places[m, k] = u + middle * math.tan(math.radians(tilt_deg)) + bend(v, u).mean()
    return places, middles


def true_numbers(places, middles):
    """Return the three differential linearities and the absolute one, by other means than ours."""
    strips, count = places.shape
    line = np.mean([
        math.sqrt(np.sum((p - np.polyval(np.polyfit(middles, p, 1), middles)) ** 2) / (strips - 2))
        for p in places.T
    ])  # fmt: skip
    place = np.mean([np.std(p, ddof=1) for p in places.T])
    spacing = np.std(np.diff(places, axis=1), ddof=1)
    k, v = np.meshgrid(np.arange(count), middles)
    design = np.stack([np.ones(k.size), k.ravel(), v.ravel()], axis=1)
    fitted, *_ = np.linalg.lstsq(design, places.ravel(), rcond=None)
    largest = np.abs(places.ravel() - design @ fitted).max()
    return {"dl_line": line, "dl_place": place, "dl_spacing": spacing, "al": largest}


@pytest.mark.parametrize("field", ["ufov", "cfov"])
@pytest.mark.parametrize("variant", ["nema", "iec"])
def test_three_differential_and_the_absolute_linearity_are_those_of_the_distortion(variant, field):
    """3.6.3.1 (16), 3.6.3.2; E.2.4: mean of X and Y, the larger of X and Y, each field apart."""
    analysis = analyze(**WAVY, variant=variant)

    along_x, along_y = (true_numbers(*true_places(a, field, waves())) for a in "xy")
    # The millimetres of the grid of pixels are good to 0.005 mm.
    for name in ("dl_line", "dl_place", "dl_spacing"):
        expected = (along_x[name] + along_y[name]) / 2.0
        assert value(analysis, f"{name}_{field}") == pytest.approx(expected, abs=0.006)
    assert value(analysis, f"al_{field}") == pytest.approx(
        max(along_x["al"], along_y["al"]), abs=0.012
    )
    # The profile of slits along X runs along Y.
    assert value(analysis, f"al_axis_{field}", direction="y") == pytest.approx(
        along_x["al"], abs=0.012
    )
    assert analysis.valid


def test_each_text_has_its_own_differential_linearity_and_says_which():
    nema, iec = analyze(**WAVY), analyze(**WAVY, variant="iec")

    for field in ("ufov", "cfov"):
        assert value(nema, f"dl_{field}") == value(nema, f"dl_line_{field}")
        assert value(iec, f"dl_{field}") == value(iec, f"dl_spacing_{field}")
        assert value(nema, f"dl_{field}") != pytest.approx(value(iec, f"dl_{field}"), rel=0.1)
    assert notes(nema, "DL_DEFINITION")[0].values == {"definition": "dl_line"}
    assert notes(iec, "DL_DEFINITION")[0].values == {"definition": "dl_spacing"}


@pytest.mark.parametrize("variant", ["nema", "iec"])
def test_a_perfect_detector_has_none(variant):
    analysis = analyze(variant=variant)

    for field in ("ufov", "cfov"):
        for name in ("dl", "al", "dl_line", "dl_place", "dl_spacing", "residual_sd"):
            assert value(analysis, f"{name}_{field}") < 0.005


def test_a_tilted_mask_is_no_distortion_but_by_the_words_of_one_text():
    """E.2.4 fits slopes; the places by themselves grow with 30 mm times the tilt per strip."""
    # Slits well within the field, each in all of its seven or nine strips.
    tilted = [image(a, tilt_deg=0.3, offset_mm=15.0) for a in "xy"]

    analysis = analyze(*tilted)

    # A slit cut obliquely by the pixels wanders through their phases: 0.01 mm.
    for name in ("dl_line", "dl_spacing", "al", "residual_sd"):
        assert value(analysis, f"{name}_ufov") < 0.015
    step = 30.0 * math.tan(math.radians(0.3))
    expected = step * np.mean([math.sqrt(n * (n + 1) / 12.0) for n in (7, 9)])
    assert value(analysis, "dl_place_ufov") == pytest.approx(expected, rel=0.01)
    for direction in "xy":
        assert value(analysis, "tilt_deg", direction=direction) == pytest.approx(0.3, abs=2e-3)


def test_one_slit_out_of_its_place_shows_in_al_and_in_the_distances_alone():
    # 1 mm, the third slit of eight, seen by slits along Y: a straight line of its own.
    bent = image("y", bend=lambda v, u: np.full_like(v, float(abs(u + 59.7) < 1.0)))

    analysis = analyze(y=bent)

    places, middles = true_places(
        "y", "ufov", lambda v, u: np.full_like(v, float(u < -59) - (u < -61))
    )
    expected = true_numbers(places, middles)
    assert value(analysis, "al_ufov") == pytest.approx(expected["al"], abs=0.01)
    assert value(analysis, "dl_spacing_ufov") == pytest.approx(expected["dl_spacing"] / 2, abs=0.01)
    assert value(analysis, "dl_line_ufov") < 0.005
    assert value(analysis, "al_axis_ufov", direction="y") < 0.005


def test_a_distortion_outside_of_the_cfov_is_seen_in_the_ufov_alone():
    def bend(v, u):
        return np.where(np.abs(v) > 85.0, 0.5, 0.0)

    analysis = analyze(y=image("y", bend=bend))

    assert value(analysis, "al_ufov") > 0.2
    assert value(analysis, "al_cfov") < 0.01


@pytest.mark.parametrize("change", ["counts", "flip", "turn", "exchange"])
def test_the_numbers_do_not_depend_on(change):
    x, y = WAVY["x"], WAVY["y"]
    field = {}
    if change == "counts":
        x, y = (image(a, counts_per_mm=20_000.0, bend=waves()) for a in "xy")
    elif change == "flip":
        x, y = (dataclasses.replace(a, counts=a.counts[:, ::-1, ::-1].copy()) for a in (x, y))
    else:
        swap = (
            (lambda c: np.rot90(c, axes=(1, 2)))
            if change == "turn"
            else (lambda c: c.swapaxes(1, 2))
        )
        x, y = (dataclasses.replace(a, counts=swap(a.counts).copy()) for a in (y, x))
        field = {"ufov_width_mm": 210.0, "ufov_height_mm": 270.0}

    plain, other = analyze(**WAVY), analyze(x, y, **field)

    for name in ("dl_ufov", "al_ufov", "dl_cfov", "al_cfov", "dl_spacing_ufov", "dl_place_ufov"):
        assert value(other, name) == pytest.approx(value(plain, name), abs=0.002)


def test_millimetres_are_those_of_the_mask():
    wrong = [dataclasses.replace(WAVY[a], pixel_spacing_mm=(0.57, 0.57)) for a in "xy"]

    for name in ("dl_ufov", "al_ufov"):
        assert value(analyze(*wrong), name) == pytest.approx(value(analyze(**WAVY), name), rel=1e-6)


def test_the_uncertainty_is_the_scatter_of_repeated_measurements():
    names = ("dl_line", "dl_spacing", "dl_place", "residual_sd", "al")
    for bend in (None, waves(0.25)):
        values, stated, floors = [], [], []
        expected = [picture(a, counts_per_mm=300.0, bend=bend) for a in "xy"]
        rng = np.random.default_rng(17)
        for _ in range(24):
            dim = [acquire(noisy(each, rng)) for each in expected]
            analysis = analyze(*dim, **EXACT)
            each = [found(analysis, f"{name}_ufov") for name in names]
            values.append([m.value for m in each])
            stated.append([m.uncertainty for m in each])
            floors.append([value(analysis, f"noise_floor_{n}_ufov") for n in ("dl", "al")])

        # 24 draws know a standard deviation to 15 %. Noise on top of noise: an extreme, and a
        # deviation that is noise alone, are told up to twice too loosely.
        ratio = np.std(values, axis=0) / np.mean(stated, axis=0)
        assert (ratio > 0.35).all()
        assert (ratio < 1.35).all()
        if bend is None:
            # What a perfect detector shows is noise: the floor is the mean of what it shows.
            measured = np.mean(values, axis=0)
            assert np.mean(floors, axis=0) == pytest.approx([measured[0], measured[4]], rel=0.1)


def test_the_tolerance_of_the_mask_moves_slits_as_a_whole():
    exact, loose = analyze(**EXACT), analyze(pitch_tolerance_mm=0.3)

    # 0.3 mm / sqrt(3) for each slit: sqrt(2) of that between neighbours, nothing along one slit.
    assert value(loose, "noise_floor_dl_ufov") == pytest.approx(
        value(exact, "noise_floor_dl_ufov"), rel=0.1
    )
    iec = analyze(variant="iec", pitch_tolerance_mm=0.3)
    assert value(iec, "noise_floor_dl_ufov") == pytest.approx(
        math.sqrt(2.0) * 0.3 / math.sqrt(3.0), rel=0.15
    )
    assert found(loose, "al_ufov").uncertainty > 5 * found(exact, "al_ufov").uncertainty


def test_the_same_seed_gives_the_same_uncertainty():
    first, again = (found(analyze(**WAVY), "al_ufov").uncertainty for _ in range(2))
    other = found(analyze(**WAVY, noise_seed=1), "al_ufov").uncertainty

    assert first == again
    assert other != first
    assert other == pytest.approx(first, rel=0.4)


@pytest.mark.parametrize(
    ("tilt_deg", "edge", "tilt"),
    [
        # E.2.3: 105 mm times tan, 1 mm at 0.546 degrees; 1 degree for both texts.
        (0.54, Outcome.MET, Outcome.MET),
        (0.55, Outcome.NOT_MET, Outcome.MET),
        (1.05, Outcome.NOT_MET, Outcome.NOT_MET),
    ],
)
def test_nema_wants_the_mask_aligned_to_a_millimetre_at_the_edge(tilt_deg, edge, tilt):
    tilted = image("y", tilt_deg=tilt_deg)

    nema, iec = analyze(y=tilted), analyze(y=tilted, variant="iec")

    at_edge = precondition(nema, "at the edge of the UFOV", direction="x")
    assert (at_edge.outcome, at_edge.severity) == (edge, Severity.SOFT)
    assert precondition(nema, "tilt of the slits", direction="x").outcome is tilt
    assert not [p for p in iec.preconditions if "at the edge" in p.quantity]
    assert nema.valid


def test_coarse_pixels_warn_and_beyond_0_4_fwhm_void():
    for pixel_mm, valid in ((1.5, True), (1.8, False)):
        size = round(310.0 / pixel_mm)
        matrix = Matrix(rows=size, columns=size, pixel_mm=pixel_mm)
        analysis = analyze(*(image(a, matrix=matrix, counts_per_mm=10_000.0) for a in "xy"))

        assert precondition(analysis, "over FWHM").outcome is Outcome.NOT_MET
        assert analysis.valid is valid


def test_one_direction_alone_is_a_result_that_says_so():
    given = Inputs(roles={"lines_x": (WAVY["x"],)}, variant="nema")
    analysis = ANALYZER.analyze(given, ANALYZER.parameters(**FIELD))

    assert precondition(analysis, "directions measured").outcome is Outcome.NOT_MET
    assert value(analysis, "al_axis_ufov", direction="y") > 0.1
    assert not [m for m in analysis.measurements if m.metric in {"al_ufov", "dl_ufov"}]


def test_heads_are_measured_apart():
    two = [acquire({(1, 1): picture(a), (2, 1): picture(a, bend=waves())}) for a in "xy"]

    analysis = analyze(*two)

    assert value(analysis, "al_ufov", detector=1) < 0.005
    assert value(analysis, "al_ufov", detector=2) == value(analyze(**WAVY), "al_ufov")


WINDOW_OFF = EnergyWindow(number=1, lower_kev=100.0, upper_kev=120.0)


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ({"nuclide": "Tl-201"}, "PC_NUCLIDE"),
        ({"windows": (WINDOW_OFF,)}, "PC_WINDOW"),
        ({"collimator": CollimatorType.PARALLEL}, "PC_COLLIMATOR"),
        ({"duration_s": 4000.0}, "PC_RATE"),
    ],
)
def test_what_is_wrong_in_the_header_voids(header, code):
    analysis = analyze(*(image(a, header) for a in "xy"))

    assert {p.code for p in analysis.failed} == {code}


def test_a_mask_for_cobalt_is_said():
    """E.2.2 allows for Co-57."""
    cobalt = {
        "nuclide": "Co-57",
        "windows": (EnergyWindow(number=1, lower_kev=109.8, upper_kev=134.2),),
    }

    assert analyze(*(image(a, cobalt) for a in "xy"), nuclide="Co-57").valid


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        (FloodCamera().expected(1000.0), "the image shows no lines"),
        (np.zeros((64, 64)), "the image holds no counts"),
        (picture(pitch_mm=8.0, width_mm=4.0), r"the lines are 8\.0 mm apart, needs the 30 mm"),
    ],
    ids=["flood", "empty", "bars"],
)
def test_wrong_pictures_are_refused(counts, message):
    with pytest.raises(UnsuitableAcquisitionError, match=message):
        analyze(y=acquire(counts))


def test_impossible_parameters_are_refused():
    with pytest.raises(ParameterError, match="noise_draws is 1, needs at least 2"):
        ANALYZER.parameters(noise_draws=1)


def test_the_figures_are_those_that_a_physicist_expects():
    figures = {f.name: f for f in analyze(**WAVY).figures}

    assert set(figures) == {
        "deviations_detector_1_direction_x_energy_window_1",
        "deviations_detector_1_direction_y_energy_window_1",
        "histogram", "table",
    }  # fmt: skip
    drawn = figures["deviations_detector_1_direction_x_energy_window_1"]
    assert [o.label for o in drawn.overlays[:4]] == ["UFOV", "CFOV", "deviations x 10", ""]
    # Eight slits, and the mark of the largest.
    assert len(drawn.overlays) == 2 + 8 + 1
    largest = value(analyze(**WAVY), "al_axis_ufov", direction="x")
    assert drawn.overlays[-1].label.removeprefix("largest: ").lstrip("-") == f"{largest:.2f} mm"
    # Ten times 0.3 mm and more, in pixels of 0.6 mm.
    assert np.ptp([across for _, across in drawn.overlays[2].points]) > 3.0
    histogram = figures["histogram"]
    assert [curve.y.sum() for curve in histogram.curves] == [56, 42, 54, 35]
    # Detector, direction and field: the place of the largest deviation is in its field.
    assert len(figures["table"].rows) == 4
    for _, field, _, deviation, x_mm, y_mm in figures["table"].rows:
        half = {"UFOV": (135.0, 105.0), "CFOV": (101.25, 78.75)}[field]
        assert abs(deviation) > 0.1
        assert abs(x_mm) < half[0]
        assert abs(y_mm) < half[1]


def test_the_analyzer_keeps_the_contract():
    examples = [inputs([WAVY["x"]], [WAVY["y"]], variant) for variant in ("nema", "iec")]

    assert check(ANALYZER, examples) == []

"""Modulation transfer function: IEC 60789 / GB/T 18989-2013 2.8, 3.2.2.3.6."""

import dataclasses
import math

import numpy as np
import pytest

from photopeak_analyzers.acquisition import EnergyWindow
from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import Inputs, Outcome, Severity
from photopeak_analyzers.errors import ParameterError, UnsuitableAcquisitionError
from photopeak_analyzers.gamma_camera.modulation_transfer_function import ANALYZER
from photopeak_analyzers.numerics.modulation import V10_TIMES_FWHM, V50_TIMES_FWHM
from photopeak_analyzers.simulation.floods import FloodCamera
from photopeak_analyzers.simulation.lines import Direction, SlitMask, line_image
from photopeak_analyzers.simulation.planar import Matrix
from photopeak_analyzers.simulation.point_sources import Room, Spot
from photopeak_analyzers.simulation.reconstructed_sources import (
    SourcesInAir,
    three_lines,
    three_points,
)
from support.bars import eight
from support.floods import notes, precondition, value
from support.line_sources import acquire, picture

FINE = Matrix(rows=512, columns=512, pixel_mm=0.6)
DISTANCE = {"distance_mm": "100"}


def inputs(*acquisitions):
    return Inputs(roles={"response": acquisitions}, variant="iec")


def analyze(*acquisitions, **parameters):
    return ANALYZER.analyze(inputs(*acquisitions), ANALYZER.parameters(**parameters))


def lines(along="y", fwhm_mm=7.5, seed=None, apart_mm=30.0, header=None, **how):
    image = picture(along, fwhm_mm=fwhm_mm, seed=seed, apart_mm=apart_mm, **how)
    return acquire(image, text=DISTANCE, **header or {})


def point(fwhm_mm=8.0, counts=1e6, background_cps=0.0, pixel_mm=1.0, seed=None, duration_s=600.0):
    room = Room(rows=256, columns=256, pixel_mm=pixel_mm, background_cps=background_cps)
    image = room.expected((Spot(counts=counts, x_mm=11.3, y_mm=-20.4, fwhm_mm=fwhm_mm),))
    if seed is not None:
        image = np.random.default_rng(seed).poisson(image)
    return acquire(
        image, matrix=Matrix(rows=256, columns=256, pixel_mm=pixel_mm), duration_s=duration_s
    )


def integrated_point(fwhm_mm, pixel_mm, size=128):
    """Return a Gaussian point whose pixels hold what falls on them, by the error function."""
    scale = 2.0 * math.sqrt(math.log(2.0)) / fwhm_mm

    def along(middle_mm):
        edges = (np.arange(size + 1) - size / 2.0) * pixel_mm - middle_mm
        return np.diff([0.5 * math.erf(scale * edge) for edge in edges])

    image = 1e7 * np.outer(along(-20.4), along(11.3))
    return acquire(
        image, matrix=Matrix(rows=size, columns=size, pixel_mm=pixel_mm), duration_s=600.0
    )


def found(analysis, metric, **scope):
    wanted = set(scope.items())
    (measurement,) = [
        m for m in analysis.measurements if m.metric == metric and wanted <= set(m.scope.items)
    ]
    return measurement


def frequency(share, fwhm_mm, pixel_mm):
    """Return where a Gaussian, seen through square pixels, falls to a share, in cycles per cm."""
    v = np.linspace(1e-4, 3.0, 300_000)
    sigma_cm = fwhm_mm / 10.0 / (2.0 * math.sqrt(2.0 * math.log(2.0)))
    modulation = np.exp(-2.0 * (math.pi * sigma_cm * v) ** 2) * np.sinc(v * pixel_mm / 10.0)
    return float(v[np.argmax(modulation < share)])


def test_lines_have_the_modulation_of_their_gaussian():
    analysis = analyze(lines(), line_distance_mm=30.0)

    assert value(analysis, "mtf50_per_cm") == pytest.approx(frequency(0.5, 7.5, 0.6), rel=2e-3)
    # The window ends at 15 mm, two FWHM away: what is cut off there is 2e-6 of the line.
    assert value(analysis, "mtf10_per_cm") == pytest.approx(frequency(0.1, 7.5, 0.6), rel=5e-3)
    assert value(analysis, "v50_times_fwhm") == pytest.approx(V50_TIMES_FWHM, rel=0.01)
    assert value(analysis, "gaussian_fwhm_mm") == pytest.approx(7.5, rel=5e-3)
    assert dict(found(analysis, "mtf50_per_cm").scope.items) == {
        "detector": 1, "direction": "x", "distance_mm": 100.0, "energy_window": 1,
    }  # fmt: skip
    assert analysis.valid
    assert all(p.outcome is Outcome.MET for p in analysis.preconditions)


def test_the_pixel_is_left_in_and_taken_off_when_asked_for():
    coarse = integrated_point(fwhm_mm=8.0, pixel_mm=3.0)
    plain, corrected = analyze(coarse), analyze(coarse, pixel_correction=True)

    for direction in ("x", "y"):
        v50, v10 = (
            found(corrected, metric, direction=direction).value
            for metric in ("mtf50_per_cm", "mtf10_per_cm")
        )
        assert found(plain, "mtf50_per_cm", direction=direction).value == pytest.approx(
            frequency(0.5, 8.0, 3.0), rel=5e-3
        )
        assert v50 == pytest.approx(V50_TIMES_FWHM / 0.8, rel=5e-3)
        assert v10 == pytest.approx(V10_TIMES_FWHM / 0.8, rel=1e-2)
        assert frequency(0.5, 8.0, 3.0) < 0.98 * V50_TIMES_FWHM / 0.8


def test_a_correction_for_the_pixel_is_named_in_the_result():
    plain = analyze(lines(), line_distance_mm=30.0)
    corrected = analyze(lines(), line_distance_mm=30.0, pixel_correction=True)

    assert "PIXEL_CORRECTED" not in {note.code for note in plain.notes}
    assert "PIXEL_CORRECTED" in {note.code for note in corrected.notes}
    titles = {figure.name: figure.title for figure in corrected.figures}
    assert titles["mtf"].endswith("corrected for the pixel")
    assert titles["table"].endswith("corrected for the pixel")
    assert value(corrected, "fwhm_mm") == value(plain, "fwhm_mm")
    assert "v50_times_fwhm" not in {m.metric for m in corrected.measurements}


def test_a_slit_mask_has_the_modulation_of_slit_and_camera():
    mask = SlitMask(direction=Direction.Y, size_mm=(290.0, 290.0), width_mm=1.0)
    analysis = analyze(acquire(line_image(FINE, mask.lines(), fwhm_mm=3.8), matrix=FINE))

    # The slit of 1 mm adds a sinc of its own.
    v = np.linspace(1e-4, 3.0, 300_000)
    true = np.exp(-2.0 * (math.pi * 0.38 / 2.35482 * v) ** 2) * np.sinc(v * 0.06) * np.sinc(v * 0.1)
    assert value(analysis, "mtf50_per_cm", direction="y") == pytest.approx(
        float(v[np.argmax(true < 0.5)]), rel=2e-3
    )
    assert analysis.valid


def test_a_point_has_its_modulation_along_both_axes():
    analysis = analyze(point())

    for direction in ("x", "y"):
        # Cut off at 3 FWHM, where nothing is left; the spot is sampled at the pixel's middle or
        # integrated over it, which is worth 0.3 % at 0.125 FWHM.
        assert value(analysis, "mtf50_per_cm", direction=direction) == pytest.approx(
            10.0 * V50_TIMES_FWHM / 8.0, rel=5e-3
        )
        assert value(analysis, "mtf10_per_cm", direction=direction) == pytest.approx(
            10.0 * V10_TIMES_FWHM / 8.0, rel=8e-3
        )
    assert analysis.valid


def test_a_background_beside_a_point_is_taken_off():
    # 5 counts per pixel and 49 * 49 pixels of window: 12 000 beside half a million.
    five = 5.0 * 256**2 / 600.0
    quiet, loud = analyze(point(counts=5e5)), analyze(point(counts=5e5, background_cps=five))

    assert value(loud, "mtf50_per_cm", direction="x") == pytest.approx(
        value(quiet, "mtf50_per_cm", direction="x"), rel=2e-3
    )
    shares = [p.value for p in loud.preconditions if p.code == "PC_BACKGROUND"]
    assert shares == pytest.approx([5.0 * 49**2 / 5e5] * 2, rel=0.05)


def test_a_point_on_much_background_warns():
    analysis = analyze(point(counts=5e5, background_cps=3_000.0))

    told = [p for p in analysis.preconditions if p.code == "PC_BACKGROUND"]
    assert {(p.outcome, p.severity) for p in told} == {(Outcome.NOT_MET, Severity.SOFT)}


@pytest.mark.parametrize("sources", [three_points, three_lines])
def test_reconstructed_sources_have_their_modulation(sources):
    phantom = SourcesInAir(sources=sources(radial_fwhm_mm=10.0, tangential_fwhm_mm=10.0))
    analysis = analyze(phantom.acquire(rng=np.random.default_rng(1), noise=0.5))

    for source in (1, 2, 3):
        for direction in ("x", "y"):
            where = {"source": source, "direction": direction}
            # Sampled at the middle of the voxels: no sinc. Cut off at 3 FWHM; noise of 0.05 %.
            assert value(analysis, "mtf50_per_cm", **where) == pytest.approx(0.4413, rel=0.01)
            assert value(analysis, "mtf10_per_cm", **where) == pytest.approx(0.8043, rel=0.03)
    assert analysis.valid


def test_noise_of_a_reconstruction_is_in_the_uncertainty():
    values, stated = [], []
    for seed in range(24):
        phantom = SourcesInAir(sources=three_points()[:1], shape=(40, 60, 60))
        analysis = analyze(phantom.acquire(rng=np.random.default_rng(seed), noise=8.0))
        measured = found(analysis, "mtf50_per_cm", source=1, direction="x")
        values.append(measured.value)
        stated.append(measured.uncertainty)

    # 24 draws know a standard deviation to 15 %; window and width move with the noise as well.
    assert 0.5 < np.std(values) / np.mean(stated) < 1.6


@pytest.mark.parametrize("what", ["lines", "point"])
def test_the_uncertainty_is_the_scatter_of_repeated_measurements(what):
    values, stated = [], []
    for seed in range(40):
        if what == "lines":
            image = lines(seed=seed, length_mm=100.0, counts_per_mm=2_000.0)
        else:
            image = point(counts=2e4, seed=seed, background_cps=20.0)
        analysis = analyze(image, invalid_below_counts=10.0)
        measured = found(analysis, "mtf50_per_cm", direction="x")
        values.append(measured.value)
        stated.append(measured.uncertainty)

    # 40 draws know a standard deviation to 11 %.
    assert np.std(values) == pytest.approx(np.mean(stated), rel=0.35)


@pytest.mark.parametrize("change", ["counts", "flip", "turn", "shift"])
def test_the_modulation_does_not_depend_on(change):
    plain, direction = lines(), "x"
    if change == "counts":
        other = lines(counts_per_mm=50_000.0)
    elif change == "shift":
        other = lines(middle_mm=-40.2)
    elif change == "flip":
        other = dataclasses.replace(plain, counts=plain.counts[:, ::-1, ::-1].copy())
    else:
        other = dataclasses.replace(plain, counts=np.rot90(plain.counts, axes=(1, 2)).copy())
        direction = "y"

    for metric in ("mtf50_per_cm", "mtf10_per_cm"):
        assert value(analyze(other), metric, direction=direction) == pytest.approx(
            value(analyze(plain), metric), rel=2e-3
        )


def test_tails_lower_the_product_of_frequency_and_width():
    # A tenth of the counts in a broad Gaussian, as scatter and penetration make it.
    narrow, broad = lines(apart_mm=100.0), lines(apart_mm=100.0, fwhm_mm=30.0)
    mixed = dataclasses.replace(
        narrow, counts=np.rint(0.8 * narrow.counts + 0.2 * broad.counts).astype(np.uint16)
    )

    assert value(analyze(mixed), "v50_times_fwhm") < 0.95 * V50_TIMES_FWHM
    assert value(analyze(mixed), "mtf50_per_cm") < value(analyze(narrow), "mtf50_per_cm")


def test_a_wide_line_alone_keeps_its_tails_and_neighbours_that_cut_them_warn():
    alone = analyze(lines(fwhm_mm=15.0, apart_mm=None))
    cut = analyze(lines(fwhm_mm=15.0, apart_mm=30.0), line_distance_mm=30.0)

    # 50 mm to both sides are eight standard deviations.
    assert value(alone, "mtf50_per_cm") == pytest.approx(frequency(0.5, 15.0, 0.6), rel=2e-3)
    ends = {
        name: [p for p in analysis.preconditions if p.quantity.startswith("line at the ends")]
        for name, analysis in (("alone", alone), ("cut", cut))
    }
    assert [p.outcome for p in ends["alone"]] == [Outcome.MET]
    # 15 mm off a line has 2**-4 of its height; half way to the neighbour there are two. Channels
    # end up to half a pixel before.
    (warned,) = ends["cut"]
    assert warned.outcome is Outcome.NOT_MET
    assert warned.value == pytest.approx(1.5 * 2.0**-4, rel=0.12)
    assert cut.valid


def test_millimetres_come_from_the_slits_or_a_stated_distance_else_from_the_header_with_a_warning():
    # The image has 0.6 mm, the header says 0.615.
    wrong = dataclasses.replace(lines(), pixel_spacing_mm=(0.615, 0.615))
    told, trusting = analyze(wrong, line_distance_mm=30.0), analyze(wrong)

    assert value(told, "mtf50_per_cm") == pytest.approx(frequency(0.5, 7.5, 0.6), rel=3e-3)
    assert value(trusting, "mtf50_per_cm") == pytest.approx(
        frequency(0.5, 7.5, 0.6) * 0.6 / 0.615, rel=3e-3
    )
    unknown = precondition(trusting, "PC_PIXEL", "known distance")
    assert (unknown.outcome, unknown.severity) == (Outcome.UNKNOWN, Severity.SOFT)
    off = precondition(told, "PC_PIXEL", "header's pixel")
    assert off.value == pytest.approx(2.5, abs=0.05)
    assert trusting.valid


def test_several_images_are_averaged_and_several_directions_stay_apart():
    x, *ys = lines("x"), lines("y", seed=1), lines("y", seed=2)
    analysis = analyze(x, *ys)
    each = [value(analyze(y), "mtf50_per_cm") for y in ys]

    assert value(analysis, "mtf50_per_cm", direction="x") == pytest.approx(np.mean(each))
    assert value(analysis, "n_images", direction="x") == 2.0
    assert value(analysis, "n_images", direction="y") == 1.0


def test_coarse_channels_warn_and_then_void():
    # A FWHM of 8 mm: 0.2 of it are 1.6 mm, half of it 4 mm.
    for pixel_mm, outcome, valid in (
        (1.5, Outcome.MET, True),
        (2.0, Outcome.NOT_MET, True),
        (4.6, Outcome.NOT_MET, False),
    ):
        analysis = analyze(point(pixel_mm=pixel_mm))
        told = [p for p in analysis.preconditions if p.quantity == "channel over FWHM"]
        assert {p.outcome for p in told} == {outcome}
        assert analysis.valid is valid


@pytest.mark.parametrize(
    ("tilt", "outcome", "valid"),
    [(1.9, Outcome.MET, True), (2.1, Outcome.NOT_MET, True), (5.2, Outcome.NOT_MET, False)],
)
def test_tilted_lines_warn_and_then_void(tilt, outcome, valid):
    analysis = analyze(lines(tilt_deg=tilt))

    assert precondition(analysis, "PC_GEOMETRY", "tilt").outcome is outcome
    assert analysis.valid is valid


@pytest.mark.parametrize(
    ("counts", "outcome", "valid"),
    [(1.1e5, Outcome.MET, True), (4e4, Outcome.NOT_MET, True), (5e3, Outcome.NOT_MET, False)],
)
def test_few_counts_warn_and_then_void(counts, outcome, valid):
    # The highest pixel of a point of 8 mm in pixels of 1 mm holds 1.4 % of it.
    analysis = analyze(point(counts=counts))

    told = [p for p in analysis.preconditions if p.code == "PC_COUNTS"]
    assert {p.outcome for p in told} == {outcome}
    assert analysis.valid is valid


WINDOW_OFF = EnergyWindow(number=1, lower_kev=100.0, upper_kev=120.0)


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ({"nuclide": "F-18"}, "PC_NUCLIDE"),
        ({"windows": (WINDOW_OFF,)}, "PC_WINDOW"),
        ({"duration_s": 100.0}, "PC_RATE"),
    ],
)
def test_what_is_wrong_in_the_header_voids(header, code):
    assert code in {p.code for p in analyze(lines(header=header)).failed}


def test_saturated_and_oblong_pixels_and_unknown_heads_void():
    plain = lines()
    full = np.minimum(plain.counts, 800)
    ownerless = tuple(dataclasses.replace(f, detector=None) for f in plain.frames)
    for changed, code in (
        (dataclasses.replace(plain, counts=full, saturation_level=800), "PC_OVERFLOW"),
        (dataclasses.replace(plain, pixel_spacing_mm=(0.6, 0.62)), "PC_PIXEL"),
        (dataclasses.replace(plain, frames=ownerless, detectors=()), "PC_DETECTOR"),
    ):
        assert code in {p.code for p in analyze(changed).failed}


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        (FloodCamera().expected(1000.0), "neither lines nor one point"),
        (eight(4.2)[0].counts[0], "neither lines nor one point"),
        (np.zeros((64, 64)), "the image holds no counts"),
        (
            Room(pixel_mm=2.0, background_cps=0.0).expected(
                (Spot(counts=1e5, x_mm=-80.0), Spot(counts=1e5, x_mm=80.0))
            ),
            "neither lines nor one point: 2 sources",
        ),
        (
            Room(pixel_mm=2.0, background_cps=0.0).expected((Spot(counts=1e6, x_mm=-125.0),)),
            "the point is 2.1 pixels from the border, needs 6.3",
        ),
    ],
    ids=["flood", "bars", "empty", "two points", "point at the border"],
)
def test_wrong_pictures_are_refused(counts, message):
    with pytest.raises(UnsuitableAcquisitionError, match=message) as refusal:
        analyze(acquire(counts))

    assert str(refusal.value).startswith("detector 1, energy window 1: ")


def test_heads_that_cannot_be_told_apart_are_refused():
    one = lines()
    twice = dataclasses.replace(one, counts=np.repeat(one.counts, 2, axis=0), frames=one.frames * 2)

    with pytest.raises(UnsuitableAcquisitionError, match="2 static frames are of detector 1"):
        analyze(twice)


def test_a_head_that_looked_on_is_left_out_with_a_note():
    dark = np.random.default_rng(3).poisson(np.full((512, 512), 0.02))
    analysis = analyze(acquire({(1, 1): picture("y"), (2, 1): dark}))

    assert {m.scope.get("detector") for m in analysis.measurements} == {1}
    assert len(notes(analysis, "HEAD_WITHOUT_SOURCES")) == 1
    assert notes(analysis, "FORMULA_2_CORRECTED")


def test_nothing_and_an_image_without_a_pixel_spacing_are_refused():
    with pytest.raises(UnsuitableAcquisitionError, match="0 acquisitions are given as response"):
        analyze()
    bare = dataclasses.replace(lines(), pixel_spacing_mm=None)
    with pytest.raises(UnsuitableAcquisitionError, match="no pixel spacing"):
        analyze(bare)
    assert analyze(bare, pixel_spacing_mm=0.6).valid


def test_impossible_parameters_are_refused():
    with pytest.raises(ParameterError, match="invalid_below_counts is 2000"):
        ANALYZER.parameters(invalid_below_counts=2_000.0)


def test_the_figures_are_sources_spread_curves_and_a_table_in_tenths():
    analysis = analyze(lines("x"), lines("y"))

    *pictures, spread, curves, table = analysis.figures
    assert len(pictures) == 2
    assert (spread.name, curves.name, table.name) == ("spread", "mtf", "table")
    assert table.rows[0][1:] == (1.0, 1.0)
    for frequency_per_cm, m, _ in table.rows[1:8]:
        v = frequency_per_cm
        true = math.exp(-2.0 * (math.pi * 0.75 / 2.35482 * v) ** 2) * np.sinc(0.06 * v)
        assert m == pytest.approx(true, abs=3e-3)


def test_the_analyzer_keeps_the_contract():
    volume = SourcesInAir(sources=three_points()).acquire(rng=np.random.default_rng(1), noise=1.0)

    assert check(ANALYZER, [inputs(lines()), inputs(point()), inputs(volume)]) == []

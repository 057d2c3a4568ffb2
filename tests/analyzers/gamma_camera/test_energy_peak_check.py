"""Energy peak: WS 523-2019, prerequisites (140 keV +- 3 keV); GB/T 18989-2013 E.3.4."""

import dataclasses

import numpy as np
import pytest

from photopeak_analyzers.acquisition import Detector, EnergyWindow, Spectrum
from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import Inputs, Outcome, ReadingValue, Severity
from photopeak_analyzers.errors import (
    AnalysisError,
    FitError,
    MissingReadingError,
    ParameterError,
    UnsuitableAcquisitionError,
)
from photopeak_analyzers.gamma_camera.energy_peak_check import ANALYZER
from photopeak_analyzers.simulation.planar import still
from support.energy import ANALYSER, co57, swept, table, tc99m
from support.floods import notes, precondition, value


def image(lower=129.14, upper=150.08, *more, nuclide="Tc-99m", counts=9.0, **header):
    """Return an image in these windows; the default is one that a Siemens console tuned."""
    limits = ((lower, upper), *more)
    windows = tuple(
        EnergyWindow(number=n + 1, lower_kev=low, upper_kev=high)
        for n, (low, high) in enumerate(limits)
    )
    images = {(1, n + 1): np.full((8, 8), counts) for n in range(len(limits))}
    return still(images, 4.0, windows=windows, nuclide=nuclide, **header)


def analyze(*images, readings=None, variant="ws523", **parameters):
    inputs = Inputs(roles={"image": images}, readings=readings or {}, variant=variant)
    return ANALYZER.analyze(inputs, ANALYZER.parameters(**parameters))


def spectrum(*lines, rng=None, **changes):
    return ANALYSER.acquire(lines, rng=rng, nuclide="Tc-99m", **changes)


# --- windows that a camera tuned --------------------------------------------------------------------


def test_the_peak_is_the_middle_of_the_tuned_window():
    tc = analyze(image())
    co = analyze(image(109.71, 134.09, nuclide="Co-57"), variant="local")

    # Two windows as they stand in headers of one console.
    assert value(tc, "peak_kev", nuclide="Tc-99m", method="window") == pytest.approx(139.61)
    assert value(tc, "peak_shift_kev") == pytest.approx(-0.39)
    assert value(tc, "window_width_pct") == pytest.approx(15.0, abs=0.01)
    assert value(co, "peak_kev", nuclide="Co-57") == pytest.approx(121.90)
    assert value(co, "peak_shift_kev") == pytest.approx(-0.20)
    assert tc.valid
    assert co.valid


def test_ws_523_counts_from_140_and_the_daily_check_from_the_line():
    for variant, nominal in (("ws523", 140.0), ("local", 140.5)):
        analysis = analyze(image(), variant=variant)
        assert value(analysis, "peak_shift_kev") == pytest.approx(139.61 - nominal)
        assert value(analysis, "peak_shift_pct") == pytest.approx(100 * (139.61 / nominal - 1))


@pytest.mark.parametrize(
    ("lower", "upper", "step"), [(129.14, 150.08, 0.01), (129.1, 150.1, 0.1), (127.0, 150.0, 1.0)]
)
def test_the_uncertainty_of_a_window_is_that_of_its_digits(lower, upper, step):
    (found,) = [m for m in analyze(image(lower, upper)).measurements if m.metric == "peak_kev"]

    # Two limits, each within half a step: their mean has a spread of step / sqrt(24).
    assert found.uncertainty == pytest.approx(step / np.sqrt(24.0))


@pytest.mark.parametrize(
    ("limits", "outcome"),
    [
        ((126.0, 154.0), Outcome.UNKNOWN),
        ((126.45, 154.55), Outcome.UNKNOWN),
        ((127.0, 155.0), Outcome.UNKNOWN),
        ((126.1, 154.0), Outcome.MET),
        ((129.14, 150.08), Outcome.MET),
    ],
)
def test_a_window_that_may_be_the_preset_is_no_pass(limits, outcome):
    found = precondition(analyze(image(*limits)), "PC_WINDOW", "as tuned")

    assert found.outcome is outcome
    assert found.severity is Severity.SOFT


def test_a_window_beside_the_photopeak_on_purpose_is_no_peak():
    low_half = analyze(image(126.0, 140.0))

    found = precondition(low_half, "PC_WINDOW", "offset")
    assert not low_half.valid
    assert found.value == pytest.approx(-5.0)
    assert (found.lower, found.upper) == (-4.0, 4.0)


def test_four_percent_is_the_last_offset_of_a_peak():
    on, beyond = analyze(image(127.4, 141.4)), analyze(image(127.3, 141.3))

    # 134.4 keV is 4 % below 140 keV.
    assert on.valid
    assert not beyond.valid


def test_a_window_for_scatter_is_left_out_beside_one_on_the_line():
    analysis = analyze(image(129.14, 150.08, (108.0, 129.0)))

    assert {m.scope.get("energy_window") for m in analysis.measurements} == {1}
    (note,) = notes(analysis, "WINDOW_NOT_ANALYSED")
    assert note.scope.get("energy_window") == 2
    assert analysis.valid


def test_a_window_of_cobalt_under_the_name_of_technetium_is_told():
    analysis = analyze(image(109.71, 134.09))

    assert not analysis.valid
    (note,) = notes(analysis, "WINDOW_FITS_ANOTHER_NUCLIDE")
    assert note.values["fits"] == "Co-57"


def test_each_line_of_gallium_has_its_peak():
    windows = ((84.0, 103.2), (166.3, 203.1), (270.0, 330.6))
    analysis = analyze(image(*windows[0], *windows[1:], nuclide="Ga-67"), variant="local")
    alone = analyze(
        image(*windows[0], *windows[1:], nuclide="Ga-67"), variant="local", line_kev=184.6
    )

    found = {
        m.scope.get("energy_window"): m.value
        for m in analysis.measurements
        if m.metric == "peak_kev"
    }
    assert found == {1: 93.6, 2: pytest.approx(184.7), 3: pytest.approx(300.3)}
    assert {m.scope.get("energy_window") for m in alone.measurements} == {2}


# --- spectra ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("seen_kev", [136.2, 139.0, 140.5, 143.7])
def test_the_peak_of_a_spectrum_is_where_the_line_was_put(seen_kev):
    analysis = analyze(spectrum(tc99m(seen_kev)))

    # At 4 keV from the middle of the region, a tail of the peak tilts the line under it: 0.07 keV.
    within = 0.01 + 0.07 * abs(seen_kev - 140.0) / 4.0
    assert value(analysis, "peak_kev", method="spectrum") == pytest.approx(seen_kev, abs=within)
    assert value(analysis, "peak_fit_kev") == pytest.approx(seen_kev, abs=0.01)
    assert value(analysis, "peak_shift_kev") == pytest.approx(seen_kev - 140.0, abs=within)
    assert analysis.valid


def test_the_form_in_which_a_spectrum_comes_does_not_matter():
    own = analyze(spectrum(tc99m(139.2)))
    typed = analyze(readings={"spectrum": table(tc99m(139.2))}, nuclide="Tc-99m")
    steps = analyze(swept(tc99m(139.2), step_kev=0.5))

    found = [value(each, "peak_kev") for each in (own, typed, steps)]
    assert found == pytest.approx([139.2] * 3, abs=0.01)
    methods = [{m.scope.get("method") for m in each.measurements} for each in (own, typed, steps)]
    assert methods == [{"spectrum"}, {"table"}, {"sweep"}]


def test_a_sweep_gives_a_peak_for_each_head():
    analysis = analyze(swept(tc99m(140.9), heads=(1, 2)))

    for head in (1, 2):
        assert value(analysis, "peak_kev", detector=head) == pytest.approx(140.9, abs=0.02)
    assert {f.name for f in analysis.figures} == {
        "spectrum_detector_1_method_sweep_nuclide_Tc-99m",
        "spectrum_detector_2_method_sweep_nuclide_Tc-99m",
        "peaks",
    }


def test_a_sloping_background_does_not_move_the_peak():
    slope = np.linspace(6_000.0, 0.0, ANALYSER.channels)
    counts = ANALYSER.expected((tc99m(139.5),)) + slope
    tilted = Spectrum(nuclide="Tc-99m", counts=counts, energy_kev=ANALYSER.energy_kev())

    assert value(analyze(tilted), "peak_kev") == pytest.approx(139.5, abs=0.02)


def test_the_uncertainty_of_a_spectrum_is_its_spread():
    rng = np.random.default_rng(8)
    line = tc99m(counts=400_000.0)
    found, stated = [], []
    for _ in range(150):
        (peak,) = [
            m for m in analyze(spectrum(line, rng=rng)).measurements if m.metric == "peak_kev"
        ]
        found.append(peak.value)
        stated.append(peak.uncertainty)

    # 150 draws tell a spread to 6 %: three times that.
    assert np.std(found) == pytest.approx(np.mean(stated), rel=0.18)
    assert np.mean(found) == pytest.approx(140.5, abs=4.0 * np.mean(stated) / np.sqrt(150.0))


@pytest.mark.parametrize(
    ("top", "outcome", "severity"),
    [
        (10_000.0, Outcome.MET, Severity.SOFT),
        (9_990.0, Outcome.NOT_MET, Severity.SOFT),
        (1_000.0, Outcome.NOT_MET, Severity.SOFT),
        (990.0, Outcome.NOT_MET, Severity.HARD),
    ],
)
def test_10_000_counts_are_judged_and_1_000_are_a_daily_check(top, outcome, severity):
    counts = ANALYSER.expected((tc99m(),))
    peak = counts[250:].max()
    scaled = Spectrum(
        nuclide="Tc-99m", counts=counts * (top / peak), energy_kev=ANALYSER.energy_kev()
    )

    found = precondition(analyze(scaled), "PC_COUNTS", "peak channel")
    assert (found.outcome, found.severity) == (outcome, severity)


def test_a_gaussian_that_disagrees_warns():
    # A second line on one shoulder moves the fit and the half heights by different amounts.
    tail = tc99m(131.0, counts=260_000.0)
    found = precondition(analyze(spectrum(tc99m(), tail)), "PC_WINDOW", "fitted Gaussian")
    alone = precondition(analyze(spectrum(tc99m())), "PC_WINDOW", "fitted Gaussian")

    assert alone.outcome is Outcome.MET
    assert found.severity is Severity.SOFT
    assert (found.lower, found.upper) == (-0.3, 0.3)
    assert abs(found.value) > abs(alone.value)


def test_a_saturated_frame_of_a_sweep_voids_it():
    flood = swept(tc99m(), exact=False)
    full = dataclasses.replace(flood, saturation_level=int(flood.counts.max()))

    assert analyze(flood).valid
    assert precondition(analyze(full), "PC_OVERFLOW", "highest pixel").outcome is Outcome.NOT_MET
    assert not analyze(full).valid


# --- what the console shows -------------------------------------------------------------------------


def test_a_peak_that_a_person_read_is_taken_with_its_uncertainty():
    reading = ReadingValue(value=140.8, uncertainty=0.2)
    analysis = analyze(readings={"shown_peak": reading}, nuclide="99mTc")

    (found,) = [m for m in analysis.measurements if m.metric == "peak_kev"]
    assert (found.value, found.uncertainty) == (140.8, 0.2)
    assert found.scope.get("method") == "shown"
    assert value(analysis, "peak_shift_kev") == pytest.approx(0.8)


def test_image_spectrum_and_reading_stand_beside_each_other():
    readings = {"spectrum": table(tc99m(140.2)), "shown_peak": ReadingValue(value=140.0)}
    analysis = analyze(image(), readings=readings)

    peaks = {
        m.scope.get("method"): m.value for m in analysis.measurements if m.metric == "peak_kev"
    }
    assert peaks == {
        "window": pytest.approx(139.61),
        "table": pytest.approx(140.2, abs=0.01),
        "shown": 140.0,
    }


# --- refused ----------------------------------------------------------------------------------------


def test_another_nuclide_than_stated_voids():
    analysis = analyze(image(), nuclide="Co-57", variant="local")

    assert precondition(analysis, "PC_NUCLIDE").outcome is Outcome.NOT_MET
    assert not analysis.valid


def test_an_empty_image_voids():
    analysis = analyze(image(counts=0.0))

    assert precondition(analysis, "PC_COUNTS").outcome is Outcome.NOT_MET
    assert not analysis.valid


def test_nothing_at_all_is_refused():
    with pytest.raises(MissingReadingError, match="neither an image with an energy window"):
        analyze(nuclide="Tc-99m")
    with pytest.raises(MissingReadingError, match="neither an image with an energy window"):
        analyze(dataclasses.replace(image(), energy_windows=()))


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        (image(nuclide=None), ParameterError, "the nuclide is not known"),
        (image(nuclide="Sr-89"), ParameterError, "the nuclide is Sr-89, needs one with"),
        (spectrum(tc99m(100.0)), FitError, "half of its peak|counts high|no peak"),
        (
            ANALYSER.acquire((tc99m(),), nuclide="I-131"),
            UnsuitableAcquisitionError,
            r"runs from 0 to 255.5 keV, needs 309.825 to 419.175 keV",
        ),
        (
            dataclasses.replace(spectrum(tc99m()), energy_kev=None),
            UnsuitableAcquisitionError,
            "the spectrum has no energies",
        ),
        (
            dataclasses.replace(spectrum(tc99m()), energy_kev=np.zeros(512)),
            UnsuitableAcquisitionError,
            "do not rise",
        ),
        (swept(tc99m(), step_kev=6.0), UnsuitableAcquisitionError, "7 channels lie between"),
    ],
)
def test_what_holds_no_peak_is_refused(given, error, message):
    with pytest.raises(error, match=message):
        analyze(given)


def test_a_sweep_with_a_window_that_was_not_counted_is_refused():
    flood = swept(tc99m())
    short = dataclasses.replace(flood, counts=flood.counts[1:], frames=flood.frames[1:])
    uneven = dataclasses.replace(
        flood, frames=(dataclasses.replace(flood.frames[0], duration_s=7.0), *flood.frames[1:])
    )

    with pytest.raises(UnsuitableAcquisitionError, match="1 of 120 windows of the sweep"):
        analyze(short)
    with pytest.raises(UnsuitableAcquisitionError, match="for different durations"):
        analyze(uneven)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (((1.0, 2.0),) * 3, "has 3 rows, needs 16 to 65536"),
        (((1.0, 2.0),) * 20, "needs a column that rises"),
        (tuple((float(n), -1.0) for n in range(20)), "counts down to -1, needs at least 0"),
        (7.0, "spectrum is 7.0, no table, needs rows"),
    ],
)
def test_a_table_that_is_no_spectrum_is_refused(rows, message):
    with pytest.raises(ParameterError, match=message):
        analyze(readings={"spectrum": ReadingValue(value=rows)}, nuclide="Tc-99m")


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"nuclide": "LEHR"}, "nuclide is 'LEHR', needs a radionuclide"),
        ({"counts_invalid_below": 20_000.0}, "needs at most counts_asked"),
        ({"line_kev": 3.0}, "needs at least 20 keV"),
    ],
)
def test_parameters_out_of_bounds_are_refused(parameters, message):
    with pytest.raises(ParameterError, match=message):
        analyze(image(), **parameters)


def test_two_images_are_refused():
    with pytest.raises(AnalysisError, match="2 acquisitions are given as image, needs at most 1"):
        analyze(image(), image())


def test_the_head_of_an_image_of_one_head_is_named():
    one = analyze(image(detectors=(Detector(number=2),)))

    assert value(one, "peak_kev", detector=2) == pytest.approx(139.61)


def test_the_contract_is_kept():
    examples = [
        Inputs(roles={"image": (image(),)}, variant="ws523"),
        Inputs(roles={"image": (swept(tc99m(), heads=(1, 2)),)}, variant="local"),
        Inputs(roles={"image": (ANALYSER.acquire((co57(),), nuclide="Co-57"),)}, variant="local"),
    ]

    assert check(ANALYZER, examples) == []


# --- what must not pass silently ------------------------------------------------------------------


@pytest.mark.parametrize("seen_kev", [122.1, 124.0])
def test_the_peak_of_another_nuclide_at_the_border_of_the_region_voids(seen_kev):
    analysis = analyze(spectrum(co57(seen_kev)))

    found = precondition(analysis, "PC_NUCLIDE", "offset of the peak")
    assert (found.outcome, found.lower, found.upper) == (Outcome.NOT_MET, -10.0, 10.0)
    assert not analysis.valid


def test_a_gain_that_is_6_percent_off_is_a_wrong_peak_and_not_another_nuclide():
    analysis = analyze(spectrum(tc99m(148.5)))

    assert analysis.valid
    assert value(analysis, "peak_kev") == pytest.approx(148.5, abs=0.5)


def test_a_peak_that_was_cut_off_voids():
    whole = spectrum(tc99m())
    cut = dataclasses.replace(whole, counts=np.minimum(whole.counts, 0.9 * whole.counts.max()))

    assert precondition(analyze(whole), "PC_OVERFLOW").outcome is Outcome.MET
    found = precondition(analyze(cut), "PC_OVERFLOW")
    assert (found.outcome, found.severity) == (Outcome.NOT_MET, Severity.HARD)


def test_a_peak_read_off_the_console_needs_no_more_than_its_nuclide():
    given = {
        "shown_peak": ReadingValue(value=140.9),
        "nuclide": ReadingValue(value="Tc-99m"),
    }

    assert value(analyze(readings=given), "peak_kev") == pytest.approx(140.9)
    # What is set for all measurements goes before.
    assert value(analyze(readings=given, nuclide="Co-57"), "peak_kev", nuclide="Co-57")
    with pytest.raises(ParameterError, match="give the reading nuclide or set the parameter"):
        analyze(readings={"shown_peak": ReadingValue(value=140.9)})

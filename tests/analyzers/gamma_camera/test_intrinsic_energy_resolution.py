"""Intrinsic energy resolution: GB/T 18989-2013 3.4 (IEC 60789), E.3 (NEMA NU 1-2007 2.3)."""

import dataclasses
import math

import numpy as np
import pytest

from photopeak_analyzers.acquisition import CollimatorType, Detector, Spectrum
from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import Inputs, Outcome, ReadingValue, Severity
from photopeak_analyzers.errors import (
    FitError,
    MissingReadingError,
    ParameterError,
    UnsuitableAcquisitionError,
)
from photopeak_analyzers.gamma_camera.intrinsic_energy_resolution import ANALYZER
from photopeak_analyzers.simulation.planar import still
from photopeak_analyzers.simulation.spectra import Analyser, SpectralLine
from support.energy import ANALYSER, co57, swept, table, tc99m
from support.floods import notes, precondition, value

TEXTS = {"nema": (140.5, 18.4), "iec": (141.0, 19.0)}
MCA = Analyser(channels=1024, kev_per_channel=0.25, calibrated=False)


def analyze(source=None, reference=None, *, readings=None, variant="nema", **parameters):
    roles = {
        name: tuple(given) if isinstance(given, (list, tuple)) else (given,)
        for name, given in (("source", source), ("reference", reference))
        if given is not None
    }
    inputs = Inputs(roles=roles, readings=readings or {}, variant=variant)
    return ANALYZER.analyze(inputs, ANALYZER.parameters(**parameters))


def tc(analyser=MCA, *, rng=None, live_s=100.0, **changes):
    return analyser.acquire((tc99m(**changes),), rng=rng, nuclide="Tc-99m", live_s=live_s)


def co(analyser=MCA, *, rng=None, **changes):
    return analyser.acquire((co57(**changes),), rng=rng, nuclide="Co-57")


def met(analysis, code, quantity=""):
    return precondition(analysis, code, quantity).outcome


# --- closed form ------------------------------------------------------------------------------------


@pytest.mark.parametrize("variant", ["nema", "iec"])
@pytest.mark.parametrize("percent", [6.0, 9.5, 11.0])
def test_the_resolution_is_the_width_over_the_energy_on_the_scale_of_two_peaks(variant, percent):
    source_kev, apart_kev = TEXTS[variant]
    analysis = analyze(
        tc(resolution_percent=percent), co(resolution_percent=percent), variant=variant
    )

    # The true distance of the simulated lines is 18.4 keV; a channel adds (0.25 keV)^2 / 12 of variance.
    fwhm = math.hypot(1.405 * percent, 0.25 * 2.3548 / math.sqrt(12.0)) * apart_kev / 18.4
    assert value(analysis, "fwhm_kev") == pytest.approx(fwhm, rel=2e-4)
    assert value(analysis, "energy_resolution") == pytest.approx(100 * fwhm / source_kev, rel=2e-4)
    assert value(analysis, "kev_per_channel") == pytest.approx(0.25 * apart_kev / 18.4, rel=1e-4)
    assert value(analysis, "peak_channel_source") == pytest.approx(562.0, abs=0.01)
    assert value(analysis, "peak_channel_reference") == pytest.approx(488.4, abs=0.01)
    assert analysis.valid


def test_iec_gives_2_9_percent_more_than_nema_on_the_same_spectra():
    nema, iec = (analyze(tc(), co(), variant=v) for v in ("nema", "iec"))

    ratio = value(iec, "energy_resolution") / value(nema, "energy_resolution")
    assert ratio == pytest.approx(19.0 / 141.0 * 140.5 / 18.4, rel=1e-12)
    assert ratio == pytest.approx(1.029, abs=5e-4)


@pytest.mark.parametrize(("variant", "percent"), [("nema", 9.5374), ("iec", 9.5035)])
def test_13_4_kev_are_9_54_percent_of_140_5_and_9_50_of_141(variant, percent):
    # A triangle is halved exactly where its sides are straight: 13.4 keV in 134 channels of 0.1 keV.
    energy = 100.0 + 0.1 * np.arange(800)
    counts = np.maximum(0.0, 1.0 - np.abs(energy - 140.5) / 13.4) * 20_000.0
    axis = ReadingValue(value=tuple(zip(energy.tolist(), counts.tolist(), strict=True)))
    analysis = analyze(readings={"source_kev": axis}, variant=variant)

    # The height of a triangle is not that of a parabola: it is 4 % less than its tip.
    found = value(analysis, "fwhm_kev")
    assert value(analysis, "energy_resolution") == pytest.approx(percent * found / 13.4, rel=1e-5)
    assert found == pytest.approx(13.4, rel=0.05)


def test_a_zero_that_is_not_channel_0_does_not_matter():
    moved = Analyser(channels=1024, kev_per_channel=0.25, offset_kev=8.0, calibrated=False)
    one, other = analyze(tc(), co()), analyze(tc(moved), co(moved))

    assert value(other, "energy_resolution") == pytest.approx(
        value(one, "energy_resolution"), rel=1e-4
    )
    assert precondition(other, "PC_NUCLIDE", "zero").value == pytest.approx(8.0, abs=0.1)


def test_a_wrong_gain_is_undone_by_the_two_peaks():
    stretched = Analyser(channels=1024, kev_per_channel=0.2, calibrated=False)

    assert value(analyze(tc(stretched), co(stretched)), "energy_resolution") == pytest.approx(
        9.5, abs=0.01
    )


def test_the_energies_of_an_axis_serve_where_there_is_no_cobalt():
    alone = analyze(tc(ANALYSER))
    both = analyze(tc(ANALYSER), co(ANALYSER))

    assert value(alone, "energy_resolution") == pytest.approx(9.5, abs=0.01)
    assert notes(alone, "ENERGY_SCALE")[0].values["calibration"] == "vendor"
    assert notes(both, "ENERGY_SCALE")[0].values["calibration"] == "two photopeaks"
    assert value(both, "energy_resolution") == pytest.approx(9.5, abs=0.01)


def test_the_continuum_stays_under_the_peak_and_the_net_resolution_stands_beside():
    background = Analyser(channels=1024, kev_per_channel=0.25, background=3_000.0, calibrated=False)
    clean, lifted = analyze(tc(), co()), analyze(tc(background), co(background))

    assert value(lifted, "energy_resolution") > 1.1 * value(clean, "energy_resolution")
    # The line runs through what is left of the peak 15 % away, 0.4 % of its height.
    for each in (clean, lifted):
        assert value(each, "energy_resolution_net") == pytest.approx(9.5, rel=0.01)


# --- forms ------------------------------------------------------------------------------------------


def test_the_form_of_the_spectra_does_not_matter():
    acquired = analyze(tc(), co())
    typed = analyze(
        readings={
            "source_channels": table(tc99m(), analyser=MCA, channels=True),
            "reference_channels": table(co57(), analyser=MCA, channels=True),
        }
    )
    steps = analyze(swept(tc99m(), step_kev=0.5), swept(co57(), step_kev=0.5, nuclide="Co-57"))

    found = [value(each, "energy_resolution") for each in (acquired, typed, steps)]
    assert found == pytest.approx([9.5] * 3, abs=0.01)


def test_every_head_of_a_sweep_has_its_resolution_with_its_own_reference():
    analysis = analyze(
        swept(tc99m(), heads=(1, 2), step_kev=0.5),
        swept(co57(), heads=(2, 1), step_kev=0.5, nuclide="Co-57"),
        variant="iec",
    )

    for head in (1, 2):
        assert value(analysis, "energy_resolution", detector=head) == pytest.approx(
            9.5 * 1.029, abs=0.02
        )
    assert analysis.valid


def test_a_number_of_the_manufacturer_stands_for_itself():
    reading = ReadingValue(value=9.6, uncertainty=0.1)
    analysis = analyze(readings={"reported_resolution": reading})

    (found,) = analysis.measurements
    assert (found.value, found.uncertainty, found.scope.get("method")) == (9.6, 0.1, "reported")


def test_an_image_that_comes_with_a_table_only_names_the_test():
    named = still({(1, 1): np.full((8, 8), 9.0)}, 4.0)
    analysis = analyze(named, readings={"source_kev": table(tc99m())})

    assert value(analysis, "energy_resolution") == pytest.approx(9.5, abs=0.01)
    assert len(notes(analysis, "IMAGE_WITHOUT_SPECTRUM")) == 1
    assert analysis.valid


def test_the_uncertainty_is_the_spread_of_repeated_spectra():
    rng = np.random.default_rng(14)
    found, stated = [], []
    for _ in range(150):
        analysis = analyze(tc(counts=400_000.0, rng=rng), co(counts=400_000.0, rng=rng))
        (each,) = [m for m in analysis.measurements if m.metric == "energy_resolution"]
        found.append(each.value)
        stated.append(each.uncertainty)

    # 150 draws tell a spread to 6 %: three times that; the crossing of noisy channels adds some.
    assert np.std(found) == pytest.approx(np.mean(stated), rel=0.2)
    assert np.mean(found) == pytest.approx(9.5, abs=0.4 * np.std(found))


def test_counting_longer_does_not_change_it():
    one, two = analyze(tc(), co()), analyze(tc(counts=8e6, live_s=1e3), co(counts=8e6))

    assert value(two, "energy_resolution") == pytest.approx(value(one, "energy_resolution"))


# --- conditions -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("top", "outcome", "severity"),
    [
        (10_000.0, Outcome.MET, Severity.SOFT),
        (9_990.0, Outcome.NOT_MET, Severity.SOFT),
        (5_000.0, Outcome.NOT_MET, Severity.SOFT),
        (4_990.0, Outcome.NOT_MET, Severity.HARD),
    ],
)
@pytest.mark.parametrize("nuclide", ["Tc-99m", "Co-57"])
def test_the_peak_channel_needs_10_000_counts(nuclide, top, outcome, severity):
    spectra = {"Tc-99m": tc(), "Co-57": co()}
    counts = spectra[nuclide].counts
    spectra[nuclide] = dataclasses.replace(
        spectra[nuclide], counts=counts * (top / counts[400:].max())
    )
    found = precondition(analyze(*spectra.values()), "PC_COUNTS", nuclide)

    assert (found.outcome, found.severity) == (outcome, severity)


@pytest.mark.parametrize(
    ("channel_kev", "outcome", "severity"),
    [
        (0.65, Outcome.MET, Severity.SOFT),
        (0.69, Outcome.NOT_MET, Severity.SOFT),
        (2.6, Outcome.NOT_MET, Severity.SOFT),
        (2.9, Outcome.NOT_MET, Severity.HARD),
    ],
)
def test_a_channel_is_at_most_5_percent_of_the_fwhm(channel_kev, outcome, severity):
    coarse = Analyser(channels=int(250 / channel_kev), kev_per_channel=channel_kev)
    found = precondition(analyze(tc(coarse), co(coarse)), "PC_WINDOW", "width of a channel")

    assert (found.outcome, found.severity) == (outcome, severity)


def test_a_rate_above_20_kcps_voids_by_iec_and_warns_by_nema():
    iec = analyze(tc(live_s=60.0), co(), variant="iec")
    nema = analyze(tc(live_s=60.0), co())

    # 1.28 million counts in 60 s.
    rates = [p for p in iec.preconditions if p.code == "PC_RATE"]
    assert [p.outcome for p in rates] == [Outcome.NOT_MET, Outcome.MET]
    assert not iec.valid
    assert nema.valid


def test_a_collimator_voids():
    heads = (Detector(number=1, collimator_type=CollimatorType.PARALLEL),)
    leaded = dataclasses.replace(swept(tc99m()), detectors=heads)

    assert met(analyze(leaded), "PC_COLLIMATOR") is Outcome.NOT_MET
    assert not analyze(leaded).valid


def test_a_saturated_window_voids():
    sweep = swept(tc99m(), exact=False)
    full = dataclasses.replace(sweep, saturation_level=int(sweep.counts.max()))

    assert analyze(sweep).valid
    assert met(analyze(full), "PC_OVERFLOW", "highest pixel") is Outcome.NOT_MET
    assert not analyze(full).valid


def test_another_nuclide_in_the_header_voids():
    analysis = analyze(dataclasses.replace(tc(), nuclide="Co-57"), co())
    silent = analyze(dataclasses.replace(tc(), nuclide=None), co())

    assert met(analysis, "PC_NUCLIDE", "source") is Outcome.NOT_MET
    assert not analysis.valid
    assert met(silent, "PC_NUCLIDE", "source") is Outcome.UNKNOWN
    assert silent.valid


def test_a_photopeak_beside_its_energy_voids_on_an_axis_of_energies():
    def offset(kev):
        return precondition(analyze(ANALYSER.acquire((tc99m(kev),))), "PC_WINDOW", "offset of")

    found = {kev: offset(kev) for kev in (140.5, 137.0, 133.0, 122.1)}
    assert found[140.5].outcome is Outcome.MET
    assert (found[137.0].outcome, found[137.0].severity) == (Outcome.NOT_MET, Severity.SOFT)
    # Co-57 in the place of Tc-99m.
    for kev in (133.0, 122.1):
        assert (found[kev].outcome, found[kev].severity) == (Outcome.NOT_MET, Severity.HARD)


def test_another_pair_of_nuclides_is_seen_by_its_zero():
    iodine = SpectralLine(energy_kev=364.5, counts=800_000.0, compton=0.5)
    wide = Analyser(channels=1024, kev_per_channel=0.5, calibrated=False)
    analysis = analyze(
        wide.acquire((iodine,), nuclide="Tc-99m"), wide.acquire((co57(),), nuclide="Co-57")
    )

    found = precondition(analysis, "PC_NUCLIDE", "zero")
    # 18.4 keV over 242.4 keV of the axis, from 140.5 keV at 364.5: channel 0 would be at 112.8 keV.
    assert found.value == pytest.approx(112.8, abs=0.1)
    assert found.severity is Severity.HARD
    assert not analysis.valid


# --- refused ----------------------------------------------------------------------------------------


def test_two_spectra_of_one_nuclide_are_refused():
    with pytest.raises(UnsuitableAcquisitionError, match=r"lies 0\.0 above that of Co-57"):
        analyze(tc(), dataclasses.replace(tc(), nuclide="Co-57"))
    with pytest.raises(UnsuitableAcquisitionError, match=r"lies -73\.6 above"):
        analyze(dataclasses.replace(co(), nuclide=None), dataclasses.replace(tc(), nuclide=None))


def test_channels_without_cobalt_are_refused():
    with pytest.raises(MissingReadingError, match="there is none of Co-57 with channels"):
        analyze(tc())
    # One with energies does not tell what a channel of the other is.
    with pytest.raises(MissingReadingError, match="there is none of Co-57 with channels"):
        analyze(tc(), co(ANALYSER))


def test_nothing_at_all_is_refused():
    with pytest.raises(MissingReadingError, match="neither a spectrum of Tc-99m nor a reported"):
        analyze()


@pytest.mark.parametrize(
    ("source", "error", "message"),
    [
        (
            still({(1, 1): np.full((8, 8), 9.0)}, 4.0),
            UnsuitableAcquisitionError,
            "has 1 energy windows and no table of a spectrum",
        ),
        (
            Spectrum(counts=np.full(512, 90.0), energy_kev=ANALYSER.energy_kev()),
            FitError,
            "no photopeak within 15 %",
        ),
        (
            Spectrum(counts=np.full(80, 90.0), energy_kev=np.arange(80.0)),
            FitError,
            "no photopeak within 15 %",
        ),
    ],
)
def test_what_holds_no_photopeak_of_technetium_is_refused(source, error, message):
    with pytest.raises(error, match=message):
        analyze(source)


def test_a_level_spectrum_of_channels_is_refused():
    with pytest.raises(FitError, match="there is no photopeak"):
        analyze(Spectrum(counts=np.full(512, 90.0)), co())


def test_parameters_out_of_bounds_are_refused():
    with pytest.raises(ParameterError, match="needs at most counts_asked"):
        analyze(tc(), co(), counts_invalid_below=20_000.0)


def test_the_contract_is_kept():
    examples = [
        Inputs(roles={"source": (tc(),), "reference": (co(),)}, variant="nema"),
        Inputs(roles={"source": (swept(tc99m(), heads=(1, 2)),)}, variant="iec"),
    ]

    assert check(ANALYZER, examples) == []


# --- what must not pass silently ------------------------------------------------------------------


def test_a_peak_that_was_cut_off_voids():
    whole = tc()
    cut = dataclasses.replace(whole, counts=np.minimum(whole.counts, 0.9 * whole.counts.max()))

    analysis = analyze(cut, co())

    wide = value(analysis, "energy_resolution") / value(analyze(whole, co()), "energy_resolution")
    assert wide > 1.03
    found = [p for p in analysis.failed if p.code == "PC_OVERFLOW"]
    assert [(p.outcome, p.upper) for p in found] == [(Outcome.NOT_MET, 2.0)]
    assert found[0].value > 2.0


def test_two_tables_of_one_spectrum_are_refused():
    readings = {"source_kev": table(tc99m()), "source_channels": table(tc99m(), channels=True)}

    with pytest.raises(ParameterError, match="source_kev and source_channels are both supplied"):
        analyze(readings=readings)


def test_a_reference_on_another_axis_is_told_not_to_be_used():
    readings = {"source_kev": table(tc99m()), "reference_channels": table(co57(), channels=True)}

    analysis = analyze(readings=readings)

    assert len(notes(analysis, "REFERENCE_NOT_USED")) == 1
    (scale,) = notes(analysis, "ENERGY_SCALE")
    assert scale.values["calibration"] == "vendor"

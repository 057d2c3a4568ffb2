"""Energy resolution of a gamma counter: width and place of a photopeak above its continuum."""

import dataclasses

import numpy as np
import pytest

from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import Inputs, Outcome, ReadingValue
from photopeak_analyzers.counters.gamma_counter_energy_resolution import ANALYZER
from photopeak_analyzers.counters.spectrum_readings import line_of
from photopeak_analyzers.errors import (
    AnalysisError,
    FitError,
    MissingReadingError,
    ParameterError,
    UnsuitableAcquisitionError,
)
from photopeak_analyzers.simulation.spectra import Analyser, SpectralLine
from support.calibrators import uncertainty
from support.floods import notes, precondition, value

WELL = Analyser(channels=1024, kev_per_channel=1.0, background=5.0)
CAESIUM = SpectralLine(energy_kev=661.7, counts=2e6, resolution_percent=8.0, compton=1.5)


def given(spectrum=None, variant="local", **readings):
    values = {
        name: ReadingValue(value=tuple(map(tuple, each)) if isinstance(each, list) else each)
        for name, each in {"nuclide": "Cs-137", **readings}.items()
        if each is not None
    }
    roles = {} if spectrum is None else {"spectrum": (spectrum,)}
    return Inputs(roles=roles, readings=values, variant=variant)


def analyze(spectrum=None, parameters=None, **readings):
    return ANALYZER.analyze(given(spectrum, **readings), ANALYZER.parameters(**(parameters or {})))


def table(spectrum, first=0):
    return [(float(first + k), float(n)) for k, n in enumerate(spectrum.counts[first:])]


@pytest.mark.parametrize("percent", [6.0, 8.0, 10.0])
def test_the_width_of_a_gaussian_on_a_continuum_is_found(percent):
    line = dataclasses.replace(CAESIUM, resolution_percent=percent)
    analysis = analyze(WELL.acquire((line,)))

    # Interpolation between channels of 1 keV, and their own width, add less than 0.1 %.
    assert value(analysis, "energy_resolution", nuclide="Cs-137") == pytest.approx(
        percent, rel=0.01
    )
    assert value(analysis, "peak_kev") == pytest.approx(661.7, abs=0.15)
    assert value(analysis, "fwhm_kev") == pytest.approx(6.617 * percent, rel=0.01)
    assert value(analysis, "peak_shift_pct") == pytest.approx(0.0, abs=0.03)
    assert analysis.valid
    assert all(each.outcome is Outcome.MET for each in analysis.preconditions)


def test_a_steep_continuum_does_not_widen_the_peak():
    # Of 750 counts a channel on the low side 0 are left on the high side; the peak is 1 770 high.
    # Taken as counted it would be wider, and lie lower.
    spectrum = WELL.acquire((dataclasses.replace(CAESIUM, counts=1e5, compton=0.0),))
    slope = np.clip(3000.0 - 4.0 * np.arange(1024.0), 0.0, None)
    steep = dataclasses.replace(spectrum, counts=np.asarray(spectrum.counts) + slope)

    analysis = analyze(steep)

    assert value(analysis, "energy_resolution") == pytest.approx(8.0, rel=0.02)


def test_the_area_is_that_of_the_peak():
    line = dataclasses.replace(CAESIUM, compton=0.0)
    analysis = analyze(WELL.acquire((line,)))

    # 1.75 FWHM to either side hold 99.996 % of a Gaussian.
    assert value(analysis, "net_counts") == pytest.approx(2e6, rel=3e-4)


def test_a_drift_of_the_gain_is_a_shift_and_no_width():
    drifted = Analyser(channels=1024, kev_per_channel=1.02, background=5.0)
    spectrum = dataclasses.replace(drifted.acquire((CAESIUM,)), energy_kev=WELL.energy_kev())

    analysis = analyze(spectrum)

    # The peak lies in channel 661.7 / 1.02; its width over its place stays 8 %.
    assert value(analysis, "peak_shift_pct") == pytest.approx(100.0 * (1.0 / 1.02 - 1.0), abs=0.05)
    assert value(analysis, "energy_resolution") == pytest.approx(8.0, rel=0.01)


def test_channels_without_energies_give_the_same_resolution():
    known = analyze(WELL.acquire((CAESIUM,)))
    plain = analyze(dataclasses.replace(WELL, calibrated=False).acquire((CAESIUM,)))

    assert value(plain, "energy_resolution") == pytest.approx(
        value(known, "energy_resolution"), rel=1e-3
    )
    assert value(plain, "peak_channel") == pytest.approx(value(known, "peak_channel"), rel=1e-4)
    assert [m for m in plain.measurements if m.metric == "peak_shift_pct"] == []
    assert precondition(plain, "PC_WINDOW").outcome is Outcome.UNKNOWN
    assert len(notes(plain, "AXIS_IN_CHANNELS")) == 1


def test_gain_and_offset_in_use_stand_in_for_those_of_a_file():
    analyser = Analyser(
        channels=1024, kev_per_channel=1.0, offset_kev=-20.0, background=5.0, calibrated=False
    )
    spectrum = analyser.acquire((CAESIUM,))

    analysis = analyze(spectrum, offset_kev=-20.0, gain_kev_per_channel=1.0)

    assert value(analysis, "peak_kev") == pytest.approx(661.7, abs=0.15)
    assert value(analysis, "energy_resolution") == pytest.approx(8.0, rel=0.01)


@pytest.mark.parametrize("first", [0, 100])
def test_a_table_gives_the_same_as_a_file(first):
    spectrum = WELL.acquire((CAESIUM,), rng=np.random.default_rng(1))
    by_file = analyze(spectrum)
    by_table = analyze(channels=table(spectrum, first), offset_kev=0.0, gain_kev_per_channel=1.0)

    for metric in ("energy_resolution", "peak_kev", "peak_shift_pct", "net_counts"):
        assert value(by_table, metric) == pytest.approx(value(by_file, metric))


def test_counts_scale_without_a_change():
    one = WELL.acquire((CAESIUM,))
    ten = dataclasses.replace(one, counts=10.0 * np.asarray(one.counts))

    few, many = analyze(one), analyze(ten)

    assert value(many, "energy_resolution") == pytest.approx(value(few, "energy_resolution"))
    assert uncertainty(many, "energy_resolution") == pytest.approx(
        uncertainty(few, "energy_resolution") / 10.0**0.5, rel=0.01
    )


def test_the_uncertainty_is_that_of_the_noise():
    rng = np.random.default_rng(9)
    line = dataclasses.replace(CAESIUM, counts=1e5)
    found = [analyze(WELL.acquire((line,), rng=rng)) for _ in range(100)]
    for metric, truth in (("energy_resolution", 8.0), ("peak_kev", 661.7)):
        values = [value(each, metric) for each in found]
        u = float(np.mean([uncertainty(each, metric) for each in found]))
        assert np.std(values, ddof=1) == pytest.approx(u, rel=0.35)
        assert np.mean(values) == pytest.approx(truth, abs=0.5 * u + 4.0 * u / 10.0)


def test_narrow_channels_with_few_counts_each_give_the_same_width():
    fine = Analyser(channels=8192, kev_per_channel=0.1, background=0.2)
    line = dataclasses.replace(CAESIUM, counts=2e4, compton=0.0)
    rng = np.random.default_rng(6)
    found = [analyze(fine.acquire((line,), rng=rng)) for _ in range(30)]
    values = [value(each, "energy_resolution") for each in found]
    u = float(np.mean([uncertainty(each, "energy_resolution") for each in found]))

    # 36 counts at the top of the peak: a single channel scatters by a sixth of it.
    assert np.mean(values) == pytest.approx(8.0, abs=4.0 * u / 30.0**0.5 + 0.02)
    assert np.std(values, ddof=1) == pytest.approx(u, rel=0.5)
    assert all(each.valid for each in found)


def test_a_narrow_peak_is_not_put_together():
    germanium = Analyser(channels=4096, kev_per_channel=0.25, background=5.0)
    line = dataclasses.replace(CAESIUM, resolution_percent=0.6, compton=0.1)

    analysis = analyze(germanium.acquire((line,)))

    assert value(analysis, "energy_resolution") == pytest.approx(0.6, rel=0.01)


def test_the_expected_channel_chooses_among_peaks():
    barium = SpectralLine(energy_kev=356.0, counts=1e6, resolution_percent=10.0)
    plain = dataclasses.replace(WELL, calibrated=False).acquire((CAESIUM, barium))

    last = analyze(plain)
    chosen = analyze(plain, expected_channel=350.0)

    assert value(last, "peak_channel") == pytest.approx(661.7, abs=0.5)
    assert value(chosen, "peak_channel") == pytest.approx(356.0, abs=1.0)
    with pytest.raises(FitError, match="no photopeak within 15 % of channel 900"):
        analyze(plain, expected_channel=900.0)


def test_another_nuclide_of_the_file_voids():
    analysis = analyze(WELL.acquire((CAESIUM,), nuclide="Co-57"))

    assert precondition(analysis, "PC_NUCLIDE").outcome is Outcome.NOT_MET
    assert not analysis.valid


def test_a_peak_that_is_cut_off_voids():
    spectrum = WELL.acquire((CAESIUM,))
    cut = dataclasses.replace(spectrum, counts=np.minimum(np.asarray(spectrum.counts), 30_000.0))

    analysis = analyze(cut)

    assert precondition(analysis, "PC_OVERFLOW").outcome is Outcome.NOT_MET
    assert not analysis.valid


def test_few_counts_and_dead_time_warn():
    weak = analyze(WELL.acquire((dataclasses.replace(CAESIUM, counts=9000.0),)))
    busy = analyze(WELL.acquire((CAESIUM,), live_s=89.0, real_s=100.0))

    named = "net counts of the photopeak"
    assert precondition(weak, "PC_COUNTS", named).outcome is Outcome.NOT_MET
    assert precondition(busy, "PC_RATE").outcome is Outcome.NOT_MET
    assert weak.valid
    assert busy.valid


def test_wide_channels_warn_and_wider_void():
    coarse = Analyser(channels=128, kev_per_channel=8.0, background=5.0)
    coarser = Analyser(channels=64, kev_per_channel=20.0, background=5.0)

    assert precondition(analyze(coarse.acquire((CAESIUM,))), "PC_PIXEL").severity == "soft"
    assert precondition(analyze(coarse.acquire((CAESIUM,))), "PC_PIXEL").outcome is Outcome.NOT_MET
    with_few = analyze(coarser.acquire((CAESIUM,)))
    assert not with_few.valid


@pytest.mark.parametrize(
    ("nuclide", "kev"), [("Cs-137", 661.7), ("Co-57", 122.1), ("I-125", 35.5), ("Ge-68", 511.0)]
)
def test_the_line_is_the_strongest_of_the_nuclide(nuclide, kev):
    assert line_of(nuclide) == kev


@pytest.mark.parametrize(
    ("readings", "error", "message"),
    [
        (
            {},
            MissingReadingError,
            "there is neither a spectrum nor the reading channels, needs one of them",
        ),
        ({"nuclide": None}, MissingReadingError, "the reading nuclide is missing"),
        (
            {"channels": [(float(k), 1.0) for k in range(15)]},
            ParameterError,
            "channels has 15 rows, needs 16 to 20000",
        ),
        (
            {"channels": [(float(k), 1.0) for k in (*range(15), 16)]},
            UnsuitableAcquisitionError,
            "row 16 of channels is channel 16, needs 15: one row for each, rising by 1",
        ),
        (
            {"channels": [(float(k), 0.0) for k in range(20)]},
            UnsuitableAcquisitionError,
            "the spectrum is empty, or holds channels below 0",
        ),
    ],
)
def test_what_cannot_be_is_refused(readings, error, message):
    with pytest.raises(error) as refusal:
        analyze(**readings)

    assert str(refusal.value) == message


def test_a_peak_below_zero_is_none():
    # Channel 662 would lie at 0.5 * 662 - 500 = -169 keV.
    with pytest.raises(FitError, match="needs a width and a place above 0"):
        analyze(
            channels=table(WELL.acquire((CAESIUM,))),
            gain_kev_per_channel=0.5,
            offset_kev=-500.0,
            expected_channel=662.0,
        )


def test_a_file_and_a_table_are_one_too_many():
    spectrum = WELL.acquire((CAESIUM,))

    with pytest.raises(ParameterError, match="hold a spectrum each"):
        analyze(spectrum, channels=table(spectrum))


def test_noise_is_no_peak():
    rng = np.random.default_rng(4)
    for _ in range(20):
        noise = dataclasses.replace(WELL.acquire((CAESIUM,)), counts=rng.poisson(50.0, 1024))
        with pytest.raises(FitError, match="no photopeak"):
            analyze(noise)


def test_a_spectrum_of_another_source_has_no_such_peak():
    cobalt = SpectralLine(energy_kev=122.1, counts=1e6, resolution_percent=12.0)

    with pytest.raises(FitError, match=r"no photopeak within 15 % of 661\.7 keV"):
        analyze(WELL.acquire((cobalt,)))


@pytest.mark.parametrize("level", [0.0, 100.0])
def test_a_spectrum_without_a_peak_is_refused(level):
    flat = dataclasses.replace(WELL.acquire((CAESIUM,)), counts=np.full(1024, level))

    with pytest.raises(AnalysisError):
        analyze(flat)


def test_the_analyzer_keeps_the_contract():
    spectrum = WELL.acquire((CAESIUM,), rng=np.random.default_rng(2))
    by_table = given(channels=table(spectrum))

    assert check(ANALYZER, [given(spectrum), by_table]) == []

"""Spectra have the areas, places and widths that they say."""

import numpy as np
import pytest

from photopeak_analyzers.numerics.gaussian import Background, fit_gaussian
from photopeak_analyzers.numerics.profiles import fwhm
from photopeak_analyzers.simulation.spectra import Analyser, SpectralLine

LINE = SpectralLine(energy_kev=140.5, counts=200_000.0, resolution_percent=9.5)


def test_the_peak_has_its_area_place_and_width():
    analyser = Analyser()
    counts = analyser.expected((LINE,))
    found = fit_gaussian(analyser.energy_kev(), counts, background=Background.NONE)

    assert counts.sum() == pytest.approx(200_000.0)
    assert found.centre.value == pytest.approx(140.5, abs=1e-3)
    assert found.fwhm.value == pytest.approx(140.5 * 0.095, rel=1e-3)
    assert fwhm(counts) * 0.5 == pytest.approx(LINE.fwhm_kev, rel=2e-3)
    assert int(counts.argmax()) == round(analyser.channel(140.5))


def test_the_continuum_ends_at_the_compton_edge():
    # 661.66 keV: 661.66 / (1 + 511 / 1323.3) = 477.3 keV.
    line = SpectralLine(energy_kev=661.657, counts=1e5, resolution_percent=7.0, compton=2.0)
    counts = Analyser(channels=800, kev_per_channel=1.0).expected((line,))

    assert line.compton_edge_kev == pytest.approx(477.3, abs=0.1)
    assert counts.sum() == pytest.approx(3e5, rel=2e-3)
    assert counts[300] == pytest.approx(2e5 / 477.3, rel=1e-3)
    assert counts[477] == pytest.approx(counts[300] / 2.0, rel=0.02)
    assert (counts >= 0.0).all()


def test_a_spectrum_without_calibration_has_no_energies():
    raw = Analyser(calibrated=False, offset_kev=-3.0, background=2.0)
    spectrum = raw.acquire((LINE,), rng=np.random.default_rng(1), nuclide="Tc-99m")

    assert spectrum.energy_kev is None
    assert spectrum.counts.sum() == pytest.approx(200_000 + 2 * 1024, abs=2000)
    assert int(raw.expected((LINE,)).argmax()) == pytest.approx((140.5 + 3.0) / 0.5, abs=1)
    assert Analyser().acquire((LINE,)).energy_kev[1] == 0.5

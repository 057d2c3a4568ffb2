"""Energy resolution of a real CsI spectrometer, as published with the program becquerel."""

from datetime import UTC

import numpy as np
import pytest

from photopeak.reading.spe import read_spe
from photopeak_analyzers.acquisition import Spectrum
from photopeak_analyzers.contract import Inputs, Outcome, ReadingValue
from photopeak_analyzers.counters.gamma_counter_energy_resolution import ANALYZER
from photopeak_analyzers.errors import FitError
from support.acquisitions import real_data
from support.calibrators import uncertainty
from support.floods import precondition, value


def given(name, **readings):
    found = read_spe(real_data(f"spectra/{name}").read_bytes(), UTC)
    assert found.energies_kev is None
    spectrum = Spectrum(counts=np.array(found.counts), live_s=found.live_s, real_s=found.real_s)
    values = {key: ReadingValue(value=each) for key, each in readings.items()}
    return Inputs(roles={"spectrum": (spectrum,)}, readings=values, variant="local")


def test_caesium_in_caesium_iodide_is_as_wide_as_such_crystals_make_it():
    analysis = ANALYZER.analyze(given("SGM102432.spe", nuclide="Cs-137", expected_channel=1090.0))

    # Small crystals of CsI(Tl) read out by silicon have 5 to 9 % at 662 keV.
    found, u = value(analysis, "energy_resolution"), uncertainty(analysis, "energy_resolution")
    assert u < 0.5
    assert 5.0 < found < 9.0
    assert value(analysis, "peak_channel") == pytest.approx(1091.0, abs=5.0)


def test_of_several_peaks_that_overlap_none_is_taken_for_the_one():
    # Three peaks side by side: the line under one of them runs through the others.
    analysis = ANALYZER.analyze(given("digibase_5min_30_1.spe", nuclide="Cs-137"))

    named = "net counts over their uncertainty"
    assert precondition(analysis, "PC_COUNTS", named).outcome is Outcome.NOT_MET
    assert not analysis.valid


def test_where_there_is_no_peak_none_is_found():
    with pytest.raises(FitError, match="no photopeak within 15 % of channel 287"):
        ANALYZER.analyze(given("digibase_5min_30_1.spe", nuclide="Cs-137", expected_channel=287.0))

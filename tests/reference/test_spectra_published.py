"""Photopeaks of real spectra against what the analyser's own program says of them.

The spectrum of a germanium detector carries the energy calibration and the widths that GammaVision
fitted to it (``$MCA_CAL``, ``$SHAPE_CAL``); its strongest lines are of irradiated pottery, with energies
on which the evaluations agree to 0.01 keV.
"""

from pathlib import Path

import numpy as np
import pytest

from photopeak_analyzers.numerics.gaussian import Background, fit_gaussian
from photopeak_analyzers.numerics.photopeaks import last_photopeak, photopeak
from support.acquisitions import real_data

LINES_KEV = {
    "Eu-152": 121.782,
    "Eu-152 b": 344.279,
    "Cs-134": 604.721,
    "Co-60": 1173.228,
    "Co-60 b": 1332.492,
}
"""The five strongest lines that stand alone, by the evaluations."""


def blocks(path: Path) -> dict[str, list[str]]:
    """Return the lines of each block of a file in the SPE form."""
    found: dict[str, list[str]] = {}
    for line in path.read_text(encoding="latin-1").splitlines():
        if line.startswith("$"):
            found[line.strip(":")] = block = []
        elif line.strip():
            block.append(line)
    return found


def numbers(block: list[str], skip: int) -> np.ndarray:
    return np.array([float(word) for line in block[skip:] for word in line.split()])


def lines_of_germanium():
    """Return the photopeak of each line, and what GammaVision's fits say of its place and width."""
    file = blocks(real_data("spectra/1110C NAA cave pottery.Spe"))
    counts = numbers(file["$DATA"], 1)
    zero, gain, _ = numbers(file["$MCA_CAL"], 1)
    shape = numbers(file["$SHAPE_CAL"], 1)
    for energy in LINES_KEV.values():
        place = (energy - zero) / gain
        fwhm = float(shape @ [1.0, place, place**2])
        around = (int(place - 4.0 * fwhm), int(place + 4.0 * fwhm))
        yield counts, around, photopeak(counts, around, less_continuum=True), place, fwhm


def test_lines_of_germanium_lie_where_the_calibration_says():
    found = list(lines_of_germanium())

    positions = [peak.position.value for _, _, peak, _, _ in found]
    stated = [place for _, _, _, place, _ in found]
    # The calibration is of another day, and up to 0.6 keV off: less than four channels.
    assert positions == pytest.approx(stated, abs=4.0)
    # Energy is proportional to the channel to 0.1 keV: so are the positions among themselves.
    energies = list(LINES_KEV.values())
    assert np.polyval(np.polyfit(positions, energies, 1), positions) == pytest.approx(
        energies, abs=0.1
    )


def test_lines_of_germanium_are_as_wide_as_a_fit_makes_them():
    for counts, (first, last), peak, _, stated in lines_of_germanium():
        channels = np.arange(first, last, dtype=float)
        values = counts[first:last]
        fit = fit_gaussian(
            channels, values, np.sqrt(np.maximum(values, 1.0)), background=Background.LINEAR
        )
        # Interpolation between channels of a fifth of the FWHM, with a hundredth to a tenth of noise.
        within = 3.0 * (peak.fwhm.uncertainty + fit.fwhm.uncertainty)
        assert peak.fwhm.value == pytest.approx(fit.fwhm.value, abs=within + 0.02 * stated)
        assert peak.position.value == pytest.approx(fit.centre.value, abs=0.5)
        # The widths of its calibration are those of another day, too.
        assert peak.fwhm.value == pytest.approx(stated, rel=0.15)


def test_caesium_and_barium_in_caesium_iodide_are_as_far_apart_as_their_energies():
    file = blocks(real_data("spectra/SGM102432.spe"))
    counts = numbers(file["$DATA"], 1)

    # Few counts in narrow channels: eight are put together, an eighteenth of the FWHM of Cs-137.
    coarse = counts[: counts.size // 8 * 8].reshape(-1, 8).sum(axis=1)
    caesium = photopeak(coarse, (120, 155), less_continuum=True)
    barium = photopeak(coarse, (70, 82), less_continuum=True)

    # Light of CsI is proportional to the energy within some per cent.
    ratio = barium.position.value / caesium.position.value
    assert ratio == pytest.approx(356.01 / 661.66, rel=0.04)
    # Small CsI crystals with photodiodes have 5 to 9 % at 662 keV.
    assert 0.05 < caesium.fwhm.value / caesium.position.value < 0.09


def test_the_noise_at_the_low_end_is_not_the_photopeak():
    file = blocks(real_data("spectra/digibase_5min_30_1.spe"))
    counts = numbers(file["$DATA"], 1)

    # A peak of 20 000 counts in channel 19 of 1024 holds most of what was counted.
    assert counts.argmax() < 40
    assert last_photopeak(counts) > 100

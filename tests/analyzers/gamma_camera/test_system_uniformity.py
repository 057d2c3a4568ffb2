"""System uniformity: the IEC clause with its own pixel, sources and keys, and the local variant."""

import pytest

from photopeak_analyzers.acquisition import CollimatorType, EnergyWindow
from photopeak_analyzers.errors import ContractError
from photopeak_analyzers.gamma_camera.system_uniformity import ANALYZER
from photopeak_analyzers.simulation.floods import ColdSpot, FloodCamera
from support.floods import analyze, flat, precondition, value

COBALT = (EnergyWindow(number=1, lower_kev=109.89, upper_kev=134.31),)


def sheet(*responses, **header):
    header = {
        "collimator": CollimatorType.PARALLEL,
        "nuclide": "Co-57",
        "windows": COBALT,
        **header,
    }
    return flat(12_000.0, *responses, **header)


def test_a_cold_spot_gives_its_depth_under_the_keys_of_the_system_clause():
    spot = ColdSpot(depth=0.1, diameter_mm=40.0)

    iec = analyze(ANALYZER, sheet(spot), "iec")
    local = analyze(ANALYZER, sheet(spot), "local")

    for analysis in (iec, local):
        assert analysis.valid
        assert value(analysis, "iu_sys_ufov") == pytest.approx(spot.integral_uniformity, abs=0.01)
        assert value(analysis, "du_sys_cfov") > 0.0
    assert value(iec, "eps_sys_5_ufov") > 0.0
    assert value(local, "du_sys_x_ufov") > 0.0


@pytest.mark.parametrize("nuclide", ["Tc-99m", "Co-57", "In-113m", "I-131"])
def test_the_sources_of_the_clause_are_accepted(nuclide):
    assert (
        precondition(analyze(ANALYZER, sheet(nuclide=nuclide), "local"), "PC_NUCLIDE").outcome
        == "met"
    )


def test_another_source_is_not():
    assert not analyze(ANALYZER, sheet(nuclide="Ga-67"), "local").valid


def test_the_window_has_to_lie_on_the_peak_of_the_source_named():
    # A cobalt window with technetium in the header: 122.1 keV is 13 % off 140.5.
    analysis = analyze(ANALYZER, sheet(nuclide="Tc-99m"), "local")

    condition = precondition(analysis, "PC_WINDOW")
    assert (condition.outcome, condition.severity) == ("not_met", "hard")
    assert condition.value == pytest.approx(-13.1, abs=0.1)


def test_a_strong_sheet_warns_locally_and_voids_under_iec():
    flood = sheet(duration_s=600.0)

    assert precondition(analyze(ANALYZER, flood, "local"), "PC_RATE").severity == "soft"
    assert precondition(analyze(ANALYZER, flood, "iec"), "PC_RATE").severity == "hard"
    assert analyze(ANALYZER, flood, "local").valid
    assert not analyze(ANALYZER, flood, "iec").valid


def test_the_pixel_is_at_most_the_system_resolution():
    camera = FloodCamera(rows=256, columns=256, pixel_mm=2.4)

    analysis = analyze(ANALYZER, sheet(camera=camera), "iec", system_fwhm_mm=7.2)

    assert value(analysis, "binning_factor") == 3
    assert precondition(analysis, "PC_PIXEL", "side of the").upper == 7.2


def test_variants_of_the_intrinsic_test_are_not_its_own():
    with pytest.raises(ContractError, match="system_uniformity has no variant 'nema'"):
        analyze(ANALYZER, sheet(), "nema")

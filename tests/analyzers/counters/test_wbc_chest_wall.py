"""Chest wall as muscle and the efficiency behind it (WS/T 584-2017 5.5, 5.6)."""

import math

import pytest

from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import Outcome, ReadingValue
from photopeak_analyzers.counters.wbc_chest_wall import ANALYZER
from photopeak_analyzers.errors import AnalysisError, ParameterError
from support.wbc import analyze, found, inputs, value

ROWS = tuple((t, 0.02 * math.exp(-0.4 * t), None) for t in (1.0, 2.0, 3.5, 5.0))


def given(**changes):
    readings = {
        "energy_kev": 59.54,
        "chest_wall_cm": 3.0,
        "fat_fraction": 0.2,
        "mu_muscle_per_cm": 0.20,
        "mu_fat_per_cm": 0.17,
        "efficiency_basis": "per_photon",
        "calibrations": ROWS,
    } | changes
    return inputs(**{name: what for name, what in readings.items() if what is not None})


def test_the_printed_formula_by_hand():
    # 3 / 0.20 * (0.17 * 0.2 + 0.20 * 0.8) = 15 * 0.194
    assert value(analyze(ANALYZER, given()), "muscle_thickness_cm") == pytest.approx(2.91)


def test_a_wall_of_muscle_is_as_thick_as_it_is():
    assert value(
        analyze(ANALYZER, given(fat_fraction=0.0)), "muscle_thickness_cm"
    ) == pytest.approx(3.0)
    only_fat = value(analyze(ANALYZER, given(fat_fraction=1.0)), "muscle_thickness_cm")
    assert only_fat == pytest.approx(3.0 * 0.17 / 0.20)


def test_the_efficiency_falls_as_it_was_put_in():
    analysis = analyze(ANALYZER, given())

    assert value(analysis, "attenuation_per_cm") == pytest.approx(0.4)
    assert value(analysis, "efficiency_without_wall") == pytest.approx(0.02)
    assert value(
        analysis, "efficiency_at_thickness", efficiency_basis="per_photon"
    ) == pytest.approx(0.02 * math.exp(-0.4 * 2.91))
    assert value(analysis, "largest_residual_pct") == pytest.approx(0.0, abs=1e-9)


def test_the_uncertainty_of_the_thickness_reaches_the_efficiency():
    sure = tuple((t, e, 1e-3) for t, e, _ in ROWS)
    analysis = analyze(
        ANALYZER, given(chest_wall_cm=ReadingValue(value=3.0, uncertainty=0.1), calibrations=sure)
    )

    # 0.1 cm times 0.97 of it as muscle, times 0.4 per cm.
    assert found(analysis, "muscle_thickness_cm").uncertainty == pytest.approx(0.097)
    efficiency = found(analysis, "efficiency_at_thickness")
    assert efficiency.uncertainty / efficiency.value == pytest.approx(0.4 * 0.097, rel=1e-3)


def test_an_extrapolation_warns():
    thick = analyze(ANALYZER, given(chest_wall_cm=6.0))

    assert [p.outcome for p in thick.preconditions if "against those" in p.quantity] == [
        Outcome.NOT_MET
    ]
    assert thick.valid
    energetic = analyze(ANALYZER, given(energy_kev=661.7))
    assert [p.outcome for p in energetic.preconditions if p.code == "PC_WINDOW"] == [
        Outcome.NOT_MET
    ]


def test_an_efficiency_that_grows_with_thickness_is_void():
    rising = tuple((t, 0.01 * math.exp(0.1 * t), None) for t in (1.0, 2.0, 3.0))

    assert not analyze(ANALYZER, given(calibrations=rising)).valid


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"calibrations": ROWS[:2]}, "calibrations has 2 rows, needs 3"),
        (
            {"calibrations": ROWS[:2] + ROWS[:1]},
            "calibrations have 2 thicknesses, needs 3 that differ",
        ),
        ({"calibrations": ((1.0, 0.01, 1.0), *ROWS[1:])}, "uncertainty_pct is missing in row 2"),
        ({"fat_fraction": 1.2}, "fat_fraction is 1.2, needs at most 1"),
        ({"chest_wall_cm": 30.0}, "chest_wall_cm is 30 cm, needs at most 15 cm"),
        ({"calibrations": ((1.0, 1.2, None), *ROWS)}, "efficiency in row 1 of calibrations is 1.2"),
    ],
)
def test_what_cannot_be_is_refused(changes, said):
    with pytest.raises(ParameterError, match=said.replace(".", r"\.")):
        analyze(ANALYZER, given(**changes))


def test_what_the_efficiency_counts_has_to_be_said():
    with pytest.raises(
        AnalysisError, match="efficiency_basis is missing, needs per_decay or per_photon"
    ):
        analyze(ANALYZER, given(efficiency_basis=None))


def test_the_analyzer_keeps_the_contract():
    assert check(ANALYZER, [given()]) == []

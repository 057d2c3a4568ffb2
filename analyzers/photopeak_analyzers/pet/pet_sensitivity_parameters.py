"""Parameters of the sensitivity of a PET scanner: sleeves and source, and what is known of them."""

from __future__ import annotations

from dataclasses import dataclass

from photopeak_analyzers.common_parameters import least_counts, meter_uncertainty
from photopeak_analyzers.contract import Parameters, parameter
from photopeak_analyzers.monte_carlo import FEWEST_DRAWS, MOST_DRAWS
from photopeak_analyzers.pet.sensitivity_budget import (
    ALUMINIUM_PER_MM,
    CLOCK_HALF_WIDTH_S,
    WALL_HALF_WIDTH_MM,
)

JJF = "JJF (PET/CT calibration, draft) 7.2"
NEMA = "NEMA NU 2, sensitivity"


@dataclass(frozen=True, slots=True, kw_only=True)
class PetSensitivityParameters(Parameters):
    """Sleeves and source, and what is known of them."""

    wall_mm: float = parameter(
        1.25,
        doc="Wall of one sleeve.",
        unit="mm",
        clause=f"{JJF}, table 2",
        minimum=0.1,
        maximum=10.0,
    )
    attenuation_per_mm: float = parameter(
        ALUMINIUM_PER_MM,
        doc="Attenuation coefficient of the sleeves for 511 keV.",
        unit="/mm",
        clause="JJF draft E.5.1.3",
        minimum=0.001,
        maximum=1.0,
    )
    attenuation_tolerance_percent: float = parameter(
        10.0,
        doc="By how much the fitted coefficient may differ without a warning.",
        unit="%",
        minimum=0.1,
        maximum=100.0,
    )
    source_length_mm: float = parameter(
        700.0, doc="Filled length of the tube.", unit="mm", minimum=10.0, maximum=3000.0
    )
    minimum_counts: float = least_counts(
        10_000.0, doc="True coincidences of every acquisition.", clause=JJF
    )
    largest_dead_time_percent: float = parameter(
        1.0,
        doc="Loss by dead time below which it counts as negligible.",
        unit="%",
        minimum=0.0,
        maximum=50.0,
    )
    clock_half_width_s: float = parameter(
        CLOCK_HALF_WIDTH_S,
        doc="Half-width within which the time from activity to acquisition is known.",
        unit="s",
        clause="JJF draft E.5.1.2",
        minimum=0.0,
        maximum=3600.0,
    )
    wall_half_width_mm: float = parameter(
        WALL_HALF_WIDTH_MM,
        doc="Half-width within which the accumulated wall is known.",
        unit="mm",
        clause="JJF draft E.5.1.3",
        minimum=0.0,
        maximum=5.0,
    )
    activity_meter_percent: float | None = meter_uncertainty()
    draws: int = parameter(
        20_000,
        doc="Simulated repetitions behind the interval.",
        minimum=FEWEST_DRAWS,
        maximum=MOST_DRAWS,
    )
    seed: int = parameter(
        511,
        doc="Seed of the repetitions: the same seed gives the same interval.",
        minimum=0,
        maximum=2**31 - 1,
    )

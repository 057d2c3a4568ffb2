"""A measurement of every test that takes readings alone, as a person would write it down.

Tables are lists of rows by the names of their columns; an activity is a :class:`Timed`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from photopeak.model.catalogue import TestDescription
from photopeak.reports.entries import Given
from photopeak_analyzers.nuclides import half_life
from photopeak_analyzers.simulation.sleeves import SleevedSource
from photopeak_analyzers.simulation.spectra import Analyser, SpectralLine
from support.gamma_counters import expected_counts

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """A number with its uncertainty and the moment it refers to."""

    value: float
    uncertainty: float
    at: str


def at(seconds: float) -> str:
    return (AT + timedelta(seconds=seconds)).isoformat()


def _decayed(value: float, nuclide: str, seconds: float) -> float:
    return float(value * math.exp(-math.log(2.0) * seconds / half_life(nuclide, "local").seconds))


def _noisy(mean: float, spread: float, number: int) -> list[float]:
    """Return numbers about a mean, the same each time."""
    return [round(mean + spread * math.sin(2.4 * k + 0.5), 4) for k in range(number)]


def _count(cps: float, live_s: float, nuclide: str, seconds: float = 0.0) -> dict[str, Any]:
    counts = round(expected_counts(cps, live_s, nuclide, seconds, 0.5))
    return {"counts": counts, "live_s": live_s, "start": at(seconds)}


_EMPTY = [{"counts": 3000.0, "live_s": 6000.0}]
_GE68 = {"activity_kbq": 10.0, "activity_at": at(0.0), "u_activity_pct": 0.8}
_CHECK = {
    "nuclide": "Cs-137",
    "counts": [_count(107.0, 100.0, "Cs-137")],
    "reference_cps": Timed(value=107.0, uncertainty=0.2, at=at(-30 * 86_400.0)),
    "background": _EMPTY,
}
_TEN = [
    {"activity_mbq": value, "time": at(30.0 * k)} for k, value in enumerate(_noisy(8.0, 0.02, 10))
]


def _sleeves() -> list[dict[str, Any]]:
    rows = []
    for number in range(1, 6):
        start_s = 60.0 * (20 + 10 * number)
        prompts, randoms = SleevedSource().counted(number, start_s, 60.0)
        rows.append(
            {
                "sleeves": number,
                "start": at(start_s),
                "duration_s": 60.0,
                "prompts": round(prompts, 1),
                "randoms": round(randoms, 1),
            }
        )
    return rows


def _peak(nuclide_kev: float, percent: float, channels: int, kev: float) -> list[float]:
    line = SpectralLine(energy_kev=nuclide_kev, counts=2e6, resolution_percent=percent, compton=0.3)
    made = Analyser(channels=channels, kev_per_channel=kev, background=5.0).acquire((line,))
    return [round(float(count)) for count in made.counts]


EXAMPLES: Mapping[str, Mapping[str, Any]] = {
    "administered_activity_check": {
        "administrations": [
            {"number": "A-1", "nuclide": "Tc-99m", "prescribed_mbq": 500.0, "measured_mbq": 520.0,
             "measured_at": at(0.0), "administered_at": at(600.0)},
            {"number": "A-2", "nuclide": "F-18", "prescribed_mbq": 300.0, "measured_mbq": 310.0,
             "measured_at": at(0.0)},
        ],
    },
    "calibrator_accuracy": {
        "sources": [
            {"source": "CS-1", "nuclide": "Cs-137", "certified_mbq": 8.0,
             "certified_at": at(-86_400.0 * 365.0), "uncertainty_pct": 3.0, "k": 2.0},
        ],
        "readings": [
            {"source": "CS-1", "activity_mbq": value, "time": at(20.0 * k)}
            for k, value in enumerate(_noisy(7.82, 0.01, 10))
        ],
    },
    "calibrator_background": {
        "readings": [{"activity_mbq": value, "time": at(10.0 * k)}
                     for k, value in enumerate(_noisy(0.02, 0.002, 10))],
        "liner": "in",
        "zero_mbq": 0.01,
    },
    "calibrator_constancy": {
        "nuclide": "Cs-137",
        "reference_activity": Timed(value=8.0, uncertainty=0.1, at=at(-86_400.0 * 365.0)),
        "readings": [{"setting": "Cs-137", "activity_mbq": 7.82, "time": at(0.0)}],
        "background_mbq": 0.001,
    },
    "calibrator_geometry": {
        "nuclide": "Tc-99m",
        "readings": [
            {"container": "vial", "volume_ml": 1.0, "activity_mbq": 100.0, "time": at(0.0)},
            {"container": "vial", "volume_ml": 5.0, "activity_mbq": 99.0, "time": at(60.0)},
            {"container": "syringe", "volume_ml": 5.0, "activity_mbq": 98.0, "time": at(120.0)},
        ],
    },
    "calibrator_intercomparison": {
        "results": [
            {"calibrator": name, "nuclide": "F-18", "activity_mbq": value, "time": at(0.0),
             "uncertainty_pct": 3.0, "k": 2.0}
            for name, value in (("lab 1", 101.0), ("lab 2", 99.5), ("lab 3", 100.4))
        ],
        "references": [
            {"nuclide": "F-18", "certified_mbq": 100.0, "certified_at": at(0.0),
             "uncertainty_pct": 2.0, "k": 2.0},
        ],
    },
    "calibrator_linearity": {
        "nuclide": "Tc-99m",
        "decay": [
            {"activity_mbq": float(f"{_decayed(2000.0, 'Tc-99m', 3600.0 * h):.5g}"), "time": at(3600.0 * h)}
            for h in (0, 3, 6, 12, 24, 30, 36, 48, 54, 60, 72)
        ],
        "highest_used_mbq": 2000.0,
    },
    "calibrator_repeatability": {"nuclide": "Cs-137", "readings": _TEN},
    "calibrator_reproducibility": {"nuclide": "Cs-137", "readings": _TEN},
    "calibrator_stability": {
        "nuclide": "Cs-137",
        "readings": [{"activity_mbq": value, "time": at(1800.0 * k)}
                     for k, value in enumerate(_noisy(8.0, 0.02, 12))],
    },
    "clock_check": {"clock_camera": at(1.0), "clock_meter": at(-4.0), "clock_server": at(0.0)},
    "energy_peak_check": {
        "spectrum": [{"energy": 2.0 * k, "counts": n} for k, n in enumerate(_peak(140.5, 10.0, 128, 2.0))],
        "shown_peak": 140.5,
        "nuclide": "Tc-99m",
    },
    "gamma_counter_background": {
        "counts": [{"counts": 300.0 + k, "live_s": 600.0, "start": at(600.0 * k)} for k in range(5)],
    },
    "gamma_counter_concentration": {
        "nuclide": "F-18",
        "references": [{**_GE68, **_count(2978.15, 1000.0, "Ge-68")}],
        "samples": [{**_count(648.0, 120.0, "F-18", 600.0 * k), "volume_ml": 0.5, "u_volume_pct": 1.0,
                     "sample": f"S{k}"} for k in range(2)],
        "background": _EMPTY,
        "window_lower_kev": 400.0,
        "window_upper_kev": 600.0,
    },
    "gamma_counter_constancy": _CHECK,
    "gamma_counter_efficiency": {
        "efficiency_basis": "positron",
        "sources": [{"nuclide": "Ge-68", **_GE68, **_count(2978.15, 1000.0, "Ge-68")}],
        "background": _EMPTY,
        "window_lower_kev": 400.0,
        "window_upper_kev": 600.0,
    },
    "gamma_counter_energy_resolution": {
        "nuclide": "Cs-137",
        "channels": [{"channel": k, "counts": n} for k, n in enumerate(_peak(661.7, 8.0, 128, 8.0))],
        "offset_kev": 4.0,
        "gain_kev_per_channel": 8.0,
    },
    "gamma_counter_linearity": {
        "nuclide": "F-18",
        "points": [_count(_decayed(1.0, "F-18", 0.0) * 5000.0, 60.0, "F-18", 3600.0 * h) for h in range(8)],
        "background": _EMPTY,
    },
    "gamma_counter_reproducibility": {
        "nuclide": "Cs-137",
        "counts": [{"counts": round(10_000.0 + 130.0 * math.sin(2.4 * k + 0.5)), "live_s": 60.0,
                    "start": at(70.0 * k)} for k in range(10)],
        "background": _EMPTY,
    },
    "intrinsic_max_count_rate": {
        "read_rates": [{"detector": 1, "rate_cps": 260e3}, {"detector": 2, "rate_cps": 255e3}],
    },
    "nuclear_data_check": {
        "nuclide": "F-18", "half_life_camera": 6586.2, "half_life_meter": 6588.0,
        "positron_fraction_camera": 0.967, "positron_fraction_meter": 0.967,
    },
    "pet_count_rate_noise": {
        "rates": [
            {"activity_kbq_ml": a, "prompts_cps": round(2e4 * a * math.exp(-a / 60.0), 1),
             "randoms_cps": round(120.0 * a * a * math.exp(-a / 60.0), 1),
             "scatter_cps": round(5e3 * a * math.exp(-a / 60.0), 1), "duration_s": 60.0}
            for a in (1.0, 2.0, 5.0, 8.0, 12.0, 16.0, 20.0, 25.0, 30.0, 40.0)
        ],
    },
    "pet_daily_qc": {
        "verdict": "passed",
        "items": [{"item": "Block efficiency", "value": 1.02, "lower": 0.8, "upper": 1.2, "verdict": "passed"}],
    },
    "pet_sensitivity": {
        "activity": Timed(value=5.0, uncertainty=0.08, at=at(0.0)),
        "nuclide": "F-18",
        "sleeves": _sleeves(),
    },
    "pet_timing_energy_resolution": {"timing_resolution_ps": 380.0, "energy_resolution_pct": 11.5},
    "probe_constancy": _CHECK,
    "wbc_chest_wall": {
        "energy_kev": 59.54, "chest_wall_cm": 3.0, "fat_fraction": 0.2, "mu_muscle_per_cm": 0.20,
        "mu_fat_per_cm": 0.17, "efficiency_basis": "per_photon",
        "calibrations": [{"thickness_cm": t, "efficiency": round(0.02 * math.exp(-0.4 * t), 6)}
                         for t in (1.0, 2.0, 3.5, 5.0)],
    },
    "wbc_detection_limit": {
        "efficiency_basis": "per_decay", "subject_s": 600.0, "background_s": 1800.0,
        "lines": [
            {"energy_kev": 661.7, "nuclide": "Cs-137", "efficiency": 0.02, "background_counts": 90.0,
             "baseline_counts": 597.0, "p_over_2m": 1.8333},
        ],
    },
}  # fmt: skip


def given(test: TestDescription) -> tuple[Given, ...]:
    """Return the example of a test as it is entered."""
    found = []
    for name, value in EXAMPLES[test.id].items():
        if isinstance(value, Timed):
            moment = datetime.fromisoformat(value.at)
            found.append(
                Given(name=name, value=value.value, uncertainty=value.uncertainty, at=moment)
            )
        else:
            found.append(Given(name=name, value=value))
    return tuple(found)


def csv_text(test: TestDescription, header: tuple[str, ...], device: str) -> str:
    """Return a CSV file with the example of a test."""
    lines: list[dict[str, object]] = [
        {"test": test.id, "device": device, "performed_at": AT.isoformat(), "operator": "R. Chen"}
    ]
    for name, value in EXAMPLES[test.id].items():
        if isinstance(value, Timed):
            lines[0] |= {name: value.value, f"{name}.u": value.uncertainty, f"{name}.at": value.at}
        elif isinstance(value, list):
            lines += [{} for _ in range(len(value) - len(lines))]
            for line, row in zip(lines, value, strict=False):
                line |= {f"{name}.{column}": cell for column, cell in row.items()}
        else:
            lines[0][name] = value
    rows = [",".join(header)]
    rows += [",".join(str(line.get(column, "")) for column in header) for line in lines]
    return "\n".join(rows) + "\n"

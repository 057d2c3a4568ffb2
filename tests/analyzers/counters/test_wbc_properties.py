"""What has to hold of any whole-body counter: decay there and back, scale, other units of length."""

import dataclasses
import math
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photopeak_analyzers.counters import wbc_activity, wbc_chest_wall, wbc_energy_calibration
from photopeak_analyzers.counters.wbc_efficiency_calibration import ANALYZER as EFFICIENCY
from photopeak_analyzers.nuclides import half_life
from support.wbc import A1, AT, GE, analyze, inputs, lines, value

FEW = settings(max_examples=25, deadline=None)
PERSON = dataclasses.replace(
    GE.acquire(lines({364.49: 12_000.0})), live_s=600.0, real_s=606.0, started_at=AT
)


def activity(days):
    """Return the activity of I-131 at a time before the count."""
    readings = {
        "detector_type": "HPGe",
        "nuclide": "I-131",
        "energy_kev": 364.49,
        "efficiency": 0.01,
        "efficiency_basis": "per_decay",
        "exam_type": "whole_body",
        "subject_id": "S-1",
        "reference_time": (AT - timedelta(days=days)).isoformat(),
    }
    return value(
        analyze(wbc_activity.ANALYZER, inputs({"subject": PERSON}, **readings)), "activity"
    )


@settings(max_examples=4, deadline=None)
@given(days=st.floats(-80.0, 80.0))
def test_decay_there_and_back_is_nothing(days):
    decays = math.log(2.0) * days * 86_400.0 / half_life("I-131", "wst584").seconds
    here = activity(0.0)

    assert activity(days) * math.exp(-decays) == pytest.approx(here, rel=1e-6)
    assert activity(days) * activity(-days) == pytest.approx(here**2, rel=1e-6)


@settings(max_examples=6, deadline=None)
@given(factor=st.floats(0.5, 20.0))
def test_counts_and_activity_scale_together(factor):
    # Germanium: counts, baseline and certified activities times a factor leave the efficiency alone.
    energies = (59.54, 88.03, 122.1, 320.1, 661.7, 834.84, 1173.2, 1332.5)
    of_line = ("Am-241", "Cd-109", "Co-57", "Cr-51", "Cs-137", "Mn-54", "Co-60", "Co-60")

    def efficiencies(scale):
        made = GE.acquire(lines(energies))
        made = dataclasses.replace(
            made,
            counts=scale * np.asarray(made.counts),
            live_s=1000.0,
            real_s=1000.0,
            started_at=AT,
        )
        table = tuple(
            (energy, name, 1e4 * scale, AT.isoformat(), 3.0, 2.0, 50.0)
            for energy, name in zip(energies, of_line, strict=True)
        )
        found = analyze(EFFICIENCY, inputs({"spectrum": made}, detector_type="HPGe", sources=table))
        return [value(found, "line_efficiency", energy_kev=energy) for energy in energies]

    assert efficiencies(factor) == pytest.approx(efficiencies(1.0), rel=2e-3)


@pytest.mark.parametrize("factor", [0.5, 3.0])
def test_the_gain_of_the_electronics_does_not_bend_the_line(factor):
    # Widths in channels scale with the gain: the same picture with other energies written beside it.
    made = GE.acquire(lines(A1))
    table = tuple((energy, None, None) for energy in A1)
    scaled = tuple((energy * factor, None, None) for energy in A1)
    there = dataclasses.replace(made, energy_kev=made.energy_kev * factor)
    one, other = (
        analyze(
            wbc_energy_calibration.ANALYZER,
            inputs({"spectrum": each}, detector_type="HPGe", lines=named),
        )
        for each, named in ((made, table), (there, scaled))
    )

    assert value(other, "nonlinearity_pct") == pytest.approx(
        value(one, "nonlinearity_pct"), abs=1e-4
    )
    assert value(other, "gain_kev_per_channel") == pytest.approx(
        factor * value(one, "gain_kev_per_channel"), rel=1e-5
    )


@FEW
@given(
    thickness=st.floats(1.0, 4.0), fat=st.floats(0.0, 1.0), muscle=st.floats(0.1, 1.0),
    ratio=st.floats(0.7, 1.0), unit=st.floats(0.5, 2.0), scale=st.floats(0.1, 10.0),
)  # fmt: skip
def test_the_unit_of_length_does_not_matter(thickness, fat, muscle, ratio, unit, scale):
    def wall(factor, level):
        rows = tuple(
            (t * factor, level * 0.02 * math.exp(-0.4 * t), None) for t in (1.0, 2.0, 3.5, 5.0)
        )
        return analyze(
            wbc_chest_wall.ANALYZER,
            inputs(
                energy_kev=59.54, chest_wall_cm=thickness * factor, fat_fraction=fat,
                mu_muscle_per_cm=muscle / factor, mu_fat_per_cm=ratio * muscle / factor,
                efficiency_basis="per_decay", calibrations=rows,
            ),
        )  # fmt: skip

    one, other = wall(1.0, 1.0), wall(unit, scale)

    assert value(other, "muscle_thickness_cm") == pytest.approx(
        unit * value(one, "muscle_thickness_cm")
    )
    assert value(other, "attenuation_per_cm") == pytest.approx(0.4 / unit)
    assert value(other, "efficiency_at_thickness") == pytest.approx(
        scale * value(one, "efficiency_at_thickness")
    )

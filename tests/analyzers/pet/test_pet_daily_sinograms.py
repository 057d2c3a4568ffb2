"""Sinograms of the daily source: variance, blocks, planes and angles, against known efficiencies."""

from __future__ import annotations

import dataclasses
import math
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import (
    Analysis,
    Inputs,
    Measurement,
    Outcome,
    Precondition,
    PreconditionCode,
    Scope,
)
from photopeak_analyzers.errors import IncompleteSetError, UnsuitableAcquisitionError
from photopeak_analyzers.nuclides import half_life
from photopeak_analyzers.pet.daily_parameters import DailyParameters
from photopeak_analyzers.pet.pet_daily_qc import ANALYZER
from photopeak_analyzers.pet.sinogram_comparison import (
    average_variance,
    fan_sums,
    relative_percent,
    sums_of,
)
from photopeak_analyzers.simulation.sinograms import acquire, crystals, cylinder_sinogram
from photopeak_analyzers.sinogram import Sinogram

SCOPE = Scope.of(source="sinogram")
START = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)
ANGLES, BLOCKS = 96, 24


def sinogram(seed: int = 1, *, days: float = 0.0, scale: float = 1.0, **values: Any) -> Sinogram:
    expected = cylinder_sinogram(angles=ANGLES, **values)
    return acquire(
        scale * expected, rng=np.random.default_rng(seed), started_at=START + timedelta(days=days)
    )


def analyze(
    measured: Sinogram | None, reference: Sinogram | None = None, **parameters: Any
) -> Analysis:
    roles = {
        name: (given,)
        for name, given in (("sinogram", measured), ("reference", reference))
        if given is not None
    }
    return ANALYZER.analyze(
        Inputs(roles=roles, variant="local"),
        DailyParameters(**{"blocks_per_ring": BLOCKS, **parameters}),
    )


def number(analysis: Analysis, metric: str) -> Measurement:
    (found,) = [m for m in analysis.measurements if (m.metric, m.scope) == (metric, SCOPE)]
    return found


def with_block(block: int, efficiency: float) -> np.ndarray:
    values = np.ones(2 * ANGLES)
    width = 2 * ANGLES // BLOCKS
    values[block * width : (block + 1) * width] = efficiency
    return values


def test_the_variance_of_counts_that_differ_by_chance_alone_is_one() -> None:
    analysis = analyze(sinogram(1), sinogram(2))

    found = number(analysis, "sinogram_variance")
    assert found.uncertainty is not None
    # Four standard deviations; the expected value is 1 whatever the counts are.
    assert abs(found.value - 1.0) < 4.0 * found.uncertainty
    assert found.uncertainty == pytest.approx(math.sqrt(2.0 / (9 * ANGLES * 73)), rel=0.1)
    assert number(analysis, "planes_out").value == 0.0
    assert number(analysis, "angles_missing").value == 0.0
    assert number(analysis, "block_efficiency_n_out").value == 0.0


@pytest.mark.parametrize("counts", [500.0, 5e4])
def test_the_variance_does_not_depend_on_the_counts(counts: float) -> None:
    found = number(
        analyze(sinogram(3, counts_per_plane=counts), sinogram(4, counts_per_plane=counts)),
        "sinogram_variance",
    )

    assert found.uncertainty is not None
    assert abs(found.value - 1.0) < 4.0 * found.uncertainty


def test_the_variance_of_a_known_change_is_in_closed_form() -> None:
    # All bins count 10 % more than they should: z**2 has the mean 1 + d**2 k R / (2 + d) to first
    # order, where S = (1 + d) k R; with the same times k = 1.
    exact = cylinder_sinogram(angles=ANGLES)
    values = np.round(exact)
    found = average_variance(np.round(1.1 * values), values, 1.0)

    assert found is not None
    seen = values > 0
    s, r = np.round(1.1 * values)[seen], values[seen]
    assert found.value == pytest.approx(float(((s - r) ** 2 / (s + r)).mean()))
    assert found.value == pytest.approx(0.01 / 2.1 * r.mean(), rel=0.05)


def test_decay_between_the_two_is_taken_off() -> None:
    # After one half-life half as much is expected; the counts are half as many.
    days = half_life("Ge-68").seconds / 86400.0

    analysis = analyze(sinogram(5, days=days, scale=0.5), sinogram(6))

    change = number(analysis, "sensitivity_change_pct")
    assert change.uncertainty is not None
    assert abs(change.value) < 4.0 * change.uncertainty
    variance = number(analysis, "sinogram_variance")
    assert variance.uncertainty is not None
    assert abs(variance.value - 1.0) < 4.0 * variance.uncertainty


def test_a_loss_of_sensitivity_is_seen_in_the_variance_and_not_in_that_of_the_form() -> None:
    analysis = analyze(sinogram(7, scale=0.9), sinogram(8))

    assert number(analysis, "sensitivity_change_pct").value == pytest.approx(-10.0, abs=0.2)
    assert number(analysis, "sinogram_variance").value > 1.4
    assert number(analysis, "sinogram_variance_scaled").value == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize("block", [0, 7, BLOCKS - 1])
def test_a_dead_block_is_found_where_it_is(block: int) -> None:
    analysis = analyze(sinogram(9, efficiencies=with_block(block, 0.0)), sinogram(10))

    assert number(analysis, "block_efficiency_min_pct").value == pytest.approx(0.0, abs=0.5)
    assert number(analysis, "block_efficiency_n_out").value == 1.0
    (note,) = [n for n in analysis.notes if n.code == "BLOCK_OUT"]
    assert note.values["block"] == block
    assert number(analysis, "sinogram_variance").value > 5.0


@pytest.mark.parametrize(
    ("efficiency", "out"), [(0.85, 0.0), (0.75, 1.0), (1.15, 0.0), (1.25, 1.0)]
)
def test_blocks_are_out_beyond_20_percent_of_the_mean(efficiency: float, out: float) -> None:
    analysis = analyze(sinogram(11, efficiencies=with_block(5, efficiency)), sinogram(12))

    assert number(analysis, "block_efficiency_n_out").value == out


def test_the_efficiency_of_a_block_is_measured_without_a_reference() -> None:
    analysis = analyze(sinogram(13, efficiencies=with_block(5, 0.7)))

    # Fan sums of a block go over the opposite half of the ring, of which it is no part: 0.7 of the
    # others, which are lower by the lines to it. Only the order of that is asserted.
    assert number(analysis, "block_efficiency_min_pct").value == pytest.approx(71.0, abs=2.0)
    assert [n.code for n in analysis.notes] == ["NO_REFERENCE", "BLOCK_OUT"]
    assert "sinogram_variance" not in {m.metric for m in analysis.measurements}


def test_fan_sums_agree_with_the_crystals_that_each_bin_joins() -> None:
    plane = cylinder_sinogram(angles=ANGLES, planes=1)[0]
    first, second = crystals(*plane.shape)
    width = 2 * ANGLES // BLOCKS
    expected = np.bincount((first // width).ravel(), plane.ravel(), BLOCKS)
    expected += np.bincount((second // width).ravel(), plane.ravel(), BLOCKS)

    assert fan_sums(plane, BLOCKS, 1) == pytest.approx(expected)


def test_fan_sums_turn_with_the_sinogram() -> None:
    plane = cylinder_sinogram(angles=ANGLES, planes=1, efficiencies=with_block(3, 0.5))[0]
    turned = cylinder_sinogram(angles=ANGLES, planes=1, efficiencies=with_block(4, 0.5))[0]

    assert np.roll(fan_sums(plane, BLOCKS, 1), 1) == pytest.approx(fan_sums(turned, BLOCKS, 1))


def test_a_plane_that_counts_too_little_is_out() -> None:
    factors = np.ones(9)
    factors[4] = 0.7

    assert (
        number(analyze(sinogram(14, plane_factors=factors), sinogram(15)), "planes_out").value
        == 1.0
    )


def test_missing_angles_are_counted() -> None:
    factors = np.ones(ANGLES)
    factors[10:13] = 0.0

    for reference in (None, sinogram(17)):
        analysis = analyze(sinogram(16, angle_factors=factors), reference)
        assert number(analysis, "angles_missing").value == 3.0


def test_the_uncertainty_of_a_block_is_that_of_counting() -> None:
    low = []
    for seed in range(40):
        plane = sums_of(sinogram(100 + seed, counts_per_plane=2e4).counts).image
        percent, uncertainty = relative_percent(fan_sums(plane, BLOCKS, 1))
        low.append(percent[3])
    # Standard deviation of 40 values: known to 1 / sqrt(2 * 39) = 11 %, and four times that.
    assert np.std(low, ddof=1) == pytest.approx(float(uncertainty[3]), rel=0.45)


def test_too_few_counts_for_each_block_warn() -> None:
    analysis = analyze(sinogram(18, counts_per_plane=3e3), sinogram(19, counts_per_plane=3e3))

    (condition,) = [p for p in analysis.preconditions if p.code == PreconditionCode.COUNTS]
    assert condition.outcome is Outcome.NOT_MET
    assert condition.value == pytest.approx(2 * 9 * 3e3 / BLOCKS, rel=0.05)


def test_without_the_number_of_blocks_there_is_no_map() -> None:
    analysis = analyze(sinogram(20), sinogram(21), blocks_per_ring=None)

    assert [f.name for f in analysis.figures] == ["sinogram_difference", "planes_sinogram"]


def test_a_reference_alone_waits_for_a_sinogram() -> None:
    with pytest.raises(IncompleteSetError, match="no sinogram to compare"):
        analyze(None, sinogram())


@pytest.mark.parametrize(
    ("measured", "said"),
    [
        (Sinogram(counts=np.ones((9, ANGLES, 80))), "9 x 96 x 80, its reference 9 x 96 x 81"),
        (Sinogram(counts=np.zeros((9, ANGLES, 81))), "the sinogram has no counts"),
        (Sinogram(counts=np.full((9, ANGLES, 81), -1.0)), "its lowest is -1, needs 0"),
        (Sinogram(counts=np.full((9, ANGLES, 81), np.nan)), "has values that are no numbers"),
        (Sinogram(counts=np.ones((9, ANGLES, 81)), nuclide="Ge-68"), "has no start"),
        (
            Sinogram(counts=np.ones((9, ANGLES, 81)), nuclide="Ge-68", started_at=START),
            "has no duration",
        ),
    ],
)
def test_what_cannot_be_compared_is_refused(measured: Sinogram, said: str) -> None:
    with pytest.raises(UnsuitableAcquisitionError, match=said):
        analyze(measured, sinogram())


def test_a_source_whose_nuclide_nobody_names_is_refused() -> None:
    rng = np.random.default_rng(1)
    expected = cylinder_sinogram(angles=ANGLES)
    nameless, other = (acquire(expected, rng=rng, started_at=START, nuclide=None) for _ in range(2))

    with pytest.raises(UnsuitableAcquisitionError, match="names the nuclide"):
        analyze(nameless, other)
    assert analyze(nameless, other, nuclide="Ge-68").measurements


@pytest.mark.parametrize(("nuclide", "stated"), [("F-18", None), ("Ge-68", "F-18")])
def test_sources_of_two_nuclides_are_refused(nuclide: str, stated: str | None) -> None:
    measured = dataclasses.replace(sinogram(1), nuclide=nuclide)

    with pytest.raises(UnsuitableAcquisitionError, match="needs one nuclide"):
        analyze(measured, sinogram(2), nuclide=stated)


def test_a_sinogram_is_not_compared_with_itself() -> None:
    with pytest.raises(UnsuitableAcquisitionError, match="is its own reference"):
        analyze(sinogram(1), sinogram(1))


def condition(analysis: Analysis, quantity: str) -> Precondition:
    (found,) = [p for p in analysis.preconditions if quantity in p.quantity]
    return found


@pytest.mark.parametrize(("days", "outcome"), [(0.0, Outcome.MET), (-1.0, Outcome.NOT_MET)])
def test_a_reference_that_was_taken_later_warns(days: float, outcome: Outcome) -> None:
    analysis = analyze(sinogram(1, days=days), sinogram(2))

    assert condition(analysis, "from the reference to the sinogram").outcome is outcome


@pytest.mark.parametrize(("full", "valid"), [(65_534, True), (65_535, False)])
def test_a_full_bin_voids(full: int, valid: bool) -> None:
    counts = sinogram(1).counts.astype(np.uint16)
    counts[4, 48, 36] = full

    assert analyze(dataclasses.replace(sinogram(1), counts=counts), sinogram(2)).valid is valid


def test_fractions_of_counts_warn() -> None:
    counts = sinogram(1).counts.astype(np.float32)
    whole = analyze(dataclasses.replace(sinogram(1), counts=counts), sinogram(2))
    parts = analyze(dataclasses.replace(sinogram(1), counts=1.1 * counts), sinogram(2))

    quantity = "bins of the sinogram that hold fractions"
    assert condition(whole, quantity).outcome is Outcome.MET
    assert condition(parts, quantity).outcome is Outcome.NOT_MET


def test_it_keeps_the_contract_with_sinograms() -> None:
    both = {"sinogram": (sinogram(),), "reference": (sinogram(2),)}

    assert check(ANALYZER, [Inputs(roles=both, variant="local")]) == []

"""Background of a whole-body counter by regions."""

import dataclasses

import numpy as np
import pytest

from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import Outcome
from photopeak_analyzers.counters.wbc_background import ANALYZER
from photopeak_analyzers.errors import AnalysisError, ParameterError
from support.wbc import GE, analyze, found, inputs, lines, value

ROOM = dataclasses.replace(GE.acquire(lines({1460.8: 4_000.0})), live_s=1000.0, real_s=1000.0)


def measured(spectrum=ROOM, **readings):
    return analyze(ANALYZER, inputs({"background": spectrum}, detector_type="HPGe", **readings))


def test_regions_hold_their_counts_over_the_live_time():
    analysis = measured()

    # 20 counts in each channel of 0.25 keV: 80 per keV in 1000 s.
    assert value(analysis, "background_cps", region="40 to 200 keV") == pytest.approx(
        12.8, rel=2e-3
    )
    assert value(analysis, "background_cps", region="200 to 2000 keV") == pytest.approx(
        144.0 + 4.0, rel=1e-3
    )
    assert value(analysis, "background_cps", region="all") == pytest.approx(
        (8192 * 20 + 4000) / 1000.0
    )
    assert found(analysis, "background_cps", region="all").uncertainty == pytest.approx(
        np.sqrt(8192 * 20 + 4000) / 1000.0
    )


def test_regions_side_by_side_add_up_to_one():
    rows = (
        ("low", 100.0, 500.0, None, None),
        ("high", 500.0, 900.0, None, None),
        ("both", 100.0, 900.0, None, None),
    )
    rates = {
        m.scope.get("region"): m.value
        for m in measured(regions=rows).measurements
        if m.metric == "background_cps"
    }

    assert rates["low"] + rates["high"] == pytest.approx(rates["both"])


def test_the_peaks_of_the_room_are_named_by_energy():
    analysis = measured()

    assert value(analysis, "n_peaks") == 1
    assert value(analysis, "peak_cps", energy_kev=1460.8) == pytest.approx(4.0, rel=0.01)


def test_a_change_is_told_in_standard_uncertainties():
    analysis = measured(regions=(("low", 100.0, 500.0, 30.0, 0.2),))
    rate = value(analysis, "background_cps", region="low")

    assert value(analysis, "background_change_sigma") == pytest.approx(
        (rate - 30.0) / np.hypot(0.2, np.sqrt(rate / 1000.0))
    )


def test_the_high_voltage_is_recorded():
    analysis = measured(high_voltage_v=3500.0, high_voltage_ripple_pct=0.008)

    assert value(analysis, "high_voltage_v") == 3500.0
    assert value(analysis, "high_voltage_ripple_pct") == 0.008


def test_a_short_background_warns():
    short = dataclasses.replace(ROOM, live_s=599.0, real_s=600.0)

    assert [p.outcome for p in measured(short).preconditions if p.quantity == "live time"][
        -1
    ] is Outcome.NOT_MET


def test_without_energies_the_total_is_what_there_is():
    analysis = measured(dataclasses.replace(ROOM, energy_kev=None))

    assert [m.metric for m in analysis.measurements] == ["background_cps"]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (
            (("a", 500.0, 100.0, None, None),),
            "low_kev in row 1 of regions is 500 keV, needs less than high_kev, 100",
        ),
        (
            (("a", 1.0, 2.0, None, None), ("a", 2.0, 3.0, None, None)),
            "regions have 1 names in 2 rows",
        ),
    ],
)
def test_regions_that_cannot_be_are_refused(rows, said):
    with pytest.raises(ParameterError, match=said):
        measured(regions=rows)


def test_a_live_time_is_needed():
    with pytest.raises(AnalysisError, match="live time of the spectrum is not known"):
        measured(dataclasses.replace(ROOM, live_s=None))


def test_the_analyzer_keeps_the_contract():
    example = inputs({"background": ROOM}, detector_type="HPGe", high_voltage_ripple_pct=0.005)

    assert check(ANALYZER, [example]) == []

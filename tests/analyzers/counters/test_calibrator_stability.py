"""Stability of a calibrator over hours."""

import numpy as np
import pytest

from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import Outcome
from photopeak_analyzers.counters.calibrator_stability import ANALYZER
from photopeak_analyzers.errors import FitError, MissingReadingError
from photopeak_analyzers.nuclides import half_life
from photopeak_analyzers.numerics.decay import decay_factor
from support.calibrators import analyze, later, readings, uncertainty
from support.floods import precondition, value

HOUR = 3600.0
LIFE = half_life("Tc-99m").seconds


def rows(percent_per_h=0.0, *, noise=(0.0,) * 11, step_h=0.5):
    """Return readings of Tc-99m by a calibrator that drifts."""
    found = []
    for k, off in enumerate(noise):
        hour = k * step_h
        mbq = 400.0 * decay_factor(hour * HOUR, LIFE) * (1.0 + percent_per_h / 100.0 * hour + off)
        found.append((mbq, later(hour * HOUR)))
    return found


def stability(given, **more):
    more.setdefault("background_mbq", 0.0)
    return analyze(ANALYZER, nuclide="Tc-99m", readings=given, **more)


def test_a_source_that_only_decays_is_stable():
    analysis = stability(rows())

    assert value(analysis, "drift_pct_per_h") == pytest.approx(0.0, abs=1e-9)
    assert value(analysis, "max_deviation_pct") == pytest.approx(0.0, abs=1e-9)
    assert value(analysis, "duration_h") == pytest.approx(5.0)
    assert all(each.outcome is Outcome.MET for each in analysis.preconditions)


def test_a_drift_worked_out_by_hand():
    # 0.2 % of the first per hour over 5 h; the mean lies 0.5 % above the first.
    analysis = stability(rows(0.2))

    assert value(analysis, "drift_pct_per_h") == pytest.approx(0.2 / 1.005, rel=1e-6)
    assert value(analysis, "drift_pct") == pytest.approx(1.0 / 1.005, rel=1e-6)
    assert value(analysis, "max_deviation_pct") == pytest.approx(0.5 / 1.005, rel=1e-6)


def test_the_uncertainty_of_a_drift_covers_repeated_series():
    rng = np.random.default_rng(12)
    found = [stability(rows(noise=tuple(each))) for each in rng.normal(0.0, 0.003, (200, 11))]
    drifts = [value(each, "drift_pct_per_h") for each in found]

    # 0.3 % over sqrt(sum (t - 2.5 h)**2 = 27.5 h**2): 0.0572 %/h; of 200 to 5 %.
    assert np.std(drifts) == pytest.approx(0.0572, rel=0.17)
    assert np.mean([uncertainty(each, "drift_pct_per_h") for each in found]) == pytest.approx(
        0.0572, rel=0.1
    )


def test_order_and_scale_do_not_matter():
    given = rows(0.3)
    one = stability(given)
    other = stability([(10.0 * mbq, at) for mbq, at in reversed(given)])

    for metric in ("drift_pct_per_h", "rsd_pct", "max_deviation_pct"):
        assert value(other, metric) == pytest.approx(value(one, metric), rel=1e-9)


@pytest.mark.parametrize(("step_h", "outcome"), [(0.1, Outcome.MET), (0.09, Outcome.NOT_MET)])
def test_less_than_an_hour_warns(step_h, outcome):
    analysis = stability(rows(step_h=step_h))

    assert precondition(analysis, "PC_DURATION").outcome is outcome


def test_what_cannot_be_is_refused():
    with pytest.raises(MissingReadingError, match="row 2 of readings has no time"):
        stability([(400.0, later(0.0)), (399.0, None), (398.0, later(60.0))])
    with pytest.raises(FitError):
        stability([(400.0, later(0.0))] * 3)


def test_the_analyzer_keeps_the_contract():
    example = readings(nuclide="Tc-99m", readings=rows(0.1), background_mbq=0.0)

    assert check(ANALYZER, [example]) == []

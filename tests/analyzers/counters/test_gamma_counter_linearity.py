"""Linearity of a gamma counter: dead time, deviations, and sources that are not what they should be."""

import dataclasses
import math

import numpy as np
import pytest

from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import Outcome
from photopeak_analyzers.counters import gamma_counter_linearity
from photopeak_analyzers.counters.calibrator_readings import used_half_life
from photopeak_analyzers.counters.gamma_counter_linearity import ANALYZER
from photopeak_analyzers.counters.linearity_fit import rate_at_loss
from photopeak_analyzers.errors import (
    FitError,
    MissingReadingError,
    ParameterError,
    UnsuitableAcquisitionError,
)
from photopeak_analyzers.nuclides import half_life
from photopeak_analyzers.numerics.dead_time import DeadTime
from photopeak_analyzers.numerics.decay import decay_factor, mean_decay
from support.calibrators import analyze, later, readings, uncertainty
from support.floods import notes, precondition, value

EMPTY = [(3000.0, 6000.0)]
B = 0.5
HOUR = 3600.0
LIFE = half_life("F-18").seconds
FEW = {"draws": 20}


NO_LOSS = DeadTime()


def decaying(
    top_cps=100_000.0, dead=NO_LOSS, *, points=12, every_s=HOUR, live_s=60.0, life=LIFE, rng=None
):
    """A source that decays, its net rates as a counter with these dead times shows them."""
    rows = []
    for k in range(points):
        mean = top_cps * decay_factor(every_s * k, life) * mean_decay(live_s, life)
        expected = (float(dead.observed(mean)) + B) * live_s
        seen = expected if rng is None else float(rng.poisson(expected))
        rows.append((seen, live_s, later(every_s * k), None, None))
    return rows


def linearity(points, parameters=None, nuclide="F-18", background=EMPTY):
    return analyze(
        ANALYZER, {**FEW, **(parameters or {})},
        nuclide=nuclide, points=points, background=background,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("dead", "model", "deviation"),
    [
        # n = 100 000 a second, tau = 2 us: exp(-0.2) and 1 / 1.2.
        (DeadTime(paralysing_s=2e-6), "paralysable", 100.0 * (1.0 - math.exp(-0.2))),
        (DeadTime(blocking_s=2e-6), "non_paralysable", 100.0 * (1.0 - 1.0 / 1.2)),
    ],
)
def test_a_dead_time_is_found_with_its_model(dead, model, deviation):
    analysis = linearity(decaying(dead=dead))

    assert value(analysis, "tau_us") == pytest.approx(2.0, rel=1e-3)
    # The decay in the 60 s of the count takes 0.3 % of the rate and of the deviation.
    assert value(analysis, "linearity_max_dev_pct") == pytest.approx(deviation, rel=5e-3)
    assert value(analysis, "largest_residual_pct") < 0.01
    (note,) = notes(analysis, "DEAD_TIME_MODEL")
    assert note.values["model"] == model
    assert analysis.valid


def test_the_rate_of_five_percent_loss_by_hand():
    # n tau = ln(1 / 0.95) = 0.051293 and m = 0.95 n; 0.052632 for the other.
    paralysing, blocking = DeadTime(paralysing_s=2e-6), DeadTime(blocking_s=2e-6)
    assert rate_at_loss(paralysing, 0.05) == pytest.approx(0.95 * 0.0512933 / 2e-6, rel=1e-5)
    assert rate_at_loss(blocking, 0.05) == pytest.approx(0.05 / 2e-6, rel=1e-9)
    both = DeadTime(paralysing_s=1e-6, blocking_s=1e-6)
    assert rate_at_loss(paralysing, 0.05) < rate_at_loss(both, 0.05) < rate_at_loss(blocking, 0.05)

    analysis = linearity(decaying(dead=paralysing))

    assert value(analysis, "rate_at_5pct_loss_cps") == pytest.approx(
        rate_at_loss(paralysing, 0.05), rel=1e-3
    )


def test_a_counter_of_live_time_is_straight():
    analysis = linearity(decaying())

    assert value(analysis, "linearity_max_dev_pct") == pytest.approx(0.0, abs=1e-6)
    assert value(analysis, "tau_us") == pytest.approx(0.0, abs=1e-6)
    assert [m for m in analysis.measurements if m.metric == "rate_at_5pct_loss_cps"] == []
    # 11 hours of decay: 6 half-lives.
    assert value(analysis, "half_life_fit_h") == pytest.approx(LIFE / HOUR, rel=1e-6)


def test_dilutions_tell_the_same_as_a_decay():
    dead = DeadTime(blocking_s=2e-6)
    rows = []
    for k in range(8):
        # Counted one after the other, five minutes apart: each has decayed by then.
        mean = 100_000.0 / 2**k * decay_factor(300.0 * k, LIFE) * mean_decay(60.0, LIFE)
        rows.append(((float(dead.observed(mean)) + B) * 60.0, 60.0, later(300.0 * k),
                     400.0 / 2**k, 0.2))  # fmt: skip
    analysis = linearity(rows)

    assert value(analysis, "tau_us") == pytest.approx(2.0, rel=1e-3)
    assert value(analysis, "linearity_max_dev_pct") == pytest.approx(16.6, abs=0.1)
    assert [m for m in analysis.measurements if m.metric == "half_life_fit_h"] == []


def test_faster_points_than_those_in_use_do_not_count():
    points = decaying(dead=DeadTime(paralysing_s=2e-6))
    analysis = linearity(points, {"used_up_to_cps": 30_000.0})

    # After three hours 32 100 a second, of which 30 100 are seen; after four 21 970, 4.3 % less.
    true = 100_000.0 * decay_factor(14_400.0, LIFE)
    seen = true * math.exp(-2e-6 * true)
    assert value(analysis, "max_dev_rate_cps") == pytest.approx(seen, rel=0.01)
    assert value(analysis, "linearity_max_dev_pct") == pytest.approx(
        100.0 * (1.0 - seen / true), rel=0.01
    )


def test_scale_of_the_activities_and_order_of_the_points_do_not_matter():
    points = decaying(dead=DeadTime(paralysing_s=1e-6), points=8)
    shares = [decay_factor(HOUR * k, LIFE) for k in range(8)]
    # The same points as dilutions that are counted at once.
    small = [(n, t, later(0.0), s, None) for (n, t, *_), s in zip(points, shares, strict=True)]
    large = [(n, t, at, 1000.0 * s, None) for n, t, at, s, _ in small]

    one, other, turned = linearity(small), linearity(large), linearity(large[::-1])

    for metric in ("tau_us", "linearity_max_dev_pct"):
        assert value(other, metric) == pytest.approx(value(one, metric), rel=1e-5)
        assert value(turned, metric) == pytest.approx(value(one, metric), rel=1e-5)


def test_dead_time_and_deviation_are_found_within_their_uncertainties():
    rng = np.random.default_rng(31)
    dead = DeadTime(blocking_s=2e-6)
    found = [linearity(decaying(20_000.0, dead, points=8, live_s=20.0, rng=rng)) for _ in range(30)]
    for metric, truth in (("tau_us", 2.0), ("linearity_max_dev_pct", None)):
        values = [value(each, metric) for each in found]
        u = float(np.mean([uncertainty(each, metric) for each in found]))
        # The spread of 30 draws is known to 13 %; the choice of the model adds to the dead time.
        assert np.std(values, ddof=1) == pytest.approx(u, rel=0.4)
        if truth is not None:
            assert np.mean(values) == pytest.approx(truth, abs=4.0 * u / math.sqrt(30.0))


def test_what_the_half_life_adds_is_what_it_moves(monkeypatch):
    life, note = used_half_life("F-18", "local")
    off = 0.001 * life.seconds
    points = decaying(dead=DeadTime(paralysing_s=2e-6))

    def unsure_by(seconds):
        taken = dataclasses.replace(life, uncertainty_s=seconds)
        monkeypatch.setattr(gamma_counter_linearity, "used_half_life", lambda *_: (taken, note))
        return linearity(points)

    moved = linearity(decaying(dead=DeadTime(paralysing_s=2e-6), life=life.seconds + off))
    sure, unsure = unsure_by(0.0), unsure_by(off)

    for metric in ("tau_us", "linearity_max_dev_pct"):
        added = math.sqrt(uncertainty(unsure, metric) ** 2 - uncertainty(sure, metric) ** 2)
        assert added == pytest.approx(abs(value(moved, metric) - value(sure, metric)), rel=0.1)


def test_another_nuclide_than_named_is_seen():
    analysis = linearity(decaying(life=half_life("C-11").seconds, every_s=600.0))

    assert precondition(analysis, "PC_NUCLIDE").outcome is Outcome.NOT_MET
    assert not analysis.valid


def test_small_losses_do_not_lengthen_the_half_life():
    # Up to 2 % are lost of the points that tell it: uncorrected, it would be 1 % too long.
    analysis = linearity(decaying(80_000.0, DeadTime(paralysing_s=2e-6), points=24, every_s=1200.0))

    assert value(analysis, "half_life_fit_h") == pytest.approx(LIFE / HOUR, rel=1e-4)


def test_a_loss_that_no_counter_has_voids_it():
    # The rates of Tc-99m for those of F-18 look like a counter that loses nine counts in ten.
    analysis = linearity(decaying(life=half_life("Tc-99m").seconds, points=24, every_s=1200.0))

    assert not analysis.valid
    assert precondition(analysis, "PC_RATE", "largest loss by the model").value > 90.0


def test_a_half_life_that_the_points_do_not_tell_is_not_passed_over():
    points = decaying(400_000.0, DeadTime(paralysing_s=1e-6), points=8, every_s=1200.0)
    told = precondition(linearity(points), "PC_NUCLIDE")

    assert (told.outcome, told.value) == (Outcome.UNKNOWN, None)


def test_an_impurity_shows_in_the_half_life():
    # 0.5 % of a nuclide that does not decay: the fit of the last points is longer.
    points = [(n + 60.0 * 500.0, t, *rest) for n, t, *rest in decaying()]
    analysis = linearity(points)

    assert value(analysis, "half_life_deviation_pct") > 3.0
    assert precondition(analysis, "PC_NUCLIDE").outcome is Outcome.NOT_MET


@pytest.mark.parametrize(("points", "met"), [(6, False), (8, True)])
def test_a_narrow_range_warns(points, met):
    # F-18: a factor of ten takes 6.08 h.
    analysis = linearity(decaying(points=points))

    outcome = precondition(analysis, "PC_RATE", "largest over smallest activity").outcome
    assert outcome is (Outcome.MET if met else Outcome.NOT_MET)


@pytest.mark.parametrize(
    ("points", "error", "message"),
    [
        (decaying(points=3), ParameterError, "points has 3 rows, needs 4 to 1000"),
        (
            [*decaying(points=4), (6000.0, 60.0, later(0.0), 1.0, None)],
            UnsuitableAcquisitionError,
            "1 of 5 rows of points have an activity_kbq, needs all of them or none",
        ),
        (
            [*decaying(points=4), (30.0, 60.0, later(HOUR), None, None)],
            UnsuitableAcquisitionError,
            "row 5 of points has 0 counts a second above the background, needs more than 0",
        ),
        (
            [(6000.0, 60.0, later(0.0), None, None)] * 4,
            FitError,
            "1 different shares are given, needs at least 3",
        ),
        (None, MissingReadingError, "the reading points is missing"),
    ],
)
def test_what_cannot_be_is_refused(points, error, message):
    with pytest.raises(error) as refusal:
        linearity(points)

    assert str(refusal.value) == message


def test_no_point_in_use_is_refused():
    with pytest.raises(UnsuitableAcquisitionError, match="needs at most 10"):
        linearity(decaying(), {"used_up_to_cps": 10.0})


def test_the_analyzer_keeps_the_contract():
    example = readings(nuclide="F-18", points=decaying(points=6), background=EMPTY)

    assert check(ANALYZER, [example]) == []

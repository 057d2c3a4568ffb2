"""Dead time of a head from a decay, and the correction of measured rates."""

import dataclasses
import math

import numpy as np
import pytest

from photopeak_analyzers.acquisition import EnergyWindow
from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import Inputs, Outcome, ReadingValue, Severity
from photopeak_analyzers.errors import ParameterError, UnsuitableAcquisitionError
from photopeak_analyzers.gamma_camera.dead_time import ANALYZER
from photopeak_analyzers.gamma_camera.dead_time_fits import corrected, fit_head
from photopeak_analyzers.gamma_camera.rate_series import decay_points, rate_series
from photopeak_analyzers.numerics.dead_time import DeadTime as Law
from photopeak_analyzers.numerics.dead_time import DeadTimeModel, fit_dead_time
from photopeak_analyzers.simulation.count_rates import DeadTime, DecayingSource
from photopeak_analyzers.source_conditions import photopeaks
from support.decays import SOURCE, decay, later, room, statics, two_heads, with_detectors
from support.floods import notes, precondition, value

TC = DecayingSource(first_cps=400_000.0, dead_time_s=2e-6, profile="local")
"""The same half-life as the test has, which is not that of NEMA."""

ROOMS = (room(), room(started_at=later(180_000.0)))


def analyze(series, background=(), readings=None, **parameters):
    given = series if isinstance(series, list) else [series]
    roles = {"decay": tuple(given), "background": tuple(background)}
    inputs = Inputs(roles=roles, readings=readings or {}, variant="local")
    return ANALYZER.analyze(inputs, ANALYZER.parameters(**parameters))


def measurement(analysis, metric, **scope):
    (found,) = [
        m
        for m in analysis.measurements
        if m.metric == metric and set(scope.items()) <= set(m.scope.items)
    ]
    return found


def keys(analysis):
    return {m.metric for m in analysis.measurements}


def short(source=TC, **how):
    """Return a decay of 30 hours."""
    return decay(source, **{"frames": 30, "every_s": 3_600.0, **how})


def table(*rows):
    return ReadingValue(value=tuple(rows))


# --- closed form ----------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["paralysable", "non_paralysable"])
@pytest.mark.parametrize("tau_us", [0.5, 2.0, 5.0])
def test_the_dead_time_and_the_model_of_the_source_come_back(model, tau_us):
    """m = n exp(-n t), m = n / (1 + n t)."""
    source = dataclasses.replace(TC, dead_time_s=tau_us * 1e-6, model=DeadTime(model))

    analysis = analyze(short(source))

    assert value(analysis, "tau_us") == pytest.approx(tau_us, rel=2e-4)
    (note,) = notes(analysis, "DEAD_TIME_MODEL")
    assert note.values["model"] == model
    # A perfect fit has no residuals but whole counts.
    assert value(analysis, "chi2_reduced", model=model) < 1e-3


def test_rates_of_the_model_follow_from_the_dead_time():
    analysis = analyze(short())

    assert value(analysis, "rate_at_20pct_loss") == pytest.approx(0.178515 / 2e-6, rel=5e-4)
    assert value(analysis, "largest_rate") == pytest.approx(1.0 / (math.e * 2e-6), rel=5e-4)
    assert value(analysis, "first_true_cps") == pytest.approx(400_000.0, rel=1e-3)
    assert value(analysis, "largest_loss_pct") == pytest.approx(
        100.0 * (1.0 - math.exp(-0.8)), abs=0.1
    )


def test_without_paralysis_there_is_a_rate_that_is_never_reached():
    analysis = analyze(short(dataclasses.replace(TC, model=DeadTime.NON_PARALYSABLE)))

    assert value(analysis, "largest_rate") == pytest.approx(500_000.0, rel=1e-3)
    assert value(analysis, "rate_at_20pct_loss") == pytest.approx(100_000.0, rel=1e-3)


def test_the_last_point_may_have_losses():
    """NEMA needs a last point without; the fit does not: 8 hours end at 160 000 /s."""
    source = dataclasses.replace(TC, first_cps=600_000.0)

    analysis = analyze(decay(source, frames=24, every_s=1_200.0))

    assert value(analysis, "tau_us") == pytest.approx(2.0, rel=1e-3)
    assert "tau_from_20_us" not in keys(analysis)


def test_points_of_20_percent_and_of_the_maximum_tell_it_as_well():
    """0.2231 / R20, which is low by the loss of the last point; 1 / (e C_max)."""
    source = dataclasses.replace(TC, first_cps=800_000.0)
    analysis = analyze(decay(source, frames=96, every_s=1_800.0))

    # The last point of 3800 /s has lost 0.8 %; the rate at 20 % loss comes out three times that high.
    assert value(analysis, "tau_from_20_us") == pytest.approx(2.0 * (1.0 - 0.024), rel=4e-3)
    assert value(analysis, "tau_from_max_us") == pytest.approx(2.0, rel=1e-3)


def test_a_hybrid_is_found_and_its_first_order_is_the_sum():
    law = Law(paralysing_s=1.5e-6, blocking_s=2.5e-6)
    shares = np.exp(-np.linspace(0.0, 4.0, 30))
    rates = law.observed(400_000.0 * shares)
    fits = {m: fit_dead_time(m, shares, rates, 0.002 * rates) for m in DeadTimeModel}

    best = min(fits.values(), key=lambda fit: fit.aic)

    assert best.model is DeadTimeModel.HYBRID
    true, _ = corrected(best, float(law.observed(100_000.0)))
    assert true == pytest.approx(100_000.0, rel=1e-5)


def test_the_background_is_taken_off():
    noisy_room = dataclasses.replace(TC, background_cps=300.0)

    known = analyze(short(noisy_room), [room(300.0, 1_000.0)])
    unknown = analyze(short(noisy_room))

    assert value(known, "tau_us") == pytest.approx(2.0, rel=2e-3)
    assert abs(value(unknown, "tau_us") - 2.0) > abs(value(known, "tau_us") - 2.0)
    assert precondition(unknown, "PC_BACKGROUND").outcome == "unknown"


def test_the_half_life_stands_in_the_result():
    (note,) = notes(analyze(short()), "DEAD_TIME_MODEL")

    assert note.values["half_life_s"] == pytest.approx(6.015 * 3600.0)
    assert "Tc-99m" in note.message


def test_other_nuclides_decay_in_their_own_time():
    """Lu-177, 6.647 d, in its window about 208 keV."""
    source = dataclasses.replace(TC, nuclide="Lu-177")
    series = decay(source, frames=30, every_s=86_400.0)
    window = (EnergyWindow(number=1, lower_kev=187.6, upper_kev=229.2),)

    analysis = analyze(dataclasses.replace(series, energy_windows=window))

    assert value(analysis, "tau_us") == pytest.approx(2.0, rel=1e-3)
    assert analysis.valid


# --- correction of a measured rate ------------------------------------------------------------------


@pytest.mark.parametrize("true_cps", [10_000.0, 100_000.0, 300_000.0])
def test_the_true_rate_of_a_measured_one_is_found(true_cps):
    """n = -W0(-m t) / t."""
    observed = true_cps * math.exp(-true_cps * 2e-6)

    analysis = analyze(short(), readings={"measured_rates": table((1.0, observed))})

    found = measurement(analysis, "corrected_rate_cps", observed_cps=observed)
    assert found.value == pytest.approx(true_cps, rel=1e-3)
    assert value(analysis, "correction_factor") == pytest.approx(
        math.exp(true_cps * 2e-6), rel=1e-3
    )


def test_the_uncertainty_of_a_corrected_rate_is_that_of_the_dead_time():
    """dn/dt = n**2 / (1 - n t)."""
    observed = 100_000.0 * math.exp(-0.2)
    analysis = analyze(
        short(seed=3, duration_s=2.0), readings={"measured_rates": table((1.0, observed))}
    )

    tau = measurement(analysis, "tau_model_us", model="paralysable")
    n = value(analysis, "corrected_rate_cps")
    wanted = n * n / (1.0 - n * tau.value * 1e-6) * tau.uncertainty * 1e-6
    assert measurement(analysis, "corrected_rate_cps").uncertainty == pytest.approx(
        wanted, rel=0.01
    )


def test_a_rate_above_the_largest_has_no_true_rate():
    rates = table((1.0, 184_500.0), (1.0, 100_000.0))

    analysis = analyze(short(), readings={"measured_rates": rates})

    assert [m.scope.get("observed_cps") for m in analysis.measurements
            if m.metric == "corrected_rate_cps"] == [100_000.0]  # fmt: skip
    conditions = [p for p in analysis.preconditions if p.quantity == "rate to be corrected"]
    assert [(p.outcome, p.severity) for p in conditions] == [("not_met", "soft"), ("met", "soft")]
    assert conditions[0].upper == pytest.approx(183_940.0, rel=1e-3)


def test_rates_are_corrected_with_the_dead_time_of_their_head():
    slow = dataclasses.replace(TC, dead_time_s=4e-6)
    rates = table((1.0, 50_000.0), (2.0, 50_000.0))

    analysis = analyze(two_heads(short(), short(slow)), readings={"measured_rates": rates})

    one, two = (value(analysis, "corrected_rate_cps", detector=d) for d in (1, 2))
    assert one == pytest.approx(Law(paralysing_s=2e-6).true(50_000.0), rel=1e-3)
    assert two == pytest.approx(Law(paralysing_s=4e-6).true(50_000.0), rel=1e-3)


def test_two_sources_give_their_own_dead_time():
    """2 R12 / (R1 + R2)**2 ln((R1 + R2) / R12)."""
    single, both = (n * math.exp(-n * 2e-6) for n in (5_000.0, 10_000.0))

    analysis = analyze(short(), readings={"two_sources": table((1.0, single, single, both))})

    assert value(analysis, "tau_two_sources_us") == pytest.approx(2.0, rel=0.03)


@pytest.mark.parametrize(
    ("name", "row", "message"),
    [
        (
            "measured_rates",
            (1.0, 0.0),
            "a line of measured_rates is 1, 0, needs detector, rate_cps",
        ),
        ("measured_rates", (0.0, 10.0), "a line of measured_rates is 0, 10"),
        ("two_sources", (1.0, 10.0), "row 1 of two_sources has 2 cells, needs detector, first_cps"),
    ],
)
def test_a_line_that_is_no_rate_is_refused(name, row, message):
    with pytest.raises(ParameterError, match=message):
        analyze(short(), readings={name: table(row)})


def test_two_sources_that_do_not_add_up_are_refused():
    with pytest.raises(UnsuitableAcquisitionError, match="both sources together show"):
        analyze(short(), readings={"two_sources": table((1.0, 10.0, 10.0, 25.0))})


# --- invariances and noise --------------------------------------------------------------------------


def test_static_images_are_the_same_as_a_dynamic_series():
    series = short(seed=2)

    assert analyze(series).measurements == analyze(statics(series)).measurements


def test_a_stronger_source_has_the_same_dead_time():
    weak, strong = (
        value(analyze(short(dataclasses.replace(TC, first_cps=cps))), "tau_us")
        for cps in (200_000.0, 800_000.0)
    )

    assert weak == pytest.approx(strong, rel=1e-3)


def test_the_uncertainty_is_the_spread_of_repeated_series():
    found, stated = [], []
    for seed in range(60):
        number = measurement(analyze(short(seed=seed, duration_s=2.0), noise_draws=20), "tau_us")
        found.append(number.value)
        stated.append(number.uncertainty)

    # 60 draws tell a spread to 9 %; scaling by chi square above 1 adds some 5 %: three times 10 %.
    assert np.mean(stated) == pytest.approx(np.std(found, ddof=1), rel=0.3)
    # And the mean is right to a tenth of the spread times three.
    assert np.mean(found) == pytest.approx(2.0, abs=3.0 * np.std(found) / math.sqrt(60.0))


def test_chance_does_not_make_a_hybrid():
    models = [
        notes(analyze(short(seed=seed, duration_s=2.0), noise_draws=20), "DEAD_TIME_MODEL")[0]
        for seed in range(20)
    ]

    # A needless dead time lowers chi square by more than 2 in 8 % of cases (one side of 1 freedom).
    assert sum(note.values["model"] == "paralysable" for note in models) >= 14


# --- conditions -------------------------------------------------------------------------------------


def test_a_good_series_meets_everything():
    series = short(dataclasses.replace(TC, background_cps=25.0))

    analysis = analyze(series, ROOMS)

    assert {p.outcome for p in analysis.preconditions} == {"met"}


def test_small_losses_do_not_tell_the_dead_time():
    weak = dataclasses.replace(TC, first_cps=20_000.0)

    analysis = analyze(short(weak, seed=5, duration_s=2.0))

    loss = precondition(analysis, "PC_RATE", "loss of the fastest")
    assert (loss.outcome, loss.severity) == ("not_met", "soft")
    assert precondition(analysis, "PC_RATE", "uncertainty").outcome == "not_met"


def test_without_losses_the_number_is_void():
    weak = dataclasses.replace(TC, first_cps=3_000.0)

    analysis = analyze(short(weak, seed=5, duration_s=10.0))

    failed = list(analysis.failed)
    assert [p.quantity for p in failed] == ["relative uncertainty of the dead time"]


def test_a_series_that_no_model_describes_is_pointed_out():
    series = short()
    counts = series.counts.copy()
    counts[8] = counts[8] // 10 * 8

    analysis = analyze(dataclasses.replace(series, counts=counts))

    condition = precondition(analysis, "PC_RATE", "farthest point")
    assert (condition.outcome, condition.severity) == ("not_met", "soft")
    assert condition.value > 15.0


def test_the_uncertainty_of_the_rates_by_the_model_is_their_spread():
    """60 draws tell a spread to 9 %; the choice of the model adds to the stated one."""
    found = {key: [] for key in ("rate_at_20pct_loss", "largest_rate", "first_true_cps")}
    for seed in range(60):
        analysis = analyze(short(dataclasses.replace(TC, first_cps=800_000.0), seed=seed))
        for key, numbers in found.items():
            numbers.append(measurement(analysis, key))

    for numbers in found.values():
        spread = np.std([n.value for n in numbers], ddof=1)
        assert 0.75 < np.mean([n.uncertainty for n in numbers]) / spread < 1.7


def test_a_model_that_misses_a_point_by_far_describes_nothing():
    """Counts in the order of time exchanged: a source that grows."""
    series = short()

    analysis = analyze(dataclasses.replace(series, counts=series.counts[::-1]))

    broken = precondition(analysis, "PC_RATE", "farthest point from the model")
    assert (broken.outcome, broken.severity) == (Outcome.NOT_MET, Severity.HARD)


def test_a_head_that_did_not_see_the_source_does_not_stop_the_other():
    nothing = dataclasses.replace(TC, first_cps=0.0)

    analysis = analyze(two_heads(short(), short(nothing)))

    assert {m.scope.get("detector") for m in analysis.measurements} == {1}
    (note,) = notes(analysis, "HEAD_LEFT_OUT")
    assert note.message.startswith("detector 2, energy window 1 is left out: ")


def test_two_lines_of_one_head_are_refused():
    rows = table((1.0, 3e4, 4e4, 6.5e4), (1.0, 3e4, 4e4, 6.4e4))

    with pytest.raises(ParameterError, match="two lines of two_sources are of detector 1"):
        analyze(short(), readings={"two_sources": rows})


def test_few_counts_warn():
    condition = precondition(analyze(short(duration_s=0.5)), "PC_COUNTS")

    assert (condition.outcome, condition.severity) == ("not_met", "soft")


@pytest.mark.parametrize(
    ("change", "stated", "code"),
    [
        (lambda s: s, "Co-57", "PC_NUCLIDE"),
        (
            lambda s: dataclasses.replace(
                s, energy_windows=(EnergyWindow(number=1, lower_kev=109.9, upper_kev=134.3),)
            ),
            None,
            "PC_WINDOW",
        ),
        (lambda s: dataclasses.replace(s, saturation_level=1_000), None, "PC_OVERFLOW"),
    ],
)
def test_what_makes_the_dead_time_wrong_voids(change, stated, code):
    analysis = analyze(change(short()), nuclide=stated)

    assert code in {p.code for p in analysis.failed}


def test_a_head_that_is_not_named_has_no_owner():
    series = short()
    frames = tuple(dataclasses.replace(f, detector=None) for f in series.frames)

    analysis = analyze(dataclasses.replace(series, frames=frames, detectors=()))

    assert {p.code for p in analysis.failed} == {"PC_DETECTOR"}


def test_with_or_without_a_collimator_it_is_measured_alike():
    series = short()

    found = analyze(with_detectors(series, collimator_type=None))

    assert found.measurements == analyze(series).measurements


# --- refused ----------------------------------------------------------------------------------------


def test_without_a_nuclide_there_is_no_half_life():
    series = dataclasses.replace(short(), nuclide=None)

    with pytest.raises(ParameterError, match="no header names the nuclide"):
        analyze(series)
    assert value(analyze(series, nuclide="99mTc"), "tau_us") == pytest.approx(2.0, rel=1e-3)


def test_a_nuclide_without_photopeak_is_refused():
    with pytest.raises(ParameterError, match="needs one with a photopeak"):
        analyze(short(), nuclide="Y-90")


def test_a_few_points_are_too_few():
    with pytest.raises(UnsuitableAcquisitionError, match="has 3 points, needs at least 4"):
        analyze(short(frames=3))


def test_an_empty_frame_is_refused():
    series = short()
    counts = series.counts.copy()
    counts[4] = 0

    with pytest.raises(UnsuitableAcquisitionError, match=r"point 5 of detector 1.* has 0 counts"):
        analyze(dataclasses.replace(series, counts=counts))


# --- figures and contract ---------------------------------------------------------------------------


def test_the_figures_show_points_models_and_the_correction():
    fit, residuals, correction = analyze(short()).figures

    labels = [curve.label for curve in fit.curves]
    assert labels[:3] == ["measured", "no loss", "paralysable"]
    assert all(np.isfinite(curve.y).all() for curve in (*fit.curves, *residuals.curves))
    observed, true, _, factor, loss = correction.rows[4]
    assert true == pytest.approx(Law(paralysing_s=2e-6).true(observed), rel=1e-3)
    assert factor == pytest.approx(true / observed)
    assert loss == pytest.approx(100.0 * (1.0 - observed / true))


def test_so_near_to_the_largest_rate_the_uncertainty_is_not_known():
    (series,), _, _ = rate_series(
        Inputs(roles={"decay": (short(SOURCE),)}, variant="local"), photopeaks(("Tc-99m",)), ""
    )
    head = fit_head(decay_points(series, 21_654.0))

    largest = head.fits[DeadTimeModel.PARALYSABLE].dead_time.largest_cps
    assert corrected(head.fits[DeadTimeModel.PARALYSABLE], largest)[1] is None
    assert corrected(head.fits[DeadTimeModel.PARALYSABLE], 1.01 * largest) is None


def test_it_keeps_the_contract():
    example = Inputs(roles={"decay": (short(seed=1),), "background": ROOMS}, variant="local")

    assert check(ANALYZER, [example]) == []

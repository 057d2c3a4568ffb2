"""Activity in a person and in the thyroid (WS/T 584-2017 6, 7.2, 8, Annexes C and D)."""

import dataclasses
import math
from datetime import timedelta

import numpy as np
import pytest

from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import Outcome, ReadingValue
from photopeak_analyzers.counters.wbc_activity import ANALYZER
from photopeak_analyzers.counters.wbc_thyroid import ANALYZER as THYROID
from photopeak_analyzers.errors import AnalysisError, ParameterError
from support.wbc import AT, GE, analyze, found, inputs, lines, value


def person(counts, live_s=600.0, rng=None, energy=661.7):
    made = GE.acquire(lines({energy: counts} if counts else {}), rng=rng)
    return dataclasses.replace(made, live_s=live_s, real_s=live_s * 1.01, started_at=AT)


def given(subject=None, background=None, role="subject", **changes):
    readings = {
        "detector_type": "HPGe",
        "nuclide": "Cs-137",
        "energy_kev": 661.7,
        "efficiency": ReadingValue(value=0.01, uncertainty=0.0003),
        "efficiency_basis": "per_photon",
        "exam_type": "whole_body",
        "subject_id": "S-0042",
        "prepared": "yes",
    } | changes
    roles = {role: person(12_000.0) if subject is None else subject, "background": background}
    return inputs(roles, **{k: v for k, v in readings.items() if v is not None})


def report(analysis):
    (table,) = [f for f in analysis.figures if f.name == "report"]
    return dict(table.rows)


def test_formula_2_by_hand_for_both_bases():
    # 12 000 counts / (0.01 * 0.8499 * 600 s) = 2353 Bq. The window holds 99.67 %, and what its baseline
    # has of the tails takes as much off again.
    photon = analyze(ANALYZER, given())
    decay = analyze(ANALYZER, given(efficiency_basis="per_decay"))

    assert value(photon, "activity") == pytest.approx(12_000.0 / (0.01 * 0.8499 * 600.0), rel=8e-3)
    assert value(decay, "activity") == pytest.approx(value(photon, "activity") * 0.8499)


def test_c1_combines_relative_components_with_k_of_2():
    parts = (("source", 2.0), ("efficiency", 3.0), ("body_and_phantom", 6.0))
    analysis = analyze(ANALYZER, given(components=parts))
    u_a = value(analysis, "u_a_pct")

    assert value(analysis, "u_b_pct") == pytest.approx(7.0)
    assert value(analysis, "expanded_uncertainty_pct") == pytest.approx(2.0 * math.hypot(u_a, 7.0))
    activity = found(analysis, "activity")
    assert activity.uncertainty == pytest.approx(activity.value * math.hypot(u_a, 7.0) / 100.0)


def test_the_uncertainty_of_the_efficiency_is_a_component_by_itself():
    # 0.0003 of 0.01.
    assert value(analyze(ANALYZER, given()), "u_b_pct") == pytest.approx(3.0)
    stated = analyze(ANALYZER, given(components=(("efficiency", 4.0),)))
    assert value(stated, "u_b_pct") == pytest.approx(4.0)


def test_the_half_life_is_shown_and_its_uncertainty_is_a_component():
    # I-131 counted 16.0414 d, two half-lives, after the reference: ln 2 * 2 * u(T) / T.
    later = dataclasses.replace(
        person(12_000.0, energy=364.49), started_at=AT + timedelta(days=16.0414)
    )
    readings = {"nuclide": "I-131", "energy_kev": 364.49, "reference_time": AT.isoformat()}
    analysis = analyze(ANALYZER, given(later, **readings))
    (note,) = [n for n in analysis.notes if n.code == "HALF_LIFE_USED"]
    relative = note.values["uncertainty_s"] / note.values["half_life_s"]
    (budget,) = [f for f in analysis.figures if f.name == "uncertainty"]
    (decay,) = [row for row in budget.rows if row[0] == "decay"]

    assert note.values["half_life_s"] == pytest.approx(8.0207 * 86_400.0, rel=1e-4)
    assert {"source", "table"} <= note.values.keys()
    assert relative > 0.0
    assert decay[5] == pytest.approx(100.0 * 2.0 * math.log(2.0) * relative, rel=1e-3)
    # What is stated of the decay takes its place.
    named = analyze(ANALYZER, given(later, components=(("decay", 5.0),), **readings))
    assert value(named, "u_b_pct") > 5.0


def test_the_emission_probability_adds_its_uncertainty_where_it_was_used():
    # 2 of 80 photons per 100 decays: 2.5 %, beside the 3 % of the efficiency.
    stated = ReadingValue(value=80.0, uncertainty=2.0)
    photon = analyze(ANALYZER, given(emission_pct=stated))
    decay = analyze(ANALYZER, given(emission_pct=stated, efficiency_basis="per_decay"))

    assert value(photon, "u_b_pct") == pytest.approx(math.hypot(3.0, 2.5), rel=1e-6)
    assert value(decay, "u_b_pct") == pytest.approx(3.0, rel=1e-6)


def test_c2_has_the_times_squared():
    chamber = dataclasses.replace(person(3_000.0), live_s=1200.0, real_s=1210.0)
    analysis = analyze(ANALYZER, given(person(12_000.0), chamber))
    net = value(analysis, "net_rate_cps")
    n_s, n_b = net * 600.0 + value_of_background(3_000.0), value_of_background(3_000.0) * 2.0

    # N_s / t_s**2 + N_b / t_b**2 of counts, not N / t as printed, which would be 600 times as much.
    by_hand = math.sqrt(n_s / 600.0**2 + n_b / 1200.0**2)
    assert value(analysis, "u_a_printed_pct") == pytest.approx(100.0 * by_hand / net, rel=2e-3)
    assert value(analysis, "u_a_pct") > value(analysis, "u_a_printed_pct")


def value_of_background(counts):
    """Return the net counts of the chamber in the time of the subject, half of its own."""
    return 0.9967 * counts / 2.0


def test_the_chamber_is_taken_off_by_the_live_times():
    chamber = dataclasses.replace(person(3_000.0), live_s=1200.0, real_s=1210.0)
    analysis = analyze(ANALYZER, given(person(12_000.0), chamber))

    assert value(analysis, "net_counts") == pytest.approx(12_000.0 - 1_500.0, rel=8e-3)


def test_a_rate_of_the_background_stands_in_for_its_spectrum():
    chamber = dataclasses.replace(person(3_000.0), live_s=1200.0, real_s=1210.0)
    spectrum = analyze(ANALYZER, given(person(12_000.0), chamber))
    # 2980 net counts of 3000 in 1200 s, over 15 channels and 3 of baseline on each side with 20 each:
    # a variance of 3000 + 300 + 2.5**2 * 120.
    stated = analyze(
        ANALYZER,
        given(person(12_000.0), background_peak_cps=ReadingValue(value=2.484, uncertainty=0.053)),
    )

    for metric in ("activity", "a_dl", "u_a_pct"):
        assert value(stated, metric) == pytest.approx(value(spectrum, metric), rel=0.02)
    assert [p.outcome for p in stated.preconditions if p.code == "PC_BACKGROUND"] == [Outcome.MET]
    alone = analyze(ANALYZER, given(person(12_000.0)))
    assert [p.outcome for p in alone.preconditions if p.code == "PC_BACKGROUND"] == [
        Outcome.UNKNOWN
    ]
    with pytest.raises(ParameterError, match="background_peak_cps is given beside a spectrum"):
        analyze(ANALYZER, given(person(12_000.0), chamber, background_peak_cps=2.5))


def test_activities_scatter_as_the_uncertainty_of_type_a_tells():
    results = [
        analyze(ANALYZER, given(person(1_000.0, rng=np.random.default_rng(seed))))
        for seed in range(40)
    ]
    rates = [found(each, "net_rate_cps") for each in results]

    # The spread of 40 is known to 11 %; three of it.
    assert np.std([m.value for m in rates], ddof=1) == pytest.approx(
        np.mean([m.uncertainty for m in rates]), rel=0.34
    )


def test_nothing_in_the_body_is_reported_as_at_most_the_limit():
    analysis = analyze(ANALYZER, given(person(0.0)))
    limit = value(analysis, "a_dl")

    assert not any(m.metric == "activity" for m in analysis.measurements)
    assert report(analysis)["Activity"] == f"<= {limit:.3g} Bq (detection limit A_DL)"
    assert [n.code for n in analysis.notes if n.code == "BELOW_DETECTION"]


def test_threshold_and_limit_are_d8_with_what_the_window_holds():
    analysis = analyze(ANALYZER, given(person(0.0)))
    # 15 channels and 3 of baseline on each side with 20 counts each: p / 2m = 2.5, 120 counts.
    threshold = 1.645 * math.sqrt(2.5 * 3.5 * 120.0)

    assert value(analysis, "n_dt") == pytest.approx(threshold)
    assert value(analysis, "a_dl") == pytest.approx(
        (1.645**2 + 2.0 * threshold) / (0.01 * 0.8499 * 600.0), rel=1e-5
    )


def test_noise_alone_is_detected_once_in_twenty():
    chance = sum(
        any(
            m.metric == "activity"
            for m in analyze(
                ANALYZER, given(person(0.0, rng=np.random.default_rng(seed)))
            ).measurements
        )
        for seed in range(100)
    )

    # 5 of 100 expected, the root of 4.75 about it; three of it.
    assert chance <= 11


def test_a_reference_time_takes_the_decay_off():
    half_life_s = 8.0207 * 86_400.0
    common = {"nuclide": "I-131", "energy_kev": 364.5}
    now = analyze(ANALYZER, given(person(12_000.0, energy=364.5), **common))
    before = analyze(
        ANALYZER,
        given(
            person(12_000.0, energy=364.5),
            reference_time=(AT - timedelta(seconds=half_life_s)).isoformat(),
            **common,
        ),
    )

    assert value(before, "activity") == pytest.approx(2.0 * value(now, "activity"), rel=1e-6)


def test_the_report_has_what_clause_8_asks_for():
    analysis = analyze(
        ANALYZER, given(sex="female", age_years=34.0, exposure_history="none", staff="ab")
    )
    table = report(analysis)

    assert table["Number of the subject"] == "S-0042"
    assert (table["Sex"], table["Age (years)"], table["History of contamination"]) == (
        "female",
        34.0,
        "none",
    )
    assert (table["Type of measurement"], table["Measured by"]) == ("whole_body", "ab")
    assert table["Measured at"] == AT.isoformat()
    assert "k = 2, about 95 %" in table["Activity"]


def test_a_name_in_place_of_a_number_is_withheld_and_never_repeated():
    analysis = analyze(ANALYZER, given(subject_id="Jane Roe"))

    assert report(analysis)["Number of the subject"] == "(withheld)"
    assert [n.code for n in analysis.notes if n.code.startswith("SUBJECT")] == [
        "SUBJECT_LOOKS_LIKE_A_NAME"
    ]
    assert "Roe" not in repr(analysis)


def test_a_subject_that_was_not_made_ready_warns():
    for word, outcome in (("no", Outcome.NOT_MET), (None, Outcome.UNKNOWN)):
        analysis = analyze(ANALYZER, given(prepared=word))
        assert [p.outcome for p in analysis.preconditions if "metal" in p.quantity] == [outcome]
        assert analysis.valid


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"efficiency_basis": None}, "efficiency_basis is missing, needs per_decay or per_photon"),
        (
            {"energy_kev": 700.0},
            "emission_pct is missing: the table has no line of Cs-137 within 1 keV",
        ),
        ({"energy_kev": 5000.0, "emission_pct": 10.0}, "5000 keV is outside of the spectrum"),
        ({"efficiency": 1.5}, "efficiency is 1.5, needs at most 1"),
        ({"components": (("source", 2.0), ("source", 3.0))}, "source stands twice in components"),
        ({"components": (("luck", 2.0),)}, "component in row 1 of components is luck"),
        (
            {"reference_time": "2026-03-02"},
            "reference_time is 2026-03-02, needs a date with time and zone",
        ),
        ({"detector_type": None}, "detector_type is missing"),
    ],
)
def test_what_is_missing_or_cannot_be_is_refused(changes, said):
    with pytest.raises((AnalysisError, ParameterError), match=said.replace(".", r"\.")):
        analyze(ANALYZER, given(**changes))


def neck(**changes):
    live = changes.pop("live_s", 600.0)
    return given(
        person(12_000.0, live, energy=364.5),
        role="thyroid",
        **(
            {"nuclide": "I-131", "energy_kev": 364.5, "exam_type": None, "distance_cm": 10.0}
            | changes
        ),
    )


def test_iodine_taken_in_is_five_times_that_of_a_normal_thyroid():
    analysis = analyze(THYROID, neck())

    # 81.5 photons per 100 decays.
    assert value(analysis, "activity") == pytest.approx(12_000.0 / (0.01 * 0.815 * 600.0), rel=8e-3)
    assert value(analysis, "taken_in") == pytest.approx(5.0 * value(analysis, "activity"))
    assert analysis.valid
    assert report(analysis)["Type of measurement"] == "thyroid"


@pytest.mark.parametrize(
    ("changes", "quantity", "outcome"),
    [
        ({"distance_cm": 10.5}, "distance", Outcome.MET),
        ({"distance_cm": 12.0}, "distance", Outcome.NOT_MET),
        ({"live_s": 599.0}, "live time", Outcome.NOT_MET),
        ({"nuclide": "Cs-137", "emission_pct": 80.0}, "nuclide", Outcome.NOT_MET),
    ],
)
def test_the_geometry_of_the_thyroid_is_checked(changes, quantity, outcome):
    analysis = analyze(THYROID, neck(**changes))

    assert [p.outcome for p in analysis.preconditions if p.quantity.startswith(quantity)][
        -1
    ] is outcome
    assert analysis.valid is (quantity != "nuclide")


def test_the_peak_of_another_nuclide_near_by_is_not_taken_for_the_line():
    # 667.7 keV of I-132 lies 6 keV off: no Cs-137, and it is said what is there.
    analysis = analyze(ANALYZER, given(person(12_000.0, energy=667.7)))

    assert not [m for m in analysis.measurements if m.metric == "activity"]
    assert abs(value(analysis, "net_counts")) < 100.0
    (note,) = [note for note in analysis.notes if note.code == "PEAK_BESIDE"]
    assert note.values["peak_kev"] == pytest.approx(667.7, abs=0.1)


def test_an_activity_at_another_time_asks_for_the_time_of_the_count():
    untimed = dataclasses.replace(person(12_000.0), started_at=None)
    earlier = given(untimed, reference_time="2026-02-20T08:00:00+00:00", nuclide="I-131",
                    energy_kev=661.7, emission_pct=85.0)  # fmt: skip
    timed = given(dataclasses.replace(untimed, started_at=AT), nuclide="I-131", emission_pct=85.0)

    with pytest.raises(AnalysisError, match="does not tell when it was counted"):
        analyze(ANALYZER, earlier)
    # Ten days before the count, half-life 8.02 d.
    told = analyze(ANALYZER, dataclasses.replace(earlier, performed_at=AT))
    ratio = value(told, "activity") / value(analyze(ANALYZER, timed), "activity")
    assert ratio == pytest.approx(2.0 ** (10.0 / 8.02), rel=2e-3)


def test_single_counts_above_no_baseline_are_no_detection():
    quiet = person(0.0)
    counts = np.zeros_like(quiet.counts)
    counts[np.argmin(np.abs(quiet.energy_kev - 661.7))] = 2.0
    analysis = analyze(ANALYZER, given(dataclasses.replace(quiet, counts=counts)))

    # k sqrt(p / 2m (p / 2m + 1) (0 + 1)) with p = 15 and m = 3.
    assert value(analysis, "n_dt") == pytest.approx(1.645 * math.sqrt(2.5 * 3.5), rel=1e-6)
    assert value(analysis, "net_counts") == 2.0
    assert not [m for m in analysis.measurements if m.metric == "activity"]


def test_live_and_real_time_exchanged_are_said():
    swapped = dataclasses.replace(person(12_000.0), live_s=610.0, real_s=600.0)
    (dead,) = [
        p for p in analyze(ANALYZER, given(swapped)).preconditions if p.quantity == "dead time"
    ]

    assert dead.outcome is Outcome.NOT_MET


def test_one_channel_and_energies_without_end_are_refused_with_the_reason():
    made = person(12_000.0)
    endless = np.array(made.energy_kev)
    endless[-1] = np.inf
    one = dataclasses.replace(made, counts=np.array([5.0]), energy_kev=np.array([661.7]))

    with pytest.raises(AnalysisError, match="1 channels, needs at least 16"):
        analyze(ANALYZER, given(one))
    with pytest.raises(AnalysisError, match="are no numbers or do not rise"):
        analyze(ANALYZER, given(dataclasses.replace(made, energy_kev=endless)))


def test_both_analyzers_keep_the_contract():
    assert check(ANALYZER, [given(background=person(300.0)), given(person(0.0))]) == []
    assert check(THYROID, [neck()]) == []

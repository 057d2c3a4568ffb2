"""Shield leakage by IEC 60789 / GB/T 18989-2013 3.8 and NEMA NU 1-2007 2.12 (E.12)."""

import dataclasses
import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from photopeak_analyzers.acquisition import CollimatorType, EnergyWindow, WholeBody
from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import Inputs, Outcome, ReadingValue, Scope, Severity
from photopeak_analyzers.errors import ParameterError, UnsuitableAcquisitionError
from photopeak_analyzers.gamma_camera.detector_shield_leakage import ANALYZER
from photopeak_analyzers.nuclides import half_life
from photopeak_analyzers.numerics.decay import decay_factor, mean_decay
from photopeak_analyzers.simulation.planar import still
from support.floods import notes, precondition, value, with_header

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
SHARES = (
    0.0002,
    0.0004,
    0.0001,
    0.0003,
    0.0012,
    0.0002,
    0.0001,
    0.0005,
    0.0002,
    0.0,
    0.0001,
    0.0003,
)
"""Of twelve places; the fifth is a cable outlet."""

RATE, BACKGROUND = 9_000.0, 30.0


def count(rate_cps, *, second=0.0, duration_s=100.0, variant="iec", seed=None, text=None, **how):
    """Return an image that counts a decaying rate on top of the background, spread evenly."""
    life = half_life("Tc-99m", variant).seconds
    left = decay_factor(second, life) * mean_decay(duration_s, life)
    image = np.full((32, 32), (rate_cps * left + BACKGROUND) * duration_s / 1024.0)
    if seed is not None:
        image = np.random.default_rng(seed).poisson(image)
    heads = how.pop("heads", (1,))
    frames = still(
        {(head, 1): image for head in heads},
        12.0,
        duration_s=duration_s,
        started_at=AT + timedelta(seconds=second),
        text=text or {},
        exact=seed is None,
        **how,
    )
    return dataclasses.replace(frames, saturation_level=65535)


def iec(shares=SHARES, *, every_s=120.0, seed=None, **how):
    """Return the roles of a series by IEC, one place after the other."""
    seeds = [None if seed is None else seed + n for n in range(len(shares) + 2)]
    return {
        "reference": (count(RATE, text={"distance_mm": "100"}, seed=seeds[0], **how),),
        "background": (count(0.0, second=-400.0, duration_s=300.0, seed=seeds[1], **how),),
        "positions": tuple(
            count(RATE * share, second=(n + 1) * every_s, seed=seeds[n + 2], **how)
            for n, share in enumerate(shares)
        ),
    }


def nema(**changed):
    """Return the roles of a series by NEMA: 6 places on the table, 4 in front, 3 beside."""
    places = {
        "positions": (0.02, 0.008, 0.004, 0.018, 0.009, 0.003),
        "front": (0.3, 0.29, 0.31, 0.28),
        "side": (0.001, 0.002, 0.0015),
    }
    found = {
        "reference": (count(RATE, variant="nema"),),
        "background": (count(0.0, second=-200.0, variant="nema"),),
    }
    number = 0
    for role, shares in (places | changed).items():
        series = []
        for share in shares:
            number += 1
            series.append(count(RATE * share, second=150.0 * number, variant="nema"))
        found[role] = tuple(series)
    return found


def analyze(roles, variant="iec", table=None, **parameters):
    readings = {} if table is None else {"leak_counts": ReadingValue(value=tuple(table))}
    inputs = Inputs(roles=roles, readings=readings, variant=variant)
    return ANALYZER.analyze(inputs, ANALYZER.parameters(**parameters))


def largest(analysis, source="positions"):
    (found,) = [
        m
        for m in analysis.measurements
        if m.metric == "shield_leakage_max" and m.scope.get("source") == source
    ]
    return found


def unmet(analysis):
    return [p for p in analysis.preconditions if p.outcome is not Outcome.MET]


# --- closed form ------------------------------------------------------------------------------------


def test_iec_reports_the_place_that_leaks_most():
    """(18), the decay between the places taken out."""
    analysis = analyze(iec())

    assert largest(analysis).value == pytest.approx(0.12, abs=1e-9)
    assert largest(analysis).scope == Scope.of(detector=1, energy_window=1, source="positions")
    assert value(analysis, "shield_leakage", position=8) == pytest.approx(0.05, abs=1e-9)
    assert [p.quantity for p in unmet(analysis)] == []


def test_nema_reports_each_kind_of_place_by_itself():
    """(E.14) to (E.19), with the background as a rate."""
    analysis = analyze(nema(), "nema")

    for source, percent in (("positions", 2.0), ("front", 31.0), ("side", 0.2)):
        assert largest(analysis, source).value == pytest.approx(percent, abs=1e-8)
    assert [p.quantity for p in unmet(analysis)] == []


def test_a_place_without_leakage_gives_nothing_whatever_its_time():
    """(CA - CB) / TA would give the wrong sign for unequal times."""
    roles = iec()
    long = count(0.0, second=1500.0, duration_s=600.0)
    analysis = analyze(roles | {"positions": (*roles["positions"], long)})

    assert value(analysis, "shield_leakage", position=13) == pytest.approx(0.0, abs=1e-12)


def test_the_reference_nearest_in_time_is_taken():
    """3.8.3, note: a reference in between; here the source was put 2 % nearer for it."""
    roles = iec()
    again = count(1.02 * RATE, second=1450.0)
    analysis = analyze(roles | {"reference": (*roles["reference"], again)})

    assert value(analysis, "shield_leakage", position=1) == pytest.approx(0.02, abs=1e-9)
    assert value(analysis, "shield_leakage", position=12) == pytest.approx(0.03 / 1.02, abs=1e-9)


def test_rows_of_the_table_stand_for_images():
    roles = iec()
    rows = [(0, 1, 9_000.0, 300.0, -400.0)]
    for n, share in enumerate(SHARES):
        image = roles["positions"][n]
        rows.append((1, 1, float(image.counts.sum()), 100.0, 120.0 * (n + 1)))
        assert share < 0.01
    analysis = analyze({"reference": roles["reference"]}, table=rows)

    assert largest(analysis).value == pytest.approx(0.12, abs=1e-9)
    assert analysis.valid


# --- invariances ------------------------------------------------------------------------------------


def test_the_order_of_the_series_is_of_no_account():
    roles = iec()
    turned = analyze(roles | {"positions": roles["positions"][::-1]})

    assert largest(turned).value == pytest.approx(0.12, abs=1e-9)


def test_where_in_the_image_the_counts_lie_is_of_no_account():
    roles = iec()

    def rolled(each):
        return dataclasses.replace(each, counts=np.roll(each.counts[:, ::-1], 5, axis=2))

    analysis = analyze({role: tuple(map(rolled, series)) for role, series in roles.items()})

    assert largest(analysis).value == pytest.approx(0.12, abs=1e-9)


def test_the_heads_that_the_source_was_not_before_are_left_out():
    both = iec()
    reference = both["reference"][0]
    weak = dataclasses.replace(
        reference,
        counts=np.concatenate([reference.counts, reference.counts * 0.05]),
        frames=(reference.frames[0], dataclasses.replace(reference.frames[0], detector=2)),
    )
    analysis = analyze(both | {"reference": (weak,)})

    assert {m.scope.get("detector") for m in analysis.measurements} == {1}
    assert "detector 2" in notes(analysis, "REFERENCE_NOT_BEFORE_HEAD")[0].message


# --- noise ------------------------------------------------------------------------------------------


def test_the_uncertainties_are_the_spread_of_repeated_measurements():
    """60 repetitions tell a standard deviation to 9 %; four of them are allowed."""
    found = [analyze(iec(seed=100 * n)) for n in range(60)]
    for pick in (
        largest,
        lambda a: next(m for m in a.measurements if m.scope.get("position") == 5),
    ):
        values = [pick(each).value for each in found]
        stated = np.mean([pick(each).uncertainty for each in found])
        assert stated == pytest.approx(np.std(values, ddof=1), rel=0.4)


def test_the_floor_is_what_a_perfect_shield_shows():
    """The largest of twelve, each with the noise of the background; 60 of them tell it to 5 %."""
    found = [analyze(iec(shares=(0.0,) * 12, seed=100 * n)) for n in range(60)]
    shown = np.mean([largest(each).value for each in found])

    # What the twelve have in common, the background, moves them all alike and cancels.
    floor = np.mean([value(each, "leakage_floor") for each in found])
    assert floor == pytest.approx(shown, rel=0.35)


# --- conditions -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("places", "outcome"), [(12, Outcome.MET), (11, Outcome.NOT_MET)])
def test_iec_asks_for_twelve_places(places, outcome):
    condition = precondition(analyze(iec(SHARES[:places])), "PC_SET")

    assert (condition.value, condition.outcome) == (places, outcome)
    assert condition.severity is Severity.HARD


def test_a_kind_of_place_that_is_missing_voids_its_own_number_alone():
    analysis = analyze(nema(side=(0.001,)), "nema")

    assert analysis.failed_for(largest(analysis, "side").scope)
    assert not analysis.failed_for(largest(analysis, "front").scope)


def test_the_reference_alone_says_what_is_missing():
    analysis = analyze({"reference": (count(RATE),)})

    missing = {p.quantity for p in analysis.failed}
    assert {"places of the source", "time of the background", "largest leakage"} <= missing


def test_nema_asks_for_a_thousand_counts_of_a_place():
    few = nema(positions=(0.001,) * 6)
    few["background"] = (count(0.0, second=-200.0, variant="nema"),)
    low = [dataclasses.replace(each, counts=each.counts * 0.2) for each in few["positions"]]
    analysis = analyze(few | {"positions": tuple(low)}, "nema")

    assert "PC_COUNTS" in {p.code for p in analysis.failed}


@pytest.mark.parametrize(
    ("rate", "valid"), [(975.0, True), (900.0, False), (29_900.0, True), (30_400.0, False)]
)
def test_nema_asks_for_one_to_thirty_thousand_counts_a_second(rate, valid):
    analysis = analyze(nema() | {"reference": (count(rate, variant="nema"),)}, "nema")

    failed = {p.quantity for p in analysis.failed}
    assert ("count rate" not in failed) is valid


def test_a_series_of_more_than_1600_seconds_warns_under_iec():
    assert [p.quantity for p in unmet(analyze(iec(every_s=150.0)))] == ["time of the whole series"]


def test_the_distance_of_the_reference_is_asked_for():
    roles = iec() | {"reference": (count(RATE, text={"distance_mm": "120"}),)}

    condition = precondition(analyze(roles), "PC_GEOMETRY", "distance")
    assert (condition.value, condition.outcome) == (120.0, Outcome.NOT_MET)


def test_a_place_brighter_than_the_reference_voids():
    exchanged = iec((1.2, *SHARES[1:]))

    assert "largest leakage" in {p.quantity for p in analyze(exchanged).failed}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"nuclide": "Ga-67"}, "PC_NUCLIDE"),
        ({"energy_windows": (EnergyWindow(number=1, lower_kev=92, upper_kev=125),)}, "PC_WINDOW"),
        ({"detector_collimator_type": CollimatorType.NONE}, "PC_COLLIMATOR"),
        ({"saturation_level": 5}, "PC_OVERFLOW"),
    ],
)
def test_wrong_circumstances_void(changes, code):
    roles = {
        role: tuple(with_header(each, **changes) for each in series)
        for role, series in iec().items()
    }

    assert code in {p.code for p in analyze(roles).failed}


def test_an_unknown_head_and_an_unknown_duration_void():
    def nobody(each):
        frames = tuple(dataclasses.replace(f, detector=None) for f in each.frames)
        return dataclasses.replace(each, frames=frames, detectors=())

    def timeless(each):
        frames = tuple(dataclasses.replace(f, duration_s=None) for f in each.frames)
        return dataclasses.replace(each, frames=frames)

    roles = iec()
    unknown = {role: tuple(map(nobody, series)) for role, series in roles.items()}
    endless = roles | {"positions": (timeless(roles["positions"][0]), *roles["positions"][1:])}

    assert "PC_DETECTOR" in {p.code for p in analyze(unknown).failed}
    assert "PC_DURATION" in {p.code for p in analyze(endless).failed}


def test_an_empty_reference_is_refused():
    dark = dataclasses.replace(count(0.0), counts=np.zeros((1, 32, 32)))

    with pytest.raises(UnsuitableAcquisitionError, match="no reference has counts"):
        analyze(iec() | {"reference": (dark,)})


def test_a_reference_as_weak_as_the_background_is_refused():
    weak = dataclasses.replace(count(0.0), counts=0.9 * count(0.0).counts)

    with pytest.raises(UnsuitableAcquisitionError, match="above the background, needs more than 0"):
        analyze(iec() | {"reference": (weak,)})


@pytest.mark.parametrize(
    "row", [(4, 1, 10.0, 1.0, 0.0), (1, 1, -1.0, 1.0, 0.0), (1, 1, 1.0, 0.0, 0.0)]
)
def test_an_impossible_row_is_refused(row):
    with pytest.raises(ParameterError, match="a line of leak_counts is"):
        analyze(iec(), table=[row])


def test_a_row_of_a_head_without_a_reference_is_refused():
    """Left out, the place that leaks most might be missing."""
    with pytest.raises(
        ParameterError, match="names detector 7, of which there are references in 0"
    ):
        analyze(iec(), table=((1, 7, 1000.0, 100.0, 0.0),))


def test_places_of_another_nuclide_window_or_collimator_void():
    roles = iec()
    first, *rest = roles["positions"]
    iodine = EnergyWindow(number=1, lower_kev=328.0, upper_kev=400.0)
    other = with_header(
        first, nuclide="I-131", energy_windows=(iodine,), detector_collimator_name="HEGP"
    )
    broken = {
        p.quantity.split()[0]
        for p in analyze({**roles, "positions": [other, *rest]}).failed
        if "places" in p.quantity
    }

    assert {"nuclides", "energy", "collimators"} <= broken


def test_a_background_without_a_duration_tells_no_rate():
    roles = iec()
    (empty,) = roles["background"]
    unknown = dataclasses.replace(
        empty, frames=tuple(dataclasses.replace(f, duration_s=None) for f in empty.frames)
    )
    both = analyze({**roles, "background": [empty, unknown]})

    assert value(both, "background_cps") == pytest.approx(BACKGROUND)


def test_a_whole_body_image_is_refused():
    first = count(RATE)
    body = WholeBody(counts=first.counts, frames=first.frames, pixel_spacing_mm=(12.0, 12.0))

    with pytest.raises(UnsuitableAcquisitionError, match="whole_body acquisition"):
        analyze(iec() | {"reference": (body,)})


def test_the_uncertainty_of_a_place_is_that_of_counting():
    """Worked by hand for no leakage: u = sqrt(N_b / T^2 + N_B / T_B^2) / R_0."""
    analysis = analyze(iec(shares=(0.0,) * 12, every_s=0.0))
    found = next(m for m in analysis.measurements if m.scope.get("position") == 1)
    life = half_life("Tc-99m", "iec").seconds

    by_hand = math.sqrt(BACKGROUND / 100.0 + BACKGROUND / 300.0) / mean_decay(100.0, life) / RATE
    assert found.uncertainty == pytest.approx(100.0 * by_hand, rel=1e-9)


def test_it_keeps_the_contract():
    examples = [
        Inputs(roles=iec(seed=1), variant="iec"),
        Inputs(roles=nema(), variant="nema"),
        Inputs(roles={"reference": (count(RATE),)}, variant="iec"),
    ]

    assert check(ANALYZER, examples) == []

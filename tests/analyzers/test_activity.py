"""Activities between syringe and image: decay, residue, uncertainty."""

import dataclasses
import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from photopeak_analyzers.activity import activity_readings, dispensed
from photopeak_analyzers.contract import Inputs, ReadingKind, ReadingValue
from photopeak_analyzers.errors import MissingReadingError, ParameterError
from photopeak_analyzers.nuclides import half_life
from photopeak_analyzers.numerics.counting import Estimate

AT = datetime(2024, 5, 2, 8, 0, tzinfo=UTC)
TC99M_S = 21_672.0
HALF_LIFE = timedelta(seconds=TC99M_S)


def inputs(full=(40.0, AT, 1.0), residue=None):
    readings = {"activity": full, "residual_activity": residue}
    return Inputs(
        roles={},
        readings={
            name: ReadingValue(value=each[0], at=each[1], uncertainty=each[2])
            for name, each in readings.items()
            if each is not None
        },
        variant="nema",
    )


def source(*, clock_s=0.0, **readings):
    return dispensed(inputs(**readings), nuclide="Tc-99m", profile="nema", clock_s=clock_s)


def test_after_one_half_life_half_is_left_and_before_it_there_was_twice_as_much():
    found = source()

    assert found.activity(AT).value == 40.0
    assert found.activity(AT + HALF_LIFE).value == pytest.approx(20.0)
    assert found.activity(AT - HALF_LIFE).value == pytest.approx(80.0)
    assert found.half_life.seconds == TC99M_S


def test_the_residue_is_taken_off_at_the_time_of_the_full_syringe():
    # 1 MBq one half-life later was 2 MBq when the full syringe was measured.
    found = source(residue=(1.0, AT + HALF_LIFE, 0.0))

    assert found.mbq.value == pytest.approx(38.0)
    assert found.residue_mbq == pytest.approx(2.0)
    assert "residue of 2 MBq off" in found.note().message
    assert "no residue was entered" in source().note().message


def test_forgetting_the_decay_of_the_residue_costs_a_fifth_of_a_percent_per_minute():
    later = source(full=(40.0, AT, 0.0), residue=(10.0, AT + timedelta(minutes=1), 0.0))

    assert later.residue_mbq / 10.0 - 1.0 == pytest.approx(0.0019, abs=5e-5)


def test_the_mean_during_an_acquisition_is_the_integral_of_the_decay():
    # From one half-life after the reading, for one half-life: 20 (1 - 1/2) / ln 2.
    mean = source().mean_activity(AT + HALF_LIFE, TC99M_S)

    assert mean.value == pytest.approx(20.0 * 0.5 / math.log(2.0))


def test_a_sensitivity_comes_back_whatever_the_decay():
    # 60 counts/s/MBq, 5 counts/s of background, from half an hour on, for 1174 s.
    found, start, seconds = source(), AT + timedelta(minutes=30), 1174.0
    counts = (60.0 * found.mean_activity(start, seconds).value + 5.0) * seconds

    value, u = found.rate_per_mbq(
        counts, start, seconds, background=Estimate(value=5.0, uncertainty=0.0)
    )

    assert value == pytest.approx(60.0)
    # The activity is known to 1 / 40; counting adds next to nothing.
    assert u / value == pytest.approx(1.0 / 40.0, rel=1e-3)
    # At the start instead of in the mean it would be 1.9 % less.
    at_start = (counts / seconds - 5.0) / found.activity(start).value
    assert 1.0 - at_start / 60.0 == pytest.approx(0.019, abs=0.001)


def test_the_uncertainty_is_the_spread_of_repeated_readings():
    rng, values = np.random.default_rng(4), []
    for _ in range(2000):
        full, left = rng.normal(40.0, 1.0), rng.normal(4.0, 0.2)
        shift = timedelta(seconds=float(rng.normal(0.0, 60.0)))
        one = source(full=(full, AT + shift, 1.0), residue=(left, AT + HALF_LIFE + shift, 0.2))
        values.append(one.activity(AT).value)
    stated = source(clock_s=60.0, residue=(4.0, AT + HALF_LIFE, 0.2)).activity(AT)

    # 2000 draws tell a spread to 1.6 %, three times.
    assert np.std(values) == pytest.approx(stated.uncertainty, rel=0.05)
    assert stated.value == pytest.approx(32.0)


def test_the_half_life_adds_its_uncertainty_with_time():
    life = half_life("Tc-99m", "ddep")
    assert life.uncertainty_s is not None
    found = dataclasses.replace(source(full=(40.0, AT, 0.0)), half_life=life)

    later = found.activity(AT + timedelta(seconds=10.0 * life.seconds))

    assert later.relative == pytest.approx(10.0 * math.log(2.0) * life.uncertainty_s / life.seconds)
    assert found.activity(AT).uncertainty == 0.0


def test_without_an_uncertainty_of_the_reading_there_is_none_of_the_result():
    found = source(full=(40.0, AT, None))

    assert not found.measured
    assert found.rate_per_mbq(1e6, AT, 300.0)[1] is None
    assert not source(residue=(1.0, AT, None)).measured
    assert source(residue=(0.0, AT, None)).measured


def test_the_readings_ask_for_an_activity_and_offer_a_residue():
    full, residue = activity_readings()

    assert (full.kind, residue.kind) == (ReadingKind.ACTIVITY, ReadingKind.ACTIVITY)
    assert (full.required, residue.required, full.unit) == (True, False, "MBq")


@pytest.mark.parametrize(
    ("readings", "error", "message"),
    [
        ({"full": None}, MissingReadingError, "the reading activity is missing"),
        ({"full": (40.0, None, 1.0)}, MissingReadingError, "the time of the reading activity"),
        (
            {"full": (40.0, datetime(2024, 5, 2), 1.0)},  # noqa: DTZ001 - what is refused here
            MissingReadingError,
            "the time of the reading activity has no zone",
        ),
        (
            {"residue": (40.0, AT, 0.0)},
            ParameterError,
            "40 MBq less a residue of 40 MBq leaves 0 MBq, needs more than 0",
        ),
        ({"full": (0.0, AT, 0.0)}, ParameterError, "leaves 0 MBq"),
    ],
)
def test_an_activity_that_cannot_be_is_refused(readings, error, message):
    with pytest.raises(error, match=message):
        source(**readings)

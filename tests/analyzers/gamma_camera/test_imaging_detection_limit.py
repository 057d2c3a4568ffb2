"""Detection limit of imaging: what the background hides, and in which windows it hides least."""

import dataclasses
import itertools
import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from photopeak_analyzers.acquisition import (
    CollimatorType,
    Detector,
    Dynamic,
    EnergyWindow,
    Frame,
    WholeBody,
)
from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import Inputs, Outcome, ReadingValue, Severity
from photopeak_analyzers.errors import (
    MissingReadingError,
    ParameterError,
    UnsuitableAcquisitionError,
)
from photopeak_analyzers.gamma_camera.imaging_detection_limit import ANALYZER
from photopeak_analyzers.gamma_camera.imaging_detection_windows import (
    Channel,
    K,
    detection_limit,
    sums_of_windows,
    threshold_counts,
)
from photopeak_analyzers.numerics.decay import mean_decay
from photopeak_analyzers.simulation.bars import BarPhantom
from photopeak_analyzers.simulation.blur import disc
from photopeak_analyzers.simulation.planar import Matrix, still
from support.floods import notes, precondition, value

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
MATRIX = Matrix(rows=64, columns=64, pixel_mm=6.4)
WINDOWS = (
    EnergyWindow(number=1, lower_kev=68.0, upper_kev=98.0),
    EnergyWindow(number=2, lower_kev=215.0, upper_kev=260.0),
    EnergyWindow(number=3, lower_kev=350.0, upper_kev=420.0),
)
SENSITIVITY = {1: 60.0, 2: 12.0, 3: 8.0}
"""Counts/s/MBq in each window."""
ROOM_CPS = {1: 40.0, 2: 6.0, 3: 2.0}
"""Background of the whole image in each window."""
LIFE_S = 11.43 * 86_400.0


def shape(diameter_mm=40.0):
    y, x = MATRIX.coordinates()
    found = disc(np.hypot(y, x), diameter_mm / 2.0, 4.0)
    return found / found.sum()


def acquire(activity_mbq=0.0, *, duration_s=1800.0, seed=None, windows=WINDOWS, heads=(1,), **how):
    """Return the source, or without an activity the background."""
    rng = None if seed is None else np.random.default_rng(seed)
    form, images = how.pop("form", shape()), {}
    mean = activity_mbq * mean_decay(duration_s, LIFE_S)
    for head, window in itertools.product(heads, windows):
        original = next(w.number for w in WINDOWS if w.lower_kev == window.lower_kev)
        image = SENSITIVITY[original] * mean * duration_s * form
        image = image + ROOM_CPS[original] * duration_s / form.size
        images[(head, window.number)] = image if rng is None else rng.poisson(image)
    return still(
        images,
        MATRIX.pixel_mm,
        duration_s=duration_s,
        nuclide="Ra-223",
        windows=windows,
        started_at=AT,
        exact=rng is None,
        **how,
    )


SOURCE = acquire(5.0)
NIGHT = acquire(duration_s=36_000.0)


def analyze(source=SOURCE, *backgrounds, given=None, **parameters):
    readings = {"activity": ReadingValue(value=5.0, at=AT, uncertainty=0.05)}
    inputs = Inputs(
        roles={"source": (source,), "background": backgrounds or (NIGHT,)},
        readings=readings if given is None else given,
        variant="local",
    )
    return ANALYZER.analyze(inputs, ANALYZER.parameters(**parameters))


def measurement(analysis, metric, **scope):
    (found,) = [
        m
        for m in analysis.measurements
        if m.metric == metric and set(scope.items()) <= set(m.scope.items)
    ]
    return found


def channel(window=1, *, net_cps=50.0, background_cps=4.0, source_s=1800.0, background_s=36_000.0):
    return Channel(
        detector=1,
        windows=(window,),
        bounds_kev=((100.0 * window, 100.0 * window + 50.0),),
        source_counts=(net_cps + background_cps) * source_s,
        source_s=source_s,
        background_counts=background_cps * background_s,
        background_s=background_s,
    )


# --- known answers ----------------------------------------------------------------------------------


def test_the_reference_case_has_a_limit_of_23_514_counts_and_1_9595_bq():
    """0.05 counts/s, 600 s against a background of 1800 s, 0.02 counts per decay."""
    one = channel(net_cps=0.02 * 1e6, background_cps=0.05, source_s=600.0, background_s=1800.0)

    found = detection_limit(one, 1.0, None, 600.0)

    assert found.threshold_counts == pytest.approx(10.404, abs=1e-3)
    assert found.limit_counts == pytest.approx(23.514, abs=1e-3)
    assert 1e6 * found.limit_mbq == pytest.approx(1.9595, abs=1e-4)
    assert found.relative is None


def test_with_equal_times_and_30_counts_the_limit_is_28_190():
    """2.71 + 4.65 sqrt(30)."""
    assert K**2 + 2.0 * threshold_counts(0.03, 1000.0, 1000.0) == pytest.approx(28.190, abs=1e-3)


def test_each_window_has_the_limit_that_its_sensitivity_and_background_give():
    analysis = analyze()

    pixels = math.pi * 50.0**2 / 6.4**2
    for window in (1, 2, 3):
        b = value(analysis, "background_in_region_cps", windows=str(window))
        assert b == pytest.approx(ROOM_CPS[window] * pixels / 4096.0, rel=0.05)
        s = value(analysis, "sensitivity_in_region", windows=str(window))
        assert s == pytest.approx(SENSITIVITY[window], rel=2e-3)
        limit = 2.71 + 3.29 * math.sqrt(b * 1800.0 * (1.0 + 1800.0 / 36_000.0))
        found = value(analysis, "detection_limit_counts", windows=str(window))
        assert found == pytest.approx(limit, abs=0.01)
        activity = value(analysis, "detection_limit_kbq", windows=str(window))
        assert activity == pytest.approx(1e3 * limit / (s * 1800.0), rel=1e-3)
        merit = value(analysis, "figure_of_merit", windows=str(window))
        assert merit == pytest.approx(s**2 / b, rel=1e-9)
    assert analysis.valid


def test_sums_of_windows_add_sensitivity_and_background():
    """By S / b: window 3 (4), 2 (2), 1 (1.5)."""
    analysis = analyze()

    for names in ("2+3", "1+2+3"):
        parts = [int(name) for name in names.split("+")]
        for metric in ("sensitivity_in_region", "background_in_region_cps"):
            single = sum(value(analysis, metric, windows=str(w)) for w in parts)
            assert value(analysis, metric, windows=names) == pytest.approx(single, rel=1e-9)
    (best,) = notes(analysis, "BEST_WINDOWS")
    assert best.values["windows"] == "1+2+3"


def test_no_choice_of_windows_is_better_than_one_of_the_sums():
    rng = np.random.default_rng(4)
    for _ in range(60):
        windows = [
            channel(w, net_cps=float(rng.lognormal()), background_cps=float(rng.lognormal()))
            for w in range(1, 6)
        ]

        def merit(chosen):
            return sum(c.net_cps for c in chosen) ** 2 / sum(c.background_cps for c in chosen)

        every = [
            merit(chosen)
            for size in range(1, 6)
            for chosen in itertools.combinations(windows, size)
        ]
        offered = [merit([c]) for c in (*windows, *sums_of_windows(windows))]
        assert max(offered) == pytest.approx(max(every), rel=1e-9)


def test_the_limit_is_what_it_says_five_percent_false_alarms_and_five_percent_misses():
    rng = np.random.default_rng(6)
    b, t, t_b, draws = 0.5, 1800.0, 5400.0, 20_000
    threshold = threshold_counts(b, t, t_b)
    limit = K**2 + 2.0 * threshold

    empty = rng.poisson(b * t_b, draws) * (t / t_b)
    alarms = np.mean(rng.poisson(b * t, draws) - empty > threshold)
    misses = np.mean(rng.poisson(b * t + limit, draws) - empty <= threshold)

    # 20 000 draws tell 5 % to 0.15 %; whole counts and the normal shape cost some tenths more.
    assert alarms == pytest.approx(0.05, abs=0.006)
    assert misses == pytest.approx(0.05, abs=0.006)


def test_a_longer_image_shows_less_and_a_longer_background_helps():
    usual, longer = analyze(), analyze(imaging_s=7200.0)
    short_night = analyze(SOURCE, acquire(duration_s=3600.0))

    for window in (1, 2, 3):
        limits = [
            value(each, "detection_limit_kbq", windows=str(window))
            for each in (longer, usual, short_night)
        ]
        assert limits == sorted(limits)
    (figure,) = [f for f in usual.figures if f.name == "limit_by_time"]
    assert all(np.all(np.diff(curve.y) < 0.0) for curve in figure.curves)


# --- what belongs together --------------------------------------------------------------------------


def test_windows_belong_together_by_their_limits_not_by_their_numbers():
    turned = tuple(
        dataclasses.replace(window, number=4 - window.number) for window in reversed(WINDOWS)
    )

    other = analyze(SOURCE, acquire(duration_s=36_000.0, windows=turned))

    assert other.measurements == analyze().measurements


def test_backgrounds_of_several_acquisitions_are_added():
    halves = [acquire(duration_s=18_000.0), acquire(duration_s=18_000.0)]

    for one, other in zip(
        analyze(SOURCE, *halves).measurements, analyze().measurements, strict=True
    ):
        assert (one.metric, one.scope) == (other.metric, other.scope)
        assert one.value == pytest.approx(other.value, rel=1e-9)


def test_a_background_in_time_frames_counts_as_one():
    frames = [Frame(detector=1, energy_window=w, duration_s=18_000.0, time_slice=i, phase=1)
              for w in (1, 2, 3) for i in (1, 2)]  # fmt: skip
    in_time = Dynamic(
        **{
            f.name: getattr(NIGHT, f.name)
            for f in dataclasses.fields(NIGHT)
            if f.init and f.name not in {"counts", "frames"}
        },
        counts=np.repeat(NIGHT.counts / 2.0, 2, axis=0),
        frames=tuple(frames),
    )

    found = analyze(SOURCE, in_time)
    for metric in ("detection_limit_kbq", "background_in_region_cps"):
        assert value(found, metric, windows="2") == pytest.approx(
            value(analyze(), metric, windows="2")
        )


def test_a_window_without_a_background_is_left_out_with_a_note():
    analysis = analyze(SOURCE, acquire(duration_s=36_000.0, windows=WINDOWS[1:]))

    (note,) = notes(analysis, "NO_BACKGROUND")
    assert note.message == "detector 1, energy window 1 has no background with the same limits"
    assert {m.scope.get("windows") for m in analysis.measurements} == {"2", "3", "2+3"}


def test_windows_that_overlap_are_not_added():
    wide = (*WINDOWS[:2], dataclasses.replace(WINDOWS[2], lower_kev=350.0, upper_kev=420.0))
    low = dataclasses.replace(WINDOWS[1], upper_kev=360.0)
    windows = (wide[0], low, wide[2])

    analysis = analyze(acquire(5.0, windows=windows), acquire(duration_s=36_000.0, windows=windows))

    assert len(notes(analysis, "WINDOWS_NOT_ADDED")) == 1
    assert {m.scope.get("windows") for m in analysis.measurements} == {"1", "2", "3", "1+3"}


def test_a_window_that_does_not_see_the_source_has_no_limit():
    blind = SOURCE.counts.copy()
    blind[0] = NIGHT.counts[0] / 20.0

    analysis = analyze(dataclasses.replace(SOURCE, counts=blind))

    (note,) = notes(analysis, "SOURCE_NOT_SEEN")
    assert "energy window 1 counts" in note.message
    assert {m.scope.get("windows") for m in analysis.measurements} == {"2", "3", "2+3"}


def test_each_head_is_measured():
    both = analyze(acquire(5.0, heads=(1, 2)), acquire(duration_s=36_000.0, heads=(1, 2)))

    for head in (1, 2):
        assert value(both, "sensitivity_in_region", detector=head, windows="2") == (
            pytest.approx(SENSITIVITY[2], rel=2e-3)
        )
    assert {f.name for f in both.figures} >= {"windows_detector_1", "windows_detector_2"}


# --- invariances ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        lambda c: c[:, ::-1],
        lambda c: c.swapaxes(1, 2),
        lambda c: np.rot90(c, axes=(1, 2)),
        lambda c: np.roll(c, (5, -7), axis=(1, 2)),
    ],
    ids=["flip", "transpose", "rotation", "shift"],
)
def test_the_limit_does_not_depend_on_the_orientation_or_the_place(change):
    turned = [
        dataclasses.replace(each, counts=np.ascontiguousarray(change(each.counts)))
        for each in (SOURCE, NIGHT)
    ]

    for window in (1, 2, 3):
        found = value(analyze(*turned), "detection_limit_kbq", windows=str(window))
        assert found == pytest.approx(
            value(analyze(), "detection_limit_kbq", windows=str(window)), rel=1e-6
        )


def test_the_limit_does_not_depend_on_the_activity_of_the_source():
    strong = {"activity": ReadingValue(value=20.0, at=AT, uncertainty=0.2)}

    found = value(analyze(acquire(20.0), given=strong), "detection_limit_kbq", windows="2+3")

    assert found == pytest.approx(value(analyze(), "detection_limit_kbq", windows="2+3"), rel=1e-6)


# --- uncertainty ------------------------------------------------------------------------------------


def test_the_uncertainties_are_the_spread_of_repeated_measurements():
    rng = np.random.default_rng(9)
    quiet = [acquire(0.05, duration_s=900.0), acquire(duration_s=1800.0)]
    kept = {"sensitivity_in_region": [], "detection_limit_kbq": [], "figure_of_merit": []}
    for _ in range(150):
        noisy = [dataclasses.replace(q, counts=rng.poisson(q.counts)) for q in quiet]
        given = {
            "activity": ReadingValue(value=float(rng.normal(0.05, 0.002)), at=AT, uncertainty=0.002)
        }
        analysis = analyze(*noisy, given=given, imaging_s=900.0, clock_s=0.0)
        for metric, found in kept.items():
            found.append(measurement(analysis, metric, windows="2+3"))

    # 150 draws tell a spread to 6 %: three times that, and a little for the bend of the quotient.
    for metric, found in kept.items():
        spread = np.std([m.value for m in found])
        stated = np.mean([m.uncertainty for m in found])
        assert stated == pytest.approx(spread, rel=0.22), metric


def test_without_an_uncertainty_of_the_activity_there_is_none():
    given = {"activity": ReadingValue(value=5.0, at=AT)}

    assert measurement(analyze(given=given), "detection_limit_kbq", windows="1").uncertainty is None
    by_meter = analyze(given=given, activity_meter_percent=2.5)
    found = measurement(by_meter, "detection_limit_kbq", windows="1")
    assert found.uncertainty == pytest.approx(0.025 * found.value, rel=0.05)


def test_a_background_without_any_count_still_hides_two_point_seven_counts():
    found = detection_limit(channel(background_cps=0.0), 5.0, 0.01, 1800.0)

    assert found.limit_counts == pytest.approx(2.706, abs=1e-3)
    assert found.limit_counts_u > 0.0
    assert found.merit is None


# --- what is refused, and what voids or warns -------------------------------------------------------


def test_a_flood_and_bars_are_no_source():
    flood = acquire(5.0, form=np.full((64, 64), 1.0 / 4096.0))
    bars = BarPhantom().image(Matrix(rows=64, columns=64, pixel_mm=6.4), 3.8)
    picture = acquire(5.0, form=bars / bars.sum())

    for image in (flood, picture):
        analysis = analyze(image)
        broken = {p.quantity for p in analysis.failed}
        assert "diameter of the source in the image" in broken
        assert not analysis.valid


def test_two_sources_are_no_source():
    form = (np.roll(shape(20.0), 6, axis=1) + np.roll(shape(20.0), -6, axis=1)) / 2.0

    found = precondition(analyze(acquire(5.0, form=form)), "PC_GEOMETRY", "spread")

    assert (found.outcome, found.severity) == (Outcome.NOT_MET, Severity.HARD)


def test_a_region_beyond_the_image_voids():
    form = np.roll(shape(), 28, axis=1)

    found = precondition(analyze(acquire(5.0, form=form)), "PC_GEOMETRY", "share of the region")

    assert (found.outcome, found.severity) == (Outcome.NOT_MET, Severity.HARD)


def test_a_source_left_in_the_background_warns():
    left = analyze(SOURCE, acquire(0.01, duration_s=36_000.0))

    found = [p for p in left.preconditions if "above that around it" in p.quantity]
    assert found[0].outcome is Outcome.NOT_MET
    assert {p.severity for p in found} == {Severity.SOFT}
    # A sum inherits what its windows do not meet.
    assert any(p.scope.get("windows") == "2+3" for p in found)


def test_a_field_smaller_than_the_matrix_is_no_spot_in_the_background():
    """A camera counts nothing in the rows beyond its crystal."""
    field = (np.abs(np.arange(64) - 31.5) < 20.0)[:, None]
    source, room = (
        dataclasses.replace(each, counts=each.counts * field)
        for each in (SOURCE, acquire(duration_s=36_000.0))
    )

    found = [p for p in analyze(source, room).preconditions if "above that around" in p.quantity]

    assert {p.outcome for p in found} == {Outcome.MET}


def test_a_head_that_saw_nothing_does_not_stop_the_other():
    both, room = acquire(5.0, heads=(1, 2)), acquire(duration_s=36_000.0, heads=(1, 2))
    first = np.array([1, 1, 1, 0, 0, 0])[:, None, None]

    analysis = analyze(dataclasses.replace(both, counts=both.counts * first), room)

    assert {m.scope.get("detector") for m in analysis.measurements} == {1}
    (note,) = notes(analysis, "HEAD_WITHOUT_SOURCE")
    assert note.message == (
        "detector 2 has no more counts with the source than without and is left out"
    )
    with pytest.raises(UnsuitableAcquisitionError, match="no head has more counts with the source"):
        analyze(dataclasses.replace(both, counts=0 * both.counts), room)


def test_a_background_shorter_than_the_image_warns():
    for duration, outcome in ((1800.0, Outcome.MET), (1799.0, Outcome.NOT_MET)):
        analysis = analyze(SOURCE, acquire(duration_s=duration))
        found = [p for p in analysis.preconditions if p.quantity == "duration of the background"]
        assert {(p.outcome, p.severity) for p in found} == {(outcome, Severity.SOFT)}


def test_a_saturated_window_voids_itself_and_its_sums_alone():
    image = acquire(5.0, seed=1)
    level = int(image.counts[0].max())

    analysis = analyze(dataclasses.replace(image, saturation_level=level), acquire(duration_s=36e3))

    def broken(**scope):
        return analysis.failed_for(measurement(analysis, "detection_limit_kbq", **scope).scope)

    assert broken(windows="1")
    assert broken(windows="1+2+3")
    assert not broken(windows="2")
    assert not broken(windows="2+3")


@pytest.mark.parametrize(
    ("changes", "code", "quantity"),
    [
        ({"nuclide": "Lu-177"}, "PC_NUCLIDE", "nuclide"),
        ({"pixel_spacing_mm": (6.4, 6.8)}, "PC_PIXEL", "difference"),
        (
            {"detectors": (Detector(number=1, collimator_type=CollimatorType.NONE),)},
            "PC_COLLIMATOR",
            "collimator",
        ),
    ],
)
def test_what_makes_another_measurement_of_it_voids(changes, code, quantity):
    changed = [dataclasses.replace(each, **changes) for each in (SOURCE, NIGHT)]

    analysis = analyze(*changed, nuclide="Ra-223")

    assert [p for p in analysis.failed if p.code == code and quantity in p.quantity]


def test_another_collimator_without_the_source_voids():
    def with_collimator(image, name):
        heads = tuple(dataclasses.replace(d, collimator_name=name) for d in image.detectors)
        return dataclasses.replace(image, detectors=heads)

    same = analyze(with_collimator(SOURCE, "MEGP"), with_collimator(NIGHT, "MEGP"))
    other = analyze(with_collimator(SOURCE, "MEGP"), with_collimator(NIGHT, "HEGP"))

    assert same.valid
    assert precondition(other, "PC_COLLIMATOR", "of the background").outcome is Outcome.NOT_MET
    assert not other.valid


def test_a_rate_at_which_counts_are_lost_voids():
    def rate(cps):
        counts = SOURCE.counts.copy()
        counts[1] *= cps * 1800.0 / counts[1].sum()
        return analyze(dataclasses.replace(SOURCE, counts=counts)).valid

    assert rate(19_990.0)
    assert not rate(20_010.0)


@pytest.mark.parametrize(
    ("source", "background", "message"),
    [
        (
            dataclasses.replace(SOURCE, counts=0 * SOURCE.counts),
            NIGHT,
            "no head has more counts with the source",
        ),
        (NIGHT, NIGHT, "no head has more counts with the source|counts more with the source"),
        (SOURCE, SOURCE, "no head has more counts with the source|counts more with the source"),
        (dataclasses.replace(SOURCE, started_at=None), NIGHT, "image of the source has no start"),
        (dataclasses.replace(SOURCE, pixel_spacing_mm=None), NIGHT, "header has no pixel spacing"),
        (
            SOURCE,
            dataclasses.replace(
                NIGHT,
                frames=tuple(dataclasses.replace(f, duration_s=None) for f in NIGHT.frames),
            ),
            "the background of detector 1, energy window 1 has no duration",
        ),
        (
            SOURCE,
            dataclasses.replace(NIGHT, counts=NIGHT.counts[:, :32]),
            "the source has 64 x 64 pixels of 6.4 mm, the background 64 x 32 pixels of 6.4 mm",
        ),
        (SOURCE, acquire(duration_s=60.0, heads=(2,)), "no energy window of the source has a back"),
        (
            WholeBody(
                counts=SOURCE.counts,
                frames=SOURCE.frames,
                pixel_spacing_mm=(6.4, 6.4),
                started_at=AT,
            ),
            NIGHT,
            "given as source is a whole_body",
        ),
    ],
)
def test_pictures_that_cannot_be_measured_are_refused(source, background, message):
    with pytest.raises(UnsuitableAcquisitionError, match=message):
        analyze(source, background, nuclide="Ra-223")


def test_without_nuclide_or_activity_there_is_no_limit():
    with pytest.raises(ParameterError, match="no header names the nuclide"):
        analyze(dataclasses.replace(SOURCE, nuclide=None))
    with pytest.raises(MissingReadingError, match="the reading activity is missing"):
        analyze(given={})
    with pytest.raises(ParameterError, match="not in the table of nuclides"):
        ANALYZER.parameters(nuclide="Xx-1")


def test_the_decay_since_the_activity_was_measured_is_taken_into_account():
    before = AT - timedelta(days=11.43)
    given = {"activity": ReadingValue(value=10.0, at=before, uncertainty=0.1)}

    found = value(analyze(given=given), "sensitivity_in_region", windows="1")

    assert found == pytest.approx(SENSITIVITY[1], rel=2e-3)


def test_the_analyzer_keeps_the_contract():
    activity = {"activity": ReadingValue(value=5.0, at=AT, uncertainty=0.05)}
    examples = [
        Inputs(
            roles={
                "source": (acquire(5.0, seed=1, heads=heads),),
                "background": (acquire(duration_s=36_000.0, seed=2, heads=heads),),
            },
            readings=activity,
            variant="local",
        )
        for heads in ((1,), (1, 2))
    ]

    assert check(ANALYZER, examples) == []

"""Tests of other shapes fit the contract: two roles, an activity with its residue, two modalities.

Each analyzer here is as small as it can be and still measure something; what it shows is that
roles, readings, scopes and units are enough to say what such a test needs and gives.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from photopeak_analyzers.acquisition import (
    AcquisitionKind,
    Detector,
    Frame,
    Origin,
    Planar,
    Volume,
)
from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import (
    Analysis,
    Analyzer,
    Inputs,
    Measurement,
    Metric,
    Outcome,
    Parameters,
    Precondition,
    PreconditionCode,
    Reading,
    ReadingKind,
    ReadingValue,
    Role,
    Scope,
    Severity,
    Variant,
    parameter,
)
from photopeak_analyzers.errors import (
    MissingReadingError,
    ParameterError,
    UnsuitableAcquisitionError,
)
from photopeak_analyzers.figures_io import analysis_from_plain, analysis_to_plain
from photopeak_analyzers.nuclides import half_life
from photopeak_analyzers.numerics.counting import uncertainty_of_counts
from photopeak_analyzers.numerics.decay import net_activity, rate_at_reference
from photopeak_analyzers.uncertainty import Budget, Component
from support.floods import precondition, value

START = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)
PLANAR = frozenset({AcquisitionKind.PLANAR})
VOLUME = frozenset({AcquisitionKind.VOLUME})


def metric(key, unit, label_zh, decimals=1):
    return Metric(
        key=key,
        unit=unit,
        symbol=key,
        label=key.replace("_", " "),
        label_zh=label_zh,
        decimals=decimals,
        clause="GB/T 18989-2013",
    )


def only(inputs, role):
    given = inputs.all(role)
    if len(given) != 1:
        raise UnsuitableAcquisitionError(f"{len(given)} of {role} are given, needs 1")
    return given[0]


# Two roles: lines across X and across Y --------------------------------------------------------


def measure_lines(inputs, parameters):
    measurements = []
    for role, axis in (("lines_x", 1), ("lines_y", 0)):
        lines = only(inputs, role)
        for frame, image in zip(lines.frames, lines.counts, strict=True):
            profile = image.sum(axis=1 - axis)
            edges = np.flatnonzero(np.diff((profile > profile.max() / 2).astype(int)))
            if edges.size != 4:
                raise UnsuitableAcquisitionError(f"{edges.size / 2} lines are seen, needs 2")
            pixels = (edges[2] + edges[3] - edges[0] - edges[1]) / 2.0
            scope = Scope.of(detector=frame.detector, axis="xy"[1 - axis])
            measurements.append(
                Measurement(
                    metric="mm_per_pixel", scope=scope, value=parameters.pitch_mm / float(pixels)
                )
            )
    return Analysis(measurements=tuple(measurements), preconditions=())


@dataclass(frozen=True, slots=True, kw_only=True)
class LineParameters(Parameters):
    pitch_mm: float = parameter(30.0, doc="Pitch.", unit="mm", minimum=1.0, maximum=200.0)


LINES = Analyzer(
    id="lines",
    title="Lines",
    title_zh="线",
    version="1",
    variants=(Variant(name="nema", title="NEMA", clause="E.1"),),
    roles=(
        Role(name="lines_x", kinds=PLANAR, label="Lines across X"),
        Role(name="lines_y", kinds=PLANAR, label="Lines across Y"),
    ),
    metrics=(metric("mm_per_pixel", "mm", "像素尺寸", 3),),
    parameters=LineParameters,
    measure=measure_lines,
)


def lines(axis, pitch_pixels):
    image = np.zeros((100, 100), dtype=np.uint16)
    for centre in (20, 20 + pitch_pixels):
        image[(slice(None), slice(centre, centre + 3)) if axis else slice(centre, centre + 3)] = 50
    return Planar(counts=image[None], frames=(Frame(detector=1, duration_s=60.0),))


def test_two_roles_are_measured_together():
    inputs = Inputs(roles={"lines_x": (lines(1, 50),), "lines_y": (lines(0, 60),)}, variant="nema")

    analysis = LINES.analyze(inputs)

    assert value(analysis, "mm_per_pixel", axis="x") == pytest.approx(0.6)
    assert value(analysis, "mm_per_pixel", axis="y") == pytest.approx(0.5)
    assert check(LINES, [inputs]) == []


def test_half_of_the_roles_is_refused_with_the_name_of_the_other():
    with pytest.raises(UnsuitableAcquisitionError, match="0 of lines_y are given, needs 1"):
        LINES.analyze(Inputs(roles={"lines_x": (lines(1, 50),)}, variant="nema"))


# Several acquisitions of one role: a source at several distances --------------------------------


def measure_distances(inputs, parameters):
    measurements = []
    for dish in inputs.all("dish"):
        distance = dish.origin.number("distance_mm")
        if distance is None:
            raise MissingReadingError(
                f"the distance of {dish.origin.series_instance_uid} is missing"
            )
        rate = float(dish.counts.sum()) / (dish.frames[0].duration_s or 1.0)
        if rate <= 0.0:
            raise UnsuitableAcquisitionError("the dish has no counts")
        scope = Scope.of(distance_mm=distance)
        measurements.append(Measurement(metric="rate", scope=scope, value=rate))
    if len(measurements) < 3:
        raise UnsuitableAcquisitionError(f"{len(measurements)} dishes are given, needs 3")
    return Analysis(measurements=tuple(measurements), preconditions=())


DISTANCES = Analyzer(
    id="distances",
    title="Distances",
    title_zh="距离",
    version="1",
    variants=(Variant(name="nema", title="NEMA", clause="E.11"),),
    roles=(Role(name="dish", kinds=PLANAR, minimum=3, maximum=None, label="Dish"),),
    metrics=(metric("rate", "{counts}/s", "计数率"),),
    parameters=Parameters,
    measure=measure_distances,
)


def test_acquisitions_of_one_role_are_told_apart_by_what_routing_read():
    dishes = tuple(
        Planar(
            counts=np.full((1, 4, 4), 10 * n, dtype=np.uint16),
            frames=(Frame(detector=1, duration_s=16.0),),
            origin=Origin(text={"distance_mm": str(distance)}),
        )
        for n, distance in enumerate((10, 100, 400.0), start=1)
    )
    inputs = Inputs(roles={"dish": dishes}, variant="nema")

    analysis = DISTANCES.analyze(inputs)

    assert value(analysis, "rate", distance_mm=100.0) == pytest.approx(20.0)
    assert check(DISTANCES, [inputs]) == []


@pytest.mark.parametrize("text", ["", "near", "nan", "1e999"])
def test_words_that_are_no_number_are_none(text):
    assert Origin(text={"distance_mm": text}).number("distance_mm") is None
    assert Origin().number("distance_mm") is None


# A reading: activity with its time, and the residue with its own --------------------------------


def measure_sensitivity(inputs, parameters):
    dish = only(inputs, "dish")
    before, residue = inputs.activity("activity"), inputs.activity("residue")
    seconds = half_life("Tc-99m", inputs.variant).seconds
    if dish.started_at is None:
        raise UnsuitableAcquisitionError("the start of the acquisition is not known")
    net = net_activity(
        before.value, 0.0, residue.value, (residue.at - before.at).total_seconds(), seconds
    )
    after_s = (dish.started_at - before.at).total_seconds()
    measurements = []
    for frame, image in zip(dish.frames, dish.counts, strict=True):
        counts = float(image.sum())
        if counts <= 0.0 or frame.duration_s is None:
            raise UnsuitableAcquisitionError("the dish has no counts or no duration")
        found = rate_at_reference(counts, after_s, frame.duration_s, seconds) / net
        budget = Budget(
            components=(
                Component(name="counting", standard=uncertainty_of_counts(counts) / counts),
                Component(
                    name="activity",
                    standard=(before.uncertainty or 0.0) / before.value,
                    sensitivity=-1.0,
                ),
            )
        )
        measurements.append(
            Measurement(
                metric="s_tot",
                scope=Scope.of(detector=frame.detector),
                value=found,
                uncertainty=found * budget.standard,
            )
        )
    return Analysis(measurements=tuple(measurements), preconditions=())


SENSITIVITY = Analyzer(
    id="sensitivity",
    title="Sensitivity",
    title_zh="灵敏度",
    version="1",
    variants=(Variant(name="ws523", title="WS 523", clause="item 4"),),
    roles=(Role(name="dish", kinds=PLANAR, label="Dish"),),
    readings=(
        Reading(
            name="activity",
            label="Activity of the full syringe",
            unit="MBq",
            kind=ReadingKind.ACTIVITY,
            minimum=1.0,
            maximum=1000.0,
        ),
        Reading(
            name="residue",
            label="Activity of the empty syringe",
            unit="MBq",
            kind=ReadingKind.ACTIVITY,
            minimum=0.0,
            maximum=100.0,
        ),
    ),
    metrics=(metric("s_tot", "s-1.MBq-1", "灵敏度"),),
    parameters=Parameters,
    measure=measure_sensitivity,
)


def dish(counts=720_000):
    image = np.zeros((2, 8, 8), dtype=np.uint32)
    image[:, 3, 3] = (counts, counts // 2)
    return Planar(
        counts=image,
        frames=(Frame(detector=1, duration_s=300.0), Frame(detector=2, duration_s=300.0)),
        detectors=(Detector(number=1), Detector(number=2)),
        started_at=START + timedelta(seconds=1200),
    )


def readings(residue=0.0, residue_after_s=0.0, **changes):
    activity = ReadingValue(value=40.0 + residue, uncertainty=0.64, at=START, source="form")
    later = START + timedelta(seconds=residue_after_s)
    return {
        "activity": dataclasses.replace(activity, **changes),
        "residue": ReadingValue(value=residue, at=later, source="form"),
    }


def test_an_activity_comes_with_its_time_and_its_residue():
    inputs = Inputs(roles={"dish": (dish(),)}, readings=readings(), variant="ws523")

    analysis = SENSITIVITY.analyze(inputs)
    first = analysis.measurements[0]

    # Reference case: 720 000 counts in 300 s, 40 MBq 1200 s before: 62.6472 s-1 MBq-1.
    assert first.value == pytest.approx(62.6472, abs=5e-5)
    assert first.uncertainty / first.value == pytest.approx(
        np.hypot(1.0 / np.sqrt(720_000.0), 0.016)
    )
    assert value(analysis, "s_tot", detector=2) == pytest.approx(first.value / 2.0)
    assert check(SENSITIVITY, [inputs]) == []


def test_the_residue_is_taken_off_at_the_time_of_the_activity():
    # 4 MBq left ten minutes later were 4.0775 MBq at the time of the full syringe.
    later = readings(residue=4.0, residue_after_s=600.0)
    inputs = Inputs(roles={"dish": (dish(),)}, readings=later, variant="ws523")

    expected = 62.6472 * 40.0 / (44.0 - 4.0 * 2.0 ** (600.0 / 21_672.0))
    assert SENSITIVITY.analyze(inputs).measurements[0].value == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "the reading activity is missing"),
        (readings(at=None), "the time of the reading activity is missing"),
    ],
)
def test_a_reading_that_is_not_there_is_named(given, message):
    with pytest.raises(MissingReadingError, match=message):
        SENSITIVITY.analyze(Inputs(roles={"dish": (dish(),)}, readings=given, variant="ws523"))


def test_a_word_in_place_of_a_number_is_named():
    inputs = Inputs(roles={"dish": (dish(),)}, readings=readings(value="forty"), variant="ws523")
    with pytest.raises(ParameterError, match="activity is 'forty', needs a number"):
        SENSITIVITY.analyze(inputs)


# Two modalities: the same marker in a PET and in a CT volume -----------------------------------


def measure_registration(inputs, parameters):
    places, volumes = [], []
    for role, modality, floor in (("pet", "PT", 0.05), ("ct", "CT", 0.5)):
        volume = only(inputs, role)
        if volume.modality != modality:
            raise UnsuitableAcquisitionError(f"{role} is of {volume.modality}, needs {modality}")
        volumes.append(volume)
        weight = np.stack([volume.physical(k) for k in range(len(volume.values))])
        weight = np.where(weight > floor * weight.max(), weight, 0.0)
        index = np.array([(weight * each).sum() for each in np.indices(weight.shape)])
        places.append(volume.affine @ np.append(index / weight.sum(), 1.0))
    pet, ct = volumes
    distance = float(np.linalg.norm((places[0] - places[1])[:3]))
    same = pet.origin.frame_of_reference_uid == ct.origin.frame_of_reference_uid
    return Analysis(
        measurements=(
            Measurement(metric="registration_max_mm", scope=Scope.of(marker=1), value=distance),
        ),
        preconditions=(
            Precondition(
                code=PreconditionCode.GEOMETRY,
                severity=Severity.HARD,
                outcome=Outcome.MET if same else Outcome.NOT_MET,
                quantity="frame of reference",
                expected="one frame of reference for both volumes",
                clause="JJF 7.4",
            ),
        ),
    )


REGISTRATION = Analyzer(
    id="registration",
    title="Registration",
    title_zh="配准",
    version="1",
    variants=(Variant(name="jjf", title="JJF", clause="7.4"),),
    roles=(
        Role(name="pet", kinds=VOLUME, label="PET series"),
        Role(name="ct", kinds=VOLUME, label="CT series"),
    ),
    metrics=(metric("registration_max_mm", "mm", "配准误差"),),
    parameters=Parameters,
    measure=measure_registration,
)


def marker(modality, at_mm, spacing, shape, frame="1.2.3"):
    """Return a volume with a Gaussian marker at (x, y, z); each slice has a slope of its own."""
    slices, rows, columns = shape
    affine = np.array(
        [
            [0.0, 0.0, spacing[2], -spacing[2] * (columns - 1) / 2],
            [0.0, spacing[1], 0.0, -spacing[1] * (rows - 1) / 2],
            [spacing[0], 0.0, 0.0, -spacing[0] * (slices - 1) / 2],
            [0.0, 0.0, 0.0, 1.0],
        ]
    )
    index = np.indices(shape).reshape(3, -1)
    xyz = (affine @ np.vstack([index, np.ones(index.shape[1])]))[:3]
    squared = ((xyz - np.array(at_mm)[:, None]) ** 2).sum(axis=0).reshape(shape)
    slope = np.linspace(0.5, 2.0, slices)
    return Volume(
        values=np.exp(-squared / 50.0) / slope[:, None, None] * 1000.0,
        slope=slope,
        intercept=np.zeros(slices),
        affine=affine,
        modality=modality,
        origin=Origin(frame_of_reference_uid=frame),
    )


def test_two_modalities_meet_in_patient_coordinates():
    pet = marker("PT", (10.0, -5.0, 3.0), (3.0, 4.0, 4.0), (24, 24, 24))
    ct = marker("CT", (11.0, -5.0, 3.0), (2.0, 1.5, 1.5), (40, 64, 64))
    inputs = Inputs(roles={"pet": (pet,), "ct": (ct,)}, variant="jjf")

    analysis = REGISTRATION.analyze(inputs)

    assert value(analysis, "registration_max_mm") == pytest.approx(1.0, abs=0.05)
    assert analysis.valid
    assert check(REGISTRATION, [inputs]) == []


def test_frames_of_reference_that_differ_void():
    pet = marker("PT", (0.0, 0.0, 0.0), (3.0, 4.0, 4.0), (16, 16, 16))
    ct = marker("CT", (0.0, 0.0, 0.0), (3.0, 4.0, 4.0), (16, 16, 16), frame="1.2.4")

    analysis = REGISTRATION.analyze(Inputs(roles={"pet": (pet,), "ct": (ct,)}, variant="jjf"))

    assert precondition(analysis, "PC_GEOMETRY").outcome is Outcome.NOT_MET
    assert not analysis.valid
    assert analysis_from_plain(analysis_to_plain(analysis)) == analysis


def test_a_series_in_the_role_of_the_other_is_refused():
    pet = marker("PT", (0.0, 0.0, 0.0), (3.0, 4.0, 4.0), (16, 16, 16))

    with pytest.raises(UnsuitableAcquisitionError, match="ct is of PT, needs CT"):
        REGISTRATION.analyze(Inputs(roles={"pet": (pet,), "ct": (pet,)}, variant="jjf"))

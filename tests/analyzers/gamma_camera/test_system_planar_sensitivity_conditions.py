"""What voids and warns of a planar sensitivity, and what is refused."""

import dataclasses
from datetime import timedelta

import numpy as np
import pytest

from photopeak_analyzers.acquisition import CollimatorType, EnergyWindow, WholeBody
from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import Inputs, Outcome, Severity
from photopeak_analyzers.errors import (
    MissingReadingError,
    ParameterError,
    UnsuitableAcquisitionError,
)
from photopeak_analyzers.gamma_camera.system_planar_sensitivity import ANALYZER
from photopeak_analyzers.simulation.bars import BarPhantom
from photopeak_analyzers.simulation.planar import Matrix, still
from support.dishes import (
    AT,
    START,
    acquire,
    analyze,
    named,
    readings,
    ten,
)
from support.floods import flat, notes, precondition, value

# --- what is refused, and what voids or warns -------------------------------------------------------


@pytest.mark.parametrize("variant", ["nema", "ws523", "iec"])
def test_a_flood_and_bars_are_no_dish(variant):
    flood = dataclasses.replace(flat(500.0), started_at=START)
    phantom = BarPhantom().image(Matrix(rows=512, columns=512, pixel_mm=1.2), 3.8)
    bars = still({(1, 1): 4e6 * phantom / phantom.sum()}, 1.2, started_at=START)

    for image in (flood, bars):
        analysis = analyze(named(image), variant=variant)
        broken = {p.quantity for p in analysis.failed}
        assert "diameter of the source in the image" in broken
        assert not analysis.valid


def test_two_sources_are_no_dish():
    image = acquire()
    both = np.roll(image.counts, 60, axis=2) + np.roll(image.counts, -60, axis=2)

    found = precondition(analyze(dataclasses.replace(image, counts=both)), "PC_GEOMETRY", "spread")

    assert (found.outcome, found.severity) == (Outcome.NOT_MET, Severity.HARD)
    assert found.expected == "one disc"


def test_a_whole_body_scan_is_refused():
    image = acquire()
    sweep = WholeBody(
        counts=image.counts, frames=image.frames, pixel_spacing_mm=(2.4, 2.4), started_at=START
    )

    with pytest.raises(UnsuitableAcquisitionError, match="given as dish is a whole_body acq"):
        analyze(sweep)


@pytest.mark.parametrize(
    ("changes", "code", "quantity"),
    [
        ({"nuclide": "I-131"}, "PC_NUCLIDE", "nuclide"),
        (
            {"energy_windows": (EnergyWindow(number=1, lower_kev=108.0, upper_kev=132.0),)},
            "PC_WINDOW",
            "offset",
        ),
        ({"pixel_spacing_mm": (2.4, 2.5)}, "PC_PIXEL", "difference"),
        ({"started_at": None}, "PC_TIME", "start"),
        ({"saturation_level": 100}, "PC_OVERFLOW", "highest"),
    ],
)
def test_what_makes_another_measurement_of_it_voids(changes, code, quantity):
    image = dataclasses.replace(acquire(seed=1), **changes)

    analysis = analyze(image, variant="ws523", given=readings())

    found = precondition(analysis, code, quantity)
    assert found.severity is Severity.HARD
    assert found.outcome is not Outcome.MET
    assert not analysis.valid


def test_no_collimator_voids_and_an_unknown_one_warns():
    for kind, severity in (
        (CollimatorType.NONE, Severity.HARD),
        (CollimatorType.PINHOLE, Severity.HARD),
        (None, Severity.SOFT),
    ):
        image = acquire()
        heads = tuple(dataclasses.replace(d, collimator_type=kind) for d in image.detectors)
        found = [
            p
            for p in analyze(dataclasses.replace(image, detectors=heads)).preconditions
            if p.quantity == "collimator"
        ]
        assert [p.severity for p in found] == [severity]
        assert found[0].outcome is not Outcome.MET


def test_a_head_that_nothing_names_voids():
    image = acquire()
    frames = tuple(dataclasses.replace(f, detector=None) for f in image.frames)

    analysis = analyze(dataclasses.replace(image, frames=frames, detectors=()))

    assert precondition(analysis, "PC_DETECTOR").outcome is Outcome.UNKNOWN
    assert not analysis.valid


@pytest.mark.parametrize(
    ("variant", "rate", "valid"),
    [("nema", 29_990.0, True), ("nema", 30_010.0, False), ("ws523", 20_010.0, False)],
)
def test_beyond_the_allowed_rate_counts_are_lost(variant, rate, valid):
    image = acquire()
    counts = image.counts * (rate * 300.0 / image.counts.sum())

    assert analyze(dataclasses.replace(image, counts=counts), variant=variant).valid is valid


def test_nema_asks_for_four_million_counts_and_too_few_void():
    image = acquire()

    def counts_of(total):
        counts = image.counts * (total / image.counts.sum())
        analysis = analyze(dataclasses.replace(image, counts=counts))
        return precondition(analysis, "PC_COUNTS", "counts of the image"), analysis.valid

    enough, _ = counts_of(4e6)
    few, still_valid = counts_of(3.9e6)
    none, valid = counts_of(9_990.0)
    assert (enough.outcome, few.outcome, none.outcome) == (
        Outcome.MET,
        Outcome.NOT_MET,
        Outcome.NOT_MET,
    )
    assert (few.severity, none.severity) == (Severity.SOFT, Severity.HARD)
    assert still_valid
    assert not valid


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [(frozenset({"UNIF"}), Outcome.NOT_MET), (frozenset(), Outcome.MET), (None, Outcome.UNKNOWN)],
)
def test_the_uniformity_correction_should_be_off(changes, outcome):
    image = dataclasses.replace(acquire(), corrections=changes)

    found = precondition(analyze(image, variant="ws523"), "PC_CORRECTION")

    assert (found.outcome, found.severity) == (outcome, Severity.SOFT)
    assert not [p for p in analyze(image, variant="iec").preconditions if p.code == "PC_CORRECTION"]


@pytest.mark.parametrize(
    ("given", "parameters", "code", "quantity"),
    [
        (readings(full=(29.0, AT, 0.5)), {}, "PC_NUCLIDE", "activity"),
        (readings(full=(40.0, AT, 1.2)), {}, "PC_CAL_EXPIRED", "uncertainty"),
        (readings(full=(40.0, AT - timedelta(hours=13), 0.5)), {}, "PC_TIME", "half-lives"),
    ],
)
def test_an_activity_unlike_that_of_the_text_warns(given, parameters, code, quantity):
    analysis = analyze(acquire(), variant="ws523", given=given, **parameters)

    found = precondition(analysis, code, quantity)
    assert (found.outcome, found.severity) == (Outcome.NOT_MET, Severity.SOFT)


def test_iec_without_a_background_says_so():
    analysis = analyze(acquire(distance_mm=0.0), variant="iec")

    found = precondition(analysis, "PC_BACKGROUND")
    assert (found.outcome, found.severity) == (Outcome.UNKNOWN, Severity.SOFT)


@pytest.mark.parametrize("scatter", [True, False])
def test_iec_says_whether_there_was_scatter(scatter):
    (note,) = notes(
        analyze(acquire(distance_mm=0.0), variant="iec", scatter=scatter), "ARRANGEMENT"
    )

    assert ("3.1.1" in note.message) is scatter


def test_a_background_as_strong_as_the_source_is_refused():
    empty = still({(1, 1): np.full((256, 256), 20.0)}, 2.4, exact=True)

    with pytest.raises(UnsuitableAcquisitionError, match="needs more than the background of 4369"):
        analyze(acquire(), background=[empty])


def test_an_image_without_pixel_spacing_needs_a_parameter():
    image = dataclasses.replace(acquire(), pixel_spacing_mm=None)

    with pytest.raises(UnsuitableAcquisitionError, match="the header has no pixel spacing"):
        analyze(image)
    assert value(analyze(image, pixel_spacing_mm=2.4), "s_tot") == pytest.approx(80.0)


def test_without_a_nuclide_there_is_no_decay():
    image = dataclasses.replace(acquire(), nuclide=None)

    with pytest.raises(ParameterError, match="no header names the nuclide"):
        analyze(image)
    assert value(analyze(image, nuclide="Tc-99m"), "s_tot") == pytest.approx(80.0)
    # WS 523 knows one nuclide only; the window vouches for it.
    assert value(analyze(image, variant="ws523"), "system_planar_sensitivity") == pytest.approx(
        80.0
    )


def test_without_the_activity_there_is_no_sensitivity():
    with pytest.raises(MissingReadingError, match="the reading activity is missing"):
        analyze(acquire(), given={})


def test_the_analyzer_keeps_the_contract():
    empty = still({(1, 1): np.full((256, 256), 0.5)}, 2.4)
    examples = [
        Inputs(roles={"dish": (acquire(seed=1),)}, readings=readings(), variant="nema"),
        Inputs(roles={"dish": tuple(ten())}, readings=readings(), variant="nema"),
        Inputs(
            roles={"dish": (acquire(seed=1, detectors=(1, 2)),), "background": (empty,)},
            readings=readings(),
            variant="ws523",
        ),
        Inputs(
            roles={"dish": (acquire(seed=1, distance_mm=0.0),), "background": (empty,)},
            readings=readings(),
            variant="iec",
        ),
    ]

    assert check(ANALYZER, examples) == []

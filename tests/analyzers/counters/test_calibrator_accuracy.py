"""Accuracy of a calibrator against certified sources."""

import math

import numpy as np
import pytest

from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import Outcome
from photopeak_analyzers.counters.calibrator_accuracy import ANALYZER
from photopeak_analyzers.errors import MissingReadingError, ParameterError
from photopeak_analyzers.nuclides import half_life
from photopeak_analyzers.numerics.decay import decay_factor
from support.calibrators import analyze, later, readings, uncertainty
from support.floods import notes, precondition, value

DAY = 86_400.0
SOURCES = [
    ("A", "Co-57", 200.0, later(-100.0 * DAY), 3.0, 2.0),
    ("B", "Ba-133", 10.0, later(-400.0 * DAY), 2.5, None),
    ("C", "Cs-137", 8.0, later(-400.0 * DAY), 3.0, 2.0),
]
NAMES = {name: nuclide for name, nuclide, *_ in SOURCES}


def due(name):
    """Return the activity of a source when the test is performed."""
    _, nuclide, mbq, at, *_ = next(row for row in SOURCES if row[0] == name)
    days = {later(-100.0 * DAY): 100.0, later(-400.0 * DAY): 400.0}[at]
    return mbq * decay_factor(days * DAY, half_life(nuclide).seconds)


def rows(name, values, setting=None, background=None):
    return [(name, each, later(0.0), setting, background) for each in values]


def accuracy(given, sources=SOURCES, **more):
    more.setdefault("background_mbq", 0.0)
    return analyze(ANALYZER, sources=sources, readings=given, **more)


ALL = [row for name in NAMES for row in rows(name, [due(name)] * 10)]


def test_readings_of_the_certified_activities_are_accurate():
    analysis = accuracy(ALL)

    for name, nuclide in NAMES.items():
        scope = {"source": name, "nuclide": nuclide}
        assert value(analysis, "accuracy_pct", **scope) == pytest.approx(0.0, abs=1e-9)
        assert value(analysis, "certified_mbq", **scope) == pytest.approx(due(name), rel=1e-12)
        assert value(analysis, "readings", **scope) == 10
    assert analysis.valid
    assert all(each.outcome is Outcome.MET for each in analysis.preconditions)


def test_ten_readings_worked_out_by_hand():
    # Co-57, 200 MBq 100 d ago: 200 * 2 ** (-100 / 271.74) = 154.971 MBq.
    left = 200.0 * 2.0 ** (-100.0 / 271.74)
    assert left == pytest.approx(154.971, abs=1e-3)
    read = [160.0, 161.0, 159.0, 160.0, 160.0, 162.0, 158.0, 160.0, 161.0, 159.0]
    analysis = accuracy(rows("A", read))

    # The squares of the differences from 160: 0 1 1 0 0 4 4 0 1 1, sum 12.
    spread = math.sqrt(12.0 / 9.0)
    relative = math.hypot(
        spread / math.sqrt(10.0) / 160.0,  # scatter
        0.1 / math.sqrt(12.0) / 158.0,  # four digits of 158.0
        0.015,  # 3 % with k = 2
    )
    assert value(analysis, "accuracy_pct") == pytest.approx(100.0 * (160.0 / left - 1.0), rel=1e-9)
    assert uncertainty(analysis, "accuracy_pct") == pytest.approx(
        100.0 * 160.0 / left * relative, rel=1e-3
    )
    assert value(analysis, "expanded_uncertainty_pct") == pytest.approx(
        2.0 * uncertainty(analysis, "accuracy_pct")
    )


def test_the_background_of_a_row_is_taken_off():
    analysis = accuracy(rows("C", [due("C") + 0.3] * 10, background=0.3))

    assert value(analysis, "accuracy_pct") == pytest.approx(0.0, abs=1e-9)


def test_the_uncertainty_covers_repeated_tests_of_one_calibrator():
    rng = np.random.default_rng(4)
    found = [
        accuracy(rows("C", (due("C") * rng.normal(1.0, 0.01, 10)).tolist()),
                 [(*SOURCES[2][:4], 0.0, None)])
        for _ in range(150)
    ]  # fmt: skip

    # 1 % of ten readings: 0.316 %; 150 tests tell it to 6 %, s of ten readings to 24 % each.
    assert np.std([value(each, "accuracy_pct") for each in found]) == pytest.approx(0.316, rel=0.2)
    assert np.mean([uncertainty(each, "accuracy_pct") for each in found]) == pytest.approx(
        0.316, rel=0.1
    )


@pytest.mark.parametrize(("setting", "valid"), [("Tc-99m", False), ("Co-57", True), (None, True)])
def test_a_source_on_the_setting_of_another_nuclide_is_void(setting, valid):
    analysis = accuracy(rows("A", [due("A")] * 10, setting))

    assert analysis.valid is valid
    assert precondition(analysis, "PC_NUCLIDE").expected == "Co-57"


def test_one_source_on_a_wrong_setting_does_not_void_the_others():
    analysis = accuracy(rows("A", [100.0] * 10, "Tc-99m") + rows("C", [due("C")] * 10))

    by_name = {dict(m.scope.items)["source"]: m.scope for m in analysis.measurements}
    assert analysis.failed_for(by_name["A"])
    assert not analysis.failed_for(by_name["C"])


@pytest.mark.parametrize(("percent", "outcome"), [
    (5.0, Outcome.MET), (5.1, Outcome.NOT_MET), (None, Outcome.UNKNOWN),
])  # fmt: skip
def test_a_certificate_is_to_be_good_to_five_percent(percent, outcome):
    analysis = accuracy(rows("C", [8.0] * 10), [(*SOURCES[2][:4], percent, None)])

    assert precondition(analysis, "PC_CAL_EXPIRED", "uncertainty").outcome is outcome
    assert (uncertainty(analysis, "accuracy_pct") is None) is (percent is None)


def test_one_energy_alone_and_few_readings_warn():
    analysis = accuracy(rows("C", [due("C")] * 9))

    assert precondition(analysis, "PC_SET").value == 1
    assert precondition(analysis, "PC_SET").outcome is Outcome.NOT_MET
    assert precondition(analysis, "PC_COUNTS").outcome is Outcome.NOT_MET
    assert analysis.valid


def test_soft_radiation_is_remarked():
    source = [("I", "In-111", 50.0, later(0.0), 3.0, None)]
    analysis = accuracy(rows("I", [50.0] * 10), source)

    (note,) = notes(analysis, "CONTAINER_DEPENDENT")
    assert "In-111 depends on the container" in note.message
    assert not notes(accuracy(ALL), "CONTAINER_DEPENDENT")


def test_what_cannot_be_is_refused():
    with pytest.raises(ParameterError) as refusal:
        accuracy(rows("X", [1.0]))
    assert str(refusal.value) == "source in row 1 of readings is X, needs one of A, B, C"
    with pytest.raises(ParameterError, match="the source A stands in two rows of sources"):
        accuracy(ALL, [*SOURCES, SOURCES[0]])
    with pytest.raises(MissingReadingError, match="no certified source is given"):
        analyze(ANALYZER, readings=ALL)
    with pytest.raises(MissingReadingError, match="no reading of a source is given"):
        analyze(ANALYZER, sources=SOURCES)


def test_the_analyzer_keeps_the_contract():
    assert check(ANALYZER, [readings(sources=SOURCES, readings=ALL, background_mbq=0.0)]) == []

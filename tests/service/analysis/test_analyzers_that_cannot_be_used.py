"""An analyzer that cannot be used stops no other, and its series are neither lost nor passed."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from photopeak.analysis import catalogue
from photopeak.analysis.child import AnalysisProcess
from photopeak.analysis.unusable import tell
from photopeak.cli.main import app
from photopeak.doctor import examine
from photopeak.model.alerts import AlertSeverity, AlertState
from photopeak.model.series import SeriesState
from photopeak.model.test_sets import TestSetState
from photopeak.settings import Settings, WorkSettings
from photopeak.storage import alerts, test_sets
from photopeak.storage.database import Database
from support.rows import NOON, after
from support.station import Station

UNIFORMITY = "intrinsic_uniformity"
RESOLUTION = "intrinsic_spatial_resolution"
FAULT = "the analyzer intrinsic_uniformity cannot be loaded: ImportError: no module torch"
MODULES = {
    "missing": "raise ImportError('no module torch')",
    "leaving": "raise SystemExit(3)",
    "thing": "ANALYZER = 'a text'",
    "shapeless": """
import dataclasses
from photopeak_analyzers.gamma_camera.intrinsic_uniformity import ANALYZER as KNOWN
ANALYZER = dataclasses.replace(KNOWN, id='shapeless', metrics=(None,))
""",
    "voiceless": """
import dataclasses
from photopeak_analyzers.gamma_camera.intrinsic_uniformity import ANALYZER as KNOWN
ANALYZER = dataclasses.replace(KNOWN, id='voiceless', variants=())
""",
    UNIFORMITY: "ANALYZER = None",
}
REASONS = {
    "missing": "cannot be loaded: ImportError: no module torch",
    "leaving": "cannot be loaded: SystemExit: 3",
    "thing": "third_thing:ANALYZER is not an analyzer",
    "shapeless": "is not described as it should: AttributeError",
    "voiceless": "has no variant",
    UNIFORMITY: f"two analyzers are installed for {UNIFORMITY}",
}


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Install analyzers of a third party that cannot be used."""
    folder = tmp_path / "third"
    information = folder / "third_party-1.0.dist-info"
    information.mkdir(parents=True)
    (information / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: third_party\nVersion: 1.0\n", "utf-8"
    )
    points = [f"{name} = third_{name}:ANALYZER" for name in MODULES]
    (information / "entry_points.txt").write_text(
        "\n".join(["[photopeak.analyzers]", *points]) + "\n", "utf-8"
    )
    for name, text in MODULES.items():
        (folder / f"third_{name}.py").write_text(text, "utf-8")
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setenv("PYTHONPATH", str(folder))


@pytest.mark.usefixtures("installed")
def test_one_that_cannot_be_used_is_named_with_the_reason_and_the_others_load() -> None:
    found = catalogue.installed_analyzers()

    assert set(found.faults) == set(REASONS)
    for name, reason in REASONS.items():
        assert reason in found.faults[name]
    assert set(found.analyzers) == catalogue.installed_tests() - set(REASONS)
    assert RESOLUTION in found.analyzers


@pytest.mark.usefixtures("installed")
def test_the_child_tells_what_it_cannot_use_and_refuses_the_work() -> None:
    process = AnalysisProcess(WorkSettings())
    try:
        answer = process.run({"kind": "catalogue"})
    finally:
        process.close()

    assert set(answer["faults"]) == set(REASONS)
    assert RESOLUTION in {test["id"] for test in answer["catalogue"]}


@pytest.mark.usefixtures("installed")
def test_the_command_line_and_the_doctor_name_it(tmp_path: Path) -> None:
    listed = CliRunner().invoke(app, ["analyzers"])
    (finding,) = examine(Settings(data=tmp_path), quick=False, only=frozenset({"analyzers"}))

    assert listed.exit_code == 1
    assert f"{RESOLUTION}  (version" in listed.stdout
    assert "the analyzer missing (third_missing:ANALYZER) cannot be loaded" in listed.stderr
    assert not finding.ok
    assert "the analyzer missing (third_missing:ANALYZER) cannot be loaded" in finding.detail


def test_without_faults_the_doctor_counts_the_analyzers(tmp_path: Path) -> None:
    (finding,) = examine(Settings(data=tmp_path), quick=False, only=frozenset({"analyzers"}))

    assert finding.ok
    assert "analyzers can be used" in finding.detail


def test_an_alert_stays_open_as_long_as_an_analyzer_cannot_be_used(
    sqlite_database: Database,
) -> None:
    with sqlite_database.transaction() as tx:
        tell(tx, {"a": "a cannot be loaded", "b": "b cannot be loaded"}, now=NOON)
        tell(tx, {"a": "a cannot be loaded"}, now=after(60))
        found = {record.alert.key: record for record in alerts.page(tx).items}

    assert found["analyzer:a"].state is AlertState.OPEN
    assert found["analyzer:a"].alert.severity is AlertSeverity.CRITICAL
    assert "a cannot be loaded" in found["analyzer:a"].alert.message
    assert found["analyzer:b"].state is AlertState.CLOSED


def test_series_of_such_a_test_are_refused_with_the_reason(
    sqlite_database: Database, tmp_path: Path
) -> None:
    station = Station(sqlite_database, tmp_path, (RESOLUTION,), faults={UNIFORMITY: FAULT})
    station.receive("1.2.3")
    station.route("1.2.3", UNIFORMITY, "flood")

    assert station.shown("1.2.3") == (SeriesState.REFUSED, FAULT)


@pytest.mark.parametrize("state", [TestSetState.WAITING, TestSetState.QUEUED])
def test_a_set_from_before_waits_with_the_reason_and_goes_on_when_it_is_mended(
    sqlite_database: Database, tmp_path: Path, state: TestSetState
) -> None:
    test, role = (RESOLUTION, "lines_x") if state is TestSetState.WAITING else (UNIFORMITY, "flood")
    before = Station(sqlite_database, tmp_path, (test,))
    before.receive("1.2.3")
    before.route("1.2.3", test, role)
    record = before.set_of("1.2.3")
    assert record.state is state

    broken = Station(sqlite_database, tmp_path, (), faults={test: FAULT})
    if state is TestSetState.WAITING:
        with sqlite_database.transaction() as tx:
            assert not broken.assigner.settled(tx, record)
            broken.assigner.release(tx, record, NOON)
            waiting = test_sets.get(tx, record.id)
    else:
        waiting = broken.work(record)
    with sqlite_database.snapshot() as tx:
        assert broken.assigner.settled(tx, waiting)
    assert (waiting.state, waiting.waiting_for) == (TestSetState.WAITING, FAULT)

    with sqlite_database.transaction() as tx:
        assert not before.assigner.settled(tx, waiting)
        before.assigner.release(tx, waiting, NOON)
        after_it = test_sets.get(tx, record.id)
    assert after_it.state is state
    assert after_it.waiting_for != FAULT

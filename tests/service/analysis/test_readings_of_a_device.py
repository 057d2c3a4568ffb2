"""What a device always is, such as the crystal of a counter, is said once and taken by every test."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from photopeak.analysis.catalogue import describe, load_analyzers
from photopeak.analysis.local import analyze_files
from photopeak.analysis.site import load_site
from photopeak.device_settings import load_devices
from photopeak.model.devices import Device
from photopeak.model.test_sets import TestSetState
from photopeak.reports.device_readings import of_device
from photopeak.reports.entries import Entry, Given, check_entry
from photopeak.reports.readings import ReadingError
from photopeak.setting_files import SettingsError
from photopeak.settings import Settings
from photopeak.storage import readings
from photopeak.storage.database import Database
from support.entered import CONSTANCY, ROWS
from support.rows import NOON
from support.spectrum_files import spe_of
from support.station import Station
from support.wbc import AT, GE, NAI, lines

CHECK = "wbc_energy_check"


def counter(crystal: str) -> Device:
    return Device(
        id="nm1", name="Counter", kind="wbc", dicom=False, readings={"detector_type": crystal}
    )


def with_device(station: Station, device: Device) -> None:
    station.site = dataclasses.replace(station.site, devices=(device,))
    station.assigner._site = station.site


@pytest.fixture
def station(sqlite_database: Database, tmp_path: Path) -> Station:
    return Station(sqlite_database, tmp_path, (CHECK,))


def known(station: Station, uid: str) -> dict[str, tuple[object, str]]:
    with station.database.snapshot() as tx:
        found = readings.latest(tx, station.set_of(uid).id)
    return {reading.name: (reading.value, reading.source) for reading in found}


def test_a_set_has_the_reading_of_its_device_and_does_not_wait_for_it(station: Station) -> None:
    with_device(station, counter("NaI"))
    station.receive("1.1")
    station.route("1.1", CHECK, "spectrum")

    assert station.set_of("1.1").state is TestSetState.QUEUED
    assert known(station, "1.1") == {"detector_type": ("NaI", "device")}


@pytest.mark.parametrize("crystal", ["", "CsI"])
def test_without_one_that_the_test_accepts_it_is_asked_for(station: Station, crystal: str) -> None:
    device = counter(crystal)
    with_device(station, device if crystal else dataclasses.replace(device, readings={}))
    station.receive("1.1")
    station.route("1.1", CHECK, "spectrum")

    assert station.set_of("1.1").state is TestSetState.WAITING
    assert station.set_of("1.1").waiting_for == "waiting for Type of detector"


def test_a_set_that_waits_goes_on_once_the_site_has_said_it(station: Station) -> None:
    station.receive("1.1")
    station.route("1.1", CHECK, "spectrum")
    waiting = station.set_of("1.1")
    with_device(station, counter("HPGe"))
    with station.database.transaction() as tx:
        assert not station.assigner.settled(tx, waiting)
        station.assigner.release(tx, waiting, NOON)

    assert station.set_of("1.1").state is TestSetState.QUEUED


def test_what_is_given_with_a_measurement_goes_before() -> None:
    device = Device(id="camera-1", name="C", kind="x", readings={"nuclide": "Ba-133", "volume": 2})
    given = (
        Given(name="activity", value=37.0, at=NOON),
        Given(name="counts", value=ROWS),
    )

    def checked(*more: Given, **changes: object) -> dict[str, tuple[object, str]]:
        entry = Entry(
            test=CONSTANCY.id, device=device.id, performed_at=NOON, readings=(*given, *more)
        )
        good = check_entry(
            entry, tests=(CONSTANCY,), devices=(dataclasses.replace(device, **changes),),  # type: ignore[arg-type]
            site_zone="UTC", source="form", who="x", now=NOON, complete=True,
        )  # fmt: skip
        return {reading.name: (reading.value, reading.source) for reading in good.readings}

    assert checked()["nuclide"] == ("Ba-133", "device")
    assert checked()["volume"] == (2.0, "device")
    assert checked(Given(name="nuclide", value="Cs-137"))["nuclide"] == ("Cs-137", "form")
    with pytest.raises(ReadingError, match="nuclide is missing"):
        checked(readings={"nuclide": "Tc-99m"})


def test_every_test_of_the_counter_asks_for_the_same_crystal() -> None:
    device = counter("HPGe")
    asking = [
        describe(each)
        for name, each in load_analyzers().items()
        if any(reading.name == "detector_type" for reading in each.readings)
    ]

    assert len(asking) >= 7
    for test in asking:
        (reading,) = of_device(test, device, now=NOON)
        assert (reading.value, reading.source) == ("HPGe", "device")


@pytest.mark.parametrize(
    ("crystal", "kev", "status"),
    [
        # Germanium: 1 keV. Sodium iodide: half of a FWHM of 15 keV at 59.5 keV.
        ("HPGe", 0.9, "PASS"),
        ("HPGe", 1.1, "FAIL"),
        ("NaI", 6.0, "PASS"),
        ("NaI", 9.0, "FAIL"),
    ],
)
def test_the_daily_check_is_judged_by_the_crystal_of_the_device(
    tmp_path: Path, crystal: str, kev: float, status: str
) -> None:
    made = (GE if crystal == "HPGe" else NAI).acquire(lines((59.54, 1332.5), crystal))
    assert made.energy_kev is not None
    moved = dataclasses.replace(made, energy_kev=made.energy_kev + kev, started_at=AT)
    (tmp_path / "a.spe").write_bytes(spe_of(moved, title="WBC daily check"))
    catalogue = {name: describe(each) for name, each in load_analyzers().items()}
    site = load_site(Settings())
    unknown = analyze_files([tmp_path / "a.spe"], site=site, catalogue=catalogue)
    assert unknown.results == ()
    assert unknown.waiting == ((CHECK, "waiting for Type of detector"),)

    own = of_device(catalogue[CHECK], counter(crystal), now=NOON)
    report = analyze_files([tmp_path / "a.spe"], site=site, catalogue=catalogue, readings=own)
    (result,) = report.results
    assert result.status.value == status


def test_the_file_of_devices_holds_readings(tmp_path: Path) -> None:
    path = tmp_path / "devices.toml"
    path.write_text(
        "[devices.wbc]\nname = 'Counter'\ndicom = false\nreadings = { detector_type = 'HPGe' }\n"
    )
    (device,) = load_devices(path)
    assert dict(device.readings) == {"detector_type": "HPGe"}

    path.write_text("[devices.wbc]\nname = 'C'\ndicom = false\nreadings = { x = [1] }\n")
    with pytest.raises(SettingsError, match=r"devices\.wbc\.readings\.x"):
        load_devices(path)

"""devices.toml: checked whole, every fault with file, key and cure."""

from datetime import date
from pathlib import Path

import pytest

from photopeak.device_settings import load_devices
from photopeak.setting_files import SettingsError

TWINS = (
    "[devices.a]\nname = 'A'\nae_titles = ['X', 'Y']\n"
    "[devices.b]\nname = 'B'\nae_titles = ['Y', 'X']\n"
)

BAD = [
    ("[devices.a\n", "at line 1"),
    ("[device.a]\nname = 'A'\n", "device: unknown key"),
    ("[devices.a]\nserial_number = '1'\n", "devices.a.name: Field required"),
    ("[devices.a]\nname = 'A'\nseriall = '1'\n", "devices.a.seriall: unknown key"),
    ("[devices.a]\nname = ''\nstation = 's'\n", "devices.a.name: String should have at least 1"),
    ("[devices.a]\nname = 'A'\nserial_number = 7\n", "devices.a.serial_number: Input should be"),
    ("[devices.a]\nname = 'A'\nae_titles = 'CAM'\n", "devices.a.ae_titles: Input should be"),
    (
        "[devices.a]\nname = 'A'\nnetworks = ['10.0.0.1/8']\n",
        "devices.a.networks.0: 10.0.0.1/8 is no network",
    ),
    ("[devices.a]\nname = 'A'\nfamily = 'din'\n", "devices.a.family: Input should be 'nema' or"),
    ("[devices.a]\nname = 'A'\ndetectors = 0\n", "devices.a.detectors: Input should be greater"),
    ("[devices.a]\nname = 'A'\ntime_zone = 'Oslo'\n", "no time zone 'Oslo'; write it as"),
    ("[devices.a]\nname = 'A'\ntime_zone = 'Europe'\n", "no time zone 'Europe'; write it as"),
    (
        "[devices.a]\nname = 'A'\nae_titles = ['SEVENTEEN_LETTERS']\n",
        "toml:3: devices.a.ae_titles.0:",
    ),
    ("[devices.a]\nname = 'A'\nmatch = { StationName = '(' }\n", "not a regular expression"),
    ("[devices.a]\nname = 'A'\nmatch = { StationName = 'a*' }\n", "matches an empty text"),
    ("[devices.a]\nname = 'A'\nmatch = { station = 'a' }\n", "is not a DICOM keyword"),
    ("[devices.a]\nname = 'A'\n", "devices.a: nothing recognises it; give ae_titles, networks"),
    ("[devices.A_B]\nname = 'A'\nstation = 's'\n", "devices.A_B: an id has lower-case letters"),
    (TWINS, "devices.b: the same identity as devices.a"),
]


@pytest.mark.parametrize(("text", "expected"), BAD)
def test_a_bad_file_is_refused(tmp_path: Path, text: str, expected: str) -> None:
    path = tmp_path / "devices.toml"
    path.write_text(text, "utf-8")

    with pytest.raises(SettingsError) as refusal:
        load_devices(path)

    assert expected in str(refusal.value)
    assert str(path) in str(refusal.value)


def test_all_faults_are_reported_together(tmp_path: Path) -> None:
    path = tmp_path / "devices.toml"
    path.write_text("[devices.a]\nfamily = 'din'\n[devices.b]\nname = 'B'\nx = 1\n", "utf-8")

    with pytest.raises(SettingsError) as refusal:
        load_devices(path)

    assert len(refusal.value.faults) == 3


def test_no_file_means_no_device(tmp_path: Path) -> None:
    assert load_devices(tmp_path / "devices.toml") == ()


def test_an_instrument_without_images_needs_nothing_that_recognises_it(tmp_path: Path) -> None:
    path = tmp_path / "devices.toml"
    path.write_text(
        "[devices.meter]\nname = 'Meter'\nkind = 'dose_calibrator'\ndicom = false\n"
        "in_use_since = 2019-05-01\n[devices.counter]\nname = 'Counter'\ndicom = false\n",
        "utf-8",
    )

    meter, counter = load_devices(path)

    assert (meter.dicom, meter.in_use_since) == (False, date(2019, 5, 1))
    assert (counter.dicom, counter.in_use_since) == (False, None)


def test_a_device_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "devices.toml"
    path.write_text(
        "[devices.cam-1]\nname = 'Camera'\nae_titles = ['CAM1']\nnetworks = ['10.0.0.0/8']\n"
        "family = 'iec'\ndetectors = 2\n"
        "[devices.cam-1.parameters.intrinsic_uniformity]\nufov_width_mm = 533.0\n",
        "utf-8",
    )

    (device,) = load_devices(path)

    assert (device.id, device.name, device.family, device.detectors) == (
        "cam-1",
        "Camera",
        "iec",
        2,
    )
    assert device.kind == "gamma_camera"
    assert dict(device.parameters["intrinsic_uniformity"]) == {"ufov_width_mm": 533.0}

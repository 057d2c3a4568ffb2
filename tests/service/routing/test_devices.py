"""Devices are found by what they say of themselves and by who sends."""

import pytest

from photopeak.model.devices import Device
from photopeak.routing.devices import identify
from support.headers import header

FIRST = Device(
    id="first",
    name="First",
    kind="gamma_camera",
    ae_titles=("CAM1",),
    networks=("10.1.0.0/16", "fd00::/8"),
    serial_number="1001",
)
SECOND = Device(id="second", name="Second", kind="gamma_camera", ae_titles=("CAM2", "WORK"))
BY_MODEL = Device(
    id="model", name="M", kind="gamma_camera", match={"SoftwareVersions": "symbia intevo"}
)
DEVICES = (FIRST, SECOND, BY_MODEL)


def found(calling: str = "", peer: str = "", devices: object = DEVICES, **facts: object) -> object:
    device = identify(header("x", **facts), calling, peer, devices).device  # type: ignore[arg-type]
    return device.id if device else None


@pytest.mark.parametrize(
    ("calling", "peer", "facts", "device"),
    [
        ("CAM1", "10.1.2.3", {}, "first"),
        ("CAM1", "::ffff:10.1.2.3", {}, "first"),
        ("CAM1", "fd00::1%eth0", {}, "first"),
        ("CAM1", "192.168.0.1", {}, None),
        ("CAM1", "not an address", {}, None),
        ("CAM2", "192.168.0.1", {}, "second"),
        ("CAM2 ", "", {}, "second"),
        ("OTHER", "", {}, None),
        ("", "", {"serial_number": "1001"}, "first"),
        ("CAM1", "10.1.2.3", {"serial_number": "9"}, None),
        ("", "", {"SoftwareVersions": "syngo VC50>Symbia Intevo 16>VB22A"}, "model"),
        ("WORK", "", {"SoftwareVersions": "syngo VC50>Symbia Intevo 16>VB22A"}, "model"),
        ("WORK", "", {"SoftwareVersions": "Xeleris 4"}, "second"),
        ("", "", {}, None),
    ],
)
def test_a_device_is_found_by_all_that_is_known_of_it(
    calling: str, peer: str, facts: dict[str, object], device: str | None
) -> None:
    assert found(calling, peer, **facts) == device


def test_two_devices_that_fit_equally_well_leave_it_unknown() -> None:
    twin = Device(id="twin", name="Twin", kind="gamma_camera", ae_titles=("CAM2",))

    result = identify(header("x"), "CAM2", "", (SECOND, twin))

    assert result.device is None
    assert result.steps[-1].message == "second and twin fit equally well: the device is not known"


def test_the_serial_number_decides_between_devices_of_one_ae_title() -> None:
    one = Device(id="one", name="1", kind="k", ae_titles=("A",), serial_number="1")
    two = Device(id="two", name="2", kind="k", ae_titles=("A",), serial_number="2")

    assert found("A", devices=(one, two), serial_number=" 2 ") == "two"


def test_the_steps_say_why_a_device_was_not_taken() -> None:
    steps = identify(header("x", serial_number="7"), "CAM1", "10.1.0.1", (FIRST,)).steps

    assert [step.effect for step in steps] == ["rejected", "passed"]
    assert steps[0].message == "its serial number is another one"
    assert steps[1].message == "no configured device fits: the device is not known"


def test_without_devices_nothing_is_known_and_nothing_is_wrong() -> None:
    result = identify(header("x"), "CAM1", "10.1.0.1", ())

    assert result.device is None
    assert result.steps[0].message == "no device is configured"


def test_an_expression_without_end_excludes_the_device_only() -> None:
    endless = Device(id="e", name="e", kind="k", match={"StationName": "(a|aa)+$"})

    assert found("CAM2", devices=(endless, SECOND), StationName="a" * 64 + "!") == "second"

from pathlib import Path
from types import MappingProxyType

from photopeak.analysis.job import Part, build_job, choose_variant
from photopeak.model.devices import Device
from photopeak.model.results import ReadingRecord
from support.catalogue import description, role

DEVICE = Device(
    id="nm1",
    name="Camera 1",
    kind="gamma_camera",
    family="iec",
    parameters=MappingProxyType(
        {"*": {"ufov": {"width_mm": 530}, "unknown": 1}, "slits": {"pitch_mm": 30.0, "cut": 1}}
    ),
)


def job(**changes: object) -> dict[str, object]:
    arguments: dict[str, object] = {
        "variant": "nema",
        "parts": [Part(role="flood", paths=(Path("a.dcm"),), sha256=("00",))],
        "device": DEVICE,
        "overrides": {},
    }
    test = description("slits", parameters=("ufov", "pitch_mm", "cut", "distance_mm"))
    return build_job(test, **(arguments | changes))  # type: ignore[arg-type]


def test_the_closer_source_of_a_parameter_wins() -> None:
    part = Part(role="flood", paths=(), values={"cut": 2})

    assert job()["parameters"] == {"ufov": {"width_mm": 530}, "pitch_mm": 30.0, "cut": 1}
    assert job(parts=[part])["parameters"]["cut"] == 2  # type: ignore[index]
    assert job(parts=[part], overrides={"cut": 3})["parameters"]["cut"] == 3  # type: ignore[index]


def test_what_a_device_says_for_all_tests_reaches_only_those_that_know_it() -> None:
    assert "unknown" not in job()["parameters"]  # type: ignore[operator]


def test_what_a_rule_read_and_no_parameter_takes_stays_with_its_acquisition() -> None:
    parts = [
        Part(role="dish", paths=(Path("1.dcm"),), values={"position": 10}),
        Part(role="dish", paths=(Path("2.dcm"),), values={"position": 20}),
    ]

    roles = job(parts=parts)["roles"]

    assert [entry["facts"] for entry in roles["dish"]] == [{"position": 10}, {"position": 20}]  # type: ignore[index]
    assert [entry["paths"] for entry in roles["dish"]] == [["1.dcm"], ["2.dcm"]]  # type: ignore[index]


def test_readings_travel_as_plain_data() -> None:
    table = ReadingRecord(name="counts", value=((1.0, 2.0), (3.0, 4.0)), unit="1")

    assert job(readings=[table])["readings"]["counts"]["value"] == [[1.0, 2.0], [3.0, 4.0]]  # type: ignore[index]


def test_the_rule_chooses_the_variant_then_the_family_then_the_test() -> None:
    test = description("slits", role("x"), variants=("nema", "iec"))
    local = description("slits", role("x"), variants=("ws523",))

    assert choose_variant(test, "nema", DEVICE) == "nema"
    assert choose_variant(test, "", DEVICE) == "iec"
    assert choose_variant(local, "", DEVICE) == "ws523"
    assert choose_variant(test, "", None) == "nema"
    of_pet = description("points", role("x"), variants=("jjf", "iec"))
    assert choose_variant(of_pet, "", DEVICE) == "jjf", "a family is one of gamma cameras"
    assert choose_variant(of_pet, "iec", DEVICE) == "iec"


def test_a_variant_that_the_test_does_not_have_is_not_replaced_silently() -> None:
    assert choose_variant(description(), "jjf", DEVICE) == "jjf"


def test_the_zone_of_the_device_beats_that_of_the_site() -> None:
    shanghai = Device(id="nm2", name="Camera 2", kind="gamma_camera", time_zone="Asia/Shanghai")

    assert job(zone="Europe/Madrid")["zone"] == "Europe/Madrid"
    assert job(zone="Europe/Madrid", device=shanghai)["zone"] == "Asia/Shanghai"

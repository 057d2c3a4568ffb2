"""The whole way with programs that are not ours: pushed over DICOM, read over the API."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest

from photopeak.demo.consoles import bone_scan
from photopeak.demo.objects import SIEMENS, Labels, planar_object, write
from support import pushes
from support.acquisitions import real_data
from support.decays import decay, statics
from support.dicom_peer import Peer, associate_request, store_message
from support.ports import eventually
from support.programs import dcmtk, orthanc
from support.service import Service, running_service

NM = "1.2.840.10008.5.1.4.1.1.20"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("service")
    quick = {"inbox": {"quiet_s": 0.4}, "listener": {"accept_unknown_callers": True}}
    with running_service(folder, devices=pushes.DEVICES, settings=quick) as running:
        yield running


def storescu(service: Service, *files: Path, options: tuple[str, ...] = ()) -> None:
    dcmtk(
        "storescu", *options, "-aec", "PHOTOPEAK", "127.0.0.1", service.dicom_port,
        *files, nodelay=True,
    )  # fmt: skip


def upload(service: Service, *contents: bytes) -> httpx.Response:
    return httpx.post(
        f"{service.url}/api/v1/uploads",
        files=[("file", (f"{n}.dcm", content)) for n, content in enumerate(contents)],
        headers={"Authorization": f"Bearer {service.token}"},
        timeout=30.0,
    )


def check_equal_without_a_service(service: Service, path: Path, status: str) -> None:
    uid = pushes.series_of(path)
    (entry,) = pushes.settled(service, uid)
    expected = pushes.analyzed_without_a_service(service.folder / "config", path)
    found = {test: pushes.compared(r) for test, r in pushes.results_of(service, uid).items()}

    assert found["intrinsic_uniformity"]["status"] == status, entry["reason"]
    assert found["intrinsic_uniformity"]["measurements"]
    assert found == expected


@pytest.mark.parametrize(
    ("options", "bad"),
    [
        ((), False),
        (("--propose-lossless",), False),
        (("-pdu", "131072"), True),
        (("--propose-implicit",), True),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_flood_from_storescu_is_judged_as_without_a_service(
    service: Service, tmp_path: Path, options: tuple[str, ...], bad: bool
) -> None:
    path = pushes.flood_file(tmp_path, 11, bad=bad)
    if options == ("--propose-implicit",):
        # The sender converts: the bytes that arrive are not those of its file.
        implicit = tmp_path / "implicit.dcm"
        dcmtk("dcmconv", "--write-xfer-implicit", path, implicit)
        path = implicit
    storescu(service, path, options=options)

    check_equal_without_a_service(service, path, "FAIL" if bad else "PASS")


def test_a_flood_from_a_stock_storescu_is_not_held_up(service: Service, tmp_path: Path) -> None:
    path = pushes.flood_file(tmp_path, 12)
    dcmtk("storescu", "-aec", "PHOTOPEAK", "127.0.0.1", service.dicom_port, path)

    check_equal_without_a_service(service, path, "PASS")


def test_a_flood_from_dcmsend_is_judged_as_without_a_service(
    service: Service, tmp_path: Path
) -> None:
    path = pushes.flood_file(tmp_path, 13, bad=True)
    dcmtk("dcmsend", "-aec", "PHOTOPEAK", "127.0.0.1", service.dicom_port, path)

    check_equal_without_a_service(service, path, "FAIL")


def test_an_upload_gives_the_result_of_a_push(service: Service, tmp_path: Path) -> None:
    path = pushes.flood_file(tmp_path, 14)
    reply = upload(service, path.read_bytes())

    assert reply.status_code == 201, reply.text
    assert reply.json()["files"][0]["stored"] is True
    check_equal_without_a_service(service, path, "PASS")


def test_a_pacs_forwards_by_its_rule(service: Service, tmp_path: Path) -> None:
    path = pushes.flood_file(tmp_path, 15)
    with orthanc(
        tmp_path / "orthanc", forward_to=("PHOTOPEAK", "127.0.0.1", service.dicom_port)
    ) as pacs:
        dcmtk("storescu", "-aec", "PACS", "127.0.0.1", pacs.dicom_port, path, nodelay=True)
        (entry,) = pushes.settled(service, pushes.series_of(path))

    found = pushes.results_of(service, pushes.series_of(path))["intrinsic_uniformity"]
    alone = pushes.analyzed_without_a_service(service.folder / "config", path)
    assert entry["calling_ae_title"] == "PACS"
    assert found["status"] == "PASS"
    assert found["measurements"] == alone["intrinsic_uniformity"]["measurements"]


def test_the_same_series_again_makes_no_second_result(service: Service, tmp_path: Path) -> None:
    path = pushes.flood_file(tmp_path, 16)
    uid = pushes.series_of(path)
    storescu(service, path)
    pushes.settled(service, uid)
    before = pushes.results_of(service, uid)
    storescu(service, path)
    upload(service, path.read_bytes())
    marker = pushes.flood_file(tmp_path, 17)
    storescu(service, marker)
    pushes.settled(service, pushes.series_of(marker))

    (entry,) = pushes.settled(service, uid)
    assert (entry["instances"], entry["generation"]) == (1, 1)
    assert pushes.results_of(service, uid) == before
    assert all(result["version"] == 1 for result in before.values())


def test_a_late_instance_leads_to_a_new_version_of_the_result(
    service: Service, tmp_path: Path
) -> None:
    first, second = pushes.flood_object(18), pushes.flood_object(19, bad=True)
    second.StudyInstanceUID = first.StudyInstanceUID
    second.SeriesInstanceUID = uid = first.SeriesInstanceUID
    for number, dataset in enumerate((first, second)):
        frame = len(dataset.PixelData) // 2
        dataset.PixelData = dataset.PixelData[number * frame : (number + 1) * frame]
        dataset.NumberOfFrames, dataset.EnergyWindowVector = 1, 1
        dataset.DetectorVector, dataset.InstanceNumber = number + 1, number + 1
    storescu(service, write(first, tmp_path))
    pushes.settled(service, str(uid))
    early = pushes.results_of(service, str(uid))["intrinsic_uniformity"]
    storescu(service, write(second, tmp_path))

    def newer() -> dict[str, object] | None:
        found = pushes.results_of(service, str(uid)).get("intrinsic_uniformity")
        return found if found is not None and found["version"] == 2 else None

    late = eventually(newer, what=lambda: f"a second version: {service.log()[-2000:]}")
    (entry,) = pushes.settled(service, str(uid))
    assert (entry["state"], entry["generation"]) == ("ANALYZED", 2)
    assert late["supersedes"] == early["id"]
    assert early["status"] == "WARN"  # one of the two heads is missing
    assert late["status"] == "FAIL"
    detectors = {m["scope"].get("detector") for m in late["measurements"]}  # type: ignore[attr-defined]
    assert detectors == {1, 2}


def test_the_patient_stays_out_of_sight(service: Service, tmp_path: Path) -> None:
    path = write(bone_scan(SIEMENS, pushes.SEEN_AT, np.random.default_rng(5)), tmp_path)
    storescu(service, path)

    (entry,) = pushes.settled(service, pushes.series_of(path))
    assert entry["state"] == "QUARANTINED"
    assert "patient" in entry["reason"]
    shown = str(service.api(f"/series/{pushes.series_of(path)}"))
    rows = b"".join(p.read_bytes() for p in service.data.glob("photopeak.sqlite3*"))
    for trace in ("Hansen", "HANSEN", "4711-0815", "19610417", "A20260302"):
        assert trace not in shown
        assert trace not in service.log()
        assert trace.encode() not in rows


def test_broken_objects_are_seen_and_do_no_harm(service: Service, tmp_path: Path) -> None:
    short, huge = pushes.flood_object(20), pushes.flood_object(21)
    short.PixelData = short.PixelData[:1001]
    huge.Rows = huge.Columns = 65_535
    huge.NumberOfFrames = 30_000
    for broken in (short, huge):
        storescu(service, write(broken, tmp_path))
    uids = [str(short.SeriesInstanceUID), str(huge.SeriesInstanceUID)]

    for entry in pushes.settled(service, *uids):
        assert entry["state"] in {"REFUSED", "FAILED"}, entry
        assert entry["reason"]
    good = pushes.flood_file(tmp_path, 22)
    storescu(service, good)
    (entry,) = pushes.settled(service, pushes.series_of(good))
    assert pushes.results_of(service, pushes.series_of(good))["intrinsic_uniformity"]
    assert httpx.get(f"{service.url}/healthz", timeout=30.0).status_code == 200


def test_what_is_not_whole_is_refused_at_the_door(service: Service, tmp_path: Path) -> None:
    path = pushes.flood_file(tmp_path, 23)
    content = path.read_bytes()
    before = len(service.series())
    reply = upload(service, content[: len(content) // 2], b"no DICOM at all" * 50)

    assert reply.status_code == 422
    assert [error["pointer"] for error in reply.json()["errors"]] == ["/files/0", "/files/1"]
    assert all(error["detail"] for error in reply.json()["errors"])
    uid = pushes.series_of(path)
    with Peer(service.dicom_port, source="127.0.0.1") as peer:
        peer.associate(associate_request(calling="STORESCU"))
        instance = path.stem
        peer.send(store_message(content[400:9000], instance=instance))
        assert peer.answer().status != 0
    assert len(service.series()) == before
    assert uid not in {entry["series_instance_uid"] for entry in service.series()}


@pytest.mark.parametrize(
    ("name", "test"),
    [
        ("nmqc/UNIFORMIDAD_1.dcm", "intrinsic_uniformity"),
        ("nmqc/QuadrantBar.dcm", "bar_phantom_resolution"),
        ("nmqc/Spatial_Resol_X.dcm", "system_spatial_resolution"),
        ("nmqc/Jaszack.dcm", "spect_image_quality"),
        ("linaqa/MCR.dcm", "intrinsic_max_count_rate"),
        ("linaqa/sensitivity/PetriDish", "system_planar_sensitivity"),
        ("linaqa/sensitivity/Background", "background_rate"),
        ("linaqa/tomo_uniformity", "pet_uniformity"),
        ("pynemaiqpet/pet_recon_1", "pet_image_quality"),
    ],
)
def test_a_real_acquisition_is_recognised_and_kept(service: Service, name: str, test: str) -> None:
    path = real_data(name)
    files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    files = [p for p in files if p.read_bytes()[128:132] == b"DICM"]
    storescu(service, *files, options=("-aet", "ELSEWHERE"))
    uid = pushes.series_of(files[0])

    (entry,) = pushes.settled(service, uid)
    detail = service.api(f"/series/{uid}")
    assert entry["instances"] == len(files)
    assert detail["decision"]["outcome"] == "routed", detail["decision"]["reason"]
    assert detail["decision"]["assignments"][0]["test"] == test
    found = {t: pushes.compared(r) for t, r in pushes.results_of(service, uid).items()}
    alone = pushes.analyzed_without_a_service(service.folder / "config", *files)
    # The sender writes these data sets anew (lengths of groups), so the hashes differ.
    for result in (*found.values(), *alone.values()):
        del result["sha256"]
    # By hand an image is measured as it is; the service waits for what its set lacks: bars have to
    # be seen along both directions.
    sets = [service.api(f"/test-sets/{each}")["test_set"] for each in detail["test_sets"]]
    waiting = {each["test"] for each in sets if each["state"] == "WAITING"}
    assert waiting & set(alone) <= {"bar_phantom_resolution"}
    assert found == {each: result for each, result in alone.items() if each not in waiting}


def test_static_images_of_a_decay_fill_one_set_over_two_days(
    service: Service, tmp_path: Path
) -> None:
    last, *earlier = (
        write(
            planar_object(image, SIEMENS, Labels(series=f"Count rate {number}"), image.started_at),
            tmp_path,
        )
        for number, image in enumerate(statics(decay(frames=10, every_s=18_500.0)))
        if image.started_at is not None
    )
    storescu(service, *earlier)
    waiting = pushes.settled(service, *map(pushes.series_of, earlier))
    storescu(service, last)
    uid = pushes.series_of(last)
    pushes.settled(service, uid)
    found = pushes.results_of(service, uid)
    alone = pushes.analyzed_without_a_service(service.folder / "config", last, *earlier)

    assert {entry["state"] for entry in waiting} == {"WAITING"}
    assert all("down to its last image" in entry["reason"] for entry in waiting)
    for test in ("count_rate_performance", "dead_time"):
        assert len(found[test]["provenance"]["inputs"]) == 10
        assert pushes.compared(found[test])["measurements"] == alone[test]["measurements"]
        assert found[test]["status"] == alone[test]["status"]

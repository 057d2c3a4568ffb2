"""PET and CT of one frame of reference are one set, whichever comes first; two frames never mix."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydicom.dataset import Dataset

from photopeak.analysis.assignment import Assigner
from photopeak.analysis.catalogue import describe, load_analyzers
from photopeak.analysis.intake import Intake
from photopeak.analysis.local import analyze_files
from photopeak.analysis.site import load_site
from photopeak.inbox.inbox import Inbox
from photopeak.inbox.upload import receive_file
from photopeak.model.devices import Device
from photopeak.model.judgement import Status
from photopeak.model.reception import Entrance, StoreStatus
from photopeak.model.test_sets import TestSetRecord, TestSetState
from photopeak.settings import InboxSettings, Settings
from photopeak.storage import test_sets
from photopeak.storage.database import Database
from support.dicom_objects import save_all
from support.hybrid_objects import SERIAL_NUMBER, ct_objects, ct_slices, pet_objects
from support.markers import moved
from support.station import Station

TEST = "pet_ct_registration"
A, B = "1.2.3.10", "1.2.3.20"
BY = {A: (1.0, 0.0, 0.0), B: (0.0, -4.0, 0.0)}


class Scanner(Station):
    """A hybrid scanner whose series come in, are routed by their names, and are worked on."""

    def __init__(self, database: Database, data: Path) -> None:
        super().__init__(database, data, (TEST, "spect_ct_registration"))
        device = Device(id="pet1", name="PET/CT", kind="pet_ct", serial_number=SERIAL_NUMBER)
        settings = Settings(data=data, inbox=InboxSettings(free_space_floor_bytes=0))
        self.site = replace(load_site(settings), devices=(device,))
        self.assigner = Assigner(
            self.site, self.catalogue, lambda _, record: self.queued.append(record.id)
        )

    def upload(self, folder: Path, *series: Sequence[Dataset]) -> list[str]:
        """Let series come in and be routed, all at once; returns their UIDs."""
        inbox = Inbox(
            self.site.settings.inbox, self.data, self.database,
            maximum_instance_bytes=50_000_000, strict_data_set=True,
        )  # fmt: skip
        folder.mkdir()
        try:
            for datasets in series:
                for path in save_all(datasets, folder):
                    outcome = receive_file(
                        inbox, path, sender="x", address="", entrance=Entrance.UPLOAD
                    )
                    assert outcome.status is StoreStatus.SUCCESS, outcome
        finally:
            inbox.close()
        process: Any = None
        intake = Intake(
            database=self.database, data=self.data, site=self.site, process=process,
            warm=lambda: None, assigner=self.assigner,
            clock=lambda: datetime.now(UTC) + timedelta(hours=1),
        )  # fmt: skip
        while intake.step():
            pass
        return [str(datasets[0].SeriesInstanceUID) for datasets in series]

    def sets(self) -> list[TestSetRecord]:
        """Return all sets of the test."""
        with self.database.snapshot() as tx:
            return list(test_sets.page(tx, test=TEST).items)


@pytest.fixture
def scanner(sqlite_database: Database, tmp_path: Path) -> Scanner:
    return Scanner(sqlite_database, tmp_path)


def make(what: str) -> list[Dataset]:
    """``pet A`` or ``ct B``."""
    kind, frame = what.split()
    uid = {"A": A, "B": B, "none": ""}[frame]
    if kind == "pet":
        return pet_objects(uid)
    return ct_objects(uid, moved(BY.get(uid, (0.0, 0.0, 0.0))))


@pytest.mark.parametrize(
    "order",
    [
        ("pet A", "ct A", "pet B", "ct B"),
        ("ct B", "ct A", "pet A", "pet B"),
        ("pet A", "pet B", "ct A", "ct B"),
    ],
)
@pytest.mark.parametrize("at_once", [False, True])
def test_two_examinations_of_a_day_are_two_sets_in_any_order(
    scanner: Scanner, tmp_path: Path, order: tuple[str, ...], at_once: bool
) -> None:
    if at_once:
        scanner.upload(tmp_path / "all", *(make(what) for what in order))
    else:
        for what in order:
            scanner.upload(tmp_path / what, make(what))

    found = [scanner.work(record) for record in scanner.sets()]
    assert [record.state for record in found] == [TestSetState.DONE] * 2
    assert [{m.role for m in record.members} for record in found] == [{"pet", "ct"}] * 2
    shifts = []
    for record in found:
        result = scanner.current(record)
        assert result is not None
        numbers = {m.metric: m.value for m in result.measurements}
        shifts.append((numbers["dx_mm"], numbers["dy_mm"]))
        # The reference value of JJF informs; counts and randoms nobody gave, so a person looks.
        (verdict,) = [v for v in result.verdicts if v.kind == "informative"]
        assert verdict.status is Status.INFO
        assert verdict.met is (numbers["registration_max_mm"] <= 2.0)
        assert result.status is Status.WARN
    # Voxels of 4 mm: a fifth of a millimetre.
    wanted = sorted((-x, -y) for x, y, _ in BY.values())
    for shift, by in zip(sorted(shifts), wanted, strict=True):
        assert shift == pytest.approx(by, abs=0.2)


def test_one_that_waits_says_for_what_and_in_which_frame(scanner: Scanner, tmp_path: Path) -> None:
    scanner.upload(tmp_path / "pet", make("pet A"))
    scanner.upload(tmp_path / "ct", make("ct B"))

    assert {record.waiting_for for record in scanner.sets()} == {
        f"waiting for CT of the same markers in the frame of reference {A}",
        f"waiting for PET of the markers in the frame of reference {B}",
    }


def test_a_pair_of_two_frames_that_a_person_makes_is_refused_without_a_number(
    scanner: Scanner, tmp_path: Path
) -> None:
    (pet_uid,) = scanner.upload(tmp_path / "pet", make("pet A"))
    (ct_uid,) = scanner.upload(tmp_path / "ct", make("ct B"))

    done = scanner.work(scanner.assign(scanner.set_of(pet_uid), ct_uid, "ct"))

    result = scanner.current(done)
    assert result is not None
    assert (done.state, result.status, result.measurements) == (
        TestSetState.REFUSED, Status.ERROR, (),
    )  # fmt: skip
    assert result.failure is not None
    assert f"CT has the frame of reference {B}, needs that of PET, {A}" in result.failure.message
    found = (result.failure.quantity, result.failure.value, result.failure.bound)
    assert all(found), f"quantity, value and bound are kept for programs too: {found}"


def test_a_pair_of_two_frames_takes_no_third_series(scanner: Scanner, tmp_path: Path) -> None:
    (pet_uid,) = scanner.upload(tmp_path / "pet", make("pet A"))
    (ct_uid,) = scanner.upload(tmp_path / "ct", make("ct B"))
    scanner.assign(scanner.set_of(pet_uid), ct_uid, "ct")

    (third,) = scanner.upload(tmp_path / "third", make("pet B"))

    assert scanner.set_of(third).id != scanner.set_of(pet_uid).id


def test_a_series_that_names_no_frame_joins_and_warns(scanner: Scanner, tmp_path: Path) -> None:
    scanner.upload(tmp_path / "pet", make("pet A"))
    scanner.upload(tmp_path / "ct", make("ct none"))

    (record,) = scanner.sets()
    result = scanner.current(scanner.work(record))
    assert result is not None
    (frame,) = [p for p in result.preconditions if p.quantity == "frame of reference of CT"]
    assert (frame.outcome, frame.severity) == ("unknown", "soft")
    assert result.measurements


@pytest.mark.parametrize("worked", [False, True])
def test_a_pair_without_a_frame_does_not_keep_another_pair_apart(
    scanner: Scanner, tmp_path: Path, worked: bool
) -> None:
    (pet_uid,) = scanner.upload(tmp_path / "pet", make("pet A"))
    for number, what in enumerate(("pet none", "ct none")):
        scanner.upload(tmp_path / str(number), make(what))
    for record in scanner.sets():
        if worked and not record.waiting_for:
            scanner.work(record)
    (ct_uid,) = scanner.upload(tmp_path / "ct", make("ct A"))

    assert scanner.set_of(ct_uid).id == scanner.set_of(pet_uid).id
    assert [len(record.members) for record in scanner.sets()] == [2, 2]


@pytest.mark.parametrize("order", [(0, 3, 1, 4, 2, 5), (5, 4, 3, 0, 1, 2), (2, 1, 0, 3, 5, 4)])
def test_three_examinations_of_a_day_are_three_sets(
    scanner: Scanner, tmp_path: Path, order: tuple[int, ...]
) -> None:
    frames = ("1.2.3.10", "1.2.3.20", "1.2.3.30")
    series = [pet_objects(f) for f in frames] + [ct_objects(f) for f in frames]
    for place in order:
        scanner.upload(tmp_path / str(place), series[place])

    found = scanner.sets()
    assert [{m.role for m in record.members} for record in found] == [{"pet", "ct"}] * 3
    assert [record.waiting_for for record in found] == [""] * 3


def test_without_a_service_the_frames_part_the_sets_as_well(tmp_path: Path) -> None:
    for datasets in (
        pet_objects(A), ct_slices(A, moved(BY[A])), pet_objects(B), ct_objects(B, moved(BY[B])),
    ):  # fmt: skip
        save_all(datasets, tmp_path)
    report = analyze_files([tmp_path], site=load_site(Settings()), catalogue=_catalogue())

    shifts = sorted(
        next(m.value for m in result.measurements if m.metric == "dy_mm")
        for result in report.results
        if result.test == TEST
    )
    assert shifts == pytest.approx([0.0, 4.0], abs=0.2)
    assert report.waiting == ()


def test_without_a_service_two_frames_wait_for_each_other(tmp_path: Path) -> None:
    save_all(pet_objects(A), tmp_path)
    save_all(ct_objects(B), tmp_path)
    report = analyze_files([tmp_path], site=load_site(Settings()), catalogue=_catalogue())

    assert report.results == ()
    assert sorted(report.waiting) == [
        (TEST, "waiting for CT of the same markers"),
        (TEST, "waiting for PET of the markers"),
    ]


def _catalogue() -> dict[str, Any]:
    return {TEST: describe(load_analyzers()[TEST])}

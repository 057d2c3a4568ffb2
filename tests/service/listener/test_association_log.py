"""What is remembered of associations, and that remembering never stands in the way."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence

import pytest

from photopeak.listener.association_log import (
    GAP_EVERY_S,
    MOST_AT_ONCE,
    MOST_WAITING,
    RECORD_EVERY_S,
    AssociationLog,
    rejected,
)
from photopeak.listener.association_request import CALLED_TITLE_UNKNOWN, LIMIT_EXCEEDED
from photopeak.listener.service import InProcessListener
from photopeak.model.associations import AssociationCause, AssociationOutcome, AssociationRecord
from photopeak.model.reception import StoreOutcome, StoreStatus
from photopeak.settings import ListenerSettings
from support.dicom_peer import (
    EXPLICIT,
    NM,
    Peer,
    associate_request,
    data_set,
    echo_command,
    p_data,
    pdv,
    store_message,
)
from support.ports import eventually

from .conftest import MemoryStore

COMMITMENT = "1.2.840.10008.1.20.1"


@pytest.fixture
def noted() -> list[AssociationRecord]:
    return []


@pytest.fixture
def port(store: MemoryStore, noted: list[AssociationRecord]) -> Iterator[int]:
    settings = ListenerSettings(host="127.0.0.1", port=0, idle_timeout_s=0.3)
    with InProcessListener(settings, store, note=noted.append) as listener:
        yield listener.port


def one(noted: list[AssociationRecord]) -> AssociationRecord:
    eventually(lambda: bool(noted), what="the association is noted")
    assert len(noted) == 1
    return noted[0]


def test_an_association_that_stored_says_who_sent_how_much_in_which_syntax(
    port: int, noted: list[AssociationRecord]
) -> None:
    with Peer(port) as peer:
        peer.associate(associate_request(((1, NM, (EXPLICIT,)), (3, COMMITMENT, (EXPLICIT,)))))
        peer.send(store_message(data_set()))
        peer.answer()
        peer.release()

    found = one(noted)
    assert (found.calling_ae_title, found.called_ae_title, found.address) == (
        "SCANNER", "PHOTOPEAK", "127.0.0.66",
    )  # fmt: skip
    assert (found.outcome, found.stored, found.refused) == (AssociationOutcome.RELEASED, 1, 0)
    refused, accepted = found.contexts
    assert (accepted.sop_class_uid, accepted.accepted) == (NM, EXPLICIT)
    assert (refused.sop_class_uid, refused.accepted, refused.class_known) == (COMMITMENT, "", False)


def test_a_refusal_keeps_its_titles_and_its_reason(
    port: int, noted: list[AssociationRecord]
) -> None:
    with Peer(port) as peer:
        peer.associate(associate_request(called="SOMEBODY", calling=b"\x1b[31m\r\nX"))

    found = one(noted)
    assert found.outcome is AssociationOutcome.REJECTED
    assert found.cause is AssociationCause.CALLED_TITLE
    assert found.called_ae_title == "SOMEBODY"
    assert found.calling_ae_title == "\\x1b[31m\\r\\nX"


def test_what_is_no_dicom_is_noted_as_such(port: int, noted: list[AssociationRecord]) -> None:
    with Peer(port) as peer:
        peer.send(b"GET / HTTP/1.1\r\n\r\n")
        peer.read()

    found = one(noted)
    assert (found.outcome, found.cause) == (
        AssociationOutcome.REJECTED,
        AssociationCause.NOT_DICOM,
    )


def test_what_the_last_refused_object_was_told_is_kept(
    port: int, noted: list[AssociationRecord], store: MemoryStore
) -> None:
    store.outcome = StoreOutcome(status=StoreStatus.OUT_OF_RESOURCES, comment="disk full")
    with Peer(port) as peer:
        peer.associate(associate_request())
        peer.send(p_data(pdv(3, 3, echo_command())))
        peer.answer()
        peer.send(store_message(data_set()))
        peer.answer()
        peer.release()

    found = one(noted)
    assert (found.stored, found.refused, found.echoes) == (0, 1, 1)
    assert found.refusal == "A700: disk full"


@pytest.mark.parametrize("silent", [True, False])
def test_one_that_falls_silent_and_one_that_leaves_are_told_apart(
    port: int, noted: list[AssociationRecord], silent: bool
) -> None:
    with Peer(port) as peer:
        peer.associate(associate_request())
        if silent:
            peer.read()

    found = one(noted)
    assert found.outcome is AssociationOutcome.ABORTED
    assert found.cause is (AssociationCause.IDLE if silent else AssociationCause.PEER_LEFT)


def record(address: str = "192.0.2.1") -> AssociationRecord:
    return rejected(associate_request(), address, CALLED_TITLE_UNKNOWN)


def test_records_are_written_in_batches_and_the_rest_at_the_end() -> None:
    written: list[Sequence[AssociationRecord]] = []
    log = AssociationLog(written.append)
    log(record())
    eventually(lambda: bool(written), what="the first is written")
    log(record())
    log(record())
    log.close()

    assert [len(batch) for batch in written] == [1, 2]


def test_a_database_that_stands_still_costs_records_and_no_time() -> None:
    stuck, written = threading.Event(), []
    began = threading.Event()

    def write(batch: Sequence[AssociationRecord]) -> None:
        began.set()
        assert stuck.wait(20)
        written.extend(batch)

    log = AssociationLog(write)
    log(record("192.0.2.9"))
    assert began.wait(10)
    for number in range(MOST_WAITING + 7):
        log(record(f"192.0.2.{number % 5}"))
    stuck.set()
    log.close()

    gap = written[-1]
    assert (gap.outcome, gap.stored) == (AssociationOutcome.GAP, 7)
    assert len(written) == MOST_WAITING + 2


def test_what_could_not_be_written_is_told_with_the_next() -> None:
    written: list[AssociationRecord] = []
    broken = threading.Event()
    broken.set()
    tried = threading.Event()

    def write(batch: Sequence[AssociationRecord]) -> None:
        tried.set()
        if broken.is_set():
            raise OSError("no database")
        written.extend(batch)

    log = AssociationLog(write)
    log(record())
    assert tried.wait(10)
    broken.clear()
    log(rejected(b"", "192.0.2.1", LIMIT_EXCEEDED))
    log.close()

    assert [r.outcome for r in written] == [AssociationOutcome.REJECTED, AssociationOutcome.GAP]
    assert written[1].stored == 1
    assert written[0].cause is AssociationCause.TOO_MANY


def test_who_calls_every_second_for_a_year_leaves_no_more_than_a_line_a_minute() -> None:
    now, written = [0.0], []
    log = AssociationLog(written.extend, monotonic=lambda: now[0])
    log._thread = threading.current_thread()  # written by hand, so that a year takes no time
    calls = 20_000
    for second in range(calls):
        now[0] = float(second)
        log(record())
        log._flush()
    log._ending.set()
    log._flush()

    gaps = [r for r in written if r.outcome is AssociationOutcome.GAP]
    told = len(written) - len(gaps)
    assert told <= MOST_AT_ONCE + calls / RECORD_EVERY_S + 1
    assert len(gaps) <= calls / GAP_EVERY_S + 2
    assert told + sum(gap.stored for gap in gaps) == calls


def test_a_noisy_caller_takes_no_line_from_another() -> None:
    written: list[AssociationRecord] = []
    log = AssociationLog(written.extend, monotonic=lambda: 0.0)
    log._thread = threading.current_thread()
    for _ in range(3 * MOST_AT_ONCE):
        log(record("192.0.2.1"))
        log._flush()
    log(record("192.0.2.2"))
    log._flush()

    assert written[-1].address == "192.0.2.2"

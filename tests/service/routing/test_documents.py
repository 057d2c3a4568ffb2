"""Documents: routed by what their sender said, by their words, by their content; kept otherwise."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from photopeak.model.content import ContentFinding, ContentKind
from photopeak.model.devices import Device
from photopeak.model.documents import PDF, XML, Statement
from photopeak.model.header import InstanceHeader
from photopeak.model.routing import RoutingDecision, RoutingOutcome
from photopeak.routing.content import classify
from photopeak.routing.decide import decide
from photopeak.routing.routes import load_routes
from photopeak.settings import GuardSettings
from photopeak_analyzers.document import Document, Element
from support.daily_reports import PHILIPS_LINES, SIEMENS_LINES
from support.headers import header

TABLE = load_routes()
PET = Device(id="pet", name="PET", kind="pet", station="HALL1")
OTHER = Device(id="other", name="Other", kind="pet", station="HALL2")


def document(
    title: str = "", *, statement: Statement | None = None, media_type: str = XML, **values: Any
) -> InstanceHeader:
    made = header(kind="OTHER", DocumentTitle=title, patient={}, nuclide=None, **values)
    return dataclasses.replace(made, document=media_type, statement=statement)


def decided(
    of: InstanceHeader, content: Callable[[], ContentFinding] | None = None
) -> RoutingDecision:
    return decide([of], table=TABLE, devices=(PET, OTHER), guard=GuardSettings(), content=content)


def report() -> ContentFinding:
    return ContentFinding(kind=ContentKind.DAILY_REPORT, confidence=1.0, message="a report")


def nothing() -> ContentFinding:
    return ContentFinding(kind=ContentKind.UNKNOWN, confidence=0.0, message="no idea")


def taken(decision: RoutingDecision) -> list[tuple[str, str]]:
    return [(a.test, a.role) for a in decision.assignments]


def test_the_root_of_a_report_chooses_its_test_and_its_station_the_device() -> None:
    decision = decided(document("SystemQualityReport", station="HALL1"))

    assert decision.outcome is RoutingOutcome.ROUTED
    assert taken(decision) == [("pet_daily_qc", "report")]
    assert (decision.device_id, decision.field) == ("pet", "DocumentTitle")


def test_the_words_of_a_document_choose_its_test() -> None:
    decision = decided(document("PDF document", media_type=PDF), report)

    assert taken(decision) == [("pet_daily_qc", "report")]
    assert decision.rule == "content"


def test_a_pushed_document_of_no_test_is_kept_without_an_alert() -> None:
    decision = decided(document("PDF document", media_type=PDF), nothing)

    assert decision.outcome is RoutingOutcome.NOT_QC


def test_an_uploaded_document_of_no_test_is_left_to_a_person() -> None:
    decision = decided(document("Invoice", statement=Statement()), nothing)

    assert decision.outcome is RoutingOutcome.UNROUTED


def test_what_the_sender_says_goes_before_everything_but_the_guard() -> None:
    said = Statement(device="other", test="pet_daily_qc", variant="local", role="report")

    decision = decided(document("SystemQualityReport", station="HALL1", statement=said))

    assert taken(decision) == [("pet_daily_qc", "report")]
    assert (decision.device_id, decision.rule) == ("other", "sender")


def test_a_role_that_the_sender_leaves_out_is_told_by_the_content() -> None:
    said = Statement(test="pet_daily_qc")

    assert taken(decided(document("x", statement=said), report)) == [("pet_daily_qc", "report")]
    assert taken(decided(document("x", statement=said), nothing)) == [("pet_daily_qc", "")]


def test_a_device_that_is_not_configured_any_more_is_said_and_left_out() -> None:
    decision = decided(document("SystemQualityReport", statement=Statement(device="gone")))

    assert decision.device_id is None
    assert any("gone, which is not configured" in step.message for step in decision.steps)


def test_rules_for_images_do_not_look_at_documents() -> None:
    assert decided(document("PET CT registration"), nothing).outcome is RoutingOutcome.NOT_QC


def test_a_document_that_names_a_patient_is_quarantined_whoever_sends_it() -> None:
    made = header(kind="OTHER", patient={"name": "Hansen^Kari"})
    said = Statement(test="pet_daily_qc", role="report")

    decision = decided(dataclasses.replace(made, document=PDF, statement=said))

    assert decision.outcome is RoutingOutcome.QUARANTINED


@pytest.mark.parametrize("lines", [SIEMENS_LINES, PHILIPS_LINES])
def test_reports_are_known_by_their_words(lines: tuple[str, ...]) -> None:
    finding = classify(Document(media_type=PDF, text="\n".join(lines)))

    assert finding.kind is ContentKind.DAILY_REPORT


@pytest.mark.parametrize(
    "other",
    [
        Document(media_type=PDF, text="Dear reader\n" * 1000),
        Document(media_type=PDF, text="System Quality Report\nno items"),
        Document(media_type=PDF, text="PHILIPS shaver, timing resolution of a hair"),
        Document(media_type=PDF, text=""),
        Document(media_type=XML, root=Element(name="Invoice")),
    ],
)
def test_other_documents_are_not_taken_for_reports(other: Document) -> None:
    assert classify(other).kind is ContentKind.UNKNOWN

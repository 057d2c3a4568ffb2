"""The calibration report by the API and on its page: data, a page to print, PDF."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import Any

import pypdf
import pytest

from photopeak.api.headers import CONTENT_SECURITY_POLICY
from photopeak.reports.jjf.request import QUERY
from photopeak.reports.paper import pdf
from photopeak.reports.paper.html import policy
from photopeak.reports.paper.pdf import PdfBusyError, PdfError
from photopeak.storage import results
from photopeak.storage.database import Database
from support import jjf_results as jjf
from support import web_scene

PATH = "/api/v1/devices/pet-1/reports/jjf"
PAGE = "/devices/pet-1/reports/jjf"
HOSTILE_SCANNER = replace(jjf.SCANNER, name=web_scene.HOSTILE)


@pytest.fixture
def site(make_service: Any, sqlite_database: Database) -> Any:
    """Start the application of a site with a scanner that was calibrated."""
    with sqlite_database.transaction() as tx:
        jjf.store_everything(tx)
    return make_service(filled=False, devices=lambda: (jjf.SCANNER, web_scene.DEVICE))


def test_the_report_is_told_as_data(site: Any) -> None:
    answer = site.get(PATH, params={"client": "第一医院", "temperature": "22.5", "language": "en"})
    report = answer.json()

    assert answer.status_code == 200, answer.text
    assert report["particulars"]["client"] == "第一医院"
    assert report["particulars"]["temperature"] == 22.5
    rows = {row["title"]: row for row in report["certificate"]}
    (sensitivity,) = rows["Sensitivity"]["values"]
    assert (sensitivity["stated"], sensitivity["expanded"]) == ("7000", "270")
    assert sensitivity["value"] == pytest.approx(7003.4)
    assert (report["coverage_factor"], report["variant"]) == (2.0, "jjf")
    assert rows["Cold-region percent contrast"]["remarks"] == ["not measured"]
    items = {item["test"]: item for item in report["items"]}
    (radial, tangential) = items["pet_spatial_resolution"]["values"]
    assert radial["reference"] == {"bounds": "≤ 6 mm", "met": True}
    assert tangential["reference"] == {"bounds": "≤ 6 mm", "met": False}
    assert all(len(item["inputs_sha256"]) == 64 for item in items.values())


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_to_print_has_a_policy_of_its_own(site: Any, language: str) -> None:
    answer = site.get(f"{PATH}.html", params={"language": language})

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert (
        answer.headers["content-security-policy"] == f"{policy()}; sandbox; frame-ancestors 'none'"
    )
    assert answer.headers["cache-control"] == "no-store"
    assert {"en": "Calibration certificate", "zh": "校准证书"}[language] in answer.text


def test_the_pdf_is_a_pdf(site: Any) -> None:
    answer = site.get(f"{PATH}.pdf", params={"client": "Client & Sons"})

    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    text = "".join(p.extract_text() for p in pypdf.PdfReader(io.BytesIO(answer.content)).pages)
    assert "Client & Sons" in text


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ({"from": "March"}, "/query/from"),
        ({"humidity": "120"}, "/query/humidity"),
        ({"client": "x" * 121}, "/query/client"),
        ({"language": "fr"}, "/query/language"),
        ({"results": "a;b"}, "/query/results"),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_its_place_and_not_repeated(
    site: Any, query: dict[str, str], place: str
) -> None:
    for path in (PATH, f"{PATH}.html", f"{PATH}.pdf"):
        answer = site.get(path, params=query)

        assert answer.status_code == 422
        assert [error["pointer"] for error in answer.json()["errors"]] == [place]
        assert next(iter(query.values())) not in answer.text


def test_what_is_not_there_or_not_of_this_report_is_refused(
    site: Any, sqlite_database: Database
) -> None:
    with sqlite_database.transaction() as tx:
        other = jjf.store(tx, "pet_sensitivity", variant="nema").id

    assert site.get("/api/v1/devices/nothing/reports/jjf").status_code == 404
    assert site.get(f"{PATH}.doc").status_code == 422
    assert site.get(PATH, params={"results": "0"}).status_code == 404
    refused = site.get(PATH, params={"results": other})
    assert (refused.status_code, refused.json()["type"]) == (
        422,
        "urn:photopeak:problem:results-not-of-one-report",
    )
    assert site.get(PATH, params={"patient": "x"}).status_code == 422


def test_without_what_makes_pdf_everything_else_works(
    site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf, "find_spec", lambda _: None)
    answer = site.get(f"{PATH}.pdf")

    assert answer.status_code == 501
    assert answer.json()["detail"] == "PDF files need typst: install photopeak[pdf]."
    assert site.get(f"{PATH}.html").status_code == 200
    assert ".pdf" not in site.get(PAGE).text


@pytest.mark.parametrize(("error", "status"), [(PdfBusyError, 503), (PdfError, 500)])
def test_a_pdf_that_cannot_be_made_is_a_problem_without_inner_details(
    site: Any, monkeypatch: pytest.MonkeyPatch, error: type[Exception], status: int
) -> None:
    def broken(_: object) -> bytes:
        raise error("/tmp/secret")

    monkeypatch.setattr("photopeak.api.operations.reports.to_pdf", broken)
    answer = site.get(f"{PATH}.pdf")

    assert answer.status_code == status
    assert "secret" not in answer.text


def test_the_description_names_every_parameter(site: Any) -> None:
    paths = json.loads(site.get("/api/v1/openapi.json").text)["paths"]

    template = "/api/v1/devices/{device_id}/reports/jjf"
    for path in (template, f"{template}.{{form}}"):
        described = [p for p in paths[path]["get"]["parameters"] if p["in"] == "query"]
        assert [p["name"] for p in described] == list(QUERY)
        assert all(p["description"] for p in described)
    made = paths[f"{template}.{{form}}"]["get"]["responses"]["200"]["content"]
    assert {"text/html", "application/pdf"} <= set(made)


# --- the page -----------------------------------------------------------------------------------------


def test_the_form_keeps_what_was_typed_and_leads_to_the_report(site: Any) -> None:
    page = site.get(PAGE, params={"client": 'A "B" & C', "from": "2026-03-02", "language": "zh"})

    assert page.status_code == 200
    assert page.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert 'name="client"' in page.text
    assert "A &#34;B&#34; &amp; C" in page.text
    assert f'formaction="{PATH}.html"' in page.text
    assert f'formaction="{PATH}.pdf"' in page.text
    assert '<option value="zh" selected>' in page.text
    assert "7000 s⁻¹·MBq⁻¹" in page.text


def test_a_form_with_a_fault_says_so_beside_its_field(site: Any) -> None:
    page = site.get(PAGE, params={"temperature": "hot"})

    assert page.status_code == 422
    assert '<p class="fault" role="alert">is not a number</p>' in page.text


def test_the_report_is_reachable_from_results_of_the_scanner_only(
    site: Any, sqlite_database: Database
) -> None:
    with sqlite_database.snapshot() as tx:
        own = results.page(tx, device_id="pet-1").items[0].id

    assert f'href="{PAGE}"' in site.get(f"/results/{own}").text
    assert f'href="{PAGE}"' in site.get("/results", params={"device": "pet-1"}).text
    assert "/reports/jjf" not in site.get("/results", params={"device": "camera-1"}).text
    assert site.get("/devices/nothing/reports/jjf").status_code == 404


def test_a_name_of_a_scanner_is_never_markup(make_service: Any, sqlite_database: Database) -> None:
    with sqlite_database.transaction() as tx:
        jjf.store(tx, "pet_sensitivity")
    site = make_service(filled=False, devices=lambda: (HOSTILE_SCANNER,))

    for path in (PAGE, f"{PATH}.html"):
        text = site.get(path).text
        assert "PPXSS1" in text
        assert "<script>PPXSS1" not in text

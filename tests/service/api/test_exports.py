"""Results for other programs: by the API and by the command line."""

from __future__ import annotations

import csv
import io
import json
import threading
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from quaac import Document

from photopeak.alert_settings import AlertSettings
from photopeak.model.judgement import Status
from photopeak.model.results import FailureRecord
from photopeak.model.reviews import Meaning
from photopeak.reports.exports import workbook
from photopeak.reports.exports.table import COLUMNS, inert
from photopeak.reviews.signing import Signature, Signer, sign
from photopeak.storage import results
from photopeak.storage.database import Database
from support import web_scene
from support.rows import NOON, result_of, waiting_set


@pytest.fixture
def site(make_service: Any, sqlite_database: Database) -> Any:
    """Start the application of a site with a pass, one with a hostile name, and one without numbers."""
    with sqlite_database.transaction() as tx:
        for number, changes in enumerate(
            (
                {},
                {"title": "=HYPERLINK(1)", "test": "system_uniformity", "status": Status.FAIL},
                {
                    "status": Status.ERROR,
                    "measurements": (),
                    "failure": FailureRecord(code="FIT", message="no fit"),
                },
            )
        ):
            test_set = waiting_set(tx, f"1.2.{number}", day=date(2026, 3, number + 1))
            results.add(tx, result_of(test_set, **changes))
    return make_service(filled=False)


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def test_a_table_has_a_line_for_every_number_and_for_every_result_without_one(site: Any) -> None:
    answer = site.get("/api/v1/results.csv")

    assert answer.headers["content-type"].startswith("text/csv")
    assert "attachment" in answer.headers["content-disposition"]
    assert answer.content.startswith(b"\xef\xbb\xbf")
    lines = table(answer.text)
    assert [tuple(line) for line in lines] == [COLUMNS] * 3
    by_status = {line["status"]: line for line in lines}
    good = by_status["PASS"]
    assert (good["value"], good["unit"], good["uncertainty"]) == ("3.456789", "%", "0.12")
    assert (good["scope"], good["valid"], good["verdict"]) == ("detector=1", "true", "PASS")
    assert (good["limit_set"], good["upper"], good["lower"]) == ("ws523", "5.5", "")
    assert by_status["ERROR"]["value"] == ""
    assert by_status["FAIL"]["title"] == "'=HYPERLINK(1)"


@pytest.mark.parametrize(
    ("query", "statuses"),
    [
        ({"status": "FAIL"}, ["FAIL"]),
        ({"test": "system_uniformity"}, ["FAIL"]),
        ({"device": "other"}, []),
        ({"since": "2027-01-01T00:00:00Z"}, []),
        ({"until": "2020-01-01T00:00:00Z"}, []),
    ],
)
def test_a_selection_is_all_that_is_exported(site: Any, query: Any, statuses: list[str]) -> None:
    answer = site.get("/api/v1/results.csv", params=query)

    assert [line["status"] for line in table(answer.text)] == statuses


def test_one_number_is_exported_alone_and_a_result_without_any_still_has_its_line(
    site: Any, sqlite_database: Database
) -> None:
    with sqlite_database.transaction() as tx:
        record = result_of(waiting_set(tx, "1.2.9", day=date(2026, 3, 9)))
        first = record.measurements[0]
        both = (first, replace(first, metric="du_ufov"))
        results.add(tx, replace(record, measurements=both))

    def lines(metric: str) -> list[tuple[str, str]]:
        answer = site.get("/api/v1/results.csv", params={"metric": metric})
        return sorted((line["status"], line["metric"]) for line in table(answer.text))

    assert lines("iu_ufov") == [
        ("ERROR", ""), ("FAIL", "iu_ufov"), ("PASS", "iu_ufov"), ("PASS", "iu_ufov"),
    ]  # fmt: skip
    assert lines("du_ufov") == [("PASS", "du_ufov")]  # nothing tells that the broken one had it
    assert lines("nothing") == []
    assert site.get("/api/v1/results.csv", params={"metric": "a b"}).status_code == 422
    whole = site.get("/api/v1/results.ndjson", params={"metric": "du_ufov"}).text.splitlines()
    assert [m["metric"] for m in json.loads(whole[0])["measurements"]] == ["du_ufov"]
    assert len(whole) == 1


def test_whole_results_are_a_json_text_each(site: Any) -> None:
    answer = site.get("/api/v1/results.ndjson")
    records = [json.loads(line) for line in answer.text.splitlines()]

    assert sorted(r["status"] for r in records) == ["ERROR", "FAIL", "PASS"]
    one = next(r for r in records if r["status"] == "PASS")
    assert one == site.get(f"/api/v1/results/{one['id']}").json()


def test_a_workbook_holds_text_as_text_and_numbers_as_numbers(site: Any) -> None:
    answer = site.get("/api/v1/results.xlsx")

    with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<v>3.456789</v>" in sheet
    assert "<t>=HYPERLINK(1)</t>" in sheet
    assert "<f>" not in sheet
    assert sheet.count("<row ") == 4


def test_a_workbook_that_cannot_hold_them_is_refused(
    site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "MOST_ROWS", 2)
    answer = site.get("/api/v1/results.xlsx")

    assert answer.status_code == 422
    assert "more than 2 measurements" in answer.json()["detail"]


def test_the_library_of_quaac_reads_what_is_exported(site: Any, tmp_path: Path) -> None:
    query = {"performer": "R. Chen", "email": "r.chen@hospital.example"}
    answer = site.get("/api/v1/results.quaac.json", params=query)
    (tmp_path / "out.json").write_text(answer.text, "utf-8")

    document = Document.from_json_file(str(tmp_path / "out.json"), check_hash=True)

    # A result without numbers and one that nobody may compare have no place in the format.
    assert [p.measurement_value for p in document.datapoints] == [3.456789] * 2
    point = document.datapoints[0]
    assert (point.measurement_unit, point.performer.name) == ("%", "R. Chen")
    assert point.perform_datetime == NOON
    assert point.primary_equipment.name == web_scene.DEVICE.name
    assert {h.split()[-1] for h in (point.named_hash(),)} == {point.hash}


def test_a_quaac_document_names_who_signed_a_result_if_an_address_is_known(
    site: Any, tmp_path: Path
) -> None:
    database = site.context.database
    web_scene.make_user(database, "physicist", name="chen", email="chen@hospital.example")
    web_scene.make_user(database, "physicist", name="li")
    with database.transaction() as tx:
        ids = [row.id for row in results.page(tx).items if results.get(tx, row.id).measurements]
        for result_id, name in zip(ids, ("chen", "li"), strict=False):
            signer = Signer(name=name, printed_name=f"Dr. {name.title()}")
            wish = Signature(meaning=Meaning.REVIEWED, signer=signer)
            sign(tx, AlertSettings(), result_id, wish, now=NOON)
    query = {"performer": "R", "email": "r@h.example"}
    answer = site.get("/api/v1/results.quaac.json", params=query)
    (tmp_path / "out.json").write_text(answer.text, "utf-8")

    document = Document.from_json_file(str(tmp_path / "out.json"), check_hash=True)

    reviewers = {
        p.parameters["result"]: p.reviewer and p.reviewer.email for p in document.datapoints
    }
    assert set(reviewers.values()) <= {"chen@hospital.example", None}
    assert "chen@hospital.example" in reviewers.values()
    assert None in reviewers.values()


def test_a_quaac_document_of_nothing_is_one_too(site: Any, tmp_path: Path) -> None:
    query = {"performer": "R", "email": "r@h.example", "device": "none"}
    (tmp_path / "out.json").write_text(
        site.get("/api/v1/results.quaac.json", params=query).text, "utf-8"
    )

    assert Document.from_json_file(str(tmp_path / "out.json")).datapoints == []


def test_who_answers_for_them_has_an_address(site: Any) -> None:
    query = {"performer": "R. Chen", "email": "nowhere"}

    assert site.get("/api/v1/results.quaac.json", params=query).status_code == 422


def test_more_exports_than_the_service_takes_at_a_time_wait_their_turn(
    site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):  # each gives its turn back
        assert site.get("/api/v1/results.csv").status_code == 200
    begun, go_on = threading.Semaphore(0), threading.Event()
    whole = results.whole

    def slow(tx: Any, ids: Any) -> Any:
        begun.release()
        assert go_on.wait(30)
        return whole(tx, ids)

    monkeypatch.setattr(results, "whole", slow)
    answers: list[int] = []
    threads = [
        threading.Thread(
            target=lambda: answers.append(site.get("/api/v1/results.xlsx").status_code)
        )
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for _ in threads:
        assert begun.acquire(timeout=30)
    busy = site.get("/api/v1/results.csv")
    go_on.set()
    for thread in threads:
        thread.join()

    assert (busy.status_code, busy.headers["retry-after"]) == (503, "20")
    assert answers == [200, 200]


def test_text_that_a_spreadsheet_would_execute_is_made_inert() -> None:
    given = ("=1+1", "+1", "-1", "@a", "\tx", "a=b")

    assert [inert(text) for text in given] == ["'=1+1", "'+1", "'-1", "'@a", "'\tx", "a=b"]
    for wide in ("＝1+1", "＋1", "－1", "＠a", "\n=1"):
        assert inert(wide) == f"'{wide}"
    assert inert(-1.5) == -1.5


def test_times_of_a_table_are_those_of_the_site(site: Any) -> None:
    line = table(site.get("/api/v1/results.csv").text)[0]

    assert datetime.fromisoformat(line["acquired_at"]).astimezone(UTC) == NOON

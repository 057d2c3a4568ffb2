"""Papers: what is printed says everything that the page says, and leaves nothing blank."""

from __future__ import annotations

import html
import io
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pypdf
import pytest

from photopeak.alert_settings import AlertSettings
from photopeak.model.devices import Device
from photopeak.model.judgement import Limit, LimitKind, LimitSet, Status, Verdict
from photopeak.model.page import Access, PageReply, PageRequest, Visitor
from photopeak.model.results import FailureRecord, FigureRecord, MeasurementRecord
from photopeak.model.reviews import Meaning
from photopeak.reports.paper import pdf
from photopeak.reports.paper.pdf import PdfBusyError, PdfError
from photopeak.reviews.signing import Signature, Signer, sign
from photopeak.settings import Settings, SiteSettings
from photopeak.storage import devices, limits, results, reviews
from photopeak.storage.database import Database
from photopeak.web.pages import all_pages
from photopeak.web.papers.period_paper import MOST_RESULTS
from support import web_scene
from support.rows import NOON, result_of, waiting_set

DAYS = {"from": "2026-03-01", "to": "2026-03-02"}


class Papers:
    """All pages of a site in a language."""

    def __init__(self, database: Database, data: Path, **changes: Any) -> None:
        language = changes.pop("language", "en")
        settings = Settings(data=data, site=SiteSettings(language=language))
        _, context, _ = web_scene.contexts(database, data, settings=settings, **changes)
        self._pages = {page.path: page for page in all_pages(context)}

    def ask(self, address: str, identity: str, **query: str) -> PageReply:
        """Ask for a paper."""
        visitor = Visitor(name="R. Chen", access=Access.READ, csrf_token="c")
        request = PageRequest(visitor=visitor, path={"id": identity}, query=query)
        return self._pages[address].answer(request)

    def text(self, address: str, identity: str, **query: str) -> str:
        """Return the words of a paper as HTML."""
        reply = self.ask(address, identity, **query)
        assert reply.file is not None, reply.html
        text = re.sub(r"<style>.*?</style>", "", reply.file.content.decode(), flags=re.DOTALL)
        return html.unescape(re.sub(r"\s*<[^>]+>\s*", "\n", text)).replace("\xa0", " ")


@pytest.fixture
def ids(sqlite_database: Database) -> dict[str, str]:
    """Fill the small site."""
    return web_scene.fill(sqlite_database)


def number(detector: int, value: float, metric: str = "iu_ufov") -> MeasurementRecord:
    return MeasurementRecord(
        metric=metric, label="Integral uniformity, UFOV", label_zh="积分均匀性，UFOV",
        scope={"detector": detector}, value=value, unit="%", uncertainty=0.1, decimals=2,
        clause="NEMA NU 1-2018 2.4",
    )  # fmt: skip


def judged(detector: int, status: Status, limit_set: str = "ws523") -> Verdict:
    return Verdict(
        metric="iu_ufov", scope={"detector": detector}, limit_set=limit_set,
        limit_set_version="cd" * 32, kind=LimitKind.MANDATORY, lower=None, upper=5.5,
        warn_lower=None, warn_upper=None, status=status, source="WS 523-2019 Table A.1",
    )  # fmt: skip


def store(database: Database, uid: str, **changes: Any) -> str:
    with database.transaction() as tx:
        return results.add(tx, result_of(waiting_set(tx, uid), **changes)).id


def test_a_result_on_paper_says_what_decided_and_where_it_comes_from(
    sqlite_database: Database, tmp_path: Path, ids: dict[str, str]
) -> None:
    text = Papers(sqlite_database, tmp_path).text("/results/{id}/report.html", ids["bad"])

    assert "Fail" in text
    assert "5.67" in text
    assert ids["bad"] in text
    assert "Hash of the inputs" in text
    assert "Not a medical device" in text
    assert web_scene.DEVICE.name in text


def test_a_result_without_numbers_says_so_on_paper(
    sqlite_database: Database, tmp_path: Path
) -> None:
    failed = store(
        sqlite_database, "1.2.1", status=Status.ERROR, measurements=(), verdicts=(), figures=(),
        failure=FailureRecord(code="FIT", message="no peak in 0 counts"),
    )  # fmt: skip

    text = Papers(sqlite_database, tmp_path).text("/results/{id}/report.html", failed)

    assert "No result" in text
    assert "No peak in 0 counts" in text
    assert "Pass" not in text


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "more rows that are stored: 7"), ("zh", "另存储有7行")],
)
def test_a_long_table_says_how_many_rows_have_no_room_on_paper(
    sqlite_database: Database, tmp_path: Path, language: str, said: str
) -> None:
    content = json.dumps({"columns": ["angle", "offset"], "rows": [[n, 0.5] for n in range(67)]})
    table = FigureRecord(
        name="offsets", title="Offsets", kind="table", forms={"json": content.encode()}
    )
    kept = store(sqlite_database, "1.2.1", figures=(table,))

    text = Papers(sqlite_database, tmp_path).text(
        "/results/{id}/report.html", kept, language=language
    )

    assert said in text


def test_what_a_scanner_wrote_is_inert_on_paper(sqlite_database: Database, tmp_path: Path) -> None:
    hostile = store(sqlite_database, "1.2.1", title=web_scene.HOSTILE)

    reply = Papers(sqlite_database, tmp_path).ask("/results/{id}/report.html", hostile)

    assert reply.file is not None
    assert b"<script>PPXSS1" not in reply.file.content
    assert "sandbox" in reply.file.policy
    assert "script-src" not in reply.file.policy  # nothing is allowed by default


@pytest.mark.parametrize("language", ["en", "zh"])
def test_papers_are_archivable_files(
    sqlite_database: Database, tmp_path: Path, ids: dict[str, str], language: str
) -> None:
    papers = Papers(sqlite_database, tmp_path)
    for address, identity in (
        ("/results/{id}/report.pdf", ids["bad"]),
        ("/devices/{id}/reports/period.pdf", web_scene.DEVICE.id),
        ("/devices/{id}/reports/ws523.pdf", web_scene.DEVICE.id),
    ):
        reply = papers.ask(address, identity, language=language)
        assert reply.file is not None, reply.html
        read = pypdf.PdfReader(io.BytesIO(reply.file.content))
        xmp = str(read.xmp_metadata.stream.get_data()) if read.xmp_metadata else ""
        assert "pdfaid:part>2" in xmp
        assert (read.pages[0].extract_text().count("设备") > 0) == (language == "zh")


def test_a_period_counts_what_has_no_valid_result_apart(
    sqlite_database: Database, tmp_path: Path
) -> None:
    for day, status in enumerate((Status.PASS, Status.FAIL, Status.INVALID, Status.PASS)):
        moment = NOON - timedelta(days=day)
        store(sqlite_database, f"1.2.{day}", status=status, acquired_at=moment)
    papers = Papers(sqlite_database, tmp_path)

    text = papers.text("/devices/{id}/reports/period.html", "camera-1", **DAYS)
    lines = text.split()
    summary = text[text.index("Summary") : text.index("Reviewed by")].split()

    # Only two of the four days: one run passed, one failed, none without a result.
    assert summary[summary.index("nema") + 1 :][:6] == ["2", "1", "0", "1", "0", "0"]
    assert lines.count("Fail") >= 2


def test_a_period_without_results_is_no_good_period(
    sqlite_database: Database, tmp_path: Path
) -> None:
    papers = Papers(sqlite_database, tmp_path)

    text = papers.text("/devices/{id}/reports/period.html", "camera-1", **DAYS)

    assert "There is no result of this period." in text


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"from": "yesterday"}, "A day is written as 2026-03-02."),
        ({"from": "2026-03-02", "to": "2026-03-01"}, "The last day is before the first."),
        ({"from": "2020-03-02", "to": "2026-03-01"}, "A report has at most 366 days."),
    ],
)
def test_days_that_cannot_be_are_refused_in_words(
    sqlite_database: Database, tmp_path: Path, query: dict[str, str], said: str
) -> None:
    papers = Papers(sqlite_database, tmp_path)
    for address in ("/devices/{id}/reports", "/devices/{id}/reports/period.html"):
        reply = papers.ask(address, "camera-1", **query)
        assert (reply.status, reply.file) == (422, None)
        assert said in reply.html


def form(sqlite_database: Database, tmp_path: Path, **query: str) -> str:
    papers = Papers(sqlite_database, tmp_path)
    return papers.text("/devices/{id}/reports/ws523.html", "camera-1", **{**DAYS, **query})


def put_limits(database: Database, *more: LimitSet, asked: Sequence[Limit] | None = None) -> None:
    asked = asked or [
        Limit(test="intrinsic_uniformity", variant="nema", metric="iu_ufov", unit="%", upper=5.5),
        Limit(test="intrinsic_uniformity", variant="nema", metric="du_ufov", unit="%", upper=3.5),
    ]
    ws523 = LimitSet(
        name="ws523", title="WS 523-2019", kind=LimitKind.MANDATORY, source="A.1",
        version="ab" * 32, limits=tuple(asked),
    )  # fmt: skip
    with database.transaction() as tx:
        limits.put_in_force(tx, [ws523, *more], now=NOON)


def test_the_form_has_a_table_for_each_head_and_names_what_was_not_measured(
    sqlite_database: Database, tmp_path: Path
) -> None:
    put_limits(sqlite_database)
    store(
        sqlite_database, "1.2.1", status=Status.FAIL,
        measurements=(number(1, 2.5), number(2, 6.5)),
        verdicts=(judged(1, Status.PASS), judged(2, Status.FAIL)),
    )  # fmt: skip

    text = form(sqlite_database, tmp_path, crystal_thickness="9.5 mm")
    between = text.index("Detector 2")
    first, second = text[text.index("Detector 1") : between], text[between:]

    assert "Of 4 numbers 1 are outside a limit, 0 are not judged, 2 were not measured." in text
    assert "9.5 mm" in text
    assert "2.50 %" in first
    assert "6.50 %" in second
    assert "Fail" in second
    for head in (first, second):
        assert "not measured" in head
        assert "≤ 3.5" in head
        assert "NEMA NU 1" in head
    assert "The whole system" not in text
    assert "LEHR" in text


def test_what_is_asked_of_the_whole_system_stands_by_itself_with_its_unit(
    sqlite_database: Database, tmp_path: Path
) -> None:
    rate = Limit(test="background_rate", variant="*", metric="background_cpm", upper=2000.0)
    put_limits(sqlite_database, asked=[rate])
    store(sqlite_database, "1.2.1", measurements=(number(1, 2.5),))

    text = form(sqlite_database, tmp_path)
    whole = text[text.index("The whole system") :]
    assert "≤ 2000" in whole
    assert "not measured" in whole


def test_the_form_says_of_the_equipment_what_its_images_say(
    sqlite_database: Database, tmp_path: Path
) -> None:
    put_limits(sqlite_database)
    with sqlite_database.transaction() as tx:
        devices.note_sighting(
            tx, calling_ae_title="NM1", manufacturer="GE", model="Discovery 670",
            serial_number="SN-9", station="", device_id="camera-1", now=NOON,
        )  # fmt: skip

    text = form(sqlite_database, tmp_path)
    assert "GE Discovery 670" in text
    assert "GE Discovery 670" not in form(sqlite_database, tmp_path, model="Infinia")


def test_a_head_that_was_not_measured_is_named(sqlite_database: Database, tmp_path: Path) -> None:
    put_limits(sqlite_database)
    store(
        sqlite_database, "1.2.1", measurements=(number(1, 2.5),), verdicts=(judged(1, Status.PASS),)
    )

    text = form(sqlite_database, tmp_path)

    assert web_scene.DEVICE.detectors == 2
    second = text[text.index("Detector 2") :]
    assert "not measured" in second


def test_an_invalid_number_is_never_judged_on_the_form(
    sqlite_database: Database, tmp_path: Path
) -> None:
    put_limits(sqlite_database)
    record = result_of_invalid = {"status": Status.INVALID, "measurements": (number(1, 2.5),)}
    broken = store(sqlite_database, "1.2.1", **record, verdicts=(judged(1, Status.PASS),))
    with sqlite_database.snapshot() as tx:
        stored = results.get(tx, broken)
    void = replace(stored.preconditions[0], outcome="not_met")
    store(
        sqlite_database, "1.2.2", **result_of_invalid, preconditions=(void,), verdicts=(),
        acquired_at=NOON + timedelta(minutes=1),
    )  # fmt: skip

    text = form(sqlite_database, tmp_path)

    assert "Invalid" in text
    assert "keep their limits" not in text


def test_a_valid_result_is_preferred_to_a_later_attempt_without(
    sqlite_database: Database, tmp_path: Path
) -> None:
    put_limits(sqlite_database)
    store(
        sqlite_database, "1.2.1", measurements=(number(1, 2.5),), verdicts=(judged(1, Status.PASS),)
    )
    store(
        sqlite_database, "1.2.2", status=Status.ERROR, measurements=(), verdicts=(), figures=(),
        failure=FailureRecord(code="FIT", message="no"), acquired_at=NOON + timedelta(minutes=9),
    )  # fmt: skip

    assert "2.50 %" in form(sqlite_database, tmp_path)


def test_an_acceptance_test_is_judged_by_what_the_manufacturer_states(
    sqlite_database: Database, tmp_path: Path
) -> None:
    own = LimitSet(
        name="maker", title="Maker", kind=LimitKind.MANUFACTURER, source="data sheet",
        version="ef" * 32, devices=("camera-1",),
        limits=(Limit(test="intrinsic_uniformity", variant="nema", metric="iu_ufov", unit="%", upper=2.0),),
    )  # fmt: skip
    put_limits(sqlite_database, own)
    store(
        sqlite_database, "1.2.1", measurements=(number(1, 2.5),),
        verdicts=(judged(1, Status.PASS), judged(1, Status.FAIL, "maker")),
    )  # fmt: skip

    assert "≤ 2.00 %" in form(sqlite_database, tmp_path, purpose="acceptance")
    assert "1 are outside" in form(sqlite_database, tmp_path, purpose="acceptance")
    assert "0 are outside" in form(sqlite_database, tmp_path, purpose="constancy")


def test_limits_are_for_information_on_another_kind_of_detector(
    sqlite_database: Database, tmp_path: Path
) -> None:
    put_limits(sqlite_database)
    czt: Device = replace(web_scene.DEVICE, pixelated=True)
    papers = Papers(sqlite_database, tmp_path, devices=lambda: (czt,))

    text = papers.text("/devices/{id}/reports/ws523.html", "camera-1", **DAYS)

    assert "its limits inform only" in text


@pytest.mark.parametrize("error", [PdfBusyError("busy"), PdfError("the reason")])
def test_a_file_that_cannot_be_made_is_told_with_the_way_out(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: PdfError
) -> None:
    def refuse(*_: object) -> bytes:
        raise error

    monkeypatch.setattr(pdf, "_typeset", refuse)
    reply = Papers(sqlite_database, tmp_path).ask(
        "/devices/{id}/reports/period.pdf", web_scene.DEVICE.id
    )

    assert reply.status in (501, 503)
    assert "No report was made" in reply.html
    assert ("again in a moment" in reply.html) or ("the reason" in reply.html)


def test_more_results_than_a_report_has_room_for_are_counted(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("photopeak.web.papers.period_paper.MOST_RESULTS", 1)
    for index in range(3):
        store(sqlite_database, f"1.2.{index}")

    text = Papers(sqlite_database, tmp_path).text(
        "/devices/{id}/reports/period.html", "camera-1", **DAYS
    )

    assert MOST_RESULTS >= 1000
    assert "The 2 oldest results of the period have no room here." in text


def test_a_signed_result_is_printed_with_name_meaning_and_time_in_place_of_an_empty_line(
    sqlite_database: Database, tmp_path: Path, ids: dict[str, str]
) -> None:
    papers = Papers(sqlite_database, tmp_path)
    address = "/results/{id}/report.html"
    before = papers.text(address, ids["bad"])
    assert "Reviewed by\n" in before
    assert "signed electronically" not in before
    signer = Signer(name="chen", printed_name="Rui Chen")
    with sqlite_database.transaction() as tx:
        for meaning in (Meaning.REVIEWED, Meaning.APPROVED):
            wish = Signature(meaning=meaning, signer=signer, comment="service called")
            sign(tx, AlertSettings(), ids["bad"], wish, now=NOON)

    text = papers.text(address, ids["bad"])
    flat = " ".join(text.split())
    signed = "Rui Chen, signed electronically on 2 Mar 2026 12:00:00 – service called"
    for said in ("Reviewed by", "Approved by"):
        assert f"{signed} {said}" in flat
    chinese = Papers(sqlite_database, tmp_path, language="zh").text(address, ids["bad"])
    assert "Rui Chen，2026 年 3 月 2 日 12:00:00电子签名" in chinese


def test_a_period_says_of_every_result_who_signed_what_it_means_and_when_or_that_nobody_did(
    sqlite_database: Database, tmp_path: Path
) -> None:
    signed = store(sqlite_database, "1.2.1")
    withdrawn = store(sqlite_database, "1.2.2")
    store(sqlite_database, "1.2.3")
    signer = Signer(name="chen", printed_name="Rui Chen")
    with sqlite_database.transaction() as tx:
        wish = Signature(meaning=Meaning.APPROVED, signer=signer, comment="as before")
        sign(tx, AlertSettings(), signed, wish, now=NOON)
        wish = Signature(meaning=Meaning.REVIEWED, signer=signer)
        sign(tx, AlertSettings(), withdrawn, wish, now=NOON)
        given = reviews.of_result(tx, withdrawn)[0]
        wish = Signature(
            meaning=Meaning.WITHDRAWN, signer=signer, corrects=given.id, reason="wrong head"
        )
        sign(tx, AlertSettings(), withdrawn, wish, now=NOON)
        by_rule = replace(given, id="", result_id=withdrawn, rule=True)
        reviews.add(tx, by_rule)
    texts = {
        language: Papers(sqlite_database, tmp_path, language=language).text(
            "/devices/{id}/reports/period.html", "camera-1", **DAYS
        )
        for language in ("en", "zh")
    }

    said = "Approved by: Rui Chen, signed electronically on 2 Mar 2026 12:00:00 – as before"
    assert texts["en"].count(said) == 1
    assert texts["en"].count("nobody has signed") == 2
    assert texts["en"].count("marked by a rule of the site, 2 Mar 2026 12:00:00") == 1
    assert "1 of 3" in texts["en"]
    assert "批准人：Rui Chen，2026 年 3 月 2 日 12:00:00电子签名 – as before" in texts["zh"]
    assert texts["zh"].count("尚未签名") == 2

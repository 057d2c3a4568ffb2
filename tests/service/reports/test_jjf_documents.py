"""A calibration report as HTML and as PDF: the same words, nothing that runs, Chinese readable."""

from __future__ import annotations

import html
import io
import json
import re
import sys
import threading
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import pypdf
import pytest

from photopeak.reports.jjf.chinese import CHINESE
from photopeak.reports.jjf.chinese_tests import CHINESE_TESTS
from photopeak.reports.jjf.gather import gather
from photopeak.reports.jjf.particulars import Particulars
from photopeak.reports.jjf.report import report
from photopeak.reports.paper import pdf, typeset
from photopeak.reports.paper.document import Document, Grid, Paragraph, Picture, Sheet
from photopeak.reports.paper.html import policy, style, to_html
from photopeak.reports.paper.pdf import PdfBusyError, PdfError, PdfNotInstalledError, to_pdf
from photopeak.reports.paper.typeset import NoFontError, fonts_for, named, without_font
from photopeak.storage.database import Database
from support import jjf_results as jjf
from support.ports import eventually
from support.programs import chinese_font
from support.web_scene import HOSTILE

INJECTION = (
    '#strong[bold] $x^2$ *b* _i_ `raw` = Heading #read("/etc/passwd") \\ @ref <label> // note'
    ' #panic("x") #import "@preview/cetz:0.3.0"'
)
"""What would be markup, mathematics, code or a package to a typesetter."""


def texts(value: Any) -> Iterator[str]:
    """Yield every text of a document that is shown."""
    if isinstance(value, str):
        yield from value.split("\n")
    elif isinstance(value, tuple):
        for part in value:
            yield from texts(part)
    elif is_dataclass(value):
        for each in fields(value):
            if each.name not in ("language", "media_type", "content", "tone", "page", "title") or (
                each.name == "title" and not isinstance(value, Document)
            ):
                yield from texts(getattr(value, each.name))


def squeezed(text: str) -> str:
    """Return a text without white space: lines break where there is room."""
    return re.sub(r"[\s\u200b\u2009\u00a0]+", "", text)


def words_of(page: str) -> str:
    """Return what a page shows, without its style."""
    plain = re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)
    return squeezed(html.unescape(re.sub(r"<[^>]+>", "", plain)))


def words_of_pdf(content: bytes) -> str:
    """Return what the pages of a PDF show."""
    reader = pypdf.PdfReader(io.BytesIO(content))
    return squeezed("".join(page.extract_text() for page in reader.pages))


def small(*blocks: Any, language: str = "en", title: str = "Title") -> Document:
    """Return a document of one sheet."""
    return Document(
        language=language, title=title, sheets=(Sheet(title=title, blocks=blocks),), foot=("foot",)
    )


@pytest.fixture
def whole(sqlite_database: Database) -> dict[str, Document]:
    """Return a report in both languages."""
    with sqlite_database.transaction() as tx:
        jjf.store_everything(tx)
        found = gather(tx, jjf.SCANNER)
    particulars = Particulars(client="第一医院", calibrator="陈", temperature=22.0)
    return {
        language: report(
            found, particulars, language=language, zone="UTC", tests=(), version="0.1.0"
        )
        for language in ("en", "zh")
    }


# --- HTML ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_says_everything_that_the_report_says(
    whole: dict[str, Document], language: str
) -> None:
    shown = words_of(to_html(whole[language]))

    assert [text for text in texts(whole[language]) if squeezed(text) not in shown] == []


def test_the_page_is_one_file_that_its_policy_admits() -> None:
    page = to_html(small(Picture("flood", "image/svg+xml", jjf.SVG)))

    assert not re.search(r"<script|<link|\son\w+=|\sstyle=|http:|https:", page)
    assert 'src="data:image/svg+xml;base64,' in page
    assert f"<style>{style()}</style>" in page
    assert policy() in html.unescape(page)
    assert "script-src" not in policy()
    assert policy().startswith("default-src 'none'")


def test_text_of_peers_never_becomes_markup_on_the_page() -> None:
    page = to_html(
        small(Paragraph(HOSTILE), Grid(HOSTILE, (HOSTILE,), ((HOSTILE,),)), title=HOSTILE)
    )

    assert "<script" not in page
    assert not re.search(r'"\s*onload=', page)
    assert "\u202e" not in page
    assert "\x1b" not in page


def test_the_foot_stands_in_every_sheet_so_that_print_repeats_it(
    whole: dict[str, Document],
) -> None:
    page = to_html(whole["en"])

    assert page.count("<tfoot>") == len(whole["en"].sheets) == 7
    assert page.count(whole["en"].foot[-1]) == 7
    assert "tfoot { display: table-footer-group; }" in page


# --- PDF ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_pdf_says_everything_that_the_report_says_and_is_archivable(
    whole: dict[str, Document], language: str
) -> None:
    chinese_font()
    content = to_pdf(whole[language])
    reader = pypdf.PdfReader(io.BytesIO(content))
    shown = words_of_pdf(content)

    assert [text for text in texts(whole[language]) if squeezed(text) not in shown] == []
    feet = [squeezed(page.extract_text()) for page in reader.pages]
    assert all(squeezed(whole[language].foot[-1]) in text for text in feet)
    metadata = reader.xmp_metadata
    assert metadata is not None
    assert (metadata.pdfaid_part, metadata.pdfaid_conformance) == ("2", "B")
    assert reader.metadata is not None
    assert reader.metadata.title == whole[language].title


def test_text_of_peers_is_never_typeset_as_code(tmp_path: Path) -> None:
    document = small(
        Paragraph(INJECTION),
        Grid(INJECTION, (INJECTION, "#b"), ((INJECTION, f"{INJECTION}\n{INJECTION}"),)),
        Picture(INJECTION, "image/svg+xml", jjf.SVG),
        title=INJECTION,
    )
    shown = words_of_pdf(to_pdf(replace(document, foot=(INJECTION,))))

    assert shown.count(squeezed(INJECTION)) >= 7
    assert "root:" not in shown


def test_what_is_invisible_or_turns_around_is_not_typeset() -> None:
    shown = words_of_pdf(to_pdf(small(Paragraph(HOSTILE))))

    assert "<script>PPXSS1()</script>" in shown
    assert "\u202e" not in shown


def test_a_long_word_stays_in_its_column() -> None:
    word = "x" * 400
    content = to_pdf(small(Grid("", ("a", "b", "c"), ((word, word, word),))))
    reader = pypdf.PdfReader(io.BytesIO(content))

    assert len(reader.pages) == 1
    assert squeezed(reader.pages[0].extract_text()).count("x") >= 1200


def test_a_pdf_without_typst_is_refused_with_what_helps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "find_spec", lambda _: None)

    assert not pdf.available()
    with pytest.raises(PdfNotInstalledError, match=r"install photopeak\[pdf\]"):
        to_pdf(small())


def test_a_check_of_the_installation_says_what_reports_can_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert pdf.prospects().startswith("PDF reports by typst")
    with monkeypatch.context() as patched:
        patched.setattr(typeset, "CHINESE", ())
        assert pdf.prospects().endswith("install fonts-noto-cjk for Chinese")
    monkeypatch.setattr(pdf, "find_spec", lambda _: None)
    assert pdf.prospects() == "no PDF reports; install photopeak[pdf]"


def test_chinese_without_a_font_for_it_is_refused_and_latin_is_not() -> None:
    assert fonts_for("plain", ["Libertinus Serif"]) == ["Libertinus Serif"]
    assert fonts_for("第一", ["Inter", "SimSun", "Noto Sans CJK SC"]) == [
        "Inter",
        "Noto Sans CJK SC",
    ]
    with pytest.raises(NoFontError):
        fonts_for("第一", ["Libertinus Serif", "Inter"])


def test_a_character_that_no_font_has_is_named_and_keeps_nothing_from_paper() -> None:
    shown = words_of_pdf(to_pdf(small(Paragraph("Camera \U0001f4f7 of 𠀀 \u0e01\u0e49"))))

    assert "Camera[U+1F4F7]of[U+20000][U+0E01][U+0E49]" in shown


def test_only_characters_that_a_diagnostic_names_are_named() -> None:
    said = 'error: the text `"\U0001f4f7"` could not be displayed with font `"X"`\n the text `"\\u{e49}a"` could not be displayed'
    unknown = without_font(said)

    assert unknown == {"\U0001f4f7", "\u0e49"}
    assert named({"a": ["x\U0001f4f7", 5]}, unknown) == {"a": ["x[U+1F4F7]", 5]}
    assert without_font("error: unknown variable") == frozenset()


@pytest.mark.parametrize(
    ("program", "error", "said"),
    [
        (f"import sys; sys.exit({pdf.EXIT_NO_FONT})", PdfNotInstalledError, "fonts-noto-cjk"),
        ("import sys; sys.exit('it broke')", PdfError, "it broke"),
        ("while True: pass", PdfError, "not done after"),
    ],
)
def test_a_child_that_fails_or_does_not_end_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, program: str, error: type[Exception], said: str
) -> None:
    child = tmp_path / "child"
    child.write_text(f'#!/bin/sh\nexec {sys.executable} -c "{program}"\n', "utf-8")
    child.chmod(0o755)
    monkeypatch.setattr(pdf.sys, "executable", str(child))
    monkeypatch.setattr(pdf, "WALL_LIMIT_S", 1.0)

    with pytest.raises(error, match=said):
        to_pdf(small())


def test_one_report_is_made_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "WAIT_S", 0.01)
    with pdf._AT_A_TIME, pytest.raises(PdfBusyError):
        to_pdf(small())


def test_few_wait_for_their_turn_and_the_rest_are_told_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pdf, "_typeset", lambda _document, _folder: b"%PDF")
    made: list[bytes] = []
    waiting = [
        threading.Thread(target=lambda: made.append(to_pdf(small())))
        for _ in range(pdf.MOST_WAITING)
    ]
    with pdf._AT_A_TIME:
        for thread in waiting:
            thread.start()
        eventually(lambda: pdf._WAITING._value == 0, what="all of them wait")
        with pytest.raises(PdfBusyError):
            to_pdf(small())
    for thread in waiting:
        thread.join(10)

    assert made == [b"%PDF"] * pdf.MOST_WAITING
    assert to_pdf(small()) == b"%PDF"


def test_the_child_is_bounded_and_loads_no_package(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    limits: dict[int, tuple[int, int]] = {}
    monkeypatch.setattr(
        typeset.resource, "setrlimit", lambda what, most: limits.update({what: most})
    )
    typeset.bound()
    assert set(limits) == {
        typeset.resource.RLIMIT_AS, typeset.resource.RLIMIT_CPU, typeset.resource.RLIMIT_FSIZE,
    }  # fmt: skip

    (tmp_path / "report.json").write_text("{}", "utf-8")
    (tmp_path / "report.typ").write_text('#import "@preview/cetz:0.3.0"', "utf-8")
    with pytest.raises(RuntimeError, match="package"):
        typeset.typeset(tmp_path)


# --- Chinese ------------------------------------------------------------------------------------------


def test_a_translation_has_the_places_of_its_message() -> None:
    for message, translation in {**CHINESE, **CHINESE_TESTS}.items():
        assert sorted(re.findall(r"\{\w+\}", message)) == sorted(
            re.findall(r"\{\w+\}", translation)
        )


def test_what_the_forms_and_the_service_say_is_chinese_in_a_chinese_report(
    whole: dict[str, Document],
) -> None:
    known = {"form", "fit", "R. Chen", "JJF", "Photopeak"}
    english = {
        text
        for sheet in whole["zh"].sheets
        for text in (sheet.title, *(b.title for b in sheet.blocks if isinstance(b, Grid)),
                     *(c for b in sheet.blocks if isinstance(b, Grid) for c in b.columns))
        if re.search(r"[a-z]{4}", text) and text not in known
    }  # fmt: skip

    # Names of readings of a test that is not installed are all that is left.
    assert english <= {"sleeves"}
    assert json.dumps(whole["zh"].foot, ensure_ascii=False).count("结果编号") == 1

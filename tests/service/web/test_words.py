"""The words of the pages in other languages than English."""

from __future__ import annotations

import importlib
import pkgutil
import string
from collections.abc import Mapping
from datetime import timedelta

import pytest

from photopeak import web
from photopeak.model.judgement import LimitKind, Status
from photopeak.web.looks import KIND, STATUS
from photopeak.web.times import Clockwork
from photopeak.web.values import source_text
from photopeak.web.words import CATALOGUES, Words
from support.rows import NOON
from support.shown_results import verdict


def places(message: str) -> set[str]:
    """Return the names of the places in a message."""
    return {name for _, name, _, _ in string.Formatter().parse(message) if name}


@pytest.mark.parametrize("language", sorted(CATALOGUES))
def test_a_translation_has_the_places_of_its_message(language: str) -> None:
    for message, translation in CATALOGUES[language].items():
        assert translation.strip()
        assert places(translation) == places(message)


def test_what_decides_is_never_said_in_english_on_a_chinese_page() -> None:
    words = Words("zh")

    for status in Status:
        assert words(STATUS[status].word) != STATUS[status].word
        assert words(STATUS[status].meaning) != STATUS[status].meaning
    for kind in LimitKind:
        assert words(KIND[kind]) != KIND[kind]


def test_a_name_in_two_languages_is_that_of_the_pages() -> None:
    assert Words("zh").pick("Flood", "泛源") == "泛源"
    assert Words("zh").pick("Flood", "") == "Flood"
    assert Words("en").pick("Flood", "泛源") == "Flood"


def test_moments_are_written_as_the_language_has_them() -> None:
    moment = Clockwork("Asia/Shanghai", Words("zh")).moment(NOON, NOON + timedelta(hours=3))

    assert moment is not None
    assert (moment.text, moment.age) == ("2026 年 3 月 2 日 20:00:00", "3 小时前")


def test_a_source_that_says_its_standing_is_not_told_it_again_in_another_language() -> None:
    said = verdict(Status.PASS, kind=LimitKind.RECOMMENDED, source="recommended, unverified")

    assert source_text(said, Words("zh")) == "推荐值，未经验证"
    assert source_text(verdict(Status.PASS, source="A.1"), Words("zh")) == "A.1（强制）"


@pytest.mark.parametrize("message", ["Document", "Download", "Media type", "Size", "Text"])
def test_a_document_is_described_in_chinese(message: str) -> None:
    assert Words("zh")(message) != message


def test_an_english_message_has_one_translation_and_one_meaning() -> None:
    """The last of two would be shown on the pages of both: "Action" as a state on the audit trail."""
    for module in pkgutil.iter_modules(web.__path__, "photopeak.web."):
        if not module.name.rpartition(".")[2].startswith("chinese"):
            continue
        for name, catalogue in vars(importlib.import_module(module.name)).items():
            if name.startswith("CHINESE") and isinstance(catalogue, Mapping):
                for message, translation in catalogue.items():
                    shown = CATALOGUES["zh"][message]
                    assert translation == shown, f"{module.name}: {message}"

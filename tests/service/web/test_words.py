"""The words of the pages in other languages than English."""

from __future__ import annotations

import string

import pytest

from photopeak.model.judgement import LimitKind, Status
from photopeak.web.looks import KIND, STATUS
from photopeak.web.words import CATALOGUES, Words


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

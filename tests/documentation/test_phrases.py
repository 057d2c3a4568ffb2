"""Every sentence of the analyzers has a Chinese one, and no Chinese one has outlived its own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.support.analyzer_sentences import sentences

from photopeak.reports.phrases import Phrases
from photopeak.reports.phrases.catalogue import CATALOGUES
from photopeak.reports.phrases.chinese_alerts import CHINESE_ALERTS_SAID
from photopeak.reports.phrases.chinese_reading import CHINESE_READING
from photopeak.reports.phrases.chinese_routing import CHINESE_ROUTING
from photopeak.reports.phrases.chinese_service import CHINESE_SERVICE
from photopeak.reports.phrases.chinese_sources import CHINESE_CLAUSES, CHINESE_LIMIT_SOURCES

_ROOMS = frozenset({"gamma_camera", "spect", "pet", "ct", "counters"})
_FINISHED = ("common", "gamma_camera", "spect", "pet", "ct", "counters")
_ROOT = Path(__file__).parents[2]
_SERVICE = (CHINESE_SERVICE, CHINESE_ROUTING, CHINESE_ALERTS_SAID, CHINESE_READING)
"""What the service says itself, not its analyzers."""

_PLACE = re.compile(r"\{\d*\}")


def _room(modules: frozenset[str]) -> str:
    rooms = {module.split(".")[1] for module in modules}
    return rooms.pop() if len(rooms) == 1 and rooms <= _ROOMS else "common"


@pytest.mark.parametrize("room", _FINISHED)
def test_every_sentence_of_a_room_has_a_chinese_one(room: str) -> None:
    catalogue = CATALOGUES["zh"]
    known = {key[:1].lower() + key[1:] for key in catalogue}
    said = {text for text, modules in sentences().items() if _room(modules) == room}
    assert said
    assert sorted(t for t in said if t[:1].lower() + t[1:] not in known) == []


def test_no_chinese_sentence_is_of_an_english_one_that_nobody_says() -> None:
    own = CATALOGUES["zh"].keys() - CHINESE_CLAUSES.keys() - CHINESE_LIMIT_SOURCES.keys()
    for catalogue in _SERVICE:
        own -= catalogue.keys()
    assert sorted(own - sentences().keys()) == []


def test_what_the_service_says_itself_stands_in_its_sources() -> None:
    folders = (_ROOT / "service" / "photopeak", _ROOT / "analyzers" / "photopeak_analyzers")
    sources = "\n".join(
        path.read_text(encoding="utf-8")
        for folder in folders
        for path in folder.rglob("*.py")
        if "phrases" not in path.parts
    )
    said = (key for catalogue in _SERVICE for key in catalogue)
    words = {w for key in said for w in re.findall(r"[a-z]{4,}", key)}
    assert sorted(word for word in words if word not in sources) == []


def test_a_sentence_made_from_a_template_is_told_apart_from_those_of_all_others() -> None:
    phrases = Phrases("zh")
    mistaken = []
    for english, chinese in CATALOGUES["zh"].items():
        count = len(_PLACE.findall(english))
        assert len(_PLACE.findall(chinese)) == count, english
        numbers = [f"{3 + n}.5" for n in range(count)]
        if phrases(english.format(*numbers)) != chinese.format(*numbers):
            mistaken.append((english, phrases(english.format(*numbers))))
    assert mistaken == []


def test_units_and_numbers_stay_as_they_are() -> None:
    phrases = Phrases("zh")
    for text in ("12.5 mm", "Tc-99m", "1.2.840.10008.5.1", "≤ 5 %", "keV", ""):
        assert phrases(text) == text

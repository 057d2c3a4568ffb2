"""English sentences of analyzers in another language: whole, by template, or part by part."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from photopeak.reports.phrases.templates import Templates, lowered

_KEPT = 8192
_LONGEST = 1000
"""Characters of a text that is taken apart; analyzers say nothing as long."""

_LIGHT = 5
"""Letters up to which the words of a template prove nothing, such as ``{} of {}``."""
_WORD = re.compile(r"[a-z]{3,}")
_LETTERS = re.compile(r"[A-Za-z]{2}")
_OF_IMAGES = re.compile(r"([^;]+), ((?:all|\d+) images(?:; .*)?)")
_AT = re.compile(
    r"(?!worst |first |nearest )([^;]+?) (at [\d.]+ mm(?:, at [\d.]+ mm)*"
    r"(?:; (?:first|worst|nearest to its bound) at [\d.]+ mm)?)"
)
_BEHIND = re.compile(r"(.*\S) \(([^()]*)\)", re.DOTALL)
_SCOPE = re.compile(
    r"(?:detector|energy window|window|direction|method|matrix|zoom|nuclide|correction|source|head) "
    r"[^ ]+|one detector|[\d.]+ mm|with(?:out)? scatter|[UC]FOV"
)
LANGUAGES = ("zh",)
"""Languages other than English; the phrases of one are read when it is first spoken."""

_JOINTS = (("; ", "；"), (". ", "。"), (": ", "："), (", ", "，"))


class Phrases:
    """Says in one language what analyzers said in English; what it does not know stays English.

    Numbers, units, codes and names pass through as they are.
    """

    def __init__(self, language: str) -> None:
        self._book = _book(language)

    def __call__(self, text: str) -> str:
        """Return a text in the language."""
        return text if self._book is None or not text else self._book.said(text)


class _Book:
    def __init__(self, language: str) -> None:
        from photopeak.reports.phrases.catalogue import CATALOGUES

        catalogue = CATALOGUES[language]
        self._exact = catalogue
        self._whole = dict(_headings(catalogue)) | {
            lowered(e): said for e, said in catalogue.items()
        }
        self._templates = Templates(catalogue)
        self._known: dict[str, str] = {}

    def said(self, text: str) -> str:
        if len(self._known) >= _KEPT:
            self._known.clear()
        return self._say(text)

    def _say(self, text: str) -> str:
        # Parts recur in every way to read a sentence: each is read once.
        known = self._known.get(text)
        if known is None:
            known = self._known[text] = self._read(text)
        return known

    def _read(self, text: str) -> str:
        found = self._exact.get(text) or self._whole.get(lowered(text))
        if found is not None:
            return found
        if len(text) > _LONGEST or _LETTERS.search(text) is None:
            return text
        return self._as_scope(text) or self._by_template(text) or self._in_parts(text) or text

    def _as_scope(self, text: str) -> str:
        """Return detectors, windows and distances in a row, which no place may take for one.

        The same goes for the images that a condition is said of.
        """
        of_images = _OF_IMAGES.fullmatch(text)
        if of_images is not None:
            return "，".join(map(self._say, of_images.groups()))
        at = _AT.fullmatch(text)
        if at is not None and not _WORD.search(self._say(at.group(1))):
            lists = (part.split(", ") for part in at.group(2).split("; "))
            said = "；".join("，".join(map(self._say, each)) for each in lists)
            return f"{self._say(at.group(1))}（{said}）"
        parts = text.split(", ")
        if len(parts) < 2 or not all(map(_SCOPE.fullmatch, parts)):
            return ""
        return "，".join(self._say(part) for part in parts)

    def _by_template(self, text: str) -> str:
        for template, places in self._templates.matching(text):
            if not all(map(_whole, places)):
                continue  # it runs from one sentence into the next
            # What is quoted is what another said.
            said = [
                place if before.endswith("«") else self._say(place)
                for before, place in zip(template.literals, places, strict=False)
            ]
            if template.weight > _LIGHT or not any(map(_WORD.search, said)):
                return template.said.format(*said)
        return ""

    def _in_parts(self, text: str) -> str:
        """Return a text whose parts are known, joined by what joins them in the language."""
        for joint, joined in _JOINTS:
            parts = text.split(joint)
            said = [self._say(part) for part in parts] if len(parts) > 1 else parts
            if said != parts:
                return joined.join(said)
        behind = _BEHIND.fullmatch(text)
        if behind is not None:
            said = [self._say(part) for part in behind.groups()]
            if said != list(behind.groups()):
                return "{}（{}）".format(*said)
        if text.endswith("."):
            whole = self._say(text[:-1])
            return f"{whole}。" if whole != text[:-1] else ""
        return ""


def _whole(place: str) -> bool:
    """Tell whether every bracket of a part of a sentence is opened and closed within it."""
    depth = 0
    for letter in place:
        depth += (letter == "(") - (letter == ")")
        if depth < 0:
            return False
    return depth == 0


def _headings(catalogue: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield titles without what they are of: pages say that in a heading of its own."""
    for english, said in catalogue.items():
        if english.endswith(", {}") and said.endswith("，{}") and english.count("{") == 1:
            yield lowered(english[:-4]), said[:-3]


@lru_cache(maxsize=4)
def _book(language: str) -> _Book | None:
    return _Book(language) if language in LANGUAGES else None

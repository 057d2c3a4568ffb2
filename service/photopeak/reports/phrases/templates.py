"""Sentences with places: which template a sentence was made from, and what stands in its places."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_PLACE = re.compile(r"\{\d*\}")
_WORD = re.compile(r"[^\s{]+")


@dataclass(frozen=True, slots=True)
class Template:
    """A template: the literals about its places, `weight` of their letters, its translation."""

    literals: tuple[str, ...]
    weight: int
    said: str

    @property
    def rank(self) -> tuple[bool, int, int, int]:
        """What sorts templates: first what leads to another sentence, then by words of its own."""
        leads = len(self.literals) == 3 and self.literals[1].endswith(" out: ")
        return not leads, -self.weight, -max(map(len, self.literals)), -len(self.literals)

    def places(self, text: str) -> tuple[str, ...] | None:
        """Return what stands in the places of a text, or None if it was not made from this."""
        head, *middle, tail = self.literals
        end = len(text) - len(tail)
        if end < len(head) or not text.startswith(head) or not text.endswith(tail):
            return None
        at, found = len(head), []
        for literal in middle:
            start = text.find(literal, at + 1, end)
            if start < 0:
                return None
            found.append(text[at:start])
            at = start + len(literal)
        # What is put right behind a word is an ending that may be missing.
        ending = not tail and not self.literals[-2].endswith(" ")
        return (*found, text[at:end]) if at < end or ending else None


class Templates:
    """Templates by the first word of theirs, so that few are tried for a sentence."""

    def __init__(self, catalogue: Mapping[str, str]) -> None:
        self._by_word: dict[str, list[Template]] = defaultdict(list)
        for english, said in catalogue.items():
            literals = tuple(_PLACE.split(lowered(english)))
            if len(literals) > 1:
                weight = sum(c.isalpha() for literal in literals for c in literal)
                self._by_word[_first_word(literals[0])].append(Template(literals, weight, said))

    def matching(self, text: str) -> Iterable[tuple[Template, tuple[str, ...]]]:
        """Return the templates a text may have been made from, that with most letters first."""
        low = lowered(text)
        found = [
            (template, places)
            for template in self._by_word.get(_first_word(low), ())
            if (places := template.places(low)) is not None
        ]
        found += [
            (template, places)
            for template in self._by_word.get("", ())
            if (places := template.places(text)) is not None
        ]
        return sorted(found, key=lambda pair: pair[0].rank)


def lowered(text: str) -> str:
    """Return a text with a small first letter: headings are written with a capital one."""
    return text[:1].lower() + text[1:]


def _first_word(text: str) -> str:
    """Return the first whole word of a text, empty where a place touches it."""
    found = _WORD.match(text)
    if found is None or found.end() == len(text):
        return found.group() if found and "{" not in text else ""
    return found.group()

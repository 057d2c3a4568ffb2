"""Conditions of a rule: what has to be true of a header. An absent element never matches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import regex

from photopeak.model.header import InstanceHeader
from photopeak.model.routing import ParameterValue
from photopeak.routing.text import FIELD_SCORES, normalise
from photopeak.setting_values import refuse_useless_expression

MATCH_TIMEOUT_S = 0.1
"""Longest time that one expression may spend on one text.

An honest expression needs some microseconds for 256 characters; one that backtracks without end
is stopped here and named in the explanation.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """How a condition or a rule did on a header.

    `matched` says whether; `message` why, or why not. `where` is the text field that matched,
    `score` what that field is worth, `groups` the named groups. `timed_out` tells that an
    expression was stopped: the rule is then skipped, never taken as a match.
    """

    matched: bool
    message: str
    where: str = ""
    score: float = 1.0
    groups: Mapping[str, ParameterValue] = field(default_factory=lambda: MappingProxyType({}))
    timed_out: bool = False


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression, compiled once, with a bound on the time of each match."""

    source: str
    compiled: regex.Pattern[str]

    @classmethod
    def compile(cls, source: str) -> Pattern:
        """Compile an expression.

        Raises
        ------
        ValueError
            If it is not a regular expression, or matches the empty text and so everything.
        """
        refuse_useless_expression(source)
        return cls(source, regex.compile(source, regex.IGNORECASE))

    def search(self, text: str) -> regex.Match[str] | None:
        """Search `text`; raises TimeoutError when that takes longer than `MATCH_TIMEOUT_S` twice.

        Twice, because the time is that of the machine: one that stands still for a moment must not
        take a sound rule out of the choice of a test.
        """
        try:
            return self.compiled.search(text, timeout=MATCH_TIMEOUT_S)
        except TimeoutError:
            return self.compiled.search(text, timeout=MATCH_TIMEOUT_S)


@dataclass(frozen=True, slots=True, kw_only=True)
class TextCondition:
    """An expression on the descriptive text; the best field in which it is found counts."""

    patterns: tuple[Pattern, ...]
    fields: tuple[str, ...] = tuple(FIELD_SCORES)

    def check(self, header: InstanceHeader) -> Match:
        """Match every pattern against each field in turn, best first."""
        present = [(name, header.text[name]) for name in self.fields if header.text.get(name)]
        if not present:
            return Match(matched=False, message="none of its text fields is present")
        for name, text in present:
            for pattern in self.patterns:
                try:
                    found = pattern.search(text)
                except TimeoutError:
                    message = (
                        f"the expression was stopped on {name} after {1000 * MATCH_TIMEOUT_S:g} ms;"
                        " it backtracks without end and needs to be rewritten"
                    )
                    return Match(matched=False, message=message, timed_out=True)
                if found:
                    return Match(
                        matched=True,
                        message=f"{name} has «{found.group()}»",
                        where=name,
                        score=FIELD_SCORES[name],
                        groups={k: v for k, v in found.groupdict().items() if v is not None},
                    )
        names = ", ".join(name for name, _ in present)
        return Match(matched=False, message=f"the expression is not found in {names}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ElementCondition:
    """What one element has to be. Of several values, one that fits is enough.

    Exactly one of the forms is set: `one_of` (equal, text compared in normal form), `none_of`
    (present and equal to none of these), `pattern`, or the range `minimum` to `maximum`
    (inclusive, either may be missing).
    """

    keyword: str
    one_of: tuple[str | float, ...] = ()
    none_of: tuple[str | float, ...] = ()
    pattern: Pattern | None = None
    minimum: float | None = None
    maximum: float | None = None

    def check(self, header: InstanceHeader) -> Match:
        """Compare the element of `header` with what it has to be."""
        values = element_values(header, self.keyword)
        if not values:
            return Match(matched=False, message=f"{self.keyword} is absent")
        try:
            fits, groups = self._fits(values)
        except TimeoutError:
            message = f"the expression was stopped on {self.keyword}; it backtracks without end"
            return Match(matched=False, message=message, timed_out=True)
        verdict = "fits" if fits else "does not fit"
        return Match(matched=fits, message=f"{self.keyword} {verdict}", groups=groups)

    def _fits(self, values: tuple[str | float, ...]) -> tuple[bool, Mapping[str, ParameterValue]]:
        if self.one_of:
            return any(same(value, wanted) for value in values for wanted in self.one_of), {}
        if self.none_of:
            return not any(same(value, no) for value in values for no in self.none_of), {}
        if self.pattern is not None:
            for value in values:
                found = self.pattern.search(normalise(str(value)))
                if found:
                    return True, {k: v for k, v in found.groupdict().items() if v is not None}
            return False, {}
        numbers = [number for value in values if (number := _number(value)) is not None]
        return any(
            (self.minimum is None or number >= self.minimum)
            and (self.maximum is None or number <= self.maximum)
            for number in numbers
        ), {}


def element_values(header: InstanceHeader, keyword: str) -> tuple[str | float, ...]:
    """Return the values of an element; a text field may be asked for by its keyword as well."""
    values = header.elements.get(keyword, ())
    present = tuple(value for value in values if value not in ("", None))
    if present:
        return present
    text = header.text.get(keyword)
    return (text,) if text else ()


def same(value: str | float, wanted: str | float) -> bool:
    """Tell whether a value equals what a rule says: numbers as numbers, text in normal form."""
    if isinstance(wanted, (int, float)):
        number = _number(value)
        return number is not None and number == float(wanted)
    return normalise(str(value)) == normalise(wanted)


def _number(value: str | float) -> float | None:
    try:
        return float(value)
    except ValueError:
        return None

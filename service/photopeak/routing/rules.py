"""Rules and the table of them: what a series has to look like, and what it then is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from photopeak.model.header import InstanceHeader
from photopeak.model.routing import Assignment, ParameterValue
from photopeak.routing.conditions import ElementCondition, Match, TextCondition

OVERRIDING_PRIORITY = 200
"""A rule of this priority or more goes before every other, whatever field it matched in."""

CONTENT_SCORE = 0.55
"""What a rule that only asks for the pixels is worth at most: it knows that the series is quality
control but not which, so a rule that does know goes first, unless it knows from the study alone."""

_PLACEHOLDER = re.compile(r"\{([a-z_][a-z0-9_]*)\}")
_INTEGER = re.compile(r"[+-]?\d{1,9}")
_DECIMAL = re.compile(r"[+-]?\d{1,9}[.,]\d{1,9}")

ByModality = Mapping[str, str]
"""A text by kind of object (``NM``, ``PT``, ``CT``), with ``default`` for the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule of a file.

    Attributes
    ----------
    id, priority, origin
        Its name, its rank, and ``file:line`` where it stands.
    modalities
        Kinds of objects it looks at (by SOP class, not by Modality); empty for all images.
    text, elements
        Its conditions; all of them have to hold, and there is at least one.
    test, role
        What the series is, by kind of object. A kind that is not named is no match.
    variant, parameters, readings, limits, group, purpose
        Go into the assignment. ``{name}`` stands for a named group of an expression.
    classify_by_content
        The rule knows only that the series is quality control; the pixels decide which.
    ignore
        The rule knows that the series is not quality control.
    always
        The rule does not compete: its test is added to whatever the series is routed to.

    A rule that names nothing but a purpose does not compete either: it says what the test is made for,
    whatever the test is.
    """

    id: str
    priority: int
    origin: str
    modalities: frozenset[str] = frozenset()
    text: TextCondition | None = None
    elements: tuple[ElementCondition, ...] = ()
    test: ByModality = field(default_factory=lambda: MappingProxyType({}))
    role: ByModality = field(default_factory=lambda: MappingProxyType({}))
    variant: str = ""
    parameters: Mapping[str, ParameterValue] = field(default_factory=lambda: MappingProxyType({}))
    readings: Mapping[str, ParameterValue] = field(default_factory=lambda: MappingProxyType({}))
    limits: tuple[str, ...] = ()
    group: str = ""
    purpose: str = ""
    classify_by_content: bool = False
    ignore: bool = False
    always: bool = False

    @property
    def purpose_alone(self) -> bool:
        """Tell whether it says what tests are made for, and not which they are."""
        return bool(self.purpose) and not (self.test or self.classify_by_content or self.ignore)

    def check(self, header: InstanceHeader, modality: str) -> Match:
        """Tell whether every condition holds, and in which field the text was found."""
        if modality == "DOC" and not self.modalities:
            return Match(matched=False, message="it looks at images, the object is a document")
        if self.modalities and modality not in self.modalities:
            wanted = ", ".join(sorted(self.modalities))
            return Match(matched=False, message=f"it looks at {wanted}, the object is {modality}")
        if self.test and not (modality in self.test or "default" in self.test):
            return Match(matched=False, message=f"it names no test for {modality}")
        parts = []
        groups: dict[str, ParameterValue] = {}
        for element in self.elements:
            match = element.check(header)
            if not match.matched:
                return match
            parts.append(match.message)
            groups.update(match.groups)
        found = ""
        score = 1.0
        if self.text is not None:
            match = self.text.check(header)
            if not match.matched:
                return match
            parts.append(match.message)
            groups.update(match.groups)
            found, score = match.where, match.score
        if self.classify_by_content:
            score = min(score, CONTENT_SCORE)
        return Match(
            matched=True,
            message=" and ".join(parts),
            where=found or self.elements[0].keyword,
            score=score,
            groups={name: typed(str(value)) for name, value in groups.items()},
        )

    def assignment(self, modality: str, groups: Mapping[str, ParameterValue]) -> Assignment:
        """Return what the series is when this rule matched with these named groups.

        A named group that no value refers to becomes a parameter of its own name.
        """
        tables = (self.parameters, self.readings)
        used = {
            name
            for text in (*(v for t in tables for v in t.values()), *self.role.values(), self.group)
            if isinstance(text, str)
            for name in _PLACEHOLDER.findall(text)
        }
        free = {name: value for name, value in groups.items() if name not in used}
        return Assignment(
            test=by_modality(self.test, modality),
            variant=self.variant,
            role=str(_filled(by_modality(self.role, modality), groups) or ""),
            parameters=MappingProxyType({**free, **_fill_table(self.parameters, groups)}),
            readings=MappingProxyType(_fill_table(self.readings, groups)),
            limits=self.limits,
            group=str(_filled(self.group, groups) or ""),
            purpose=self.purpose,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteTable:
    """Every rule of a configuration, in the order of the files.

    `version` is the hash of what the rules say (comments and blanks do not count); `sources` are
    the names of the files.
    """

    rules: tuple[Rule, ...]
    version: str
    sources: tuple[str, ...] = ()

    @property
    def competing(self) -> tuple[Rule, ...]:
        """Rules that say what a series is."""
        return tuple(r for r in self.rules if not (r.always or r.purpose_alone))

    @property
    def accompanying(self) -> tuple[Rule, ...]:
        """Rules that add a test to whatever a series is."""
        return tuple(rule for rule in self.rules if rule.always)

    @property
    def of_purposes(self) -> tuple[Rule, ...]:
        """Rules that say what a test is made for, the highest priority first."""
        alone = (rule for rule in self.rules if rule.purpose_alone)
        return tuple(sorted(alone, key=lambda rule: -rule.priority))


def rank(rule: Rule, match: Match) -> tuple[float, float, int]:
    """Return the key by which matching rules are sorted, best first.

    Rules of an overriding priority come first, by priority. Among the others the field that
    matched counts first, then the priority; equal ones keep the order of the files.
    """
    if rule.priority >= OVERRIDING_PRIORITY:
        return (0.0, 0.0, -rule.priority)
    return (1.0, -match.score, -rule.priority)


def by_modality(table: ByModality, modality: str) -> str:
    """Return the entry for a kind of object, or the default; empty when there is neither."""
    return table.get(modality, table.get("default", ""))


def typed(text: str) -> ParameterValue:
    """Return a named group as an integer, a decimal number (dot or comma), or text.

    >>> typed("100"), typed("7,5"), typed("lehr")
    (100, 7.5, 'lehr')
    """
    if _INTEGER.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return float(text.replace(",", "."))
    return text


def _fill_table(
    table: Mapping[str, ParameterValue], groups: Mapping[str, ParameterValue]
) -> dict[str, ParameterValue]:
    filled = {name: _filled(value, groups) for name, value in table.items()}
    return {name: value for name, value in filled.items() if value is not None}


def _filled(value: ParameterValue, groups: Mapping[str, ParameterValue]) -> ParameterValue:
    """Replace ``{name}`` by the group; None when a group it needs was not found."""
    if not isinstance(value, str):
        return value
    names = _PLACEHOLDER.findall(value)
    if any(name not in groups for name in names):
        return None
    if names and value == f"{{{names[0]}}}":
        return groups[names[0]]
    return _PLACEHOLDER.sub(lambda found: str(groups[found.group(1)]), value)

"""One rule file: read, checked whole, every fault with its line and its cure."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from photopeak.model.header import ELEMENT_KEYWORDS
from photopeak.model.judgement import DEFAULT_PURPOSE, PURPOSES
from photopeak.model.routing import ParameterValue
from photopeak.routing.catalogue import closest
from photopeak.routing.conditions import ElementCondition, Pattern, TextCondition
from photopeak.routing.rules import Rule
from photopeak.routing.text import FIELD_SCORES

MODALITIES = frozenset({"NM", "PT", "CT", "DOC"})
"""Kinds of objects that rules tell apart."""

RULE_KEYS = MappingProxyType(
    {
        "id": "name of the rule, lower case, unique among all files",
        "priority": "0 to 999; 200 and more goes before every rule below 200",
        "when": "table of conditions, at least one; all have to hold",
        "modality": "kinds of objects it looks at: any of NM, PT, CT, DOC",
        "test": "id of the test, or a table by kind of object with `default`",
        "variant": "text that the test follows, such as `ws523`",
        "role": "input of the test that the series is, or a table by kind of object",
        "parameters": "parameters of the test; `{name}` stands for a named group",
        "readings": "readings of the test; `{name}` stands for a named group",
        "limits": "names of limit sets to judge by besides those that apply anyway",
        "purpose": f"what the test is made for, {DEFAULT_PURPOSE} without it: {', '.join(PURPOSES)}",
        "group": "series of one test that belong together; `{name}` stands for a named group",
        "classify_by_content": "true: the pixels decide which test it is",
        "ignore": "true: series of this kind are not quality control",
        "always": "true: the test is added to whatever the series is routed to",
        "fields": "text fields that `when.text` reads, default all",
    }
)
"""Every key of a rule, with its meaning."""

CONDITION_KEYS = MappingProxyType(
    {
        "one_of": "equal to one of these",
        "none_of": "present, and equal to none of these",
        "matches": "regular expression on the normalised text",
        "minimum": "number, at least this",
        "maximum": "number, at most this",
    }
)
"""Every key of a condition on an element, with its meaning."""

_ID = re.compile(r"[a-z][a-z0-9_]{0,63}")
_MAXIMUM_FILE_BYTES = 1_000_000
_MAXIMUM_RULES = 1000
_MAXIMUM_PATTERN_LENGTH = 2000


@dataclass(slots=True)
class FileReader:
    """Reads one file; collects its rules and its faults."""

    path: Path
    known_tests: frozenset[str]
    rules: list[Rule] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    content: list[Mapping[str, Any]] = field(default_factory=list)
    _lines: list[str] = field(default_factory=list)

    def read(self) -> None:
        """Read the file into `rules`, or say in `faults` why not."""
        try:
            if self.path.stat().st_size > _MAXIMUM_FILE_BYTES:
                self.faults.append(f"{self.path}: larger than {_MAXIMUM_FILE_BYTES} bytes")
                return
            text = self.path.read_text("utf-8")
            document = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            found = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
            line = f":{found.group(1)}" if found else ""
            self.faults.append(f"{self.path}{line}: not TOML: {error}; mind quotes and brackets")
            return
        except (OSError, UnicodeDecodeError) as error:
            self.faults.append(f"{self.path}: cannot be read: {error}; it has to be UTF-8")
            return
        self._lines = text.splitlines()
        for key in sorted(set(document) - {"rule"}):
            self.faults.append(f"{self.path}: {key}: unknown key; rules stand under [[rule]]")
        tables = document.get("rule", [])
        if not isinstance(tables, list) or not all(isinstance(t, dict) for t in tables):
            self.faults.append(f"{self.path}: rule: write each rule as a table [[rule]]")
            return
        if len(tables) > _MAXIMUM_RULES:
            self.faults.append(f"{self.path}: {len(tables)} rules, at most {_MAXIMUM_RULES}")
            return
        for index, table in enumerate(tables):
            before = len(self.faults)
            rule = self._rule(index, table)
            if len(self.faults) == before and rule is not None:
                self.rules.append(rule)
                self.content.append(table)

    def _line(self, index: int, key: str = "") -> int:
        """Return the line of rule `index`, or of `key` in it where it can be found."""
        starts = [
            n for n, text in enumerate(self._lines, 1) if re.match(r"\s*\[\[\s*rule\s*\]\]", text)
        ]
        if index >= len(starts):
            return 1
        start = starts[index]
        if not key:
            return start
        end = starts[index + 1] if index + 1 < len(starts) else len(self._lines) + 1
        head, _, leaf = key.partition(".")
        for name in (key, leaf.partition(".")[0], head):
            if not name:
                continue
            pattern = re.compile(rf"\s*\[?(rule\.)?(when\.)?\"?{re.escape(name)}\"?\s*[.=\]]")
            for number in range(start + 1, end):
                if pattern.match(self._lines[number - 1]):
                    return number
        return start

    def _rule(self, index: int, table: Mapping[str, Any]) -> Rule | None:
        name = table.get("id")
        label = name if isinstance(name, str) and name else f"number {index + 1}"

        def fault(key: str, what: str) -> None:
            line = self._line(index, key)
            self.faults.append(f"{self.path}:{line}: rule {label}: {key}: {what}")

        for key in sorted(set(table) - set(RULE_KEYS)):
            near = closest(key, frozenset(RULE_KEYS))
            fault(key, "unknown key" + (f"; did you mean {near}?" if near else "; remove it"))
        if name is None:
            fault("id", "missing; every rule needs a name")
        elif not isinstance(name, str) or not _ID.fullmatch(name):
            fault("id", "has to be lower-case letters, digits and _, starting with a letter")
        values = _Values(table, fault)
        priority = values.integer("priority", 0, 999)
        modalities = frozenset(values.words("modality", MODALITIES))
        classify, ignore, always = (
            values.flag(key) for key in ("classify_by_content", "ignore", "always")
        )
        test = values.by_modality("test")
        for key, wanted in test.items():
            if wanted not in self.known_tests:
                near = closest(wanted, self.known_tests)
                cure = f"did you mean {near}?" if near else "see the list of tests"
                fault("test", f"{key}: there is no test {wanted!r}; {cure}")
        outcomes = [
            word
            for word, on in (
                ("test", bool(test)),
                ("classify_by_content", classify),
                ("ignore", ignore),
            )
            if on
        ]
        purpose = values.word("purpose", PURPOSES)
        alone = "purpose" in table and not outcomes
        if len(outcomes) != 1 and not alone and not ("test" in table and not test):
            given = " and ".join(outcomes) if outcomes else "nothing"
            fault("test", f"give one of test, classify_by_content or ignore; here is {given}")
        if purpose and ignore:
            fault("purpose", "a series that is not quality control has none")
        if always and not test:
            fault("always", "goes with a test only")
        text, elements = self._conditions(table, values, fault)
        rule_parameters = values.plain("parameters")
        rule_readings = values.plain("readings")
        role = values.by_modality("role")
        limits = tuple(values.words("limits", None))
        variant, group = values.text("variant"), values.text("group")
        groups = _group_names(text, elements)
        for key, texts in (
            ("parameters", rule_parameters.values()),
            ("readings", rule_readings.values()),
            ("role", role.values()),
            ("group", [group]),
        ):
            for placeholder in re.findall(r"\{([^}]*)\}", " ".join(map(str, texts))):
                if placeholder not in groups:
                    fault(
                        key, f"{{{placeholder}}} is not a named group of an expression of the rule"
                    )
        if not isinstance(name, str):
            return None
        return Rule(
            id=name,
            priority=priority,
            origin=f"{self.path.name}:{self._line(index)}",
            modalities=modalities,
            text=text,
            elements=elements,
            test=MappingProxyType(test),
            role=MappingProxyType(role),
            variant=variant,
            parameters=MappingProxyType(rule_parameters),
            readings=MappingProxyType(rule_readings),
            limits=limits,
            group=group,
            purpose=purpose,
            classify_by_content=classify,
            ignore=ignore,
            always=always,
        )

    def _conditions(
        self, table: Mapping[str, Any], values: _Values, fault: Any
    ) -> tuple[TextCondition | None, tuple[ElementCondition, ...]]:
        fields = values.words("fields", frozenset(FIELD_SCORES))
        when = table.get("when")
        if not isinstance(when, dict) or not when:
            what = "missing" if when is None else "has no condition"
            fault("when", f"{what}; a rule without a condition would match everything")
            return None, ()
        if fields and "text" not in when:
            fault("fields", "goes with when.text only")
        text = None
        elements = []
        for keyword, wanted in when.items():
            key = f"when.{keyword}"
            if keyword == "text":
                patterns = _patterns(wanted, lambda what, key=key: fault(key, what))
                ordered = tuple(f for f in FIELD_SCORES if not fields or f in fields)
                text = TextCondition(patterns=patterns, fields=ordered)
            elif keyword not in ELEMENT_KEYWORDS and keyword not in FIELD_SCORES:
                known = frozenset(ELEMENT_KEYWORDS) | frozenset(FIELD_SCORES)
                near = closest(keyword, known)
                cure = f"did you mean {near}?" if near else "see config/README.md for the list"
                fault(key, f"no element that rules can ask for; {cure}")
            else:
                element = _element(keyword, wanted, lambda what, key=key: fault(key, what))
                if element is not None:
                    elements.append(element)
        return text, tuple(elements)


@dataclass(slots=True)
class _Values:
    """Typed access to a table; a wrong type is a fault and gives the neutral value."""

    table: Mapping[str, Any]
    fault: Any

    def integer(self, key: str, minimum: int, maximum: int) -> int:
        value = self.table.get(key)
        if value is None:
            self.fault(key, f"missing; give a whole number from {minimum} to {maximum}")
            return 0
        if type(value) is not int or not minimum <= value <= maximum:
            self.fault(key, f"has to be a whole number from {minimum} to {maximum}")
            return 0
        return value

    def flag(self, key: str) -> bool:
        value = self.table.get(key, False)
        if not isinstance(value, bool):
            self.fault(key, "has to be true or false, without quotes")
            return False
        return value

    def text(self, key: str) -> str:
        value = self.table.get(key, "")
        if not isinstance(value, str):
            self.fault(key, "has to be a text in quotes")
            return ""
        return value

    def word(self, key: str, allowed: Sequence[str]) -> str:
        value = self.text(key)
        if value and value not in allowed:
            self.fault(key, f"{value!r} is not one of {', '.join(allowed)}")
        return value

    def words(self, key: str, allowed: frozenset[str] | None) -> Sequence[str]:
        value = self.table.get(key, [])
        if isinstance(value, str):
            value = [value]
        if not isinstance(value, list) or not all(isinstance(v, str) and v for v in value):
            self.fault(key, 'has to be a list of texts, such as ["NM"]')
            return []
        if allowed is not None:
            for word in value:
                if word not in allowed:
                    self.fault(key, f"{word!r} is not one of {', '.join(sorted(allowed))}")
        return value

    def by_modality(self, key: str) -> dict[str, str]:
        value = self.table.get(key, {})
        if isinstance(value, str):
            value = {"default": value}
        if not isinstance(value, dict) or not all(isinstance(v, str) and v for v in value.values()):
            self.fault(key, 'has to be a text or a table such as { PT = "...", default = "..." }')
            return {}
        for name in value:
            if name not in MODALITIES | {"default"}:
                self.fault(key, f"{name!r} is not one of CT, DOC, NM, PT, default")
        return dict(value)

    def plain(self, key: str) -> dict[str, ParameterValue]:
        value = self.table.get(key, {})
        if not isinstance(value, dict) or not all(
            isinstance(v, (str, int, float, bool)) for v in value.values()
        ):
            self.fault(key, "has to be a table of texts, numbers, true or false")
            return {}
        return dict(value)


def _patterns(value: Any, fault: Any) -> tuple[Pattern, ...]:
    sources = [value] if isinstance(value, str) else value
    if not isinstance(sources, list) or not sources or not all(isinstance(s, str) for s in sources):
        fault("has to be a regular expression in quotes, or a list of them")
        return ()
    patterns = []
    for source in sources:
        if len(source) > _MAXIMUM_PATTERN_LENGTH:
            fault(f"the expression is longer than {_MAXIMUM_PATTERN_LENGTH} characters")
            continue
        try:
            patterns.append(Pattern.compile(source))
        except ValueError as error:
            fault(str(error))
    return tuple(patterns)


def _element(keyword: str, value: Any, fault: Any) -> ElementCondition | None:
    if not isinstance(value, dict):
        wanted = _exact(value, fault)
        return ElementCondition(keyword=keyword, one_of=wanted) if wanted else None
    for key in sorted(set(value) - set(CONDITION_KEYS)):
        near = closest(key, frozenset(CONDITION_KEYS))
        fault(f"{key} is unknown; " + (f"did you mean {near}?" if near else "remove it"))
        return None
    forms = set(value) - {"minimum", "maximum"}
    if len(forms) + bool(set(value) - forms) != 1:
        fault("give one of one_of, none_of, matches, or a range with minimum and maximum")
        return None
    if "matches" in value:
        patterns = _patterns(value["matches"], fault)
        return ElementCondition(keyword=keyword, pattern=patterns[0]) if patterns else None
    if forms:
        (form,) = forms
        wanted = _exact(value[form], fault)
        if not wanted:
            return None
        if form == "one_of":
            return ElementCondition(keyword=keyword, one_of=wanted)
        return ElementCondition(keyword=keyword, none_of=wanted)
    bounds = (value.get("minimum"), value.get("maximum"))
    if not all(
        b is None or (isinstance(b, (int, float)) and not isinstance(b, bool)) for b in bounds
    ):
        fault("minimum and maximum have to be numbers")
        return None
    low, high = bounds
    if low is not None and high is not None and low > high:
        fault(f"the minimum {low:g} is above the maximum {high:g}; exchange them")
        return None
    return ElementCondition(keyword=keyword, minimum=low, maximum=high)


def _exact(value: Any, fault: Any) -> tuple[str | float, ...]:
    values = value if isinstance(value, list) else [value]
    if not values or not all(
        isinstance(v, (str, int, float)) and not isinstance(v, bool) and v != "" for v in values
    ):
        fault("has to be a text, a number, or a list of them, none empty")
        return ()
    return tuple(values)


def _group_names(
    text: TextCondition | None, elements: Sequence[ElementCondition]
) -> frozenset[str]:
    patterns = [*(text.patterns if text else ()), *(e.pattern for e in elements if e.pattern)]
    return frozenset(name for pattern in patterns for name in pattern.compiled.groupindex)

"""One limit file: read, checked whole, every fault with its key and what it should be."""

from __future__ import annotations

import hashlib
import json
import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Any

from photopeak.model.judgement import (
    PURPOSES,
    BaselineForm,
    Limit,
    LimitKind,
    LimitSet,
    SeverityOverride,
)

SET_KEYS = MappingProxyType(
    {
        "title": "name for people, such as the number of the standard",
        "kind": "mandatory, informative, manufacturer, baseline, recommended or site",
        "source": "where the numbers come from, shown with every verdict",
        "purpose": f"tests it speaks for: any of {', '.join(PURPOSES)}",
        "devices": "ids of the devices it is for; every device without it",
        "continuous_crystal_only": "true: it only informs on pixelated detectors",
        "optional": "true: it applies only where a route names it",
        "enabled": "false: the set is not in force",
        "limit": "the limits, each a table [[limit]]",
        "severity": "other severities of preconditions, each a table [[severity]]",
    }
)
"""Every key of a limit file, with its meaning."""

LIMIT_KEYS = MappingProxyType(
    {
        "test": "id of the test",
        "variant": 'text that the test follows, such as `nema`; `"*"` for every one',
        "metric": "key of the measurement",
        "unit": "UCUM unit of the bounds; a measurement in another unit is not judged",
        "lower": "smallest value that passes",
        "upper": "largest value that passes",
        "warn_lower": "below it a value passes with a warning",
        "warn_upper": "above it a value passes with a warning",
        "scope": "parts that a measurement must have, such as `{ distance_mm = 100 }`",
        "form": "absolute, relative_percent or standard_deviations: bounds count from the baseline",
        "purpose": "narrows the purpose of the file for this limit",
        "instead": "metric that suffices in place of this one, as another way to the same number",
        "source": "where this number comes from, if not from the source of the file",
    }
)
"""Every key of a limit, with its meaning."""

SEVERITY_KEYS = MappingProxyType(
    {
        "test": 'id of the test; `"*"` for every one',
        "code": "code of the precondition",
        "severity": "hard or soft",
    }
)
"""Every key of an override of a severity, with its meaning."""

_BOUNDS = ("lower", "warn_lower", "warn_upper", "upper")
_WORD = re.compile(r"[a-z][a-z0-9_]{0,63}")
_CODE = re.compile(r"[A-Z][A-Z0-9_]{0,31}")
_MAXIMUM_BYTES = 1_000_000


class FileReader:
    """Reads one file; `faults` holds what is wrong with it."""

    def __init__(self, path: Path, name: str) -> None:
        self.faults: list[str] = []
        self._path = path
        self._name = name

    def read(self) -> LimitSet | None:
        """Return the limit set; None when the file is out of force or has faults."""
        content = self._content()
        if content is None:
            return None
        self._unknown(content, SET_KEYS, "")
        purpose = self._words(content, "purpose", "", PURPOSES)
        kind = self._choice(content, "kind", "", [k.value for k in LimitKind])
        limits = [
            self._limit(table, f"limit {number}", kind)
            for number, table in enumerate(self._tables(content, "limit"), 1)
        ]
        severities = [
            self._severity(table, f"severity {number}")
            for number, table in enumerate(self._tables(content, "severity"), 1)
        ]
        title = self._text(content, "title", "", required=True)
        source = self._text(content, "source", "", required=True)
        devices = self._words(content, "devices", "")
        if kind == LimitKind.MANUFACTURER and not devices:
            self._fault("", "devices", "figures of a manufacturer are for named devices")
        flags = {
            key: self._flag(content, key, default)
            for key, default in (
                ("enabled", True),
                ("optional", False),
                ("continuous_crystal_only", False),
            )
        }
        if flags["enabled"] and not limits and not severities:
            self._fault("", "limit", "the file sets no limit")
        found = [limit for limit in limits if limit is not None]
        self._repeated(found)
        if self.faults or not flags.pop("enabled"):
            return None
        return LimitSet(
            name=self._name,
            title=title,
            kind=LimitKind(kind),
            source=source,
            version=_version(content),
            limits=tuple(limit if limit.source else _with_source(limit, source) for limit in found),
            devices=devices,
            purpose=purpose,
            severities=tuple(s for s in severities if s is not None),
            **flags,
        )

    def _content(self) -> dict[str, Any] | None:
        try:
            raw = self._path.read_bytes()
            if len(raw) > _MAXIMUM_BYTES:
                raise ValueError(f"larger than {_MAXIMUM_BYTES} bytes")
            return tomllib.loads(raw.decode("utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            self.faults.append(f"{self._path}: {error}")
            return None

    def _limit(self, table: Mapping[str, Any], where: str, kind: str) -> Limit | None:
        before = len(self.faults)
        where = " ".join((where, *(str(table[k]) for k in ("test", "metric") if k in table)))
        self._unknown(table, LIMIT_KEYS, where)
        bounds: dict[str, Any] = {key: self._number(table, key, where) for key in _BOUNDS}
        given = [(key, bound) for key, bound in bounds.items() if bound is not None]
        if not given:
            self._fault(where, "upper", "a limit has at least one bound")
        for (key, bound), (next_key, next_bound) in pairwise(given):
            if bound > next_bound:
                self._fault(where, key, f"{bound:g} is above {next_key}, which is {next_bound:g}")
        form = None
        if "form" in table:
            form = self._choice(table, "form", where, [f.value for f in BaselineForm])
        elif kind == LimitKind.BASELINE:
            self._fault(where, "form", "a limit of the kind baseline says how its bounds count")
        limit: dict[str, Any] = {
            "test": self._word(table, "test", where),
            "variant": self._word(table, "variant", where, any_allowed=True),
            "metric": self._word(table, "metric", where),
            "scope": self._scope(table, where),
            "source": self._text(table, "source", where),
            "unit": self._text(table, "unit", where),
            "purpose": self._words(table, "purpose", where, PURPOSES),
            "instead": self._word(table, "instead", where) if "instead" in table else "",
        }
        if len(self.faults) > before:
            return None
        return Limit(**limit, **bounds, form=BaselineForm(form) if form else None)

    def _severity(self, table: Mapping[str, Any], where: str) -> SeverityOverride | None:
        before = len(self.faults)
        self._unknown(table, SEVERITY_KEYS, where)
        test = self._word(table, "test", where, any_allowed=True)
        severity = self._choice(table, "severity", where, ["hard", "soft"])
        code = self._text(table, "code", where, required=True)
        if code and not _CODE.fullmatch(code):
            self._fault(where, "code", "a code is in capitals, such as PC_COUNTS")
        if len(self.faults) > before:
            return None
        return SeverityOverride(test=test, code=code, severity=severity)

    def _repeated(self, limits: list[Limit]) -> None:
        first: dict[str, int] = {}
        for number, limit in enumerate(limits, 1):
            for purpose in limit.purpose or ("",):
                key = json.dumps(
                    [
                        limit.test,
                        limit.variant,
                        limit.metric,
                        dict(limit.scope),
                        limit.form,
                        purpose,
                    ],
                    sort_keys=True,
                )
                if key in first:
                    where = f"limit {number} {limit.test} {limit.metric}"
                    self._fault(where, "metric", f"limit {first[key]} is for the same numbers")
                first.setdefault(key, number)

    def _tables(self, content: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
        tables = content.get(key, [])
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            self._fault("", key, f"write each as a table [[{key}]]")
            return []
        return tables

    def _scope(self, table: Mapping[str, Any], where: str) -> Mapping[str, str | int | float]:
        scope = table.get("scope", {})
        if not isinstance(scope, dict):
            self._fault(where, "scope", "must be a table, such as { detector = 1 }")
            return {}
        for part, value in scope.items():
            number = isinstance(value, int | float) and math.isfinite(value)
            if isinstance(value, bool) or not (isinstance(value, str) or number):
                self._fault(where, f"scope.{part}", "must be a text or a number")
        return MappingProxyType(scope)

    def _number(self, table: Mapping[str, Any], key: str, where: str) -> float | None:
        value = table.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            self._fault(where, key, "must be a number")
            return None
        if not math.isfinite(value):
            self._fault(where, key, "must be finite; leave the key out for no bound")
            return None
        return float(value)

    def _text(
        self, table: Mapping[str, Any], key: str, where: str, *, required: bool = False
    ) -> str:
        value = table.get(key, "")
        if not isinstance(value, str):
            self._fault(where, key, "must be a text")
            return ""
        if required and not value.strip():
            self._fault(where, key, "is missing")
        return value

    def _word(
        self, table: Mapping[str, Any], key: str, where: str, *, any_allowed: bool = False
    ) -> str:
        value = self._text(table, key, where, required=True)
        if value and not _WORD.fullmatch(value) and not (any_allowed and value == "*"):
            self._fault(where, key, f"{value!r} is no id: lower case letters, digits, underscores")
        return value

    def _words(
        self, table: Mapping[str, Any], key: str, where: str, known: tuple[str, ...] = ()
    ) -> tuple[str, ...]:
        values = table.get(key, [])
        if not isinstance(values, list) or not all(isinstance(v, str) and v for v in values):
            self._fault(where, key, "must be a list of texts")
            return ()
        for value in values:
            if known and value not in known:
                self._fault(where, key, f"{value!r} is none of {', '.join(known)}")
        return tuple(values)

    def _choice(self, table: Mapping[str, Any], key: str, where: str, known: list[str]) -> str:
        value = self._text(table, key, where, required=True)
        if value and value not in known:
            self._fault(where, key, f"{value!r} is none of {', '.join(known)}")
        return value

    def _flag(self, table: Mapping[str, Any], key: str, default: bool) -> bool:
        value = table.get(key, default)
        if not isinstance(value, bool):
            self._fault("", key, "must be true or false")
            return default
        return value

    def _unknown(self, table: Mapping[str, Any], known: Mapping[str, str], where: str) -> None:
        for key in table:
            if key not in known:
                self._fault(where, key, f"is not a key; there are {', '.join(known)}")

    def _fault(self, where: str, key: str, message: str) -> None:
        place = f"{self._path}: {where}: {key}" if where else f"{self._path}: {key}"
        self.faults.append(f"{place}: {message}")


def _version(content: Mapping[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _with_source(limit: Limit, source: str) -> Limit:
    return replace(limit, source=source)

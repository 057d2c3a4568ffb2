"""Limit sets in words, and what changed from one version to another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from photopeak.model.judgement import BaselineForm, Limit, LimitSet
from photopeak.reports.text import capitalised, unit_text
from photopeak.storage.trends import scope_key
from photopeak.web.values import bounds_text, scope_text
from photopeak.web.words import Words

_FORM = {
    BaselineForm.ABSOLUTE: "from the baseline",
    BaselineForm.RELATIVE_PERCENT: "% from the baseline",
    BaselineForm.STANDARD_DEVIATIONS: "standard deviations from the baseline",
}
_MOST_DECIMALS = 3


@dataclass(frozen=True, slots=True)
class LimitLine:
    """A limit: what it is for, where it decides, where it warns, and where it stands."""

    test: str
    variant: str
    metric: str
    place: str
    bounds: str
    warning: str
    source: str


@dataclass(frozen=True, slots=True)
class Change:
    """What changed: `before` None for what came, `after` None for what went."""

    what: str
    before: str | None
    after: str | None


class LimitWords:
    """Says limits in the language of the pages; `titles` and `labels` name tests and metrics."""

    def __init__(
        self,
        words: Words,
        titles: Callable[[str], str],
        labels: Mapping[tuple[str, str], str],
    ) -> None:
        self._words = words
        self._titles = titles
        self._labels = labels

    def line(self, limit: Limit) -> LimitLine:
        """Return a limit as a line."""
        return LimitLine(
            test=self._titles(limit.test),
            variant="" if limit.variant == "*" else limit.variant,
            metric=self._metric(limit.test, limit.metric),
            place=self._words(", ").join(
                part
                for part in (
                    scope_text(limit.scope, self._words),
                    *(self._words(each) for each in limit.purpose),
                )
                if part
            ),
            bounds=self._bounds(limit, limit.lower, limit.upper),
            warning=self._bounds(limit, limit.warn_lower, limit.warn_upper),
            source=self._words(limit.source),
        )

    def difference(self, before: LimitSet, after: LimitSet) -> list[Change]:
        """Return what changed from one version to another, in the order of the newer one."""
        changes = [
            Change(self._words(name), self._text(old), self._text(new))
            for name, old, new in (
                ("Title", self._words(before.title), self._words(after.title)),
                ("Standing", self._words(before.kind.value), self._words(after.kind.value)),
                ("Source", self._words(before.source), self._words(after.source)),
                ("Devices", before.devices, after.devices),
                ("Purpose", before.purpose, after.purpose),
                (
                    "Only for continuous crystals",
                    before.continuous_crystal_only,
                    after.continuous_crystal_only,
                ),
                ("Only where a route asks for it", before.optional, after.optional),
            )
            if old != new
        ]
        old_limits, new_limits = _keyed(before), _keyed(after)
        for key in [*new_limits, *(k for k in old_limits if k not in new_limits)]:
            old, new = old_limits.get(key), new_limits.get(key)
            if old == new:
                continue
            changes += self._changed(old, new)
        old_codes, new_codes = _severities(before), _severities(after)
        for code in [*new_codes, *(k for k in old_codes if k not in new_codes)]:
            if old_codes.get(code) != new_codes.get(code):
                test, condition = code
                changes.append(
                    Change(
                        self._words(
                            "Condition {code} of {test}", code=condition, test=self._titles(test)
                        ),
                        old_codes.get(code),
                        new_codes.get(code),
                    )
                )
        return changes

    def _changed(self, old: Limit | None, new: Limit | None) -> list[Change]:
        line = self.line(new or old)  # type: ignore[arg-type]
        head = ", ".join(t for t in (line.test, line.variant, line.metric, line.place) if t)
        was, now = (None if x is None else self._said(x) for x in (old, new))
        if was != now:
            return [Change(head, was, now)]
        # What is said alike differs in where it stands, or in what may be given in its place.
        return [
            Change(
                head,
                f"{self._words(old.source)} {old.instead}".strip() if old else None,
                f"{self._words(new.source)} {new.instead}".strip() if new else None,
            )
        ]

    def _said(self, limit: Limit) -> str:
        line = self.line(limit)
        parts = [line.bounds]
        if line.warning:
            parts.append(self._words("warning {bounds}", bounds=line.warning))
        return ", ".join(part for part in parts if part) or self._words("no bound")

    def _bounds(self, limit: Limit, lower: float | None, upper: float | None) -> str:
        decimals = max((_decimals(v) for v in (lower, upper) if v is not None), default=0)
        text = bounds_text(lower, upper, decimals)
        if not text:
            return ""
        unit = unit_text(limit.unit) if limit.unit else ""
        if limit.form is not None:
            form = self._words(_FORM[limit.form])
            relative = limit.form is not BaselineForm.ABSOLUTE
            return f"{text} {form}" if relative else f"{text} {unit} {form}".replace("  ", " ")
        return f"{text} {unit}".rstrip()

    def _text(self, value: object) -> str:
        """Return a property of a limit set in words."""
        if isinstance(value, bool):
            return self._words("yes") if value else self._words("no")
        if isinstance(value, tuple):
            return ", ".join(str(each) for each in value) or self._words("all")
        return str(value)

    def _metric(self, test: str, metric: str) -> str:
        return self._labels.get((test, metric)) or capitalised(metric.replace("_", " "))


def _keyed(entry: LimitSet) -> dict[tuple[str, ...], Limit]:
    found: dict[tuple[str, ...], Limit] = {}
    for limit in entry.limits:
        key: tuple[str, ...] = (
            limit.test,
            limit.variant,
            limit.metric,
            scope_key(limit.scope),
            ",".join(limit.purpose),
            limit.form or "",
        )
        # Two limits on one number are told apart by their order.
        while key in found:
            key = (*key, "again")
        found[key] = limit
    return found


def _severities(entry: LimitSet) -> dict[tuple[str, str], str]:
    return {(s.test, s.code): s.severity for s in entry.severities}


def _decimals(value: float) -> int:
    for decimals in range(_MOST_DECIMALS):
        if round(value, decimals) == value:
            return decimals
    return _MOST_DECIMALS

"""Addresses of trends: everything that is chosen stands in them, so that they can be shared."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import urlencode

from photopeak.model.results import ScopeValue
from photopeak.storage.trends import scope_key

Scope = Mapping[str, ScopeValue]

LONGEST = 500
"""Characters of the longest parameter."""


def number_name(metric: str, scope: Scope) -> str:
    """Return a number of a test as one word, ``iu_ufov{"detector":1}``."""
    return metric + (scope_key(scope) if scope else "")


def number_of(name: str) -> tuple[str, dict[str, ScopeValue]] | None:
    """Return the metric and the scope of a number; None for what names none."""
    metric, brace, rest = name.partition("{")
    if not brace:
        return (metric, {}) if metric else None
    try:
        scope = json.loads(brace + rest)
    except (ValueError, RecursionError):
        return None
    plain = all(isinstance(v, str | int | float) for v in scope.values())
    return (metric, scope) if metric and plain else None


def test_name(test: str, variant: str) -> str:
    """Return a test with its variant as one word."""
    return f"{test}/{variant}"


def trend_address(
    device_id: str, test: str, variant: str, metric: str, scope: Scope, **more: str
) -> str:
    """Return where the trend of a number is shown; what is empty of `more` is left away."""
    chosen = {
        "device": device_id,
        "test": test_name(test, variant),
        "number": number_name(metric, scope),
        **{name: text for name, text in more.items() if text},
    }
    return f"/trends?{urlencode(chosen)}"


def span_of(since: datetime | None, until: datetime | None) -> dict[str, str]:
    """Return the parameters of a time for the API."""
    given = {"from": since, "to": until}
    return {name: on_the_wire(at) for name, at in given.items() if at is not None}


def api_address(
    name: str, asked: dict[str, str], *, configuration: str | None = None, log: bool = False
) -> str:
    """Return an address of the API about trends."""
    more = {} if configuration is None else {"configuration": configuration}
    return f"/api/v1/{name}?{urlencode(asked | more | ({'log': 'true'} if log else {}))}"


def on_the_wire(at: datetime) -> str:
    """Return a moment as the API takes it."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")

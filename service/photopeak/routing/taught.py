"""Taught routes: which of them a series follows, and what teaching one would match."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from photopeak.model.taught import TaughtRoute
from photopeak.routing.text import FIELD_SCORES, normalise


def fits(route: TaughtRoute, device_id: str | None, text: Mapping[str, str]) -> bool:
    """Tell whether a series of this device with this descriptive text follows a taught route.

    `text` may be as read or as stored for display; only its normal form counts.
    """
    return (
        route.active
        and route.device_id == device_id
        and all(
            normalise(text.get(keyword, "")) == normalise(wanted)
            for keyword, wanted in route.conditions.items()
        )
    )


def followed(
    routes: Iterable[TaughtRoute], device_id: str | None, text: Mapping[str, str]
) -> TaughtRoute | None:
    """Return the taught route that a series follows: the one with most conditions, or None."""
    fitting = [route for route in routes if fits(route, device_id, text)]
    return min(fitting, key=lambda r: (-len(r.conditions), -r.version, r.id), default=None)


def conditions_for(
    text: Mapping[str, str], others: Sequence[Mapping[str, str]] = ()
) -> Mapping[str, str]:
    """Suggest the conditions of a route to be taught from one series.

    The best field that has a text is enough, unless a series in `others`, which must not follow
    the route, has the same text there; then the next fields are added until they differ.

    Parameters
    ----------
    text
        Descriptive text of the series, by keyword.
    others
        Text of series of the same device that are something else.

    Returns
    -------
    Mapping[str, str]
        Conditions in normal form; empty when the series has no text at all. When even all fields
        together do not tell it from the others, all of them.
    """
    chosen: dict[str, str] = {}
    rivals = list(others)
    for keyword in FIELD_SCORES:
        words = normalise(text.get(keyword, ""))
        still = [other for other in rivals if normalise(other.get(keyword, "")) == words]
        if len(still) < len(rivals) if chosen else words:
            chosen[keyword] = words
            rivals = still
        if chosen and not rivals:
            break
    return MappingProxyType(chosen)

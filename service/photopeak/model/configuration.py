"""Under which circumstances numbers were measured: only what was measured alike is compared.

A configuration stands beside device, detector, test and variant: two results are compared when all
of these are the same. Its key is text that people can read, the same for equal configurations.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

ScopeValue = str | int | float

PARTS = (
    "nuclide",
    "energy window",
    "collimator",
    "matrix",
    "pixel",
    "corrections",
    "count rate",
    "phantom",
    "reconstruction",
)
"""What a configuration consists of, in the order of its key; what is not known is left out."""

HEADS = ("detector", "energy_window")
"""Parts of a scope that configurations are told apart by."""

_SEPARATOR = "; "


def _nothing() -> Mapping[str, ScopeValue]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """The circumstances of the numbers of a scope: of one head and window, or of all together."""

    scope: Mapping[str, ScopeValue] = field(default_factory=_nothing)
    parts: Mapping[str, str]

    @property
    def key(self) -> str:
        """The configuration in a line, such as ``nuclide Tc-99m; collimator LEHR``."""
        return _SEPARATOR.join(
            f"{name} {self.parts[name].replace(';', ',')}" for name in PARTS if self.parts.get(name)
        )


def configuration_of(
    configurations: Iterable[Configuration], scope: Mapping[str, ScopeValue]
) -> Configuration:
    """Return the configuration that the numbers of a scope were measured in.

    The one of its head and window if there is one, else of its head, else of all together; without
    any, one of which nothing is known.
    """
    fitting = [
        c for c in configurations if all(scope.get(name) == c.scope[name] for name in c.scope)
    ]
    return max(fitting, key=lambda c: len(c.scope), default=Configuration(parts={}))


def parts_of(key: str) -> dict[str, str]:
    """Return the parts of a key; what is none of `PARTS` is left out."""
    found = {}
    for piece in key.split(_SEPARATOR):
        for name in PARTS:
            if piece.startswith(f"{name} "):
                found[name] = piece.removeprefix(f"{name} ")
    return found


def differences(first: str, second: str) -> tuple[tuple[str, str, str], ...]:
    """Return what tells two keys apart: name, value of the first, value of the second.

    A value that is not known is empty.
    """
    here, there = parts_of(first), parts_of(second)
    return tuple(
        (name, here.get(name, ""), there.get(name, ""))
        for name in PARTS
        if here.get(name) != there.get(name)
    )

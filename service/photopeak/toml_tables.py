"""Tables of TOML as nested mappings, reached by dotted keys."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any


def table_of(values: Mapping[str, Any], key: str) -> tuple[dict[str, Any], str]:
    """Return the table that holds a dotted key, empty when there is none, and the last part."""
    *parents, leaf = key.split(".")
    table: Any = values
    for parent in parents:
        table = table.get(parent) if isinstance(table, dict) else None
    return (table if isinstance(table, dict) else {}), leaf


def leaves(values: Mapping[str, Any], prefix: str = "") -> list[str]:
    """Return the dotted keys of all values, in the order of the file."""
    keys = []
    for name, value in values.items():
        if isinstance(value, dict):
            keys.extend(leaves(value, f"{prefix}{name}."))
        else:
            keys.append(f"{prefix}{name}")
    return keys


def put(values: dict[str, Any], key: str, value: Any) -> None:
    """Set a dotted key; where a value stands in the place of a table, nothing is set."""
    *parents, leaf = key.split(".")
    for parent in parents:
        table = values.setdefault(parent, {})
        if not isinstance(table, dict):
            return
        values = table
    values[leaf] = value


def from_text(text: str) -> Any:
    """Read a TOML value from an environment variable; what is not TOML is taken as text."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text

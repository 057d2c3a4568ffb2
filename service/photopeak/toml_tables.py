"""Tables of TOML as nested mappings, reached by dotted keys."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any

_HEADER = re.compile(r"\s*(\[{1,2})\s*([^\[\]]+?)\s*\]")
_KEY = re.compile(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")
_PART = re.compile(r"""[\w-]+|"[^"]*"|'[^']*'""")


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


def with_line(file: str, text: str, key: str) -> str:
    """Return ``file:line`` of a dotted key, or of the table where it is missing.

    Elements of an array of tables count from 0, as in ``rule.0.test``. Without a line there is
    only the file.
    """
    wanted = key.split(".")
    best = found = 0
    table: list[str] = []
    counts: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            table = _table(_parts(header[2]), counts, another=header[1] == "[[")
            here = table
        elif assignment := _KEY.match(line):
            here = [*table, *_parts(assignment[1])]
        else:
            continue
        if best < len(here) and here == wanted[: len(here)]:
            best, found = len(here), number
    return f"{file}:{found}" if found else file


def _parts(names: str) -> list[str]:
    return [part.strip("\"'") for part in _PART.findall(names)]


def _table(names: list[str], counts: dict[str, int], *, another: bool) -> list[str]:
    """Return the path of a table, with the numbers of the arrays that it stands in."""
    path: list[str] = []
    for position, name in enumerate(names, 1):
        path.append(name)
        array = ".".join(path)
        if another and position == len(names):
            counts[array] = counts.get(array, -1) + 1
        if array in counts:
            path.append(str(counts[array]))
    return path

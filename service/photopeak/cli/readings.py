"""Readings on the command line: ``NAME=VALUE``, with its uncertainty and its moment where it has them.

::

    activity=40.1@2026-03-02T08:00:00+01:00
    activity=40.1+-0.5@2026-03-02T08:00:00+01:00
    distances=10;20;50            a table, one row after the other; cells of a row have commas
    counts=512,60,;498,60,late    a cell that may be empty is left empty
    clock_camera=2026-03-02T08:00:40+01:00
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from photopeak.model.catalogue import ReadingDescription, TestDescription
from photopeak.model.results import Cell, ReadingRecord
from photopeak.reports.readings import ReadingError, Value, checked, refusal

_UNCERTAINTY = re.compile(r"(.+?)(?:\+-|\+/-|±)(.+)", re.DOTALL)


def reading_from(
    text: str, catalogue: Mapping[str, TestDescription], test: str | None, now: datetime
) -> ReadingRecord:
    """Return the reading that a person wrote.

    Parameters
    ----------
    test
        The test that was asked for; otherwise the first that has a reading of the name and takes what was
        written: tests share names, and not always their choices.

    Raises
    ------
    ReadingError
        If no test has such a reading, or it is none of its kind; the message is one sentence.
    """
    name, separator, written = text.partition("=")
    if not separator or not name or not written:
        raise refusal("reading", f"--reading takes NAME=VALUE, not {text}")
    tests = [catalogue[test]] if test is not None else [catalogue[t] for t in sorted(catalogue)]
    owners = [t for t in tests if any(r.name == name for r in t.readings)]
    if not owners:
        known = ", ".join(sorted({r.name for t in tests for r in t.readings})) or "none"
        raise refusal("reading", f"there is no reading {name}; there are: {known}")
    refused: list[ReadingError] = []
    for owner in owners:
        try:
            return _read(owner, name, written, now)
        except ReadingError as error:
            refused.append(error)
    raise refused[0]


def _read(owner: TestDescription, name: str, written: str, now: datetime) -> ReadingRecord:
    description = next(r for r in owner.readings if r.name == name)
    written, _, moment = written.partition("@")
    value, uncertainty = written, None
    match = _UNCERTAINTY.fullmatch(written) if description.kind in ("number", "activity") else None
    if match is not None:
        value, uncertainty = match[1], _number(name, match[2])
    return checked(
        owner,
        name,
        _value(description, value),
        unit="",
        uncertainty=uncertainty,
        at=moment_from(name, moment) if moment else None,
        source="command line",
        entered_by="",
        now=now,
    )


def _value(description: ReadingDescription, text: str) -> Value:
    if description.kind in ("number", "activity"):
        return _number(description.name, text)
    if description.kind == "table":
        return [_row(description, row.split(",")) for row in text.split(";")]
    return text


def _row(description: ReadingDescription, cells: list[str]) -> list[Cell]:
    """Read the cells of a row by their columns; one too many is left for the check to tell."""
    kinds = [column.kind for column in description.columns]
    kinds += ["text"] * (len(cells) - len(kinds))
    return [
        _cell(description.name, kind, cell.strip())
        for kind, cell in zip(kinds, cells, strict=False)
    ]


def _cell(name: str, kind: str, text: str) -> Cell:
    if not text:
        return None
    return _number(name, text) if kind == "number" else text


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise refusal(name, f"{name}: {text} is no number") from None


def moment_from(name: str, text: str) -> datetime:
    """Return the moment that a person wrote, with its zone.

    Raises
    ------
    ReadingError
        If it is none.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise refusal(name, f"{name}: {text} is no date with time and zone")
    return moment

"""Spectra as a table in a text file: channel or energy, and counts, as multichannel analysers export them.

Lines of a header may stand before the numbers; those that name live time, real time or start are read.
Columns are separated by a tab, a semicolon, a comma or spaces. The line before the numbers tells what the
columns are. Where nothing tells whether the first one holds energies, the axis is that of the channels.
"""

from __future__ import annotations

import itertools
import re
from datetime import datetime, tzinfo

from photopeak.reading.errors import UnreadableError
from photopeak.reading.spectrum_file import (
    FEWEST_CHANNELS,
    LARGEST_BYTES,
    MOST_CHANNELS,
    SpectrumFile,
    checked_counts,
    checked_energies,
    checked_times,
    kev_per,
    number,
    safe_title,
)

MOST_HEADER_LINES = 64
_ROWS_LOOKED_AT = FEWEST_CHANNELS
_NUMBERS = re.compile(r"[\s\d.,;+\-eE]+")
_LIVE = re.compile(r"(?i)\b(live|lebend)[ _-]*(time|zeit)|活时间|有效时间")
_REAL = re.compile(r"(?i)\b(real|true|clock)[ _-]*time|\bechtzeit|实时间|真实时间")
_START = re.compile(r"(?i)\b(start|acq\w*|measure\w*)[ _-]*(date|time|at|on)|开始时间|测量时间")
_TITLE = re.compile(r"(?i)^\s*(title|description|sample|spectrum|spec[ _-]*id|名称|样品)\b")
_VALUE = re.compile(r"[:=,;\t]\s*(.+)$|\s(\S+)$")
_SECONDS = re.compile(r"([0-9]+(?:[.,][0-9]+)?)")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?")
_ENERGY = re.compile(r"(?i)energ|\bkev\b|\bmev\b|能量")
_COUNTS = re.compile(r"(?i)count|cts|counts|impuls|计数|data")
_UNIT = re.compile(r"(?i)\b([km]?ev)\b")


def is_table(head: bytes) -> bool:
    """Tell whether a file begins like a table of at least 16 channels whose first column rises."""
    try:
        lines = _lines(head)
    except UnreadableError:
        return False
    at = _first_row(lines)
    if at is None:
        return False
    # The last line may be cut off where the head ends.
    rows = [_cells(line) for line in lines[at:-1]][:_ROWS_LOOKED_AT]
    if (
        len(rows) < _ROWS_LOOKED_AT
        or len({len(row) for row in rows}) != 1
        or len(rows[0]) not in (2, 3)
    ):
        return False
    try:
        first = [float(row[0]) for row in rows]
    except ValueError:
        return False
    return all(after > before for before, after in itertools.pairwise(first))


def read_table(content: bytes, zone: tzinfo) -> SpectrumFile:
    """Read a file.

    Parameters
    ----------
    zone
        Time zone of the site, for a start without one.

    Raises
    ------
    UnreadableError
        If it holds no spectrum, or a broken one.
    """
    if len(content) > LARGEST_BYTES:
        raise UnreadableError(
            f"the file has {len(content)} bytes, at most {LARGEST_BYTES} are read"
        )
    lines = _lines(content)
    at = _first_row(lines)
    if at is None:
        raise UnreadableError("the file has no rows of numbers")
    axes, counts = _columns(lines[at:], at + 1)
    names = _cells_of_words(lines[at - 1]) if at else []
    energies, of_axis = _axis(axes, names)
    live_s, real_s, of_times = checked_times(
        _seconds(lines[:at], _LIVE), _seconds(lines[:at], _REAL)
    )
    title, of_title = safe_title(_value(lines[:at], _TITLE))
    return SpectrumFile(
        counts=checked_counts(counts),
        energies_kev=energies,
        live_s=live_s,
        real_s=real_s,
        started_at=_moment(lines[:at], zone),
        title=title,
        warnings=(*of_axis, *of_times, *of_title),
    )


def _lines(content: bytes) -> list[str]:
    for codec in (
        ("utf-16", "utf-8-sig") if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig",)
    ):
        try:
            return content.decode(codec).splitlines()
        except UnicodeDecodeError:
            continue
    if b"\0" in content:
        raise UnreadableError("the file is no text")
    return content.decode("latin-1").splitlines()


def _first_row(lines: list[str]) -> int | None:
    """Return the first line from which on two lines in turn hold numbers."""
    for at, line in enumerate(lines[:MOST_HEADER_LINES]):
        if _is_row(line) and at + 1 < len(lines) and _is_row(lines[at + 1]):
            return at
    return None


def _is_row(line: str) -> bool:
    return len(line) < 200 and _NUMBERS.fullmatch(line) is not None and len(_cells(line)) in (2, 3)


def _cells(line: str) -> list[str]:
    """Return the cells of a row; a comma is a decimal one where something else separates."""
    for separator in ("\t", ";"):
        if separator in line:
            cells = line.split(separator)
            return [cell.strip().replace(",", ".") for cell in cells if cell.strip()]
    if "," in line:
        parts = [part.strip() for part in line.split(",")]
        spaced = line.split()
        if len(spaced) in (2, 3) and not any(part.endswith(",") for part in spaced):
            return [part.replace(",", ".") for part in spaced]
        return [part for part in parts if part]
    return line.split()


def _cells_of_words(line: str) -> list[str]:
    for separator in ("\t", ";", ","):
        if separator in line:
            return [cell.strip() for cell in line.split(separator)]
    return line.split()


def _columns(lines: list[str], first_line: int) -> tuple[list[list[float]], list[float]]:
    """Return the columns before the counts, and the counts, which are the last column."""
    rows: list[list[float]] = []
    width = len(_cells(lines[0]))
    for position, line in enumerate(lines, first_line):
        if not line.strip():
            continue
        cells = _cells(line)
        if len(cells) != width:
            raise UnreadableError(f"line {position} has {len(cells)} columns, needs {width}")
        rows.append([number(cell, f"line {position}") for cell in cells])
        if len(rows) > MOST_CHANNELS:
            raise UnreadableError(f"the spectrum has more than {MOST_CHANNELS} channels")
    axes = [[row[column] for row in rows] for column in range(width - 1)]
    for column, axis in enumerate(axes, 1):
        for position, (before, after) in enumerate(itertools.pairwise(axis), 1):
            if after <= before:
                raise UnreadableError(
                    f"column {column} does not rise from row {position} to {position + 1}:"
                    f" {before:g}, {after:g}"
                )
    return axes, [row[-1] for row in rows]


def _axis(
    axes: list[list[float]], names: list[str]
) -> tuple[tuple[float, ...] | None, tuple[str, ...]]:
    """Return the energies: of the column that says so, or of the second of three columns."""
    words = names if len(names) == len(axes) + 1 and any(map(_COUNTS.search, names)) else []
    for axis, name in zip(axes, words, strict=False):
        if _ENERGY.search(name):
            unit = _UNIT.search(name)
            per = kev_per(unit[1]) if unit is not None else 1.0
            said = () if unit is not None else ("the energies have no unit, keV are assumed",)
            energies, wrong = checked_energies([(per or 1.0) * e for e in axis], name)
            return energies, (*said, *wrong)
    return None, (
        "no header of the table says that a column holds energies, the axis is that of the channels",
    )


def _value(lines: list[str], name: re.Pattern[str]) -> str:
    for line in lines:
        found = name.search(line)
        if found is not None:
            value = _VALUE.search(line[found.end() :])
            if value is not None:
                return (value[1] or value[2]).strip()
    return ""


def _seconds(lines: list[str], name: re.Pattern[str]) -> float | None:
    match = _SECONDS.search(_value(lines, name))
    return float(match[1].replace(",", ".")) if match is not None else None


def _moment(lines: list[str], zone: tzinfo) -> datetime | None:
    for line in lines:
        match = _ISO.search(line) if _START.search(line) else None
        if match is not None:
            try:
                at = datetime.fromisoformat(match[0])
            except ValueError:
                continue
            return at if at.tzinfo is not None else at.replace(tzinfo=zone)
    return None

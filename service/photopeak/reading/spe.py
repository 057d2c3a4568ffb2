"""Spectra in the SPE form of the IAEA and of ORTEC: blocks of lines under ``$NAME:``.

Dates are month/day/year. Channels are numbered as ``$DATA`` says, and the polynomial of ``$MCA_CAL`` (of
``$ENER_FIT`` where there is none) gives the energy of the middle of a channel by its number.
"""

from __future__ import annotations

import re
from datetime import datetime, tzinfo

from photopeak.reading.errors import UnreadableError
from photopeak.reading.spectrum_file import (
    LARGEST_BYTES,
    MOST_CHANNELS,
    SpectrumFile,
    checked_counts,
    checked_times,
    kev_per,
    number,
    polynomial_energies,
    safe_title,
)

_MAGIC = re.compile(rb"(?:\xef\xbb\xbf)?\s*\$[A-Za-z][A-Za-z0-9_]{2,31}:")
_BLOCK = re.compile(r"\$([A-Za-z][A-Za-z0-9_]*):(.*)")
_MOST_BLOCKS = 200
_DATE = re.compile(
    r"(\d{1,2})[-/](\d{1,2})[-/](\d{4})\s+(\d{1,2}):(\d{2}):(\d{2})(?:\.\d+)?\s*(?:[ap]m)?",
    re.IGNORECASE,
)


def is_spe(head: bytes) -> bool:
    """Tell whether a file begins like SPE."""
    return _MAGIC.match(head[:256]) is not None


def read_spe(content: bytes, zone: tzinfo) -> SpectrumFile:
    """Read a file.

    Parameters
    ----------
    zone
        Time zone of the site: the form knows none.

    Raises
    ------
    UnreadableError
        If it holds no spectrum, or a broken one.
    """
    if len(content) > LARGEST_BYTES:
        raise UnreadableError(
            f"the file has {len(content)} bytes, at most {LARGEST_BYTES} are read"
        )
    blocks = _blocks(content)
    first, counts = _counts(blocks.get("DATA", []))
    live, real = _times(blocks.get("MEAS_TIM", []))
    live_s, real_s, of_times = checked_times(live, real)
    at, of_date = _moment(" ".join(blocks.get("DATE_MEA", [])).strip(), zone)
    coefficients, of_unit = _coefficients(blocks)
    energies, of_energies = polynomial_energies(coefficients, len(counts), first=first)
    title, of_title = safe_title(" ".join(blocks.get("SPEC_ID", [])))
    return SpectrumFile(
        counts=counts,
        energies_kev=energies,
        live_s=live_s,
        real_s=real_s,
        started_at=at,
        title=title,
        model=_model(blocks.get("SPEC_REM", [])),
        warnings=(*of_unit, *of_energies, *of_times, *of_date, *of_title),
    )


def _blocks(content: bytes) -> dict[str, list[str]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    blocks: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in text.splitlines():
        match = _BLOCK.match(line.strip()) if "$" in line else None
        if match is None:
            if line.strip():
                lines.append(line.strip())
            continue
        if len(blocks) >= _MOST_BLOCKS:
            raise UnreadableError(f"the file has more than {_MOST_BLOCKS} blocks")
        name = match[1].upper()
        if name == "DATA" and name in blocks:
            raise UnreadableError("the file holds several spectra, one is read: export each alone")
        lines = blocks.setdefault(name, [])
        if match[2].strip():
            lines.append(match[2].strip())
    return blocks


def _counts(lines: list[str]) -> tuple[int, tuple[float, ...]]:
    if not lines:
        raise UnreadableError("the file has no block $DATA with counts")
    ends = lines[0].split()
    if len(ends) != 2 or not all(end.isascii() and end.isdigit() and len(end) < 8 for end in ends):
        raise UnreadableError("the first line of $DATA has to name the first and the last channel")
    first, last = (int(end) for end in ends)
    wanted = last - first + 1
    if not 0 < wanted <= MOST_CHANNELS:
        raise UnreadableError(f"$DATA names {wanted} channels, needs 1 to {MOST_CHANNELS}")
    counts: list[float] = []
    for line in lines[1:]:
        counts += [number(word, f"channel {first + len(counts)}") for word in line.split()]
        if len(counts) > wanted:
            break
    if len(counts) != wanted:
        more = "more" if len(counts) > wanted else str(len(counts))
        raise UnreadableError(
            f"$DATA names {wanted} channels and holds {more}: the file is cut off"
        )
    return first, checked_counts(counts)


def _times(lines: list[str]) -> tuple[float | None, float | None]:
    words = " ".join(lines).split()
    try:
        values = [number(word, "$MEAS_TIM") for word in words[:2]]
    except UnreadableError:
        return None, None
    return (values[0] if values else None), (values[1] if len(values) > 1 else None)


def _moment(text: str, zone: tzinfo) -> tuple[datetime | None, tuple[str, ...]]:
    if not text:
        return None, ()
    said: tuple[str, ...] = ()
    match = _DATE.fullmatch(text)
    try:
        if match is None:
            at = datetime.fromisoformat(text)
            return (at if at.tzinfo is not None else at.replace(tzinfo=zone)), said
        month, day = int(match[1]), int(match[2])
        if month > 12:
            month, day = day, month
            said = ("the date is day/month/year, where the form asks for month/day/year",)
        return datetime(
            int(match[3]), month, day, int(match[4]), int(match[5]), int(match[6]), tzinfo=zone
        ), said
    except ValueError:
        return None, ("$DATE_MEA is no date with time",)


def _coefficients(blocks: dict[str, list[str]]) -> tuple[list[float], tuple[str, ...]]:
    found: list[float] = []
    for name, counted in (("MCA_CAL", True), ("ENER_FIT", False)):
        words = " ".join(blocks.get(name, [])).split()
        if not words:
            continue
        unit = kev_per(words[-1])
        if unit is not None:
            words = words[:-1]
        try:
            values = [number(word, f"${name}") for word in words]
        except UnreadableError:
            return [], (f"${name} holds what is no number",)
        if counted:
            values = values[1 : 1 + int(values[0])] if values else []
        found = found or [(unit or 1.0) * value for value in values]
        if any(values[1:]):
            return [(unit or 1.0) * value for value in values], ()
    return found, ()


def _model(lines: list[str]) -> str:
    for line in lines:
        if line.upper().startswith("DETDESC#"):
            return line[8:].strip()[:64]
    return ""

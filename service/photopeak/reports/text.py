"""Text that came from outside, made safe to show: nothing invisible, nothing that turns around.

Needs no numerical library, so the pages use it too.
"""

import math
import re
import unicodedata
from collections.abc import Sequence

from photopeak.model.units import written

THIN_SPACE = "\N{THIN SPACE}"
"""Between groups of digits, where a comma would be read as a decimal sign by some."""

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
"""What stands in for a character that must not be shown."""

# Explicit bidirectional formatting: it can make a description read as something else.
_BIDIRECTIONAL = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
_SUSPECT = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff0-\uffff\ud800-\udfff\u00ad\U000e0000-\U000e0fff]"
)
_FIRST_WORD = re.compile(r"[a-z]{2,}(?![A-Za-z0-9_])")
_UNITS_OF_LENGTH = frozenset({"mm", "cm", "px"})


def visible(text: str, *, limit: int = 4096) -> str:
    """Return `text` with every control, invisible or direction-changing character replaced.

    Tabs and line ends become one space. What is longer than `limit` ends with an ellipsis.
    """
    if _SUSPECT.search(text) is not None:
        text = "".join(_replace(character) for character in text)
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    return text


def capitalised(text: str) -> str:
    """Return a heading or label with a capital first, unless it begins with a symbol or a unit."""
    first = _FIRST_WORD.match(text)
    if first is None or first.group() in _UNITS_OF_LENGTH:
        return text
    return text[0].upper() + text[1:]


def unit_text(ucum: str) -> str:
    """Return a UCUM unit as people write it: no unit for ``1``, no braces around annotations."""
    return visible(written(ucum))


def number_text(value: float, decimals: int | None = None) -> str:
    """Return a number for people: with `decimals`, or with up to 4 significant digits."""
    if decimals is not None:
        text = f"{value:.{decimals}f}"
        return text.removeprefix("-") if float(text) == 0.0 else text
    if value == 0.0:
        return "0"
    if 999.95 <= abs(value) < 1e9:
        grouped = f"{value:,.0f}"
        return grouped.replace(",", THIN_SPACE if abs(value) >= 9999.5 else "")
    if 1e-3 <= abs(value) < 999.95:
        return f"{value:.4g}"
    mantissa, _, exponent = f"{value:.3e}".partition("e")
    return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"


def column_texts(cells: Sequence[object], *, alike: bool = True) -> list[str]:
    """Return the cells of a column of a table as text.

    Numbers that are `alike`, of one quantity, get the same decimals: as many as the largest needs
    for 4 significant digits, and no more than any of them has to show. A column over many
    magnitudes keeps its digits instead.
    """
    numbers = [abs(c) for c in cells if isinstance(c, float) and math.isfinite(c) and c != 0.0]
    decimals = None
    largest = max(numbers, default=0.0)
    if alike and 1e-2 <= largest < 999.95 and largest <= 1e4 * min(numbers):
        room = 3 - math.floor(math.log10(largest))
        decimals = min(room, max(len(number_text(n).partition(".")[2]) for n in numbers))
    return [_cell_text(cell, decimals) for cell in cells]


def _cell_text(cell: object, decimals: int | None) -> str:
    if cell is None:
        return "–"
    if not isinstance(cell, float) or not math.isfinite(cell):
        return str(cell)
    return number_text(cell, decimals)


def _replace(character: str) -> str:
    if character in "\t\n\r\u2028\u2029":
        return " "
    if character in _BIDIRECTIONAL or unicodedata.category(character) in {
        "Cc",
        "Cf",
        "Cs",
        "Cn",
        "Co",
    }:
        return REPLACEMENT
    return character

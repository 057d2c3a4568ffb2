"""Telling whether a unit is written in UCUM, as far as nuclear medicine uses it.

Annotations in braces count nothing: ``{counts}``, ``{counts}/s``, ``{pixels}``.
"""

from __future__ import annotations

import re

METRIC_ATOMS = frozenset(
    {
        "m",
        "s",
        "g",
        "L",
        "l",
        "Bq",
        "Ci",
        "eV",
        "Gy",
        "Sv",
        "Hz",
        "V",
        "A",
        "K",
        "J",
        "W",
        "Pa",
        "rad",
        "mol",
        "C",
    }
)
"""Units that take a prefix."""

OTHER_ATOMS = frozenset(
    {
        "1",
        "%",
        "deg",
        "'",
        "''",
        "min",
        "h",
        "d",
        "wk",
        "mo",
        "a",
        "Cel",
        "[hnsf'U]",
        "10*",
        "[ppm]",
    }
)
"""Units that take none."""

PREFIXES = ("", "T", "G", "M", "k", "h", "da", "d", "c", "m", "u", "n", "p", "f")

_TERM = re.compile(
    r"(?P<atom>\[[^\[\]{}]+\]|10\*|1|%|'{1,2}|[A-Za-z]+)?(?P<exponent>[+-]?\d{1,2})?(?:\{[^{}]*\})?"
)


def is_unit(text: str) -> bool:
    """Tell whether a text is a unit: terms joined by ``.`` and ``/``, each with its exponent.

    >>> [is_unit(unit) for unit in ("mm", "{counts}/s", "/s", "s-1.MBq-1", "cps", "")]
    [True, True, True, True, False, False]
    """
    terms = re.split(r"[./]", text.removeprefix("/"))
    return bool(text) and all(_is_term(term) for term in terms)


def _is_term(term: str) -> bool:
    match = _TERM.fullmatch(term)
    if match is None or not term:
        return False
    atom = match["atom"]
    if atom is None:
        return "{" in term and match["exponent"] is None
    if atom in OTHER_ATOMS:
        return True
    return any(
        atom.startswith(prefix) and atom[len(prefix) :] in METRIC_ATOMS for prefix in PREFIXES
    )

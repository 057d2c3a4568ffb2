"""Radionuclides: which one a text or a code means, its half-life under a profile, its lines.

::

    canonical_name("^99m^Technetium")            "Tc-99m"
    half_life("Tc-99m", "nema").seconds          21672.0
    half_life("Tc-99m").source                   "ICRP Publication 107 (2008)"

A result that uses a half-life states the value and its source; profiles differ by 0.2 % per
half-life, and results of different profiles are never mixed.
"""

from __future__ import annotations

import math
import re
import unicodedata
from types import MappingProxyType

from photopeak_analyzers.errors import ParameterError
from photopeak_analyzers.nuclide_table import NUCLIDES, HalfLife, Nuclide

DEFAULT_EVALUATION = "icrp107"
"""Where a profile names no value of its own."""

SECOND_EVALUATION = "ensdf"
"""What the first is checked against."""

_SYMBOLS = (
    "H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se"
    " Br Kr Rb Sr Y Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb"
    " Dy Ho Er Tm Yb Lu Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U Np Pu Am Cm"
    " Bk Cf Es Fm Md No Lr"
)
"""Symbols of the elements in the order of their atomic number."""

ELEMENT_NAMES = MappingProxyType(
    {
        # English, American and Latin spellings that consoles write.
        "actinium": "Ac",
        "americium": "Am",
        "barium": "Ba",
        "bismuth": "Bi",
        "cadmium": "Cd",
        "caesium": "Cs",
        "carbon": "C",
        "cerium": "Ce",
        "cesium": "Cs",
        "chromium": "Cr",
        "cobalt": "Co",
        "copper": "Cu",
        "europium": "Eu",
        "fluor": "F",
        "fluorine": "F",
        "gallium": "Ga",
        "germanium": "Ge",
        "holmium": "Ho",
        "indium": "In",
        "iodine": "I",
        "iodo": "I",
        "krypton": "Kr",
        "lead": "Pb",
        "lutetium": "Lu",
        "manganese": "Mn",
        "nitrogen": "N",
        "oxygen": "O",
        "molybdenum": "Mo",
        "phosphorus": "P",
        "potassium": "K",
        "radium": "Ra",
        "rhenium": "Re",
        "rubidium": "Rb",
        "samarium": "Sm",
        "sodium": "Na",
        "strontium": "Sr",
        "technetium": "Tc",
        "terbium": "Tb",
        "thallium": "Tl",
        "thorium": "Th",
        "xenon": "Xe",
        "yttrium": "Y",
        "zirconium": "Zr",
        # Chinese.
        "碳": "C",
        "氮": "N",
        "氧": "O",
        "氟": "F",
        "钠": "Na",
        "磷": "P",
        "铬": "Cr",
        "锰": "Mn",
        "钴": "Co",
        "铜": "Cu",
        "镓": "Ga",
        "锗": "Ge",
        "氪": "Kr",
        "铷": "Rb",
        "锶": "Sr",
        "钾": "K",
        "钼": "Mo",
        "钇": "Y",
        "锆": "Zr",
        "锝": "Tc",
        "镉": "Cd",
        "铟": "In",
        "碘": "I",
        "氙": "Xe",
        "铯": "Cs",
        "钡": "Ba",
        "铈": "Ce",
        "钐": "Sm",
        "铕": "Eu",
        "铽": "Tb",
        "钬": "Ho",
        "镥": "Lu",
        "铼": "Re",
        "铊": "Tl",
        "铅": "Pb",
        "铋": "Bi",
        "镭": "Ra",
        "锕": "Ac",
        "钍": "Th",
        "镅": "Am",
    }
)
"""Names of the elements of nuclear medicine, in small letters, with their symbols."""

LONGEST_NAME = 40
"""A longer text is a sentence, not the name of a nuclide."""

_BY_NAME = MappingProxyType({nuclide.name: nuclide for nuclide in NUCLIDES})
_BY_CODE = MappingProxyType({code: nuclide.name for nuclide in NUCLIDES for code in nuclide.codes})
_ATOMIC_NUMBER = MappingProxyType({symbol: z for z, symbol in enumerate(_SYMBOLS.split(), start=1)})
_ELEMENTS = MappingProxyType({**{s.casefold(): s for s in _ATOMIC_NUMBER}, **ELEMENT_NAMES})

_SEPARATORS = re.compile(r"[\s^\[\](){}\-_–—/.,:;]+")
_MASS_FIRST = re.compile(r"(?P<mass>\d{1,3})(?P<state>m[12]?)?(?P<element>\D+)")
_ELEMENT_FIRST = re.compile(r"(?P<element>\D+)(?P<mass>\d{1,3})(?P<state>m[12]?)?")


def canonical_name(text: str | None) -> str | None:
    """Return the nuclide that a text names, such as ``Tc-99m``; None when it names none.

    Mass and element may stand in any order with anything between them that is no letter; the
    element may be a symbol or a name in English or Chinese. Nuclides beyond the table are known
    by their symbol as long as the mass number is possible.

    >>> [canonical_name(t) for t in ("^99m^Technetium", "99mTc", "锝-99m", "F18", "LEHR", "Tc")]
    ['Tc-99m', 'Tc-99m', 'Tc-99m', 'F-18', None, None]
    """
    if text is None or len(text) > LONGEST_NAME:
        return None
    # NFKC turns superscripts and full-width letters into plain ones.
    squeezed = _SEPARATORS.sub("", unicodedata.normalize("NFKC", text).casefold())
    candidates = [name for name in _readings(squeezed) if name is not None]
    return next((name for name in candidates if name in _BY_NAME), next(iter(candidates), None))


def name_of_code(value: str | None) -> str | None:
    """Return the nuclide of a SNOMED code value (SRT or SCT), whatever scheme is named with it."""
    return None if value is None else _BY_CODE.get(value.strip().upper())


def recognise(code_value: str | None, *texts: str | None) -> str | None:
    """Return the nuclide of a code, or of the first text that names one; None if nothing does.

    The value of a code is trusted before its meaning: vendors invent schemes and translate
    meanings, and keep the values.
    """
    by_code = name_of_code(code_value)
    if by_code is not None:
        return by_code
    return next((name for name in map(canonical_name, texts) if name is not None), None)


def find(name: str) -> Nuclide:
    """Return what the table says of a nuclide.

    Raises
    ------
    ParameterError
        If it is not in the table.
    """
    nuclide = _BY_NAME.get(canonical_name(name) or name)
    if nuclide is None:
        raise ParameterError(
            f"the nuclide {name!r} is not in the table of nuclides", quantity="nuclide", value=name
        )
    return nuclide


def half_life(name: str, profile: str = DEFAULT_EVALUATION) -> HalfLife:
    """Return the half-life of a nuclide under a profile.

    Parameters
    ----------
    name
        Any text that :func:`canonical_name` understands.
    profile
        A variant (``nema``, ``iec``, ``ws523``, ``jjf``, ``wst584``, ``earl1``, ``earl2``,
        ``local``) or an evaluation (``icrp107``, ``ensdf``, ``ddep``, ``ph_eur``). A profile without
        a value of its own for this nuclide uses ICRP 107; the source of what is returned says so.

    Raises
    ------
    ParameterError
        If the table does not have the nuclide.
    """
    half_lives = find(name).half_lives
    return half_lives.get(profile) or half_lives[DEFAULT_EVALUATION]


def half_life_uncertainty_s(name: str, profile: str = DEFAULT_EVALUATION) -> float:
    """Return the standard uncertainty of a half-life under a profile, in s.

    That of its own source; where this gives none, the uncertainty of the other evaluation and the
    difference to it together.
    """
    value, other = half_life(name, profile), half_life(name, SECOND_EVALUATION)
    if value.uncertainty_s is not None:
        return value.uncertainty_s
    return math.hypot(other.uncertainty_s or 0.0, value.seconds - other.seconds)


def imaged_lines_kev(name: str) -> tuple[float, ...]:
    """Return the photopeaks on which windows are set for a nuclide, in keV; empty if unknown."""
    nuclide = _BY_NAME.get(name)
    return tuple(line.energy_kev for line in nuclide.lines if line.imaged) if nuclide else ()


def _readings(squeezed: str) -> list[str | None]:
    """Return what a text may mean, the more likely first."""
    found: list[str | None] = []
    for pattern in (_MASS_FIRST, _ELEMENT_FIRST):
        match = pattern.fullmatch(squeezed)
        if match is None:
            continue
        state, element = match["state"] or "", match["element"]
        found.append(_named(element, match["mass"], state))
        if pattern is _MASS_FIRST and state:
            # In "54mn" the letter belongs to the element.
            found.append(_named(state + element, match["mass"], ""))
    return found


def _named(element: str, mass: str, state: str) -> str | None:
    symbol = _symbol(element)
    # Nothing of hydrogen reaches a detector, and H1 and H2 are heads.
    if symbol is None or symbol == "H":
        return None
    z, a = _ATOMIC_NUMBER[symbol], int(mass)
    # No nucleus is lighter than its protons nor has more than about 1.7 neutrons to each of them.
    if not z <= a <= 2.7 * z + 2:
        return None
    return f"{symbol}-{a}{state}"


def _symbol(element: str) -> str | None:
    """Return the symbol of an element; pharmacopoeias write name and symbol, ``Iodine I 131``."""
    for end in range(len(element), 0, -1):
        symbol, rest = _ELEMENTS.get(element[:end]), element[end:]
        if symbol is not None and rest in ("", symbol.casefold()):
            return symbol
    return None

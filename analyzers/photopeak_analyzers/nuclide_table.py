"""The table of radionuclides: half-lives with their sources, gamma lines, codes.

One place, versioned. A correction of any value changes `TABLE_VERSION`, which results carry.
Nothing but data stands here; :mod:`photopeak_analyzers.nuclides` looks things up. Each nuclide has the
half-lives of two evaluations beside those that clauses prescribe, and its lines the intensities of
:mod:`~photopeak_analyzers.nuclide_evaluations`, unless a standard lists its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from photopeak_analyzers.nuclide_evaluations import (
    DAY_S,
    ENSDF,
    EVALUATED,
    HOUR_S,
    MINUTE_S,
    YEAR_S,
    EvaluatedLine,
)

__all__ = (
    "DAY_S",
    "HOUR_S",
    "ICRP",
    "MINUTE_S",
    "NOMINAL",
    "NUCLIDES",
    "TABLE_VERSION",
    "WST_A1",
    "YEAR_S",
    "GammaLine",
    "HalfLife",
    "Nuclide",
)

TABLE_VERSION = "2"
"""Version of the values below; counts up with every change of one."""

ICRP = "ICRP Publication 107 (2008)"
IEC_TABLE_1 = "GB/T 18989-2013 table 1 (IEC 60789:1992)"
NEMA_E6 = "NEMA NU 1-2007 2.6 (GB/T 18989-2013 E.6.4)"
WST_A1 = "WS/T 584-2017 table A.1"
JJF_DRAFT = "JJF draft, calibration of PET/CT, Annex E"
DDEP = "DDEP, as cited by pylinac 3.49"
PHARMACOPOEIA = "European Pharmacopoeia"
NOMINAL = "nominal"
"""Source of a line that tells windows and peaks apart; its intensity is none to calculate with."""

SAME_LINE_KEV = 1.0
"""A line of the table and one of an evaluation are the same when they are no farther apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HalfLife:
    """A half-life in s with its standard uncertainty (None when the source gives none)."""

    seconds: float
    uncertainty_s: float | None = None
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GammaLine:
    """A line of a nuclide.

    Attributes
    ----------
    intensity_percent
        Photons per 100 decays; None where no value is listed.
    uncertainty_percent
        Its standard uncertainty; None where the source gives none.
    imaged
        True for a photopeak on which a window of a gamma camera is set.
    """

    energy_kev: float
    intensity_percent: float | None
    imaged: bool = False
    source: str = NOMINAL
    uncertainty_percent: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Nuclide:
    """One radionuclide.

    Attributes
    ----------
    name
        Canonical name: symbol, hyphen, mass number, such as ``Tc-99m``.
    half_lives
        By profile (``nema``, ``iec``, ``ws523``, ``jjf``, ``wst584``) or evaluation (``icrp107``,
        ``ensdf``, ``ddep``, ``ph_eur``); ``icrp107`` and ``ensdf`` are there for every nuclide.
    lines
        By energy.
    positron_fraction
        Positrons per decay; None where there are none or no value is listed.
    codes
        Values of the SNOMED codes of DICOM context group 18, in both schemes.
    """

    name: str
    half_lives: Mapping[str, HalfLife]
    lines: tuple[GammaLine, ...] = ()
    positron_fraction: float | None = None
    codes: tuple[str, ...] = ()


def _icrp(value: float, unit_s: float) -> dict[str, HalfLife]:
    return {"icrp107": HalfLife(seconds=value * unit_s, source=ICRP)}


def _from(
    source: str, value: float, unit_s: float, *profiles: str, uncertainty: float | None = None
) -> dict[str, HalfLife]:
    half_life = HalfLife(
        seconds=value * unit_s,
        uncertainty_s=None if uncertainty is None else uncertainty * unit_s,
        source=source,
    )
    return dict.fromkeys(profiles, half_life)


def _imaged(energy_kev: float, intensity_percent: float | None) -> GammaLine:
    return GammaLine(energy_kev=energy_kev, intensity_percent=intensity_percent, imaged=True)


def _line(energy_kev: float, intensity_percent: float | None = None) -> GammaLine:
    return GammaLine(energy_kev=energy_kev, intensity_percent=intensity_percent)


def _listed(energy_kev: float, intensity_percent: float) -> GammaLine:
    return GammaLine(energy_kev=energy_kev, intensity_percent=intensity_percent, source=WST_A1)


def _nuclide(
    name: str,
    codes: tuple[str, ...],
    *half_lives: dict[str, HalfLife],
    lines: tuple[GammaLine, ...] = (),
    positron_fraction: float | None = None,
) -> Nuclide:
    evaluated = EVALUATED[name]
    own = _from(ENSDF, evaluated.half_life_s, 1.0, "ensdf", uncertainty=evaluated.uncertainty_s)
    merged = {key: value for each in (*half_lives, own) for key, value in each.items()}
    return Nuclide(
        name=name,
        half_lives=MappingProxyType(merged),
        lines=_with_intensities(lines, evaluated.lines),
        positron_fraction=positron_fraction,
        codes=codes,
    )


def _with_intensities(
    lines: tuple[GammaLine, ...], evaluated: tuple[EvaluatedLine, ...]
) -> tuple[GammaLine, ...]:
    """Return the lines by energy, with what was evaluated where no standard lists a value."""
    found = list(lines)
    for line in evaluated:
        near = [index for index, each in enumerate(found) if _same(each, line)]
        if not near:
            found.append(_evaluated(line, line.energy_kev, imaged=False))
        elif found[near[0]].source == NOMINAL:
            nominal = found[near[0]]
            found[near[0]] = _evaluated(line, nominal.energy_kev, imaged=nominal.imaged)
    return tuple(sorted(found, key=lambda line: line.energy_kev))


def _evaluated(line: EvaluatedLine, energy_kev: float, *, imaged: bool) -> GammaLine:
    return GammaLine(
        energy_kev=energy_kev,
        intensity_percent=line.percent,
        uncertainty_percent=line.uncertainty_percent,
        imaged=imaged,
        source=line.source,
    )


def _same(line: GammaLine, evaluated: EvaluatedLine) -> bool:
    return abs(line.energy_kev - evaluated.energy_kev) <= SAME_LINE_KEV


NUCLIDES: tuple[Nuclide, ...] = (
    # Gamma cameras ------------------------------------------------------------------------------
    _nuclide(
        "Tc-99m",
        ("C-163A8", "72454006"),
        _icrp(6.015, HOUR_S),
        _from(NEMA_E6, 21_672.0, 1.0, "nema", "ws523"),
        _from(IEC_TABLE_1, 6.02, HOUR_S, "iec"),
        _from(DDEP, 6.0067, HOUR_S, "ddep", uncertainty=0.0010),
        lines=(_imaged(140.5, 89.0),),
    ),
    _nuclide(
        "Co-57",
        ("C-144A3", "27054007"),
        _icrp(271.74, DAY_S),
        _from(WST_A1, 271.80, DAY_S, "wst584"),
        lines=(_imaged(122.1, 85.5), _line(136.5, 10.7), _line(14.4)),
    ),
    _nuclide(
        "Ga-67",
        ("C-131A2", "2008008"),
        _icrp(3.2612, DAY_S),
        _from(IEC_TABLE_1, 78.0, HOUR_S, "iec"),
        lines=(_imaged(93.3, 39.0), _imaged(184.6, 21.0), _imaged(300.2, 17.0), _line(393.5, 4.6)),
    ),
    _nuclide(
        "I-123",
        ("C-114A4", "21572004"),
        _icrp(13.27, HOUR_S),
        lines=(_imaged(159.0, 83.0), _line(529.0, 1.3)),
    ),
    _nuclide("I-125", ("C-114A6", "68630002"), _icrp(59.400, DAY_S), lines=(_imaged(35.5, 6.7),)),
    _nuclide(
        "I-131",
        ("C-114B1", "1368003"),
        _icrp(8.0207, DAY_S),
        _from(IEC_TABLE_1, 8.04, DAY_S, "iec"),
        lines=(_imaged(364.5, 81.5), _line(637.0, 7.2), _line(284.3, 6.1), _line(80.2)),
    ),
    _nuclide(
        "In-111",
        ("C-145A4", "56609000"),
        _icrp(2.8047, DAY_S),
        lines=(_imaged(171.3, 91.0), _imaged(245.4, 94.0)),
    ),
    _nuclide(
        "In-113m",
        ("C-145A5", "48895003"),
        _icrp(1.6579, HOUR_S),
        _from(IEC_TABLE_1, 1.658, HOUR_S, "iec"),
        lines=(_imaged(391.7, 65.0),),
    ),
    _nuclide(
        "Tl-201",
        ("C-138A9", "60057003"),
        _icrp(72.912, HOUR_S),
        # The X-rays of mercury, 68 to 80 keV, are what is imaged.
        lines=(_imaged(72.0, None), _imaged(167.4, 10.0), _line(135.3)),
    ),
    _nuclide(
        "Lu-177",
        ("C-101ED", "447553000"),
        _icrp(6.647, DAY_S),
        lines=(_imaged(208.4, 10.4), _imaged(112.9, 6.2)),
    ),
    _nuclide(
        "Ce-141",
        (),
        _icrp(32.508, DAY_S),
        _from(IEC_TABLE_1, 32.5, DAY_S, "iec"),
        _from(WST_A1, 32.508, DAY_S, "wst584"),
        lines=(GammaLine(energy_kev=145.4, intensity_percent=48.29, imaged=True, source=WST_A1),),
    ),
    _nuclide(
        "Ba-133",
        ("C-122A5", "3027009"),
        _icrp(10.52, YEAR_S),
        _from(IEC_TABLE_1, 10.53, YEAR_S, "iec"),
        lines=(_imaged(356.0, 62.0), _line(81.0, 33.0), _line(303.0, 18.0), _line(384.0, 9.0)),
    ),
    _nuclide(
        "Sr-85",
        ("C-158A3", "111084009"),
        _icrp(64.84, DAY_S),
        _from(IEC_TABLE_1, 65.0, DAY_S, "iec"),
        lines=(_imaged(514.0, 96.0),),
    ),
    _nuclide(
        "Sm-153", ("C-B1134", "419804008"), _icrp(46.50, HOUR_S), lines=(_imaged(103.2, 29.0),)
    ),
    _nuclide("Xe-133", ("C-172A8", "80751004"), _icrp(5.243, DAY_S), lines=(_imaged(81.0, 37.0),)),
    _nuclide("Ho-166", (), _icrp(26.80, HOUR_S), lines=(_imaged(80.6, 6.6), _line(1379.0))),
    _nuclide(
        "Ra-223",
        ("C-136A2", "24853006"),
        _icrp(11.43, DAY_S),
        lines=(_imaged(269.0, 14.0), _imaged(154.0, None), _line(324.0)),
    ),
    _nuclide("Th-227", (), _icrp(18.68, DAY_S), lines=(_imaged(236.0, 13.0),)),
    _nuclide("Tb-161", (), _icrp(6.906, DAY_S), lines=(_imaged(74.6, 10.0), _line(48.9, 17.0))),
    # Positron emitters --------------------------------------------------------------------------
    _nuclide(
        "F-18",
        ("C-111A1", "77004003"),
        _icrp(109.77, MINUTE_S),
        _from(JJF_DRAFT, 109.8, MINUTE_S, "jjf"),
        _from(PHARMACOPOEIA, 109.77, MINUTE_S, "ph_eur", uncertainty=0.05),
        lines=(_imaged(511.0, 193.5),),
        positron_fraction=0.967,
    ),
    _nuclide(
        "C-11",
        ("C-105A1", "40565003"),
        _icrp(20.39, MINUTE_S),
        lines=(_imaged(511.0, None),),
        positron_fraction=0.9977,
    ),
    _nuclide(
        "N-13",
        ("C-107A1", "21576001"),
        _icrp(9.965, MINUTE_S),
        lines=(_imaged(511.0, None),),
        positron_fraction=0.9980,
    ),
    _nuclide(
        "O-15",
        ("C-B1038", "129504001"),
        _icrp(122.24, 1.0),
        lines=(_imaged(511.0, None),),
        positron_fraction=0.9990,
    ),
    _nuclide(
        "Rb-82",
        ("C-159A2", "79197006"),
        _icrp(1.273, MINUTE_S),
        lines=(_imaged(511.0, None),),
        positron_fraction=0.954,
    ),
    _nuclide("Ge-68", ("C-128A2", "53315004"), _icrp(270.95, DAY_S), lines=(_imaged(511.0, None),)),
    _nuclide(
        "Ga-68",
        ("C-131A3", "35337001"),
        _icrp(67.71, MINUTE_S),
        lines=(_imaged(511.0, None), _line(1077.0, 3.2)),
        positron_fraction=0.889,
    ),
    _nuclide(
        "Cu-64",
        ("C-127A2", "3932008"),
        _icrp(12.700, HOUR_S),
        lines=(_imaged(511.0, None), _line(1346.0)),
        positron_fraction=0.176,
    ),
    _nuclide(
        "Zr-89",
        ("C-168A4", "63360001"),
        _icrp(78.41, HOUR_S),
        lines=(_imaged(511.0, None), _line(909.0)),
        positron_fraction=0.227,
    ),
    _nuclide(
        "I-124",
        ("C-114A5", "40937006"),
        _icrp(4.176, DAY_S),
        lines=(_imaged(511.0, None), _line(603.0)),
        positron_fraction=0.227,
    ),
    # Bremsstrahlung only; devices have used 32e-6 and 34e-6 as well.
    _nuclide("Y-90", ("C-162A7", "14691008"), _icrp(64.10, HOUR_S), positron_fraction=31.9e-6),
    # Impurities, therapy and natural background ------------------------------------------------
    _nuclide("Mo-99", (), _icrp(65.94, HOUR_S)),
    _nuclide("Ac-225", (), _icrp(10.0, DAY_S)),
    # Bremsstrahlung only.
    _nuclide("P-32", (), _icrp(14.263, DAY_S)),
    _nuclide("Sr-89", (), _icrp(50.53, DAY_S)),
    _nuclide("K-40", (), _icrp(1.251e9, YEAR_S)),
    # Calibration sources ------------------------------------------------------------------------
    _nuclide(
        "Pb-210",
        (),
        _icrp(22.20, YEAR_S),
        _from(WST_A1, 22.3, YEAR_S, "wst584"),
        lines=(_listed(46.5, 4.25),),
    ),
    _nuclide(
        "Am-241",
        (),
        _icrp(432.2, YEAR_S),
        _from(WST_A1, 432.6, YEAR_S, "wst584"),
        lines=(_listed(59.54, 35.78),),
    ),
    _nuclide(
        "Cd-109",
        (),
        _icrp(461.4, DAY_S),
        _from(WST_A1, 461.4, DAY_S, "wst584"),
        lines=(_listed(88.03, 3.626),),
    ),
    _nuclide(
        "Cr-51",
        (),
        _icrp(27.7025, DAY_S),
        _from(WST_A1, 27.703, DAY_S, "wst584"),
        lines=(_listed(320.1, 9.87),),
    ),
    _nuclide(
        "Cs-137",
        (),
        _icrp(30.1671, YEAR_S),
        _from(WST_A1, 30.018, YEAR_S, "wst584"),
        lines=(_listed(661.7, 84.99),),
    ),
    _nuclide(
        "Mn-54",
        (),
        _icrp(312.12, DAY_S),
        _from(WST_A1, 312.13, DAY_S, "wst584"),
        lines=(_listed(834.84, 99.9746),),
    ),
    _nuclide(
        "Na-22",
        ("C-155A1", "71633006"),
        _icrp(2.6019, YEAR_S),
        _from(WST_A1, 2.6027, YEAR_S, "wst584"),
        lines=(_listed(1274.54, 99.940), _line(511.0)),
        positron_fraction=0.8990,
    ),
    _nuclide(
        "Y-88",
        (),
        _icrp(106.65, DAY_S),
        _from(WST_A1, 106.626, DAY_S, "wst584"),
        lines=(_listed(898.0, 93.90), _listed(1836.1, 99.32)),
    ),
    _nuclide(
        "Co-60",
        (),
        _icrp(5.2713, YEAR_S),
        _from(WST_A1, 5.271, YEAR_S, "wst584"),
        lines=(_listed(1173.2, 99.85), _listed(1332.5, 99.9826)),
    ),
    _nuclide(
        "Eu-152",
        (),
        _icrp(13.537, YEAR_S),
        _from(WST_A1, 13.522, YEAR_S, "wst584"),
        lines=(
            _listed(121.8, 28.41),
            _listed(344.3, 26.59),
            _listed(964.1, 14.50),
            _listed(1112.1, 13.41),
            _listed(1408.0, 20.85),
        ),
    ),
)
"""Every nuclide that is known by more than its name."""

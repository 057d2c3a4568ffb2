"""What two public evaluations say of the nuclides of the table, side by side.

* ICRP Publication 107 (2008): half-lives (in the table itself), photons and positrons per 100 decays,
  without uncertainties.
* ENSDF, the archive of September 2023: the same with standard uncertainties; those of a line hold
  its relative intensity and the normalisation. The lines of two isomers, Tc-99m and In-113m, are
  those of the UKAEA library decay_2012: the part of the archive that was read has decays by alpha,
  beta and electron capture, no isomeric transitions.

The two are not independent throughout: ICRP 107 was compiled from ENSDF as it stood some years
before, and many lines are the same. Where they differ, an evaluation has changed since, and the
difference is part of the uncertainty (:func:`photopeak_analyzers.nuclides.half_life_uncertainty_s`).
The line of Cs-137 is that of Ba-137m in equilibrium, times the share of the decays that feed it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

MINUTE_S = 60.0
HOUR_S = 3600.0
DAY_S = 86_400.0
YEAR_S = 365.2422 * DAY_S
"""The tropical year, by which ICRP 107 counts; the Julian year is 0.002 % longer."""

ENSDF = "ENSDF (September 2023)"
UKAEA = "UKAEA decay_2012"

ISOMERS = ("Tc-99m", "In-113m")
"""Nuclides whose lines are those of decay_2012."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluatedLine:
    """Photons per 100 decays by the two evaluations.

    Attributes
    ----------
    percent, uncertainty_percent
        ENSDF, with the standard uncertainty.
    icrp_percent
        ICRP 107.
    """

    energy_kev: float
    icrp_percent: float
    percent: float
    uncertainty_percent: float
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Positrons:
    """Positrons per decay by the two evaluations."""

    icrp: float
    ensdf: float
    uncertainty: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluated:
    """What ENSDF says of a nuclide, with ICRP 107 beside it where the table has no place for it.

    Attributes
    ----------
    half_life_s, uncertainty_s
        With its standard uncertainty.
    lines
        By energy; those of 1 and more photons per 100 decays, and fainter ones that are of use.
    positrons
        None for a nuclide without.
    """

    name: str
    half_life_s: float
    uncertainty_s: float
    lines: tuple[EvaluatedLine, ...]
    positrons: Positrons | None


def _of(
    name: str,
    half_life: float,
    uncertainty: float,
    unit_s: float,
    *,
    lines: tuple[tuple[float, float, float, float], ...] = (),
    positrons: tuple[float, float, float] | None = None,
) -> Evaluated:
    """Return a nuclide from rows of energy, ICRP 107, ENSDF and its standard uncertainty."""
    return Evaluated(
        name=name,
        half_life_s=half_life * unit_s,
        uncertainty_s=uncertainty * unit_s,
        lines=tuple(
            EvaluatedLine(
                energy_kev=energy,
                icrp_percent=icrp,
                percent=ensdf,
                uncertainty_percent=u,
                source=UKAEA if name in ISOMERS else ENSDF,
            )
            for energy, icrp, ensdf, u in lines
        ),
        positrons=None
        if positrons is None
        else Positrons(icrp=positrons[0], ensdf=positrons[1], uncertainty=positrons[2]),
    )


_ROWS = (
    _of("Tc-99m", 6.0072, 0.0009, HOUR_S, lines=((140.511, 89.057, 89.057, 0.24),),),
    _of(
        "Co-57", 271.74, 0.06, DAY_S,
        lines=(
            (14.413, 9.16, 9.16, 0.15),
            (122.061, 85.6, 85.6, 0.17),
            (136.474, 10.68, 10.68, 0.08),
        ),
    ),
    _of(
        "Ga-67", 3.2617, 0.0005, DAY_S,
        lines=(
            (91.265, 3.16, 3.11, 0.04),
            (93.31, 39.2, 38.81, 0.03),
            (184.576, 21.2, 21.41, 0.01),
            (208.95, 2.4, 2.46, 0.01),
            (300.217, 16.8, 16.64, 0.12),
            (393.527, 4.68, 4.56, 0.24),
        ),
    ),
    _of(
        "I-123", 13.223, 0.0019, HOUR_S,
        lines=(
            (159.0, 83.3, 83.6, 0.19),
            (528.97, 1.391, 1.271, 0.1),
        ),
    ),
    _of("I-125", 59.4, 0.01, DAY_S, lines=((35.492, 6.68, 6.68, 0.13),),),
    _of(
        "I-131", 8.0252, 0.0006, DAY_S,
        lines=(
            (80.185, 2.623, 2.616, 0.036),
            (284.305, 6.136, 6.121, 0.062),
            (364.489, 81.7, 81.5, 0.759),
            (636.989, 7.173, 7.156, 0.1),
            (722.911, 1.773, 1.769, 0.027),
        ),
    ),
    _of(
        "In-111", 2.8047, 0.0004, DAY_S,
        lines=(
            (171.28, 90.65, 90.65, 0.94),
            (245.35, 94.09, 94.09, 0.958),
        ),
    ),
    _of("In-113m", 99.476, 0.023, MINUTE_S, lines=((391.698, 64.94, 64.97, 0.17),),),
    _of(
        "Tl-201", 3.042, 0.0016, DAY_S,
        lines=(
            (135.34, 2.565, 2.605, 0.032),
            (167.43, 10.0, 10.0, 0.1),
        ),
    ),
    _of(
        "Lu-177", 6.6443, 0.0009, DAY_S,
        lines=(
            (112.95, 6.4, 6.225, 0.036),
            (208.366, 11.0, 10.41, 0.04),
        ),
    ),
    _of("Ce-141", 32.504, 0.013, DAY_S, lines=((145.443, 48.29, 48.3, 0.3),),),
    _of(
        "Ba-133", 10.551, 0.011, YEAR_S,
        lines=(
            (53.162, 2.199, 2.141, 0.032),
            (79.614, 2.62, 2.65, 0.05),
            (80.998, 34.06, 32.949, 0.326),
            (276.399, 7.164, 7.161, 0.049),
            (302.851, 18.33, 18.336, 0.125),
            (356.013, 62.05, 62.05, 0.19),
            (383.849, 8.94, 8.941, 0.062),
        ),
    ),
    _of("Sr-85", 64.849, 0.007, DAY_S, lines=((514.005, 95.712, 95.712, 3.988),),),
    _of(
        "Sm-153", 46.284, 0.004, HOUR_S,
        lines=(
            (69.673, 4.845, 4.668, 0.041),
            (103.18, 29.8, 29.14, 0.16),
        ),
    ),
    _of("Xe-133", 5.2475, 0.0005, DAY_S, lines=((80.998, 38.0, 36.896, 0.3),),),
    _of(
        "Ho-166", 26.824, 0.012, HOUR_S,
        lines=(
            (80.576, 6.71, 6.565, 0.126),
            (1379.437, 0.93, 0.922, 0.012),
        ),
    ),
    _of(
        "Ra-223", 11.4366, 0.0028, DAY_S,
        lines=(
            (122.319, 1.209, 1.305, 0.009),
            (144.235, 3.266, 3.474, 0.025),
            (154.208, 5.699, 6.02, 0.057),
            (269.463, 13.9, 13.304, 0.094),
            (323.871, 3.989, 3.642, 0.026),
            (338.282, 2.836, 2.601, 0.018),
            (445.033, 1.293, 1.218, 0.009),
        ),
    ),
    _of(
        "Th-227", 18.68, 0.09, DAY_S,
        lines=(
            (50.13, 8.385, 8.385, 0.813),
            (79.69, 1.948, 1.948, 0.178),
            (93.88, 1.511, 1.511, 0.133),
            (210.62, 1.251, 1.251, 0.14),
            (235.96, 12.9, 12.9, 1.13),
            (256.23, 7.005, 7.005, 0.611),
            (286.09, 1.742, 1.742, 0.215),
            (289.59, 1.935, 1.935, 0.421),
            (299.98, 2.206, 2.206, 0.199),
            (304.5, 1.148, 1.148, 0.162),
            (329.85, 2.941, 2.941, 0.295),
            (334.37, 1.135, 1.135, 0.124),
        ),
    ),
    _of(
        "Tb-161", 6.89, 0.02, DAY_S,
        lines=(
            (25.651, 23.154, 23.154, 1.526),
            (48.915, 17.034, 17.034, 0.929),
            (57.192, 1.785, 1.785, 0.101),
            (74.567, 10.2, 10.2, 0.54),
        ),
    ),
    _of("F-18", 109.77, 0.05, MINUTE_S, positrons=(0.9673, 0.9673, 0.0004),),
    _of("C-11", 1221.8, 0.8, 1.0, positrons=(0.99767, 0.99767, 3e-05),),
    _of("N-13", 9.965, 0.004, MINUTE_S, positrons=(0.99804, 0.99804, 2e-05),),
    _of("O-15", 122.24, 0.16, 1.0, positrons=(0.999, 0.999, 1e-05),),
    _of(
        "Rb-82", 1.2575, 0.0002, MINUTE_S,
        positrons=(0.95414, 0.95362, 0.00566),
        lines=(
            (776.511, 15.08, 15.06, 0.336),
        ),
    ),
    _of("Ge-68", 270.95, 0.16, DAY_S,),
    _of(
        "Ga-68", 67.71, 0.08, MINUTE_S,
        positrons=(0.88911, 0.8891, 0.00091),
        lines=(
            (1077.34, 3.22, 3.22, 0.03),
        ),
    ),
    _of(
        "Cu-64", 12.7006, 0.002, HOUR_S,
        positrons=(0.17408, 0.1749, 0.0015),
        lines=(
            (1345.77, 0.473, 0.472, 0.005),
        ),
    ),
    _of(
        "Zr-89", 78.41, 0.12, HOUR_S,
        positrons=(0.22741, 0.2274, 0.0024),
        lines=(
            (909.15, 99.04, 99.04, 0.03),
        ),
    ),
    _of(
        "I-124", 4.176, 0.0003, DAY_S,
        positrons=(0.22862, 0.22694, 0.00361),
        lines=(
            (602.73, 62.9, 62.9, 0.709),
            (722.78, 10.353, 10.36, 0.117),
            (1325.52, 1.561, 1.578, 0.021),
            (1376.09, 1.749, 1.793, 0.025),
            (1509.36, 3.132, 3.252, 0.049),
            (1690.96, 10.882, 11.146, 0.17),
        ),
    ),
    _of("Y-90", 64.05, 0.05, HOUR_S,),
    _of("Pb-210", 22.2, 0.22, YEAR_S, lines=((46.539, 4.25, 4.25, 0.04),),),
    _of(
        "Am-241", 432.6, 0.6, YEAR_S,
        lines=(
            (26.345, 2.4, 2.27, 0.12),
            (59.541, 35.9, 35.9, 0.07),
        ),
    ),
    _of("Cd-109", 461.9, 0.4, DAY_S, lines=((88.034, 3.595, 3.644, 0.016),),),
    _of("Cr-51", 27.704, 0.003, DAY_S, lines=((320.082, 9.922, 9.91, 0.01),),),
    _of("Cs-137", 30.08, 0.09, YEAR_S, lines=((661.657, 84.713, 85.1, 0.2),),),
    _of("Mn-54", 312.2, 0.2, DAY_S, lines=((834.848, 99.975, 99.976, 0.001),),),
    _of(
        "Na-22", 2.6018, 0.0022, YEAR_S,
        positrons=(0.89899, 0.89955, 0.00091),
        lines=(
            (1274.537, 99.944, 99.94, 0.014),
        ),
    ),
    _of(
        "Y-88", 106.627, 0.021, DAY_S,
        lines=(
            (898.042, 93.683, 93.683, 0.305),
            (1836.063, 99.24, 99.24, 0.306),
        ),
    ),
    _of(
        "Co-60", 1925.28, 0.14, DAY_S,
        lines=(
            (1173.228, 99.85, 99.85, 0.03),
            (1332.492, 99.983, 99.983, 0.001),
        ),
    ),
    _of(
        "Eu-152", 13.517, 0.014, YEAR_S,
        lines=(
            (121.782, 28.668, 28.531, 0.16),
            (244.697, 7.607, 7.549, 0.041),
            (344.279, 26.558, 26.591, 0.202),
            (411.116, 2.237, 2.237, 0.013),
            (443.961, 2.83, 2.827, 0.014),
            (778.904, 12.96, 12.929, 0.084),
            (867.38, 4.258, 4.228, 0.03),
            (964.057, 14.649, 14.51, 0.07),
            (1085.837, 10.238, 10.115, 0.05),
            (1089.737, 1.73, 1.734, 0.011),
            (1112.076, 13.686, 13.667, 0.084),
            (1408.013, 21.069, 20.868, 0.094),
        ),
    ),
    _of(
        "Mo-99", 65.924, 0.006, HOUR_S,
        lines=(
            (40.583, 1.053, 1.038, 0.033),
            (181.068, 5.992, 6.051, 0.117),
            (366.421, 1.191, 1.2, 0.024),
            (739.5, 12.13, 12.2, 0.16),
            (777.921, 4.258, 4.307, 0.083),
        ),
    ),
    _of("K-40", 1248000000.0, 3000000.0, YEAR_S, lines=((1460.82, 10.662, 10.662, 0.17),),),
    _of("Sr-89", 50.563, 0.025, DAY_S,),
    _of("P-32", 14.268, 0.005, DAY_S,),
    _of("Ac-225", 10.0, 0.1, DAY_S, lines=((99.8, 1.014, 1.0, 0.11),),),
)  # fmt: skip

EVALUATED: Mapping[str, Evaluated] = MappingProxyType({each.name: each for each in _ROWS})
"""By canonical name; every nuclide of the table has its row."""

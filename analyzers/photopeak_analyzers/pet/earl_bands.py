"""Bands of recovery by the accreditation programme of EARL for F-18, as data with their version.

An image belongs to one standard; images of the two must not be pooled. The bands of standard 1 are those
of the accreditation specifications as published in January 2017. Those of standard 2 are as two public
programs repeat them alike (pynemaiqpet and imageQC; the highest voxel of 22 mm up to 1.32), not checked
against the publication: limits made of them only warn.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

Band = tuple[float, float]
"""Least and largest recovery."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlBands:
    """Bands of one standard, by metric and inner diameter in mm.

    `verified` tells whether the numbers were taken from the publication.
    """

    version: str
    verified: bool
    by_metric: Mapping[str, Mapping[float, Band]]


DIAMETERS_MM = (37.0, 28.0, 22.0, 17.0, 13.0, 10.0)


def _by_size(*bands: Band) -> Mapping[float, Band]:
    return MappingProxyType(dict(zip(DIAMETERS_MM, bands, strict=True)))


STANDARD_1 = EarlBands(
    version="EARL 18F standard 1, January 2017",
    verified=True,
    by_metric=MappingProxyType(
        {
            "rc_a50": _by_size(
                (0.76, 0.89), (0.72, 0.85), (0.63, 0.78), (0.57, 0.73), (0.44, 0.60), (0.27, 0.43)
            ),
            "rc_max": _by_size(
                (0.95, 1.16), (0.91, 1.13), (0.83, 1.09), (0.73, 1.01), (0.59, 0.85), (0.34, 0.57)
            ),
        }
    ),
)

STANDARD_2 = EarlBands(
    version="EARL 18F standard 2, unverified",
    verified=False,
    by_metric=MappingProxyType(
        {
            "rc_a50": _by_size(
                (0.85, 1.00), (0.82, 0.97), (0.80, 0.99), (0.76, 0.97), (0.63, 0.86), (0.39, 0.61)
            ),
            "rc_max": _by_size(
                (1.05, 1.29), (1.01, 1.26), (1.01, 1.32), (1.00, 1.38), (0.85, 1.22), (0.52, 0.88)
            ),
        }
    ),
)

BANDS: Mapping[str, EarlBands] = MappingProxyType({"earl1": STANDARD_1, "earl2": STANDARD_2})
"""By variant of the test."""

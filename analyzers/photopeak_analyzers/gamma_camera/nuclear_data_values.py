"""Half-lives and positron fractions as equipment has them, compared with the table of nuclides."""

from __future__ import annotations

from dataclasses import dataclass

from photopeak_analyzers.contract import Scope
from photopeak_analyzers.errors import ParameterError
from photopeak_analyzers.nuclide_table import NUCLIDES, HalfLife, Nuclide
from photopeak_analyzers.nuclides import find, half_life

HALF_LIFE_PERCENT = 0.1
"""A half-life that differs by more is another one."""

FRACTION_PERCENT = 0.5
"""A positron fraction that differs by more is another one."""

UNITS_S = {"minutes": 60.0, "hours": 3600.0, "days": 86_400.0}
"""Units in which a half-life is written by mistake."""

UNIT_SLACK = 0.01
"""Relative difference within which a number in another unit is taken for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfiguredNuclide:
    """What a piece of equipment has of one nuclide; what is None is not compared.

    Attributes
    ----------
    source
        Name of the equipment, such as ``meter``.
    """

    source: str
    nuclide: str
    half_life_s: float | None = None
    positron_fraction: float | None = None

    def __post_init__(self) -> None:
        find(self.nuclide)
        if not self.source.strip():
            raise ParameterError("the source has no name", quantity="source", value=self.source)
        for name, value, most in (
            ("half_life_s", self.half_life_s, 1e18),
            ("positron_fraction", self.positron_fraction, 1.0),
        ):
            if value is not None and not 0.0 < value <= most:
                raise ParameterError(
                    f"{name} of {self.nuclide} is {value:g}, needs more than 0 and at most {most:g}",
                    quantity=name,
                    value=value,
                    bound=most,
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What one source says of one nuclide."""

    source: str
    nuclide: Nuclide
    half_life_s: float | None
    positron_fraction: float | None

    @property
    def said(self) -> bool:
        """Whether there is anything to compare."""
        return self.half_life_s is not None or self.positron_fraction is not None

    @property
    def scope(self) -> Scope:
        """Source and nuclide."""
        return Scope.of(source=self.source, nuclide=self.nuclide.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One source and nuclide beside the table.

    Attributes
    ----------
    reference
        Half-life that it is compared with.
    half_life_percent, half_life_u_percent
        Deviation and its standard uncertainty; None where there is none.
    effect_percent
        What the half-life does to an activity after one half-life of decay.
    fraction_percent
        Deviation of the positron fraction.
    """

    value: Found
    reference: HalfLife
    half_life_percent: float | None
    half_life_u_percent: float | None
    effect_percent: float | None
    fraction_percent: float | None

    @property
    def half_life_differs(self) -> bool:
        """Whether the half-life is another one."""
        off = self.half_life_percent
        return off is not None and abs(off) > HALF_LIFE_PERCENT

    @property
    def fraction_differs(self) -> bool:
        """Whether the positron fraction is another one."""
        return self.fraction_percent is not None and abs(self.fraction_percent) > FRACTION_PERCENT


def compare(value: Found, profile: str) -> Comparison:
    """Compare with the half-life of a profile and the positron fraction of the table.

    Raises
    ------
    ParameterError
        If the table has no half-life of the nuclide.
    """
    reference = half_life(value.nuclide.name, profile)
    life, fraction = value.half_life_s, value.positron_fraction
    listed, u = value.nuclide.positron_fraction, reference.uncertainty_s
    quotient = None if life is None else life / reference.seconds
    return Comparison(
        value=value,
        reference=reference,
        half_life_percent=None if quotient is None else 100.0 * (quotient - 1.0),
        half_life_u_percent=(
            None if quotient is None or u is None else 100.0 * quotient * u / reference.seconds
        ),
        effect_percent=(
            None if quotient is None else 100.0 * (2.0 ** (1.0 - 1.0 / quotient) - 1.0)
        ),
        fraction_percent=(
            None if fraction is None or listed is None else 100.0 * (fraction / listed - 1.0)
        ),
    )


def looks_like(life_s: float, nuclide: Nuclide) -> str:
    """Return in words what a half-life that differs may be; empty when nothing fits.

    >>> looks_like(109.77, find("F-18"))
    'it looks like minutes'
    >>> looks_like(21_624.12, find("Tc-99m"))
    'it is that of DDEP, as cited by pylinac 3.49'
    """

    def near(other: HalfLife) -> bool:
        return abs(life_s / other.seconds - 1.0) <= HALF_LIFE_PERCENT / 100.0

    own = tuple(nuclide.half_lives.values())
    for each in own:
        if near(each):
            return f"it is that of {each.source}"
    for unit, seconds in UNITS_S.items():
        if any(abs(life_s * seconds / each.seconds - 1.0) <= UNIT_SLACK for each in own):
            return f"it looks like {unit}"
    for other in NUCLIDES:
        if other is not nuclide and any(map(near, other.half_lives.values())):
            return f"it is that of {other.name}"
    return ""

"""Which part of a cylinder of known activity is taken, and what its values are."""

from __future__ import annotations

from dataclasses import dataclass

from photopeak_analyzers.acquisition import AcquisitionKind
from photopeak_analyzers.contract import Role, parameter
from photopeak_analyzers.known_activity import FilledParameters
from photopeak_analyzers.pet.image_values import ValueUnit
from photopeak_analyzers.reference_moment import DecayReference

CYLINDER = Role(
    name="cylinder",
    kinds=frozenset({AcquisitionKind.VOLUME}),
    label="Slices of a cylinder of known activity",
    hint="F-18 of a known activity, mixed well in a cylinder of known volume, with the protocol and"
    " the corrections of patients; weight and activity entered at the console.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownCylinderParameters(FilledParameters):
    """Which part of the cylinder is taken, and what its values are. The numbers are practice."""

    wall_mm: float = parameter(
        20.0,
        doc="Distance from the wall that is left out.",
        unit="mm",
        minimum=5.0,
        maximum=100.0,
    )
    end_share: float = parameter(
        0.1,
        doc="Share of the length that is left out at either end.",
        minimum=0.0,
        maximum=0.4,
    )
    units: ValueUnit = parameter(  # noqa: RUF009 - a field, as everywhere
        ValueUnit.HEADER, doc="What the values are; as the header has it by default."
    )
    decay_reference: DecayReference = parameter(  # noqa: RUF009
        DecayReference.HEADER, doc="Moment that the values were corrected to for decay."
    )
    voi_percent: float = parameter(
        0.5,
        doc="Relative standard uncertainty (k = 1) for the choice of the region.",
        unit="%",
        minimum=0.0,
        maximum=50.0,
    )
    noise_seed: int = parameter(
        0,
        doc="Seed of the noise that is drawn: the same seed gives the same uncertainty.",
        minimum=0,
        maximum=2**32 - 1,
    )

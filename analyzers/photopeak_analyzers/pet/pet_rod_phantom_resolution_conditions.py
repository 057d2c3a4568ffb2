"""What a scan of the phantom with hot and cold rods has to be like for its picture to be judged.

Another scanner or nuclide, saturated voxels, pixels that are not square, an outline that is no disc and too
few counts by a person void. A small matrix, a phantom beside the middle, an activity beside the text,
slices without correction of attenuation, an insert of which not even the largest rods are resolved, and
what nobody tells, warn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from photopeak_analyzers.acquisition import Volume
from photopeak_analyzers.common_parameters import least_counts
from photopeak_analyzers.conditions import bounded, graded
from photopeak_analyzers.contract import (
    Parameters,
    Precondition,
    PreconditionCode,
    Reading,
    Scope,
    Severity,
    parameter,
)
from photopeak_analyzers.errors import ParameterError
from photopeak_analyzers.frame_conditions import pixel_is_square
from photopeak_analyzers.numerics.cylinder import Cylinder
from photopeak_analyzers.pet.rod_inserts import Insert
from photopeak_analyzers.pet.volume_conditions import (
    no_voxel_is_full,
    nuclide_among,
    seen_by_a_pet_scanner,
)
from photopeak_analyzers.volume_conditions import attenuation_corrected

CLAUSE = "JJF (PET/CT, draft) 7.1.2, annex A"

SMALLEST_MATRIX = 256
ACTIVITY_MBQ = (37.0, 185.0)
CENTRED_MM = 10.0
"""Distance of the axis of the phantom from the middle of the slices; the text says: aligned."""

CENTRED_SHARE = 0.25
"""Distance of the insert from the middle slice, over the whole extent: inside the central half."""

LEAST_ROUND = 0.9
"""Short over long axis of the outline; sectors of rods make that of hot ones uneven."""

POSSIBLE_DIAMETER_MM = (60.0, 350.0)

MOST_SECTORS = 12
LARGEST_ROD_MM = 30.0

COUNTS = Reading(
    name="counts_per_slice",
    label="Counts of the slice with fewest",
    label_zh="计数最少层的计数",
    unit="{counts}",
    minimum=0.0,
    maximum=1e12,
    required=False,
    hint="Of the slices in the middle of the axial field, where the image is not in counts.",
)
READ_HOT, READ_COLD = (
    Reading(
        name=f"read_{insert}_mm",
        label=f"Smallest {insert} rods resolved by eye",
        label_zh=f"目视可分辨的最小{zh}尺寸",
        unit="mm",
        minimum=1.0,
        maximum=LARGEST_ROD_MM,
        required=False,
        hint="Read from the image with window and level adjusted.",
    )
    for insert, zh in (("hot", "热区"), ("cold", "冷区"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RodPhantomParameters(Parameters):
    """What is in the phantom, and from when on rods count as resolved."""

    rod_diameters_mm: tuple[float, ...] = parameter(
        (3.0, 4.0, 5.0, 6.0, 7.0, 8.0),
        doc="Diameters of the rods of each sector in the order of the sectors, either way round, 3 to"
        " 12 of 1 to 30 mm.",
        unit="mm",
        clause="JJF (draft) annex A",
    )
    pitch_diameters: float = parameter(
        2.0,
        doc="Distance between the middles of neighbouring rods, in diameters: what is between them is"
        " as wide as a rod.",
        clause="JJF (draft) annex A",
        minimum=1.5,
        maximum=4.0,
    )
    resolved_modulation: float = parameter(
        0.1,
        doc="A sector is resolved when its modulation reaches this. Practice.",
        minimum=0.01,
        maximum=0.9,
    )
    resolved_cnr: float = parameter(
        3.0,
        doc="And peak less valley this many times the noise of a point. Practice.",
        minimum=1.0,
        maximum=20.0,
    )
    rayleigh_share_pct: float = parameter(
        50.0,
        doc="Share of the pairs that have to keep the criterion of Rayleigh, valley over peak at most"
        " 0.735, for the second opinion. Practice.",
        unit="%",
        minimum=10.0,
        maximum=100.0,
    )
    minimum_counts: float = least_counts(
        1e5, doc="Counts of each slice.", clause="JJF (draft) 7.1.2"
    )
    draws: int = parameter(
        200, doc="How often rods are drawn again for the uncertainty.", minimum=50, maximum=5000
    )
    seed: int = parameter(712, doc="Of the draws.", minimum=0, maximum=2**31 - 1)

    def __post_init__(self) -> None:
        Parameters.__post_init__(self)
        diameters = self.rod_diameters_mm
        if not 3 <= len(diameters) <= MOST_SECTORS or 360 % len(diameters):
            raise ParameterError(
                f"rod_diameters_mm has {len(diameters)} values, needs 3 to {MOST_SECTORS}"
                " that divide a circle into whole degrees",
                quantity="rod_diameters_mm",
                value=len(diameters),
                bound=f"3 to {MOST_SECTORS}",
            )
        for each in diameters:
            if not 1.0 <= each <= LARGEST_ROD_MM:
                raise ParameterError(
                    f"rod_diameters_mm holds {each:g} mm, needs 1 to {LARGEST_ROD_MM:g} mm",
                    quantity="rod_diameters_mm",
                    value=each,
                    bound=f"1 to {LARGEST_ROD_MM:g} mm",
                )
        if len(set(diameters)) < len(diameters):
            raise ParameterError(
                "rod_diameters_mm holds a diameter twice, needs each once",
                quantity="rod_diameters_mm",
                bound="each once",
            )


def conditions_of(
    volume: Volume,
    phantom: Cylinder,
    inserts: Sequence[Insert],
    parameters: RodPhantomParameters,
    counts_stated: float | None,
    scope: Scope,
) -> list[Precondition]:
    """Check one series and the inserts seen in it; `scope` is that of its numbers."""
    counts = counts_stated if counts_stated is not None else _counts_of(volume, inserts)
    pixel_mm = volume.voxel_spacing_mm[1:]
    middle = [(n - 1) / 2.0 for n in volume.values.shape]
    beside = max(
        float(np.hypot(*((insert.pose.centre[a] - middle[a + 1]) * pixel_mm[a] for a in (0, 1))))
        for insert in inserts
    )
    axial = max(
        abs((insert.slices[0] + insert.slices[1] - 1) / 2.0 - middle[0]) for insert in inserts
    )
    dose = volume.header.get("RadionuclideTotalDose")
    return [
        seen_by_a_pet_scanner(volume, scope, CLAUSE),
        nuclide_among(volume, ("F-18",), scope, CLAUSE),
        no_voxel_is_full(volume, scope, CLAUSE),
        attenuation_corrected(volume, CLAUSE),
        pixel_is_square(pixel_mm, scope=scope, clause=CLAUSE),
        bounded(
            PreconditionCode.GEOMETRY,
            "short over long axis of the outline",
            phantom.roundness,
            lower=LEAST_ROUND,
            unit="1",
            severity=Severity.HARD,
            scope=scope,
            clause=CLAUSE,
            expected="a cylinder along the slices",
        ),
        bounded(
            PreconditionCode.GEOMETRY,
            "diameter of the outline",
            2.0 * phantom.radius_mm,
            lower=POSSIBLE_DIAMETER_MM[0],
            upper=POSSIBLE_DIAMETER_MM[1],
            unit="mm",
            severity=Severity.HARD,
            scope=scope,
            clause=CLAUSE,
        ),
        bounded(
            PreconditionCode.COUNTS,
            "counts of the slice with fewest",
            counts,
            lower=parameters.minimum_counts,
            unit="{counts}",
            severity=Severity.SOFT if counts is None else Severity.HARD,
            scope=scope,
            clause=CLAUSE,
        ),
        bounded(
            PreconditionCode.MATRIX,
            "shorter side of the matrix",
            float(min(volume.values.shape[1:])),
            lower=float(SMALLEST_MATRIX),
            unit="{pixels}",
            severity=Severity.SOFT,
            scope=scope,
            clause=CLAUSE,
            expected="256 x 256, or the largest matrix",
        ),
        graded(
            PreconditionCode.RATE,
            "activity in the phantom",
            dose / 1e6 if isinstance(dose, float) else None,
            soft=ACTIVITY_MBQ,
            hard=(None, None),
            unit="MBq",
            scope=scope,
            clause=CLAUSE,
        ),
        bounded(
            PreconditionCode.CENTRED,
            "distance of the axis of the rods from the middle of the slices",
            beside,
            upper=CENTRED_MM,
            unit="mm",
            severity=Severity.SOFT,
            scope=scope,
            clause=CLAUSE,
        ),
        bounded(
            PreconditionCode.CENTRED,
            "distance of the rods from the middle slice over the whole extent",
            axial / volume.values.shape[0],
            upper=CENTRED_SHARE,
            unit="1",
            severity=Severity.SOFT,
            scope=scope,
            clause=CLAUSE,
        ),
    ]


def something_is_resolved(insert: str, resolved: bool, scope: Scope) -> Precondition:
    """Warn where not even the largest rods are resolved: there is no smallest one to compare."""
    return bounded(
        PreconditionCode.FRAMES,
        f"resolved sectors of {insert} rods",
        float(resolved),
        lower=1.0,
        unit="1",
        severity=Severity.SOFT,
        scope=scope,
        clause=CLAUSE,
        expected="the largest at least",
    )


def both_inserts(found: int) -> Precondition:
    """Ask, as a warning, for the other insert: it may still come."""
    return bounded(
        PreconditionCode.SET,
        "inserts with hot and with cold rods",
        float(found),
        lower=2.0,
        unit="1",
        severity=Severity.SOFT,
        scope=Scope(),
        clause=CLAUSE,
    )


def _counts_of(volume: Volume, inserts: Sequence[Insert]) -> float | None:
    """Return the counts of the slice of the inserts with fewest; None unless the image is in counts."""
    if volume.units != "CNTS":
        return None
    numbers = [k for insert in inserts for k in range(*insert.slices)]
    return min(float(volume.physical(number).sum()) for number in numbers)

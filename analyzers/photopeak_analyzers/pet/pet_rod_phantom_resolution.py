"""Spatial resolution of PET from a phantom with sectors of hot and of cold rods.

JJF (draft) 7.1.2 lets an operator read from the image which rods are just resolved; that is a reading
here (`smallest_read_...`). Beside it stands what is computed (`smallest_resolved_...`): peaks are the
middles of hot rods, or those between two cold ones, and valleys the other way round. A sector is resolved
when its modulation ``(peak - valley) / (peak + valley)`` and the contrast-to-noise ratio are large
enough, and all larger ones are resolved. As a second opinion, `smallest_rayleigh_...` asks for more than
half of the neighbours with a valley of at most 0.735 of their peak.

Hot and cold inserts may lie in one series or in two; which is which is seen from the image. Sectors may be
turned, and follow each other either way round.

The uncertainty of a sector is that of drawing its rods again (bootstrap); that of the smallest diameter is
that of a step to the next finer rods, which are not resolved: ``(d - d') / sqrt(12)``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from photopeak_analyzers.acquisition import AcquisitionKind, Volume
from photopeak_analyzers.common_figures import unit_of_values
from photopeak_analyzers.contract import (
    Analysis,
    Analyzer,
    Inputs,
    Measurement,
    Note,
    Precondition,
    Role,
    Scope,
    Variant,
)
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.given import every
from photopeak_analyzers.pet.pet_rod_phantom_resolution_conditions import (
    CLAUSE,
    COUNTS,
    READ_COLD,
    READ_HOT,
    RodPhantomParameters,
    both_inserts,
    conditions_of,
    something_is_resolved,
)
from photopeak_analyzers.pet.pet_rod_phantom_resolution_figures import Shown, figures_of
from photopeak_analyzers.pet.rod_inserts import find_inserts, outline
from photopeak_analyzers.pet.rod_pose import Rods
from photopeak_analyzers.pet.rod_values import SectorValues, values_of
from photopeak_analyzers.pet.scaled_slices import scaled_slices
from photopeak_analyzers.shorthand import NumberRow, measurements, metrics

ROLE = Role(
    name="phantom",
    kinds=frozenset({AcquisitionKind.VOLUME}),
    minimum=1,
    maximum=2,
    label="Slices of a phantom with sectors of rods",
    hint="37 to 185 MBq of F-18, mixed, in the middle of the field; matrix 256 x 256 or the largest, 100 000"
    " counts in each slice. Hot and cold insert in one series, or in two.",
)


def measure(inputs: Inputs, parameters: RodPhantomParameters) -> Analysis:
    """Measure the sectors of every insert that is seen."""
    volumes = every(inputs, ROLE, Volume)
    rng = np.random.default_rng(parameters.seed)
    shown: list[Shown] = []
    for series, volume in enumerate(volumes, start=1):
        shown += _shown(volume, series, parameters, rng)
    _refuse_twice(shown)
    shown.sort(key=lambda each: not each.insert.hot)
    # What comes first is what a page shows large where nothing is judged.
    found: list[Measurement] = _read(inputs)
    sectors: list[Measurement] = []
    preconditions: list[Precondition] = [both_inserts(len(shown))]
    for each in shown:
        smallest = _smallest(each, parameters)
        found += measurements(Scope.of(insert=each.name), smallest)
        sectors += _of_sectors(each)
        resolved = any(key.startswith("smallest_resolved") for key, _, _ in smallest)
        scope = Scope.of(insert=each.name)
        preconditions.append(something_is_resolved(each.name, resolved, scope))
    counts = inputs.number(COUNTS.name) if COUNTS.name in inputs.readings else None
    for series, volume in enumerate(volumes, start=1):
        own = [each for each in shown if each.series == series]
        scope = Scope.of(insert=own[0].name) if len(volumes) > 1 else Scope()
        preconditions += conditions_of(
            volume, own[0].phantom, [each.insert for each in own], parameters, counts, scope
        )
    return Analysis(
        measurements=(*found, *sectors),
        preconditions=tuple(preconditions),
        figures=figures_of(shown, parameters.resolved_modulation),
        notes=_notes(shown, inputs),
    )


def _shown(
    volume: Volume, series: int, parameters: RodPhantomParameters, rng: np.random.Generator
) -> list[Shown]:
    slices = scaled_slices(volume)
    phantom = outline(slices)
    rods = Rods(
        diameters_mm=parameters.rod_diameters_mm, pitch_diameters=parameters.pitch_diameters
    )
    measured = [
        (insert, values_of(insert, rng, parameters.draws))
        for insert in find_inserts(slices, phantom, rods)
    ]
    # Whatever has an edge matches some lattice a little; rods differ from what is between them.
    seen = [(insert, values) for insert, values in measured if any(v.is_seen for v in values)]
    if not seen:
        listed = ", ".join(f"{d:g}" for d in parameters.rod_diameters_mm)
        raise UnsuitableAcquisitionError(
            f"series {series} shows no sectors of hot or cold rods of {listed} mm, needs at least one"
            " insert of which some rods are seen",
            quantity="inserts with rods",
            value=0,
            bound=1,
        )
    return [
        Shown(
            insert=insert,
            values=values,
            phantom=phantom,
            pixel_mm=slices.pixel_mm,
            series=series,
            unit=unit_of_values(volume),
        )
        for insert, values in seen
    ]


def _refuse_twice(shown: Sequence[Shown]) -> None:
    for name in ("hot", "cold"):
        own = [each for each in shown if each.name == name]
        if len(own) > 1:
            raise UnsuitableAcquisitionError(
                f"{len(own)} series show an insert with {name} rods, needs one",
                quantity=f"inserts with {name} rods",
                value=len(own),
                bound=1,
            )


def _of_sectors(shown: Shown) -> list[Measurement]:
    found: list[Measurement] = []
    for each in shown.values:
        ratio, share = each.peak_to_valley, each.rayleigh_share
        found += measurements(
            Scope.of(insert=shown.name, rod_mm=each.sector.diameter_mm),
            [
                ("rod_modulation", each.modulation.value, each.modulation.uncertainty),
                ("rod_valley_to_peak", each.valley_to_peak.value, each.valley_to_peak.uncertainty),
                (
                    "rod_peak_to_valley",
                    None if ratio is None else ratio.value,
                    None if ratio is None else ratio.uncertainty,
                ),
                ("rod_cnr", each.cnr, None),
                ("rod_rayleigh_pct", 100.0 * share.value, 100.0 * share.uncertainty),
            ],
        )
    return found


def _smallest(shown: Shown, parameters: RodPhantomParameters) -> list[NumberRow]:
    """Return the smallest rods that are resolved, all larger ones with them, by both criteria."""

    def resolved(each: SectorValues) -> bool:
        enough = each.cnr is None or each.cnr >= parameters.resolved_cnr
        return enough and each.modulation.value >= parameters.resolved_modulation

    def by_rayleigh(each: SectorValues) -> bool:
        return 100.0 * each.rayleigh_share.value > parameters.rayleigh_share_pct

    rows: list[NumberRow] = []
    for name, criterion in (("resolved", resolved), ("rayleigh", by_rayleigh)):
        kept = 0
        for each in shown.values:
            if not criterion(each):
                break
            kept += 1
        if kept:
            diameters = [each.sector.diameter_mm for each in shown.values]
            smallest = diameters[kept - 1]
            step = (smallest - diameters[kept]) / math.sqrt(12.0) if kept < len(diameters) else None
            rows.append((f"smallest_{name}_{shown.name}_mm", smallest, step))
    return rows


def _read(inputs: Inputs) -> list[Measurement]:
    found: list[Measurement] = []
    for name, reading in (("hot", READ_HOT), ("cold", READ_COLD)):
        if reading.name in inputs.readings:
            value, given = inputs.number(reading.name), inputs.readings[reading.name]
            found += measurements(
                Scope.of(insert=name), [(f"smallest_read_{name}_mm", value, given.uncertainty)]
            )
    return found


def _notes(shown: Sequence[Shown], inputs: Inputs) -> tuple[Note, ...]:
    notes = []
    for each in shown:
        insert = each.insert
        largest = max(insert.sectors, key=lambda sector: sector.diameter_mm)
        notes.append(
            Note(
                code="INSERT_FOUND",
                message=f"{each.name} rods in slices {insert.slices[0] + 1} to {insert.slices[1]} of series"
                f" {each.series}; those of {largest.diameter_mm:g} mm towards"
                f" {largest.angle_deg:.1f} degrees (0 right, 90 down); scale {insert.pose.scale:.3f}",
                scope=Scope.of(insert=each.name),
                values={"scale": insert.pose.scale, "angle_deg": largest.angle_deg},
            )
        )
        if not any(r.name in inputs.readings for r in (READ_HOT, READ_COLD) if each.name in r.name):
            notes.append(
                Note(
                    code="NOT_READ_BY_EYE",
                    message=f"nobody has read the {each.name} rods from the image; the text asks for it,"
                    " and what is computed stands in its place",
                    scope=Scope.of(insert=each.name),
                )
            )
    return tuple(notes)


ANALYZER = Analyzer(
    id="pet_rod_phantom_resolution",
    title="PET resolution with a rod phantom",
    title_zh="PET模体法空间分辨率",
    version="1",
    variants=(Variant(name="jjf", title="Hot and cold rods", clause=CLAUSE),),
    roles=(ROLE,),
    readings=(READ_HOT, READ_COLD, COUNTS),
    metrics=metrics(
        CLAUSE,
        ("smallest_resolved_hot_mm", "mm", "d_h", "Smallest resolved hot rods, computed", "可分辨最小热区(计算)", 1),
        ("smallest_resolved_cold_mm", "mm", "d_c", "Smallest resolved cold rods, computed", "可分辨最小冷区(计算)", 1),
        ("smallest_read_hot_mm", "mm", "d_h", "Smallest resolved hot rods, by eye", "可分辨最小热区(目视)", 1),
        ("smallest_read_cold_mm", "mm", "d_c", "Smallest resolved cold rods, by eye", "可分辨最小冷区(目视)", 1),
    )
    + metrics(
        "practice: modulation and criterion of Rayleigh for sectors of rods",
        ("smallest_rayleigh_hot_mm", "mm", "d_h,R", "Smallest hot rods by Rayleigh", "瑞利判据最小热区", 1),
        ("smallest_rayleigh_cold_mm", "mm", "d_c,R", "Smallest cold rods by Rayleigh", "瑞利判据最小冷区", 1),
        ("rod_modulation", "1", "M", "Modulation of a sector", "分区调制度", 3),
        ("rod_valley_to_peak", "1", "V/P", "Valley over peak of a sector", "分区谷峰比", 3),
        ("rod_peak_to_valley", "1", "P/V", "Peak over valley of a sector", "分区峰谷比", 2),
        ("rod_cnr", "1", "CNR", "Contrast-to-noise ratio of a sector", "分区对比噪声比", 1),
        ("rod_rayleigh_pct", "%", "n_R", "Pairs that keep the criterion of Rayleigh", "满足瑞利判据的孔对比例", 0),
    ),
    parameters=RodPhantomParameters,
    measure=measure,
    figures=("rods", "profiles", "modulation", "sectors"),
)  # fmt: skip
"""The test, as registered."""

"""Nuclear data: whether equipment calculates with the half-lives and positron fractions of the table.

Compared are what the header of an image says, what a person read from the camera and from the activity
meter for one nuclide, and what the configuration of a device lists of several. The reference is the
half-life that the text of the variant prescribes, else ICRP 107; a value that another evaluation has
is named as such. A wrong half-life T' changes an activity after one half-life of decay by
``2 ** (1 - T / T') - 1``; a wrong positron fraction changes it by its own deviation.

The numbers are exact as far as they were written down; an uncertainty stands with a deviation only
where the reference has one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from photopeak_analyzers.acquisition import IMAGES, Acquisition, Volume
from photopeak_analyzers.conditions import known
from photopeak_analyzers.contract import (
    Analysis,
    Analyzer,
    Inputs,
    Measurement,
    Note,
    Parameters,
    Precondition,
    PreconditionCode,
    Reading,
    ReadingKind,
    Role,
    Scope,
    Severity,
    Variant,
    parameter,
)
from photopeak_analyzers.errors import MissingReadingError, ParameterError
from photopeak_analyzers.gamma_camera.nuclear_data_figures import remarks, table_figure
from photopeak_analyzers.gamma_camera.nuclear_data_values import (
    ConfiguredNuclide,
    Found,
    compare,
)
from photopeak_analyzers.given import every
from photopeak_analyzers.nuclide_table import NUCLIDES, TABLE_VERSION, Nuclide
from photopeak_analyzers.nuclides import find
from photopeak_analyzers.shorthand import measurements, metrics

CLAUSE = "practice: general quality control, nuclear data of the equipment"

IMAGE = Role(
    name="image",
    kinds=IMAGES,
    minimum=0,
    label="Image",
    hint="An image of the equipment; PET images and some reconstructions write down their nuclear data.",
)
NUCLIDE = Reading(
    name="nuclide",
    label="Nuclide of the values that were read",
    unit="1",
    kind=ReadingKind.CHOICE,
    choices=tuple(sorted(nuclide.name for nuclide in NUCLIDES if nuclide.half_lives)),
    required=False,
    hint="Only where the image does not name it.",
)
SOURCES = ("camera", "meter")
"""Equipment from whose screen a person reads values."""


def _half_life_reading(source: str, label: str) -> Reading:
    return Reading(
        name=f"half_life_{source}",
        label=f"Half-life in the {label}",
        unit="s",
        minimum=1.0,
        maximum=1e18,
        required=False,
    )


def _fraction_reading(source: str, label: str) -> Reading:
    return Reading(
        name=f"positron_fraction_{source}",
        label=f"Positron fraction in the {label}",
        unit="1",
        minimum=0.0,
        maximum=1.0,
        required=False,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class NuclearDataParameters(Parameters):
    """What the configuration says of the equipment."""

    nuclide: str | None = parameter(
        None, doc="Nuclide of the image and of the values that were read, where nothing names it."
    )
    configured: tuple[ConfiguredNuclide, ...] = parameter(
        (), doc="Nuclides as pieces of equipment have them: source, nuclide, values."
    )

    def __post_init__(self) -> None:
        Parameters.__post_init__(self)
        if self.nuclide is not None:
            find(self.nuclide)
        seen = set()
        for entry in self.configured:
            key = (entry.source, find(entry.nuclide).name)
            if key in seen:
                raise ParameterError(
                    f"{entry.source} lists {key[1]} twice", quantity="configured", value=key[1]
                )
            seen.add(key)


def measure(inputs: Inputs, parameters: NuclearDataParameters) -> Analysis:
    """Compare what there is with the table."""
    images = every(inputs, IMAGE, Acquisition)
    image = images[0] if images else None
    values = [*_of_image(image, parameters), *_read(inputs, image, parameters)]
    values += [
        Found(
            source=entry.source,
            nuclide=find(entry.nuclide),
            half_life_s=entry.half_life_s,
            positron_fraction=entry.positron_fraction,
        )
        for entry in parameters.configured
    ]
    # What a person read beats what the configuration says of the same equipment.
    values = list({value.scope: value for value in reversed(values) if value.said}.values())[::-1]
    if not values:
        raise MissingReadingError(
            "neither a header nor a reading nor the configuration has a half-life or a positron"
            " fraction, needs 1",
            quantity="values to compare",
            value=0,
            bound=1,
        )
    compared = [compare(value, inputs.variant) for value in values]
    found: list[Measurement] = []
    for each in compared:
        found += measurements(
            each.value.scope,
            (
                ("half_life_deviation_pct", each.half_life_percent, each.half_life_u_percent),
                ("activity_effect_pct", each.effect_percent, None),
                ("positron_fraction_deviation_pct", each.fraction_percent, None),
            ),
        )
    differ = sum(each.half_life_differs + each.fraction_differs for each in compared)
    found += measurements(Scope(), [("differences", float(differ), None)])
    table = Note(
        code="TABLE",
        message=f"compared with version {TABLE_VERSION} of the table of nuclides",
        values={"version": TABLE_VERSION},
    )
    return Analysis(
        measurements=tuple(found),
        preconditions=tuple(_conditions(image, values)),
        figures=(table_figure(compared),),
        notes=(table, *(note for each in compared for note in remarks(each))),
    )


def _of_image(image: Acquisition | None, parameters: NuclearDataParameters) -> Iterator[Found]:
    """Return what the header says."""
    if not isinstance(image, Volume):
        return
    life, fraction = (
        value if isinstance(value, float | int) and 0 < value < math.inf else None
        for value in (
            image.header.get("RadionuclideHalfLife"),
            image.header.get("RadionuclidePositronFraction"),
        )
    )
    if life is not None or fraction is not None:
        yield Found(
            source="header",
            nuclide=_nuclide(image.nuclide or parameters.nuclide),
            half_life_s=life,
            positron_fraction=fraction,
        )


def _read(
    inputs: Inputs, image: Acquisition | None, parameters: NuclearDataParameters
) -> Iterator[Found]:
    """Return what a person read, by source."""
    chosen = inputs.readings.get(NUCLIDE.name)
    named = str(chosen.value) if chosen is not None else None
    for source in SOURCES:
        names = (f"half_life_{source}", f"positron_fraction_{source}")
        given = [inputs.number(name) if name in inputs.readings else None for name in names]
        if any(value is not None for value in given):
            yield Found(
                source=source,
                nuclide=_nuclide(named or parameters.nuclide or (image and image.nuclide) or None),
                half_life_s=given[0],
                positron_fraction=given[1],
            )


def _nuclide(name: str | None) -> Nuclide:
    if name is None:
        raise ParameterError(
            "neither the image nor the reading nuclide names the nuclide, and the parameter nuclide"
            " is not given",
            quantity="nuclide",
        )
    return find(name)


def _conditions(image: Acquisition | None, values: Sequence[Found]) -> Iterator[Precondition]:
    """Say what the header of an image leaves out."""
    if image is None:
        return
    header = next((value for value in values if value.source == "header"), None)
    yield known(
        PreconditionCode.NUCLIDE,
        "nuclide in the header",
        image.nuclide,
        severity=Severity.SOFT,
        scope=Scope(),
        clause=CLAUSE,
    )
    yield known(
        PreconditionCode.NUCLIDE,
        "half-life in the header",
        None if header is None else header.half_life_s,
        severity=Severity.SOFT,
        scope=Scope(),
        clause=CLAUSE,
        unit="s",
    )


def _variants() -> tuple[Variant, ...]:
    texts = {
        "local": "ICRP 107",
        "nema": "NEMA NU 1-2007",
        "ws523": "WS 523-2019",
        "iec": "IEC 60789",
    }
    return tuple(
        Variant(name=name, title=f"Half-lives of {text}", clause=CLAUSE)
        for name, text in texts.items()
    )


ANALYZER = Analyzer(
    id="nuclear_data_check",
    title="Nuclear data",
    title_zh="核数据检查",
    version="1",
    variants=_variants(),
    roles=(IMAGE,),
    readings=(
        NUCLIDE,
        _half_life_reading("camera", "camera"),
        _half_life_reading("meter", "activity meter"),
        _fraction_reading("camera", "camera"),
        _fraction_reading("meter", "activity meter"),
    ),
    metrics=metrics(
        CLAUSE,
        ("half_life_deviation_pct", "%", "dT", "Half-life against the table", "半衰期与核数据表之差", 3),
        ("positron_fraction_deviation_pct", "%", "df", "Positron fraction against the table", "正电子分支比与核数据表之差", 2),
        ("activity_effect_pct", "%", "dA/A", "Effect on an activity after one half-life", "一个半衰期后对活度的影响", 3),
        ("differences", "1", "n", "Values that differ from the table", "与核数据表不符的数值个数", 0),
    ),
    parameters=NuclearDataParameters,
    measure=measure,
    figures=("nuclear_data",),
)  # fmt: skip
"""The test, as registered."""

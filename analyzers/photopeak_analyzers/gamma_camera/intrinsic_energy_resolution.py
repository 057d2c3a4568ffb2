"""Intrinsic energy resolution: FWHM of the photopeak of Tc-99m over its energy, scaled by Co-57.

The distance between the two photopeaks in channels gives the energy of a channel: 18.4 keV in NEMA
NU 1-2007 2.3 (GB/T 18989-2013 E.3), where the FWHM is divided by 140.5 keV; 19 keV in IEC 60789 (GB/T
18989-2013 3.4), where it is divided by 141 keV. The same spectra give 2.9 % more by the latter, so the
two are never compared. Position and FWHM are interpolated at half of the height of the peak as it was
counted: neither text takes a continuum off. With one taken off, the result stands beside it.

A spectrum with energies that comes without Co-57 is measured on the scale of whoever calibrated it, and
says so. The uncertainty holds counting, of the width and of both positions. Too few counts, another
nuclide, a collimator, channels too wide for a width, and a scale that puts channel 0 far from 0 keV void.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from photopeak_analyzers.acquisition import Acquisition, AcquisitionKind
from photopeak_analyzers.common_parameters import largest_rate_cps, least_counts, refuse_above
from photopeak_analyzers.contract import (
    Analysis,
    Analyzer,
    Inputs,
    Measurement,
    Note,
    Parameters,
    Precondition,
    Reading,
    Role,
    Scope,
    Variant,
    parameter,
)
from photopeak_analyzers.errors import (
    MissingReadingError,
    ParameterError,
    UnsuitableAcquisitionError,
)
from photopeak_analyzers.figures import Figure
from photopeak_analyzers.gamma_camera.energy_resolution import Resolution, Text, resolution
from photopeak_analyzers.gamma_camera.energy_resolution_conditions import (
    image_conditions,
    resolution_conditions,
    resolution_notes,
)
from photopeak_analyzers.gamma_camera.energy_resolution_figures import (
    spectra_figure,
    table_figure,
)
from photopeak_analyzers.gamma_camera.spectra import (
    GivenSpectrum,
    from_table,
    spectra_of,
    table_reading,
)
from photopeak_analyzers.given import every
from photopeak_analyzers.shorthand import as_suffix, measurements, metrics

NEMA = Variant(
    name="nema",
    title="NEMA NU 1-2007, scale of 18.4 keV between the peaks",
    clause="NEMA NU 1-2007 2.3 (GB/T 18989-2013 E.3)",
)
IEC = Variant(
    name="iec",
    title="IEC 60789:1992, scale of 19 keV between the peaks",
    clause="IEC 60789 / GB/T 18989-2013 3.4",
)

TEXTS = {
    NEMA.name: Text(source_kev=140.5, reference_kev=122.1, clause=NEMA.clause),
    IEC.name: Text(source_kev=141.0, reference_kev=122.0, clause=IEC.clause),
}
"""Energies of Tc-99m and Co-57 as each text prints them."""

_KINDS = frozenset({AcquisitionKind.PLANAR, AcquisitionKind.DYNAMIC, AcquisitionKind.SPECTRUM})

SOURCE = Role(
    name="source",
    kinds=_KINDS,
    label="Spectrum of Tc-99m",
    hint="Windows that sweep the photopeak in steps of at most 5 % of its FWHM; or any image that"
    " names the test, with the spectrum as a table.",
)
REFERENCE = Role(
    name="reference",
    kinds=_KINDS,
    minimum=0,
    label="Spectrum of Co-57",
    hint="Acquired as that of Tc-99m; gives the energy of a channel.",
)

TABLES = {
    (SOURCE.name, True): table_reading(
        "source_kev", "Spectrum of Tc-99m: energy in keV and counts", energies=True
    ),
    (SOURCE.name, False): table_reading(
        "source_channels", "Spectrum of Tc-99m: channel and counts", energies=False
    ),
    (REFERENCE.name, True): table_reading(
        "reference_kev", "Spectrum of Co-57: energy in keV and counts", energies=True
    ),
    (REFERENCE.name, False): table_reading(
        "reference_channels", "Spectrum of Co-57: channel and counts", energies=False
    ),
}
"""By role, and whether the axis holds energies."""

REPORTED = Reading(
    name="reported_resolution",
    label="Energy resolution as the program of the manufacturer reports it",
    unit="%",
    minimum=0.1,
    maximum=50.0,
    required=False,
)

NUCLIDES = {SOURCE.name: "Tc-99m", REFERENCE.name: "Co-57"}


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyResolutionParameters(Parameters):
    """What both texts ask of a spectrum."""

    counts_asked: float = least_counts(
        10_000.0,
        doc="Counts that the clause asks for in the peak channel.",
        clause="NEMA NU 1-2007 2.3 (GB/T 18989-2013 E.3.3); GB/T 18989-2013 3.4.1",
    )
    counts_invalid_below: float = least_counts(
        5_000.0, doc="Counts of the peak channel below which nothing is judged."
    )
    maximum_rate_cps: float = largest_rate_cps(
        20_000.0, clause="GB/T 18989-2013 3.4.1; NEMA NU 1-2007 2.3 (GB/T 18989-2013 E.3.1)"
    )
    channel_percent: float = parameter(
        5.0,
        doc="Width of a channel relative to the FWHM that the clause allows.",
        unit="%",
        clause="GB/T 18989-2013 3.4.1; NEMA NU 1-2007 2.3 (GB/T 18989-2013 E.3.2)",
        minimum=0.1,
        maximum=20.0,
    )

    def __post_init__(self) -> None:
        Parameters.__post_init__(self)
        refuse_above(self, "counts_invalid_below", "counts_asked")


def measure(inputs: Inputs, parameters: EnergyResolutionParameters) -> Analysis:
    """Measure the resolution of every spectrum of Tc-99m."""
    text = TEXTS[inputs.variant]
    images = _images(inputs)
    sources, references = (
        _spectra(inputs, role, images[role.name], text.clause) for role in (SOURCE, REFERENCE)
    )
    conditions: list[Precondition] = []
    notes: list[Note] = []
    for role, given in images.items():
        for image in given:
            if spectra_of(image, text.clause):
                conditions += image_conditions(image, NUCLIDES[role], role, text.clause)
            else:
                notes.append(_without_spectrum(role, image))
    found = [resolution(each, _reference_of(each, references), text) for each in sources]
    numbers: list[Measurement] = []
    figures: list[Figure] = []
    strict = inputs.variant == IEC.name
    for each in found:
        numbers += _numbers(each)
        conditions += resolution_conditions(each, text, parameters, strict_rate=strict)
        notes += resolution_notes(each, text)
        figures.append(spectra_figure(each, text, as_suffix(each.scope) if len(found) > 1 else ""))
    notes += _references_not_used(references, found)
    reported = inputs.readings.get(REPORTED.name)
    if reported is not None:
        numbers += measurements(
            Scope.of(method="reported"),
            [("energy_resolution", inputs.number(REPORTED.name), reported.uncertainty)],
        )
    if not numbers:
        _refuse_for_want_of_spectra(images[SOURCE.name])
    return Analysis(
        measurements=tuple(numbers),
        preconditions=tuple(dict.fromkeys(conditions)),
        figures=(*figures, table_figure(found, numbers)),
        notes=tuple(notes),
    )


def _images(inputs: Inputs) -> dict[str, tuple[Acquisition, ...]]:
    """Return the acquisitions of each role; tables may stand in place of any."""
    return {
        role.name: every(inputs, dataclasses.replace(role, minimum=0), Acquisition)
        for role in (SOURCE, REFERENCE)
    }


def _spectra(
    inputs: Inputs, role: Role, images: tuple[Acquisition, ...], clause: str
) -> tuple[GivenSpectrum, ...]:
    found = [spectrum for image in images for spectrum in spectra_of(image, clause)]
    names = [TABLES[role.name, energies].name for energies in (True, False)]
    if all(name in inputs.readings for name in names):
        raise ParameterError(
            f"{names[0]} and {names[1]} are both supplied, needs one of them: two results of one"
            " spectrum cannot be told apart",
            quantity=f"tables of the {role.name}",
            value=2,
            bound=1,
        )
    for energies, name in zip((True, False), names, strict=True):
        table = from_table(
            inputs,
            name,
            energies=energies,
            nuclide=NUCLIDES[role.name],
        )
        if table is not None:
            found.append(table)
    return tuple(found)


def _reference_of(
    source: GivenSpectrum, references: tuple[GivenSpectrum, ...]
) -> GivenSpectrum | None:
    """Return the spectrum of Co-57 on the axis and of the head of another one."""
    alike = [
        each
        for each in references
        if (each.energy_kev is None) == (source.energy_kev is None)
        and each.came_as == source.came_as
    ]
    return next((each for each in alike if each.scope == source.scope), None)


def _references_not_used(
    references: tuple[GivenSpectrum, ...], found: list[Resolution]
) -> list[Note]:
    """Say which spectra of Co-57 belong to no spectrum of Tc-99m: other heads, or another axis."""
    used = [id(each.reference_spectrum) for each in found]
    return [
        Note(
            code="REFERENCE_NOT_USED",
            message="a spectrum of Co-57 is not used: none of Tc-99m came in the same way, of the"
            " same head and on the same axis",
            scope=Scope.of(**dict(each.scope.items), method=each.came_as),
        )
        for each in references
        if id(each) not in used
    ]


def _without_spectrum(role: str, image: Acquisition) -> Note:
    """Say that an image only names the test, as one does that comes with a table."""
    windows = len(image.energy_windows)
    return Note(
        code="IMAGE_WITHOUT_SPECTRUM",
        message=f"the image given as {role} has {windows} energy windows, which are no sweep of a"
        " spectrum; nothing of it is used",
        values={"energy_windows": windows},
    )


def _refuse_for_want_of_spectra(images: tuple[Acquisition, ...]) -> None:
    if not images:
        raise MissingReadingError(
            "there is neither a spectrum of Tc-99m nor a reported resolution, needs one of them",
            quantity="spectra of Tc-99m",
            value=0,
            bound=1,
        )
    windows = max(len(image.energy_windows) for image in images)
    raise UnsuitableAcquisitionError(
        f"the image of Tc-99m has {windows} energy windows and no table of a spectrum was supplied,"
        " needs windows that sweep the photopeak, or a table",
        quantity="energy windows",
        value=windows,
        bound="a sweep",
    )


def _numbers(found: Resolution) -> list[Measurement]:
    percent, fwhm, scale = found.percent, found.fwhm_kev, found.kev_per_channel
    net = found.net_percent
    rows: list[tuple[str, float | None, float | None]] = [
        ("energy_resolution", percent.value, percent.uncertainty),
        ("fwhm_kev", fwhm.value, fwhm.uncertainty),
        ("kev_per_channel", scale.value, scale.uncertainty or None),
        ("fwhm_channels", found.source.fwhm.value, found.source.fwhm.uncertainty),
        ("peak_channel_source", found.source_at.value, found.source_at.uncertainty),
        ("peak_counts", found.source.counts, None),
    ]
    if net is not None:
        rows.append(("energy_resolution_net", net.value, net.uncertainty))
    if found.reference_at is not None:
        rows.append(
            ("peak_channel_reference", found.reference_at.value, found.reference_at.uncertainty)
        )
    return measurements(found.scope, rows)


ANALYZER = Analyzer(
    id="intrinsic_energy_resolution",
    title="Intrinsic energy resolution",
    title_zh="固有能量分辨率",
    version="1",
    variants=(NEMA, IEC),
    roles=(SOURCE, REFERENCE),
    readings=(*TABLES.values(), REPORTED),
    metrics=metrics(
        f"{NEMA.clause}; {IEC.clause}",
        ("energy_resolution", "%", "ER_i", "Intrinsic energy resolution", "固有能量分辨率", 1),
        ("energy_resolution_net", "%", "ER_net", "Energy resolution above the continuum", "能量分辨率（扣除连续谱）", 1),
        ("fwhm_kev", "keV", "FWHM", "Width of the photopeak of Tc-99m", "锝-99m 光电峰半高宽", 2),
        ("fwhm_channels", "1", "dN", "Width of the photopeak of Tc-99m in channels", "锝-99m 光电峰半高宽（道）", 2),
        ("kev_per_channel", "keV", "E_ch", "Energy of a channel", "道宽等效能量", 4),
        ("peak_channel_source", "1", "N_1", "Photopeak of Tc-99m on the axis of the spectrum", "锝-99m 峰位（道或 keV）", 2),
        ("peak_channel_reference", "1", "N_2", "Photopeak of Co-57 on the axis of the spectrum", "钴-57 峰位（道或 keV）", 2),
        ("peak_counts", "{counts}", "N_p", "Counts of the peak channel of Tc-99m", "锝-99m 峰道计数", 0),
    ),
    parameters=EnergyResolutionParameters,
    measure=measure,
    figures=("spectra", "table"),
)  # fmt: skip
"""The test, as registered."""

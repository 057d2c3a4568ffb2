"""Energy peak: where the camera sees the photopeak of a nuclide, before it is used.

Three sources, together or alone. In a spectrum the peak is the middle of its half heights, above the
straight line between the ends of a region about the photopeak (NEMA NU 1-2007 2.3, GB/T 18989-2013
E.3.4); a fitted Gaussian is the second opinion. Cameras that peak themselves write the tuned window
into the header of an image: the peak is its middle. And a person may enter what the console shows.

A window whose middle is the nominal energy to the last digit tells nothing, because a preset looks
alike: a condition says so, and it is no pass. A window far beside the photopeak, as used to look for
hydration of the crystal, is no peak and voids the number; so does too small a spectrum. The uncertainty of a
spectrum is that of counting; of a window the digits of its limits.

``ws523`` compares with 140 keV, as its prerequisites do; ``local`` with the energy of the line.
"""

from __future__ import annotations

from dataclasses import dataclass

from photopeak_analyzers.acquisition import Acquisition, AcquisitionKind, FrameStack
from photopeak_analyzers.common_parameters import least_counts, refuse_above
from photopeak_analyzers.contract import (
    Analysis,
    Analyzer,
    Inputs,
    Measurement,
    Note,
    Parameters,
    Precondition,
    Reading,
    ReadingKind,
    Role,
    Scope,
    Variant,
    parameter,
)
from photopeak_analyzers.errors import MissingReadingError, ParameterError
from photopeak_analyzers.figures import Figure
from photopeak_analyzers.gamma_camera.energy_peak_conditions import (
    image_conditions,
    spectrum_conditions,
    spectrum_notes,
    window_conditions,
    window_notes,
)
from photopeak_analyzers.gamma_camera.energy_peak_figures import peaks_figure, spectrum_figure
from photopeak_analyzers.gamma_camera.energy_peaks import (
    FoundPeak,
    peak_of_spectrum,
    peaks_of_windows,
)
from photopeak_analyzers.gamma_camera.spectra import (
    from_table,
    nuclide_of,
    principal_line_kev,
    spectra_of,
    table_reading,
)
from photopeak_analyzers.given import every
from photopeak_analyzers.nuclide_table import NUCLIDES
from photopeak_analyzers.nuclides import canonical_name, imaged_lines_kev
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.shorthand import as_suffix, measurements, metrics

WS523 = Variant(
    name="ws523",
    title="WS 523-2019, prerequisite of every test",
    clause="WS 523-2019, prerequisites: energy peak 140 keV +- 3 keV",
)
LOCAL = Variant(
    name="local",
    title="Daily check against the energy of the line",
    clause="practice: daily energy peak; peak as NEMA NU 1-2007 2.3 (GB/T 18989-2013 E.3.4)",
)

WS523_KEV = {"Tc-99m": 140.0}
"""Nominal energies as the prerequisites print them. WS 523-2019."""

ROLE = Role(
    name="image",
    kinds=frozenset(
        {
            AcquisitionKind.PLANAR,
            AcquisitionKind.DYNAMIC,
            AcquisitionKind.WHOLE_BODY,
            AcquisitionKind.GATED,
            AcquisitionKind.TOMOGRAPHIC,
            AcquisitionKind.GATED_TOMOGRAPHIC,
            AcquisitionKind.SPECTRUM,
        }
    ),
    minimum=0,
    label="Image after peaking, or spectrum",
    hint="Any image taken after the camera was peaked, for its window; or one whose windows sweep"
    " the spectrum.",
)

SPECTRUM = table_reading("spectrum", "Spectrum: energy in keV and counts", energies=True)

SHOWN = Reading(
    name="shown_peak",
    label="Energy peak as the console shows it",
    unit="keV",
    minimum=20.0,
    maximum=1500.0,
    required=False,
)

NUCLIDE = Reading(
    name="nuclide",
    label="Nuclide of the source",
    label_zh="放射源核素",
    unit="1",
    kind=ReadingKind.CHOICE,
    choices=tuple(
        sorted(each.name for each in NUCLIDES if principal_line_kev(each.name) is not None)
    ),
    required=False,
    hint="Where no image tells it; the parameter nuclide goes before.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyPeakParameters(Parameters):
    """Of which nuclide, and from how many counts a spectrum tells its peak."""

    nuclide: str | None = parameter(None, doc="Nuclide of the source, when the header has none.")
    line_kev: float | None = parameter(
        None,
        doc="Photopeak to look at, for a nuclide with several; without it the one that lies nearest"
        " to a window, and in a spectrum the first of the table of nuclides.",
        unit="keV",
        minimum=20.0,
        maximum=1500.0,
    )
    region_percent: float = parameter(
        15.0,
        doc="Half width of the region about the photopeak.",
        unit="%",
        minimum=5.0,
        maximum=40.0,
    )
    counts_asked: float = least_counts(
        10_000.0,
        doc="Counts of the peak channel for a number to be judged.",
        clause="NEMA NU 1-2007 2.3 (GB/T 18989-2013 E.3.3)",
    )
    counts_invalid_below: float = least_counts(
        1_000.0, doc="Counts of the peak channel below which nothing is judged."
    )

    def __post_init__(self) -> None:
        Parameters.__post_init__(self)
        refuse_above(self, "counts_invalid_below", "counts_asked")
        if self.nuclide is not None and canonical_name(self.nuclide) is None:
            raise ParameterError(
                f"nuclide is {self.nuclide!r}, needs a radionuclide",
                quantity="nuclide",
                value=self.nuclide,
            )


def measure(inputs: Inputs, parameters: EnergyPeakParameters) -> Analysis:
    """Find the peak in whatever is given."""
    variant = next(v for v in (WS523, LOCAL) if v.name == inputs.variant)
    images = every(inputs, ROLE, Acquisition)
    image = images[0] if images else None
    told = _told(inputs, parameters)
    nuclide = _nuclide(image, told)
    nominal = parameters.line_kev or _nominal_kev(nuclide, variant)
    peaks: list[FoundPeak] = []
    conditions: list[Precondition] = []
    notes: list[Note] = []
    table = from_table(inputs, SPECTRUM.name, energies=True, nuclide=nuclide)
    spectra = (() if image is None else spectra_of(image, variant.clause)) + (
        () if table is None else (table,)
    )
    for spectrum in spectra:
        peak = peak_of_spectrum(spectrum, nuclide, nominal, parameters.region_percent)
        peaks.append(peak)
        conditions += spectrum_conditions(peak, parameters, variant.clause)
        notes += spectrum_notes(peak)
    if image is not None:
        conditions += image_conditions(image, nuclide, told, variant.clause)
        swept = any(each.came_as == "sweep" for each in spectra)
        if isinstance(image, FrameStack) and not swept:
            stated = parameters.line_kev
            tuned = peaks_of_windows(
                image,
                nuclide,
                imaged_lines_kev(nuclide) if stated is None else (stated,),
                lambda line: line if stated else _as_printed(nuclide, line, variant),
            )
            peaks += tuned
            conditions += window_conditions(tuned, variant.clause)
            notes += window_notes(image, tuned)
    shown = _shown(inputs, nuclide, nominal)
    if shown is not None:
        peaks.append(shown)
    if not peaks:
        raise MissingReadingError(
            "there is neither an image with an energy window, nor a spectrum, nor a peak as shown,"
            " needs one of them",
            quantity="sources of an energy peak",
            value=0,
            bound=1,
        )
    several = len([peak for peak in peaks if peak.spectrum is not None]) > 1
    figures: list[Figure] = [
        spectrum_figure(peak, as_suffix(peak.scope) if several else "")
        for peak in peaks
        if peak.spectrum is not None
    ]
    return Analysis(
        measurements=tuple(m for peak in peaks for m in _numbers(peak)),
        preconditions=tuple(dict.fromkeys(conditions)),
        figures=(*figures, peaks_figure(peaks)),
        notes=tuple(notes),
    )


def _told(inputs: Inputs, parameters: EnergyPeakParameters) -> str | None:
    """Return the nuclide that a person named, for all measurements or for this one."""
    given = inputs.readings.get(NUCLIDE.name)
    return parameters.nuclide or (None if given is None else str(given.value))


def _nuclide(image: Acquisition | None, told: str | None) -> str:
    found = told if image is None else nuclide_of(image, told)
    name = canonical_name(found)
    if name is None or principal_line_kev(name) is None:
        raise ParameterError(
            f"the nuclide is {name or 'not known'}, needs one with a photopeak for a gamma camera:"
            " give the reading nuclide or set the parameter",
            quantity="nuclide",
            value=name,
        )
    return name


def _nominal_kev(nuclide: str, variant: Variant) -> float:
    line = principal_line_kev(nuclide)
    return _as_printed(nuclide, 0.0 if line is None else line, variant)


def _as_printed(nuclide: str, line_kev: float, variant: Variant) -> float:
    """Return the nominal energy of a line: as WS 523 prints it, else that of the line."""
    return WS523_KEV.get(nuclide, line_kev) if variant is WS523 else line_kev


def _shown(inputs: Inputs, nuclide: str, nominal_kev: float) -> FoundPeak | None:
    reading = inputs.readings.get(SHOWN.name)
    if reading is None:
        return None
    value = inputs.number(SHOWN.name)
    return FoundPeak(
        method="shown",
        scope=Scope.of(method="shown", nuclide=nuclide),
        nuclide=nuclide,
        nominal_kev=nominal_kev,
        peak_kev=Estimate(value=value, uncertainty=reading.uncertainty or 0.0),
    )


def _numbers(peak: FoundPeak) -> list[Measurement]:
    value, u = peak.peak_kev.value, peak.peak_kev.uncertainty or None
    nominal = peak.nominal_kev
    fwhm = peak.fwhm_kev
    rows = [
        ("peak_kev", value, u),
        ("peak_shift_kev", value - nominal, u),
        ("peak_shift_pct", 100.0 * (value / nominal - 1.0), u and 100.0 * u / nominal),
        ("peak_counts", peak.counts, None),
        ("window_width_pct", None if peak.window is None else peak.window.width_percent, None),
    ]
    if fwhm is not None:
        rows.append(("fwhm_pct", 100.0 * fwhm.value / value, 100.0 * fwhm.uncertainty / value))
    if peak.fitted_kev is not None:
        rows.append(("peak_fit_kev", peak.fitted_kev.value, peak.fitted_kev.uncertainty))
    return measurements(peak.scope, rows)


ANALYZER = Analyzer(
    id="energy_peak_check",
    title="Energy peak",
    title_zh="能峰检查",
    version="1",
    variants=(WS523, LOCAL),
    roles=(ROLE,),
    readings=(SPECTRUM, SHOWN, NUCLIDE),
    metrics=metrics(
        LOCAL.clause,
        ("peak_kev", "keV", "E_p", "Energy peak", "能峰位置", 1),
        ("peak_shift_kev", "keV", "dE", "Shift of the peak from the nominal energy", "能峰相对标称能量的偏移", 1),
        ("peak_shift_pct", "%", "dE/E", "Relative shift of the peak", "能峰相对偏移", 2),
        ("peak_fit_kev", "keV", "E_fit", "Energy peak by a fitted Gaussian", "高斯拟合能峰位置", 1),
        ("fwhm_pct", "%", "FWHM/E", "Width of the peak above its continuum", "能峰相对半高宽（扣除连续谱）", 1),
        ("peak_counts", "{counts}", "N_p", "Counts of the peak channel", "峰道计数", 0),
        ("window_width_pct", "%", "W", "Width of the tuned window", "能窗宽度", 1),
    ),
    parameters=EnergyPeakParameters,
    measure=measure,
    figures=("spectrum", "peaks"),
)  # fmt: skip
"""The test, as registered."""

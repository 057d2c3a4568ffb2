"""Energy windows: where each one lies, how wide it is, and which gamma line it is meant for.

Every image of a gamma camera says so in its header. Consoles that peak themselves write the tuned
window, others the preset one: the numbers are those of the header, whichever it holds.

``nema`` asks for the window that the manufacturer recommends; the site states its width, and
without it only the place is compared. ``iec`` prescribes the windows of table 1, +-10 % about the
photopeak. A window on no line of the nuclide, like one that collects scatter, is shown and not
judged as long as another one lies on a line. Neither are windows that sweep a spectrum over a line,
nor two that meet on one, in its lower and its upper half: they serve other tests, and a note says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from photopeak_analyzers.acquisition import (
    IMAGES,
    Acquisition,
    EnergyWindow,
    FrameStack,
    GatedVolume,
    Volume,
)
from photopeak_analyzers.conditions import bounded
from photopeak_analyzers.contract import (
    Analysis,
    Analyzer,
    Inputs,
    Measurement,
    Note,
    Outcome,
    Parameters,
    Precondition,
    PreconditionCode,
    Role,
    Scope,
    Severity,
    Variant,
    parameter,
)
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.figures import TableFigure
from photopeak_analyzers.frame_conditions import holds_counts
from photopeak_analyzers.gamma_camera.spectra import sweep
from photopeak_analyzers.given import one
from photopeak_analyzers.nuclides import canonical_name, imaged_lines_kev
from photopeak_analyzers.shorthand import measurements, metrics
from photopeak_analyzers.source_conditions import (
    ASIDE_PERCENT,
    OTHER_PEAK_PERCENT,
    WINDOW_CENTRE_PERCENT,
    WINDOW_WIDTH_TOLERANCE,
    nearest_line,
    offset_percent,
)

NEMA = Variant(
    name="nema",
    title="NEMA NU 1-2007, window as the manufacturer recommends",
    clause="NEMA NU 1-2007 (GB/T 18989-2013 annex E), general conditions",
)
IEC = Variant(
    name="iec",
    title="IEC 60789:1992, windows of table 1",
    clause="IEC 60789 / GB/T 18989-2013 3 b, table 1",
)

IEC_WIDTH_PERCENT = 20.0
"""Full width of a window, +-10 % about the photopeak. IEC 60789 / GB/T 18989-2013 table 1."""

IEC_WINDOWS_KEV = MappingProxyType(
    {
        "Tc-99m": ((127.0, 155.0),),
        "Ce-141": ((130.0, 160.0),),
        "Ga-67": ((84.0, 102.0), (166.0, 202.0), (266.0, 326.0)),
        "I-131": ((328.0, 400.0),),
        "Ba-133": ((320.0, 392.0),),
        "In-113m": ((354.0, 432.0),),
        "Sr-85": ((463.0, 565.0),),
    }
)
"""(lower, upper) of each window in keV. IEC 60789 / GB/T 18989-2013 table 1."""

ROUNDING = 1e-6
"""Percentage points within which a number is on its tolerance: limits in keV are decimals."""

ALL_LINES = frozenset({"Ga-67", "In-111"})
"""Nuclides that are imaged on all their photopeaks together."""

HALF_PERCENT = 12.0
"""Percent of the photopeak by which the centre of a window in one half of it may lie aside."""

SWEEP, HALVES = "a sweep of a spectrum", "both halves of a photopeak"
"""What windows serve that are meant to lie beside a line."""

ROLE = Role(
    name="image",
    kinds=IMAGES,
    label="Image",
    hint="Any image of a gamma camera; only its header is looked at.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyWindowParameters(Parameters):
    """What is expected of the windows."""

    window_width_percent: float | None = parameter(
        None,
        doc="Width of the window that the manufacturer recommends, for the NEMA text; without it"
        " the width is shown and not compared. IEC prescribes 20 %.",
        unit="%",
        clause="NEMA NU 1-2007 (GB/T 18989-2013 annex E)",
        minimum=1.0,
        maximum=100.0,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedWindow:
    """One window and the photopeak it is compared with.

    Attributes
    ----------
    line_kev
        Where its middle should lie; None when it lies on no line and need not.
    required_width
        Full width in percent; None when none is required.
    serves
        What the window is meant for where it need not lie on a line; empty otherwise.
    """

    window: EnergyWindow
    nuclide: str | None
    line_kev: float | None
    required_width: float | None
    serves: str = ""

    @property
    def scope(self) -> Scope:
        """The energy window."""
        return Scope.of(energy_window=self.window.number)

    @property
    def offset_percent(self) -> float | None:
        """Distance of the middle from the line, in percent of the line."""
        return None if self.line_kev is None else offset_percent(self.window, self.line_kev)

    @property
    def width_deviation(self) -> float | None:
        """Width minus the required one, in percentage points."""
        if self.line_kev is None or self.required_width is None:
            return None
        return self.window.width_percent - self.required_width

    @property
    def good(self) -> bool | None:
        """Whether place and width are within their tolerances; None when nothing is required."""
        if self.offset_percent is None:
            return None
        width = self.width_deviation
        return abs(self.offset_percent) <= WINDOW_CENTRE_PERCENT + ROUNDING and (
            width is None or abs(width) <= WINDOW_WIDTH_TOLERANCE + ROUNDING
        )


def check_windows(
    acquisition: Acquisition, variant: str, width_percent: float | None
) -> tuple[CheckedWindow, ...]:
    """Match each window with a line of its nuclide.

    The nuclide is that of the acquisition, else the one that the window is named after. Lines
    farther than 5 % away are no match; if no window matches any line, each is compared with the
    nearest one, because something was meant to be measured.
    """
    iec = variant == IEC.name
    required = IEC_WIDTH_PERCENT if iec else width_percent
    matched = []
    for window in acquisition.energy_windows:
        nuclide = acquisition.nuclide or canonical_name(window.name)
        lines = _lines(nuclide, iec=iec)
        matched.append((window, nuclide, nearest_line(window, lines) if lines else None))
    serves = _serves(acquisition, [(window, line) for window, _, line in matched])
    if serves:
        return tuple(
            CheckedWindow(
                window=window, nuclide=nuclide, line_kev=None, required_width=None, serves=serves
            )
            for window, nuclide, _ in matched
        )
    near = [
        line is not None and abs(offset_percent(window, line)) <= OTHER_PEAK_PERCENT
        for window, _, line in matched
    ]
    return tuple(
        CheckedWindow(
            window=window,
            nuclide=nuclide,
            line_kev=line if close or not any(near) else None,
            required_width=required,
        )
        for (window, nuclide, line), close in zip(matched, near, strict=True)
    )


def _serves(acquisition: Acquisition, matched: list[tuple[EnergyWindow, float | None]]) -> str:
    """Return what windows beside the line are meant for; empty when they are to lie on it.

    A sweep holds a line; two halves meet on one. Windows that do neither are wrong ones, alike as
    they may be.
    """
    holds_a_line = any(
        line is None or window.lower_kev <= line <= window.upper_kev for window, line in matched
    )
    if isinstance(acquisition, FrameStack) and sweep(acquisition) and holds_a_line:
        return SWEEP
    if len(matched) != 2:
        return ""
    (low, line), (high, same) = sorted(matched, key=lambda each: each[0].centre_kev)
    if line is None or line != same:
        return ""
    below, above = offset_percent(low, line), offset_percent(high, line)
    slack = ASIDE_PERCENT / 100.0 * line
    aside = -HALF_PERCENT <= below <= -ASIDE_PERCENT and ASIDE_PERCENT <= above <= HALF_PERCENT
    meet = abs(low.upper_kev - line) <= slack and abs(high.lower_kev - line) <= slack
    return HALVES if aside and meet and abs(below + above) <= ASIDE_PERCENT else ""


def lines_without_window(checked: tuple[CheckedWindow, ...], variant: str) -> int | None:
    """Return how many photopeaks lack their window; None when the nuclide is not known.

    Nuclides that are imaged on one of several photopeaks need one.
    """
    nuclides = {each.nuclide for each in checked if each.nuclide is not None}
    if len(nuclides) != 1:
        return None
    nuclide = nuclides.pop()
    lines = _lines(nuclide, iec=variant == IEC.name)
    if not lines or all(each.line_kev is None for each in checked):
        return None
    covered = {
        each.line_kev
        for each in checked
        if each.offset_percent is not None and abs(each.offset_percent) <= OTHER_PEAK_PERCENT
    }
    needed = len(lines) if nuclide in ALL_LINES else 1
    return max(needed - len(covered), 0)


def measure(inputs: Inputs, parameters: EnergyWindowParameters) -> Analysis:
    """Compare the windows of an image with what the variant asks for."""
    acquisition = _acquisition(inputs)
    variant = next(v for v in (NEMA, IEC) if v.name == inputs.variant)
    checked = check_windows(acquisition, variant.name, parameters.window_width_percent)
    found = [m for each in checked for m in _measurements(each)]
    missing = lines_without_window(checked, variant.name)
    if missing is not None:
        found += measurements(Scope(), [("lines_without_window", float(missing), None)])
    return Analysis(
        measurements=tuple(found),
        preconditions=_conditions(acquisition, checked, variant.clause),
        figures=(_table(checked),),
        notes=(*_purpose(checked), *(note for each in checked for note in _notes(each))),
    )


def _acquisition(inputs: Inputs) -> Acquisition:
    acquisition = one(inputs, ROLE, Acquisition)
    if not acquisition.energy_windows:
        raise UnsuitableAcquisitionError(
            "the header describes no energy window, needs at least 1",
            quantity="energy windows",
            value=0,
            bound=1,
        )
    return acquisition


def _lines(nuclide: str | None, *, iec: bool) -> tuple[float, ...]:
    """Return where windows of a nuclide belong, in keV; table 1 names the middle of its windows."""
    if nuclide is None:
        return ()
    if iec and nuclide in IEC_WINDOWS_KEV:
        return tuple((lower + upper) / 2.0 for lower, upper in IEC_WINDOWS_KEV[nuclide])
    return imaged_lines_kev(nuclide)


def _measurements(each: CheckedWindow) -> list[Measurement]:
    window = each.window
    return measurements(
        each.scope,
        (
            ("window_centre_kev", window.centre_kev, None),
            ("window_width_pct", window.width_percent, None),
            ("window_offset_pct", each.offset_percent, None),
            ("window_width_deviation_pct", each.width_deviation, None),
            ("window_ok", None if each.good is None else float(each.good), None),
        ),
    )


def _conditions(
    acquisition: Acquisition, checked: tuple[CheckedWindow, ...], clause: str
) -> tuple[Precondition, ...]:
    known = all(each.nuclide is not None for each in checked)
    conditions = [
        Precondition(
            code=PreconditionCode.NUCLIDE,
            severity=Severity.SOFT,
            outcome=Outcome.MET if known else Outcome.UNKNOWN,
            quantity="nuclide",
            value=acquisition.nuclide,
            expected="a known nuclide",
            clause=clause,
        ),
        holds_counts(_highest_pixel(acquisition), scope=Scope(), clause=clause),
    ]
    if isinstance(acquisition, FrameStack):
        described = {window.number for window in acquisition.energy_windows}
        stray = {f.energy_window for f in acquisition.frames} - described - {None}
        conditions.append(
            bounded(
                PreconditionCode.FRAMES,
                "energy windows of frames that the header does not describe",
                float(len(stray)),
                upper=0.0,
                unit="1",
                severity=Severity.HARD,
                scope=Scope(),
                clause=clause,
            )
        )
    return tuple(conditions)


def _highest_pixel(acquisition: Acquisition) -> float | None:
    if isinstance(acquisition, FrameStack):
        highest = float(acquisition.counts.max())
    elif isinstance(acquisition, Volume):
        highest = float(acquisition.values.max())
    elif isinstance(acquisition, GatedVolume):
        highest = max(float(volume.values.max()) for volume in acquisition.volumes)
    else:
        return None
    return highest if np.isfinite(highest) else None


def _table(checked: tuple[CheckedWindow, ...]) -> TableFigure:
    return TableFigure(
        name="windows",
        title="Energy windows",
        columns=(
            "window",
            "name",
            "lower (keV)",
            "upper (keV)",
            "centre (keV)",
            "width (%)",
            "line (keV)",
            "offset (%)",
        ),
        rows=tuple(
            (
                each.window.number,
                each.window.name,
                each.window.lower_kev,
                each.window.upper_kev,
                each.window.centre_kev,
                each.window.width_percent,
                each.line_kev,
                each.offset_percent,
            )
            for each in checked
        ),
    )


def _purpose(checked: tuple[CheckedWindow, ...]) -> tuple[Note, ...]:
    """Say once what windows serve that are shown and not judged."""
    serves = checked[0].serves
    if not serves:
        return ()
    lower = min(each.window.lower_kev for each in checked)
    upper = max(each.window.upper_kev for each in checked)
    return (
        Note(
            code="WINDOWS_SERVE_ANOTHER_TEST",
            message=f"the {len(checked)} energy windows from {lower:g} to {upper:g} keV are {serves}"
            " and are not compared",
            values={"lower_kev": lower, "upper_kev": upper, "windows": len(checked)},
        ),
    )


def _notes(each: CheckedWindow) -> list[Note]:
    number, notes = each.window.number, []
    named = canonical_name(each.window.name)
    if named is not None and named != each.nuclide:
        notes.append(
            Note(
                code="WINDOW_OF_ANOTHER_NUCLIDE",
                message=f"energy window {number} is named after {named},"
                f" the nuclide is {each.nuclide}",
                scope=each.scope,
                values={"named": named, "nuclide": each.nuclide or ""},
            )
        )
    if each.nuclide is not None and each.line_kev is None and not each.serves:
        notes.append(
            Note(
                code="WINDOW_ON_NO_LINE",
                message=f"energy window {number} lies on no line of {each.nuclide}"
                " and is not compared",
                scope=each.scope,
            )
        )
    return notes


ANALYZER = Analyzer(
    id="energy_window_check",
    title="Energy windows",
    title_zh="能量窗检查",
    version="2",
    variants=(NEMA, IEC),
    roles=(ROLE,),
    metrics=metrics(
        "IEC 60789 / GB/T 18989-2013 3 b, table 1",
        ("window_centre_kev", "keV", "E_c", "Centre of the window", "能窗中心", 1),
        ("window_width_pct", "%", "W", "Width of the window", "能窗宽度", 1),
        ("window_offset_pct", "%", "dE", "Offset of the window from the photopeak", "能窗中心相对光电峰的偏差", 1),
        ("window_width_deviation_pct", "%", "dW", "Width of the window minus the required one", "能窗宽度与要求值之差", 1),
        ("window_ok", "1", "OK", "Window as required (1) or not (0)", "能窗符合要求（1）或不符合（0）", 0),
        ("lines_without_window", "1", "n", "Photopeaks without a window", "未设能窗的光电峰数", 0),
    ),
    parameters=EnergyWindowParameters,
    measure=measure,
    figures=("windows",),
)  # fmt: skip
"""The test, as registered."""

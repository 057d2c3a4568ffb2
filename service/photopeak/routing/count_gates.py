"""Gates on windows, count rates and the places of a source."""

from __future__ import annotations

from dataclasses import replace

from photopeak.model.content import ContentKind
from photopeak.model.routing import Assignment
from photopeak.routing import facts
from photopeak.routing.gate_cases import (
    LEAST_CONTENT_CONFIDENCE,
    Case,
    GateResult,
    change,
    confirm,
    reject,
)

BACKGROUND_RATE_CPS = 200.0
DECAY_SPAN_S = 3600.0
HYDRATION_OFFSET = 0.04
"""An asymmetric window lies at least 4 % beside the line."""

OF_A_DECAY = ("count_rate_performance", "dead_time")
"""Tests of a source that decays before the camera."""
NEMA_LAST_CPS, IEC_LAST_CPS = 4_000.0, 3_000.0
"""Below it the last image of a decay is taken (GB/T 18989-2013 E.6.3, 3.7.2 d)."""
NOMINAL_KEV = {"Tc-99m": 140.5, "Co-57": 122.1, "I-131": 364.5, "I-123": 159.0, "In-111": 171.3}
"""Photopeaks that an asymmetric window is compared with, in keV."""


def several_windows(candidate: Assignment, case: Case) -> GateResult | None:
    """Registration of windows needs Ga-67 and two of them, or one in each object of a set."""
    if candidate.test != "multiple_window_spatial_registration":
        return None
    nuclide = facts.nuclide(case.header)
    if nuclide and nuclide != "Ga-67":
        return reject(f"the nuclide is {nuclide}, the test needs Ga-67")
    windows = facts.number(case.header, "NumberOfEnergyWindows") or float(
        len(facts.window_centres_kev(case.header))
    )
    if windows < 2 and nuclide != "Ga-67":
        return reject(f"{windows:.0f} energy window, the test needs at least two")
    if windows < 2:
        return confirm("one energy window of Ga-67, the others may have objects of their own")
    return confirm(f"{windows:.0f} energy windows")


def count_rate(candidate: Assignment, case: Case) -> GateResult | None:
    """Tell a moved source from a decay: a dynamic image follows a decay for more than an hour.

    A decay tells the performance and the dead time alike; a background belongs to both.
    """
    if candidate.test not in {*OF_A_DECAY, "intrinsic_max_count_rate"}:
        return None
    role = candidate.role or "decay"
    structure = facts.structure(case.header)
    if structure != "DYNAMIC" or role == "background":
        if candidate.test not in OF_A_DECAY:
            return None
        told = "one series serves count-rate performance and dead time"
        if structure == "STATIC" and role == "decay":
            rate = _slowest_cps(case)
            iec = case.device is not None and case.device.family == "iec"
            end = IEC_LAST_CPS if iec else NEMA_LAST_CPS
            if rate is not None and rate >= end:
                role, told = "points", f"{told}; {rate:.0f} cps, the last image has below {end:.0f}"
        return change(told, *_of_a_decay(candidate, role))
    frames = facts.number(case.header, "NumberOfFrames") or 1.0
    duration = facts.duration_s(case.header)
    span = max(facts.span_s(case.headers) or 0.0, frames * duration if duration else 0.0)
    told = f"a dynamic image of {span:.0f} s"
    if span <= DECAY_SPAN_S:
        # Pauses between short frames are told by the frames alone.
        finding = case.content()
        decays = finding is not None and finding.kind is ContentKind.DECAY_SERIES
        if finding is None or not decays or finding.confidence < LEAST_CONTENT_CONFIDENCE:
            if candidate.test == "intrinsic_max_count_rate":
                return confirm(told)
            return change(
                f"{told}; one hour parts a moved source from a decay",
                replace(candidate, test="intrinsic_max_count_rate", role=""),
            )
        told = finding.message
    return change(
        f"{told}: a decay, for count-rate performance and dead time",
        *_of_a_decay(candidate, role),
    )


def _of_a_decay(candidate: Assignment, role: str) -> tuple[Assignment, ...]:
    return tuple(replace(candidate, test=test, role=role) for test in OF_A_DECAY)


def _slowest_cps(case: Case) -> float | None:
    """Return the rate of the slowest image of a static series; None when nothing tells it."""
    rates = [rate for header in case.headers if (rate := facts.rate_cps(header)) is not None]
    if rates:
        return min(rates)
    finding = case.content()
    return None if finding is None else finding.features.get("rate_cps")


def sensitivity_variant(candidate: Assignment, case: Case) -> GateResult | None:
    """300 s in a matrix of 256 is how WS 523 wants the sensitivity measured."""
    if candidate.test != "system_planar_sensitivity":
        return None
    duration = facts.duration_s(case.header)
    columns = facts.number(case.header, "Columns")
    told = "the activity has to be entered"
    if candidate.variant or duration is None or not 250.0 <= duration <= 350.0 or columns != 256:
        return confirm(told)
    return change(
        f"{duration:.0f} s in a matrix of 256: as WS 523-2019 has it; {told}",
        replace(candidate, variant="ws523"),
    )


def asymmetric_window(candidate: Assignment, case: Case) -> GateResult | None:
    """Hydration shows in a window beside the photopeak, or in two of them."""
    if candidate.test != "crystal_hydration":
        return None
    centres = facts.window_centres_kev(case.header)
    line = NOMINAL_KEV.get(facts.nuclide(case.header))
    if len(centres) >= 2:
        # One object with both windows is both floods.
        return change(
            f"{len(centres)} energy windows",
            *(replace(candidate, role=role) for role in ("low", "high")),
        )
    if not centres or line is None:
        return confirm("the header does not tell where the window lies")
    offset = centres[0] / line - 1.0
    if abs(offset) >= HYDRATION_OFFSET:
        return change(
            f"the window lies {offset:+.1%} beside the photopeak",
            replace(candidate, role="low" if offset < 0.0 else "high"),
        )
    return reject(f"one window, {offset:+.1%} beside the photopeak: not asymmetric")


def places_of_a_point(candidate: Assignment, case: Case) -> GateResult | None:
    """Complete a set of places with a dynamic image, which holds them all."""
    if candidate.test != "point_source_sensitivity_variation":
        return None
    if candidate.role == "last" or facts.structure(case.header) != "DYNAMIC":
        return None
    return change("a dynamic image holds every place", replace(candidate, role="last"))


def no_source(candidate: Assignment, case: Case) -> GateResult | None:
    """Background has a low rate and no spot."""
    if candidate.test != "background_rate":
        return None
    rate = facts.rate_cps(case.header)
    finding = case.content()
    if rate is None and finding is not None:
        rate = finding.features.get("rate_cps")
    if rate is not None and rate >= BACKGROUND_RATE_CPS:
        return reject(f"{rate:.0f} cps, background stays below {BACKGROUND_RATE_CPS:.0f} cps")
    if finding is not None and finding.kind not in {ContentKind.BACKGROUND, ContentKind.UNKNOWN}:
        return reject(f"the pixels show a source: {finding.message}")
    if finding is not None and finding.features.get("excess_sigma", 0.0) > 10.0:
        return reject(finding.message)
    if rate is None:
        return confirm("the header does not tell the count rate")
    return confirm(f"{rate:.1f} cps")

"""Whether projections are those that slices were made of, and the time of the scan is no other's."""

from __future__ import annotations

import dataclasses

from photopeak_analyzers.acquisition import Tomographic, Volume
from photopeak_analyzers.conditions import bounded, graded
from photopeak_analyzers.contract import Inputs, Precondition, PreconditionCode, Scope, Severity
from photopeak_analyzers.known_activity import some_window_on_photopeak
from photopeak_analyzers.source_conditions import nuclide_is_one_of, photopeaks
from photopeak_analyzers.spect.quantity import SCAN_TIME, Scan

SAME_START_S, OTHER_SCAN_S = 60.0, 3600.0
"""Starts this near are the same but for rounding; this far apart, they are two scans."""

SAME_TIME_PERCENT = 1.0
"""By how much a stated time of a scan may differ from that of its projections."""


def of_one_scan(
    projections: tuple[Tomographic, ...], volume: Volume, nuclide: str, clause: str
) -> list[Precondition]:
    """Check that projections show the same nuclide on its photopeak, at the time of the slices."""
    found = []
    for each in projections:
        apart_s = None
        if each.started_at is not None and volume.started_at is not None:
            apart_s = abs((each.started_at - volume.started_at).total_seconds())
        found += [
            _of_projections(nuclide_is_one_of(each, photopeaks((nuclide,)), clause)),
            _of_projections(some_window_on_photopeak(each.energy_windows, nuclide, clause)),
            graded(
                PreconditionCode.TIME,
                "time between the starts of projections and slices",
                apart_s,
                soft=(None, SAME_START_S),
                hard=(None, OTHER_SCAN_S),
                unit="s",
                scope=Scope(),
                clause=clause,
                expected="projections of the same scan",
            ),
        ]
    return found


def stated_time_agrees(inputs: Inputs, scan: Scan, clause: str) -> list[Precondition]:
    """Check, as a warning, a time that a person stated against that of the projections."""
    if SCAN_TIME not in inputs.readings or not scan.heads or scan.duration_s is None:
        return []
    stated_s = inputs.number(SCAN_TIME)
    return [
        bounded(
            PreconditionCode.DURATION,
            f"difference of the reading {SCAN_TIME} from the projections, which are used",
            100.0 * abs(stated_s / scan.duration_s - 1.0),
            upper=SAME_TIME_PERCENT,
            unit="%",
            severity=Severity.SOFT,
            scope=Scope(),
            clause=clause,
        )
    ]


def _of_projections(condition: Precondition) -> Precondition:
    return dataclasses.replace(condition, quantity=f"projections: {condition.quantity}")

"""The source of the daily check: its age and what is left of its activity."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from photopeak_analyzers.contract import Measurement, Scope
from photopeak_analyzers.errors import AnalysisError
from photopeak_analyzers.nuclides import half_life
from photopeak_analyzers.numerics.decay import activity_at
from photopeak_analyzers.pet.daily_report import DailyReport
from photopeak_analyzers.shorthand import measurements

DAY = timedelta(days=1)


def age_d(report: DailyReport) -> float | None:
    """Return the days from the assay of the source to the check; negative before; None unknown."""
    phantom = report.phantom
    if phantom is None or phantom.assayed_at is None or report.scanned_at is None:
        return None
    return (report.scanned_at - phantom.assayed_at) / DAY


def phantom_numbers(report: DailyReport) -> Iterator[Measurement]:
    """Return age, activity and calibration factor, as far as the report tells them."""
    phantom, age = report.phantom, age_d(report)
    if phantom is None:
        return
    left = None
    if phantom.activity_mbq is not None and age is not None:
        try:
            life = half_life(phantom.nuclide).seconds
            left = activity_at(phantom.activity_mbq, age * DAY.total_seconds(), life)
        except AnalysisError:
            left = None
    yield from measurements(
        Scope(),
        [
            ("phantom_age_d", age, None),
            ("phantom_activity_mbq", left, None),
            ("calibration_factor", phantom.calibration_factor, None),
        ],
    )

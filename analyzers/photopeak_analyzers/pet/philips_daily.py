"""Daily report of a Philips PET (Gemini and its kin) by the words of its PDF.

Tests of the hardware are passed or failed; resolution of time and energy, centroid and tilt are
numbers. The report prints no bounds: those of the site stand in its files of limits.
"""

from __future__ import annotations

import dataclasses
import re

from photopeak_analyzers.document import Document
from photopeak_analyzers.pet.daily_report import (
    DailyItem,
    DailyReport,
    Layout,
    same_unit,
    verdict_in,
)
from photopeak_analyzers.pet.report_words import Wording, read_items

_MAKER = re.compile(r"(?i)(?<![a-z])(?:philips|gemini|ingenuity|vereos)(?![a-z])")

METRICS = {
    "TimingResolution": ("timing_resolution_ps", "ps"),
    "EnergyFWHM": ("energy_resolution_pct", "%"),
    "EnergyCentroid": ("energy_centroid", ""),
    "TiltLinearity": ("tilt_linearity", ""),
}
"""Metric of an item, and the unit that its value has to have; empty where it has none of its own."""

WORDINGS = (
    Wording("HardwareSensors", r"hardware\s*(?:and\s*)?sensors?(?:\s*test)?"),
    Wording("PMTGain", r"pmt\s*gains?(?:\s*(?:calibration|test))?"),
    Wording("EnergyTest", r"energy\s*test(?:\s*(?:and\s*)?analysis)?"),
    Wording(
        "EmissionTest",
        r"emission\s*(?:sinogram\s*)?(?:collection\s*)?test(?:\s*(?:and\s*)?analysis)?",
    ),
    Wording("TimingResolution", r"timing\s*(?:test\s*)?resolution"),
    Wording("EnergyFWHM", r"energy\s*(?:fwhm|resolution)(?:\s*avg\.?|\s*average)?"),
    Wording("EnergyCentroid", r"(?:energy\s*)?centroid(?:\s*avg\.?|\s*average)?"),
    Wording("TiltLinearity", r"tilt(?:\s*\(?linearity\)?)?"),
)
TESTS = ("HardwareSensors", "PMTGain", "EnergyTest", "EmissionTest")
"""Items that are passed or failed; where the report says nothing of the whole, all four say it."""
_WANTED = (*TESTS, "TimingResolution", "EnergyFWHM")


def read_pdf(document: Document) -> DailyReport:
    """Read the words of a report."""
    found = read_items(document.text, WORDINGS)
    items = tuple(_known(item) for item in found.items)
    names = {item.name for item in items}
    overall = found.overall(
        r"overall(?:\s*(?:result|status))?|daily\s*qc(?:\s*(?:result|status))?|final\s*(?:result|status)"
    )
    passed = verdict_in(overall)
    judged = [item.passed for item in items if item.passed is not None]
    if passed is None and judged and not overall:
        passed = False if False in judged else None
        if all(any(i.name == test and i.passed for i in items) for test in TESTS):
            passed = passed is not False
    return DailyReport(
        title="Philips daily quality control (PDF)",
        maker="philips",
        items=items,
        passed=passed,
        said=overall[:64],
        scanned_at=document.started_at,
        missing=tuple(name for name in _WANTED if name not in names),
    )


def _known(item: DailyItem) -> DailyItem:
    known = METRICS.get(item.name)
    if known is None:
        return item
    metric, unit = known
    fault = item.fault
    if not fault and item.value is None:
        fault = "has no value"
    elif not fault and unit and not same_unit(item.unit, unit):
        fault = f"is in {item.unit or 'no unit'}, needs {unit}"
    return dataclasses.replace(item, metric=metric, fault=fault)


PHILIPS_PDF = Layout(
    title="Philips daily quality control (PDF)",
    fits=lambda document: document.root is None and _MAKER.search(document.text) is not None
    and len(read_items(document.text, WORDINGS).items) >= 2,
    read=read_pdf,
)  # fmt: skip

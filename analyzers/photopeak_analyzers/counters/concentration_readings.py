"""What a person writes down for the concentration of samples, from reference source to volume."""

from __future__ import annotations

from photopeak_analyzers.contract import Column, Reading, ReadingKind
from photopeak_analyzers.counters.calibrator_readings import nuclide_reading
from photopeak_analyzers.counters.sample_efficiency import activity_columns
from photopeak_analyzers.counters.sample_emissions import LOWER, UPPER
from photopeak_analyzers.counters.sample_readings import (
    BACKGROUND,
    counts_column,
    live_column,
    start_column,
)

REFERENCES = Reading(
    name="references",
    label="Ge-68 reference sources",
    label_zh="Ge-68参考源",
    unit="{counts}",
    kind=ReadingKind.TABLE,
    columns=activity_columns(),
    maximum_rows=200,
    hint="One row for each count, in the window of 511 keV and in containers like those of the"
    " samples.",
)

SAMPLES = Reading(
    name="samples",
    label="Samples",
    label_zh="样品",
    unit="{counts}",
    kind=ReadingKind.TABLE,
    columns=(
        counts_column(),
        live_column(),
        start_column(),
        Column("volume_ml", "mL", label="Volume", label_zh="体积", minimum=0.001, maximum=1000.0),
        Column("u_volume_pct", "%", label="Standard uncertainty of the volume, k = 1",
               label_zh="体积相对标准不确定度(k=1)", minimum=0.0, maximum=50.0, required=False),
        Column("sample", kind=ReadingKind.TEXT, label="Name", label_zh="样品名", required=False),
    ),
    maximum_rows=200,
    hint="One row for each count of a sample; times with their zone.",
)  # fmt: skip

POSITRONS = Reading(
    name="positrons_per_decay",
    label="Positrons per decay of the sample",
    label_zh="样品每次衰变正电子数",
    unit="1",
    minimum=1e-6,
    maximum=2.0,
    required=False,
    hint="Empty for the value of the table of nuclides.",
)

MOMENT = Reading(
    name="concentration_at",
    label="Time that the concentration refers to",
    label_zh="浓度参考时刻",
    unit="s",
    kind=ReadingKind.TIME,
    required=False,
    hint="Empty for the start of the first sample.",
)

EXPECTED = Reading(
    name="expected_kbq_ml",
    label="Concentration to be expected",
    label_zh="预期浓度",
    unit="kBq/mL",
    kind=ReadingKind.ACTIVITY,
    minimum=1e-9,
    maximum=1e9,
    required=False,
    hint="Such as an activity of the radionuclide calibrator over the volume it was put into.",
)

READINGS = (
    nuclide_reading(label="Nuclide of the samples", label_zh="样品核素"),
    REFERENCES,
    SAMPLES,
    BACKGROUND,
    MOMENT,
    POSITRONS,
    EXPECTED,
    LOWER,
    UPPER,
)
"""Readings of the test."""

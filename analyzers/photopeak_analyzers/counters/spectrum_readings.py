"""A spectrum as it reaches a test of a gamma counter: a file, or a table of channels."""

from __future__ import annotations

import dataclasses

import numpy as np

from photopeak_analyzers.acquisition import Spectrum
from photopeak_analyzers.contract import Column, Inputs, Reading, ReadingKind
from photopeak_analyzers.counters.wbc_spectra import spectrum_role
from photopeak_analyzers.errors import (
    MissingReadingError,
    ParameterError,
    UnsuitableAcquisitionError,
)
from photopeak_analyzers.given import every
from photopeak_analyzers.nuclide_table import NUCLIDES
from photopeak_analyzers.nuclides import find

MOST_CHANNELS = 65_536

SPECTRUM = spectrum_role(
    "spectrum",
    "Spectrum",
    "A source of one line, such as Cs-137, in its tube or jig.",
    minimum=0,
)

NUCLIDE = Reading(
    name="nuclide",
    label="Nuclide of the source",
    label_zh="放射源核素",
    unit="1",
    kind=ReadingKind.CHOICE,
    choices=tuple(sorted(nuclide.name for nuclide in NUCLIDES if nuclide.lines)),
)

TABLE = Reading(
    name="channels",
    label="Spectrum as a table",
    label_zh="能谱数据表",
    unit="{counts}",
    kind=ReadingKind.TABLE,
    columns=(
        Column("channel", label="Channel", label_zh="道址", minimum=0.0, maximum=MOST_CHANNELS - 1),
        Column("counts", "{counts}", label="Counts", label_zh="计数", minimum=0.0, maximum=1e12),
    ),
    minimum_rows=16,
    required=False,
    hint="One row for each channel, in rising order, where there is no file.",
)


EXPECTED = Reading(
    name="expected_channel",
    label="Channel where the peak is expected",
    label_zh="预期峰位(道)",
    unit="1",
    minimum=1.0,
    maximum=MOST_CHANNELS - 1.0,
    required=False,
    hint="Counted from 0; where the spectrum has no energies and other peaks lie above.",
)


def line_of(nuclide: str) -> float:
    """Return the energy of the line of a nuclide that is looked for, in keV.

    The strongest of those that images are made with, else the strongest.
    """
    lines = find(nuclide).lines
    if not lines:
        raise ParameterError(
            f"the table of nuclides has no line of {nuclide}, needs line_kev", quantity="line_kev"
        )
    ranked = [line for line in lines if line.imaged] or list(lines)
    return max(ranked, key=lambda line: line.intensity_percent or 0.0).energy_kev


def spectrum_given(inputs: Inputs) -> Spectrum:
    """Return the spectrum of a file or of a table.

    Raises
    ------
    MissingReadingError
        If there is neither.
    ParameterError
        If there are both, or the channels of the table are none.
    """
    files = every(inputs, dataclasses.replace(SPECTRUM, minimum=0), Spectrum)
    rows = inputs.rows(TABLE)
    if files and rows:
        raise ParameterError(
            f"a file and the reading {TABLE.name} hold a spectrum each, needs one of them",
            quantity=TABLE.name,
            value=2,
            bound=1,
        )
    if files:
        return files[0]
    if not rows:
        raise MissingReadingError(
            f"there is neither a spectrum nor the reading {TABLE.name}, needs one of them",
            quantity=TABLE.name,
        )
    first = rows[0].number("channel")
    for row in rows:
        expected = first + row.position - 1
        if row.number("channel") != expected or first != round(first):
            raise UnsuitableAcquisitionError(
                f"row {row.position} of {TABLE.name} is channel {row.number('channel'):g}, needs"
                f" {round(expected)}: one row for each, rising by 1",
                quantity=f"channel in row {row.position} of {TABLE.name}",
                value=row.number("channel"),
                bound=round(expected),
            )
    counts = np.zeros(round(first) + len(rows))
    counts[round(first) :] = [row.number("counts") for row in rows]
    return Spectrum(counts=counts)

"""Which figure of a result is compared with which of its reference, and why two cannot be. Pure."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from photopeak.model.configuration import configuration_of
from photopeak.model.results import FigureRecord, ResultRecord
from photopeak.model.reviews import ReferenceKey

_SHOWN = "flood"
_COMPARED = "deviation"
_SAME_SPACING = 0.01
"""Part by which pixels may differ in size and still count as the same."""


class NotComparableError(Exception):
    """Two images cannot be compared; the message says why, with its places in `places`."""

    def __init__(self, message: str, **places: str) -> None:
        super().__init__(message.format(**places))
        self.message = message
        self.places = places


@dataclass(frozen=True, slots=True)
class Frame:
    """Size of an image, and of its pixels."""

    rows: int
    columns: int
    row_mm: float
    column_mm: float

    def __str__(self) -> str:
        """Return it as people write it."""
        return f"{self.columns} × {self.rows}, {self.column_mm:.2f} mm"


def compared_figure(name: str) -> str:
    """Return the figure whose pixels are subtracted where a flood is shown; empty for others.

    It is the map of deviations from the mean of the field of view, smoothed as the text of the test
    says: its difference is in percent, whatever the counts were.

    >>> compared_figure("flood_detector_1")
    'deviation_detector_1'
    """
    if name != _SHOWN and not name.startswith(f"{_SHOWN}_"):
        return ""
    return _COMPARED + name.removeprefix(_SHOWN)


def floods(record: ResultRecord) -> tuple[FigureRecord, ...]:
    """Return the figures of a result that may have a reference image."""
    names = {figure.name for figure in record.figures if "json" in figure.forms}
    return tuple(
        figure
        for figure in record.figures
        if figure.kind == "image" and compared_figure(figure.name) in names
    )


def reference_key(record: ResultRecord, figure: str, scope: Mapping[str, Any]) -> ReferenceKey:
    """Return what a figure of a result is compared with."""
    return ReferenceKey(
        device_id=record.device_id or "",
        test=record.test,
        variant=record.variant,
        figure=figure,
        configuration=configuration_of(record.provenance.configurations, scope).key,
    )


def scope_of(figure: str) -> dict[str, str | int | float]:
    """Return the scope that the name of a figure tells.

    >>> scope_of("flood_detector_2_energy_window_1")
    {'detector': 2, 'energy_window': 1}
    """
    scope: dict[str, str | int | float] = {}
    for part in ("detector", "energy_window"):
        _, found, rest = figure.partition(f"_{part}_")
        number = rest.split("_", 1)[0]
        if found and number:
            scope[part] = int(number) if number.isdigit() else number
    return scope


def check(current: bytes, reference: bytes) -> None:
    """See that two figures, as their stored data, can be subtracted.

    Raises
    ------
    NotComparableError
        If their sizes differ, or one of them is no image.
    """
    here, there = (_frame(content) for content in (current, reference))
    same = (here.rows, here.columns) == (there.rows, there.columns) and all(
        math.isclose(a, b, rel_tol=_SAME_SPACING)
        for a, b in ((here.row_mm, there.row_mm), (here.column_mm, there.column_mm))
    )
    if not same:
        raise NotComparableError(
            "The image is {here}, the reference {there}: they cannot be subtracted.",
            here=str(here),
            there=str(there),
        )


def _frame(content: bytes) -> Frame:
    try:
        plain = json.loads(content)
        rows, columns = plain["image"]["shape"]
        row_mm, column_mm = plain["pixel_spacing_mm"]
        return Frame(int(rows), int(columns), float(row_mm), float(column_mm))
    except (ValueError, KeyError, TypeError) as error:
        raise NotComparableError("The data of the image cannot be read.") from error

"""The difference of two maps of deviations, as the child makes it."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from photopeak.analysis.child import AnalysisProcess
from photopeak.analysis.difference import ask_difference, draw_difference
from photopeak.analysis.errors import JobRefusedError
from photopeak.settings import WorkSettings
from photopeak_analyzers.figures import Colormap, CurveFigure, ImageFigure
from photopeak_analyzers.figures_io import figure_to_plain


def deviations(image: Any, unit: str = "%") -> dict[str, Any]:
    """Return a map of deviations as it is kept."""
    return figure_to_plain(
        ImageFigure(
            name="deviation", title="Deviation", image=np.asarray(image, np.float32),
            pixel_spacing_mm=(4.0, 4.0), low=-5.0, high=5.0, unit=unit,
            colormap=Colormap.DIVERGING,
        )
    )  # fmt: skip


def difference(here: dict[str, Any], there: dict[str, Any]) -> str:
    """Return the drawn difference."""
    return str(draw_difference({"current": here, "reference": there, "title": "D"})["svg"])


def subtracted(
    monkeypatch: pytest.MonkeyPatch, here: dict[str, Any], there: dict[str, Any]
) -> ImageFigure:
    """Return the figure that would be drawn."""
    drawn: list[ImageFigure] = []

    def render(figure: ImageFigure) -> str:
        drawn.append(figure)
        return "<svg/>"

    monkeypatch.setattr("photopeak.reports.figures.render_svg", render)
    difference(here, there)
    return drawn[0]


def test_what_is_drawn_is_the_image_less_the_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    found = subtracted(
        monkeypatch, deviations([[1.0, -3.0], [2.0, 0.5]]), deviations([[0.5, 1.0], [2.0, 8.0]])
    )

    assert found.image.tolist() == [[0.5, -4.0], [0.0, -7.5]]
    assert (found.low, found.high, found.unit) == (-8.0, 8.0, "%")


def test_the_colours_reach_five_percent_at_least(monkeypatch: pytest.MonkeyPatch) -> None:
    found = subtracted(monkeypatch, deviations([[0.2, 0.1]]), deviations([[0.1, 0.2]]))

    assert (found.low, found.high) == (-5.0, 5.0)


def test_outside_of_either_field_of_view_there_is_no_difference(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = subtracted(monkeypatch, deviations([[0.0, 2.0, 1.0]]), deviations([[3.0, 0.0, 0.5]]))

    assert found.image.tolist() == [[0.0, 0.0, 0.5]]


@pytest.mark.parametrize(
    "there", [deviations([[1.0]]), deviations([[1.0, 2.0]], unit="mm"), {"version": 99}]
)
def test_what_is_not_alike_is_not_subtracted(there: dict[str, Any]) -> None:
    with pytest.raises(JobRefusedError):
        difference(deviations([[1.0, 2.0]]), there)


def test_only_images_are_subtracted() -> None:
    curve = CurveFigure(
        name="c", title="c", x_label="x", x_unit="1", y_label="y", y_unit="1", curves=()
    )
    with pytest.raises(JobRefusedError, match="only images"):
        difference(deviations([[1.0]]), figure_to_plain(curve))


def test_the_child_makes_it_for_a_process_without_numbers() -> None:
    here = json.dumps(deviations([[1.0, -3.0]])).encode()
    process = AnalysisProcess(WorkSettings())
    try:
        drawn = ask_difference(process, here, here, "Flood, difference")
    finally:
        process.close()

    assert drawn.startswith(b"<svg")
    assert b"Flood, difference" in drawn

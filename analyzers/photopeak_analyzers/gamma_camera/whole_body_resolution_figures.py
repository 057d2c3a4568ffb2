"""Pictures of whole-body sweeps over line sources: strips, line-spread functions, table."""

from __future__ import annotations

from photopeak_analyzers.figures import Figure, TableFigure
from photopeak_analyzers.gamma_camera.line_figures import image_figure, spread_curve, spread_figure
from photopeak_analyzers.gamma_camera.line_sets import Found, combined
from photopeak_analyzers.shorthand import as_suffix, in_words


def sweep_figures(found: Found) -> tuple[Figure, ...]:
    """Return the pictures of a set of sweeps."""
    figures: list[Figure] = []
    curves = []
    for place, images in found.items():
        for direction, measured in images.items():
            first, scope = measured[0], place.scope(direction)
            words = in_words(scope)
            figures.append(
                image_figure(
                    "lines" + as_suffix(scope).replace(".", "_"),
                    f"Lines and strips, {words}",
                    first.head.counts,
                    first.image,
                    first.pixel_mm,
                )
            )
            curves.append(spread_curve(words, first.image))
    return (
        *figures,
        spread_figure("line_spread", "Line-spread functions", tuple(curves)),
        _table(found),
    )


def _table(found: Found) -> TableFigure:
    rows = []
    for place, images in found.items():
        for direction, measured in images.items():
            half = combined(m.image.half for m in measured)
            tenth = combined(m.image.tenth for m in measured)
            rows.append(
                (
                    in_words(place.scope()),
                    {"y": "parallel", "x": "perpendicular"}[direction],
                    None if half is None else round(half.value, 2),
                    None if tenth is None else round(tenth.value, 2),
                )
            )
    return TableFigure(
        name="table",
        title="Whole-body spatial resolution",
        columns=("source", "relative to the motion", "FWHM, mm", "FWTM, mm"),
        rows=tuple(rows),
    )

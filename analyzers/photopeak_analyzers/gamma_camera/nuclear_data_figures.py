"""What is seen of the nuclear data: a table of all values, and a remark on each that differs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from photopeak_analyzers.contract import Note
from photopeak_analyzers.figures import TableFigure
from photopeak_analyzers.gamma_camera.nuclear_data_values import Comparison, looks_like


def remarks(compared: Comparison) -> Iterator[Note]:
    """Say in words what differs, and by what it may be explained."""
    value, reference = compared.value, compared.reference
    name, scope = value.nuclide.name, value.scope
    if compared.half_life_differs and value.half_life_s and compared.half_life_percent:
        guess = looks_like(value.half_life_s, value.nuclide)
        yield Note(
            code="HALF_LIFE_DIFFERS",
            message=f"{value.source}: the half-life of {name} is {value.half_life_s:.6g} s,"
            f" {reference.source} has {reference.seconds:.6g} s"
            f" ({compared.half_life_percent:+.3g} %){'; ' if guess else ''}{guess}",
            scope=scope,
            values={"deviation_percent": compared.half_life_percent},
        )
    if compared.fraction_differs and compared.fraction_percent:
        yield Note(
            code="FRACTION_DIFFERS",
            message=f"{value.source}: the positron fraction of {name} is"
            f" {value.positron_fraction:.4g}, the table has"
            f" {value.nuclide.positron_fraction:.4g} ({compared.fraction_percent:+.3g} %)",
            scope=scope,
            values={"deviation_percent": compared.fraction_percent},
        )
    if value.positron_fraction and value.nuclide.positron_fraction is None:
        yield Note(
            code="FRACTION_UNKNOWN",
            message=f"{value.source}: the table has no positron fraction of {name}",
            scope=scope,
        )


def table_figure(compared: Sequence[Comparison]) -> TableFigure:
    """Show every value beside its reference."""
    rows: list[tuple[float | int | str | None, ...]] = []
    for each in compared:
        value, named = each.value, (each.value.source, each.value.nuclide.name)
        if value.half_life_s is not None:
            rows.append(
                (
                    *named,
                    "half-life (s)",
                    value.half_life_s,
                    each.reference.seconds,
                    each.half_life_percent,
                    each.reference.source,
                )
            )
        if value.positron_fraction is not None:
            listed = value.nuclide.positron_fraction
            rows.append(
                (
                    *named,
                    "positron fraction",
                    value.positron_fraction,
                    listed,
                    each.fraction_percent,
                    "table of nuclides",
                )
            )
    return TableFigure(
        name="nuclear_data",
        title="Nuclear data of the equipment",
        columns=(
            "source", "nuclide", "quantity", "found", "reference", "difference (%)", "reference of"
        ),
        rows=tuple(rows),
    )  # fmt: skip

"""Figures of a result as blocks of a report: tables as tables, the rest as pictures."""

from __future__ import annotations

from photopeak.model.results import FigureRecord, ResultRecord
from photopeak.reports.messages import Messages
from photopeak.reports.paper.document import Block, Grid, Paragraph, Picture
from photopeak.reports.phrases import translated_svg
from photopeak.reports.table_view import table_view
from photopeak.storage import results
from photopeak.storage.database import Transaction

MOST_PICTURES = 16
"""Pictures of one result, and as many tables."""

MOST_PICTURE_BYTES = 4_000_000
"""Of one picture."""

_MEDIA_TYPES = {"svg": "image/svg+xml", "png": "image/png"}


def figure_blocks(
    tx: Transaction, result: ResultRecord, say: Messages, *, left_out: str
) -> tuple[Block, ...]:
    """Return the figures of a result, pictures first.

    Parameters
    ----------
    left_out
        Sentence with the place ``{count}`` for figures that a report has no room for.
    """
    pictures: list[Block] = []
    tables: list[Block] = []
    missing = 0
    for figure in result.figures:
        form = form_of(figure)
        shown = tables if figure.kind == "table" else pictures
        if not form or len(shown) >= MOST_PICTURES:
            missing += 1
            continue
        content = results.figure(tx, result.id, figure.name, form)
        block: Block | None = None
        if form == "json":
            block = _table(figure, content, say)
        elif len(content) <= MOST_PICTURE_BYTES:
            block = picture(figure, form, content, say)
        if block is None:
            missing += 1
        else:
            shown.append(block)
    rest = (Paragraph(left_out.format(count=missing), "quiet"),) if missing else ()
    return (*pictures, *tables, *rest)


def form_of(figure: FigureRecord) -> str:
    """Return the form in which a figure goes on paper; empty for none."""
    forms = ("json",) if figure.kind == "table" else ("svg", "png")
    return next((form for form in forms if form in figure.forms), "")


def picture(figure: FigureRecord, form: str, content: bytes, say: Messages) -> Picture:
    """Return a figure as a picture, its words in the language of the paper."""
    if form == "svg":
        content = translated_svg(content, say.language)
    return Picture(say.told(figure.title), _MEDIA_TYPES[form], content)


def _table(figure: FigureRecord, content: bytes, say: Messages) -> Block | None:
    view = table_view(content, say.told)
    if view is None:
        return None
    rows = (*view.rows, *left_out_row(view.left_out, len(view.columns), say))
    return Grid(say.told(figure.title), view.columns, rows, view.numeric, small=True)


def left_out_row(count: int, width: int, say: Messages) -> tuple[tuple[str, ...], ...]:
    """Return the row that ends a table of `width` columns without `count` of its rows, if any."""
    if not count:
        return ()
    return ((say("more rows that are stored: {count}", count=count), *[""] * (width - 1)),)

"""Figures of a result as a page shows them: with their size, so that nothing moves when they come.

The figures are stored documents. Only the start of one is looked at here, for its size.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from photopeak.model.results import FigureRecord, ResultRecord
from photopeak.reports.colours import map_of
from photopeak.reports.table_view import TableView, table_view
from photopeak.reports.text import capitalised
from photopeak.storage import results
from photopeak.storage.database import Transaction
from photopeak.web.numbers import GroupKey
from photopeak.web.words import Words

_DEFAULT_SIZE = (560, 420)
_ROOT = re.compile(rb"<svg\b[^>]*>")
_SIZE = {name: re.compile(rf'\s{name}="(\d+(?:\.\d+)?)"'.encode()) for name in ("width", "height")}
_PNG_START = b"\x89PNG\r\n\x1a\n"
_SCOPE = re.compile(r"_(?:detector|energy_window)_\d")
_PART = {
    name: re.compile(rf"_{name}_(\d+)(?:_|$)") for name in ("detector", "energy_window")
}  # fmt: skip
_SAID_BY_HEADING = re.compile(r", (?:detector|energy window) \d+")


@dataclass(frozen=True, slots=True)
class FigureView:
    """A figure as shown: addresses of its forms, its size in pixels, or its table.

    `subject` is what it shows of whichever detector (``flood``), `caption` the title without the
    detector, for where a heading says that, `parts` the same in English, part by part. `colours` is
    the map that it is seen in, if it is an image of counts.
    """

    name: str
    subject: str
    detector: str
    window: str
    title: str
    caption: str
    parts: tuple[str, ...]
    kind: str
    source: str
    width: int
    height: int
    links: tuple[tuple[str, str], ...]
    table: TableView | None
    colours: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """Figures of the same subject, one of each detector: each with what it says of its own."""

    title: str
    figures: tuple[FigureView, ...]
    captions: tuple[str, ...]


def figure_views(
    tx: Transaction, record: ResultRecord, words: Words, colours: str = ""
) -> tuple[FigureView, ...]:
    """Return all figures of a result; images of counts in the map `colours`, or as they are drawn."""
    return tuple(_view(tx, record, figure, words, colours) for figure in record.figures)


def leading(views: Sequence[FigureView]) -> tuple[FigureView, ...]:
    """Return the figures to see first: the first image and the same of every other detector.

    Without an image it is the first curve; a table never leads, for the numbers do.
    """
    drawn = [view for view in views if view.table is None]
    first = next((v for v in drawn if v.kind == "image"), drawn[0] if drawn else None)
    return tuple(v for v in views if first is not None and v.subject == first.subject)


def by_subject(views: Sequence[FigureView], words: Words) -> tuple[Subject, ...]:
    """Return figures with those of the same subject together."""
    found: dict[str, list[FigureView]] = {}
    for view in views:
        found.setdefault(view.subject, []).append(view)
    heads = {view.detector for view in views if view.detector}
    windows = {view.window for view in views if view.window}
    return tuple(
        _subject(same, words, heads=len(heads) > 1, windows=len(windows) > 1)
        for same in found.values()
    )


def _subject(same: Sequence[FigureView], words: Words, *, heads: bool, windows: bool) -> Subject:
    """Return figures with what their titles share, and beside each what they do not."""
    parts = [view.parts for view in same]
    shared = 0
    while all(len(part) > shared and part[shared] == parts[0][shared] for part in parts):
        shared += 1
    shared = max(shared, 1)
    captions = []
    for view, part in zip(same, parts, strict=True):
        where = [f"detector {view.detector}"] if heads and view.detector else []
        where += [f"window {view.window}"] if windows and view.window else []
        captions.append(capitalised(words.told(", ".join((*where, *part[shared:])))))
    title = words.told(", ".join(parts[0][:shared]))
    if len(same) == 1 and captions[0]:
        behind = f"{captions[0][:1].lower()}{captions[0][1:]}"
        title, captions = words(", ").join((title, behind)), [""]
    return Subject(title, tuple(same), tuple(captions))


def key_of(view: FigureView, keys: Sequence[GroupKey]) -> GroupKey:
    """Return the group of numbers that a figure stands beside, or a new one where none fits."""
    for key in ((view.detector, view.window), (view.detector, "")):
        if key in keys:
            return key
    return keys[0] if len(keys) == 1 and not view.detector else (view.detector, "")


def _view(
    tx: Transaction, record: ResultRecord, figure: FigureRecord, words: Words, colours: str
) -> FigureView:
    addresses = {
        form: f"/api/v1/results/{record.id}/figures/{figure.name}.{form}" for form in figure.forms
    }
    table = None
    if figure.kind == "table" and "json" in addresses:
        table = table_view(results.figure(tx, record.id, figure.name, "json"), words.told)
    shown = next((form for form in ("svg", "png") if form in addresses), "")
    width, height = _DEFAULT_SIZE
    drawn = ""
    if shown and table is None:
        content = results.figure(tx, record.id, figure.name, shown)
        width, height = picture_size(content)
        drawn = map_of(content)
    start = _SCOPE.search(figure.name)
    parts = {name: pattern.search(figure.name) for name, pattern in _PART.items()}
    detector, window = (found.group(1) if found else "" for found in parts.values())
    caption = _SAID_BY_HEADING.sub("", figure.title)
    forms = {"svg": "SVG", "png": "PNG", "json": "Data"}
    return FigureView(
        name=figure.name,
        subject=figure.name[: start.start()] if start else figure.name,
        detector=detector,
        window=window,
        title=words.told(figure.title),
        caption=words.told(caption),
        parts=tuple(caption.split(", ")),
        kind=figure.kind,
        source=addresses[shown] + shown_as(words.language, colours) if shown else "",
        width=width,
        height=height,
        links=tuple((form, forms[form]) for form in forms if form in addresses),
        table=table,
        colours=drawn and (colours or drawn),
    )


def shown_as(language: str, colours: str = "") -> str:
    """Return what asks for a drawing in a language, and in a colour map; English is what it is kept in."""
    asked = {"language": "" if language == "en" else language, "colours": colours}
    given = urlencode({name: value for name, value in asked.items() if value})
    return f"?{given}" if given else ""


def picture_size(content: bytes) -> tuple[int, int]:
    """Return width and height of an SVG or PNG document in pixels, or a usual size without."""
    if content.startswith(_PNG_START):
        return int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")
    root = _ROOT.search(content[:2000])
    found = [pattern.search(root.group()) if root else None for pattern in _SIZE.values()]
    width, height = (round(float(match.group(1))) if match else 0 for match in found)
    return (width, height) if width and height else _DEFAULT_SIZE

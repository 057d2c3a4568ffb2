"""A report as blocks of text, tables and pictures in one language; how they look is decided elsewhere.

HTML and PDF are made from the same document, so both say the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading inside a sheet; `level` 2 or 3."""

    text: str
    level: int = 2


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A sentence or two; `tone` is ``plain``, ``quiet`` or ``warn``."""

    text: str
    tone: str = "plain"


@dataclass(frozen=True, slots=True)
class Facts:
    """Names with their values, in `columns` pairs beside each other."""

    rows: tuple[tuple[str, str], ...]
    columns: int = 2


@dataclass(frozen=True, slots=True)
class Grid:
    """A table. A cell may have several lines; `numeric` columns stand to the right.

    `shares` are the widths of the columns to each other; empty leaves it to the content.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[bool, ...] = ()
    shares: tuple[float, ...] = ()
    small: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """An image as a document of its own."""

    title: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Signatures:
    """Lines to sign on, each with who it is for and the name, if known."""

    rows: tuple[tuple[str, str], ...]


Block = Heading | Paragraph | Facts | Grid | Picture | Signatures


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A part that begins on a page of its own."""

    title: str
    note: str = ""
    blocks: tuple[Block, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A whole report; `foot` stands on every page, `page` is how a page is numbered."""

    language: str
    title: str
    sheets: tuple[Sheet, ...]
    foot: tuple[str, ...] = field(default=())
    page: str = "{number} / {total}"

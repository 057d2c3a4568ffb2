"""A report as PDF/A, typeset in a child process with bounds on time, memory and size.

The text of a report is handed over as data and never becomes markup. The child writes nothing but the
file, reads nothing but its folder and the fonts, and loads no package.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import asdict
from importlib import resources
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from photopeak.reports.paper.document import Document, Picture
from photopeak.reports.text import visible

WALL_LIMIT_S = 60.0
"""Most time for one report."""

WAIT_S = 20.0
"""Most time until it is its turn."""

MOST_WAITING = 3
"""How many may wait for their turn: each keeps a thread that pages need as well."""

OUTPUT = "report.pdf"
EXIT_NO_FONT = 3
"""What the child ends with when no font has the characters of the report."""

_AT_A_TIME = threading.BoundedSemaphore(1)
_WAITING = threading.BoundedSemaphore(MOST_WAITING)
_MODULE = "photopeak.reports.paper.typeset"
_WORST = 400
_INSTALL = "install photopeak[pdf]"
_INSTALL_FONT = "install fonts-noto-cjk for Chinese"


class PdfError(RuntimeError):
    """No PDF was made; the message says why and what helps."""


class PdfNotInstalledError(PdfError):
    """What makes PDF files, or a font for them, is not installed."""


class PdfBusyError(PdfError):
    """Others are being made; it is worth trying again."""


def available() -> bool:
    """Tell whether PDF files can be made here."""
    return find_spec("typst") is not None


def prospects() -> str:
    """Return what can be made here, and what is missing for more."""
    if not available():
        return f"no PDF reports; {_INSTALL}"
    import typst

    from photopeak.reports.paper.typeset import NoFontError, fonts_for

    made = f"PDF reports by typst {version('typst')}"
    try:
        family = fonts_for("\N{CJK UNIFIED IDEOGRAPH-4E2D}", typst.Fonts().families())[-1]
    except NoFontError:
        return f"{made}; {_INSTALL_FONT}"
    return f"{made}, Chinese in {family}"


def to_pdf(document: Document) -> bytes:
    """Return a report as PDF.

    Raises
    ------
    PdfNotInstalledError
        If typst is not installed, or no font has the characters of the report.
    PdfBusyError
        If others are being made all the time.
    PdfError
        If it cannot be made within its bounds.
    """
    if not available():
        raise PdfNotInstalledError(f"PDF files need typst: {_INSTALL}")
    _take_turn()
    try:
        with tempfile.TemporaryDirectory(prefix="photopeak-report-") as folder:
            return _typeset(document, Path(folder))
    finally:
        _AT_A_TIME.release()


def write_pages(document: Document, folder: Path) -> list[Path]:
    """Write a picture (PNG) of each page of a report into a folder and return their files.

    Raises
    ------
    PdfError
        As :func:`to_pdf` does.
    """
    if not available():
        raise PdfNotInstalledError(f"pages need typst: {_INSTALL}")
    _take_turn()
    try:
        _run(document, folder, "png")
    finally:
        _AT_A_TIME.release()
    return sorted(folder.glob("page-*.png"), key=lambda page: int(page.stem.partition("-")[2]))


def _take_turn() -> None:
    """Become the one whose report is made.

    Raises
    ------
    PdfBusyError
        If enough others wait, or it takes too long.
    """
    if _AT_A_TIME.acquire(blocking=False):
        return
    if not _WAITING.acquire(blocking=False):
        raise PdfBusyError("other reports are being made")
    try:
        if not _AT_A_TIME.acquire(timeout=WAIT_S):
            raise PdfBusyError("other reports are being made")
    finally:
        _WAITING.release()


def _typeset(document: Document, folder: Path) -> bytes:
    _run(document, folder, "pdf")
    return (folder / OUTPUT).read_bytes()


def _run(document: Document, folder: Path, form: str) -> None:
    """Have the child typeset a report in a folder."""
    template = (resources.files(__package__) / "report.typ").read_bytes()
    (folder / "report.typ").write_bytes(template)
    data = json.dumps(_plain(document, folder), ensure_ascii=False)
    (folder / "report.json").write_text(data, "utf-8")
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-m", _MODULE, str(folder), form],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=WALL_LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise PdfError(f"the report was not done after {WALL_LIMIT_S:g} s") from None
    if done.returncode == EXIT_NO_FONT:
        raise PdfNotInstalledError(f"no font has the characters of this report: {_INSTALL_FONT}")
    if done.returncode != 0:
        said = visible(done.stderr[-_WORST:].decode("utf-8", "replace"))
        raise PdfError(f"typesetting ended with {done.returncode}: {said}")


def _plain(document: Document, folder: Path) -> dict[str, Any]:
    """Return the report as data, its pictures as files of the folder."""
    number = 0
    sheets = []
    for sheet in document.sheets:
        blocks: list[dict[str, Any]] = []
        for block in sheet.blocks:
            if not isinstance(block, Picture):
                blocks.append({"kind": type(block).__name__, **_visible(asdict(block))})
                continue
            number += 1
            path = f"picture-{number}.{'svg' if 'svg' in block.media_type else 'png'}"
            (folder / path).write_bytes(block.content)
            if not blocks or blocks[-1]["kind"] != "Pictures":
                blocks.append({"kind": "Pictures", "pictures": []})
            blocks[-1]["pictures"].append({"path": path, "title": visible(block.title)})
        sheets.append(
            {"title": visible(sheet.title), "note": visible(sheet.note), "blocks": blocks}
        )
    return {
        "language": document.language,
        "region": "cn" if document.language == "zh" else "gb",
        "title": visible(document.title),
        "foot": [visible(line) for line in document.foot],
        "page": document.page,
        "sheets": sheets,
    }


def _visible(value: Any) -> Any:
    """Return plain data with nothing invisible in its texts but the ends of lines."""
    if isinstance(value, str):
        return "\n".join(visible(line) for line in value.split("\n"))
    if isinstance(value, dict):
        return {name: _visible(part) for name, part in value.items()}
    if isinstance(value, Sequence):
        return [_visible(part) for part in value]
    return value

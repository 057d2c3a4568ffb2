"""The child that typesets one report: ``python -m photopeak.reports.paper.typeset FOLDER [png]``.

The folder holds ``report.typ``, ``report.json`` and pictures; ``report.pdf`` is put beside them, or a
picture of each page.
"""

from __future__ import annotations

import json
import re
import resource
import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, Final

MEMORY_LIMIT_BYTES = 3 * 1024**3
CPU_LIMIT_S = 60
OUTPUT_LIMIT_BYTES = 128 * 1024**2

STANDARD: Final = "a-2b"
"""Archivable, readable by everything that reads PDF 1.7."""

PAGES: Final = "page-{p}.png"
PAGE_DPI: Final = 110.0
"""Of pictures of pages: text of 8 points can be read on a screen."""

LATIN = ("Inter", "Noto Sans", "Segoe UI", "Liberation Sans", "Arimo", "DejaVu Sans", "Arial")
"""Families to look for, the first that is installed is used; one with serifs comes with typst."""

CHINESE = (
    "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN", "Microsoft YaHei",
    "PingFang SC", "WenQuanYi Zen Hei", "WenQuanYi Micro Hei", "SimHei", "Noto Serif CJK SC",
    "Noto Serif SC", "Source Han Serif SC", "SimSun", "AR PL UMing CN", "AR PL UKai CN",
)  # fmt: skip
"""Families with the characters of Chinese, sans serif first."""

_ROUNDS = 3
"""How often characters that no font has are named by their code points; one round finds them all."""
_NOT_DISPLAYED = re.compile(r'the text `"(.*?)"` could not be displayed')
_ESCAPED = re.compile(r"\\u\{([0-9a-f]{1,6})\}")
_FALLBACK = "Libertinus Serif"
_IDEOGRAPH = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]")


class NoFontError(RuntimeError):
    """The report has characters that no font known here has."""


def fonts_for(text: str, installed: Sequence[str]) -> list[str]:
    """Return the families to set a text in.

    Raises
    ------
    NoFontError
        If it has Chinese characters and no font for them is installed.
    """
    known = set(installed)
    chinese = [family for family in CHINESE if family in known][:1]
    if not chinese and _IDEOGRAPH.search(text):
        raise NoFontError("no font with Chinese characters is installed")
    latin = next((family for family in LATIN if family in known), _FALLBACK)
    return [latin, *chinese]


def bound() -> None:
    """Bound what this process may use."""
    for what, most in (
        (resource.RLIMIT_AS, MEMORY_LIMIT_BYTES),
        (resource.RLIMIT_CPU, CPU_LIMIT_S),
        (resource.RLIMIT_FSIZE, OUTPUT_LIMIT_BYTES),
    ):
        resource.setrlimit(what, (most, most))


def typeset(folder: Path, form: str = "pdf") -> None:
    """Make the PDF of a folder, or pictures of its pages.

    A character that no font has, such as an emoji in a comment, is named by its code point: an
    archivable file must be able to show every character, and one of them is no reason for none.
    """
    import typst

    data = folder / "report.json"
    report = json.loads(data.read_text("utf-8"))
    text = json.dumps(report, ensure_ascii=False)
    report["fonts"] = fonts_for(text, typst.Fonts().families())
    data.write_text(json.dumps(report, ensure_ascii=False), "utf-8")
    for _ in range(_ROUNDS):
        try:
            _compile(folder, archived=form == "pdf")
        except typst.TypstError as error:
            unknown = without_font(error.diagnostic)
            if not unknown:
                raise
            report = named(report, unknown)
            data.write_text(json.dumps(report, ensure_ascii=False), "utf-8")
        else:
            return
    _compile(folder, archived=form == "pdf")


def without_font(diagnostic: str) -> frozenset[str]:
    """Return the characters of which a diagnostic says that no font has them."""
    found: set[str] = set()
    for text in _NOT_DISPLAYED.findall(diagnostic):
        plain = _ESCAPED.sub(lambda escaped: chr(int(escaped[1], 16)), text)
        found.update(character for character in plain if not character.isascii())
    return frozenset(found)


def named(value: Any, unknown: Collection[str]) -> Any:
    """Return plain data with these characters named by their code point in its texts."""
    if isinstance(value, str):
        return "".join(f"[U+{ord(c):04X}]" if c in unknown else c for c in value)
    if isinstance(value, dict):
        return {name: named(part, unknown) for name, part in value.items()}
    if isinstance(value, list):
        return [named(part, unknown) for part in value]
    return value


def _compile(folder: Path, *, archived: bool) -> None:
    import typst

    typst.compile(
        str(folder / "report.typ"),
        output=str(folder / ("report.pdf" if archived else PAGES)),
        root=str(folder),
        format="pdf" if archived else "png",
        ppi=None if archived else PAGE_DPI,
        pdf_standards=STANDARD if archived else [],
        # No package is ever asked for; if one were, it would not be found.
        package_path=str(folder / "none"),
        package_cache_path=str(folder / "none"),
    )


def main() -> int:
    """Typeset the folder named on the command line."""
    bound()
    try:
        typeset(Path(sys.argv[1]), *sys.argv[2:3])
    except NoFontError:
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())

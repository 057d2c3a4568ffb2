"""The few SVG elements that figures consist of: escaped text, short numbers, no script."""

from collections.abc import Iterable
from xml.sax.saxutils import escape, quoteattr

from photopeak.reports.text import visible

FONT = "Inter, 'Segoe UI', 'Noto Sans', 'Noto Sans SC', 'Microsoft YaHei', sans-serif"
"""The families that figures ask for; the first that is installed is used."""

INK = "#16212b"
INK_2 = "#45535f"
INK_3 = "#57646f"
GRID = "#e3e8ec"
AXIS = "#aab5be"
PAPER = "#ffffff"

STYLE = (
    "text{font-family:" + FONT + ";font-variant-numeric:tabular-nums}"
    "@media (prefers-color-scheme:dark){"
    ".ink{fill:#e5ebf0}.ink-2{fill:#b4c0ca}.ink-3{fill:#8b98a4}"
    ".paper{fill:#161e24}.halo{stroke:#161e24}.grid{stroke:#27323a}.axis{stroke:#4b5963}"
    ".c0{stroke:#6fb1f0}.c1{stroke:#f0955a}.c2{stroke:#4fc9a4}.c3{stroke:#d9a8ff}.c4{stroke:#e8c15a}"
    ".c5{stroke:#b4c0ca}"
    ".f0{fill:#6fb1f0}.f1{fill:#f0955a}.f2{fill:#4fc9a4}.f3{fill:#d9a8ff}.f4{fill:#e8c15a}.f5{fill:#b4c0ca}"
    "}"
)
"""Styles of every figure; the pages' policy admits them by their hash."""

SERIES = ("#1c5d99", "#b04a12", "#0b6b58", "#7a3ea8", "#8a6a00", "#45535f")
"""Colours of curves, apart from each other for colour-blind readers too; dashes help further."""


def number(value: float) -> str:
    """Return a coordinate with at most two decimals."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def element(name: str, attributes: dict[str, object], *children: str) -> str:
    """Return one element; attribute names use ``_`` for ``-``, values are escaped."""
    parts = [name]
    for key, value in attributes.items():
        if value is None:
            continue
        text = (
            number(value) if isinstance(value, float) else visible(str(value), limit=1_000_000_000)
        )
        parts.append(f"{key.replace('_', '-')}={quoteattr(text)}")
    head = " ".join(parts)
    return f"<{head}/>" if not children else f"<{head}>{''.join(children)}</{name}>"


def text(
    x: float,
    y: float,
    content: str,
    *,
    size: float = 13.0,
    anchor: str = "start",
    fill: str = INK_2,
    css: str = "ink-2",
    weight: int | None = None,
    halo: str | None = None,
    turn: float | None = None,
) -> str:
    """Return a text element; `halo` is the colour of an outline that keeps it readable."""
    attributes: dict[str, object] = {
        "x": float(x),
        "y": float(y),
        "font_size": float(size),
        "text_anchor": None if anchor == "start" else anchor,
        "fill": fill,
        "class": css or None,
        "font_weight": weight,
        "font_family": FONT,
        "transform": None if turn is None else f"rotate({number(turn)} {number(x)} {number(y)})",
    }
    if halo is not None:
        attributes |= {
            "stroke": halo,
            "stroke_width": 3.0,
            "stroke_linejoin": "round",
            "paint_order": "stroke",
        }
    return element("text", attributes, escape(visible(content, limit=400)))


def path(points: Iterable[tuple[float, float]], *, closed: bool = False) -> str:
    """Return the ``d`` of a path through (x, y) points."""
    steps = [f"{number(x)} {number(y)}" for x, y in points]
    return ("M" + "L".join(steps) + ("Z" if closed else "")) if steps else ""


def document(width: float, height: float, title: str, description: str, body: Iterable[str]) -> str:
    """Return a complete SVG document with title and description for people who cannot see it."""
    size = f"{number(width)} {number(height)}"
    return "".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" width="{number(width)}" ',
            f'height="{number(height)}" role="img" aria-labelledby="t d">',
            f'<title id="t">{escape(visible(title, limit=400))}</title>',
            f'<desc id="d">{escape(visible(description, limit=2000))}</desc>',
            f"<style>{STYLE}</style>",
            *body,
            "</svg>",
        )
    )


def text_width(content: str, size: float) -> float:
    """Return the width that a line of text needs, estimated: wide characters count double."""
    units = sum(1.0 if ord(character) > 0x2E7F else 0.56 for character in content)
    return units * size

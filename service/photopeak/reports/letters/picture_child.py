"""The child that draws one picture: an SVG on standard input, a PNG on standard output."""

from __future__ import annotations

import resource
import sys
import tempfile
from pathlib import Path

from photopeak.reports.paper.typeset import LATIN

MEMORY_LIMIT_BYTES = 2 * 1024**3
CPU_LIMIT_S = 15
_WIDTH_PT = 480
_PIXELS_PER_INCH = 108.0
_PAGE = f"""#set page(width: {_WIDTH_PT}pt, height: auto, margin: 0pt, fill: white)
#image("figure.svg", width: {_WIDTH_PT}pt)
"""


def draw(svg: bytes) -> bytes:
    """Return an SVG as PNG, in the first of the known families that is installed."""
    import typst

    installed = set(typst.Fonts().families())
    family = next((f for f in LATIN if f in installed), "")
    if family:
        svg = svg.replace(b"font-family:Inter,", f"font-family:'{family}',".encode())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "figure.svg").write_bytes(svg)
        (folder / "page.typ").write_text(_PAGE, "utf-8")
        drawn = typst.compile(
            str(folder / "page.typ"),
            root=name,
            format="png",
            ppi=_PIXELS_PER_INCH,
            # No package is ever asked for; if one were, it would not be found.
            package_path=str(folder / "none"),
            package_cache_path=str(folder / "none"),
        )
    if not isinstance(drawn, bytes):
        raise TypeError("a figure became more than one page")
    return drawn


def main() -> int:
    """Draw what comes in."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT_BYTES, MEMORY_LIMIT_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_LIMIT_S, CPU_LIMIT_S))
    sys.stdout.buffer.write(draw(sys.stdin.buffer.read()))
    return 0


if __name__ == "__main__":
    sys.exit(main())

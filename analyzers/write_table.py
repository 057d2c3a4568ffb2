"""Write the table of analyzers into the README beside this script, from their descriptions.

::

    python analyzers/write_table.py

The analyzers are those that `pyproject.toml` registers, whether or not they are installed yet.
"""

from __future__ import annotations

import importlib
import tomllib
from collections import defaultdict
from pathlib import Path

from photopeak_analyzers.contract import Analyzer, Reading, ReadingKind

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "analyzers" / "README.md"
BEGIN = "<!-- table: written by write_table.py -->\n"
END = "<!-- end of the table -->\n"
HEADINGS = ("test", "variants and clauses", "inputs", "metrics", "limits", "figures")
SHOWN_METRICS = 12

Limits = dict[str, dict[str, set[str]]]


def registered() -> list[Analyzer]:
    """Return the analyzers that `pyproject.toml` registers, by id."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    points: dict[str, str] = project["entry-points"]["photopeak.analyzers"]
    found = []
    for _, value in sorted(points.items()):
        module, _, name = value.partition(":")
        found.append(getattr(importlib.import_module(module), name))
    return found


def limits() -> Limits:
    """Return the metrics that have a limit: by test, by the file that has it."""
    found: Limits = defaultdict(lambda: defaultdict(set))
    for path in sorted((ROOT / "config" / "limits").glob("*.toml")):
        for limit in tomllib.loads(path.read_text("utf-8")).get("limit", ()):
            found[limit["test"]][path.name].add(limit["metric"])
    return found


def table() -> str:
    """Return the table as Markdown."""
    known = limits()
    lines = [_row(HEADINGS), _row(("---",) * len(HEADINGS))]
    lines += [_row(_cells(analyzer, known[analyzer.id])) for analyzer in registered()]
    return "".join(lines)


def with_table(page: str) -> str:
    """Return a page with the table between its marks."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{README} has no place for the table")
    return before + begin + table() + end + after


def _cells(analyzer: Analyzer, known: dict[str, set[str]]) -> tuple[str, ...]:
    variants = [f"`{v.name}` {v.clause}" for v in analyzer.variants]
    inputs = []
    for role in analyzer.roles:
        most = "" if role.maximum is None else str(role.maximum)
        number = most if most == str(role.minimum) else f"{role.minimum}..{most}"
        kinds = ", ".join(sorted(role.kinds))
        inputs.append(f"{number} × `{role.name}` ({kinds})")
    inputs += [
        _reading(reading) + ("" if reading.required else " (optional)")
        for reading in analyzer.readings
    ]
    limited = set().union(*known.values()) if known else set()
    keys = sorted((m.key for m in analyzer.metrics), key=lambda key: key not in limited)
    shown = [f"`{key}`" for key in keys[:SHOWN_METRICS]]
    if len(keys) > SHOWN_METRICS:
        shown.append(f"and {len(keys) - SHOWN_METRICS} more")
    judged = [
        f"{name}: " + ", ".join(f"`{key}`" for key in sorted(metrics))
        for name, metrics in known.items()
    ]
    figures = ", ".join(f"`{name}`" for name in analyzer.figures)
    return (
        f"`{analyzer.id}` {analyzer.title}, {analyzer.title_zh}",
        "<br>".join(variants),
        "<br>".join(inputs),
        ", ".join(shown),
        "<br>".join(judged) or "none",
        figures or "none",
    )


def _reading(reading: Reading) -> str:
    if reading.kind is ReadingKind.TABLE:
        return f"`{reading.name}` table of {', '.join(c.name for c in reading.columns)}"
    if reading.kind in (ReadingKind.NUMBER, ReadingKind.ACTIVITY):
        return f"`{reading.name}` in {reading.unit}"
    return f"`{reading.name}` ({reading.kind})"


def _row(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


if __name__ == "__main__":
    README.write_text(with_table(README.read_text("utf-8")), "utf-8")

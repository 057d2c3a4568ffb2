"""The page of worked examples points at tests that there are."""

import re
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1] / "analyzers"
PAGE = TESTS / "counters/README.md"


def test_every_worked_example_is_a_test() -> None:
    named = set(re.findall(r"`([a-z_0-9/]+\.py)::(test_\w+)`", PAGE.read_text("utf-8")))

    assert len(named) > 45
    assert [
        f"{module}::{name}"
        for module, name in sorted(named)
        if not (TESTS / module).exists()
        or not re.search(rf"^def {name}\(", (TESTS / module).read_text("utf-8"), re.MULTILINE)
    ] == []


def test_every_test_of_a_counter_has_a_worked_example() -> None:
    page = PAGE.read_text("utf-8")
    modules = [path.name for path in (TESTS / "counters").glob("test_*.py")]

    assert [name for name in modules if name not in page] == []

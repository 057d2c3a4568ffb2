"""The page of the nuclides says what the table says."""

import runpy
from pathlib import Path

ANALYZERS = Path(__file__).resolve().parents[2] / "analyzers"
SCRIPT = runpy.run_path(str(ANALYZERS / "write_nuclides.py"))


def test_the_page_of_nuclides_is_current():
    page = (ANALYZERS / "NUCLIDES.md").read_text("utf-8")

    assert SCRIPT["page"]() == page, "run: python analyzers/write_nuclides.py"

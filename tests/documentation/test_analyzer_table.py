"""The table of analyzers says what the analyzers say of themselves."""

import runpy
from pathlib import Path

ANALYZERS = Path(__file__).resolve().parents[2] / "analyzers"
SCRIPT = runpy.run_path(str(ANALYZERS / "write_table.py"))


def test_the_table_of_analyzers_is_current():
    page = (ANALYZERS / "README.md").read_text("utf-8")

    assert SCRIPT["with_table"](page) == page, "run: python analyzers/write_table.py"


def test_the_table_has_a_row_for_each_registered_analyzer():
    rows = SCRIPT["table"]().splitlines()[2:]

    assert [row.split("`")[1] for row in rows] == [a.id for a in SCRIPT["registered"]()]
    assert len(rows) >= 6

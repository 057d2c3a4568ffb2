"""What the HTTP side knows of tests is what the workers told, whatever version they are of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from photopeak.analysis.catalogue import CATALOGUE_MARK, catalogue_to_plain
from photopeak.analysis.site import load_site
from photopeak.inbox.inbox import Inbox
from photopeak.settings import Settings
from photopeak.storage import marks
from photopeak.storage.database import Database
from photopeak.web_context import api_context
from support.entered import CONSTANCY


def told(database: Database, data: Path, plain: Any) -> list[str]:
    """Return the tests that are known after workers told something."""
    with database.transaction() as tx:
        marks.put(tx, CATALOGUE_MARK, json.dumps(plain))
    settings = Settings(data=data)
    inbox = Inbox(settings.inbox, data, database)
    try:
        with api_context(settings, load_site(settings), database, inbox) as context:
            return [test.id for test in context.tests()]
    finally:
        inbox.close()


def test_tests_with_tables_are_known_as_the_workers_told_them(
    sqlite_database: Database, tmp_path: Path
) -> None:
    plain = catalogue_to_plain({CONSTANCY.id: CONSTANCY})

    assert told(sqlite_database, tmp_path, plain) == [CONSTANCY.id]


@pytest.mark.parametrize("columns", [[["distance_mm", "mm"]], [{"nothing": 1}]])
def test_what_workers_of_another_version_told_is_waited_for_anew(
    sqlite_database: Database, tmp_path: Path, columns: list[Any]
) -> None:
    (plain,) = catalogue_to_plain({CONSTANCY.id: CONSTANCY})
    older = {**plain, "readings": [{**plain["readings"][1], "columns": columns}]}

    assert told(sqlite_database, tmp_path, [older]) == []

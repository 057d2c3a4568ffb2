"""Asking for pages before the first person does: nothing changes, and the first answer is not the dearest."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from photopeak.model.page import PageReply, PageRequest
from photopeak.storage.database import Database
from photopeak.web.pages import all_pages
from photopeak.web.warming import warm_up
from support import web_scene


def content(database: Database) -> dict[str, int]:
    """Return how many rows each table has."""
    with database.snapshot() as tx:
        names = tx.connection.exec_driver_sql(
            "SELECT name FROM sqlite_master WHERE type = 'table'"
        ).scalars()
        return {
            name: tx.connection.exec_driver_sql(f'SELECT count(*) FROM "{name}"').scalar_one()
            for name in names.all()
        }


def test_the_pages_of_the_morning_are_asked_for_and_nothing_is_written(
    sqlite_database: Database, tmp_path: Path
) -> None:
    web_scene.fill(sqlite_database)
    _, context, _ = web_scene.contexts(sqlite_database, tmp_path)
    before = content(sqlite_database)

    assert warm_up(all_pages(context)) >= 6
    assert content(sqlite_database) == before


def test_a_page_that_fails_is_left_for_who_asks_for_it(
    sqlite_database: Database, tmp_path: Path
) -> None:
    asked: list[str] = []

    def broken(_: PageRequest) -> PageReply:
        asked.append("/")
        raise RuntimeError("no database")

    def forbidden(_: PageRequest) -> Any:
        raise AssertionError("not open to readers")

    _, context, _ = web_scene.contexts(sqlite_database, tmp_path)
    pages = [
        replace(page, answer=broken if page.path == "/" else forbidden)
        for page in all_pages(context)
        if page.path in ("/", "/review", "/measurements")
    ]

    assert warm_up(pages) == 0
    assert asked == ["/"]

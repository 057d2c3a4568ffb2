"""Inboxes on a data folder of a test's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from photopeak.inbox.files import FileOperations
from photopeak.inbox.inbox import Inbox
from photopeak.settings import InboxSettings
from photopeak.storage.database import Database
from support.inboxes import MakeInbox


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return the data folder."""
    folder = tmp_path / "data"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture
def make_inbox(data: Path, sqlite_database: Database) -> Iterator[MakeInbox]:
    """Return a function that opens inboxes on the data folder; they are closed at the end."""
    opened: list[Inbox] = []

    def make(
        *, operations: FileOperations | None = None, database: Database | None = None, **values: Any
    ) -> Inbox:
        settings = {"free_space_floor_bytes": 0} | {
            name: values.pop(name) for name in list(values) if name in InboxSettings.model_fields
        }
        inbox = Inbox(
            InboxSettings(**settings),
            data,
            database or sqlite_database,
            operations=operations,
            **values,
        )
        opened.append(inbox)
        return inbox

    yield make
    for inbox in opened:
        inbox.close()

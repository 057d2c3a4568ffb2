"""What a monitor is told of the storage is what receivers found out."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from photopeak.analysis.site import load_site
from photopeak.inbox.health import COMMENTS, StorageState
from photopeak.inbox.inbox import Inbox
from photopeak.settings import InboxSettings, Settings
from photopeak.storage.database import Database
from photopeak.web.words import Words
from photopeak.web_context import api_context
from support.data_sets import data_set, reception
from support.faults import FaultyFiles
from support.inboxes import store


def test_a_disk_that_fails_in_a_receiver_is_no_storage_that_works(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("photopeak.inbox.health.SETTLE_S", 0.0)
    data = tmp_path / "data"
    settings = Settings(data=data, inbox=InboxSettings(free_space_floor_bytes=0))
    files = FaultyFiles()
    receiver = Inbox(settings.inbox, data, sqlite_database, operations=files)
    web = Inbox(settings.inbox, data, sqlite_database)
    with api_context(settings, load_site(settings), sqlite_database, web) as context:

        def works() -> bool:
            return {check.name: check.ok for check in context.checks()}["storage"]

        assert works()
        files.failing["sync"] = 5
        store(receiver, data_set(), reception())
        assert not works()

        files.failing.clear()
        store(receiver, data_set(), reception())
        assert works()
    receiver.close()
    web.close()


def test_a_disk_that_says_nothing_of_its_fault_is_asked_to_write(
    sqlite_database: Database, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    settings = Settings(data=data, inbox=InboxSettings(free_space_floor_bytes=0))
    files = FaultyFiles()
    web = Inbox(settings.inbox, data, sqlite_database, operations=files)
    with api_context(settings, load_site(settings), sqlite_database, web) as context:
        files.failing["try_out"] = errno.EROFS
        (storage,) = [check for check in context.checks() if check.name == "storage"]

        assert (storage.ok, storage.detail) == (False, COMMENTS[StorageState.READ_ONLY])
    web.close()


@pytest.mark.parametrize("comment", COMMENTS.values())
def test_what_is_wrong_with_the_storage_has_its_chinese(comment: str) -> None:
    assert Words("zh")(comment) != comment

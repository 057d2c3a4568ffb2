"""Acquisitions of real equipment go in whole, whatever their makers write."""

from __future__ import annotations

from pathlib import Path

from photopeak.inbox.recovery import rebuild
from photopeak.inbox.upload import receive_files
from photopeak.model.reception import Entrance, StoreStatus
from photopeak.settings import DatabaseSettings
from photopeak.storage import instances, migrations
from photopeak.storage.database import Database, open_database
from support.acquisitions import real_data
from support.inboxes import MakeInbox

_PREFIX = b"DICM"


def test_real_acquisitions_are_stored_and_their_index_can_be_rebuilt(
    make_inbox: MakeInbox, sqlite_database: Database, data: Path, tmp_path: Path
) -> None:
    inbox = make_inbox(durability="none")
    count = 0
    for path in sorted(real_data("").rglob("*")):
        if not path.is_file():
            continue
        with path.open("rb") as file:
            if file.read(132)[128:] != _PREFIX:
                continue
        for found in receive_files(
            inbox, path, sender="test", address="", entrance=Entrance.IMPORT
        ):
            assert found.outcome.status is StoreStatus.SUCCESS, (path.name, found)
        count += 1
    assert count > 0

    with sqlite_database.snapshot() as tx:
        rows = instances.page_by_id(tx, "", 10_000)
    folder = tmp_path / "other"
    folder.mkdir()
    other = open_database(DatabaseSettings(), folder)
    migrations.upgrade(other)
    rebuild(data, other)
    with other.snapshot() as tx:
        assert instances.page_by_id(tx, "", 10_000) == rows
    other.close()

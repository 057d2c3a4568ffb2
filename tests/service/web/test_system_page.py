"""The health of the service in words, and certificates that run out."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from photopeak.model.page import Access, PageRequest, Visitor
from photopeak.settings import InboxSettings, ListenerSettings, Settings, TlsSettings
from photopeak.storage import workers
from photopeak.storage.backup import note_backup
from photopeak.storage.database import Database
from photopeak.web.certificates import expiry
from photopeak.web.rendering import Renderer, Site
from photopeak.web.system_pages import SystemPages
from support import web_scene
from support.certificates import make_authority
from support.rows import NOON

NOW = NOON + timedelta(minutes=5)


@dataclass
class Checked:
    """A check of readiness."""

    name: str
    ok: bool
    detail: str = ""


def text(
    database: Database,
    data: Path,
    *,
    settings: Settings | None = None,
    checks: tuple[Checked, ...] = (),
    now: datetime = NOW,
) -> str:
    """Return the words of the page."""
    data.mkdir(exist_ok=True)
    _, context, _ = web_scene.contexts(database, data, settings=settings)
    context = replace(context, checks=lambda: checks, clock=lambda: now)
    renderer = Renderer(Site(name="NM", time_zone="UTC", language="en", version="0.1.0"))
    (page,) = SystemPages(context, renderer).pages()
    visitor = Visitor(name="x", access=Access.READ, csrf_token="c")
    html = page.answer(PageRequest(visitor=visitor)).html
    return " ".join(re.sub(r"<[^>]*>", " ", html.partition("<main")[2]).split())


def test_a_service_in_order_says_so(sqlite_database: Database, tmp_path: Path) -> None:
    with sqlite_database.transaction() as tx:
        workers.start(tx, "w", role="worker", host="qc", pid=7, now=NOW)
    note_backup(sqlite_database, now=NOW - timedelta(days=1))
    said = text(sqlite_database, tmp_path / "data", checks=(Checked("storage", ok=True),))

    assert "Everything works" in said
    assert "1 worker, 0 waiting, 0 running" in said
    assert "Last backup 1 Mar 2026" in said
    assert "0 objects wait to be read" in said
    assert str(tmp_path) not in said


def test_what_does_not_work_comes_first_with_its_cure(
    sqlite_database: Database, tmp_path: Path
) -> None:
    floor = Settings(data=tmp_path / "data", inbox=InboxSettings(free_space_floor_bytes=10**18))
    storage = Checked("storage", ok=False, detail="disk full, try again later")
    said = text(sqlite_database, tmp_path / "data", settings=floor, checks=(storage,))

    assert "Something does not work" in said
    assert "disk full, try again later Make room or repair the disk" in said
    assert "No worker is running; 0 waiting, 0 running. Start the service" in said
    assert "Below the floor nothing more is accepted." in said
    assert said.index("No worker is running") < said.index("SQLite answers.")
    assert "There has been no backup" in said


@pytest.mark.parametrize(
    ("later", "word", "renew"), [(-200, "Valid until", False), (0, "Valid until", True), (3, "Expired on", True)]
)  # fmt: skip
def test_a_certificate_that_runs_out_is_told_in_time(
    sqlite_database: Database, tmp_path: Path, later: int, word: str, renew: bool
) -> None:
    make_authority(tmp_path, "ca")  # valid for a day from now
    path = tmp_path / "ca.pem"
    tls = TlsSettings(enabled=True, certificate=path, key=path, client_ca=path)
    settings = Settings(data=tmp_path / "data", listener=ListenerSettings(tls=tls))
    now = datetime.now(UTC) + timedelta(days=later)
    said = text(sqlite_database, tmp_path / "data", settings=settings, now=now)

    assert word in said
    assert ("Put a new one in its place" in said) is renew


def test_what_is_no_certificate_has_no_end(tmp_path: Path) -> None:
    for number, content in enumerate(
        (b"", b"\x00", b"-----BEGIN CERTIFICATE-----\nMAAA\n-----END CERTIFICATE-----\n", b"x" * 99)
    ):
        path = tmp_path / str(number)
        path.write_bytes(content)
        assert expiry(path) is None
    assert expiry(tmp_path / "absent") is None

"""The label of a scanner's console: its code says exactly the address of the scanner's page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import segno

from photopeak.model.page import Access, PageReply, PageRequest, Visitor
from photopeak.settings import Settings, SiteSettings, WebSettings
from photopeak.storage.database import Database
from photopeak.web.label_pages import code_of
from photopeak.web.pages import all_pages
from support import web_scene


def label(database: Database, data: Path, url: str, language: str = "en") -> PageReply:
    """Ask for the label of the device of the small site."""
    settings = Settings(
        data=data, web=WebSettings(public_url=url), site=SiteSettings(language=language)
    )
    _, context, _ = web_scene.contexts(database, data, settings=settings)
    answer = next(p.answer for p in all_pages(context) if p.path == "/devices/{id}/label")
    visitor = Visitor(name="R. Chen", access=Access.READ, csrf_token="c")
    return answer(PageRequest(visitor=visitor, path={"id": web_scene.DEVICE.id}))


def drawn(path: str, side: int) -> list[list[int]]:
    """Return the squares of a path."""
    field = [[0] * side for _ in range(side)]
    for x, y, run, back in re.findall(r"M(\d+) (\d+)h(\d+)v1h-(\d+)z", path):
        assert run == back
        for place in range(int(x), int(x) + int(run)):
            field[int(y)][place] = 1
    return field


@pytest.mark.parametrize("text", ["https://qc.hospital.example/devices/nm1", "a" * 300])
def test_a_code_is_drawn_square_by_square_with_its_quiet_zone(text: str) -> None:
    code = code_of(text)
    expected = segno.make_qr(text, error="m").matrix_iter(scale=1, border=4)

    assert drawn(code.path, code.side) == [list(row) for row in expected]


def test_a_label_leads_to_the_page_of_its_scanner(
    sqlite_database: Database, tmp_path: Path
) -> None:
    html = label(sqlite_database, tmp_path, "https://qc.hospital.example/").html
    address = f"https://qc.hospital.example/devices/{web_scene.DEVICE.id}"

    assert address in html
    assert code_of(address).path in html
    assert web_scene.DEVICE.name in html


def test_without_an_address_of_the_service_there_is_no_code_but_a_word_on_it(
    sqlite_database: Database, tmp_path: Path
) -> None:
    html = label(sqlite_database, tmp_path, "").html

    assert "public_url" in html
    assert 'class="qr"' not in html


def test_a_label_speaks_chinese(sqlite_database: Database, tmp_path: Path) -> None:
    html = label(sqlite_database, tmp_path, "https://qc.hospital.example", "zh").html

    assert "今日质控" in html

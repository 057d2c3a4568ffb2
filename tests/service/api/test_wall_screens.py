"""Wall screens and badges: without signing in from the networks that a site names, else with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import anyio
import httpx
import pytest
from pydantic import ValidationError

from photopeak.api.app import create_app
from photopeak.settings import Settings, WebSettings
from photopeak.storage.database import Database
from support import web_scene

WALL = ("/kiosk", "/kiosk-live", f"/badge/{web_scene.DEVICE.id}.svg")
OTHER = ("/", "/board", "/board-live", "/devices", "/associations", "/system", "/api/v1/alerts")
Ask = Callable[..., httpx.Response]


@pytest.fixture
def ask(sqlite_database: Database, tmp_path: Path) -> Ask:
    """Ask a site whose wall screens are in 10.1.2.0/24 and fd00::/8."""
    web_scene.fill(sqlite_database)
    settings = Settings(
        data=tmp_path / "data", web=WebSettings(kiosk_networks=["10.1.2.0/24", "fd00::/8"])
    )
    context, _, _ = web_scene.contexts(sqlite_database, tmp_path / "data", settings=settings)
    app = create_app(context)

    def call(path: str, address: str, method: str = "GET", **headers: str) -> httpx.Response:
        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(app=app, client=(address, 50000))
            async with httpx.AsyncClient(transport=transport, base_url="http://site") as client:
                return await client.request(method, path, headers=headers)

        return anyio.run(send)

    return call


@pytest.mark.parametrize("address", ["10.1.2.3", "::ffff:10.1.2.3", "fd00::7"])
def test_a_wall_screen_of_a_named_network_needs_no_credentials(ask: Ask, address: str) -> None:
    for path in WALL:
        reply = ask(path, address)
        assert reply.status_code == 200, path
        assert "content-security-policy" in reply.headers
    assert ask(WALL[2], address).headers["content-type"] == "image/svg+xml"
    assert ask(WALL[0], address).headers["content-type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize("address", ["10.1.3.3", "192.0.2.1", "fe80::1", "not an address"])
def test_nobody_else_sees_it_without_them(ask: Ask, address: str) -> None:
    for path in WALL:
        assert ask(path, address).status_code == 401, path


def test_nothing_else_opens_for_a_wall_screen(ask: Ask) -> None:
    for path in OTHER:
        assert ask(path, "10.1.2.3").status_code == 401, path
    assert ask("/kiosk", "10.1.2.3", "POST").status_code in (401, 403, 405)


def test_a_forwarded_address_is_not_believed(ask: Ask) -> None:
    headers = {"X-Forwarded-For": "10.1.2.3", "Forwarded": "for=10.1.2.3", "X-Real-IP": "10.1.2.3"}
    assert ask("/kiosk", "192.0.2.1", **headers).status_code == 401


def test_the_wall_screen_shows_no_patient_and_no_person(ask: Ask) -> None:
    html = ask("/kiosk", "10.1.2.3").text

    assert web_scene.DEVICE.name in html
    for word in ("PatientName", "csrf", "Sign out", web_scene.PATIENT):
        assert word not in html


def test_a_network_that_is_none_is_refused_by_name() -> None:
    with pytest.raises(ValidationError, match=r"10\.1\.2\.3/99 is no network"):
        WebSettings(kiosk_networks=["10.1.2.3/99"])
    assert WebSettings().kiosk_networks == []

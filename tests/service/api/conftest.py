"""The application on a real database with a small site in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from fastapi import FastAPI

from photopeak.api.app import create_app
from photopeak.api.context import ApiContext
from photopeak.storage import users
from photopeak.storage.database import Database
from support import web_scene
from support.rows import NOON


@dataclass
class Clock:
    """Seconds that a test moves."""

    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


@dataclass
class Service:
    """The application with tokens of every scope; calls run it without a network."""

    app: FastAPI
    context: ApiContext
    receiver: web_scene.Receiver
    ids: dict[str, str]
    tokens: dict[str, str]
    clock: Clock

    def call(
        self, method: str, path: str, scope: str | None = None, *, address: str = "192.0.2.1",
        **options: Any,
    ) -> httpx.Response:  # fmt: skip
        """Send one request, with the token of a scope."""
        headers = dict(options.pop("headers", {}))
        if scope is not None:
            headers["Authorization"] = f"Bearer {self.tokens.get(scope, scope)}"
        cookies = options.pop("cookies", {})
        if cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app, client=(address, 50000))
            async with httpx.AsyncClient(
                transport=transport, base_url="http://photopeak.test"
            ) as c:
                return await c.request(method, path, headers=headers, **options)

        return anyio.run(send)

    def get(self, path: str, scope: str | None = "read", **options: Any) -> httpx.Response:
        """Ask for something, as a reader."""
        return self.call("GET", path, scope, **options)

    def sign_in(self, scope: str = "operate") -> tuple[dict[str, str], str]:
        """Open a session; return its cookies and the token for forms."""
        answer = self.call(
            "POST",
            "/login",
            data={"token": self.tokens[scope], "next": "/series"},
            headers={"Origin": "http://photopeak.test"},
        )
        return self._opened(answer)

    def sign_in_as(
        self, role: str, name: str = "", *, address: str = "192.0.2.1"
    ) -> tuple[dict[str, str], str]:
        """Open a session of somebody with a role, made when not there yet."""
        name = name or f"a.{role}"
        with self.context.database.snapshot() as tx:
            known = users.by_name(tx, name)
        if known is None:
            web_scene.make_user(self.context.database, role, name=name)
        answer = self.call(
            "POST",
            "/login",
            data={"name": name, "password": web_scene.PASSWORD, "next": "/series"},
            headers={"Origin": "http://photopeak.test"},
            address=address,
        )
        return self._opened(answer)

    def _opened(self, answer: httpx.Response) -> tuple[dict[str, str], str]:
        assert answer.status_code == 303, answer.text
        cookies = dict(answer.cookies)
        assert cookies, answer.headers
        page = self.get("/account", None, cookies=cookies).text
        token = page.split('name="csrf_token" value="')[1].split('"')[0]
        return cookies, token


@pytest.fixture
def make_service(sqlite_database: Database, tmp_path: Path) -> Any:
    """Return a function that starts the application with changes of its context."""

    def make(*, filled: bool = True, **changes: Any) -> Service:
        clock = Clock()
        ids = web_scene.fill(sqlite_database) if filled else {}
        values: dict[str, Any] = {
            "monotonic": clock,
            "clock": lambda: NOON + timedelta(minutes=5, seconds=clock.seconds),
        }
        context, _, receiver = web_scene.contexts(
            sqlite_database, tmp_path / "data", **{**values, **changes}
        )
        tokens = {
            s: web_scene.make_token(sqlite_database, s)
            for s in ("read", "operate", "review", "admin")
        }
        return Service(create_app(context), context, receiver, ids, tokens, clock)

    return make


@pytest.fixture
def service(make_service: Any) -> Service:
    """Start the application with its site."""
    started: Service = make_service()
    return started

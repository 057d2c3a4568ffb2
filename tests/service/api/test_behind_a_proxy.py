"""Where requests come from when a proxy stands before the service."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError
from starlette.requests import Request

from photopeak.api.addresses import networks, origin_of
from photopeak.settings import Settings, WebSettings
from support.web_scene import PASSWORD, make_user

PROXIES = networks(["10.0.0.0/24", "fd00::/64"])


def origin(connection: str, *forwarded: str) -> str:
    """Return where a request with these headers comes from."""
    headers = [(b"x-forwarded-for", text.encode()) for text in forwarded]
    scope = {"type": "http", "client": (connection, 1), "headers": headers}
    return origin_of(Request(scope), PROXIES)


@pytest.mark.parametrize(
    ("connection", "forwarded", "wanted"),
    [
        ("192.0.2.1", (), "192.0.2.1"),
        ("192.0.2.1", ("198.51.100.1",), "192.0.2.1"),
        ("10.0.0.5", (), "10.0.0.5"),
        ("10.0.0.5", ("192.0.2.7",), "192.0.2.7"),
        ("10.0.0.5", ("127.0.0.1, 192.0.2.7",), "192.0.2.7"),
        ("10.0.0.5", ("127.0.0.1", "192.0.2.7, 10.0.0.6"), "192.0.2.7"),
        ("10.0.0.5", ("192.0.2.7, nonsense",), "10.0.0.5"),
        ("::ffff:10.0.0.5", ("192.0.2.7",), "192.0.2.7"),
        ("fd00::1", ("2001:db8::1",), "2001:db8::1"),
        ("10.0.0.5", ("10.0.0.9",), "10.0.0.9"),
    ],
)
def test_a_forwarded_address_counts_as_far_as_proxies_wrote_it(
    connection: str, forwarded: tuple[str, ...], wanted: str
) -> None:
    assert origin(connection, *forwarded) == wanted


def test_guessing_through_a_proxy_holds_off_the_guesser_alone(
    make_service: Any, tmp_path: Any
) -> None:
    web = WebSettings(trusted_proxies=["10.0.0.0/24"])
    service = make_service(settings=Settings(data=tmp_path / "data", web=web))
    make_user(service.context.database, "viewer", name="chen")

    def attempt(password: str, forwarded: str) -> int:
        headers = {"Origin": "http://photopeak.test", "X-Forwarded-For": forwarded}
        form = {"name": "chen", "password": password}
        status: int = service.call(
            "POST", "/login", None, address="10.0.0.5", headers=headers, data=form
        ).status_code
        return status

    tried = [attempt("wrong", f"192.0.2.{n}, 198.51.100.9") for n in range(6)]
    assert tried == [303] * 5 + [429]
    assert attempt(PASSWORD, "203.0.113.5") == 303


def test_a_proxy_that_is_no_network_is_refused() -> None:
    with pytest.raises(ValidationError):
        WebSettings(trusted_proxies=["proxy.example.org"])

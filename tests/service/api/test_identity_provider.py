"""Signing in at an identity provider: who gets in as what, and everything that must not pass."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from importlib import util
from typing import Any
from urllib.parse import parse_qs, urlsplit

import anyio
import anyio.to_thread
import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey
from pydantic import SecretStr, ValidationError

from photopeak.api.provider import Provider, ProviderError
from photopeak.model.people import Role
from photopeak.oidc_settings import OidcSettings
from photopeak.setting_files import SettingsError
from photopeak.settings import Settings, load
from photopeak.storage import audit, calendar_links, sessions, users
from support.identity_provider import CLIENT_ID, CLIENT_SECRET, IdentityProvider, identity_provider
from support.rows import NOON
from support.web_scene import PASSWORD, make_user

ROLES = {"nm-physics": Role.PHYSICIST, "nm-all": Role.VIEWER, "it": Role.ADMIN}
_COOKIE = "photopeak-provider"


@dataclass
class House:
    """The service and its provider, with a browser that goes between them."""

    service: Any
    provider: IdentityProvider

    def away(self, query: str = "next=/results", **options: Any) -> tuple[str, dict[str, str]]:
        """Begin; return where the provider is and the cookies of the browser."""
        answer = self.service.get(f"/login/provider?{query}", None, **options)
        assert answer.status_code == 303, answer.text
        return answer.headers["location"], {**options.get("cookies", {}), **dict(answer.cookies)}

    def come_back(self, address: str) -> str:
        """Sign in at the provider; return the path with which it sends the browser back."""
        answer = httpx.get(address, follow_redirects=False)
        location = urlsplit(answer.headers["location"])
        assert location.netloc == "photopeak.test"
        return f"{location.path}?{location.query}"

    def sign_in(self, **options: Any) -> httpx.Response:
        """Go the whole way."""
        address, cookies = self.away(**options)
        answer: httpx.Response = self.service.get(self.come_back(address), None, cookies=cookies)
        return answer

    def people(self) -> list[tuple[str, str, str]]:
        """Return name, shown name and role of everybody."""
        with self.service.context.database.snapshot() as tx:
            return [(u.name, u.shown_name, u.role.value) for u in users.every(tx)]


@pytest.fixture
def house(make_service: Any, tmp_path: Any) -> Iterator[House]:
    """Start provider and service."""
    offset = [0.0]
    with identity_provider(lambda: (NOON + timedelta(minutes=5)).timestamp() + offset[0]) as found:
        settings = Settings(
            data=tmp_path / "data",
            oidc=OidcSettings(
                issuer=found.address,
                client_id=CLIENT_ID,
                client_secret=SecretStr(CLIENT_SECRET),
                name="Hospital",
                roles=ROLES,
            ),
        )
        service = make_service(settings=settings)
        found.now = lambda: service.context.clock().timestamp()
        yield House(service, found)


def refused(answer: httpx.Response, why: str = "provider") -> bool:
    """Tell whether somebody was sent back to sign in, without a session."""
    return (
        answer.status_code == 303
        and answer.headers["location"].startswith(f"/login?failed={why}")
        and "photopeak" not in dict(answer.cookies)
    )


def test_a_physicist_of_the_house_comes_in_with_the_role_of_the_group(house: House) -> None:
    answer = house.sign_in()

    assert (answer.status_code, answer.headers["location"]) == (303, "/results")
    cookies = dict(answer.cookies)
    assert "Rui Chen" in house.service.get("/series", None, cookies=cookies).text
    assert house.service.get("/users", None, cookies=cookies).status_code == 403
    assert house.people() == [("r.chen", "Rui Chen", "physicist")]
    house.sign_in()
    assert len(house.people()) == 1


def test_what_is_asked_of_the_provider_is_a_code_with_pkce_state_and_nonce(house: House) -> None:
    address, cookies = house.away()
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}

    assert asked["response_type"] == "code"
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == "http://photopeak.test/login/provider/back"
    assert len({asked["state"], asked["nonce"], asked["code_challenge"], cookies[_COOKIE]}) == 4
    assert min(len(asked[name]) for name in ("state", "nonce", "code_challenge")) >= 43
    page = house.service.get("/login", None).text
    assert "/login/provider?next=" in page
    assert "Hospital" in page


def test_a_provider_opens_two_addresses_and_no_more(house: House, make_service: Any) -> None:
    def operations(service: Any) -> set[tuple[str, str, str]]:
        return {(o.method, o.path, o.access.name) for o in service.app.state.operations}

    assert operations(house.service) - operations(make_service(filled=False)) == {
        ("GET", "/login/provider", "OPEN"),
        ("GET", "/login/provider/back", "OPEN"),
    }


def test_another_group_is_another_role_the_next_time(house: House) -> None:
    house.sign_in()
    house.provider.person["groups"] = ["nm-all", "it"]
    house.sign_in()

    assert house.people() == [("r.chen", "Rui Chen", "admin")]
    with house.service.context.database.snapshot() as tx:
        told = [(e.action, dict(e.detail)) for e in audit.page(tx)]
    assert ("user.changed", {"role": {"before": "physicist", "after": "admin"}}) in told


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "http://127.0.0.1:1"},
        {"iss": None},
        {"aud": "another-client"},
        {"aud": ["another-client"]},
        {"aud": [CLIENT_ID, "another-client"], "azp": "another-client"},
        {"aud": None},
        {"nonce": "of-another-sign-in"},
        {"nonce": None},
        {"exp": int(NOON.timestamp()) - 3600},
        {"exp": None},
        {"nbf": int(NOON.timestamp()) + 7200},
        {"iat": int(NOON.timestamp()) + 7200},
        {"sub": None},
    ],
)
def test_an_id_token_that_does_not_fit_lets_nobody_in(
    house: House, changes: dict[str, Any]
) -> None:
    house.provider.changes = changes

    assert refused(house.sign_in())
    assert house.people() == []


def test_an_id_token_signed_by_another_key_lets_nobody_in(house: House) -> None:
    house.provider.signing_key = ECKey.generate_key("P-256", {"kid": "one"})

    assert refused(house.sign_in())


def _signed(header: dict[str, Any], claims: dict[str, Any], key: bytes | None) -> str:
    parts = [json.dumps(part).encode() for part in (header, claims)]
    text = ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)
    seal = b"" if key is None else hmac.new(key, text.encode(), hashlib.sha256).digest()
    return f"{text}.{base64.urlsafe_b64encode(seal).decode().rstrip('=')}"


@pytest.mark.parametrize(
    "forge",
    [
        lambda claims, _: _signed({"alg": "none"}, claims, None),
        lambda claims, it: _signed({"alg": "None", "kid": it.key.kid}, claims, None),
        lambda claims, _: _signed({"alg": "HS256"}, claims, CLIENT_SECRET.encode()),
        lambda claims, it: _signed(
            {"alg": "HS256", "kid": it.key.kid}, claims, it.key.as_pem(private=False)
        ),
        lambda claims, it: jwt.encode(
            {"alg": "ES256", "kid": it.key.kid}, {**claims, "at_hash": "of-another"}, it.key
        ),
        lambda _, __: "not.a.token",
        lambda _, __: "",
    ],
    ids=[
        "none",
        "none of the key",
        "secret",
        "public key as secret",
        "at_hash",
        "garbage",
        "empty",
    ],
)
def test_an_id_token_that_anybody_could_make_lets_nobody_in(house: House, forge: Any) -> None:
    house.provider.forge = forge

    assert refused(house.sign_in())
    assert house.people() == []


@pytest.mark.parametrize(
    ("seconds", "comes_in"), [(-45, True), (45, True), (-400, False), (120, False)]
)
def test_clocks_may_be_a_minute_apart(house: House, seconds: float, comes_in: bool) -> None:
    here = house.service.context.clock
    house.provider.now = lambda: here().timestamp() + seconds

    assert refused(house.sign_in()) is not comes_in


def test_new_keys_of_the_provider_are_asked_for(house: House) -> None:
    house.sign_in()
    house.provider.key = ECKey.generate_key("P-256", {"kid": "two"})

    assert house.sign_in().headers["location"] == "/results"


def test_a_state_is_good_once_and_only_in_the_browser_that_left(house: House) -> None:
    address, cookies = house.away()
    back = house.come_back(address)
    of_another = house.service.get(back, None, cookies={_COOKIE: "x"})
    again = house.service.get(back, None, cookies=cookies)
    assert refused(of_another)
    assert refused(again)

    address, cookies = house.away()
    back = house.come_back(address)
    assert house.service.get(back, None, cookies=cookies).headers["location"] == "/results"
    assert refused(house.service.get(back, None, cookies=cookies))
    assert refused(house.service.get("/login/provider/back?code=x&state=y", None, cookies=cookies))
    assert refused(house.service.get("/login/provider/back", None))


def test_a_code_of_another_sign_in_is_refused_by_its_nonce_and_verifier(house: House) -> None:
    first, _ = house.away()
    second, cookies = house.away()
    stolen = parse_qs(urlsplit(house.come_back(first)).query)["code"][0]
    state = parse_qs(urlsplit(house.come_back(second)).query)["state"][0]

    back = f"/login/provider/back?code={stolen}&state={state}"
    assert refused(house.service.get(back, None, cookies=cookies))


def test_who_takes_too_long_begins_again(house: House) -> None:
    address, cookies = house.away()
    back = house.come_back(address)
    house.service.clock.seconds += 601.0

    assert refused(house.service.get(back, None, cookies=cookies))


def test_an_answer_of_another_issuer_is_refused(house: House) -> None:
    address, cookies = house.away()
    back = house.come_back(address).replace("iss=http", "iss=https")

    assert refused(house.service.get(back, None, cookies=cookies))


def test_without_a_group_that_has_a_role_nobody_comes_in_and_sessions_end(house: House) -> None:
    cookies = dict(house.sign_in().cookies)
    database = house.service.context.database
    with database.transaction() as tx:
        calendar_links.create(tx, name="phone", device_id=None, who="r.chen", now=NOON)
    house.provider.person["groups"] = ["staff"]

    assert refused(house.sign_in(), "group")
    assert house.service.get("/api/v1/series", None, cookies=cookies).status_code == 401
    with database.snapshot() as tx:
        newest = audit.page(tx, limit=1)[0]
        assert calendar_links.listing(tx) == ()
    assert (newest.action, newest.subject) == ("session.refused", "user r.chen")


def test_groups_may_come_from_the_user_endpoint_of_the_same_person(house: House) -> None:
    del house.provider.person["groups"]
    house.provider.told = {"sub": "4711", "groups": "nm-all"}
    assert house.sign_in().headers["location"] == "/results"
    assert house.people() == [("r.chen", "Rui Chen", "viewer")]

    house.provider.told = {"sub": "4712", "groups": "it"}
    assert refused(house.sign_in())


def test_a_local_account_is_never_taken_over_by_the_same_name(house: House) -> None:
    make_user(house.service.context.database, "admin", name="r.chen")

    assert refused(house.sign_in(), "name")
    assert house.people() == [("r.chen", "Dr. R.Chen", "admin")]


def test_the_local_administrator_comes_in_while_the_provider_is_away(house: House) -> None:
    make_user(house.service.context.database, "admin", name="root")
    house.provider.about = {"issuer": "http://127.0.0.1:2"}

    assert refused(house.service.get("/login/provider", None))
    cookies, _ = house.service.sign_in_as("admin", "root")
    assert house.service.get("/users", None, cookies=cookies).status_code == 200


def test_a_disabled_person_stays_out(house: House) -> None:
    house.sign_in()
    with house.service.context.database.transaction() as tx:
        (user,) = users.every(tx)
        users.set_disabled(tx, user.id, NOON)

    assert refused(house.sign_in(), "name")


def test_a_proof_is_made_at_the_provider_and_counts_for_the_same_person_alone(house: House) -> None:
    house.provider.person["groups"] = ["it"]
    house.provider.changes = {"auth_time": int(NOON.timestamp()) - 3600}
    cookies = dict(house.sign_in().cookies)
    csrf = house.service.get("/account", None, cookies=cookies).text
    token = csrf.split('name="csrf_token" value="')[1].split('"')[0]

    def make() -> int:
        status: int = house.service.call(
            "POST", "/tokens", None, cookies=cookies, headers={"Origin": "http://photopeak.test"},
            data={"csrf_token": token, "name": "x", "scope": "read", "days": "1", "password": PASSWORD},
        ).status_code  # fmt: skip
        return status

    def prove() -> httpx.Response:
        address, with_cookie = house.away("again=1&next=/tokens", cookies=cookies)
        assert "prompt=login" in address
        back: httpx.Response = house.service.get(
            house.come_back(address), None, cookies=with_cookie
        )
        return back

    assert make() == 422
    assert refused(prove())  # the provider did not ask again
    house.provider.changes = {"sub": "4712"}
    assert refused(prove())
    assert make() == 422
    house.provider.changes = {}
    assert prove().headers["location"] == "/tokens"
    assert make() == 200
    house.service.clock.seconds += 301.0
    assert make() == 422
    with house.service.context.database.snapshot() as tx:
        assert len(sessions.open_ones(tx, now=house.service.context.clock())) == 1


def test_leaving_too_often_is_told_when_to_come_again(house: House) -> None:
    answers = [house.service.get("/login/provider", None).status_code for _ in range(21)]

    assert answers == [303] * 20 + [429]


def test_settings_of_a_provider_are_checked_whole(tmp_path: Any) -> None:
    good = {"issuer": "https://id.example.org/realm", "client_id": "p", "roles": {"it": "admin"}}
    assert OidcSettings.model_validate(good).roles == {"it": Role.ADMIN}
    for wrong in (
        {"issuer": "http://id.example.org"},
        {"issuer": "id.example.org"},
        {"issuer": ""},
        {"roles": {}},
        {"roles": {"it": "god"}},
        {"scopes": ["profile"]},
        {"client_id": ""},
        {"client_sekret": "x"},
    ):
        with pytest.raises(ValidationError):
            OidcSettings.model_validate({**good, **wrong})
    file = tmp_path / "photopeak.toml"
    file.write_text('[oidc]\nissuer = "https://id.example.org"\nclient_id = "p"\nclient_secret = "s3cr3t"\nroles = {it = "admin"}\n')  # fmt: skip
    loaded = load(file, environment={})
    assert loaded.secret_files["oidc.client_secret"] == file
    assert "s3cr3t" not in str(loaded.settings)


def test_without_the_extra_the_settings_say_what_to_install(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "photopeak.toml"
    file.write_text(
        '[oidc]\nissuer = "https://id.example.org"\nclient_id = "p"\nroles = {it = "admin"}\n'
    )
    monkeypatch.setattr("photopeak.oidc_settings.find_spec", lambda name: None)
    assert util.find_spec("authlib") is not None

    with pytest.raises(SettingsError, match=r"oidc: .*pip install 'photopeak\[oidc\]'"):
        load(file, environment={})


def test_while_the_provider_does_not_answer_pages_are_not_short_of_threads(house: House) -> None:
    release, asked = threading.Event(), threading.Semaphore(0)

    def silent(*_: Any, **__: Any) -> Any:
        asked.release()
        assert release.wait(20.0)
        raise ProviderError("it never answered")

    async def crowd() -> list[int]:
        transport = httpx.ASGITransport(app=house.service.app, client=("192.0.2.1", 50000))
        async with (
            httpx.AsyncClient(transport=transport, base_url="http://photopeak.test") as client,
            anyio.create_task_group() as group,
        ):
            limiter = anyio.to_thread.current_default_thread_limiter()
            limiter.total_tokens = 6
            for _ in range(12):
                group.start_soon(client.get, "/login/provider")
            await anyio.to_thread.run_sync(asked.acquire, limiter=anyio.CapacityLimiter(1))
            with anyio.fail_after(15.0):
                page = await client.get("/login")
            release.set()
            return [page.status_code]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Provider, "begin", silent)
        assert anyio.run(crowd) == [200]

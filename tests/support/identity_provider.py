"""A small provider of OpenID Connect on loopback: codes with PKCE, signed tokens, faults on demand."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey

CLIENT_ID = "photopeak"
CLIENT_SECRET = "a secret of the house"  # of a provider that lives for one test


@dataclass
class IdentityProvider:
    """What the provider knows, and how it misbehaves.

    `changes` go over the claims of the next ID tokens, None takes one away; `about` over the
    metadata; `told` is what it tells of a person beyond the token.
    """

    address: str
    now: Callable[[], float]
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "one"}))
    person: dict[str, Any] = field(
        default_factory=lambda: {
            "sub": "4711",
            "preferred_username": "R.Chen",
            "name": "Rui Chen",
            "email": "chen@example.org",
            "groups": ["staff", "nm-physics"],
        }
    )
    changes: dict[str, Any] = field(default_factory=dict)
    about: dict[str, Any] = field(default_factory=dict)
    told: dict[str, Any] | None = None
    signing_key: ECKey | None = None
    forge: Callable[[dict[str, Any], IdentityProvider], str] | None = None
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def metadata(self) -> dict[str, Any]:
        """Return what is published about the provider."""
        found = {
            "issuer": self.address,
            "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token",
            "jwks_uri": f"{self.address}/keys",
        }
        if self.told is not None:
            found["userinfo_endpoint"] = f"{self.address}/userinfo"
        return found | self.about

    def authorize(self, query: Mapping[str, str]) -> str:
        """Return where the browser goes on to, as if the person had signed in."""
        code = secrets.token_urlsafe(16)
        self.codes[code] = dict(query)
        back = {"code": code, "state": query["state"], "iss": self.address, "session_state": "x"}
        return f"{query['redirect_uri']}?{urlencode(back)}"

    def token(self, form: Mapping[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """Return the answer to a code: each once, with the secret and the verifier."""
        asked = self.codes.pop(form.get("code", ""), None)
        expected = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        challenge = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        right = (
            asked is not None
            and authorization == f"Basic {expected}"
            and asked["code_challenge_method"] == "S256"
            and asked["code_challenge"] == base64.urlsafe_b64encode(challenge).decode().rstrip("=")
            and asked["redirect_uri"] == form.get("redirect_uri")
        )
        if asked is None or not right:
            return 400, {"error": "invalid_grant"}
        now = int(self.now())
        claims = {
            "iss": self.address,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "auth_time": now,
            "nonce": asked["nonce"],
            **self.person,
            **self.changes,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        header = {"alg": "ES256", "kid": self.key.kid}
        id_token = (
            self.forge(claims, self)
            if self.forge is not None
            else jwt.encode(header, claims, self.signing_key or self.key)
        )
        return 200, {"access_token": "at", "token_type": "Bearer", "id_token": id_token}


class _Handler(BaseHTTPRequestHandler):
    provider: IdentityProvider

    def do_GET(self) -> None:
        """Answer a browser, or the service."""
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.provider.asked.append((parts.path, query))
        if parts.path == "/.well-known/openid-configuration":
            self._send(200, self.provider.metadata())
        elif parts.path == "/keys":
            self._send(200, {"keys": [self.provider.key.as_dict(private=False)]})
        elif parts.path == "/userinfo" and self.headers["Authorization"] == "Bearer at":
            self._send(200, self.provider.told or {})
        elif parts.path == "/authorize":
            self.send_response(302)
            self.send_header("Location", self.provider.authorize(query))
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            self._send(404, {})

    def do_POST(self) -> None:
        """Answer the service with tokens."""
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        self.provider.asked.append((self.path, form))
        self._send(*self.provider.token(form, self.headers.get("Authorization", "")))

    def _send(self, status: int, value: dict[str, Any]) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def identity_provider(now: Callable[[], float]) -> Iterator[IdentityProvider]:
    """Run a provider on a free port; `now` is its clock, in seconds since 1970."""
    handler = type("_OneHandler", (_Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    provider = IdentityProvider(f"http://127.0.0.1:{server.server_port}", now)
    handler.provider = provider  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

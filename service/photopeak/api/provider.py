"""The identity provider: OpenID Connect by authorization code with PKCE.

What comes back is believed only when everything fits: signature by a key of the provider, issuer,
audience, time, and the nonce that was sent away with this browser.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from photopeak.accounts.provider import Identity
from photopeak.oidc_settings import OidcSettings
from photopeak.storage.provider_sign_ins import ProviderSignIn

_METADATA_S = 3600.0
_LARGEST_ANSWER = 262_144
_LEEWAY_S = 60
_ALGORITHMS = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
)  # fmt: skip
"""Signatures by a key pair; what anybody could make, or what needs the secret, is none of them."""


class ProviderError(Exception):
    """The provider cannot be reached, or what came back does not fit; the message says what."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in that begins: where to send the browser, what it keeps, what we keep."""

    address: str
    browser_secret: str
    sign_in: ProviderSignIn


class Provider:
    """One identity provider; its metadata and keys are asked for when they are needed."""

    def __init__(
        self,
        settings: OidcSettings,
        *,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._monotonic = monotonic
        self._metadata: tuple[Mapping[str, Any], float] | None = None
        self._keys: Mapping[str, Any] | None = None

    def begin(self, redirect_uri: str, target: str, *, session_id: str | None = None) -> Begun:
        """Begin a sign-in; with `session_id` the provider has to ask the person again.

        Raises
        ------
        ProviderError
            If the provider cannot be reached.
        """
        from authlib.oauth2.rfc7636 import (  # type: ignore[import-untyped]
            create_s256_code_challenge,
        )

        state, nonce, browser = (secrets.token_urlsafe(32) for _ in range(3))
        verifier = secrets.token_urlsafe(64)
        asked = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": redirect_uri,
            "scope": " ".join(self._settings.scopes),
            "state": state,
            "nonce": nonce,
            "code_challenge": create_s256_code_challenge(verifier),
            "code_challenge_method": "S256",
        }
        if session_id is not None:
            asked |= {"prompt": "login", "max_age": "0"}
        endpoint = self._endpoint("authorization_endpoint")
        sign_in = ProviderSignIn(
            digest=digest(state),
            browser_digest=digest(browser),
            nonce=nonce,
            verifier=verifier,
            target=target,
            session_id=session_id,
            begun_at=self._clock(),
        )
        joint = "&" if "?" in endpoint else "?"
        return Begun(f"{endpoint}{joint}{urlencode(asked)}", browser, sign_in)

    def finish(self, code: str, redirect_uri: str, sign_in: ProviderSignIn) -> Identity:
        """Turn a code into whom the provider has confirmed.

        Raises
        ------
        ProviderError
            If the provider cannot be reached, or anything does not fit.
        """
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": sign_in.verifier,
            "client_id": self._settings.client_id,
        }
        secret = self._settings.client_secret
        basic: tuple[str, str] | None = None
        if secret is not None:
            ways = self._about().get("token_endpoint_auth_methods_supported", [])
            if "client_secret_post" in ways and "client_secret_basic" not in ways:
                form["client_secret"] = secret.get_secret_value()
            else:
                basic = (self._settings.client_id, secret.get_secret_value())
        tokens = self._ask("POST", self._endpoint("token_endpoint"), form=form, basic=basic)
        id_token, access_token = tokens.get("id_token"), tokens.get("access_token")
        if not isinstance(id_token, str):
            raise ProviderError("the provider gave no ID token")
        claims = self._verified(id_token, access_token, sign_in)
        told = dict(claims)
        group_claim = self._settings.groups_claim
        if group_claim not in told and isinstance(access_token, str):
            told |= self._of_user(access_token, claims["sub"])
        return self._identity(claims, told)

    def _verified(
        self, id_token: str, access_token: object, sign_in: ProviderSignIn
    ) -> Mapping[str, Any]:
        from authlib.oidc.core import CodeIDToken  # type: ignore[import-untyped]
        from joserfc import jwt
        from joserfc.errors import InvalidKeyIdError, JoseError
        from joserfc.jwk import KeySet

        def decoded(*, fresh: bool) -> Any:
            keys = KeySet.import_key_set(self._jwks(fresh=fresh))  # type: ignore[arg-type]
            return jwt.decode(id_token, keys, algorithms=list(_ALGORITHMS))

        try:
            try:
                token = decoded(fresh=False)
            except (InvalidKeyIdError, JoseError):
                # The provider may have changed its keys since we asked.
                token = decoded(fresh=True)
            claims = CodeIDToken(
                token.claims,
                token.header,
                {
                    "iss": {"essential": True, "value": self._settings.issuer},
                    "aud": {"essential": True, "value": self._settings.client_id},
                    "nonce": {"essential": True, "value": sign_in.nonce},
                },
                {
                    "nonce": sign_in.nonce,
                    "client_id": self._settings.client_id,
                    "access_token": access_token,
                },
            )
            claims.validate(now=int(self._clock().timestamp()), leeway=_LEEWAY_S)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise ProviderError(
                f"the ID token does not fit: {type(error).__name__} {error}"
            ) from error
        return dict(claims)

    def _of_user(self, access_token: str, subject: str) -> dict[str, Any]:
        """Return what the provider tells of a person beyond the ID token, if it does."""
        if "userinfo_endpoint" not in self._about():
            return {}
        told = self._ask("GET", self._endpoint("userinfo_endpoint"), bearer=access_token)
        if told.get("sub") != subject:
            raise ProviderError("the provider told of another person")
        return told

    def _identity(self, claims: Mapping[str, Any], told: Mapping[str, Any]) -> Identity:
        groups = told.get(self._settings.groups_claim, ())
        if isinstance(groups, str):
            groups = (groups,)
        at = claims.get("auth_time")
        return Identity(
            subject=f"{claims['iss']} {claims['sub']}",
            name=_text(told.get(self._settings.name_claim)) or _text(told.get("email")),
            shown_name=_text(told.get("name")),
            email=_text(told.get("email")),
            groups=tuple(g for g in groups if isinstance(g, str)),
            authenticated_at=(
                datetime.fromtimestamp(at, UTC) if isinstance(at, int | float) else None
            ),
        )

    def _about(self) -> Mapping[str, Any]:
        now = self._monotonic()
        if self._metadata is None or now - self._metadata[1] > _METADATA_S:
            address = self._settings.issuer.rstrip("/") + "/.well-known/openid-configuration"
            found = self._ask("GET", address)
            if found.get("issuer") != self._settings.issuer:
                raise ProviderError("the provider names another issuer than the settings")
            self._metadata = (found, now)
            self._keys = None
        return self._metadata[0]

    def _endpoint(self, name: str) -> str:
        address = self._about().get(name)
        plain = self._settings.issuer.startswith("http://")
        if not isinstance(address, str) or not address.startswith(
            ("https://", "http://") if plain else "https://"
        ):
            raise ProviderError(f"the provider has no {name} over https")
        return address

    def _jwks(self, *, fresh: bool) -> Mapping[str, Any]:
        if self._keys is None or fresh:
            self._keys = self._ask("GET", self._endpoint("jwks_uri"))
        return self._keys

    def _ask(
        self,
        method: str,
        address: str,
        *,
        form: Mapping[str, str] | None = None,
        basic: tuple[str, str] | None = None,
        bearer: str = "",
    ) -> dict[str, Any]:
        import httpx

        headers = {"Accept": "application/json"}
        if bearer:
            headers["Authorization"] = f"Bearer {bearer}"
        try:
            with (
                httpx.Client(timeout=self._settings.timeout_s, follow_redirects=False) as client,
                client.stream(method, address, data=form, headers=headers, auth=basic) as answer,
            ):
                content = bytearray()
                for part in answer.iter_bytes():
                    content += part
                    if len(content) > _LARGEST_ANSWER:
                        raise ProviderError("the provider answered with too much")
                if answer.status_code != 200:
                    raise ProviderError(f"the provider answered with status {answer.status_code}")
            found = json.loads(content)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise ProviderError(f"the provider cannot be asked: {type(error).__name__}") from error
        if not isinstance(found, dict):
            raise ProviderError("the provider answered with something else than an object")
        return found


def digest(secret: str) -> str:
    """Return what the database knows a state or a browser by."""
    return hashlib.sha256(f"provider {secret}".encode("utf-8", "surrogateescape")).hexdigest()


def _text(value: object) -> str:
    """Return a line of text, bounded; nothing for anything else."""
    return " ".join(value.split())[:100] if isinstance(value, str) else ""

"""Sessions of people at a browser: rows in the database, known outside by a random cookie alone."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from photopeak.model.people import SignedIn

CONFIRMED_FOR = timedelta(minutes=5)
"""How long a proof of who somebody is counts as recent."""

_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """The session of a request, with the token that its own pages send along."""

    signed_in: SignedIn
    csrf_token: str

    @property
    def id(self) -> str:
        """Its id, which is no secret."""
        return self.signed_in.id

    def accepts(self, csrf_token: str) -> bool:
        """Tell, in constant time, whether this is the token that was given to the page."""
        return hmac.compare_digest(
            self.csrf_token.encode(), csrf_token.encode("utf-8", "surrogateescape")
        )

    def confirmed(self, now: datetime) -> bool:
        """Tell whether the person proved a moment ago who they are."""
        at = self.signed_in.confirmed_at
        return at is not None and timedelta(0) <= now - at <= CONFIRMED_FOR


def new_secret() -> str:
    """Return the value of a new cookie: 256 bits of chance."""
    return secrets.token_urlsafe(_SECRET_BYTES)


def digest_of(secret: str) -> str:
    """Return what the database knows a cookie by."""
    return _digest("session", secret)


def session_of(signed_in: SignedIn, secret: str) -> Session:
    """Return the session of a cookie; the token of its pages follows from the cookie alone."""
    return Session(signed_in=signed_in, csrf_token=_digest("form", secret))


def _digest(purpose: str, secret: str) -> str:
    return hashlib.sha256(f"{purpose} {secret}".encode("utf-8", "surrogateescape")).hexdigest()

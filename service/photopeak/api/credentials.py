"""Tokens: how they are made, written, and recognised. Only a digest is kept."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

PREFIX = "pp_"
_FORM = re.compile(r"pp_([a-z2-7]{13})_([A-Za-z0-9_-]{43})")
_NO_DIGEST = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token just made: `text` is shown once, `id` and `digest` are kept."""

    id: str
    text: str
    digest: str


def make() -> NewToken:
    """Return a fresh token with 256 bits of chance."""
    identifier = base64.b32encode(secrets.token_bytes(8)).decode("ascii").rstrip("=").lower()
    text = f"{PREFIX}{identifier}_{secrets.token_urlsafe(32)}"
    return NewToken(identifier, text, digest(text))


def digest(text: str) -> str:
    """Return what is kept of a token; its chance is large enough for a fast hash."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def identifier_of(text: str) -> str | None:
    """Return the id inside a token, or None if it is not one of ours."""
    found = _FORM.fullmatch(text)
    return None if found is None else found.group(1)


def matches(text: str, kept: str | None) -> bool:
    """Compare a token with a kept digest in constant time; an unknown one takes as long."""
    return hmac.compare_digest(digest(text), kept or _NO_DIGEST) and kept is not None

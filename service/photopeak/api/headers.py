"""Response headers of every answer: nothing outside this host, no script of others, no cache."""

from __future__ import annotations

import base64
import hashlib

from photopeak.reports.svg import STYLE

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
"""For pages and data: what is not from here does not run."""

_STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode("ascii")
FIGURE_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; img-src data:; sandbox; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""For a figure opened by itself: its own style sheet and its pixels, nothing else."""

_ALWAYS = (
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode("ascii")),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
    (b"cache-control", b"no-store"),
)
_TRANSPORT = (b"strict-transport-security", b"max-age=31536000")


def complete(
    headers: list[tuple[bytes, bytes]], request_id: str, *, secure: bool
) -> list[tuple[bytes, bytes]]:
    """Return the headers of an answer with those added that it has not set itself."""
    present = {name.lower() for name, _ in headers}
    added = [pair for pair in _ALWAYS if pair[0] not in present]
    if secure:
        added.append(_TRANSPORT)
    added.append((b"x-request-id", request_id.encode("ascii")))
    return [*headers, *added]

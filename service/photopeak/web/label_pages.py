"""A label for the console of a scanner: a code that opens its page on a phone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from photopeak.model.page import Access, Page, PageReply, PageRequest
from photopeak.storage.errors import NotFoundError
from photopeak.web.context import WebContext
from photopeak.web.rendering import Renderer

_QUIET = 4
"""Modules of white around a code, as ISO/IEC 18004 asks for."""


@dataclass(frozen=True, slots=True)
class Code:
    """A QR code as a path of squares, and the side of its field."""

    path: str
    side: int


def code_of(text: str) -> Code:
    """Return a text as a QR code that is read with a seventh of it dirty."""
    import segno

    rows = segno.make_qr(text, error="m").matrix
    return Code(_path(rows), len(rows) + 2 * _QUIET)


def _path(rows: Sequence[Sequence[int]]) -> str:
    """Return the dark squares, each run of a row as one."""
    drawn = []
    for y, row in enumerate(rows):
        x = 0
        while x < len(row):
            run = next((n for n, dark in enumerate(row[x:]) if not dark), len(row) - x)
            if run:
                drawn.append(f"M{x + _QUIET} {y + _QUIET}h{run}v1h-{run}z")
            x += run + 1
    return "".join(drawn)


class LabelPages:
    """Pages to print and to stick on."""

    def __init__(self, context: WebContext, renderer: Renderer) -> None:
        self._context = context
        self._renderer = renderer

    def pages(self) -> tuple[Page, ...]:
        """Return the pages."""
        return (
            Page(method="GET", path="/devices/{id}/label", access=Access.READ, answer=self.label),
        )

    def label(self, request: PageRequest) -> PageReply:
        """Answer with the label of a device."""
        device = self._context.device(request.path["id"])
        if device is None:
            raise NotFoundError(f"there is no device {request.path['id']}")
        base = self._context.settings.web.public_url.rstrip("/")
        address = f"{base}/devices/{quote(device.id, safe='')}" if base else ""
        return self._renderer.page(
            "label.html",
            request,
            self._context.clock(),
            here="devices",
            device=device,
            address=address,
            code=code_of(address) if address else None,
        )

"""Tokens of machines: made, shown once, put out of force; for administrators."""

from __future__ import annotations

from datetime import datetime

from photopeak.accounts import tokens as accounts
from photopeak.accounts.errors import AccountError
from photopeak.model.page import Access, Confirm, Page, PageReply, PageRequest
from photopeak.storage import tokens
from photopeak.web.context import WebContext
from photopeak.web.rendering import Renderer

SCOPES = {
    "read": ("Read", "Reads results, trends and alerts."),
    "operate": ("Operate", "Sends files and readings, takes notice of alerts, besides."),
    "review": ("Review", "Accepts baselines and excludes points, besides."),
    "admin": ("Administer", "Everything."),
}
"""Word and sentence for each scope."""

_LIVES = (30, 90, 365, 730, 0)


class TokenPages:
    """Pages on tokens."""

    def __init__(self, context: WebContext, renderer: Renderer) -> None:
        self._context = context
        self._renderer = renderer

    def pages(self) -> tuple[Page, ...]:
        """Return the pages."""
        return (
            Page(method="GET", path="/tokens", access=Access.ADMIN, answer=self.listing),
            Page(
                method="POST",
                path="/tokens",
                access=Access.ADMIN,
                answer=self.make,
                confirm=Confirm.RECENT,
                unconfirmed=self.unconfirmed,
            ),
            Page(
                method="POST",
                path="/tokens/{id}/revoke",
                access=Access.ADMIN,
                answer=self.revoke,
                confirm=Confirm.RECENT,
                unconfirmed=self.unconfirmed,
            ),
        )

    def listing(self, request: PageRequest, fault: str = "", made: str = "") -> PageReply:
        """Answer with all tokens, and the form for one more."""
        now = self._context.clock()
        with self._context.database.snapshot() as tx:
            found = tokens.every(tx)
        good = [t for t in found if t.revoked_at is None and not _expired(t.expires_at, now)]
        over = [t for t in found if t not in good]
        return self._renderer.page(
            "tokens.html",
            request,
            now,
            status=422 if fault else 200,
            here="users",
            tokens=good[::-1],
            over=over[::-1],
            scopes=SCOPES,
            lives=_LIVES,
            fault=fault,
            form=request.form,
            made=made,
        )

    def unconfirmed(self, request: PageRequest) -> PageReply:
        """Ask for the password that was missing or wrong."""
        words = self._renderer.words
        return self.listing(
            request, words("Nothing was changed: your password is needed, and right.")
        )

    def make(self, request: PageRequest) -> PageReply:
        """Make a token and show it this once."""
        form = request.form
        days = form.get("days", "")
        try:
            _, text = accounts.issue(
                self._context.database,
                name=form.get("name", ""),
                scope=form.get("scope", ""),
                days=int(days) if days.isdecimal() and len(days) < 6 else -1,
                who=request.visitor.name if request.visitor else "",
                now=self._context.clock(),
            )
        except AccountError as error:
            said = self._renderer.words(error.message, **error.places)
            return self.listing(request, said)
        shown = PageRequest(visitor=request.visitor, confirmed=request.confirmed)
        return self.listing(shown, made=text)

    def revoke(self, request: PageRequest) -> PageReply:
        """Put a token out of force."""
        accounts.revoke(
            self._context.database,
            request.path["id"],
            who=request.visitor.name if request.visitor else "",
            now=self._context.clock(),
            reason=request.form.get("reason", "").strip()[:200],
        )
        return PageReply(location="/tokens")


def _expired(expires_at: datetime | None, now: datetime) -> bool:
    return expires_at is not None and expires_at <= now

"""Signing in, making the first administrator, and one's own account."""

from __future__ import annotations

from photopeak.accounts import people
from photopeak.accounts.errors import AccountError
from photopeak.accounts.passwords import MAXIMUM_LENGTH, MINIMUM_LENGTH
from photopeak.model.page import Access, Confirm, Page, PageReply, PageRequest
from photopeak.model.people import SignedIn, User
from photopeak.storage import sessions, users
from photopeak.web.context import WebContext
from photopeak.web.rendering import Renderer, one_of

_HOME = "/"
_FAILURES = frozenset({"1", "later", "provider", "group", "name"})
_WAYS = frozenset({"token", "name"})
_SAVED = frozenset({"password", "session", "others"})


class AccountPages:
    """Pages on signing in and on oneself."""

    def __init__(self, context: WebContext, renderer: Renderer) -> None:
        self._context = context
        self._renderer = renderer

    def pages(self) -> tuple[Page, ...]:
        """Return the pages."""
        return (
            Page(
                method="GET",
                path="/login",
                access=Access.OPEN,
                answer=self.login,
                query=("next", "failed", "with", "made"),
            ),
            Page(
                method="GET",
                path="/first-administrator",
                access=Access.ADMIN,
                answer=self.first,
            ),
            Page(
                method="POST",
                path="/first-administrator",
                access=Access.ADMIN,
                answer=self.make_first,
            ),
            Page(
                method="GET",
                path="/account",
                access=Access.READ,
                answer=self.account,
                query=("saved",),
            ),
            Page(
                method="POST",
                path="/account/password",
                access=Access.READ,
                answer=self.change_password,
                confirm=Confirm.ALWAYS,
                unconfirmed=self.password_unconfirmed,
            ),
            Page(
                method="POST",
                path="/account/sessions/{id}/end",
                access=Access.READ,
                answer=self.end_session,
            ),
            Page(
                method="POST",
                path="/account/sessions/end-others",
                access=Access.READ,
                answer=self.end_others,
            ),
        )

    def login(self, request: PageRequest) -> PageReply:
        """Answer with the form to sign in: by name, or by token where nobody has a name yet."""
        with self._context.database.snapshot() as tx:
            by_name = users.any_there(tx)
        way = one_of(request.query, "with", _WAYS)
        oidc = self._context.settings.oidc
        return self._renderer.page(
            "login.html",
            request,
            self._context.clock(),
            here="",
            failed=one_of(request.query, "failed", _FAILURES),
            made="made" in request.query,
            by_name=by_name and way != "token",
            people=by_name,
            provider=oidc.name if oidc.enabled else "",
            next=request.query.get("next", _HOME),
        )

    def first(self, request: PageRequest, fault: str = "") -> PageReply:
        """Answer with the form for the first administrator."""
        with self._context.database.snapshot() as tx:
            there = bool(users.active_admins(tx))
        if there:
            return PageReply(location="/users")
        return self._renderer.page(
            "first_administrator.html",
            request,
            self._context.clock(),
            status=422 if fault else 200,
            here="",
            fault=fault,
            form=request.form,
            least=MINIMUM_LENGTH,
            most=MAXIMUM_LENGTH,
        )

    def make_first(self, request: PageRequest) -> PageReply:
        """Make the first administrator, and let them sign in."""
        form = request.form
        try:
            self._same(request)
            people.add_first_admin(
                self._context.database,
                name=form.get("name", ""),
                shown_name=form.get("shown_name", ""),
                password=form.get("new_password", ""),
                who=request.visitor.name if request.visitor else "",
                now=self._context.clock(),
            )
        except AccountError as error:
            return self.first(request, self._said(error))
        return PageReply(location="/login?made=1")

    def account(self, request: PageRequest, fault: str = "") -> PageReply:
        """Answer with the page of whoever asks."""
        visitor, now = request.visitor, self._context.clock()
        user: User | None = None
        open_ones: tuple[SignedIn, ...] = ()
        if visitor is not None and not visitor.by_token:
            with self._context.database.snapshot() as tx:
                user = users.get(tx, visitor.id)
                open_ones = sessions.open_ones(tx, now=now, user_id=visitor.id)
        return self._renderer.page(
            "account.html",
            request,
            now,
            status=422 if fault else 200,
            here="account",
            user=user,
            sessions=open_ones,
            fault=fault,
            saved=one_of(request.query, "saved", _SAVED),
            least=MINIMUM_LENGTH,
            most=MAXIMUM_LENGTH,
        )

    def password_unconfirmed(self, request: PageRequest) -> PageReply:
        """Say that the present password is not right."""
        return self.account(request, self._renderer.words("The present password is not right."))

    def change_password(self, request: PageRequest) -> PageReply:
        """Take another password."""
        visitor = request.visitor
        if visitor is None or visitor.by_token:
            return self.account(request)
        try:
            self._same(request)
            people.change_own_password(
                self._context.database,
                visitor.id,
                password=request.form.get("new_password", ""),
                session_id=visitor.session_id,
                now=self._context.clock(),
            )
        except AccountError as error:
            return self.account(request, self._said(error))
        return PageReply(location="/account?saved=password")

    def end_session(self, request: PageRequest) -> PageReply:
        """End one of one's own sessions."""
        visitor = request.visitor
        if visitor is not None and not visitor.by_token:
            people.end_session(
                self._context.database,
                request.path["id"],
                who=visitor.name,
                now=self._context.clock(),
                user_id=visitor.id,
            )
        return PageReply(location="/account?saved=session")

    def end_others(self, request: PageRequest) -> PageReply:
        """End all of one's own sessions but this one."""
        visitor = request.visitor
        if visitor is not None and not visitor.by_token:
            people.end_other_sessions(
                self._context.database,
                visitor.id,
                but=visitor.session_id,
                who=visitor.name,
                now=self._context.clock(),
            )
        return PageReply(location="/account?saved=others")

    def _same(self, request: PageRequest) -> None:
        if request.form.get("new_password", "") != request.form.get("again", ""):
            raise AccountError("The two passwords are not the same.")

    def _said(self, error: AccountError) -> str:
        return self._renderer.words(error.message, **error.places)

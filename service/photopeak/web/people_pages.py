"""People: who there is, what they may, and their sessions; for administrators."""

from __future__ import annotations

from photopeak.accounts import people
from photopeak.accounts.errors import AccountError
from photopeak.model.page import Access, Confirm, Page, PageReply, PageRequest
from photopeak.model.people import Role
from photopeak.storage import sessions, users
from photopeak.web.context import WebContext
from photopeak.web.rendering import Renderer

ROLES = {
    Role.VIEWER: ("Viewer", "Sees everything but accounts and the audit trail."),
    Role.TECHNOLOGIST: ("Technologist", "Takes notice of alerts, enters readings, assigns series."),
    Role.PHYSICIST: ("Physicist", "Signs off, accepts baselines, excludes points, besides."),
    Role.ADMIN: ("Administrator", "Keeps users, tokens and channels, besides."),
    Role.AUDITOR: ("Auditor", "Sees everything and the audit trail; changes nothing."),
}
"""Word and sentence for each role."""


class PeoplePages:
    """Pages on people."""

    def __init__(self, context: WebContext, renderer: Renderer) -> None:
        self._context = context
        self._renderer = renderer

    def pages(self) -> tuple[Page, ...]:
        """Return the pages."""
        changes = (
            ("/users/{id}", self.change),
            ("/users/{id}/standing", self.set_standing),
            ("/users/{id}/password", self.reset_password),
            ("/users/{id}/sessions/{session}/end", self.end_session),
        )
        return (
            Page(method="GET", path="/users", access=Access.ADMIN, answer=self.listing),
            Page(
                method="POST",
                path="/users",
                access=Access.ADMIN,
                answer=self.add,
                confirm=Confirm.RECENT,
                unconfirmed=self.listing_unconfirmed,
            ),
            Page(method="GET", path="/users/{id}", access=Access.ADMIN, answer=self.one),
            *(
                Page(
                    method="POST",
                    path=path,
                    access=Access.ADMIN,
                    answer=answer,
                    confirm=Confirm.RECENT,
                    unconfirmed=self.one_unconfirmed,
                )
                for path, answer in changes
            ),
        )

    def listing(self, request: PageRequest, fault: str = "") -> PageReply:
        """Answer with everybody, and the form for one more."""
        now = self._context.clock()
        with self._context.database.snapshot() as tx:
            everybody = users.every(tx)
            here = {s.user_id for s in sessions.open_ones(tx, now=now)}
        return self._renderer.page(
            "users.html",
            request,
            now,
            status=422 if fault else 200,
            here="users",
            people=everybody,
            signed_in=here,
            roles=ROLES,
            fault=fault,
            form=request.form,
        )

    def listing_unconfirmed(self, request: PageRequest) -> PageReply:
        """Ask for the password that was missing or wrong."""
        return self.listing(request, self._unproved())

    def add(self, request: PageRequest) -> PageReply:
        """Add a person, and show the password to begin with this once."""
        form = request.form
        try:
            user, made = people.add_person(
                self._context.database,
                name=form.get("name", ""),
                shown_name=form.get("shown_name", ""),
                email=form.get("email", ""),
                role=_role(form.get("role", "")),
                who=_who(request),
                now=self._context.clock(),
            )
        except AccountError as error:
            return self.listing(request, self._said(error))
        return self.one(_of(request, user.id), made=made)

    def one(self, request: PageRequest, fault: str = "", made: str = "") -> PageReply:
        """Answer with the page of one person."""
        now = self._context.clock()
        with self._context.database.snapshot() as tx:
            user = users.get(tx, request.path["id"])
            open_ones = sessions.open_ones(tx, now=now, user_id=user.id)
        return self._renderer.page(
            "user.html",
            request,
            now,
            status=422 if fault else 200,
            here="users",
            user=user,
            sessions=open_ones,
            roles=ROLES,
            fault=fault,
            form=request.form,
            made=made,
        )

    def one_unconfirmed(self, request: PageRequest) -> PageReply:
        """Ask for the password that was missing or wrong."""
        return self.one(request, self._unproved())

    def change(self, request: PageRequest) -> PageReply:
        """Change role, name and address."""
        form = request.form
        try:
            people.change_person(
                self._context.database,
                request.path["id"],
                shown_name=form.get("shown_name", ""),
                email=form.get("email", ""),
                role=_role(form.get("role", "")),
                who=_who(request),
                now=self._context.clock(),
                reason=_reason(request),
            )
        except AccountError as error:
            return self.one(request, self._said(error))
        return PageReply(location=f"/users/{request.path['id']}")

    def set_standing(self, request: PageRequest) -> PageReply:
        """Disable somebody, or let them in again."""
        try:
            people.set_disabled(
                self._context.database,
                request.path["id"],
                disabled=request.form.get("disabled") == "1",
                who=_who(request),
                now=self._context.clock(),
                reason=_reason(request),
            )
        except AccountError as error:
            return self.one(request, self._said(error))
        return PageReply(location=f"/users/{request.path['id']}")

    def reset_password(self, request: PageRequest) -> PageReply:
        """Make another password, and show it this once."""
        try:
            made = people.reset_password(
                self._context.database,
                request.path["id"],
                who=_who(request),
                now=self._context.clock(),
            )
        except AccountError as error:
            return self.one(request, self._said(error))
        return self.one(request, made=made)

    def end_session(self, request: PageRequest) -> PageReply:
        """End a session of somebody."""
        people.end_session(
            self._context.database,
            request.path["session"],
            who=_who(request),
            now=self._context.clock(),
            user_id=request.path["id"],
        )
        return PageReply(location=f"/users/{request.path['id']}")

    def _unproved(self) -> str:
        return self._renderer.words("Nothing was changed: your password is needed, and right.")

    def _said(self, error: AccountError) -> str:
        return self._renderer.words(error.message, **error.places)


def _role(text: str) -> Role:
    try:
        return Role(text)
    except ValueError:
        raise AccountError("Choose what this person may.") from None


def _who(request: PageRequest) -> str:
    return request.visitor.name if request.visitor else ""


def _reason(request: PageRequest) -> str:
    return request.form.get("reason", "").strip()[:200]


def _of(request: PageRequest, user_id: str) -> PageRequest:
    return PageRequest(visitor=request.visitor, path={"id": user_id}, confirmed=request.confirmed)

"""Who asks: a token in the header, or the session of a browser that somebody signed in with.

Wrong credentials cost the address that sends them; a token that has been right before is let in
from there all the same, so that one cannot lock out another.
"""

from __future__ import annotations

import hashlib
import logging
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from photopeak.accounts.people import FIRST_TOKEN_NAME
from photopeak.api import problems
from photopeak.api.buckets import Buckets, Rates
from photopeak.api.guesses import Guesses
from photopeak.api.sessions import Session, digest_of, new_secret, session_of
from photopeak.model.page import Access, Confirm, may
from photopeak.model.people import ACCESS_BY_ROLE, ACCESS_BY_SCOPE, Role, SignedIn, User
from photopeak.storage import audit, sessions, tokens, users
from photopeak.storage.database import Database, Transaction
from photopeak.storage.errors import StorageError
from photopeak.storage.tokens import TokenRecord

logger = logging.getLogger(__name__)

POLL_HEADER = "x-poll"
"""Header of requests that a page makes by itself: they do not prolong a session."""

MAXIMUM_TOKEN_LENGTH = 200
"""Longer ones are not ours."""

_REMEMBERED_S = 2.0
_MOST_REMEMBERED = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who asks, and what they may.

    `id` is that of the user or of the token, `name` goes into the audit trail, `shown_name` on
    pages. `session` is None for a token in the header.
    """

    id: str
    name: str
    shown_name: str
    access: Access
    auditor: bool = False
    user: User | None = None
    session: Session | None = None

    def may(self, needed: Access) -> bool:
        """Tell whether the caller may do what needs `needed`."""
        return may(self.access, needed, auditor=self.auditor)

    @property
    def must_change_password(self) -> bool:
        """Whether nothing is open to this person before they have another password."""
        return self.user is not None and self.user.must_change_password

    @property
    def by_provider(self) -> bool:
        """Whether this person proves who they are at the identity provider."""
        return self.user is not None and not self.user.has_password


class Authenticator:
    """Finds out who asks, and opens and ends the sessions of browsers."""

    def __init__(
        self,
        database: Database,
        rates: Rates,
        *,
        cookie: str,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        self._database = database
        self._failures = Buckets(rates.failures, monotonic)
        self._guesses = Guesses(database, rates, self._failures, monotonic)
        self._cookie = cookie
        self._clock = clock
        self._monotonic = monotonic
        self._known: OrderedDict[str, tuple[TokenRecord, float]] = OrderedDict()
        self._proven: OrderedDict[str, None] = OrderedDict()

    async def principal(self, request: Request, address: str) -> Principal | None:
        """Return who asks, or None when no credentials were sent or a session is over.

        Raises
        ------
        Problem
            401 for a token that is wrong, 429 after too many of them.
        """
        given = request.headers.getlist("authorization")
        if given:
            scheme, _, text = given[0].partition(" ")
            if len(given) > 1 or scheme.lower() != "bearer":
                raise problems.unauthenticated()
            principal = await self.verify(text.strip(), address)
            if principal is None:
                raise problems.unauthenticated()
            return principal
        secret = request.cookies.get(self._cookie)
        if not secret:
            return None
        principal = await run_in_threadpool(self._by_session, secret)
        if principal is not None and POLL_HEADER not in request.headers:
            await self._note_session(principal)
        return principal

    async def verify(self, text: str, address: str) -> Principal | None:
        """Return whom a token belongs to, or None; every wrong one is counted.

        Raises
        ------
        Problem
            429 after too many wrong ones from this address.
        """
        digest = hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
        wait = 0.0 if digest in self._proven else self._failures.wait(address)
        if wait:
            raise problems.too_many(wait)
        record = None
        if len(text) <= MAXIMUM_TOKEN_LENGTH:
            record = await self._remembered(digest, text)
        if record is None:
            self._proven.pop(digest, None)
            self._failures.take(address)
            logger.warning("a wrong token came from %s", address)
            return None
        self._proven[digest] = None
        _shorten(self._proven)
        await self._note_use(digest, record)
        return _of_token(record, None)

    async def sign_in(self, name: str, password: str, address: str) -> Principal | None:
        """Return who signs in with a name and a password, or None when either is wrong.

        Raises
        ------
        Problem
            429 after too many wrong ones.
        """
        user = await self._guesses.check(name, password, address)
        if user is None:
            await run_in_threadpool(self._note_refusal, name, address)
            return None
        return principal_of_user(user)

    async def open(self, principal: Principal, request: Request, *, confirmed: bool = True) -> str:
        """Open a session, end the one that this browser had before, and return its cookie's value.

        `confirmed` tells that the person has just proved who they are.
        """
        secret = new_secret()
        address = request.client.host if request.client else ""
        before = request.cookies.get(self._cookie, "")

        def write() -> None:
            now = self._clock()
            with self._database.transaction() as tx:
                self._end_in(tx, before, now)
                opened = sessions.open_one(
                    tx,
                    digest_of(secret),
                    now=now,
                    user_id=principal.user.id if principal.user else None,
                    token_id=None if principal.user else principal.id,
                    address=address,
                    browser=request.headers.get("user-agent", ""),
                )
                if not confirmed:
                    sessions.confirm(tx, opened.id, now=None)
                if principal.user is not None:
                    users.note_sign_in(tx, principal.user.id, now=now)
                audit.append(
                    tx,
                    at=now,
                    actor=principal.name,
                    action="session.opened",
                    subject=f"session {opened.id}",
                    detail={"address": address},
                )

        await run_in_threadpool(write)
        return secret

    async def end(self, principal: Principal | None) -> None:
        """End the session of whoever asks; without one there is nothing to end."""
        session = None if principal is None else principal.session
        if principal is None or session is None:
            return
        name, ended = principal.name, session.id

        def write() -> None:
            now = self._clock()
            with self._database.transaction() as tx:
                if sessions.end(tx, ended, now=now):
                    audit.append(
                        tx,
                        at=now,
                        actor=name,
                        action="session.ended",
                        subject=f"session {ended}",
                    )

        await run_in_threadpool(write)

    async def confirmed(
        self, principal: Principal | None, kind: Confirm, password: str, address: str
    ) -> bool:
        """Tell whether the caller has proved who they are as an operation wants it.

        A right password counts for some minutes. Who signed in with a token gives it again; who
        signed in at the provider has been there a moment ago, which counts once for a signature.
        A token in the header is a proof that comes with every request.

        Raises
        ------
        Problem
            429 after too many wrong passwords.
        """
        session = None if principal is None else principal.session
        if principal is None or session is None:
            return principal is not None
        recent = session.confirmed(self._clock())
        if kind is Confirm.RECENT and recent:
            return True
        if principal.by_provider:
            right = recent
        elif not password:
            # The form was opened while the last proof was recent: nobody has guessed at anything.
            right = False
        elif principal.user is not None:
            found = await self._guesses.check(principal.user.name, password, address)
            right = found is not None
        else:
            found_token = await self.verify(password, address)
            right = found_token is not None and found_token.id == principal.id
        if right:
            used_up = principal.by_provider and kind is Confirm.ALWAYS
            at = None if used_up else self._clock()
            await run_in_threadpool(self._note_confirmation, session.id, at)
        return right

    def _by_session(self, secret: str) -> Principal | None:
        now = self._clock()
        with self._database.snapshot() as tx:
            found = sessions.find(tx, digest_of(secret), now=now)
            if found is None:
                return None
            session = session_of(found, secret)
            if found.user_id is not None:
                known = users.by_id(tx, found.user_id)
                active = known is not None and known.user.active
                return (
                    principal_of_user(known.user, session) if known is not None and active else None
                )
            record = tokens.by_id(tx, found.token_id or "", now=now)
            return None if record is None else _of_token(record, session)

    async def _note_session(self, principal: Principal) -> None:
        session, now = principal.session, self._clock()
        if session is None or now - session.signed_in.used_at < sessions.USE_INTERVAL:
            return
        used: SignedIn = session.signed_in

        def write() -> None:
            with self._database.transaction() as tx:
                sessions.note_use(tx, used.id, now=now)

        try:
            await run_in_threadpool(write)
        except StorageError:
            logger.warning("the use of session %s could not be noted", used.id)

    def _note_confirmation(self, session_id: str, at: datetime | None) -> None:
        with self._database.transaction() as tx:
            sessions.confirm(tx, session_id, now=at)

    def _note_refusal(self, name: str, address: str) -> None:
        """Leave a line where somebody failed to sign in; for names that nobody has it costs the same."""
        with self._database.transaction() as tx:
            known = users.by_name(tx, name.strip().casefold())
            audit.append(
                tx,
                at=self._clock(),
                actor="somebody",
                action="session.refused",
                subject="nobody" if known is None else f"user {known.user.name}",
                detail={"address": address},
            )

    def _end_in(self, tx: Transaction, secret: str, now: datetime) -> None:
        found = sessions.find(tx, digest_of(secret), now=now) if secret else None
        if found is not None:
            sessions.end(tx, found.id, now=now)

    async def _remembered(self, digest: str, text: str) -> TokenRecord | None:
        """Return a valid token; what was read a moment ago is good enough."""
        found = self._known.get(digest)
        now = self._monotonic()
        if found is not None and now - found[1] < _REMEMBERED_S:
            return found[0]
        record = await run_in_threadpool(self._by_secret, text)
        if record is None:
            self._known.pop(digest, None)
            return None
        self._known[digest] = (record, now)
        self._known.move_to_end(digest)
        _shorten(self._known)
        return record

    def _by_secret(self, text: str) -> TokenRecord | None:
        with self._database.snapshot() as tx:
            return tokens.find(tx, text, now=self._clock())

    async def _note_use(self, key: str, record: TokenRecord) -> None:
        now = self._clock()
        if not tokens.needs_use_noted(record, now):
            return

        def write() -> None:
            with self._database.transaction() as tx:
                tokens.note_use(tx, record.id, now=now)

        try:
            await run_in_threadpool(write)
        except StorageError:
            logger.warning("the use of token %s could not be noted", record.id)
        self._known[key] = (replace(record, last_used_at=now), self._monotonic())


def _shorten(table: OrderedDict[str, Any]) -> None:
    while len(table) > _MOST_REMEMBERED:
        table.popitem(last=False)


def _of_token(record: TokenRecord, session: Session | None) -> Principal:
    access = max(
        (ACCESS_BY_SCOPE[s] for s in record.scopes if s in ACCESS_BY_SCOPE), default=Access.OPEN
    )
    return Principal(
        id=record.id, name=record.name, shown_name=record.name, access=access, session=session
    )


def principal_of_user(user: User, session: Session | None = None) -> Principal:
    """Return a person as who asks."""
    return Principal(
        id=user.id,
        name=user.name,
        shown_name=user.shown_name,
        access=ACCESS_BY_ROLE[user.role],
        auditor=user.role is Role.AUDITOR,
        user=user,
        session=session,
    )


def ensure_first_token(database: Database, *, now: datetime) -> str | None:
    """Make the token that lets the first administrator in, if there is no token and nobody at all.

    Returns
    -------
    str or None
        Its text, to be shown once; None when there is somebody already.
    """
    with database.transaction() as tx:
        if tokens.every(tx) or users.any_there(tx):
            return None
        _, text = tokens.create(
            tx, name=FIRST_TOKEN_NAME, scopes=("admin",), now=now, created_by="first start"
        )
    return text

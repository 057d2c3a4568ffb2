"""Who asks: a token in the header, or the session of a browser that was opened with one.

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

from photopeak.api import problems
from photopeak.api.buckets import Buckets
from photopeak.api.sessions import Session, Sessions
from photopeak.model.page import Access
from photopeak.storage import tokens
from photopeak.storage.database import Database
from photopeak.storage.errors import StorageError
from photopeak.storage.tokens import TokenRecord

logger = logging.getLogger(__name__)

ACCESS_BY_SCOPE = {
    "read": Access.READ,
    "operate": Access.OPERATE,
    "review": Access.REVIEW,
    "admin": Access.ADMIN,
}
"""What a scope allows; each includes those before it."""

FIRST_TOKEN_NAME = "first administrator"  # noqa: S105 - a name, not a secret
POLL_HEADER = "x-poll"
"""Header of requests that a page makes by itself: they do not prolong a session."""

MAXIMUM_TOKEN_LENGTH = 200
"""Longer ones are not ours."""

_REMEMBERED_S = 2.0
_MOST_REMEMBERED = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who asks, and what the token behind the request allows."""

    token_id: str
    name: str
    access: Access
    session: Session | None = None


class Authenticator:
    """Finds out who asks."""

    def __init__(
        self,
        database: Database,
        sessions: Sessions,
        failures: Buckets,
        *,
        cookie: str,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        self._database = database
        self._sessions = sessions
        self._failures = failures
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
        session = self._sessions.find(secret, used=POLL_HEADER not in request.headers)
        if session is None:
            return None
        record = await self._remembered(f"id {session.token_id}", self._by_id, session.token_id)
        if record is None:
            self._sessions.end(secret)
            return None
        return _principal(record, session)

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
            record = await self._remembered(digest, self._by_secret, text)
        if record is None:
            self._proven.pop(digest, None)
            self._failures.take(address)
            logger.warning("a wrong token came from %s", address)
            return None
        self._proven[digest] = None
        _shorten(self._proven)
        await self._note_use(digest, record)
        return _principal(record, None)

    async def _remembered(
        self, key: str, find: Callable[[str], TokenRecord | None], argument: str
    ) -> TokenRecord | None:
        """Return a valid token; what was read a moment ago is good enough."""
        found = self._known.get(key)
        now = self._monotonic()
        if found is not None and now - found[1] < _REMEMBERED_S:
            return found[0]
        record = await run_in_threadpool(find, argument)
        if record is None:
            self._known.pop(key, None)
            return None
        self._known[key] = (record, now)
        self._known.move_to_end(key)
        _shorten(self._known)
        return record

    def _by_secret(self, text: str) -> TokenRecord | None:
        with self._database.snapshot() as tx:
            return tokens.find(tx, text, now=self._clock())

    def _by_id(self, token_id: str) -> TokenRecord | None:
        now = self._clock()
        with self._database.snapshot() as tx:
            record = next((t for t in tokens.every(tx) if t.id == token_id), None)
        if record is None or record.revoked_at is not None:
            return None
        return record if record.expires_at is None or now < record.expires_at else None

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


def _principal(record: TokenRecord, session: Session | None) -> Principal:
    access = max(
        (ACCESS_BY_SCOPE[s] for s in record.scopes if s in ACCESS_BY_SCOPE), default=Access.OPEN
    )
    return Principal(token_id=record.id, name=record.name, access=access, session=session)


def ensure_first_token(database: Database, *, now: datetime) -> str | None:
    """Make the token of the first administrator if there is no token at all.

    Returns
    -------
    str or None
        Its text, to be shown once; None when there are tokens already.
    """
    with database.transaction() as tx:
        if tokens.every(tx):
            return None
        _, text = tokens.create(
            tx, name=FIRST_TOKEN_NAME, scopes=("admin",), now=now, created_by="first start"
        )
    return text

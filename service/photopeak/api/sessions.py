"""Sessions of people at a browser: kept here, known outside by a random cookie alone.

A session belongs to the token it was opened with and ends with it. Sessions live in the memory
of the web process; after a restart people sign in again.
"""

import hashlib
import hmac
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

IDLE_S = 30 * 60.0
"""A session that nobody used for so long is over."""

ABSOLUTE_S = 12 * 3600.0
"""A session that is so old is over."""

_MOST = 2000


@dataclass(slots=True)
class Session:
    """One signed-in browser."""

    token_id: str
    csrf_token: str
    opened_at: float
    used_at: float

    def accepts(self, csrf_token: str) -> bool:
        """Tell, in constant time, whether this is the token that was given to the page."""
        return hmac.compare_digest(self.csrf_token.encode(), csrf_token.encode())


class Sessions:
    """The open sessions, keyed by the digest of what the cookie holds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._open: OrderedDict[bytes, Session] = OrderedDict()

    def open(self, token_id: str) -> tuple[str, Session]:
        """Open a session and return the value of its cookie with it."""
        secret = secrets.token_urlsafe(32)
        now = self._clock()
        session = Session(token_id, secrets.token_urlsafe(32), now, now)
        self._open[_digest(secret)] = session
        while len(self._open) > _MOST:
            self._open.popitem(last=False)
        return secret, session

    def find(self, secret: str, *, used: bool = True) -> Session | None:
        """Return the session of a cookie if it is still good; `used` prolongs it.

        Requests that a page makes by itself do not count as use.
        """
        key = _digest(secret)
        session = self._open.get(key)
        if session is None:
            return None
        now = self._clock()
        if now - session.used_at > IDLE_S or now - session.opened_at > ABSOLUTE_S:
            del self._open[key]
            return None
        if used:
            session.used_at = now
        return session

    def end(self, secret: str) -> None:
        """End a session; one that is not there is no fault."""
        self._open.pop(_digest(secret), None)


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).digest()

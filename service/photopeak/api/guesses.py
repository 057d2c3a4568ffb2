"""How often passwords may be guessed: by account and address together, by address, and by account.

The first keeps one place from guessing at one account, the second from guessing at many, the third
many places from guessing at one; it does not count where the account has signed in from before, so
that the owner is let in while others try. Who is refused is told when to come again, the same for
accounts that do not exist.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from starlette.concurrency import run_in_threadpool

from photopeak.accounts import passwords
from photopeak.api import problems
from photopeak.api.buckets import Buckets, Rates
from photopeak.model.people import MAXIMUM_NAME_LENGTH, User, sign_in_name
from photopeak.storage import sessions, users
from photopeak.storage.database import Database
from photopeak.storage.users import Credentials

logger = logging.getLogger(__name__)

_MOST_WAITING = 40
_WAIT_S = 2.0


class Guesses:
    """Checks passwords, a few at a time, and counts the wrong ones."""

    def __init__(
        self,
        database: Database,
        rates: Rates,
        addresses: Buckets,
        monotonic: Callable[[], float],
    ) -> None:
        self._database = database
        self._addresses = addresses
        self._pairs = Buckets(rates.guesses, monotonic)
        self._accounts = Buckets(rates.account, monotonic)
        self._slots = asyncio.Semaphore(passwords.AT_A_TIME)
        self._waiting = 0

    async def check(self, name: str, password: str, address: str) -> User | None:
        """Return who has this name and this password and may sign in, else None.

        Raises
        ------
        Problem
            429 after too many wrong ones.
        """
        if self._waiting >= _MOST_WAITING:
            raise problems.too_many(_WAIT_S)
        self._waiting += 1
        try:
            # Asked with the slot in hand: of many at once, each sees what the one before has cost.
            async with self._slots:
                return await self._check(_account(name), password, address)
        finally:
            self._waiting -= 1

    async def _check(self, name: str, password: str, address: str) -> User | None:
        known, at_home = await run_in_threadpool(self._find, name, address)
        pair = f"{address} {name}"
        wait = max(
            self._addresses.wait(address),
            self._pairs.wait(pair),
            0.0 if at_home else self._accounts.wait(name),
        )
        if wait:
            raise problems.too_many(wait)
        password_hash = None if known is None else known.password_hash
        right = await run_in_threadpool(passwords.verify, password, password_hash)
        if right and known is not None and known.user.active:
            self._pairs.forget(pair)
            return known.user
        self._addresses.take(address)
        self._pairs.take(pair)
        self._accounts.take(name)
        logger.warning("a wrong password came from %s", address)
        return None

    def _find(self, name: str, address: str) -> tuple[Credentials | None, bool]:
        with self._database.snapshot() as tx:
            known = users.by_name(tx, name)
            at_home = known is not None and sessions.knows_address(tx, known.user.id, address)
        return known, at_home


def _account(name: str) -> str:
    try:
        return sign_in_name(name)
    except ValueError:
        return name.casefold()[:MAXIMUM_NAME_LENGTH]

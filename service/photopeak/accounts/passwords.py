"""Passwords: which ones are taken, and their slow hashes.

Length counts, not composition (NIST SP 800-63B 3.1.1.2); the hash is Argon2id, of which only a few
are computed at a time, because each takes 19 MiB and the processor for a moment.
"""

from __future__ import annotations

import base64
import secrets
import threading
import unicodedata
from functools import lru_cache
from typing import Any

from photopeak.accounts.common_passwords import COMMON_PASSWORDS
from photopeak.accounts.errors import AccountError

MINIMUM_LENGTH = 12
"""Characters of the shortest password that is taken."""

MAXIMUM_LENGTH = 128
"""Characters of the longest one; what is longer only costs time."""

AT_A_TIME = 2
"""Hashes that one process computes at a time."""

MEMORY_KIB = 19_456
TIME_COST = 2
PARALLELISM = 1

_NOBODYS = "$argon2id$v=19$m=19456,t=2,p=1$%s$%s"
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_few = threading.BoundedSemaphore(AT_A_TIME)


def check(password: str, name: str) -> None:
    """Refuse a password that would be guessed.

    Raises
    ------
    AccountError
        Saying what is wrong with it; the password is not repeated.
    """
    plain = _plain(password)
    if len(plain) < MINIMUM_LENGTH:
        raise AccountError("A password has at least {least} characters.", least=MINIMUM_LENGTH)
    if len(plain) > MAXIMUM_LENGTH:
        raise AccountError("A password has at most {most} characters.", most=MAXIMUM_LENGTH)
    folded = plain.casefold()
    if name and folded.replace(" ", "") in (name, name * 2, name[::-1]):
        raise AccountError("The password must not be the name.")
    if (
        folded in COMMON_PASSWORDS
        or folded.rstrip("!.?*1234567890") in COMMON_PASSWORDS
        or len(set(folded)) < 4
    ):
        raise AccountError("This password is among the first that are tried; take another one.")


def hashed(password: str) -> str:
    """Return the hash of a password; waits while others are computed."""
    with _few:
        text: str = _hasher().hash(_plain(password))
    return text


def verify(password: str, password_hash: str | None) -> bool:
    """Tell whether a password is the one of a hash.

    Without a hash, as for a name that nobody has, it takes as long and is wrong.
    """
    if len(password) > MAXIMUM_LENGTH:
        password = password[:1]
        password_hash = None
    with _few:
        right: bool = _hasher().verify(_plain(password), password_hash or _of_nobody())
    return right and password_hash is not None


def start_password() -> str:
    """Return a password to begin with, made to be read out: 20 characters, 99 bits of chance."""
    groups = ["".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(4)]
    return "-".join(groups)


@lru_cache(maxsize=1)
def _hasher() -> Any:
    from pwdlib import PasswordHash
    from pwdlib.hashers.argon2 import Argon2Hasher

    return PasswordHash(
        (Argon2Hasher(time_cost=TIME_COST, memory_cost=MEMORY_KIB, parallelism=PARALLELISM),)
    )


@lru_cache(maxsize=1)
def _of_nobody() -> str:
    """Return a hash that no password has, to be compared with at the same cost."""
    return _NOBODYS % (_base64(16), _base64(32))


def _base64(count: int) -> str:
    return base64.b64encode(secrets.token_bytes(count)).decode("ascii").rstrip("=")


def _plain(password: str) -> str:
    """Return a password as it is hashed: the same for the same keys on every machine (RFC 8265)."""
    return unicodedata.normalize("NFC", password)

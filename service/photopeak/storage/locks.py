"""Locks on names for the length of a transaction, where rows cannot be locked yet."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import sqlalchemy as sa

from photopeak.storage.database import Transaction

_LOCK = sa.text("SELECT pg_advisory_xact_lock(k) FROM unnest(CAST(:keys AS bigint[])) AS k")


def serialise(tx: Transaction, names: Iterable[str]) -> None:
    """Wait until no other transaction holds any of the names, and hold them to the end of this.

    Names are taken in one order by everybody, so nobody waits in a circle. SQLite has one writer
    at a time and needs nothing.
    """
    if tx.dialect == "postgresql":
        tx.connection.execute(_LOCK, {"keys": sorted({_key(name) for name in names})})


def _key(name: str) -> int:
    digest = hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)

"""Reference images: versions that stay, the newest in force."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from dataclasses import asdict, replace
from typing import Any

import sqlalchemy as sa

from photopeak.model.identity import new_id
from photopeak.model.reviews import Reference, ReferenceKey
from photopeak.storage.database import Transaction
from photopeak.storage.locks import serialise
from photopeak.storage.tables.reviews import reference_images

_KEY = tuple(ReferenceKey.__dataclass_fields__)


def add(tx: Transaction, reference: Reference) -> Reference:
    """Put a reference image in force, with its id and the next version of its key."""
    digest = _digest(reference.key)
    serialise(tx, (f"reference image {digest}",))
    before = in_force(tx, reference.key)
    kept = replace(reference, id=new_id(), version=before.version + 1 if before else 1)
    values = {name: getattr(kept, name) for name in Reference.__dataclass_fields__}
    del values["key"]
    tx.connection.execute(
        sa.insert(reference_images).values(key_sha256=digest, **asdict(kept.key), **values)
    )
    return kept


def in_force(tx: Transaction, key: ReferenceKey) -> Reference | None:
    """Return the newest version of a reference image, or None."""
    found = versions(tx, key, limit=1)
    return found[0] if found else None


def versions(tx: Transaction, key: ReferenceKey, *, limit: int = 50) -> tuple[Reference, ...]:
    """Return the versions of a reference image, the newest first."""
    query = (
        sa.select(reference_images)
        .where(reference_images.c.key_sha256 == _digest(key))
        .order_by(reference_images.c.version.desc())
        .limit(limit)
    )
    return tuple(_reference(row) for row in tx.connection.execute(query))


def of_results(tx: Transaction, ids: Collection[str]) -> tuple[Reference, ...]:
    """Return the versions of reference images that some results were chosen for, the first first."""
    query = sa.select(reference_images).where(reference_images.c.result_id.in_(sorted(ids)))
    rows = tx.connection.execute(query.order_by(reference_images.c.at, reference_images.c.id))
    return tuple(_reference(row) for row in rows)


def _digest(key: ReferenceKey) -> str:
    text = json.dumps([getattr(key, name) for name in _KEY], ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _reference(row: Any) -> Reference:
    values = {name: getattr(row, name) for name in Reference.__dataclass_fields__ if name != "key"}
    return Reference(key=ReferenceKey(**{name: getattr(row, name) for name in _KEY}), **values)

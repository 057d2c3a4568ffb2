"""Signatures under results, and the queue of those that wait for one.

A signature never changes, and neither does a result that has one: the database refuses it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from photopeak.model.configuration import Configuration
from photopeak.model.identity import new_id
from photopeak.model.judgement import Status
from photopeak.model.reviews import WORST_FIRST, Meaning, Review, Waiting, in_force
from photopeak.storage import standings
from photopeak.storage.database import Transaction
from photopeak.storage.errors import NotFoundError, StateError
from photopeak.storage.locks import serialise
from photopeak.storage.tables.results import results
from photopeak.storage.tables.reviews import review_queue, reviews

MOST_WAITING = 200
"""Results that a queue shows at a time."""

_LONG = 1000
"""From so many results on a queue is not read whole to show some of it."""


def add(tx: Transaction, review: Review) -> Review:
    """Keep a signature, whose id is given here.

    Raises
    ------
    NotFoundError
        If there is no such result.
    StateError
        If the result has a newer version, if it is signed with this meaning already, or if what
        is corrected does not stand (any more).
    """
    row = tx.connection.execute(
        sa.select(results.c.test_set_id, results.c.device_id, results.c.test).where(
            results.c.id == review.result_id
        )
    ).one_or_none()
    if row is None:
        raise NotFoundError(f"there is no result {review.result_id}")
    # The lock of those who add results: none supersedes this one while it is signed.
    serialise(tx, (f"results of {row.test_set_id}",))
    is_current = tx.connection.execute(
        sa.select(results.c.current).where(results.c.id == review.result_id)
    ).scalar_one()
    standing = {known.id: known for known in in_force(of_result(tx, review.result_id))}
    if review.corrects is not None and review.corrects not in standing:
        raise StateError("the signature to be corrected does not stand any more")
    if review.corrects is None and review.meaning is Meaning.WITHDRAWN:
        raise StateError("only a signature that stands can be withdrawn")
    if not is_current and review.meaning is not Meaning.WITHDRAWN:
        raise StateError("the result has a newer version")
    for known in standing.values():
        if known.meaning is review.meaning and not known.rule and known.id != review.corrects:
            raise StateError(f"the result is {known.meaning} already, by {known.printed_name}")
    values = {name: getattr(review, name) for name in Review.__dataclass_fields__}
    values["id"] = new_id()
    tx.connection.execute(sa.insert(reviews).values(**values))
    wait(tx, (review.result_id,))
    if row.device_id is not None:
        standings.renew(tx, row.device_id, row.test)
    return Review(**values)


def hold(tx: Transaction, ids: Collection[str]) -> None:
    """Keep results from getting newer versions until the transaction ends.

    Who signs several takes all of it before anything else: a worker that stores one of them goes the
    same way, and nobody waits in a circle.
    """
    query = sa.select(results.c.test_set_id).where(results.c.id.in_(sorted(ids)))
    sets = tx.connection.scalars(query.distinct())
    serialise(tx, [f"results of {test_set_id}" for test_set_id in sets])


def of_result(tx: Transaction, result_id: str) -> tuple[Review, ...]:
    """Return the signatures under a result, the first first, those corrected among them."""
    return of_results(tx, (result_id,))[result_id]


def of_results(tx: Transaction, ids: Collection[str]) -> dict[str, tuple[Review, ...]]:
    """Return the signatures of results by their ids, the first first."""
    found: dict[str, list[Review]] = {result_id: [] for result_id in ids}
    query = sa.select(reviews).where(reviews.c.result_id.in_(found))
    for row in tx.connection.execute(query.order_by(reviews.c.at, reviews.c.id)):
        found[row.result_id].append(_review(row))
    return {result_id: tuple(signed) for result_id, signed in found.items()}


def wait(tx: Transaction, ids: Iterable[str]) -> None:
    """Let results wait for a signature, or not any more, as they stand now."""
    wanted = sorted(set(ids))
    tx.connection.execute(sa.delete(review_queue).where(review_queue.c.result_id.in_(wanted)))
    signed = of_results(tx, wanted)
    query = sa.select(results.c.id, results.c.status, results.c.finished_at)
    for row in tx.connection.execute(
        query.where(results.c.id.in_(wanted), results.c.current.is_(True))
    ).all():
        if not in_force(signed[row.id]):
            tx.connection.execute(
                sa.insert(review_queue).values(
                    result_id=row.id,
                    urgency=WORST_FIRST.index(Status(row.status)),
                    finished_at=row.finished_at,
                )
            )


def count(tx: Transaction, *, most: int | None = None) -> int:
    """Return how many results wait for a signature; with `most`, no more than so many are counted."""
    queue = (
        sa.select(review_queue.c.urgency).order_by(review_queue.c.urgency).limit(most).subquery()
    )
    query = sa.select(sa.func.count()).select_from(queue)
    return int(tx.connection.execute(query).scalar_one())


def waiting(
    tx: Transaction,
    *,
    device_id: str | None = None,
    test: str | None = None,
    ids: Collection[str] | None = None,
    limit: int = MOST_WAITING,
) -> tuple[Waiting, ...]:
    """Return results that wait for a signature, the worst first and of these the newest.

    With `ids` only those of them.
    """
    c = results.c
    query = sa.select(
        c.id.label("result_id"), c.device_id, c.test, c.variant, c.title, c.title_zh, c.status,
        c.version, c.acquired_at, c.finished_at,
    ).join_from(review_queue, results, c.id == review_queue.c.result_id)  # fmt: skip
    if device_id is not None:
        query = query.where(c.device_id == device_id)
    if test is not None:
        query = query.where(c.test == test)
    if ids is not None:
        query = query.where(c.id.in_(sorted(ids)))
    urgency = review_queue.c.urgency
    newest = (review_queue.c.finished_at.desc(), review_queue.c.result_id.desc())
    if (device_id, test, ids) != (None, None, None):
        rows = tx.connection.execute(query.order_by(urgency, *newest).limit(limit))
        return tuple(_waiting(row) for row in rows)
    # Of each urgency by itself, and so along the index, however long the queue is.
    found: list[Waiting] = []
    for one in range(len(WORST_FIRST)):
        if len(found) < limit:
            some = query.where(urgency == one).order_by(*newest).limit(limit - len(found))
            found += map(_waiting, tx.connection.execute(some))
    return tuple(found)


def signed_before(
    tx: Transaction,
    *,
    device_id: str,
    test: str,
    variant: str,
    since: datetime | None,
    before: datetime,
    limit: int = 50,
) -> tuple[tuple[str, tuple[Configuration, ...]], ...]:
    """Return the results of a test under which a person signed, the last measured first.

    Each with the circumstances of its numbers; only those that count and were measured from `since`
    on and before `before`. Whether the signature stands is for the caller to see.
    """
    c = results.c
    by_people = sa.select(reviews.c.result_id).where(
        reviews.c.result_id == c.id, reviews.c.rule.is_(False)
    )
    query = (
        sa.select(c.id, c.configurations)
        .where(c.device_id == device_id, c.test == test, c.variant == variant)
        .where(c.current.is_(True), c.acquired_at < before, by_people.exists())
    )
    if since is not None:
        query = query.where(c.acquired_at >= since)
    rows = tx.connection.execute(query.order_by(c.acquired_at.desc()).limit(limit))
    return tuple(
        (row.id, tuple(Configuration(**plain) for plain in row.configurations)) for row in rows
    )


def tests_waiting(tx: Transaction) -> tuple[str, ...]:
    """Return the tests of which results wait, in order; of a long queue all that have results."""
    test = results.c.test
    if count(tx, most=_LONG) < _LONG:
        queued = results.c.id.in_(sa.select(review_queue.c.result_id))
        return tuple(sorted(set(tx.connection.scalars(sa.select(test).where(queued)))))
    found: list[str] = []
    step = query = sa.select(test).order_by(test).limit(1)
    while (name := tx.connection.execute(query).scalar_one_or_none()) is not None:
        found.append(name)
        query = step.where(test > name)
    return tuple(found)


def _waiting(row: Any) -> Waiting:
    values = {name: getattr(row, name) for name in Waiting.__dataclass_fields__}
    return Waiting(**{**values, "status": Status(row.status)})


def _review(row: Any) -> Review:
    values = {name: getattr(row, name) for name in Review.__dataclass_fields__}
    return Review(**{**values, "meaning": Meaning(row.meaning)})

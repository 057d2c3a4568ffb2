"""Things that a process keeps in memory: bounded, and forgotten in time."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from photopeak.api.buckets import Buckets, Rate
from photopeak.api.idempotency import KEPT_S, Replays
from photopeak.api.problems import Problem, from_validation
from photopeak.api.surface import Operation, Table
from photopeak.api.wire.site import UploadsOut
from photopeak.model.page import Access


@dataclass
class Clock:
    """Seconds that a test moves."""

    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_a_bucket_gives_its_burst_and_then_its_rate() -> None:
    clock = Clock()
    buckets = Buckets(Rate(per_s=2.0, burst=3.0), clock)

    assert [buckets.take("a") for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]
    assert buckets.wait("a") == 0.5
    clock.seconds = 0.5
    assert buckets.take("a") == 0.0
    assert buckets.take("a") > 0.0
    assert buckets.take("b") == 0.0
    clock.seconds = 1000.0
    assert [buckets.take("a") for _ in range(4)][-1] == 0.5


def test_buckets_of_long_ago_are_forgotten_first() -> None:
    buckets = Buckets(Rate(per_s=0.001, burst=1.0), Clock(), capacity=2)
    for key in ("a", "b", "c"):
        buckets.take(key)

    assert buckets.wait("a") == 0.0
    assert buckets.wait("b") > 0.0
    assert buckets.wait("c") > 0.0


def test_an_answer_is_kept_for_a_day_and_only_one_request_has_the_key() -> None:
    clock = Clock()
    replays = Replays(clock)
    with replays.turn("k") as turn:
        assert turn.done is None
        with pytest.raises(Problem, match="409"), replays.turn("k"):
            pass
        turn.keep("digest", UploadsOut(files=[]))
    with replays.turn("k") as turn:
        assert turn.done is not None
        assert turn.done.digest == "digest"
    clock.seconds = KEPT_S + 1.0
    with replays.turn("k") as turn:
        assert turn.done is None


def test_a_request_that_failed_leaves_its_key_free() -> None:
    replays = Replays(Clock())
    with pytest.raises(RuntimeError), replays.turn("k"):
        raise RuntimeError
    with replays.turn("k") as turn:
        assert turn.done is None


def test_an_address_cannot_be_taken_twice() -> None:
    one = Operation(method="GET", path="/a/{id}", access=Access.READ)

    with pytest.raises(ValueError, match="twice"):
        Table([one, one])
    table = Table([one, Operation(method="GET", path="/a/b", access=Access.OPEN)])
    assert table.find("/a/b").operations["GET"].access is Access.OPEN  # type: ignore[union-attr]
    assert table.find("/a/c").operations["GET"].access is Access.READ  # type: ignore[union-attr]
    assert table.find("/a/b/c") is None
    assert table.find("/a/") is None


def test_a_fault_names_its_place_but_never_a_key_or_a_value_that_was_sent() -> None:
    faults = [
        {"type": "extra_forbidden", "loc": ("body", "SECRET"), "msg": "Extra inputs"},
        {"type": "uuid_parsing", "loc": ("path", "id"), "msg": "invalid character `S`"},
        {"type": "float_type", "loc": ("body", "readings", 3, "value"), "msg": "a valid number"},
        {"type": "missing", "loc": ("body", "SE CRET"), "msg": "Field required"},
    ]

    assert from_validation(faults).errors == [
        ("/body", "has a key that is not known"),
        ("/path/id", "not a UUID"),
        ("/body/readings/3/value", "a valid number"),
        ("/body", "Field required"),
    ]

"""Token buckets: how often somebody may do something, bounded in memory."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """`burst` at once, refilled with `per_s` each second."""

    per_s: float
    burst: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """How often one token or user, one address, and one address with wrong credentials may come.

    `guesses` is for wrong passwords for one account from one address, `account` for one account
    from everywhere.
    """

    token: Rate = Rate(per_s=50.0, burst=500.0)
    address: Rate = Rate(per_s=100.0, burst=1000.0)
    failures: Rate = Rate(per_s=0.1, burst=10.0)
    guesses: Rate = Rate(per_s=1.0 / 30.0, burst=5.0)
    account: Rate = Rate(per_s=1.0 / 36.0, burst=100.0)


class Buckets:
    """One bucket per key; the least recently used are forgotten beyond `capacity`."""

    def __init__(self, rate: Rate, clock: Callable[[], float], capacity: int = 10_000) -> None:
        self._rate = rate
        self._clock = clock
        self._capacity = capacity
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, key: str) -> float:
        """Return the seconds until `key` may take once more; 0 when it may now."""
        return max(0.0, (1.0 - self._level(key)) / self._rate.per_s)

    def take(self, key: str) -> float:
        """Take once if there is something to take; return 0, or the seconds to wait."""
        level = self._level(key)
        if level < 1.0:
            return (1.0 - level) / self._rate.per_s
        self._levels[key] = (level - 1.0, self._clock())
        self._levels.move_to_end(key)
        while len(self._levels) > self._capacity:
            self._levels.popitem(last=False)
        return 0.0

    def forget(self, key: str) -> None:
        """Fill the bucket of `key` again."""
        self._levels.pop(key, None)

    def _level(self, key: str) -> float:
        found = self._levels.get(key)
        if found is None:
            return self._rate.burst
        level, at = found
        return min(self._rate.burst, level + (self._clock() - at) * self._rate.per_s)

"""When a process that has ended is started again: the later, the more often it ends."""

from __future__ import annotations

import time
from collections.abc import Sequence

_STEADY_AFTER_S = 60.0
"""A process that has run for so long begins with the first delay again."""


class Backoff:
    """The delays of one process, in seconds; the last of them stays."""

    def __init__(self, delays_s: Sequence[float]) -> None:
        self._delays_s = delays_s
        self._failures = 0
        self._began = 0.0

    def begin(self) -> None:
        """Note that the process is started now."""
        self._began = time.monotonic()

    def delay_s(self) -> float:
        """Return how long to wait after the process has ended."""
        if time.monotonic() - self._began > _STEADY_AFTER_S:
            self._failures = 0
        delay = self._delays_s[min(self._failures, len(self._delays_s) - 1)]
        self._failures += 1
        return delay

"""Who does the background work of alerts and of the schedule, in every worker, one of them at a time.

A duty is a small thing to do again and again. It reads first: while nothing is committed and
nothing becomes due, an idle service writes nothing and reads nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from photopeak.storage import leases
from photopeak.storage.changes import ChangeWatch
from photopeak.storage.database import Database, Transaction
from photopeak.storage.errors import StorageUnavailableError

logger = logging.getLogger(__name__)

STEP_S = 1.0
"""Pause between two looks at whether anything changed."""
LEASE = timedelta(seconds=20)
"""How long a worker keeps a duty to itself; after it another one takes over."""


def _always(tx: Transaction, now: datetime) -> bool:  # noqa: ARG001 - the signature of the question
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """One thing to do.

    Attributes
    ----------
    act
        Does it, whatever there is to do; harmless when done twice.
    period_s
        It is looked at after so many seconds although nothing changed.
    needed
        Tells from a snapshot whether there is anything to do; only then the lease is taken.
    shared
        Every worker may do it at the same time; then it is called at every step, and looks itself
        whether anything changed.
    close
        Lets go of what it holds, when the process ends.
    """

    name: str
    act: Callable[[datetime], None]
    period_s: float = 60.0
    needed: Callable[[Transaction, datetime], bool] = _always
    shared: bool = False
    close: Callable[[], None] = lambda: None


class Clerk:
    """Does its duties, each when something changed or its period is over.

    Parameters
    ----------
    holder
        Name of this process, for the leases.
    """

    def __init__(
        self,
        database: Database,
        duties: Sequence[Duty],
        *,
        holder: str,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._duties = tuple(duties)
        self._holder = holder
        self._clock = clock
        self._watch = ChangeWatch(database)
        self._due: dict[str, datetime] = {}
        self._troubled: set[str] = set()

    def step(self) -> None:
        """Look at every duty once. One that fails keeps no other waiting, and is tried again."""
        now = self._clock()
        # Where a look does not tell, asking at every step would keep the database busy for nothing.
        changed = self._watch.cheap and self._watch.changed()
        for duty in self._duties:
            due = self._due.get(duty.name)
            # Further away than its period lies only what was noted before the clock was set back.
            ahead = due is not None and now < due <= now + timedelta(seconds=duty.period_s)
            if not (duty.shared or changed) and ahead:
                continue
            try:
                waits = not self._do(duty, now)
            except StorageUnavailableError as error:
                logger.debug("%s waits for the database: %s", duty.name, error)
                waits = True
            except Exception:
                if duty.name not in self._troubled:
                    logger.exception("the duty %s failed; it is tried again", duty.name)
                self._troubled.add(duty.name)
                waits = True
            else:
                self._troubled.discard(duty.name)
            pause = min(duty.period_s, 5.0) if waits else duty.period_s
            self._due[duty.name] = now + timedelta(seconds=pause)

    def close(self) -> None:
        """Give the duties back, so that another worker need not wait."""
        self._watch.close()
        for duty in self._duties:
            duty.close()
        try:
            with self._database.transaction() as tx:
                leases.release(tx, self._holder)
        except StorageUnavailableError:
            logger.warning("the leases of this worker could not be given back")

    def _do(self, duty: Duty, now: datetime) -> bool:
        """Do a duty when it is needed and nobody else does it; False while somebody else does."""
        if duty.shared:
            duty.act(now)
            return True
        with self._database.snapshot() as tx:
            if not duty.needed(tx, now):
                return True
        with self._database.transaction() as tx:
            if not leases.take(tx, duty.name, self._holder, now=now, length=LEASE):
                return False
        duty.act(now)
        return True

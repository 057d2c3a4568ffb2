"""The health of the service in words: what works, what does not, and what to do about it."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from photopeak.inbox.segments import JOURNAL, is_free, segments
from photopeak.model.page import Access, Page, PageReply, PageRequest
from photopeak.storage import associations, board, channels, instances, marks, outbox, workers
from photopeak.storage.backup import BACKUP_MARK
from photopeak.storage.database import Transaction
from photopeak.storage.migrations import steps
from photopeak.storage.workers import WorkerRecord
from photopeak.web.certificates import expiry
from photopeak.web.context import WebContext
from photopeak.web.rendering import Renderer

_STALE_S = 60.0
_LONG_QUEUE = 50
_BACKLOG = 500
_WAITING_FOR_LONG = timedelta(hours=1)
_BACKUP_AFTER = timedelta(days=8)
_RENEW_BEFORE = timedelta(days=30)
_DISK_LOW = 2.0
"""So many times the floor of free space is a warning."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the service: ``pass``, ``warn`` or ``act``, what is so, and what to do."""

    name: str
    colour: str
    say: str
    cure: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """Something to know, good or not."""

    name: str
    value: str


class SystemPages:
    """The page of the health of the service."""

    def __init__(self, context: WebContext, renderer: Renderer) -> None:
        self._context = context
        self._renderer = renderer

    def pages(self) -> tuple[Page, ...]:
        """Return the page."""
        return (Page(method="GET", path="/system", access=Access.READ, answer=self.system),)

    def system(self, request: PageRequest) -> PageReply:
        """Answer with the health of every part."""
        now = self._context.clock()
        with self._context.database.snapshot() as tx:
            alive = workers.alive(tx, now=now, stale_after_s=_STALE_S)
            parts = [
                *self._stored_checks(),
                self._work(tx, alive),
                *self._mail(tx, now),
                self._backup(tx, now),
            ]
            backlog = instances.count_unindexed(tx, limit=_BACKLOG)
            last = associations.page(tx, limit=1).items
        parts += [self._journal(backlog), self._disk(), *self._certificates(now)]
        order = {"act": 0, "warn": 1, "pass": 2}
        return self._renderer.page(
            "system.html",
            request,
            now,
            here="system",
            parts=sorted(parts, key=lambda part: order[part.colour]),
            worst=min((part.colour for part in parts), key=order.__getitem__),
            processes=alive,
            facts=tuple(self._facts()),
            last_call=last[0] if last else None,
            listener=self._context.settings.listener,
        )

    def _stored_checks(self) -> Iterator[Part]:
        """Yield what readiness checks, in words: these pages would not be here without a database."""
        words = self._renderer.words
        kind = "SQLite" if self._context.database.path is not None else "PostgreSQL"
        yield Part(words("Database"), "pass", words("{kind} answers.", kind=kind))
        for check in self._context.checks():
            if check.name == "worker":
                continue  # told with the queue
            name = words(check.name.capitalize())
            cure = words("Make room or repair the disk; senders keep their images and try again.")
            if check.ok:
                yield Part(name, "pass", words(check.detail) or words("It can be written."))
            else:
                yield Part(name, "act", words(check.detail), cure)

    def _work(self, tx: Transaction, alive: tuple[WorkerRecord, ...]) -> Part:
        words = self._renderer.words
        found = [worker for worker in alive if worker.role == "worker"]
        traffic = board.traffic(tx)
        queue = words(
            "{queued} waiting, {running} running", queued=traffic.queued, running=traffic.running
        )
        name = words("Analysis")
        if not found:
            return Part(
                name,
                "act",
                words("No worker is running; {queue}.", queue=queue),
                words("Start the service, or photopeak work, and see its log. Nothing is lost meanwhile."),
            )  # fmt: skip
        count = words.plural("{count} worker", "{count} workers", len(found))
        say = words(", ").join((count, queue))
        if traffic.queued > _LONG_QUEUE:
            cure = words(
                "If it does not shrink, raise [work] concurrency in photopeak.toml or add a host."
            )
            return Part(name, "warn", say, cure)
        return Part(name, "pass", say)

    def _mail(self, tx: Transaction, now: datetime) -> Iterator[Part]:
        words = self._renderer.words
        oldest = outbox.oldest_waiting(tx)
        name = words("Messages")
        if oldest is not None and now - oldest > _WAITING_FOR_LONG:
            age = self._renderer.clockwork.lasting((now - oldest).total_seconds())
            say = words("The oldest message has waited for {age}.", age=age)
            yield Part(name, "warn", say, words("See Notifications for what its receiver answers."))
        elif oldest is not None:
            yield Part(name, "pass", words("Messages are on their way."))
        else:
            yield Part(name, "pass", words("No message waits to be delivered."))
        for channel in channels.every(tx):
            if channel.disabled_at is not None:
                say = words(
                    "The channel {name} is disabled: {reason}",
                    name=channel.name,
                    reason=channel.reason,
                )
                yield Part(name, "act", say, words("Cure it, test it and enable it again under Notifications."))  # fmt: skip

    def _backup(self, tx: Transaction, now: datetime) -> Part:
        words = self._renderer.words
        name = words("Backup")
        if self._context.database.path is None:
            return Part(name, "pass", words("PostgreSQL is backed up with its own tools."))
        told = marks.get(tx, BACKUP_MARK)
        cure = words("Run photopeak backup every night, and copy the data folder with it.")
        if not told:
            return Part(name, "warn", words("There has been no backup by photopeak backup."), cure)
        at = datetime.fromisoformat(told)
        moment = self._renderer.clockwork.moment(at, now)
        say = words("Last backup {when}", when=moment.text if moment is not None else "")
        return (
            Part(name, "warn", say, cure) if now - at > _BACKUP_AFTER else Part(name, "pass", say)
        )

    def _journal(self, backlog: int) -> Part:
        """Tell what has been received and waits for its row, or for being read."""
        words = self._renderer.words
        busy = total = 0
        try:
            for host in (self._context.settings.data / JOURNAL).iterdir():
                for segment in segments(host):
                    total += 1
                    busy += not is_free(segment)
        except OSError:
            busy = total = 0
        name = words("Reception")
        say = words.plural(
            "{count} object waits to be read", "{count} objects wait to be read", backlog
        )
        if total:
            say += words("; journal: {busy} of {total} segments in use", busy=busy, total=total)
        if backlog >= _BACKLOG:
            return Part(name, "warn", say, words("The worker reads them as fast as it can."))
        return Part(name, "pass", say)

    def _disk(self) -> Part:
        words = self._renderer.words
        usage = shutil.disk_usage(self._context.settings.data)
        floor = self._context.settings.inbox.free_space_floor_bytes
        say = words(
            "{free} GB of {total} GB are free",
            free=f"{usage.free / 1e9:.1f}",
            total=f"{usage.total / 1e9:.0f}",
        )
        name = words("Disk")
        if usage.free < floor:
            cure = words(
                "Below the floor nothing more is accepted. Make room, or give it a larger disk."
            )
            return Part(name, "act", say, cure)
        if usage.free < _DISK_LOW * floor:
            return Part(
                name,
                "warn",
                say,
                words("Make room soon: below the floor nothing more is accepted."),
            )
        return Part(name, "pass", say)

    def _certificates(self, now: datetime) -> Iterator[Part]:
        words, tls = self._renderer.words, self._context.settings.listener.tls
        if not tls.enabled:
            return
        for name, path in (
            (words("Certificate of the listener"), tls.certificate),
            (words("Certificates that sign the senders'"), tls.client_ca),
        ):
            until = expiry(path) if path is not None else None
            if until is None:
                yield Part(name, "warn", words("It cannot be read from here."), str(path or ""))
                continue
            say = words("Valid until {day}", day=self._renderer.clockwork.long_day(until))
            cure = words("Put a new one in its place and restart the service.")
            if until <= now:
                yield Part(name, "act", words("Expired on {day}", day=self._renderer.clockwork.long_day(until)), cure)  # fmt: skip
            elif until - now < _RENEW_BEFORE:
                yield Part(name, "warn", say, cure)
            else:
                yield Part(name, "pass", say)

    def _facts(self) -> Iterator[Fact]:
        words, settings = self._renderer.words, self._context.settings
        listener = settings.listener
        yield Fact("Photopeak", self._context.version)
        yield Fact(words("Schema of the database"), steps()[-1])
        path = self._context.database.path
        if path is not None:
            yield Fact(words("Size of the database"), _megabytes(path))
        yield Fact("Python", platform.python_version())
        yield Fact(words("Installed tests"), str(len(self._context.tests())))
        yield Fact("DICOM", f"{listener.ae_title} · {listener.port}" + (f" · TLS {listener.tls.port}" if listener.tls.enabled else ""))  # fmt: skip
        yield Fact(words("Process of these pages"), str(os.getpid()))


def _megabytes(path: Path) -> str:
    try:
        return f"{path.stat().st_size / 1e6:.1f} MB"
    except OSError:
        return "–"

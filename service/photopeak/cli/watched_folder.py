"""A folder in which programs leave files: each is taken once it rests, then put aside.

The folder is looked at again and again, which works on shares of a network too. A file rests when its
size and its time of change stay the same for a while; an empty one is not there yet. What was taken goes
to ``done``, what was refused to ``refused`` with the reason beside it; what cannot be taken for the
moment stays. Nothing is deleted or overwritten, no link is followed.

A program that ends between taking and putting aside takes the file again at its next start: whoever
takes has to know by the content what was there already.
"""

from __future__ import annotations

import itertools
import logging
import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

logger = logging.getLogger(__name__)

FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 60.0
"""Bounds of the time until what could not be taken is tried again; it doubles each time."""

_TEMPORARY = ("~", ".part", ".tmp")
_LONGEST_STEM = 180
_LONGEST_SUFFIX = 32
"""Bytes of a name that are kept, so that a number and the name of the reason fit behind (255)."""

_Stamp = tuple[int, int]


class Fate(StrEnum):
    """What became of a file; the first two are also the folders that it goes to."""

    DONE = "done"
    REFUSED = "refused"
    WAITS = "waits"
    """It cannot be taken for the moment, and is tried again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What somebody who was given a file did with it; `duplicate` if it was known already."""

    fate: Fate
    reason: str = ""
    duplicate: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FileEvent:
    """What became of a file of the folder: `path` and `moved_to` are relative to it.

    `moved_to` is empty for a file that stays, or that somebody else took away meanwhile.
    """

    path: Path
    taken: Taken
    moved_to: Path | None = None


@dataclass(slots=True, kw_only=True)
class _Seen:
    """A file as it was seen: unchanged since a moment, what was tried and what was told of it."""

    stamp: _Stamp
    since_s: float
    taken: Taken | None = None
    wait_s: float = 0.0
    wait_until_s: float = 0.0
    told: str = ""


class WatchedFolder:
    """Finds the files of a folder that rest, has each taken, and puts it aside.

    Parameters
    ----------
    take
        Given a path to read from and the name of the file. An `OSError` means that the file cannot be
        read for the moment.
    settle_s
        Time for which a file stays the same before it is taken.

    Raises
    ------
    OSError
        If there is no such folder.
    """

    def __init__(
        self,
        folder: Path,
        take: Callable[[Path, str], Taken],
        *,
        settle_s: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder = folder.resolve(strict=True)
        self._take = take
        self._settle_s = settle_s
        self._monotonic = monotonic
        self._seen: dict[Path, _Seen] = {}
        self._away = False

    def look(self, stopped: Callable[[], bool] = lambda: False) -> Iterator[FileEvent]:
        """Look once, and yield what became of files, the oldest first; a reason to wait only when new."""
        found = self._files()
        self._seen = {path: seen for path, seen in self._seen.items() if path in found}
        for path, stamp in sorted(found.items(), key=lambda each: (each[1][1], each[0])):
            if stopped():
                return
            now = self._monotonic()
            seen = self._seen.get(path)
            if seen is None or seen.stamp != stamp:
                seen = self._seen[path] = _Seen(stamp=stamp, since_s=now)
            if now - seen.since_s < self._settle_s or now < seen.wait_until_s:
                continue
            event = self._handle(path, seen)
            if event is not None:
                yield event

    def _files(self) -> dict[Path, _Stamp]:
        """Return the files that may be taken, by their path in the folder."""
        found: dict[Path, _Stamp] = {}
        try:
            os.scandir(self._folder).close()
        except OSError as error:
            if not self._away:
                logger.warning("the watched folder cannot be read: %s", error.strerror)
            self._away = True
            return found
        if self._away:
            logger.info("the watched folder can be read again")
        self._away = False
        for folder, folders, names in os.walk(self._folder):
            folders[:] = [n for n in folders if not _ignored(n) and n not in ("done", "refused")]
            for name in names:
                path = Path(folder, name)
                try:
                    status = path.lstat()
                except OSError:
                    continue
                if not _ignored(name) and stat.S_ISREG(status.st_mode) and status.st_size:
                    found[path.relative_to(self._folder)] = _stamp(status)
        return found

    def _handle(self, path: Path, seen: _Seen) -> FileEvent | None:
        taken = seen.taken
        if taken is None:
            try:
                with _opened(self._folder / path) as handle:
                    if _stamp(os.fstat(handle)) != seen.stamp:
                        return None  # it is being written to; the next look sees that
                    # By its descriptor: a link that is put in its place meanwhile is not followed.
                    source = Path(f"/proc/self/fd/{handle}")
                    taken = self._take(source, path.name)
                    stamp = _stamp(os.fstat(handle))
            except FileNotFoundError:
                return None
            except OSError as error:
                return self._later(path, seen, f"it cannot be read: {error.strerror}")
            if taken.fate is Fate.WAITS:
                return self._later(path, seen, taken.reason)
            if stamp != seen.stamp:  # it grew after all: what it becomes is taken when it rests
                self._seen[path] = _Seen(stamp=stamp, since_s=self._monotonic())
                return None
            seen.taken = taken
        try:
            target = self._put_aside(path, taken)
        except FileNotFoundError:
            target = None
            if (self._folder / path).exists():
                return self._later(path, seen, f"{taken.fate}, but it cannot be moved")
        except OSError as error:
            return self._later(
                path, seen, f"{taken.fate}, but it cannot be moved: {error.strerror}"
            )
        del self._seen[path]
        return FileEvent(path=path, taken=taken, moved_to=target)

    def _later(self, path: Path, seen: _Seen, reason: str) -> FileEvent | None:
        seen.wait_s = min(max(2.0 * seen.wait_s, FIRST_WAIT_S), LONGEST_WAIT_S)
        seen.wait_until_s = self._monotonic() + seen.wait_s
        if seen.told == reason:
            return None
        seen.told = reason
        return FileEvent(path=path, taken=Taken(fate=Fate.WAITS, reason=reason))

    def _put_aside(self, path: Path, taken: Taken) -> Path:
        """Move a file to the folder of its fate, under a name that is free, and return where it is."""
        folder = self._folder / taken.fate / path.parent
        folder.mkdir(parents=True, exist_ok=True)
        if folder.resolve() != folder:
            raise OSError(0, f"{taken.fate} is a link that leads elsewhere")
        stem = os.fsdecode(os.fsencode(path.stem)[:_LONGEST_STEM])
        suffix = os.fsdecode(os.fsencode(path.suffix)[:_LONGEST_SUFFIX])
        for number in itertools.count(1):
            name = f"{stem}{suffix}" if number == 1 else f"{stem}-{number}{suffix}"
            target, note = folder / name, folder / f"{name}.reason.txt"
            made: list[Path] = []
            try:
                # An empty file holds the name: to rename would overwrite, and shares have no links.
                target.touch(mode=0o640, exist_ok=False)
                made.append(target)
                if taken.fate is Fate.REFUSED:
                    note.touch(mode=0o640, exist_ok=False)
                    made.append(note)
                    note.write_text(taken.reason + "\n", "utf-8", errors="backslashreplace")
                (self._folder / path).replace(target)
            except FileExistsError:
                _remove(made)
            except BaseException:
                _remove(made)
                raise
            else:
                return target.relative_to(self._folder)
        raise AssertionError  # the numbers do not end


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    """Open a file, and neither follow a link nor wait for a pipe."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise FileNotFoundError(path)
        yield handle
    finally:
        os.close(handle)


def _remove(made: list[Path]) -> None:
    """Give up names that were held for a file that did not come."""
    for path in made:
        path.unlink(missing_ok=True)


def _stamp(status: os.stat_result) -> _Stamp:
    return status.st_size, status.st_mtime_ns


def _ignored(name: str) -> bool:
    return name.startswith((".", "~")) or name.lower().endswith(_TEMPORARY)

"""Files in a request: streamed to disk one by one, bounded, their names never used."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import IO, Any, ClassVar

import python_multipart
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request

from photopeak.api.problems import Problem

FOLDER = "uploads"
"""Folder of files under way, inside of the data folder; empty when nothing is under way."""

_RAW_TYPES = frozenset(
    {
        "application/dicom", "application/octet-stream", "application/pdf", "application/xml",
        "text/xml",
    }
)  # fmt: skip
"""Media types of a body that is a file itself; what it really is, its content tells."""
_CHUNK = 1 << 18
_MOST_HEADER_BYTES = 8192
_NAME_OF_A_BODY = "body"


class Intake:
    """The files of one request, from a multipart form or as the body itself.

    `digest` is of the content of all files in their order, once they have been read.
    """

    SCHEMA: ClassVar[dict[str, Any]] = {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "file": {
                            "type": "array",
                            "items": {"type": "string", "format": "binary"},
                        }
                    },
                }
            },
            **{
                name: {"schema": {"type": "string", "format": "binary"}}
                for name in ("application/dicom", "application/pdf", "application/xml")
            },
        },
    }

    def __init__(self, data: Path, request: Request, *, most_files: int) -> None:
        self._folder = data / FOLDER
        self._request = request
        self._most_files = most_files
        self._all = hashlib.sha256()
        media_type, options = parse_options_header(request.headers.get("content-type", ""))
        self._media_type = media_type.decode("latin-1").lower()
        self._boundary = options.get(b"boundary", b"")

    @property
    def digest(self) -> str:
        """Return the hash of all files read so far."""
        return self._all.hexdigest()

    async def each(self, receive: Callable[[Path, str], None] | None) -> None:
        """Hand over each file and its name as soon as it is complete; one is on disk at a time.

        With None the files are only read, for their digest.
        """

        def take(path: Path, name: str) -> None:
            if receive is not None:
                receive(path, name)
            path.unlink(missing_ok=True)

        await self._read(take)

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[list[Path]]:
        """Return all files together; they are gone afterwards."""
        paths: list[Path] = []
        try:
            await self._read(lambda path, _name: paths.append(path))
            yield paths
        finally:
            for path in paths:
                path.unlink(missing_ok=True)

    async def _read(self, take: Callable[[Path, str], None]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        sink = _Sink(self._folder, take, self._all, self._most_files)
        if self._media_type in _RAW_TYPES:
            feed: Callable[[bytes], None] = sink.write
            await run_in_threadpool(sink.begin, _NAME_OF_A_BODY)
            finish: Callable[[], None] = sink.end
        elif self._media_type == "multipart/form-data" and self._boundary:
            parser = _MultipartFeed(self._boundary, sink)
            feed, finish = parser.feed, parser.finish
        else:
            raise Problem(
                415, "file-expected", "Send multipart/form-data, or application/dicom itself."
            )
        try:
            pending = bytearray()
            async for part in self._request.stream():
                pending += part
                if len(pending) >= _CHUNK:
                    await run_in_threadpool(feed, bytes(pending))
                    pending.clear()
            await run_in_threadpool(feed, bytes(pending))
            await run_in_threadpool(finish)
        except python_multipart.exceptions.FormParserError as error:
            raise Problem(400, "form-not-readable", "The multipart form is damaged.") from error
        except ClientDisconnect as error:
            # Nobody reads this answer; what was complete is kept, the rest is gone.
            raise Problem(400, "upload-cut-off", "The upload ended before its end.") from error
        finally:
            await run_in_threadpool(sink.abandon)


class _Sink:
    """Writes one file after the other."""

    def __init__(
        self, folder: Path, take: Callable[[Path, str], None], everything: Any, most_files: int
    ) -> None:
        self._folder = folder
        self._take = take
        self._everything = everything
        self._left = most_files
        self._file: IO[bytes] | None = None
        self._name = ""
        self._digest = hashlib.sha256()

    def begin(self, name: str) -> None:
        """Begin a file under a name of our own; `name` is what its sender calls it."""
        if self._left <= 0:
            raise Problem(413, "too-many-files", "Send the rest in further uploads.")
        self._left -= 1
        self._name = name
        self._digest = hashlib.sha256()
        with _room():
            self._file = tempfile.NamedTemporaryFile(  # noqa: SIM115 - lives until `end`
                dir=self._folder, prefix="part-", delete=False
            )

    def write(self, data: bytes) -> None:
        """Add to the file under way, if one is."""
        if self._file is not None and data:
            self._digest.update(data)
            with _room():
                self._file.write(data)

    def end(self) -> None:
        """Hand the file over."""
        if self._file is None:
            return
        path = Path(self._file.name)
        with _room():
            self._file.flush()
        self._file.close()
        self._file = None
        self._everything.update(self._digest.digest())
        try:
            self._take(path, self._name)
        except BaseException:
            path.unlink(missing_ok=True)
            raise

    def abandon(self) -> None:
        """Remove a file that did not become complete."""
        if self._file is not None:
            path = Path(self._file.name)
            with suppress(OSError):  # a full disk fails once more when the rest is written
                self._file.close()
            path.unlink(missing_ok=True)
            self._file = None


class _MultipartFeed:
    """A multipart parser with the two calls that a plain body has."""

    def __init__(self, boundary: bytes, sink: _Sink) -> None:
        self._sink = sink
        self._field = b""
        self._value = b""
        self._name = ""
        self._is_file = False
        self._ended = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._on_part_begin,
                "on_header_field": self._on_header_field,
                "on_header_value": self._on_header_value,
                "on_header_end": self._on_header_end,
                "on_headers_finished": self._on_headers_finished,
                "on_part_data": self._on_part_data,
                "on_part_end": self._on_part_end,
                "on_end": self._on_end,
            },
        )

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the body."""
        if data:
            self._parser.write(data)

    def finish(self) -> None:
        """Take the end of the body."""
        self._parser.finalize()
        if not self._ended:
            raise Problem(400, "form-not-readable", "The multipart form has no end.")

    def _on_part_begin(self) -> None:
        self._field = self._value = b""
        self._name = ""
        self._is_file = False

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._field = self._bounded(self._field + data[start:end])

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value = self._bounded(self._value + data[start:end])

    def _on_header_end(self) -> None:
        if self._field.lower() == b"content-disposition":
            _, options = parse_options_header(self._value)
            self._is_file = b"filename" in options
            self._name = options.get(b"filename", b"").decode("utf-8", "replace")
        self._field = self._value = b""

    def _on_headers_finished(self) -> None:
        if self._is_file:
            self._sink.begin(self._name)

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._is_file:
            self._sink.write(data[start:end])

    def _on_part_end(self) -> None:
        if self._is_file:
            self._sink.end()

    def _on_end(self) -> None:
        self._ended = True

    @staticmethod
    def _bounded(value: bytes) -> bytes:
        if len(value) > _MOST_HEADER_BYTES:
            raise Problem(400, "form-not-readable", "A header inside the form is too long.")
        return value


@contextmanager
def _room() -> Iterator[None]:
    """Turn a disk that takes no more into an answer."""
    try:
        yield
    except OSError as error:
        raise out_of_resources() from error


def out_of_resources(errors: Sequence[tuple[str, str]] = ()) -> Problem:
    """Return the answer for an upload that cannot be kept now and may be sent again."""
    return Problem(
        503,
        "out-of-resources",
        "The service cannot keep files at the moment; send them again later.",
        errors=errors,
        headers={"Retry-After": "60"},
    )


def sweep(data: Path) -> int:
    """Remove what an earlier process left under way; return how many files."""
    count = 0
    folder = data / FOLDER
    if folder.is_dir():
        for path in folder.iterdir():
            path.unlink(missing_ok=True)
            count += 1
    return count

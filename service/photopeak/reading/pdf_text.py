"""The text of a PDF, bounded in time, pages and characters; run in the child of the analysis.

A PDF is a program in disguise, so nothing of it is rendered and nothing followed: the words on its
pages are read by pypdf (BSD), whose own bounds on unpacked streams hold, within a time of our own.
"""

from __future__ import annotations

import io
import logging
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from photopeak.reading.errors import UnreadableError

LARGEST_BYTES = 64 * 1024 * 1024
MOST_PAGES = 50
MOST_CHARACTERS = 400_000
LONGEST_S = 10.0
"""Longest time; a report of three pages takes some fiftieth of a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfText:
    """The words of each page that was read, how many pages there are, and whether that is all."""

    pages: tuple[str, ...]
    page_count: int
    complete: bool

    @property
    def text(self) -> str:
        """The words of all pages."""
        return "\n".join(self.pages)


class _TooLongError(BaseException):
    """The time is over; no Exception, so that nothing on the way takes it for a damaged file."""


def read_pdf(content: bytes) -> PdfText:
    """Return the text of a PDF.

    Raises
    ------
    UnreadableError
        If it is damaged, encrypted, or exceeds a bound.
    """
    from pypdf import PdfReader

    if len(content) > LARGEST_BYTES:
        raise UnreadableError(f"the PDF has {len(content)} bytes, at most {LARGEST_BYTES} are read")
    # What the library says of odd files belongs to nobody's log.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    pages: list[str] = []
    try:
        with _within(LONGEST_S):
            reader = PdfReader(io.BytesIO(content))
            if reader.is_encrypted:
                raise UnreadableError("the PDF is encrypted")
            count = len(reader.pages)
            left = MOST_CHARACTERS
            complete = count <= MOST_PAGES
            for index in range(min(count, MOST_PAGES)):
                words = _clean(reader.pages[index].extract_text())
                complete = complete and len(words) <= left
                pages.append(words[:left])
                left -= len(pages[-1])
                if not complete and left <= 0:
                    break
    except UnreadableError:
        raise
    except _TooLongError as error:
        raise UnreadableError(f"reading the PDF takes longer than {LONGEST_S:g} s") from error
    except (MemoryError, RecursionError) as error:
        raise UnreadableError("the PDF needs too much memory to be read") from error
    except Exception as error:  # the library raises whatever a damaged file makes it stumble over
        raise UnreadableError(f"the PDF is damaged: {type(error).__name__}") from error
    if not count:
        raise UnreadableError("the PDF has no pages")
    return PdfText(pages=tuple(pages), page_count=count, complete=complete)


def _clean(text: str) -> str:
    """Return text without control characters other than ends of lines."""
    return "".join(c if c == "\n" or c.isprintable() else " " for c in text)


@contextmanager
def _within(seconds: float) -> Iterator[None]:
    """Interrupt what takes longer; only the main thread, which the child works in, can be."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise _TooLongError

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, seconds, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)

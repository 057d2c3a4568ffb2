"""Log lines of all processes: one JSON object or one line of text per event, on standard error.

Control characters are escaped, so a text from a peer cannot forge a line. Patients' names and
pixel data are never logged; the libraries that would print them stay silent.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Any

from photopeak.settings import LoggingSettings

_SILENT = ("pynetdicom", "pydicom", "dbos", "httpx", "httpcore", "uvicorn.access", "sqlalchemy")
_MAXIMUM_MESSAGE = 2000


class _JsonFormatter(logging.Formatter):
    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "process": self._process,
            "logger": record.name,
            "event": record.getMessage()[:_MAXIMUM_MESSAGE],
        }
        if record.exc_info and record.exc_info[0] is not None:
            line["traceback"] = "".join(traceback.format_exception(*record.exc_info))
        return json.dumps(line)


class _TextFormatter(logging.Formatter):
    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        message = _escaped(record.getMessage()[:_MAXIMUM_MESSAGE])
        line = f"{_time(record)} {record.levelname:<7} {self._process}: {message}"
        if record.exc_info and record.exc_info[0] is not None:
            line += "\n" + "".join(traceback.format_exception(*record.exc_info)).rstrip()
        return line


def configure(settings: LoggingSettings, *, process: str) -> None:
    """Send log lines of this process to standard error, as configured."""
    handler = logging.StreamHandler(sys.stderr)
    formatter = _JsonFormatter if settings.format == "json" else _TextFormatter
    handler.setFormatter(formatter(process))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.level)
    for name in _SILENT:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


def _escaped(text: str) -> str:
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)

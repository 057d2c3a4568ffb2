"""Log lines of all processes: one JSON object or one line of text per event, on standard error.

Control characters are escaped, so a text from a peer cannot forge a line. Patients' names and
pixel data are never logged; the libraries that would print them stay silent.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from typing import Any

from photopeak.settings import LoggingSettings

if "rich" not in sys.modules:
    # structlog would load it for coloured tracebacks, which are not used here: 5 MB in every process.
    sys.modules["rich"] = None  # type: ignore[assignment]
    import structlog

    del sys.modules["rich"]
else:
    import structlog

from structlog.typing import EventDict, Processor, WrappedLogger

_QUIET = (
    "alembic",
    "pynetdicom",
    "pydicom",
    "dbos",
    "httpx",
    "httpcore",
    "uvicorn.access",
    "sqlalchemy",
)
_MAXIMUM_EVENT_LENGTH = 2000


def configure(settings: LoggingSettings, *, process: str) -> None:
    """Send the log lines of this process to standard error, as configured."""
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        _with_process(process),
        _inert,
    ]
    renderer: list[Processor] = (
        [
            # Local variables stay out: they may hold a patient's name or pixel data.
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(default=repr),
        ]
        if settings.format == "json"
        else [
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(),
                timestamp_key="time",
                exception_formatter=structlog.dev.plain_traceback,
            )
        ]
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)


def _with_process(process: str) -> Callable[[WrappedLogger, str, EventDict], EventDict]:
    def add(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event["process"] = process
        return event

    return add


def _inert(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Escape what is not printable, and bound the length."""
    text: Any = event.get("event", "")
    if isinstance(text, str):
        event["event"] = "".join(
            c if c.isprintable() else repr(c)[1:-1] for c in text[:_MAXIMUM_EVENT_LENGTH]
        )
    return event

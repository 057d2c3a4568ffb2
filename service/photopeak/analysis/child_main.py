"""Main program of the child: take a job, do it, answer, again; see :mod:`photopeak.analysis.child`.

Started as ``python -m photopeak.analysis.child_main MEMORY_BYTES WALL_SECONDS``.
"""

from __future__ import annotations

import dataclasses
import os
import resource
import select
import signal
import sys
import traceback
from collections.abc import Callable
from typing import Any

from photopeak.analysis.frames import FrameError, read_frame, write_frame


def serve(
    load: Callable[[], Callable[[dict[str, Any]], dict[str, Any]]],
    arguments: list[str],
    *,
    prepare: Callable[[], None] = lambda: None,
) -> int:
    """Serve jobs from standard input until it closes.

    `load` returns the function that does a job; it is called under the memory limit, after
    standard output has been put aside for the answers. `prepare` is called as soon as no job
    waits: it loads what jobs need while the objects of the first are still coming.
    """
    memory_bytes, wall_s = int(arguments[0]), float(arguments[1])
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Answers go through a private descriptor: what a codec prints must not end up among them.
    answers = os.dup(1)
    os.dup2(2, 1)
    perform = load()
    prepared = False
    while True:
        if not prepared and not select.select([0], [], [], 0.0)[0]:
            prepare()
            prepared = True
        try:
            job = read_frame(0)
        except FrameError:
            return 0
        _allow_processor_time(wall_s)
        try:
            write_frame(answers, _answer(perform, job))
        except BrokenPipeError:
            return 0


def _load() -> Callable[[dict[str, Any]], dict[str, Any]]:
    from photopeak.analysis.perform import perform

    return perform


def _prepare() -> None:
    from photopeak.analysis.perform import prepare

    prepare()


def _allow_processor_time(wall_s: float) -> None:
    # Should the worker die, its orphan must not compute for ever.
    used = resource.getrusage(resource.RUSAGE_SELF)
    allowed = int(used.ru_utime + used.ru_stime + wall_s) + 2
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (allowed, hard))


def _answer(perform: Any, job: dict[str, Any]) -> dict[str, Any]:
    from photopeak.analysis.errors import JobRefusedError

    try:
        return {"outcome": "done", **perform(job)}
    except JobRefusedError as error:
        record = dataclasses.asdict(error.record)
        return {"outcome": "refused", **record, "configurations": list(error.configurations)}
    except MemoryError:
        return {"outcome": "out_of_memory"}
    except Exception as error:  # noqa: BLE001 - the edge of the station: every failure is answered
        return {
            "outcome": "failed",
            "message": f"{type(error).__name__} in the analysis",
            "detail": traceback.format_exc(limit=30),
        }


if __name__ == "__main__":
    sys.exit(serve(_load, sys.argv[1:], prepare=_prepare))

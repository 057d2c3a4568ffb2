"""Main program of the child: take a job, do it, answer, again; see :mod:`photopeak.analysis.child`.

Started as ``python -m photopeak.analysis.child_main MEMORY_BYTES WALL_SECONDS``.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
import traceback
from typing import Any

from photopeak.analysis.frames import FrameError, read_frame, write_frame


def main(arguments: list[str]) -> int:
    """Serve jobs from standard input until it closes."""
    memory_bytes, wall_s = int(arguments[0]), float(arguments[1])
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Answers go through a private descriptor: what a codec prints must not end up in the protocol.
    answers = os.dup(1)
    os.dup2(2, 1)
    # An orphan must not outlive its worker, whatever it is doing: see the CPU limit per job below.
    from photopeak.analysis.perform import perform

    while True:
        try:
            job = read_frame(0)
        except FrameError:
            return 0
        _allow_processor_time(wall_s)
        try:
            write_frame(answers, _answer(perform, job))
        except BrokenPipeError:
            return 0


def _allow_processor_time(wall_s: float) -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    allowed = int(used.ru_utime + used.ru_stime + wall_s) + 2
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (allowed, hard))


def _answer(perform: Any, job: dict[str, Any]) -> dict[str, Any]:
    from photopeak.analysis.errors import JobRefusedError

    try:
        return {"outcome": "done", **perform(job)}
    except JobRefusedError as error:
        return {"outcome": "refused", "code": error.code, "message": str(error)}
    except MemoryError:
        return {"outcome": "out_of_memory"}
    except Exception as error:  # noqa: BLE001 - the edge of the station: every failure is answered
        return {
            "outcome": "failed",
            "message": f"{type(error).__name__} in the analysis",
            "detail": traceback.format_exc(limit=30),
        }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

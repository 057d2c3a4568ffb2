"""A child process whose jobs misbehave: they hang, crash, swallow memory, print, raise."""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from photopeak.analysis.child_main import serve
from photopeak.analysis.errors import JobRefusedError

_prepared: list[None] = []


def perform(job: dict[str, Any]) -> dict[str, Any]:
    match job["kind"]:
        case "echo":
            return {"said": job["say"], "pid": os.getpid()}
        case "prepared":
            return {"times": len(_prepared)}
        case "hang":
            while True:
                pass
        case "swallow":
            return {"size": len(bytearray(job["bytes"]))}
        case "crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        case "print":
            print("noise of a codec", flush=True)
            os.write(1, b"more noise\n")
            return {"said": "quiet"}
        case "refuse":
            raise JobRefusedError("TOO_DARK", "flood has 512 counts per pixel, needs 10000")
        case _:
            raise ZeroDivisionError
    return {}


def load() -> Callable[[dict[str, Any]], dict[str, Any]]:
    return perform


def prepare() -> None:
    _prepared.append(None)


if __name__ == "__main__":
    sys.exit(serve(load, sys.argv[1:], prepare=prepare))

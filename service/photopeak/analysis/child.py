"""A child process that does the heavy work under limits of memory, time and attempts.

Decoding pixels and analysing them runs here, so a hostile object can end a job, never the
service. The child is a fresh interpreter: it inherits no sockets, no database and no secrets. It
lives on between jobs, because importing the numerical libraries takes longer than most analyses,
and ends after a time of idleness.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from typing import Any

from photopeak.analysis.errors import JobFailedError, JobRefusedError, plain
from photopeak.analysis.frames import FrameError, FrameTimeoutError, read_frame, write_frame
from photopeak.settings import WorkSettings

logger = logging.getLogger(__name__)


class AnalysisProcess:
    """One child process, one job at a time; started on first use and again when it died.

    Parameters
    ----------
    settings
        Limits of memory and time.
    module
        Main module of the child.
    """

    def __init__(
        self, settings: WorkSettings, *, module: str = "photopeak.analysis.child_main"
    ) -> None:
        self._settings = settings
        self._module = module
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._used_at = time.monotonic()

    def warm(self) -> None:
        """Start the child if it does not run, without waiting until it is ready."""
        if not self._closed.is_set() and self._lock.acquire(blocking=False):
            try:
                self._running()
                self._used_at = time.monotonic()
            finally:
                self._lock.release()

    def run(self, job: dict[str, Any]) -> dict[str, Any]:
        """Have one job done.

        Raises
        ------
        JobRefusedError
            If the child says that the inputs cannot be read or analysed.
        JobFailedError
            If it crashed, exceeded its memory or its time, or was closed meanwhile.
        """
        with self._lock:
            process = self._running()
            try:
                answer = self._ask(process, job)
            except FrameTimeoutError as error:
                self._kill()
                raise JobFailedError(
                    f"the analysis took longer than {self._settings.wall_limit_s:g} s"
                ) from error
            except (FrameError, OSError) as error:
                code = self._kill()
                raise JobFailedError(_death(code)) from error
            finally:
                self._used_at = time.monotonic()
        match answer.get("outcome"):
            case "done":
                return answer
            case "refused":
                raise JobRefusedError(
                    str(answer.get("code")),
                    str(answer.get("message")),
                    quantity=str(answer.get("quantity", "")),
                    value=plain(answer.get("value")),
                    bound=plain(answer.get("bound")),
                    configurations=answer.get("configurations", ()),
                )
            case "out_of_memory":
                with self._lock:
                    self._kill()
                raise JobFailedError(
                    f"the analysis needed more than {self._settings.memory_limit_bytes} bytes"
                )
            case _:
                raise JobFailedError(
                    str(answer.get("message", "the analysis failed")),
                    detail=str(answer.get("detail", "")),
                )

    def end_when_idle(self) -> None:
        """End the child if it has been idle for longer than the settings allow."""
        if (
            self._process is not None
            and time.monotonic() - self._used_at > self._settings.child_idle_s
            and self._lock.acquire(blocking=False)
        ):
            try:
                self._kill()
            finally:
                self._lock.release()

    def close(self) -> None:
        """End the child for good; a job under way fails at once."""
        self._closed.set()
        process = self._process
        if process is not None:
            process.kill()
        with self._lock:
            self._kill()

    @property
    def pid(self) -> int | None:
        """Process id of the running child, or None."""
        process = self._process
        return None if process is None or process.poll() is not None else process.pid

    def _ask(self, process: subprocess.Popen[bytes], job: dict[str, Any]) -> dict[str, Any]:
        if process.stdin is None or process.stdout is None:
            raise FrameError("the analysis process has no pipes")
        write_frame(process.stdin.fileno(), job)
        return read_frame(process.stdout.fileno(), timeout_s=self._settings.wall_limit_s)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self._kill()
        if self._closed.is_set():
            raise JobFailedError("the analysis process was closed")
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-X",
                "faulthandler",
                "-m",
                self._module,
                str(self._settings.memory_limit_bytes),
                str(self._settings.wall_limit_s),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=_environment(),
            close_fds=True,
            start_new_session=True,
        )
        if self._closed.is_set():
            # Closed in this very moment, by somebody who did not see this child yet.
            self._process.kill()
        logger.debug("analysis process %d started", self._process.pid)
        return self._process

    def _kill(self) -> int | None:
        process, self._process = self._process, None
        if process is None:
            return None
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        try:
            # A child that has nothing to do ends by itself when its input closes.
            return process.wait(timeout=0.2)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            return process.wait()


def _environment() -> dict[str, str]:
    """Return what the child may know: where Python finds its modules, and one thread per job."""
    kept = ("PATH", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "LANG", "LC_ALL", "TMPDIR", "TZ")
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    environment |= {
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "PYTHONUTF8": "1",
    }
    return environment


def _death(code: int | None) -> str:
    if code is None or code == 0:
        return "the analysis process ended without an answer"
    if code < 0:
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = f"signal {-code}"
        return f"the analysis process was ended by {name}"
    return f"the analysis process ended with code {code}"

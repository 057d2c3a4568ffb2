"""What runs below a process, and how to hold it in the middle of its work."""

from __future__ import annotations

import os
import signal
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def children(pid: int) -> list[int]:
    """Return the processes that a process has started and that still exist."""
    files = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for file in files for child in _text(file).split()]


def tree(pid: int) -> list[int]:
    """Return a process and all that descend from it."""
    found, fresh = [pid], [pid]
    while fresh:
        below = children(fresh.pop())
        found += below
        fresh += below
    return found


def alive(pid: int) -> bool:
    """Tell whether a process runs; one that has ended and was not yet waited for does not."""
    fields = _text(Path(f"/proc/{pid}/stat")).rsplit(")", 1)
    return len(fields) == 2 and fields[1].split()[0] != "Z"


def command(pid: int) -> str:
    """Return the command line of a process."""
    return _text(Path(f"/proc/{pid}/cmdline")).replace("\0", " ").strip()


def analysis_processes(pid: int) -> list[int]:
    """Return the analysis processes below a process."""
    return [child for child in tree(pid) if "photopeak.analysis.child_main" in command(child)]


def knowing(text: str) -> list[int]:
    """Return the processes, whoever their parent is, that run with a text in their environment."""
    return [
        int(folder.name)
        for folder in Path("/proc").iterdir()
        if folder.name.isdigit() and text in _text(folder / "environ") and alive(int(folder.name))
    ]


def stop(*pids: int) -> None:
    """Halt processes until `resume`."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)


def resume(*pids: int) -> None:
    """Let halted processes go on."""
    for pid in pids:
        os.kill(pid, signal.SIGCONT)


def kill(*pids: int) -> None:
    """End processes without a word; those that are gone already are fine."""
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def memory_mb(pid: int) -> float:
    """Return the proportional set size of a process, in MB; 0 when it is gone."""
    for line in _text(Path(f"/proc/{pid}/smaps_rollup")).splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024 / 1e6
    return 0.0


def descriptors(pid: int) -> int:
    """Return how many descriptors a process has open; 0 when it is gone."""
    return _entries(Path(f"/proc/{pid}/fd"))


def threads(pid: int) -> int:
    """Return how many threads a process has; 0 when it is gone."""
    return _entries(Path(f"/proc/{pid}/task"))


def _entries(folder: Path) -> int:
    try:
        return sum(1 for _ in folder.iterdir())
    except OSError:
        return 0


def cpu_s(pid: int) -> float:
    """Return the CPU time of a process with that of its ended children; 0 when it is gone."""
    fields = _text(Path(f"/proc/{pid}/stat")).rsplit(")", 1)
    return sum(map(int, fields[1].split()[11:15])) / _TICKS if len(fields) == 2 else 0.0


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return ""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from photopeak.analysis.child import AnalysisProcess
from photopeak.analysis.errors import JobFailedError, JobRefusedError
from photopeak.settings import WorkSettings
from support.ports import eventually

TESTS = Path(__file__).resolve().parents[2]


def started(wall_limit_s: float) -> AnalysisProcess:
    """Start a child whose jobs may take so long, its own start (seconds, if busy) among them."""
    settings = WorkSettings(
        wall_limit_s=wall_limit_s, memory_limit_bytes=1 << 29, child_idle_s=0.05
    )
    process = AnalysisProcess(settings, module="support.odd_child")
    process.warm()
    return process


@pytest.fixture(autouse=True)
def _importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(TESTS))


@pytest.fixture
def child() -> Iterator[AnalysisProcess]:
    with closing(started(60.0)) as process:
        process.run({"kind": "echo", "say": "ready"})
        yield process


def test_the_child_lives_on_between_jobs(child: AnalysisProcess) -> None:
    first = child.run({"kind": "echo", "say": "a"})
    second = child.run({"kind": "echo", "say": "b"})

    assert (first["said"], second["said"]) == ("a", "b")
    assert first["pid"] == second["pid"] == child.pid


def test_the_child_prepares_itself_once_while_no_job_waits(child: AnalysisProcess) -> None:
    times = eventually(lambda: child.run({"kind": "prepared"})["times"])

    assert times == child.run({"kind": "prepared"})["times"] == 1


def test_the_libraries_of_an_analysis_are_there_before_its_job() -> None:
    asked = (
        "import sys; from photopeak.analysis.perform import prepare; prepare();"
        "print(*sorted({'numpy', 'scipy.ndimage', 'photopeak_analyzers.contract'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["numpy", "photopeak_analyzers.contract", "scipy.ndimage"]


def test_a_job_that_hangs_is_ended_at_its_time_limit_and_the_next_one_runs() -> None:
    with closing(started(1.0)) as hasty:
        with pytest.raises(JobFailedError, match=r"longer than 1 s"):
            hasty.run({"kind": "hang"})

        eventually(lambda: _works(hasty))


def test_closing_does_not_wait_for_the_job_under_way(child: AnalysisProcess) -> None:
    failures: list[JobFailedError] = []
    begun = threading.Event()

    def work() -> None:
        begun.set()
        try:
            child.run({"kind": "hang"})
        except JobFailedError as error:
            failures.append(error)

    worker = threading.Thread(target=work)
    worker.start()
    begun.wait(30.0)
    child.close()
    worker.join(30.0)

    assert not worker.is_alive(), "the limit of the job is 60 s"
    assert len(failures) == 1
    assert child.pid is None
    with pytest.raises(JobFailedError, match="closed"):
        child.run({"kind": "echo", "say": "too late"})


def test_a_crash_is_named_by_its_signal_and_the_next_job_runs(child: AnalysisProcess) -> None:
    with pytest.raises(JobFailedError, match="SIGSEGV"):
        child.run({"kind": "crash"})

    assert _works(child)


def test_memory_beyond_the_limit_fails_the_job_alone(child: AnalysisProcess) -> None:
    with pytest.raises(JobFailedError, match="536870912 bytes"):
        child.run({"kind": "swallow", "bytes": 1 << 30})

    assert _works(child)


def test_what_a_codec_prints_is_no_answer(child: AnalysisProcess) -> None:
    assert child.run({"kind": "print"})["said"] == "quiet"


def test_a_refusal_keeps_its_code_and_its_sentence(child: AnalysisProcess) -> None:
    with pytest.raises(JobRefusedError, match="needs 10000") as refusal:
        child.run({"kind": "refuse"})

    assert refusal.value.code == "TOO_DARK"


def test_an_unforeseen_error_carries_its_traceback(child: AnalysisProcess) -> None:
    with pytest.raises(JobFailedError, match="ZeroDivisionError") as failure:
        child.run({"kind": "raise"})

    assert "odd_child.py" in failure.value.detail


def test_a_child_killed_between_jobs_is_replaced(child: AnalysisProcess) -> None:
    pid = child.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: child.pid is None)

    assert _works(child)
    assert child.pid != pid


def test_an_idle_child_ends(child: AnalysisProcess) -> None:
    assert eventually(lambda: (child.end_when_idle(), child.pid is None)[1])


def _works(child: AnalysisProcess) -> bool:
    try:
        return bool(child.run({"kind": "echo", "say": "alive"})["said"] == "alive")
    except JobFailedError:
        return False

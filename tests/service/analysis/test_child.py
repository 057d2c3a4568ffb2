import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from photopeak.analysis.child import AnalysisProcess
from photopeak.analysis.errors import JobFailedError, JobRefusedError
from photopeak.settings import WorkSettings
from support.ports import eventually

TESTS = Path(__file__).resolve().parents[2]


@pytest.fixture
def child(monkeypatch: pytest.MonkeyPatch) -> Iterator[AnalysisProcess]:
    monkeypatch.setenv("PYTHONPATH", str(TESTS))
    settings = WorkSettings(wall_limit_s=1.0, memory_limit_bytes=1 << 29, child_idle_s=0.05)
    process = AnalysisProcess(settings, module="support.odd_child")
    process.warm()
    # Starting an interpreter may take longer than the limit of a job on a busy machine.
    deadline = time.monotonic() + 30.0
    while True:
        try:
            process.run({"kind": "echo", "say": "ready"})
            break
        except JobFailedError:
            assert time.monotonic() < deadline
    yield process
    process.close()


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


def test_a_job_that_hangs_is_ended_at_its_time_limit_and_the_next_one_runs(
    child: AnalysisProcess,
) -> None:
    started = time.monotonic()
    with pytest.raises(JobFailedError, match=r"longer than 1 s"):
        child.run({"kind": "hang"})

    assert time.monotonic() - started < 5.0
    _eventually_works(child)


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
    begun.wait(5.0)
    started = time.monotonic()
    child.close()
    worker.join(5.0)

    assert time.monotonic() - started < 0.9, "the limit of the job is 1 s"
    assert len(failures) == 1
    assert child.pid is None
    with pytest.raises(JobFailedError, match="closed"):
        child.run({"kind": "echo", "say": "too late"})


def test_a_crash_is_named_by_its_signal_and_the_next_job_runs(child: AnalysisProcess) -> None:
    with pytest.raises(JobFailedError, match="SIGSEGV"):
        child.run({"kind": "crash"})

    _eventually_works(child)


def test_memory_beyond_the_limit_fails_the_job_alone(child: AnalysisProcess) -> None:
    with pytest.raises(JobFailedError, match="536870912 bytes"):
        child.run({"kind": "swallow", "bytes": 1 << 30})

    _eventually_works(child)


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
    _until(lambda: child.pid is None)

    _eventually_works(child)
    assert child.pid != pid


def test_an_idle_child_ends(child: AnalysisProcess) -> None:
    _until(lambda: (child.end_when_idle(), child.pid is None)[1])

    assert child.pid is None


def _eventually_works(child: AnalysisProcess) -> None:
    deadline = time.monotonic() + 30.0
    while True:
        try:
            assert child.run({"kind": "echo", "say": "alive"})["said"] == "alive"
        except JobFailedError:
            assert time.monotonic() < deadline
        else:
            return


def _until(condition: object) -> None:
    deadline = time.monotonic() + 10.0
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.01)

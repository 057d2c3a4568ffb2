"""Analyzers as a third party might write them: one dies, one swallows memory, one never ends.

`install` makes them an installed distribution of their own, found through its entry points. The
slow one ends when a file called ``gate`` lies beside the installed module.
"""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

from photopeak_analyzers.acquisition import AcquisitionKind
from photopeak_analyzers.contract import (
    Analysis,
    Analyzer,
    Inputs,
    Measurement,
    Metric,
    Parameters,
    Role,
    Scope,
    Variant,
)

TESTS = ("dying", "swallowing", "hanging", "slow")
_NAME = "misbehaving_analyzers"
_GATE = Path(__file__).parent / "gate"


def install(folder: Path) -> dict[str, str]:
    """Install the analyzers in `folder`; returns the environment in which they are found."""
    information = folder / f"{_NAME}-1.0.dist-info"
    information.mkdir(parents=True)
    (information / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {_NAME}\nVersion: 1.0\n", "utf-8"
    )
    lines = [f"{test} = {_NAME}:{test.upper()}" for test in TESTS]
    (information / "entry_points.txt").write_text(
        "\n".join(["[photopeak.analyzers]", *lines]) + "\n", "utf-8"
    )
    shutil.copy(__file__, folder / f"{_NAME}.py")
    before = os.environ.get("PYTHONPATH", "")
    return {"PYTHONPATH": os.pathsep.join(filter(None, (str(folder), before)))}


def open_gate(folder: Path) -> None:
    """Let the slow analyzer of `folder` end its work, now and ever after."""
    (folder / "gate").touch()


def routes() -> str:
    """Return a file of routes that sends a series to the analyzer that its description names."""
    return "".join(
        f'[[rule]]\nid = "{test}"\npriority = 400\nwhen.text = "an analyzer that is {test}"\n'
        f'test = "{test}"\n\n'
        for test in TESTS
    )


def description(test: str) -> str:
    """Return the series description that goes to a test."""
    return f"an analyzer that is {test}"


def _die(_inputs: Inputs, _parameters: Parameters) -> Analysis:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("still there")


def _swallow(_inputs: Inputs, _parameters: Parameters) -> Analysis:
    kept = []
    while True:
        kept.append(bytearray(64 << 20))


def _hang(_inputs: Inputs, _parameters: Parameters) -> Analysis:
    while True:
        time.sleep(0.01)


def _wait_for_the_gate(_inputs: Inputs, _parameters: Parameters) -> Analysis:
    while not _GATE.exists():
        time.sleep(0.01)
    return Analysis(
        measurements=(Measurement(metric="answer", scope=Scope(), value=42.0),), preconditions=()
    )


def _analyzer(test: str, measure: Callable[[Inputs, Parameters], Analysis]) -> Analyzer:
    return Analyzer(
        id=test,
        title=test.capitalize(),
        title_zh=test,
        version="1",
        variants=(Variant(name="local", title="Local", clause="none"),),
        roles=(Role(name="image", kinds=frozenset({AcquisitionKind.PLANAR})),),
        metrics=(
            Metric(
                key="answer", unit="1", symbol="a", label="Answer", label_zh="a", decimals=0,
                clause="none",
            ),
        ),
        parameters=Parameters,
        measure=measure,
    )  # fmt: skip


DYING = _analyzer("dying", _die)
SWALLOWING = _analyzer("swallowing", _swallow)
HANGING = _analyzer("hanging", _hang)
SLOW = _analyzer("slow", _wait_for_the_gate)

"""What tests push into a running service, and how results are compared."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import Dataset

from photopeak.demo.consoles import COLD_SPOT, flood
from photopeak.demo.objects import SIEMENS, Labels, write
from support.service import Service

SEEN_AT = datetime(2026, 3, 2, 6, 30, tzinfo=UTC)
_COMPARED = (
    "test", "variant", "title", "device", "status", "purpose", "measurements", "preconditions",
    "verdicts", "notes", "failure",
)  # fmt: skip
_FROM = ("software_version", "analyzer_version", "parameters", "limit_sets", "routes_version")

DEVICES = """\
[devices.camera]
name = "Camera"
ae_titles = ["STORESCU", "DCMSEND", "PACS"]
serial_number = "1234"
detectors = 2

[devices.camera.parameters.intrinsic_uniformity]
ufov_width_mm = 512.0
ufov_height_mm = 384.0
"""


def flood_object(seed: int = 1, *, bad: bool = False, series: str = "Intrinsic Flood") -> Dataset:
    """Return a flood of two heads; a bad one has a cold spot on the second."""
    rng = np.random.default_rng(seed)
    second = (COLD_SPOT,) if bad else ()
    return flood(SIEMENS, Labels(series=series), SEEN_AT, rng, second=second)


def flood_file(folder: Path, seed: int = 1, *, bad: bool = False) -> Path:
    """Write a flood; returns its path."""
    return write(flood_object(seed, bad=bad), folder)


def series_of(path: Path) -> str:
    """Return the series of a file."""
    from pydicom import dcmread

    return str(dcmread(path, stop_before_pixels=True).SeriesInstanceUID)


def analyzed_without_a_service(config: Path, *paths: Path) -> dict[str, dict[str, Any]]:
    """Run ``photopeak analyze``; returns what is compared of its results, by test."""
    done = subprocess.run(
        [
            sys.executable, "-m", "photopeak", "analyze", *map(str, paths),
            "--config", str(config), "--json",
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr
    return {result["test"]: compared(result) for result in json.loads(done.stdout)["results"]}


def compared(result: dict[str, Any]) -> dict[str, Any]:
    """Return what two results of the same bytes must have in common, to the last bit."""
    kept = {key: result[key] for key in _COMPARED}
    kept |= {key: result["provenance"][key] for key in _FROM}
    kept["sha256"] = sorted(
        digest for entry in result["provenance"]["inputs"] for digest in entry["instances"].values()
    )
    kept["verdicts"] = sorted(kept["verdicts"], key=lambda verdict: json.dumps(verdict))
    return kept


def results_of(service: Service, uid: str) -> dict[str, dict[str, Any]]:
    """Return the current results that a series went into, by test."""
    found = {}
    for test_set in service.api(f"/series/{uid}")["test_sets"]:
        for summary in service.api(f"/test-sets/{test_set}")["results"]:
            if summary["current"]:
                result = service.api(f"/results/{summary['id']}")
                found[result["test"]] = result
    return found


def state_of(service: Service, uid: str) -> str:
    """Return the state of a series; empty while it is not known."""
    states = {entry["series_instance_uid"]: entry["state"] for entry in service.series()}
    return str(states.get(uid, ""))


def settled(service: Service, *uids: str) -> Sequence[dict[str, Any]]:
    """Wait until these series are at rest; returns them in the same order."""
    from support.ports import eventually
    from support.service import UNDER_WAY

    def at_rest() -> list[dict[str, Any]] | None:
        found = {entry["series_instance_uid"]: entry for entry in service.series()}
        mine = [found[uid] for uid in uids if uid in found]
        if len(mine) < len(uids) or any(entry["state"] in UNDER_WAY for entry in mine):
            return None
        return mine

    def told() -> str:
        states = {uid: state_of(service, uid) for uid in uids}
        return f"{states} settle: {service.log()[-3000:]}"

    return eventually(at_rest, seconds=180.0, what=told)

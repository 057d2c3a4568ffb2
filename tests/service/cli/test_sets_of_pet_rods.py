"""A phantom with rods in PET: hot and cold insert are one set, from their names to the verdict."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from typer.testing import CliRunner

from photopeak.cli.main import app
from photopeak_analyzers.simulation.volumes import CylinderPhantom, rod_sectors
from support.dicom_objects import save_all, slices

VOXEL_MM = (4.0, 1.6, 1.6)
DIAMETERS_MM = (3.0, 4.0, 5.0, 6.0, 7.0, 8.0)


def put(folder: Path, name: str, *, hot: bool) -> None:
    rods = rod_sectors(
        DIAMETERS_MM, radius_mm=92.0, from_mm=-20.0, to_mm=20.0, contrast=1.0 if hot else -1.0
    )
    phantom = CylinderPhantom(
        shape=(12, 132, 132), voxel_mm=VOXEL_MM, diameter_mm=200.0, length_mm=0.0 if hot else 44.0,
        value=1000.0, parts=rods,
    )  # fmt: skip
    values = phantom.expected(5.0)
    stored = np.round(values * 20.0).astype(np.int16)
    elements = {
        "SeriesDescription": f"Spatial resolution phantom {name}",
        "StudyInstanceUID": "1.2.3.5",
    }
    made = slices(stored, slopes=[0.05] * 12, spacing_mm=VOXEL_MM, **elements)
    for dataset in made:
        dataset.RadiopharmaceuticalInformationSequence[0].RadionuclideTotalDose = 100_000_000
    save_all(made, folder)


def analyze(folder: Path, *arguments: str) -> dict[str, Any]:
    done = CliRunner().invoke(app, ["analyze", str(folder), "--json", *arguments])
    assert done.exit_code in (0, 1), done.output
    report: dict[str, Any] = json.loads(done.stdout)
    (result,) = [r for r in report["results"] if r["test"] == "pet_rod_phantom_resolution"]
    return dict(result)


def test_hot_and_cold_are_one_result_beside_what_was_read(tmp_path: Path) -> None:
    put(tmp_path, "hot", hot=True)
    put(tmp_path, "cold", hot=False)
    result = analyze(tmp_path, "--reading", "read_hot_mm=4", "--reading", "read_cold_mm=6")
    found = {m["metric"]: m["value"] for m in result["measurements"] if "smallest" in m["metric"]}
    informative = {v["metric"]: v for v in result["verdicts"] if v["kind"] == "informative"}

    assert len(result["provenance"]["inputs"]) == 2
    assert (found["smallest_read_hot_mm"], found["smallest_read_cold_mm"]) == (4.0, 6.0)
    assert found["smallest_resolved_hot_mm"] <= 4.0 <= found["smallest_resolved_cold_mm"] <= 5.0
    # Table 1 of JJF asks for 5 mm, for reference only: 6 mm does not meet it, and fails nothing.
    assert informative["smallest_read_cold_mm"]["status"] == "INFO"
    assert result["status"] in ("INFO", "WARN")

"""Centre of rotation of 120 x 256 x 256 against pylinac 3.49 on the same file.

::

    python tests/benchmarks/center_of_rotation.py [--runs 9] [--environment DIRECTORY]

pylinac pins pydicom below 3 and so lives in a virtual environment of its own, which is built in
`--environment` on the first run (from the package index that pip is set up for). Rounds alternate
A B A B in one run. Timed are the analysis of views that are in memory already (ours with its
uncertainties, preconditions and figures), and the whole way from the file. Printed are the medians,
their ratios, and the most memory that an analysis allocates, in units of the pixel data. Goals: at
least 40 x on the whole way, at most 20 ms for the analysis and 3 times the pixel data. The two
analyses are not the same work: pylinac takes one centroid of the whole frame, without background
or region, and fits one curve.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, NuclearMedicineImageStorage, generate_uid

from photopeak.reading.assemble import read_acquisition
from photopeak_analyzers.acquisition import Acquisition
from photopeak_analyzers.contract import Inputs
from photopeak_analyzers.simulation.tomography import Head, PointSource, RotatingCamera
from photopeak_analyzers.spect.center_of_rotation import ANALYZER

PYLINAC = "pylinac==3.49"

CAMERA = RotatingCamera(
    rows=256,
    columns=256,
    pixel_mm=2.4,
    views=120,
    background=0.1,
    heads=(Head(cor_offset_px=0.5, wobble_mm=0.8),),
)

# Reads one word per round from standard input, answers with a line of JSON.
OTHER_SIDE = """
import json, sys, time, tracemalloc, warnings
warnings.simplefilter("ignore")
from pylinac.nuclear import CenterOfRotation
rotation = CenterOfRotation(sys.argv[1])
for word in sys.stdin:
    if word.strip() == "memory":
        tracemalloc.start()
        rotation.analyze()
        print(json.dumps(tracemalloc.get_traced_memory()[1]), flush=True)
        tracemalloc.stop()
        continue
    start = time.perf_counter()
    if word.strip() == "file":
        CenterOfRotation(sys.argv[1]).analyze()
        print(json.dumps([time.perf_counter() - start, {}]), flush=True)
    else:
        rotation.analyze()
        results = rotation.results_data(as_dict=True)
        numbers = {k: v for k, v in results.items() if k.endswith("_mm")}
        print(json.dumps([time.perf_counter() - start, numbers]), flush=True)
"""


def write_rotation(path: Path) -> int:
    """Write the rotation with noise; return the size of its pixel data in bytes."""
    counts = CAMERA.acquire((PointSource(radius_mm=90.0),), rng=np.random.default_rng(7)).counts
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = NuclearMedicineImageStorage
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = FileDataset(path, {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.SOPClassUID = meta.MediaStorageSOPClassUID
    dataset.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = generate_uid(), generate_uid()
    dataset.Modality = "NM"
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "TOMO", "EMISSION"]
    dataset.NumberOfFrames, dataset.Rows, dataset.Columns = counts.shape
    dataset.FrameIncrementPointer = [0x00540010, 0x00540020, 0x00540050, 0x00540090]
    views = counts.shape[0]
    dataset.EnergyWindowVector = dataset.DetectorVector = dataset.RotationVector = [1] * views
    dataset.AngularViewVector = list(range(1, views + 1))
    dataset.NumberOfEnergyWindows = dataset.NumberOfDetectors = dataset.NumberOfRotations = 1
    limits = Dataset()
    limits.EnergyWindowLowerLimit, limits.EnergyWindowUpperLimit = 126.45, 154.55
    window = Dataset()
    window.EnergyWindowName, window.EnergyWindowRangeSequence = "99m Technetium", [limits]
    dataset.EnergyWindowInformationSequence = [window]
    detector = Dataset()
    detector.CollimatorType, detector.StartAngle = "PARA", 0.0
    dataset.DetectorInformationSequence = [detector]
    turn = Dataset()
    turn.StartAngle, turn.AngularStep, turn.RotationDirection = 0.0, 360.0 / views, "CC"
    turn.ScanArc, turn.NumberOfFramesInRotation, turn.ActualFrameDuration = 360.0, views, 20_000
    dataset.RotationInformationSequence = [turn]
    dataset.CorrectedImage = "UNIF"
    dataset.PixelSpacing = [CAMERA.pixel_mm, CAMERA.pixel_mm]
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 16, 15
    dataset.PixelRepresentation = 0
    dataset.PixelData = counts.astype(np.uint16).tobytes()
    dataset.save_as(path)
    return len(pydicom.dcmread(path).PixelData)


def analyze(rotation: Acquisition) -> dict[str, float]:
    """Analyse a rotation; return its numbers."""
    analysis = ANALYZER.analyze(Inputs(roles={"views": (rotation,)}, variant="local"))
    if not analysis.valid:
        raise SystemExit(f"the simulated rotation is not valid: {analysis.failed}")
    return {m.metric: round(m.value, 4) for m in analysis.measurements}


def other_side(environment: Path, path: Path) -> subprocess.Popen[str]:
    """Start the process that answers for pylinac."""
    python = environment / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", environment], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", PYLINAC], check=True)
    return subprocess.Popen(
        [python, "-c", OTHER_SIDE, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def ask(process: subprocess.Popen[str], word: str) -> Any:
    """Have the other side do one round."""
    if process.stdin is None or process.stdout is None:
        raise SystemExit("the other side cannot be talked to")
    process.stdin.write(word + "\n")
    process.stdin.flush()
    return json.loads(process.stdout.readline())


def main() -> None:
    """Run the rounds and print what they took."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument(
        "--environment", type=Path, default=Path(tempfile.gettempdir()) / "photopeak-pylinac"
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rotation.dcm"
        pixel_bytes = write_rotation(path)
        rotation = read_acquisition([path])
        process = other_side(arguments.environment, path)
        times: dict[str, list[float]] = {"ours": [], "theirs": [], "our file": [], "their file": []}
        numbers, their_numbers = analyze(rotation), ask(process, "analysis")[1]
        for _ in range(arguments.runs):
            start = time.perf_counter()
            analyze(rotation)
            times["ours"].append(time.perf_counter() - start)
            times["theirs"].append(ask(process, "analysis")[0])
            start = time.perf_counter()
            analyze(read_acquisition([path]))
            times["our file"].append(time.perf_counter() - start)
            times["their file"].append(ask(process, "file")[0])
        tracemalloc.start()
        analyze(rotation)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        their_peak = ask(process, "memory")
        if process.stdin is not None:
            process.stdin.close()
        process.wait(timeout=60)
    medians = {name: statistics.median(seconds) for name, seconds in times.items()}
    print(f"ours   {numbers}")
    print(f"theirs {their_numbers}")
    for mine, their, what in (
        ("ours", "theirs", "analysis"),
        ("our file", "their file", "from the file"),
    ):
        print(
            f"{what}: {1e3 * medians[mine]:.1f} ms against {1e3 * medians[their]:.1f} ms,"
            f" {medians[their] / medians[mine]:.1f} x (median of {arguments.runs})"
        )
    print(
        f"memory of an analysis: {peak / pixel_bytes:.2f} times the pixel data"
        f" against {their_peak / pixel_bytes:.2f} times"
    )


if __name__ == "__main__":
    main()

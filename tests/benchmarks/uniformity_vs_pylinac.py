"""Uniformity of 1024 x 1024 x 2 against pylinac 3.49 on the same data.

::

    python tests/benchmarks/uniformity_vs_pylinac.py [--runs 9] [--environment DIRECTORY]

pylinac pins pydicom below 3 and so lives in a virtual environment of its own, which is built in
`--environment` on the first run (from the package index that pip is set up for). Both sides read
the same DICOM file once; what is timed is the analysis: pylinac's ``analyze()`` and results against
our analyzer with its uncertainties, preconditions and figures. Rounds alternate A B A B in one run;
printed are the medians and their ratio. Goals: at least 20 x, and at most 12 ms (5 ms for
256 x 256 x 2).
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, NuclearMedicineImageStorage, generate_uid

from photopeak_analyzers.acquisition import CollimatorType, Detector, EnergyWindow, Frame, Planar
from photopeak_analyzers.contract import Inputs
from photopeak_analyzers.gamma_camera.intrinsic_uniformity import ANALYZER
from photopeak_analyzers.simulation.floods import FloodCamera, Tubes, noisy

PYLINAC = "pylinac==3.49"

# Reads one line per round from standard input, answers with the seconds that the analysis took.
OTHER_SIDE = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
from pylinac.nuclear import PlanarUniformity
flood = PlanarUniformity(sys.argv[1])
for _ in sys.stdin:
    start = time.perf_counter()
    flood.analyze()
    results = flood.results_data(as_dict=True)
    print(json.dumps([time.perf_counter() - start, results]), flush=True)
"""


def write_flood(path: Path, size: int) -> None:
    """Write a flood of two detectors: 12 million counts each, a pattern of tubes, Poisson noise."""
    camera = FloodCamera(rows=size, columns=size, pixel_mm=614.4 / size)
    expected = camera.expected(12e6 / (512 * 384) * camera.pixel_mm**2, Tubes(amplitude=0.02))
    rng = np.random.default_rng(1024)
    counts = np.stack([noisy(expected, rng), noisy(expected, rng)]).astype(np.uint16)
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = NuclearMedicineImageStorage
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = FileDataset(path, {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.SOPClassUID = meta.MediaStorageSOPClassUID
    dataset.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    dataset.Modality = "NM"
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "STATIC", "EMISSION"]
    dataset.NumberOfFrames, dataset.Rows, dataset.Columns = counts.shape
    dataset.FrameIncrementPointer = [0x00540010, 0x00540020]
    dataset.EnergyWindowVector, dataset.DetectorVector = [1, 1], [1, 2]
    dataset.NumberOfEnergyWindows, dataset.NumberOfDetectors = 1, 2
    dataset.PixelSpacing = [camera.pixel_mm, camera.pixel_mm]
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 16, 15
    dataset.PixelRepresentation = 0
    dataset.ActualFrameDuration = 1_200_000
    dataset.DetectorInformationSequence = [Dataset(), Dataset()]
    dataset.PixelData = counts.tobytes()
    dataset.save_as(path)


def read_flood(path: Path) -> Planar:
    """Read it back as an acquisition; the benchmark knows what the header would tell."""
    dataset = pydicom.dcmread(path)
    row_mm, column_mm = (float(spacing) for spacing in dataset.PixelSpacing)
    detectors = tuple(
        Detector(
            number=number,
            collimator_type=CollimatorType.NONE,
            field_of_view_shape="RECTANGLE",
            field_of_view_mm=(512.0, 384.0),
            zoom=1.0,
        )
        for number in dataset.DetectorVector
    )
    return Planar(
        nuclide="Tc-99m",
        energy_windows=(EnergyWindow(number=1, lower_kev=126.45, upper_kev=154.55),),
        detectors=detectors,
        corrections=frozenset({"UNIF"}),
        counts=dataset.pixel_array,
        frames=tuple(
            Frame(detector=d.number, energy_window=1, duration_s=1200.0) for d in detectors
        ),
        pixel_spacing_mm=(row_mm, column_mm),
        saturation_level=65535,
    )


def ours(flood: Planar) -> tuple[float, dict[str, float]]:
    """Return the seconds of one analysis, and its numbers."""
    start = time.perf_counter()
    analysis = ANALYZER.analyze(Inputs(roles={"flood": (flood,)}, variant="nema"))
    elapsed = time.perf_counter() - start
    return elapsed, {
        f"{m.metric} detector {m.scope.get('detector')}": round(m.value, 3)
        for m in analysis.measurements
        if m.metric in {"iu_ufov", "du_ufov"}
    }


def environment(directory: Path) -> Path:
    """Return the interpreter of the environment of pylinac, which is built when it is missing."""
    python = directory / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(directory)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", PYLINAC], check=True)
    return python


def compare(size: int, runs: int, python: Path, folder: Path) -> None:
    """Print the medians of alternating rounds, and their ratio."""
    path = folder / f"flood_{size}.dcm"
    write_flood(path, size)
    flood = read_flood(path)
    other = subprocess.Popen(
        [str(python), "-c", OTHER_SIDE, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert other.stdin is not None
    assert other.stdout is not None
    own_s, other_s = [], []
    for round_number in range(runs + 1):
        elapsed, own_results = ours(flood)
        print(file=other.stdin, flush=True)
        other_elapsed, other_results = json.loads(other.stdout.readline())
        if round_number:  # the first round of both warms up
            own_s.append(elapsed)
            other_s.append(other_elapsed)
    other.stdin.close()
    other.wait(timeout=60)
    own_ms, other_ms = (1000.0 * statistics.median(each) for each in (own_s, other_s))
    print(f"{size} x {size} x 2, medians of {runs} alternating rounds")
    print(f"  photopeak {own_ms:8.2f} ms   {own_results}")
    print(f"  pylinac   {other_ms:8.2f} ms   {other_results}")
    print(f"  ratio     {other_ms / own_ms:8.1f}")


def main() -> None:
    """Compare at both sizes."""
    parser = argparse.ArgumentParser(description="Uniformity against pylinac 3.49")
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument(
        "--environment", type=Path, default=Path(tempfile.gettempdir()) / "photopeak-pylinac-3.49"
    )
    arguments = parser.parse_args()
    python = environment(arguments.environment)
    with tempfile.TemporaryDirectory() as folder:
        for size in (1024, 256):
            compare(size, arguments.runs, python, Path(folder))


if __name__ == "__main__":
    main()

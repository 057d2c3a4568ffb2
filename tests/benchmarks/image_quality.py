"""Cold spheres and rods in a volume of 45 x 128 x 128 against pylinac 3.49 on the same file.

::

    python tests/benchmarks/image_quality.py [--runs 9] [--environment DIRECTORY]

pylinac pins pydicom below 3 and so lives in a virtual environment of its own, which is built in
`--environment` on the first run (from the package index that pip is set up for). Rounds alternate
A B A B in one run. Timed is what follows once the volume is in memory: theirs is the contrast of
six spheres; ours that contrast alone (found by the pattern of the spheres), and the whole analysis with
rods, uniform part, uncertainties and figures. Goal: the contrast within 120 ms.
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
from typing import Any

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, NuclearMedicineImageStorage, generate_uid

from photopeak_analyzers.acquisition import Volume
from photopeak_analyzers.contract import Inputs
from photopeak_analyzers.numerics.polar_match import polar_slices
from photopeak_analyzers.simulation.volumes import CylinderPhantom, cold_spheres, rod_sectors
from photopeak_analyzers.spect.cold_rods import OUTER_SHARE
from photopeak_analyzers.spect.cold_spheres import coldest, find_spheres
from photopeak_analyzers.spect.cylinder import find_cylinder
from photopeak_analyzers.spect.reconstruction import reconstruction_of
from photopeak_analyzers.spect.spect_image_quality import ANALYZER

PYLINAC = "pylinac==3.49"

SPHERES = (31.8, 25.4, 19.1, 15.9, 12.7, 9.5)
RODS = (12.7, 11.1, 9.5, 7.9, 6.4, 4.8)

# Reads one word per round from standard input, answers with a line of JSON.
OTHER_SIDE = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
from pylinac.nuclear import TomographicContrast
for word in sys.stdin:
    contrast = TomographicContrast(sys.argv[1])
    start = time.perf_counter()
    contrast.analyze(sphere_diameters_mm=(31.8, 25.4, 19.1, 15.9, 12.7, 9.5),
                     sphere_angles=(0, 60, 120, 180, 240, 300))
    spheres = contrast.results_data(as_dict=True)["spheres"]
    print(json.dumps([time.perf_counter() - start,
                      [round(each["mean"], 1) for each in spheres.values()]]), flush=True)
"""


def phantom() -> Volume:
    """Return a noisy phantom with spheres above and rods below."""
    parts = cold_spheres(SPHERES, at_mm=57.0, z_mm=40.0)
    parts += rod_sectors(RODS, radius_mm=102.0, from_mm=-200.0, to_mm=-12.0)
    made = CylinderPhantom(
        shape=(45, 128, 128), voxel_mm=(4.1, 4.1, 4.1), parts=parts, value=1300.0
    )
    return made.acquire(fwhm_mm=10.0, rng=np.random.default_rng(7))


def write_volume(volume: Volume, path: Path) -> None:
    """Write the slices as one object."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = NuclearMedicineImageStorage
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = FileDataset(path, {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.SOPClassUID = meta.MediaStorageSOPClassUID
    dataset.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = generate_uid(), generate_uid()
    dataset.Modality = "NM"
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "RECON TOMO", "EMISSION"]
    dataset.NumberOfFrames, dataset.Rows, dataset.Columns = volume.values.shape
    dataset.FrameIncrementPointer = 0x00540080
    dataset.SliceVector = list(range(1, volume.values.shape[0] + 1))
    dataset.DetectorInformationSequence = [Dataset()]
    dataset.PixelSpacing = list(volume.voxel_spacing_mm[1:])
    dataset.SliceThickness = dataset.SpacingBetweenSlices = volume.voxel_spacing_mm[0]
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 16, 15
    dataset.PixelRepresentation = 0
    dataset.PixelData = np.rint(volume.values).astype(np.uint16).tobytes()
    dataset.save_as(path)
    pydicom.dcmread(path)


def contrast_alone(volume: Volume) -> list[float]:
    """Return the mean in each sphere."""
    reconstruction = reconstruction_of(volume)
    cylinder = find_cylinder(reconstruction)
    slices = (max(int(np.ceil(cylinder.first)), 0), int(np.floor(cylinder.last)) + 1)
    polar = polar_slices(
        reconstruction.values,
        slices,
        cylinder.centre,
        reconstruction.pixel_mm,
        OUTER_SHARE * cylinder.radius_mm,
    )
    spheres = find_spheres(polar, cylinder, reconstruction.pixel_mm, SPHERES, 57.0)
    return [
        round(coldest(reconstruction, place, diameter, 8.0).mean, 1)
        for place, diameter in zip(spheres.places, SPHERES, strict=True)
    ]


def whole(volume: Volume) -> None:
    """Analyse the volume as the service does."""
    analysis = ANALYZER.analyze(Inputs(roles={"reconstruction": (volume,)}, variant="local"))
    if not analysis.valid:
        raise SystemExit(f"the simulated volume is not valid: {analysis.failed}")


def other_side(environment: Path, path: Path) -> subprocess.Popen[str]:
    """Start the process that answers for pylinac."""
    python = environment / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", environment], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", PYLINAC], check=True)
    return subprocess.Popen(
        [python, "-c", OTHER_SIDE, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def ask(process: subprocess.Popen[str]) -> Any:
    """Have the other side do one round."""
    if process.stdin is None or process.stdout is None:
        raise SystemExit("the other side cannot be talked to")
    process.stdin.write("analysis\n")
    process.stdin.flush()
    return json.loads(process.stdout.readline())


def timed(function: Any, volume: Volume) -> float:
    """Return the seconds of one call."""
    start = time.perf_counter()
    function(volume)
    return time.perf_counter() - start


def main() -> None:
    """Run the rounds and print what they took."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument(
        "--environment", type=Path, default=Path(tempfile.gettempdir()) / "photopeak-pylinac"
    )
    arguments = parser.parse_args()
    volume = phantom()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "volume.dcm"
        write_volume(volume, path)
        process = other_side(arguments.environment, path)
        times: dict[str, list[float]] = {"contrast": [], "whole": [], "theirs": []}
        means, their_means = contrast_alone(volume), ask(process)[1]
        whole(volume)
        for _ in range(arguments.runs):
            times["contrast"].append(timed(contrast_alone, volume))
            times["theirs"].append(ask(process)[0])
            times["whole"].append(timed(whole, volume))
        if process.stdin is not None:
            process.stdin.close()
        process.wait(timeout=60)
    medians = {name: statistics.median(seconds) for name, seconds in times.items()}
    print(f"means of the spheres, ours   {means}")
    print(f"means of the spheres, theirs {their_means}")
    print(
        f"contrast: {1e3 * medians['contrast']:.1f} ms against {1e3 * medians['theirs']:.1f} ms,"
        f" {medians['theirs'] / medians['contrast']:.1f} x (median of {arguments.runs})"
    )
    print(f"whole analysis: {1e3 * medians['whole']:.1f} ms")


if __name__ == "__main__":
    main()

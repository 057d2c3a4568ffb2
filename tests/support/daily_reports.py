"""Daily reports made for tests: XML with the elements of a Siemens PET, PDFs, sinograms as files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

OUT = "Block_Outside_Range"
PLANES = "Planes_Outside_Range"

# Name, value, its unit, lower, upper, their unit; numbers of no real scanner.
ITEMS: Mapping[str, tuple[str, str, str, str, str]] = {
    "aBlockNoise": ("0", OUT, "0", "4", "crystal"),
    "bBlockEfficiency": ("0", OUT, "75", "125", "%"),
    "cMeasureRandoms": ("98.4", "%", "80", "120", "%"),
    "dScannerEfficiency": ("35.5", "cps/Bq/cc", "20.5", "50.5", "cps/Bq/cc"),
    "eScatterRatio": ("31.5", "%", "25.5", "37.5", "%"),
    "fECF": ("3.1e+007", "Bq*s/ECAT counts", "1e+007", "5e+007", "Bq*s/ECAT counts"),
    "gPlaneEff": ("0", PLANES, "-6", "6", "%"),
    "hTimeAlignment": ("0", OUT, "0", "0.75", "bin"),
    "iTAFWHM": ("0", OUT, "0", "6", "bin"),
    "jTAFitX": ("0.4", "mm", "0", "2.5", "mm"),
    "kTAFitY": ("0.1", "mm", "0", "2.5", "mm"),
    "lTAResidual": ("0.7", "mm", "0", "2.5", "mm"),
}


def siemens_xml(
    *,
    items: Mapping[str, tuple[str, str, str, str, str]] = ITEMS,
    decisions: Mapping[str, str] | None = None,
    overall: str = "Passed",
    age: str | None = "Passed",
    scanned: str = "2026-03-02T07:30:00+01:00",
    assayed: str = "2025-06-05T12:00:00+01:00",
    activity: tuple[str, str] = ("2.0", "mCi"),
    blocks: Sequence[Sequence[str]] = (("0.5",) * 4,) * 3,
    prologue: str = '<?xml version="1.0" encoding="utf-8"?>',
) -> bytes:
    """Return a report; `items` by element name, `decisions` other than Passed by element name."""
    said = decisions or {}
    values = "".join(f"<bValue>{v}</bValue>" for row in blocks for v in row)
    values += "".join(f"<cDEA>{dea}</cDEA>" for dea, row in enumerate(blocks) for _ in row)
    values += "".join(f"<dBlock>{b}</dBlock>" for row in blocks for b in range(len(row)))
    listed = "".join(
        f"<{name}>{_bound('aUpperBound', upper, of)}{_bound('bLowerBound', lower, of)}"
        f"{_bound('cBlkValue', value, unit)}<dDecision>{said.get(name, 'Passed')}</dDecision></{name}>"
        for name, (value, unit, lower, upper, of) in items.items()
    )
    aged = "" if age is None else f"<aPhantomAgeResult>{age}</aPhantomAgeResult>"
    return (
        f"{prologue}<SystemQualityReport>"
        f"<BlockEfficiency><bValues>{values}</bValues></BlockEfficiency>"
        "<PlaneEfficiencyProfile><bProfile><bValue>1.5</bValue><bValue>-0.5</bValue></bProfile>"
        f"</PlaneEfficiencyProfile><bScandate>{scanned}</bScandate>"
        "<cPhantomParameters><aIsotope>Ge-68</aIsotope>"
        f"<bAssayActivity><aValue>{activity[0]}</aValue><bMeasure>{activity[1]}</bMeasure></bAssayActivity>"
        f"<cAssayDateTime>{assayed}</cAssayDateTime>"
        "<eCalibrationFactor>0.97</eCalibrationFactor></cPhantomParameters>"
        "<dInputforComputation><dICSName>PETHALL1</dICSName><eICSSWVersion>SIM_1</eICSSWVersion>"
        "</dInputforComputation>"
        f"<eResults>{aged}<aSystemQualityResults>{overall}</aSystemQualityResults></eResults>"
        f"<fDetailedSystemQualityReport><aItem>{listed}</aItem></fDetailedSystemQualityReport>"
        "</SystemQualityReport>"
    ).encode()


def _bound(name: str, value: str, unit: str) -> str:
    return f"<{name}><aValue>{value}</aValue><bMeasure>{unit}</bMeasure></{name}>"


def pdf(lines: Sequence[str], *, pages: int = 1) -> bytes:
    """Return a PDF whose pages have these lines."""
    shown = "".join(
        f"({line.replace(chr(92), chr(92) * 2).replace('(', chr(92) + '(').replace(')', chr(92) + ')')}) Tj T*\n"
        for line in lines
    )
    stream = f"BT /F1 10 Tf 12 TL 50 800 Td\n{shown}ET".encode("latin-1")
    kids = " ".join(f"{4 + i} 0 R" for i in range(pages))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {pages} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        *(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {4 + pages} 0 R"
            " /Resources << /Font << /F1 3 0 R >> >> >>".encode()
            for _ in range(pages)
        ),
        f"<< /Length {len(stream)} >>\nstream\n".encode() + stream + b"\nendstream",
    ]
    content = b"%PDF-1.4\n"
    places = []
    for number, body in enumerate(objects, start=1):
        places.append(len(content))
        content += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    start = len(content)
    content += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}".encode()
    trailer = f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n"
    return content + trailer.encode()


SIEMENS_LINES = (
    "System Quality Report",
    "Scan Date: 2026-03-02 07:30",
    "Item  Lower  Upper  Value  Decision",
    "Block Noise  0 - 4 crystal   0 blocks out of range  Passed",
    "Block Efficiency  75 - 125 %   0 blocks out of range  Passed",
    "Measured Randoms  80 - 120 %   98.4 %  Passed",
    "Scanner Efficiency  20.5 - 50.5   35.5 cps/Bq/cc  Passed",
    "Scatter Ratio  25.5 - 37.5 %   31.5 %  Passed",
    "Image Plane Efficiency  -6 - 6 %   0 planes out of range  Passed",
    "ECF  1e+007 - 5e+007   3.1e+007 Bq*s/ECAT counts  Passed",
    "System Quality Result: Passed",
)
PHILIPS_LINES = (
    "PHILIPS GEMINI TF daily quality control",
    "Acquisition date 2026-03-02 06:50",
    "Hardware Sensors Test: PASSED",
    "PMT Gain Calibration: PASSED",
    "Energy Test Analysis: PASSED",
    "Emission Sinogram Test: PASSED",
    "Timing Resolution: 620 ps",
    "Energy FWHM avg: 13.1 %",
    "Centroid avg: 100.2",
    "Tilt (Linearity): 0.8",
)


def interfile(
    counts: NDArray[Any],
    *,
    started: str | None = "2026:03:02 07:30:00",
    duration_s: float | None = 300.0,
    nuclide: str = "Ge-68",
    title: str = "daily",
    more: str = "",
    header_bytes: int = 2048,
) -> bytes:
    """Return a sinogram as a file with its header, counts as little-endian unsigned 32-bit."""
    planes, angles, bins = counts.shape
    day, _, clock = (started or "").partition(" ")
    lines = [
        "!INTERFILE :=",
        f"!data offset in bytes := {header_bytes}",
        "imagedata byte order := LITTLEENDIAN",
        "!number format := unsigned integer",
        "!number of bytes per pixel := 4",
        f"!matrix size [1] := {bins}",
        f"!matrix size [2] := {angles}",
        f"!matrix size [3] := {planes}",
        f"study ID := {title}",
        "originating system := PETHALL1",
        f"isotope name := {nuclide}",
        *([f"study date := {day}", f"study time := {clock}"] if started else []),
        *([f"image duration (sec) := {duration_s:g}"] if duration_s else []),
        more,
        "!END OF INTERFILE :=",
    ]
    head = "\r\n".join(lines).encode("latin-1")
    return head.ljust(header_bytes, b"\n") + np.asarray(counts, dtype="<u4").tobytes()

"""DICOM objects for tests: small ones, with a known content, in any shape that consoles send.

Every builder returns pydicom data sets that can be written as they are; keyword arguments named
like DICOM keywords are put into the data set last, so that a test can bend anything (a value of
None takes the element out).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence as Items
from pydicom.tag import Tag
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

NM = "1.2.840.10008.5.1.4.1.1.20"
PT = "1.2.840.10008.5.1.4.1.1.128"
CT = "1.2.840.10008.5.1.4.1.1.2"
ENHANCED_PT = "1.2.840.10008.5.1.4.1.1.130"
ENHANCED_CT = "1.2.840.10008.5.1.4.1.1.2.1"
SC = "1.2.840.10008.5.1.4.1.1.7"
SR = "1.2.840.10008.5.1.4.1.1.88.33"
PDF = "1.2.840.10008.5.1.4.1.1.104.1"
TC99M_WINDOW = (126.45, 154.55)
AT = datetime(2026, 3, 2, 7, 30, 0)  # noqa: DTZ001 - DICOM writes local time without a zone
ROOT = "1.2.826.0.1.3680043.9.7777"
_numbers = count(1)

VECTORS = {
    "EnergyWindowVector": 0x00540010,
    "DetectorVector": 0x00540020,
    "PhaseVector": 0x00540030,
    "RotationVector": 0x00540050,
    "RRIntervalVector": 0x00540060,
    "TimeSlotVector": 0x00540070,
    "SliceVector": 0x00540080,
    "AngularViewVector": 0x00540090,
    "TimeSliceVector": 0x00540100,
}


def uid() -> str:
    """Return a UID that no other object of this process has."""
    return f"{ROOT}.{next(_numbers)}"


def code(value: str, scheme: str, meaning: str) -> Dataset:
    """Return an item of a code sequence."""
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item


def item(**values: Any) -> Dataset:
    """Return an item of a sequence."""
    dataset = Dataset()
    put(dataset, values)
    return dataset


def put(dataset: Dataset, values: Mapping[str, Any]) -> Dataset:
    """Set elements by keyword; None removes."""
    for keyword, value in values.items():
        if value is None:
            if keyword in dataset:
                delattr(dataset, keyword)
        else:
            setattr(dataset, keyword, Items(value) if keyword.endswith("Sequence") else value)
    return dataset


def base(sop_class: str, modality: str, *, syntax: str = ExplicitVRLittleEndian) -> Dataset:
    """Return what every object has."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.SOPClassUID = sop_class
    dataset.SOPInstanceUID = uid()
    dataset.StudyInstanceUID = uid()
    dataset.SeriesInstanceUID = uid()
    dataset.Modality = modality
    dataset.StudyDate = dataset.SeriesDate = AT.strftime("%Y%m%d")
    dataset.AcquisitionDate = dataset.ContentDate = AT.strftime("%Y%m%d")
    dataset.StudyTime = dataset.SeriesTime = AT.strftime("%H%M%S")
    dataset.AcquisitionTime = dataset.ContentTime = AT.strftime("%H%M%S")
    dataset.PatientName = "QC^Phantom"
    dataset.PatientID = "QC0001"
    dataset.PatientBirthDate = ""
    dataset.PatientSex = ""
    dataset.AccessionNumber = ""
    dataset.Manufacturer = "Maker"
    dataset.ManufacturerModelName = "Model 1"
    dataset.InstanceNumber = 1
    dataset.SeriesNumber = 1
    return dataset


def with_pixels(dataset: Dataset, pixels: NDArray[Any], *, bits_stored: int = 0) -> Dataset:
    """Put native pixels of shape (frames, rows, columns) or (rows, columns) into a data set."""
    stack = pixels[None] if pixels.ndim == 2 else pixels
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.Rows, dataset.Columns = stack.shape[1:]
    dataset.BitsAllocated = stack.dtype.itemsize * 8
    dataset.BitsStored = bits_stored or dataset.BitsAllocated
    dataset.HighBit = dataset.BitsStored - 1
    dataset.PixelRepresentation = 1 if stack.dtype.kind == "i" else 0
    content = np.ascontiguousarray(stack).astype(stack.dtype.newbyteorder("<")).tobytes()
    dataset.PixelData = content + b"\0" * (len(content) % 2)
    dataset["PixelData"].VR = "OB" if dataset.BitsAllocated == 8 else "OW"
    return dataset


def nm(
    counts: NDArray[Any],
    structure: str = "STATIC",
    *,
    vectors: Mapping[str, Sequence[int] | None] | None = None,
    windows: Sequence[tuple[float, float]] = (TC99M_WINDOW,),
    detectors: Sequence[Mapping[str, Any]] = ({},),
    nuclide: tuple[str, str, str] | None = ("C-163A8", "SRT", "^99m^Technetium"),
    bits_stored: int = 0,
    syntax: str = ExplicitVRLittleEndian,
    **values: Any,
) -> Dataset:
    """Return a nuclear-medicine object.

    `vectors` are written together with their FrameIncrementPointer, in the order given; a vector
    of None stands in the pointer only. `detectors` are the items of the detectors.
    """
    dataset = with_pixels(base(NM, "NM", syntax=syntax), counts, bits_stored=bits_stored)
    frames = 1 if counts.ndim == 2 else counts.shape[0]
    dataset.ImageType = ["ORIGINAL", "PRIMARY", structure, "EMISSION"]
    dataset.NumberOfFrames = frames
    dataset.PixelSpacing = [2.4, 2.4]
    dataset.NumberOfEnergyWindows = len(windows)
    dataset.EnergyWindowInformationSequence = Items(
        item(
            EnergyWindowRangeSequence=[
                item(EnergyWindowLowerLimit=lower, EnergyWindowUpperLimit=upper)
            ],
            EnergyWindowName="Tc-99m" if number == 0 else f"window {number + 1}",
        )
        for number, (lower, upper) in enumerate(windows)
    )
    dataset.NumberOfDetectors = len(detectors)
    dataset.DetectorInformationSequence = Items(
        item(**{"CollimatorType": "NONE", **detector}) for detector in detectors
    )
    if nuclide is not None:
        dataset.RadiopharmaceuticalInformationSequence = Items(
            [item(RadionuclideCodeSequence=[code(*nuclide)])]
        )
    if structure in {"STATIC", "WHOLE BODY"}:
        dataset.ActualFrameDuration = 600_000
    chosen = vectors if vectors is not None else default_vectors(structure, frames)
    if chosen:
        dataset.FrameIncrementPointer = [Tag(VECTORS[name]) for name in chosen]
        for name, vector in chosen.items():
            if vector is not None:
                setattr(dataset, name, list(vector) if len(vector) > 1 else vector[0])
    return put(dataset, values)


def default_vectors(structure: str, frames: int) -> dict[str, Sequence[int]]:
    """Return vectors for one window and detector, the frames in order."""
    ones = [1] * frames
    if structure == "RECON TOMO":
        return {"SliceVector": list(range(1, frames + 1))}
    vectors: dict[str, Sequence[int]] = {"EnergyWindowVector": ones, "DetectorVector": ones}
    if structure == "DYNAMIC":
        vectors |= {"PhaseVector": ones, "TimeSliceVector": list(range(1, frames + 1))}
    elif structure == "TOMO":
        vectors |= {"RotationVector": ones, "AngularViewVector": list(range(1, frames + 1))}
    return vectors


def flood(
    counts: NDArray[Any] | None = None, *, heads: int = 2, rows: int = 64, **values: Any
) -> Dataset:
    """Return a static flood of several heads; head number n has 100 times n counts in every pixel."""
    if counts is None:
        counts = np.stack([np.full((rows, rows), 100 * (k + 1), np.uint16) for k in range(heads)])
    frames = counts.shape[0]
    return nm(
        counts,
        vectors={"EnergyWindowVector": [1] * frames, "DetectorVector": list(range(1, frames + 1))},
        detectors=[{}] * frames,
        **{"SeriesDescription": "Intrinsic Flood", **values},
    )


def tomo(
    counts: NDArray[Any],
    *,
    detectors: Sequence[Mapping[str, Any]] = ({"StartAngle": 0.0},),
    direction: str = "CW",
    step_deg: float | None = None,
    arc_deg: float = 360.0,
    frame_ms: int = 20_000,
    rotation: Mapping[str, Any] | None = None,
    **values: Any,
) -> Dataset:
    """Return projections, `counts` of shape (detectors * views, rows, columns)."""
    heads = len(detectors)
    views = counts.shape[0] // heads
    turn: dict[str, Any] = {
        "RotationDirection": direction,
        "AngularStep": step_deg if step_deg is not None else arc_deg / views,
        "ScanArc": arc_deg,
        "NumberOfFramesInRotation": views,
        "ActualFrameDuration": frame_ms,
    }
    return nm(
        counts,
        "TOMO",
        vectors={
            "EnergyWindowVector": [1] * (heads * views),
            "DetectorVector": [d for d in range(1, heads + 1) for _ in range(views)],
            "RotationVector": [1] * (heads * views),
            "AngularViewVector": list(range(1, views + 1)) * heads,
        },
        detectors=detectors,
        **{
            "NumberOfRotations": 1,
            "RotationInformationSequence": [item(**turn, **(rotation or {}))],
            "TypeOfDetectorMotion": "STEP AND SHOOT",
            **values,
        },
    )


def slices(
    values: NDArray[Any],
    *,
    kind: str = "PT",
    slopes: Sequence[float] | None = None,
    intercept: float = 0.0,
    spacing_mm: tuple[float, float, float] = (3.0, 2.0, 2.0),
    first_mm: tuple[float, float, float] = (-100.0, -100.0, -50.0),
    orientation: Sequence[float] = (1, 0, 0, 0, 1, 0),
    syntax: str = ExplicitVRLittleEndian,
    **elements: Any,
) -> list[Dataset]:
    """Return a PT or CT series, one object per slice, in order of position.

    `spacing_mm` is (slice, row, column); `slopes` one per slice.
    """
    normal = np.cross(orientation[:3], orientation[3:])
    study, series, frame = uid(), uid(), uid()
    datasets = []
    for number, plane in enumerate(values):
        dataset = with_pixels(base({"PT": PT, "CT": CT}[kind], kind, syntax=syntax), plane)
        dataset.StudyInstanceUID, dataset.SeriesInstanceUID = study, series
        dataset.FrameOfReferenceUID = frame
        dataset.InstanceNumber = number + 1
        dataset.ImageType = (
            ["ORIGINAL", "PRIMARY", "AXIAL"] if kind == "CT" else ["ORIGINAL", "PRIMARY"]
        )
        dataset.PixelSpacing = list(spacing_mm[1:])
        dataset.SliceThickness = spacing_mm[0]
        position = np.array(first_mm) + normal * spacing_mm[0] * number
        dataset.ImagePositionPatient = [f"{p:.6g}" for p in position]
        dataset.ImageOrientationPatient = list(orientation)
        dataset.RescaleSlope = slopes[number] if slopes is not None else 1.0
        dataset.RescaleIntercept = intercept
        if kind == "PT":
            dataset.Units = "BQML"
            dataset.DecayCorrection = "START"
            dataset.SeriesType = ["STATIC", "IMAGE"]
            dataset.NumberOfSlices = len(values)
            dataset.ActualFrameDuration = 600_000
            dataset.CorrectedImage = ["DECY", "ATTN", "SCAT"]
            dataset.RadiopharmaceuticalInformationSequence = Items(
                [
                    item(
                        RadionuclideCodeSequence=[code("C-111A1", "SRT", "^18^Fluorine")],
                        RadionuclideHalfLife=6586.2,
                        RadionuclidePositronFraction=0.967,
                        RadionuclideTotalDose=50_000_000,
                        RadiopharmaceuticalStartTime=(AT - timedelta(hours=1)).strftime("%H%M%S"),
                    )
                ]
            )
        else:
            dataset.KVP = 120
            dataset.ConvolutionKernel = "B30f"
        datasets.append(put(dataset, elements))
    return datasets


def enhanced(
    values: NDArray[Any],
    *,
    kind: str = "PT",
    slopes: Sequence[float] | None = None,
    spacing_mm: tuple[float, float, float] = (3.0, 2.0, 2.0),
    order: Sequence[int] | None = None,
    **elements: Any,
) -> Dataset:
    """Return an enhanced multi-frame object; `order` shuffles its frames."""
    order = list(range(len(values))) if order is None else list(order)
    dataset = with_pixels(
        base({"PT": ENHANCED_PT, "CT": ENHANCED_CT}[kind], kind), values[np.array(order)]
    )
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"]
    dataset.NumberOfFrames = len(values)
    dataset.FrameOfReferenceUID = uid()
    dataset.SharedFunctionalGroupsSequence = Items(
        [
            item(
                PixelMeasuresSequence=[
                    item(PixelSpacing=list(spacing_mm[1:]), SliceThickness=spacing_mm[0])
                ],
                PlaneOrientationSequence=[item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])],
            )
        ]
    )
    dataset.PerFrameFunctionalGroupsSequence = Items(
        item(
            PlanePositionSequence=[
                item(ImagePositionPatient=[-100, -100, -50 + spacing_mm[0] * number])
            ],
            PixelValueTransformationSequence=[
                item(
                    RescaleSlope=slopes[number] if slopes is not None else 1,
                    RescaleIntercept=0,
                    RescaleType="US",
                )
            ],
        )
        for number in order
    )
    return put(dataset, elements)


def secondary_capture(**values: Any) -> Dataset:
    """Return a screen in colour."""
    dataset = with_pixels(base(SC, "OT"), np.zeros((48, 64), np.uint8))
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 3, "RGB"
    dataset.PlanarConfiguration = 0
    dataset.PixelData = bytes(48 * 64 * 3)
    dataset.ConversionType = "WSD"
    return put(dataset, values)


def structured_report(**values: Any) -> Dataset:
    """Return a report with one line of text."""
    dataset = base(SR, "SR")
    dataset.ValueType = "CONTAINER"
    dataset.ContentSequence = Items([item(ValueType="TEXT", TextValue="passed")])
    return put(dataset, values)


def encapsulated_pdf(content: bytes = b"%PDF-1.4\n%%EOF\n", **values: Any) -> Dataset:
    """Return a document."""
    dataset = base(PDF, "DOC")
    dataset.EncapsulatedDocument = content + b"\0" * (len(content) % 2)
    dataset.MIMETypeOfEncapsulatedDocument = "application/pdf"
    return put(dataset, values)


def raw_text(dataset: Dataset, keyword: str, content: bytes, vr: str = "LO") -> Dataset:
    """Put bytes into a text element as they are, in whatever character set."""
    tag = Tag(keyword)
    content += b" " * (len(content) % 2)
    implicit = dataset.file_meta.TransferSyntaxUID == ImplicitVRLittleEndian
    dataset[tag] = RawDataElement(tag, vr, len(content), content, 0, implicit, True)
    # Only a data set that counts as unchanged has its raw elements written as they are.
    dataset.set_original_encoding(implicit, True, dataset._character_set)
    return dataset


def compressed(dataset: Dataset, syntax: str) -> Dataset:
    """Return the object with its pixels compressed, each frame in one fragment.

    RLE, JPEG-LS and JPEG 2000 by pydicom's encoders, JPEG lossless by imagecodecs.
    """
    pixels = dataset.pixel_array
    stack = pixels[None] if pixels.ndim == 2 else pixels
    if syntax in {"1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70"}:
        import imagecodecs

        bits = int(dataset.BitsStored)
        frames = [
            imagecodecs.ljpeg_encode(np.ascontiguousarray(f), bitspersample=bits) for f in stack
        ]
        dataset.PixelData = encapsulate(frames)
        dataset["PixelData"].VR = "OB"
        dataset["PixelData"].is_undefined_length = True
        dataset.file_meta.TransferSyntaxUID = syntax
    else:
        dataset.compress(syntax, generate_instance_uid=False)
    return dataset


def save(dataset: Dataset, folder: Path, name: str = "") -> Path:
    """Write an object as a file with its meta information; returns its path."""
    path = folder / (name or f"{dataset.SOPInstanceUID}.dcm")
    dataset.save_as(path, enforce_file_format=True)
    return path


def save_all(datasets: Sequence[Dataset], folder: Path) -> list[Path]:
    """Write a series; returns the paths in the same order."""
    return [save(dataset, folder) for dataset in datasets]

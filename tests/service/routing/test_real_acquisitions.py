"""Published acquisitions of real equipment, and what each of them becomes.

Header and pixels are taken over here in the plainest way, so that this is about routing alone.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import Dataset, config, dcmread

from photopeak.model.header import ELEMENT_KEYWORDS, InstanceHeader
from photopeak.model.routing import RoutingDecision, RoutingOutcome
from photopeak.routing.content import classify
from photopeak.routing.decide import decide
from photopeak.routing.routes import load_routes
from photopeak.settings import GuardSettings
from photopeak_analyzers.acquisition import Acquisition, Dynamic, Frame, Planar, Volume
from support.acquisitions import real_data
from support.headers import header

TABLE = load_routes()
TEXT = ("SeriesDescription", "ImageID", "ProtocolName", "StudyDescription")
ITEMS = {
    "DetectorInformationSequence": ("CollimatorType", "CollimatorGridName"),
    "PhaseInformationSequence": ("ActualFrameDuration",),
}


@pytest.fixture(autouse=True)
def _lenient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config.settings, "reading_validation_mode", config.IGNORE)


def values(element: Any) -> tuple[Any, ...]:
    several = (
        element if isinstance(element, (list, tuple)) or hasattr(element, "append") else [element]
    )
    return tuple(v if isinstance(v, str) else float(v) for v in several if v not in (None, ""))


def header_of(dataset: Dataset, *, text: bool = True) -> InstanceHeader:
    elements = {k: values(dataset.get(k)) for k in ELEMENT_KEYWORDS if k in dataset}
    for sequence, keywords in ITEMS.items():
        for item in dataset.get(sequence) or []:
            for keyword in keywords:
                elements[keyword] = elements.get(keyword, ()) + values(item.get(keyword))
    words = {k: str(dataset.get(k) or "") for k in TEXT} if text else {}
    written = str(dataset.get("AcquisitionDate") or "")
    acquired = datetime.strptime(written, "%Y%m%d").replace(tzinfo=UTC) if written else None
    kinds = {"1.2.840.10008.5.1.4.1.1.128": "PT"}
    absent = dict.fromkeys(
        ("Rows", "Columns", "PixelSpacing", "NumberOfFrames", "ActualFrameDuration", "ImageType")
    )
    return header(
        kind=kinds.get(str(dataset.SOPClassUID), "NM"),
        patient={
            "name": str(dataset.get("PatientName", "")),
            "patient_id": str(dataset.get("PatientID", "")),
            "birth_date": str(dataset.get("PatientBirthDate", "") or ""),
            "accession_present": bool(dataset.get("AccessionNumber")),
        },
        acquired_at=acquired,
        **{**absent, **{k: v for k, v in elements.items() if v}, **words},
    )


def acquisition_of(datasets: list[Dataset]) -> Acquisition:
    first = datasets[0]
    if len(datasets) > 1:
        datasets.sort(key=lambda d: float(d.ImagePositionPatient[2]))
        return volume(
            np.stack([d.pixel_array for d in datasets]),
            [float(d.RescaleSlope) for d in datasets],
            [float(s) for s in first.PixelSpacing],
        )
    pixels = first.pixel_array
    pixels = pixels[None] if pixels.ndim == 2 else pixels
    spacing = (float(first.PixelSpacing[0]), float(first.PixelSpacing[1]))
    if "RECON" in first.ImageType[2]:
        return volume(pixels, [1.0] * len(pixels), list(spacing))
    phases = first.get("PhaseInformationSequence")
    milliseconds = phases[0].ActualFrameDuration if phases else first.ActualFrameDuration
    dynamic = first.ImageType[2] == "DYNAMIC"
    frames = tuple(
        Frame(
            detector=1 if dynamic else k + 1,
            energy_window=1,
            time_slice=k + 1 if dynamic else None,
            duration_s=float(milliseconds) / 1000.0,
        )
        for k in range(len(pixels))
    )
    stack = Dynamic if dynamic else Planar
    return stack(counts=pixels, frames=frames, pixel_spacing_mm=spacing)


def volume(stack: Any, slopes: list[float], spacing: list[float]) -> Volume:
    return Volume(
        values=stack,
        slope=np.array(slopes),
        intercept=np.zeros(len(slopes)),
        affine=np.diag([3.0, *spacing, 1.0]),
    )


def routed(name: str, *, text: bool = True) -> RoutingDecision:
    path: Path = real_data(name)
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    datasets = [dcmread(file) for file in files if file.suffix in {".dcm", ""}]
    return decide(
        [header_of(dataset, text=text) for dataset in datasets[:16]],
        table=TABLE,
        guard=GuardSettings(),
        content=lambda: classify(acquisition_of(datasets)),
    )


@pytest.mark.parametrize(
    ("name", "test", "role", "group", "rule"),
    [
        ("nmqc/UNIFORMIDAD_1.dcm", "intrinsic_uniformity", "", "head 1", "intrinsic_uniformity"),
        ("nmqc/QuadrantBar.dcm", "bar_phantom_resolution", "", "head 2", "content"),
        (
            "nmqc/Spatial_Resol_X.dcm",
            "system_spatial_resolution",
            "lines_y",
            "head 1",
            "intrinsic_resolution",
        ),
        ("nmqc/Jaszack.dcm", "spect_image_quality", "", "", "jaszczak"),
        ("linaqa/MCR.dcm", "intrinsic_max_count_rate", "", "", "content"),
        ("linaqa/sensitivity/PetriDish", "system_planar_sensitivity", "dish", "head 2", "content"),
        ("linaqa/sensitivity/Background", "background_rate", "", "", "background"),
        ("linaqa/tomo_uniformity", "pet_uniformity", "", "", "content"),
        ("pynemaiqpet/pet_recon_1", "pet_image_quality", "", "", "content"),
    ],
)
def test_a_real_acquisition_becomes_what_it_is(
    name: str, test: str, role: str, group: str, rule: str
) -> None:
    decision = routed(name)

    assert decision.outcome is RoutingOutcome.ROUTED, decision.reason
    first = decision.assignments[0]
    assert (first.test, first.role, first.group) == (test, role, group)
    assert decision.rule == rule


@pytest.mark.parametrize(
    ("name", "test"),
    [
        ("nmqc/UNIFORMIDAD_1.dcm", "intrinsic_uniformity"),
        ("nmqc/Spatial_Resol_X.dcm", "system_spatial_resolution"),
        ("nmqc/Jaszack.dcm", "spect_image_quality"),
        ("linaqa/sensitivity/Background", "background_rate"),
    ],
)
def test_the_same_pixels_without_any_name_are_recognised(name: str, test: str) -> None:
    decision = routed(name, text=False)

    assert decision.assignments[0].test == test
    assert decision.rule == "content"


def test_a_name_that_contradicts_its_header_leaves_a_trace() -> None:
    decision = routed("nmqc/Spatial_Resol_X.dcm")

    assert any(
        step.subject == "collimator" and step.message.startswith("conflict")
        for step in decision.steps
    )


def test_every_image_of_a_gamma_camera_is_checked_besides() -> None:
    tests = [assignment.test for assignment in routed("nmqc/UNIFORMIDAD_1.dcm").assignments]

    assert tests[1:] == ["energy_window_check", "data_integrity_check"]

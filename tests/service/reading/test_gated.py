"""Gated images: every frame by its R-R interval and time slot, never by its position."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset

from photopeak.reading.assemble import read_acquisition
from photopeak.reading.errors import StructureError
from photopeak.routing.content import classify
from photopeak_analyzers.acquisition import (
    Acquisition,
    Gate,
    Gated,
    GatedTomographic,
    GatedVolume,
    Tomographic,
)
from photopeak_analyzers.contract import Analyzer, Inputs
from photopeak_analyzers.gamma_camera import data_integrity_check, energy_window_check
from support.dicom_objects import item, nm, save, save_all, uid

SLOT_MS = 90_000.0


def stack(frames: int) -> np.ndarray[Any, np.dtype[np.uint16]]:
    """Return frames of which frame k holds k + 1 everywhere."""
    return np.repeat(np.arange(1, frames + 1, dtype=np.uint16), 16).reshape(frames, 4, 4)


def intervals(count: int, slots: int) -> list[Dataset]:
    """Return the items of the gates; slot s of interval r took r * SLOT_MS + s ms."""
    return [
        item(
            DataInformationSequence=[
                item(
                    TimeSlotInformationSequence=[
                        item(TimeSlotTime=r * SLOT_MS + s) for s in range(1, slots + 1)
                    ]
                )
                for r in range(1, count + 1)
            ]
        )
    ]


def gated(
    order: Sequence[tuple[int, int, int]], **values: Any
) -> Dataset:  # (detector, R-R interval, slot)
    """Return a gated object of two heads, two intervals and three slots."""
    heads, rr, slots = zip(*order, strict=True)
    return nm(
        stack(len(order)),
        "GATED",
        vectors={
            "EnergyWindowVector": [1] * len(order),
            "DetectorVector": heads,
            "RRIntervalVector": rr,
            "TimeSlotVector": slots,
        },
        detectors=({}, {}),
        **{
            "NumberOfRRIntervals": 2,
            "NumberOfTimeSlots": 3,
            "GatedInformationSequence": intervals(2, 3),
            **values,
        },
    )


NESTED = [(d, r, s) for d in (1, 2) for r in (1, 2) for s in (1, 2, 3)]


def read(folder: Path, *datasets: Dataset) -> Acquisition:
    return read_acquisition(save_all(datasets, folder))


@pytest.mark.parametrize("order", [NESTED, NESTED[::-1], [*NESTED[5:], *NESTED[:5]]])
def test_gated_frames_are_found_by_their_vectors(
    order: Sequence[tuple[int, int, int]], tmp_path: Path
) -> None:
    acquisition = read(tmp_path, gated(order))

    assert type(acquisition) is Gated
    assert [(f.detector, f.rr_interval, f.time_slot) for f in acquisition.frames] == list(order)
    assert acquisition.counts[:, 0, 0].tolist() == list(range(1, 13))
    assert not acquisition.warnings


def test_a_gated_frame_took_the_time_of_its_slot(tmp_path: Path) -> None:
    acquisition = read(tmp_path, gated(NESTED))

    assert isinstance(acquisition, Gated)
    chosen = acquisition.select(lambda f: (f.detector, f.rr_interval, f.time_slot) == (2, 2, 3))
    assert [acquisition.frames[k].duration_s for k in chosen] == [pytest.approx(180.003)]


@pytest.mark.parametrize("spent", [None, -1.0, 4e9])
def test_an_impossible_time_of_a_slot_is_none(spent: float | None, tmp_path: Path) -> None:
    dataset = gated(NESTED)
    slot = dataset.GatedInformationSequence[0].DataInformationSequence[0]
    slot.TimeSlotInformationSequence = [item(TimeSlotTime=spent)] * 3
    acquisition = read(tmp_path, dataset)

    assert isinstance(acquisition, Gated)
    assert {f.duration_s for f in acquisition.frames if f.rr_interval == 1} == {None}


def test_vectors_that_only_the_pointer_names_are_put_back(tmp_path: Path) -> None:
    bare = dict.fromkeys(
        ("EnergyWindowVector", "DetectorVector", "RRIntervalVector", "TimeSlotVector")
    )
    dataset = nm(
        stack(12), "GATED", vectors=bare, detectors=({}, {}),
        NumberOfRRIntervals=2, NumberOfTimeSlots=3,
    )  # fmt: skip
    acquisition = read(tmp_path, dataset)

    assert isinstance(acquisition, Gated)
    assert [(f.detector, f.rr_interval, f.time_slot) for f in acquisition.frames] == NESTED
    assert "had to be inferred" in acquisition.warnings[0]


def test_gated_frames_that_cannot_be_told_apart_are_refused(tmp_path: Path) -> None:
    dataset = nm(stack(5), "GATED", vectors={}, NumberOfRRIntervals=2, NumberOfTimeSlots=3)

    with pytest.raises(StructureError, match="RRInterval 2, TimeSlot 3"):
        read(tmp_path, dataset)


def test_a_gate_that_comes_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StructureError, match="R-R interval 1, time slot 2"):
        read(tmp_path, gated([(1, 1, 2), (1, 1, 2)]))


def test_gates_beyond_those_described_are_told(tmp_path: Path) -> None:
    acquisition = read(tmp_path, gated(NESTED, GatedInformationSequence=intervals(1, 3)))

    assert "RRIntervalVector names number 2, DataInformationSequence has 1 items" in (
        acquisition.warnings
    )


def test_gated_objects_of_one_head_each_are_put_together(tmp_path: Path) -> None:
    series = uid()
    first = [key for key in NESTED if key[0] == 1]
    second = [key for key in NESTED if key[0] == 2]
    acquisition = read(
        tmp_path, gated(first, SeriesInstanceUID=series), gated(second, SeriesInstanceUID=series)
    )

    assert isinstance(acquisition, Gated)
    assert {(f.detector, f.rr_interval, f.time_slot) for f in acquisition.frames} == set(NESTED)


def gated_tomo(**values: Any) -> Dataset:
    """Return two gates of four views, the gates inside of each view's rotation."""
    slots, views = [1, 1, 1, 1, 2, 2, 2, 2], [1, 2, 3, 4] * 2
    return nm(
        stack(8),
        "GATED TOMO",
        vectors={
            "EnergyWindowVector": [1] * 8,
            "DetectorVector": [1] * 8,
            "RotationVector": [1] * 8,
            "RRIntervalVector": [1] * 8,
            "TimeSlotVector": slots,
            "AngularViewVector": views,
        },
        detectors=({"StartAngle": 0.0},),
        **{
            "RotationInformationSequence": [
                item(RotationDirection="CC", AngularStep=90.0, ScanArc=360.0,
                     NumberOfFramesInRotation=4, ActualFrameDuration=20_000)
            ],
            **values,
        },
    )  # fmt: skip


def test_gated_projections_have_angle_and_gate(tmp_path: Path) -> None:
    acquisition = read(tmp_path, gated_tomo())

    assert type(acquisition) is GatedTomographic
    assert isinstance(acquisition, Tomographic)
    assert [(f.time_slot, f.angle_deg) for f in acquisition.frames] == [
        (slot, angle) for slot in (1, 2) for angle in (0.0, 90.0, 180.0, 270.0)
    ]
    assert {f.rr_interval for f in acquisition.frames} == {1}
    assert {f.duration_s for f in acquisition.frames} == {None}


def test_gated_projections_without_image_type_are_known_by_their_vectors(tmp_path: Path) -> None:
    acquisition = read(tmp_path, gated_tomo(ImageType=["ORIGINAL", "PRIMARY"]))

    assert type(acquisition) is GatedTomographic
    assert "AngularViewVector does" in acquisition.warnings[0]


def gated_reconstruction(
    gates: Sequence[int], numbers: Sequence[int], *, spacing: float = 4.0, **values: Any
) -> Dataset:
    place = {
        "ImagePositionPatient": [10, 20, 30],
        "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
        "CollimatorType": "PARA",
    }
    vectors: Mapping[str, Sequence[int]] = {
        "RRIntervalVector": [1] * len(gates),
        "TimeSlotVector": gates,
        "SliceVector": numbers,
    }
    return nm(
        stack(len(gates)), "RECON GATED TOMO", vectors=vectors, detectors=(place,),
        **{"SpacingBetweenSlices": spacing, "SliceThickness": 4.0, **values},
    )  # fmt: skip


@pytest.mark.parametrize(("spacing", "step"), [(4.0, 1), (-4.0, -1)])
def test_a_gated_reconstruction_is_one_volume_for_each_gate(
    spacing: float, step: int, tmp_path: Path
) -> None:
    dataset = gated_reconstruction([2, 1, 2, 1, 1, 2], [1, 1, 3, 2, 3, 2], spacing=spacing)
    acquisition = read(tmp_path, dataset)

    assert isinstance(acquisition, GatedVolume)
    assert acquisition.gates == tuple(Gate(rr_interval=1, time_slot=s) for s in (1, 2))
    levels = [volume.values[:, 0, 0].tolist() for volume in acquisition.volumes]
    assert levels == [[2, 4, 5][::step], [1, 6, 3][::step]]
    assert acquisition.volumes[1].voxel_spacing_mm[0] == 4.0
    assert acquisition.volumes[0].affine[2, 3] == (30.0 if step > 0 else 22.0)


@pytest.mark.parametrize(
    ("gates", "numbers"),
    [([1, 1, 2, 2], [1, 2, 1, 1]), ([1, 1, 2, 2], [1, 2, 2, 3]), ([1, 1, 1, 2], [1, 2, 3, 1])],
)
def test_a_gate_without_all_its_slices_is_refused(
    gates: Sequence[int], numbers: Sequence[int], tmp_path: Path
) -> None:
    with pytest.raises(StructureError, match="SliceVector does not name every slice once"):
        read_acquisition([save(gated_reconstruction(gates, numbers), tmp_path)])


def found(analyzer: Analyzer, acquisition: Acquisition) -> Mapping[str, float | str | None]:
    """Return what a check of every object measures."""
    inputs = Inputs(
        roles={analyzer.roles[0].name: (acquisition,)},
        readings={},
        variant=analyzer.variants[0].name,
    )
    analysis = analyzer.analyze(inputs, analyzer.parameters())
    return {measurement.metric: measurement.value for measurement in analysis.measurements}


@pytest.mark.parametrize("dataset", [gated(NESTED), gated_tomo()], ids=["gated", "gated tomo"])
def test_gates_are_no_repetitions_to_the_checks(dataset: Dataset, tmp_path: Path) -> None:
    numbers = found(data_integrity_check.ANALYZER, read(tmp_path, dataset))

    assert numbers["repeated_frames"] == 0.0
    assert numbers["missing_frames"] == 0.0


def test_gated_reconstructions_pass_the_checks(tmp_path: Path) -> None:
    acquisition = read(tmp_path, gated_reconstruction([1, 1, 2, 2], [1, 2, 1, 2]))

    assert found(data_integrity_check.ANALYZER, acquisition)["impossible_pixels"] == 0.0
    assert found(energy_window_check.ANALYZER, acquisition)


@pytest.mark.parametrize(
    "dataset", [gated(NESTED), gated_tomo(), gated_reconstruction([1, 2], [1, 1])]
)
def test_the_pixels_of_gated_images_are_not_taken_for_anything(
    dataset: Dataset, tmp_path: Path
) -> None:
    finding = classify(read(tmp_path, dataset))

    assert finding.confidence == 0.0
    assert "not classified by" in finding.message

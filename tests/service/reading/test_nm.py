"""Static and dynamic frames: what each is, by the vectors, over one object or several."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset

from photopeak.reading.assemble import read_acquisition
from photopeak.reading.errors import NotAnAcquisitionError, PixelError, StructureError
from photopeak_analyzers.acquisition import (
    Acquisition,
    AcquisitionKind,
    Dynamic,
    FrameStack,
    Planar,
    WholeBody,
)
from support.dicom_objects import (
    AT,
    flood,
    item,
    nm,
    raw_text,
    save,
    save_all,
    secondary_capture,
    structured_report,
    uid,
)

TWO_WINDOWS = ((126.0, 154.0), (80.0, 103.0))


def stack(frames: int, rows: int = 4) -> np.ndarray[Any, np.dtype[np.uint16]]:
    """Return frames of which frame k holds 10 (k + 1) everywhere."""
    return np.stack([np.full((rows, rows), 10 * (k + 1), np.uint16) for k in range(frames)])


def read(folder: Path, *datasets: Dataset) -> FrameStack:
    acquisition = read_acquisition(save_all(datasets, folder))
    assert isinstance(acquisition, FrameStack)
    return acquisition


def levels(acquisition: FrameStack) -> dict[tuple[int | None, ...], int]:
    """Return the level of each frame by what it is."""
    return {
        (f.detector, f.energy_window, f.phase, f.time_slice): int(image[0, 0])
        for f, image in zip(acquisition.frames, acquisition.counts, strict=True)
    }


def test_a_flood_of_two_heads_is_read(tmp_path: Path) -> None:
    dataset = flood(CorrectedImage=["UNIF", "UNIF"], CountsAccumulated=1234)
    acquisition = read_acquisition([save(dataset, tmp_path)], ["ab" * 32])

    assert isinstance(acquisition, Planar)
    assert [f.detector for f in acquisition.frames] == [1, 2]
    assert [f.duration_s for f in acquisition.frames] == [600.0, 600.0]
    assert acquisition.counts[:, 0, 0].tolist() == [100, 200]
    assert acquisition.pixel_spacing_mm == (2.4, 2.4)
    assert acquisition.saturation_level == 65_535
    assert acquisition.nuclide == "Tc-99m"
    assert acquisition.corrections == {"UNIF"}
    assert acquisition.counts_accumulated == 1234
    assert acquisition.started_at == AT.replace(tzinfo=UTC)
    assert acquisition.energy_windows[0].lower_kev == 126.45
    assert acquisition.origin.sha256 == ("ab" * 32,)
    assert acquisition.origin.series_instance_uid == dataset.SeriesInstanceUID
    assert acquisition.origin.text["SeriesDescription"] == "Intrinsic Flood"
    assert acquisition.warnings == ()
    assert not acquisition.counts.flags.writeable


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(order=st.permutations(range(4)))
def test_frames_are_found_by_their_vectors_in_whatever_order(
    order: Sequence[int], tmp_path: Path
) -> None:
    windows, detectors = np.array([1, 1, 2, 2]), np.array([1, 2, 1, 2])
    index = np.array(order)
    dataset = nm(
        stack(4)[index],
        vectors={
            "EnergyWindowVector": windows[index].tolist(),
            "DetectorVector": detectors[index].tolist(),
        },
        windows=TWO_WINDOWS,
        detectors=({}, {}),
    )

    assert levels(read(tmp_path, dataset)) == {
        (1, 1, None, None): 10,
        (2, 1, None, None): 20,
        (1, 2, None, None): 30,
        (2, 2, None, None): 40,
    }


def test_two_frames_without_vectors_are_the_two_detectors_and_it_is_said(tmp_path: Path) -> None:
    acquisition = read(tmp_path, nm(stack(2), vectors={}, detectors=({}, {})))

    assert [f.detector for f in acquisition.frames] == [1, 2]
    assert "had to be inferred" in acquisition.warnings[0]


def test_a_pointer_without_its_vectors_gives_the_order(tmp_path: Path) -> None:
    dataset = nm(
        stack(4),
        vectors={"EnergyWindowVector": None, "DetectorVector": None},
        windows=TWO_WINDOWS,
        detectors=({}, {}),
    )
    acquisition = read(tmp_path, dataset)

    assert [(f.energy_window, f.detector) for f in acquisition.frames] == [
        (1, 1), (1, 2), (2, 1), (2, 2),
    ]  # fmt: skip
    assert acquisition.warnings


@pytest.mark.parametrize(
    ("frames", "vectors", "message"),
    [
        (4, {}, "4 frames cannot be told apart"),
        (3, {}, "3 frames cannot be told apart"),
        (4, {"EnergyWindowVector": [1, 1], "DetectorVector": [1, 2, 1, 2]}, "2 values for 4"),
        (4, {"EnergyWindowVector": [0, 1, 0, 1], "DetectorVector": [1, 2, 1, 2]}, "contains 0"),
    ],
)
def test_frames_that_cannot_be_told_apart_are_refused(
    frames: int, vectors: Mapping[str, Sequence[int]], message: str, tmp_path: Path
) -> None:
    dataset = nm(stack(frames), vectors=vectors, windows=TWO_WINDOWS, detectors=({}, {}))

    with pytest.raises(StructureError, match=message):
        read(tmp_path, dataset)


def test_the_window_of_a_single_frame_is_unknown_when_two_are_listed(tmp_path: Path) -> None:
    acquisition = read(tmp_path, nm(stack(1), vectors={}, windows=TWO_WINDOWS))

    assert acquisition.frames[0].energy_window is None
    assert acquisition.frames[0].detector == 1


@pytest.mark.parametrize("spacing", [[0, 0], [-2.4, 2.4], None, ""])
def test_an_impossible_pixel_spacing_is_none(spacing: Any, tmp_path: Path) -> None:
    assert read(tmp_path, flood(PixelSpacing=spacing)).pixel_spacing_mm is None


@pytest.mark.parametrize("milliseconds", [0, -1, None, 2_600_000_000])
def test_an_impossible_duration_is_none(milliseconds: int | None, tmp_path: Path) -> None:
    acquisition = read(tmp_path, flood(ActualFrameDuration=milliseconds))

    assert [f.duration_s for f in acquisition.frames] == [None, None]


def test_windows_without_limits_are_left_out_and_said(tmp_path: Path) -> None:
    dataset = flood()
    dataset.EnergyWindowInformationSequence[0].EnergyWindowRangeSequence = []
    acquisition = read(tmp_path, dataset)

    assert acquisition.energy_windows == ()
    assert "energy window 1 has no usable limits" in acquisition.warnings


@pytest.mark.parametrize(
    ("dtype", "bits", "level"),
    [(np.uint16, 16, 65_535), (np.uint16, 12, 4095), (np.int16, 16, 32_767), (np.uint8, 8, 255),
     (np.uint32, 32, 4_294_967_295)],
)  # fmt: skip
def test_the_saturation_level_follows_the_bits(
    dtype: type, bits: int, level: int, tmp_path: Path
) -> None:
    dataset = nm(stack(1).astype(dtype), bits_stored=bits)

    assert read(tmp_path, dataset).saturation_level == level


def test_a_rescaled_planar_image_keeps_its_counts_and_says_so(tmp_path: Path) -> None:
    acquisition = read(tmp_path, nm(stack(1), RescaleSlope=2.0, RescaleIntercept=0))

    assert acquisition.counts.max() == 10
    assert "counts are taken as stored" in acquisition.warnings[0].replace("\n", " ")


def test_the_length_of_dynamic_frames_stands_in_their_phases(tmp_path: Path) -> None:
    phases = [
        item(
            ActualFrameDuration=1000, NumberOfFramesInPhase=2, PhaseDelay=0, PauseBetweenFrames=500
        ),
        item(
            ActualFrameDuration=5000, NumberOfFramesInPhase=1, PhaseDelay=2000, PauseBetweenFrames=0
        ),
    ]
    dataset = nm(
        stack(3),
        "DYNAMIC",
        vectors={
            "EnergyWindowVector": [1, 1, 1],
            "DetectorVector": [1, 1, 1],
            "PhaseVector": [1, 1, 2],
            "TimeSliceVector": [1, 2, 1],
        },
        PhaseInformationSequence=phases,
    )
    acquisition = read(tmp_path, dataset)
    start = AT.replace(tzinfo=UTC)

    assert isinstance(acquisition, Dynamic)
    assert [f.duration_s for f in acquisition.frames] == [1.0, 1.0, 5.0]
    assert [f.started_at for f in acquisition.frames] == [
        start,
        start + timedelta(seconds=1.5),
        start + timedelta(seconds=5.0),
    ]


def test_delays_that_no_clock_can_hold_are_left_out(tmp_path: Path) -> None:
    phase = item(ActualFrameDuration=1000, NumberOfFramesInPhase=2, PhaseDelay=0)
    dataset = nm(stack(2), "DYNAMIC", PhaseInformationSequence=[phase])
    phase.file_meta = dataset.file_meta
    raw_text(phase, "PhaseDelay", b"9e99", "IS")
    acquisition = read(tmp_path, dataset)

    assert acquisition.frames[0].started_at == AT.replace(tzinfo=UTC)


def test_dynamic_frames_without_vectors_follow_each_other(tmp_path: Path) -> None:
    acquisition = read(tmp_path, nm(stack(5), "DYNAMIC", vectors={}))

    assert [f.time_slice for f in acquisition.frames] == [1, 2, 3, 4, 5]
    assert acquisition.warnings


def test_the_frames_of_a_whole_body_scan_are_read(tmp_path: Path) -> None:
    dataset = nm(
        stack(2),
        "WHOLE BODY",
        vectors={"EnergyWindowVector": [1, 1], "DetectorVector": [1, 2]},
        detectors=({}, {}),
        ScanVelocity=5.0,
        ScanLength=1950,
        TypeOfDetectorMotion="STEP AND SHOOT",
    )
    acquisition = read(tmp_path, dataset)

    assert isinstance(acquisition, WholeBody)
    assert acquisition.scan_velocity_mm_per_s == 5.0
    assert acquisition.scan_length_mm == 1950.0
    assert acquisition.detector_motion == "STEP AND SHOOT"


def one_head(number: int, series: str, **values: Any) -> Dataset:
    return nm(
        stack(3)[number - 1 : number],
        SeriesInstanceUID=series,
        **{"SeriesDescription": f"FLOOD_H{number}", **values},
    )


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_one_object_per_head_makes_one_acquisition(order: Sequence[int], tmp_path: Path) -> None:
    series = uid()
    objects = [one_head(1, series), one_head(2, series)]
    acquisition = read(tmp_path, *(objects[k] for k in order))

    assert levels(acquisition) == {(1, 1, None, None): 10, (2, 1, None, None): 20}
    assert [d.number for d in acquisition.detectors] == [1, 2]
    assert len(acquisition.origin.sop_instance_uids) == 2


def test_one_object_per_window_makes_one_acquisition(tmp_path: Path) -> None:
    series = uid()
    objects = [
        nm(stack(2)[k : k + 1], windows=(window,), SeriesInstanceUID=series)
        for k, window in enumerate(TWO_WINDOWS)
    ]
    acquisition = read(tmp_path, *objects)

    assert [(w.number, w.lower_kev) for w in acquisition.energy_windows] == [(1, 80.0), (2, 126.0)]
    assert levels(acquisition) == {(1, 2, None, None): 10, (1, 1, None, None): 20}


def test_statics_of_one_head_are_told_apart_by_their_time(tmp_path: Path) -> None:
    series = uid()
    objects = [
        nm(
            stack(3)[k : k + 1],
            SeriesInstanceUID=series,
            AcquisitionTime=(AT + timedelta(minutes=k)).strftime("%H%M%S"),
        )
        for k in (2, 0, 1)
    ]
    acquisition = read(tmp_path, *objects)

    assert [f.time_slice for f in acquisition.frames] == [1, 2, 3]
    assert [f.started_at for f in acquisition.frames] == [
        (AT + timedelta(minutes=k)).replace(tzinfo=UTC) for k in range(3)
    ]
    assert acquisition.counts[:, 0, 0].tolist() == [10, 20, 30]
    assert acquisition.started_at == datetime(2026, 3, 2, 7, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"PixelSpacing": [1.2, 1.2]}, "different pixel spacings"),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "DYNAMIC", "EMISSION"]}, "mixes DYNAMIC and STATIC"),
        ({"RadiopharmaceuticalInformationSequence": None, "EnergyWindowInformationSequence": None},
         "different nuclides"),
    ],
)  # fmt: skip
def test_objects_that_contradict_each_other_are_refused(
    change: Mapping[str, Any], message: str, tmp_path: Path
) -> None:
    series = uid()

    with pytest.raises(StructureError, match=message):
        read(tmp_path, one_head(1, series), one_head(2, series, **change))


def test_matrices_of_two_sizes_in_one_series_are_refused(tmp_path: Path) -> None:
    series = uid()

    with pytest.raises(StructureError, match="differ in size"):
        read(tmp_path, one_head(1, series), nm(stack(1, 8), SeriesInstanceUID=series,
             SeriesDescription="X_H2"))  # fmt: skip


def test_files_of_two_series_are_refused(tmp_path: Path) -> None:
    with pytest.raises(StructureError, match="belong to 2 series"):
        read_acquisition(save_all([flood(), flood()], tmp_path))


def test_an_unknown_kind_of_image_is_kept_and_not_analysed(tmp_path: Path) -> None:
    with pytest.raises(NotAnAcquisitionError, match="SPIRAL images are kept, but no test uses"):
        read(tmp_path, nm(stack(2), "SPIRAL"))


@pytest.mark.parametrize(
    ("dataset", "what"),
    [
        (secondary_capture(), "a secondary capture"),
        (secondary_capture(Modality="NM"), "a secondary capture"),
        (structured_report(), "a structured report"),
        (flood(SOPClassUID="1.2.840.10008.5.1.4.1.1.5"), "retired"),
        (flood(SOPClassUID="1.2.840.10008.5.1.4.1.1.66"), "raw data"),
        (flood(SOPClassUID="1.2.3.4"), "class 1.2.3.4"),
    ],
    ids=["SC", "SC that says NM", "SR", "retired NM", "raw", "private"],
)
def test_what_is_no_acquisition_says_what_it_is(
    dataset: Dataset, what: str, tmp_path: Path
) -> None:
    with pytest.raises(NotAnAcquisitionError, match=what):
        read_acquisition([save(dataset, tmp_path)])


def test_an_nm_object_whose_modality_says_something_else_is_read(tmp_path: Path) -> None:
    acquisition: Acquisition = read_acquisition([save(flood(Modality="OT"), tmp_path)])

    assert acquisition.kind is AcquisitionKind.PLANAR


def test_the_kind_of_image_is_inferred_from_the_vectors_where_image_type_is_cut(
    tmp_path: Path,
) -> None:
    acquisition = read(tmp_path, nm(stack(3), "DYNAMIC", ImageType=["ORIGINAL", "PRIMARY"]))

    assert acquisition.kind is AcquisitionKind.DYNAMIC
    assert "ImageType does not tell the kind of image" in acquisition.warnings[0]


def test_an_object_without_pixels_is_refused(tmp_path: Path) -> None:
    dataset = flood()
    del dataset.PixelData

    with pytest.raises(PixelError, match="no PixelData"):
        read_acquisition([save(dataset, tmp_path)])


def test_a_series_without_objects_is_refused() -> None:
    with pytest.raises(StructureError, match="without objects"):
        read_acquisition([])

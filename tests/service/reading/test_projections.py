"""Projections: angles, radii, durations; and simulated acquisitions out and back again."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset

from photopeak.demo.objects import (
    GE,
    MEDISO,
    SIEMENS,
    Dialect,
    Labels,
    planar_object,
    tomographic_object,
)
from photopeak.reading.assemble import read_acquisition
from photopeak.reading.errors import StructureError
from photopeak_analyzers.acquisition import CollimatorType, Planar, Tomographic
from photopeak_analyzers.simulation.floods import FloodCamera, noisy
from photopeak_analyzers.simulation.floods import acquisition as simulated_flood
from photopeak_analyzers.simulation.tomography import Head, PointSource, RotatingCamera
from support.dicom_objects import item, nm, save, tomo

VIEWS = 4


def stack(frames: int) -> np.ndarray[Any, np.dtype[np.uint16]]:
    return np.stack([np.full((4, 4), k + 1, np.uint16) for k in range(frames)])


def read(dataset: Dataset, folder: Path) -> Tomographic:
    acquisition = read_acquisition([save(dataset, folder)])
    assert isinstance(acquisition, Tomographic)
    return acquisition


@pytest.mark.parametrize(("views", "odd"), [(VIEWS, False), (VIEWS - 1, True), (2 * VIEWS, True)])
def test_another_number_of_frames_than_the_rotation_announces_is_told(
    views: int, odd: bool, tmp_path: Path
) -> None:
    starts = ({"StartAngle": 0.0}, {"StartAngle": 180.0})
    dataset = tomo(stack(2 * VIEWS), detectors=starts)
    dataset.RotationInformationSequence[0].NumberOfFramesInRotation = views
    acquisition = read(dataset, tmp_path)
    told = f"8 frames, but 1 x 2 windows, heads (and gates) with {views} views make {2 * views}"

    assert (told in acquisition.warnings) == odd


@pytest.mark.parametrize(
    ("direction", "start", "angles", "clockwise"),
    [
        ("CC", 0.0, [0, 90, 180, 270], False),
        ("CCW", 0.0, [0, 90, 180, 270], False),
        ("CW", 0.0, [0, 270, 180, 90], True),
        ("CW", 540.0, [180, 90, 0, 270], True),
        ("CC", -360.0, [0, 90, 180, 270], False),
    ],
)
def test_angles_follow_start_step_and_direction(
    direction: str, start: float, angles: Sequence[float], clockwise: bool, tmp_path: Path
) -> None:
    acquisition = read(
        tomo(stack(VIEWS), detectors=({"StartAngle": start},), direction=direction), tmp_path
    )

    assert [f.angle_deg for f in acquisition.frames] == pytest.approx(angles)
    assert acquisition.clockwise is clockwise
    assert acquisition.angular_step_deg == 90.0
    assert acquisition.scan_arc_deg == 360.0
    assert acquisition.detector_motion == "STEP AND SHOOT"
    assert [f.duration_s for f in acquisition.frames] == [20.0] * VIEWS


def test_each_detector_starts_at_its_own_angle(tmp_path: Path) -> None:
    dataset = tomo(
        stack(2 * VIEWS),
        detectors=({"StartAngle": 0.0}, {"StartAngle": 180.0}),
        direction="CC",
        rotation={"StartAngle": 77.0},
    )
    acquisition = read(dataset, tmp_path)

    assert [f.angle_deg for f in acquisition.frames] == pytest.approx(
        [0, 90, 180, 270, 180, 270, 0, 90]
    )


def test_the_start_of_the_rotation_serves_where_detectors_have_none(tmp_path: Path) -> None:
    dataset = tomo(
        stack(2 * VIEWS), detectors=({}, {}), direction="CC", rotation={"StartAngle": 90}
    )
    acquisition = read(dataset, tmp_path)

    assert acquisition.frames[0].angle_deg == acquisition.frames[VIEWS].angle_deg == 90.0
    assert any("none has its own" in warning for warning in acquisition.warnings)


@pytest.mark.parametrize(
    ("turn", "said"),
    [({"RotationDirection": ""}, "direction"), ({"AngularStep": 0, "ScanArc": 0}, "angular step")],
)
def test_angles_that_are_not_known_are_none_and_it_is_said(
    turn: Mapping[str, Any], said: str, tmp_path: Path
) -> None:
    dataset = tomo(stack(VIEWS))
    for keyword, value in turn.items():
        setattr(dataset.RotationInformationSequence[0], keyword, value)
    acquisition = read(dataset, tmp_path)

    assert {f.angle_deg for f in acquisition.frames} == {None}
    assert any(f"the {said} of the rotation is not known" in w for w in acquisition.warnings)


def test_an_angle_beyond_all_measure_is_none(tmp_path: Path) -> None:
    acquisition = read(tomo(stack(VIEWS), step_deg=1e300), tmp_path)

    assert [f.angle_deg for f in acquisition.frames] == [0.0, None, None, None]
    assert any("degrees is none" in warning for warning in acquisition.warnings)


def test_a_missing_step_follows_from_arc_and_views(tmp_path: Path) -> None:
    dataset = tomo(stack(VIEWS), direction="CC", arc_deg=180.0)
    del dataset.RotationInformationSequence[0].AngularStep
    acquisition = read(dataset, tmp_path)

    assert [f.angle_deg for f in acquisition.frames] == pytest.approx([0, 45, 90, 135])


@pytest.mark.parametrize(
    ("detectors", "rotation", "radii"),
    [
        (({"RadialPosition": 250.0},) * 2, {}, [250.0] * 8),
        (
            ({"RadialPosition": [1, 2, 3, 4]}, {"RadialPosition": [5, 6, 7, 8]}),
            {},
            list(range(1, 9)),
        ),
        (({}, {}), {"RadialPosition": 240.0}, [240.0] * 8),
        (({}, {}), {"RadialPosition": [1, 2, 3, 4]}, [1, 2, 3, 4, 1, 2, 3, 4]),
        (({}, {}), {"RadialPosition": list(range(1, 9))}, list(range(1, 9))),
        (({"RadialPosition": 0.0},) * 2, {"RadialPosition": 0.0}, [None] * 8),
        (({}, {}), {}, [None] * 8),
    ],
)
def test_radii_stand_with_the_detector_or_the_rotation(
    detectors: Sequence[Mapping[str, Any]],
    rotation: Mapping[str, Any],
    radii: Sequence[float | None],
    tmp_path: Path,
) -> None:
    acquisition = read(tomo(stack(8), detectors=detectors, rotation=rotation), tmp_path)

    assert [f.radial_position_mm for f in acquisition.frames] == list(radii)


def test_permuted_projections_are_the_same_projections(tmp_path: Path) -> None:
    order = np.random.default_rng(1).permutation(8)
    plain = tomo(stack(8), detectors=({"StartAngle": 0.0}, {"StartAngle": 180.0}))
    permuted = tomo(stack(8)[order], detectors=({"StartAngle": 0.0}, {"StartAngle": 180.0}))
    for keyword in ("DetectorVector", "AngularViewVector"):
        setattr(permuted, keyword, [getattr(plain, keyword)[k] for k in order])

    def seen(dataset: Dataset) -> set[tuple[Any, ...]]:
        acquisition = read(dataset, tmp_path)
        return {
            (f.detector, f.view, f.angle_deg, int(image[0, 0]))
            for f, image in zip(acquisition.frames, acquisition.counts, strict=True)
        }

    assert seen(permuted) == seen(plain)


def test_two_rotations_have_their_own_angles_and_durations(tmp_path: Path) -> None:
    turns = [
        item(RotationDirection="CC", AngularStep=90, ScanArc=360, StartAngle=start,
             NumberOfFramesInRotation=2, ActualFrameDuration=duration)
        for start, duration in ((0, 1000), (45, 2000))
    ]  # fmt: skip
    dataset = nm(
        stack(4),
        "TOMO",
        vectors={
            "EnergyWindowVector": [1] * 4,
            "DetectorVector": [1] * 4,
            "RotationVector": [1, 1, 2, 2],
            "AngularViewVector": [1, 2, 1, 2],
        },
        NumberOfRotations=2,
        RotationInformationSequence=turns,
    )
    acquisition = read(dataset, tmp_path)

    assert [f.angle_deg for f in acquisition.frames] == [0.0, 90.0, 45.0, 135.0]
    assert [f.duration_s for f in acquisition.frames] == [1.0, 1.0, 2.0, 2.0]


def test_projections_of_one_head_without_vectors_follow_each_other(tmp_path: Path) -> None:
    dataset = tomo(stack(VIEWS), direction="CC")
    for keyword in ("FrameIncrementPointer", "EnergyWindowVector", "DetectorVector",
                    "RotationVector", "AngularViewVector"):  # fmt: skip
        delattr(dataset, keyword)
    acquisition = read(dataset, tmp_path)

    assert [f.view for f in acquisition.frames] == [1, 2, 3, 4]
    assert "had to be inferred" in acquisition.warnings[0]


def test_projections_of_two_heads_without_vectors_are_refused(tmp_path: Path) -> None:
    dataset = tomo(stack(8), detectors=({}, {}))
    for keyword in ("FrameIncrementPointer", "DetectorVector", "AngularViewVector"):
        delattr(dataset, keyword)

    with pytest.raises(StructureError, match="8 frames cannot be told apart"):
        read(dataset, tmp_path)


def test_the_same_view_twice_is_refused(tmp_path: Path) -> None:
    dataset = tomo(stack(VIEWS))
    dataset.AngularViewVector = [1, 2, 2, 4]

    with pytest.raises(StructureError, match=r"both detector 1, window 1.* slice or view 2"):
        read(dataset, tmp_path)


def test_a_simulated_rotation_comes_back_from_the_object_of_a_console(tmp_path: Path) -> None:
    camera = RotatingCamera(
        rows=16, columns=16, views=8, clockwise=True,
        heads=(Head(cor_offset_px=0.5), Head(start_angle_deg=180.0)),
    )  # fmt: skip
    simulated = camera.acquire((PointSource(radius_mm=20.0),), rng=np.random.default_rng(3))
    started_at = datetime(2026, 3, 2, 7, 30, tzinfo=timezone(timedelta(hours=8)))
    dataset = tomographic_object(simulated, GE, Labels(series="COR"), started_at)
    acquisition = read(dataset, tmp_path)

    assert np.array_equal(acquisition.counts, simulated.counts)
    assert acquisition.started_at == started_at
    assert acquisition.clockwise is True
    for ours, theirs in zip(acquisition.frames, simulated.frames, strict=True):
        assert (ours.detector, ours.view) == (theirs.detector, theirs.view)
        assert ours.angle_deg == pytest.approx(theirs.angle_deg)
        assert ours.radial_position_mm == theirs.radial_position_mm
        assert ours.duration_s == theirs.duration_s


@pytest.mark.parametrize("dialect", [SIEMENS, GE, MEDISO], ids=["Siemens", "GE", "Mediso"])
def test_a_simulated_flood_comes_back_from_the_object_of_every_console(
    dialect: Dialect, tmp_path: Path
) -> None:
    camera = FloodCamera()
    rng = np.random.default_rng(4)
    images = {(head, 1): noisy(camera.expected(200.0), rng) for head in (1, 2)}
    simulated = simulated_flood(images, camera, declare_field=False)
    started_at = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)
    dataset = planar_object(simulated, dialect, Labels(series="Flood"), started_at)
    acquisition = read_acquisition([save(dataset, tmp_path)])

    assert isinstance(acquisition, Planar)
    assert np.array_equal(acquisition.counts, simulated.counts)
    assert acquisition.frames == simulated.frames
    assert acquisition.energy_windows == simulated.energy_windows
    assert {d.collimator_type for d in acquisition.detectors} == {CollimatorType.NONE}
    assert acquisition.nuclide == "Tc-99m"

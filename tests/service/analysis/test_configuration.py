"""What makes two acquisitions alike enough for their numbers to be compared."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from photopeak.analysis.configuration import configurations
from photopeak.model.configuration import (
    PARTS,
    Configuration,
    configuration_of,
    differences,
    parts_of,
)
from photopeak_analyzers.acquisition import (
    CollimatorType,
    Detector,
    EnergyWindow,
    Frame,
    Gate,
    GatedVolume,
    Origin,
    Planar,
    Spectrum,
    Volume,
)

TUNED = EnergyWindow(number=1, lower_kev=129.14, upper_kev=150.08)


def flood(**changes: Any) -> Planar:
    """Return two heads with a frame each."""
    values: dict[str, Any] = {
        "nuclide": "Tc-99m",
        "energy_windows": (TUNED,),
        "detectors": (
            Detector(number=1, collimator_name=" lehr ", collimator_type=CollimatorType.PARALLEL),
            Detector(number=2, collimator_name="HEGP", collimator_type=CollimatorType.PARALLEL),
        ),
        "corrections": frozenset({"UNIF", "ENRG"}),
        "counts": np.full((2, 4, 8), 100, np.uint16),
        "frames": tuple(Frame(detector=n, energy_window=1, duration_s=10.0) for n in (1, 2)),
        "pixel_spacing_mm": (4.8, 4.8),
    }
    return Planar(**{**values, **changes})


def of_all(*acquisitions: Any) -> dict[str, str]:
    """Return the parts of the configuration of everything together."""
    (found,) = configurations(acquisitions, [])
    return dict(found.parts)


def test_every_part_that_the_header_tells_is_named() -> None:
    (found,) = configurations(
        [flood(origin=Origin(text={"phantom": "flood 3"}), detectors=flood().detectors[:1])], []
    )

    assert found.key == (
        "nuclide Tc-99m; energy window 140.5 keV 15 %; collimator LEHR; matrix 8 x 4; pixel 4.8 mm;"
        " corrections ENRG, UNIF; count rate low; phantom flood 3"
    )


def test_every_head_has_its_own_collimator_and_all_together_have_both() -> None:
    scopes = [{"detector": 1, "field": "UFOV"}, {"detector": 2}, {"detector": 2, "distance_mm": 9}]

    found = configurations([flood()], scopes)

    assert [(dict(c.scope), c.parts["collimator"]) for c in found] == [
        ({}, "HEGP + LEHR"),
        ({"detector": 1}, "LEHR"),
        ({"detector": 2}, "HEGP"),
    ]
    assert configuration_of(found, {"detector": 2, "field": "UFOV"}) is found[2]
    assert configuration_of(found, {"detector": 3}) is found[0]
    assert configuration_of((), {"detector": 1}).key == ""


def test_a_window_is_named_by_its_photopeak_whatever_tuning_did_to_it() -> None:
    untuned = EnergyWindow(number=1, lower_kev=129.97, upper_kev=151.04)
    beside = EnergyWindow(number=1, lower_kev=113.4, upper_kev=138.6)

    assert differences_of(flood(energy_windows=(untuned,))) == []
    assert differences_of(flood(energy_windows=(beside,))) == ["energy window"]
    assert of_all(flood(energy_windows=(beside,)))["energy window"] == "126 keV 20 %"


def differences_of(other: Any) -> list[str]:
    """Return in which parts an acquisition differs from the usual flood."""
    (one,), (two,) = configurations([flood()], []), configurations([other], [])
    return [name for name, _, _ in differences(one.key, two.key)]


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"nuclide": "Co-57", "energy_windows": ()}, ["nuclide", "energy window"]),
        ({"nuclide": None}, ["nuclide"]),
        ({"counts": np.full((2, 8, 8), 100, np.uint16)}, ["matrix"]),
        ({"pixel_spacing_mm": (2.4, 2.4)}, ["pixel"]),
        ({"pixel_spacing_mm": (4.8, 2.4)}, ["pixel"]),
        ({"pixel_spacing_mm": None}, ["pixel"]),
        ({"corrections": frozenset()}, ["corrections"]),
        ({"corrections": None}, ["corrections"]),
        ({"counts": np.full((2, 4, 8), 60_000, np.uint16)}, ["count rate"]),
        ({"detectors": ()}, ["collimator"]),
    ],
    ids=str,
)
def test_what_changes_the_number_changes_the_configuration(
    changes: dict[str, Any], part: list[str]
) -> None:
    found = differences_of(flood(**changes))

    # Without the nuclide a window cannot be told by its photopeak.
    assert [name for name in found if part == ["nuclide"] and name != "energy window"] == (
        part if part == ["nuclide"] else []
    )
    assert part == ["nuclide"] or found == part


@pytest.mark.parametrize(
    "changes",
    [
        {"counts": np.full((2, 4, 8), 120, np.uint16)},
        {"counts_accumulated": 6400},
        {"pixel_spacing_mm": (4.801, 4.799)},
        {"origin": Origin(series_instance_uid="1.2.3")},
    ],
    ids=str,
)
def test_what_changes_from_day_to_day_leaves_it_as_it_is(changes: dict[str, Any]) -> None:
    assert differences_of(flood(**changes)) == []


@pytest.mark.parametrize(
    ("detector", "collimator"),
    [
        (Detector(number=1, collimator_name="LEHR", collimator_type=CollimatorType.NONE), "none"),
        (Detector(number=1, collimator_type=CollimatorType.PARALLEL), "PARA"),
        (Detector(number=1, collimator_type=CollimatorType.UNKNOWN), None),
        (Detector(number=1), None),
    ],
    ids=str,
)
def test_a_collimator_goes_by_its_name_then_by_its_kind(
    detector: Detector, collimator: str | None
) -> None:
    assert of_all(flood(detectors=(detector,))).get("collimator") == collimator


def test_windows_of_one_image_are_told_apart() -> None:
    wide = EnergyWindow(number=2, lower_kev=100.0, upper_kev=120.0)
    frames = tuple(Frame(detector=1, energy_window=n, duration_s=10.0) for n in (1, 2))

    found = configurations(
        [flood(energy_windows=(TUNED, wide), frames=frames)],
        [{"detector": 1, "energy_window": n} for n in (1, 2)],
    )

    assert [c.parts["energy window"] for c in found] == [
        "110 keV 18 % + 140.5 keV 15 %",
        "140.5 keV 15 %",
        "110 keV 18 %",
    ]


def volume(**header: Any) -> Volume:
    """Return a small volume."""
    return Volume(
        values=np.zeros((2, 3, 3), np.int16),
        slope=np.ones(2),
        intercept=np.zeros(2),
        affine=np.diag([5.0, 2.0, 2.0, 1.0]),
        header=header,
    )


def test_a_volume_is_told_by_its_reconstruction() -> None:
    ct = volume(KVP=120.0, ConvolutionKernel="B31f", SliceThickness=5.0)

    assert of_all(ct) == {
        "matrix": "3 x 3",
        "pixel": "2.0 mm",
        "reconstruction": "B31f, 120 kV, 5 mm slices",
    }
    gated = GatedVolume(gates=(Gate(rr_interval=1, time_slot=1),), volumes=(ct,))
    assert of_all(gated) == of_all(ct)
    assert of_all(dataclasses.replace(ct, header={})).get("reconstruction") is None


def test_a_spectrum_or_readings_alone_are_told_by_little_or_nothing() -> None:
    assert of_all(Spectrum(counts=np.ones(4, np.int64), nuclide="Tc-99m")) == {"nuclide": "Tc-99m"}
    assert of_all() == {}


def test_a_key_gives_its_parts_back() -> None:
    parts = {name: f"{name} of today" for name in PARTS}

    assert parts_of(Configuration(parts=parts).key) == parts
    assert Configuration(parts={"collimator": "A; matrix 9"}).key == "collimator A, matrix 9"
    assert parts_of("anything else") == {}

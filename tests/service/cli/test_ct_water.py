"""A water phantom in CT, from its files to the verdict: slices and enhanced objects alike."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset

from photopeak.analysis.catalogue import describe, load_analyzers
from photopeak.analysis.local import analyze_files
from photopeak.analysis.site import load_site
from photopeak.model.judgement import Status
from photopeak.model.results import ResultRecord
from photopeak.settings import Settings
from photopeak_analyzers.simulation.water_phantom import WaterPhantom
from support.dicom_objects import enhanced, item, save_all, slices

TEST = "ct_water_phantom"


def made(hu: float = 1.0, slices_number: int = 5) -> Any:
    phantom = WaterPhantom(shape=(slices_number, 128, 128), voxel_mm=(5.0, 1.9, 1.9), hu=hu)
    return phantom.acquire(rng=np.random.default_rng(5), noise_hu=4.0)


def single(hu: float = 1.0, **elements: Any) -> list[Dataset]:
    volume = made(hu)
    return slices(
        volume.values.astype(np.uint16),
        kind="CT",
        intercept=-1024.0,
        spacing_mm=volume.voxel_spacing_mm,
        SeriesDescription="Water QC",
        **elements,
    )


def multi_frame(hu: float = 1.0, kernel: str = "B30f", kilovolts: float = 120.0) -> list[Dataset]:
    volume = made(hu)
    dataset = enhanced(
        volume.values.astype(np.uint16),
        kind="CT",
        spacing_mm=volume.voxel_spacing_mm,
        order=(3, 0, 4, 1, 2),
        SeriesDescription="Water QC",
    )
    shared = dataset.SharedFunctionalGroupsSequence[0]
    shared.CTXRayDetailsSequence = [item(KVP=kilovolts)]
    shared.CTReconstructionSequence = [
        item(ConvolutionKernel=kernel, ReconstructionAlgorithm="FILTER_BACK_PROJ")
    ]
    for group in dataset.PerFrameFunctionalGroupsSequence:
        group.PixelValueTransformationSequence[0] = item(
            RescaleSlope=1, RescaleIntercept=-1024, RescaleType="HU"
        )
    return [dataset]


def analyzed(folder: Path, datasets: Sequence[Dataset]) -> ResultRecord:
    folder.mkdir(exist_ok=True)
    save_all(datasets, folder)
    catalogue = {TEST: describe(load_analyzers()[TEST])}
    report = analyze_files([folder], site=load_site(Settings()), catalogue=catalogue)
    (result,) = report.results
    return result


def numbers(result: ResultRecord) -> dict[str, float]:
    return {m.metric: m.value for m in result.measurements if not m.scope}


def test_slices_and_an_enhanced_object_give_the_same_numbers(tmp_path: Path) -> None:
    one = analyzed(tmp_path / "slices", single())
    other = analyzed(tmp_path / "enhanced", multi_frame())

    assert numbers(one) == pytest.approx(numbers(other))
    # 1 HU, known to 4 HU over the root of 870 pixels.
    assert numbers(one)["ct_number_water_hu"] == pytest.approx(1.0, abs=0.5)
    for result in (one, other):
        assert {p.outcome for p in result.preconditions} == {"met"}
        by_metric = {v.metric: v.status for v in result.verdicts}
        assert by_metric["ct_number_water_hu"] is Status.PASS
        assert by_metric["uniformity_hu"] is Status.PASS
        assert by_metric["noise_10mm_pct"] is Status.PASS


@pytest.mark.parametrize("how", [single, multi_frame])
def test_a_ct_number_beyond_the_recommendation_warns(tmp_path: Path, how: Any) -> None:
    result = analyzed(tmp_path / "water", how(hu=6.0))

    (verdict,) = [v for v in result.verdicts if v.metric == "ct_number_water_hu"]
    assert verdict.status is Status.WARN
    assert result.status is Status.WARN


def keys(result: ResultRecord) -> list[str]:
    return [each.key for each in result.provenance.configurations]


def test_voltage_kernel_and_thickness_keep_baselines_apart(tmp_path: Path) -> None:
    thick = single()
    for each in thick:
        each.SliceThickness = 10.0
    found = [
        analyzed(tmp_path / str(number), datasets)
        for number, datasets in enumerate(
            (
                single(),
                single(KVP=140),
                single(ConvolutionKernel="B70s"),
                thick,
                multi_frame(kernel="B70s"),
                multi_frame(kilovolts=80.0),
            )
        )
    ]

    assert len({tuple(keys(each)) for each in found}) == len(found)
    parts = found[4].provenance.configurations[0].parts["reconstruction"]
    assert all(word in parts for word in ("B70s", "120 kV", "5 mm slices"))


def test_a_patient_sized_scout_is_no_water_phantom(tmp_path: Path) -> None:
    scout = single(ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])
    save_all(scout, tmp_path)
    catalogue = {TEST: describe(load_analyzers()[TEST])}
    report = analyze_files([tmp_path], site=load_site(Settings()), catalogue=catalogue)

    assert not any(result.measurements for result in report.results)

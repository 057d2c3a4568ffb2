"""What a rotating camera acquired, from the names of its series to the verdicts."""

import json
from pathlib import Path

import numpy as np
from typer.testing import CliRunner

from photopeak.cli.main import app
from photopeak_analyzers.simulation.floods import FloodCamera
from photopeak_analyzers.simulation.reconstructed_sources import SourcesInAir, three_lines
from photopeak_analyzers.simulation.tomography import Head, PointSource, RotatingCamera
from photopeak_analyzers.simulation.volumes import CylinderPhantom, cold_spheres, rod_sectors
from support.dicom_objects import nm, save, tomo, uid

HEADS = (
    {"CollimatorType": "PARA", "StartAngle": 0.0},
    {"CollimatorType": "PARA", "StartAngle": 180.0},
)


def analyze(folder: Path, test: str) -> tuple[dict, list[str]]:
    """Return the only result of a test, and the outcomes of the routing."""
    done = CliRunner().invoke(app, ["analyze", str(folder), "--json"])
    assert done.exit_code in (0, 1), done.output
    report = json.loads(done.stdout)
    (result,) = [r for r in report["results"] if r["test"] == test]
    assert not [r["test"] for r in report["results"] if r["status"] == "ERROR"]
    return result, [s["decision"]["outcome"] for s in report["series"]]


def measured(result: dict, metric: str) -> list[float]:
    return [m["value"] for m in result["measurements"] if m["metric"] == metric]


def slices(values: np.ndarray, name: str, **elements: object) -> object:
    """Return a reconstruction of voxels of 4 mm."""
    return nm(
        np.rint(values).astype(np.uint16),
        "RECON TOMO",
        PixelSpacing=[4.0, 4.0],
        SliceThickness=4.0,
        SpacingBetweenSlices=4.0,
        SeriesDescription=name,
        CorrectedImage=["UNIF", "ATTN"],
        CountsAccumulated=20_000_000,
        **elements,
    )


def test_three_sources_register_two_heads(tmp_path: Path) -> None:
    sources = tuple(
        PointSource(radius_mm=r, azimuth_deg=p, axial_mm=z)
        for r, p, z in ((0.0, 0.0, 0.0), (90.0, 0.0, -80.0), (90.0, 90.0, 80.0))
    )
    camera = RotatingCamera(
        views=36, heads=(Head(cor_offset_px=0.2), Head(start_angle_deg=180.0, cor_offset_px=-0.1))
    )
    made = camera.acquire(sources, rng=np.random.default_rng(1))
    dataset = tomo(
        made.counts,
        detectors=HEADS,
        direction="CC",
        PixelSpacing=[4.0, 4.0],
        SeriesDescription="MHR LEHR",
        CorrectedImage=["UNIF"],
    )
    save(dataset, tmp_path)

    result, outcomes = analyze(tmp_path, "multi_head_registration")

    assert outcomes == ["routed"]
    assert abs(measured(result, "head_dx_mm")[0] - 1.2) < 0.1
    assert result["status"] == "PASS"


def test_a_sheet_that_turns_with_the_heads_is_steady(tmp_path: Path) -> None:
    sheet = FloodCamera().expected(500.0)
    # Tc-99m, a view each 20 s.
    left = 2.0 ** (-20.0 * np.tile(np.arange(32), 2) / 21_624.0)
    counts = np.random.default_rng(2).poisson(sheet * left[:, None, None]).astype(np.uint16)
    dataset = tomo(
        counts,
        detectors=HEADS,
        PixelSpacing=[6.4, 6.4],
        SeriesDescription="Rotational uniformity LEHR",
    )
    save(dataset, tmp_path)

    result, _ = analyze(tmp_path, "rotational_stability")

    assert len(measured(result, "rot_sensitivity_range_pct")) == 2
    assert {v["status"] for v in result["verdicts"]} == {"PASS"}
    # The header declares no field of view, and the 2 % of decay need a stated time between views.
    assert result["status"] == "WARN"


def test_slices_and_projections_of_a_cylinder_are_one_set(tmp_path: Path) -> None:
    phantom = CylinderPhantom(shape=(40, 64, 64), length_mm=130.0)
    values = phantom.acquire(fwhm_mm=8.0, rng=np.random.default_rng(3)).values
    x = (np.arange(64) - 31.5) * 4.0
    view = np.zeros((64, 64))
    view[16:48] = np.sqrt(np.maximum(108.0**2 - x**2, 0.0)) * 4.0
    views = np.random.default_rng(4).poisson(view, (32, 64, 64)).astype(np.uint16)
    study = uid()
    save(slices(values, "SPECT uniformity cylinder", StudyInstanceUID=study), tmp_path)
    save(
        tomo(
            views,
            detectors=HEADS[:1],
            PixelSpacing=[4.0, 4.0],
            SeriesDescription="SPECT uniformity cylinder",
            StudyInstanceUID=study,
        ),
        tmp_path,
    )

    result, outcomes = analyze(tmp_path, "spect_uniformity")

    assert outcomes == ["routed", "routed"]
    assert len(result["provenance"]["inputs"]) == 2
    assert len(measured(result, "column_max_pct")) == 1
    assert result["status"] == "PASS"


def test_a_phantom_of_spheres_and_rods_is_measured(tmp_path: Path) -> None:
    parts = cold_spheres((31.8, 25.4, 19.1, 15.9, 12.7, 9.5), at_mm=57.0, z_mm=45.0)
    parts += rod_sectors(
        (12.7, 11.1, 9.5, 7.9, 6.4, 4.8), radius_mm=102.0, from_mm=-200.0, to_mm=-15.0
    )
    phantom = CylinderPhantom(shape=(54, 64, 64), parts=parts)
    values = phantom.acquire(fwhm_mm=9.0, rng=np.random.default_rng(5)).values
    save(slices(values, "Jaszczak 2026-01"), tmp_path)

    result, outcomes = analyze(tmp_path, "spect_image_quality")

    assert outcomes == ["routed"]
    assert len(measured(result, "contrast_pct")) == 6
    assert measured(result, "smallest_visible_sphere_mm") == [9.5]
    assert result["status"] == "PASS"


def test_three_lines_give_one_resolution_of_the_system(tmp_path: Path) -> None:
    widths = {"radial_fwhm_mm": 15.0, "tangential_fwhm_mm": 12.0}
    phantom = SourcesInAir(
        sources=three_lines(**widths), shape=(48, 64, 64), voxel_mm=(4.0, 4.0, 4.0)
    )
    values = np.maximum(phantom.expected() + np.random.default_rng(6).normal(0, 5, (48, 64, 64)), 0)
    save(slices(values, "SPECT resolution 3 lines water", StudyInstanceUID=uid()), tmp_path)

    result, outcomes = analyze(tmp_path, "spect_spatial_resolution")

    assert outcomes == ["routed"]
    # The central line has 15 mm along x and 12 mm along y; interpolation in pixels of 4 mm adds 2 %.
    (central,) = measured(result, "fwhm_central_transaxial")
    assert abs(central / 13.5 - 1.0) < 0.03
    assert not measured(result, "fwhm_central_axial")
    assert {
        (f["code"], f["outcome"]) for f in result["preconditions"] if f["outcome"] != "met"
    } == {("PC_CORRECTION", "unknown")}

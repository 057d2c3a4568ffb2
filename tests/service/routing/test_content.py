"""What images show, on small simulated phantoms with noise of a fixed seed."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from photopeak.model.content import ContentKind
from photopeak.routing.content import classify
from photopeak_analyzers.acquisition import (
    Dynamic,
    Frame,
    Planar,
    Spectrum,
    Tomographic,
    Volume,
    WholeBody,
)
from support.effort import soon

Image = NDArray[np.float64]


def grid(n: int, pixel_mm: float) -> tuple[Image, Image]:
    """Return row and column coordinates in mm about the centre."""
    axis = (np.arange(n) - (n - 1) / 2.0) * pixel_mm
    return np.meshgrid(axis, axis, indexing="ij")


def field(n: int, pixel_mm: float, shape: str = "rectangle") -> NDArray[np.bool_]:
    y, x = grid(n, pixel_mm)
    if shape == "round":
        return np.hypot(y, x) < 200.0
    box = (np.abs(x) < 265.0) & (np.abs(y) < 195.0)
    if shape == "cut":
        box &= np.abs(x) + np.abs(y) < 380.0
    return box


def noisy(expected: Image, seed: int = 1) -> NDArray[np.uint16]:
    return np.random.default_rng(seed).poisson(expected).astype(np.uint16)


def blurred_line(distance: Image, fwhm_mm: float) -> Image:
    return np.exp(-4.0 * np.log(2.0) * (distance / fwhm_mm) ** 2)


def planar(image: Any, pixel_mm: float | None, seconds: float | None = 600.0) -> Planar:
    stack = np.asarray(image)
    stack = stack[None] if stack.ndim == 2 else stack
    return Planar(
        counts=stack,
        frames=tuple(
            Frame(detector=i + 1, energy_window=1, duration_s=seconds) for i in range(len(stack))
        ),
        pixel_spacing_mm=(pixel_mm, pixel_mm) if pixel_mm else None,
    )


@pytest.mark.parametrize("shape", ["rectangle", "cut", "round"])
@pytest.mark.parametrize("counts", [30.0, 400.0, 3000.0])
@pytest.mark.parametrize(("n", "pixel_mm"), [(64, 9.6), (128, 4.8), (256, 2.4), (1024, 0.6)])
def test_a_flood_is_a_flood_in_every_matrix_and_at_every_count(
    n: int, pixel_mm: float, counts: float, shape: str
) -> None:
    per_pixel = counts * (pixel_mm / 2.4) ** 2
    finding = classify(planar(noisy(field(n, pixel_mm, shape) * per_pixel), pixel_mm))

    assert (finding.kind, finding.confidence >= 0.8) == (ContentKind.FLOOD, True)


def test_a_flood_with_a_cold_spot_is_still_a_flood() -> None:
    y, x = grid(256, 2.4)
    expected = field(256, 2.4) * 300.0
    expected[np.hypot(y - 50.0, x + 80.0) < 25.0] *= 0.6

    finding = classify(planar(noisy(expected), 2.4))

    assert finding.kind is ContentKind.FLOOD
    assert finding.confidence >= 0.8


def test_a_flood_needs_no_pixel_size_and_no_duration() -> None:
    assert classify(planar(noisy(field(256, 2.4) * 300.0), None, None)).kind is ContentKind.FLOOD


def bars(n: int, pixel_mm: float, widths: tuple[float, ...]) -> Image:
    y, x = grid(n, pixel_mm)
    modulation = 1.0 / (1.0 + np.exp(-8.0 * np.sin(np.pi * x / widths[0])))
    turned = [x, y, x, y] if len(widths) == 4 else [x] * 4
    quadrants = [(y < 0) & (x < 0), (y < 0) & (x >= 0), (y >= 0) & (x < 0), (y >= 0) & (x >= 0)]
    for quadrant, width, axis in zip(quadrants, widths * (4 // len(widths)), turned, strict=True):
        stripes = 1.0 + 0.6 * np.sin(np.pi * axis / width)
        modulation[quadrant] = stripes[quadrant]
    return field(n, pixel_mm) * 25.0 * modulation


@pytest.mark.parametrize(("n", "pixel_mm"), [(512, 1.2), (1024, 0.6)])
def test_four_quadrants_of_stripes_are_bars(n: int, pixel_mm: float) -> None:
    finding = classify(planar(noisy(bars(n, pixel_mm, (2.5, 3.0, 3.5, 4.0))), pixel_mm))

    assert (finding.kind, finding.confidence >= 0.8) == (ContentKind.BARS, True)
    assert finding.features["shortest_period_mm"] == pytest.approx(5.0, abs=0.2)
    assert finding.features["longest_period_mm"] == pytest.approx(8.0, abs=0.3)


def test_parallel_stripes_over_the_field_are_bars_with_a_direction() -> None:
    finding = classify(planar(noisy(bars(512, 1.2, (3.5,))), 1.2))

    assert (finding.kind, finding.direction) == (ContentKind.BARS, "y")


def lines(direction: str, offsets: list[float], fwhm_mm: float, n: int, pixel_mm: float) -> Image:
    y, x = grid(n, pixel_mm)
    across = x if direction == "y" else y
    inside = field(n, pixel_mm)
    total = np.zeros((n, n))
    for offset in offsets:
        total += blurred_line(across - offset, fwhm_mm)
    return total * inside


@pytest.mark.parametrize("direction", ["x", "y"])
@pytest.mark.parametrize(("n", "pixel_mm"), [(512, 1.2), (1024, 0.6)])
def test_lines_thirty_millimetres_apart_are_slits(n: int, pixel_mm: float, direction: str) -> None:
    half = 180.0 if direction == "x" else 240.0
    offsets = list(np.arange(-half, half + 1.0, 30.0))
    image = noisy(60.0 * lines(direction, offsets, 4.0, n, pixel_mm) + 0.2)

    finding = classify(planar(image, pixel_mm))

    assert (finding.kind, finding.direction) == (ContentKind.SLITS, direction)
    assert finding.confidence >= 0.8
    assert finding.sources == len(offsets)


@pytest.mark.parametrize("direction", ["x", "y"])
@pytest.mark.parametrize("offsets", [[0.0], [-25.0, 25.0], [-150.0, -50.0, 50.0, 150.0]])
@pytest.mark.parametrize(("n", "pixel_mm"), [(256, 2.4), (512, 1.2)])
def test_few_lines_are_line_sources_with_their_direction(
    n: int, pixel_mm: float, offsets: list[float], direction: str
) -> None:
    image = noisy(80.0 * lines(direction, offsets, 8.0, n, pixel_mm) + 0.1)

    finding = classify(planar(image, pixel_mm))

    assert (finding.kind, finding.direction) == (ContentKind.LINE_SOURCE, direction)
    assert finding.sources == len(offsets)
    assert finding.confidence >= 0.8


def test_an_oblique_line_has_no_direction_and_is_not_sure() -> None:
    y, x = grid(256, 2.4)
    image = noisy(80.0 * blurred_line((x - y) / np.sqrt(2.0), 8.0) * field(256, 2.4))

    finding = classify(planar(image, 2.4))

    assert (finding.kind, finding.direction) == (ContentKind.LINE_SOURCE, None)
    assert finding.confidence < 0.8


@pytest.mark.parametrize("places", [[(0.0, 0.0)], [(-100.0, 0.0), (100.0, 30.0)]])
def test_spots_are_point_sources(places: list[tuple[float, float]]) -> None:
    y, x = grid(256, 2.4)
    expected = sum(blurred_line(np.hypot(y - a, x - b), 7.0) for a, b in places) * 3000.0

    finding = classify(planar(noisy(np.asarray(expected) + 0.05), 2.4))

    assert (finding.kind, finding.sources) == (ContentKind.POINTS, len(places))
    assert finding.confidence >= 0.8


@pytest.mark.parametrize(("n", "pixel_mm"), [(128, 4.8), (256, 2.4)])
def test_a_dish_is_a_dish_and_not_a_flood(n: int, pixel_mm: float) -> None:
    y, x = grid(n, pixel_mm)
    expected = (np.hypot(y + 40.0, x - 30.0) < 75.0) * 400.0 + 2.0

    finding = classify(planar(noisy(expected), pixel_mm))

    assert (finding.kind, finding.confidence >= 0.8) == (ContentKind.DISH, True)


def test_few_counts_without_a_spot_are_background() -> None:
    image = noisy(field(128, 4.8) * 0.7)

    assert classify(planar(image, 4.8, 300.0)).kind is ContentKind.BACKGROUND
    assert classify(planar(image, 4.8, 30.0)).kind is not ContentKind.BACKGROUND


def test_a_spot_of_contamination_is_no_background() -> None:
    y, x = grid(128, 4.8)
    expected = field(128, 4.8) * 0.7 + 20.0 * blurred_line(np.hypot(y, x), 20.0)

    finding = classify(planar(noisy(expected), 4.8, 300.0))

    assert finding.kind is ContentKind.UNKNOWN
    assert "sigma above the rest" in finding.message


def dynamic(rates: list[float], seconds: float) -> Dynamic:
    shape = field(64, 9.6).astype(float)
    shape /= shape.sum()
    counts = np.stack([noisy(shape * rate * seconds, i) for i, rate in enumerate(rates)])
    frames = tuple(
        Frame(detector=1, energy_window=1, time_slice=i + 1, duration_s=seconds)
        for i in range(len(rates))
    )
    return Dynamic(counts=counts, frames=frames, pixel_spacing_mm=(9.6, 9.6))


def test_a_rate_that_rises_and_falls_is_a_sweep() -> None:
    rates = [2e4, 4e4, 8e4, 1.5e5, 3e5, 5e5, 4e5, 3e5, 2e5, 1e5, 5e4, 2e4]

    finding = classify(dynamic(rates, 1.0))

    assert (finding.kind, finding.confidence >= 0.8) == (ContentKind.RATE_SWEEP, True)


def test_a_rate_that_only_rises_is_no_proof_of_a_maximum() -> None:
    assert classify(dynamic([2e4 * 1.4**k for k in range(10)], 1.0)).confidence < 0.8


def test_a_rate_that_falls_for_hours_is_a_decay() -> None:
    finding = classify(dynamic([1e5 * 0.8**k for k in range(12)], 1800.0))

    assert (finding.kind, finding.confidence >= 0.8) == (ContentKind.DECAY_SERIES, True)


def test_a_steady_dynamic_flood_is_a_flood() -> None:
    assert classify(dynamic([2e4] * 10, 10.0)).kind is ContentKind.FLOOD


def rotating(sources: list[tuple[float, float]], counts: float = 4000.0) -> Tomographic:
    """Point sources at (radius mm, axial mm), 64 views of two heads."""
    y, x = grid(128, 4.8)
    images, frames = [], []
    for head in (1, 2):
        for view in range(64):
            angle = 360.0 / 64 * view + 180.0 * (head - 1)
            expected = np.full((128, 128), 0.02)
            for k, (radius, axial) in enumerate(sources):
                place = radius * np.cos(np.radians(angle + 40.0 * k))
                expected += counts / 12.0 * blurred_line(np.hypot(y - axial, x - place - 2.0), 14.0)
            images.append(noisy(expected, view + 100 * head))
            frames.append(
                Frame(detector=head, energy_window=1, view=view + 1, angle_deg=angle % 360.0)
            )
    return Tomographic(counts=np.stack(images), frames=tuple(frames), pixel_spacing_mm=(4.8, 4.8))


@pytest.mark.parametrize(
    "sources",
    [
        [(100.0, 0.0)],
        [(100.0, -100.0), (60.0, 0.0), (100.0, 100.0)],
        [(90.0, -160.0), (70.0, -80.0), (50.0, 0.0), (70.0, 80.0), (90.0, 160.0)],
    ],
)
def test_sources_that_go_round_are_counted(sources: list[tuple[float, float]]) -> None:
    finding = classify(rotating(sources))

    assert (finding.kind, finding.sources) == (ContentKind.POINT_SINOGRAM, len(sources))
    assert finding.confidence >= 0.8


def test_projections_of_a_cylinder_are_no_point_sources() -> None:
    y, x = grid(64, 9.6)
    chord = np.sqrt(np.clip(110.0**2 - x**2, 0.0, None)) * (np.abs(y) < 90.0)
    counts = np.stack([noisy(chord, view) for view in range(32)])
    frames = tuple(Frame(detector=1, view=v + 1, angle_deg=v * 11.25) for v in range(32))

    finding = classify(Tomographic(counts=counts, frames=frames, pixel_spacing_mm=(9.6, 9.6)))

    assert finding.kind is not ContentKind.POINT_SINOGRAM


def test_views_without_an_angle_tell_nothing() -> None:
    counts = np.ones((10, 32, 32))
    frames = tuple(Frame(detector=1, view=v + 1) for v in range(10))

    assert classify(Tomographic(counts=counts, frames=frames)).kind is ContentKind.UNKNOWN


def volume(slices: list[Image], pixel_mm: float, **values: Any) -> Volume:
    stack = np.stack(slices)
    return Volume(
        values=stack,
        slope=np.full(len(slices), 0.5),
        intercept=np.full(len(slices), values.pop("intercept", 0.0)),
        affine=np.diag([3.0, pixel_mm, pixel_mm, 1.0]),
        **values,
    )


def test_an_even_cylinder_is_a_cylinder() -> None:
    y, x = grid(128, 3.0)
    slices = [noisy((np.hypot(y, x) < 100.0) * 400.0 * (2 < k < 28), k) for k in range(30)]

    finding = classify(volume([s.astype(float) for s in slices], 3.0, modality="PT"))

    assert (finding.kind, finding.confidence >= 0.8) == (ContentKind.CYLINDER, True)


def test_a_water_phantom_in_ct_numbers_is_a_cylinder() -> None:
    y, x = grid(128, 3.0)
    water = np.where(np.hypot(y, x) < 100.0, 2048.0, 48.0)
    slices = [water + np.random.default_rng(k).normal(0.0, 20.0, water.shape) for k in range(10)]

    finding = classify(volume(slices, 3.0, modality="CT", intercept=-1024.0))

    assert (finding.kind, finding.confidence >= 0.8) == (ContentKind.CYLINDER, True)


def test_hot_spheres_in_a_body_outline_are_the_image_quality_phantom() -> None:
    y, x = grid(160, 2.5)
    body = (y / 112.0) ** 2 + (x / 148.0) ** 2 < 1.0
    slices = []
    for k in range(40):
        plane = body * 200.0
        for sphere, diameter in enumerate((37.0, 28.0, 22.0, 17.0, 13.0, 10.0)):
            angle = np.radians(60.0 * sphere)
            distance = np.sqrt(
                (y - 57.0 * np.sin(angle)) ** 2
                + (x - 57.0 * np.cos(angle)) ** 2
                + (3.0 * (k - 20)) ** 2
            )
            plane = np.where(distance < diameter / 2.0, 800.0, plane)
        slices.append(noisy(plane, k).astype(float))

    finding = classify(volume(slices, 2.5, modality="PT"))

    assert (finding.kind, finding.confidence >= 0.8) == (ContentKind.HOT_SPHERES, True)
    assert finding.sources is not None
    assert 4 <= finding.sources <= 6


def whole_body(image: Image) -> WholeBody:
    return WholeBody(
        counts=noisy(image)[None],
        frames=(Frame(detector=1, energy_window=1),),
        pixel_spacing_mm=(2.4, 2.4),
    )


def test_a_body_in_a_whole_body_image_looks_like_a_patient() -> None:
    rows = (np.arange(1024) - 511.5)[:, None] * 2.4
    columns = (np.arange(256) - 127.5)[None, :] * 2.4
    trunk = ((rows + 250.0) / 400.0) ** 2 + (columns / 190.0) ** 2 < 1.0
    legs = (np.abs(rows - 450.0) < 480.0) & (np.abs(np.abs(columns) - 90.0) < 55.0)
    head = np.hypot(rows + 750.0, columns) < 95.0
    spine = (np.abs(columns) < 25.0) & (np.abs(rows + 300.0) < 350.0)
    body = 4.0 * (trunk | legs | head) + 20.0 * spine

    finding = classify(whole_body(body))

    assert (finding.kind, finding.confidence >= 0.8) == (ContentKind.BODY, True)


def test_a_line_source_in_a_whole_body_image_is_no_patient() -> None:
    rows = (np.arange(1024) - 511.5)[:, None] * 2.4
    columns = (np.arange(256) - 127.5)[None, :] * 2.4
    line = 60.0 * blurred_line(columns - 20.0, 9.0) * (np.abs(rows) < 400.0)

    finding = classify(whole_body(line))

    assert (finding.kind, finding.direction) == (ContentKind.LINE_SOURCE, "y")


ODD: dict[str, Callable[[], Any]] = {
    "nothing": lambda: planar(np.zeros((128, 128)), 4.8),
    "one pixel": lambda: planar(np.ones((1, 1)), 4.8),
    "one row": lambda: planar(np.ones((1, 4096)), 0.1),
    "one column": lambda: planar(np.ones((4096, 1)), 0.1),
    "not numbers": lambda: planar(np.full((128, 128), np.nan), 4.8),
    "endless": lambda: planar(np.full((128, 128), np.inf), 4.8),
    "negative": lambda: planar(np.full((128, 128), -5.0), 4.8),
    "half negative": lambda: planar(np.random.default_rng(1).normal(0, 100, (256, 256)), 2.4),
    "full": lambda: planar(np.full((128, 128), 65535, np.uint16), 4.8),
    "noise": lambda: planar(np.random.default_rng(1).integers(0, 65535, (300, 200)), 2.4),
    "one hot pixel": lambda: planar(np.pad([[10_000.0]], 64), 4.8),
    "chequered": lambda: planar(np.indices((256, 256)).sum(0) % 2 * 100.0, 2.4),
    "narrow": lambda: planar(np.ones((16, 4096)) * 100.0, 0.5),
    "tiny pixels": lambda: planar(noisy(np.full((64, 64), 100.0)), 1e-9),
    "huge pixels": lambda: planar(noisy(np.full((64, 64), 100.0)), 1e9),
    "empty dynamic": lambda: dynamic([0.0] * 10, 1.0),
    "one frame": lambda: dynamic([100.0], 1.0),
    "empty volume": lambda: volume([np.zeros((64, 64))] * 4, 3.0),
    "one slice": lambda: volume([np.ones((64, 64))], 3.0),
    "noise volume": lambda: volume(list(np.random.default_rng(1).normal(size=(9, 64, 64))), 3.0),
    "spectrum": lambda: Spectrum(counts=np.ones(100)),
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_image_gives_a_finding_and_never_an_error(name: str) -> None:
    finding = classify(ODD[name]())

    assert 0.0 <= finding.confidence <= 1.0
    assert finding.message
    assert all(np.isfinite(value) for value in finding.features.values())


def test_nothing_is_recognised_in_nothing() -> None:
    for name in ("nothing", "not numbers", "negative", "one hot pixel", "spectrum"):
        assert classify(ODD[name]()).confidence < 0.8, name


@pytest.mark.parametrize("size", [4, 8, 16])
def test_a_mosaic_without_a_direction_is_no_bar_phantom(size: int) -> None:
    blocks = np.random.default_rng(size).random((256 // size, 256 // size))
    image = noisy(30.0 + 40.0 * np.kron(blocks, np.ones((size, size))))

    assert classify(planar(image, 2.0)).kind is not ContentKind.BARS


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_turning_the_image_turns_the_direction_and_nothing_else(turns: int) -> None:
    image = noisy(80.0 * lines("y", [-25.0, 25.0], 8.0, 256, 2.4) + 0.1)
    upright = classify(planar(image, 2.4))

    turned = classify(planar(np.rot90(image, turns).copy(), 2.4))

    assert (turned.kind, turned.sources) == (upright.kind, upright.sources)
    assert turned.direction == ("x" if turns % 2 else "y")


def test_two_large_frames_are_classified_in_well_under_a_second() -> None:
    image = noisy(bars(1024, 0.6, (2.5, 3.0, 3.5, 4.0)))
    acquisition = planar(np.stack([image, image]), 0.6)

    # The aim is 100 ms; the bound leaves room for a machine that is busy with other tests.
    assert soon(lambda: classify(acquisition), 1.0).kind is ContentKind.BARS

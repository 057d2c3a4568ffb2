"""Simulated consoles of three makers with a morning of quality control: what they push.

Every series has a known answer: the phantoms come from :mod:`photopeak_analyzers.simulation`, and
what the service must make of each stands beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType

import numpy as np
from pydicom.dataset import Dataset

from photopeak.demo.objects import (
    GE,
    MEDISO,
    SIEMENS,
    Dialect,
    Labels,
    planar_object,
    tomographic_object,
    write,
)
from photopeak_analyzers.simulation.floods import (
    ColdSpot,
    FloodCamera,
    Response,
    acquisition,
    noisy,
)
from photopeak_analyzers.simulation.tomography import Head, PointSource, RotatingCamera

COLD_SPOT = ColdSpot(depth=0.18, diameter_mm=32.0, y_mm=-64.0, x_mm=96.0)
"""A photomultiplier that has lost gain: an integral uniformity of 9.9 % (limit 5.5 %)."""

COR_OFFSET_PX = 0.8
"""Offset of the centre of rotation on head 2 (limit 0.5 pixel)."""

_COUNTS_PER_PIXEL = 40_000.0
"""Four times what the clause asks for, so that noise stays far below every limit."""
_FLOOD_S = 10_000.0
_SEED = 20260302

DEVICES_TOML = """\
[devices.symbia-1]
name = "Symbia Intevo, room 1"
kind = "spect_ct"
ae_titles = ["SYMBIA1"]
serial_number = "1234"
family = "nema"
detectors = 2

[devices.symbia-1.parameters.intrinsic_uniformity]
ufov_width_mm = 512.0
ufov_height_mm = 384.0

[devices.discovery-670]
name = "Discovery NM/CT 670, room 2"
kind = "spect_ct"
ae_titles = ["NM670"]
station = "NM670CON"
family = "nema"
detectors = 2

[devices.discovery-670.parameters.intrinsic_uniformity]
ufov_width_mm = 512.0
ufov_height_mm = 384.0

[devices.anyscan]
name = "AnyScan SC, room 3"
kind = "spect_ct"
ae_titles = ["ANYSCAN"]
serial_number = "AS-9012"
family = "nema"
detectors = 2

[devices.anyscan.parameters.intrinsic_uniformity]
ufov_width_mm = 512.0
ufov_height_mm = 384.0
"""


def schedule_toml(now: datetime) -> str:
    """Return a schedule by which the morning is today's at whatever hour the demonstration runs.

    Each test is due in twelve hours and counts from twelve hours ago on; `now` has a zone, and the
    site of the demonstration lives in UTC.
    """
    due = now.astimezone(UTC) + timedelta(hours=12)
    return f"""\
[[rule]]
id = "floods"
devices = ["symbia-1", "discovery-670"]
tests = ["intrinsic_uniformity"]
repeat = "FREQ=DAILY"
start = "P1D"
due = "{due:%H:%M}"
end = "PT2H"

[[rule]]
id = "rotation"
devices = ["anyscan"]
tests = ["center_of_rotation"]
repeat = "FREQ=DAILY"
start = "P1D"
due = "{due:%H:%M}"
end = "PT2H"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PushedSeries:
    """One series: its files, what it is, and what must become of it.

    `expected` is the state of a series (``UNROUTED``, ``QUARANTINED``) or a test with the status
    of its result (``intrinsic_uniformity PASS``).
    """

    series_instance_uid: str
    what: str
    expected: str
    paths: tuple[Path, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Console:
    """A console with the series it pushes, and how its device must stand after them.

    `stands` is the readiness of the device (``ready``, ``hold``): the one word of the board.
    """

    name: str
    ae_title: str
    device: str
    stands: str
    series: tuple[PushedSeries, ...]


def morning(scratch: Path) -> Sequence[Console]:
    """Write the objects of a morning into `scratch`; returns the consoles that push them."""
    rng = np.random.default_rng(_SEED)
    dawn = datetime.now().astimezone().replace(microsecond=0) - timedelta(hours=5)
    return (
        Console(
            name="Siemens Symbia Intevo",
            ae_title="SYMBIA1",
            device="symbia-1",
            stands="ready",
            series=(
                _pushed(
                    scratch,
                    flood(SIEMENS, Labels(series="Intrinsic Flood Tc99m"), dawn, rng),
                    "intrinsic flood of both heads, 40 000 counts per pixel",
                    "intrinsic_uniformity PASS",
                ),
                _pushed(
                    scratch,
                    bone_scan(SIEMENS, dawn + timedelta(hours=4), rng),
                    "a bone scan, sent by mistake",
                    "QUARANTINED",
                ),
            ),
        ),
        Console(
            name="GE Discovery NM/CT 670",
            ae_title="NM670",
            device="discovery-670",
            stands="hold",
            series=(
                _pushed(
                    scratch,
                    flood(
                        GE, Labels(series="Uniformity intrinsic"), dawn, rng, second=(COLD_SPOT,)
                    ),
                    "intrinsic flood, head 2 with a cold spot of 18 %",
                    "intrinsic_uniformity FAIL",
                ),
            ),
        ),
        Console(
            name="Mediso AnyScan SC",
            ae_title="ANYSCAN",
            device="anyscan",
            stands="hold",
            series=(
                _pushed(
                    scratch,
                    rotation(MEDISO, Labels(series="COR_LEHR"), dawn + timedelta(hours=3), rng),
                    f"centre of rotation, {COR_OFFSET_PX:g} pixels off on head 2",
                    "center_of_rotation FAIL",
                ),
                _pushed(
                    scratch,
                    waste_bag(MEDISO, dawn + timedelta(hours=4), rng),
                    "a bag of waste, which no rule knows",
                    "UNROUTED",
                ),
            ),
        ),
    )


def flood(
    dialect: Dialect,
    labels: Labels,
    started_at: datetime,
    rng: np.random.Generator,
    *,
    second: tuple[Response, ...] = (),
) -> Dataset:
    """Return an intrinsic flood of two heads; `second` is what is wrong with the second."""
    camera = FloodCamera()
    images = {
        (number, 1): noisy(camera.expected(_COUNTS_PER_PIXEL, *responses), rng)
        for number, responses in ((1, ()), (2, second))
    }
    simulated = acquisition(images, camera, duration_s=_FLOOD_S, declare_field=False)
    return planar_object(simulated, dialect, labels, started_at)


def rotation(
    dialect: Dialect, labels: Labels, started_at: datetime, rng: np.random.Generator
) -> Dataset:
    """Return a point source seen by two heads, the second with its centre of rotation off."""
    camera = RotatingCamera(
        heads=(
            Head(cor_offset_px=0.05),
            Head(start_angle_deg=180.0, cor_offset_px=COR_OFFSET_PX),
        )
    )
    simulated = camera.acquire((PointSource(radius_mm=80.0),), rng=rng)
    return tomographic_object(simulated, dialect, labels, started_at)


def bone_scan(dialect: Dialect, started_at: datetime, rng: np.random.Generator) -> Dataset:
    """Return an image that names a person, invented, as its patient."""
    camera = FloodCamera()
    y, x = camera.coordinates()
    body = 30.0 * np.exp(-((x / 90.0) ** 2)) + 120.0 * np.exp(-((x / 12.0) ** 2 + (y / 900.0) ** 2))
    image = noisy(body, rng)
    labels = Labels(
        series="Static",
        study="Bone scintigraphy",
        patient=MappingProxyType(
            {
                "PatientName": "Hansen^Kari",
                "PatientID": "4711-0815",
                "PatientBirthDate": "19610417",
                "PatientSex": "F",
                "AccessionNumber": "A20260302-17",
            }
        ),
    )
    simulated = acquisition({(1, 1): image}, camera, duration_s=300.0, declare_field=False)
    return planar_object(simulated, dialect, labels, started_at)


def waste_bag(dialect: Dialect, started_at: datetime, rng: np.random.Generator) -> Dataset:
    """Return an image of what somebody wanted to know, and no standard describes."""
    camera = FloodCamera()
    y, x = camera.coordinates()
    image = np.full((camera.rows, camera.columns), 2.0)
    for centre_y, centre_x, width, activity in (
        (-60.0, -90.0, 90.0, 60.0),
        (40.0, -20.0, 70.0, 45.0),
        (-20.0, 110.0, 110.0, 70.0),
    ):
        image += activity * np.exp(-((y - centre_y) ** 2 + (x - centre_x) ** 2) / width**2)
    simulated = acquisition(
        {(1, 1): noisy(image, rng)}, camera, duration_s=120.0, declare_field=False
    )
    return planar_object(simulated, dialect, Labels(series="Bag 7", study="Waste"), started_at)


def _pushed(scratch: Path, dataset: Dataset, what: str, expected: str) -> PushedSeries:
    uid = str(dataset.SeriesInstanceUID)
    return PushedSeries(
        series_instance_uid=uid,
        what=what,
        expected=expected,
        paths=(write(dataset, scratch / uid),),
    )

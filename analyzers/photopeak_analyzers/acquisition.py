"""What an analyzer is given: measured counts in physical units, with what is known about them.

Frames are found by what they are (detector, energy window, view, time slice), never by their
position. Axes are ``(frame, row, column)``; arrays are read-only. An absent value is None.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.errors import UnsuitableAcquisitionError

Counts = NDArray[Any]
"""Array of counts or of calibrated values, as the acquisition carries them (integer or float)."""


class AcquisitionKind(StrEnum):
    """Kinds of input a role may ask for."""

    PLANAR = "planar"
    DYNAMIC = "dynamic"
    WHOLE_BODY = "whole_body"
    GATED = "gated"
    TOMOGRAPHIC = "tomographic"
    GATED_TOMOGRAPHIC = "gated_tomographic"
    VOLUME = "volume"
    GATED_VOLUME = "gated_volume"
    SPECTRUM = "spectrum"
    SINOGRAM = "sinogram"
    DOCUMENT = "document"


IMAGES = frozenset(AcquisitionKind) - {
    AcquisitionKind.SPECTRUM,
    AcquisitionKind.SINOGRAM,
    AcquisitionKind.DOCUMENT,
}
"""Kinds that are pictures of something."""


class CollimatorType(StrEnum):
    """CollimatorType (0018,1181) as far as quality control tells them apart."""

    NONE = "NONE"
    PARALLEL = "PARA"
    PINHOLE = "PINH"
    FAN_BEAM = "FANB"
    CONE_BEAM = "CONE"
    SLANT_HOLE = "SLNT"
    ASTIGMATIC = "ASTG"
    DIVERGING = "DIVG"
    UNKNOWN = "UNKN"


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyWindow:
    """One energy window: its 1-based number in the object and its limits in keV."""

    number: int
    lower_kev: float
    upper_kev: float
    name: str = ""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.lower_kev) and math.isfinite(self.upper_kev)):
            raise UnsuitableAcquisitionError(
                f"energy window {self.number} has the limits {self.lower_kev} to {self.upper_kev} keV",
                quantity="energy window",
                bound="finite numbers",
            )
        if not 0.0 <= self.lower_kev < self.upper_kev:
            raise UnsuitableAcquisitionError(
                f"energy window {self.number} runs from {self.lower_kev:g} to {self.upper_kev:g} keV,"
                " needs 0 <= lower < upper",
                quantity="energy window",
                value=self.lower_kev,
                bound=self.upper_kev,
            )

    @property
    def centre_kev(self) -> float:
        """Middle of the window, in keV."""
        return (self.lower_kev + self.upper_kev) / 2.0

    @property
    def width_percent(self) -> float:
        """Full width relative to the centre, in percent."""
        return 100.0 * (self.upper_kev - self.lower_kev) / self.centre_kev


@dataclass(frozen=True, slots=True, kw_only=True)
class Detector:
    """One detector head: its 1-based number and what the header says of it.

    `collimator_type` is None when the header does not tell; `field_of_view_mm` is
    FieldOfViewDimensions as (row dimension, column dimension) or (diameter,) for a round one.
    """

    number: int
    name: str = ""
    collimator_name: str = ""
    collimator_type: CollimatorType | None = None
    field_of_view_shape: str = ""
    field_of_view_mm: tuple[float, ...] = ()
    zoom: float | None = None
    start_angle_deg: float | None = None
    centre_of_rotation_offset_mm: float | None = None
    radial_positions_mm: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What one frame is. Numbers are 1-based as in the NM vectors; None where not applicable.

    `duration_s` is the ActualFrameDuration of this frame in seconds; `started_at` its own start
    where the header gives one; `angle_deg` the angle of a view, modulo 360. Gated frames name
    their R-R interval and the slot of time in it.
    """

    detector: int | None = None
    energy_window: int | None = None
    duration_s: float | None = None
    started_at: datetime | None = None
    phase: int | None = None
    time_slice: int | None = None
    rr_interval: int | None = None
    time_slot: int | None = None
    rotation: int | None = None
    view: int | None = None
    angle_deg: float | None = None
    radial_position_mm: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where an acquisition comes from: identity of the objects and the words of the operator.

    `text` holds the descriptive elements by DICOM keyword (SeriesDescription, ImageID, ...), and
    what routing read from them by name (``distance_mm``, ``position``);
    `sha256` the hashes of the stored objects in the order of `sop_instance_uids`.
    """

    series_instance_uid: str = ""
    sop_instance_uids: tuple[str, ...] = ()
    sha256: tuple[str, ...] = ()
    frame_of_reference_uid: str = ""
    manufacturer: str = ""
    model: str = ""
    serial_number: str = ""
    station: str = ""
    software_versions: str = ""
    text: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def number(self, name: str) -> float | None:
        """Return a number that routing read from the words, such as ``distance_mm``, or None."""
        try:
            value = float(self.text.get(name, ""))
        except ValueError:
            return None
        return value if math.isfinite(value) else None


def _read_only(array: Counts) -> Counts:
    view = np.asarray(array).view()
    view.flags.writeable = False
    return view


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Acquisition:
    """What every acquisition has in common. Analyzers receive one of its subclasses.

    Attributes
    ----------
    origin
        Identity and descriptive text.
    started_at
        Start of the acquisition, aware; None when the header gives none.
    nuclide
        Canonical name such as ``Tc-99m``; None when the header does not tell.
    energy_windows, detectors
        As the header lists them, by number.
    corrections
        Values of CorrectedImage, upper case; None when the attribute is absent.
    counts_accumulated
        CountsAccumulated as written, for a cross-check only.
    warnings
        What was odd about the objects, one sentence each: what had to be inferred or left out.
    """

    kind: AcquisitionKind = field(init=False)
    origin: Origin = field(default_factory=Origin)
    started_at: datetime | None = None
    nuclide: str | None = None
    energy_windows: tuple[EnergyWindow, ...] = ()
    detectors: tuple[Detector, ...] = ()
    corrections: frozenset[str] | None = None
    counts_accumulated: int | None = None
    warnings: tuple[str, ...] = ()

    def energy_window(self, number: int | None) -> EnergyWindow | None:
        """Return the window with this number, or None."""
        return next((w for w in self.energy_windows if w.number == number), None)

    def detector(self, number: int | None) -> Detector | None:
        """Return the detector with this number, or None."""
        return next((d for d in self.detectors if d.number == number), None)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FrameStack(Acquisition):
    """Frames of one matrix size with a description each: the common form of NM objects.

    Attributes
    ----------
    counts
        Shape ``(frames, rows, columns)``, read-only; counts as stored (no rescaling in NM planar).
    frames
        One description per frame, in the order of `counts`.
    pixel_spacing_mm
        (row spacing, column spacing) in mm; None when the header gives none or an impossible one.
    saturation_level
        Largest storable pixel value (``2**BitsStored - 1``); a pixel there may have overflowed.
    """

    counts: Counts
    frames: tuple[Frame, ...]
    pixel_spacing_mm: tuple[float, float] | None = None
    saturation_level: int | None = None

    def __post_init__(self) -> None:
        if self.counts.ndim != 3 or 0 in self.counts.shape:
            raise UnsuitableAcquisitionError(
                f"pixel data have the shape {self.counts.shape}, need (frames, rows, columns)",
                quantity="shape",
            )
        if len(self.frames) != self.counts.shape[0]:
            raise UnsuitableAcquisitionError(
                f"{len(self.frames)} frames are described, {self.counts.shape[0]} are present",
                quantity="frames",
                value=self.counts.shape[0],
                bound=len(self.frames),
            )
        if self.started_at is not None and self.started_at.tzinfo is None:
            raise UnsuitableAcquisitionError(
                f"the start {self.started_at.isoformat()} has no time zone", quantity="start"
            )
        spacing = self.pixel_spacing_mm
        if spacing is not None and not all(math.isfinite(s) and s > 0.0 for s in spacing):
            raise UnsuitableAcquisitionError(
                f"pixel spacing is {spacing[0]:g} x {spacing[1]:g} mm, needs to be positive",
                quantity="pixel spacing",
                bound=0.0,
            )
        object.__setattr__(self, "counts", _read_only(self.counts))

    def select(self, matches: Callable[[Frame], bool]) -> tuple[int, ...]:
        """Return the positions in `counts` of the frames that `matches` accepts."""
        return tuple(i for i, frame in enumerate(self.frames) if matches(frame))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Planar(FrameStack):
    """Static frames, indexed by detector and energy window."""

    kind: AcquisitionKind = field(init=False, default=AcquisitionKind.PLANAR)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Dynamic(FrameStack):
    """A sequence of frames in time, indexed by detector, energy window, phase and time slice."""

    kind: AcquisitionKind = field(init=False, default=AcquisitionKind.DYNAMIC)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WholeBody(FrameStack):
    """Frames swept along the patient axis; velocity, length and kind of motion from the header.

    `detector_motion` is TypeOfDetectorMotion (``CONTINUOUS``, ``STEP AND SHOOT``), upper case.
    """

    kind: AcquisitionKind = field(init=False, default=AcquisitionKind.WHOLE_BODY)
    scan_velocity_mm_per_s: float | None = None
    scan_length_mm: float | None = None
    detector_motion: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Gated(FrameStack):
    """Frames summed over many beats, indexed by detector, energy window, R-R interval and time slot."""

    kind: AcquisitionKind = field(init=False, default=AcquisitionKind.GATED)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tomographic(FrameStack):
    """Projections; every frame carries `view`, `angle_deg` and, where known, its radius.

    `scan_arc_deg` and `angular_step_deg` are positive; `clockwise` tells the sense of rotation.
    """

    kind: AcquisitionKind = field(init=False, default=AcquisitionKind.TOMOGRAPHIC)
    scan_arc_deg: float | None = None
    angular_step_deg: float | None = None
    clockwise: bool | None = None
    detector_motion: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GatedTomographic(Tomographic):
    """Projections of which each view comes once for every R-R interval and time slot."""

    kind: AcquisitionKind = field(init=False, default=AcquisitionKind.GATED_TOMOGRAPHIC)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Volume(Acquisition):
    """A reconstructed volume (NM, PT, CT), slices sorted by position along the slice normal.

    Attributes
    ----------
    values
        Shape ``(slices, rows, columns)`` of stored values, read-only.
    slope, intercept
        One number per slice: ``physical = slope[k] * values[k] + intercept[k]``. Carried and not
        applied, because the regions of a 600-slice series touch few of its voxels.
    affine
        4 x 4, maps (slice, row, column, 1) to DICOM patient coordinates in mm.
    units
        ``BQML``, ``CNTS``, ``PROPCNTS``, ``HU``, ... as the header says; empty when it does not.
    """

    kind: AcquisitionKind = field(init=False, default=AcquisitionKind.VOLUME)
    values: Counts
    slope: NDArray[np.float64]
    intercept: NDArray[np.float64]
    affine: NDArray[np.float64]
    modality: str = ""
    units: str = ""
    decay_correction: str = ""
    header: Mapping[str, str | float | None] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        slices = self.values.shape[0]
        if self.values.ndim != 3 or 0 in self.values.shape:
            raise UnsuitableAcquisitionError(
                f"volume has the shape {self.values.shape}, needs (slices, rows, columns)",
                quantity="shape",
            )
        if self.slope.shape != (slices,) or self.intercept.shape != (slices,):
            raise UnsuitableAcquisitionError(
                f"{self.slope.size} slopes and {self.intercept.size} intercepts for {slices} slices",
                quantity="rescale slope",
                value=self.slope.size,
                bound=slices,
            )
        if self.affine.shape != (4, 4) or not np.all(np.isfinite(self.affine)):
            raise UnsuitableAcquisitionError(
                "the volume has no valid position in space", quantity="affine"
            )
        for name in ("values", "slope", "intercept", "affine"):
            object.__setattr__(self, name, _read_only(getattr(self, name)))

    @property
    def voxel_spacing_mm(self) -> tuple[float, float, float]:
        """(slice, row, column) spacing in mm, all positive."""
        lengths = np.linalg.norm(self.affine[:3, :3], axis=0)
        return (float(lengths[0]), float(lengths[1]), float(lengths[2]))

    def physical(self, index: int) -> NDArray[np.float64]:
        """Return slice `index` in physical units, shape ``(rows, columns)``."""
        scaled: NDArray[np.float64] = (
            self.values[index].astype(np.float64) * self.slope[index] + self.intercept[index]
        )
        return scaled


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """One part of the beat: 1-based numbers of its R-R interval and of the time slot in it."""

    rr_interval: int
    time_slot: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GatedVolume(Acquisition):
    """A gated reconstruction: one volume for each gate, in the order of the gates."""

    kind: AcquisitionKind = field(init=False, default=AcquisitionKind.GATED_VOLUME)
    gates: tuple[Gate, ...]
    volumes: tuple[Volume, ...]

    def __post_init__(self) -> None:
        if not self.volumes or len(self.volumes) != len(set(self.gates)):
            raise UnsuitableAcquisitionError(
                f"{len(self.volumes)} volumes for {len(set(self.gates))} gates",
                quantity="volumes",
                value=len(self.volumes),
                bound=len(set(self.gates)),
            )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spectrum(Acquisition):
    """A pulse-height spectrum: counts per channel and, when calibrated, the energy axis in keV."""

    kind: AcquisitionKind = field(init=False, default=AcquisitionKind.SPECTRUM)
    counts: Counts
    energy_kev: NDArray[np.float64] | None = None
    live_s: float | None = None
    real_s: float | None = None

    def __post_init__(self) -> None:
        if self.counts.ndim != 1 or self.counts.size == 0:
            raise UnsuitableAcquisitionError(
                f"spectrum has the shape {self.counts.shape}, needs (channels,)", quantity="shape"
            )
        object.__setattr__(self, "counts", _read_only(self.counts))
        if self.energy_kev is not None:
            if self.energy_kev.shape != self.counts.shape:
                raise UnsuitableAcquisitionError(
                    f"{self.energy_kev.size} energies for {self.counts.size} channels",
                    quantity="energy axis",
                    value=self.energy_kev.size,
                    bound=self.counts.size,
                )
            object.__setattr__(self, "energy_kev", _read_only(self.energy_kev))

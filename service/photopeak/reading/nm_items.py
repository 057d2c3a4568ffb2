"""Energy windows and detectors of a nuclear-medicine object (PS3.3 C.8.4.10, C.8.4.11)."""

from __future__ import annotations

from photopeak.reading import vendors
from photopeak.reading.dataset import DataSet
from photopeak.reading.text import displayable
from photopeak_analyzers.acquisition import CollimatorType, Detector, EnergyWindow


def energy_windows(data_set: DataSet) -> tuple[tuple[EnergyWindow, ...], tuple[str, ...]]:
    """Return the windows by their number in the object, and what was odd about them.

    A window of several ranges is taken from its lowest to its highest limit.
    """
    windows = []
    warnings = []
    for number, item in enumerate(data_set.items("EnergyWindowInformationSequence"), 1):
        ranges = item.items("EnergyWindowRangeSequence")
        lower = [v for r in ranges if (v := r.number("EnergyWindowLowerLimit")) is not None]
        upper = [v for r in ranges if (v := r.number("EnergyWindowUpperLimit")) is not None]
        if not lower or not upper or not 0.0 <= min(lower) < max(upper):
            warnings.append(f"energy window {number} has no usable limits")
            continue
        if len(ranges) > 1:
            warnings.append(f"energy window {number} consists of {len(ranges)} ranges")
        windows.append(
            EnergyWindow(
                number=number,
                lower_kev=min(lower),
                upper_kev=max(upper),
                name=displayable(item.text("EnergyWindowName")),
            )
        )
    return tuple(windows), tuple(warnings)


def detectors(data_set: DataSet) -> tuple[Detector, ...]:
    """Return the detectors by their number in the object."""
    return tuple(
        Detector(
            number=number,
            name=displayable(item.item("ViewCodeSequence").text("CodeMeaning")),
            collimator_name=displayable(vendors.readable_name(item.text("CollimatorGridName"))),
            collimator_type=collimator_type(item),
            field_of_view_shape=displayable(item.text("FieldOfViewShape")).upper(),
            field_of_view_mm=tuple(v for v in item.numbers("FieldOfViewDimensions") if v > 0.0),
            zoom=_positive(item.number("ZoomFactor")),
            start_angle_deg=item.number("StartAngle"),
            centre_of_rotation_offset_mm=item.number("CenterOfRotationOffset"),
            radial_positions_mm=_radii(item),
        )
        for number, item in enumerate(data_set.items("DetectorInformationSequence"), 1)
    )


def collimator_type(item: DataSet) -> CollimatorType | None:
    """Return the collimator of a detector; None when its item does not tell."""
    word = item.text("CollimatorType").upper()
    if word:
        try:
            return CollimatorType(word)
        except ValueError:
            return CollimatorType.UNKNOWN
    return (
        CollimatorType.NONE if vendors.is_intrinsic_grid(item.text("CollimatorGridName")) else None
    )


def _radii(item: DataSet) -> tuple[float, ...]:
    values = item.numbers("RadialPosition")
    return values if any(values) else ()


def _positive(value: float | None) -> float | None:
    return value if value is not None and value > 0.0 else None

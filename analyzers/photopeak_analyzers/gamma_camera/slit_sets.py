"""The two images of a slit mask as a set: every head, slits along X and along Y."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from photopeak_analyzers.acquisition import FrameStack
from photopeak_analyzers.contract import (
    Inputs,
    Measurement,
    Note,
    Precondition,
    Role,
    Scope,
)
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.frames_by_head import HeadCounts, single_frames
from photopeak_analyzers.gamma_camera.line_images import FINE_PIXEL
from photopeak_analyzers.gamma_camera.slit_conditions import (
    SlitClause,
    both_directions,
    frame_conditions,
    slit_conditions,
)
from photopeak_analyzers.gamma_camera.slit_images import UFOV, Mask, SlitImage, measure_slits
from photopeak_analyzers.gamma_camera.slit_parameters import PROFILE, ROLES, SlitParameters
from photopeak_analyzers.gamma_camera.slit_places import Slits, as_flood, find_slits
from photopeak_analyzers.gamma_camera.uniformity_inputs import (
    ChosenField,
    FieldSource,
    choose_field,
)
from photopeak_analyzers.given import every, pixel_spacing_mm
from photopeak_analyzers.heads_alone import shown_by_heads
from photopeak_analyzers.shorthand import measurements
from photopeak_analyzers.source_conditions import on_a_photopeak, photopeaks

IEC, NEMA = "iec", "nema"

IEC_WINDOW_PERCENT = 20.0
"""Full width of the window. IEC 60789 / GB/T 18989-2013 table 1."""

IEC_PIXEL, NEMA_PIXEL, COARSEST_PIXEL = 0.1, 0.2, 0.4
"""Largest pixel across the slits in FWHM: 3.2.1.2 b; E.1.3, E.2.3. A coarser one warns; it voids where
the highest channel may miss the top by 2.7 % (0.2, IEC), and where straight lines between pixels
displace a slit by more than 0.03 mm (0.4)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Measured:
    """A mask in one image of one head, with the UFOV that was used."""

    head: HeadCounts
    pixel_mm: tuple[float, float]
    image: SlitImage
    chosen: ChosenField

    @property
    def scope(self) -> Scope:
        """Detector, energy window and direction of the profile."""
        return _scope(self.head, self.image.slits)


Found = Mapping[Scope, Mapping[str, Measured]]
"""What was measured, by head and direction of the profile."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SlitSet:
    """A set as measured, with what was checked and remarked."""

    found: Found
    preconditions: tuple[Precondition, ...]
    notes: tuple[Note, ...]


def asked_by(
    variant: str,
    parameters: SlitParameters,
    clause: str,
    *,
    edge_mm: float | None = None,
    minimum_rate_cps: float | None = None,
) -> SlitClause:
    """Return what a text asks of the image of a mask."""
    iec = variant == IEC
    return SlitClause(
        clause=clause,
        nuclides=photopeaks((parameters.nuclide,)),
        window_width_percent=IEC_WINDOW_PERCENT if iec else parameters.window_width_percent,
        strict_window=iec,
        pixel_warns=IEC_PIXEL if iec else NEMA_PIXEL,
        pixel_voids=NEMA_PIXEL if iec else COARSEST_PIXEL,
        by_diagonal=iec,
        edge_mm=edge_mm,
        minimum_rate_cps=minimum_rate_cps,
    )


def measure_set(inputs: Inputs, parameters: SlitParameters, asked: SlitClause) -> SlitSet:
    """Measure every head in the images that are given, one direction or both.

    Raises
    ------
    UnsuitableAcquisitionError
        If there is no image, one shows no slit mask at all, or slits that run the other way.
    """
    iec = inputs.variant == IEC
    mask = Mask(
        pitch_mm=parameters.pitch_mm,
        tolerance_mm=parameters.pitch_tolerance_mm,
        parabola=not iec,
        by_field=iec,
    )
    found: dict[Scope, dict[str, Measured]] = {}
    preconditions: list[Precondition] = []
    notes: list[Note] = []
    # One direction alone is measured too, and its numbers say so; none is refused.
    for role in [r for r in ROLES if inputs.all(r.name)] or ROLES:
        (acquisition,) = every(inputs, role, FrameStack)
        heads, left_out = on_a_photopeak(acquisition, single_frames(acquisition), asked.nuclides)
        notes += left_out
        seen, onlookers, voided = _heads(acquisition, heads, role, parameters, mask, asked.clause)
        notes += onlookers
        preconditions += voided
        for measured in seen:
            found.setdefault(measured.head.scope, {})[measured.image.slits.direction] = measured
            scope = measured.scope
            preconditions += frame_conditions(
                acquisition, measured.head, measured.pixel_mm, parameters, asked, scope
            )
            preconditions += slit_conditions(
                measured.image, measured.chosen, parameters, asked, scope
            )
            notes += _remarks(measured)
    for scope, images in found.items():
        preconditions.append(both_directions(len(images), scope=scope, clause=asked.clause))
    return SlitSet(
        found={scope: dict(sorted(images.items())) for scope, images in found.items()},
        preconditions=tuple(dict.fromkeys(preconditions)),
        notes=tuple(notes),
    )


def of_the_mask(measured: Measured) -> list[Measurement]:
    """Return the numbers of one image that tell how it was taken."""
    image = measured.image
    calibration = image.fields[UFOV].mm_per_pixel
    return measurements(
        measured.scope,
        [
            ("mm_per_pixel", calibration.value, calibration.uncertainty),
            ("tilt_deg", image.tilt_deg, None),
            ("peak_counts", min(f.peak_counts for f in image.fields.values()), None),
            *((f"n_lsf_{name}", float(len(f.spreads)), None) for name, f in image.fields.items()),
        ],
    )


MASK_METRICS = (
    ("mm_per_pixel", "mm", "D/S", "Millimetres per pixel", "每像素毫米数", 4),
    ("tilt_deg", "deg", "alpha", "Tilt of the slits", "狭缝倾斜角", 2),
    ("peak_counts", "{counts}", "C_m", "Lowest peak of a slit in a strip", "最低峰值计数", 0),
    ("n_lsf_ufov", "1", "n_u", "Line-spread functions in the UFOV", "线扩展函数数目（UFOV）", 0),
    ("n_lsf_cfov", "1", "n_c", "Line-spread functions in the CFOV", "线扩展函数数目（CFOV）", 0),
)
"""Rows of the metrics of :func:`of_the_mask`."""


def _heads(
    acquisition: FrameStack,
    heads: tuple[HeadCounts, ...],
    role: Role,
    parameters: SlitParameters,
    mask: Mask,
    clause: str,
) -> tuple[list[Measured], list[Note], list[Precondition]]:
    """Measure every head that shows a mask; the other head looked on, or the image is a wrong one."""
    pixel_mm = pixel_spacing_mm(acquisition, parameters.pixel_spacing_mm)

    def measure(head: HeadCounts, slits: Slits) -> Measured:
        if slits.direction != PROFILE[role.name]:
            along = {"x": "Y", "y": "X"}[slits.direction]
            raise UnsuitableAcquisitionError(
                f"the slits run along {along}, but are given as {role.name}",
                quantity="direction of the slits",
                value=along,
                bound=role.name,
            )
        chosen = _chosen(acquisition, head, slits, parameters)
        image = measure_slits(slits, chosen.field, mask)
        return Measured(head=head, pixel_mm=pixel_mm, image=image, chosen=chosen)

    return shown_by_heads(
        heads,
        lambda head: find_slits(head.counts, pixel_mm, mask.pitch_mm),
        measure,
        code="HEAD_WITHOUT_SLITS",
        clause=clause,
        direction=PROFILE[role.name],
    )


def _chosen(
    acquisition: FrameStack, head: HeadCounts, slits: Slits, parameters: SlitParameters
) -> ChosenField:
    configured = parameters.configured_field()
    if configured is not None:
        return ChosenField(field=configured, source=FieldSource.CONFIGURED)
    smeared, block_mm, middle = as_flood(slits)
    return choose_field(
        None,
        acquisition.detector(head.detector),
        smeared,
        block_mm,
        middle,
        _scope(head, slits),
    )


def _scope(head: HeadCounts, slits: Slits) -> Scope:
    return Scope.of(
        detector=head.detector, energy_window=head.energy_window, direction=slits.direction
    )


def _remarks(measured: Measured) -> list[Note]:
    """Return what was done that is not seen in the numbers."""
    image, notes = measured.image, list(measured.chosen.notes)
    if image.parabola:
        notes.append(
            Note(
                code="PARABOLA",
                message=f"the pixel is {image.pixel_in_fwhm:.2f} FWHM, more than {FINE_PIXEL:g}: the"
                " peaks are vertices of parabolas (E.1.4)",
                scope=measured.scope,
            )
        )
    short = sum(len(f.spreads) - f.tenth.size for f in image.fields.values())
    if short:
        notes.append(
            Note(
                code="TENTH_NOT_REACHED",
                message=f"{short} line-spread functions do not fall to a tenth within half a pitch and"
                " are left out of FWTM",
                scope=measured.scope,
                values={"line_spread_functions": short},
            )
        )
    return notes

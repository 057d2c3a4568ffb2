"""What the texts ask of the registration of windows, and what a person states."""

from __future__ import annotations

from dataclasses import dataclass

Place = tuple[float, float]
"""(y, x)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What one text asks for.

    Attributes
    ----------
    lines_kev
        Photopeaks as the text writes them.
    windows
        How many of them there have to be.
    shares
        Distances of the places from the middle, in half sides of the UFOV, along both axes.
    window_percent
        Width of the windows; None where the maker decides.
    largest_pixel_mm
        None where the resolution decides.
    peak_counts, image_counts
        Least counts of the highest pixel, and of an image; None where the text has none.
    least_half_px
        Pixels to both sides of the highest one that a centroid takes at least.
    """

    clause: str
    lines_kev: tuple[float, ...]
    windows: int
    shares: tuple[float, ...]
    window_percent: float | None
    largest_pixel_mm: float | None
    peak_counts: float | None
    image_counts: float | None
    least_half_px: int

    @property
    def nominal(self) -> tuple[Place, ...]:
        """The places in half sides of the UFOV."""
        signed = [sign * share for share in self.shares for sign in (-1.0, 1.0)]
        return ((0.0, 0.0), *((0.0, s) for s in signed), *((s, 0.0) for s in signed))


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What a person states: half sides of the UFOV, resolution, tolerance, largest rate."""

    half_ufov_mm: Place | None
    intrinsic_fwhm_mm: float | None
    tolerance_mm: float
    maximum_rate_cps: float


NEMA = Asked(
    clause="NEMA NU 1-2007 2.5 (GB/T 18989-2013 E.5)",
    lines_kev=(93.3, 184.6, 300.2),
    windows=2,
    shares=(0.4, 0.8),
    window_percent=None,
    largest_pixel_mm=2.5,
    peak_counts=1_000.0,
    image_counts=None,
    least_half_px=1,
)

IEC = Asked(
    clause="IEC 60789 / GB/T 18989-2013 3.5",
    lines_kev=(93.0, 184.0, 296.0),
    windows=3,
    shares=(0.75,),
    window_percent=20.0,
    largest_pixel_mm=None,
    peak_counts=None,
    image_counts=10_000.0,
    least_half_px=5,
)

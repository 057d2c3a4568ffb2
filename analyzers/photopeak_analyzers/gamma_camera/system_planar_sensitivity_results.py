"""Numbers of the planar sensitivity: of the distance of the clause, by distance, between the heads."""

from __future__ import annotations

from collections.abc import Sequence

from photopeak_analyzers.contract import Measurement, Note, Scope
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.gamma_camera.dish_images import DishImage
from photopeak_analyzers.gamma_camera.sensitivity_budget import COUNTING, Sensitivity
from photopeak_analyzers.gamma_camera.system_planar_sensitivity_texts import IEC, NEMA, Asked
from photopeak_analyzers.shorthand import measurements

PER_MICROCURIE_MINUTE = 0.037 * 60.0
"""Counts/min/uCi of one count/s/MBq: 1 mCi is 37 MBq."""


def at_the_distance(images: tuple[DishImage, ...], asked: Asked) -> tuple[DishImage, ...]:
    """Return the image of each head that the clause means: the nearest to its distance.

    Raises
    ------
    UnsuitableAcquisitionError
        If two of one head are both within the tolerance.
    """

    def miss(image: DishImage) -> float:
        told = image.distance_mm is not None
        return abs((image.distance_mm or 0.0) - asked.distance_mm) if told else 0.0

    by_head: dict[Scope, list[DishImage]] = {}
    for image in images:
        by_head.setdefault(image.scope, []).append(image)
    for scope, candidates in by_head.items():
        near = sum(miss(each) <= asked.distance_tolerance_mm for each in candidates)
        if near > 1:
            raise UnsuitableAcquisitionError(
                f"{near} images of {candidates[0].head.subject} are at {asked.distance_mm:g} mm or"
                " do not tell their distance, needs 1",
                quantity=f"images of {dict(scope.items)} at the distance of the clause",
                value=near,
                bound=1,
            )
    return tuple(min(candidates, key=miss) for candidates in by_head.values())


def numbers_of(image: DishImage, number: Sensitivity, variant: str) -> list[Measurement]:
    """Return the numbers of one head at the distance of the clause."""
    value, u = number.value, number.uncertainty
    below = image.background
    key = "s_tot" if variant == NEMA.name else "system_planar_sensitivity"
    per_bq = variant == IEC.name
    return measurements(
        image.scope,
        (
            (key, value, u),
            (
                "sensitivity_per_bq",
                1e-6 * value if per_bq else None,
                None if u is None else 1e-6 * u,
            ),
            (
                "sensitivity_cpm_per_uci",
                PER_MICROCURIE_MINUTE * value,
                None if u is None else PER_MICROCURIE_MINUTE * u,
            ),
            ("gross_sensitivity", None if below is None else number.gross, None),
            ("net_rate_cps", number.rate.value, number.rate.uncertainty),
            ("rate_at_calibration_cps", number.rate_at_calibration, None),
            (
                "background_cps",
                None if below is None else below.value,
                None if below is None else below.uncertainty,
            ),
            ("image_counts", image.head.total, image.head.total**0.5),
            ("activity_in_image_mbq", number.activity_mbq, None),
        ),
    )


def at_a_distance(image: DishImage, number: Sensitivity) -> list[Measurement]:
    """Return the sensitivity at the distance of an image."""
    if image.distance_mm is None:
        return []
    row = ("sensitivity_at_distance", number.value, number.uncertainty)
    return measurements(image.scope_at_distance, [row])


def head_differences(chosen: Sequence[tuple[DishImage, Sensitivity]]) -> list[Measurement]:
    """Compare the heads in each window: (largest - smallest) / largest.

    They have the activity in common, so only counting tells them apart by chance.
    """
    by_window: dict[Scope, list[Sensitivity]] = {}
    for image, number in chosen:
        window = Scope.of(energy_window=image.head.energy_window)
        by_window.setdefault(window, []).append(number)
    found = []
    for scope, heads in by_window.items():
        if len(heads) < 2:
            continue
        low, high = (pick(heads, key=lambda each: each.value) for pick in (min, max))
        quotient = low.value / high.value
        share = sum(
            c.standard**2
            for each in (low, high)
            for c in each.budget.components
            if c.name == COUNTING
        )
        found += measurements(
            scope,
            [("head_difference_pct", 100.0 * (1.0 - quotient), 100.0 * quotient * share**0.5)],
        )
    return found


def background_notes(image: DishImage, number: Sensitivity, asked: Asked) -> list[Note]:
    """Say that a background was taken off where the clause prints none."""
    below = image.background
    if below is None or asked.background:
        return []
    share = 100.0 * below.value / (number.rate.value + below.value)
    return [
        Note(
            code="BACKGROUND_TAKEN_OFF",
            message=f"{image.head.subject}: {below.value:.1f} counts/s of background ({share:.1f} %)"
            " are taken off, which the clause does not print; gross_sensitivity leaves them in",
            scope=image.scope,
            values={"background_cps": below.value, "share_percent": share},
        )
    ]

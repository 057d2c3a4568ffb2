"""Metrics of the uniformity tests, and the measurements that are made of the numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from photopeak_analyzers import shorthand
from photopeak_analyzers.contract import Measurement, Metric, Scope
from photopeak_analyzers.gamma_camera.uniformity import (
    DEVIATION_LEVELS_PERCENT,
    DifferentialUniformity,
    Direction,
    Extremes,
    PreparedFlood,
    Text,
    differential_uniformity,
    distribution,
    group_extremes,
    integral_uniformity,
)
from photopeak_analyzers.gamma_camera.uniformity_noise import FieldNoise, Spread
from photopeak_analyzers.shorthand import MetricRow, NumberRow

FIELDS = ("ufov", "cfov")
"""Fields of view, as they end the keys of metrics."""

LEVELS = tuple(f"{level:g}".replace(".", "_") for level in DEVIATION_LEVELS_PERCENT)
"""Deviations of the distribution, as they stand in keys: 10, 5, 2_5."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldNumbers:
    """Uniformity of one field of view."""

    integral: Extremes
    differential: DifferentialUniformity
    distribution: tuple[float, ...]
    pixels: int


def numbers_of(prepared: PreparedFlood, text: Text) -> dict[str, FieldNumbers]:
    """Return the uniformity of the UFOV and of the CFOV; both from the same smoothed image."""
    groups = {direction: group_extremes(prepared.smoothed, direction) for direction in Direction}
    return {
        name: FieldNumbers(
            integral=integral_uniformity(prepared.smoothed, mask),
            differential=differential_uniformity(prepared.smoothed, mask, text, groups),
            distribution=distribution(prepared.smoothed, mask) if text is Text.IEC else (),
            pixels=int(np.count_nonzero(mask)),
        )
        for name, mask in zip(FIELDS, (prepared.ufov, prepared.cfov), strict=True)
    }


def metrics(*, infix: str, index: str, clause: str) -> tuple[Metric, ...]:
    """Return the description of every number of a uniformity test.

    Parameters
    ----------
    infix
        Stands in the keys behind ``iu_``, ``du_`` and ``eps_``: empty or ``sys_``.
    index
        Last index of the symbols of the standard: ``i`` intrinsic, ``s`` system.
    clause
        Where the standards define them.
    """
    rows: list[MetricRow] = []

    def add(key: str, unit: str, symbol: str, label: str, label_zh: str, decimals: int) -> None:
        rows.append((key, unit, symbol, label, label_zh, decimals))

    for fov in FIELDS:
        name, name_zh = fov.upper(), {"ufov": "有效视野", "cfov": "中心视野"}[fov]
        sub = fov[0] + index
        add(
            f"iu_{infix}{fov}",
            "%",
            f"IU_{sub}",
            f"Integral uniformity {name}",
            f"积分均匀性 {name_zh}",
            1,
        )
        add(
            f"du_{infix}{fov}",
            "%",
            f"DU_{sub}",
            f"Differential uniformity {name}",
            f"微分均匀性 {name_zh}",
            1,
        )
        for axis in "xy":
            add(
                f"du_{infix}{axis}_{fov}",
                "%",
                f"DU_{sub},{axis.upper()}",
                f"Differential uniformity {name} along {axis.upper()}",
                f"微分均匀性 {name_zh} {axis.upper()} 方向",
                1,
            )
        for level, key in zip(DEVIATION_LEVELS_PERCENT, LEVELS, strict=True):
            add(
                f"eps_{infix}{key}_{fov}",
                "%",
                f"eps_{sub},{level:g}%",
                f"Pixels of the {name} off the mean by more than {level:g} %",
                f"{name_zh}内偏离平均计数超过 {level:g}% 的像素",
                1,
            )
        add(
            f"noise_floor_iu_{fov}",
            "%",
            f"IU_{sub},noise",
            f"Integral uniformity {name} of a perfect detector at these counts",
            f"积分均匀性 {name_zh} 统计噪声下限",
            2,
        )
        add(
            f"noise_floor_du_{fov}",
            "%",
            f"DU_{sub},noise",
            f"Differential uniformity {name} of a perfect detector at these counts",
            f"微分均匀性 {name_zh} 统计噪声下限",
            2,
        )
        add(
            f"noise_bias_iu_{fov}",
            "%",
            f"dIU_{sub}",
            f"Integral uniformity {name}: share due to noise",
            f"积分均匀性 {name_zh} 噪声偏差",
            2,
        )
        add(
            f"noise_bias_du_{fov}",
            "%",
            f"dDU_{sub}",
            f"Differential uniformity {name}: share due to noise",
            f"微分均匀性 {name_zh} 噪声偏差",
            2,
        )
        add(
            f"n_pixels_{fov}",
            "{pixels}",
            f"n_{fov[0]}",
            f"Analysed pixels of the {name}",
            f"{name_zh}内分析像素数",
            0,
        )
    add(
        "mean_counts",
        "{counts}",
        "C_mean",
        "Mean counts per analysed pixel of the UFOV",
        "有效视野内每像素平均计数",
        0,
    )
    add("centre_counts", "{counts}", "C_0", "Counts in the centre pixel", "中心像素计数", 0)
    add("total_counts", "{counts}", "N", "Counts in the image", "图像总计数", 0)
    add("rate_cps", "{counts}/s", "R", "Count rate", "计数率", 0)
    add("pixel_mm", "mm", "p", "Side of the analysed pixel", "分析像素边长", 2)
    add(
        "binning_factor",
        "1",
        "n",
        "Pixels of the image per side of an analysed pixel",
        "像素合并倍数",
        0,
    )
    add(
        "dead_pixels",
        "{pixels}",
        "n_0",
        "Pixels inside the UFOV without a count",
        "有效视野内零计数像素数",
        0,
    )
    return shorthand.metrics(clause, *rows)


def measurements_of(
    numbers: dict[str, FieldNumbers],
    noise: tuple[FieldNoise, FieldNoise],
    *,
    infix: str,
    text: Text,
    scope: Scope,
) -> list[Measurement]:
    """Return the measurements of both fields of view."""
    found: list[NumberRow] = []

    def add(key: str, value: float, spread: Spread | None = None) -> None:
        found.append((key, value, None if spread is None else spread.uncertainty))

    for (fov, field), effect in zip(numbers.items(), noise, strict=True):
        add(f"iu_{infix}{fov}", field.integral.percent, effect.integral)
        add(f"du_{infix}{fov}", field.differential.percent, effect.differential)
        if text is Text.NEMA:
            add(f"du_{infix}x_{fov}", field.differential.x.percent, effect.differential_x)
            add(f"du_{infix}y_{fov}", field.differential.y.percent, effect.differential_y)
        for key, share in zip(LEVELS, field.distribution, strict=False):
            add(f"eps_{infix}{key}_{fov}", share)
        add(f"noise_floor_iu_{fov}", effect.floor_integral)
        add(f"noise_floor_du_{fov}", effect.floor_differential)
        add(f"noise_bias_iu_{fov}", effect.integral.bias)
        add(f"noise_bias_du_{fov}", effect.differential.bias)
        add(f"n_pixels_{fov}", float(field.pixels))
    return shorthand.measurements(scope, found)


def counted(
    *,
    scope: Scope,
    total: float,
    prepared: PreparedFlood,
    centre_counts: float,
    centre_pixels: int,
    rate_cps: float | None,
    duration_s: float | None,
    pixel_mm: float,
    factor: int,
) -> list[Measurement]:
    """Return the measurements that say what was counted, with their Poisson uncertainties."""
    analysed = prepared.counts[prepared.ufov]
    in_field = float(analysed.sum())
    found: list[NumberRow] = [
        ("total_counts", total, math.sqrt(total)),
        ("mean_counts", in_field / analysed.size, math.sqrt(in_field) / analysed.size),
        ("centre_counts", centre_counts, math.sqrt(centre_counts / centre_pixels)),
        ("pixel_mm", pixel_mm, None),
        ("binning_factor", float(factor), None),
        ("dead_pixels", float(len(prepared.dead)), None),
    ]
    if rate_cps is not None and duration_s is not None:
        found.append(("rate_cps", rate_cps, math.sqrt(total) / duration_s))
    return shorthand.measurements(scope, found)

"""Recovery coefficients: how much of the true concentration hot spheres show, by their size.

Four numbers for each sphere, all over the true concentration at the moment that the values refer to:

* ``rc_mean``: mean over the physical diameter, voxels at the rim by their share;
* ``rc_a50``: mean of the voxels above half of highest voxel plus background;
* ``rc_max``: highest voxel; ``rc_peak``: highest mean of a sphere of 1 mL.

With a filled background they stand for what is seen in clinical use, and ``rc_mean_net`` takes the
background off both sides. ``RC = 1 / (1 + (V0 / V)**b)`` is fitted to it, else to ``rc_mean``. Values in
Bq/mL are taken as they are; counts need the calibration factor and the time of the scan as readings.

The uncertainty holds activity, clock, half-life, volume, calibration factor, and the noise of the
voxels; without an uncertainty of the activity, or of a calibration factor, there is none.
"""

from __future__ import annotations

import math

import numpy as np

from photopeak_analyzers.acquisition import AcquisitionKind, Volume
from photopeak_analyzers.contract import (
    Analysis,
    Analyzer,
    Inputs,
    Measurement,
    Note,
    Role,
    Scope,
    Variant,
)
from photopeak_analyzers.given import one
from photopeak_analyzers.known_activity import (
    Filling,
    absolute,
    filling_of,
    nuclide_of,
    started,
)
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.numerics.sphere_recovery import values_of
from photopeak_analyzers.numerics.voxel_noise import VoxelNoise
from photopeak_analyzers.reference_moment import Moment, moment_note
from photopeak_analyzers.shorthand import measurements, metrics
from photopeak_analyzers.spect.hot_spheres import find_hot_spheres
from photopeak_analyzers.spect.quantity import SCAN_TIME, ValueUnit, moment_of, scan_of, unit_of
from photopeak_analyzers.spect.reconstruction import Reconstruction, reconstruction_of
from photopeak_analyzers.spect.recovery_curve import Recovery, RecoveryCurve, fit_recovery
from photopeak_analyzers.spect.spect_recovery_coefficients_conditions import (
    CLAUSE,
    RecoveryParameters,
    conditions_of,
)
from photopeak_analyzers.spect.spect_recovery_coefficients_figures import figures_of
from photopeak_analyzers.spect.spect_recovery_coefficients_readings import FACTOR, READINGS
from photopeak_analyzers.sphere_fillings import (
    background_filling,
    hypot_of_known,
    true_concentration,
)

SHARED = frozenset({"activity meter", "clocks", "half-life"})
"""Components of the uncertainty that are the same for two fillings of one day."""

RECONSTRUCTION = Role(
    name="reconstruction",
    kinds=frozenset({AcquisitionKind.VOLUME}),
    label="Slices of a phantom with hot spheres",
    hint="Body phantom with six spheres of one solution, with the corrections of the clinical protocol.",
)


def measure(inputs: Inputs, parameters: RecoveryParameters) -> Analysis:
    """Measure the recovery of every sphere."""
    volume = one(inputs, RECONSTRUCTION, Volume)
    nuclide = nuclide_of(volume.nuclide, parameters.nuclide)
    started_at, unit = started(volume), unit_of(volume, parameters.units)
    reconstruction = reconstruction_of(volume)
    scan = scan_of((), inputs, volume, nuclide)
    moment = moment_of(volume, unit, started_at, scan, parameters.decay_reference)
    filling = filling_of(inputs, nuclide, parameters)
    below = background_filling(inputs, nuclide, parameters)
    factor, factor_relative = _mbq_per_ml(inputs, unit, reconstruction)
    spheres = find_hot_spheres(reconstruction, parameters.diameters_mm, parameters.circle_mm)
    seen = values_of(
        reconstruction.values,
        reconstruction.voxel_mm,
        spheres.each(),
        spheres.noise,
        np.random.default_rng(parameters.seed),
        parameters.draws,
    )
    true, relative = true_concentration(filling, moment)
    shown = spheres.background * factor
    seen_relative = hypot_of_known(factor_relative, spheres.noise.of_mean_relative)
    ratio, ratio_relative, net_true, net_relative = None, None, None, None
    if below is not None:
        true_below, below_relative = true_concentration(below, moment)
        ratio, net_true = shown / true_below, true - true_below
        ratio_relative = hypot_of_known(seen_relative, below_relative)
        if net_true > 0.0:
            net_relative = _net_relative(filling, below, moment)
    found: list[Measurement] = []
    recoveries = []
    for sphere in seen:
        by_key = {
            "rc_mean": sphere.mean,
            "rc_a50": sphere.a50,
            "rc_max": sphere.highest,
            "rc_peak": sphere.peak,
        }
        rows = [
            (key, e.value * factor / true, _uncertainty(e, factor, true, relative, factor_relative))
            for key, e in by_key.items()
        ]
        net = None
        if net_true is not None and net_true > 0.0:
            excess = Estimate(
                value=sphere.mean.value - spheres.background,
                uncertainty=math.hypot(sphere.mean.uncertainty, spheres.noise.of_mean),
            )
            net = excess.value * factor / net_true
            u = _uncertainty(excess, factor, net_true, net_relative, factor_relative)
            rows.append(("rc_mean_net", net, u))
        found += measurements(Scope.of(sphere_mm=sphere.diameter_mm), rows)
        recoveries.append(
            Recovery(
                diameter_mm=sphere.diameter_mm,
                **{key: value for key, value, _ in rows if key != "rc_mean_net"},
                rc_mean_net=net,
            )
        )
    curve = _fitted(recoveries)
    found += measurements(
        Scope(),
        [
            ("true_concentration_kbq_per_ml", 1e3 * true, absolute(1e3 * true, relative)),
            ("background_kbq_per_ml", 1e3 * shown, _of_background(spheres.noise, factor, factor_relative)),
            ("background_ratio", ratio, absolute(ratio, ratio_relative)),
            ("background_noise_pct", _noise(spheres.background, spheres.noise.deviation), None),
        ],
    )  # fmt: skip
    if curve is not None:
        found += measurements(
            Scope(),
            [
                ("v0_ml", curve.v0_ml.value, curve.v0_ml.uncertainty),
                ("beta", curve.beta.value, curve.beta.uncertainty),
            ],
        )
    return Analysis(
        measurements=tuple(found),
        preconditions=conditions_of(
            volume,
            reconstruction,
            spheres,
            seen[0].mean,
            filling,
            below,
            ratio,
            moment,
            started_at,
            parameters,
        ),
        figures=figures_of(reconstruction, spheres, tuple(recoveries), curve),
        notes=(filling.source.note(), moment_note(moment), *_fit_notes(curve)),
    )


def _mbq_per_ml(
    inputs: Inputs, unit: ValueUnit, reconstruction: Reconstruction
) -> tuple[float, float | None]:
    """Return by what a value is multiplied to be MBq/mL, and its relative uncertainty if known.

    Raises
    ------
    MissingReadingError
        If values are counts, and calibration factor or time of the scan are not given.
    """
    if unit is ValueUnit.BQML:
        return 1e-6, 0.0
    voxel_ml = math.prod(reconstruction.voxel_mm) / 1000.0
    factor, duration_s = inputs.number(FACTOR), inputs.number(SCAN_TIME)
    u = inputs.readings[FACTOR].uncertainty
    return 1.0 / (factor * duration_s * voxel_ml), None if u is None else u / factor


def _uncertainty(
    shown: Estimate,
    factor: float,
    true: float,
    relative: float | None,
    factor_relative: float | None,
) -> float | None:
    if relative is None or factor_relative is None:
        return None
    recovery = shown.value * factor / true
    return math.hypot(
        shown.uncertainty * factor / true, recovery * relative, recovery * factor_relative
    )


def _net_relative(spheres: Filling, background: Filling, moment: Moment) -> float | None:
    """Return the relative uncertainty of what the spheres have beyond the background.

    Meter, clocks and half-life are the same for both and are taken off with it.
    """
    if not (spheres.measured and background.measured):
        return None
    at = (moment.at, moment.duration_s)
    true, below = spheres.mbq_per_ml(*at), background.mbq_per_ml(*at)
    pairs = zip(spheres.components(*at), background.components(*at), strict=True)
    terms = [
        true * mine.standard - below * other.standard
        if mine.name in SHARED
        else math.hypot(true * mine.standard, below * other.standard)
        for mine, other in pairs
    ]
    return math.hypot(*terms) / (true - below)


def _of_background(noise: VoxelNoise, factor: float, factor_relative: float | None) -> float | None:
    if factor_relative is None:
        return None
    return 1e3 * factor * math.hypot(noise.of_mean, noise.level * factor_relative)


def _noise(background: float, deviation: float) -> float | None:
    return 100.0 * deviation / background if background > 0.0 else None


def _fitted(recoveries: list[Recovery]) -> RecoveryCurve | None:
    return fit_recovery(
        np.array([each.volume_ml for each in recoveries]),
        np.array([each.fitted for each in recoveries]),
    )


def _fit_notes(curve: RecoveryCurve | None) -> list[Note]:
    if curve is not None:
        return []
    return [Note(code="NO_CURVE", message="no curve of recovery by volume fits the spheres")]


ANALYZER = Analyzer(
    id="spect_recovery_coefficients",
    title="Recovery coefficients",
    title_zh="断层恢复系数",
    version="1",
    variants=(Variant(name="local", title="Hot spheres of a body phantom", clause=CLAUSE),),
    roles=(RECONSTRUCTION,),
    readings=READINGS,
    metrics=metrics(
        CLAUSE,
        ("rc_mean", "1", "RC_mean", "Recovery, mean over the sphere", "恢复系数(球体均值)", 3),
        ("rc_a50", "1", "RC_A50", "Recovery, mean above half", "恢复系数(50%等高线均值)", 3),
        ("rc_max", "1", "RC_max", "Recovery, highest voxel", "恢复系数(最大体素)", 3),
        ("rc_peak", "1", "RC_peak", "Recovery, highest millilitre", "恢复系数(1 mL 峰值)", 3),
        ("rc_mean_net", "1", "RC_net", "Recovery, mean without the background", "恢复系数(扣除本底)", 3),
        ("v0_ml", "mL", "V_0", "Volume of half recovery", "半恢复体积", 2),
        ("beta", "1", "b", "Exponent of the recovery curve", "恢复曲线指数", 2),
        ("background_ratio", "1", "Q_B", "Background in the image over that filled in", "本底图像与真实浓度之比", 3),
        ("background_kbq_per_ml", "kBq/mL", "c_B", "Background in the image", "图像本底浓度", 3),
        ("background_noise_pct", "%", "COV_B", "Variation of the background", "本底变异系数", 1),
        ("true_concentration_kbq_per_ml", "kBq/mL", "c", "True concentration of the spheres", "球体真实活度浓度", 2),
    ),
    parameters=RecoveryParameters,
    measure=measure,
    figures=("spheres", "recovery", "table"),
)  # fmt: skip
"""The test, as registered."""

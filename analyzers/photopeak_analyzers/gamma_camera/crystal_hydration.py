"""Hydration of the crystal: spots of less light, seen with windows beside the photopeak.

Water that has crept into a crystal takes light away in small places. With the window on the photopeak,
nothing is missing; in a window on its lower half such a place is hot, on its upper half cold. Two
intrinsic floods of Tc-99m, one in each half, are divided by their means and compared:
``a = (L - H) / (L + H)``. A spot is told by being small (3 to 15 mm), by standing out of the noise
by five standard deviations, and by being hot below and cold above the photopeak at one place. What has the size of
a tube is tuning, and counted apart; what is hot in both floods is contamination, cold in both an
absorber. Practice; no standard has a text of it.

The uncertainty of a contrast is that of counting; the scale that fits best is some per cent low. A count
of spots has none: whether one that is just five standard deviations strong is there differs from one
pair of floods to the next, and in one pair of a hundred noise makes one.
"""

from __future__ import annotations

from dataclasses import dataclass

from photopeak_analyzers.acquisition import AcquisitionKind, FrameStack
from photopeak_analyzers.common_parameters import (
    CorrectionState,
    least_counts,
    pixel_spacing,
    refuse_above,
)
from photopeak_analyzers.contract import (
    Analysis,
    Analyzer,
    Inputs,
    Measurement,
    Precondition,
    Role,
    Scope,
    Variant,
    parameter,
)
from photopeak_analyzers.errors import AnalysisError, UnsuitableAcquisitionError
from photopeak_analyzers.figures import Figure
from photopeak_analyzers.gamma_camera.crystal_hydration_conditions import (
    head_refused,
    pair_conditions,
    series_conditions,
    unpaired,
)
from photopeak_analyzers.gamma_camera.crystal_hydration_figures import (
    asymmetry_figure,
    flood_figures,
    spots_figure,
)
from photopeak_analyzers.gamma_camera.field_parameters import FieldParameters
from photopeak_analyzers.gamma_camera.hydration_images import FloodPair, half_peaks, pair_of
from photopeak_analyzers.gamma_camera.hydration_spots import (
    Asymmetry,
    asymmetry,
    largest_by_noise,
)
from photopeak_analyzers.gamma_camera.uniformity import Text, integral_uniformity, prepare
from photopeak_analyzers.given import every
from photopeak_analyzers.numerics.binning import matrix_centre, nearest_factor, sum_blocks
from photopeak_analyzers.numerics.field_of_view import CFOV_SCALE
from photopeak_analyzers.shorthand import as_suffix, measurements, metrics
from photopeak_analyzers.source_conditions import photopeaks

LOCAL = Variant(
    name="local",
    title="Floods in the lower and in the upper half of the photopeak",
    clause="practice: floods in asymmetric windows for hydration of the crystal",
)
NUCLIDE = "Tc-99m"

MOST_LISTED = 30
"""Spots with numbers of their own; all are counted."""

_KINDS = frozenset({AcquisitionKind.PLANAR, AcquisitionKind.DYNAMIC})

LOW = Role(
    name="low",
    kinds=_KINDS,
    maximum=None,
    label="Flood in the lower half of the photopeak",
    hint="Intrinsic, such as 126 to 140 keV; one object may hold both windows.",
)
HIGH = Role(
    name="high",
    kinds=_KINDS,
    maximum=None,
    label="Flood in the upper half of the photopeak",
    hint="Intrinsic, such as 140 to 154 keV; one object may hold both windows.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HydrationParameters(FieldParameters):
    """The field, and what is taken for a spot."""

    pixel_spacing_mm: float | None = pixel_spacing()
    uniformity_correction: CorrectionState = parameter(  # noqa: RUF009 - a field
        CorrectionState.HEADER,
        doc="State of the uniformity correction, where the header does not tell; off is better.",
    )
    minimum_counts: float = least_counts(
        5_000.0, doc="Counts per analysed pixel of about 3 mm, on the average of the CFOV."
    )
    invalid_below_counts: float = least_counts(
        1_500.0, doc="Counts per analysed pixel below which a spot would not stand out."
    )
    threshold_sigma: float = parameter(
        5.0,
        doc="Standard deviations above which a spot stands out of the noise.",
        minimum=4.0,
        maximum=20.0,
    )
    margin_mm: float = parameter(
        12.0,
        doc="Border of the UFOV that is not looked at: the edge packing differs with the window.",
        unit="mm",
        minimum=0.0,
        maximum=50.0,
    )

    def __post_init__(self) -> None:
        FieldParameters.__post_init__(self)
        refuse_above(self, "invalid_below_counts", "minimum_counts")


def measure(inputs: Inputs, parameters: HydrationParameters) -> Analysis:
    """Compare the two floods of every head."""
    nuclides = photopeaks((NUCLIDE,))
    acquisitions = (*every(inputs, LOW, FrameStack), *every(inputs, HIGH, FrameStack))
    by_head, notes = half_peaks(acquisitions, nuclides)
    conditions: list[Precondition] = series_conditions(acquisitions, nuclides, LOCAL.clause)
    pairs: list[tuple[FloodPair, Asymmetry]] = []
    refusals: list[AnalysisError] = []
    for detector in sorted(by_head, key=lambda d: d or 0):
        try:
            pair = pair_of(
                detector,
                by_head[detector],
                parameters,
                stated_pixel_mm=parameters.pixel_spacing_mm,
                margin_mm=parameters.margin_mm,
            )
            if pair is None:
                conditions.append(unpaired(detector, by_head[detector], LOCAL.clause))
                continue
            pairs.append((pair, _asymmetry(pair, parameters)))
        except AnalysisError as refusal:
            refusals.append(refusal)
            conditions.append(head_refused(refusal, detector, LOCAL.clause))
    if refusals and not pairs:
        raise refusals[0]
    if not pairs:
        raise UnsuitableAcquisitionError(
            f"{len(by_head)} heads have a flood beside the photopeak, and none has one below and"
            " one above it: needs both, 4 % or more beside it",
            quantity="heads with both floods",
            value=0,
            bound=1,
        )
    numbers: list[Measurement] = []
    figures: list[Figure] = []
    for pair, found in pairs:
        conditions += pair_conditions(pair, found, parameters, LOCAL.clause)
        notes += pair.chosen.notes
        numbers += _numbers(pair, found)
        suffix = as_suffix(pair.scope) if len(pairs) > 1 else ""
        figures += [
            asymmetry_figure(pair, found, suffix),
            *flood_figures(pair, found, suffix),
            spots_figure(pair, found, suffix),
        ]
    return Analysis(
        measurements=tuple(numbers),
        preconditions=tuple(dict.fromkeys(conditions)),
        figures=tuple(figures),
        notes=tuple(notes),
    )


def _asymmetry(pair: FloodPair, parameters: HydrationParameters) -> Asymmetry:
    return asymmetry(
        pair.counts, pair.ufov, pair.cfov, pair.pixel_mm, threshold=parameters.threshold_sigma
    )


def _numbers(pair: FloodPair, found: Asymmetry) -> list[Measurement]:
    strongest = max(found.spots, key=lambda s: s.spot.amplitude, default=None)
    contrast = None if strongest is None else 100.0 * strongest.spot.amplitude
    u = None if strongest is None else 100.0 * strongest.spot.uncertainty
    numbers = measurements(
        pair.scope,
        [
            ("n_spots", float(len(found.spots)), None),
            ("n_reversed_spots", float(len(found.reversed_spots)), None),
            ("n_common_spots", float(len(found.common)), None),
            ("n_wide_structures", float(found.wide), None),
            ("spot_contrast_max_pct", contrast, u),
            ("asymmetry_rms_pct", 100.0 * found.rms, 100.0 * found.rms_uncertainty),
            ("asymmetry_max_pct", 100.0 * found.largest, None),
            (
                "noise_floor_asymmetry_max_pct",
                100.0 * largest_by_noise(pair.counts, pair.ufov),
                None,
            ),
            ("asymmetry_tube_pct", 100.0 * found.large_rms, None),
            ("iu_low", _uniformity(pair, 0), None),
            ("iu_high", _uniformity(pair, 1), None),
        ],
    )
    for index, each in enumerate(found.spots[:MOST_LISTED]):
        numbers += measurements(
            Scope.of(**dict(pair.scope.items), spot=index + 1),
            [
                ("spot_x_mm", (each.spot.at[1] - pair.centre[1]) * pair.pixel_mm, None),
                ("spot_y_mm", (each.spot.at[0] - pair.centre[0]) * pair.pixel_mm, None),
                ("spot_fwhm_mm", each.spot.fwhm_mm, None),
                (
                    "spot_contrast_pct",
                    100.0 * each.spot.amplitude,
                    100.0 * each.spot.uncertainty,
                ),
                ("spot_z", each.spot.z, None),
            ],
        )
    return numbers


def _uniformity(pair: FloodPair, index: int) -> float | None:
    """Return the integral uniformity of one flood over the UFOV, as NEMA bins and smooths it."""
    factor = nearest_factor(max(pair.acquired_mm))
    if factor is None:
        return None
    counts = (pair.low, pair.high)[index].head.counts
    binned = sum_blocks(counts, factor)
    pixel_mm = (pair.acquired_mm[0] * factor, pair.acquired_mm[1] * factor)
    centre = (matrix_centre(counts.shape[0], factor), matrix_centre(counts.shape[1], factor))
    field = pair.chosen.field
    shape = (binned.shape[0], binned.shape[1])
    prepared = prepare(
        binned,
        field.mask(shape, pixel_mm, centre),
        field.scaled(CFOV_SCALE).mask(shape, pixel_mm, centre),
        Text.NEMA,
    )
    return integral_uniformity(prepared.smoothed, prepared.ufov).percent


ANALYZER = Analyzer(
    id="crystal_hydration",
    title="Hydration of the crystal",
    title_zh="晶体潮解检查",
    version="1",
    variants=(LOCAL,),
    roles=(LOW, HIGH),
    metrics=metrics(
        LOCAL.clause,
        ("n_spots", "1", "n", "Spots of hydration", "潮解斑点数", 0),
        ("n_reversed_spots", "1", "n_r", "Spots of the reverse sign", "反向斑点数", 0),
        ("n_common_spots", "1", "n_c", "Spots that are in both floods alike", "两窗同号斑点数", 0),
        ("n_wide_structures", "1", "n_w", "Structures of the size of a tube", "光电倍增管尺度结构数", 0),
        ("spot_contrast_max_pct", "%", "C_max", "Contrast of the strongest spot", "最强斑点对比度", 1),
        ("asymmetry_rms_pct", "%", "a_rms", "Asymmetry of the two floods, noise taken off", "两窗不对称度均方根（扣除噪声）", 2),
        ("asymmetry_max_pct", "%", "a_max", "Largest asymmetry, smoothed", "最大不对称度（平滑后）", 1),
        ("noise_floor_asymmetry_max_pct", "%", "a_0", "Largest asymmetry by noise alone", "最大不对称度噪声本底", 1),
        ("asymmetry_tube_pct", "%", "a_t", "Asymmetry of the size of a tube", "光电倍增管尺度不对称度", 2),
        ("iu_low", "%", "IU_L", "Integral uniformity below the photopeak, UFOV", "低能窗 UFOV 积分均匀性", 1),
        ("iu_high", "%", "IU_H", "Integral uniformity above the photopeak, UFOV", "高能窗 UFOV 积分均匀性", 1),
        ("spot_x_mm", "mm", "x", "Place of a spot along X", "斑点 X 坐标", 0),
        ("spot_y_mm", "mm", "y", "Place of a spot along Y", "斑点 Y 坐标", 0),
        ("spot_fwhm_mm", "mm", "FWHM", "Width of a spot", "斑点半高宽", 1),
        ("spot_contrast_pct", "%", "C", "Contrast of a spot", "斑点对比度", 1),
        ("spot_z", "1", "z", "Strength of a spot in standard deviations", "斑点显著性", 1),
    ),
    parameters=HydrationParameters,
    measure=measure,
    figures=("asymmetry", "low", "high", "spots"),
)  # fmt: skip
"""The test, as registered."""

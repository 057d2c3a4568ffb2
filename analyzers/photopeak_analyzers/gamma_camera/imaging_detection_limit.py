"""Detection limit of imaging: the smallest activity that shows, and the windows that show it best.

For nuclides of which little is given and little is seen (Ra-223, Th-227): a source of known activity
gives the sensitivity in a circle about it, a long background, of hours, the rate in the same circle.
From both follow decision threshold, detection limit and smallest activity for each energy window and
for sums of windows, and which of them has the largest figure of merit ``S**2 / b``.

The limit holds for an image of `imaging_s` of a source as large as this one, in air or in the phantom it
lay in, and for 5 % of false alarms and of misses. The uncertainty holds the counts with source and
without, activity, meter, clocks and geometry; without an uncertainty of the activity there is none.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from photopeak_analyzers.acquisition import AcquisitionKind, FrameStack
from photopeak_analyzers.activity import activity_readings, dispensed
from photopeak_analyzers.common_parameters import (
    clock_uncertainty,
    geometry_uncertainty,
    meter_uncertainty,
    pixel_spacing,
)
from photopeak_analyzers.contract import (
    Analysis,
    Analyzer,
    Inputs,
    Measurement,
    Note,
    Parameters,
    Precondition,
    Role,
    Variant,
    parameter,
)
from photopeak_analyzers.errors import ParameterError, UnsuitableAcquisitionError
from photopeak_analyzers.figures import Figure
from photopeak_analyzers.gamma_camera.imaging_detection_conditions import (
    CLAUSE,
    acquisition_conditions,
    head_conditions,
    window_conditions,
)
from photopeak_analyzers.gamma_camera.imaging_detection_figures import (
    region_figure,
    time_figure,
    windows_figure,
)
from photopeak_analyzers.gamma_camera.imaging_detection_images import HeadImages, head_images
from photopeak_analyzers.gamma_camera.imaging_detection_windows import (
    Channel,
    DetectionLimit,
    detection_limit,
    sums_of_windows,
)
from photopeak_analyzers.gamma_camera.sensitivity_budget import KnownSource
from photopeak_analyzers.given import every, one, pixel_spacing_mm
from photopeak_analyzers.nuclides import canonical_name, find
from photopeak_analyzers.shorthand import measurements, metrics

SOURCE = Role(
    name="source",
    kinds=frozenset({AcquisitionKind.PLANAR, AcquisitionKind.DYNAMIC}),
    label="Source of known activity",
    hint="One vial, syringe, dish or phantom, centred, in every energy window in question.",
)
BACKGROUND = Role(
    name="background",
    kinds=frozenset({AcquisitionKind.PLANAR, AcquisitionKind.DYNAMIC}),
    maximum=None,
    label="Background",
    hint="The same heads, windows and matrix without the source; for alpha emitters about ten hours.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectionLimitParameters(Parameters):
    """The image for which the limit holds, the region, and how well the activity is known."""

    nuclide: str | None = parameter(
        None, doc="Nuclide of the source, where the header does not name it."
    )
    imaging_s: float = parameter(
        1800.0,
        doc="Time of the image for which the detection limit is given.",
        unit="s",
        minimum=1.0,
        maximum=86_400.0,
    )
    region_diameter_mm: float = parameter(
        100.0,
        doc="Diameter of the circle about the source in which counts are taken.",
        unit="mm",
        minimum=10.0,
        maximum=600.0,
    )
    maximum_rate_cps: float = parameter(
        20_000.0,
        doc="Count rate of a window beyond which counts are lost.",
        unit="{counts}/s",
        minimum=1.0,
        maximum=1e7,
    )
    pixel_spacing_mm: float | None = pixel_spacing()
    clock_s: float = clock_uncertainty()
    activity_meter_percent: float | None = meter_uncertainty()
    geometry_percent: float = geometry_uncertainty()

    def __post_init__(self) -> None:
        Parameters.__post_init__(self)
        if self.nuclide is not None:
            find(self.nuclide)


def measure(inputs: Inputs, parameters: DetectionLimitParameters) -> Analysis:
    """Find what each head can see."""
    source = one(inputs, SOURCE, FrameStack)
    backgrounds = every(inputs, BACKGROUND, FrameStack)
    known = _known(inputs, source, parameters)
    pixel_mm = pixel_spacing_mm(source, parameters.pixel_spacing_mm)
    heads, notes = head_images(
        source, backgrounds, pixel_mm=pixel_mm, region_mm=parameters.region_diameter_mm
    )
    conditions: list[Precondition] = list(
        acquisition_conditions(source, backgrounds, known.source.nuclide)
    )
    found: list[Measurement] = []
    figures: list[Figure] = []
    for head in heads:
        limits = _limits(head, known, parameters, notes)
        conditions += head_conditions(head, backgrounds, parameters.region_diameter_mm)
        conditions += window_conditions(
            head,
            [limit.channel for limit in limits],
            imaging_s=parameters.imaging_s,
            maximum_rate_cps=parameters.maximum_rate_cps,
        )
        for limit in limits:
            found += _numbers(limit)
        if limits:
            notes += _best(limits)
            suffix = f"_detector_{head.detector}" if len(heads) > 1 else ""
            figures += [
                region_figure(head, parameters.region_diameter_mm, suffix),
                windows_figure(head, limits, suffix),
                time_figure(head, limits, suffix),
            ]
    if not found:
        raise UnsuitableAcquisitionError(
            "no energy window counts more with the source than without",
            quantity="windows that see the source",
            value=0,
            bound=1,
        )
    return Analysis(
        measurements=tuple(found),
        preconditions=tuple(dict.fromkeys(conditions)),
        figures=tuple(figures),
        notes=(known.source.note(), *notes),
    )


def _known(inputs: Inputs, source: FrameStack, parameters: DetectionLimitParameters) -> KnownSource:
    nuclide = canonical_name(parameters.nuclide) or source.nuclide
    if nuclide is None:
        raise ParameterError(
            "no header names the nuclide, and the parameter nuclide is not given",
            quantity="nuclide",
        )
    return KnownSource(
        source=dispensed(inputs, nuclide=nuclide, profile=inputs.variant, clock_s=0.0),
        clock_s=parameters.clock_s,
        meter_percent=parameters.activity_meter_percent,
        geometry_percent=parameters.geometry_percent,
    )


def _limits(
    head: HeadImages, known: KnownSource, parameters: DetectionLimitParameters, notes: list[Note]
) -> list[DetectionLimit]:
    """Return the limits of each window that sees the source, then of their sums."""
    seeing: list[Channel] = []
    for channel in head.channels():
        if channel.sees_the_source:
            seeing.append(channel)
        else:
            notes.append(
                Note(
                    code="SOURCE_NOT_SEEN",
                    message=f"energy window {channel.name} counts"
                    f" {channel.source_counts:.0f} with the source, not more than without: it has no"
                    " sensitivity",
                    scope=channel.scope,
                )
            )
    if not seeing:
        return []
    sums = sums_of_windows(seeing)
    if len(sums) < len(seeing) - 1:
        notes.append(
            Note(
                code="WINDOWS_NOT_ADDED",
                message="windows that overlap, or were measured for other times, are in no sum",
                scope=head.scope,
            )
        )
    return [_limit(channel, head, known, parameters.imaging_s) for channel in (*seeing, *sums)]


def _limit(
    channel: Channel, head: HeadImages, known: KnownSource, imaging_s: float
) -> DetectionLimit:
    activity = known.source.mean_activity(head.started_at, channel.source_s).value
    middle_s = (head.started_at - known.source.at).total_seconds() + channel.source_s / 2.0
    relative = math.hypot(*(c.contribution for c in known.components(middle_s)))
    return detection_limit(channel, activity, relative if known.measured else None, imaging_s)


def _numbers(limit: DetectionLimit) -> list[Measurement]:
    s, a, m = limit.relative or (None, None, None)

    def u(value: float | None, relative: float | None) -> float | None:
        return None if value is None or relative is None else abs(value) * relative

    channel = limit.channel
    u_b = max(channel.background_counts, 1.0) ** 0.5 / channel.background_s
    return measurements(
        channel.scope,
        (
            ("detection_limit_kbq", 1e3 * limit.limit_mbq, u(1e3 * limit.limit_mbq, a)),
            ("detection_limit_counts", limit.limit_counts, limit.limit_counts_u),
            ("decision_threshold_counts", limit.threshold_counts, limit.limit_counts_u / 2.0),
            ("sensitivity_in_region", limit.sensitivity, u(limit.sensitivity, s)),
            ("background_in_region_cps", channel.background_cps, u_b),
            ("figure_of_merit", limit.merit, u(limit.merit, m)),
        ),
    )


def _best(limits: list[DetectionLimit]) -> list[Note]:
    ranked = [limit for limit in limits if limit.merit is not None]
    if not ranked:
        return []
    best = max(ranked, key=lambda limit: limit.merit or 0.0)
    names = best.channel.name
    return [
        Note(
            code="BEST_WINDOWS",
            message=f"energy window {names} has the largest figure of merit; it shows"
            f" {1e3 * best.limit_mbq:.3g} kBq in {best.imaging_s:g} s",
            scope=best.channel.scope,
            values={"windows": names, "detection_limit_kbq": 1e3 * best.limit_mbq},
        )
    ]


ANALYZER = Analyzer(
    id="imaging_detection_limit",
    title="Detection limit of imaging",
    title_zh="成像探测下限",
    version="1",
    variants=(Variant(name="local", title="5 % of false alarms and of misses", clause=CLAUSE),),
    roles=(SOURCE, BACKGROUND),
    readings=activity_readings(),
    metrics=metrics(
        CLAUSE,
        ("detection_limit_kbq", "kBq", "A_LD", "Smallest activity that is seen", "最小可探测活度", 1),
        ("detection_limit_counts", "{counts}", "L_D", "Detection limit", "探测下限计数", 1),
        ("decision_threshold_counts", "{counts}", "L_C", "Decision threshold", "判断阈计数", 1),
        ("sensitivity_in_region", "{counts}/s/MBq", "S", "Sensitivity in the region", "感兴趣区灵敏度", 2),
        ("background_in_region_cps", "{counts}/s", "b", "Background rate in the region", "感兴趣区本底计数率", 4),
        ("figure_of_merit", "{counts}/s/MBq2", "S^2/b", "Figure of merit", "品质因数", 1),
    ),
    parameters=DetectionLimitParameters,
    measure=measure,
    figures=("region", "windows", "limit_by_time"),
)  # fmt: skip
"""The test, as registered."""

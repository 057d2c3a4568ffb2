"""Registration of the heads: whether all heads see three or more point sources at the same places.

The sources are followed through the views of each head
(:mod:`~photopeak_analyzers.spect.source_paths`) and a sine is fitted to each. From them follow, per head, the
offset of the axis of rotation, of each source and as their mean; and per further head, against the first:

* `head_dx_mm`: offset of the axis in the first head less that in this one;
* `head_dy_mm`: mean over the sources of the axial place in the first head less that in this one;
* `head_gain_ratio_x`, `_y`: distances of the sources in the first head over those in this one, across
  the axis and along it;
* `head_phase_diff_deg`: angle by which the sources of this head have to be turned, an error of the angle at
  which it projects back.

As the three sources of NEMA NU 1-2007 4.1: the largest deviation of the axis over sources and heads from its
mean, and the largest axial distance between two heads. A single head has its offsets, and a warning.

Signs are those of the images as stored: heads that face each other see one shift of the axis with opposite
signs (:mod:`~photopeak_analyzers.spect.center_of_rotation`). Uncertainties are those of
counting, or of the scatter over the sources where that is larger.
"""

from __future__ import annotations

import numpy as np

from photopeak_analyzers.acquisition import AcquisitionKind, Tomographic
from photopeak_analyzers.contract import (
    Analysis,
    Analyzer,
    Inputs,
    Measurement,
    Note,
    Precondition,
    Role,
    Scope,
    Variant,
)
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.figures import Figure
from photopeak_analyzers.frames_by_head import refuse_impossible
from photopeak_analyzers.given import one, pixel_spacing_mm
from photopeak_analyzers.heads_alone import heads_alone
from photopeak_analyzers.nuclides import imaged_lines_kev
from photopeak_analyzers.shorthand import NumberRow, as_suffix, in_words, measurements, metrics
from photopeak_analyzers.source_conditions import Photopeaks, on_a_photopeak
from photopeak_analyzers.spect.head_comparison import (
    HeadComparison,
    HeadPaths,
    compare,
    in_the_order_of,
)
from photopeak_analyzers.spect.multi_head_registration_conditions import (
    CLAUSE,
    MultiHeadRegistrationParameters,
    conditions_of,
    heads_to_compare,
)
from photopeak_analyzers.spect.multi_head_registration_figures import sinogram, table
from photopeak_analyzers.spect.rotation_views import Views, views_of
from photopeak_analyzers.spect.source_paths import SourcePath, follow_sources

LEAST_SOURCES = 3
"""Two sources on a line leave an angle and a scale undetermined by chance."""

ROLE = Role(
    name="views",
    kinds=frozenset({AcquisitionKind.TOMOGRAPHIC}),
    label="Views of several point sources by all heads",
    hint="Three to five point sources in air at different places along and across the axis, at least"
    " 32 views over 180 or 360 degrees with all heads, reconstruction corrections off.",
)


def measure(inputs: Inputs, parameters: MultiHeadRegistrationParameters) -> Analysis:
    """Compare all heads in every energy window on a photopeak."""
    acquisition = one(inputs, ROLE, Tomographic)
    refuse_impossible(acquisition.counts)
    pixel_mm = pixel_spacing_mm(acquisition, parameters.pixel_spacing_mm)
    chosen, notes = on_a_photopeak(acquisition, views_of(acquisition), _own(acquisition))
    found: list[Measurement] = []
    preconditions: list[Precondition] = []
    figures: list[Figure] = []
    windows = sorted({views.energy_window or 0 for views in chosen})
    for window in windows:
        heads, left_out, remarks = _heads(
            acquisition, [v for v in chosen if (v.energy_window or 0) == window], pixel_mm
        )
        preconditions += left_out
        notes += remarks
        found.extend(_of_heads(heads))
        scope = Scope.of(energy_window=heads[0].views.energy_window)
        for head in heads:
            frames = head.views.frames_of(acquisition)
            preconditions.extend(conditions_of(acquisition, head, frames, parameters))
            figures.append(sinogram(head, frames, as_suffix(head.views.scope)))
        preconditions.append(heads_to_compare(len(heads), scope))
        figures.append(table(heads, as_suffix(scope) if len(windows) > 1 else ""))
    return Analysis(
        measurements=tuple(found),
        preconditions=tuple(preconditions),
        figures=tuple(figures),
        notes=tuple(notes),
    )


def _own(acquisition: Tomographic) -> Photopeaks:
    nuclide = acquisition.nuclide
    lines = () if nuclide is None else imaged_lines_kev(nuclide)
    return {nuclide: lines} if nuclide is not None and lines else {}


def _heads(
    acquisition: Tomographic, chosen: list[Views], pixel_mm: tuple[float, float]
) -> tuple[tuple[HeadPaths, ...], list[Precondition], list[Note]]:
    """Return what each head saw, the sources in the order of the first head, and what was left out."""
    seen, notes, voided = heads_alone(
        chosen,
        lambda views: _paths(acquisition, views),
        looked_on=lambda views: not views.frames_of(acquisition).any(),
        clause=CLAUSE,
    )
    heads: list[HeadPaths] = []
    for views, paths in seen:
        head = HeadPaths(views=views, paths=paths, pixel_mm=pixel_mm)
        # Two heads that see other sources than each other cannot be compared, whichever is wrong.
        heads.append(in_the_order_of(heads[0], head) if heads else head)
    return tuple(heads), voided, notes


def _paths(acquisition: Tomographic, views: Views) -> tuple[SourcePath, ...]:
    paths = follow_sources(views.frames_of(acquisition), views)
    if len(paths) < LEAST_SOURCES:
        raise UnsuitableAcquisitionError(
            f"{len(paths)} sources are followed in {in_words(views.scope)},"
            f" needs {LEAST_SOURCES}; one source is for center_of_rotation",
            quantity="sources",
            value=len(paths),
            bound=LEAST_SOURCES,
        )
    return paths


def _of_heads(heads: tuple[HeadPaths, ...]) -> list[Measurement]:
    first, column_mm = heads[0], heads[0].pixel_mm[1]
    found: list[Measurement] = []
    for head in heads:
        cor = head.cor_mm
        found += measurements(
            head.views.scope,
            [
                ("cor_offset_mm", cor.value, cor.uncertainty),
                ("cor_offset_px", cor.value / column_mm, cor.uncertainty / column_mm),
                ("counts_per_view", min(float(p.centroids.counts.min()) for p in head.paths), None),
            ],
        )
        for number, path in enumerate(head.paths, start=1):
            sine = path.transaxial
            found += measurements(
                Scope.of(**dict(head.views.scope.items), source=number),
                [("cor_offset_px", sine.constant, sine.constant_uncertainty)],
            )
    compared = [compare(first, head) for head in heads[1:]]
    for head, each in zip(heads[1:], compared, strict=True):
        found += measurements(head.views.scope, _of_comparison(each))
    offsets = np.array([[p.transaxial.constant for p in h.paths] for h in heads]) * column_mm
    rows = np.array([h.places_mm[:, 2] for h in heads])
    return found + measurements(
        Scope.of(energy_window=first.views.energy_window),
        [
            ("cor_deviation_mm", float(np.abs(offsets - offsets.mean()).max()), None),
            ("axial_deviation_mm", float(np.ptp(rows, axis=0).max()), None),
            ("sources", float(len(first.paths)), None),
        ],
    )


def _of_comparison(each: HeadComparison) -> list[NumberRow]:
    rows: list[NumberRow] = [
        ("head_dx_mm", each.dx_mm.value, each.dx_mm.uncertainty),
        ("head_dy_mm", each.dy_mm.value, each.dy_mm.uncertainty),
        ("head_gain_ratio_x", each.gain_x.value, each.gain_x.uncertainty),
        ("head_phase_diff_deg", each.phase_deg.value, each.phase_deg.uncertainty),
    ]
    if each.gain_y is not None:
        rows.append(("head_gain_ratio_y", each.gain_y.value, each.gain_y.uncertainty))
    return rows


ANALYZER = Analyzer(
    id="multi_head_registration",
    title="Registration of the heads",
    title_zh="多探头配准",
    version="1",
    variants=(
        Variant(name="local", title="Point sources seen by all heads", clause=CLAUSE),
    ),
    roles=(ROLE,),
    metrics=metrics(
        CLAUSE,
        ("head_dx_mm", "mm", "dx", "Transaxial shift between heads", "探头间横向偏移", 2),
        ("head_dy_mm", "mm", "dy", "Axial shift between heads", "探头间轴向偏移", 2),
        ("head_gain_ratio_x", "1", "g_x", "Ratio of scales across the axis", "横向增益比", 4),
        ("head_gain_ratio_y", "1", "g_y", "Ratio of scales along the axis", "轴向增益比", 4),
        ("head_phase_diff_deg", "deg", "dphi", "Difference of the back-projection angle", "反投影角度差", 2),
        ("cor_offset_mm", "mm", "COR", "Offset of the axis of rotation", "旋转中心偏移", 2),
        ("cor_offset_px", "{pixels}", "COR", "Offset of the axis of rotation", "旋转中心偏移", 2),
        ("cor_deviation_mm", "mm", "D_COR", "Largest deviation of the axis, all sources and heads", "旋转中心最大偏差", 2),
        ("axial_deviation_mm", "mm", "D_y", "Largest axial distance between heads", "探头间最大轴向偏差", 2),
        ("counts_per_view", "{counts}", "N_min", "Counts of a source in its weakest view", "单帧最低点源计数", 0),
        ("sources", "1", "k", "Sources", "点源数", 0),
    ),
    parameters=MultiHeadRegistrationParameters,
    measure=measure,
    figures=("sinogram", "heads"),
)  # fmt: skip
"""The test, as registered."""

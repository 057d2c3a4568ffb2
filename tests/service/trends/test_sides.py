"""Which metrics are bad only when high."""

import pytest

from photopeak.model.judgement import Verdict
from photopeak.model.trends import Sides
from photopeak.trends.sides import sides_of
from support.trend_points import limit


@pytest.mark.parametrize(
    "metric",
    ["iu_ufov", "iu_sys_cfov", "du_x_ufov", "spect_iu_pct", "fwhm_ufov", "mean_fwhm_axial",
     "wb_fwtm_head", "ew_axis_ufov", "n_spots", "energy_resolution", "block_noise_n_out"],
)  # fmt: skip
def test_uniformities_widths_and_defects_are_bad_when_high(metric: str) -> None:
    assert sides_of(metric, [limit(lower=1.0, upper=2.0)]) is Sides.HIGH


@pytest.mark.parametrize(
    "metric", ["peak_shift_pct", "system_planar_sensitivity", "dx_mm", "constancy_pct", "view_rate"]
)
def test_others_are_bad_either_way(metric: str) -> None:
    assert sides_of(metric) is Sides.BOTH


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ([limit(upper=2.0)], Sides.HIGH),
        ([limit(warn_upper=2.0)], Sides.HIGH),
        ([limit(upper=2.0), limit(lower=1.0)], Sides.BOTH),
        ([limit(lower=1.0)], Sides.BOTH),
        ([limit()], Sides.BOTH),
    ],
)
def test_what_is_limited_above_alone_is_bad_when_high(
    limits: list[Verdict], expected: Sides
) -> None:
    assert sides_of("background_cps", limits) is expected

"""Which field of view a flood is analysed in: configured, declared by the header, or estimated."""

import numpy as np
import pytest

from photopeak_analyzers.gamma_camera.intrinsic_uniformity import ANALYZER
from photopeak_analyzers.numerics.field_of_view import FieldOfView, Shape
from photopeak_analyzers.simulation.floods import (
    EdgePacking,
    FloodCamera,
    acquisition,
)
from support.floods import LIT, analyze, flat, notes, precondition, value, with_header


# Field of view -------------------------------------------------------------------------------
def test_a_configured_field_goes_before_the_header():
    analysis = analyze(ANALYZER, flat(camera=LIT), ufov_width_mm=400.0, ufov_height_mm=300.0)

    assert precondition(analysis, "PC_UFOV").value == "configured"
    # 62.5 x 46.875 pixels: 62 + 0.25 + 0.25 columns are 62, 46 + 0.4375 * 2 rows are 46.
    assert value(analysis, "n_pixels_ufov") == 62 * 46


def test_the_header_is_taken_as_width_then_height():
    analysis = analyze(ANALYZER, flat(camera=LIT))

    assert precondition(analysis, "PC_UFOV").value == "header"
    assert value(analysis, "n_pixels_ufov") == 80 * 60
    assert value(analysis, "n_pixels_cfov") == 60 * 46  # 45 rows, the ends by exactly one half


@pytest.mark.parametrize(
    ("header", "why"),
    [
        ({"detector_zoom": 1.4557}, "at zoom 1.4557"),
        ({"detector_field_of_view_mm": (0.0, 0.0)}, "is no detector"),
        ({"detector_field_of_view_mm": (5320.0, 3860.0)}, "is no detector"),
        ({"detector_field_of_view_mm": (float("nan"), 386.0)}, "is no detector"),
        ({"detector_field_of_view_shape": "HEXAGONAL"}, "HEXAGONAL of 512 x 384 mm"),
        ({"detector_zoom": None, "detector_field_of_view_mm": (640.0, 384.0)}, "at unknown zoom"),
    ],
)
def test_a_header_that_cannot_be_trusted_is_passed_over_with_its_reason(header, why):
    analysis = analyze(ANALYZER, with_header(flat(), **header))

    assert precondition(analysis, "PC_UFOV").value == "estimated from the image"
    assert why in notes(analysis, "UFOV_HEADER_IGNORED")[0].message


def test_a_field_at_unknown_zoom_is_used_with_a_warning():
    analysis = analyze(ANALYZER, with_header(flat(), detector_zoom=None))

    ufov = precondition(analysis, "PC_UFOV")
    assert (ufov.outcome, ufov.severity) == ("unknown", "soft")
    assert notes(analysis, "UFOV_ZOOM_UNKNOWN")
    assert analysis.valid


def test_a_field_taken_from_the_image_warns_and_can_be_forbidden():
    flood = flat(declare_field=False)

    daily = analyze(ANALYZER, flood)
    status = analyze(ANALYZER, flood, ufov_must_be_known=True)

    assert precondition(daily, "PC_UFOV").severity == "soft"
    (note,) = notes(daily, "UFOV_ESTIMATED")
    assert note.values["width_mm"] == pytest.approx(0.95 * 512.0)
    assert note.unfit_for == ("acceptance", "status")
    assert daily.valid
    assert [p.code for p in status.failed] == ["PC_UFOV"]


def test_a_round_field_is_read_from_the_header():
    camera = FloodCamera(
        columns=64, ufov=FieldOfView(shape=Shape.CIRCLE, width_mm=380.0, height_mm=380.0)
    )

    analysis = analyze(ANALYZER, flat(camera=camera))

    assert precondition(analysis, "PC_UFOV").value == "header"
    # The rim of the lit disk loses its neighbours of zero: one ring of 6.4 mm all around.
    assert value(analysis, "n_pixels_ufov") == pytest.approx(
        np.pi * (190 - 6.4) ** 2 / 6.4**2, rel=0.02
    )


def test_edge_packing_stays_outside_of_the_declared_field():
    # The crystal reaches 20 mm beyond the UFOV and is 18 % too bright in its outer 20 mm.
    crystal = FieldOfView(width_mm=552.0, height_mm=400.0)
    camera = FloodCamera(ufov=FieldOfView(width_mm=512.0, height_mm=360.0), crystal=crystal)
    packing = EdgePacking(outer=crystal, width_mm=15.0, gain=0.4)

    declared = analyze(ANALYZER, flat(11_000.0, packing, camera=camera))
    whole = analyze(
        ANALYZER,
        flat(11_000.0, packing, camera=camera),
        ufov_width_mm=552.0,
        ufov_height_mm=400.0,
    )

    assert value(declared, "iu_ufov") < 1e-3
    assert value(whole, "iu_ufov") > 10.0


@pytest.mark.parametrize(("width_mm", "valid"), [(512.0, True), (640.0, False)])
def test_a_field_that_does_not_fit_the_flood_is_a_mismatch(width_mm, valid):
    analysis = analyze(ANALYZER, flat(), ufov_width_mm=width_mm, ufov_height_mm=384.0)

    mismatch = precondition(analysis, "UFOV_MISMATCH", "pixels of the UFOV")
    assert (mismatch.outcome == "met") is valid
    assert mismatch.upper == 10.0
    assert analysis.valid is valid


def test_a_field_beyond_the_matrix_is_a_mismatch():
    camera = FloodCamera(rows=64, columns=64, crystal=FieldOfView(width_mm=600.0, height_mm=600.0))

    analysis = analyze(ANALYZER, flat(camera=camera))

    # 80 columns are declared, 64 are there: one in five is missing, and nothing else.
    assert precondition(analysis, "UFOV_MISMATCH", "pixels of the UFOV").value == pytest.approx(
        20.0
    )
    assert not analysis.valid


@pytest.mark.parametrize(("columns", "valid"), [(8, True), (9, False)])
def test_exactly_ten_percent_may_be_cleared(columns, valid):
    # 80 x 60 pixels, everything lit but whole columns at the left: with their neighbours n + 1
    # columns of 80 go; 8 are 10 %.
    image = LIT.expected(12_000.0)
    image[:, : 8 + columns - 1] = 0.0
    flood = acquisition({(1, 1): image}, LIT, duration_s=6000.0)

    analysis = analyze(ANALYZER, flood)

    mismatch = precondition(analysis, "UFOV_MISMATCH", "pixels of the UFOV")
    assert mismatch.value == pytest.approx(100.0 * columns / 80)
    assert (mismatch.outcome == "met") is valid


def test_a_dead_tube_at_the_edge_never_passes_under_iec():
    image = LIT.expected(12_000.0)
    image[20:28, 8:16] *= 0.3

    analysis = analyze(ANALYZER, acquisition({(1, 1): image}, LIT, duration_s=6000.0), "iec")

    depth = precondition(analysis, "UFOV_MISMATCH", "depth")
    assert (depth.outcome, depth.value, depth.upper) == ("not_met", 8.0, 3.0)
    assert not analysis.valid

"""The centre of rotation, from an acquisition to numbers, notes and figures."""

import dataclasses
import json
import math
import tracemalloc

import numpy as np
import pytest

from photopeak_analyzers.acquisition import EnergyWindow, Planar
from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import Inputs, Scope
from photopeak_analyzers.errors import ParameterError, UnsuitableAcquisitionError
from photopeak_analyzers.figures_io import analysis_from_plain, analysis_to_plain
from photopeak_analyzers.simulation.floods import TC99M_WINDOW
from photopeak_analyzers.simulation.tomography import Head, PointSource
from photopeak_analyzers.spect.center_of_rotation import ANALYZER
from support.floods import notes, value
from support.rotations import analyze, rotation, with_detector, with_frames

SCATTER = EnergyWindow(number=2, lower_kev=108.0, upper_kev=126.0, name="scatter")


# Closed-form answers -------------------------------------------------------------------------


@pytest.mark.parametrize("clockwise", [False, True])
@pytest.mark.parametrize("arc", [180.0, 360.0])
@pytest.mark.parametrize("start", [0.0, 137.0])
@pytest.mark.parametrize("offset", [-1.7, 0.0, 0.5])
def test_the_offset_is_found_whatever_the_rotation(offset, start, arc, clockwise):
    turn = rotation(
        heads=(Head(cor_offset_px=offset, start_angle_deg=start),),
        arc_deg=arc,
        clockwise=clockwise,
    )

    analysis = analyze(turn)

    assert analysis.valid
    assert value(analysis, "cor_offset_px") == pytest.approx(offset, abs=1e-8)
    assert value(analysis, "cor_offset_mm") == pytest.approx(4.0 * offset, abs=4e-8)
    assert value(analysis, "source_radius_mm") == pytest.approx(100.0, abs=1e-6)


def test_a_constant_offset_shows_in_the_offset_and_in_no_residual():
    # Who reports the largest residual as the deviation of the centre finds 0 here.
    analysis = analyze(rotation(heads=(Head(cor_offset_px=2.0),)))

    assert value(analysis, "cor_offset_px") == pytest.approx(2.0, abs=1e-8)
    assert value(analysis, "cor_max_residual_mm") < 1e-6
    assert value(analysis, "cor_rms_mm") < 1e-6


def test_a_sag_shows_in_the_residuals_and_not_in_the_offset():
    analysis = analyze(rotation(heads=(Head(wobble_mm=1.5),)))

    assert value(analysis, "cor_offset_px") == pytest.approx(0.0, abs=1e-8)
    assert value(analysis, "cor_max_residual_mm") == pytest.approx(1.5, abs=1e-6)
    assert value(analysis, "cor_rms_mm") == pytest.approx(1.5 / math.sqrt(2.0), abs=1e-6)


@pytest.mark.parametrize("columns", [127, 128])
def test_the_middle_of_the_matrix_lies_at_half_of_its_last_column(columns):
    # Half a pixel of another convention would be 2 mm.
    analysis = analyze(rotation(heads=(Head(),), columns=columns))

    assert value(analysis, "cor_offset_px") == pytest.approx(0.0, abs=1e-8)


def test_a_tilted_head_is_told_by_its_angle_and_by_the_stroke_of_the_source():
    analysis = analyze(rotation(heads=(Head(axial_tilt_deg=1.0),), source=PointSource()))

    stroke = 2.0 * 100.0 * math.tan(math.radians(1.0))
    assert value(analysis, "axial_tilt_deg") == pytest.approx(1.0, abs=1e-6)
    # 60 views do not stand exactly at the ends of the stroke: 1 - cos(3 degrees) is missing.
    assert value(analysis, "axial_range_mm") == pytest.approx(stroke, rel=2e-3)
    assert value(analysis, "cor_offset_px") == pytest.approx(0.0, abs=1e-8)


def test_the_axial_position_counts_downwards_from_the_middle():
    analysis = analyze(rotation(source=PointSource(axial_mm=-37.0)))

    assert value(analysis, "axial_mean_mm") == pytest.approx(-37.0, abs=1e-6)
    assert value(analysis, "axial_range_mm") < 1e-6


def test_opposed_views_say_the_same_as_the_sine():
    analysis = analyze(rotation(heads=(Head(cor_offset_px=0.7),)))

    assert value(analysis, "cor_opposed_px") == pytest.approx(0.7, abs=1e-8)
    assert value(analysis, "cor_opposed_sd_px") < 1e-6


@pytest.mark.parametrize(("arc", "views"), [(180.0, 60), (360.0, 45)])
def test_without_opposed_views_nothing_is_made_up(arc, views):
    # 45 views of 8 degrees: half a turn is 22.5 steps.
    analysis = analyze(rotation(arc_deg=arc, views=views))

    assert "cor_opposed_px" not in {m.metric for m in analysis.measurements}
    assert value(analysis, "cor_offset_px") == pytest.approx(0.4, abs=1e-8)


def test_pixels_that_are_not_square_use_their_own_spacing():
    turn = dataclasses.replace(
        rotation(heads=(Head(cor_offset_px=0.5, axial_tilt_deg=2.0),)), pixel_spacing_mm=(2.0, 4.0)
    )

    analysis = analyze(turn)

    assert value(analysis, "cor_offset_mm") == pytest.approx(2.0, abs=1e-7)
    assert value(analysis, "source_radius_mm") == pytest.approx(100.0, abs=1e-6)
    tilt = math.degrees(math.atan(math.tan(math.radians(2.0)) / 2.0))
    assert value(analysis, "axial_tilt_deg") == pytest.approx(tilt, abs=1e-6)


# Invariances ---------------------------------------------------------------------------------


def test_the_order_of_the_frames_does_not_matter():
    turn = rotation(seed=7, background=0.2)
    shuffled = with_frames(turn, np.random.default_rng(1).permutation(60))

    first, second = analyze(turn), analyze(shuffled)

    for one, other in zip(first.measurements, second.measurements, strict=True):
        assert other.value == pytest.approx(one.value, abs=1e-9)


def test_a_mirrored_image_mirrors_the_offset():
    turn = rotation(seed=7)
    mirrored = dataclasses.replace(turn, counts=turn.counts[:, :, ::-1])

    assert value(analyze(mirrored), "cor_offset_px") == pytest.approx(
        -value(analyze(turn), "cor_offset_px"), abs=1e-9
    )


def test_angles_beyond_a_turn_are_angles():
    turn = rotation(seed=7)
    beyond = dataclasses.replace(
        turn,
        frames=tuple(
            dataclasses.replace(f, angle_deg=f.angle_deg + 360.0 * (i % 3 - 1))
            for i, f in enumerate(turn.frames)
        ),
    )

    assert value(analyze(beyond), "cor_offset_px") == pytest.approx(
        value(analyze(turn), "cor_offset_px"), abs=1e-12
    )


def test_two_turns_are_one_measurement():
    turn = rotation(seed=7)
    twice = dataclasses.replace(
        turn,
        counts=np.concatenate([turn.counts, turn.counts]),
        frames=turn.frames + tuple(dataclasses.replace(f, rotation=2) for f in turn.frames),
        scan_arc_deg=720.0,
    )

    analysis = analyze(twice)

    assert analysis.valid
    assert value(analysis, "cor_offset_px") == pytest.approx(
        value(analyze(turn), "cor_offset_px"), abs=1e-9
    )


# Noise ---------------------------------------------------------------------------------------


def test_the_uncertainty_of_the_offset_is_its_spread():
    found = [analyze(rotation(seed=seed, background=0.1)) for seed in range(60)]
    offsets = [value(each, "cor_offset_px") for each in found]
    stated = [
        m.uncertainty for each in found for m in each.measurements if m.metric == "cor_offset_px"
    ]

    # 60 draws tell a spread to 9 %, three times.
    assert np.std(offsets, ddof=1) == pytest.approx(np.mean(stated), rel=0.28)
    # The mean is known to a seventh of one: three and a half times.
    assert np.mean(offsets) == pytest.approx(0.4, abs=0.5 * np.mean(stated))


def test_ten_thousand_counts_place_the_axis_to_a_few_thousandths_of_a_pixel():
    analysis = analyze(rotation(seed=3, source=PointSource(counts_per_view=10_500.0)))
    (offset,) = [m for m in analysis.measurements if m.metric == "cor_offset_px"]

    # FWHM / (2.355 sqrt(n)) per view over sqrt(60) views: 10 mm / 4 mm.
    expected = 2.5 / 2.3548 / math.sqrt(10_500.0) / math.sqrt(60.0)
    assert offset.uncertainty == pytest.approx(expected, rel=0.25)
    assert offset.value == pytest.approx(0.4, abs=4.0 * expected)


# Heads and windows -----------------------------------------------------------------------------


def test_every_head_has_its_own_offset():
    turn = rotation(
        heads=(Head(cor_offset_px=0.3), Head(cor_offset_px=-0.6, start_angle_deg=180.0))
    )

    analysis = analyze(turn)

    assert value(analysis, "cor_offset_px", detector=1) == pytest.approx(0.3, abs=1e-8)
    assert value(analysis, "cor_offset_px", detector=2) == pytest.approx(-0.6, abs=1e-8)
    assert [figure.name for figure in analysis.figures][3] == "position_detector_2_energy_window_1"


def test_heads_that_share_the_arc_are_measured_over_half_a_turn_each():
    turn = rotation(
        heads=(Head(cor_offset_px=0.3), Head(cor_offset_px=-0.6, start_angle_deg=180.0)),
        arc_deg=180.0,
        views=32,
    )
    turn = dataclasses.replace(turn, scan_arc_deg=360.0, angular_step_deg=5.625)

    analysis = analyze(turn)

    assert analysis.valid
    assert value(analysis, "cor_offset_px", detector=2) == pytest.approx(-0.6, abs=1e-8)


def test_every_window_on_a_photopeak_is_measured():
    gallium = tuple(
        EnergyWindow(number=n, lower_kev=0.9 * peak, upper_kev=1.1 * peak)
        for n, peak in enumerate((93.3, 184.6), start=1)
    )
    turn = rotation(acquired={"windows": gallium, "window_counts": (1.0, 0.8), "nuclide": "Ga-67"})

    analysis = analyze(turn)

    assert value(analysis, "cor_offset_px", energy_window=1) == pytest.approx(0.4, abs=1e-8)
    assert value(analysis, "cor_offset_px", energy_window=2) == pytest.approx(0.4, abs=1e-8)


def test_a_scatter_window_is_left_out_and_said_so():
    turn = rotation(acquired={"windows": (TC99M_WINDOW, SCATTER), "window_counts": (1.0, 0.0)})

    analysis = analyze(turn)

    assert analysis.valid
    assert {m.scope.get("energy_window") for m in analysis.measurements} == {1}
    (note,) = notes(analysis, "WINDOW_NOT_ANALYSED")
    assert note.message == "energy window 2 lies on no photopeak and is left out"


# Notes and figures -----------------------------------------------------------------------------


def test_an_offset_in_the_header_is_remarked_upon():
    turn = with_detector(rotation(), centre_of_rotation_offset_mm=1.25)

    (note,) = notes(analyze(turn), "COR_OFFSET_IN_HEADER")

    assert note.values["header_offset_mm"] == 1.25
    assert "an offset of 1.25 mm for detector 1" in note.message
    assert not notes(analyze(rotation()), "COR_OFFSET_IN_HEADER")


def test_the_figures_show_path_residuals_and_sinogram():
    position, residuals, sinogram = analyze(rotation(heads=(Head(cor_offset_px=0.5),))).figures

    found, sine = position.curves
    assert position.name == "position"
    assert found.x == pytest.approx(np.arange(0.0, 360.0, 6.0))
    assert np.interp(found.x, sine.x, sine.y) == pytest.approx(found.y, abs=0.1)
    assert position.lines[1].value == pytest.approx(2.0, abs=1e-6)
    assert position.lines[1].label == "axis of rotation, +2.00 mm from the middle"
    assert all(np.abs(curve.y).max() < 1e-5 for curve in residuals.curves)
    path, axis = sinogram.overlays
    assert sinogram.image.shape == (60, 128)
    assert [point[1] for point in path.points] == pytest.approx(
        sinogram.image @ np.arange(128) / sinogram.image.sum(axis=1), abs=1e-4
    )
    assert axis.points[0] == pytest.approx((0.0, 64.0), abs=1e-6)


def test_a_result_survives_the_way_to_another_process():
    analysis = analyze(rotation(seed=1))

    back = analysis_from_plain(json.loads(json.dumps(analysis_to_plain(analysis))))

    assert back.measurements == analysis.measurements
    assert back.preconditions == analysis.preconditions
    assert np.array_equal(back.figures[2].image, analysis.figures[2].image)


def test_the_views_are_never_converted_as_a_whole():
    turn = rotation(seed=1, rows=256, columns=256, pixel_mm=2.2, views=120)
    analyze(turn)

    tracemalloc.start()
    analyze(turn)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    # As float64 alone they would take four times their 16 bits.
    assert peak < 2.0 * turn.counts.nbytes


# Refusals --------------------------------------------------------------------------------------


def test_several_sources_are_refused():
    three = tuple(
        PointSource(axial_mm=at, radius_mm=radius)
        for at, radius in ((-100.0, 60.0), (0.0, 100.0), (100.0, 80.0))
    )

    with pytest.raises(UnsuitableAcquisitionError) as refusal:
        analyze(rotation(source=three, seed=2))

    assert str(refusal.value) == (
        "3 sources are seen by detector 1, energy window 1, needs 1;"
        " several sources are for multi_head_registration"
    )


def test_an_unknown_angle_is_refused():
    turn = rotation()
    frames = list(turn.frames)
    frames[4] = dataclasses.replace(frames[4], angle_deg=None)

    with pytest.raises(UnsuitableAcquisitionError, match="the angle of view 5 is not known"):
        analyze(dataclasses.replace(turn, frames=tuple(frames)))


def test_unknown_pixel_spacing_is_refused_unless_it_is_stated():
    turn = dataclasses.replace(rotation(), pixel_spacing_mm=None)

    with pytest.raises(UnsuitableAcquisitionError, match="the header has no pixel spacing"):
        analyze(turn)
    assert value(analyze(turn, pixel_spacing_mm=4.0), "cor_offset_mm") == pytest.approx(1.6)


@pytest.mark.parametrize(
    ("pixel", "message"),
    [(-1.0, "the image holds a pixel of -1 counts"), (math.nan, "pixels that are no numbers")],
)
def test_impossible_pixels_are_refused(pixel, message):
    turn = rotation()
    counts = turn.counts.copy()
    counts[3, 5, 5] = pixel

    with pytest.raises(UnsuitableAcquisitionError, match=message):
        analyze(dataclasses.replace(turn, counts=counts))


def test_another_kind_of_acquisition_is_refused():
    turn = rotation(views=16)
    planar = Planar(counts=turn.counts, frames=turn.frames, pixel_spacing_mm=(4.0, 4.0))

    with pytest.raises(
        UnsuitableAcquisitionError,
        match="given as views is a planar acquisition, needs tomographic",
    ):
        analyze(planar)
    with pytest.raises(
        UnsuitableAcquisitionError, match="2 acquisitions are given as views, needs 1"
    ):
        ANALYZER.analyze(Inputs(roles={"views": (turn, turn)}, variant="local"))


def test_an_empty_view_is_refused():
    turn = rotation(seed=1)
    counts = turn.counts.copy()
    counts[10] = 0

    with pytest.raises(UnsuitableAcquisitionError, match="1 of 60 frames show no source"):
        analyze(dataclasses.replace(turn, counts=counts))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"invalid_below_counts": 20_000.0}, "needs at most minimum_counts_per_view, 10000"),
        ({"nuclide": "Xx-1"}, "Xx-1"),
        ({"minimum_views": 4}, "minimum_views is 4, needs at least 8"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(parameters, message):
    with pytest.raises(ParameterError, match=message):
        ANALYZER.parameters(**parameters)


def test_the_analyzer_keeps_the_contract():
    two = rotation(
        seed=5, heads=(Head(cor_offset_px=0.2), Head(start_angle_deg=180.0)), background=0.1
    )

    assert check(ANALYZER, [Inputs(roles={"views": (two,)}, variant="local")]) == []
    assert analyze(two).measurements[0].scope == Scope.of(detector=1, energy_window=1)

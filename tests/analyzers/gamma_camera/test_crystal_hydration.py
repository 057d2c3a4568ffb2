"""Hydration of the crystal: floods in both halves of the photopeak."""

import dataclasses

import numpy as np
import pytest

from photopeak_analyzers.acquisition import CollimatorType, EnergyWindow
from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import Inputs, Outcome, Severity
from photopeak_analyzers.errors import ParameterError, UnsuitableAcquisitionError
from photopeak_analyzers.gamma_camera.crystal_hydration import ANALYZER
from photopeak_analyzers.simulation.floods import Dip, Tubes
from support.floods import notes, precondition, value, with_header
from support.hydration import CAMERA, HIGH, LOW, hydrated, pair


def analyze(low, high=None, **parameters):
    high = low if high is None else high
    inputs = Inputs(roles={"low": (low,), "high": (high,)}, variant="local")
    return ANALYZER.analyze(inputs, ANALYZER.parameters(**parameters))


def halves(both):
    """Return the two windows of an object as two series."""
    found = []
    for number in (1, 2):
        kept = [i for i, frame in enumerate(both.frames) if frame.energy_window == number]
        found.append(
            dataclasses.replace(
                both,
                counts=both.counts[kept],
                frames=tuple(both.frames[i] for i in kept),
                energy_windows=tuple(w for w in both.energy_windows if w.number == number),
            )
        )
    return found


# --- spots ------------------------------------------------------------------------------------------


def test_a_spot_that_is_hot_below_and_cold_above_is_one_of_hydration():
    analysis = analyze(pair(hydrated(0.06, 8.0, x_mm=80.0, y_mm=-48.0), seed=1))

    assert value(analysis, "n_spots") == 1.0
    assert value(analysis, "spot_x_mm", spot=1) == pytest.approx(80.0, abs=3.2)
    assert value(analysis, "spot_y_mm", spot=1) == pytest.approx(-48.0, abs=3.2)
    # Scales are a factor of 1.25 apart; the noise of a pixel is 0.7 %, of the contrast 0.6 %.
    assert value(analysis, "spot_fwhm_mm", spot=1) == pytest.approx(8.0, rel=0.3)
    (contrast,) = [m for m in analysis.measurements if m.metric == "spot_contrast_pct"]
    # The median takes some of the spot off: 6 % of it.
    assert contrast.value == pytest.approx(0.94 * 6.0, abs=3.0 * contrast.uncertainty)
    assert value(analysis, "spot_z", spot=1) > 5.0
    assert analysis.valid


def test_the_contrast_without_noise_is_that_of_the_light():
    analysis = analyze(pair(hydrated(0.04, 9.42), counts=60_000.0))

    # FWHM of 9.42 mm is one of the scales (sigma of 4 mm), in pixels of 3.2 mm.
    assert value(analysis, "spot_contrast_max_pct") == pytest.approx(4.0, rel=0.05)
    assert value(analysis, "spot_fwhm_mm", spot=1) == pytest.approx(9.42, rel=1e-3)
    assert value(analysis, "n_spots") == 1.0


def test_an_even_crystal_has_none():
    for seed in range(4):
        analysis = analyze(pair(seed=seed))
        for key in ("n_spots", "n_reversed_spots", "n_common_spots", "n_wide_structures"):
            assert value(analysis, key) == 0.0
        found = value(analysis, "asymmetry_max_pct")
        assert found == pytest.approx(value(analysis, "noise_floor_asymmetry_max_pct"), rel=0.2)
        assert value(analysis, "asymmetry_rms_pct") < 0.12


def test_several_spots_are_counted_and_listed_by_strength():
    places = [(-100.0, -60.0), (0.0, 90.0), (120.0, 20.0)]
    spots = [hydrated(0.04 + 0.02 * n, 8.0, x_mm=x, y_mm=y) for n, (x, y) in enumerate(places)]
    analysis = analyze(pair(*spots, seed=3))

    assert value(analysis, "n_spots") == 3.0
    found = [value(analysis, "spot_x_mm", spot=n) for n in (1, 2, 3)]
    assert found == pytest.approx([120.0, 0.0, -100.0], abs=3.2)


def test_more_light_in_a_spot_is_the_reverse():
    analysis = analyze(pair(Dip(depth=0.06, fwhm_mm=8.0), seed=1))

    assert value(analysis, "n_spots") == 0.0
    assert value(analysis, "n_reversed_spots") == 1.0


def test_contamination_is_hot_in_both_and_an_absorber_cold():
    hot = Dip(depth=-0.08, fwhm_mm=8.0, x_mm=60.0)
    cold = Dip(depth=0.08, fwhm_mm=8.0, x_mm=-60.0)
    analysis = analyze(pair(common=(hot, cold), seed=1))

    assert value(analysis, "n_spots") == 0.0
    assert value(analysis, "n_common_spots") == 2.0


def test_what_tubes_do_is_no_spot():
    analysis = analyze(pair(Tubes(amplitude=0.04, pitch_mm=60.0), seed=1))

    assert value(analysis, "n_spots") == 0.0
    # A sum of three cosines over 3: rms of amplitude / sqrt(6), of which the median passes some.
    assert value(analysis, "asymmetry_rms_pct") == pytest.approx(4.0 / np.sqrt(6.0), rel=0.1)
    assert value(analysis, "asymmetry_tube_pct") > 0.3


def test_a_spot_is_found_among_what_tubes_do():
    spot = hydrated(0.1, 8.0, x_mm=30.0, y_mm=26.0)
    analysis = analyze(pair(Tubes(amplitude=0.02), spot, seed=2))

    assert value(analysis, "n_spots") == 1.0
    assert value(analysis, "spot_x_mm", spot=1) == pytest.approx(30.0, abs=3.2)


# --- invariances ------------------------------------------------------------------------------------


def test_two_series_are_the_same_as_one_object_with_two_windows():
    both = pair(hydrated(x_mm=50.0), seed=5)
    low, high = halves(both)
    one, two = analyze(both), analyze(low, high)
    swapped = analyze(high, low)

    assert one.measurements == two.measurements == swapped.measurements


def test_mirrored_floods_have_mirrored_spots():
    both = pair(hydrated(x_mm=51.2, y_mm=25.6), seed=5)
    mirrored = dataclasses.replace(both, counts=both.counts[:, ::-1, ::-1])
    one, other = analyze(both), analyze(mirrored)

    for key in ("n_spots", "asymmetry_rms_pct", "asymmetry_max_pct", "iu_low"):
        assert value(other, key) == pytest.approx(value(one, key), rel=1e-9)
    assert value(other, "spot_x_mm") == pytest.approx(-value(one, "spot_x_mm"), abs=1e-9)


def test_a_stronger_lower_window_changes_nothing():
    both = pair(hydrated())
    counts = both.counts.astype(np.int64) * np.array([3, 1])[:, None, None]
    one, other = analyze(both), analyze(dataclasses.replace(both, counts=counts))

    assert value(other, "asymmetry_rms_pct") == pytest.approx(
        value(one, "asymmetry_rms_pct"), rel=0.02
    )
    assert value(other, "spot_contrast_max_pct") == pytest.approx(
        value(one, "spot_contrast_max_pct"), rel=1e-6
    )


def test_fine_pixels_are_put_together():
    fine = dataclasses.replace(CAMERA, rows=256, columns=352, pixel_mm=1.6)
    image = fine.expected(4_000.0, hydrated(x_mm=40.0))
    other = fine.expected(4_000.0, Dip(depth=0.06, fwhm_mm=8.0, x_mm=40.0))
    coarse = pair(hydrated(x_mm=40.0))
    both = dataclasses.replace(coarse, counts=np.stack([image, other]), pixel_spacing_mm=(1.6, 1.6))

    assert value(analyze(both), "n_spots") == 1.0
    assert value(analyze(both), "spot_x_mm") == pytest.approx(40.0, abs=3.2)
    assert precondition(analyze(both), "PC_COUNTS", "3.2 mm").value == pytest.approx(
        16_000, rel=0.01
    )


# --- noise ------------------------------------------------------------------------------------------


def test_the_uncertainty_of_a_contrast_is_its_spread():
    found, stated = [], []
    for seed in range(30):
        analysis = analyze(pair(hydrated(0.08, 9.42), counts=20_000.0, seed=seed))
        (each,) = [m for m in analysis.measurements if m.metric == "spot_contrast_max_pct"]
        found.append(each.value)
        stated.append(each.uncertainty)

    # 30 draws tell a spread to 13 %, and the choice of the scale adds some: a factor of 1.6.
    assert np.std(found) < 1.6 * np.mean(stated)
    assert np.std(found) > 0.6 * np.mean(stated)
    # The largest of some scales is chosen, which lifts it a little.
    assert np.mean(found) == pytest.approx(8.0, abs=0.6)


# --- conditions -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("counts", "outcome", "severity"),
    [
        (5_000.0, Outcome.MET, Severity.SOFT),
        (4_990.0, Outcome.NOT_MET, Severity.SOFT),
        (1_500.0, Outcome.NOT_MET, Severity.SOFT),
        (1_490.0, Outcome.NOT_MET, Severity.HARD),
    ],
)
def test_every_pixel_needs_5_000_counts(counts, outcome, severity):
    found = precondition(analyze(pair(counts=counts)), "PC_COUNTS", "mean counts")

    assert (found.outcome, found.severity) == (outcome, severity)


@pytest.mark.parametrize(
    ("changes", "code", "outcome"),
    [
        ({"nuclide": "Co-57"}, "PC_NUCLIDE", Outcome.NOT_MET),
        ({"detector_collimator_type": CollimatorType.PARALLEL}, "PC_COLLIMATOR", Outcome.NOT_MET),
        ({"saturation_level": 10_000}, "PC_OVERFLOW", Outcome.NOT_MET),
        ({"pixel_spacing_mm": (3.2, 3.1)}, "PC_PIXEL", Outcome.NOT_MET),
    ],
)
def test_a_wrong_flood_voids(changes, code, outcome):
    analysis = analyze(with_header(pair(), **changes))

    assert {p.outcome for p in analysis.preconditions if p.code == code} == {outcome}
    assert not analysis.valid


def test_a_correction_that_was_on_or_is_not_known_warns():
    states = {
        state: {
            p.outcome
            for p in analyze(pair(corrections=state)).preconditions
            if p.code == "PC_CORRECTION"
        }
        for state in (frozenset(), frozenset({"UNIF"}), None)
    }

    assert states[frozenset()] == {Outcome.MET}
    assert states[frozenset({"UNIF"})] == {Outcome.NOT_MET}
    assert states[None] == {Outcome.UNKNOWN}
    assert analyze(pair(corrections=None, seed=1)).valid


def test_windows_that_overlap_warn():
    wide = dataclasses.replace(HIGH, lower_kev=138.0, upper_kev=157.0)
    found = precondition(analyze(pair(windows=(LOW, wide))), "PC_WINDOW", "overlap")

    assert (found.value, found.upper) == (2.0, 1.0)
    assert (found.outcome, found.severity) == (Outcome.NOT_MET, Severity.SOFT)


def test_bars_are_no_flood():
    y, x = CAMERA.coordinates()
    stripes = 1.0 + 0.6 * np.sign(np.sin(2.0 * np.pi * x / 32.0)) + 0.0 * y
    striped = pair(common=(lambda _y, _x: stripes,))

    found = precondition(analyze(striped), "PC_GEOMETRY", "median")
    assert found.outcome is Outcome.NOT_MET
    assert not analyze(striped).valid


def test_a_head_without_its_second_flood_says_so_and_the_other_one_is_measured():
    both = pair(heads=(1, 2))
    kept = [i for i, f in enumerate(both.frames) if (f.detector, f.energy_window) != (2, 2)]
    partial = dataclasses.replace(
        both, counts=both.counts[kept], frames=tuple(both.frames[i] for i in kept)
    )
    analysis = analyze(partial)

    found = precondition(analysis, "PC_FRAMES", "all of them below")
    assert found.scope.get("detector") == 2
    assert {m.scope.get("detector") for m in analysis.measurements} == {1}
    assert not analysis.valid


def test_heads_that_cannot_be_told_apart_void():
    both = pair()
    nameless = dataclasses.replace(
        both,
        detectors=(),
        frames=tuple(dataclasses.replace(f, detector=None) for f in both.frames),
    )

    assert precondition(analyze(nameless), "PC_DETECTOR").outcome is Outcome.UNKNOWN
    assert not analyze(nameless).valid


def test_a_flood_on_the_photopeak_is_left_out():
    on = EnergyWindow(number=3, lower_kev=126.45, upper_kev=154.55)
    both = pair()
    third = dataclasses.replace(both.frames[0], energy_window=3)
    with_third = dataclasses.replace(
        both,
        counts=np.concatenate([both.counts, both.counts[:1]]),
        frames=(*both.frames, third),
        energy_windows=(*both.energy_windows, on),
    )

    (note,) = notes(analyze(with_third), "WINDOW_NOT_ANALYSED")
    assert note.scope.get("energy_window") == 3


def test_a_field_from_the_image_is_flagged():
    analysis = analyze(pair(declare_field=False))
    strict = analyze(pair(declare_field=False), ufov_must_be_known=True)

    assert precondition(analysis, "PC_UFOV").outcome is Outcome.UNKNOWN
    assert notes(analysis, "UFOV_ESTIMATED")
    assert not strict.valid


# --- refused ----------------------------------------------------------------------------------------


def test_what_cannot_be_compared_is_refused():
    both = pair()
    low, high = halves(both)
    small = dataclasses.replace(high, counts=high.counts[:, :100])
    on = dataclasses.replace(
        both,
        energy_windows=tuple(
            dataclasses.replace(w, lower_kev=127.0, upper_kev=154.0) for w in (LOW, HIGH)
        ),
    )
    for given, message in (
        ((low, low), "none has one below and one above"),
        ((on, on), "0 heads have a flood beside the photopeak"),
        ((low, small), r"have \(128, 176\) and \(100, 176\) pixels"),
        ((dataclasses.replace(both, energy_windows=()),), "does not say where its energy window"),
        ((dataclasses.replace(both, pixel_spacing_mm=(6.4, 6.4)),), "pixels of 6.4 mm cannot be"),
        ((dataclasses.replace(both, pixel_spacing_mm=None),), "pixel spacing"),
        ((dataclasses.replace(both, counts=both.counts * 0),), "has no counts"),
    ):
        with pytest.raises(UnsuitableAcquisitionError, match=message):
            analyze(*given)
    again = dataclasses.replace(
        low, origin=dataclasses.replace(low.origin, sop_instance_uids=("1",))
    )
    with pytest.raises(UnsuitableAcquisitionError, match="2 floods of detector 1 lie below"):
        analyze(low, again)


def test_pixels_without_counts_in_the_field_are_refused():
    holed = pair()
    counts = holed.counts.copy()
    counts[:, 60, 80] = 0
    with pytest.raises(UnsuitableAcquisitionError, match="pixels without counts"):
        analyze(dataclasses.replace(holed, counts=counts))


def test_parameters_out_of_bounds_are_refused():
    with pytest.raises(ParameterError, match="needs at most minimum_counts"):
        analyze(pair(), invalid_below_counts=9_000.0)
    with pytest.raises(ParameterError, match="needs at least 4"):
        analyze(pair(), threshold_sigma=3.0)


def test_the_contract_is_kept():
    both = pair(hydrated(), heads=(1, 2), seed=9)
    inputs = Inputs(roles={"low": (both,), "high": (both,)}, variant="local")

    assert check(ANALYZER, [inputs]) == []


# --- what must not pass silently ------------------------------------------------------------------


def noise_ratio(analysis):
    return precondition(analysis, "PC_COUNTS", "variance of the asymmetry")


def test_the_noise_of_two_floods_is_that_of_their_counts():
    found = noise_ratio(analyze(pair(seed=1)))

    assert found.outcome is Outcome.MET
    # 16 000 pairs of neighbours tell it to a hundredth.
    assert found.value == pytest.approx(1.0, abs=0.05)


def test_one_flood_that_is_given_twice_has_no_spots_and_voids():
    both = pair(hydrated(0.08, 8.0), seed=1)
    low = both.counts[:1]
    analysis = analyze(dataclasses.replace(both, counts=np.concatenate([low, low])))

    assert value(analysis, "n_spots") == 0.0
    found = noise_ratio(analysis)
    assert (found.severity, found.outcome, found.value) == (Severity.HARD, Outcome.NOT_MET, 0.0)


def test_smoothed_floods_void():
    from scipy import ndimage

    both = pair(seed=1)
    smooth = ndimage.gaussian_filter(both.counts.astype(float), (0.0, 0.8, 0.8))

    assert noise_ratio(analyze(dataclasses.replace(both, counts=smooth))).severity is Severity.HARD


@pytest.mark.parametrize(
    ("windows", "failed"),
    [
        ([(80.0, 100.0), (180.0, 200.0)], 2),
        ([(108.0, 126.0), (140.0, 154.0)], 1),
        ([(112.4, 140.5), (140.5, 168.6)], 0),
    ],
)
def test_windows_far_from_the_photopeak_void(windows, failed):
    described = tuple(
        EnergyWindow(number=n, lower_kev=lower, upper_kev=upper)
        for n, (lower, upper) in enumerate(windows, start=1)
    )
    analysis = analyze(pair(seed=1, windows=described))

    assert len([p for p in analysis.failed if p.code == "PC_WINDOW"]) == failed
    assert analysis.valid is (failed == 0)


def test_a_head_that_saw_nothing_voids_itself_alone():
    both = pair(hydrated(0.08, 8.0), heads=(1, 2), seed=1)
    counts = np.array(both.counts)
    counts[[i for i, frame in enumerate(both.frames) if frame.detector == 2]] = 0
    analysis = analyze(dataclasses.replace(both, counts=counts))

    assert value(analysis, "n_spots", detector=1) == 1.0
    (failed,) = analysis.failed
    assert failed.scope.get("detector") == 2
    assert "has no counts" in failed.expected

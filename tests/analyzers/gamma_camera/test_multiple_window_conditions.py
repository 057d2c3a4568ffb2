"""Sets of multiple-window registration that are not complete, and pictures that are wrong."""

import dataclasses

import numpy as np
import pytest

from photopeak_analyzers.acquisition import CollimatorType, Detector, EnergyWindow, WholeBody
from photopeak_analyzers.contract import Outcome, Scope, Severity
from photopeak_analyzers.errors import ParameterError, UnsuitableAcquisitionError
from photopeak_analyzers.gamma_camera.multiple_window_spatial_registration import ANALYZER
from photopeak_analyzers.simulation.planar import Matrix
from photopeak_analyzers.simulation.windows import (
    GA67_WINDOWS,
    MisregisteredCamera,
)
from support.bars import bars
from support.floods import flat, notes, precondition, value, with_header
from support.window_points import (
    FIVE,
    NINE,
    PLACES,
    SHIFTED,
    UFOV,
    analyze,
    images,
    noisy,
    unmet,
    without,
)


def with_windows(series, *windows):
    return [dataclasses.replace(each, energy_windows=windows) for each in series]


# --- sets that are not complete ---------------------------------------------------------------------


@pytest.mark.parametrize(("variant", "wanted"), [("nema", 9), ("iec", 5)])
def test_a_missing_place_voids_and_says_what_is_missing(variant, wanted):
    analysis = analyze(images(places=PLACES[variant])[:-1], variant)
    condition = precondition(analysis, "PC_SET", "places of the clause")

    assert (condition.value, condition.lower) == (wanted - 1, wanted)
    assert condition.severity is Severity.HARD
    assert not analysis.valid


def test_the_places_of_one_text_are_not_those_of_the_other():
    analysis = analyze(images(places=FIVE))

    assert precondition(analysis, "PC_SET", "places of the clause").value == 1
    assert precondition(analysis, "PC_GEOMETRY", "nearest place").outcome is Outcome.NOT_MET


@pytest.mark.parametrize(("off_mm", "outcome"), [(7.9, Outcome.MET), (8.1, Outcome.NOT_MET)])
def test_a_place_counts_within_its_tolerance(off_mm, outcome):
    moved = (*NINE[:-1], (NINE[-1][0] + off_mm, 0.0))
    analysis = analyze(images(MisregisteredCamera(), places=moved))

    assert precondition(analysis, "PC_SET", "places of the clause").outcome is outcome


def test_the_ufov_of_the_header_places_the_source_as_well():
    heads = (
        Detector(number=1, collimator_type=CollimatorType.NONE, zoom=1.0, field_of_view_mm=UFOV),
    )
    declared = [with_header(each, detectors=heads) for each in images()]
    analysis = analyze(declared, ufov_width_mm=None, ufov_height_mm=None)

    assert precondition(analysis, "PC_UFOV").value == "540 x 390 mm"
    assert not unmet(analysis)


def test_without_a_ufov_the_places_are_counted_and_a_person_is_told():
    analysis = analyze(images(), ufov_width_mm=None, ufov_height_mm=None)

    assert precondition(analysis, "PC_UFOV").outcome is Outcome.UNKNOWN
    assert precondition(analysis, "PC_SET", "places of the clause").outcome is Outcome.MET
    assert analysis.valid


def test_two_windows_do_for_nema_and_not_for_iec():
    two = [without(each, 1) for each in images()]
    five = [without(each, 1) for each in images(places=FIVE)]

    assert value(analyze(two), "mwsr_x") == pytest.approx(0.4, abs=1e-3)
    assert analyze(two).valid
    condition = precondition(analyze(five, "iec"), "PC_SET", "energy windows")
    assert (condition.value, condition.lower, condition.severity) == (2, 3, Severity.HARD)


def test_two_windows_have_to_hold_that_at_93_kev():
    """E.5.3: 93 and 300 keV, or 93 and 184 keV; 184 and 300 keV alone are no test."""
    condition = precondition(analyze([without(each, 0) for each in images()]), "PC_SET", "lowest")

    assert (condition.value, condition.upper) == (184.6, 93.3)
    assert (condition.outcome, condition.severity) == (Outcome.NOT_MET, Severity.HARD)


def test_a_window_that_is_mirrored_is_not_paired_with_another_place():
    """Its images lie on places of the clause, but of another object each."""
    mirrored = [
        dataclasses.replace(e, counts=np.stack([*e.counts[:2], e.counts[2][:, ::-1]]))
        for e in images(MisregisteredCamera())
    ]
    analysis = analyze(mirrored)
    condition = precondition(analysis, "PC_GEOMETRY", "several places")

    assert (condition.value, condition.upper) == (4, 0)
    assert not analysis.valid


def test_the_same_image_in_two_windows_voids():
    """Counts differ by chance in some pixel: one image was stored for two windows."""
    first, *rest = noisy(images(MisregisteredCamera()), seed=1)
    copied = dataclasses.replace(first, counts=first.counts[[0, 1, 0]])
    condition = precondition(analyze([copied, *rest]), "PC_FRAMES", "same counts")

    assert (condition.value, condition.outcome) == (1, Outcome.NOT_MET)
    assert analyze([first, *rest]).valid


def test_an_image_that_is_missing_at_one_place_voids():
    series = [without(images()[0], 2), *images()[1:]]
    condition = precondition(analyze(series), "PC_SET", "every window")

    assert (condition.value, condition.lower) == (8, 9)
    assert condition.severity is Severity.HARD


def test_one_window_alone_is_refused():
    single = [without(without(each, 2), 1) for each in images()]

    with pytest.raises(UnsuitableAcquisitionError, match="shows no place in two windows"):
        analyze(single)


def test_a_place_twice_is_refused():
    with pytest.raises(
        UnsuitableAcquisitionError, match=r"two images .* x 0 mm, y 0 mm at 93\.3 keV, needs 1"
    ):
        analyze([*images(), images()[0]])


def test_two_heads_are_measured_each_for_itself():
    other = MisregisteredCamera(shift_mm={2: (0.0, 0.2)})
    analysis = analyze([*images(), *images(other, detector=2)])

    assert value(analysis, "mwsr_x", detector=1) == pytest.approx(0.9, abs=1e-3)
    assert value(analysis, "mwsr_x", detector=2) == pytest.approx(0.2, abs=1e-3)
    assert {f.name for f in analysis.figures} == {
        f"{name}_detector_{head}"
        for name in ("arrows", "displacements", "table")
        for head in (1, 2)
    }


def test_a_head_that_looks_on_is_left_out():
    """Both heads are in the object, the source is before one of them."""
    dark = dataclasses.replace(images(detector=2)[0], counts=0.0 * images()[0].counts)
    analysis = analyze([*images(), dark])

    assert analysis.valid
    assert {m.scope.get("detector") for m in analysis.measurements} == {1}
    (note,) = notes(analysis, "HEAD_WITHOUT_POINTS")
    assert "detector 2 sees the source in no image" in note.message


def test_a_head_with_one_image_without_a_source_is_void_and_the_other_is_not():
    second = images(detector=2)
    dark = dataclasses.replace(second[0], counts=0.0 * second[0].counts)
    analysis = analyze([*images(), dark, *second[1:]])
    condition = next(p for p in analysis.failed if p.quantity == "images without a source")

    assert (condition.value, condition.scope) == (3, Scope.of(detector=2))
    assert "show no source" in condition.expected
    assert not analysis.failed_for(Scope.of(detector=1))
    assert value(analysis, "mwsr_x", detector=1) == pytest.approx(0.9, abs=1e-3)


def test_a_place_twice_before_one_head_leaves_the_other_its_numbers():
    second = images(detector=2)
    analysis = analyze([*images(), *second, second[0]])
    (broken,) = analysis.failed

    assert (broken.scope, broken.value) == (Scope.of(detector=2), 2)
    assert "two images of detector 2" in notes(analysis, "HEAD_LEFT_OUT")[0].message
    assert value(analysis, "mwsr_x") == pytest.approx(0.9, abs=1e-3)


def test_a_duration_beyond_belief_is_no_duration():
    """An endless frame would have a count rate of 0, which every bound allows."""
    endless = [
        dataclasses.replace(
            each,
            frames=tuple(dataclasses.replace(f, duration_s=float("inf")) for f in each.frames),
        )
        for each in images()
    ]

    rates = [p for p in analyze(endless).preconditions if p.code == "PC_RATE"]
    assert {p.outcome for p in rates} == {Outcome.UNKNOWN}


def test_a_window_on_no_photopeak_is_left_out_with_a_remark():
    fourth = EnergyWindow(number=3, lower_kev=354.0, upper_kev=433.0, name="394")
    analysis = analyze(with_windows(images(), *GA67_WINDOWS[:2], fourth))

    assert value(analysis, "mwsr_x") == pytest.approx(0.5, abs=1e-3)
    assert "354 to 433 keV" in notes(analysis, "WINDOW_NOT_ANALYSED")[0].message


# --- wrong pictures ---------------------------------------------------------------------------------


def first_changed(**changes):
    return [with_header(each, **changes) for each in images()]


@pytest.mark.parametrize(
    ("series", "code", "quantity"),
    [
        (lambda: first_changed(nuclide="In-111"), "PC_NUCLIDE", "nuclide"),
        (
            lambda: first_changed(detector_collimator_type=CollimatorType.PARALLEL),
            "PC_COLLIMATOR",
            "collimator",
        ),
        (lambda: first_changed(pixel_spacing_mm=(2.4, 2.45)), "PC_PIXEL", "difference"),
        (lambda: first_changed(pixel_spacing_mm=(2.51, 2.51)), "PC_PIXEL", "side of a pixel"),
    ],
)
def test_what_the_header_says_against_it_voids(series, code, quantity):
    analysis = analyze(series())
    (condition,) = {
        p for p in analysis.preconditions if p.code == code and p.quantity.startswith(quantity)
    }

    assert (condition.outcome, condition.severity) == (Outcome.NOT_MET, Severity.HARD)
    assert not analysis.valid


def test_pixels_of_two_and_a_half_millimetres_are_allowed():
    """E.5.3: not larger than 2.5 mm."""
    camera = dataclasses.replace(SHIFTED, matrix=Matrix(rows=256, columns=256, pixel_mm=2.5))

    assert not unmet(analyze(images(camera)))


@pytest.mark.parametrize(
    ("fwhm_mm", "outcome", "severity"),
    [
        (24.0, Outcome.MET, Severity.HARD),
        (23.9, Outcome.NOT_MET, Severity.HARD),
        (None, Outcome.UNKNOWN, Severity.SOFT),
    ],
)
def test_iec_asks_for_a_tenth_of_the_resolution(fwhm_mm, outcome, severity):
    """3.5.1 e."""
    parameters = {} if fwhm_mm is None else {"intrinsic_fwhm_mm": fwhm_mm}
    condition = precondition(analyze(images(places=FIVE), "iec", **parameters), "PC_PIXEL", "over")

    assert (condition.outcome, condition.severity) == (outcome, severity)


def test_iec_asks_for_windows_of_20_percent():
    """3.5.1 d."""
    narrow = EnergyWindow(number=3, lower_kev=273.8, upper_kev=318.2)
    analysis = analyze(with_windows(images(places=FIVE), *GA67_WINDOWS[:2], narrow), "iec")
    nema = analyze(with_windows(images(), *GA67_WINDOWS[:2], narrow))

    (broken,) = [p for p in analysis.failed if p.quantity == "width of the window"]
    assert broken.scope == Scope.of(detector=1, line_kev=296.0)
    assert nema.valid


@pytest.mark.parametrize(
    ("variant", "counts", "quantity"),
    [("nema", 11_000.0, "highest pixel"), ("iec", 9_990.0, "of the image")],
)
def test_too_few_counts_void(variant, counts, quantity):
    """E.5.3: 1 000 in the highest pixel; 3.5.1 g: 10 000 in the image."""
    camera = dataclasses.replace(SHIFTED, counts=(50_000.0, 40_000.0, counts), fwhm_mm=8.0)
    analysis = analyze(images(camera, places=PLACES[variant]), variant)
    (condition,) = [p for p in analysis.failed if p.code == "PC_COUNTS"]

    assert quantity in condition.quantity
    assert condition.scope.get("line_kev") == (300.2 if variant == "nema" else 296.0)


@pytest.mark.parametrize(("duration_s", "valid"), [(5.001, True), (4.999, False)])
def test_more_than_ten_thousand_counts_a_second_in_a_window_void(duration_s, valid):
    series = tuple(SHIFTED.acquire(place, duration_s=duration_s) for place in NINE)

    assert analyze(series).valid is valid


def test_a_saturated_pixel_voids():
    full = [
        dataclasses.replace(
            each, counts=np.rint(each.counts).astype(np.uint16), saturation_level=4095
        )
        for each in images()
    ]
    broken = analyze(full).failed

    assert {p.code for p in broken} == {"PC_OVERFLOW"}


def test_an_unknown_head_voids():
    unknown = [
        dataclasses.replace(
            each,
            detectors=(),
            frames=tuple(dataclasses.replace(f, detector=None) for f in each.frames),
        )
        for each in images()
    ]

    assert any(p.code == "PC_DETECTOR" for p in analyze(unknown).failed)


def test_a_second_source_voids():
    doubled = [
        dataclasses.replace(e, counts=e.counts + 0.6 * np.roll(e.counts, 40, axis=2))
        for e in images()
    ]
    broken = analyze(doubled).failed

    assert {p.quantity for p in broken} == {"sources"}


def test_a_hot_pixel_elsewhere_voids():
    def hot(each):
        counts = each.counts.copy()
        counts[2, 60, 200] = 9_000.0
        return dataclasses.replace(each, counts=counts)

    broken = analyze([hot(images()[0]), *images()[1:]]).failed

    assert any("in its widths" in p.quantity for p in broken)


def test_a_source_at_the_border_of_the_image_voids():
    places = (*NINE[:-1], (300.0, 0.0))
    analysis = analyze(images(places=places), ufov_height_mm=750.0)

    assert any("border" in p.quantity for p in analysis.failed)


def in_three_windows(image):
    """Return another picture as if it had been acquired in the three windows."""
    return dataclasses.replace(
        image,
        counts=np.repeat(image.counts[:1], 3, axis=0),
        frames=tuple(dataclasses.replace(image.frames[0], energy_window=n) for n in (1, 2, 3)),
        nuclide="Ga-67",
        energy_windows=GA67_WINDOWS,
    )


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: flat(500.0), "no source"),
        (lambda: dataclasses.replace(images()[0], counts=0.0 * images()[0].counts), "no source"),
    ],
)
def test_a_flood_and_an_empty_image_are_refused(wrong, message):
    with pytest.raises(UnsuitableAcquisitionError, match=message):
        analyze([in_three_windows(wrong())])


def test_bars_void():
    broken = analyze([in_three_windows(bars(seed=3))]).failed

    assert "sources" in {p.quantity for p in broken}


def test_windows_of_technetium_are_refused():
    tc = EnergyWindow(number=1, lower_kev=126.0, upper_kev=154.0)
    others = [dataclasses.replace(tc, number=n) for n in (1, 2, 3)]

    with pytest.raises(UnsuitableAcquisitionError, match="no energy window lies on a photopeak"):
        analyze(with_windows(images(), *others))


def test_windows_that_are_not_known_are_refused():
    with pytest.raises(UnsuitableAcquisitionError, match="energy window of detector 1"):
        analyze(with_windows(images()))


def test_images_of_other_pixels_are_refused():
    other = dataclasses.replace(images()[8], pixel_spacing_mm=(2.0, 2.0))

    with pytest.raises(UnsuitableAcquisitionError, match="need the same"):
        analyze([*images()[:8], other])


def test_no_pixel_spacing_is_refused():
    with pytest.raises(UnsuitableAcquisitionError, match="no pixel spacing"):
        analyze(first_changed(pixel_spacing_mm=None))


def test_a_whole_body_image_is_refused():
    first = images()[0]
    body = WholeBody(counts=first.counts, frames=first.frames, pixel_spacing_mm=(2.4, 2.4))

    with pytest.raises(UnsuitableAcquisitionError, match="whole_body acquisition, needs planar"):
        analyze([body])


def test_half_a_ufov_is_refused():
    with pytest.raises(ParameterError, match="without ufov_width_mm"):
        ANALYZER.parameters(ufov_height_mm=390.0)

"""Energy windows of an image."""

import dataclasses

import numpy as np
import pytest

from photopeak_analyzers.acquisition import EnergyWindow, Volume
from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import Inputs, Outcome, Severity
from photopeak_analyzers.errors import ContractError, UnsuitableAcquisitionError
from photopeak_analyzers.gamma_camera.energy_window_check import ANALYZER, IEC_WINDOWS_KEV
from photopeak_analyzers.simulation.point_sources import Room
from support.energy import swept, tc99m
from support.floods import notes, precondition, value
from support.rotations import rotation


def image(*windows, nuclide="Tc-99m", names=()):
    """Return an image with these (lower, upper) windows."""
    described = tuple(
        EnergyWindow(number=n, lower_kev=lower, upper_kev=upper, name=name)
        for n, ((lower, upper), name) in enumerate(
            zip(windows, (*names, *[""] * len(windows)), strict=False), start=1
        )
    )
    room = Room(rows=16, columns=16, duration_s=60.0)
    return room.acquire({1: ()}, rng=np.random.default_rng(1), windows=described, nuclide=nuclide)


def analyze(acquisition, variant="nema", **parameters):
    inputs = Inputs(roles={"image": (acquisition,)}, variant=variant)
    return ANALYZER.analyze(inputs, ANALYZER.parameters(**parameters))


def about(centre, width_percent):
    half = centre * width_percent / 200.0
    return (centre - half, centre + half)


def test_centre_width_and_offset_are_those_of_the_header():
    analysis = analyze(image((129.14, 150.08)))

    assert value(analysis, "window_centre_kev") == pytest.approx(139.61)
    assert value(analysis, "window_width_pct") == pytest.approx(100.0 * 20.94 / 139.61)
    assert value(analysis, "window_offset_pct") == pytest.approx(100.0 * (139.61 / 140.5 - 1.0))
    assert value(analysis, "window_ok") == 1.0


def test_a_window_of_15_percent_is_right_by_the_maker_and_wrong_by_iec():
    siemens = image(about(140.5, 15.0))

    assert value(analyze(siemens, "nema"), "window_ok") == 1.0
    assert value(analyze(siemens, "nema", window_width_percent=15.0), "window_ok") == 1.0
    assert value(analyze(siemens, "nema", window_width_percent=20.0), "window_ok") == 0.0
    iec = analyze(siemens, "iec")
    assert value(iec, "window_ok") == 0.0
    assert value(iec, "window_width_deviation_pct") == pytest.approx(-5.0)


@pytest.mark.parametrize("variant", ["nema", "iec"])
def test_both_halves_of_a_photopeak_are_shown_and_not_judged(variant):
    analysis = analyze(image((126.0, 140.0), (140.0, 154.0)), variant)

    assert value(analysis, "window_centre_kev", energy_window=2) == 147.0
    assert {m.metric for m in analysis.measurements} == {"window_centre_kev", "window_width_pct"}
    (note,) = analysis.notes
    assert note.message == (
        "the 2 energy windows from 126 to 154 keV are both halves of a photopeak and are not compared"
    )


def test_halves_that_are_set_10_percent_aside_are_not_judged():
    analysis = analyze(image(about(126.5, 20.0), about(154.5, 20.0)))

    assert {m.metric for m in analysis.measurements} == {"window_centre_kev", "window_width_pct"}


@pytest.mark.parametrize(
    "windows",
    [
        (about(122.06, 20.0), about(159.0, 20.0)),
        (about(100.0, 20.0), about(181.0, 20.0)),
        (about(132.0, 20.0), about(149.0, 20.0)),
        ((120.0, 148.0), (133.0, 161.0)),
        ((60.0, 140.0), (140.0, 220.0)),
    ],
)
def test_windows_alike_on_both_sides_of_a_photopeak_that_do_not_halve_it_are_judged(windows):
    analysis = analyze(image(*windows))

    assert [m.value for m in analysis.measurements if m.metric == "window_ok"] == [0.0, 0.0]
    assert value(analysis, "window_offset_pct", energy_window=1) < -4.0


@pytest.mark.parametrize("lower", [60.0, 200.0])
def test_the_steps_of_a_sweep_beside_every_line_are_judged(lower):
    steps = [(lower + 2.0 * n, lower + 2.0 * n + 2.0) for n in range(20)]

    found = {m.value for m in analyze(image(*steps)).measurements if m.metric == "window_ok"}

    assert found == {0.0}


def test_two_windows_that_are_both_too_low_are_judged():
    analysis = analyze(image((120.0, 134.0), (106.0, 119.0)))

    assert {m.value for m in analysis.measurements if m.metric == "window_ok"} == {0.0}


def test_the_steps_of_a_sweep_are_shown_and_not_judged():
    analysis = analyze(swept(tc99m(), step_kev=2.0))

    assert {m.metric for m in analysis.measurements} == {"window_centre_kev", "window_width_pct"}
    (note,) = analysis.notes
    assert "60 energy windows from 60 to 180 keV are a sweep" in note.message


@pytest.mark.parametrize("nuclide", IEC_WINDOWS_KEV)
def test_the_windows_of_table_1_are_right(nuclide):
    analysis = analyze(image(*IEC_WINDOWS_KEV[nuclide], nuclide=nuclide), "iec")

    ok = [m.value for m in analysis.measurements if m.metric == "window_ok"]
    assert ok == [1.0] * len(IEC_WINDOWS_KEV[nuclide])
    assert value(analysis, "lines_without_window") == 0.0
    assert not analysis.notes


@pytest.mark.parametrize(
    ("centre", "width", "ok"),
    [
        (141.0, 20.0, 1.0),
        (141.0 * 1.02, 20.0, 1.0),
        (141.0 * 1.021, 20.0, 0.0),
        (141.0 * 0.98, 20.0, 1.0),
        (141.0 * 0.979, 20.0, 0.0),
        (141.0, 21.0, 1.0),
        (141.0, 21.1, 0.0),
        (141.0, 19.0, 1.0),
        (141.0, 18.9, 0.0),
    ],
)
def test_tolerances_of_iec(centre, width, ok):
    assert value(analyze(image(about(centre, width)), "iec"), "window_ok") == ok


def test_nema_compares_no_width_that_nobody_states():
    analysis = analyze(image(about(140.5, 33.0)))

    assert value(analysis, "window_ok") == 1.0
    assert "window_width_deviation_pct" not in {m.metric for m in analysis.measurements}


def test_a_scatter_window_is_shown_and_not_compared():
    analysis = analyze(image(about(140.5, 20.0), (108.5, 126.4)))

    assert value(analysis, "window_centre_kev", energy_window=2) == pytest.approx(117.45)
    compared = {
        m.scope.get("energy_window") for m in analysis.measurements if m.metric == "window_ok"
    }
    assert compared == {1}
    (note,) = notes(analysis, "WINDOW_ON_NO_LINE")
    assert note.message == "energy window 2 lies on no line of Tc-99m and is not compared"


def test_a_cobalt_window_left_from_the_flood_is_told_on_a_technetium_image():
    analysis = analyze(image(about(122.1, 20.0), names=("57 Cobalt",)))

    assert value(analysis, "window_ok") == 0.0
    assert value(analysis, "window_offset_pct") == pytest.approx(100.0 * (122.1 / 140.5 - 1.0))
    assert value(analysis, "lines_without_window") == 1.0
    (note,) = notes(analysis, "WINDOW_OF_ANOTHER_NUCLIDE")
    assert note.message == "energy window 1 is named after Co-57, the nuclide is Tc-99m"


@pytest.mark.parametrize(
    ("nuclide", "lines", "missing"),
    [
        ("Ga-67", (93.3, 184.6, 300.2), 0.0),
        ("Ga-67", (93.3, 184.6), 1.0),
        ("In-111", (171.3,), 1.0),
        ("Tl-201", (72.0,), 0.0),
        ("Lu-177", (208.4,), 0.0),
    ],
)
def test_photopeaks_without_a_window_are_counted(nuclide, lines, missing):
    analysis = analyze(image(*[about(line, 15.0) for line in lines], nuclide=nuclide))

    assert value(analysis, "lines_without_window") == missing


def test_a_nuclide_that_only_the_window_names_will_do():
    analysis = analyze(image(about(140.5, 15.0), nuclide=None, names=("99m Technetium",)))

    assert value(analysis, "window_ok") == 1.0
    assert precondition(analysis, "PC_NUCLIDE").outcome is Outcome.MET


def test_without_a_nuclide_the_numbers_are_shown_and_a_warning_with_them():
    analysis = analyze(image(about(140.5, 15.0), nuclide=None))

    assert {m.metric for m in analysis.measurements} == {"window_centre_kev", "window_width_pct"}
    found = precondition(analysis, "PC_NUCLIDE")
    assert (found.outcome, found.severity) == (Outcome.UNKNOWN, Severity.SOFT)


def test_frames_of_a_window_that_is_not_described_void():
    room = image(about(140.5, 20.0))
    frames = tuple(dataclasses.replace(f, energy_window=3) for f in room.frames)

    analysis = analyze(dataclasses.replace(room, frames=frames))

    assert not analysis.valid
    assert precondition(analysis, "PC_FRAMES").value == 1.0


def test_a_reconstruction_carries_its_windows_too():
    window = EnergyWindow(number=1, lower_kev=126.45, upper_kev=154.55)
    volume = Volume(
        values=np.ones((2, 4, 4)),
        slope=np.ones(2),
        intercept=np.zeros(2),
        affine=np.eye(4),
        energy_windows=(window,),
        nuclide="Tc-99m",
    )

    assert value(analyze(volume), "window_ok") == 1.0


def test_the_table_lists_every_window():
    (table,) = analyze(image(about(140.5, 20.0), (108.5, 126.4))).figures

    assert [row[0] for row in table.rows] == [1, 2]
    assert [row[6] for row in table.rows] == [140.5, None]


def test_a_header_without_windows_is_refused():
    with pytest.raises(UnsuitableAcquisitionError, match="describes no energy window"):
        analyze(dataclasses.replace(image(about(140.5, 20.0)), energy_windows=()))
    with pytest.raises(
        UnsuitableAcquisitionError, match="0 acquisitions are given as image, needs 1"
    ):
        ANALYZER.analyze(Inputs(roles={}, variant="nema"))


def test_standards_are_not_mixed():
    with pytest.raises(ContractError, match="has no variant 'ws523'"):
        analyze(image(about(140.5, 20.0)), "ws523")


def test_the_analyzer_keeps_the_contract():
    examples = [
        Inputs(roles={"image": (example,)}, variant=variant)
        for variant in ("nema", "iec")
        for example in (image(about(140.5, 20.0), (108.5, 126.4)), rotation(views=4, seed=1))
    ]

    assert check(ANALYZER, examples) == []

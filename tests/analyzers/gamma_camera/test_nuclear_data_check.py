"""Nuclear data of the equipment against the table of nuclides."""

import dataclasses
import math
from types import MappingProxyType

import numpy as np
import pytest

from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import Inputs, Outcome, ReadingValue, Severity
from photopeak_analyzers.errors import (
    MissingReadingError,
    ParameterError,
    UnsuitableAcquisitionError,
)
from photopeak_analyzers.gamma_camera.nuclear_data_check import ANALYZER
from photopeak_analyzers.gamma_camera.nuclear_data_values import ConfiguredNuclide, Found, compare
from photopeak_analyzers.nuclides import find
from photopeak_analyzers.parameters import parameters_from
from photopeak_analyzers.simulation.planar import still
from photopeak_analyzers.simulation.volumes import volume_of
from support.floods import notes, precondition, value


def pet(life=6586.2, fraction=0.967, nuclide="F-18"):
    """Return a PET image whose header has these values."""
    image = volume_of(np.ones((4, 8, 8)), (4.0, 4.0, 4.0), modality="PT", nuclide=nuclide)
    header = {"RadionuclideHalfLife": life, "RadionuclidePositronFraction": fraction}
    present = {name: each for name, each in header.items() if each is not None}
    return dataclasses.replace(image, header=MappingProxyType(present))


def analyze(*images, variant="local", readings=None, **parameters):
    given = {n: ReadingValue(value=each) for n, each in (readings or {}).items()}
    inputs = Inputs(roles={"image": images}, readings=given, variant=variant)
    return ANALYZER.analyze(inputs, ANALYZER.parameters(**parameters))


def configured(source, nuclide, half_life_s=None, positron_fraction=None):
    return ConfiguredNuclide(
        source=source,
        nuclide=nuclide,
        half_life_s=half_life_s,
        positron_fraction=positron_fraction,
    )


# --- known answers ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("fraction", "percent"), [(32e-6, 0.3135), (34e-6, 6.5831)])
def test_two_devices_have_different_branches_of_y_90(fraction, percent):
    """32e-6 on one device, 34e-6 on the other; the table has 31.9e-6."""
    found = analyze(readings={"nuclide": "Y-90", "positron_fraction_camera": fraction})

    deviation = value(found, "positron_fraction_deviation_pct", source="camera", nuclide="Y-90")
    assert deviation == pytest.approx(percent, abs=1e-3)
    assert bool(notes(found, "FRACTION_DIFFERS")) is (percent > 0.5)
    assert value(found, "differences") == float(percent > 0.5)


def test_the_half_life_of_tc_99m_depends_on_the_text():
    reading = {"nuclide": "Tc-99m", "half_life_meter": 21_672.0}

    icrp, nema = (analyze(variant=v, readings=reading) for v in ("local", "nema"))

    assert value(nema, "half_life_deviation_pct") == 0.0
    assert value(icrp, "half_life_deviation_pct") == pytest.approx(100.0 * (6.02 / 6.015 - 1.0))
    assert value(icrp, "differences") == 0.0


def test_a_wrong_half_life_tells_what_it_does_to_an_activity():
    """6.0067 h in place of 6.02 h: 0.15 % over 6 h of decay."""
    found = analyze(variant="nema", readings={"nuclide": "Tc-99m", "half_life_meter": 21_624.12})

    assert value(found, "half_life_deviation_pct") == pytest.approx(-0.2209, abs=1e-4)
    assert value(found, "activity_effect_pct") == pytest.approx(-0.153, abs=1e-3)
    (note,) = notes(found, "HALF_LIFE_DIFFERS")
    assert "has 21672 s (-0.221 %); it is that of DDEP" in note.message


def test_a_header_that_is_right_has_no_differences():
    analysis = analyze(pet(fraction=0.9673))

    assert value(analysis, "half_life_deviation_pct", source="header") == pytest.approx(
        0.0, abs=1e-9
    )
    assert value(analysis, "positron_fraction_deviation_pct") == pytest.approx(0.031, abs=1e-3)
    assert value(analysis, "differences") == 0.0
    assert analysis.valid
    assert {note.code for note in analysis.notes} == {"TABLE"}


@pytest.mark.parametrize(
    ("life", "words"),
    [
        (109.77, "; it looks like minutes"),
        (1.8295, "; it looks like hours"),
        (1223.4, "; it is that of C-11"),
        (5000.0, "%)"),
    ],
)
def test_a_wrong_half_life_is_explained_where_it_can_be(life, words):
    (note,) = notes(analyze(pet(life=life)), "HALF_LIFE_DIFFERS")

    assert note.message.endswith(words)
    assert note.message.startswith("header: the half-life of F-18 is")


@pytest.mark.parametrize(
    ("percent", "differs"), [(0.099, False), (0.101, True), (-0.099, False), (-0.101, True)]
)
def test_a_half_life_may_differ_by_a_tenth_of_a_percent(percent, differs):
    analysis = analyze(pet(life=6586.2 * (1.0 + percent / 100.0)))

    assert bool(notes(analysis, "HALF_LIFE_DIFFERS")) is differs


@pytest.mark.parametrize(("percent", "differs"), [(0.49, False), (0.51, True), (-0.51, True)])
def test_a_positron_fraction_may_differ_by_half_a_percent(percent, differs):
    analysis = analyze(pet(fraction=0.967 * (1.0 + percent / 100.0)))

    assert bool(notes(analysis, "FRACTION_DIFFERS")) is differs


def test_the_deviation_does_not_depend_on_the_nuclide():
    """The same relative error of three half-lives from a minute to thirty years."""
    lives = {
        "Rb-82": 1.273 * 60.0,
        "Lu-177": 6.647 * 86_400.0,
        "Cs-137": 30.1671 * 365.2422 * 86_400,
    }
    listed = tuple(configured("meter", name, 1.003 * life) for name, life in lives.items())

    analysis = analyze(configured=listed)

    for name in lives:
        found = value(analysis, "half_life_deviation_pct", nuclide=name)
        assert found == pytest.approx(0.3, rel=1e-9)
        effect = value(analysis, "activity_effect_pct", nuclide=name)
        assert effect == pytest.approx(100.0 * (2.0 ** (1.0 - 1.0 / 1.003) - 1.0), rel=1e-6)


def test_a_reference_with_an_uncertainty_gives_it_to_the_deviation():
    """DDEP has 6.0067(10) h; ICRP 107 states none."""
    found = Found(
        source="meter", nuclide=find("Tc-99m"), half_life_s=21_672.0, positron_fraction=None
    )

    assert compare(found, "ddep").half_life_u_percent == pytest.approx(
        100.0 * 0.0010 / 6.0067, rel=0.01
    )
    assert compare(found, "local").half_life_u_percent is None


# --- where the values come from ---------------------------------------------------------------------


def test_header_readings_and_configuration_stand_side_by_side():
    listed = (configured("meter", "Y-90", 230_760.0, 34e-6), configured("server", "F-18", 6588.0))

    analysis = analyze(pet(), readings={"half_life_camera": 6600.0}, configured=listed)

    (table,) = analysis.figures
    assert [row[:3] for row in table.rows] == [
        ("header", "F-18", "half-life (s)"),
        ("header", "F-18", "positron fraction"),
        ("camera", "F-18", "half-life (s)"),
        ("meter", "Y-90", "half-life (s)"),
        ("meter", "Y-90", "positron fraction"),
        ("server", "F-18", "half-life (s)"),
    ]
    assert value(analysis, "differences") == 2.0


def test_the_configuration_is_read_from_plain_values():
    plain = {"configured": [{"source": "meter", "nuclide": "99mTc", "half_life_s": 21_654.0}]}

    parameters = parameters_from(ANALYZER.parameters, plain)
    analysis = ANALYZER.analyze(Inputs(roles={}, variant="local"), parameters)

    assert value(analysis, "half_life_deviation_pct", nuclide="Tc-99m") == pytest.approx(0.0)


def test_what_was_read_beats_the_configuration_of_the_same_equipment():
    analysis = analyze(
        readings={"nuclide": "F-18", "half_life_meter": 6586.2},
        configured=(configured("meter", "F-18", 7000.0),),
    )

    assert value(analysis, "half_life_deviation_pct", source="meter") == pytest.approx(
        0.0, abs=1e-9
    )


def test_a_fraction_that_the_table_does_not_have_is_said_and_not_compared():
    analysis = analyze(readings={"nuclide": "Tc-99m", "positron_fraction_camera": 0.998})

    assert len(notes(analysis, "FRACTION_UNKNOWN")) == 1
    assert {m.metric for m in analysis.measurements} == {"differences"}


def test_what_a_header_leaves_out_is_unknown_and_warns():
    image = still({(1, 1): np.ones((8, 8))}, 4.0)

    analysis = analyze(image, readings={"half_life_camera": 21_654.0})

    found = precondition(analysis, "PC_NUCLIDE", "half-life")
    assert (found.outcome, found.severity) == (Outcome.UNKNOWN, Severity.SOFT)
    assert value(analysis, "half_life_deviation_pct", nuclide="Tc-99m") == pytest.approx(0.0)


# --- what is refused --------------------------------------------------------------------------------


def test_without_a_value_there_is_nothing_to_compare():
    for images in ((), (pet(life=None, fraction=None),)):
        with pytest.raises(MissingReadingError, match="neither a header nor a reading nor"):
            analyze(*images)


def test_without_a_nuclide_there_is_no_reference():
    with pytest.raises(ParameterError, match="names the nuclide, and the parameter nuclide is not"):
        analyze(readings={"half_life_camera": 6586.2})
    assert value(
        analyze(readings={"half_life_camera": 6586.2}, nuclide="F-18"), "differences"
    ) == pytest.approx(0.0)


def test_two_images_are_refused():
    with pytest.raises(UnsuitableAcquisitionError, match="2 acquisitions are given as image"):
        analyze(pet(), pet())


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([("meter", "F-18", 0.0)], "half_life_s of F-18 is 0, needs more than 0"),
        ([("meter", "F-18", None, 1.1)], "positron_fraction of F-18 is 1.1, needs more than 0"),
        ([("meter", "Xx-1", 1.0)], "not in the table of nuclides"),
        ([(" ", "F-18", 1.0)], "the source has no name"),
        ([("meter", "F-18", 1.0), ("meter", "18F", 2.0)], "meter lists F-18 twice"),
        ([("meter", "F-18", float("nan"))], "half_life_s of F-18 is nan"),
    ],
)
def test_a_configuration_that_cannot_be_true_is_refused(entries, message):
    with pytest.raises(ParameterError, match=message):
        ANALYZER.parameters(configured=tuple(configured(*entry) for entry in entries))


def test_the_analyzer_keeps_the_contract():
    reading = {
        "nuclide": ReadingValue(value="Y-90"),
        "positron_fraction_camera": ReadingValue(value=34e-6),
        "half_life_meter": ReadingValue(value=230_760.0),
    }
    examples = [
        Inputs(roles={"image": (pet(),)}, variant="local"),
        Inputs(roles={}, readings=reading, variant="nema"),
    ]

    assert check(ANALYZER, examples) == []


@pytest.mark.parametrize("impossible", [math.inf, math.nan, 0.0, -1.0])
def test_a_header_whose_values_are_impossible_is_one_without(impossible):
    analysis = analyze(pet(impossible))

    unknown = precondition(analysis, "PC_NUCLIDE", "half-life in the header")
    assert unknown.outcome is Outcome.UNKNOWN
    assert "half_life_deviation_pct" not in {m.metric for m in analysis.measurements}


@pytest.mark.parametrize(("life_s", "needs"), [(0.0, "at least 1 s"), (-5.0, "at least 1 s")])
def test_a_half_life_that_was_read_is_one(life_s, needs):
    with pytest.raises(ParameterError, match=f"half_life_camera is {life_s:g} s, needs {needs}"):
        analyze(readings={"nuclide": "Tc-99m", "half_life_camera": life_s})

"""Names, codes, half-lives and lines of radionuclides."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photopeak_analyzers.errors import ParameterError
from photopeak_analyzers.nuclide_table import DAY_S, HOUR_S, NUCLIDES, WST_A1, YEAR_S
from photopeak_analyzers.nuclides import (
    canonical_name,
    find,
    half_life,
    imaged_lines_kev,
    name_of_code,
    recognise,
)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("^99m^Technetium", "Tc-99m"),
        ("99m Technetium", "Tc-99m"),
        ("Tc-99m", "Tc-99m"),
        ("TC-99M", "Tc-99m"),
        ("99mTc", "Tc-99m"),
        ("99m-Tc", "Tc-99m"),
        ("⁹⁹ᵐTc", "Tc-99m"),
        ("Ｔｃ９９ｍ", "Tc-99m"),
        ("锝-99m", "Tc-99m"),
        ("锝99m", "Tc-99m"),
        ("Technetium Tc 99m", "Tc-99m"),
        ("Iodine I 131", "I-131"),
        ("Iodine Xe 131", None),
        ("^18^Fluorine", "F-18"),
        ("[18F]", "F-18"),
        ("氟-18", "F-18"),
        ("57 Cobalt", "Co-57"),
        ("131I", "I-131"),
        ("I131", "I-131"),
        ("碘-131", "I-131"),
        ("113mIn", "In-113m"),
        ("54Mn", "Mn-54"),
        ("52Mn", "Mn-52"),
        ("Re-188", "Re-188"),
        ("^67^Gallium", "Ga-67"),
        ("Caesium-137", "Cs-137"),
        ("Cesium 137", "Cs-137"),
    ],
)
def test_a_text_names_its_nuclide(text, name):
    assert canonical_name(text) == name


@pytest.mark.parametrize(
    "text",
    [None, "", "Tc", "99", "99m", "LEHR", "EW1", "H1", "Flood 1", "256", "Mn-540", "W1",
     "C-111A1", "72454006", "Tc-99m " * 20],
)  # fmt: skip
def test_a_text_that_names_none_gives_none(text):
    assert canonical_name(text) is None


@given(st.text(max_size=50))
def test_no_text_breaks_the_parser(text):
    name = canonical_name(text)

    assert name is None or canonical_name(name) == name


@given(st.sampled_from([nuclide.name for nuclide in NUCLIDES]))
def test_every_name_in_the_table_is_canonical_in_any_order(name):
    element, mass = name.split("-")

    for text in (name, element + mass, mass + element, f"^{mass}^{element}", name.upper()):
        assert canonical_name(text) == name


@pytest.mark.parametrize(
    ("code", "name"),
    [("C-163A8", "Tc-99m"), ("72454006", "Tc-99m"), (" c-111a1 ", "F-18"), ("3027009", "Ba-133")],
)
def test_a_code_value_names_its_nuclide_in_any_scheme(code, name):
    assert name_of_code(code) == name


def test_the_value_of_a_code_is_trusted_before_its_meaning():
    assert recognise("C-163A8", "^57^Cobalt") == "Tc-99m"
    assert recognise("99SDM-7", "^57^Cobalt") == "Co-57"
    assert recognise(None, None, "MDP", "99mTc") == "Tc-99m"
    assert recognise(None, None) is None
    assert recognise("unknown", "unknown") is None


def test_codes_and_names_are_unique():
    names = [nuclide.name for nuclide in NUCLIDES]
    codes = [code for nuclide in NUCLIDES for code in nuclide.codes]

    assert len(set(names)) == len(names)
    assert len(set(codes)) == len(codes)
    assert all(len(nuclide.codes) in (0, 2) for nuclide in NUCLIDES)


@pytest.mark.parametrize("profile", ["nema", "ws523"])
def test_technetium_has_the_half_life_that_its_standard_fixes(profile):
    # GB/T 18989-2013 E.6.4 prints 21,672 s with a comma for the thousands.
    assert half_life("Tc-99m", profile).seconds == 21_672.0


@pytest.mark.parametrize(
    ("name", "profile", "seconds"),
    [
        ("Tc-99m", "local", 6.015 * HOUR_S),
        ("Tc-99m", "iec", 6.02 * HOUR_S),
        ("Tc-99m", "ddep", 6.0067 * HOUR_S),
        ("F-18", "jjf", 109.8 * 60.0),
        ("F-18", "icrp107", 6586.2),
        ("Ga-67", "iec", 78.0 * HOUR_S),
        ("Co-57", "iec", 271.74 * DAY_S),
        ("Co-57", "wst584", 271.80 * DAY_S),
        ("Cs-137", "wst584", 30.018 * YEAR_S),
    ],
)
def test_a_profile_uses_its_own_value_or_the_evaluated_one(name, profile, seconds):
    assert half_life(name, profile).seconds == pytest.approx(seconds, rel=1e-12)


def test_the_choice_of_half_life_is_the_published_difference():
    # 6.0067 against 6.02 h shifts an activity of Tc-99m by 0.15 % in 6 h and 0.61 % in 24 h.
    difference = math.log(2.0) * (1.0 / 6.0067 - 1.0 / 6.02)

    assert 100.0 * difference * 6.0 == pytest.approx(0.15, abs=0.005)
    assert 100.0 * difference * 24.0 == pytest.approx(0.61, abs=0.005)


def test_a_known_uncertainty_is_kept():
    assert half_life("Tc-99m", "ddep").uncertainty_s == pytest.approx(3.6)
    assert half_life("F-18", "ph_eur").uncertainty_s == pytest.approx(3.0)
    assert half_life("Tc-99m", "nema").uncertainty_s is None


def test_values_of_one_nuclide_agree_within_two_percent():
    # A slip of a unit or a digit would show; real texts differ by 0.6 % at most (Co-57, I-131).
    for nuclide in NUCLIDES:
        seconds = [each.seconds for each in nuclide.half_lives.values()]
        if seconds:
            assert max(seconds) / min(seconds) < 1.02, nuclide.name


def test_every_value_names_its_source():
    for nuclide in NUCLIDES:
        assert all(each.source and each.seconds > 0.0 for each in nuclide.half_lives.values())
        assert all(line.source and line.energy_kev > 0.0 for line in nuclide.lines)
        assert [line.energy_kev for line in nuclide.lines] == sorted(
            line.energy_kev for line in nuclide.lines
        )


def test_what_is_listed_by_a_standard_has_its_intensity():
    listed = [line for n in NUCLIDES for line in n.lines if line.source == WST_A1]

    assert len(listed) == 17
    assert all(line.intensity_percent for line in listed)


def test_the_photopeaks_of_gallium_are_three():
    assert imaged_lines_kev("Ga-67") == (93.3, 184.6, 300.2)
    assert imaged_lines_kev("Re-188") == ()


def test_a_nuclide_beyond_the_table_is_refused():
    with pytest.raises(ParameterError, match="the nuclide 'Re-188' is not in the table"):
        find("Re-188")

"""Text and numbers as people see them."""

from __future__ import annotations

import pytest

from photopeak.reports.text import (
    capitalised,
    column_texts,
    number_text,
    unit_text,
    visible,
)


def test_what_cannot_be_seen_is_made_visible() -> None:
    assert visible("a\u202eb") == "a\ufffdb"
    assert visible("a\x00b\x1b[31m\x9d") == "a\ufffdb\ufffd[31m\ufffd"
    assert visible("zero\u200bwidth\ufeff") == "zero\ufffdwidth\ufffd"
    assert visible("tag\U000e0041") == "tag\ufffd"
    assert visible("lone\ud800") == "lone\ufffd"
    assert visible("line\r\nline\ttab\u2028end") == "line  line tab end"


def test_ordinary_text_of_any_script_stays_as_it_is() -> None:
    for text in ("Flood, 140 keV", "固有均匀性 质控", "Überprüfung", "Ελληνικά", "ﬁ µ ± ≤"):
        assert visible(text) == text


def test_long_text_ends_with_an_ellipsis() -> None:
    assert visible("x" * 100, limit=10) == "x" * 9 + "…"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"), (3.5, "3.5"), (140.511, "140.5"), (-0.5, "-0.5"), (999.96, "1000"),
        (1234.5, "1234"), (10508.0, "10\u2009508"), (52_400_000.0, "52\u2009400\u2009000"),
        (1.5e12, "1.5e12"), (2e-5, "2e-5"), (0.00123, "0.00123"),
    ],
)  # fmt: skip
def test_numbers_are_short_and_grouped(value: float, text: str) -> None:
    assert number_text(value) == text


def test_decimals_are_kept_and_zero_has_no_sign() -> None:
    assert number_text(3.456789, 2) == "3.46"
    assert number_text(2.0, 2) == "2.00"
    assert number_text(-0.001, 2) == "0.00"


def test_units_are_written_as_people_write_them() -> None:
    units = {
        "1": "",
        "%": "%",
        "deg": "°",
        "{counts}/s": "counts/s",
        "um": "µm",
        "us": "µs",
        "keV": "keV",
    }

    assert {ucum: unit_text(ucum) for ucum in units} == units


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("count rate", "Count rate"), ("x (mm)", "x (mm)"), ("keV per channel", "keV per channel"),
        ("mm", "mm"), ("UFOV", "UFOV"), ("dl_line is meant", "dl_line is meant"), ("", ""),
    ],
)  # fmt: skip
def test_labels_begin_with_a_capital_and_symbols_stay_as_they_are(text: str, said: str) -> None:
    assert capitalised(text) == said


def test_numbers_of_one_quantity_get_the_same_decimals() -> None:
    assert column_texts([0.889, 84.23, 143.7, 72.5, None]) == ["0.9", "84.2", "143.7", "72.5", "–"]
    assert column_texts([90.0, 0.02, 89.99]) == ["90.00", "0.02", "89.99"]
    assert column_texts([-0.09, -0.098]) == ["-0.090", "-0.098"]


def test_a_column_of_several_quantities_or_many_magnitudes_keeps_its_digits() -> None:
    assert column_texts([143.7, 0.889], alike=False) == ["143.7", "0.889"]
    assert column_texts([100.0, 0.00123]) == ["100", "0.00123"]
    assert column_texts([12345.0, 3.5]) == ["12\u2009345", "3.5"]
    assert column_texts([3, "a", float("nan")]) == ["3", "a", "nan"]

"""Units of nuclear medicine in UCUM, and what is often written instead."""

import pytest

from photopeak_analyzers.ucum import is_unit


@pytest.mark.parametrize(
    "unit",
    [
        "1",
        "%",
        "mm",
        "cm",
        "s",
        "min",
        "h",
        "d",
        "a",
        "keV",
        "MBq",
        "kBq/mL",
        "{counts}",
        "{counts}/s",
        "s-1.MBq-1",
        "1/s",
        "/min",
        "deg",
        "mm2",
        "g/cm3",
        "[hnsf'U]",
        "Cel",
        "us",
        "10*3/s",
        "mm{FWHM}",
    ],
)
def test_a_unit_is_recognised(unit):
    assert is_unit(unit)


@pytest.mark.parametrize(
    "unit",
    ["", " ", "counts", "cps", "kcps", "HU", "Mev", "mm^2", "s-1 MBq-1", "/", "mm/", "{}{}", "µs"],
)
def test_what_is_no_unit_is_refused(unit):
    assert not is_unit(unit)

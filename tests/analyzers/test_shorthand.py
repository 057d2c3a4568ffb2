"""Metrics and measurements from rows, and scopes in words."""

from photopeak_analyzers.contract import Measurement, Metric, Note, Scope
from photopeak_analyzers.shorthand import as_suffix, distinct, in_words, measurements, metrics


def test_rows_become_metrics_of_one_clause():
    (metric,) = metrics("clause 1", ("fwhm_x", "mm", "FWHM", "Resolution", "分辨率", 1))

    assert metric == Metric(
        key="fwhm_x",
        unit="mm",
        symbol="FWHM",
        label="Resolution",
        label_zh="分辨率",
        decimals=1,
        clause="clause 1",
    )


def test_what_was_not_measured_is_left_out():
    scope = Scope.of(detector=1)

    assert measurements(scope, [("a", 1.0, 0.1), ("b", None, None), ("c", 0.0, None)]) == [
        Measurement(metric="a", scope=scope, value=1.0, uncertainty=0.1),
        Measurement(metric="c", scope=scope, value=0.0),
    ]


def test_a_scope_reads_as_words_and_ends_a_name():
    scope = Scope.of(energy_window=2, detector=1, distance_mm=100.0)

    assert in_words(scope) == "detector 1, 100 mm, energy window 2"
    assert as_suffix(scope) == "_detector_1_distance_mm_100_energy_window_2"
    assert (in_words(Scope()), as_suffix(Scope())) == ("the only frame", "")
    assert in_words(Scope(), "the spectrum") == "the spectrum"


def test_a_note_stands_once_and_in_its_place():
    first, second = (Note(code=code, message=code, values={"n": 1}) for code in "ab")

    assert distinct([first, second, Note(code="a", message="a", values={"n": 1})]) == [
        first,
        second,
    ]

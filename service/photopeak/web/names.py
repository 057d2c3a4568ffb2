"""What metrics and series are called on pages: by the names that people know, not by keys and UIDs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from photopeak.model.catalogue import TestDescription
from photopeak.model.results import ResultRecord
from photopeak.model.series import SeriesRecord
from photopeak.reports.text import capitalised
from photopeak.web.words import Words

Describe = Callable[[str], TestDescription | None]
"""Returns the description of a test by its id; None for one that is not installed any more."""

_TITLES = ("SeriesDescription", "DocumentTitle", "ProtocolName", "StudyDescription", "ImageID")


def nothing_known(_: str) -> None:
    """Describe no test."""


def metric_name(result: ResultRecord, metric: str, words: Words, describe: Describe) -> str:
    """Return what a metric is called, also one that the result has no number of."""
    for measurement in result.measurements:
        if measurement.metric == metric:
            return words.pick(measurement.label, measurement.label_zh)
    test = describe(result.test)
    known = None if test is None else test.metric(metric)
    if known is not None:
        return words.pick(known.label, known.label_zh)
    return capitalised(metric.replace("_", " "))


_KINDS = {
    "gamma_camera": "gamma camera",
    "spect_ct": "SPECT/CT",
    "spect": "SPECT",
    "pet_ct": "PET/CT",
    "pet_mr": "PET/MR",
    "pet": "PET",
    "dose_calibrator": "dose calibrator",
    "whole_body_counter": "whole-body counter",
    "gamma_counter": "gamma counter",
}


def kind_name(kind: str, words: Words) -> str:
    """Return what a kind of device is called."""
    return words(_KINDS.get(kind, kind.replace("_", " ")))


def test_titles(tests: Sequence[TestDescription], words: Words) -> Callable[[str], str]:
    """Return what gives a test's title by its id, also of one that no worker has told of."""
    known = {test.id: words.pick(test.title, test.title_zh) or test.id for test in tests}
    return lambda test: known.get(test) or words(capitalised(test.replace("_", " ")))


def series_title(record: SeriesRecord) -> str:
    """Return what a series says that it is; empty when it says nothing."""
    return next((record.display[k] for k in _TITLES if record.display.get(k)), "")


def series_name(record: SeriesRecord, words: Words) -> str:
    """Return what a series is called in a list: its description, and its number on the console."""
    title = series_title(record) or words("Series without a description")
    number = record.display.get("SeriesNumber", "")
    return words("{title} · series {number}", title=title, number=number) if number else title

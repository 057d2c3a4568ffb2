"""Figures as shown."""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import Any

import pytest

from photopeak.web.figure_views import (
    FigureView,
    by_subject,
    key_of,
    leading,
    picture_size,
    table_view,
)
from photopeak.web.words import Words

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 562 416.8" width="562" height="416.8">'


def view(name: str, kind: str = "image", **changes: Any) -> FigureView:
    """Return a figure."""
    subject, _, detector = name.partition("_detector_")
    shown = FigureView(
        name=name, subject=subject, detector=detector, window="", title=name, caption=subject, parts=(subject,),
        kind=kind, source="/x.svg", width=560, height=420, links=(), table=None,
    )  # fmt: skip
    return replace(shown, **changes)


def test_the_size_of_a_picture_is_read_from_its_start() -> None:
    png = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 320, 240)

    assert picture_size(SVG + b"<path/>" * 9999) == (562, 417)
    assert picture_size(png) == (320, 240)


@pytest.mark.parametrize("content", [b"", b"<svg>", b'<svg width="0" height="5">', b"\xff\xd8"])
def test_a_picture_that_does_not_tell_its_size_has_a_usual_one(content: bytes) -> None:
    width, height = picture_size(content)

    assert width > 0
    assert height > 0


def test_the_first_image_of_every_detector_leads() -> None:
    views = [
        view(f"{subject}_detector_{n}", kind)
        for n in (1, 2)
        for subject, kind in (("profiles", "curve"), ("flood", "image"), ("deviation", "image"))
    ]

    assert [v.name for v in leading(views)] == ["flood_detector_1", "flood_detector_2"]
    assert leading([]) == ()


def test_other_figures_stand_together_by_subject() -> None:
    views = [view(f"{s}_detector_{n}") for n in (1, 2) for s in ("deviation", "profiles")]

    assert [
        [v.detector for v in subject.figures] for subject in by_subject(views, Words("en"))
    ] == [
        ["1", "2"],
        ["1", "2"],
    ]


def test_each_figure_of_a_subject_says_what_the_others_do_not() -> None:
    views = [
        view(f"spread_detector_{n}_{d}", parts=("Line spread", f"direction {d}"))
        for n in (1, 2)
        for d in "xy"
    ]
    heads = [replace(v, subject="spread", detector=v.detector[0]) for v in views]
    (both,) = by_subject(heads, Words("en"))
    (alone,) = by_subject([replace(views[0], subject="spread", detector="1")], Words("en"))

    assert both.title == "Line spread"
    assert both.captions == (
        "Detector 1, direction x", "Detector 1, direction y",
        "Detector 2, direction x", "Detector 2, direction y",
    )  # fmt: skip
    # Of one detector alone nobody has to be told which.
    assert (alone.title, alone.captions) == ("Line spread, direction x", ("",))


def test_a_figure_stands_beside_the_numbers_of_its_detector() -> None:
    both = [("1", ""), ("2", "")]

    assert key_of(view("flood_detector_2"), both) == ("2", "")
    assert key_of(view("flood"), [("1", "")]) == ("1", "")
    assert key_of(view("flood"), both) == ("", "")
    assert key_of(view("flood_detector_2", window="1"), [("2", "1")]) == ("2", "1")


def test_a_table_never_leads() -> None:
    table = table_view(b'{"columns": ["check", "unit"], "rows": [["sum", "{counts}"]]}')

    assert table is not None
    assert table.rows == (("sum", "counts"),)
    assert leading([view("checks", "table", table=table)]) == ()


def test_a_table_that_cannot_be_read_is_none() -> None:
    for content in (b"", b"[]", b"{}", b'{"columns": ["a"], "rows": [[1, 2]]}', b'{"columns": 1}'):
        assert table_view(content) is None

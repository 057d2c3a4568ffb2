"""The picture of a message: of its result and its head, drawn with what is marked, or left out."""

from __future__ import annotations

import pytest

from photopeak.alerts.channels import pictures
from photopeak.model.results import FigureRecord
from photopeak.reports.letters.pictures import drawn
from photopeak.storage import results
from photopeak.storage.database import Database
from support.messages import line, message
from support.rows import result_of, waiting_set

SVG = b"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 40 20' width='40' height='20'><text x='2' y='9'>%s</text></svg>"


def figure(name: str, **forms: bytes) -> FigureRecord:
    return FigureRecord(name=name, title=name, kind="image", forms={"json": b"{}", **forms})


def stored(database: Database, *figures: FigureRecord) -> str:
    with database.transaction() as tx:
        return results.add(tx, result_of(waiting_set(tx), figures=figures)).id


def picture(database: Database, result_id: str, detector: int | None, **options: object) -> object:
    whole = message(
        result_id=result_id,
        lines=(line(result_id="other", detector=9), line(result_id=result_id, detector=detector)),
    )
    return pictures.picture_of(database, whole, options.get("draw", lambda _: None))  # type: ignore[arg-type]


def test_the_picture_is_of_the_head_that_the_message_names(sqlite_database: Database) -> None:
    result_id = stored(
        sqlite_database,
        figure("flood_detector_1_energy_window_1", png=b"one"),
        figure("flood_detector_12", png=b"twelve"),
        figure("flood_detector_2_energy_window_1", png=b"two"),
    )

    assert picture(sqlite_database, result_id, 2) == b"two"
    assert picture(sqlite_database, result_id, 12) == b"twelve"
    assert picture(sqlite_database, result_id, None) == b"one"
    # Better none than one of another head.
    assert picture(sqlite_database, result_id, 3) is None


def test_figures_that_tell_no_head_are_of_all(sqlite_database: Database) -> None:
    assert picture(sqlite_database, stored(sqlite_database, figure("windows", png=b"p")), 2) == b"p"


def test_what_can_be_drawn_is_drawn_and_what_is_too_large_is_left_out(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    result_id = stored(sqlite_database, figure("curve", svg=b"svg", png=b"bare"))
    assert picture(sqlite_database, result_id, None, draw=lambda svg: b"drawn " + svg) == (
        b"drawn svg"
    )
    assert picture(sqlite_database, result_id, None) == b"bare"
    monkeypatch.setattr(pictures, "LARGEST_BYTES", 3)
    assert picture(sqlite_database, result_id, None) is None


def test_without_a_result_or_a_figure_there_is_no_picture(sqlite_database: Database) -> None:
    assert pictures.picture_of(sqlite_database, message(), lambda _: b"x") is None
    assert picture(sqlite_database, "gone", 1) is None
    assert picture(sqlite_database, stored(sqlite_database), 1) is None


def test_an_svg_becomes_a_png_and_what_is_none_does_not(
    caplog: pytest.LogCaptureFixture,
) -> None:
    found = drawn(SVG % "均匀性 UFOV".encode())
    assert found is not None
    assert found.startswith(b"\x89PNG\r\n\x1a\n")
    assert drawn(b"<svg") is None
    assert "could not be drawn" in caplog.text

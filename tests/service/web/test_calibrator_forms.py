"""The forms of calibrators, built from what their analyzers say of themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from photopeak.analysis.catalogue import describe, load_analyzers
from photopeak.model.page import Access, PageRequest, Visitor
from photopeak.settings import Settings, SiteSettings
from photopeak.storage.database import Database
from photopeak.web.context import WebContext
from photopeak.web.pages import all_pages
from support import web_scene
from support.rows import NOON

METERS = tuple(
    describe(analyzer)
    for name, analyzer in sorted(load_analyzers().items())
    if name.startswith("calibrator_") or name == "administered_activity_check"
)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_form_has_a_field_for_every_reading_in_both_languages(
    sqlite_database: Database, tmp_path: Path, language: str
) -> None:
    context = WebContext(
        settings=Settings(data=tmp_path, site=SiteSettings(language=language)),
        database=sqlite_database,
        version="0.1.0",
        devices=lambda: (web_scene.DEVICE,),
        tests=lambda: METERS,
        series_texts=lambda _: {},
        clock=lambda: NOON,
    )
    (page,) = [p for p in all_pages(context) if (p.method, p.path) == ("GET", "/measurements")]
    visitor = Visitor(name="R. Chen", access=Access.OPERATE, csrf_token="c")

    for test in METERS:
        query = {"device": "camera-1", "test": test.id}
        html = page.answer(PageRequest(visitor=visitor, query=query)).html
        for reading in test.readings:
            assert (reading.label if language == "en" else reading.label_zh) in html
            for column in reading.columns:
                assert f"cell:{reading.name}:1:{column.name}" in html
                assert (column.label if language == "en" else column.label_zh) in html

"""The form of every test of readings alone, in a real browser, from an empty field to a result."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from photopeak.analysis.catalogue import describe, load_analyzers
from photopeak.model.catalogue import ColumnDescription, ReadingDescription
from photopeak.reports.text import number_text, unit_text
from support.ports import eventually, free_port
from support.readings_alone import AT, EXAMPLES, Timed
from support.service import Service, running_service

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
CATALOGUE = {name: describe(each) for name, each in load_analyzers().items()}
ALONE = sorted(n for n, test in CATALOGUE.items() if test.readings and not test.needs_images)
DEVICES = '[devices.lab-1]\nname = "Hot lab 1"\nkind = "any"\ndicom = false\n'
MOST_TYPED = 3
"""Rows that are typed cell by cell; more of them are pasted, as a person would."""


@dataclass
class Site:
    """A service with its pages in two languages and one signed-in page of each."""

    service: Service
    chinese: Service
    browser: Browser
    english_page: Page
    complaints: list[str]

    def newest(self) -> str:
        """Return which test set was opened last."""
        return str(self.service.api("/test-sets", limit="1")["items"][:1])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Serve one database in English and in Chinese, and start a browser."""
    from playwright.sync_api import sync_playwright

    with running_service(tmp_path_factory.mktemp("forms") / "service", devices=DEVICES) as service:
        port = free_port()
        chinese = Service(
            service.folder, service.dicom_port, f"http://127.0.0.1:{port}", service.token,
            {"PHOTOPEAK_SITE__LANGUAGE": "zh", "PHOTOPEAK_WEB__PORT": str(port)},
        )  # fmt: skip
        try:
            chinese.start("web", name="web-zh")
            chinese.wait_until_up()
            eventually(
                lambda: len(service.api("/analyzers")["items"]) >= len(CATALOGUE),
                seconds=180.0,
                what="the worker tells which tests are installed",
            )
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(
                    executable_path=CHROMIUM, headless=True, args=list(FLAGS)
                )
                complaints: list[str] = []
                with signed_in(browser, service, complaints) as page:
                    yield Site(service, chinese, browser, page, complaints)
                browser.close()
        finally:
            chinese.stop()


@contextmanager
def signed_in(browser: Browser, service: Service, complaints: list[str]) -> Iterator[Page]:
    """Open a browser of its own and sign in with the token."""
    context = browser.new_context()
    page = context.new_page()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{service.url}/series")
    page.fill("[name=token]", service.token)
    page.click("button[type=submit].main")
    page.wait_for_selector("nav")
    try:
        yield page
    finally:
        context.close()


def form_of(page: Page, service: Service, name: str) -> None:
    page.goto(f"{service.url}/measurements?device=lab-1&test={name}")
    page.wait_for_selector("form [name=performed_at]")


def local(moment: str) -> str:
    """Return a moment as a field of a form in the zone of the site takes it."""
    return datetime.fromisoformat(moment).replace(tzinfo=None).isoformat(timespec="seconds")


def in_words(kind: str, value: Any) -> str:
    return local(value) if kind == "time" else str(value)


def fill(page: Page, name: str, example: dict[str, Any]) -> None:
    """Type the example of a test into its form."""
    page.fill("[name=performed_at]", local(AT.isoformat()))
    page.fill("[name=operator]", "R. Chen")
    for reading in CATALOGUE[name].readings:
        if reading.name not in example:
            continue
        value = example[reading.name]
        if reading.kind == "table":
            fill_table(page, reading, value)
        elif reading.kind == "choice":
            page.select_option(f"[name='value:{reading.name}']", value)
        elif isinstance(value, Timed):
            page.fill(f"[name='value:{reading.name}']", str(value.value))
            page.fill(f"[name='u:{reading.name}']", str(value.uncertainty))
            page.fill(f"[name='at:{reading.name}']", local(value.at))
        else:
            page.fill(f"[name='value:{reading.name}']", in_words(reading.kind, value))


def fill_table(page: Page, reading: ReadingDescription, rows: list[dict[str, Any]]) -> None:
    kinds = {column.name: column.kind for column in reading.columns}
    if len(rows) > MOST_TYPED:
        lines = ["\t".join(str(row.get(name, "")) for name in kinds) for row in rows]
        paste = page.locator(f"[name='paste:{reading.name}']")
        paste.evaluate("area => { area.closest('details').open = true }")
        paste.fill("\n".join(lines))
        return
    for position, row in enumerate(rows, 1):
        for column, value in row.items():
            key = f"[name='cell:{reading.name}:{position}:{column}']"
            if kinds[column] == "choice":
                page.select_option(key, value)
            else:
                page.fill(key, in_words(kinds[column], value))


def bounds(field: ReadingDescription | ColumnDescription) -> str:
    """Return the range of a field as the page says it in English."""
    least, most = (None if b is None else number_text(b) for b in (field.minimum, field.maximum))
    if least is not None and most is not None:
        return f"{least} to {most}"
    return f"at least {least}" if least is not None else f"at most {most}" if most else ""


def look_at(page: Page, name: str) -> None:
    """Check that every reading has its field, with unit and range beside it."""
    for reading in CATALOGUE[name].readings:
        if reading.kind == "table":
            heads = page.locator(
                f"fieldset:has([name='paste:{reading.name}']) thead th"
            ).all_inner_texts()[1:]
            assert len(heads) == len(reading.columns)
            for head, column in zip(heads, reading.columns, strict=True):
                assert unit_text(column.unit) in head
                assert bounds(column) in head
            continue
        field = page.locator(f".reading:has([name='value:{reading.name}'])")
        said = field.inner_text()
        assert (reading.label or reading.name) in said
        assert unit_text(reading.unit) in said
        assert bounds(reading) in said
        assert ("optional" in said) is not reading.required


def submit(page: Page, service: Service) -> dict[str, Any]:
    """Send the form, and return the result once the worker has made it."""
    page.click("button.main:has-text('analyse'), button.main:has-text('分析')")
    page.wait_for_url("**/test-sets/*")
    identity = page.url.rsplit("/", 1)[1].split("?")[0]

    def done() -> dict[str, Any] | None:
        page.wait_for_timeout(80)  # asking without a pause would take the worker's time
        found = service.api(f"/test-sets/{identity}")["results"]
        return dict(found[0]) if found else None

    return eventually(done, seconds=30.0, what="the result is there")


@pytest.mark.parametrize("name", ALONE)
def test_a_form_takes_a_measurement_to_its_result(site: Site, name: str) -> None:
    page = site.english_page
    form_of(page, site.service, name)
    look_at(page, name)
    fill(page, name, dict(EXAMPLES[name]))

    result = submit(page, site.service)

    assert result["status"] in ("PASS", "WARN", "FAIL", "INFO", "NO_LIMIT"), result
    page.goto(f"{site.service.url}/results/{result['id']}")
    assert CATALOGUE[name].title in page.inner_text("main")
    assert page.locator("table").count() > 0
    assert site.complaints == []


def test_what_was_entered_stands_beside_the_fields_the_next_time(site: Site) -> None:
    name, page = "nuclear_data_check", site.english_page
    form_of(page, site.service, name)
    fill(page, name, {**EXAMPLES[name], "half_life_meter": 6590.0})
    submit(page, site.service)
    form_of(page, site.service, name)

    for reading in CATALOGUE[name].readings:
        field = page.locator(f".reading:has([name='value:{reading.name}']) .last-time")
        assert f"({AT.date().isoformat()})" in field.inner_text()
    assert "Last time: 6590 s" in page.inner_text("form:has([name=performed_at])")


@pytest.mark.parametrize(
    ("name", "field", "typed", "said"),
    [
        ("wbc_chest_wall", "value:fat_fraction", "20", "20 cannot be: allowed is 0 to 1."),
        ("wbc_chest_wall", "value:energy_kev", "59540", "59\u2009540 cannot be: allowed is 10 to 3000 keV."),
        ("gamma_counter_constancy", "cell:counts:1:live_s", "0",
         "0 cannot be: allowed is 0.001 to 1\u2009000\u2009000 s."),
        ("calibrator_constancy", "value:certificate_uncertainty_pct", "-1",
         "-1 cannot be: allowed is 0 to 50 %."),
        ("pet_timing_energy_resolution", "value:timing_resolution_ps", "fast", "This is a number."),
    ],
)  # fmt: skip
def test_what_cannot_be_is_told_beside_its_field_and_nothing_is_stored(
    site: Site, name: str, field: str, typed: str, said: str
) -> None:
    page = site.english_page
    before = site.newest()
    form_of(page, site.service, name)
    fill(page, name, dict(EXAMPLES[name]))
    page.fill(f"[name='{field}']", typed)
    page.click("button.main:has-text('analyse')")
    page.wait_for_selector(".alert-line")

    assert "Nothing was kept: 1 field is to be corrected." in page.inner_text(".alert-line")
    beside = ".reading.wrong" if field.startswith("value:") else "td.wrong"
    wrong = page.locator(f"{beside}:has([name='{field}'])")
    assert said in wrong.inner_text()
    # What was typed is still there, to be corrected.
    assert page.input_value(f"[name='{field}']") == typed
    assert site.newest() == before
    site.complaints.clear()  # the browser remarks the status 422


def test_a_choice_that_is_none_is_refused_though_no_page_offers_it(site: Site) -> None:
    page = site.english_page
    before = site.newest()
    form_of(page, site.service, "wbc_chest_wall")
    fill(page, "wbc_chest_wall", dict(EXAMPLES["wbc_chest_wall"]))
    page.evaluate(
        "document.querySelector(\"[name='value:efficiency_basis']\").selectedOptions[0].value = 'x'"
    )
    page.click("button.main:has-text('analyse')")
    page.wait_for_selector(".alert-line")

    assert "Choose one of these." in page.locator(".reading.wrong").inner_text()
    assert site.newest() == before
    site.complaints.clear()


def test_the_form_and_its_result_speak_chinese(site: Site) -> None:
    name = "wbc_chest_wall"
    complaints: list[str] = []
    with signed_in(site.browser, site.chinese, complaints) as page:
        form_of(page, site.chinese, name)
        said = page.inner_text("form:has([name=performed_at])")
        for reading in CATALOGUE[name].readings:
            assert reading.label_zh in said
        fill(page, name, {**EXAMPLES[name], "chest_wall_cm": 3.2})
        page.fill("[name='value:fat_fraction']", "20")
        page.click("button.main:has-text('分析')")
        page.wait_for_selector(".alert-line")
        fault = page.locator(".reading.wrong .fault").inner_text()
        assert "20" in fault
        assert "cannot be" not in fault

        page.fill("[name='value:fat_fraction']", "0.2")
        result = submit(page, site.chinese)
        page.goto(f"{site.chinese.url}/results/{result['id']}")
        assert CATALOGUE[name].title_zh in page.inner_text("main")
        assert "肌肉等效胸壁厚度" in page.inner_text("main")

"""What record and certificate of a PET/CT calibration say (JJF draft 8, Annex C, D, E)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from photopeak.model.judgement import Status
from photopeak.model.results import InputRecord, Provenance
from photopeak.model.series import SeriesState
from photopeak.reports.jjf.gather import Gathered, SelectionError, gather, inputs_sha256
from photopeak.reports.jjf.particulars import Particulars, ParticularsError
from photopeak.reports.jjf.report import report
from photopeak.reports.jjf.request import check_request, collect
from photopeak.reports.paper.document import Document, Facts, Grid, Paragraph, Picture, Sheet
from photopeak.storage.database import Database
from photopeak.storage.errors import NotFoundError
from support import jjf_results as jjf
from support import web_scene
from support.rows import NOON

DAY = timedelta(days=1)


def gathered(database: Database, **options: Any) -> Gathered:
    with database.snapshot() as tx:
        return gather(tx, jjf.SCANNER, **options)


def made(found: Gathered, language: str = "en", **particulars: Any) -> Document:
    return report(
        found, Particulars(**particulars), language=language, zone="Asia/Shanghai", tests=(),
        version="0.2.0",
    )  # fmt: skip


def grids(sheet: Sheet) -> list[Grid]:
    return [block for block in sheet.blocks if isinstance(block, Grid)]


def rows_of_certificate(document: Document) -> dict[str, str]:
    return dict(grids(document.sheets[0])[0].rows)  # type: ignore[arg-type]


def head_of_record(document: Document) -> dict[str, str]:
    (facts,) = [block for block in document.sheets[1].blocks if isinstance(block, Facts)]
    return dict(facts.rows)


def sheet_of(document: Document, item: str) -> Sheet:
    (found,) = [sheet for sheet in document.sheets if sheet.title.endswith(item)]
    return found


@pytest.fixture
def calibrated(sqlite_database: Database) -> Database:
    with sqlite_database.transaction() as tx:
        jjf.store_everything(tx)
    return sqlite_database


# --- Annex D ------------------------------------------------------------------------------------------


def test_the_certificate_has_the_rows_of_annex_d_word_for_word(calibrated: Database) -> None:
    found = gathered(calibrated)

    assert list(rows_of_certificate(made(found, "zh"))) == [
        "灵敏度", "空间分辨率", "热区百分对比度", "冷区百分对比度", "配准精度", "扩展不确定度（k=2）",
    ]  # fmt: skip
    assert list(rows_of_certificate(made(found))) == [
        "Sensitivity", "Spatial resolution", "Hot-region percent contrast",
        "Cold-region percent contrast", "Registration accuracy", "Expanded uncertainty (k = 2)",
    ]  # fmt: skip
    assert [grids(made(found, "zh").sheets[0])[0].columns] == [("校准项目", "校准结果")]


def test_values_stand_to_the_last_place_of_their_uncertainty_which_has_two_digits(
    calibrated: Database,
) -> None:
    rows = rows_of_certificate(made(gathered(calibrated)))

    assert rows["Sensitivity"] == "7000 s⁻¹·MBq⁻¹"
    assert "FWHM, radial, 10 mm off the axis, centre plane: 5.14 mm" in rows["Spatial resolution"]
    uncertainty = rows["Expanded uncertainty (k = 2)"].split("\n")
    # Annex E: 3.83 % is 3.9 %, never rounded down.
    assert uncertainty[0] == "Sensitivity: U_rel = 3.9 % (U = 270 s⁻¹·MBq⁻¹)"
    assert "– FWHM, radial, 10 mm off the axis, centre plane: U = 0.09 mm" in uncertainty
    assert "– FWHM, tangential, 10 mm off the axis, centre plane: not evaluated" in uncertainty
    assert "– 37 mm sphere: U = 4.8 %" in uncertainty
    assert "Registration accuracy: not evaluated" in uncertainty


def test_cold_contrast_is_not_measured_unless_it_was(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as tx:
        jjf.store(tx, "pet_image_quality")
    without = rows_of_certificate(made(gathered(sqlite_database)))
    with sqlite_database.transaction() as tx:
        found = (jjf.HOT_10, jjf.COLD_37)
        jjf.store(tx, "pet_image_quality", at=NOON + DAY, measurements=found)
    measured = rows_of_certificate(made(gathered(sqlite_database)))

    assert without["Cold-region percent contrast"] == "not measured"
    assert "Cold-region percent contrast: not measured" in without["Expanded uncertainty (k = 2)"]
    assert measured["Cold-region percent contrast"] == "71.2 %"
    assert "Cold-region percent contrast: U = 4.0 %" in measured["Expanded uncertainty (k = 2)"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_nothing_is_ever_blank(sqlite_database: Database, language: str) -> None:
    document = made(gathered(sqlite_database), language)
    unknown = {"en": "not measured", "zh": "未测量"}[language]
    rows = rows_of_certificate(document)
    *items, uncertainty = rows.values()

    assert all(unknown in text for text in items)
    assert uncertainty.count(unknown) == 5
    said = head_of_record(document)
    assert len(said) == 12
    assert all(text.strip() for text in said.values())
    assert said[{"en": "Client", "zh": "委托单位"}[language]] == {"en": "not stated", "zh": "未填写"}[language]  # fmt: skip


def test_what_is_invalid_or_refused_says_so_with_its_reason_and_states_no_number(
    sqlite_database: Database,
) -> None:
    with sqlite_database.transaction() as tx:
        jjf.store_invalid(tx, "pet_sensitivity")
        jjf.store_failed(tx, "pet_image_quality")
    document = made(gathered(sqlite_database))
    rows = rows_of_certificate(document)

    reason = "Share of random coincidences: found 7.5 %, needed ≤ 5 %"
    assert rows["Sensitivity"] == f"invalid: {reason}"
    refused = "no result: The phantom is a patient, needs six spheres"
    assert rows["Hot-region percent contrast"] == refused
    assert "Sensitivity: no valid result" in rows["Expanded uncertainty (k = 2)"]
    states = {row[0]: row[2] for row in grids(document.sheets[1])[0].rows}
    assert states["Sensitivity"] == f"invalid: {reason}"
    assert states["Image quality"] == refused
    assert states["Registration accuracy"] == "not measured"
    sheet = sheet_of(document, "Sensitivity")
    assert Paragraph(f"invalid: {reason}", "warn") in sheet.blocks
    assert [row[-1] for row in grids(sheet)[0].rows] == ["invalid"]


def test_an_invalid_result_whose_conditions_say_nothing_has_no_valid_number(
    sqlite_database: Database,
) -> None:
    with sqlite_database.transaction() as tx:
        jjf.store(tx, "pet_ct_registration", status=Status.INVALID)
    rows = rows_of_certificate(made(gathered(sqlite_database)))

    assert rows["Registration accuracy"] == "invalid: a condition of the test was not met"


def test_only_the_numbers_that_a_condition_voids_are_left_out(sqlite_database: Database) -> None:
    broken = jjf.condition("not_met", scope={"sphere_mm": 10.0})
    with sqlite_database.transaction() as tx:
        jjf.store(tx, "pet_image_quality", status=Status.INVALID, preconditions=(broken,))
    row = rows_of_certificate(made(gathered(sqlite_database)))["Hot-region percent contrast"]

    assert row.startswith("86.8 %\ninvalid: Share of random coincidences (10 mm sphere)")
    assert "43.9" not in row


def test_of_many_numbers_the_largest_are_stated_and_that_is_said(
    sqlite_database: Database,
) -> None:
    many = tuple(
        replace(each, value=each.value + 0.01 * place, scope={"source": place})
        for place in range(10)
        for each in (jjf.RADIAL, jjf.TANGENTIAL)
    )
    with sqlite_database.transaction() as tx:
        jjf.store(tx, "pet_spatial_resolution", measurements=many)
    document = made(gathered(sqlite_database))
    row = rows_of_certificate(document)["Spatial resolution"].split("\n")

    assert row[:2] == ["FWHM, radial, source 9: 5.23 mm", "FWHM, tangential, source 9: 6.40 mm"]
    assert row[2].endswith("the largest of 10 numbers each; all are in the record")
    assert len(grids(sheet_of(document, "point sources"))[0].rows) == 20


def test_an_invalid_result_without_a_number_is_not_called_unmeasured(
    sqlite_database: Database,
) -> None:
    with sqlite_database.transaction() as tx:
        broken = (jjf.condition("not_met"),)
        jjf.store(
            tx, "pet_ct_registration", status=Status.INVALID, measurements=(), preconditions=broken
        )
    row = rows_of_certificate(made(gathered(sqlite_database)))["Registration accuracy"]

    assert row.startswith("invalid: Share of random coincidences")


# --- Table 1 ------------------------------------------------------------------------------------------


def test_reference_values_inform_and_are_never_a_verdict(calibrated: Database) -> None:
    document = made(gathered(calibrated))
    sheet = document.sheets[0]
    rows = {row[0]: row[1:] for row in grids(sheet)[1].rows}

    at = "10 mm off the axis, centre plane"
    assert rows[f"FWHM, radial, {at}"] == ("5.14 mm", "≤ 6 mm", "meets the reference")
    tangential = ("6.31 mm", "≤ 6 mm", "does not meet the reference")
    assert rows[f"FWHM, tangential, {at}"] == tangential
    assert rows["Sensitivity"][1:] == ("none entered", "no reference value to compare with")
    said = " ".join(block.text for block in sheet.blocks if isinstance(block, Paragraph))
    assert "no statement of conformity" in said
    whole = repr(document).casefold()
    assert not any(word in whole for word in ("pass", "fail", "conforms"))


def test_what_is_not_valid_is_not_compared(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as tx:
        jjf.store_invalid(tx, "pet_ct_registration")
    (row,) = grids(made(gathered(sqlite_database)).sheets[0])[1].rows

    assert row[1:] == ("invalid", "≤ 2 mm", "not compared")


# --- Annex C ------------------------------------------------------------------------------------------


def test_the_record_has_the_fields_of_annex_c_word_for_word(calibrated: Database) -> None:
    particulars = {
        "client": "第一医院", "address": "Main Street 1", "temperature": 22.5, "humidity": 45.0,
        "record_number": "JL-1", "calibrator": "R. Chen", "verifier": "L. Wang",
        "model": "mCT", "manufacturer": "Siemens",
    }  # fmt: skip
    found = head_of_record(made(gathered(calibrated), "zh", **particulars))

    assert found == {
        "仪器名称": "PET/CT 1", "型号规格": "mCT", "制造厂商": "Siemens", "出厂编号": "SN-0815",
        "委托单位": "第一医院", "地址": "Main Street 1", "温度": "22.5 °C", "湿度": "45 %",
        "记录编号": "JL-1", "校准日期": "2026-03-02", "校准员": "R. Chen", "核验员": "L. Wang",
    }  # fmt: skip


def test_what_the_images_say_of_the_instrument_fills_what_nobody_supplied(
    calibrated: Database,
) -> None:
    header = {"Manufacturer": "SIEMENS", "ManufacturerModelName": "Biograph"}
    found = replace(gathered(calibrated), headers=header)

    head = head_of_record(made(found))
    assert (head["Manufacturer"], head["Model/specification"]) == ("SIEMENS", "Biograph")
    assert head_of_record(made(found, model="Vision"))["Model/specification"] == "Vision"


def test_the_series_of_a_result_tell_manufacturer_and_model(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as tx:
        web_scene.store_series(tx, "1.2.3", "points", SeriesState.ANALYZED, "", device_id="pet-1")
        entry = InputRecord(
            role="points", series_instance_uid="1.2.3", generation=1, instances=(("1", "ab" * 32),)
        )
        made_from = Provenance(
            software_version="0.1.0", analyzer_version="1", inputs=(entry,), started_at=NOON,
            finished_at=NOON,
        )  # fmt: skip
        jjf.store(tx, "pet_spatial_resolution", provenance=made_from)
    document = made(gathered(sqlite_database))

    assert head_of_record(document)["Manufacturer"] == "SIEMENS NM"
    (origin,) = [b for b in document.sheets[2].blocks if isinstance(b, Facts)]
    assert ("Input (points)", "1.2.3 · objects: 1") in origin.rows


def test_surroundings_outside_the_clause_are_told(calibrated: Database) -> None:
    document = made(gathered(calibrated), temperature=30.0, humidity=90.0)
    told = [b.text for b in document.sheets[1].blocks if isinstance(b, Paragraph)]

    assert told == [
        "The temperature is outside 18 °C to 28 °C (JJF 6.1.1).",
        "The relative humidity is above 85 % (JJF 6.1.2).",
    ]


def test_the_record_holds_readings_conditions_results_and_figures(calibrated: Database) -> None:
    sheet = sheet_of(made(gathered(calibrated)), "Sensitivity")
    results, conditions, readings, sleeves, budget = grids(sheet)

    assert results.rows == (("Sensitivity", "7000", "270", "s⁻¹·MBq⁻¹", "–"),)
    assert conditions.rows == (("Share of random coincidences", "1 %", "≤ 5 %", "met", "required"),)
    moment = "2026-03-02 20:00:00"
    assert readings.rows == (("activity", "5 MBq", "0.08 MBq", moment, "form · R. Chen"),)
    assert sleeves.rows[0] == ("1", "2026-03-02 16:30:00", "60", "1650000")
    assert [row[0] for row in budget.rows][-2:] == ["combined", "expanded, k = 2"]
    assert [b.title for b in sheet.blocks if isinstance(b, Picture)] == ["Rate by accumulated wall"]


def test_the_budget_is_that_of_annex_e_and_its_last_line_has_two_digits(
    calibrated: Database,
) -> None:
    budget = grids(sheet_of(made(gathered(calibrated), "zh"), "灵敏度"))[-1]

    assert budget.title == "灵敏度测量结果标准不确定度一览表"
    assert [row[0] for row in budget.rows] == [
        "统计涨落", "半衰期修正", "累积套管厚度误差", "标准活度计", "合成标准不确定度", "扩展不确定度，k=2",
    ]  # fmt: skip
    contributions = [row[7] for row in budget.rows]
    assert contributions == ["1", "0.182", "0.263", "1.6", "1.91", "3.9"]
    assert budget.rows[0][4] == "10000 counts"


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"columns": [1], "rows": [[1, 2]]}', b'{"columns": ["a"], "rows": 5}'])  # fmt: skip
def test_a_budget_that_cannot_be_read_is_counted_as_left_out(
    sqlite_database: Database, content: bytes
) -> None:
    with sqlite_database.transaction() as tx:
        result = jjf.store(tx, "pet_sensitivity")
    found = gathered(sqlite_database)
    item = next(each for each in found.items if each.result and each.result.id == result.id)
    bad = tuple(
        replace(s, content=content if s.form == "json" else s.content) for s in item.figures
    )
    others = tuple(each for each in found.items if each is not item)
    document = made(replace(found, items=(replace(item, figures=bad), *others)))

    told = [b.text for b in sheet_of(document, "Sensitivity").blocks if isinstance(b, Paragraph)]
    assert "more figures that are stored with the result: 1" in told


# --- which results ------------------------------------------------------------------------------------


def test_the_newest_valid_result_counts_and_a_later_bad_one_is_mentioned(
    sqlite_database: Database,
) -> None:
    with sqlite_database.transaction() as tx:
        jjf.store(tx, "pet_sensitivity", at=NOON - 2 * DAY)
        best = jjf.store(tx, "pet_sensitivity", at=NOON - DAY)
        bad = jjf.store_invalid(tx, "pet_sensitivity", at=NOON)
    found = gathered(sqlite_database)

    assert [result.id for result in found.results] == [best.id]
    told = [b.text for b in sheet_of(made(found), "Sensitivity").blocks if isinstance(b, Paragraph)]
    assert told[0] == (
        f"A later attempt of 2026-03-02 20:00:00 has no valid result and was not used ({bad.id})."
    )


def test_a_period_has_its_last_day_and_begins_at_midnight_of_the_site(
    sqlite_database: Database,
) -> None:
    with sqlite_database.transaction() as tx:
        # 15:59 in UTC is the same day in Shanghai, a minute later the next.
        before = jjf.store(tx, "pet_sensitivity", at=NOON.replace(hour=15, minute=59))
        after = jjf.store(tx, "pet_sensitivity", at=NOON.replace(hour=16, minute=0))

    def asked(since: str, until: str) -> list[str]:
        request = check_request({"from": since, "to": until}, language="en")
        found = collect(sqlite_database, jjf.SCANNER, request, zone="Asia/Shanghai")
        return [result.id for result in found.results]

    assert asked("2026-03-02", "2026-03-02") == [before.id]
    assert asked("2026-03-03", "2026-03-03") == [after.id]
    assert asked("2026-03-04", "") == []
    assert asked("", "") == [after.id]


def test_results_of_another_text_or_device_do_not_belong_into_it(
    sqlite_database: Database,
) -> None:
    with sqlite_database.transaction() as tx:
        other_text = jjf.store(tx, "pet_sensitivity", variant="nema")
        other_device = jjf.store(
            tx, "pet_sensitivity", device=replace(jjf.SCANNER, id="pet-2"), at=NOON + DAY
        )
        own = jjf.store(tx, "pet_sensitivity", at=NOON + 2 * DAY)
        twice = jjf.store(tx, "pet_sensitivity", at=NOON + 3 * DAY)

    assert gathered(sqlite_database).results[0].id == twice.id
    assert gathered(sqlite_database, chosen=[own.id]).results[0].id == own.id
    for chosen in ([other_text.id], [other_device.id], [own.id, twice.id]):
        with pytest.raises(SelectionError):
            gathered(sqlite_database, chosen=chosen)
    with pytest.raises(NotFoundError):
        gathered(sqlite_database, chosen=["nothing"])


# --- every page ---------------------------------------------------------------------------------------


def test_every_page_says_profile_variant_software_results_and_the_hash_of_the_inputs(
    calibrated: Database,
) -> None:
    found = gathered(calibrated)
    foot = " ".join(made(found).foot)

    assert "JJF PET/CT calibration (draft)" in foot
    assert "variant: jjf" in foot
    assert "Photopeak 0.2.0 (results: 0.1.0)" in foot
    assert "Times: Asia/Shanghai" in foot
    assert all(result.id in foot for result in found.results)
    assert found.inputs_sha256 in foot


def test_the_hash_changes_with_any_reading_and_with_nothing_else(calibrated: Database) -> None:
    found = gathered(calibrated)
    (item,) = [each for each in found.results if each.test == "pet_sensitivity"]
    activity, sleeves = item.provenance.readings
    other = replace(
        item.provenance, readings=(replace(activity, value=5.000001, source="page"), sleeves)
    )
    same = replace(item.provenance, host="elsewhere", readings=(sleeves, activity))

    assert inputs_sha256(replace(item, provenance=same)) == inputs_sha256(item)
    assert inputs_sha256(replace(item, provenance=other)) != inputs_sha256(item)


# --- what a person supplies ---------------------------------------------------------------------------


def test_a_request_is_checked_whole() -> None:
    given = {
        "from": "2026-3-2", "to": "yesterday", "results": "a b", "language": "fr",
        "temperature": "warm", "humidity": "101", "client": "x" * 121, "address": "a\nb",
        "calibration_date": "2026-02-30", "verifier": "L. Wang",
    }  # fmt: skip

    with pytest.raises(ParticularsError) as caught:
        check_request(given, language="en")

    assert {name for name, _ in caught.value.faults} == set(given) - {"verifier"}
    assert dict(caught.value.faults)["humidity"] == "must be 0 to 100 %"


@pytest.mark.parametrize("text", ["nan", "inf", "1e999"])
def test_a_temperature_is_a_number(text: str) -> None:
    with pytest.raises(ParticularsError):
        check_request({"temperature": text}, language="en")


def test_a_period_does_not_end_before_it_begins() -> None:
    with pytest.raises(ParticularsError, match="before the first day"):
        check_request({"from": "2026-03-02", "to": "2026-03-01"}, language="en")


def test_what_is_empty_is_not_stated() -> None:
    asked = check_request(dict.fromkeys(("from", "client", "humidity"), " "), language="zh")

    assert asked.particulars == Particulars()
    assert (asked.language, asked.since, asked.results) == ("zh", None, ())
    dated = check_request({"calibration_date": "2026-03-02"}, language="en")
    assert dated.particulars.calibration_date == date(2026, 3, 2)

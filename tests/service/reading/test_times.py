"""When an object was acquired."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from photopeak.model.header import InstanceHeader
from photopeak.reading.headers import read_header
from photopeak.reading.times import offset_zone, parse_date, parse_time
from support import dicom_objects

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
NOTHING = {
    "AcquisitionDate": None,
    "AcquisitionTime": None,
    "ContentDate": None,
    "ContentTime": None,
    "SeriesDate": None,
    "SeriesTime": None,
}


def header(folder: Path, *, zone: str = "UTC", **values: Any) -> InstanceHeader:
    dataset = dicom_objects.flood(np.ones((1, 4, 4), np.uint16), **{**NOTHING, **values})
    return read_header(dicom_objects.save(dataset, folder), zone=zone, clock=lambda: NOW)


def test_the_date_time_of_acquisition_comes_first(tmp_path: Path) -> None:
    found = header(
        tmp_path,
        AcquisitionDateTime="20260302063000.25+0100",
        AcquisitionDate="20260301",
        AcquisitionTime="080000",
    )

    assert found.acquired_at == datetime(2026, 3, 2, 5, 30, 0, 250_000, tzinfo=UTC)
    assert found.acquired_from == "AcquisitionDateTime"
    assert found.warnings == ()


def test_date_and_time_of_acquisition_beat_those_of_content_series_and_study(
    tmp_path: Path,
) -> None:
    found = header(
        tmp_path,
        AcquisitionDate="20260302",
        AcquisitionTime="073000.5",
        ContentDate="20260301",
        ContentTime="01",
        SeriesDate="20260228",
        StudyDate="20251101",
    )

    assert found.acquired_at == datetime(2026, 3, 2, 7, 30, 0, 500_000, tzinfo=UTC)


def test_a_time_taken_from_the_series_is_said_so(tmp_path: Path) -> None:
    found = header(tmp_path, SeriesDate="20260302", SeriesTime="0730")

    assert found.acquired_at == datetime(2026, 3, 2, 7, 30, tzinfo=UTC)
    assert found.warnings == ("the time of acquisition is taken from SeriesDate",)


def test_the_date_of_the_study_is_never_taken(tmp_path: Path) -> None:
    found = header(tmp_path, StudyDate="20260302", StudyTime="0730")

    assert found.acquired_at is None
    assert found.warnings == ("the header does not tell when it was acquired",)


def test_the_zone_of_the_device_holds_where_the_object_tells_none(tmp_path: Path) -> None:
    found = header(
        tmp_path, zone="Asia/Shanghai", AcquisitionDate="20260302", AcquisitionTime="073000"
    )

    assert found.acquired_at == datetime(2026, 3, 2, 7, 30, tzinfo=ZoneInfo("Asia/Shanghai"))


def test_the_zone_of_the_object_beats_that_of_the_device(tmp_path: Path) -> None:
    found = header(
        tmp_path,
        zone="Asia/Shanghai",
        AcquisitionDate="20260302",
        AcquisitionTime="073000",
        TimezoneOffsetFromUTC="-0500",
    )

    assert found.acquired_at is not None
    assert found.acquired_at.utcoffset() == timedelta(hours=-5)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"AcquisitionDate": "00010101", "AcquisitionTime": "000000"}, "cannot be true"),
        ({"AcquisitionDate": "19700101", "AcquisitionTime": "000000"}, "cannot be true"),
        ({"AcquisitionDate": "20260304", "AcquisitionTime": "120000"}, "in the future"),
        ({"AcquisitionDate": "20991231", "AcquisitionTime": "120000"}, "in the future"),
        ({"AcquisitionDate": "20260230", "AcquisitionTime": "120000"}, "is no time"),
        ({"AcquisitionDateTime": "2026"}, "is no time"),
        ({"AcquisitionDate": "20260302", "AcquisitionTime": "257000"}, "is no time"),
    ],
)
def test_a_time_that_cannot_be_true_is_left_out_and_said(
    tmp_path: Path, values: dict[str, str], said: str
) -> None:
    dataset = dicom_objects.flood(np.ones((1, 4, 4), np.uint16), **NOTHING)
    vrs = {"AcquisitionDateTime": "DT", "AcquisitionDate": "DA", "AcquisitionTime": "TM"}
    for keyword, value in values.items():
        dicom_objects.raw_text(dataset, keyword, value.encode(), vrs[keyword])
    found = read_header(dicom_objects.save(dataset, tmp_path), clock=lambda: NOW)

    assert found.acquired_at is None
    assert said in found.warnings[0]


def test_a_date_without_a_time_of_day_is_midnight_and_said(tmp_path: Path) -> None:
    found = header(tmp_path, AcquisitionDate="20260302")

    assert found.acquired_at == datetime(2026, 3, 2, tzinfo=UTC)
    assert "midnight is assumed" in found.warnings[0]


def test_dates_and_times_of_older_versions_are_understood() -> None:
    assert str(parse_date("2026.03.02")) == "2026-03-02"
    assert str(parse_time("07:30:15.5")) == "07:30:15.500000"
    assert str(parse_time("073060")) == "07:30:59"


@pytest.mark.parametrize("text", ["", "+25", "0800", "+1599", "-0099", "+08:0"])
def test_what_is_no_offset_is_no_zone(text: str) -> None:
    assert offset_zone(text) is None


def test_an_offset_is_a_zone() -> None:
    assert offset_zone("-0330") == timezone(-timedelta(hours=3, minutes=30))

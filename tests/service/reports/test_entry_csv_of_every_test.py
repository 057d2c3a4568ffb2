"""Every test of readings alone through CSV: its header, an example of it, and back without a loss."""

from __future__ import annotations

import pytest

from photopeak.analysis.catalogue import describe, load_analyzers
from photopeak.analysis.job import build_job
from photopeak.analysis.perform import perform
from photopeak.model.devices import Device
from photopeak.model.results import ReadingRecord
from photopeak.reports.entries import Entry, check_entry
from photopeak.reports.entry_csv import documentation, header_of, read_entries
from photopeak.reports.readings import ReadingError, allowed_text
from support.readings_alone import AT, EXAMPLES, csv_text, given
from support.rows import NOON

CATALOGUE = {name: describe(each) for name, each in load_analyzers().items()}
ALONE = sorted(n for n, test in CATALOGUE.items() if test.readings and not test.needs_images)
DEVICE = Device(id="d-1", name="D", kind="x", dicom=False)


def kept(text: str) -> tuple[ReadingRecord, ...]:
    (found,) = read_entries(text, tuple(CATALOGUE.values()))
    return check_entry(
        found.entry, tests=tuple(CATALOGUE.values()), devices=(DEVICE,), site_zone="UTC", source="csv",
        who="x", now=NOON, complete=True,
    ).readings  # fmt: skip


def test_every_test_of_readings_alone_has_an_example() -> None:
    assert sorted(EXAMPLES) == ALONE


@pytest.mark.parametrize("name", ALONE)
def test_a_measurement_comes_back_from_its_csv_as_it_was(name: str) -> None:
    test = CATALOGUE[name]
    text = csv_text(test, header_of(test), DEVICE.id)
    noted = "\n".join(documentation(test)).rsplit("\n", 1)[0]
    direct = check_entry(
        Entry(test=name, device=DEVICE.id, performed_at=AT, operator="R. Chen", readings=given(test)),
        tests=(test,), devices=(DEVICE,), site_zone="UTC", source="csv", who="x", now=NOON, complete=True,
    ).readings  # fmt: skip

    found = kept(f"{noted}\n{text}")
    by_name = {reading.name: reading for reading in found}
    assert by_name == {reading.name: reading for reading in direct}
    assert set(by_name) == set(EXAMPLES[name])


@pytest.mark.parametrize("name", ALONE)
def test_the_header_documents_every_column_with_unit_and_range(name: str) -> None:
    test = CATALOGUE[name]
    said = "\n".join(documentation(test))

    for reading in test.readings:
        if reading.kind != "table":
            assert f"# {reading.name}: " in said
        for each in reading.columns or (reading,):
            key = f"{reading.name}.{each.name}" if reading.columns else reading.name
            assert key in header_of(test)
            (line,) = [text for text in said.splitlines() if text.startswith(f"# {key}: ")]
            assert allowed_text(each).split(", ")[0] in line or len(each.choices) > 5


@pytest.mark.parametrize("name", ALONE)
def test_the_example_gives_a_result(name: str) -> None:
    test = CATALOGUE[name]
    answer = perform(
        build_job(
            test, variant=test.variants[0].name, parts=(), device=DEVICE, overrides={},
            readings=kept(csv_text(test, header_of(test), DEVICE.id)), performed_at=AT,
        )
    )  # fmt: skip

    assert answer["analysis"]["measurements"]
    hard = [p for p in answer["analysis"]["preconditions"] if p["severity"] == "hard"]
    assert [p for p in hard if p["outcome"] != "met"] == []


@pytest.mark.parametrize("name", ALONE)
def test_a_number_out_of_its_range_is_named_with_value_and_range(name: str) -> None:
    test = CATALOGUE[name]
    text = csv_text(test, header_of(test), DEVICE.id)
    head, first, *others = text.splitlines()
    cells = first.split(",")
    bounded = [
        (reading, column)
        for reading in test.readings
        for column in (reading.columns or (reading,))
        if column.maximum is not None and reading.name in EXAMPLES[name]
    ]
    if not bounded:
        # Tables of a camera's own numbers have no bounds but that they are numbers.
        assert name in ("clock_check", "intrinsic_max_count_rate")
        return
    reading, column = bounded[0]
    key = f"{reading.name}.{column.name}" if reading.columns else reading.name
    assert column.maximum is not None
    beyond = column.maximum * 2.0 + 1.0
    cells[header_of(test).index(key)] = str(beyond)
    with pytest.raises(ReadingError) as refused:
        kept("\n".join([head, ",".join(cells), *others]))

    (fault,) = refused.value.faults
    assert fault.field[0] == reading.name
    assert (fault.value, fault.maximum, fault.unit) == (beyond, column.maximum, column.unit)
    assert column.name in fault.message

"""Spectra in SPE, N42.42 and tables: what is read, what is refused, what is said."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from photopeak.inbox.documents import DocumentError, as_object, form_of
from photopeak.reading.assemble import read_acquisition
from photopeak.reading.errors import UnreadableError
from photopeak.reading.headers import read_header
from photopeak.reading.n42 import expanded, read_n42
from photopeak.reading.spe import read_spe
from photopeak.reading.spectrum_table import is_table, read_table
from photopeak.reading.xml_text import parse_xml
from photopeak_analyzers.acquisition import Spectrum
from support.spectrum_files import MORE_2011, n42_of_2006, n42_of_2011, spe

COUNTS = [0, 0, 3, 7, 120, 40, 5, 0, 0, 0, 0, 1, 2, 0, 0, 9]
PLAIN = " ".join(map(str, COUNTS))
PACKED = "0 2 3 7 120 40 5 0 4 1 2 0 2 9"
TABLE = "Live Time (s): 100.5\nChannel,Energy (keV),Counts\n" + "\n".join(
    f"{i},{0.5 + 0.25 * i},{c}" for i, c in enumerate(COUNTS * 2)
)


def through_the_door(content: bytes, folder: Path, name: str = "any.bin") -> Spectrum:
    path = folder / name
    path.write_bytes(content)
    found = read_acquisition([as_object(path, folder)])
    assert isinstance(found, Spectrum)
    return found


def test_a_spe_file_is_a_spectrum_with_energies_and_times(tmp_path: Path) -> None:
    found = through_the_door(spe(COUNTS, title="WBC daily check"), tmp_path, "a.pdf")

    assert found.counts.tolist() == COUNTS
    assert (found.live_s, found.real_s) == (100.0, 110.0)
    assert found.started_at == datetime(2026, 3, 2, 8, tzinfo=UTC)
    assert found.energy_kev is not None
    assert found.energy_kev.tolist() == [0.5 + 0.25 * i for i in range(16)]
    assert (found.origin.model, found.warnings) == ("digiBASE", ())


def test_the_channels_of_spe_have_the_numbers_that_the_file_gives_them() -> None:
    found = read_spe(spe(COUNTS, first=100), UTC)

    assert found.energies_kev is not None
    assert found.energies_kev[0] == pytest.approx(25.5)


@pytest.mark.parametrize(
    "calibration",
    ["3\n0.0 0.0 0.0", "2\n10 -0.5", "3\n0 1 -0.5", "2\n1e9 1e9", "2\nx y", "2\n5 0"],
)
def test_a_calibration_that_cannot_be_is_said_and_the_channels_are_used(
    calibration: str, tmp_path: Path
) -> None:
    found = through_the_door(spe(COUNTS, calibration=calibration), tmp_path)

    assert found.energy_kev is None
    assert found.counts.tolist() == COUNTS
    assert any(
        "axis is that of the channels" in said or "no number" in said for said in found.warnings
    )


def test_a_valid_fit_stands_in_for_a_calibration_of_zeros() -> None:
    content = spe(COUNTS, calibration="3\n0 0 0") + b"$ENER_FIT:\r\n1.5 2.0\r\n"

    assert read_spe(content, UTC).energies_kev == tuple(1.5 + 2.0 * i for i in range(16))


def test_energies_in_mev_become_kev() -> None:
    found = read_spe(spe(COUNTS, calibration="2\n0 0.001 MeV"), UTC)

    assert found.energies_kev is not None
    assert found.energies_kev[15] == pytest.approx(15.0)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (spe(COUNTS).replace(b"$DATA:", b"$DETA:"), "no block \\$DATA"),
        (
            spe(COUNTS).replace(b"0 15", b"0 16"),
            "names 17 channels and holds 16: the file is cut off",
        ),
        (spe(COUNTS).replace(b"0 15", b"0 14"), "names 15 channels and holds more"),
        (spe(COUNTS).replace(b"     120", b"    -120"), "channel 4 holds -120 counts, needs 0"),
        (spe(COUNTS).replace(b"     120", b"     nan"), "channel 4 is 'nan', needs a number"),
        (spe(COUNTS[:8]), "has 8 channels, needs 16"),
        (spe(COUNTS).replace(b"0 15", b"0 9999999"), "9999999|10000000 channels, needs 1"),
        (spe(COUNTS) + spe(COUNTS), "several spectra"),
    ],
)
def test_a_broken_spe_file_is_refused_with_place_and_bound(
    content: bytes, said: str, tmp_path: Path
) -> None:
    path = tmp_path / "a"
    path.write_bytes(content)

    with pytest.raises(DocumentError, match=said):
        as_object(path, tmp_path)

    assert [each.name for each in tmp_path.iterdir()] == ["a"]


def test_times_that_cannot_be_are_left_out_and_said() -> None:
    found = read_spe(spe(COUNTS, times="0 -5", date="13/31/2026 08:00:00"), UTC)

    assert (found.live_s, found.real_s, found.started_at) == (None, None, None)
    assert "the live time is 0 s, which is none" in found.warnings
    assert "$DATE_MEA is no date with time" in found.warnings
    longer = read_spe(spe(COUNTS, times="120 100"), UTC)
    assert "the live time 120 s exceeds the real time 100 s" in longer.warnings


def test_a_day_that_is_no_month_is_read_as_one_and_said() -> None:
    found = read_spe(spe(COUNTS, date="31/03/2026 08:00:00"), UTC)

    assert found.started_at == datetime(2026, 3, 31, 8, tzinfo=UTC)
    assert "the date is day/month/year, where the form asks for month/day/year" in found.warnings


def test_the_name_of_a_person_stays_out_of_titles_and_warnings(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(spe(COUNTS, title="Roe^Jane"))
    wrapped = as_object(path, tmp_path)

    header = read_header(wrapped)
    found = read_acquisition([wrapped])

    assert any("looks like the name of a person" in said for said in found.warnings)
    assert "roe" not in repr((header.text, header.display, found.warnings, found.origin)).lower()


def test_n42_of_2011_is_read_with_its_compression(tmp_path: Path) -> None:
    packed = through_the_door(n42_of_2011(PACKED), tmp_path)
    plain = through_the_door(n42_of_2011(PLAIN, compression="None"), tmp_path)

    assert packed.counts.tolist() == plain.counts.tolist() == COUNTS
    assert (packed.live_s, packed.real_s) == (100.5, 110.0)
    assert packed.started_at == datetime(2026, 3, 2, 7, tzinfo=UTC)
    assert packed.energy_kev is not None
    assert packed.energy_kev[4] == pytest.approx(1.5)
    origin = packed.origin
    assert (origin.manufacturer, origin.model, origin.serial_number) == ("Maker", "Bed", "SN-7")


def test_n42_of_2006_is_read_and_its_background_left_out(tmp_path: Path) -> None:
    found = through_the_door(n42_of_2006(PLAIN, unit="MeV", coefficients="0 0.001"), tmp_path)

    assert found.counts.tolist() == COUNTS
    assert (found.live_s, found.real_s) == (100.5, 110.0)
    assert found.energy_kev is not None
    assert found.energy_kev[15] == pytest.approx(15.0)
    assert any("1 other spectra" in said for said in found.warnings)


def test_of_several_measurements_none_is_preferred() -> None:
    two = n42_of_2011(PACKED, more=MORE_2011.format(n=2, kind="Foreground"))
    beside = n42_of_2011(PACKED, more=MORE_2011.format(n=2, kind="Background"))
    alone = n42_of_2011(PACKED, kind="Background")

    with pytest.raises(UnreadableError, match="holds 2 spectra that are measurements of their own"):
        read_n42(parse_xml(two), UTC)
    assert read_n42(parse_xml(beside), UTC).counts == tuple(COUNTS)
    assert read_n42(parse_xml(alone), UTC).title == "background"


def test_runs_of_empty_channels_are_bounded() -> None:
    assert expanded(PACKED.split()) == COUNTS
    for words, said in (
        ("1 0", "length -1"),
        ("1 0 0", "length 0"),
        ("1 0 2.5", "length 2.5"),
        ("1 0 99999999", "needs 1 to 262144"),
        ("0 200000 1 0 200000", "more than 262144 channels"),
    ):
        with pytest.raises(UnreadableError, match=said):
            expanded(words.split())


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (n42_of_2011(PACKED, compression="zip"), "compression 'zip'"),
        (n42_of_2011("1 2 x" + " 1" * 15, compression="None"), "channel 2 is 'x'"),
        (n42_of_2011("1 2 3"), "3 channels, needs 16"),
        (b"<RadInstrumentData/>", "no spectrum with counts"),
        (
            b'<!DOCTYPE r [<!ENTITY a "1">]><RadInstrumentData>&a;</RadInstrumentData>',
            "document type",
        ),
    ],
)
def test_broken_n42_is_refused_before_it_is_kept(content: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "a.n42"
    path.write_bytes(content)

    with pytest.raises(DocumentError, match=said):
        as_object(path, tmp_path)


def test_zero_coefficients_of_n42_are_flagged_too(tmp_path: Path) -> None:
    found = through_the_door(n42_of_2011(PACKED, coefficients="0 0 0"), tmp_path)

    assert found.energy_kev is None
    assert any("is not valid" in said for said in found.warnings)


def test_a_table_with_energies_is_read(tmp_path: Path) -> None:
    found = through_the_door(TABLE.encode(), tmp_path)

    assert found.counts.tolist() == COUNTS * 2
    assert found.energy_kev is not None
    assert found.energy_kev[4] == pytest.approx(1.5)
    assert found.live_s == 100.5
    assert "the file does not tell the real time" in found.warnings


@pytest.mark.parametrize(
    ("separator", "point", "encoding"),
    [
        (";", ",", "utf-8"),
        ("\t", ".", "utf-16"),
        ("  ", ".", "latin-1"),
        (" ", ",", "utf-8"),
        (",", ".", "utf-8-sig"),
    ],
)
def test_tables_are_read_however_their_cells_are_separated(
    separator: str, point: str, encoding: str
) -> None:
    rows = [
        f"{0.5 + 0.25 * i:.2f}{separator}{c}".replace(".", point, 1)
        for i, c in enumerate(COUNTS * 2)
    ]
    if separator == " ":
        rows = [row + ",0" for row in rows]
    content = "\r\n".join([separator.join(["keV", "counts"]), *rows]).encode(encoding)

    assert is_table(content)
    found = read_table(content, UTC)
    assert found.counts == tuple(COUNTS * 2)
    assert found.energies_kev is not None
    assert found.energies_kev[1] == pytest.approx(0.75)


def test_a_first_column_without_a_name_is_no_energy() -> None:
    found = read_table("\n".join(f"{i} {c}" for i, c in enumerate(COUNTS * 2)).encode(), UTC)

    assert found.energies_kev is None
    assert any("no header of the table says" in said for said in found.warnings)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (TABLE.replace("\n5,1.75,40", "\n5,1.75"), "line 8 has 2 columns, needs 3"),
        (TABLE.replace("\n20,5.5,120", "\n20,5.5,-120"), "channel 20 holds -120 counts"),
        (TABLE.replace("\n20,5.5,120", "\n19,5.5,120"), "does not rise from row 20 to 21: 19, 19"),
        (TABLE + "\nend of data", "line 35 is 'end', needs a number"),
    ],
)
def test_a_broken_table_is_refused_with_its_line(content: str, said: str) -> None:
    with pytest.raises(UnreadableError, match=said):
        read_table(content.encode(), UTC)


def test_other_texts_are_no_spectra(tmp_path: Path) -> None:
    for content in (
        b"Dear Sir,\nthe camera is broken.\n",
        b"date,value\n2026-01-01,3\n2026-01-02,4\n",
        b"1 2\n3 4\n",
        b"\n".join(b"5 5" for _ in range(40)),
        b"\n".join(b"%d,1,2,3" % i for i in range(40)),
        bytes(400),
    ):
        path = tmp_path / "a"
        path.write_bytes(content)
        assert form_of(path) is None


def test_a_cnf_file_is_refused_with_the_way_to_export(tmp_path: Path) -> None:
    head = bytearray(2048)
    head[0x70:0x74] = (0x00012000).to_bytes(4, "little")
    path = tmp_path / "a.cnf"
    path.write_bytes(bytes(head))

    with pytest.raises(
        DocumentError, match="export the spectrum as IAEA SPE, as N42 or as a table"
    ):
        as_object(path, tmp_path)


def test_every_channel_of_a_large_spectrum_is_kept(tmp_path: Path) -> None:
    counts = np.random.default_rng(1).poisson(20.0, 16_384)

    found = through_the_door(spe(counts.tolist(), newline="\n"), tmp_path)

    assert found.counts.tolist() == counts.tolist()
    assert (found.origin.sop_instance_uids != (), found.kind.value) == (True, "spectrum")

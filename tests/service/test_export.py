from pathlib import Path

from photopeak.export import COLUMNS, inert, write_csv


def test_text_that_a_spreadsheet_would_execute_is_made_inert() -> None:
    assert [inert(text) for text in ("=1+1", "+1", "-1", "@a", "\tx", "a=b")] == [
        "'=1+1",
        "'+1",
        "'-1",
        "'@a",
        "'\tx",
        "a=b",
    ]


def test_numbers_stay_numbers() -> None:
    assert inert(-1.5) == -1.5


def test_a_file_carries_a_mark_that_spreadsheets_read_as_utf_8(tmp_path: Path) -> None:
    row = dict.fromkeys(COLUMNS, "") | {"device": "=cmd", "scope": "探头 1"}

    write_csv([row], tmp_path / "out.csv")

    content = (tmp_path / "out.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    assert "'=cmd" in content.decode("utf-8-sig")

"""Text in the character sets that consoles declare, forget and confuse."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photopeak.model.text import normalise
from photopeak.reading.text import charsets_of, decode, displayable, looks_chinese

CHINESE = "质控均匀性"
CASES = {
    "ascii, nothing declared": (b"", "Flood 1", b"Flood 1", ""),
    "latin-1": (b"ISO_IR 100", "Uniformité", "Uniformité".encode("latin-1"), "ISO_IR 100"),
    "latin-2": (b"ISO_IR 101", "Jednorodność", "Jednorodność".encode("iso8859_2"), "ISO_IR 101"),
    "cyrillic": (b"ISO_IR 144", "Однородность", "Однородность".encode("iso8859_5"), "ISO_IR 144"),
    "greek": (b"ISO_IR 126", "Ομοιομορφία", "Ομοιομορφία".encode("iso8859_7"), "ISO_IR 126"),
    "utf-8": (b"ISO_IR 192", CHINESE, CHINESE.encode(), "ISO_IR 192"),
    "utf-8, written otherwise": (b"UTF-8", CHINESE, CHINESE.encode(), "ISO_IR 192"),
    "gb18030": (b"GB18030", CHINESE, CHINESE.encode("gb18030"), "GB18030"),
    "gbk": (b"GBK", CHINESE, CHINESE.encode("gbk"), "GBK"),
    "iso 2022 ir 58": (
        b"\\ISO 2022 IR 58",
        f"QC {CHINESE}",
        b"QC \x1b$)A" + CHINESE.encode("gb2312"),
        "ISO 2022 IR 58",
    ),
    "iso 2022 ir 87": (
        b"\\ISO 2022 IR 87",
        "QC 均一性",
        b"QC " + "均一性".encode("iso2022_jp"),
        "ISO 2022 IR 87",
    ),
    "iso 2022 ir 159": (
        b"\\ISO 2022 IR 159",
        "QC 丂侄",
        b"QC \x1b$(D" + "丂侄".encode("iso2022_jp_2")[4:-3] + b"\x1b(B",
        "ISO 2022 IR 159",
    ),
    "iso 2022 ir 149": (
        b"\\ISO 2022 IR 149",
        "QC 균일도",
        b"QC \x1b$)C" + "균일도".encode("euc_kr"),
        "ISO 2022 IR 149",
    ),
    "iso 2022 ir 13": (b"ISO_IR 13", "ｶﾒﾗ", "ｶﾒﾗ".encode("shift_jis"), "ISO_IR 13"),
    "gb18030, nothing declared": (b"", CHINESE, CHINESE.encode("gb18030"), "GB18030"),
    "gbk, declared as latin-1": (b"ISO_IR 100", CHINESE, CHINESE.encode("gbk"), "GB18030"),
    "gbk taken for latin-1, written as utf-8": (
        b"ISO_IR 192",
        CHINESE,
        CHINESE.encode("gbk").decode("latin-1").encode(),
        "GB18030",
    ),
    "utf-8, declared as latin-1": (b"ISO_IR 100", CHINESE, CHINESE.encode(), "ISO_IR 192"),
    "gb18030, declared as utf-8": (b"ISO_IR 192", CHINESE, CHINESE.encode("gb18030"), "GB18030"),
    "latin-1, declared as utf-8": (b"ISO_IR 192", "Rotación", b"Rotaci\xf3n", "ISO_IR 100"),
    "a set that does not exist": (b"NONSENSE", "Rotación", b"Rotaci\xf3n", "ISO_IR 100"),
}


@pytest.mark.parametrize("case", CASES)
def test_text_is_read_whatever_the_header_declares(case: str) -> None:
    declared, expected, raw, charset = CASES[case]

    (value,) = decode(raw, charsets_of(declared) if declared else ())

    assert value.text == expected
    assert value.charset == charset


@pytest.mark.parametrize("codec", ["gb18030", "gbk"])
@pytest.mark.parametrize("declared", [("GB18030",), ("GBK",), ("ISO_IR 100",), ()])
def test_a_backslash_inside_of_a_chinese_character_separates_nothing(
    codec: str, declared: tuple[str, ...]
) -> None:
    text = "质控誠\\探头"
    raw = text.encode(codec)

    assert b"\\" in "誠".encode(codec)
    assert [value.text for value in decode(raw, declared)] == ["质控誠", "探头"]


def test_a_text_of_paragraphs_is_not_separated() -> None:
    assert [value.text for value in decode(b"a\\b", (), single=True)] == ["a\\b"]


@pytest.mark.parametrize(
    "word",
    ["CALIBRAÇÃO", "calibração", "Präzisionsprüfung", "Uniformité", "Größe", "centro de rotación",
     "ÅÄÖ", "mätning år", "naïve", "Ångström", "Ünü"],
)  # fmt: skip
def test_a_latin_word_is_not_taken_for_chinese(word: str) -> None:
    assert not looks_chinese(word.encode("latin-1"))


@pytest.mark.parametrize("word", [CHINESE, "头1", "QC质控1", "固有均匀性_H1", "SPECT断层", "铅栅"])
def test_chinese_words_are_known_by_their_bytes(word: str) -> None:
    assert looks_chinese(word.encode("gb18030"))


def test_broken_escape_sequences_do_not_stop_the_reading() -> None:
    (value,) = decode(b"\x1b$)A\xff\xffflood\x1b$Z", ("", "ISO 2022 IR 58"))

    assert "flood" in value.text


def test_invisible_and_direction_turning_characters_vanish() -> None:
    assert displayable("QC\u202e\u200b Fl\x00ood\r\n1") == "QC Flood 1"


def test_full_width_letters_match_ordinary_ones() -> None:
    assert normalise("ＱＣ　Ｆｌｏｏｄ") == "qc flood"


def test_text_is_cut_at_256_characters() -> None:
    assert len(displayable("x" * 10_000)) == len(normalise("x" * 10_000)) == 256


@given(st.binary(max_size=200), st.lists(st.sampled_from(["", "ISO_IR 100", "GB18030", "ISO_IR 13",
       "ISO_IR 192", "ISO 2022 IR 58", "ISO 2022 IR 87", "x"]), max_size=3))  # fmt: skip
def test_no_bytes_make_decoding_fail(raw: bytes, charsets: list[str]) -> None:
    for value in decode(raw, tuple(charsets)):
        assert isinstance(value.text, str)

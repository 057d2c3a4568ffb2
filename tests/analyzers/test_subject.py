"""Pseudonyms: what looks like the name of a person."""

import pytest

from photopeak_analyzers.subject import looks_like_a_name


@pytest.mark.parametrize(
    "text",
    [
        "Roe^Jane",
        "ROE^JANE^^",
        "Roe, Jane",
        "Jane Roe",
        "Jane M. Roe",
        "王小明",
        "张伟",
        "Mrs. Roe",
        "Jane O'Neil",
    ],
)
def test_names_are_recognised(text):
    assert looks_like_a_name(text)


@pytest.mark.parametrize(
    "text",
    ["", "S-0042", "WBC-2026-17", "subject 12", "Empty Chamber", "Background Spectrum", "Am-241 Co-60", "本底", "全身计数",
     "1110C NAA cave pottery", "No sample description was entered.", "a1b2c3", "Mixed Source", "张伟42"],
)  # fmt: skip
def test_codes_and_words_of_the_trade_are_no_names(text):
    assert not looks_like_a_name(text)

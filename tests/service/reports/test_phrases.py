"""Sentences of analyzers as people read them in Chinese."""

from __future__ import annotations

import pytest

from photopeak.reports import svg
from photopeak.reports.phrases import Phrases, translated_svg
from support.effort import soon

CHINESE = Phrases("zh")


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("counts in the centre pixel", "中心像素计数"),
        ("Counts in the centre pixel", "中心像素计数"),
        ("detector 2, energy window 1", "探头2，能窗1"),
        ("Spectrum of Tc-99m, detector 1", "Tc-99m能谱，探头1"),
        ("Flood", "泛源图"),
        ("Energy (keV)", "能量（keV）"),
        ("counts of the image, 3 images", "图像计数，3幅图像"),
        (
            "IU is 5.2 %, above 5 % (WS 523-2019 Table A.1); DU is 3.1 %, above 3 % (WS 523-2019 Table A.1)",
            "IU为5.2 %，高于5 %（WS 523-2019 表A.1）；DU为3.1 %，高于3 %（WS 523-2019 表A.1）",
        ),
        (
            "counts of the image at 10 mm, at 20 mm; worst at 20 mm",
            "图像计数（距离10 mm，距离20 mm；最差：距离20 mm）",
        ),
        (
            "detector 2, energy window 1 is left out: detector 2 has 3 frames, needs at least 60",
            "探头2，能窗1未采用：探头2有3帧，至少需要60帧",
        ),
        ("counts is 512, needs at least 10000", "计数为512，不得小于10000"),
    ],
)
def test_a_sentence_is_said_with_its_numbers(english: str, chinese: str) -> None:
    assert CHINESE(english) == chinese


def test_what_is_not_known_or_quoted_stays_as_it_was() -> None:
    assert CHINESE("a word nobody has said before") == "a word nobody has said before"
    assert CHINESE("ScatterRatio failed («Failed»)") == "ScatterRatio不合格（“Failed”）"
    assert Phrases("en")("counts") == "counts"
    assert Phrases("fr")("counts") == "counts"


@pytest.mark.parametrize("text", ["a, " * 300, "is left out: " * 70, "{0} {} {x} %s", "é, ö: ü"])
def test_a_text_from_outside_is_neither_slow_nor_a_trap(text: str) -> None:
    soon(lambda: CHINESE(text), 2.0)


def test_a_drawing_says_its_words_in_chinese_and_is_otherwise_the_same() -> None:
    drawn = svg.document(
        10.0, 10.0, "Flood, detector 1", "Energy over Counts.", [svg.text(1.0, 2.0, "half height")]
    ).encode()
    said = translated_svg(drawn, "zh").decode()
    assert '<title id="t">泛源图，探头1</title>' in said
    assert ">半高</text>" in said
    assert translated_svg(drawn, "en") == drawn


def test_words_of_a_drawing_stay_escaped() -> None:
    drawn = svg.document(9.0, 9.0, "", "", [svg.text(0.0, 0.0, "<script> & counts")]).encode()
    assert b"<script>" not in translated_svg(drawn, "zh")
    assert b"&lt;script&gt; &amp; counts" in translated_svg(drawn, "zh")

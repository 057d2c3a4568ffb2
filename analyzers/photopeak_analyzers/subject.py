"""Whether a word that is to be a pseudonym looks like the name of a person.

A guess that errs to the side of warning: what is called a name is kept out of logs and titles, and
whoever entered it is told. Codes with digits are no names.
"""

from __future__ import annotations

import re

_CHINESE = re.compile("[\u4e00-\u9fff]{2,4}(?:[\u00b7\u2022][\u4e00-\u9fff]{1,8})?")
"""Two to four characters and nothing else, with a middle dot for names that were transcribed."""

_SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛阎段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
"""The most frequent Chinese family names."""

_WORD = r"[A-Z\u00c0-\u00dc][A-Za-z\u00c0-\u00ff'\u2019-]+"
_COMMA = re.compile(rf"{_WORD}\s*,\s*{_WORD}(?:\s+{_WORD})*")
_CARET = re.compile(r"[^\W\d_][^\d^]*\^[^\d]*")
_TWO_WORDS = re.compile(rf"{_WORD}\s+(?:{_WORD}|[A-Z]\.)(?:\s+{_WORD})?")
_TITLE = re.compile(r"(?i)\b(mr|mrs|ms|dr|herr|frau|mme|先生|女士)\b[. ]")
_NO_NAMES = frozenset(
    re.findall(
        r"\w+",
        "background blank bkg test check calibration energy efficiency spectrum source point phantom"
        " sample detector empty chamber mixed standard subject subjects daily morning evening counter"
        " whole body thyroid lung lungs chest wall room left right upper lower bottle reference quality"
        " control gamma nuclide germanium sodium iodide water block measurement count counts run series"
        " the no description entered long short cs co am eu ba na k i f tc",
    )
)
"""Words of the trade that begin with a capital without being a name."""


def looks_like_a_name(text: str) -> bool:
    """Tell whether a text looks like the name of a person.

    >>> looks_like_a_name("Roe^Jane"), looks_like_a_name("Jane Roe"), looks_like_a_name("王小明")
    (True, True, True)
    >>> looks_like_a_name("S-0042"), looks_like_a_name("Empty Chamber"), looks_like_a_name("本底")
    (False, False, False)
    """
    text = " ".join(text.split())
    if _CARET.fullmatch(text) or _TITLE.search(text):
        return True
    if _CHINESE.fullmatch(text) and text[0] in _SURNAMES:
        return True
    if any(character.isdigit() for character in text):
        return False
    words = {word.strip(".,-'").lower() for word in re.split(r"[\s,]+", text)}
    if words & _NO_NAMES:
        return False
    return bool(_COMMA.fullmatch(text) or _TWO_WORDS.fullmatch(text))

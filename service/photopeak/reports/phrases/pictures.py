"""Stored figures in another language: the words of the drawing, nothing else of it.

The documents are those of :mod:`photopeak.reports.svg`: every word stands in a ``text``, ``title``
or ``desc`` element that holds escaped text and no element.
"""

from __future__ import annotations

import re
from xml.sax.saxutils import escape, unescape

from photopeak.reports.phrases.sentences import Phrases

_WORDS = re.compile(r"(<(text|title|desc)\b[^>]*>)([^<]+)(?=</\2>)")


def translated_svg(content: bytes, language: str) -> bytes:
    """Return a drawing with its words in a language; the same one for English."""
    if language == "en":
        return content
    phrases = Phrases(language)

    def said(found: re.Match[str]) -> str:
        return found.group(1) + escape(phrases(unescape(found.group(3))))

    return _WORDS.sub(said, content.decode("utf-8")).encode("utf-8")

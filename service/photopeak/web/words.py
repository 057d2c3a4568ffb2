"""The words of the pages: English as it stands in the templates, other languages by catalogue.

A catalogue maps the English message to its translation; what it does not hold stays English.
Messages are whole sentences with named places (``{count}``), never put together from pieces.
"""

from collections.abc import Mapping
from types import MappingProxyType

from photopeak.web.chinese import CHINESE
from photopeak.web.chinese_results import CHINESE_RESULTS

_NOTHING: Mapping[str, str] = MappingProxyType({})
CATALOGUES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {"en": _NOTHING, "zh": MappingProxyType({**CHINESE_RESULTS, **CHINESE})}
)
"""Catalogue by language."""


class Words:
    """Says messages in one language."""

    def __init__(self, language: str) -> None:
        self.language = language if language in CATALOGUES else "en"
        self._catalogue = CATALOGUES[self.language]

    def __call__(self, message: str, **places: object) -> str:
        """Return a message in the language, its places filled."""
        said = self._catalogue.get(message, message)
        return said.format(**places) if places else said

    def pick(self, english: str, chinese: str) -> str:
        """Return of a name that is kept in two languages the one of the pages."""
        return chinese if self.language == "zh" and chinese else english

    def plural(self, one: str, many: str, count: int) -> str:
        """Return the form for `count`, which fills the place of that name."""
        return self(one if count == 1 else many, count=count)

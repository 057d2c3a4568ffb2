"""Messages: English as it stands in the code, other languages by catalogue.

A catalogue maps the English message to its translation; what it does not hold stays English.
Messages are whole sentences with named places (``{count}``), never put together from pieces.
"""

from collections.abc import Mapping

from photopeak.reports.phrases import Phrases


class Messages:
    """Says messages in one language; one that there is no catalogue for is English."""

    def __init__(self, language: str, catalogues: Mapping[str, Mapping[str, str]]) -> None:
        self.language = language if language in catalogues else "en"
        self._catalogue = catalogues[self.language]
        self._phrases = Phrases(self.language)

    def __call__(self, message: str, **places: object) -> str:
        """Return a message in the language, its places filled."""
        said = self._catalogue.get(message, message)
        return said.format(**places) if places else said

    def told(self, text: str) -> str:
        """Return what an analyzer said in English; numbers, codes and what is not known stay."""
        return self._catalogue.get(text) or self._phrases(text)

    def pick(self, english: str, chinese: str) -> str:
        """Return of a name that is kept in two languages the one that is spoken."""
        return chinese if self.language == "zh" and chinese else english

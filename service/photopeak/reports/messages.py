"""Messages: English as it stands in the code, other languages by catalogue.

A catalogue maps the English message to its translation; what it does not hold stays English.
Messages are whole sentences with named places (``{count}``), never put together from pieces.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType

from photopeak.reports.phrases import Phrases

Names = Iterable[tuple[str, str]]
"""English and Chinese names of numbers that stand in a sentence."""

_ENGLISH: Mapping[str, str] = MappingProxyType({})


class Catalogues(Mapping[str, Mapping[str, str]]):
    """Catalogues by language, each read when it is first spoken: a site speaks one of them."""

    def __init__(self, **languages: Callable[[], Mapping[str, str]]) -> None:
        self._read: dict[str, Callable[[], Mapping[str, str]]] = {"en": lambda: _ENGLISH}
        self._read |= languages
        self._known: dict[str, Mapping[str, str]] = {}

    def __getitem__(self, language: str) -> Mapping[str, str]:
        """Return the catalogue of a language."""
        if language not in self._known:
            self._known[language] = self._read[language]()
        return self._known[language]

    def __iter__(self) -> Iterator[str]:
        """Return the languages."""
        return iter(self._read)

    def __len__(self) -> int:
        """Return how many languages there are."""
        return len(self._read)

    def __contains__(self, language: object) -> bool:
        """Tell whether a language is there; reads nothing."""
        return language in self._read


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

    def told(self, text: str, names: Names = ()) -> str:
        """Return what an analyzer said in English; numbers, codes and what is not known stay.

        Parameters
        ----------
        names
            Names that stand in it and have one in the language; the longer goes first.
        """
        if self.language == "zh":
            for english, chinese in sorted(names, key=lambda pair: -len(pair[0])):
                if english and chinese:
                    text = text.replace(english, chinese)
        return self._catalogue.get(text) or self._phrases(text)

    def pick(self, english: str, chinese: str) -> str:
        """Return of a name that is kept in two languages the one that is spoken."""
        return chinese if self.language == "zh" and chinese else english

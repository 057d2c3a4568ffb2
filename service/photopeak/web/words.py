"""The words of the pages: English as it stands in the templates, other languages by catalogue."""

from collections.abc import Mapping

from photopeak.reports.messages import Catalogues, Messages


def _chinese() -> Mapping[str, str]:
    from photopeak.web.chinese_catalogue import CHINESE_CATALOGUE

    return CHINESE_CATALOGUE


CATALOGUES = Catalogues(zh=_chinese)
"""Catalogue by language."""


class Words(Messages):
    """Says messages in one language."""

    def __init__(self, language: str) -> None:
        super().__init__(language, CATALOGUES)

    def plural(self, one: str, many: str, count: int) -> str:
        """Return the form for `count`, which fills the place of that name."""
        return self(one if count == 1 else many, count=count)

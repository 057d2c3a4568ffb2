"""The words of the pages: English as it stands in the templates, other languages by catalogue."""

from collections.abc import Mapping
from types import MappingProxyType

from photopeak.reports.messages import Messages
from photopeak.web.chinese import CHINESE
from photopeak.web.chinese_accounts import CHINESE_ACCOUNTS
from photopeak.web.chinese_alerts import CHINESE_ALERTS
from photopeak.web.chinese_board import CHINESE_BOARD
from photopeak.web.chinese_inbox import CHINESE_INBOX
from photopeak.web.chinese_notifications import CHINESE_NOTIFICATIONS
from photopeak.web.chinese_papers import CHINESE_PAPERS
from photopeak.web.chinese_results import CHINESE_RESULTS
from photopeak.web.chinese_review import CHINESE_REVIEW
from photopeak.web.chinese_schedule import CHINESE_SCHEDULE
from photopeak.web.chinese_trends import CHINESE_TRENDS

_NOTHING: Mapping[str, str] = MappingProxyType({})
_CHINESE = (
    CHINESE_INBOX,
    CHINESE_TRENDS,
    CHINESE_REVIEW,
    CHINESE_SCHEDULE,
    CHINESE_RESULTS,
    CHINESE,
    CHINESE_ACCOUNTS,
    CHINESE_ALERTS,
    CHINESE_BOARD,
    CHINESE_PAPERS,
    CHINESE_NOTIFICATIONS,
)
"""One catalogue a subject."""
CATALOGUES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {"en": _NOTHING, "zh": MappingProxyType({k: v for part in _CHINESE for k, v in part.items()})}
)
"""Catalogue by language."""


class Words(Messages):
    """Says messages in one language."""

    def __init__(self, language: str) -> None:
        super().__init__(language, CATALOGUES)

    def plural(self, one: str, many: str, count: int) -> str:
        """Return the form for `count`, which fills the place of that name."""
        return self(one if count == 1 else many, count=count)

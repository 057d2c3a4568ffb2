"""All words of the pages in Chinese, from one catalogue a subject."""

from collections.abc import Mapping
from types import MappingProxyType

from photopeak.reports.phrases.chinese_sources import CHINESE_LIMIT_SOURCES
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
from photopeak.web.chinese_tests import CHINESE_TESTS
from photopeak.web.chinese_trends import CHINESE_TRENDS

_CHINESE = (
    CHINESE_TESTS,
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
    CHINESE_LIMIT_SOURCES,
)
CHINESE_CATALOGUE: Mapping[str, str] = MappingProxyType(
    {k: v for part in _CHINESE for k, v in part.items()}
)
"""Chinese by English."""

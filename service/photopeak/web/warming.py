"""Asking for the pages of the morning before the first person does.

The first answer of a page costs most: its templates are compiled and the database learns what is asked.
Done beside the work once the service answers, it keeps nobody waiting.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable

from photopeak.model.page import Access, Page, PageRequest, Visitor
from photopeak.web.navigation import DAILY

logger = logging.getLogger(__name__)

_NOBODY = Visitor(name="", access=Access.READ, csrf_token="")
_PATHS = ("/login", *(entry.path for entry in DAILY))


def warm_up(pages: Iterable[Page]) -> int:
    """Ask once for each page that readers open every day; return how many answered.

    Only pages that are open to readers are asked for: they keep nothing and change nothing. One
    that fails is left for the person who will ask for it.
    """
    known = {page.path: page for page in pages if page.method == "GET"}
    answered = 0
    for path in _PATHS:
        page = known.get(path)
        if page is None or page.access > Access.READ:
            continue
        try:
            page.answer(PageRequest(visitor=_NOBODY if page.access is Access.READ else None))
        except Exception as error:  # noqa: BLE001 - nobody has asked for this page yet
            logger.debug("%s was not warmed up: %s", path, error)
            continue
        answered += 1
    return answered

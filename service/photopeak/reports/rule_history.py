"""A rule tried on the past: how many series its words would find, and where these go today."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from photopeak.model.header import InstanceHeader
from photopeak.routing.rules import Rule
from photopeak.storage import lessons
from photopeak.storage.database import Transaction
from photopeak.storage.lessons import Alike

MOST_TEXTS = 10_000
"""Sets of texts that are looked at, those of the last series first."""
LONGEST_S = 2.0
"""Time for one trial; an expression of a file may be slow, and somebody waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Series that are alike, which the words of a rule find; `rule` knows them today."""

    alike: Alike
    count: int
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleHistory:
    """What the words of a rule find in the past.

    Attributes
    ----------
    elsewhere
        How many series each other rule knows; an empty name stands for nobody.
    looked_at
        How many series were looked at; not all of them unless `whole`.
    """

    found: tuple[Found, ...]
    elsewhere: tuple[tuple[str, int], ...]
    looked_at: int
    whole: bool

    @property
    def count(self) -> int:
        """How many series it would find."""
        return sum(each.count for each in self.found)

    @property
    def own(self) -> int:
        """How many of them it knows today."""
        return self.count - sum(number for _, number in self.elsewhere)


def on_history(
    tx: Transaction, rule: Rule, *, monotonic: Callable[[], float] = time.monotonic
) -> RuleHistory | None:
    """Try the words of a rule on the texts of past series; None for a rule that looks for no words.

    What it asks of other elements of the header is not kept, so it may find less in truth.
    """
    if rule.text is None:
        return None
    begun = monotonic()
    found: list[Found] = []
    looked_at = 0
    known = lessons.every_alike(tx, limit=MOST_TEXTS)
    whole = len(known) < MOST_TEXTS
    for alike, kind, current, count in known:
        if monotonic() - begun > LONGEST_S:
            whole = False
            break
        looked_at += count
        if rule.modalities and kind not in rule.modalities:
            continue
        if kind == "DOC" and not rule.modalities:
            continue
        if rule.text.check(InstanceHeader(sop_class_uid="", text=alike.texts)).matched:
            found.append(Found(alike=alike, count=count, rule=current))
    elsewhere = Counter[str]()
    for each in found:
        if each.rule != rule.id:
            elsewhere[each.rule] += each.count
    return RuleHistory(
        found=tuple(found),
        elsewhere=tuple(elsewhere.most_common()),
        looked_at=looked_at,
        whole=whole,
    )

"""What a result page says of people: signatures, history and thread, reference images, neighbours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from photopeak.model.judgement import Status
from photopeak.model.page import Access, Visitor
from photopeak.model.results import ResultRecord, ResultSummary
from photopeak.model.reviews import Meaning, Review, in_force, signed_by_people
from photopeak.model.test_sets import TestSetState
from photopeak.reports.messages import Names
from photopeak.reviews.comparison import compared_figure
from photopeak.reviews.history import Happening, Moment, history
from photopeak.reviews.pairs import Pair, pairs
from photopeak.storage import results, reviews, test_sets
from photopeak.storage.database import Database, Transaction
from photopeak.storage.errors import NotFoundError
from photopeak.web.alert_views import opened_look
from photopeak.web.figure_views import picture_size, shown_as
from photopeak.web.looks import STATUS, Look
from photopeak.web.words import Words

MEANING = {
    Meaning.REVIEWED: "Reviewed",
    Meaning.APPROVED: "Approved",
    Meaning.WITHDRAWN: "Withdrawn",
}
"""Word for what a signature says."""

MOST_COUNTED = 1000
"""Results that are counted on every page; beyond it there are just more."""

_LOOK = {
    Happening.SIGNED: Look("pass", "pass", "Signed", ""),
    Happening.CORRECTED: Look("turn", "due", "Signature corrected", ""),
    Happening.WITHDRAWN: Look("turn", "warn", "Signature withdrawn", ""),
    Happening.COMMENTED: Look("info", "due", "Comment", ""),
    Happening.REANALYSED: Look("turn", "none", "Sent to be analysed again", ""),
    Happening.ALERT_OPENED: Look("act", "act", "Alert opened", ""),
    Happening.ALERT_REPEATED: Look("turn", "none", "Alert seen again", ""),
    Happening.ALERT_WORSE: Look("warn", "warn", "Alert got worse", ""),
    Happening.ALERT_RESOLVED: Look("pass", "pass", "Alert resolved", ""),
    Happening.ALERT_WITHDRAWN: Look("dash", "none", "Alert withdrawn", ""),
    Happening.EXCLUDED: Look("dash", "none", "Left out of trends", ""),
    Happening.INCLUDED: Look("info", "none", "Back in trends", ""),
    Happening.REFERENCE: Look("flag", "due", "Chosen as reference image", ""),
}


def unreviewed_of(database: Database, *, most: int = MOST_COUNTED) -> Callable[[], str]:
    """Return what tells how many results wait for a signature, as a text that is empty for none."""

    def unreviewed() -> str:
        with database.snapshot() as tx:
            return counted(reviews.count(tx, most=most), most=most)

    return unreviewed


def counted(count: int, *, most: int = MOST_COUNTED) -> str:
    """Return a number of results, of which no more than `most` were counted, as a text."""
    if not count:
        return ""
    return str(count) if count < most else f"{most - 1}+"


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryLine:
    """One thing that happened, as shown."""

    at: datetime
    look: Look
    word: str
    by: str
    text: str
    why: str
    version: int
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What stands beside a flood: its reference image, and the difference or why there is none."""

    figure: str
    title: str
    taken_at: datetime | None
    chosen_by: str
    chosen_at: datetime | None
    reason: str
    version: int
    link: str
    source: str
    size: tuple[int, int]
    difference: str
    difference_size: tuple[int, int]
    why_not: str
    itself: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewView:
    """Everything that people did with a result, and what the visitor may do."""

    standing: tuple[Review, ...]
    lines: tuple[HistoryLine, ...]
    versions: int
    earlier_signed: ResultSummary | None
    previous: ResultSummary | None
    following: ResultSummary | None
    next_waiting: str
    beside: dict[str, Beside]
    meanings: tuple[Meaning, ...]
    may_sign: bool
    needs_person: bool
    may_comment: bool
    may_repeat: bool
    may_choose: bool

    @property
    def signed(self) -> tuple[Review, ...]:
        """The signatures of people that stand."""
        return tuple(review for review in self.standing if not review.rule)


def review_view(
    tx: Transaction,
    record: ResultRecord,
    visitor: Visitor | None,
    words: Words,
    colours: str = "",
) -> ReviewView:
    """Return what a page says of what people did with a result; `colours` as for its figures."""
    versions = results.versions(tx, record.test_set_id)
    signed = reviews.of_results(tx, [version.id for version in versions])
    standing = in_force(signed[record.id])
    earlier = [
        version
        for version in versions
        if version.version < record.version and signed_by_people(signed[version.id])
    ]
    previous, following = results.neighbours(tx, record)
    waiting = reviews.waiting(tx, limit=2)
    reviewer = visitor is not None and visitor.may(Access.REVIEW)
    operator = visitor is not None and visitor.may(Access.OPERATE)
    taken = {review.meaning for review in standing if not review.rule}
    state = test_sets.get(tx, record.test_set_id).state
    names = [(m.label, m.label_zh) for m in record.measurements]
    return ReviewView(
        standing=standing,
        lines=tuple(_line(moment, words, names) for moment in history(tx, record.test_set_id)),
        versions=len(versions),
        earlier_signed=earlier[-1] if earlier else None,
        previous=previous,
        following=following,
        next_waiting=next((w.result_id for w in waiting if w.result_id != record.id), "")
        if reviewer
        else "",
        beside={
            pair.figure: _beside(tx, record, pair, words, colours) for pair in pairs(tx, record)
        },
        meanings=tuple(
            m for m in (Meaning.REVIEWED, Meaning.APPROVED) if record.current and m not in taken
        ),
        may_sign=reviewer and visitor is not None and not visitor.by_token,
        needs_person=reviewer and visitor is not None and visitor.by_token,
        may_comment=operator,
        may_repeat=operator and state not in (TestSetState.QUEUED, TestSetState.RUNNING),
        may_choose=reviewer,
    )


def _line(moment: Moment, words: Words, names: Names) -> HistoryLine:
    text = moment.text
    if moment.what is Happening.ANALYSED:
        look = STATUS[Status(text)]
        word, text = words("Analysed: {status}", status=words(look.word)), ""
    else:
        look = _LOOK[moment.what]
        if moment.what is Happening.ALERT_OPENED and moment.severity is not None:
            look = opened_look(moment.severity, look)
        word = words(look.word)
    by, why = moment.by, ""
    if moment.review is not None:
        review = moment.review
        if review.meaning is not Meaning.WITHDRAWN:
            word = words(MEANING[review.meaning])
            if review.corrects:
                word = words("{meaning}, in place of a signature before", meaning=word)
        by = words("by a rule of the site") if review.rule else review.printed_name
        why = review.reason
    link = f"/alerts/{moment.alert_id}" if moment.alert_id else ""
    return HistoryLine(
        at=moment.at,
        look=look,
        word=word,
        by=by,
        text=words.told(text, names) if moment.alert_id else text,
        why=why,
        version=moment.version,
        link=link,
    )


def _beside(
    tx: Transaction, record: ResultRecord, pair: Pair, words: Words, colours: str
) -> Beside:
    reference = pair.reference
    itself = pair.is_of(record)
    taken_at, source, size, difference = None, "", (560, 420), ""
    if reference is not None and not itself:
        taken = results.get(tx, reference.result_id)
        taken_at = taken.acquired_at or taken.provenance.finished_at
        address = f"/api/v1/results/{reference.result_id}/figures/{pair.figure}.svg"
        source, size = (
            address + shown_as(words.language, colours),
            _size(tx, reference.result_id, pair.figure),
        )
        if pair.why_not is None:
            address = f"/api/v1/results/{record.id}/differences/{pair.figure}.svg"
            difference = address + shown_as(words.language)
    return Beside(
        figure=pair.figure,
        title=words.told(pair.title),
        taken_at=taken_at,
        chosen_by=reference.printed_name if reference else "",
        chosen_at=reference.at if reference else None,
        reason=reference.reason if reference else "",
        version=reference.version if reference else 0,
        link=f"/results/{reference.result_id}" if reference else "",
        source=source,
        size=size,
        difference=difference,
        difference_size=_size(tx, record.id, compared_figure(pair.figure)),
        why_not="" if pair.why_not is None else words(pair.why_not.message, **pair.why_not.places),
        itself=itself,
    )


def _size(tx: Transaction, result_id: str, figure: str) -> tuple[int, int]:
    try:
        return picture_size(results.figure(tx, result_id, figure, "svg"))
    except NotFoundError:
        return (560, 420)

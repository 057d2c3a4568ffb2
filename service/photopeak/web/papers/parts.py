"""What every paper says: numbers beside their limits, conditions, and where all of it comes from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from photopeak.model.catalogue import TestDescription
from photopeak.model.results import ResultRecord
from photopeak.model.reviews import Meaning, Review
from photopeak.reports.jjf.gather import inputs_sha256
from photopeak.reports.paper.document import Document, Grid, Sheet
from photopeak.web.checks import checks
from photopeak.web.context import WebContext
from photopeak.web.names import Describe, nothing_known
from photopeak.web.numbers import Row, groups
from photopeak.web.times import Clockwork
from photopeak.web.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Where papers are written: language, zone, site, and what tests and devices are called."""

    words: Words
    clockwork: Clockwork
    site: str
    version: str
    now: datetime
    describe: Describe = nothing_known

    def moment(self, at: datetime | None) -> str:
        """Return a moment as text; a dash without one."""
        shown = self.clockwork.moment(at, self.now)
        return shown.text if shown else "–"

    def test_title(self, record: ResultRecord) -> str:
        """Return what the test of a result is called."""
        return self.words.pick(record.title, record.title_zh) or record.test

    def document(
        self, title: str, sheets: Sequence[Sheet], results: Sequence[ResultRecord]
    ) -> Document:
        """Return a document with what every page says of its origin."""
        words = self.words
        software = f"Photopeak {self.version}"
        ids = ", ".join(record.id for record in results[:8])
        if len(results) > 8:
            ids = words("{ids} and {count} more", ids=ids, count=len(results) - 8)
        origin = words(
            "{site} · {software} · printed {time}, times in {zone}",
            site=self.site,
            software=software,
            time=self.moment(self.now),
            zone=self.clockwork.zone_name,
        )
        foot = [origin, f"{words('Results')}: {ids or '–'}"]
        if len(results) == 1:
            foot.append(f"{words('Hash of the inputs (SHA-256)')}: {inputs_sha256(results[0])}")
        foot.append(words("Quality-control aid. Not a medical device; not for diagnosis."))
        return Document(
            language=words.language,
            title=title,
            sheets=tuple(sheets),
            foot=tuple(foot),
            page=words("Page {number} of {total}", number="{number}", total="{total}"),
        )


_SIGNED = {Meaning.REVIEWED: "Reviewed by", Meaning.APPROVED: "Approved by"}


def signature(review: Review, desk: Desk) -> tuple[str, str]:
    """Return what a signature that stands means, and who gave it when, with the comment."""
    said = desk.words(
        "{name}, signed electronically on {time}",
        name=review.printed_name,
        time=desk.moment(review.at),
    )
    comment = f" – {review.comment}" if review.comment else ""
    return desk.words(_SIGNED[review.meaning]), said + comment


def desk_of(context: WebContext, language: str = "") -> Desk:
    """Return the desk of a site, in its own language unless another is asked for."""
    site = context.settings.site
    words = Words(language or site.language)
    return Desk(
        words=words,
        clockwork=Clockwork(site.time_zone, words),
        site=site.name,
        version=context.version,
        now=context.clock(),
        describe=context.test,
    )


def number_grids(record: ResultRecord, desk: Desk) -> tuple[Grid, ...]:
    """Return the numbers of a result, a table for each detector, the judged ones first."""
    words = desk.words
    columns = (
        words("Quantity"), words("Value"), words("U (k = 2)"), words("Unit"), words("Limit"),
        words("Judgement"), words("Source of the limit"), words("Clause"),
    )  # fmt: skip
    return tuple(
        Grid(
            title=group.title,
            columns=columns,
            rows=tuple(_number(row, words) for row in (*group.rows, *group.more)),
            numeric=(False, True, True, False, False, False, False, False),
            shares=(2.3, 0.9, 0.8, 0.8, 1.3, 1.0, 1.6, 1.5),
            small=True,
        )
        for group in groups(record, words, describe=desk.describe)
        if group.rows or group.more
    )


def _number(row: Row, words: Words) -> tuple[str, ...]:
    name = f"{row.label}, {row.scope}" if row.scope else row.label
    said = words(row.look.word) if row.judged else words("not judged")
    return name, row.value, row.expanded, row.unit, row.limit, said, row.source, row.clause


def condition_grid(record: ResultRecord, desk: Desk) -> Grid | None:
    """Return the conditions of the test with what was found; None for a test without any."""
    words = desk.words
    not_met, met = checks(record, words)
    rows = []
    for check in (*not_met, *met):
        found = "\n".join(
            f"{value} ({where})" if where else value for where, value in check.found if value
        )
        state = words("met") if check.met else words("not met")
        if not check.met and not check.required:
            state = words("not met (advisable)")
        rows.append((check.name, check.need, found, state, check.clause))
    if not rows:
        return None
    return Grid(
        title="",
        columns=(
            words("Condition"), words("Needed"), words("Found"), words("State"), words("Clause"),
        ),
        rows=tuple(rows),
        shares=(2.0, 1.5, 1.7, 0.9, 1.4),
        small=True,
    )  # fmt: skip


def test_name(test: TestDescription | None, desk: Desk, fallback: str) -> str:
    """Return what a test is called, also one that is not installed."""
    return fallback if test is None else desk.words.pick(test.title, test.title_zh)

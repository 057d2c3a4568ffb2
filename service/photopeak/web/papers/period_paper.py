"""A device over a period on paper: what was done, how often, how it came out, and every result."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from zoneinfo import ZoneInfo

from photopeak.model.devices import Device
from photopeak.model.judgement import Status
from photopeak.model.results import ResultRecord
from photopeak.model.reviews import Review, in_force, signed_by_people
from photopeak.reports.paper.document import (
    Block,
    Document,
    Facts,
    Grid,
    Paragraph,
    Sheet,
    Signatures,
)
from photopeak.storage import results as stored
from photopeak.storage import reviews
from photopeak.storage.database import Transaction
from photopeak.web.headline import headline
from photopeak.web.looks import STATUS
from photopeak.web.papers.days import Days
from photopeak.web.papers.parts import Desk, number_grids, signature

MOST_RESULTS = 1000
"""Results of one report; it says how many more there are."""

_NO_RESULT = frozenset({Status.INVALID, Status.ERROR})


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A device with its results of some days, the last measured first; `more` were left out.

    `reviews` are the signatures under each result, by its id.
    """

    device_name: str
    since: date
    until: date
    results: Sequence[ResultRecord]
    more: int = 0
    reviews: Mapping[str, Sequence[Review]] = field(default_factory=dict)


def gather(tx: Transaction, device: Device, days: Days, zone: ZoneInfo) -> Period:
    """Return the results of a device that were measured in some days, and who signed them."""
    since, before = days.bounds(zone)
    found = stored.of_period(tx, device.id, since=since, before=before)
    shown = stored.whole(tx, [summary.id for summary in found[:MOST_RESULTS]])
    return Period(
        device_name=device.name,
        since=days.since,
        until=days.until,
        results=shown,
        more=len(found) - len(shown),
        reviews=reviews.of_results(tx, [record.id for record in shown]),
    )


def period_paper(period: Period, desk: Desk) -> Document:
    """Return a period as a report."""
    words = desk.words
    span = f"{period.since.isoformat()} – {period.until.isoformat()}"
    title = words("Quality control of {device}, {span}", device=period.device_name, span=span)
    by_test: dict[tuple[str, str], list[ResultRecord]] = {}
    for record in period.results:
        by_test.setdefault((record.test, record.variant), []).append(record)
    summary: list[Block] = [
        Facts(
            (
                (words("Device"), period.device_name),
                (words("Period"), span),
                (words("Results"), str(len(period.results) + period.more)),
                (words("Different tests"), str(len(by_test))),
                (words("Signed"), _signed(period, desk)),
            )
        )
    ]
    if period.more:
        left_out = "The {count} oldest results of the period have no room here."
        summary.append(Paragraph(words(left_out, count=period.more), "warn"))
    if not by_test:
        summary.append(Paragraph(words("There is no result of this period."), "warn"))
    else:
        summary.append(_counts(by_test, desk))
    summary.append(Signatures(((words("Reviewed by"), ""), (words("Date"), ""))))
    sheets = [Sheet(title=title, blocks=tuple(summary))]
    if by_test:
        sheets.append(Sheet(title=words("Results"), blocks=(_every(period, desk),)))
        if latest := _latest(by_test, desk):
            sheets.append(Sheet(title=words("Latest numbers of each test"), blocks=latest))
    return desk.document(title, sheets, period.results)


def _counts(by_test: dict[tuple[str, str], list[ResultRecord]], desk: Desk) -> Grid:
    words = desk.words
    rows = []
    for (_, variant), records in sorted(by_test.items()):
        count = Counter(record.status for record in records)
        newest = records[0]
        rows.append(
            (
                f"{desk.test_title(newest)}\n{variant}",
                str(len(records)),
                str(count[Status.PASS]),
                str(count[Status.WARN]),
                str(count[Status.FAIL]),
                str(sum(count[status] for status in _NO_RESULT)),
                str(count[Status.INFO] + count[Status.NO_LIMIT]),
                words(STATUS[newest.status].word),
                desk.moment(newest.acquired_at or newest.provenance.finished_at),
            )
        )
    return Grid(
        title=words("Summary"),
        columns=(
            words("Test"), words("Runs"), words("Pass"), words("Warning"), words("Fail"),
            words("No valid result"), words("Not judged"), words("Latest"), words("Measured"),
        ),
        rows=tuple(rows),
        numeric=(False, True, True, True, True, True, True, False, False),
        shares=(2.6, 0.7, 0.7, 0.9, 0.7, 1.0, 0.9, 1.0, 1.9),
        small=True,
    )  # fmt: skip


def _signed(period: Period, desk: Desk) -> str:
    signed = sum(
        bool(signed_by_people(period.reviews.get(record.id, ()))) for record in period.results
    )
    return desk.words("{count} of {total}", count=signed, total=len(period.results))


def _review(signed: Sequence[Review], desk: Desk) -> str:
    """Return who signed a result, what it means and when; that nobody did where nobody did."""
    words, lines = desk.words, []
    for review in in_force(signed):
        if review.rule:
            marked = words("marked by a rule of the site, {time}", time=desk.moment(review.at))
            lines.append(marked)
        else:
            meaning, said = signature(review, desk)
            lines.append(words("{meaning}: {signature}", meaning=meaning, signature=said))
    if not signed_by_people(signed):
        lines.append(words("nobody has signed"))
    return "\n".join(lines)


def _every(period: Period, desk: Desk) -> Grid:
    words = desk.words
    return Grid(
        title="",
        columns=(
            words("Measured"), words("Test"), words("Status"), words("Remark"), words("Review"),
            words("Result"),
        ),
        rows=tuple(
            (
                desk.moment(record.acquired_at or record.provenance.finished_at),
                desk.test_title(record),
                words(STATUS[record.status].word),
                headline(record, words, desk.describe).say,
                _review(period.reviews.get(record.id, ()), desk),
                record.id,
            )
            for record in period.results
        ),
        shares=(1.3, 1.5, 0.8, 2.4, 1.9, 1.5),
        small=True,
    )  # fmt: skip


def _latest(by_test: dict[tuple[str, str], list[ResultRecord]], desk: Desk) -> tuple[Block, ...]:
    """Return the numbers of the last result of each test that has any."""
    blocks: list[Block] = []
    for _, records in sorted(by_test.items()):
        newest = next((record for record in records if record.measurements), None)
        for grid in () if newest is None else number_grids(newest, desk):
            name = f"{desk.test_title(records[0])} · {grid.title}"
            blocks.append(
                Grid(name, grid.columns, grid.rows, grid.numeric, grid.shares, small=True)
            )
    return tuple(blocks)

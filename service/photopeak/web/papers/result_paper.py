"""One result on paper: what was measured, how it was judged, under which conditions, from what."""

from __future__ import annotations

from photopeak.model.results import ResultRecord
from photopeak.model.reviews import signed_by_people
from photopeak.reports.paper.document import (
    Block,
    Document,
    Facts,
    Heading,
    Paragraph,
    Sheet,
    Signatures,
)
from photopeak.reports.paper.pictures import figure_blocks
from photopeak.storage import reviews
from photopeak.storage.database import Transaction
from photopeak.web.headline import headline
from photopeak.web.looks import STATUS
from photopeak.web.numbers import silent_scopes
from photopeak.web.papers.parts import Desk, condition_grid, number_grids, signature
from photopeak.web.values import scope_text

_WARNING = frozenset({"warn", "act"})


def result_paper(
    tx: Transaction, record: ResultRecord, desk: Desk, *, device_name: str
) -> Document:
    """Return a result as a report."""
    words = desk.words
    said = headline(record, words, desk.describe)
    title = words("{test}, {device}", test=desk.test_title(record), device=device_name)
    blocks: list[Block] = [
        Facts(_facts(record, desk, device_name)),
        Paragraph(
            words("{word}. {sentence}", word=words(said.look.word), sentence=said.say),
            "warn" if said.look.colour in _WARNING else "plain",
        ),
    ]
    if said.more and said.more != said.say:
        blocks.append(Paragraph(said.more, "quiet"))
    grids = number_grids(record, desk)
    if grids:
        blocks += [Heading(words("Numbers")), *grids]
    conditions = condition_grid(record, desk)
    if conditions is not None:
        blocks += [Heading(words("Conditions")), conditions]
    blocks += _notes(record, desk)
    figures = figure_blocks(
        tx, record, words, left_out=words("{count} figures have no room here.", count="{count}")
    )
    if figures:
        blocks += [Heading(words("Figures")), *figures]
    blocks += [
        Heading(words("Origin")),
        Facts(_origin(record, desk), columns=1),
        Signatures(_signatures(tx, record, desk)),
    ]
    sheet = Sheet(title=title, note=words("Quality-control result"), blocks=tuple(blocks))
    return desk.document(title, (sheet,), (record,))


def _signatures(tx: Transaction, record: ResultRecord, desk: Desk) -> tuple[tuple[str, str], ...]:
    """Return who signed, what it means and when; where nobody did, lines to sign on."""
    words = desk.words
    performed = (words("Performed by"), "")
    signed = signed_by_people(reviews.of_result(tx, record.id))
    if not signed:
        return (performed, (words("Reviewed by"), ""), (words("Date"), ""))
    return (performed, *(signature(review, desk) for review in signed))


def _facts(record: ResultRecord, desk: Desk, device_name: str) -> tuple[tuple[str, str], ...]:
    words = desk.words
    version = words("version {number}", number=record.version)
    superseded = "" if record.current else f", {words('superseded')}"
    return (
        (words("Device"), device_name),
        (words("Test"), desk.test_title(record)),
        (words("Method"), record.variant),
        (words("Purpose"), words(record.purpose)),
        (words("Acquired"), desk.moment(record.acquired_at)),
        (words("Analysed on"), desk.moment(record.provenance.finished_at)),
        (words("Status"), words(STATUS[record.status].word)),
        (words("Result"), f"{record.id}\n{version}{superseded}"),
    )


def _notes(record: ResultRecord, desk: Desk) -> list[Block]:
    silent = silent_scopes(record)
    lines = dict.fromkeys(
        ": ".join(
            filter(
                None, (scope_text(n.scope, desk.words, without=silent), desk.words.told(n.message))
            )
        )
        for n in record.notes
    )
    if not lines:
        return []
    return [Heading(desk.words("Remarks")), *(Paragraph(line) for line in lines)]


def _origin(record: ResultRecord, desk: Desk) -> tuple[tuple[str, str], ...]:
    words, made = desk.words, record.provenance
    limits = ", ".join(
        f"{name} {version[:12]}" for name, version in sorted(made.limit_sets.items())
    )
    parameters = ", ".join(f"{name} = {value}" for name, value in sorted(made.parameters.items()))
    readings = "\n".join(
        f"{r.name} = {r.value} {r.unit}" for r in made.readings if not isinstance(r.value, tuple)
    )
    rows = (
        (words("Software"), f"Photopeak {made.software_version}"),
        (words("Analyzer"), f"{record.test} {made.analyzer_version}"),
        (words("Limits"), limits),
        (words("Baselines"), ", ".join(made.baselines)),
        (words("Parameters"), parameters),
        (words("Readings"), readings),
        (words("Series"), "\n".join(f"{i.role}: {i.series_instance_uid}" for i in made.inputs)),
        (words("Host"), made.host),
    )
    return tuple((name, text or "–") for name, text in rows)

"""The evidence of a period in one archive: papers, numbers, signatures, policy and audit trail.

It is put together from what there is, file by file, so a pack of a year takes little memory. Digests
of all files stand in it, the digest of these in the audit trail, and the anchor of the audit trail in
the pack: whoever keeps one can tell whether the other was changed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo
from zoneinfo import ZoneInfo

from photopeak.alert_policy_settings import PolicySections
from photopeak.model.devices import Device
from photopeak.model.results import ResultRecord
from photopeak.reports.exports.audit import as_csv, as_json
from photopeak.reports.exports.table import Place, csv_lines
from photopeak.reports.paper.html import to_html
from photopeak.reports.paper.pdf import PdfError, to_pdf
from photopeak.settings import Settings
from photopeak.storage import audit, events, limits, results, reviews
from photopeak.storage.audit import AuditFilter
from photopeak.storage.database import Database
from photopeak.storage.errors import AuditError
from photopeak.web.papers.days import Days
from photopeak.web.papers.parts import Desk
from photopeak.web.papers.period_paper import gather, period_paper

SUMS = "SHA256SUMS"
"""The file with the digests of all others, as ``sha256sum -c`` reads it."""

_AT_ONCE = 100
_LEFT_OUT = frozenset({"figures"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a pack is made from, and for whom."""

    database: Database
    devices: Sequence[Device]
    settings: Settings
    alerts: PolicySections
    desk: Desk
    who: str

    @property
    def zone(self) -> ZoneInfo:
        """The zone of the site."""
        return ZoneInfo(self.settings.site.time_zone)


def write_pack(file: Path, evidence: Evidence, days: Days) -> int:
    """Write the evidence of some days into a ZIP file and return how many files are in it.

    Who asked for it, and what came of it, stands in the audit trail.
    """
    database = evidence.database
    span = {"since": days.since.isoformat(), "until": days.until.isoformat()}
    _told(evidence, "evidence.exported", span)
    with ZipFile(file, "w", ZIP_DEFLATED) as opened:
        archive = _Archive(opened, evidence.desk.now.astimezone(evidence.zone))
        since, before = days.bounds(evidence.zone)
        for device in evidence.devices:
            _paper(archive, evidence, device, days)
        place = Place(device_names={d.id: d.name for d in evidence.devices}, zone=evidence.zone)
        ids = _ids(database, since, before)
        archive.add("results.csv", csv_lines(_each(database, ids), place))
        archive.add("results.ndjson", (_line(record) for record in _each(database, ids)))
        archive.add("signatures.ndjson", _signatures(database, ids))
        archive.add("events.ndjson", _events(database, since, before))
        _policy(archive, evidence)
        chosen = AuditFilter(since=since, until=before)
        archive.add("audit.csv", as_csv(database, chosen))
        archive.add("audit.json", as_json(database, chosen))
        archive.add("README.txt", _readme(evidence, days))
        sums = archive.sums()
        opened.writestr(archive.entry(SUMS), sums)
    told = {**span, "files": archive.count, SUMS: hashlib.sha256(sums.encode()).hexdigest()}
    _told(evidence, "evidence.sealed", told)
    return archive.count


class _Archive:
    """A ZIP file under way, with the digest of each member."""

    def __init__(self, opened: ZipFile, at: datetime) -> None:
        self._opened = opened
        self._at = at
        self._sums: list[tuple[str, str]] = []

    @property
    def count(self) -> int:
        return len(self._sums)

    def add(self, name: str, pieces: Iterable[str | bytes]) -> None:
        digest = hashlib.sha256()
        with self._opened.open(self.entry(name), "w", force_zip64=True) as member:
            for piece in pieces:
                content = piece.encode() if isinstance(piece, str) else piece
                digest.update(content)
                member.write(content)
        self._sums.append((digest.hexdigest(), name))

    def entry(self, name: str) -> ZipInfo:
        found = ZipInfo(name, self._at.timetuple()[:6])
        found.compress_type = ZIP_DEFLATED
        return found

    def sums(self) -> str:
        return "".join(f"{digest}  {name}\n" for digest, name in self._sums)


def _paper(archive: _Archive, evidence: Evidence, device: Device, days: Days) -> None:
    with evidence.database.snapshot() as tx:
        period = gather(tx, device, days, evidence.zone)
    document = period_paper(period, evidence.desk)
    try:
        archive.add(f"papers/{device.id}.pdf", [to_pdf(document)])
    except PdfError:
        archive.add(f"papers/{device.id}.html", [to_html(document)])


def _ids(database: Database, since: datetime, before: datetime) -> tuple[str, ...]:
    with database.snapshot() as tx:
        return results.ids_of_span(tx, since=since, before=before)


def _each(database: Database, ids: Sequence[str]) -> Iterator[ResultRecord]:
    for start in range(0, len(ids), _AT_ONCE):
        with database.snapshot() as tx:
            found = results.whole(tx, ids[start : start + _AT_ONCE])
        yield from found


def _signatures(database: Database, ids: Sequence[str]) -> Iterator[str]:
    for start in range(0, len(ids), _AT_ONCE):
        chosen = ids[start : start + _AT_ONCE]
        with database.snapshot() as tx:
            found = reviews.of_results(tx, chosen)
        for result_id in chosen:
            yield from (_line(review) for review in found.get(result_id, ()))


def _events(database: Database, since: datetime, before: datetime) -> Iterator[str]:
    cursor: str | None = None
    while True:
        with database.snapshot() as tx:
            page = events.page(tx, limit=_AT_ONCE, cursor=cursor)
            inside = [event for event in page.items if since <= event.at < before]
            versions = [v for event in inside for v in events.versions(tx, event.id)]
        yield from (_line(version) for version in versions)
        cursor = page.next_cursor
        if cursor is None or page.items[-1].at < since:
            return


def _policy(archive: _Archive, evidence: Evidence) -> None:
    """Add what results were judged by, what was due when, and who is told of what; no secret."""
    with evidence.database.snapshot() as tx:
        versions = limits.every_version(tx)
        accepted = [
            baseline for d in evidence.devices for baseline in limits.accepted_of_device(tx, d.id)
        ]
    archive.add("policy/limits.ndjson", (_line(version) for version in versions))
    archive.add("policy/baselines.ndjson", (_line(baseline) for baseline in accepted))
    alerts = {name: getattr(evidence.alerts, name) for name in PolicySections.model_fields}
    settings = evidence.settings
    told = {
        "review": settings.review.model_dump(mode="json"),
        "trends": settings.trends.model_dump(mode="json"),
        "alerts": PolicySections(**alerts).model_dump(mode="json"),
    }
    archive.add("policy/settings.json", [json.dumps(told, indent=2, ensure_ascii=False) + "\n"])
    folder = settings.config
    if folder is not None:
        for file in _files_of(folder):
            archive.add(f"policy/{file.relative_to(folder).as_posix()}", [file.read_bytes()])


def _files_of(folder: Path) -> list[Path]:
    """Return the files of a site that hold rules and no addresses of people or programs."""
    single = [folder / name for name in ("devices.toml", "schedule.toml")]
    found = [
        *single,
        *sorted(folder.glob("routes/*.toml")),
        *sorted(folder.glob("limits/**/*.toml")),
    ]
    return [file for file in found if file.is_file() and "examples" not in file.parts]


def _readme(evidence: Evidence, days: Days) -> Iterator[str]:
    words = evidence.desk.words
    with evidence.database.snapshot() as tx:
        try:
            checked = words(
                "The chain was checked and is whole: {count} entries.", count=audit.verify(tx)
            )
        except AuditError as error:
            checked = words(
                "The check of the audit trail failed: {why}", why=words.told(str(error))
            )
        anchor = audit.latest(tx)
    span = f"{days.since.isoformat()} – {days.until.isoformat()}"
    title = words(
        "Evidence of quality control at {site}, {span}", site=evidence.desk.site, span=span
    )
    made = words(
        "Made by Photopeak {version} on {time} ({zone}) for {who}.",
        version=evidence.desk.version,
        time=evidence.desk.moment(evidence.desk.now),
        zone=evidence.zone.key,
        who=evidence.who,
    )
    yield f"{title}\n{made}\n\n"
    for name, said in (
        ("papers/", words("each device over the period; HTML where no PDF could be made")),
        ("results.csv", words("every number with its verdict, all versions of results")),
        ("results.ndjson", words("whole results with conditions, verdicts and provenance")),
        ("signatures.ndjson", words("who signed what, with which meaning and when")),
        ("events.ndjson", words("service events and corrective actions, with their versions")),
        ("policy/", words("limits and baselines in all versions, schedule, routes, devices")),
        ("audit.csv, audit.json", words("the audit trail of the period")),
    ):
        yield f"- {name}: {said}\n"
    yield "\n" + words("The period counts by the day of measurement, both days included.") + "\n"
    yield checked + "\n"
    yield words("Anchor of the audit trail: {anchor}", anchor=anchor or "–") + "\n"
    yield words("Check the files with: {command}", command=f"sha256sum -c {SUMS}") + "\n"
    yield (
        words("The digest of that file itself stands in the audit trail, as evidence.sealed.")
        + "\n\n"
        + words("Quality-control aid. Not a medical device; not for diagnosis.")
        + "\n"
    )


def _told(evidence: Evidence, action: str, detail: Mapping[str, Any]) -> None:
    with evidence.database.transaction() as tx:
        audit.append(
            tx,
            at=evidence.desk.now,
            actor=evidence.who,
            action=action,
            subject="evidence pack",
            detail=detail,
        )


def _line(value: object) -> str:
    return json.dumps(_plain(value), ensure_ascii=False) + "\n"


def _plain(value: Any) -> Any:
    """Return a value of the model as plain data, without drawings."""
    if is_dataclass(value):
        names = (field.name for field in fields(value))
        return {name: _plain(getattr(value, name)) for name in names if name not in _LEFT_OUT}
    if isinstance(value, Mapping):
        return {str(name): _plain(part) for name, part in value.items()}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple | list | set | frozenset):
        return [_plain(part) for part in value]
    return value

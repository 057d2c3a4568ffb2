"""Analysis of files without a service: the same routing, reading, analysis and judgement."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any

from photopeak.analysis.catalogue import Catalogue
from photopeak.analysis.errors import JobRefusedError
from photopeak.analysis.job import Part, build_job, choose_variant
from photopeak.analysis.outcome import Context, failure_of, result_of
from photopeak.analysis.perform import perform
from photopeak.analysis.readiness import frame_of_reference, missing, obstacle, sentence
from photopeak.analysis.site import Site
from photopeak.inbox.documents import DocumentError, as_object
from photopeak.model.content import ContentFinding, ContentKind
from photopeak.model.header import InstanceHeader
from photopeak.model.judgement import DEFAULT_PURPOSE
from photopeak.model.results import InputRecord, ReadingRecord, ResultRecord
from photopeak.model.routing import Assignment, RoutingDecision, RoutingOutcome
from photopeak.reading.errors import ReadingError
from photopeak.reading.headers import read_header
from photopeak.reports.device_readings import of_device
from photopeak.routing.decide import decide

_PREAMBLE = 128
_WISH = "on the command line"
"""Why a partial analysis is made here: who runs it says so there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalSeries:
    """One series found among the files, with what was decided about it.

    `objects` are the DICOM files to be read: those at `paths`, or those made around documents.
    """

    series_instance_uid: str
    paths: tuple[Path, ...]
    header: InstanceHeader
    decision: RoutingDecision
    objects: tuple[Path, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalReport:
    """What came out: series with their decisions, results, and what could not be used.

    `waiting` says for a test what is missing; `unreadable` maps a file to the reason.
    """

    series: tuple[LocalSeries, ...] = ()
    results: tuple[ResultRecord, ...] = ()
    waiting: tuple[tuple[str, str], ...] = ()
    unreadable: Mapping[Path, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(slots=True)
class _Set:
    test: str
    variant: str
    device_id: str | None
    members: list[tuple[str, LocalSeries, Assignment]] = field(default_factory=list)
    performed_at: datetime | None = None
    purpose: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What nothing else tells of a measurement.

    `device_id` and `performed_at` are of one without files; `purpose` goes before what rules say.
    """

    device_id: str | None = None
    performed_at: datetime | None = None
    purpose: str = ""


def find_files(paths: Iterable[Path]) -> list[Path]:
    """Return the files named, and those in the folders named, in a stable order."""
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            files += sorted(p for p in path.rglob("*") if p.is_file() and p.name != "DICOMDIR")
        else:
            files.append(path)
    return files


def analyze_files(
    paths: Iterable[Path],
    *,
    site: Site,
    catalogue: Catalogue,
    test: str | None = None,
    variant: str | None = None,
    overrides: Mapping[str, Any] | None = None,
    readings: Sequence[ReadingRecord] = (),
    partial: bool = False,
    advance: Callable[[], None] = lambda: None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    faults: Mapping[str, str] = MappingProxyType({}),
    measured: Measured = Measured(),
) -> LocalReport:
    """Analyse files, or a measurement without any.

    Parameters
    ----------
    paths
        Files and folders; may be none for a `test` that needs no images.
    site, catalogue
        What is configured and what is installed.
    test, variant
        In place of what routing decides; tests without this variant are done in their own.
    overrides
        Parameters that beat those of devices and rules.
    readings
        Numbers that no header has; each test gets those that it knows.
    partial
        Analyse what lacks something with what there is; what cannot be done so waits.
    advance
        Called after each file and each test.
    faults
        Why analyzers that are installed cannot be used, by test.
    measured
        What is known of a measurement without files, and what it is made for.
    """
    with TemporaryDirectory(prefix="photopeak-") as folder:
        return _analyzed(
            paths, Path(folder), site=site, catalogue=catalogue, test=test, variant=variant,
            overrides=overrides or {}, readings=readings, partial=partial, advance=advance,
            clock=clock, faults=faults, measured=measured,
        )  # fmt: skip


def _analyzed(
    paths: Iterable[Path],
    folder: Path,
    *,
    site: Site,
    catalogue: Catalogue,
    test: str | None,
    variant: str | None,
    overrides: Mapping[str, Any],
    readings: Sequence[ReadingRecord],
    partial: bool,
    advance: Callable[[], None],
    clock: Callable[[], datetime],
    faults: Mapping[str, str],
    measured: Measured,
) -> LocalReport:
    following = {name for name, each in catalogue.items() if variant and each.has_variant(variant)}
    found, unreadable = _series(find_files(paths), folder, site, test, variant, following, advance)
    sets, waiting = _sets(found, site, catalogue, faults, told=test is not None)
    if not sets and test is not None and test in catalogue and not catalogue[test].needs_images:
        # Its readings are all it takes, and whoever asks for it gives them.
        device = site.device(measured.device_id)
        chosen = choose_variant(catalogue[test], variant or "", device)
        sets.append(_Set(test, chosen, measured.device_id, performed_at=measured.performed_at))
    for entry in sets:
        entry.purpose = measured.purpose or entry.purpose
    results: list[ResultRecord] = []
    for entry in sets:
        names = {reading.name for reading in catalogue[entry.test].readings}
        own = [reading for reading in readings if reading.name in names]
        told = [reading.name for reading in own]
        device = site.device(entry.device_id)
        own += of_device(catalogue[entry.test], device, now=clock(), given=told)
        lacking = missing(
            catalogue[entry.test],
            Counter(role for role, _, _ in entry.members),
            {reading.name for reading in own},
        )
        if lacking and not partial:
            waiting.append((entry.test, sentence(lacking)))
            continue
        result = _result(entry, site, catalogue, overrides, own, lacking, clock, partial)
        advance()
        if lacking and result.failure is not None:
            why = f"not analysed with what is there: {result.failure.message}"
            waiting.append((entry.test, f"{sentence(lacking)}; {why}"))
            continue
        results.append(result)
    return LocalReport(
        series=tuple(found),
        results=tuple(results),
        waiting=tuple(waiting),
        unreadable=MappingProxyType(unreadable),
    )


def _series(
    files: Sequence[Path],
    folder: Path,
    site: Site,
    test: str | None,
    variant: str | None,
    following: Collection[str],
    advance: Callable[[], None],
) -> tuple[list[LocalSeries], dict[Path, str]]:
    grouped: dict[str, list[tuple[Path, Path, InstanceHeader]]] = {}
    unreadable: dict[Path, str] = {}
    for path in files:
        try:
            stored = as_object(path, folder)
            header = read_header(stored, zone=site.settings.site.time_zone)
        except (ReadingError, DocumentError, OSError) as error:
            unreadable[path] = str(error)
        else:
            grouped.setdefault(header.series_instance_uid, []).append((path, stored, header))
        advance()
    found = []
    for uid, entries in sorted(grouped.items()):
        # As in the service, the instance with the lowest UID stands for the series.
        entries.sort(key=lambda entry: entry[2].sop_instance_uid)
        members = tuple(stored for _, stored, _ in entries)
        decision = decide(
            [header for _, _, header in entries[:16]],
            table=site.routes,
            devices=site.devices,
            taught=(),
            guard=site.settings.guard,
            content=lambda members=members: look_at(members),  # type: ignore[misc]
        )
        if test is not None:
            decision = _as_told(decision, test, variant)
        elif variant is not None:
            decision = replace(
                decision,
                # What is checked of every image may have no such text; it is done in its own.
                assignments=tuple(
                    replace(a, variant=variant) if a.test in following else a
                    for a in decision.assignments
                ),
            )
        found.append(
            LocalSeries(
                series_instance_uid=uid,
                paths=tuple(path for path, _, _ in entries),
                header=entries[0][2],
                decision=decision,
                objects=members,
            )
        )
    return found, unreadable


def _as_told(decision: RoutingDecision, test: str, variant: str | None) -> RoutingDecision:
    """Follow the person at the command line, who is asked for one test and nothing else."""
    own = tuple(a for a in decision.assignments if a.test == test)
    assignments = own or (Assignment(test=test, variant="", role=""),)
    return replace(
        decision,
        outcome=RoutingOutcome.ROUTED,
        reason=f"{test} was asked for",
        assignments=tuple(replace(a, variant=variant or a.variant) for a in assignments),
    )


def look_at(paths: Sequence[Path]) -> ContentFinding:
    """Classify the pixels of a series; what cannot be read is unknown, never a guess."""
    try:
        plain = perform({"kind": "classify", "paths": [str(path) for path in paths]})["finding"]
    except JobRefusedError as error:
        return ContentFinding(
            kind=ContentKind.UNKNOWN,
            confidence=0.0,
            message=f"the pixels cannot be looked at: {error}",
        )
    return ContentFinding(**{**plain, "kind": ContentKind(plain["kind"])})


def _sets(
    found: Sequence[LocalSeries],
    site: Site,
    catalogue: Catalogue,
    faults: Mapping[str, str],
    *,
    told: bool,
) -> tuple[list[_Set], list[tuple[str, str]]]:
    """Return the test sets, and for tests that a series cannot take part in the reason.

    Where a person has `told` the test, a series without a role is what the test is about first.
    """
    sets: dict[tuple[str, ...], list[_Set]] = {}
    without: list[tuple[str, str]] = []
    for series in found:
        device = site.device(series.decision.device_id)
        for assignment in series.decision.assignments:
            test = catalogue.get(assignment.test)
            reason = obstacle(test, assignment, faults)
            if test is None or (reason and (assignment.role or not told or not test.roles)):
                without.append((assignment.test, reason))
                continue
            variant = choose_variant(test, assignment.variant, device)
            key = (
                series.decision.device_id or "",
                assignment.test,
                variant,
                series.series_instance_uid if test.stands_alone else assignment.group,
                assignment.purpose,
            )
            frame = frame_of_reference(series.header.display) if test.spans_modalities else ""
            alike = sets.setdefault(key, [])
            entry = next((e for e in alike if _frames(e) <= {frame} or not frame), None)
            if entry is None:
                entry = _Set(
                    assignment.test,
                    variant,
                    series.decision.device_id,
                    purpose=assignment.purpose,
                )
                alike.append(entry)
            role = assignment.role or test.roles[0].name
            entry.members.append((role, series, assignment))
    return [entry for alike in sets.values() for entry in alike], list(dict.fromkeys(without))


def _frames(entry: _Set) -> frozenset[str]:
    """Return the frames of reference that the series of a set name."""
    return frozenset(frame_of_reference(s.header.display) for _, s, _ in entry.members) - {""}


def _result(
    entry: _Set,
    site: Site,
    catalogue: Catalogue,
    overrides: Mapping[str, Any],
    readings: Sequence[ReadingRecord],
    lacking: tuple[str, ...],
    clock: Callable[[], datetime],
    partial: bool,
) -> ResultRecord:
    test = catalogue[entry.test]
    device = site.device(entry.device_id)
    hashes = {
        path: data_set_sha256(path) for _, series, _ in entry.members for path in series.objects
    }
    parts = [
        Part(
            role=role,
            paths=series.objects,
            sha256=tuple(hashes[path] for path in series.objects),
            values=assignment.parameters,
        )
        for role, series, assignment in entry.members
    ]
    told_apart = repr(sorted(hashes.values()) or [(each.name, each.value) for each in readings])
    identity = hashlib.sha256(told_apart.encode()).hexdigest()[:32]
    context = Context(
        test_set_id=identity,
        test=test,
        variant=entry.variant,
        device_id=entry.device_id,
        device=device,
        purpose=entry.purpose or DEFAULT_PURPOSE,
        inputs=tuple(
            InputRecord(
                role=role,
                series_instance_uid=series.series_instance_uid,
                generation=1,
                instances=tuple(
                    (path.name, hashes[stored])
                    for path, stored in zip(series.paths, series.objects, strict=True)
                ),
            )
            for role, series, _ in entry.members
        ),
        readings=tuple(readings),
        limit_sets=site.limit_sets,
        baselines=(),
        requested_limits=tuple(sorted({name for _, _, a in entry.members for name in a.limits})),
        routes_version=site.routes.version,
        started_at=clock(),
        acquired_at=min(
            (s.header.acquired_at for _, s, _ in entry.members if s.header.acquired_at),
            default=entry.performed_at,
        ),
        missing=lacking,
        wish=_WISH if partial else "",
    )
    job = build_job(
        test,
        variant=entry.variant,
        parts=parts,
        device=device,
        overrides=overrides,
        readings=readings,
        zone=site.settings.site.time_zone,
        partial=partial,
        performed_at=entry.performed_at,
    )
    try:
        return result_of(perform(job), context, now=clock())
    except JobRefusedError as error:
        failure = error.record
        return failure_of(failure, context, now=clock())


def data_set_sha256(path: Path) -> str:
    """Return the hash that the service keeps of a file: of its data set, as sent, without meta."""
    content = path.read_bytes()
    start = 0
    if content[_PREAMBLE : _PREAMBLE + 4] == b"DICM":
        start = _PREAMBLE + 4
        if content[start : start + 6] == b"\x02\x00\x00\x00UL":
            start += 12 + int.from_bytes(content[start + 8 : start + 12], "little")
    return hashlib.sha256(content[start:]).hexdigest()

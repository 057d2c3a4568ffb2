"""Questions about headers that the web side asks a child: it parses no DICOM itself.

``{"kind": "explain", "paths", "config", "guard", "taught", "pushed"}`` answers ``decision``;
``{"kind": "texts", "path"}`` answers ``texts``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from photopeak.analysis.child import AnalysisProcess
from photopeak.analysis.errors import JobRefusedError
from photopeak.analysis.site import Site, load_site
from photopeak.inbox.documents import DocumentError, as_object
from photopeak.model.content import ContentFinding, ContentKind
from photopeak.model.routing import Assignment, RoutingDecision, RoutingOutcome, Step
from photopeak.model.taught import TaughtNumber, TaughtRoute
from photopeak.settings import Settings

HEADERS_PER_SERIES = 16
"""Headers that routing looks at: all heads of a camera, and of a volume the first few slices."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """Who sent files over DICOM; empty for an upload, and for files at hand."""

    ae_title: str = ""
    address: str = ""


def explain_job(
    paths: Sequence[Path], site: Site, taught: Sequence[TaughtRoute], pushed: Pushed
) -> dict[str, Any]:
    """Return the job that asks what routing would decide about these files."""
    settings = site.settings.model_dump(mode="json", include={"config", "guard"})
    return {
        "kind": "explain",
        "paths": [str(path) for path in paths],
        "settings": settings,
        "taught": [
            {
                **{f.name: getattr(route, f.name) for f in dataclasses.fields(route)},
                "conditions": dict(route.conditions),
                "parameters": dict(route.parameters),
                "limits": list(route.limits),
                "numbers": [dataclasses.asdict(number) for number in route.numbers],
                "taught_at": None,
                "activated_at": None,
                "withdrawn_at": None,
            }
            for route in taught
        ],
        "pushed": dataclasses.asdict(pushed),
    }


def ask_decision(
    process: AnalysisProcess,
    paths: Sequence[Path],
    site: Site,
    taught: Sequence[TaughtRoute],
    pushed: Pushed = Pushed(),
) -> RoutingDecision:
    """Have a child decide about files, without keeping anything.

    Raises
    ------
    JobRefusedError
        If a file cannot be read.
    """
    return decision_from_plain(process.run(explain_job(paths, site, taught, pushed))["decision"])


def explain(
    job: Mapping[str, Any], look: Callable[[Sequence[Path]], dict[str, Any]]
) -> dict[str, Any]:
    """Decide about files, in the child; `look` classifies their pixels."""
    settings = Settings.model_validate(job["settings"])
    site = load_site(settings)
    with TemporaryDirectory(prefix="photopeak-") as folder:
        paths = [_stored(Path(path), Path(folder)) for path in job["paths"]]
        return {"decision": decision_to_plain(_decided(job, paths, settings, site, look))}


def _decided(
    job: Mapping[str, Any],
    paths: Sequence[Path],
    settings: Settings,
    site: Site,
    look: Callable[[Sequence[Path]], dict[str, Any]],
) -> RoutingDecision:
    from photopeak.routing.decide import decide

    headers = [_header(path) for path in paths]

    def content() -> ContentFinding:
        plain = look(paths)
        return ContentFinding(**{**plain, "kind": ContentKind(plain["kind"])})

    return decide(
        headers,
        table=site.routes,
        devices=site.devices,
        taught=tuple(
            TaughtRoute(
                **{
                    **route,
                    "limits": tuple(route["limits"]),
                    "numbers": tuple(TaughtNumber(**number) for number in route["numbers"]),
                }
            )
            for route in job["taught"]
        ),
        guard=settings.guard,
        content=content,
        calling_ae_title=job["pushed"]["ae_title"],
        peer_address=job["pushed"]["address"],
    )


def _stored(path: Path, folder: Path) -> Path:
    """Return the DICOM file that an upload of this file would be kept as."""
    try:
        return as_object(path, folder)
    except (DocumentError, OSError) as error:
        raise JobRefusedError.because_of(error) from error


def texts(job: Mapping[str, Any]) -> dict[str, Any]:
    """Return the normalised descriptive texts of one file, in the child."""
    return {"texts": dict(_header(Path(job["path"])).text)}


def decision_to_plain(decision: RoutingDecision) -> dict[str, Any]:
    """Return a decision as JSON-able data."""
    plain = {f.name: getattr(decision, f.name) for f in dataclasses.fields(decision)}
    plain["outcome"] = decision.outcome.value
    plain["assignments"] = [_assignment(a) for a in decision.assignments]
    plain["steps"] = [dataclasses.asdict(step) for step in decision.steps]
    return plain


def decision_from_plain(plain: Mapping[str, Any]) -> RoutingDecision:
    """Rebuild a decision from :func:`decision_to_plain`."""
    return RoutingDecision(
        **{
            **plain,
            "outcome": RoutingOutcome(plain["outcome"]),
            "assignments": tuple(
                Assignment(**{**a, "limits": tuple(a["limits"])}) for a in plain["assignments"]
            ),
            "steps": tuple(Step(**step) for step in plain["steps"]),
        }
    )


def _assignment(assignment: Assignment) -> dict[str, Any]:
    return {
        "test": assignment.test,
        "variant": assignment.variant,
        "role": assignment.role,
        "parameters": dict(assignment.parameters),
        "readings": dict(assignment.readings),
        "limits": list(assignment.limits),
        "group": assignment.group,
        "purpose": assignment.purpose,
    }


def _header(path: Path) -> Any:
    from photopeak.reading.errors import ReadingError
    from photopeak.reading.headers import read_header

    try:
        return read_header(path)
    except (ReadingError, OSError) as error:
        raise JobRefusedError.because_of(error) from error

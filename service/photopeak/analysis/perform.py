"""The work itself, in the child: read the acquisitions, analyse them, draw the figures.

Jobs and answers are plain data. ``photopeak analyze`` calls the same functions, so a result does
not depend on the way it came about.

Jobs
----
``{"kind": "catalogue"}``
    Answers ``catalogue``: what the installed analyzers say of themselves; and ``faults``: why
    others cannot be used.
``{"kind": "classify", "paths", "sha256"}``
    Answers ``finding``: what the content looks like.
``{"kind": "explain", ...}`` and ``{"kind": "texts", ...}``
    See :mod:`photopeak.analysis.explain`.
``{"kind": "document", ...}``
    See :mod:`photopeak.analysis.documents`.
``{"kind": "analyze", "test", "variant", "parameters", "readings", "roles", "zone", "partial"}``
    `roles` maps a role to a list of ``{"paths", "sha256", "facts"}``, one per acquisition; of a
    `partial` job they may be fewer than the test needs. Answers
    ``analysis``, ``parameters`` (as used), ``figures`` (data and rendered), ``acquired_at`` and
    ``configurations`` (under which circumstances the numbers were measured).
"""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import importlib
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from photopeak.analysis.catalogue import (
    Installed,
    catalogue_to_plain,
    describe,
    installed_analyzers,
    why_not,
)
from photopeak.analysis.difference import draw_difference
from photopeak.analysis.documents import describe_document
from photopeak.analysis.errors import JobRefusedError
from photopeak.analysis.explain import explain, texts

if TYPE_CHECKING:
    from photopeak_analyzers.acquisition import Acquisition
    from photopeak_analyzers.contract import Analyzer, Note, ReadingValue
    from photopeak_analyzers.figures import Figure


_LOADED_LATE = ("photopeak.reading.assemble", "photopeak.reports.figures", "scipy.ndimage")
"""What nearly every analysis imports when it comes to need it."""


def prepare() -> None:
    """Load the analyzers and their libraries before the first job asks for them.

    What cannot be loaded is told of by the job that needs it.
    """
    with contextlib.suppress(Exception):
        for name in _LOADED_LATE:
            importlib.import_module(name)
        _installed()


def perform(job: Mapping[str, Any]) -> dict[str, Any]:
    """Do one job.

    Raises
    ------
    JobRefusedError
        If the inputs cannot be read or analysed; the code and the message say why.
    """
    match job.get("kind"):
        case "catalogue":
            return _catalogue()
        case "classify":
            return _classify(job)
        case "analyze":
            return _analyze(job)
        case "explain":
            return explain(job, lambda paths: _finding([str(path) for path in paths], ()))
        case "texts":
            return texts(job)
        case "document":
            return describe_document(job)
        case "difference":
            return draw_difference(job)
        case kind:
            raise JobRefusedError("UNKNOWN_JOB", f"there is no job of the kind {kind!r}")


@cache
def _installed() -> Installed:
    return installed_analyzers()


def _catalogue() -> dict[str, Any]:
    installed = _installed()
    described = {test: describe(analyzer) for test, analyzer in installed.analyzers.items()}
    return {"catalogue": catalogue_to_plain(described), "faults": dict(installed.faults)}


def _classify(job: Mapping[str, Any]) -> dict[str, Any]:
    return {"finding": _finding(job["paths"], job.get("sha256", ()))}


def _finding(paths: list[str], sha256: list[str] | tuple[str, ...]) -> dict[str, Any]:
    from photopeak.routing.content import classify

    finding = classify(_read(paths, sha256))
    plain = {f.name: getattr(finding, f.name) for f in dataclasses.fields(finding)}
    return plain | {"kind": finding.kind.value, "features": dict(finding.features)}


def _analyze(job: Mapping[str, Any]) -> dict[str, Any]:
    from photopeak_analyzers.contract import Inputs
    from photopeak_analyzers.errors import AnalysisError, MissingReadingError
    from photopeak_analyzers.figures_io import analysis_to_plain
    from photopeak_analyzers.parameters import parameters_from, parameters_to_plain

    analyzer = _installed().analyzers.get(job["test"])
    if analyzer is None:
        raise JobRefusedError("NO_ANALYZER", why_not(job["test"], _installed().faults))
    texts = [variant.name for variant in analyzer.variants]
    if job["variant"] not in texts:
        raise JobRefusedError(
            "NO_VARIANT",
            f"{analyzer.id} has no variant {job['variant']}, it has {', '.join(texts)}",
        )
    roles = {
        name: tuple(
            _with_facts(
                _read(entry["paths"], entry.get("sha256", ()), job.get("zone", "UTC")),
                entry.get("facts", {}),
            )
            for entry in entries
        )
        for name, entries in job["roles"].items()
    }
    partial = bool(job.get("partial"))
    _check_roles(analyzer, roles, partial=partial)
    acquisitions = [a for entries in roles.values() for a in entries]
    try:
        parameters = parameters_from(analyzer.parameters, job.get("parameters", {}))
        analysis = analyzer.analyze(
            Inputs(
                roles=MappingProxyType(roles),
                readings={name: _reading(r) for name, r in job.get("readings", {}).items()},
                variant=job["variant"],
                partial=partial,
                performed_at=_moment(job.get("performed_at")),
            ),
            parameters,
        )
    except MissingReadingError as error:
        message = _by_label(analyzer, str(error))
        of = _of_heads(acquisitions)
        raise JobRefusedError.because_of(error, message, configurations=of) from error
    except AnalysisError as error:
        of = _of_heads(acquisitions)
        raise JobRefusedError.because_of(error, configurations=of) from error
    times = [a.started_at for a in acquisitions if a.started_at]
    return {
        "version": analyzer.version,
        "analysis": analysis_to_plain(
            dataclasses.replace(
                analysis, figures=(), notes=(*analysis.notes, *_notes_of_reading(roles))
            )
        ),
        "parameters": parameters_to_plain(parameters),
        "figures": [_figure(figure) for figure in analysis.figures],
        "acquired_at": min(times).isoformat() if times else None,
        "configurations": _circumstances(
            acquisitions, [dict(m.scope.items) for m in analysis.measurements]
        ),
    }


def _circumstances(
    acquisitions: Sequence[Acquisition], scopes: Iterable[Mapping[str, str | int | float]]
) -> list[dict[str, Any]]:
    from photopeak.analysis.configuration import configurations

    return [
        {"scope": dict(found.scope), "parts": dict(found.parts)}
        for found in configurations(acquisitions, scopes)
    ]


def _of_heads(acquisitions: Sequence[Acquisition]) -> list[dict[str, Any]]:
    """Return under which circumstances each head was measured, of which there are no numbers."""
    from photopeak_analyzers.acquisition import FrameStack

    stacks = [a for a in acquisitions if isinstance(a, FrameStack)]
    heads = {frame.detector for stack in stacks for frame in stack.frames}
    try:
        return _circumstances(acquisitions, [{"detector": h} for h in heads if h is not None])
    except Exception:  # noqa: BLE001 - why it was refused counts, whatever else is wrong with it
        return []


def _read(paths: list[str], sha256: list[str] | tuple[str, ...], zone: str = "UTC") -> Acquisition:
    from photopeak.reading.assemble import read_acquisition
    from photopeak.reading.errors import ReadingError
    from photopeak_analyzers.errors import AnalysisError

    try:
        return read_acquisition([Path(path) for path in paths], tuple(sha256), zone=zone)
    except (ReadingError, AnalysisError) as error:
        raise JobRefusedError.because_of(error) from error
    except OSError as error:
        raise JobRefusedError(
            "FILE_MISSING", f"a stored file cannot be read ({error.strerror})"
        ) from error


def _notes_of_reading(roles: Mapping[str, tuple[Acquisition, ...]]) -> tuple[Note, ...]:
    """Say with the result what was odd about the objects it was made from."""
    from photopeak_analyzers.contract import Note

    warnings = (w for entries in roles.values() for a in entries for w in a.warnings)
    return tuple(Note(code="READING", message=warning) for warning in dict.fromkeys(warnings))


def _with_facts(acquisition: Acquisition, facts: Mapping[str, Any]) -> Acquisition:
    """Add to the text of an acquisition what routing read from it (a distance, a position)."""
    if not facts:
        return acquisition
    text = {**acquisition.origin.text, **{name: str(value) for name, value in facts.items()}}
    return dataclasses.replace(
        acquisition,
        origin=dataclasses.replace(acquisition.origin, text=MappingProxyType(text)),
    )


def _check_roles(
    analyzer: Analyzer, roles: Mapping[str, tuple[Acquisition, ...]], *, partial: bool
) -> None:
    for role in analyzer.roles:
        given = roles.get(role.name, ())
        if len(given) < role.minimum and not partial:
            raise JobRefusedError(
                "ROLE_NOT_FILLED",
                f"{role.label or role.name} needs {role.minimum} acquisitions, has {len(given)}",
            )
        for acquisition in given:
            if acquisition.kind not in role.kinds:
                kinds = " or ".join(sorted(kind.value for kind in role.kinds))
                raise JobRefusedError(
                    "WRONG_KIND",
                    f"{role.label or role.name} is a {acquisition.kind.value} acquisition,"
                    f" needs {kinds}",
                )


def _by_label(analyzer: Analyzer, message: str) -> str:
    """Return what is said of a missing reading with its label in place of its name."""
    labels = {reading.name: reading.label or reading.name for reading in analyzer.readings}
    return re.sub(
        r"(?<=\breading )\w+", lambda found: labels.get(found.group(), found.group()), message
    )


def _reading(plain: Mapping[str, Any]) -> ReadingValue:
    from photopeak_analyzers.contract import ReadingValue

    value = plain["value"]
    if isinstance(value, list):
        value = tuple(
            tuple(float(cell) if isinstance(cell, int | float) else cell for cell in row)
            for row in value
        )
    return ReadingValue(
        value=value,
        uncertainty=plain.get("uncertainty"),
        at=_moment(plain.get("at")),
        source=str(plain.get("source", "")),
    )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _figure(figure: Figure) -> dict[str, Any]:
    from photopeak.reports.figures import render_png, render_svg
    from photopeak_analyzers.figures import ImageFigure
    from photopeak_analyzers.figures_io import figure_to_plain

    png = base64.b64encode(render_png(figure)).decode() if isinstance(figure, ImageFigure) else None
    return {
        "name": figure.name,
        "title": figure.title,
        "data": figure_to_plain(figure),
        "svg": render_svg(figure),
        "png": png,
    }

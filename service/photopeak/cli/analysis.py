"""Commands that analyse without a service, and tell what can be analysed."""

from __future__ import annotations

import textwrap
import tomllib
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

from photopeak.cli.common import (
    ConfigOption,
    ExitCode,
    JsonOption,
    fail,
    guarded,
    print_json,
    print_table,
    progress,
    read_settings,
)

if TYPE_CHECKING:
    from photopeak.analysis.catalogue import Catalogue
    from photopeak.analysis.local import LocalReport
    from photopeak.model.catalogue import TestDescription
    from photopeak.model.results import ResultRecord

PathsArgument = Annotated[list[Path], typer.Argument(help="Files and folders.", exists=True)]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(analyze)
    app.command()(analyzers)
    routes = typer.Typer(help="Routing rules.", no_args_is_help=True)
    routes.command("test")(try_on_files)
    app.add_typer(routes, name="routes")


@guarded
def analyze(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Files and folders; none for a --test that needs no images.", exists=True
        ),
    ] = None,
    test: Annotated[str | None, typer.Option(help="Test id, in place of routing.")] = None,
    variant: Annotated[str | None, typer.Option(help="nema, iec, ...")] = None,
    assignments: Annotated[
        list[str] | None,
        typer.Option("--set", help="NAME=VALUE of a parameter; repeat for more."),
    ] = None,
    readings: Annotated[
        list[str] | None,
        typer.Option(
            "--reading",
            help="NAME=VALUE of a reading, with +-UNCERTAINTY and @TIME where it has them"
            " (activity=40.1+-0.5@2026-03-02T08:00:00+01:00); repeat for more.",
        ),
    ] = None,
    device: Annotated[
        str | None, typer.Option(help="Device that was measured, when there are no files.")
    ] = None,
    performed_at: Annotated[
        str | None,
        typer.Option(
            "--performed-at",
            help="When it was measured, with zone, when there are no files"
            " (2026-03-02T08:00:00+01:00).",
        ),
    ] = None,
    purpose: Annotated[
        str,
        typer.Option(help="What it is made for: constancy, status, acceptance, ..."),
    ] = "",
    partial: Annotated[
        bool,
        typer.Option("--partial", help="Analyse with what there is a test that needs more."),
    ] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Analyse files as the service would, without one. Exit code 1 when something is amiss.

    A test of readings alone is analysed without files: --test, and --reading for each.
    """
    from photopeak.analysis.catalogue import describe, installed_analyzers, why_not
    from photopeak.analysis.local import Measured, analyze_files, find_files
    from photopeak.analysis.site import load_site
    from photopeak.cli.readings import moment_from, reading_from
    from photopeak.model.judgement import PURPOSES
    from photopeak.reports.readings import ReadingError

    overrides = dict(_assignment(text) for text in assignments or ())
    installed = installed_analyzers()
    catalogue = {name: describe(analyzer) for name, analyzer in installed.analyzers.items()}
    site = load_site(read_settings(config).settings)
    if test is not None and test not in catalogue:
        raise fail(ExitCode.USAGE, why_not(test, installed.faults))
    if variant is not None:
        asked = catalogue.values() if test is None else (catalogue[test],)
        texts = sorted({each.name for one in asked for each in one.variants})
        if variant not in texts:
            raise fail(ExitCode.USAGE, f"--variant: {test or 'tests'}: one of {', '.join(texts)}")
    paths = paths or []
    if not paths and (test is None or catalogue[test].needs_images):
        raise fail(ExitCode.USAGE, "name files or folders, or a --test that needs no images")
    try:
        now = datetime.now(UTC)
        supplied = [reading_from(text, catalogue, test, now) for text in readings or ()]
        moment = None if performed_at is None else moment_from("performed-at", performed_at)
    except ReadingError as error:
        raise fail(ExitCode.USAGE, str(error)) from error
    if paths and (device or moment):
        raise fail(ExitCode.USAGE, "files tell their device and their time themselves")
    if purpose and purpose not in PURPOSES:
        raise fail(ExitCode.USAGE, f"--purpose: one of {', '.join(PURPOSES)}")
    if device is not None and site.device(device) is None:
        raise fail(ExitCode.USAGE, f"there is no device {device}")
    with progress("reading", total=len(find_files(paths))) as advance:
        report = analyze_files(
            paths,
            site=site,
            catalogue=catalogue,
            test=test,
            variant=variant,
            overrides=overrides,
            readings=supplied,
            partial=partial,
            advance=advance,
            faults=installed.faults,
            measured=Measured(device_id=device, performed_at=moment, purpose=purpose),
        )
    if as_json:
        print_json(_report_to_plain(report))
    else:
        _print_report(report)
    if _amiss(report):
        raise typer.Exit(ExitCode.CHECK_FAILED)


@guarded
def analyzers(
    as_json: JsonOption = False,
    csv_header: Annotated[
        str | None,
        typer.Option(
            "--csv-header",
            metavar="TEST",
            help="Print how a CSV file of measurements of a test begins, for import-readings.",
        ),
    ] = None,
) -> None:
    """List the installed tests with their variants, readings and metrics.

    One that cannot be used is named on standard error, with the exit code 1.
    """
    from photopeak.analysis.catalogue import (
        catalogue_to_plain,
        describe,
        installed_analyzers,
        why_not,
    )

    installed = installed_analyzers()
    catalogue = {name: describe(analyzer) for name, analyzer in installed.analyzers.items()}
    if csv_header is not None:
        if csv_header not in catalogue:
            raise fail(ExitCode.USAGE, why_not(csv_header, installed.faults))
        _print_header(catalogue[csv_header], as_json=as_json)
        return
    if as_json:
        print_json(catalogue_to_plain(catalogue))
    else:
        _print_tests(catalogue)
    if installed.faults:
        raise fail(ExitCode.CHECK_FAILED, list(installed.faults.values()))


def _print_header(test: TestDescription, *, as_json: bool) -> None:
    from photopeak.reports.entry_csv import documentation, header_of

    if as_json:
        print_json(header_of(test))
    else:
        print("\n".join(documentation(test)))


def _print_tests(catalogue: Catalogue) -> None:
    from photopeak.reports.text import unit_text

    for test in sorted(catalogue.values(), key=lambda t: t.id):
        variants = ", ".join(variant.name for variant in test.variants)
        print(f"{test.id}  (version {test.version}; {variants})")
        print(f"  {test.title}: {'; '.join(dict.fromkeys(v.clause for v in test.variants))}")
        images = (f"{r.name}{'' if r.minimum else ' (optional)'}" for r in test.roles)
        print(f"  images: {', '.join(images) or 'none'}")
        readings = ", ".join(
            each.name + (f" [{unit}]" if (unit := unit_text(each.unit)) else "")
            for each in test.readings
        )
        if readings:
            said = f"readings: {readings}"
            print(textwrap.fill(said, 96, initial_indent="  ", subsequent_indent="  "))
        metrics = ", ".join(
            metric.key + (f" [{unit}]" if (unit := unit_text(metric.unit)) else "")
            for metric in test.metrics
        )
        print(textwrap.fill(metrics, 96, initial_indent="  ", subsequent_indent="  "))


@guarded
def try_on_files(
    paths: PathsArgument, config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """Tell for each file which rule would match, and why the others would not."""
    from photopeak.analysis.explain import decision_to_plain
    from photopeak.analysis.local import find_files, look_at
    from photopeak.analysis.site import load_site
    from photopeak.inbox.documents import DocumentError, as_object
    from photopeak.reading.errors import ReadingError
    from photopeak.reading.headers import read_header
    from photopeak.routing.trial import try_routes

    site = load_site(read_settings(config).settings)
    answers: list[dict[str, Any]] = []
    unreadable = False
    with TemporaryDirectory(prefix="photopeak-") as folder:
        for path in find_files(paths):
            try:
                stored = as_object(path, Path(folder))
                header = read_header(stored)
            except (ReadingError, DocumentError, OSError) as error:
                unreadable = True
                answers.append({"path": str(path), "error": str(error)})
                continue
            trial = try_routes(
                [header],
                table=site.routes,
                devices=site.devices,
                taught=(),
                guard=site.settings.guard,
                content=lambda stored=stored: look_at([stored]),  # type: ignore[misc]
            )
            answers.append(
                {
                    "path": str(path),
                    "decision": decision_to_plain(trial.decision),
                    "rules": [asdict(rule) for rule in trial.rules],
                }
            )
    if as_json:
        print_json(answers)
    else:
        _print_trials(answers)
    if unreadable:
        raise typer.Exit(ExitCode.CHECK_FAILED)


def _assignment(text: str) -> tuple[str, Any]:
    name, separator, value = text.partition("=")
    if not separator or not name:
        raise fail(ExitCode.USAGE, f"--set takes NAME=VALUE, not {text}")
    try:
        return name, tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return name, value


def _amiss(report: LocalReport) -> bool:
    bad = {"FAIL", "INVALID", "ERROR"}
    return bool(
        report.unreadable
        or report.waiting
        or not report.results
        or any(result.status.value in bad for result in report.results)
    )


def _report_to_plain(report: LocalReport) -> dict[str, Any]:
    from photopeak.analysis.explain import decision_to_plain
    from photopeak.api.wire.results import ResultOut

    return {
        "series": [
            {
                "series_instance_uid": series.series_instance_uid,
                "files": [str(path) for path in series.paths],
                "decision": decision_to_plain(series.decision),
            }
            for series in report.series
        ],
        "results": [
            ResultOut.of_result(result).model_dump(mode="json") for result in report.results
        ],
        "waiting": [{"test": test, "reason": reason} for test, reason in report.waiting],
        "unreadable": [
            {"path": str(path), "reason": reason} for path, reason in report.unreadable.items()
        ],
    }


def _print_report(report: LocalReport) -> None:
    from photopeak.analysis.outcome import describe_precondition

    for series in report.series:
        print(
            f"{series.paths[0]}{'' if len(series.paths) == 1 else f' (+{len(series.paths) - 1})'}"
        )
        print(f"  {series.decision.outcome.value}: {series.decision.reason}")
    for result in report.results:
        print()
        print_table(
            f"{result.title} ({result.variant}): {result.status.value}",
            ("metric", "scope", "value", "u (k=1)", "unit"),
            _measurement_rows(result),
            right=3,
        )
        if result.failure is not None:
            print(f"  {result.failure.message}")
        for condition in result.preconditions:
            if not condition.met:
                print(f"  {condition.severity} precondition: {describe_precondition(condition)}")
        for note in result.notes:
            print(f"  note: {note.message}")
    for test, reason in report.waiting:
        print(f"\n{test}: {reason}")
    for path, reason in report.unreadable.items():
        print(f"\n{path}: {reason}")


def _measurement_rows(result: ResultRecord) -> list[Sequence[object]]:
    from photopeak.reports.text import unit_text

    return [
        (
            m.label,
            ", ".join(f"{name} {value}" for name, value in m.scope.items()),
            f"{m.value:.{m.decimals}f}",
            "" if m.uncertainty is None else f"{m.uncertainty:.{m.decimals + 1}f}",
            unit_text(m.unit),
        )
        for m in result.measurements
    ]


def _print_trials(answers: Sequence[dict[str, Any]]) -> None:
    for answer in answers:
        print(answer["path"])
        if "error" in answer:
            print(f"  {answer['error']}")
            continue
        decision = answer["decision"]
        print(f"  {decision['outcome']}: {decision['reason']}")
        for step in decision["steps"]:
            print(f"    {step['stage']:<8} {step['subject']}: {step['message']}")

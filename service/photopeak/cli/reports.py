"""Commands that write reports."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from photopeak.cli.accounts import WHO
from photopeak.cli.common import (
    ConfigOption,
    DataOption,
    ExitCode,
    cannot_write,
    fail,
    guarded,
    read_settings,
)

_SUFFIXES = (".html", ".pdf")


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    report = typer.Typer(help="Reports on stored results.", no_args_is_help=True)
    report.command("jjf")(jjf)
    report.command("evidence")(evidence)
    app.add_typer(report, name="report")


@guarded
def evidence(
    out: Annotated[Path, typer.Argument(help="File to write, a ZIP archive.")],
    since: Annotated[str, typer.Option("--from", help="First day, as 2026-03-02.")] = "",
    until: Annotated[str, typer.Option("--to", help="Last day.")] = "",
    language: Annotated[str, typer.Option(help="en or zh; default: as the pages.")] = "",
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Write everything about a period into one archive: papers, numbers, policy, audit trail.

    Without days the last thirty count. The audit trail keeps who made it and the digest of what is in it.
    """
    from importlib.metadata import version

    from photopeak.analysis.catalogue import describe, installed_analyzers
    from photopeak.analysis.site import load_site
    from photopeak.app import database_of, utc_now
    from photopeak.reports.jjf.report import LANGUAGES
    from photopeak.web.papers.days import AskedError, days_of
    from photopeak.web.papers.evidence import Evidence, write_pack
    from photopeak.web.papers.parts import Desk
    from photopeak.web.times import Clockwork
    from photopeak.web.words import Words

    settings = read_settings(config, data=data).settings
    zone_name = settings.site.time_zone
    if language and language not in LANGUAGES:
        raise fail(ExitCode.USAGE, f"the language is one of {', '.join(LANGUAGES)}")
    now = utc_now()
    try:
        asked = {"from": since, "to": until}
        days = days_of(asked, Words("en"), now.astimezone(ZoneInfo(zone_name)).date())
    except AskedError as error:
        raise fail(ExitCode.USAGE, str(error)) from None
    site = load_site(settings)
    known = {name: describe(each) for name, each in installed_analyzers().analyzers.items()}
    words = Words(language or settings.site.language)
    desk = Desk(
        words=words,
        clockwork=Clockwork(zone_name, words),
        site=settings.site.name,
        version=version("photopeak"),
        now=now,
        describe=known.get,
    )
    with database_of(settings) as database:
        made = Evidence(
            database=database,
            devices=site.devices,
            settings=settings,
            alerts=site.alerts,
            desk=desk,
            who=WHO,
        )
        try:
            count = write_pack(out, made, days)
        except OSError as error:
            raise cannot_write(out, error) from None
    print(f"{out}: {out.stat().st_size} bytes, {count} files, {days.since} to {days.until}")


@guarded
def jjf(
    device: Annotated[str, typer.Option(help="Id of the device.")],
    out: Annotated[Path, typer.Option(help="File to write, .html or .pdf.")],
    since: Annotated[str, typer.Option("--from", help="First day, as 2026-03-02.")] = "",
    until: Annotated[str, typer.Option("--to", help="Last day.")] = "",
    results: Annotated[
        str, typer.Option(help="Ids with commas, in place of the newest valid results.")
    ] = "",
    language: Annotated[str, typer.Option(help="en or zh; default: as the pages.")] = "",
    instrument_name: Annotated[str, typer.Option(help="Default: name of the device.")] = "",
    model: Annotated[str, typer.Option(help="Default: as the images say.")] = "",
    manufacturer: Annotated[str, typer.Option(help="Default: as the images say.")] = "",
    serial_number: Annotated[str, typer.Option(help="Default: that of the device.")] = "",
    client: Annotated[str, typer.Option(help="Who has it calibrated.")] = "",
    address: Annotated[str, typer.Option(help="Of the client.")] = "",
    temperature: Annotated[str, typer.Option(help="In degrees Celsius.")] = "",
    humidity: Annotated[str, typer.Option(help="Relative, in %.")] = "",
    record_number: Annotated[str, typer.Option(help="Number of the record.")] = "",
    calibration_date: Annotated[str, typer.Option(help="Default: days of the results.")] = "",
    calibrator: Annotated[str, typer.Option(help="Who calibrated.")] = "",
    verifier: Annotated[str, typer.Option(help="Who verified.")] = "",
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Write record and certificate of a PET/CT calibration (JJF Annex C and D).

    The newest valid result of each calibration item counts. Nothing that is supplied is kept.
    """
    from importlib.metadata import version

    from photopeak.analysis.catalogue import describe, installed_analyzers
    from photopeak.analysis.site import load_site
    from photopeak.app import database_of
    from photopeak.reports.jjf.gather import SelectionError
    from photopeak.reports.jjf.particulars import ParticularsError
    from photopeak.reports.jjf.request import check_request, collect, compose, zone_of
    from photopeak.reports.paper.html import to_html
    from photopeak.reports.paper.pdf import PdfError, to_pdf
    from photopeak.storage.errors import NotFoundError

    if out.suffix.lower() not in _SUFFIXES:
        raise fail(ExitCode.USAGE, f"{out}: the name must end in {' or '.join(_SUFFIXES)}")
    settings = read_settings(config, data=data).settings
    known = next((d for d in load_site(settings).devices if d.id == device), None)
    if known is None:
        raise fail(ExitCode.USAGE, f"there is no device {device}")
    given = {
        "from": since,
        "to": until,
        "results": results,
        "language": language,
        "instrument_name": instrument_name,
        "model": model,
        "manufacturer": manufacturer,
        "serial_number": serial_number,
        "client": client,
        "address": address,
        "temperature": temperature,
        "humidity": humidity,
        "record_number": record_number,
        "calibration_date": calibration_date,
        "calibrator": calibrator,
        "verifier": verifier,
    }
    zone = zone_of(known, settings.site.time_zone)
    try:
        asked = check_request(given, language=settings.site.language)
        with database_of(settings) as database:
            gathered = collect(database, known, asked, zone=zone)
    except ParticularsError as error:
        raise fail(ExitCode.USAGE, [f"{name} {said}" for name, said in error.faults]) from None
    except (NotFoundError, SelectionError) as error:
        raise fail(ExitCode.USAGE, str(error)) from None
    tests = [describe(analyzer) for analyzer in installed_analyzers().analyzers.values()]
    document = compose(gathered, asked, zone=zone, tests=tests, version=version("photopeak"))
    try:
        pdf = out.suffix.lower() == ".pdf"
        content = to_pdf(document) if pdf else to_html(document).encode()
    except PdfError as error:
        raise fail(ExitCode.CHECK_FAILED, str(error)) from None
    try:
        out.write_bytes(content)
    except OSError as error:
        raise fail(ExitCode.CHECK_FAILED, f"{out}: {error.strerror}") from None
    print(f"{out}: {len(content)} bytes, {len(gathered.results)} results")

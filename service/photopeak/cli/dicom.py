"""Commands that speak DICOM as a client, and take files in."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from photopeak.cli.common import (
    ConfigOption,
    DataOption,
    ExitCode,
    JsonOption,
    fail,
    guarded,
    print_json,
    progress,
    read_settings,
)

if TYPE_CHECKING:
    from photopeak.model.documents import Statement
    from photopeak.settings import Settings

PeerArgument = Annotated[str, typer.Argument(help="AE_TITLE@host:port")]
CallingOption = Annotated[str, typer.Option("--calling", help="AE title to call with.")]

_PEER = re.compile(r"(?P<title>[^@]{1,16})@(?P<host>\[[^\]]+\]|[^:]+):(?P<port>\d{1,5})")


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(echo)
    app.command()(send)
    app.command("import")(import_files)


@guarded
def echo(peer: PeerArgument, calling: CallingOption = "PHOTOPEAK") -> None:
    """Send a C-ECHO."""
    from photopeak.listener.client import ClientError
    from photopeak.listener.client import echo as call

    title, host, port = _peer(peer)
    try:
        milliseconds = 1000.0 * call(host, port, calling=calling, called=title)
    except ClientError as error:
        raise fail(ExitCode.CHECK_FAILED, str(error)) from None
    print(f"{peer} answered in {milliseconds:.1f} ms")


@guarded
def send(
    peer: PeerArgument,
    paths: Annotated[list[Path], typer.Argument(help="Files and folders.", exists=True)],
    calling: CallingOption = "PHOTOPEAK",
    as_json: JsonOption = False,
) -> None:
    """Send files by C-STORE."""
    from photopeak.analysis.local import find_files
    from photopeak.listener.client import ClientError
    from photopeak.listener.client import send as push

    title, host, port = _peer(peer)
    files = find_files(paths)
    try:
        with progress("sending", total=len(files)) as advance:
            outcomes = push(
                files, host, port, calling=calling, called=title, progress=lambda _: advance()
            )
    except ClientError as error:
        raise fail(ExitCode.CHECK_FAILED, str(error)) from None
    failed = [outcome for outcome in outcomes if not outcome.ok]
    if as_json:
        print_json(
            [
                {"path": str(o.path), "ok": o.ok, "status": o.status, "comment": o.comment}
                for o in outcomes
            ]
        )
    else:
        for outcome in failed:
            print(f"{outcome.path}: {outcome.comment}")
        print(f"{len(outcomes) - len(failed)} of {len(outcomes)} stored")
    if failed:
        raise typer.Exit(ExitCode.CHECK_FAILED)


@guarded
def import_files(
    paths: Annotated[list[Path], typer.Argument(help="Files and folders.", exists=True)],
    device: Annotated[str, typer.Option(help="Device that the documents are of.")] = "",
    test: Annotated[str, typer.Option(help="Test that the documents are for.")] = "",
    role: Annotated[str, typer.Option(help="Their role in it.")] = "",
    watch: Annotated[
        bool, typer.Option("--watch", help="Take in what comes into a folder, until it is ended.")
    ] = False,
    settle: Annotated[
        float, typer.Option(min=0.0, help="Seconds without a change before a file is taken.")
    ] = 2.0,
    config: ConfigOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take files in by the same way as C-STORE; the worker of a running service does the rest.

    DICOM objects tell themselves what they are; reports (XML, PDF) and sinograms may be told by
    --device, --test and --role. With --watch files that programs write into one folder are taken, CSV
    files of readings among them, and moved into done or refused.
    """
    from photopeak.analysis.local import find_files
    from photopeak.analysis.site import load_site
    from photopeak.app import import_paths
    from photopeak.model.documents import Statement
    from photopeak.routing.catalogue import TESTS

    settings = read_settings(config, data=data).settings
    if device and load_site(settings).device(device) is None:
        raise fail(ExitCode.USAGE, f"there is no device {device}")
    if (test and test not in TESTS) or (role and not test):
        raise fail(
            ExitCode.USAGE, f"there is no test {test}" if test else "a role belongs to a test"
        )
    statement = Statement(device=device, test=test, role=role)
    if watch:
        _watch(settings, paths, statement, settle, as_json=as_json)
        return
    files = find_files(paths)
    with progress("importing", total=len(files)) as advance:
        outcomes = import_paths(settings, files, statement=statement, advance=advance)
    refused = [(path, outcome) for path, outcome in outcomes if outcome.status]
    if as_json:
        print_json(
            [
                {"path": str(path), "status": int(outcome.status), "comment": outcome.comment,
                 "duplicate": outcome.duplicate, "conflict": outcome.conflict}
                for path, outcome in outcomes
            ]
        )  # fmt: skip
    else:
        for path, outcome in refused:
            print(f"{path}: {outcome.comment}")
        print(f"{len(outcomes) - len(refused)} of {len(outcomes)} taken in")
    if refused:
        raise typer.Exit(ExitCode.CHECK_FAILED)


def _watch(
    settings: Settings, paths: list[Path], statement: Statement, settle_s: float, *, as_json: bool
) -> None:
    from photopeak import logs
    from photopeak.analysis.site import load_site
    from photopeak.app import stop_on_signals
    from photopeak.cli.watch import fault_of_folder, line_of, watch

    if len(paths) != 1:
        raise fail(ExitCode.USAGE, "--watch takes one folder")
    if fault := fault_of_folder(paths[0], settings):
        raise fail(ExitCode.USAGE, fault)
    logs.configure(settings.logging, process="import")
    watch(
        settings,
        load_site(settings),
        paths[0],
        statement=statement,
        settle_s=settle_s,
        show=lambda event: print(line_of(event, as_json=as_json), flush=True),
        stop=stop_on_signals(),
    )


def _peer(text: str) -> tuple[str, str, int]:
    match = _PEER.fullmatch(text)
    if match is None or not 0 < int(match["port"]) < 65536:
        raise fail(ExitCode.USAGE, f"a peer is AE_TITLE@host:port, not {text}")
    return match["title"], match["host"].strip("[]"), int(match["port"])

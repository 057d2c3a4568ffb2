"""What the commands share: exit codes, settings, and how things are printed."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from enum import IntEnum
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, ParamSpec, TypeVar

import typer

from photopeak.setting_files import SettingsError
from photopeak.settings import LoadedSettings, load

P = ParamSpec("P")
R = TypeVar("R")


class ExitCode(IntEnum):
    """Exit codes of every command."""

    OK = 0
    CHECK_FAILED = 1
    USAGE = 2
    CONFIGURATION = 3
    DATABASE = 4


ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        help="photopeak.toml, or the folder it is in; default: $PHOTOPEAK_CONFIG.",
        show_default=False,
    ),
]
DataOption = Annotated[
    Path | None,
    typer.Option("--data", help="Folder for what the service keeps.", show_default=False),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def read_settings(config: Path | None, **overrides: Any) -> LoadedSettings:
    """Read the settings as every command does; None in `overrides` means not given.

    Keys of `overrides` are dotted with double underscores (``web__port``).
    """
    environment = dict(os.environ)
    folder_or_file = config or (
        Path(environment["PHOTOPEAK_CONFIG"]) if environment.get("PHOTOPEAK_CONFIG") else None
    )
    file: Path | None = None
    extra = {key.replace("__", "."): value for key, value in overrides.items() if value is not None}
    if folder_or_file is not None:
        if not folder_or_file.exists():
            raise SettingsError([f"{folder_or_file}: there is no such file or folder"])
        if folder_or_file.is_dir():
            extra["config"] = folder_or_file
            if (folder_or_file / "photopeak.toml").exists():
                file = folder_or_file / "photopeak.toml"
        else:
            file = folder_or_file
    environment.pop("PHOTOPEAK_CONFIG", None)
    return load(file, environment=environment, overrides=extra)


def fail(code: ExitCode, lines: Sequence[str] | str) -> typer.Exit:
    """Print lines on standard error and return what ends the command with `code`."""
    for line in [lines] if isinstance(lines, str) else lines:
        print(f"photopeak: {line}", file=sys.stderr)
    return typer.Exit(int(code))


def guarded(command: Callable[P, R]) -> Callable[P, R]:
    """Turn the errors a person can mend into one line each and the right exit code."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        from photopeak.analysis.errors import CatalogueError
        from photopeak.inbox.errors import InboxError
        from photopeak.storage.errors import SchemaError, StorageUnavailableError

        try:
            return command(*args, **kwargs)
        except SettingsError as error:
            raise fail(ExitCode.CONFIGURATION, error.faults) from None
        except (CatalogueError, InboxError) as error:
            raise fail(ExitCode.CONFIGURATION, str(error)) from None
        except StorageUnavailableError as error:
            raise fail(ExitCode.DATABASE, f"the database is out of reach: {error}") from None
        except SchemaError as error:
            raise fail(ExitCode.DATABASE, str(error)) from None

    return run


def print_json(value: Any) -> None:
    """Print a value as JSON, for programs."""
    print(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False, default=_plain))


def _plain(value: object) -> str:
    """Return what JSON has no form for as text, a moment as RFC 3339 writes it."""
    return value.isoformat() if isinstance(value, datetime) else str(value)


def write_pieces(pieces: Iterable[str], file: Path | None, *, replace: bool) -> None:
    """Write a text to a file, or to standard output without one.

    A mark that tells spreadsheets of UTF-8 is for files; in a pipe it is in the way.
    """
    if file is None:
        for piece in pieces:
            sys.stdout.write(piece.removeprefix("\ufeff"))
        return
    try:
        with file.open("w" if replace else "x", encoding="utf-8", newline="") as opened:
            opened.writelines(pieces)
    except OSError as error:
        raise cannot_write(file, error) from None


def cannot_write(file: Path, error: OSError) -> typer.Exit:
    """Say that a file cannot be written and why; return what ends the command."""
    return fail(ExitCode.USAGE, f"{file} cannot be written: {error.strerror}")


def print_table(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[object]], *, right: int = 0
) -> None:
    """Print a table for people; `right` is the number of last columns that hold numbers."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title or None, title_justify="left", header_style="bold")
    for index, column in enumerate(columns):
        # Folded, not cut: an id that ends in an ellipsis is of no use.
        table.add_column(
            column,
            justify="right" if index >= len(columns) - right else "left",
            overflow="fold",
        )
    for row in rows:
        # Texts come from files and headers: they are shown, never interpreted.
        table.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    Console().print(table)


@contextmanager
def progress(description: str, total: int | None) -> Iterator[Callable[[], None]]:
    """Show a progress bar when a person watches; yields the function that advances it by one."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(description, total=total)
        yield lambda: bar.advance(task)

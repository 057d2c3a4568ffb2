"""Commands about what the service keeps: tokens, re-analysis, backup."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from photopeak.cli.common import (
    ConfigOption,
    DataOption,
    ExitCode,
    JsonOption,
    fail,
    guarded,
    print_json,
    print_table,
    read_settings,
)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    token = typer.Typer(help="Tokens for pages and API.", no_args_is_help=True)
    token.command("create")(create_token)
    token.command("list")(list_tokens)
    token.command("revoke")(revoke_token)
    app.add_typer(token, name="token")
    app.command()(reanalyze)
    app.command()(backup)


@guarded
def create_token(
    name: Annotated[str, typer.Argument(help="Who or what will use it.")],
    scope: Annotated[str, typer.Option(help="read, operate or admin.")] = "read",
    days: Annotated[int, typer.Option(min=0, help="Days until it expires; 0 for never.")] = 365,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Make a token; its text is shown this once."""
    from photopeak.app import database_of, utc_now
    from photopeak.storage import tokens

    if scope not in ("read", "operate", "admin"):
        raise fail(ExitCode.USAGE, f"a scope is read, operate or admin, not {scope}")
    now = utc_now()
    settings = read_settings(config, data=data).settings
    with database_of(settings) as database, database.transaction() as tx:
        _, text = tokens.create(
            tx,
            name=name,
            scopes=(scope,),
            expires_at=now + timedelta(days=days) if days else None,
            created_by="command line",
            now=now,
        )
    print(text)


@guarded
def list_tokens(
    config: ConfigOption = None, data: DataOption = None, as_json: JsonOption = False
) -> None:
    """List the tokens, without their secrets."""
    from photopeak.app import database_of
    from photopeak.storage import tokens

    with (
        database_of(read_settings(config, data=data).settings) as database,
        database.snapshot() as tx,
    ):
        found = tokens.every(tx)
    columns = ("id", "name", "scope", "created", "expires", "last used", "revoked")
    rows = [
        (
            t.id,
            t.name,
            "+".join(sorted(t.scopes)),
            t.created_at,
            t.expires_at,
            t.last_used_at,
            t.revoked_at,
        )
        for t in found
    ]
    if as_json:
        print_json([dict(zip(columns, row, strict=True)) for row in rows])
    else:
        print_table("", columns, rows)


@guarded
def revoke_token(
    token_id: Annotated[str, typer.Argument(help="Id of the token, as listed.")],
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Put a token out of force."""
    from photopeak.app import database_of, utc_now
    from photopeak.storage import tokens
    from photopeak.storage.errors import NotFoundError

    with database_of(read_settings(config, data=data).settings) as database:
        try:
            with database.transaction() as tx:
                tokens.revoke(tx, token_id, now=utc_now())
        except NotFoundError as error:
            raise fail(ExitCode.USAGE, str(error)) from None


@guarded
def reanalyze(
    test: Annotated[str | None, typer.Option(help="Only this test.")] = None,
    device: Annotated[str | None, typer.Option(help="Only this device.")] = None,
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only sets changed since.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be done.")
    ] = False,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Queue finished test sets again; new results supersede, nothing is overwritten."""
    from photopeak.app import database_of, requeue

    settings = read_settings(config, data=data).settings
    with database_of(settings) as database:
        queued = requeue(database, test=test, device_id=device, since=since, dry_run=dry_run)
    print(f"{queued} test sets {'would be' if dry_run else 'are'} queued")


@guarded
def backup(
    target: Annotated[Path, typer.Argument(help="File to write; must not exist.")],
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Copy the SQLite database while the service runs. The stored files are copied as files."""
    from photopeak.app import database_of
    from photopeak.storage.backup import BackupError, back_up

    with database_of(read_settings(config, data=data).settings) as database:
        try:
            size = back_up(database, target)
        except BackupError as error:
            raise fail(ExitCode.CHECK_FAILED, str(error)) from None
    print(
        f"{target}: {size} bytes; copy the folder {read_settings(config, data=data).settings.data / 'store'} beside it"
    )

"""Commands about people, tokens and the audit trail."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
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
    print_table,
    read_settings,
    write_pieces,
)
from photopeak.model.people import Role, User

if TYPE_CHECKING:
    from photopeak.storage.database import Database

WHO = "command line"
"""Actor of what is done here: whoever may use the data folder."""

NameArgument = Annotated[str, typer.Argument(help="Name to sign in with.")]
ReasonOption = Annotated[str, typer.Option(help="Why, for the audit trail.")]


class AuditForm(StrEnum):
    """Form of an export."""

    CSV = "csv"
    JSON = "json"


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    user = typer.Typer(help="People who use pages and API.", no_args_is_help=True)
    user.command("add")(add_user)
    user.command("list")(list_users)
    user.command("role")(change_role)
    user.command("disable")(disable_user)
    user.command("enable")(enable_user)
    user.command("password")(reset_password)
    app.add_typer(user, name="user")
    token = typer.Typer(help="Tokens for programs.", no_args_is_help=True)
    token.command("create")(create_token)
    token.command("list")(list_tokens)
    token.command("revoke")(revoke_token)
    app.add_typer(token, name="token")
    audit = typer.Typer(help="The audit trail.", no_args_is_help=True)
    audit.command("verify")(verify_audit)
    audit.command("export")(export_audit)
    app.add_typer(audit, name="audit")


@guarded
def add_user(
    name: NameArgument,
    role: Annotated[Role, typer.Option(help="What the person may.")] = Role.VIEWER,
    shown_name: Annotated[str, typer.Option(help="Name as others see it.")] = "",
    email: Annotated[str, typer.Option(help="Address for mail.")] = "",
    ask: Annotated[
        bool,
        typer.Option("--ask", help="Read the password: typed twice, or one line of a pipe."),
    ] = False,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Add a person; without --ask a password to begin with is made and shown this once."""
    from photopeak.accounts import people
    from photopeak.app import utc_now

    password = _asked() if ask else None
    with _opened(config, data) as database:
        _, made = people.add_person(
            database,
            name=name,
            shown_name=shown_name,
            email=email,
            role=role,
            who=WHO,
            now=utc_now(),
            password=password,
        )
    if made:
        print(made)


@guarded
def list_users(
    config: ConfigOption = None, data: DataOption = None, as_json: JsonOption = False
) -> None:
    """List the people, disabled ones too."""
    from photopeak.app import database_of
    from photopeak.storage import users

    with (
        database_of(read_settings(config, data=data).settings) as database,
        database.snapshot() as tx,
    ):
        found = users.every(tx)
    columns = ("name", "shown name", "role", "e-mail", "signs in", "disabled", "last signed in")
    rows = [
        (
            u.name,
            u.shown_name,
            u.role.value,
            u.email,
            "by the provider" if u.of_provider else "with a password",
            u.disabled_at,
            u.last_signed_in_at,
        )
        for u in found
    ]
    _print(columns, rows, as_json)


@guarded
def change_role(
    name: NameArgument,
    role: Annotated[Role, typer.Argument(help="What the person may from now on.")],
    reason: ReasonOption = "",
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Give a person another role."""
    from photopeak.accounts import people
    from photopeak.app import utc_now

    with _opened(config, data) as database:
        user = _user(database, name)
        people.change_person(
            database,
            user.id,
            shown_name=user.shown_name,
            email=user.email,
            role=role,
            who=WHO,
            now=utc_now(),
            reason=reason,
        )


@guarded
def disable_user(
    name: NameArgument,
    reason: ReasonOption = "",
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Keep a person from signing in, and end all sessions."""
    _set_disabled(name, config, data, reason, disabled=True)


@guarded
def enable_user(
    name: NameArgument,
    reason: ReasonOption = "",
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Let a person sign in again."""
    _set_disabled(name, config, data, reason, disabled=False)


@guarded
def reset_password(
    name: NameArgument,
    ask: Annotated[
        bool,
        typer.Option("--ask", help="Read the password: typed twice, or one line of a pipe."),
    ] = False,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Give a person another password, and end all sessions; the way in when nobody is left."""
    from photopeak.accounts import people
    from photopeak.app import utc_now

    password = _asked() if ask else None
    with _opened(config, data) as database:
        user = _user(database, name)
        made = people.reset_password(database, user.id, who=WHO, now=utc_now(), password=password)
    if made:
        print(made)


@guarded
def create_token(
    name: Annotated[str, typer.Argument(help="Who or what will use it.")],
    scope: Annotated[str, typer.Option(help="read, operate, review or admin.")] = "read",
    days: Annotated[int, typer.Option(min=0, help="Days until it expires; 0 for never.")] = 365,
    config: ConfigOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a token; its text is shown this once."""
    from photopeak.accounts import tokens
    from photopeak.app import utc_now
    from photopeak.model.people import ACCESS_BY_SCOPE

    if scope not in ACCESS_BY_SCOPE:
        raise fail(ExitCode.USAGE, f"a scope is read, operate, review or admin, not {scope}")
    with _opened(config, data) as database:
        made, text = tokens.issue(
            database, name=name, scope=scope, days=days, who=WHO, now=utc_now()
        )
    if as_json:
        told = {"id": made.id, "name": made.name, "scope": scope, "expires": made.expires_at}
        print_json({**told, "token": text})
    else:
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
    _print(columns, rows, as_json)


@guarded
def revoke_token(
    token_id: Annotated[str, typer.Argument(help="Id of the token, as listed.")],
    reason: ReasonOption = "",
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Put a token out of force."""
    from photopeak.accounts import tokens
    from photopeak.app import utc_now

    with _opened(config, data) as database:
        tokens.revoke(database, token_id, who=WHO, now=utc_now(), reason=reason)


@guarded
def verify_audit(
    since_anchor: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NUMBER:DIGEST",
            help="An anchor that was kept, from the log, a mail of the morning or an evidence pack; "
            "may be given several times.",
            show_default=False,
        ),
    ] = None,
    config: ConfigOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check that no entry of the audit trail was changed, removed or put in.

    Against an anchor it shows as well that no entry before it was cut off or written anew.
    """
    from photopeak.app import database_of
    from photopeak.storage import audit
    from photopeak.storage.errors import AuditError

    try:
        anchors = [audit.Anchor.read(text) for text in since_anchor or ()]
    except ValueError as error:
        raise fail(ExitCode.USAGE, str(error)) from None
    with (
        database_of(read_settings(config, data=data).settings) as database,
        database.snapshot() as tx,
    ):
        try:
            count = audit.verify(tx, anchors)
        except AuditError as error:
            raise fail(ExitCode.CHECK_FAILED, str(error)) from None
        latest = audit.latest(tx)
    if as_json:
        checked = [str(anchor) for anchor in anchors]
        anchor = None if latest is None else str(latest)
        print_json({"entries": count, "anchors": checked, "anchor": anchor})
        return
    print(f"{count} entries, each sealed with the one before")
    if anchors:
        print(f"every anchor is in it, the last one at entry {max(a.number for a in anchors)}")
    if latest is not None:
        print(f"anchor to keep elsewhere: {latest}")


@guarded
def export_audit(
    file: Annotated[
        Path | None,
        typer.Argument(help="File to write; default: standard output.", show_default=False),
    ] = None,
    form: Annotated[
        AuditForm, typer.Option("--format", help="Form of the export.")
    ] = AuditForm.CSV,
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="From this day on, UTC.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Before this day, UTC.")
    ] = None,
    actor: Annotated[str, typer.Option(help="Only what this one did.")] = "",
    action: Annotated[str, typer.Option(help="Only this action.")] = "",
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Write the entries of the audit trail, the oldest first; the export is an entry itself."""
    from photopeak.app import database_of, utc_now
    from photopeak.reports.exports.audit import as_csv, as_json
    from photopeak.storage import audit

    chosen = audit.AuditFilter(
        actor=actor,
        action=action,
        since=since.replace(tzinfo=UTC) if since else None,
        until=until.replace(tzinfo=UTC) if until else None,
    )
    write = as_json if form is AuditForm.JSON else as_csv
    with database_of(read_settings(config, data=data).settings) as database:
        with database.transaction() as tx:
            audit.append(
                tx, at=utc_now(), actor=WHO, action="audit.exported", subject="audit trail"
            )
        write_pieces(write(database, chosen), file, replace=False)


def _set_disabled(
    name: str, config: Path | None, data: Path | None, reason: str, *, disabled: bool
) -> None:
    from photopeak.accounts import people
    from photopeak.app import utc_now

    with _opened(config, data) as database:
        user = _user(database, name)
        people.set_disabled(
            database, user.id, disabled=disabled, who=WHO, now=utc_now(), reason=reason
        )


@contextmanager
def _opened(config: Path | None, data: Path | None) -> Iterator[Database]:
    """Open the database; what cannot be done to an account ends the command with a sentence."""
    from photopeak.accounts.errors import AccountError
    from photopeak.app import database_of
    from photopeak.storage.errors import NotFoundError

    with database_of(read_settings(config, data=data).settings) as database:
        try:
            yield database
        except (AccountError, NotFoundError) as error:
            raise fail(ExitCode.USAGE, str(error)) from None


def _user(database: Database, name: str) -> User:
    from photopeak.storage import users

    with database.snapshot() as tx:
        found = users.by_name(tx, name.strip().casefold())
    if found is None:
        raise fail(ExitCode.USAGE, f"there is nobody with the name {name}")
    return found.user


def _asked() -> str:
    """Return a password: typed twice without an echo, or the one line of a pipe."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    return password


def _print(columns: Sequence[str], rows: Sequence[Sequence[object]], as_json: bool) -> None:
    if as_json:
        print_json([dict(zip(columns, row, strict=True)) for row in rows])
    else:
        print_table("", columns, rows)

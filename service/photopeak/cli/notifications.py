"""The command that tries a way by which messages leave."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.metadata import version
from typing import Annotated

import typer

from photopeak.cli.common import (
    ConfigOption,
    ExitCode,
    JsonOption,
    fail,
    guarded,
    print_json,
    read_settings,
)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    family = typer.Typer(help="Ways by which messages leave.", no_args_is_help=True)
    family.command("test")(try_channel)
    app.add_typer(family, name="notify")


@guarded
def try_channel(
    channel: Annotated[str, typer.Argument(help="mail, webhooks.NAME, chat.NAME or pacs.NAME.")],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Send a test message at once and tell what came of it; needs no service and no database."""
    from photopeak.alerts.channels.composition import channels_of
    from photopeak.alerts.channels.desk import trial_message
    from photopeak.analysis.site import load_site
    from photopeak.duties import archives_of
    from photopeak.model.messages import DeliveryState, MessageRecord, Outcome
    from photopeak.reports.letters import Writer

    settings = read_settings(config).settings
    site = load_site(settings)
    writer = Writer(
        site=settings.site.name,
        language=settings.site.language,
        time_zone=settings.site.time_zone,
        public_url=settings.web.public_url,
    )
    ways = channels_of(
        site.alerts,
        None,
        write=writer.write,
        public_url=settings.web.public_url,
        software=f"photopeak/{version('photopeak')}",
    ) + archives_of(site, None)
    way = next((w for w in ways if w.name == channel), None)
    if way is None:
        names = ", ".join(w.name for w in ways) or "none; write one into alerts.toml"
        raise fail(ExitCode.USAGE, f"there is no channel {channel!r}; there are: {names}")
    now = datetime.now(UTC)
    message = trial_message(channel, who="photopeak notify test", now=now)
    attempt = way.deliver(
        MessageRecord(
            message=message,
            state=DeliveryState.QUEUED,
            attempts=1,
            due_at=None,
            sent_at=None,
            detail="",
            remaining=None,
        )
    )
    sent = attempt.outcome is Outcome.SENT
    if as_json:
        print_json(
            {
                "channel": channel,
                "id": message.id,
                "outcome": attempt.outcome.value,
                "code": attempt.code,
                "detail": attempt.detail,
                "answer": attempt.answer,
            }
        )
    elif sent:
        print(f"{channel}: {attempt.detail}; message {message.id}")
    if not sent:
        said = f"; it said: {attempt.answer!r}" if attempt.answer else ""
        raise fail(ExitCode.CHECK_FAILED, f"{channel}: {attempt.detail}{said}")

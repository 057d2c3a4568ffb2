"""Trying a channel from the command line, and what the doctor says of channels."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from photopeak.alert_settings import AlertSettings, load_alert_settings
from photopeak.alerts.channels.checks import check_channels
from photopeak.cli.main import app
from support.http_receiver import HttpReceiver
from support.mail_server import MailServer

MAIL = """[mail]
host = "127.0.0.1"
port = {port}
security = "{security}"
sender = "photopeak@example.org"
recipients = ["physics@example.org"]
"""
HOOK = """[webhooks.ris]
url = "{url}"
secret_files = ["secret"]
networks = {networks}
"""


def run(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["notify", "test", *arguments, "--config", str(folder)])


def configured(folder: Path, text: str) -> AlertSettings:
    (folder / "secret").write_text(base64.b64encode(b"k" * 32).decode())
    (folder / "alerts.toml").write_text(text)
    return load_alert_settings(folder / "alerts.toml")


def test_a_mail_leaves_at_once_and_the_answer_is_told(tmp_path: Path) -> None:
    with MailServer() as server:
        configured(tmp_path, MAIL.format(port=server.port, security="none"))
        done = run(tmp_path, "mail")
        assert (done.exit_code, done.stdout.split(";")[0]) == (0, "mail: sent")
        server.mode = "reject"
        refused = run(tmp_path, "mail", "--json")

    assert server.received[0].mail["Subject"].startswith("Test message from ")
    assert refused.exit_code == 1
    assert json.loads(refused.stdout)["outcome"] == "refused"
    assert "mail: refused for good: physics@example.org (550)" in refused.stderr


def test_a_webhook_is_tried_the_same_way(tmp_path: Path) -> None:
    with HttpReceiver() as receiver:
        configured(tmp_path, HOOK.format(url=receiver.url("/ok"), networks='["127.0.0.0/8"]'))
        assert run(tmp_path, "webhooks.ris").exit_code == 0
        configured(tmp_path, HOOK.format(url=receiver.url("/ok"), networks="[]"))
        refused = run(tmp_path, "webhooks.ris")

    assert json.loads(receiver.posts[0].body)["type"] == "test"
    assert refused.exit_code == 1
    assert "127.0.0.1 may not be reached" in refused.stderr
    assert len(receiver.posts) == 1


def test_a_channel_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    configured(tmp_path, MAIL.format(port=25, security="none"))
    done = run(tmp_path, "webhooks.ris")

    assert done.exit_code == 2
    assert "there is no channel 'webhooks.ris'; there are: mail" in done.stderr


def test_the_doctor_connects_to_what_is_configured_and_sends_nothing(tmp_path: Path) -> None:
    assert check_channels(AlertSettings()) == "no channel is configured"
    with MailServer() as server, HttpReceiver() as receiver:
        hook = HOOK.format(url=receiver.url("/ok"), networks='["127.0.0.0/8"]')
        settings = configured(tmp_path, MAIL.format(port=server.port, security="none") + hook)
        said = check_channels(settings)
        assert said == "mail by 127.0.0.1, without TLS; ris: 127.0.0.1 answers"
        assert (server.received, receiver.posts) == ([], [])
        stripped = configured(tmp_path, MAIL.format(port=server.port, security="starttls"))
        with pytest.raises(Exception, match="offers no STARTTLS"):
            check_channels(stripped)
        inside = configured(tmp_path, HOOK.format(url=receiver.url("/ok"), networks="[]"))
        with pytest.raises(Exception, match="may not be reached"):
            check_channels(inside)

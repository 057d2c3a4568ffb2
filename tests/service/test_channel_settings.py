"""The channels of ``alerts.toml``: every fault is named with its key, no secret is repeated."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Any

import pytest

from photopeak.alert_settings import AlertSettings, load_alert_settings
from photopeak.channel_settings import ChatSettings, MailSettings, WebhookSettings
from photopeak.setting_files import SettingsError
from photopeak.settings import packaged_config

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
MAIL = 'host = "mail.example.org"\nsender = "a@example.org"\nrecipients = ["b@example.org"]\n'
HOOK = '[webhooks.ris]\nurl = "{url}"\nsecret_files = ["secret"]\n'


def read(folder: Path, text: str) -> AlertSettings:
    file = folder / "alerts.toml"
    file.write_text(text)
    return load_alert_settings(file)


def faults(folder: Path, text: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        read(folder, text)
    return caught.value.faults


def secret(folder: Path, text: str = SECRET, name: str = "secret") -> Path:
    file = folder / name
    file.write_text(text)
    file.chmod(0o600)
    return file


def test_without_the_file_nobody_is_told(tmp_path: Path) -> None:
    assert load_alert_settings(tmp_path / "alerts.toml").channel_names() == ()
    assert load_alert_settings(None).channel_names() == ()


def test_the_example_that_comes_with_the_service_tells_nobody() -> None:
    example = packaged_config() / "alerts.toml"
    assert load_alert_settings(example).channel_names() == ()


def test_what_the_example_shows_can_be_used(tmp_path: Path) -> None:
    example = (packaged_config() / "alerts.toml").read_text("utf-8")
    lines = re.findall(r"^# (\[.*\]|[a-z_]+ = .*)$", example, re.MULTILINE)
    wanted = re.compile(r"\[(?:mail|webhooks\..*|chat\..*)\]")
    shown, keep = "", False
    for each in lines:
        keep = wanted.fullmatch(each) is not None if each.startswith("[") else keep
        shown += f"{each}\n" if keep else ""
    for name in ("photopeak-mail", "photopeak-ris", "photopeak-chat"):
        secret(tmp_path, name=name)
    (tmp_path / "house-ca.pem").touch()
    settings = read(tmp_path, shown.replace("/run/secrets", str(tmp_path)))

    assert settings.channel_names() == ("mail", "webhooks.ris", "chat.nuclear-medicine")
    assert settings.mail is not None
    assert settings.mail.address == ("mail.example.org", 587)
    assert settings.mail.ca_file == tmp_path / "house-ca.pem"
    assert settings.subscribed("result.action") == ("webhooks.ris",)
    assert settings.subscribed("series.received") == ()


@pytest.mark.parametrize(
    ("section", "model"),
    [("mail", MailSettings), ("webhooks.NAME", WebhookSettings), ("chat.NAME", ChatSettings)],
)
def test_every_key_is_documented(section: str, model: Any) -> None:
    text = (packaged_config() / "README.md").read_text("utf-8")
    chapter = text.split(f"### `[{section}]`\n")[1].split("\n#")[0]
    rows = dict(re.findall(r"^\| `([^`]+)` \| ([^|]*) \|", chapter, re.MULTILINE))

    assert set(rows) == set(model.model_fields)
    for name, field in model.model_fields.items():
        assert field.is_required() == (rows[name].strip() == "required")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[mail]\n", "mail.host: Field required"),
        ("[mail]\n" + MAIL + "tls = true", "mail.tls: unknown key"),
        ("[mail]\n" + MAIL + 'security = "maybe"', "mail.security"),
        ("[mail]\n" + MAIL + 'username = "x"', "username and password_file go together"),
        ("[mail]\n" + MAIL.replace("b@", "b c@"), "is no mail address"),
        ("[mail]\n" + MAIL.replace("b@", "b\\r\\nBcc: c@"), "printable ASCII"),
        ("[mail]\n" + MAIL + 'ca_file = "absent.pem"', "absent.pem is no file"),
        (HOOK.format(url="https://u:p@x/"), "a user, a password or a #"),
        (HOOK.format(url="ftp://x/"), "is no address"),
        (HOOK.format(url="http://2130706433/"), "the host is a number"),
        (HOOK.format(url="http://0177.0.0.1/"), "the host is a number"),
        (HOOK.format(url="http://127.1/"), "the host is a number"),
        (HOOK.format(url="http://0x7f.1/"), "the host is a number"),
        (HOOK.format(url="http://x/") + 'events = ["result.all"]', "events.0"),
        (HOOK.format(url="http://x/") + 'networks = ["10.0.0.1/8"]', "has host bits set"),
        (HOOK.format(url="http://x/").replace("ris", '"R I S"'), "webhooks"),
        ("[chat.x]\nschemes = []\nurl_file = 'y'", "chat.x.schemes"),
    ],
)
def test_a_fault_is_named(tmp_path: Path, text: str, fault: str) -> None:
    secret(tmp_path)
    found = faults(tmp_path, text)

    assert any(fault in line for line in found), found
    assert all(str(tmp_path / "alerts.toml") in line for line in found)


def test_a_password_is_never_sent_without_tls(tmp_path: Path) -> None:
    secret(tmp_path, "hunter2")
    text = "[mail]\n" + MAIL + 'security = "none"\nusername = "x"\npassword_file = "secret"'
    assert "never sent without TLS" in faults(tmp_path, text)[0]


@pytest.mark.parametrize("content", ["hunter2", "whsec_aGVsbG8=", "whsec_" + "A" * 200])
def test_a_weak_or_broken_secret_is_refused_and_not_repeated(tmp_path: Path, content: str) -> None:
    secret(tmp_path, content)
    (found,) = faults(tmp_path, HOOK.format(url="https://ris.example.org/"))

    assert "webhooks.ris.secret_files.0: the secret of a webhook is whsec_" in found
    assert content not in found


def test_a_secret_that_others_may_read_draws_a_remark(tmp_path: Path) -> None:
    secret(tmp_path).chmod(0o644)
    settings = read(tmp_path, HOOK.format(url="https://ris.example.org/"))

    (remark,) = settings.channel_remarks()
    assert remark.startswith("webhooks.ris.secret_files.0: ")
    assert "is open to everyone" in remark

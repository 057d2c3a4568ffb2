"""Secrets in files: refused when they cannot be used, remarked on when others can read them."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

import pytest
from typer.testing import CliRunner

from photopeak import secret_files
from photopeak.app import log_remarks
from photopeak.cli.main import app
from photopeak.setting_files import SettingsError
from photopeak.settings import LoadedSettings, load

VARIABLE = "PHOTOPEAK_DATABASE__PASSWORD_FILE"


def secret(folder: Path, content: bytes = b"correct horse\n", mode: int = 0o600) -> Path:
    path = folder / "password"
    path.write_bytes(content)
    path.chmod(mode)
    return path


def loaded(path: Path, extra: Mapping[str, str] | None = None) -> LoadedSettings:
    return load(environment={VARIABLE: str(path), **(extra or {})})


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty; write the secret into it"),
        (b" \t\r\n\n", "is empty; write the secret into it"),
        (b"\xef\xbb\xbf\n", "is empty; write the secret into it"),
        (b"horse\xff", "is no text in UTF-8"),
        (b"horse\0battery", "is no text: it has a zero byte"),
        (b"horse" * 20_000, "is too large for a secret"),
    ],
)
def test_a_file_without_a_usable_secret_is_a_fault_that_names_file_and_key(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    path = secret(tmp_path, content)

    with pytest.raises(SettingsError) as error:
        loaded(path)

    assert error.value.faults == [f"${VARIABLE}: database.password: {path} {reason}"]
    assert "horse" not in str(error.value)


def test_a_file_that_cannot_be_read_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as error:
        loaded(tmp_path)

    assert error.value.faults == [
        f"${VARIABLE}: database.password: {tmp_path} cannot be read: Is a directory"
    ]


def test_a_secret_is_taken_without_mark_and_line_end(tmp_path: Path) -> None:
    password = loaded(secret(tmp_path, b"\xef\xbb\xbfcorrect horse\r\n")).settings.database.password

    assert password is not None
    assert password.get_secret_value() == "correct horse"


def test_a_secret_in_two_places_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="keep one"):
        loaded(secret(tmp_path), {"PHOTOPEAK_DATABASE__PASSWORD": "another"})


@pytest.mark.parametrize("key", ["PASSWORD", "URL"])
def test_an_empty_variable_is_no_secret(key: str) -> None:
    with pytest.raises(SettingsError, match="is empty; give a value, or leave the key out"):
        load(environment={f"PHOTOPEAK_DATABASE__{key}": ""})


@pytest.mark.parametrize(
    ("mode", "of_root", "remark"),
    [
        (0o600, False, ""),
        (0o400, False, ""),
        (0o640, False, "is open to its group; chmod 0600 it"),
        (0o644, False, "is open to everyone on this machine; chmod 0600 it"),
        (0o602, False, "is open to everyone on this machine; chmod 0600 it"),
        (0o640, True, ""),
        (0o440, True, ""),
        (0o660, True, "is open to its group; chmod 0640 it"),
        (0o604, True, "is open to everyone on this machine; chmod 0600 it"),
    ],
)
def test_rights_are_judged_as_postgresql_judges_those_of_a_key(
    tmp_path: Path, mode: int, of_root: bool, remark: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(secret_files, "_ROOT", os.getuid() if of_root else os.getuid() + 1)
    path = secret(tmp_path, mode=mode)

    expected = (f"database.password: {path} {remark}",) if remark else ()

    assert loaded(path).remarks() == expected


def test_a_pipe_has_no_rights_to_judge(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    path.chmod(0o666)

    assert secret_files.too_open(path) == ""
    assert secret_files.too_open(tmp_path / "absent") == ""


@pytest.mark.parametrize(
    ("content", "keys"),
    [
        ("[database]\npassword = 'horse'\n", ["database.password"]),
        ("[database]\nurl = 'postgresql+psycopg://a:horse@db/x'\n", ["database.url"]),
        ("[database]\nurl = 'postgresql+psycopg://a@db/x'\n", []),
        ("[web]\nport = 1\n", []),
    ],
)
def test_a_settings_file_is_judged_when_it_holds_a_secret(
    tmp_path: Path, content: str, keys: list[str]
) -> None:
    file = tmp_path / "photopeak.toml"
    file.write_text(content, "utf-8")
    file.chmod(0o644)

    remarks = load(file, environment={}).remarks()

    assert [remark.partition(":")[0] for remark in remarks] == keys
    assert "horse" not in "".join(remarks)


def test_the_key_of_tls_is_a_secret_and_its_path_counts_from_the_file(tmp_path: Path) -> None:
    file = tmp_path / "photopeak.toml"
    file.write_text("[listener.tls]\nenabled = true\nkey = 'service.key'\n", "utf-8")
    key = tmp_path / "service.key"
    key.write_text("-----BEGIN PRIVATE KEY-----\n", "utf-8")
    key.chmod(0o644)

    result = load(file, environment={})

    assert result.settings.listener.tls.key == key
    assert result.remarks() == (
        f"listener.tls.key: {key} is open to everyone on this machine; chmod 0600 it",
    )
    key.write_text("\n", "utf-8")
    with pytest.raises(SettingsError) as error:
        load(file, environment={})
    assert error.value.faults == [
        f"{file}: listener.tls.key: {key} is empty; write the key into it"
    ]


def test_doctor_and_check_remark_on_a_secret_that_all_can_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = secret(tmp_path, mode=0o644)
    monkeypatch.setenv(VARIABLE, str(path))
    remark = f"database.password: {path} is open to everyone on this machine; chmod 0600 it"

    plain = CliRunner().invoke(app, ["doctor", "--only", "secrets"])
    as_json = CliRunner().invoke(app, ["doctor", "--only", "secrets", "--json"])
    check = CliRunner().invoke(app, ["config", "check"])

    assert (plain.exit_code, plain.stdout) == (0, f"warn secrets    {remark}\n")
    assert json.loads(as_json.stdout) == [
        {"check": "secrets", "ok": True, "warning": True, "detail": remark}
    ]
    assert check.exit_code == 0
    assert f"remark: {remark}\n" in check.stdout

    path.chmod(0o600)
    well = CliRunner().invoke(app, ["doctor", "--only", "secrets"])
    assert well.stdout == "ok   secrets    no file with a secret is open to others\n"


def test_an_empty_secret_ends_every_command_with_the_exit_code_of_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(secret(tmp_path, b"\n")))

    for command in (["serve"], ["doctor"], ["config", "check"]):
        done = CliRunner().invoke(app, [*command])
        assert done.exit_code == 3


def test_remarks_are_warnings_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    log_remarks(["database.password: /run/secrets/db is open to its group; chmod 0600 it"])

    assert [(r.levelname, r.getMessage()) for r in caplog.records] == [
        (
            "WARNING",
            "configuration: database.password: /run/secrets/db is open to its group; chmod 0600 it",
        )
    ]

"""People, tokens and the audit trail from the command line."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from photopeak.cli.main import app

RUNNER = CliRunner()


def run(*arguments: object, typed: str | None = None) -> Result:
    """Run a command."""
    return RUNNER.invoke(app, [str(argument) for argument in arguments], input=typed)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return a data folder with a database."""
    folder = tmp_path / "data"
    assert run("db", "upgrade", "--data", folder).exit_code == 0
    return folder


def trail(data: Path) -> list[dict[str, object]]:
    """Return the audit trail."""
    text = run("audit", "export", "--format", "json", "--data", data).stdout
    entries: list[dict[str, object]] = json.loads(text)
    return entries


def test_a_person_is_added_listed_promoted_and_disabled(data: Path) -> None:
    made = run(
        "user", "add", "Chen", "--shown-name", "Rui Chen", "--role", "viewer", "--data", data
    )
    admin = run("user", "add", "root", "--role", "admin", "--ask", "--data", data, typed="seven grey geese\n")  # fmt: skip
    run("user", "role", "chen", "physicist", "--reason", "qualified", "--data", data)
    disabled = run("user", "disable", "chen", "--reason", "left", "--data", data)
    listed = json.loads(run("user", "list", "--json", "--data", data).stdout)

    assert made.exit_code == admin.exit_code == disabled.exit_code == 0
    assert len(made.stdout.strip()) == 23
    assert admin.stdout == ""
    assert [(u["name"], u["role"], u["disabled"] is not None) for u in listed] == [
        ("chen", "physicist", True),
        ("root", "admin", False),
    ]
    assert run("user", "enable", "chen", "--data", data).exit_code == 0
    told = [(e["actor"], e["action"], e["subject"], e["reason"]) for e in trail(data)]
    assert ("command line", "user.changed", "user chen", "qualified") in told
    assert ("command line", "user.disabled", "user chen", "left") in told


def test_what_cannot_be_ends_with_2_and_a_sentence(data: Path) -> None:
    run("user", "add", "root", "--role", "admin", "--data", data)
    for arguments, wrong in (
        (("user", "add", "root"), "Somebody has this name"),
        (("user", "add", "a b"), "1 to 64 letters"),
        (("user", "role", "nobody", "admin"), "nobody with the name"),
        (("user", "role", "root", "viewer"), "last one"),
        (("user", "disable", "root"), "last one"),
        (("token", "create", "root"), "Somebody has this name"),
    ):
        done = run(*arguments, "--data", data)

        assert done.exit_code == 2, arguments
        assert wrong in done.stderr
    short = run("user", "password", "root", "--ask", "--data", data, typed="short\n")
    assert (short.exit_code, "at least 12" in short.stderr) == (2, True)


def test_a_password_is_made_anew(data: Path) -> None:
    first = run("user", "add", "root", "--role", "admin", "--data", data).stdout
    second = run("user", "password", "root", "--data", data)

    assert second.exit_code == 0
    assert second.stdout != first
    assert trail(data)[-2]["action"] == "user.password-reset"


def test_a_token_has_a_scope_an_end_and_a_reason_for_its_end(data: Path) -> None:
    run("token", "create", "monitor", "--scope", "review", "--days", "30", "--data", data)
    listed = json.loads(run("token", "list", "--json", "--data", data).stdout)
    (token,) = [t for t in listed if t["name"] == "monitor"]
    done = run("token", "revoke", token["id"], "--reason", "leaked", "--data", data)

    assert (token["scope"], token["expires"] is not None) == ("review", True)
    assert done.exit_code == 0
    assert trail(data)[-2]["reason"] == "leaked"


def test_the_trail_is_checked_and_damage_ends_with_1(data: Path) -> None:
    run("user", "add", "root", "--role", "admin", "--data", data)
    good = run("audit", "verify", "--data", data)
    file = sqlite3.connect(data / "photopeak.sqlite3")
    file.execute("DROP TRIGGER audit_no_update")
    file.execute("UPDATE audit SET actor = 'x' WHERE number = 1")
    file.commit()
    file.close()
    bad = run("audit", "verify", "--data", data)

    assert (good.exit_code, "entries" in good.stdout) == (0, True)
    assert bad.exit_code == 1
    assert "entry 1 of the audit trail was changed" in bad.stderr


def test_an_end_that_was_cut_off_is_found_by_an_anchor_that_was_kept(data: Path) -> None:
    for name in ("root", "chen"):
        run("user", "add", name, "--role", "admin", "--data", data)
    said = run("audit", "verify", "--data", data).stdout
    anchor = said.rpartition("elsewhere: ")[2].strip()
    kept = run("audit", "verify", "--since-anchor", anchor, "--data", data)
    file = sqlite3.connect(data / "photopeak.sqlite3")
    file.execute("DROP TRIGGER audit_no_delete")
    file.execute("DELETE FROM audit WHERE number > 1")
    file.commit()
    file.close()
    unnoticed = run("audit", "verify", "--data", data)
    found = run("audit", "verify", "--since-anchor", anchor, "--data", data)
    none = run("audit", "verify", "--since-anchor", "2:x", "--data", data)

    assert (kept.exit_code, "every anchor is in it" in kept.stdout) == (0, True)
    assert unnoticed.exit_code == 0
    assert (found.exit_code, "its end was cut off" in found.stderr) == (1, True)
    assert (none.exit_code, "64 hexadecimal digits" in none.stderr) == (2, True)


def test_an_export_is_written_once_and_to_a_new_file(data: Path, tmp_path: Path) -> None:
    run("user", "add", "root", "--role", "admin", "--data", data)
    target = tmp_path / "audit.csv"
    done = run("audit", "export", target, "--action", "user.added", "--data", data)
    again = run("audit", "export", target, "--data", data)

    assert done.exit_code == 0
    assert target.read_text("utf-8-sig").splitlines()[1].split(",")[2:5] == [
        "command line",
        "user.added",
        "user root",
    ]
    assert (again.exit_code, "cannot be written" in again.stderr) == (2, True)

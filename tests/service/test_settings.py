from pathlib import Path

import pytest

from photopeak.setting_files import SettingsError
from photopeak.settings import load
from photopeak.toml_tables import with_line


def test_defaults_need_no_file() -> None:
    settings = load(environment={}).settings

    assert (settings.listener.port, settings.listener.tls.port, settings.web.port) == (
        11112,
        2762,
        8080,
    )


def test_command_line_beats_environment_beats_file_beats_default(tmp_path: Path) -> None:
    file = tmp_path / "photopeak.toml"
    file.write_text("[listener]\nport = 1\nae_title = 'FILE'\n[web]\nport = 1\n", "utf-8")

    loaded = load(
        file,
        environment={"PHOTOPEAK_LISTENER__PORT": "2", "PHOTOPEAK_WEB__PORT": "2"},
        overrides={"web.port": 3},
    )

    assert loaded.settings.listener.ae_title == "FILE"
    assert loaded.settings.listener.port == 2
    assert loaded.settings.web.port == 3
    assert loaded.origins == {
        "listener.ae_title": str(file),
        "listener.port": "$PHOTOPEAK_LISTENER__PORT",
        "web.port": "command line",
    }


def test_paths_of_a_file_are_relative_to_it(tmp_path: Path) -> None:
    file = tmp_path / "photopeak.toml"
    file.write_text("data = 'kept'\n", "utf-8")

    settings = load(file, environment={}).settings

    assert settings.data == tmp_path / "kept"
    assert settings.config == tmp_path


def test_a_secret_is_read_from_a_file_and_never_shown(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("correct horse\n", "utf-8")

    settings = load(environment={"PHOTOPEAK_DATABASE__PASSWORD_FILE": str(secret)}).settings

    assert settings.database.password is not None
    assert settings.database.password.get_secret_value() == "correct horse"
    assert "correct horse" not in repr(settings)


def test_every_fault_is_reported_at_once_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "photopeak.toml"
    file.write_text("[listener]\nport = 'x'\nprot = 1\n", "utf-8")

    with pytest.raises(SettingsError) as error:
        load(
            file,
            environment={
                "PHOTOPEAK_WEB__PORT": "70000",
                "PHOTOPEAK_DATABASE__PASSWORD_FILE": str(tmp_path / "absent"),
            },
        )

    faults = error.value.faults
    assert len(faults) == 4
    assert any(f.startswith(f"{file}:2: listener.port:") for f in faults)
    assert any(f.startswith(f"{file}:3: listener.prot: unknown key") for f in faults)
    assert any(f.startswith("$PHOTOPEAK_WEB__PORT: web.port:") for f in faults)
    assert any("PHOTOPEAK_DATABASE__PASSWORD_FILE" in f for f in faults)


@pytest.mark.parametrize(
    "title", ["", " LEADING", "SEVENTEEN_LETTERS", "BACK\\SLASH", "ÜMLAUT", "NUL\0"]
)
def test_an_impossible_ae_title_is_refused(title: str) -> None:
    with pytest.raises(SettingsError, match="AE title"):
        load(environment={}, overrides={"listener.ae_title": title})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("site.time_zone", "Mars/Base"),
        ("site.time_zone", "Europe"),
        ("site.time_zone", ""),
        ("listener.minimum_bytes_per_s", float("inf")),
        ("listener.idle_timeout_by_ae_title_s", {"NM1": -5}),
        ("listener.idle_timeout_by_ae_title_s", {"SEVENTEEN_LETTERS": 60}),
        ("listener.echo_only_ae_titles", ["SEVENTEEN_LETTERS"]),
        ("listener.extra_sop_classes", ["NM Image Storage"]),
        ("listener.tls.ae_titles_by_certificate", {"ab" * 32: ["SEVENTEEN_LETTERS"]}),
    ],
)
def test_a_value_that_could_never_work_is_refused_with_its_key(key: str, value: object) -> None:
    with pytest.raises(SettingsError) as error:
        load(environment={}, overrides={key: value})

    assert len(error.value.faults) == 1
    assert f": {key}" in error.value.faults[0]


def test_titles_are_compared_without_the_blanks_behind_them() -> None:
    loaded = load(environment={}, overrides={"listener.echo_only_ae_titles": ["CHECK  "]})

    assert loaded.settings.listener.echo_only_ae_titles == ["CHECK"]


def test_a_pdu_that_is_announced_has_to_be_tolerated() -> None:
    with pytest.raises(SettingsError, match=r"listener: largest_pdu_bytes is less than"):
        load(
            environment={},
            overrides={
                "listener.maximum_pdu_bytes": 1_048_576,
                "listener.largest_pdu_bytes": 131_072,
            },
        )


@pytest.mark.parametrize(
    ("text", "key", "line"),
    [
        ("x = 1\n[a]\nb = 2\n", "a.b", 3),
        ("[a]\nb = 2\n", "a.c", 1),
        ("[a]\n'b.c' = 1\nd.e = 2\n", "a.d.e", 3),
        ("[[r]]\nx = 1\n[[r]]\ny = 1\nx = 2\n", "r.1.x", 5),
        ("[[r]]\n[r.w]\nx = 1\n[[r]]\n[r.w]\nx = 2\n", "r.1.w.x", 6),
        ("a = { b = 1 }\n", "a.b", 1),
        ("[ a . 'b' ]  # why\nc = 1\n", "a.b.c", 2),
    ],
)
def test_a_key_is_found_in_its_line(text: str, key: str, line: int) -> None:
    assert with_line("f.toml", text, key) == f"f.toml:{line}"


def test_a_key_that_is_not_there_has_no_line() -> None:
    assert with_line("f.toml", "[a]\nb = 1\n", "c.d") == "f.toml"


def test_broken_toml_is_reported_with_file_and_line(tmp_path: Path) -> None:
    file = tmp_path / "photopeak.toml"
    file.write_text("[listener\n", "utf-8")

    with pytest.raises(SettingsError, match=r"photopeak\.toml: .*line 1"):
        load(file, environment={})


def test_text_that_is_no_toml_is_taken_as_text() -> None:
    settings = load(environment={"PHOTOPEAK_SITE__NAME": "Main campus"}).settings

    assert settings.site.name == "Main campus"

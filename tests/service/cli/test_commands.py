import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from photopeak.cli.main import app
from photopeak.demo.consoles import morning

RUNNER = CliRunner()


def run(*arguments: object) -> Result:
    return RUNNER.invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def pushed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Files of the demonstration's morning, by what they should become."""
    consoles = morning(tmp_path_factory.mktemp("morning"))
    return {s.expected: s.paths[0] for console in consoles for s in console.series}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    assert run("db", "upgrade", "--data", folder).exit_code == 0
    return folder


def test_a_good_flood_ends_with_0_and_a_bad_one_with_1(pushed: dict[str, Path]) -> None:
    assert run("analyze", pushed["intrinsic_uniformity PASS"]).exit_code == 0
    assert run("analyze", pushed["intrinsic_uniformity FAIL"]).exit_code == 1


def test_json_holds_measurements_verdicts_and_provenance(pushed: dict[str, Path]) -> None:
    done = run("analyze", pushed["intrinsic_uniformity FAIL"], "--json")
    results = {r["test"]: r for r in json.loads(done.stdout)["results"]}
    flood = results["intrinsic_uniformity"]

    assert flood["status"] == "FAIL"
    assert {m["metric"] for m in flood["measurements"]} >= {"iu_ufov", "du_ufov", "iu_cfov"}
    assert {v["kind"] for v in flood["verdicts"]} >= {"mandatory"}
    assert flood["provenance"]["analyzer_version"]


def test_a_patient_is_not_analysed(pushed: dict[str, Path]) -> None:
    done = run("analyze", pushed["QUARANTINED"], "--json")
    report = json.loads(done.stdout)

    assert done.exit_code == 1
    assert report["results"] == []
    assert report["series"][0]["decision"]["outcome"] == "quarantined"


def test_a_parameter_that_does_not_exist_is_named(pushed: dict[str, Path]) -> None:
    done = run("analyze", pushed["intrinsic_uniformity PASS"], "--set", "ufvo=1", "--json")
    failures = [r["failure"] for r in json.loads(done.stdout)["results"] if r["failure"]]

    assert done.exit_code == 1
    assert any("ufvo" in failure["message"] for failure in failures)


def test_an_unknown_test_is_a_fault_of_use(pushed: dict[str, Path]) -> None:
    done = run("analyze", pushed["UNROUTED"], "--test", "divination")

    assert done.exit_code == 2
    assert "divination" in done.stderr


def test_a_file_that_is_no_dicom_is_told(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("nothing to see", "utf-8")

    done = run("analyze", file, "--json")

    assert done.exit_code == 1
    assert json.loads(done.stdout)["unreadable"][0]["path"] == str(file)


def test_routes_are_tried_with_their_explanation(pushed: dict[str, Path]) -> None:
    done = run("routes", "test", pushed["center_of_rotation FAIL"], "--json")
    (answer,) = json.loads(done.stdout)

    assert answer["decision"]["assignments"][0]["test"] == "center_of_rotation"
    assert answer["decision"]["steps"]
    assert any(rule["outcome"] == "matched" for rule in answer["rules"])


def test_the_configuration_that_ships_is_right() -> None:
    done = run("config", "check", "--json")

    assert done.exit_code == 0
    assert json.loads(done.stdout)["status"] == "ok"


def test_faults_of_all_files_are_told_at_once_with_exit_code_3(tmp_path: Path) -> None:
    (tmp_path / "devices.toml").write_text("[devices.a]\ncolour = 'red'\n", "utf-8")
    (tmp_path / "routes").mkdir()
    (tmp_path / "routes" / "mine.toml").write_text("[[rule]]\nid = 'everything'\n", "utf-8")

    done = run("config", "check", "--config", tmp_path)

    assert done.exit_code == 3
    assert "devices.toml" in done.stderr
    assert "mine.toml" in done.stderr


def test_settings_tell_their_origin_and_hide_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PHOTOPEAK_DATABASE__PASSWORD", "correct horse")
    done = run("config", "show", "--origin", "--json")
    shown = json.loads(done.stdout)

    assert shown["database.password"]["origin"] == "$PHOTOPEAK_DATABASE__PASSWORD"
    assert shown["listener.port"] == {"value": 11112, "origin": "default"}
    assert "horse" not in done.stdout


def test_the_files_beside_the_settings_are_named_and_checked(tmp_path: Path) -> None:
    (tmp_path / "photopeak.toml").write_text("", "utf-8")
    rule = (
        '[[rule]]\nid = "a"\nkinds = ["pet_ct"]\ntests = ["pet_daily_qc"]\nrepeat = "FREQ=DAILY"\n'
    )
    (tmp_path / "schedule.toml").write_text(rule, "utf-8")
    config = ("--config", tmp_path / "photopeak.toml")

    shown = json.loads(run("config", "show", "--json", *config).stdout)
    assert shown["files.schedule.toml"] == str(tmp_path / "schedule.toml")
    assert shown["files.devices.toml"] is None
    assert "1 rules of the schedule" in run("config", "check", *config).stdout
    (tmp_path / "schedule.toml").write_text(rule.replace("DAILY", "SECONDLY"), "utf-8")
    done = run("config", "check", *config)
    assert done.exit_code == 3
    assert "schedule.toml:1: rule.0: " in done.stdout + done.stderr


def test_the_first_token_is_shown_once(tmp_path: Path) -> None:
    first, second = (run("db", "upgrade", "--data", tmp_path / "d").stdout for _ in range(2))

    assert "pp_" in first
    assert "pp_" not in second


def test_tokens_are_made_listed_and_revoked(data: Path) -> None:
    made = run("token", "create", "wall screen", "--scope", "read", "--data", data)
    listed = json.loads(run("token", "list", "--json", "--data", data).stdout)
    (token,) = [t for t in listed if t["name"] == "wall screen"]
    revoked = run("token", "revoke", token["id"], "--data", data)
    after = json.loads(run("token", "list", "--json", "--data", data).stdout)

    assert made.stdout.startswith("pp_")
    assert made.stdout.strip() not in json.dumps(listed)
    assert revoked.exit_code == 0
    assert [t["revoked"] for t in after if t["id"] == token["id"]] != [None]


def test_an_unknown_scope_is_a_fault_of_use(data: Path) -> None:
    assert run("token", "create", "x", "--scope", "god", "--data", data).exit_code == 2


def test_a_database_that_is_not_there_yet_is_exit_code_4(tmp_path: Path) -> None:
    done = run("token", "list", "--data", tmp_path / "empty")

    assert done.exit_code == 4
    assert "db upgrade" in done.stderr


def test_imported_files_are_kept_once(data: Path, pushed: dict[str, Path]) -> None:
    file = pushed["intrinsic_uniformity PASS"]
    first = json.loads(run("import", file, "--json", "--data", data).stdout)
    second = json.loads(run("import", file, "--json", "--data", data).stdout)

    assert [f["status"] for f in first + second] == [0, 0]
    assert [f["duplicate"] for f in first + second] == [False, True]


def test_a_backup_does_not_overwrite(data: Path, tmp_path: Path) -> None:
    target = tmp_path / "backup.sqlite3"

    assert run("backup", target, "--data", data).exit_code == 0
    assert run("backup", target, "--data", data).exit_code == 1


def test_rows_are_rebuilt_from_files(data: Path, pushed: dict[str, Path]) -> None:
    run("import", pushed["intrinsic_uniformity PASS"], "--data", data)
    (data / "photopeak.sqlite3").unlink()
    for rest in data.glob("photopeak.sqlite3-*"):
        rest.unlink()
    run("db", "upgrade", "--data", data)

    done = run("db", "rebuild", "--data", data)

    assert done.exit_code == 0
    assert "1 rows written" in done.stdout


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ('{ detector_type = "HPGe" }', ""),
        ('{ detector_type = "germanium" }', "readings.detector_type: wbc_"),
        ('{ crystal = "HPGe" }', "readings.crystal: no installed test asks for it"),
    ],
)
def test_what_a_device_always_is_must_be_something_that_a_test_asks_for(
    tmp_path: Path, entry: str, said: str
) -> None:
    device = f'[devices.wbc-1]\nname = "Counter"\ndicom = false\nreadings = {entry}\n'
    (tmp_path / "devices.toml").write_text(device, "utf-8")

    done = run("config", "check", "--config", tmp_path)

    assert done.exit_code == (3 if said else 0), done.output
    assert said in done.stderr


def test_a_rule_that_reviews_a_test_that_is_not_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "photopeak.toml").write_text('[review]\nautomatic = ["uniformitty"]\n', "utf-8")

    done = run("config", "check", "--config", tmp_path)

    assert done.exit_code == 3
    assert "review.automatic: no test 'uniformitty' is installed" in done.stderr


def test_an_export_of_nothing_has_its_heading(data: Path) -> None:
    done = run("export", "--data", data)

    assert done.exit_code == 0
    assert done.stdout.startswith("result_id,result_version,device,")


def test_a_workbook_and_a_document_of_nothing_are_written(data: Path, tmp_path: Path) -> None:
    book, quaac = tmp_path / "out.xlsx", tmp_path / "out.json"

    assert run("export", book, "--data", data).exit_code == 0
    assert run("export", quaac, "--data", data, "--performer", "R <r@h.example>").exit_code == 0
    assert book.read_bytes().startswith(b"PK")
    assert json.loads(quaac.read_text())["datapoints"] == []


def test_a_number_that_no_test_measures_is_not_exported(data: Path) -> None:
    done = run("export", "--metric", "iu_ufof", "--data", data)

    assert done.exit_code == 2
    assert "no installed test measures 'iu_ufof'" in done.stderr
    assert run("export", "--metric", "iu_ufov", "--data", data).exit_code == 0


@pytest.mark.parametrize("name", ["out.xlsx", "out.csv", "out.ndjson"])
def test_an_export_that_cannot_be_written_says_so(data: Path, tmp_path: Path, name: str) -> None:
    file = tmp_path / "absent" / name

    done = run("export", file, "--data", data)

    assert done.exit_code == 2
    assert done.stderr.strip() == f"photopeak: {file} cannot be written: No such file or directory"


def test_a_document_without_who_answers_for_it_is_refused(data: Path) -> None:
    done = run("export", "--form", "quaac", "--data", data)

    assert done.exit_code == 2
    assert "--performer" in done.stderr


def test_a_doctor_without_a_service_says_so(data: Path) -> None:
    done = run("doctor", "--only", "http", "--only", "database", "--json", "--data", data)
    findings = {f["check"]: f for f in json.loads(done.stdout)}

    assert done.exit_code == 1
    assert not findings["http"]["ok"]
    assert "no worker is alive" in findings["database"]["detail"]


def test_a_doctor_says_in_words_who_may_sign_in_and_what_is_scheduled(data: Path) -> None:
    def said() -> dict[str, str]:
        done = run("doctor", "--only", "accounts", "--only", "schedule", "--json", "--data", data)
        return {f["check"]: f["detail"] for f in json.loads(done.stdout)}

    before = said()
    run("user", "add", "r.chen", "--role", "viewer", "--data", data)
    without = said()
    run("user", "add", "root", "--role", "admin", "--data", data)

    assert "token of the first start" in before["accounts"]
    assert "nothing is scheduled" in before["schedule"]
    assert "photopeak user add NAME --role admin" in without["accounts"]
    assert said()["accounts"] == "2 people may sign in, 1 of them administer"


def test_a_peer_has_a_form(tmp_path: Path) -> None:
    assert run("echo", "nobody").exit_code == 2


def test_what_is_made_counted_and_queued_is_there_as_json(data: Path) -> None:
    made = json.loads(run("token", "create", "monitor", "--json", "--data", data).stdout)
    queued = json.loads(run("reanalyze", "--dry-run", "--json", "--data", data).stdout)
    verified = json.loads(run("audit", "verify", "--json", "--data", data).stdout)
    listed = json.loads(run("token", "list", "--json", "--data", data).stdout)
    (monitor,) = [t for t in listed if t["name"] == "monitor"]

    assert (made["id"], made["scope"]) == (monitor["id"], "read")
    assert made["token"].startswith("pp_")
    # Moments as everywhere else: RFC 3339.
    assert "T" in made["expires"]
    assert made["expires"] == monitor["expires"]
    assert queued == {"queued": 0, "dry_run": True}
    assert verified["entries"] >= 1
    assert verified["anchor"].startswith(f"{verified['entries']}:")

"""The text of a standard that a person or a rule asks for, and that not every test has."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from photopeak.cli.main import app
from photopeak.demo.objects import SIEMENS, Labels, planar_object, write
from photopeak_analyzers.simulation.floods import FloodCamera, acquisition

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@pytest.fixture
def flood(tmp_path: Path) -> Path:
    camera = FloodCamera(rows=64, columns=96)
    image = acquisition({(1, 1): np.full((64, 96), 12_000)}, camera, duration_s=6000.0)
    return write(planar_object(image, SIEMENS, Labels(series="Flood"), AT), tmp_path / "flood")


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["analyze", *arguments])


def test_tests_that_do_not_have_the_text_are_done_in_their_own(flood: Path) -> None:
    done = run(str(flood), "--variant", "iec", "--json")

    found = {r["test"]: r["variant"] for r in json.loads(done.stdout)["results"]}
    assert found == {
        "intrinsic_uniformity": "iec",
        "energy_window_check": "iec",
        "data_integrity_check": "local",
    }


@pytest.mark.parametrize("test", [(), ("--test", "intrinsic_uniformity")])
def test_a_text_that_no_test_has_is_refused_with_those_there_are(
    flood: Path, test: tuple[str, ...]
) -> None:
    done = run(str(flood), "--variant", "nemma", *test)

    assert done.exit_code == 2
    assert "iec" in done.output
    assert "nema" in done.output


def site(folder: Path, rule: str = "", parameters: str = "") -> Path:
    (folder / "routes").mkdir()
    (folder / "photopeak.toml").write_text("")
    (folder / "routes" / "site.toml").write_text(
        '[[rule]]\nid = "floods"\npriority = 300\nwhen.text = "flood"\n'
        f'test = "intrinsic_uniformity"\n{rule}\n'
    )
    (folder / "devices.toml").write_text(
        '[devices.one]\nname = "One"\nkind = "spect"\nae_titles = ["ONE"]\n' + parameters
    )
    return folder


def test_a_rule_with_another_text_gives_a_result_that_says_so(flood: Path, tmp_path: Path) -> None:
    config = site(tmp_path, rule='variant = "nemma"')

    done = run(str(flood), "--json", "-c", str(config))

    (result,) = (
        r for r in json.loads(done.stdout)["results"] if r["test"] == "intrinsic_uniformity"
    )
    assert result["status"] == "ERROR"
    assert "has no variant nemma, it has nema, iec" in result["failure"]["message"]


OF_FLOODS = "[devices.one.parameters.intrinsic_uniformity]\n"


@pytest.mark.parametrize(
    ("rule", "parameters", "fault"),
    [
        ('variant = "nemma"', "", "rule floods: variant: intrinsic_uniformity has nema, iec"),
        ("", OF_FLOODS + "ufov_widht_mm = 533.0\n", "did you mean ufov_width_mm"),
        ("", OF_FLOODS + 'ufov_width_mm = "533"\n', "parameters.intrinsic_uniformity: "),
        ("", "[devices.one.parameters.intrinsic_uniformty]\na = 1\n", "there is no such test"),
        ("", '[devices.one.parameters."*"]\nufov_widht_mm = 533.0\n', "no installed test has"),
        ("", '[devices.one.parameters."*"]\nufov_width_mm = -5.0\n', "parameters.*: "),
    ],
)
def test_the_configuration_is_checked_for_what_tests_would_refuse(
    tmp_path: Path, rule: str, parameters: str, fault: str
) -> None:
    config = site(tmp_path, rule, parameters)

    done = CliRunner().invoke(app, ["config", "check", "-c", str(config)])

    assert done.exit_code == 3
    assert fault in " ".join(done.output.split())


def test_what_rules_say_of_the_image_and_of_names_is_let_through(tmp_path: Path) -> None:
    config = site(
        tmp_path,
        rule='variant = "nema"\nparameters = { position = 3 }',
        parameters='[devices.one.parameters."*"]\nufov_width_mm = 533.0\nufov_height_mm = 387.0\n',
    )

    done = CliRunner().invoke(app, ["config", "check", "-c", str(config)])

    assert done.exit_code == 0, done.output

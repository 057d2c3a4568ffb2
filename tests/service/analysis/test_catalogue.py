from pathlib import Path

import pytest

from photopeak.analysis import catalogue
from photopeak.analysis.site import load_site
from photopeak.settings import Settings
from photopeak_analyzers import contract
from support import misbehaving


def test_the_installed_tests_are_known_without_loading_them() -> None:
    assert catalogue.ENTRY_POINT_GROUP == contract.ENTRY_POINT_GROUP
    assert catalogue.installed_tests() == set(catalogue.load_analyzers())


def test_a_route_may_lead_to_an_analyzer_of_a_third_party(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "installed"
    misbehaving.install(folder)
    monkeypatch.syspath_prepend(str(folder))
    (tmp_path / "config" / "routes").mkdir(parents=True)
    (tmp_path / "config" / "routes" / "site.toml").write_text(misbehaving.routes(), "utf-8")

    site = load_site(Settings(config=tmp_path / "config"))
    assert set(misbehaving.TESTS) <= {rule.id for rule in site.routes.rules}


def test_an_entry_point_promises_the_id_of_its_analyzer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "installed"
    misbehaving.install(folder)
    (entry_points,) = folder.glob("*/entry_points.txt")
    entry_points.write_text(entry_points.read_text("utf-8").replace("slow =", "fast ="), "utf-8")
    monkeypatch.syspath_prepend(str(folder))

    faults = catalogue.installed_analyzers().faults
    assert faults == {"fast": "the entry point fast leads to the analyzer slow"}

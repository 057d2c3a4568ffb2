"""The files of `config/deploy` and the Dockerfile keep the promises of a hardened deployment."""

import configparser
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from photopeak.setting_files import SettingsError
from photopeak.settings import Settings, load

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "config" / "deploy"
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
_SERVICE_KEYS = {
    "build", "cap_drop", "command", "depends_on", "environment", "healthcheck", "hostname", "image",
    "mem_limit", "pids_limit", "ports", "read_only", "restart", "secrets", "security_opt",
    "shm_size", "stop_grace_period", "tmpfs", "ulimits", "user", "volumes",
}  # fmt: skip


def compose(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((DEPLOY / name).read_text("utf-8"))
    return loaded


FILES = ["compose.yaml", "compose.postgres.yaml"]
OURS = [
    pytest.param(service, id=f"{file}-{name}")
    for file in FILES
    for name, service in compose(file)["services"].items()
    if name != "postgres"
]


@pytest.mark.parametrize("file", FILES)
def test_compose_uses_only_known_keys_and_declared_names(file: str) -> None:
    content = compose(file)

    assert {k for k in content if not k.startswith("x-")} <= {
        "name",
        "services",
        "secrets",
        "volumes",
    }
    for service in content["services"].values():
        assert set(service) <= _SERVICE_KEYS
        assert set(service.get("depends_on", {})) <= set(content["services"])
        assert set(service.get("secrets", [])) <= set(content.get("secrets", {}))
        named = {
            v.split(":")[0] for v in service.get("volumes", []) if not v.startswith((".", "/"))
        }
        assert named <= set(content["volumes"])


@pytest.mark.parametrize("service", OURS)
def test_containers_have_no_rights_and_bounds(service: dict[str, Any]) -> None:
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["user"] == "11112:11112"
    assert service["mem_limit"]
    assert service["pids_limit"]
    assert "/config:ro" in service["volumes"][1]
    assert int(service["stop_grace_period"].removesuffix("s")) > Settings().listener.drain_s


@pytest.mark.parametrize("service", OURS)
def test_variables_of_the_containers_are_settings(service: dict[str, Any], tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("a long password", "utf-8")
    variables = {k: v for k, v in service["environment"].items() if k != "PHOTOPEAK_CONFIG"}
    variables = {k: str(secret) if k.endswith("_FILE") else v for k, v in variables.items()}

    load(environment=variables)


def test_a_container_that_receives_is_the_same_host_when_it_is_made_anew() -> None:
    receiving = {
        name: service.get("hostname")
        for file in FILES
        for name, service in compose(file)["services"].items()
        if service.get("command") in (["serve"], ["listen"], ["web"])
    }

    assert set(receiving) == {"photopeak", "listener", "web"}
    assert len(set(receiving.values()) - {None}) == 3


def test_pages_are_published_on_the_loopback_address_alone() -> None:
    published = [
        port
        for file in FILES
        for service in compose(file)["services"].values()
        for port in service.get("ports", [])
        if port.endswith(":8080")
    ]

    assert published == ["127.0.0.1:8080:8080"] * 2


def test_the_image_runs_without_root_and_looks_after_itself() -> None:
    final = DOCKERFILE.rpartition("\nFROM ")[2]

    assert "USER 11112:11112" in final
    assert re.search(r'HEALTHCHECK [^\n]*\\\n\s*CMD \["photopeak", "doctor", "--quick"\]', final)
    assert "--require-hashes -r requirements.txt" in DOCKERFILE
    ports = Settings().listener.port, Settings().listener.tls.port, Settings().web.port
    assert f"EXPOSE {' '.join(map(str, ports))}" in final


def test_the_unit_confines_the_service() -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(DEPLOY / "photopeak.service", "utf-8")
    service = unit["Service"]

    assert service["Type"] == "notify"
    assert service["DynamicUser"] == service["NoNewPrivileges"] == service["PrivateTmp"] == "yes"
    assert service["ProtectSystem"] == "strict"
    assert service["CapabilityBoundingSet"] == ""
    assert int(service["UMask"], 8) & 0o027 == 0o027
    assert int(service["StateDirectoryMode"], 8) & 0o027 == 0
    assert int(service["TimeoutStopSec"]) > Settings().listener.drain_s


def test_a_missing_secret_is_a_fault(tmp_path: Path) -> None:
    variables = {"PHOTOPEAK_DATABASE__PASSWORD_FILE": str(tmp_path / "absent")}

    with pytest.raises(SettingsError, match="PHOTOPEAK_DATABASE__PASSWORD_FILE"):
        load(environment=variables)

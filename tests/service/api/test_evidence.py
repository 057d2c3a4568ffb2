"""The evidence of a period: complete, checked by its own digests, and tied to the audit trail."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from photopeak.alert_settings import AlertSettings
from photopeak.model.judgement import Status
from photopeak.model.reviews import Meaning
from photopeak.reports.exports.table import COLUMNS
from photopeak.reports.paper.pdf import PdfNotInstalledError
from photopeak.reviews.signing import Signature, Signer, sign
from photopeak.settings import Settings
from photopeak.storage import audit, results
from photopeak.storage.database import Database
from photopeak.web.papers import evidence
from support.rows import NOON, result_of, waiting_set
from support.web_scene import DEVICE

DAYS = "from=2026-03-01&to=2026-03-02"


@pytest.fixture
def no_pdf(monkeypatch: pytest.MonkeyPatch) -> None:
    def to_pdf(_: object) -> bytes:
        raise PdfNotInstalledError("not here")

    monkeypatch.setattr(evidence, "to_pdf", to_pdf)


def pack(service: Any, query: str = DAYS) -> dict[str, bytes]:
    """Fetch a pack as an auditor and return its files."""
    cookies, _ = service.sign_in_as("auditor")
    answer = service.get(f"/audit/evidence.zip?{query}", None, cookies=cookies)
    assert answer.status_code == 200, answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as opened:
        assert opened.testzip() is None
        return {name: opened.read(name) for name in opened.namelist()}


def lines(content: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in content.decode().splitlines()]


def test_a_pack_holds_papers_numbers_policy_and_the_audit_trail(service: Any, no_pdf: None) -> None:
    files = pack(service)

    assert f"papers/{DEVICE.id}.html" in files
    table = list(csv.DictReader(io.StringIO(files["results.csv"].decode("utf-8-sig"))))
    assert tuple(table[0]) == COLUMNS
    whole = lines(files["results.ndjson"])
    assert {row["result_id"] for row in table} == {entry["id"] for entry in whole}
    assert all(entry["provenance"]["software_version"] for entry in whole)
    assert "figures" not in whole[0]
    assert {"policy/limits.ndjson", "policy/baselines.ndjson", "policy/settings.json"} <= set(files)
    assert {"audit.csv", "audit.json", "events.ndjson", "signatures.ndjson"} <= set(files)
    actions = [entry["action"] for entry in json.loads(files["audit.json"])]
    assert actions[-1] == "evidence.exported"


def test_its_digests_are_right_and_the_trail_and_the_pack_hold_each_other(
    service: Any, no_pdf: None
) -> None:
    files = pack(service)
    sums = files.pop("SHA256SUMS")

    told = {
        name: digest for digest, name in (line.split("  ") for line in sums.decode().splitlines())
    }
    assert told == {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    with service.context.database.snapshot() as tx:
        sealed, exported = audit.page(tx, limit=2)
        anchor = audit.Anchor(exported.number, exported.digest)
        assert audit.verify(tx, [anchor]) == sealed.number
    assert (sealed.action, exported.action) == ("evidence.sealed", "evidence.exported")
    assert sealed.detail["SHA256SUMS"] == hashlib.sha256(sums).hexdigest()
    assert sealed.detail["files"] == len(files)
    readme = files["README.txt"].decode()
    assert f"Anchor of the audit trail: {anchor}" in readme
    assert "is whole" in readme


def test_a_trail_that_is_broken_is_said_in_the_pack(service: Any, no_pdf: None) -> None:
    database = service.context.database
    with database.transaction() as tx:
        audit.append(tx, at=NOON, actor="chen", action="x", subject="s")
        tx.connection.exec_driver_sql("DROP TRIGGER audit_no_update")
        tx.connection.exec_driver_sql("UPDATE audit SET actor = 'li' WHERE number = 1")

    assert "entry 1 of the audit trail was changed" in pack(service)["README.txt"].decode()


def test_the_period_counts_by_measurement_and_holds_every_version(
    service: Any, sqlite_database: Database, no_pdf: None
) -> None:
    with sqlite_database.transaction() as tx:
        test_set = waiting_set(tx, "1.2.77")
        first = results.add(tx, result_of(test_set))
        again = results.add(tx, result_of(test_set, status=Status.WARN, variant="iec"))
        signer = Signer(name="chen", printed_name="Rui Chen")
        wish = Signature(meaning=Meaning.APPROVED, signer=signer)
        sign(tx, AlertSettings(), again.id, wish, now=NOON + timedelta(hours=1))

    files = pack(service)
    versions = {entry["id"]: entry["current"] for entry in lines(files["results.ndjson"])}
    assert (versions[first.id], versions[again.id]) == (False, True)
    (signed,) = [e for e in lines(files["signatures.ndjson"]) if e["result_id"] == again.id]
    assert (signed["printed_name"], signed["meaning"]) == ("Rui Chen", "approved")
    other = pack(service, "from=2025-01-01&to=2025-01-31")
    assert other["results.ndjson"] == b""


def test_rules_of_the_site_are_in_it_and_no_secret(
    make_service: Any, tmp_path: Path, no_pdf: None
) -> None:
    folder = tmp_path / "config"
    (folder / "routes").mkdir(parents=True)
    (folder / "devices.toml").write_text("# devices", "utf-8")
    (folder / "routes" / "a.toml").write_text("# routes", "utf-8")
    (folder / "alerts.toml").write_text("secret", "utf-8")
    (folder / "photopeak.toml").write_text("secret", "utf-8")

    settings = Settings(data=tmp_path, config=folder)
    files = pack(make_service(settings=settings))
    assert files["policy/devices.toml"] == b"# devices"
    assert files["policy/routes/a.toml"] == b"# routes"
    assert not [name for name, content in files.items() if content == b"secret"]
    policy = json.loads(files["policy/settings.json"])
    assert policy["alerts"]["policy"]["group_wait_s"] == 120.0


@pytest.mark.parametrize("query", ["from=2026-03-02&to=2026-03-01", "from=x", "from=2020-01-01"])
def test_days_that_cannot_be_are_told(service: Any, query: str) -> None:
    cookies, _ = service.sign_in_as("auditor")
    answer = service.get(f"/audit/evidence.zip?{query}", None, cookies=cookies)

    assert answer.status_code == 422
    assert "No evidence pack was made" in answer.text


def test_nothing_stays_behind_when_a_pack_was_sent_or_failed(
    service: Any, no_pdf: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    pack(service)
    assert list(scratch.iterdir()) == []

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("photopeak.web.evidence_pages.write_pack", full)
    cookies, _ = service.sign_in_as("auditor")
    answer = service.get(f"/audit/evidence.zip?{DAYS}", None, cookies=cookies)
    assert (answer.status_code, "No evidence pack was made" in answer.text) == (507, True)
    assert list(scratch.iterdir()) == []

"""The audit trail by page and API: looked through, checked, exported, and told of itself."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest

from photopeak.storage import audit
from support.rows import NOON

HERE = {"Origin": "http://photopeak.test"}


@pytest.fixture
def trail(service: Any) -> Any:
    """Return the service with a few entries."""
    with service.context.database.transaction() as tx:
        for number, (actor, action, subject) in enumerate(
            (
                ("chen", "alert.acknowledged", "alert 1"),
                ("chen", "route.taught", "=cmd|' /C calc'!A0"),
                ("li", "alert.acknowledged", "alert 2_3"),
            )
        ):
            audit.append(
                tx, at=NOON - timedelta(days=number), actor=actor, action=action,
                subject=subject, reason="because" if number == 0 else "",
                detail={"role": {"before": "viewer", "after": "admin"}},
            )  # fmt: skip
    return service


def test_entries_are_found_by_who_what_whom_and_when(trail: Any) -> None:
    def found(query: str) -> list[str]:
        items = trail.get(f"/api/v1/audit?{query}", "admin").json()["items"]
        return [item["subject"] for item in items if item["action"] != "audit.read"]

    assert found("actor=chen") == ["=cmd|' /C calc'!A0", "alert 1"]
    assert found("action=alert.acknowledged") == ["alert 2_3", "alert 1"]
    assert found("subject=2_") == ["alert 2_3"]
    assert found("subject=2%25") == []
    day = (NOON - timedelta(hours=30)).isoformat().replace("+", "%2B")
    assert found(f"since={day}&actor=chen") == ["=cmd|' /C calc'!A0", "alert 1"]
    assert found(f"until={day}") == ["alert 2_3"]
    assert trail.get("/api/v1/audit?since=2026-03-02T08:00:00", "admin").status_code == 422


def test_pages_go_on_from_a_number(trail: Any) -> None:
    first = trail.get("/api/v1/audit?limit=2", "admin").json()
    second = trail.get(f"/api/v1/audit?limit=2&before={first['before']}", "admin").json()

    numbers = [item["number"] for item in first["items"] + second["items"]]
    assert numbers == [4, 3, 2, 1]


def test_the_page_shows_what_changed_and_why_and_is_told_of_itself(trail: Any) -> None:
    cookies, _ = trail.sign_in_as("auditor")
    page = trail.get("/audit?action=alert.acknowledged", None, cookies=cookies).text

    assert "viewer → admin" in page
    assert "Reason: because" in page
    assert "route.taught</span>" not in page
    with trail.context.database.snapshot() as tx:
        newest = audit.page(tx, limit=1)[0]
    assert (newest.actor, newest.action) == ("a.auditor", "audit.read")
    assert newest.detail == {"action": "alert.acknowledged"}


def test_the_chain_is_checked_on_demand_and_damage_is_said(trail: Any) -> None:
    cookies, token = trail.sign_in_as("auditor")

    def verified() -> str:
        text: str = trail.call(
            "POST", "/audit/verify", None, cookies=cookies, headers=HERE,
            data={"csrf_token": token},
        ).text  # fmt: skip
        return text

    assert "The chain is whole: 4 entries" in verified()
    with trail.context.database.transaction() as tx:
        tx.connection.exec_driver_sql("DROP TRIGGER audit_no_update")
        tx.connection.exec_driver_sql("UPDATE audit SET reason = 'other' WHERE number = 1")
    assert "entry 1 of the audit trail was changed" in verified()
    with trail.context.database.snapshot() as tx:
        newest = audit.page(tx, limit=1)[0]
    assert newest.action == "audit.verified"
    assert "entry 1" in newest.detail["result"]


def test_an_end_that_was_cut_off_is_found_by_an_anchor(trail: Any) -> None:
    cookies, token = trail.sign_in_as("auditor")
    page = trail.get("/audit", None, cookies=cookies).text
    with trail.context.database.snapshot() as tx:
        kept = audit.latest(tx)
    assert f"{kept}" in page

    def verified(anchor: object) -> str:
        text: str = trail.call(
            "POST", "/audit/verify", None, cookies=cookies, headers=HERE,
            data={"csrf_token": token, "anchor": str(anchor)},
        ).text  # fmt: skip
        return text

    assert "The chain is whole" in verified(kept)
    assert "64 hexadecimal digits" in verified("4")
    with trail.context.database.transaction() as tx:
        tx.connection.exec_driver_sql("DROP TRIGGER audit_no_delete")
        tx.connection.exec_driver_sql("DELETE FROM audit WHERE number > 2")
    assert "its end was cut off" in verified(kept)
    with trail.context.database.snapshot() as tx:
        newest = audit.page(tx, limit=1)[0]
    assert (newest.action, newest.detail["anchor"]) == ("audit.verified", str(kept))


def test_an_export_holds_the_chain_in_order_and_no_formula(trail: Any) -> None:
    sheet = trail.get("/api/v1/audit.csv?actor=chen", "admin")
    rows = list(csv.DictReader(io.StringIO(sheet.text.removeprefix("\ufeff"))))
    whole = trail.get("/api/v1/audit.json", "admin").json()

    assert [row["number"] for row in rows] == ["1", "2"]
    assert rows[1]["subject"].startswith("'=cmd")
    assert sheet.headers["content-disposition"].startswith('attachment; filename="photopeak-audit-')
    assert [entry["number"] for entry in whole] == list(range(1, len(whole) + 1))
    assert whole[0]["reason"] == "because"
    assert [entry["action"] for entry in whole[-2:]] == ["audit.exported", "audit.exported"]

"""From a bad flood on the wire to a mail with its picture and signed webhooks, by the whole service."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

from standardwebhooks import Webhook

from photopeak.demo.consoles import DEVICES_TOML, morning
from support.http_receiver import HttpReceiver
from support.mail_server import MailServer
from support.ports import eventually
from support.programs import dcmtk
from support.service import running_service

SECRET = "whsec_" + base64.b64encode(b"f" * 32).decode()
ALERTS = """\
[policy]
group_wait_s = 0.0

[mail]
host = "127.0.0.1"
port = {port}
security = "none"
sender = "photopeak@example.org"
recipients = ["physics@example.org"]

[webhooks.bus]
url = "{url}"
secret_files = ["{secret}"]
networks = ["127.0.0.0/8"]
events = ["series.received", "result.created", "result.action"]
"""


def types(receiver: HttpReceiver) -> set[str]:
    return {json.loads(post.body)["type"] for post in receiver.posts}


def test_a_bad_flood_reaches_people_and_programs(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    consoles = morning(tmp_path / "morning")
    (flood,) = [
        path
        for console in consoles
        for series in console.series
        for path in series.paths[:1]
        if series.expected == "intrinsic_uniformity FAIL"
    ]
    with MailServer() as mail, HttpReceiver() as bus:
        alerts = ALERTS.format(port=mail.port, url=bus.url("/ok"), secret=secret)
        settings: dict[str, dict[str, Any]] = {
            "inbox": {"quiet_s": 0.4},
            "web": {"public_url": "https://qc.example.org"},
        }
        with running_service(
            tmp_path / "service", devices=DEVICES_TOML, settings=settings, alerts=alerts
        ) as service:
            dcmtk(
                "storescu", "-aet", "NM670", "-aec", "PHOTOPEAK",
                "127.0.0.1", service.dicom_port, flood,
            )  # fmt: skip
            eventually(lambda: "result.action" in types(bus), seconds=180.0, what="webhooks")
            eventually(lambda: mail.received, seconds=30.0, what="a mail")
            listed = service.api("/notifications")["items"]
            alerts_there = {alert["id"] for alert in service.api("/alerts")["items"]}

    told = [Webhook(SECRET).verify(post.body, post.headers) for post in bus.posts]
    made = [event["data"]["items"][0] for event in told if event["type"] == "result.created"]
    assert "action" in {item["status"] for item in made if item["test"] == "intrinsic_uniformity"}
    (bad,) = [event["data"] for event in told if event["type"] == "result.action"]
    assert bad["alerts"]
    assert alerts_there.issuperset(bad["alerts"])
    assert {item["device"] for item in bad["items"]} == {"discovery-670"}
    assert "series.received" in types(bus)
    assert {item["state"] for item in listed} <= {"sent", "queued"}
    letter = mail.received[0].mail
    assert letter["Subject"].startswith("Action: ")
    text = letter.get_body(("plain",))
    assert text is not None
    assert "above the limit of" in text.get_content().split("\n")[0]
    assert "https://qc.example.org/alerts" in text.get_content()
    assert [p.get_content()[:8] for p in letter.walk() if p.get_content_type() == "image/png"] == [
        b"\x89PNG\r\n\x1a\n"
    ]
    assert json.dumps(told).count("PatientName") == 0

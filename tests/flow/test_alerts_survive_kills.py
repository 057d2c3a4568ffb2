"""The service is killed after a result and before anybody was told: people are told all the same, once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from support import pushes
from support.mail_server import MailServer
from support.ports import eventually
from support.programs import dcmtk
from support.service import running_service

ALERTS = """\
[policy]
group_wait_s = 4.0

[mail]
host = "127.0.0.1"
port = {port}
security = "none"
sender = "photopeak@example.org"
recipients = ["physics@example.org"]

[digest]
enabled = false
"""


def about_tests(alerts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [alert for alert in alerts if alert["test"] == "intrinsic_uniformity"]


def test_a_service_killed_between_result_and_message_tells_after_its_restart(
    tmp_path: Path,
) -> None:
    bad = pushes.flood_file(tmp_path, bad=True)
    with (
        MailServer() as mail,
        running_service(
            tmp_path / "service",
            settings={"inbox": {"quiet_s": 0.4}},
            alerts=ALERTS.format(port=mail.port),
        ) as service,
    ):
        dcmtk("storescu", "-aet", "NM1", "-aec", "PHOTOPEAK",
              "127.0.0.1", service.dicom_port, bad)  # fmt: skip
        eventually(
            lambda: about_tests(service.api("/alerts")["items"]), seconds=180.0, what="an alert"
        )
        killed = service.processes["serve"]
        killed.kill()
        killed.wait()
        assert mail.received == []

        service.start()
        service.wait_until_up()
        eventually(lambda: mail.received, seconds=180.0, what="a mail")
        alerts = about_tests(service.api("/alerts")["items"])

    ids = [received.mail["Message-ID"] for received in mail.received]
    assert len(set(ids)) == 1
    assert {alert["count"] for alert in alerts} == {1}
    (text,) = {r.mail.get_body(("plain",)).get_content() for r in mail.received}  # type: ignore[union-attr]
    assert "Camera 1" in text

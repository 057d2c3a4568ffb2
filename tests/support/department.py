"""A department at work: its service with mail and schedule, its people, and cameras that push."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydicom.dataset import Dataset

from photopeak.demo.consoles import COLD_SPOT, flood
from photopeak.demo.objects import SIEMENS, Labels, write
from photopeak.settings import load
from photopeak.storage.database import open_database
from support import web_scene
from support.browser import DESK, Window, window
from support.mail_server import MailServer, Received
from support.ports import eventually
from support.programs import dcmtk
from support.service import Service, running_service

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PEOPLE = {
    "chen": "technologist", "lin": "physicist", "wu": "auditor", "root": "admin", "guest": "viewer",
}  # fmt: skip
"""Who works here, with their roles; the password of all is that of the small site."""
_DEVICE = """\
[devices.camera-{number}]
name = "Camera {number}"
kind = "gamma_camera"
ae_titles = ["CAMERA{number}"]
detectors = 2

[devices.camera-{number}.parameters.intrinsic_uniformity]
ufov_width_mm = 512.0
ufov_height_mm = 384.0

"""
_SCHEDULE = """\
[[rule]]
id = "morning"
kinds = ["gamma_camera"]
tests = ["intrinsic_uniformity"]
repeat = "FREQ=DAILY"
start = "00:00"
due = "20:00"
end = "23:30"
"""
_ALERTS = """\
[policy]
group_wait_s = 0.0
group_interval_s = 0.0
settle_min = 0.0

[digest]
enabled = false

[mail]
host = "127.0.0.1"
port = {port}
security = "none"
sender = "photopeak@example.org"
recipients = ["physics@example.org"]
"""


@dataclass
class Department:
    """A department whose service runs, seen through a browser."""

    service: Service
    mail: MailServer
    browser: Browser
    language: str
    zone: timezone
    scratch: Path
    seed: int = 0

    def words(self, english: str, chinese: str) -> str:
        """Return what is said in the language of the pages."""
        return chinese if self.language == "zh" else english

    @contextmanager
    def window_of(self, name: str, path: str = "/", **options: Any) -> Iterator[Window]:
        """Open a window in which somebody has signed in to a page."""
        with self.window(**options) as opened:
            opened.goto(path)
            opened.sign_in(name)
            yield opened

    @contextmanager
    def mail_window(self, letter: Received, **options: Any) -> Iterator[Window]:
        """Open a mail as a page of its own, on which nothing keeps a script from running."""
        with self.window(**options) as opened:
            page = page_of(letter)
            opened.page.route(
                "**/a-mail",
                lambda route: route.fulfill(content_type="text/html; charset=utf-8", body=page),
            )
            opened.goto("/a-mail")
            yield opened

    @contextmanager
    def window(self, **options: Any) -> Iterator[Window]:
        """Open a window of nobody yet."""
        with window(self.browser, self.service.url, self.language, **(options or DESK)) as opened:
            yield opened

    def push_flood(
        self, camera: int, *, bad: bool = False, series: str = "Intrinsic Flood", ago_min: int = 60
    ) -> str:
        """Measure a flood with a camera and push it with storescu; returns its series."""
        self.seed += 1
        measured = datetime.now(self.zone).replace(microsecond=0) - timedelta(minutes=ago_min)
        dataset = flood(
            SIEMENS,
            Labels(series=series),
            measured,
            np.random.default_rng(self.seed),
            second=(COLD_SPOT,) if bad else (),
        )
        return self.push(camera, dataset)

    def push(self, camera: int, dataset: Dataset) -> str:
        """Push an object with storescu as a camera does; returns its series."""
        dataset.DeviceSerialNumber = str(1000 + camera)
        dataset.StationName = f"CAMERA{camera}"
        dcmtk(
            "storescu", "-aet", f"CAMERA{camera}", "-aec", "PHOTOPEAK",
            "127.0.0.1", self.service.dicom_port, write(dataset, self.scratch),
        )  # fmt: skip
        return str(dataset.SeriesInstanceUID)

    def analysed(self, uid: str) -> dict[str, Any]:
        """Wait for the result of a series."""

        def found() -> dict[str, Any] | None:
            if not any(each["series_instance_uid"] == uid for each in self.service.series()):
                return None
            series = self.service.api(f"/series/{uid}")
            for test_set in series["test_sets"]:
                for each in self.service.api(f"/test-sets/{test_set}")["results"]:
                    if each["current"]:
                        return dict(self.service.api(f"/results/{each['id']}"))
            return None

        return eventually(
            found, seconds=180.0, what=lambda: f"a result: {self.service.log()[-3000:]}"
        )

    def state_of(self, uid: str) -> str:
        """Return the state of a series; empty before it came."""
        found = {each["series_instance_uid"]: each["state"] for each in self.service.series()}
        return str(found.get(uid, ""))

    def waited_for(self, uid: str, state: str) -> None:
        """Wait until a series is in a state."""
        eventually(lambda: self.state_of(uid) == state, seconds=180.0, what=f"{uid} is {state}")

    def letter(self, *words: str) -> Received:
        """Wait for a mail that says something."""

        def found() -> Received | None:
            for each in reversed(list(self.mail.received)):
                text = f"{each.mail['Subject']}\n{text_of(each)}"
                if all(word in text for word in words):
                    return each
            return None

        return eventually(
            found,
            seconds=180.0,
            what=f"a mail with {words}: {[(r.mail['Subject'], text_of(r)) for r in self.mail.received]}",
        )


def text_of(letter: Received) -> str:
    """Return the text of a mail as those read it who read no HTML."""
    part = letter.mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def page_of(letter: Received) -> str:
    """Return the HTML of a mail as a mail program shows it, with its picture in its place."""
    part = letter.mail.get_body(("html",))
    assert part is not None
    html = str(part.get_content())
    for each in letter.mail.walk():
        if each.get_content_type() == "image/png":
            name = each["Content-ID"].strip("<>")
            drawn = base64.b64encode(each.get_content()).decode()
            html = html.replace(f"cid:{name}", f"data:image/png;base64,{drawn}")
    return html


def link_of(letter: Received, path: str) -> str:
    """Return the link of a mail to a kind of page, as its text has it."""
    found = re.search(rf"http://[^\s/]+{path}[^\s)>]*", text_of(letter))
    assert found is not None, text_of(letter)
    return found.group()


def noon_zone() -> tuple[str, timezone]:
    """Return a time zone in which it is about noon, so that no test begins at midnight."""
    ahead = 12 - datetime.now(UTC).hour
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT", timezone(timedelta(hours=ahead))


@contextmanager
def department(
    folder: Path,
    browser: Browser,
    language: str,
    *,
    cameras: int = 4,
    routes: str = "",
    settings: Mapping[str, Mapping[str, object]] | None = None,
) -> Iterator[Department]:
    """Run the service of a department whose people speak a language."""
    name, zone = noon_zone()
    with (
        MailServer() as mail,
        running_service(
            folder,
            devices="".join(_DEVICE.format(number=n + 1) for n in range(cameras)),
            schedule=_SCHEDULE,
            alerts=_ALERTS.format(port=mail.port) + routes,
            settings={
                "site": {"language": language, "time_zone": name, "name": "Nuclear medicine"},
                "inbox": {"quiet_s": 0.4},
                **(settings or {}),
            },
        ) as service,
    ):
        configured = load(service.folder / "config" / "photopeak.toml", environment={}).settings
        database = open_database(configured.database, configured.data)
        try:
            for person, role in PEOPLE.items():
                web_scene.make_user(database, role, name=person)
        finally:
            database.close()
        yield Department(service, mail, browser, language, zone, folder / "pushed")

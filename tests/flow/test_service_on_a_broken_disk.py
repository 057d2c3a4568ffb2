"""The kernel takes the disk away from the whole service while consoles push, database and all."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest

from support import processes, pushes
from support.mounts import Disk
from support.ports import eventually
from support.pusher import Push, Pusher, pushing
from support.service import Service, running_service


@pytest.mark.root
def test_a_disk_that_gives_up_under_load_takes_nothing_with_it(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    folder.mkdir()
    disk = Disk(tmp_path / "image", folder / "data", megabytes=300)
    try:
        with running_service(
            folder, devices=pushes.DEVICES, settings={"inbox": {"quiet_s": 0.2}}
        ) as service:
            with pushing(lambda: service.dicom_port, tmp_path / "files") as pusher:
                eventually(lambda: len(pusher.acknowledged) >= 5, what="pushes are under way")
                disk.give_up()
                what_is_refused_is_to_be_sent_again(pusher)
                assert "storage" in whats_wrong(service)
                a_worker_that_cannot_begin_says_why(service)
            assert service.processes["serve"].poll() is None
            service.stop()
            disk.repair()
            (folder / "serve.log").rename(folder / "before.txt")
            service.start()
            service.wait_until_up()
            eventually(lambda: not whats_wrong(service), what=service.log)
            for entry in pushes.settled(service, *pusher.acknowledged):
                assert (entry["state"], entry["instances"]) == ("ANALYZED", 1), entry
                for result in pushes.results_of(service, entry["series_instance_uid"]).values():
                    assert result["version"] == 1
    finally:
        disk.close()


def what_is_refused_is_to_be_sent_again(pusher: Pusher) -> None:
    """Wait until pushes are refused; nothing else may come of them any more, and none hangs."""

    def to_be_sent_again(push: Push) -> bool:
        # Where the file system says itself that it is read-only, nobody is let in to begin with.
        return push.transient or "Rejected Transient" in push.output

    def refused() -> int:
        return sum(map(to_be_sent_again, pusher.made))

    eventually(lambda: refused() >= 1, what=lambda: f"{[p.output for p in pusher.made[-2:]]}")
    accepted, first = len(pusher.acknowledged), refused()
    eventually(lambda: refused() >= first + 5, what="more are refused")
    assert len(pusher.acknowledged) == accepted
    assert all(push.ok or to_be_sent_again(push) for push in pusher.made), pusher.made[-1].output


def whats_wrong(service: Service) -> list[str]:
    """Return the parts of the service that are not ready."""
    reply = httpx.get(
        f"{service.url}/readyz",
        headers={"Authorization": f"Bearer {service.token}"},
        timeout=30.0,
    )
    checks = reply.json()["checks"]
    wrong = [name for name, check in checks.items() if check["status"] != "pass"]
    assert reply.status_code == (503 if wrong else 200)
    return wrong


def a_worker_that_cannot_begin_says_why(service: Service) -> None:
    """Kill the worker: the next one finds no disk to begin with."""
    worker = re.findall(r"worker started as process (\d+)", service.log())[-1]
    processes.kill(int(worker))
    eventually(
        lambda: "cannot work at present" in service.log(),
        seconds=60.0,
        what=lambda: service.log()[-3000:],
    )

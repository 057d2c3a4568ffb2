"""The service runs where nothing is given: no variables, no home, no right to write outside."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from photopeak.app import prepare_database
from photopeak.settings import load, packaged_config
from support import pushes
from support.ports import free_port
from support.service import Service

NOBODY = 65_534

_CONFINED = """
set -e
mount --make-rprivate /
mount --bind "$1" /mnt
mount --bind /tmp /mnt/all-of-tmp
mount -t tmpfs -o size=64m,mode=1777 tmpfs /tmp
uid=$2 kept=$3
shift 3
for folder in $kept; do
    mkdir -p "/tmp/$folder"
    mount --bind "/mnt/all-of-tmp/$folder" "/tmp/$folder"
done
umount /mnt/all-of-tmp
mount -o remount,bind,ro /
cd /
exec setpriv --reuid="$uid" --regid="$uid" --clear-groups --no-new-privs \
    --inh-caps=+dac_read_search --ambient-caps=+dac_read_search \
    --bounding-set=-all,+dac_read_search "$@"
"""
"""A mount space of its own: the folder of the test at /mnt, all else read-only, 64 MB of /tmp.

Of the real /tmp only the folders named remain: the interpreter and the program may lie there.

Nobody may read what root may read, because the interpreter of a test may lie in a home folder.
"""


def configured(folder: Path) -> Service:
    """Write a configuration that reads the same at another place; nothing is started."""
    dicom, http = free_port(), free_port()
    config = folder / "config"
    config.mkdir(parents=True)
    (config / "devices.toml").write_text(pushes.DEVICES, "utf-8")
    (config / "photopeak.toml").write_text(
        'data = "../data"\n'
        f'[site]\nname = "核医学科"\ntime_zone = "Asia/Shanghai"\n'
        f'[listener]\nhost = "127.0.0.1"\nport = {dicom}\n'
        f"[inbox]\nquiet_s = 1.0\nfree_space_floor_bytes = 0\n[web]\nport = {http}\n"
        '[logging]\nformat = "text"\n',
        "utf-8",
    )
    _, token = prepare_database(load(config / "photopeak.toml", environment={}).settings)
    return Service(folder, dicom, f"http://127.0.0.1:{http}", token or "")


@contextmanager
def started(
    service: Service, command: Sequence[str], variables: Mapping[str, str]
) -> Iterator[None]:
    """Run a command that becomes the service, with these variables and no others."""
    with (service.folder / "serve.log").open("ab") as log:
        service.processes["serve"] = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
            env=dict(variables),
        )  # fmt: skip
    try:
        service.wait_until_up()
        yield
    finally:
        service.stop()


def program_folders_in_tmp() -> list[str]:
    """Return the folders below /tmp, relative to it, that Python and the program are read from."""
    tmp = Path("/tmp").resolve()
    read = (sys.prefix, sys.base_prefix, *sys.path, packaged_config())
    folders = {Path(folder).resolve() for folder in read if folder}
    found = sorted(f for f in folders if f.is_dir() and f != tmp and f.is_relative_to(tmp))
    return [str(f.relative_to(tmp)) for f in found]


def works(service: Service, tmp_path: Path) -> None:
    """Push a flood in and wait for its result."""
    flood = pushes.flood_file(tmp_path, 31)
    sent = subprocess.run(
        [
            sys.executable, "-m", "photopeak", "send", "--calling", "STORESCU",
            f"PHOTOPEAK@127.0.0.1:{service.dicom_port}", str(flood),
        ],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert sent.returncode == 0, sent.stderr
    uid = pushes.series_of(flood)
    (entry,) = pushes.settled(service, uid)
    assert pushes.results_of(service, uid)["intrinsic_uniformity"]["status"] == "PASS", entry
    assert "Traceback" not in service.log()


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"LANG": "C", "TZ": "Pacific/Chatham"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "TZ": "No/Where"},
    ],
    ids=["none", "LANG=C", "ASCII"],
)
def test_it_runs_without_variables(tmp_path: Path, variables: Mapping[str, str]) -> None:
    service = configured(tmp_path / "a")
    command = [sys.executable, "-m", "photopeak", "serve", "--config", str(tmp_path / "a/config")]

    with started(service, command, variables):
        works(service, tmp_path)

    assert service.processes["serve"].returncode == 0


def test_it_runs_as_nobody_on_a_read_only_root_with_a_small_tmp(tmp_path: Path) -> None:
    if os.geteuid() != 0 or not shutil.which("unshare") or not shutil.which("setpriv"):
        pytest.skip("needs the rights of root, unshare and setpriv")
    service = configured(tmp_path / "a")
    (tmp_path / "a/all-of-tmp").mkdir()
    for path in [service.data, *service.data.rglob("*")]:
        os.chown(path, NOBODY, NOBODY)
    command = [
        "unshare", "--mount", "/bin/sh", "-c", _CONFINED, "sh", str(tmp_path / "a"), str(NOBODY),
        " ".join(program_folders_in_tmp()), sys.executable, "-m", "photopeak", "serve", "--config", "/mnt/config",
    ]  # fmt: skip

    with started(service, command, {"LANG": "C", "TZ": "Asia/Kathmandu"}):
        works(service, tmp_path)
        proc = Path("/proc") / str(service.processes["serve"].pid)
        status = (proc / "status").read_text("ascii")
        mounts = [line.split() for line in (proc / "mountinfo").read_text("ascii").splitlines()]

    assert f"Uid:\t{NOBODY}\t{NOBODY}\t{NOBODY}\t{NOBODY}" in status
    assert [m[5].split(",")[0] for m in mounts if m[4] == "/"][-1] == "ro"
    assert service.processes["serve"].returncode == 0
    others = [p for p in service.data.rglob("*") if p.stat().st_mode & 0o007]
    assert others == []

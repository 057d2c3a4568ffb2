"""Ingest against DCMTK and Orthanc: ratios of medians, measured in turns (A B C A B C ...) in one run.

The sender is a process of its own that says ready-made PDUs over raw sockets and waits for each
answer, so that what is compared is the receivers. Every receiver writes its files into its own
folder below ``--folder``; nothing is deleted before the end, because creating files where many
have just been removed is slow on ext4 for everybody.

    python tests/benchmarks/ingest.py --loads pet tiny --associations 1 8 --durability none sync

The durability ``files`` is the listener alone: files without hash, check, sync and row.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import os
import shutil
import signal
import socket
import sqlite3
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.dicom_peer import (
    EXPLICIT,
    P_DATA,
    associate_request,
    data_set,
    p_data,
    pdv,
    store_command,
)
from support.ports import eventually, free_port
from support.programs import orthanc, program

PET = "1.2.840.10008.5.1.4.1.1.128"
UID = "1.2.826.0.1.3680043.8.498.1{run:010d}.1{number:08d}"
LOADS = {"tiny": 34_000, "pet": 167_000, "ct": 525_000, "nm": 2_100_000}
BYTES_PER_RUN = 60_000_000
MAXIMUM_INSTANCES = 600


# The sender, a process of its own ------------------------------------------------------------


def say(
    port: int, called: str, size: int, numbers: range, run: int, start: threading.Event
) -> None:
    """Send instances over one association, each after the answer to the last."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(associate_request([(1, PET, (EXPLICIT,))], called=called))
        reader = connection.makefile("rb")
        header = reader.read(6)
        body = reader.read(struct.unpack(">L", header[2:])[0])
        assert header[0] == 2, f"association refused: {header.hex()} {body.hex()}"
        place = body.index(b"\x51\x00\x00\x04") + 4
        longest = struct.unpack(">L", body[place : place + 4])[0] or 131_072
        template = UID.format(run=0, number=0)
        message = bytearray(_message(template, size, longest))
        places = _places(message, template.encode())
        start.wait()
        for number in numbers:
            uid = UID.format(run=run, number=number).encode()
            for where in places:
                message[where : where + len(uid)] = uid
            connection.sendall(message)
            header = reader.read(6)
            answer = reader.read(struct.unpack(">L", header[2:])[0])
            assert header[0] == P_DATA, "aborted"
            where = answer.index(b"\x00\x00\x00\x09\x02\x00\x00\x00") + 8
            status = struct.unpack("<H", answer[where : where + 2])[0]
            assert status == 0, f"status {status:04X}"
        connection.sendall(b"\x05\0\0\0\0\x04\0\0\0\0")
        reader.read(10)


def _message(uid: str, size: int, longest: int) -> bytes:
    body = data_set(uid, size, PET)
    command = p_data(pdv(1, 3, store_command(sop_class=PET, instance=uid)))
    step = longest - 6
    pieces = [body[i : i + step] for i in range(0, len(body), step)]
    last = len(pieces) - 1
    return command + b"".join(
        p_data(pdv(1, 2 if n == last else 0, piece)) for n, piece in enumerate(pieces)
    )


def _places(message: bytearray, uid: bytes) -> list[int]:
    places, at = [], message.find(uid)
    while at >= 0:
        places.append(at)
        at = message.find(uid, at + 1)
    return places


def send(port: int, called: str, size: int, count: int, associations: int, run: int) -> float:
    """Send `count` instances; returns the seconds from the first byte to the last answer."""
    start = threading.Event()
    shares = [range(n, count, associations) for n in range(associations)]
    failures: list[BaseException] = []

    def work(share: range) -> None:
        try:
            say(port, called, size, share, run, start)
        except BaseException as error:  # noqa: BLE001 - reported by the main thread
            failures.append(error)

    threads = [threading.Thread(target=work, args=(share,)) for share in shares]
    for thread in threads:
        thread.start()
    time.sleep(0.2)
    begin = time.perf_counter()
    start.set()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return time.perf_counter() - begin


# The receivers -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Receiver:
    """A server under test."""

    name: str
    port: int
    called: str
    process_ids: tuple[int, ...]
    folder: Path | None = None
    """Where rows are made of what was sent; nobody else is measured meanwhile."""

    def rows(self) -> int:
        """Return how many instances have their row."""
        if self.folder is None:
            return 0
        with sqlite3.connect(f"file:{self.folder}/photopeak.sqlite3?mode=ro", uri=True) as database:
            (count,) = database.execute("SELECT count(*) FROM instances").fetchone()
        database.close()
        return int(count)

    def settle(self, rows: int) -> float:
        """Return the seconds until there are so many rows: everything acknowledged has its own."""
        begin = time.perf_counter()
        if self.folder is not None:
            eventually(lambda: self.rows() >= rows, seconds=120)
        return time.perf_counter() - begin


@contextlib.contextmanager
def photopeak(folder: Path, durability: str, **settings: object) -> Iterator[Receiver]:
    """Run the listener with the inbox as the service does."""
    folder.mkdir(parents=True)
    values = {"host": "127.0.0.1", "port": 0, "maximum_connections": 300,
              "maximum_connections_per_peer": 300, "idle_timeout_s": 600.0, **settings}  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, __file__, "--serve", str(folder), durability, json.dumps(values)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        rows = folder if durability != "files" else None
        yield Receiver(f"photopeak {durability}", port, "PHOTOPEAK", (process.pid,), rows)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        assert process.stdout is not None
        process.stdout.close()


class PlainFiles:
    """A store that only writes files, as storescp does: what the listener alone costs."""

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder)
        self._numbers = itertools.count()

    def begin(self, reception: object) -> PlainFile:
        """Open a file."""
        return PlainFile(f"{self._folder}/{os.getpid()}-{next(self._numbers)}")

    def accepting(self) -> None:
        """Accept."""

    def quick(self) -> None:
        """Offer no other way."""

    def close(self) -> None:
        """Do nothing."""


class PlainFile:
    """A file on its way, without hash, check, sync and row."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._handle = os.open(f"{path}.part", os.O_WRONLY | os.O_CREAT)

    def writev(self, views: Sequence[memoryview]) -> None:
        """Write."""
        os.writev(self._handle, views)

    def commit(self) -> object:
        """Close, and give the file its name."""
        from photopeak.model.reception import StoreOutcome, StoreStatus

        os.close(self._handle)
        os.rename(f"{self._path}.part", f"{self._path}.dcm")  # noqa: PTH104 - a path costs more
        return StoreOutcome(status=StoreStatus.SUCCESS)

    def discard(self) -> None:
        """Close."""
        os.close(self._handle)


def serve(folder: Path, durability: str, settings: dict[str, object]) -> None:
    """Be the listener; runs in a process of its own."""
    from photopeak.inbox.inbox import Inbox
    from photopeak.inbox.registrar import Registrar
    from photopeak.listener.service import run_listener
    from photopeak.settings import DatabaseSettings, Durability, InboxSettings, ListenerSettings
    from photopeak.storage import migrations
    from photopeak.storage.database import open_database

    database = open_database(DatabaseSettings(), folder)
    migrations.upgrade(database)
    database.close()
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    run_listener(
        ListenerSettings(**settings),  # type: ignore[arg-type]
        (),
        lambda: (
            PlainFiles(folder)  # type: ignore[arg-type,return-value]
            if durability == "files"
            else Inbox(
                InboxSettings(durability=Durability(durability), free_space_floor_bytes=0),
                folder,
                open_database(DatabaseSettings(), folder),
            )
        ),
        ready=lambda port, _tls: print(port, flush=True),
        stop=stop,
        make_registrar=(
            None
            if durability in ("files", "strict")
            else lambda: Registrar(
                InboxSettings(durability=Durability(durability)),
                folder,
                open_database(DatabaseSettings(), folder),
            )
        ),
    )


@contextlib.contextmanager
def storescp(folder: Path, *, tuned: bool) -> Iterator[Receiver]:
    """Run DCMTK's receiver, as installed or at its best setting."""
    folder.mkdir(parents=True)
    port = free_port()
    options = ["--fork", "+B", "-pdu", "131072"] if tuned else []
    environment = os.environ | ({"TCP_NODELAY": "1"} if tuned else {})
    process = subprocess.Popen(
        [program("storescp"), *options, "-od", str(folder), str(port)],
        env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        eventually(lambda: _listens(port), seconds=10)
        name = "storescp tuned" if tuned else "storescp"
        yield Receiver(name, port, "STORESCP", (process.pid,))
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def orthanc_server(folder: Path) -> Iterator[Receiver]:
    """Run Orthanc as installed, with Nagle's algorithm off."""
    with orthanc(folder) as server:
        yield Receiver("orthanc", server.dicom_port, "PACS", ())


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False


# The measurement -----------------------------------------------------------------------------


def measure(
    receivers: list[Receiver], size: int, associations: int, rounds: int
) -> tuple[dict[str, list[float]], dict[str, float]]:
    """Return bytes per second by receiver, one value per round, and the seconds until all rows."""
    count = max(associations * 4, min(MAXIMUM_INSTANCES, BYTES_PER_RUN // size))
    rates: dict[str, list[float]] = {receiver.name: [] for receiver in receivers}
    settled: dict[str, float] = {}
    for round_ in range(rounds + 1):
        for receiver in receivers:
            os.sync()  # nobody pays for what another one left to the kernel
            before = receiver.rows()
            arguments = [receiver.port, receiver.called, size, count, associations,
                         time.time_ns() // 1_000_000 % 10_000_000_000]  # fmt: skip
            done = subprocess.run(
                [sys.executable, __file__, "--send", json.dumps(arguments)],
                capture_output=True, text=True, check=False,
            )  # fmt: skip
            if done.returncode:
                raise SystemExit(f"{receiver.name}: {done.stderr}")
            if round_:  # the first one only warms up
                rates[receiver.name].append(count * size / float(done.stdout))
            seconds = receiver.settle(before + count)
            if receiver.folder is not None:
                settled[receiver.name] = max(seconds, settled.get(receiver.name, 0.0))
    return rates, settled


def report(
    load: str,
    associations: int,
    rates: dict[str, list[float]],
    settled: dict[str, float],
    base: str,
) -> None:
    """Print one line."""
    medians = {name: statistics.median(values) for name, values in rates.items()}
    reference = medians[base]
    cells = [
        f"{name} {median / reference:5.2f} ({median / 1e6:6.0f} MB/s)"
        + (f" rows after {settled[name]:.1f} s" if name in settled else "")
        for name, median in medians.items()
    ]
    print(f"{load:5s} x{associations:<3d} " + "   ".join(cells), flush=True)


def nagle(folder: Path, rounds: int) -> None:
    """Measure a stock storescu, which leaves Nagle's algorithm on."""
    files = folder / "sent"
    files.mkdir(parents=True)
    from pydicom.dataset import FileMetaDataset
    from pydicom.filewriter import write_file_meta_info

    for number in range(60):
        uid = UID.format(run=1, number=number)
        meta = FileMetaDataset()
        meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = PET, uid
        meta.TransferSyntaxUID = EXPLICIT
        with (files / f"{number}.dcm").open("wb") as file:
            file.write(bytes(128) + b"DICM")
            write_file_meta_info(file, meta)
            file.write(data_set(uid, LOADS["pet"], PET))
    with (
        photopeak(folder / "nagle", "sync") as ours,
        storescp(folder / "nagle-stock", tuned=False) as stock,
    ):
        seconds: dict[str, list[float]] = {ours.name: [], stock.name: []}
        for _ in range(rounds):
            for receiver in (ours, stock):
                begin = time.perf_counter()
                subprocess.run(
                    [program("storescu"), "-aec", receiver.called, "+sd", "127.0.0.1",
                     str(receiver.port), str(files)],
                    check=True, capture_output=True,
                )  # fmt: skip
                seconds[receiver.name].append(time.perf_counter() - begin)
    ratio = statistics.median(seconds[stock.name]) / statistics.median(seconds[ours.name])
    print(f"stock storescu, 60 PET slices: photopeak sync {ratio:.1f} x as fast as stock storescp")


def idle(folder: Path) -> None:
    """Measure the processor time of 200 idle associations."""
    with photopeak(folder / "idle", "sync") as ours:
        held = []
        for _ in range(200):
            connection = socket.create_connection(("127.0.0.1", ours.port))
            connection.sendall(associate_request())
            assert connection.recv(1) == b"\x02"
            held.append(connection)
        before, begin = _processor_seconds(ours.process_ids[0]), time.monotonic()
        time.sleep(5.0)
        used = _processor_seconds(ours.process_ids[0]) - before
        share = 100.0 * used / (time.monotonic() - begin)
        for connection in held:
            connection.close()
    print(f"200 idle associations: {share:.1f} % of a core")


def _processor_seconds(root: int) -> float:
    ticks = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = path.read_text().rpartition(")")[2].split()
            if int(path.parent.name) == root or int(fields[1]) == root:
                ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--loads", nargs="+", choices=LOADS, default=["pet", "tiny"])
    parser.add_argument("--associations", nargs="+", type=int, default=[1, 4, 8, 16])
    parser.add_argument("--durability", nargs="+", choices=["files", "none", "sync", "strict"],
                        default=["none", "sync"])  # fmt: skip
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path, help="where the receivers write; default: a new one")
    parser.add_argument("--no-orthanc", action="store_true")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--only", nargs="+", choices=["rates", "nagle", "idle"],
                        default=["rates", "nagle", "idle"])  # fmt: skip
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="ingest-", dir=options.folder))
    try:
        if "rates" in options.only:
            with contextlib.ExitStack() as stack:
                receivers = [stack.enter_context(storescp(folder / "tuned", tuned=True))]
                receivers.extend(
                    stack.enter_context(photopeak(folder / kind, kind, workers=options.workers))
                    for kind in options.durability
                )
                if not options.no_orthanc:
                    receivers.append(stack.enter_context(orthanc_server(folder / "orthanc")))
                print(f"ratios to {receivers[0].name}, medians of {options.rounds} rounds")
                for load in options.loads:
                    for associations in options.associations:
                        rates, settled = measure(
                            receivers, LOADS[load], associations, options.rounds
                        )
                        report(load, associations, rates, settled, receivers[0].name)
        if "nagle" in options.only:
            nagle(folder, min(options.rounds, 3))
        if "idle" in options.only:
            idle(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve(Path(sys.argv[2]), sys.argv[3], json.loads(sys.argv[4]))
    elif sys.argv[1:2] == ["--send"]:
        print(send(*json.loads(sys.argv[2])))
    else:
        main()

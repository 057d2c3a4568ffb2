"""A throw-away PostgreSQL server for tests, as durable as a real one.

It runs as an unprivileged user (the server refuses to run as root), listens on a Unix socket in
its own folder, and keeps its data in memory where there is room, so that syncing costs nothing.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

_BINARIES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/local/pgsql/bin")
_ROOM_BYTES = 512 * 1024 * 1024
_START_S = 60.0
_CONFIGURATION = """
listen_addresses = ''
unix_socket_directories = '{folder}'
shared_buffers = 16MB
max_connections = 60
max_wal_size = 64MB
min_wal_size = 32MB
autovacuum = off
log_min_messages = fatal
"""


def binaries() -> Path | None:
    """Return the folder of the server's programs, or None when it is not installed."""
    for pattern in _BINARIES:
        root, _, rest = pattern.partition("*")
        parent = Path(root).parent if rest else Path(pattern)
        found = sorted(parent.glob(Path(pattern).relative_to(parent).as_posix()), reverse=True)
        for folder in found if rest else [parent]:
            if (folder / "initdb").exists():
                return folder
    found_program = shutil.which("initdb")
    return Path(found_program).resolve().parent if found_program else None


class PostgresServer:
    """One server; stop and start it as a test likes."""

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        self._folder = Path(tempfile.mkdtemp(prefix="pp-pg-", dir=_roomy()))
        self._user = _unprivileged()
        if self._user is not None:
            os.chown(self._folder, self._user.pw_uid, self._user.pw_gid)
        self._data = self._folder / "data"
        self._server: subprocess.Popen[bytes] | None = None
        self._run(
            "initdb", "-D", str(self._data), "-U", "photopeak", "-A", "trust", "-E", "UTF8",
            "--locale=C", "--no-sync",
        )  # fmt: skip
        with (self._data / "postgresql.conf").open("a") as file:
            file.write(_CONFIGURATION.format(folder=self._folder))
        self.start()

    def url(self, database: str = "postgres") -> str:
        """Return the address of a database of this server."""
        return f"postgresql+psycopg://photopeak@/{database}?host={self._folder}"

    def execute(self, statement: str, database: str = "postgres") -> None:
        """Run one statement outside any transaction."""
        import psycopg

        with psycopg.connect(self._conninfo(database), autocommit=True) as connection:
            connection.execute(statement.encode())

    def start(self) -> None:
        """Start the server and wait until it answers."""
        import psycopg

        self._server = self._popen("postgres", "-D", str(self._data))
        deadline = time.monotonic() + _START_S
        while True:
            try:
                psycopg.connect(self._conninfo("postgres")).close()
            except psycopg.OperationalError:
                if self._server.poll() is not None or time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
            else:
                return

    def stop(self, *, immediately: bool = False) -> None:
        """Stop the server; `immediately` as if the machine had gone down."""
        if self._server is None:
            return
        mode = "immediate" if immediately else "fast"
        self._run("pg_ctl", "-D", str(self._data), "-m", mode, "-w", "stop")
        self._server.wait(30.0)
        self._server = None

    def reload(self, setting: str, value: str) -> None:
        """Let the server read its configuration again, and wait until a setting has changed."""
        import psycopg

        self._run("pg_ctl", "-D", str(self._data), "reload")
        deadline = time.monotonic() + _START_S
        while True:
            with psycopg.connect(self._conninfo("postgres")) as connection:
                row = connection.execute("SELECT current_setting(%s)", (setting,)).fetchone()
            if row == (value,):
                return
            if time.monotonic() > deadline:
                raise RuntimeError(f"{setting} did not become {value}")
            time.sleep(0.02)

    def close(self) -> None:
        """Stop the server and remove what it kept."""
        try:
            self.stop(immediately=True)
        finally:
            if self._server is not None:
                self._server.kill()
                self._server.wait()
            shutil.rmtree(self._folder, ignore_errors=True)

    def _conninfo(self, database: str) -> str:
        return f"host={self._folder} user=photopeak dbname={database} connect_timeout=5"

    def _popen(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        identity: dict[str, object] = {}
        if self._user is not None:
            identity = {
                "user": self._user.pw_uid,
                "group": self._user.pw_gid,
                "extra_groups": [],
            }
        return subprocess.Popen(  # type: ignore[call-overload, no-any-return]
            [str(self._programs / program), *arguments],
            cwd=self._folder,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "HOME": str(self._folder)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if program != "postgres" else subprocess.DEVNULL,
            stderr=subprocess.STDOUT if program != "postgres" else subprocess.DEVNULL,
            start_new_session=True,
            **identity,
        )

    def _run(self, program: str, *arguments: str) -> None:
        with self._popen(program, *arguments) as process:
            output, _ = process.communicate(timeout=120.0)
        if process.returncode != 0:
            raise RuntimeError(f"{program} failed: {output.decode(errors='replace')}")


def _unprivileged() -> pwd.struct_passwd | None:
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError("there is no unprivileged user to run PostgreSQL as")


def _roomy() -> str | None:
    memory = Path("/dev/shm")
    usable = memory.is_dir() and os.access(memory, os.W_OK)
    return str(memory) if usable and shutil.disk_usage(memory).free > _ROOM_BYTES else None

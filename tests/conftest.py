"""Fixtures that several rooms share: databases of both kinds, empty and up to date."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from photopeak.settings import DatabaseSettings
from photopeak.storage import migrations
from photopeak.storage.database import Database, open_database
from support import postgres

_TEMPLATE = "photopeak_template"


@pytest.fixture(scope="session")
def _empty_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("empty-sqlite")
    database = open_database(DatabaseSettings(), folder)
    migrations.upgrade(database)
    database.close()
    return folder / "photopeak.sqlite3"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.PostgresServer]:
    """Start a PostgreSQL server for this run; tests that stop it start it again."""
    programs = postgres.binaries()
    if programs is None:
        pytest.skip("no PostgreSQL server is installed on this machine")
    server = postgres.PostgresServer(programs)
    try:
        server.execute(f"CREATE DATABASE {_TEMPLATE}")
        template = open_database(
            DatabaseSettings(url=SecretStr(server.url(_TEMPLATE))), Path("unused")
        )
        migrations.upgrade(template)
        template.close()
        yield server
    finally:
        server.close()


@pytest.fixture
def postgres_url(
    postgres_server: postgres.PostgresServer, request: pytest.FixtureRequest
) -> Iterator[str]:
    """Return the address of an empty, up-to-date PostgreSQL database of this test's own."""
    name = f"test_{abs(hash(request.node.nodeid)):x}"
    postgres_server.execute(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}")
    yield postgres_server.url(name)
    postgres_server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def sqlite_database(_empty_sqlite: Path, tmp_path: Path) -> Iterator[Database]:
    """Open an empty, up-to-date SQLite database in ``tmp_path / "data"``."""
    data = tmp_path / "data"
    data.mkdir(exist_ok=True)
    shutil.copy(_empty_sqlite, data / "photopeak.sqlite3")
    database = open_database(DatabaseSettings(), data)
    yield database
    database.close()


@pytest.fixture
def postgres_database(postgres_url: str, tmp_path: Path) -> Iterator[Database]:
    """Open an empty, up-to-date PostgreSQL database."""
    database = open_database(DatabaseSettings(url=SecretStr(postgres_url)), tmp_path)
    yield database
    database.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest) -> Database:
    """Open an empty, up-to-date database, once of each kind."""
    kind = "sqlite_database" if request.param == "sqlite" else "postgres_database"
    opened: Database = request.getfixturevalue(kind)
    return opened

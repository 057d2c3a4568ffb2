"""PostgreSQL as this service needs it, for set-ups over several hosts."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from photopeak.storage.errors import SchemaError

_DURABLE = {"fsync": "on", "full_page_writes": "on"}
_MAXIMUM_OVERFLOW = 20
_KEEPALIVE = {
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
}


def create_engine(url: sa.URL, *, timeout_s: float, pool_size: int) -> sa.Engine:
    """Return an engine that notices a restarted server and never waits for ever."""
    engine = sa.create_engine(
        url,
        pool_size=pool_size,
        max_overflow=_MAXIMUM_OVERFLOW,
        pool_timeout=timeout_s,
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": max(1, round(timeout_s)),
            "application_name": "photopeak",
            "tcp_user_timeout": 15_000,
            **_KEEPALIVE,
        },
    )

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        settings = (
            ("synchronous_commit", "on"),
            ("lock_timeout", f"{round(1000 * timeout_s)}ms"),
            ("timezone", "UTC"),
            ("client_encoding", "UTF8"),
        )
        with connection.cursor() as cursor:
            for name, value in settings:
                cursor.execute("SELECT set_config(%s, %s, false)", (name, value))
        connection.commit()

    return engine


def check_durability(connection: sa.Connection) -> None:
    """Refuse a server that forgets what it has committed when the power fails.

    Raises
    ------
    SchemaError
        Naming every setting that has to change.
    """
    faults = []
    for name, wanted in _DURABLE.items():
        found = connection.exec_driver_sql(f"SHOW {name}").scalar_one()
        if found != wanted:
            faults.append(f"{name} is {found}, must be {wanted}")
    found = connection.exec_driver_sql("SHOW synchronous_commit").scalar_one()
    if found not in ("on", "remote_apply"):
        faults.append(f"synchronous_commit is {found}, must be on")
    if faults:
        raise SchemaError(
            "this PostgreSQL server may lose committed rows: "
            + "; ".join(faults)
            + ". Change postgresql.conf and reload the server."
        )
    encoding = connection.exec_driver_sql("SHOW server_encoding").scalar_one()
    if encoding != "UTF8":
        raise SchemaError(
            f"the database has the encoding {encoding}, must be UTF8: create it with "
            "CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0"
        )

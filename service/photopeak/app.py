"""The composition root: settings go in, the roles of the service come out.

Nobody below reads the environment or opens files of configuration. Heavy libraries are imported
by the role that needs them, or before the fork where several need the same.
"""

from __future__ import annotations

import errno
import logging
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from photopeak import logs
from photopeak.inbox.errors import InboxError
from photopeak.memory import give_back, import_pydicom, keep_numpy_out
from photopeak.model.documents import Statement
from photopeak.model.reception import Entrance, StoreOutcome
from photopeak.settings import Durability, Settings
from photopeak.storage import migrations
from photopeak.storage.database import Database, open_database
from photopeak.storage.errors import StorageError
from photopeak.supervisor import CONFIGURATION_EXIT_CODE, Role, Supervisor, notify

if TYPE_CHECKING:
    from photopeak.analysis.site import Site
    from photopeak.inbox.inbox import Inbox
    from photopeak.inbox.registrar import Registrar
    from photopeak.listener.association_log import AssociationLog
    from photopeak.model.associations import AssociationRecord

logger = logging.getLogger(__name__)

_NO_ADDRESS = frozenset({errno.EADDRINUSE, errno.EADDRNOTAVAIL, errno.EACCES})


def serve(
    settings: Settings,
    site: Site,
    *,
    show: Callable[[str], None],
    remarks: Sequence[str] = (),
) -> int:
    """Run every role on this machine until it is told to stop; returns the exit code.

    `show` prints a line for the person at the terminal: where the service is, and the first token.
    `remarks` on the configuration go to the log.
    """
    from photopeak.inbox import layout
    from photopeak.inbox.lock import data_lock
    from photopeak.inbox.recovery import recover

    keep_numpy_out()
    logs.configure(settings.logging, process="supervisor")
    log_remarks(remarks)
    layout.make(settings.data)
    with data_lock(settings.data):
        backup, token = prepare_database(settings)
        if backup is not None:
            logger.info("the database was upgraded, backup in %s", backup)
        with database_of(settings) as database:
            recover(settings.data, database)
        show(f"Photopeak {version('photopeak')} keeps its data in {settings.data.resolve()}")
        listener = settings.listener
        show(f"DICOM  {listener.ae_title}@{listener.host}:{listener.port}")
        show(f"pages  http://{_shown_host(settings.web.host)}:{settings.web.port}/")
        if token is not None:
            show(f"token  {token}    (makes the first administrator; shown this once)")
        return Supervisor(
            [
                # The pages come up while the libraries of the others are still being read.
                _role("web", lambda: run_web(settings, site), prepare=_import_web),
                _role("listener", lambda: run_listen(settings, site), prepare=_import_listener),
                # The last one shares what it imports with nobody: the supervisor would only keep it twice.
                _role("worker", lambda: run_work(settings, site)),
            ]
        ).run()


def listen_alone(settings: Settings, site: Site, *, remarks: Sequence[str] = ()) -> int:
    """Put right what a crash left behind, then run the listener; for a host of its own."""
    from photopeak.inbox.recovery import recover

    logs.configure(settings.logging, process="listener")
    log_remarks(remarks)
    with database_of(settings) as database:
        recover(settings.data, database)
    return run_listen(settings, site)


def work_alone(settings: Settings, site: Site, *, remarks: Sequence[str] = ()) -> int:
    """Run a worker; for a host of its own."""
    logs.configure(settings.logging, process="worker")
    log_remarks(remarks)
    return run_work(settings, site)


def web_alone(settings: Settings, site: Site, *, remarks: Sequence[str] = ()) -> int:
    """Run the HTTP side; for a host of its own."""
    logs.configure(settings.logging, process="web")
    log_remarks(remarks)
    return run_web(settings, site)


def log_remarks(remarks: Sequence[str]) -> None:
    """Log what is allowed and unwise in the configuration."""
    for remark in remarks:
        logger.warning("configuration: %s", remark)


def run_listen(settings: Settings, site: Site) -> int:
    """Run the DICOM listener until SIGTERM."""
    keep_numpy_out()
    import_pydicom()
    from photopeak.listener.errors import ListenerError
    from photopeak.listener.service import run_listener

    logs.configure(settings.logging, process="listener")
    stop = stop_on_signals()

    def ready(port: int, tls_port: int | None) -> None:
        anybody = settings.listener.for_devices(site.devices).accept_unknown_callers
        logger.info(
            "listening for %s on port %d%s, to %s",
            settings.listener.ae_title,
            port,
            f", with TLS on port {tls_port}" if tls_port is not None else "",
            "anybody" if anybody else "AE titles and networks of configured devices",
        )
        notify("READY=1")

    try:
        run_listener(
            settings.listener,
            site.devices,
            lambda: open_inbox(settings),
            ready=ready,
            stop=stop,
            make_registrar=_registrar_of(settings),
            make_log=lambda: _association_log(settings),
        )
    except ListenerError as error:
        logger.error("the listener cannot start: %s", error)
        return CONFIGURATION_EXIT_CODE if error.final else 1
    return 0


def run_work(settings: Settings, site: Site) -> int:
    """Run a worker until SIGTERM."""
    keep_numpy_out()
    import_pydicom()
    from photopeak.analysis.worker import Worker
    from photopeak.duties import duties_of

    logs.configure(settings.logging, process="worker")
    stop = stop_on_signals()
    with database_of(settings) as database:
        worker = Worker(
            database=database, data=settings.data, site=site, duties=duties_of(site, database)
        )
        worker.run(stop, ready=lambda: notify("READY=1"))
    return 0


def run_web(settings: Settings, site: Site) -> int:
    """Run the HTTP side until SIGTERM."""
    keep_numpy_out()
    from photopeak.api import server
    from photopeak.api.app import create_app
    from photopeak.web.warming import warm_up
    from photopeak.web_context import api_context

    logs.configure(settings.logging, process="web")
    stop = stop_on_signals()
    with database_of(settings) as database:
        inbox = open_inbox(settings, database)
        try:
            with api_context(settings, site, database, inbox) as context:
                app = create_app(context)

                def settle() -> None:
                    warm_up(context.pages)
                    give_back()

                def ready(_: int) -> None:
                    notify("READY=1")
                    threading.Thread(target=settle, daemon=True, name="warm up").start()

                server.run(app, settings.web, ready=ready, stop=stop)
        except OSError as error:
            if error.errno not in _NO_ADDRESS:
                raise
            web = settings.web
            logger.error(
                "pages and API cannot start: port %d on %s cannot be had: %s",
                web.port,
                web.host,
                error.strerror,
            )
            return CONFIGURATION_EXIT_CODE
        finally:
            inbox.close()
    return 0


@contextmanager
def database_of(settings: Settings) -> Iterator[Database]:
    """Open the database of the settings, which has to be up to date."""
    database = open_database(settings.database, settings.data)
    try:
        migrations.check(database)
        yield database
    finally:
        database.close()


def prepare_database(settings: Settings) -> tuple[Path | None, str | None]:
    """Bring the schema up to date; returns the backup that was made, and the first token."""
    from photopeak.api.authentication import ensure_first_token
    from photopeak.inbox import layout

    layout.make(settings.data)
    database = open_database(settings.database, settings.data)
    try:
        backup = migrations.upgrade(database)
        return backup, ensure_first_token(database, now=utc_now())
    finally:
        database.close()


def import_paths(
    settings: Settings,
    files: Sequence[Path],
    *,
    statement: Statement | None = None,
    advance: Callable[[], None],
) -> list[tuple[Path, StoreOutcome]]:
    """Take files in by the same way as C-STORE; `statement` says what the documents among them are."""
    from photopeak.inbox.upload import receive_file

    outcomes = []
    with database_of(settings) as database:
        inbox = open_inbox(settings, database)
        try:
            for file in files:
                outcomes.append(
                    (
                        file,
                        receive_file(
                            inbox,
                            file,
                            sender="import",
                            address="",
                            entrance=Entrance.IMPORT,
                            statement=statement or Statement(),
                        ),
                    )
                )
                advance()
        finally:
            inbox.close()
    return outcomes


def requeue(
    database: Database,
    *,
    test: str | None,
    device_id: str | None,
    since: datetime | None,
    dry_run: bool,
) -> int:
    """Queue finished test sets again; returns how many."""
    from photopeak.model.test_sets import TestSetState
    from photopeak.storage import test_sets

    finished = (TestSetState.DONE, TestSetState.REFUSED, TestSetState.FAILED)
    after = since.replace(tzinfo=UTC) if since is not None and since.tzinfo is None else since
    cursor: str | None = None
    chosen: list[str] = []
    while True:
        with database.snapshot() as tx:
            page = test_sets.page(
                tx, limit=200, cursor=cursor, states=finished, device_id=device_id, test=test
            )
        chosen += [r.id for r in page.items if after is None or r.updated_at >= after]
        cursor = page.next_cursor
        if cursor is None:
            break
    if not dry_run:
        for test_set_id in chosen:
            with database.transaction() as tx:
                test_sets.queue(tx, test_set_id, now=utc_now())
    return len(chosen)


def utc_now() -> datetime:
    """Return the present moment, aware."""
    return datetime.now(UTC)


def open_inbox(settings: Settings, database: Database | None = None) -> Inbox:
    """Open the inbox of one process."""
    from photopeak.inbox.inbox import Inbox

    return Inbox(
        settings.inbox,
        settings.data,
        database or open_database(settings.database, settings.data),
        maximum_instance_bytes=settings.listener.maximum_instance_bytes,
        strict_data_set=settings.listener.strict_data_set,
    )


def _registrar_of(settings: Settings) -> Callable[[], Registrar] | None:
    """Return what opens the registrar of the receiving processes, None where they need none."""
    if settings.inbox.durability is Durability.STRICT or not settings.inbox.journal_bytes:
        return None
    from photopeak.inbox.registrar import Registrar

    return lambda: Registrar(
        settings.inbox, settings.data, open_database(settings.database, settings.data)
    )


def _association_log(settings: Settings) -> AssociationLog:
    """Return what remembers the associations of one receiving process."""
    from photopeak.listener.association_log import AssociationLog
    from photopeak.storage import associations, callers

    database: Database | None = None

    def write(records: Sequence[AssociationRecord]) -> None:
        nonlocal database
        # Opened by the thread that writes, for the first association that there is to tell of.
        database = database or open_database(settings.database, settings.data)
        with database.transaction() as tx:
            associations.add(tx, records)
            callers.note(tx, records, now=utc_now())

    return AssociationLog(write)


def stop_on_signals() -> threading.Event:
    """Return an event that SIGTERM and SIGINT set."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def _role(name: str, run: Callable[[], int], *, prepare: Callable[[], None] = lambda: None) -> Role:
    """Return a role that ends with a line in the log, to be tried again, when it cannot begin."""

    def begin() -> int:
        try:
            return run()
        except (InboxError, StorageError) as error:
            logger.error("cannot work at present: %s", error)
            return 1

    return Role(name=name, run=begin, prepare=prepare)


def _import_web() -> None:
    import photopeak.api.app
    import photopeak.web_context  # noqa: F401


def _import_listener() -> None:
    import_pydicom()
    import photopeak.listener.service  # noqa: F401


def _shown_host(host: str) -> str:
    return "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104

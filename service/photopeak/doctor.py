"""Is everything as it should be? Asked by a person, by a container and by a monitor."""

from __future__ import annotations

import os
import shutil
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx

from photopeak.model.associations import CHECK_TITLE
from photopeak.schedule.occurrences import Calendar
from photopeak.settings import Settings
from photopeak.storage import migrations, users, workers
from photopeak.storage.database import open_database

_TIMEOUT_S = 5.0
_FIRST_YEAR = 2026


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One check: its name, whether it is well, and what was found.

    `warning` is True for what works and is unwise.
    """

    name: str
    ok: bool
    detail: str
    warning: bool = False


def examine(
    settings: Settings, *, quick: bool, only: frozenset[str], remarks: Sequence[str] = ()
) -> list[Finding]:
    """Perform the checks.

    Parameters
    ----------
    remarks
        What is allowed and unwise in the configuration.
    quick
        Only those a health check needs: C-ECHO and HTTP, unless `only` names others.
    only
        Names of checks; empty for all.

    Raises
    ------
    ValueError
        If `only` names a check that does not exist.
    """
    checks: dict[str, Callable[[Settings], str]] = {
        "dicom": _dicom,
        "http": _http,
        "database": _database,
        "accounts": _accounts,
        "schedule": _schedule,
        "storage": _storage,
        "time": _time,
        "analyzers": _analyzers,
        "pdf": _pdf,
        "tls": _tls,
        "secrets": _secrets,
        "channels": _channels,
    }
    unknown = only - checks.keys()
    if unknown:
        raise ValueError(f"there is no check {', '.join(sorted(unknown))}")
    wanted = only or (frozenset({"dicom", "http"}) if quick else frozenset(checks))
    findings = []
    for name, check in checks.items():
        if name not in wanted:
            continue
        if name == "secrets" and remarks:
            findings += [Finding(name=name, ok=True, detail=r, warning=True) for r in remarks]
            continue
        try:
            findings.append(Finding(name=name, ok=True, detail=check(settings)))
        except Exception as error:  # noqa: BLE001 - whatever is wrong is the finding
            text = str(error).strip().partition("\n")[0] or type(error).__name__
            findings.append(Finding(name=name, ok=False, detail=text))
    return findings


def _dicom(settings: Settings) -> str:
    from photopeak.listener.client import echo

    listener = settings.listener
    seconds = echo(
        _local(listener.host),
        listener.port,
        calling=CHECK_TITLE,
        called=listener.ae_title,
        timeout_s=_TIMEOUT_S,
    )
    return f"C-ECHO answered in {1000.0 * seconds:.0f} ms"


def _http(settings: Settings) -> str:
    address = f"http://{_local(settings.web.host)}:{settings.web.port}/healthz"
    # Made before the clock runs: loading the certificates of the system takes longer than the answer.
    with httpx.Client(timeout=_TIMEOUT_S, trust_env=False) as client:
        started = time.monotonic()
        client.get(address).raise_for_status()
        return f"/healthz answered in {1000.0 * (time.monotonic() - started):.0f} ms"


def _database(settings: Settings) -> str:
    database = open_database(settings.database, settings.data)
    try:
        migrations.check(database)
        with database.snapshot() as tx:
            alive = workers.alive(
                tx, now=datetime.now(UTC), stale_after_s=settings.work.stale_after_s
            )
    finally:
        database.close()
    if not alive:
        raise RuntimeError("the schema is right, but no worker is alive")
    return f"the schema is right, {len(alive)} worker(s) alive"


def _accounts(settings: Settings) -> str:
    database = open_database(settings.database, settings.data)
    try:
        migrations.check(database)
        with database.snapshot() as tx:
            known = [user for user in users.every(tx) if user.active]
            admins = len(users.active_admins(tx))
    finally:
        database.close()
    provider = f", and whom {settings.oidc.issuer} knows" if settings.oidc.enabled else ""
    if not known and not provider:
        return "nobody signs in by name yet; the token of the first start makes the first administrator"
    if not admins:
        raise RuntimeError(
            "nobody who signs in with a password here administers:"
            " photopeak user add NAME --role admin"
        )
    return f"{len(known)} people may sign in, {admins} of them administer{provider}"


def _schedule(settings: Settings) -> str:
    from photopeak.analysis.site import load_site

    site = load_site(settings)
    rules = site.schedule.rules
    if not rules:
        return "nothing is scheduled, so nothing is ever missing (schedule.toml)"
    calendar = Calendar(site.schedule)
    with_tasks = sum(1 for device in site.devices if calendar.tasks(device))
    return (
        f"{len(rules)} rules, {with_tasks} of {len(site.devices)} devices have tests that come due,"
        f" times of {settings.site.time_zone}"
    )


def _storage(settings: Settings) -> str:
    if not os.access(settings.data, os.W_OK):
        raise RuntimeError(f"{settings.data} cannot be written")
    free = shutil.disk_usage(settings.data).free
    floor = settings.inbox.free_space_floor_bytes
    if free < floor:
        raise RuntimeError(f"{free} bytes are free, the floor is {floor}")
    return f"{free / 1e9:.1f} GB are free in {settings.data}"


def _time(_settings: Settings) -> str:
    now = datetime.now(UTC)
    if now.year < _FIRST_YEAR:
        raise RuntimeError(f"the clock says {now.date()}, before this program existed")
    return f"the clock says {now.isoformat(timespec='seconds')}"


def _analyzers(_settings: Settings) -> str:
    from photopeak.analysis.catalogue import installed_analyzers

    installed = installed_analyzers()
    if installed.faults:
        raise RuntimeError("; ".join(installed.faults.values()))
    return f"{len(installed.analyzers)} analyzers can be used"


def _pdf(_settings: Settings) -> str:
    from photopeak.reports.paper.pdf import prospects

    return prospects()


def _tls(settings: Settings) -> str:
    tls = settings.listener.tls
    if not tls.enabled:
        return "not enabled"
    if tls.certificate is None or tls.client_ca is None:
        raise RuntimeError("listener.tls.certificate and listener.tls.client_ca must be set")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tls.certificate, tls.key)
    context.load_verify_locations(tls.client_ca)
    return "certificate, key and the senders' authority can be loaded"


def _channels(settings: Settings) -> str:
    from photopeak.alert_settings import load_alert_settings
    from photopeak.alerts.channels.checks import check_channels

    folder = settings.config
    alerts = load_alert_settings(folder and folder / "alerts.toml")
    found = check_channels(alerts)
    return "; ".join((found, *alerts.channel_remarks()))


def _secrets(_settings: Settings) -> str:
    return "no file with a secret is open to others"


def _local(host: str) -> str:
    return "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104

"""What a site has configured, beside its settings: read whole or refused whole."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from photopeak.alert_settings import AlertSettings, load_alert_settings
from photopeak.analysis.catalogue import installed_tests
from photopeak.device_settings import load_devices
from photopeak.evaluation.limits import LimitsError, load_limit_sets
from photopeak.model.devices import Device
from photopeak.model.judgement import LimitSet
from photopeak.model.schedule import Schedule
from photopeak.routing.routes import RoutesError, load_routes
from photopeak.routing.rules import RouteTable
from photopeak.schedule_settings import load_schedule
from photopeak.setting_files import SettingsError
from photopeak.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Devices, routes and limit sets in force, what is due when, and who is told of what."""

    settings: Settings
    devices: tuple[Device, ...]
    routes: RouteTable
    limit_sets: tuple[LimitSet, ...]
    alerts: AlertSettings = field(default_factory=AlertSettings)
    schedule: Schedule = field(default_factory=Schedule)

    def device(self, device_id: str | None) -> Device | None:
        """Return the configured device of this id, or None."""
        return next((device for device in self.devices if device.id == device_id), None)


def load_site(settings: Settings) -> Site:
    """Read everything a site configures; routes may lead to every installed analyzer.

    Raises
    ------
    SettingsError
        With the faults of all files together.
    """
    folder = settings.config
    faults: list[str] = []
    devices: tuple[Device, ...] = ()
    routes: RouteTable | None = None
    limit_sets: tuple[LimitSet, ...] = ()
    alerts = AlertSettings()
    schedule = Schedule()
    devices_file = _inside(folder, "devices.toml")
    try:
        devices = load_devices(devices_file) if devices_file is not None else ()
    except SettingsError as error:
        faults += error.faults
    try:
        routes = load_routes(_inside(folder, "routes"), tests=installed_tests())
    except RoutesError as error:
        faults += error.faults
    try:
        limit_sets = load_limit_sets(_inside(folder, "limits"))
    except LimitsError as error:
        faults += error.faults
    try:
        alerts = load_alert_settings(_inside(folder, "alerts.toml"))
    except SettingsError as error:
        faults += error.faults
    try:
        schedule = load_schedule(
            _inside(folder, "schedule.toml"),
            time_zone=settings.site.time_zone,
            devices=devices,
            tests=installed_tests(),
        )
    except SettingsError as error:
        faults += error.faults
    if faults or routes is None:
        raise SettingsError(faults)
    return Site(
        settings=settings,
        devices=devices,
        routes=routes,
        limit_sets=limit_sets,
        alerts=alerts,
        schedule=schedule,
    )


def _inside(folder: Path | None, name: str) -> Path | None:
    if folder is None:
        return None
    path = folder / name
    return path if path.exists() else None

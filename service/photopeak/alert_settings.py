"""What a site wants to be told of, and how: ``alerts.toml``, read whole or refused whole."""

from __future__ import annotations

import tomllib
from pathlib import Path

from pydantic import ValidationError

from photopeak.alert_policy_settings import PolicySections, RouteEntry, people_read
from photopeak.channel_settings import ChannelSections
from photopeak.settings import SettingsError, explain, with_lines


class AlertSettings(ChannelSections, PolicySections):
    """``alerts.toml``: by which ways messages leave, and who is told of what and when."""

    def for_people(self) -> tuple[str, ...]:
        """Return the names of the channels that people read."""
        return tuple(name for name in self.channel_names() if people_read(name))

    def effective_routes(self) -> tuple[RouteEntry, ...]:
        """Return the routes; without any everything that asks for a person goes to everybody."""
        if self.routes or not self.for_people():
            return tuple(self.routes)
        return (RouteEntry(channels=list(self.for_people())),)


def load_alert_settings(path: Path | None) -> AlertSettings:
    """Read ``alerts.toml``; without one nobody is told, and the pages show what there is.

    Raises
    ------
    SettingsError
        If the file cannot be read, a key is unknown, a value is wrong, or a secret is not there;
        all faults together.
    """
    if path is None or not path.exists():
        return AlertSettings()
    try:
        text = path.read_text("utf-8")
        values = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError([f"{path}: {error}"]) from error
    try:
        settings = AlertSettings.model_validate(values)
    except ValidationError as error:
        raise SettingsError(explain(error, {}, str(path), text)) from error
    settings = settings.model_copy(update=settings.beside(path.parent))
    faults = [*settings.channel_faults(), *settings.policy_faults(settings.channel_names())]
    if faults:
        raise SettingsError(with_lines(str(path), text, faults))
    return settings

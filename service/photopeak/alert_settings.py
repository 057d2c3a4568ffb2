"""What a site wants to be told of, and how: ``alerts.toml``, read whole or refused whole."""

from __future__ import annotations

from pathlib import Path

from photopeak.alert_policy_settings import PolicySections, RouteEntry, people_read
from photopeak.channel_settings import ChannelSections
from photopeak.setting_files import SettingsFile


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
    source = SettingsFile(path)
    settings = source.as_model(AlertSettings)
    settings = settings.model_copy(update=settings.beside(path.parent))
    faults = [*settings.channel_faults(), *settings.policy_faults(settings.channel_names())]
    source.refuse(faults)
    return settings

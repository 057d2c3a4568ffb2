"""What a site wants to be told of, and how: ``alerts.toml``, read whole or refused whole."""

from __future__ import annotations

import tomllib
from pathlib import Path

from pydantic import ValidationError

from photopeak.channel_settings import ChannelSections
from photopeak.settings import SettingsError, explain


class AlertSettings(ChannelSections):
    """``alerts.toml``; the sections of channels are those of the class before."""


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
        values = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError([f"{path}: {error}"]) from error
    try:
        settings = AlertSettings.model_validate(values)
    except ValidationError as error:
        raise SettingsError(explain(error, {}, str(path))) from error
    settings = settings.model_copy(update=settings.beside(path.parent))
    faults = settings.channel_faults()
    if faults:
        raise SettingsError([f"{path}: {fault}" for fault in faults])
    return settings

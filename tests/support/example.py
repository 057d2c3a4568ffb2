"""The example of ``devices.toml``, whose lines are comments until somebody takes away the #."""

import re
from pathlib import Path

from photopeak.settings import packaged_config


def example_devices(folder: Path) -> Path:
    """Write the example with its # taken away; returns the file."""
    text = (packaged_config() / "devices.toml").read_text("utf-8")
    path = folder / "devices.toml"
    path.write_text(re.sub(r"^# (?=\[|[a-z_]+ = )", "", text, flags=re.MULTILINE), "utf-8")
    return path

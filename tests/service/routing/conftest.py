"""Keep what hypothesis remembers out of the source tree."""

import tempfile
from pathlib import Path

from hypothesis import configuration

configuration.set_hypothesis_home_dir(Path(tempfile.gettempdir()) / "photopeak-hypothesis")

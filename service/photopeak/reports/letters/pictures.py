"""Pictures for letters: mail programs show no SVG, so it is drawn as PNG, by a short-lived child.

That takes typst, the extra of the reports. Without it a letter shows the stored PNG of an image, and
none of a curve.
"""

from __future__ import annotations

import logging
import subprocess
import sys
from importlib.util import find_spec

logger = logging.getLogger(__name__)

TIMEOUT_S = 20.0
_CHILD = (sys.executable, "-m", "photopeak.reports.letters.picture_child")


def drawn(svg: bytes) -> bytes | None:
    """Return a figure as PNG, or None when it cannot be drawn here."""
    if find_spec("typst") is None:
        return None
    try:
        done = subprocess.run(
            _CHILD,
            input=svg,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        logger.warning("the picture of a letter could not be drawn in %g s", TIMEOUT_S)
        return None
    if done.returncode != 0 or not done.stdout.startswith(b"\x89PNG"):
        logger.warning("the picture of a letter could not be drawn: code %d", done.returncode)
        return None
    return done.stdout

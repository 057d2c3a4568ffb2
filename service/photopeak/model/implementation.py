"""Who we are to other DICOM systems and in the files we write (PS3.7 D.3.3.2, PS3.10 7.1)."""

from functools import lru_cache
from importlib.metadata import version

IMPLEMENTATION_CLASS_UID = "2.25.291386479428362043587466817434816733841"
"""Implementation Class UID; derived from a UUID (PS3.5 B.2)."""


@lru_cache(maxsize=1)
def implementation_version_name() -> str:
    """Return the Implementation Version Name: the program and its version, at most 16 characters."""
    return f"PHOTOPEAK_{version('photopeak')}"[:16]

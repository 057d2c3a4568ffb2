"""Where tests find published acquisitions of real equipment, when they are present."""

from pathlib import Path

import pytest

_REAL_DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


def real_data(name: str) -> Path:
    """Return the path of a real acquisition; skip the test where the folder is absent."""
    path = _REAL_DATA / name
    if not path.exists():
        pytest.skip(f"the real acquisition {name} is not on this machine")
    return path

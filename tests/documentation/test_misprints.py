"""The page of misprints points at modules and limits that there are."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "analyzers/MISPRINTS.md"


def test_every_place_of_the_page_exists() -> None:
    named = set(re.findall(r"`([a-z_0-9/]+\.(?:py|toml))`", PAGE.read_text("utf-8")))
    rooms = {".py": ROOT / "analyzers/photopeak_analyzers", ".toml": ROOT / "config"}

    assert len(named) > 20
    assert [name for name in sorted(named) if not (rooms[Path(name).suffix] / name).exists()] == []

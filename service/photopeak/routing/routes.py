"""The table of routes of a site: its own files over those that come with Photopeak."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from photopeak.routing.catalogue import TESTS
from photopeak.routing.files import FileReader
from photopeak.routing.rules import RouteTable
from photopeak.settings import packaged_config


class RoutesError(Exception):
    """The rule files cannot be used; `faults` holds one line per fault, with file and cure."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


def load_routes(folder: Path | None = None, *, tests: Iterable[str] = ()) -> RouteTable:
    """Read the rules of a site together with those that come with Photopeak.

    A file of the site replaces the packaged file of the same name; every other packaged file
    stays in force, so that a site that adds one rule loses none.

    Parameters
    ----------
    folder
        Folder with ``*.toml`` files of rules; None, or a folder that does not exist, for the
        packaged ones alone.
    tests
        Ids of installed tests, besides those that every installation knows.

    Raises
    ------
    RoutesError
        If anything is wrong in any file; all faults of all files together.
    """
    known = TESTS | frozenset(tests)
    faults: list[str] = []
    readers: list[FileReader] = []
    for path in _files(folder):
        reader = FileReader(path, known)
        reader.read()
        faults.extend(reader.faults)
        readers.append(reader)
    first: dict[str, str] = {}
    for reader in readers:
        for rule in reader.rules:
            if rule.id in first:
                faults.append(
                    f"{reader.path}:{rule.origin.rpartition(':')[2]}: rule {rule.id}: id:"
                    f" {first[rule.id]} has a rule of this name; choose another"
                )
            first.setdefault(rule.id, rule.origin)
    if faults:
        raise RoutesError(faults)
    content = [table for reader in readers for table in reader.content]
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, default=str)
    return RouteTable(
        rules=tuple(rule for reader in readers for rule in reader.rules),
        version=hashlib.sha256(canonical.encode()).hexdigest()[:16],
        sources=tuple(reader.path.name for reader in readers),
    )


def _files(folder: Path | None) -> list[Path]:
    """Return the files to read: those of the site first, so that ties go to them."""
    own = sorted(folder.glob("*.toml")) if folder is not None and folder.is_dir() else []
    names = {path.name for path in own}
    packaged = sorted((packaged_config() / "routes").glob("*.toml"))
    return own + [path for path in packaged if path.name not in names]

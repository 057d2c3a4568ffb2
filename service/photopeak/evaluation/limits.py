"""The limit sets of a site: its own files over those that come with Photopeak."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from photopeak.evaluation.files import FileReader
from photopeak.model.catalogue import TestDescription
from photopeak.model.judgement import LimitKind, LimitSet
from photopeak.settings import packaged_config

MANUFACTURER_FOLDER = "manufacturer"
"""Folder beside the files of a site with one file of a manufacturer's figures per device."""


class LimitsError(Exception):
    """The limit files cannot be used; `faults` holds one line per fault, with file and key."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


def load_limit_sets(folder: Path | None = None) -> tuple[LimitSet, ...]:
    """Read the limit sets of a site together with those that come with Photopeak.

    A file of the site replaces the packaged file of the same name; every other packaged file
    stays in force, so that a site that adds its own limits loses none. A file with
    ``enabled = false`` takes a set out of force. The name of a set is the name of its file,
    ``manufacturer/camera-1`` for one of a manufacturer.

    Parameters
    ----------
    folder
        Folder with ``*.toml`` files and, below ``manufacturer``, one more per device; None, or a
        folder that does not exist, for the packaged ones alone.

    Raises
    ------
    LimitsError
        If anything is wrong in any file; all faults of all files together.
    """
    faults: list[str] = []
    sets: list[LimitSet] = []
    for name, path in sorted(_files(folder).items()):
        reader = FileReader(path, name)
        found = reader.read()
        faults.extend(reader.faults)
        if found is not None:
            sets.append(found)
            if name.startswith(MANUFACTURER_FOLDER) and found.kind is not LimitKind.MANUFACTURER:
                faults.append(f"{path}: kind: files of this folder are of the kind manufacturer")
    if faults:
        raise LimitsError(faults)
    return tuple(sets)


def misfits(sets: Iterable[LimitSet], catalogue: Mapping[str, TestDescription]) -> Sequence[str]:
    """Return one line for each limit that no result of the installed tests can ever meet.

    Limits of tests that are not installed are passed over: a set may be ahead of the installation.
    """
    found = []
    for entry in sets:
        for limit in entry.limits:
            test = catalogue.get(limit.test)
            if test is None:
                continue
            where = f"{entry.name}: {limit.test} {limit.metric}"
            metric = test.metric(limit.metric)
            if metric is None:
                found.append(f"{where}: the test has no such metric")
            elif limit.instead and test.metric(limit.instead) is None:
                found.append(f"{where}: instead: the test has no metric {limit.instead}")
            elif limit.unit and limit.unit != metric.unit:
                found.append(f"{where}: unit: the metric is in {metric.unit}, not in {limit.unit}")
            if limit.variant != "*" and not test.has_variant(limit.variant):
                found.append(f"{where}: variant: the test has no variant {limit.variant}")
    return tuple(found)


def _files(folder: Path | None) -> dict[str, Path]:
    files = {path.stem: path for path in (packaged_config() / "limits").glob("*.toml")}
    if folder is not None and folder.is_dir():
        files.update((path.stem, path) for path in folder.glob("*.toml"))
        for path in (folder / MANUFACTURER_FOLDER).glob("*.toml"):
            files[f"{MANUFACTURER_FOLDER}/{path.stem}"] = path
    return files

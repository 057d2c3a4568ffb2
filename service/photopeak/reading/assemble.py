"""The objects of one series to the acquisition that they are.

Runs in a child process with limits of time and memory; nothing here is trusted, everything that
does not fit is refused with the object's own numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from photopeak.reading.document import carries_document, read_document
from photopeak.reading.enhanced import read_enhanced
from photopeak.reading.errors import NotAnAcquisitionError, StructureError, UnreadableError
from photopeak.reading.files import StoredObject, open_object
from photopeak.reading.headers import MAXIMUM_OBJECTS
from photopeak.reading.nm import read_nm
from photopeak.reading.origin import source_of
from photopeak.reading.slices import read_slices
from photopeak.reading.text import displayable
from photopeak.reading.times import zone_of
from photopeak_analyzers.acquisition import Acquisition

_IMAGES = "1.2.840.10008.5.1.4.1.1."
NUCLEAR_MEDICINE = _IMAGES + "20"
SLICES = {_IMAGES + "128": "PT", _IMAGES + "2": "CT"}
ENHANCED = {
    _IMAGES + "130": "PT",
    _IMAGES + "128.1": "PT",
    _IMAGES + "2.1": "CT",
    _IMAGES + "2.2": "CT",
}
_KEPT = {
    _IMAGES + "5": "an object of the retired nuclear-medicine class",
    _IMAGES + "66": "raw data",
}
_KEPT_FAMILIES = {
    _IMAGES + "7.": "a secondary capture",
    _IMAGES + "88.": "a structured report",
    _IMAGES + "11.": "a presentation state",
}


def read_acquisition(
    paths: Sequence[Path],
    sha256: Sequence[str] = (),
    *,
    zone: str = "UTC",
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Acquisition:
    """Read the objects of one series.

    Parameters
    ----------
    paths
        Files of the series, in any order.
    sha256
        Their hashes in the same order; empty when not known.
    zone
        Time zone of the device or the site, for objects that do not tell theirs.
    clock
        Tells which times lie in the future.

    Raises
    ------
    ReadingError
        If they are no acquisition, or cannot be read; the message says why.
    """
    if not paths:
        raise StructureError("a series without objects")
    if len(paths) > MAXIMUM_OBJECTS:
        raise StructureError(f"{len(paths)} objects, at most {MAXIMUM_OBJECTS} are read")
    if sha256 and len(sha256) != len(paths):
        raise ValueError(f"{len(sha256)} hashes for {len(paths)} files")
    the_zone, now = zone_of(zone), clock()
    hashes = sha256 or [""] * len(paths)
    sources = [
        source_of(_opened(path), sha, the_zone, now)
        for path, sha in zip(paths, hashes, strict=True)
    ]
    sources.sort(key=lambda source: source.data_set.text("SOPInstanceUID"))
    classes = {source.data_set.text("SOPClassUID") for source in sources}
    series = {source.data_set.text("SeriesInstanceUID") for source in sources}
    if len(series) > 1:
        raise StructureError(f"the files belong to {len(series)} series, not to one")
    if carries_document(sources[0]):
        return read_document(sources, now)
    images = classes & {NUCLEAR_MEDICINE, *SLICES, *ENHANCED}
    if not images:
        raise NotAnAcquisitionError(f"{_what(min(classes))}: kept and shown, not analysed")
    if len(classes) > 1:
        raise StructureError(f"the series mixes objects of {len(classes)} classes")
    (only,) = classes
    if only == NUCLEAR_MEDICINE:
        return read_nm(sources)
    if only in SLICES:
        return read_slices(sources, SLICES[only])
    return read_enhanced(sources, ENHANCED[only])


def _opened(path: Path) -> StoredObject:
    try:
        return open_object(path)
    except UnreadableError as error:
        raise UnreadableError(f"{path.name}: {error}") from error


def _what(sop_class_uid: str) -> str:
    if sop_class_uid in _KEPT:
        return _KEPT[sop_class_uid]
    for family, what in _KEPT_FAMILIES.items():
        if f"{sop_class_uid}.".startswith(family):
            return what
    return f"an object of the class {displayable(sop_class_uid)[:64] or '(none)'}"

"""What all acquisitions have in common: identity, words, time, nuclide, corrections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from types import MappingProxyType

from photopeak.reading import vendors
from photopeak.reading.dataset import DataSet
from photopeak.reading.files import StoredObject
from photopeak.reading.private import private_words
from photopeak.reading.text import displayable
from photopeak.reading.times import acquisition_time, offset_zone
from photopeak_analyzers.acquisition import Origin

_WORDS = (
    "SeriesDescription",
    "ImageID",
    "ProtocolName",
    "StudyDescription",
    "AcquisitionTerminationCondition",
    "TypeOfDetectorMotion",
    "QualityControlImage",
    "QualityControlSubject",
)


@dataclass(frozen=True, slots=True)
class Source:
    """One object of an acquisition: the file, its hash, when it was acquired, and its time zone."""

    stored: StoredObject
    sha256: str
    acquired_at: datetime | None
    zone: tzinfo
    warnings: tuple[str, ...]

    @property
    def data_set(self) -> DataSet:
        """The elements of the object."""
        return self.stored.data_set


def source_of(stored: StoredObject, sha256: str, zone: tzinfo, now: datetime) -> Source:
    """Return an object with its time of acquisition."""
    acquired = acquisition_time(stored.data_set, zone, now)
    own = offset_zone(stored.data_set.text("TimezoneOffsetFromUTC")) or zone
    return Source(stored, sha256, acquired.at, own, acquired.warnings)


def origin_of(sources: Sequence[Source]) -> Origin:
    """Return where an acquisition comes from; its words are those of the first object."""
    first = sources[0].data_set
    versions = [displayable(word) for word in first.words("SoftwareVersions") if word]
    return Origin(
        series_instance_uid=first.text("SeriesInstanceUID"),
        sop_instance_uids=tuple(s.data_set.text("SOPInstanceUID") for s in sources),
        sha256=tuple(s.sha256 for s in sources) if all(s.sha256 for s in sources) else (),
        frame_of_reference_uid=first.text("FrameOfReferenceUID"),
        manufacturer=displayable(first.text("Manufacturer")),
        model=displayable(
            vendors.siemens_model(first.text("ManufacturerModelName"), ">".join(versions))
        ),
        serial_number=displayable(first.text("DeviceSerialNumber")),
        station=displayable(first.text("StationName")),
        software_versions=", ".join(versions),
        text=_text(first),
    )


def _text(data_set: DataSet) -> Mapping[str, str]:
    words = {keyword: displayable(data_set.text(keyword)) for keyword in _WORDS}
    words["ProtocolName"] = vendors.readable_name(words["ProtocolName"])
    words["SiemensPresetName"] = displayable(vendors.siemens_preset(data_set))
    words["GEDatasetName"] = displayable(vendors.ge_dataset_name(data_set))
    words |= private_words(data_set)
    numbers = zip(
        ("PhilipsCOROffsetXMm", "PhilipsCOROffsetZMm"),
        vendors.philips_cor_offset_mm(data_set),
        strict=True,
    )
    words |= {keyword: f"{number:g}" for keyword, number in numbers if number is not None}
    for name, value in vendors.ge_comments(data_set.text("ImageComments")).items():
        if name.isidentifier():
            words[f"GE{displayable(name)}"] = displayable(value)
    return MappingProxyType({keyword: value for keyword, value in words.items() if value})


def started_at(sources: Sequence[Source]) -> datetime | None:
    """Return when the first object was begun."""
    return min((s.acquired_at for s in sources if s.acquired_at is not None), default=None)


def corrections_of(data_set: DataSet) -> frozenset[str] | None:
    """Return what was corrected; None when CorrectedImage is absent."""
    if "CorrectedImage" not in data_set:
        return None
    return vendors.corrections(data_set.words("CorrectedImage"))


def counts_accumulated(data_set: DataSet) -> int | None:
    """Return CountsAccumulated; Siemens leaves it empty, which is None."""
    value = data_set.integer("CountsAccumulated")
    return value if value is not None and value >= 0 else None


def remarks(sources: Sequence[Source], *more: Sequence[str]) -> tuple[str, ...]:
    """Return the warnings of the objects and of the steps since, each once."""
    every = [w for source in sources for w in source.warnings]
    every += [w for part in more for w in part]
    return tuple(dict.fromkeys(every))

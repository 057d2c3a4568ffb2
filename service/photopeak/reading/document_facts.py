"""What a document tells of itself: title, time, station; each form in one small function.

Only what routing, the day of a test set and the identification of a device need is read here; the
items of a report are the business of its analyzer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo

from photopeak.model.documents import INTERFILE, PDF, SPE, SPECTRUM_TABLE, XML
from photopeak.reading import interfile
from photopeak.reading.documents import Payload
from photopeak.reading.errors import UnreadableError
from photopeak.reading.files import StoredObject
from photopeak.reading.n42 import is_n42, read_n42
from photopeak.reading.spe import read_spe
from photopeak.reading.spectrum_file import SpectrumFile
from photopeak.reading.spectrum_table import read_table
from photopeak.reading.text import displayable
from photopeak.reading.times import EARLIEST, FUTURE_TOLERANCE
from photopeak.reading.xml_text import Node, parse_xml

_LONGEST = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentFacts:
    """Title, start of the acquisition, and what identifies the equipment, as far as it is told."""

    title: str = ""
    started_at: datetime | None = None
    manufacturer: str = ""
    station: str = ""
    software_versions: str = ""
    nuclide: str = ""
    warnings: tuple[str, ...] = ()


def facts_of(stored: StoredObject, payload: Payload, zone: tzinfo, now: datetime) -> DocumentFacts:
    """Return what a document tells of itself.

    Parameters
    ----------
    zone
        Time zone of the site, for times without an offset.
    now
        Times after this, by more than the tolerance of image headers, are not believed.

    Raises
    ------
    UnreadableError
        If it is not what it says it is. A PDF is not looked into: that takes a process of its own.
    """
    if payload.media_type == XML:
        return facts_of_xml(parse_xml(payload.read(stored)), zone, now)
    if payload.media_type == INTERFILE:
        head = payload.read(stored, interfile.LARGEST_HEADER_BYTES)
        header = interfile.read_header(head, payload.length, zone)
        at, warnings = _believed(header.started_at, now)
        title = f"Sinogram {displayable(header.title)}".strip()
        return DocumentFacts(
            title=title,
            started_at=at,
            station=displayable(header.system),
            nuclide=displayable(header.nuclide),
            warnings=warnings,
        )
    if payload.media_type in (SPE, SPECTRUM_TABLE):
        return facts_of_spectrum(spectrum_of(payload.media_type, payload.read(stored), zone), now)
    if payload.media_type == PDF:
        return DocumentFacts(title="PDF document")
    raise UnreadableError(f"documents of the type {displayable(payload.media_type)[:64]} are kept")


def facts_of_xml(root: Node, zone: tzinfo, now: datetime) -> DocumentFacts:
    """Return what an XML document tells: of any kind the name of its root, of a known one more."""
    if is_n42(root):
        return facts_of_spectrum(read_n42(root, zone), now)
    facts = DocumentFacts(title=displayable(root.name)[:_LONGEST])
    if root.name == "SystemQualityReport":
        return _siemens(root, facts, zone, now)
    return facts


def spectrum_of(media_type: str, content: bytes, zone: tzinfo) -> SpectrumFile:
    """Return the spectrum of a file that is not XML."""
    return read_spe(content, zone) if media_type == SPE else read_table(content, zone)


def facts_of_spectrum(spectrum: SpectrumFile, now: datetime) -> DocumentFacts:
    """Return what the file of a spectrum tells."""
    at, warnings = _believed(spectrum.started_at, now)
    return DocumentFacts(
        title=f"Spectrum {displayable(spectrum.title)}".strip()[:_LONGEST],
        started_at=at,
        manufacturer=displayable(spectrum.manufacturer)[:_LONGEST],
        warnings=(*warnings, *spectrum.warnings),
    )


def plain_name(name: str) -> str:
    """Return a name without the small letter that Siemens puts before it to keep the order.

    >>> plain_name("aBlockNoise"), plain_name("fECF"), plain_name("LastSetupState")
    ('BlockNoise', 'ECF', 'LastSetupState')
    """
    return name[1:] if len(name) > 1 and name[0].islower() and name[1].isupper() else name


def _siemens(root: Node, facts: DocumentFacts, zone: tzinfo, now: datetime) -> DocumentFacts:
    """Read the SystemQualityReport of a Siemens PET (seen: Biograph mCT, VG40C)."""
    words = {
        plain_name(node.name): node.text
        for node in _shallow(root)
        if node.text and not node.children
    }
    at, warnings = _believed(_moment(words.get("Scandate", ""), zone), now)
    if "Scandate" in words and at is None and not warnings:
        warnings = ("the scan date of the report is no time",)
    return DocumentFacts(
        title=facts.title,
        started_at=at,
        manufacturer="SIEMENS",
        station=displayable(words.get("ICSName", ""))[:_LONGEST],
        software_versions=displayable(words.get("ICSSWVersion", ""))[:_LONGEST],
        nuclide=displayable(words.get("Isotope", ""))[:_LONGEST],
        warnings=warnings,
    )


def _shallow(root: Node) -> Iterator[Node]:
    """Return the elements of the first two levels below the root."""
    for child in root.children:
        yield child
        yield from child.children


def _moment(text: str, zone: tzinfo) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=zone)


def _believed(at: datetime | None, now: datetime) -> tuple[datetime | None, tuple[str, ...]]:
    if at is None:
        return None, ()
    if at.date() < EARLIEST:
        return None, (f"the date is {at.date().isoformat()}, which cannot be true",)
    if at > now + FUTURE_TOLERANCE:
        return None, (f"the date is {at.isoformat()}, which lies in the future",)
    return at, ()

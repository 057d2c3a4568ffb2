"""Documents as acquisitions: XML as a tree, PDF as words, Interfile as a sinogram, spectra."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from datetime import datetime, tzinfo
from types import MappingProxyType

import numpy as np

from photopeak.model.documents import INTERFILE, PDF, SPE, SPECTRUM_TABLE, XML
from photopeak.reading import interfile
from photopeak.reading.document_facts import facts_of, facts_of_spectrum, facts_of_xml, spectrum_of
from photopeak.reading.documents import Payload, payload_of
from photopeak.reading.errors import NotAnAcquisitionError, StructureError
from photopeak.reading.n42 import is_n42, read_n42
from photopeak.reading.origin import Source, origin_of
from photopeak.reading.pdf_text import read_pdf
from photopeak.reading.spectrum_file import SpectrumFile
from photopeak.reading.text import displayable
from photopeak.reading.xml_text import Node, parse_xml
from photopeak_analyzers.acquisition import Acquisition, Spectrum
from photopeak_analyzers.document import Document, Element
from photopeak_analyzers.errors import AnalysisError
from photopeak_analyzers.nuclides import find
from photopeak_analyzers.sinogram import Sinogram

_DATES = (
    re.compile(
        r"(?i)(?:scan|acquisition|acquired|exam(?:ination)?|test|qc)\s*(?:date|on)[^\d\n]{0,20}"
        r"(?P<y>20\d\d)[-./](?P<m>\d\d?)[-./](?P<d>\d\d?)(?:[T ,]+(?P<h>\d\d?):(?P<min>\d\d))?"
    ),
    re.compile(r"(?P<y>20\d\d)-(?P<m>\d\d)-(?P<d>\d\d)[T ]+(?P<h>\d\d):(?P<min>\d\d)"),
)
"""Dates whose order of year, month and day cannot be mistaken; any other one is not taken."""


def read_document(sources: Sequence[Source], now: datetime) -> Acquisition:
    """Read the document that the object of a series carries.

    Raises
    ------
    ReadingError
        If there are several, or it cannot be read.
    """
    if len(sources) > 1:
        raise StructureError(f"the series has {len(sources)} documents, one is read")
    (source,) = sources
    payload = payload_of(source.stored)
    if payload is None:
        raise NotAnAcquisitionError("the object carries no document")
    if payload.media_type == XML:
        return _xml(source, payload, now)
    if payload.media_type == PDF:
        return _pdf(source, payload, now)
    if payload.media_type == INTERFILE:
        return _interfile(source, payload, now)
    if payload.media_type in (SPE, SPECTRUM_TABLE):
        file = spectrum_of(payload.media_type, payload.read(source.stored), source.zone)
        return _spectrum(source, file, now)
    name = displayable(payload.media_type)[:64]
    raise NotAnAcquisitionError(f"a document of the type {name}: kept and shown, not analysed")


def carries_document(source: Source) -> bool:
    """Tell whether an object carries a document."""
    return payload_of(source.stored) is not None


def _xml(source: Source, payload: Payload, now: datetime) -> Document | Spectrum:
    root = parse_xml(payload.read(source.stored))
    if is_n42(root):
        return _spectrum(source, read_n42(root, source.zone), now)
    facts = facts_of_xml(root, source.zone, now)
    return Document(
        origin=origin_of((source,)),
        started_at=facts.started_at or source.acquired_at,
        nuclide=_nuclide(facts.nuclide),
        warnings=facts.warnings,
        media_type=XML,
        root=_element(root),
    )


def _pdf(source: Source, payload: Payload, now: datetime) -> Document:
    found = read_pdf(payload.read(source.stored))
    at = date_in(found.text, source.zone)
    if at is not None and at > now:
        at = None
    return Document(
        origin=origin_of((source,)),
        started_at=at or source.acquired_at,
        media_type=PDF,
        text=found.text,
        pages=found.page_count,
        complete=found.complete,
    )


def _interfile(source: Source, payload: Payload, now: datetime) -> Sinogram:
    content = payload.read(source.stored)
    header = interfile.read_header(
        content[: interfile.LARGEST_HEADER_BYTES], len(content), source.zone
    )
    facts = facts_of(source.stored, payload, source.zone, now)
    counts = np.frombuffer(content, dtype=np.dtype(header.dtype), offset=header.data_at)
    return Sinogram(
        origin=origin_of((source,)),
        started_at=facts.started_at,
        nuclide=_nuclide(header.nuclide),
        warnings=facts.warnings,
        counts=counts.reshape(header.shape),
        duration_s=header.duration_s,
    )


def _spectrum(source: Source, file: SpectrumFile, now: datetime) -> Spectrum:
    facts = facts_of_spectrum(file, now)
    origin = origin_of((source,))
    return Spectrum(
        origin=dataclasses.replace(
            origin,
            manufacturer=origin.manufacturer or facts.manufacturer,
            model=origin.model or displayable(file.model),
            serial_number=origin.serial_number or displayable(file.serial_number),
        ),
        started_at=facts.started_at,
        warnings=facts.warnings,
        counts=np.array(file.counts),
        energy_kev=None if file.energies_kev is None else np.array(file.energies_kev),
        live_s=file.live_s,
        real_s=file.real_s,
    )


def date_in(text: str, zone: tzinfo) -> datetime | None:
    """Return the date that a report names as that of its measurement, or None.

    >>> from datetime import UTC
    >>> date_in("Scan Date: 2026-03-02 07:31", UTC).isoformat()
    '2026-03-02T07:31:00+00:00'
    >>> date_in("Scan Date: 02/03/2026", UTC) is None
    True
    """
    for pattern in _DATES:
        for match in pattern.finditer(text[:100_000]):
            try:
                return datetime(
                    int(match["y"]), int(match["m"]), int(match["d"]),
                    int(match["h"] or 0), int(match["min"] or 0), tzinfo=zone,
                )  # fmt: skip
            except ValueError:
                continue
    return None


def _nuclide(name: str) -> str | None:
    try:
        return find(name).name if name else None
    except AnalysisError:
        return None


def _element(node: Node) -> Element:
    return Element(
        name=node.name,
        text=node.text,
        attributes=MappingProxyType(node.attributes),
        children=tuple(_element(child) for child in node.children),
    )

"""The document of a series for people: its words and its bytes, looked up by a child.

``{"kind": "document", "path"}`` answers ``media_type``, ``text``, ``offset``, ``length``, ``sha256``
and, of a small document, ``content`` in base64.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any

from photopeak.analysis.child import AnalysisProcess
from photopeak.analysis.errors import JobFailedError, JobRefusedError
from photopeak.model.documents import INTERFILE, PDF, SPE, SPECTRUM_TABLE, XML, StoredDocument

if TYPE_CHECKING:
    from photopeak.reading.spectrum_file import SpectrumFile
    from photopeak.reading.xml_text import Node

MOST_CHARACTERS = 60_000
"""Words that a page shows of a document; the whole can be downloaded."""


def ask_document(process: AnalysisProcess, path: Path) -> StoredDocument | None:
    """Return the document that a stored file carries, or None when it carries none."""
    try:
        answer = process.run({"kind": "document", "path": str(path)})
    except (JobRefusedError, JobFailedError):
        return None
    content = answer["content"]
    return StoredDocument(
        media_type=str(answer["media_type"]),
        text=str(answer["text"]),
        path=path,
        offset=int(answer["offset"]),
        length=int(answer["length"]),
        sha256=str(answer["sha256"]),
        content=None if content is None else base64.b64decode(content),
    )


def describe_document(job: Mapping[str, Any]) -> dict[str, Any]:
    """Do the job, in the child.

    Raises
    ------
    JobRefusedError
        If the file carries no document, or cannot be read.
    """
    from photopeak.reading.documents import payload_of
    from photopeak.reading.errors import ReadingError
    from photopeak.reading.files import open_object

    try:
        stored = open_object(Path(job["path"]))
        payload = payload_of(stored)
        if payload is None:
            raise JobRefusedError("NO_DOCUMENT", "the object carries no document")
        content = payload.read(stored)
    except (ReadingError, OSError) as error:
        raise JobRefusedError.because_of(error) from error
    try:
        text = _words(payload.media_type, content)
    except ReadingError as error:
        text = f"({error})"
    return {
        "media_type": payload.media_type,
        "text": text[:MOST_CHARACTERS],
        "offset": payload.offset,
        "length": payload.length,
        "sha256": hashlib.sha256(content).hexdigest(),
        "content": base64.b64encode(content).decode() if payload.value is not None else None,
    }


def _words(media_type: str, content: bytes) -> str:
    if media_type == PDF:
        from photopeak.reading.pdf_text import read_pdf

        return read_pdf(content).text
    if media_type == XML:
        return _of_xml(content)
    if media_type in (SPE, SPECTRUM_TABLE):
        from photopeak.reading.document_facts import spectrum_of

        return _of_spectrum(spectrum_of(media_type, content, UTC))
    if media_type == INTERFILE:
        head = content[:4096].partition(b"END OF INTERFILE")[0]
        return "\n".join(line.rstrip() for line in head.decode("latin-1").splitlines())
    return ""


def _of_xml(content: bytes) -> str:
    from photopeak.reading.n42 import is_n42, read_n42
    from photopeak.reading.xml_text import parse_xml

    root = parse_xml(content)
    if is_n42(root):
        return _of_spectrum(read_n42(root, UTC))
    lines: list[str] = []
    left = MOST_CHARACTERS
    for line in _lines(root, 0):
        lines.append(line)
        left -= len(line) + 1
        if left <= 0:
            break
    return "\n".join(lines)


def _of_spectrum(spectrum: SpectrumFile) -> str:
    """Return what the file of a spectrum tells; its own words may hold a name and are not shown."""
    lines = [
        f"Spectrum {spectrum.title}".strip(),
        f"channels: {len(spectrum.counts)}",
        f"counts: {sum(spectrum.counts):g}",
    ]
    if spectrum.live_s is not None:
        lines.append(f"live time: {spectrum.live_s:g} s")
    if spectrum.real_s is not None:
        lines.append(f"real time: {spectrum.real_s:g} s")
    if spectrum.energies_kev is not None:
        lines.append(f"energies: {spectrum.energies_kev[0]:g} to {spectrum.energies_kev[-1]:g} keV")
    return "\n".join([*lines, *spectrum.warnings])


def _lines(node: Node, depth: int) -> Iterator[str]:
    yield f"{'  ' * depth}{node.name}{': ' + node.text if node.text else ''}"
    for child in node.children:
        yield from _lines(child, depth + 1)

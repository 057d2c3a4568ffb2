"""What a document is, by its own words."""

from __future__ import annotations

from photopeak.model.content import ContentFinding, ContentKind
from photopeak_analyzers.document import Document
from photopeak_analyzers.pet.daily_report import layout_of
from photopeak_analyzers.sinogram import Sinogram


def classify_document(document: Document | Sinogram) -> ContentFinding:
    """Tell what a document is; one that no layout fits is unknown."""
    if isinstance(document, Sinogram):
        planes, angles, bins = document.counts.shape
        return ContentFinding(
            kind=ContentKind.SINOGRAM,
            confidence=1.0,
            message=f"a sinogram of {planes} planes, {angles} angles and {bins} bins",
        )
    layout = layout_of(document)
    if layout is None:
        return ContentFinding(
            kind=ContentKind.UNKNOWN,
            confidence=0.0,
            message="the words of the document are those of no report that is known",
        )
    return ContentFinding(
        kind=ContentKind.DAILY_REPORT,
        confidence=1.0,
        message=f"a report of the daily quality control: {layout.title}",
    )

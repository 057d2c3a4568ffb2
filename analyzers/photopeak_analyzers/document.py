"""Documents as input of a test: reports of the equipment, read into plain words and values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from photopeak_analyzers.acquisition import Acquisition, AcquisitionKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """An element of a structured document: its name without a prefix, its text, what is in it."""

    name: str
    text: str = ""
    attributes: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    children: tuple[Element, ...] = ()

    def child(self, name: str) -> Element | None:
        """Return the first child of this name, or None."""
        return next((child for child in self.children if child.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Document(Acquisition):
    """A report or another file that holds words instead of counts.

    Attributes
    ----------
    media_type
        ``application/pdf``, ``text/xml``, ...
    text
        Its words, in lines, in the order of reading; empty where `root` holds them.
    root
        The outermost element of a structured document; None for one of mere words. It comes from
        a reader without entities and with bounds on size and depth, so it may be walked freely.
    pages
        Pages of a paged one.
    complete
        Whether all of it was read; of a very long one only the beginning is.
    """

    kind: AcquisitionKind = field(init=False, default=AcquisitionKind.DOCUMENT)
    media_type: str
    text: str = ""
    root: Element | None = None
    pages: int | None = None
    complete: bool = True

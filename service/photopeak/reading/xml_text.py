"""XML from outside as a tree of plain values: no DTD, no entities, bounded in every direction.

Expat does the work with every door closed: a document type declaration is refused before anything
of it is expanded, so neither entities nor external subsets exist, and sizes, depth and numbers of
elements and attributes are bounded. Whatever is refused is refused as a whole.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.parsers import expat

from photopeak.reading.errors import UnreadableError

LARGEST_BYTES = 16 * 1024 * 1024
"""Largest document; a daily report has some forty kilobytes, a file of spectra some megabytes."""
DEEPEST = 64
"""Deepest nesting of elements; reports have fewer than ten levels."""
MOST_ELEMENTS = 50_000
MOST_ATTRIBUTES = 50_000
"""Most of them in a document; a daily report has some two thousand elements."""


class _RefusedError(Exception):
    """A bound is exceeded, or something is there that is not accepted."""


@dataclass(slots=True)
class Node:
    """One element: its name without a prefix, its own text, its attributes and its children."""

    name: str
    attributes: dict[str, str]
    children: list[Node] = field(default_factory=list)
    text: str = ""


def parse_xml(content: bytes) -> Node:
    """Return the root of a document.

    Raises
    ------
    UnreadableError
        If it is not well-formed, has a document type declaration, or exceeds a bound.
    """
    if len(content) > LARGEST_BYTES:
        raise UnreadableError(f"the XML has {len(content)} bytes, at most {LARGEST_BYTES} are read")
    builder = _Builder()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.characters
    parser.StartDoctypeDeclHandler = builder.doctype
    parser.EntityDeclHandler = builder.entity
    parser.ExternalEntityRefHandler = builder.external
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    try:
        parser.Parse(content, True)
    except _RefusedError as error:
        raise UnreadableError(str(error)) from error
    except expat.ExpatError as error:
        said = expat.ErrorString(error.code)
        raise UnreadableError(f"the XML is damaged in line {error.lineno}: {said}") from error
    except (LookupError, ValueError) as error:  # an encoding that nobody knows
        raise UnreadableError("the XML is in an unknown encoding") from error
    if builder.root is None:
        raise UnreadableError("the XML has no element")
    return builder.root


class _Builder:
    """Takes the events of one document."""

    def __init__(self) -> None:
        self.root: Node | None = None
        self._open: list[Node] = []
        self._texts: list[list[str]] = []
        self._elements = 0
        self._attributes = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        self._attributes += len(attributes)
        if self._elements > MOST_ELEMENTS:
            raise _RefusedError(f"the XML has more than {MOST_ELEMENTS} elements")
        if self._attributes > MOST_ATTRIBUTES:
            raise _RefusedError(f"the XML has more than {MOST_ATTRIBUTES} attributes")
        if len(self._open) >= DEEPEST:
            raise _RefusedError(f"the XML is nested more than {DEEPEST} deep")
        node = Node(name.rpartition(":")[2], attributes)
        if self._open:
            self._open[-1].children.append(node)
        else:
            self.root = node
        self._open.append(node)
        self._texts.append([])

    def end(self, _name: str) -> None:
        self._open.pop().text = "".join(self._texts.pop()).strip()

    def characters(self, text: str) -> None:
        if self._texts:
            self._texts[-1].append(text)

    def doctype(self, *_: object) -> None:
        raise _RefusedError("the XML has a document type declaration, which is not accepted")

    def entity(self, *_: object) -> None:
        raise _RefusedError("the XML declares an entity, which is not accepted")

    def external(self, *_: object) -> int:
        raise _RefusedError("the XML refers to an outside entity, which is not accepted")

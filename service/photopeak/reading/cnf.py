"""Spectra in the CNF form of Genie 2000: recognised, and refused with the way to export them.

The form is not published; what others found out of it by comparing files holds for some versions. A wrong
number of counts would be worse than none.
"""

from __future__ import annotations

import struct

CNF = "application/x-genie-cnf"

REFUSED = (
    "a CNF file of Genie 2000, whose form is not published: export the spectrum as IAEA SPE, as N42 or as"
    " a table of channels and counts (in Genie 2000: File, Save As, or the file converter), and send that"
)
"""What the sender is told."""

_SECTIONS_AT = 0x70
"""Where the list of sections begins, each entry with the kind of the section first."""

_FIRST_KIND, _LAST_KIND = 0x0001_2000, 0x0001_2FFF


def is_cnf(head: bytes) -> bool:
    """Tell whether a file begins like CNF: a list of sections, the first one of a known kind."""
    if len(head) < _SECTIONS_AT + 4 or b"\0" not in head[:16]:
        return False
    (kind,) = struct.unpack_from("<I", head, _SECTIONS_AT)
    return bool(_FIRST_KIND <= kind <= _LAST_KIND)

"""Text as rules and people compare it: normalised, bounded, without what cannot be seen."""

import unicodedata

MAXIMUM_LENGTH = 256
"""Longest text that is compared; no descriptive element of DICOM needs more."""


def normalise(text: str) -> str:
    r"""Return `text` as rules compare it.

    Full-width forms become ordinary ones (NFKC), control and format characters (among them those
    that turn the writing direction) vanish, blanks collapse, case is folded.

    >>> normalise("  ＱＣ\u202e  Flood\t1 ")
    'qc flood 1'
    """
    folded = unicodedata.normalize("NFKC", text[: 4 * MAXIMUM_LENGTH]).casefold()
    folded = unicodedata.normalize("NFKC", folded)
    visible = "".join(
        " " if c.isspace() else c
        for c in folded
        if c.isspace() or unicodedata.category(c)[0] != "C"
    )
    return " ".join(visible.split())[:MAXIMUM_LENGTH]

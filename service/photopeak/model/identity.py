"""Identifiers of our own rows: sortable by time, unique without a server."""

import os
import re
import time
from functools import lru_cache

_UID = re.compile(r"(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))+")
_LENIENT_UID = re.compile(r"[0-9]+(?:\.[0-9]+)+")
_VARIANTS = "89ab"
MAXIMUM_UID_LENGTH = 64
"""Longest UID that DICOM allows (PS3.5 9.1)."""


def new_id() -> str:
    """Return a fresh UUID version 7 (RFC 9562) in its text form; later ones sort after."""
    time_ = f"{time.time_ns() // 1_000_000 & 0xFFFF_FFFF_FFFF:012x}"
    random = _ten_random_bytes()
    digits = random.hex()
    variant = _VARIANTS[random[9] & 3]
    return f"{time_[:8]}-{time_[8:]}-7{digits[:3]}-{variant}{digits[3:6]}-{digits[6:18]}"


def _ten_random_bytes() -> bytes:
    """Return ten bytes of a larger helping: asking the kernel each time lets other threads in between."""
    try:
        return _random.pop()
    except IndexError:
        helping = os.urandom(2560)
        _random.extend(helping[at : at + 10] for at in range(10, len(helping), 10))
        return helping[:10]


_random: list[bytes] = []
os.register_at_fork(after_in_child=_random.clear)  # two processes never share what is left


@lru_cache(maxsize=4096)
def is_uid(text: str) -> bool:
    """Tell whether `text` is a UID that may be stored: digits and dots, at most 64 characters.

    Leading zeros of a component are against PS3.5 but common; they do no harm and are accepted.
    """
    return len(text) <= MAXIMUM_UID_LENGTH and _LENIENT_UID.fullmatch(text) is not None


def is_strict_uid(text: str) -> bool:
    """Tell whether `text` is a UID to the letter of PS3.5 9.1."""
    return len(text) <= MAXIMUM_UID_LENGTH and _UID.fullmatch(text) is not None

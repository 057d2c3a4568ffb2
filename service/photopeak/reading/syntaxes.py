"""Transfer syntaxes (PS3.5 10, PS3.6 A): how pixels are encoded, and whether anything was lost."""

from __future__ import annotations

from photopeak.reading.dataset import DataSet

NATIVE = frozenset({"1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"})
RLE = "1.2.840.10008.1.2.5"
JPEG_LOSSLESS = frozenset({"1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70"})
JPEG_LS_LOSSLESS = "1.2.840.10008.1.2.4.80"
JPEG_2000_LOSSLESS = "1.2.840.10008.1.2.4.90"
LOSSLESS = NATIVE | JPEG_LOSSLESS | {RLE, JPEG_LS_LOSSLESS, JPEG_2000_LOSSLESS}
_COMPRESSED = "1.2.840.10008.1.2.4."
_KNOWN_LOSSLESS = LOSSLESS | frozenset(
    {
        _COMPRESSED + "92",  # JPEG 2000 part 2, lossless only
        _COMPRESSED + "110",  # JPEG XL lossless
        _COMPRESSED + "201",  # high-throughput JPEG 2000, lossless only
        _COMPRESSED + "202",
    }
)
"""With those that nothing here decodes."""


def is_lossy(transfer_syntax_uid: str, data_set: DataSet) -> bool:
    """Tell whether the pixels lost something, now or before (LossyImageCompression)."""
    if data_set.text("LossyImageCompression") == "01":
        return True
    if transfer_syntax_uid in _KNOWN_LOSSLESS:
        return False
    return transfer_syntax_uid.startswith(_COMPRESSED)

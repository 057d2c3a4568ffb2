"""What tells the parts of a series apart that holds more than one reconstruction or moment.

A series should be one volume. Consoles also send the corrected and the uncorrected reconstruction,
two kernels, or the moments of a dynamic study in one; which of them is meant, nobody can know.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from photopeak.reading.origin import Source
from photopeak.reading.text import displayable

RECONSTRUCTION = (
    "ImageType",
    "SeriesDescription",
    "ImageID",
    "ReconstructionMethod",
    "ConvolutionKernel",
    "AttenuationCorrectionMethod",
    "ScatterCorrectionMethod",
    "CorrectedImage",
    "EnergyWindowName",
)
"""Keywords that tell reconstructions of the same data apart."""
MOMENT = ("FrameReferenceTime", "TriggerTime", "ActualFrameDuration", "AcquisitionTime")
"""Keywords that tell the frames of a dynamic or gated study apart."""
ALIKE = "alike in all that tells"
_SHOWN = 6


def told_apart(
    sources: Sequence[Source], keywords: Sequence[str] = (*RECONSTRUCTION, *MOMENT)
) -> str:
    """Return in words how many objects have which values, by the first keyword that differs.

    ``alike in all that tells`` when none does.
    """
    for keyword in keywords:
        found = Counter(_value(source, keyword) for source in sources)
        if len(found) > 1:
            shown = [f"{n} of {value or '(none)'}" for value, n in sorted(found.items())]
            more = f" and {len(shown) - _SHOWN} more" if len(shown) > _SHOWN else ""
            return f"by {keyword} {', '.join(shown[:_SHOWN])}{more}"
    return ALIKE


def _value(source: Source, keyword: str) -> str:
    data_set = source.data_set
    if keyword == "EnergyWindowName":
        items = data_set.items("EnergyWindowInformationSequence")
        return ", ".join(displayable(item.text(keyword)) for item in items)
    return displayable("\\".join(data_set.words(keyword)))

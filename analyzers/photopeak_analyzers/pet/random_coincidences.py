"""The share of random coincidences that the header of a PET series tells."""

from __future__ import annotations

from photopeak_analyzers.acquisition import Volume

DELAYED = "DLYD"
"""SecondaryCountsType of coincidences in a delayed window, which are random (PS3.3 C.8.9.1)."""


def randoms_percent(volume: Volume) -> float | None:
    """Return delayed coincidences in percent of the prompt ones; None where the header does not tell."""
    prompts = volume.header.get("PrimaryPromptsCountsAccumulated")
    delayed = volume.header.get("SecondaryCountsAccumulated")
    if volume.header.get("SecondaryCountsType") != DELAYED:
        return None
    if not (isinstance(prompts, float | int) and isinstance(delayed, float | int) and prompts > 0):
        return None
    return 100.0 * delayed / prompts

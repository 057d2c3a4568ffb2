"""What the pixels of an acquisition look like, whatever its header says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType


class ContentKind(StrEnum):
    """What an image or a document shows. BODY is a patient; UNKNOWN is everything that nothing else fits."""

    FLOOD = "flood"
    BARS = "bars"
    SLITS = "slits"
    LINE_SOURCE = "line_source"
    POINTS = "points"
    DISH = "dish"
    BACKGROUND = "background"
    RATE_SWEEP = "rate_sweep"
    DECAY_SERIES = "decay_series"
    POINT_SINOGRAM = "point_sinogram"
    CYLINDER = "cylinder"
    HOT_SPHERES = "hot_spheres"
    RODS = "rods"
    BODY = "body"
    DAILY_REPORT = "daily_report"
    SINOGRAM = "sinogram"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentFinding:
    """What an image shows, how sure that is (0 to 1), and why in one sentence.

    `direction` is ``x`` for lines that run along the rows (parallel to X) and ``y`` for lines
    that run along the columns; `sources` the number of separate sources seen; `features` the
    numbers behind the finding, by name.
    """

    kind: ContentKind
    confidence: float
    message: str
    direction: str | None = None
    sources: int | None = None
    features: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))

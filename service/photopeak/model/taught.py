"""Taught routes: what a person said once about the series of one device."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from photopeak.model.routing import ParameterValue

TAUGHT_PRIORITY = 1000
"""Priority of a taught route: above every rule of a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaughtRoute:
    """An exact route: these words on this device mean this role of this test.

    Attributes
    ----------
    device_id
        The device it was taught on; None matches series whose device is not known, and only
        those.
    conditions
        Normalised text by DICOM keyword (``SeriesDescription``, ``ImageID``, ...); all of them
        have to be equal. An empty text matches an element that is absent or empty. At least one
        condition has a text.
    test, variant, role, parameters, limits
        The assignment, as in :class:`~photopeak.model.routing.Assignment`; `test` is empty when
        `ignore` is set.
    ignore
        True: series of this kind are not quality control.
    version
        Grows with every change; a change is a new row and the old one becomes inactive.
    """

    id: str
    device_id: str | None
    conditions: Mapping[str, str]
    test: str = ""
    variant: str = ""
    role: str = ""
    parameters: Mapping[str, ParameterValue] = field(default_factory=lambda: MappingProxyType({}))
    limits: tuple[str, ...] = ()
    ignore: bool = False
    active: bool = True
    version: int = 1
    taught_at: datetime | None = None
    taught_by: str = ""
    reason: str = ""

    def __post_init__(self) -> None:
        if not any(self.conditions.values()):
            raise ValueError(f"taught route {self.id} has no condition with a text")
        if self.ignore == bool(self.test):
            raise ValueError(f"taught route {self.id} needs either a test or ignore")

"""Devices, limits and baselines: what is in force."""

from __future__ import annotations

from photopeak.api.context import ApiContext
from photopeak.api.operations.parameters import Word
from photopeak.api.surface import Surface
from photopeak.api.wire.base import PageOut
from photopeak.api.wire.site import BaselineOut, DeviceOut, LimitSetOut, SightingOut
from photopeak.model.page import Access
from photopeak.storage import devices, limits

_MOST_SEEN = 200


def add(surface: Surface, context: ApiContext) -> None:
    """Add the operations."""

    @surface.operation("GET", "/api/v1/devices", Access.READ, tags=["site"])
    def list_devices() -> PageOut[DeviceOut]:
        """Return the configured devices."""
        return PageOut(items=[DeviceOut.of(device) for device in context.devices()])

    @surface.operation("GET", "/api/v1/devices/seen", Access.READ, tags=["site"])
    def list_seen() -> PageOut[SightingOut]:
        """Return the equipment that sent something, the last seen first."""
        with context.database.snapshot() as tx:
            found = devices.seen(tx)[:_MOST_SEEN]
        return PageOut(items=[SightingOut.of(sighting) for sighting in found])

    @surface.operation("GET", "/api/v1/limits", Access.READ, tags=["site"])
    def list_limits() -> PageOut[LimitSetOut]:
        """Return the sets of limits in force."""
        with context.database.snapshot() as tx:
            return PageOut(items=[LimitSetOut.of(found) for found in limits.in_force(tx)])

    @surface.operation("GET", "/api/v1/baselines", Access.READ, tags=["site"])
    def list_baselines(device: Word, test: Word, variant: Word) -> PageOut[BaselineOut]:
        """Return the baselines in force for a test of a device."""
        with context.database.snapshot() as tx:
            found = limits.baselines_for(tx, device, test, variant)
        return PageOut(items=[BaselineOut.of(baseline) for baseline in found])

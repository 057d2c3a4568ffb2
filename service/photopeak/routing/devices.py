"""Which configured device a series comes from. An unknown device is a visible fact, no error."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

from photopeak.model.devices import Device
from photopeak.model.header import InstanceHeader
from photopeak.model.routing import Step
from photopeak.routing.conditions import Pattern, element_values
from photopeak.routing.text import normalise


@dataclass(frozen=True, slots=True)
class Identification:
    """The device, or None, with the steps that led there."""

    device: Device | None
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class _Comparison:
    """How one device fits: what speaks for it, or the fact that excludes it."""

    device: Device
    agreements: tuple[str, ...]
    weight: int
    contradiction: str = ""


def identify(
    header: InstanceHeader, calling_ae_title: str, peer_address: str, devices: Sequence[Device]
) -> Identification:
    """Find the device of a series.

    Every fact that is configured and known has to agree: the serial number, the station name and
    the expressions on the header exclude a device that they contradict; AE title and network do
    so only while the series came over the network. The serial number weighs most, then the
    station and the expressions, then the AE title, then the network. Of several devices that fit
    equally well none is taken.

    Parameters
    ----------
    header
        Header of one instance of the series.
    calling_ae_title, peer_address
        Who sent it; empty for an upload or a file.
    devices
        The configured devices.
    """
    if not devices:
        return Identification(None, (_step("", "passed", "no device is configured"),))
    steps = []
    fits = []
    for device in devices:
        comparison = _compare(device, header, calling_ae_title, peer_address)
        if comparison.contradiction:
            steps.append(_step(device.id, "rejected", comparison.contradiction))
        elif comparison.agreements:
            fits.append(comparison)
    fits.sort(key=lambda comparison: -comparison.weight)
    if not fits:
        message = "no configured device fits: the device is not known"
        return Identification(None, (*steps[:20], _step("", "passed", message)))
    best = fits[0]
    equal = [c.device.id for c in fits if c.weight == best.weight]
    if len(equal) > 1:
        message = f"{' and '.join(equal)} fit equally well: the device is not known"
        return Identification(None, (*steps[:20], _step("", "passed", message)))
    message = f"recognised by {', '.join(best.agreements)}"
    return Identification(best.device, (*steps[:20], _step(best.device.id, "matched", message)))


def _compare(
    device: Device, header: InstanceHeader, calling_ae_title: str, peer_address: str
) -> _Comparison:
    agreements: list[str] = []
    weight = 0
    for name, configured, found, value in (
        ("serial number", device.serial_number, header.serial_number, 8),
        ("station", device.station, header.station, 4),
    ):
        if not configured or not found:
            continue
        if normalise(configured) != normalise(found):
            return _Comparison(device, (), 0, f"its {name} is another one")
        agreements.append(name)
        weight += value
    for keyword, expression in device.match.items():
        values = element_values(header, keyword)
        try:
            pattern = Pattern.compile(expression)
            found_any = any(pattern.search(normalise(str(value))) for value in values)
        except (ValueError, TimeoutError):
            return _Comparison(device, (), 0, f"the expression on {keyword} cannot be used")
        if not found_any:
            what = "does not fit" if values else "is absent"
            return _Comparison(device, (), 0, f"{keyword} {what}")
        agreements.append(keyword)
        weight += 4
    if device.ae_titles and calling_ae_title:
        if calling_ae_title.strip() not in device.ae_titles:
            return _Comparison(device, (), 0, "it does not send under this AE title")
        agreements.append("AE title")
        weight += 2
    if device.networks and peer_address:
        if not _inside(peer_address, device.networks):
            return _Comparison(device, (), 0, "it does not send from this network")
        agreements.append("network")
        weight += 1
    return _Comparison(device, tuple(agreements), weight)


def _inside(address: str, networks: Sequence[str]) -> bool:
    try:
        host = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(host, ipaddress.IPv6Address) and host.ipv4_mapped:
        host = host.ipv4_mapped
    return any(host in ipaddress.ip_network(network) for network in networks)


def _step(subject: str, effect: str, message: str) -> Step:
    return Step(stage="device", subject=subject, effect=effect, message=message)

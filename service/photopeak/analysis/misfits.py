"""What devices and rules ask of tests that these cannot do: told before an image finds it out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from photopeak.analysis.job import ALL_TESTS
from photopeak.analysis.site import Site
from photopeak.model.devices import Device
from photopeak.routing.catalogue import TESTS, closest

if TYPE_CHECKING:
    from photopeak_analyzers.contract import Analyzer


def misfits(site: Site, analyzers: Mapping[str, Analyzer]) -> tuple[str, ...]:
    """Return a fault for each parameter of a device and each variant of a rule that a test refuses.

    Tests that are known and not installed are passed over: a site may be ahead of its installation.
    """
    return (
        *(fault for device in site.devices for fault in _of_device(device, analyzers)),
        *_of_rules(site, analyzers),
    )


def _of_device(device: Device, analyzers: Mapping[str, Analyzer]) -> Iterator[str]:
    from photopeak_analyzers.errors import ParameterError
    from photopeak_analyzers.parameters import parameters_from

    where = f"devices.toml: devices.{device.id}.parameters"
    for test in sorted(device.parameters.keys() - analyzers.keys() - TESTS - {ALL_TESTS}):
        near = closest(test, frozenset(analyzers))
        yield f"{where}.{test}: there is no such test" + (f"; did you mean {near}?" if near else "")
    general = device.parameters.get(ALL_TESTS, {})
    unknown = set(general)
    told: set[str] = set()
    for test, analyzer in analyzers.items():
        # As an analysis gets them: what is said for all tests, then what is said for this one.
        known = {n: v for n, v in general.items() if n in analyzer.parameters.__dataclass_fields__}
        unknown -= known.keys()
        own = device.parameters.get(test, {})
        try:
            parameters_from(analyzer.parameters, {**known, **own})
        except ParameterError as error:
            if own or str(error) not in told:
                yield f"{where}.{test if own else ALL_TESTS}: {error}"
            told.add(str(error))
    for name in sorted(unknown):
        yield f"{where}.{ALL_TESTS}.{name}: no installed test has this parameter"


def _of_rules(site: Site, analyzers: Mapping[str, Analyzer]) -> Iterator[str]:
    for rule in site.routes.rules:
        for test in dict.fromkeys(rule.test.values()):
            if not rule.variant or test not in analyzers:
                continue
            texts = [variant.name for variant in analyzers[test].variants]
            if rule.variant not in texts:
                yield (
                    f"{rule.origin}: rule {rule.id}: variant: {test} has {', '.join(texts)},"
                    f" not {rule.variant}"
                )

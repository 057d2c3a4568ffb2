"""Which results a report is about: of each test of JJF 7 the newest valid one, or those asked for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from photopeak.model.devices import Device
from photopeak.model.judgement import Status
from photopeak.model.results import FigureRecord, ResultRecord, ResultSummary
from photopeak.reports.paper.pictures import MOST_PICTURE_BYTES, MOST_PICTURES, form_of
from photopeak.storage import results, series
from photopeak.storage.database import Transaction

VARIANT = "jjf"
"""Results of another text do not belong into this report."""

NO_RESULT = frozenset({Status.INVALID, Status.ERROR})

_LOOKED_THROUGH = 200


@dataclass(frozen=True, slots=True)
class Kind:
    """One calibration item of JJF 7: the test that measures it, its name and clause."""

    test: str
    title: str
    clause: str


KINDS = (
    Kind("pet_spatial_resolution", "Spatial resolution, point sources", "JJF 7.1.1"),
    Kind("pet_rod_phantom_resolution", "Spatial resolution, phantom", "JJF 7.1.2"),
    Kind("pet_sensitivity", "Sensitivity", "JJF 7.2"),
    Kind("pet_image_quality", "Image quality", "JJF 7.3"),
    Kind("pet_ct_registration", "Registration accuracy", "JJF 7.4"),
)
"""The calibration items in the order of the text."""

TESTS = frozenset(kind.test for kind in KINDS)


@dataclass(frozen=True, slots=True)
class Shown:
    """A figure with the form that is shown: the data of a table, an SVG document, or a PNG image.

    `content` is empty for one that is too large to be put into a report.
    """

    figure: FigureRecord
    form: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One calibration item with its result, if it has one.

    `later` is a newer attempt without a valid result, which was not used.
    """

    kind: Kind
    result: ResultRecord | None = None
    later: ResultSummary | None = None
    figures: tuple[Shown, ...] = ()
    left_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """What a report is made from; `headers` is what the images say of the instrument."""

    device: Device
    items: tuple[Item, ...]
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    since: datetime | None = None
    before: datetime | None = None
    chosen: bool = False

    @property
    def results(self) -> tuple[ResultRecord, ...]:
        """The results in the order of the items."""
        return tuple(item.result for item in self.items if item.result is not None)

    @property
    def inputs_sha256(self) -> str:
        """Hash of everything that the results were made from."""
        text = json.dumps([[r.id, inputs_sha256(r)] for r in self.results])
        return hashlib.sha256(text.encode()).hexdigest()


class SelectionError(ValueError):
    """A result that was asked for does not belong into this report."""


def gather(
    tx: Transaction,
    device: Device,
    *,
    since: datetime | None = None,
    before: datetime | None = None,
    chosen: Sequence[str] = (),
) -> Gathered:
    """Return the results of a device: those `chosen`, or the newest valid one of each item.

    Of an item without a valid result the newest attempt is taken, to be shown as what it is.

    Raises
    ------
    NotFoundError
        If there is no result with an id.
    SelectionError
        If a result is of another device, test or text, or an item has two.
    """
    if chosen:
        by_test = _chosen(tx, device, chosen)
        items = tuple(_item(tx, kind, by_test.get(kind.test), None) for kind in KINDS)
    else:
        items = tuple(_newest(tx, device, kind, since, before) for kind in KINDS)
    return Gathered(
        device=device,
        items=items,
        headers=_headers(tx, items),
        since=since,
        before=before,
        chosen=bool(chosen),
    )


def inputs_sha256(result: ResultRecord) -> str:
    """Return the hash of what a result was made from: every instance and every reading."""
    inputs = sorted(
        [entry.role, entry.series_instance_uid, sorted(sha for _, sha in entry.instances)]
        for entry in result.provenance.inputs
    )
    readings = sorted(
        [r.name, r.value, r.unit, r.uncertainty, None if r.at is None else r.at.isoformat()]
        for r in result.provenance.readings
    )
    text = json.dumps({"inputs": inputs, "readings": readings}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _chosen(tx: Transaction, device: Device, ids: Sequence[str]) -> dict[str, ResultRecord]:
    found: dict[str, ResultRecord] = {}
    for identity in dict.fromkeys(ids):
        result = results.get(tx, identity)
        if result.device_id != device.id or result.test not in TESTS or result.variant != VARIANT:
            raise SelectionError("a result is not of this device, or not of a test of JJF")
        if result.test in found:
            raise SelectionError(f"two results are of {result.test}")
        found[result.test] = result
    return found


def _newest(
    tx: Transaction, device: Device, kind: Kind, since: datetime | None, before: datetime | None
) -> Item:
    found = results.measured(
        tx,
        device_id=device.id,
        test=kind.test,
        variant=VARIANT,
        since=since,
        before=before,
        limit=_LOOKED_THROUGH,
    )
    best = next((each for each in found if each.status not in NO_RESULT), None)
    taken = best or next(iter(found), None)
    later = found[0] if best is not None and found[0] is not best else None
    result = None if taken is None else results.get(tx, taken.id)
    return _item(tx, kind, result, later if later and later.status in NO_RESULT else None)


def _item(
    tx: Transaction, kind: Kind, result: ResultRecord | None, later: ResultSummary | None
) -> Item:
    if result is None:
        return Item(kind=kind)
    wanted = [f for f in result.figures if form_of(f)]
    tables = [f for f in wanted if f.kind == "table"]
    pictures = [f for f in wanted if f.kind != "table"]
    kept = {f.name for f in (*tables[:MOST_PICTURES], *pictures[:MOST_PICTURES])}
    shown = []
    for figure in wanted:
        if figure.name in kept:
            form = form_of(figure)
            content = results.figure(tx, result.id, figure.name, form)
            small = content if len(content) <= MOST_PICTURE_BYTES else b""
            shown.append(Shown(figure, form, small))
    return Item(
        kind=kind,
        result=result,
        later=later,
        figures=tuple(shown),
        left_out=len(result.figures) - len(shown),
    )


def _headers(tx: Transaction, items: Sequence[Item]) -> Mapping[str, str]:
    """Return what the first series with a header says of the instrument, images of PET first."""
    for item in items:
        for entry in item.result.provenance.inputs if item.result else ():
            record = series.find(tx, entry.series_instance_uid)
            if record is not None and record.display.get("Manufacturer"):
                return record.display
    return MappingProxyType({})

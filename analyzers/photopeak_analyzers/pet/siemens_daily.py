"""Daily report of a Siemens Biograph: the XML ``SystemQualityReport``, and the words of its PDF.

Names of elements begin with a small letter that keeps the order and differs between versions, so
they are known by what follows. The bounds are those in the report: they belong to the system. For
items of blocks and planes the value is how many are out of those bounds, for the others it is what
the bounds are for. Seen: Biograph mCT with VG40C; items of the Vision besides.
"""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime

from photopeak_analyzers.document import Document, Element
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.pet.daily_report import (
    BlockValues,
    DailyItem,
    DailyReport,
    Layout,
    Phantom,
    decimal_comma,
    no_number_of,
    number_of,
    same_unit,
    verdict_alone,
    verdict_in,
)
from photopeak_analyzers.pet.report_words import read_items
from photopeak_analyzers.pet.siemens_items import ALWAYS, ITEMS, SYNONYMS, TIMING, WORDINGS

ROOT = "SystemQualityReport"
_TITLE = re.compile(r"(?i)system\s*quality\s*report|quality\s*guard\s*report")
_MBQ = {"mci": 37.0, "uci": 0.037, "ci": 37_000.0, "mbq": 1.0, "kbq": 1e-3, "gbq": 1e3, "bq": 1e-6}
_OUTSIDE = re.compile(r"(?i)outside[ _]*range|out[ _]*of[ _]*range")
_COUNTED = re.compile(r"(?i)block|plane|outside|out")
_CODE = re.compile(r"[A-Za-z0-9]+(?:_[A-Za-z0-9]+){1,8}")
"""What the scanner itself comments; what people write may name people."""
_MOST_ITEMS = 200
_MOST_BLOCKS = 20_000


def plain_name(name: str) -> str:
    """Return the name of an element without the small letter that keeps the order.

    >>> plain_name("aBlockNoise"), plain_name("fECF"), plain_name("LastSetupState")
    ('BlockNoise', 'ECF', 'LastSetupState')
    """
    return name[1:] if len(name) > 1 and name[0].islower() and name[1].isupper() else name


def find(element: Element | None, *path: str) -> Element | None:
    """Return what stands at a path of plain names below an element, or None."""
    for name in path:
        if element is None:
            return None
        element = next((e for e in element.children if plain_name(e.name) == name), None)
    return element


def find_all(elements: Iterable[Element], name: str) -> list[Element]:
    """Return all elements of a plain name below some."""
    return [c for element in elements for c in element.children if plain_name(c.name) == name]


def read_xml(document: Document) -> DailyReport:
    """Read the XML of a report; what stands in it more than once is read as often.

    Raises
    ------
    UnsuitableAcquisitionError
        If it has more items than a report.
    """
    root = document.root
    assert root is not None  # noqa: S101 - the layout has looked
    comma = decimal_comma(element.text for element in _leaves(root))
    results = find_all([root], "Results")
    overall = [each.text for each in find_all(results, "SystemQualityResults")]
    items = list(_items(root, comma))
    items += [
        DailyItem(name="PhantomAge", passed=verdict_alone(age.text), said=age.text[:64])
        for age in find_all(results, "PhantomAgeResult")
    ]
    items = _each_once(items)
    names = {SYNONYMS.get(item.name, item.name) for item in items}
    wanted: tuple[str, ...] = (*ALWAYS, "PhantomAge")
    if names & set(TIMING):
        wanted = (*wanted, *TIMING)
    setup = find(root, "InputforComputation")
    return DailyReport(
        title="Siemens System Quality Report (XML)",
        maker="siemens",
        items=tuple(items),
        passed=_together([verdict_alone(said) for said in overall]),
        said=" / ".join(dict.fromkeys(overall))[:64],
        scanned_at=document.started_at,
        prints_bounds=True,
        software=_text(find(setup, "ICSSWVersion"))[:64],
        station=_text(find(setup, "ICSName"))[:64],
        phantom=_phantom(find(root, "PhantomParameters"), comma),
        block_efficiency=_blocks(find(root, "BlockEfficiency"), comma),
        plane_profile=_profile(find(root, "PlaneEfficiencyProfile"), comma),
        remarks=tuple(_remarks(results, setup)),
        missing=tuple(name for name in wanted if name not in names),
    )


def _items(root: Element, comma: bool) -> Iterator[DailyItem]:
    holders = find_all(find_all([root], "DetailedSystemQualityReport"), "Item")
    elements = [child for holder in holders for child in holder.children]
    if len(elements) > _MOST_ITEMS:
        raise UnsuitableAcquisitionError(
            f"the report has {len(elements)} items, at most {_MOST_ITEMS} are read",
            quantity="items",
            value=len(elements),
            bound=_MOST_ITEMS,
        )
    for element in elements:
        name = plain_name(element.name)[:64]
        known = ITEMS.get(SYNONYMS.get(name, name))
        value_unit = _text(find(element, "BlkValue", "Measure"))[:64]
        said = _text(find(element, "Decision"))
        value = _number(find(element, "BlkValue", "Value"), comma)
        counted = _OUTSIDE.search(value_unit) is not None
        upper_unit = _text(find(element, "UpperBound", "Measure"))[:64]
        lower_unit = _text(find(element, "LowerBound", "Measure"))[:64]
        fault = ""
        if known is not None and value is None:
            fault = "has no value that is a number"
        elif known is not None and not (
            counted if not known[1] else same_unit(value_unit, known[1])
        ):
            fault = f"is in {value_unit or 'no unit'}, needs {known[1] or 'blocks or planes out of range'}"
        elif known is not None and counted and no_number_of(value):
            fault = f"is {value:g} blocks or planes, needs a whole number of at least 0"
        elif lower_unit and upper_unit and not same_unit(lower_unit, upper_unit):
            fault = f"has bounds in {lower_unit} and {upper_unit}"
        lower, upper = _bounds(element, comma)
        yield DailyItem(
            name=name,
            metric=known[0] if known is not None else "",
            value=value,
            unit=value_unit,
            lower=lower,
            upper=upper,
            bound_unit=upper_unit or lower_unit,
            passed=verdict_alone(said),
            said=said[:64],
            fault=fault,
        )


def _bounds(element: Element, comma: bool) -> tuple[float | None, float | None]:
    """Return the bounds of an item; neither where one is there that is no number."""
    given = [find(element, f"{side}Bound", "Value") for side in ("Lower", "Upper")]
    numbers = [_number(each, comma) for each in given]
    if any(n is None and _text(each) for n, each in zip(numbers, given, strict=True)):
        return None, None
    return numbers[0], numbers[1]


def _each_once(items: list[DailyItem]) -> list[DailyItem]:
    """Take the values from items that are there more than once: which is meant nobody tells."""
    names = Counter(SYNONYMS.get(item.name, item.name) for item in items)
    return [
        dataclasses.replace(item, value=None, fault=f"is there {count} times")
        if (count := names[SYNONYMS.get(item.name, item.name)]) > 1
        else item
        for item in items
    ]


def _together(verdicts: list[bool | None]) -> bool | None:
    """Return one verdict for several: failed where one is, passed where all are."""
    if False in verdicts:
        return False
    return True if verdicts and None not in verdicts else None


def _phantom(element: Element | None, comma: bool) -> Phantom | None:
    if element is None:
        return None
    activity = _number(find(element, "AssayActivity", "Value"), comma)
    factor = _MBQ.get(_text(find(element, "AssayActivity", "Measure")).casefold())
    return Phantom(
        nuclide=_text(find(element, "Isotope"))[:16],
        activity_mbq=None if activity is None or factor is None else activity * factor,
        assayed_at=_moment(_text(find(element, "AssayDateTime"))),
        calibration_factor=_number(find(element, "CalibrationFactor"), comma),
    )


def _blocks(element: Element | None, comma: bool) -> BlockValues | None:
    """Return the efficiency of each block, in rows by the electronics (DEA) that it belongs to."""
    values = find(element, "Values")
    if values is None:
        return None
    columns: dict[str, list[float]] = {"Value": [], "DEA": [], "Block": []}
    for child in values.children[: 3 * _MOST_BLOCKS]:
        column = columns.get(plain_name(child.name))
        number = number_of(child.text, comma=comma)
        if column is not None:
            if number is None:
                return None
            column.append(number)
    if not columns["Value"] or len({len(column) for column in columns.values()}) != 1:
        return None
    rows: dict[int, dict[int, float]] = {}
    for value, dea, block in zip(*columns.values(), strict=True):
        rows.setdefault(int(dea), {})[int(block)] = value
    names = sorted({block for row in rows.values() for block in row})
    if any(sorted(row) != names for row in rows.values()):
        return None
    return BlockValues(
        title="DEA",
        names=tuple(str(dea) for dea in sorted(rows)),
        rows=tuple(tuple(rows[dea][block] for block in names) for dea in sorted(rows)),
    )


def _profile(element: Element | None, comma: bool) -> tuple[float, ...]:
    profile = find(element, "Profile")
    numbers = [
        number_of(c.text, comma=comma) for c in (profile.children if profile else ())[:_MOST_BLOCKS]
    ]
    return tuple(n for n in numbers if n is not None) if None not in numbers else ()


def _remarks(results: list[Element], setup: Element | None) -> Iterator[tuple[str, str]]:
    for child in find_all(results, "Comments"):
        if _CODE.fullmatch(child.text):
            yield "comment", child.text
    for child in setup.children if setup is not None else ():
        if plain_name(child.name) == "LastSuccessfulSetup":
            when, state = (_text(find(child, f"LastSetup{what}")) for what in ("DateTime", "State"))
            yield "last set-up", f"{when[:32]} {state[:64]}".strip()


def _leaves(root: Element) -> Iterator[Element]:
    stack = [root]
    while stack:
        element = stack.pop()
        stack += element.children
        if not element.children:
            yield element


def _text(element: Element | None) -> str:
    return element.text if element is not None else ""


def _number(element: Element | None, comma: bool) -> float | None:
    return number_of(element.text, comma=comma) if element is not None else None


def _moment(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo is not None else None


def read_pdf(document: Document) -> DailyReport:
    """Read the words of a report."""
    found = read_items(document.text, WORDINGS)
    items = []
    for item in found.items:
        known = ITEMS.get(item.name)
        if known is None:
            items.append(item)
            continue
        metric, unit, _ = known
        value, fault = item.value, item.fault
        if not unit and not _COUNTED.search(item.unit):
            # Without its word the number beside the bounds of single blocks may be anything.
            value = None
        elif not unit and not fault and no_number_of(value):
            fault = f"is {value:g} blocks or planes, needs a whole number of at least 0"
        elif unit and value is None and not fault:
            fault = "has no value"
        elif unit and not fault and not same_unit(item.unit, unit):
            fault = f"is in {item.unit or 'no unit'}, needs {unit}"
        items.append(
            dataclasses.replace(
                item,
                metric=metric,
                value=value,
                fault=fault,
                bound_unit=item.bound_unit if unit else "",
            )
        )
    names = {item.name for item in items}
    wanted = ALWAYS if not names & set(TIMING) else (*ALWAYS, *TIMING)
    overall = found.overall(
        r"system\s*quality(?:\s*(?:results?|check|status))?|overall(?:\s*result)?|final\s*result|result"
    )
    return DailyReport(
        title="Siemens System Quality Report (PDF)",
        maker="siemens",
        items=tuple(items),
        passed=verdict_in(overall),
        said=overall[:64],
        scanned_at=document.started_at,
        missing=tuple(name for name in wanted if name not in names),
    )


SIEMENS_XML = Layout(
    title="Siemens System Quality Report (XML)",
    fits=lambda document: document.root is not None and document.root.name == ROOT,
    read=read_xml,
)
SIEMENS_PDF = Layout(
    title="Siemens System Quality Report (PDF)",
    fits=lambda document: document.root is None and _TITLE.search(document.text) is not None
    and len(read_items(document.text, WORDINGS).items) >= 2,
    read=read_pdf,
)  # fmt: skip

"""What a test set still needs, item by item, for lists and forms."""

from collections.abc import Collection
from dataclasses import dataclass

from photopeak.model.catalogue import TestDescription
from photopeak.model.test_sets import TestSetRecord
from photopeak.reports.text import unit_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """One thing that is missing: `kind` is ``role`` or ``reading``."""

    kind: str
    name: str
    label: str
    unit: str
    hint: str


def missing(
    test: TestDescription | None, record: TestSetRecord, readings: Collection[str]
) -> tuple[Missing, ...]:
    """Return what a test set lacks; nothing for a test that is not installed any more."""
    if test is None:
        return ()
    found = []
    for role in test.roles:
        present = len(record.in_role(role.name))
        if present < role.minimum:
            label = role.label or role.name
            if role.minimum > 1:
                label = f"{label} ({present} of {role.minimum})"
            found.append(Missing(kind="role", name=role.name, label=label, unit="", hint=role.hint))
    found.extend(
        Missing(
            kind="reading",
            name=reading.name,
            label=reading.label or reading.name,
            unit=unit_text(reading.unit),
            hint=reading.hint,
        )
        for reading in test.readings
        if reading.required and reading.name not in readings
    )
    return tuple(found)

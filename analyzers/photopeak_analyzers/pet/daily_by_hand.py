"""A daily check that a person copies from the screen: for makers whose reports have no known form."""

from __future__ import annotations

from photopeak_analyzers.contract import Inputs
from photopeak_analyzers.errors import ParameterError
from photopeak_analyzers.pet.daily_report import DailyItem, DailyReport
from photopeak_analyzers.readings import Column, Reading, ReadingKind, Row

PASSED, FAILED = "passed", "failed"

VERDICT = Reading(
    name="verdict",
    label="Verdict of the scanner",
    label_zh="设备结论",
    unit="1",
    kind=ReadingKind.CHOICE,
    choices=(PASSED, FAILED),
    required=False,
    hint="As the scanner shows it for the whole check.",
)
ITEMS = Reading(
    name="items",
    label="Items of the check",
    label_zh="检查项目",
    unit="1",
    kind=ReadingKind.TABLE,
    columns=(
        Column("item", kind=ReadingKind.TEXT, label="Item", label_zh="项目"),
        Column(
            "value", minimum=-1e15, maximum=1e15, required=False, label="Value", label_zh="数值"
        ),
        Column(
            "lower",
            minimum=-1e15,
            maximum=1e15,
            required=False,
            label="Lower bound",
            label_zh="下限",
        ),
        Column(
            "upper",
            minimum=-1e15,
            maximum=1e15,
            required=False,
            label="Upper bound",
            label_zh="上限",
        ),
        Column(
            "verdict",
            kind=ReadingKind.CHOICE,
            choices=(PASSED, FAILED),
            required=False,
            label="Verdict",
            label_zh="结论",
        ),
    ),
    required=False,
    maximum_rows=200,
    hint="Each item with its value in the unit of the screen, the bounds shown, and its verdict.",
)


def entered(inputs: Inputs) -> DailyReport | None:
    """Return what was entered by hand, or None when nothing was.

    Raises
    ------
    ParameterError
        If an item is there twice, says nothing, or has its bounds the wrong way round.
    """
    verdict = inputs.readings.get(VERDICT.name)
    if verdict is None and ITEMS.name not in inputs.readings:
        return None
    items: list[DailyItem] = []
    names: set[str] = set()
    for row in inputs.rows(ITEMS) if ITEMS.name in inputs.readings else ():
        name = row.text("item").strip()[:64]
        if not name or name in names:
            raise ParameterError(
                f"the item {name!r} is entered {'twice' if name else 'without a name'}",
                quantity="item",
                value=name,
            )
        names.add(name)
        value, lower, upper = (_number(row, key) for key in ("value", "lower", "upper"))
        said = row.text("verdict") if row.has("verdict") else None
        if value is None and said is None:
            raise ParameterError(
                f"the item {name} has neither a value nor a verdict", quantity=name
            )
        if lower is not None and upper is not None and lower > upper:
            raise ParameterError(
                f"the lower bound {lower:g} of {name} is above its upper {upper:g}",
                quantity=name,
                value=lower,
                bound=upper,
            )
        items.append(
            DailyItem(
                name=name,
                metric="item_value" if value is not None else "",
                value=value,
                lower=lower,
                upper=upper,
                passed=None if said is None else said == PASSED,
                said=str(said or ""),
            )
        )
    said = str(verdict.value) if verdict is not None else ""
    return DailyReport(
        title="Check entered by hand",
        maker="manual",
        items=tuple(items),
        passed=None if verdict is None else said == PASSED,
        said=said,
    )


def _number(row: Row, column: str) -> float | None:
    return row.number(column) if row.has(column) else None

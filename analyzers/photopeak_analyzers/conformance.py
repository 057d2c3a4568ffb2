"""Checking an analyzer against the contract.

::

    violations = check(ANALYZER, examples=[Inputs(roles={"flood": (flood,)}, variant="nema")])

The description is checked always; what the analyzer does is checked on examples, two runs each:
it must be pure, repeat itself, declare what it returns, and answer an unusable input with an
:class:`~photopeak_analyzers.errors.AnalysisError` or a result that is not valid. What has less than
the test needs and is to be analysed all the same is measured, or refused in words.
"""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from photopeak_analyzers.acquisition import Acquisition, FrameStack, Volume
from photopeak_analyzers.contract import (
    Analysis,
    Analyzer,
    Inputs,
    Parameters,
    Reading,
    ReadingKind,
)
from photopeak_analyzers.errors import AnalysisError, ContractError, ParameterError
from photopeak_analyzers.figures import CurveFigure, Figure, ImageFigure
from photopeak_analyzers.readings import CELL_KINDS, MOST_ROWS
from photopeak_analyzers.ucum import is_unit

VARIANTS = frozenset({"nema", "iec", "ws523", "jjf", "wst584", "earl1", "earl2", "local"})
"""Texts that a variant may name."""

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_CHINESE = re.compile("[\u4e00-\u9fff]")


def check(analyzer: Analyzer, examples: Iterable[Inputs] = ()) -> list[str]:
    """Return what is wrong with an analyzer, one sentence each; nothing for a good one.

    Parameters
    ----------
    analyzer
        What an entry point names.
    examples
        Inputs that it can analyse.
    """
    violations = [*_identity(analyzer), *_inputs(analyzer), *_metrics(analyzer)]
    violations += _parameters(analyzer)
    for example in examples:
        violations += [
            f"variant {example.variant}: {each}" for each in _behaviour(analyzer, example)
        ]
    return violations


def _identity(analyzer: Analyzer) -> Iterator[str]:
    if not _NAME.fullmatch(analyzer.id):
        yield f"the id {analyzer.id!r} is not lower case with underscores"
    if not analyzer.title.strip():
        yield "the title is empty"
    if not _CHINESE.search(analyzer.title_zh):
        yield f"the Chinese title is {analyzer.title_zh!r}"
    if not analyzer.version.strip():
        yield "the version is empty"
    if not analyzer.variants:
        yield "it has no variant"
    yield from _repeated("variant", (v.name for v in analyzer.variants))
    for variant in analyzer.variants:
        if variant.name not in VARIANTS:
            yield f"the variant {variant.name!r} is none of {', '.join(sorted(VARIANTS))}"
        if not (variant.title.strip() and variant.clause.strip()):
            yield f"the variant {variant.name} lacks title or clause"
    if analyzer.days < 1:
        yield f"its sets are spread over {analyzer.days} days"
    yield from _repeated("figure", analyzer.figures)
    for name in analyzer.figures:
        if not _NAME.fullmatch(name):
            yield f"the figure {name!r} is not lower case with underscores"


def _inputs(analyzer: Analyzer) -> Iterator[str]:
    if not analyzer.roles and not analyzer.readings:
        yield "it has neither roles nor readings"
    yield from _repeated("role", (r.name for r in analyzer.roles))
    for role in analyzer.roles:
        if not _NAME.fullmatch(role.name):
            yield f"the role {role.name!r} is not lower case with underscores"
        if not role.kinds:
            yield f"the role {role.name} takes no kind of acquisition"
        if role.minimum < 0 or (role.maximum is not None and role.maximum < max(role.minimum, 1)):
            yield f"the role {role.name} takes {role.minimum} to {role.maximum} acquisitions"
        if not role.label.strip():
            yield f"the role {role.name} has no label"
    yield from _repeated("reading", (r.name for r in analyzer.readings))
    for reading in analyzer.readings:
        yield from _reading(reading)


def _reading(reading: Reading) -> Iterator[str]:
    if not _NAME.fullmatch(reading.name):
        yield f"the reading {reading.name!r} is not lower case with underscores"
    if not reading.label.strip():
        yield f"the reading {reading.name} has no label"
    numeric = reading.kind in {ReadingKind.NUMBER, ReadingKind.ACTIVITY}
    if numeric and not is_unit(reading.unit):
        yield f"the unit {reading.unit!r} of the reading {reading.name} is not UCUM"
    if (
        reading.minimum is not None
        and reading.maximum is not None
        and reading.minimum > reading.maximum
    ):
        yield f"the reading {reading.name} is bounded by {reading.minimum} and {reading.maximum}"
    if reading.kind is ReadingKind.CHOICE and not reading.choices:
        yield f"the reading {reading.name} offers no choice"
    if reading.kind is ReadingKind.TABLE:
        yield from _table(reading)


def _table(reading: Reading) -> Iterator[str]:
    if not reading.columns:
        yield f"the reading {reading.name} has no columns"
    yield from _repeated(f"column of {reading.name}", (c.name for c in reading.columns))
    if not 1 <= reading.minimum_rows <= reading.maximum_rows <= MOST_ROWS:
        yield (
            f"the reading {reading.name} takes {reading.minimum_rows} to {reading.maximum_rows}"
            " rows"
        )
    if reading.minimum is not None or reading.maximum is not None:
        yield f"the table {reading.name} has bounds that its columns should have"
    for column in reading.columns:
        name = f"the column {column.name} of {reading.name}"
        if not _NAME.fullmatch(column.name):
            yield f"{name} is not lower case with underscores"
        if column.kind not in CELL_KINDS:
            yield f"{name} holds {column.kind}"
        if not is_unit(column.unit):
            yield f"the unit {column.unit!r} of {name} is not UCUM"
        if column.kind is ReadingKind.CHOICE and not column.choices:
            yield f"{name} offers no choice"
        if (
            column.minimum is not None
            and column.maximum is not None
            and column.minimum > column.maximum
        ):
            yield f"{name} is bounded by {column.minimum} and {column.maximum}"


def _metrics(analyzer: Analyzer) -> Iterator[str]:
    if not analyzer.metrics:
        yield "it has no metric"
    yield from _repeated("metric", (m.key for m in analyzer.metrics))
    for metric in analyzer.metrics:
        if not _NAME.fullmatch(metric.key):
            yield f"the metric {metric.key!r} is not lower case with underscores"
        if not is_unit(metric.unit):
            yield f"the unit {metric.unit!r} of {metric.key} is not UCUM"
        if not metric.symbol.strip():
            yield f"{metric.key} has no symbol"
        if not metric.label.strip():
            yield f"{metric.key} has no label"
        if not _CHINESE.search(metric.label_zh):
            yield f"the Chinese label of {metric.key} is {metric.label_zh!r}"
        if not metric.clause.strip():
            yield f"{metric.key} names no clause"
        if metric.decimals < 0:
            yield f"{metric.key} is shown with {metric.decimals} decimals"


def _parameters(analyzer: Analyzer) -> Iterator[str]:
    kind = analyzer.parameters
    if kind is not Parameters and not (
        "__dataclass_fields__" in vars(kind) and issubclass(kind, Parameters)
    ):
        yield "its parameters are not a dataclass derived from Parameters"
        return
    try:
        defaults = kind()
    except (TypeError, ParameterError) as error:
        yield f"its parameters have no valid defaults: {error}"
        return
    for field in dataclasses.fields(kind):
        if not str(field.metadata.get("doc", "")).strip():
            yield f"the parameter {field.name} is not documented"
        if not is_unit(str(field.metadata.get("unit", ""))):
            yield f"the unit of the parameter {field.name} is not UCUM"
        if field.type in {"int", "float", "int | None", "float | None", int, float}:
            yield from _bounds(field, defaults)


def _bounds(field: dataclasses.Field[Any], defaults: Parameters) -> Iterator[str]:
    for bound, beyond in (("minimum", -1.0), ("maximum", 1.0)):
        limit = field.metadata.get(bound)
        if limit is None:
            if "no bound" not in field.metadata.get("doc", ""):
                yield f"the parameter {field.name} has no {bound}"
            continue
        value = limit + beyond * (1.0 + abs(limit))
        try:
            dataclasses.replace(defaults, **{field.name: value})
        except ParameterError:
            continue
        yield f"the parameter {field.name} may be {value:g} beyond its {bound}"


def _behaviour(analyzer: Analyzer, example: Inputs) -> Iterator[str]:
    before = _fingerprint(example)
    try:
        first, second = analyzer.analyze(example), analyzer.analyze(example)
    except (AnalysisError, ContractError) as error:
        yield f"the example is refused: {error}"
        return
    if _fingerprint(example) != before:
        yield "the inputs are changed"
    if not _same(first, second):
        yield "the second run differs from the first"
    yield from _returned(analyzer, first)
    for name, spoilt in _spoilt(example):
        try:
            result = analyzer.analyze(spoilt)
        except AnalysisError as error:
            if not str(error).strip():
                yield f"{name} is refused without a word"
        except Exception as error:  # noqa: BLE001 - whatever it is, it is a violation to report
            yield f"{name} ends in {type(error).__name__}: {error}"
        else:
            if result.valid:
                yield f"{name} gives a valid result"
    for name, partial in partial_inputs(analyzer, example):
        try:
            analyzer.analyze(partial)
        except AnalysisError as error:
            if not str(error).strip():
                yield f"{name} is refused without a word"
        except Exception as error:  # noqa: BLE001 - whatever it is, it is a violation to report
            yield f"{name} ends in {type(error).__name__}: {error}"


def partial_inputs(analyzer: Analyzer, example: Inputs) -> Iterator[tuple[str, Inputs]]:
    """Yield, each with its name, what is left of an example without one thing that the test needs.

    Without all acquisitions of a role, with one in place of several, without a reading.
    """
    for role in analyzer.roles:
        given = example.all(role.name)
        if role.minimum == 0 or not given:
            continue
        others = {name: each for name, each in example.roles.items() if name != role.name}
        yield f"no {role.name}", dataclasses.replace(example, roles=others, partial=True)
        if role.minimum > 1:
            alone = {**example.roles, role.name: given[:1]}
            yield f"one of {role.name}", dataclasses.replace(example, roles=alone, partial=True)
    for reading in analyzer.readings:
        if reading.required and reading.name in example.readings:
            rest = {name: r for name, r in example.readings.items() if name != reading.name}
            yield f"no {reading.name}", dataclasses.replace(example, readings=rest, partial=True)


def _returned(analyzer: Analyzer, analysis: Analysis) -> Iterator[str]:
    yield from _repeated(
        "measurement", (f"{m.metric} {dict(m.scope.items)}" for m in analysis.measurements)
    )
    if not analysis.measurements:
        yield "it measures nothing"
    yield from _repeated("figure", (figure.name for figure in analysis.figures))
    for figure in analysis.figures:
        declared = any(
            figure.name == name or figure.name.startswith(name + "_") for name in analyzer.figures
        )
        if not declared:
            yield f"the figure {figure.name} is not declared"
        yield from _figure(figure)
    for precondition in analysis.preconditions:
        if not (precondition.quantity and precondition.clause):
            yield f"the precondition {precondition.code} lacks quantity or clause"
        if precondition.unit and not is_unit(precondition.unit):
            yield f"the unit {precondition.unit!r} of {precondition.code} is not UCUM"
    for note in analysis.notes:
        if not (note.code and note.message):
            yield "a note lacks code or message"


def _figure(figure: Figure) -> Iterator[str]:
    units: tuple[str, ...] = ()
    if isinstance(figure, ImageFigure):
        if not np.isfinite(figure.image).all():
            yield f"the figure {figure.name} holds pixels that are no numbers"
        if not figure.low < figure.high:
            yield f"the figure {figure.name} is shown from {figure.low} to {figure.high}"
        units = (figure.unit,)
    elif isinstance(figure, CurveFigure):
        for curve in figure.curves:
            if curve.x.shape != curve.y.shape:
                yield f"the curve {curve.label} has {curve.x.size} x and {curve.y.size} y"
            if not (np.isfinite(curve.x).all() and np.isfinite(curve.y).all()):
                yield f"the curve {curve.label} holds points that are no numbers"
        units = (figure.x_unit, figure.y_unit)
    else:
        for row in figure.rows:
            if len(row) != len(figure.columns):
                yield f"a row of the table {figure.name} has {len(row)} cells"
    for unit in units:
        if not is_unit(unit):
            yield f"the unit {unit!r} of the figure {figure.name} is not UCUM"


def _spoilt(example: Inputs) -> Iterator[tuple[str, Inputs]]:
    """Yield the example with what nothing can be measured in."""
    if not example.roles:
        yield "no input", dataclasses.replace(example, readings={})
        return
    yield "no input", dataclasses.replace(example, roles={})
    if any(isinstance(a, FrameStack) for each in example.roles.values() for a in each):
        yield "an empty image", _emptied(example)


def _emptied(example: Inputs) -> Inputs:
    roles = {
        name: tuple(
            dataclasses.replace(a, counts=np.zeros_like(a.counts))
            if isinstance(a, FrameStack)
            else a
            for a in each
        )
        for name, each in example.roles.items()
    }
    return dataclasses.replace(example, roles=roles)


def _same(first: Analysis, second: Analysis) -> bool:
    return (
        first.measurements == second.measurements
        and first.preconditions == second.preconditions
        and first.notes == second.notes
        and [figure.name for figure in first.figures] == [figure.name for figure in second.figures]
        and all(map(_same_figure, first.figures, second.figures))
    )


def _same_figure(first: Figure, second: Figure) -> bool:
    if isinstance(first, ImageFigure) and isinstance(second, ImageFigure):
        return _equal(first.image, second.image) and first.overlays == second.overlays
    if isinstance(first, CurveFigure) and isinstance(second, CurveFigure):
        return all(
            _equal(a.x, b.x) and _equal(a.y, b.y)
            for a, b in zip(first.curves, second.curves, strict=True)
        )
    return first == second


def _equal(first: Any, second: Any) -> bool:
    # What is no number is reported as such, and not as a difference between two runs.
    floating = np.issubdtype(first.dtype, np.floating)
    return np.array_equal(first, second, equal_nan=bool(floating))


def _fingerprint(inputs: Inputs) -> str:
    digest = hashlib.sha256()
    for name, acquisitions in sorted(inputs.roles.items()):
        digest.update(name.encode())
        for acquisition in acquisitions:
            digest.update(np.ascontiguousarray(_pixels(acquisition)).tobytes())
    return digest.hexdigest()


def _pixels(acquisition: Acquisition) -> Any:
    if isinstance(acquisition, Volume):
        return acquisition.values
    return getattr(acquisition, "counts", np.zeros(0))


def _repeated(what: str, names: Iterable[str]) -> Iterator[str]:
    for name, count in Counter(names).items():
        if count > 1:
            yield f"the {what} {name} occurs {count} times"

"""Figures and analyses as JSON-able data, and back, without losing a bit.

An array travels as ``{"dtype", "shape", "zlib"}``: its little-endian bytes in row-major order,
compressed, in base64. A number that JSON cannot hold (a NaN in a table) becomes its name in the
same place. Every document carries the version of its form; one of another version is refused.
Nothing is ever unpickled, and sizes are checked before memory is taken.
"""

from __future__ import annotations

import base64
import binascii
import math
import zlib
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.contract import (
    Analysis,
    Measurement,
    Note,
    Outcome,
    Precondition,
    PreconditionCode,
    Scope,
    ScopeValue,
    Severity,
)
from photopeak_analyzers.errors import ContractError
from photopeak_analyzers.figures import (
    Colormap,
    Curve,
    CurveFigure,
    CurveStyle,
    Figure,
    ImageFigure,
    Overlay,
    OverlayKind,
    ReferenceLine,
    Scale,
    TableFigure,
)
from photopeak_analyzers.stated_bounds import StatedBounds

FORM_VERSION = 1
"""Version of the form that is written; counts up when a reader of the old one would go wrong."""

LARGEST_ARRAY_BYTES = 512 * 1024 * 1024
"""A larger array is no figure: 512 MiB is four times the largest volume of a scanner."""

COMPRESSION_LEVEL = 1
"""Counts shrink to about a third at the lowest level, and hardly more at any higher one."""

Plain = dict[str, Any]
T = TypeVar("T")

_DTYPES = frozenset({"|b1", "|i1", "|u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8", "<f4", "<f8"})
_NOT_FINITE = MappingProxyType({"nan": math.nan, "inf": math.inf, "-inf": -math.inf})


def figure_to_plain(figure: Figure) -> Plain:
    """Return a figure as JSON-able data, its version included."""
    body: Plain
    match figure:
        case ImageFigure():
            body = {
                "kind": "image",
                "image": array_to_plain(figure.image),
                "pixel_spacing_mm": list(figure.pixel_spacing_mm),
                "low": _number(figure.low),
                "high": _number(figure.high),
                "unit": figure.unit,
                "colormap": figure.colormap.value,
                "overlays": [_overlay_to_plain(overlay) for overlay in figure.overlays],
            }
        case CurveFigure():
            body = {
                "kind": "curve",
                "x_label": figure.x_label,
                "x_unit": figure.x_unit,
                "y_label": figure.y_label,
                "y_unit": figure.y_unit,
                "x_scale": figure.x_scale.value,
                "y_scale": figure.y_scale.value,
                "curves": [
                    {
                        "label": curve.label,
                        "x": array_to_plain(curve.x),
                        "y": array_to_plain(curve.y),
                        "style": curve.style.value,
                    }
                    for curve in figure.curves
                ],
                "lines": [
                    {"label": line.label, "value": _number(line.value), "axis": line.axis}
                    for line in figure.lines
                ],
            }
        case TableFigure():
            body = {
                "kind": "table",
                "columns": list(figure.columns),
                "rows": [[_cell(cell) for cell in row] for row in figure.rows],
            }
    return {"version": FORM_VERSION, "name": figure.name, "title": figure.title, **body}


def figure_from_plain(plain: Mapping[str, Any]) -> Figure:
    """Rebuild a figure from :func:`figure_to_plain`.

    Raises
    ------
    ContractError
        If the data are of another version, or no figure.
    """
    return _rebuilt("figure", plain, _figure)


def _figure(plain: Mapping[str, Any]) -> Figure:
    name, title = str(plain["name"]), str(plain["title"])
    match plain["kind"]:
        case "image":
            row_mm, column_mm = plain["pixel_spacing_mm"]
            return ImageFigure(
                name=name,
                title=title,
                image=array_from_plain(plain["image"]),
                pixel_spacing_mm=(float(row_mm), float(column_mm)),
                low=_number_back(plain["low"]),
                high=_number_back(plain["high"]),
                unit=str(plain["unit"]),
                colormap=Colormap(plain["colormap"]),
                overlays=tuple(_overlay_from_plain(overlay) for overlay in plain["overlays"]),
            )
        case "curve":
            return CurveFigure(
                name=name,
                title=title,
                x_label=str(plain["x_label"]),
                x_unit=str(plain["x_unit"]),
                y_label=str(plain["y_label"]),
                y_unit=str(plain["y_unit"]),
                # Figures that were kept before there were others are linear.
                x_scale=Scale(plain.get("x_scale", Scale.LINEAR)),
                y_scale=Scale(plain.get("y_scale", Scale.LINEAR)),
                curves=tuple(
                    Curve(
                        label=str(curve["label"]),
                        x=array_from_plain(curve["x"]),
                        y=array_from_plain(curve["y"]),
                        style=CurveStyle(curve["style"]),
                    )
                    for curve in plain["curves"]
                ),
                lines=tuple(
                    ReferenceLine(
                        label=str(line["label"]),
                        value=_number_back(line["value"]),
                        axis=str(line["axis"]),
                    )
                    for line in plain["lines"]
                ),
            )
        case "table":
            return TableFigure(
                name=name,
                title=title,
                columns=tuple(str(column) for column in plain["columns"]),
                rows=tuple(tuple(_cell_back(cell) for cell in row) for row in plain["rows"]),
            )
        case kind:
            raise ContractError(f"there is no figure of the kind {kind!r}")


def analysis_to_plain(analysis: Analysis) -> Plain:
    """Return an analysis as JSON-able data, its version included."""
    return {
        "version": FORM_VERSION,
        "measurements": [
            {
                "metric": m.metric,
                "scope": _scope_to_plain(m.scope),
                "value": float(m.value),
                "uncertainty": None if m.uncertainty is None else float(m.uncertainty),
                "bounds": _bounds_to_plain(m.bounds),
            }
            for m in analysis.measurements
        ],
        "preconditions": [
            {
                "code": p.code.value,
                "severity": p.severity.value,
                "outcome": p.outcome.value,
                "scope": _scope_to_plain(p.scope),
                "quantity": p.quantity,
                "value": _cell(p.value),
                "lower": None if p.lower is None else _number(p.lower),
                "upper": None if p.upper is None else _number(p.upper),
                "unit": p.unit,
                "expected": p.expected,
                "clause": p.clause,
            }
            for p in analysis.preconditions
        ],
        "figures": [figure_to_plain(figure) for figure in analysis.figures],
        "notes": [
            {
                "code": n.code,
                "message": n.message,
                "scope": _scope_to_plain(n.scope),
                "values": {name: _cell(value) for name, value in n.values.items()},
                "unfit_for": list(n.unfit_for),
            }
            for n in analysis.notes
        ],
    }


def _bounds_to_plain(bounds: StatedBounds | None) -> Plain | None:
    if bounds is None:
        return None
    return {"lower": bounds.lower, "upper": bounds.upper, "source": bounds.source}


def _bounds_from_plain(plain: Mapping[str, Any] | None) -> StatedBounds | None:
    if plain is None:
        return None
    lower, upper = (None if plain[n] is None else float(plain[n]) for n in ("lower", "upper"))
    return StatedBounds(lower=lower, upper=upper, source=str(plain["source"]))


def analysis_from_plain(plain: Mapping[str, Any]) -> Analysis:
    """Rebuild an analysis from :func:`analysis_to_plain`.

    Raises
    ------
    ContractError
        If the data are of another version, or no analysis.
    """
    return _rebuilt("analysis", plain, _analysis)


def _analysis(plain: Mapping[str, Any]) -> Analysis:
    return Analysis(
        measurements=tuple(
            Measurement(
                metric=str(m["metric"]),
                scope=_scope_from_plain(m["scope"]),
                value=_number_back(m["value"]),
                uncertainty=None if m["uncertainty"] is None else _number_back(m["uncertainty"]),
                bounds=_bounds_from_plain(m.get("bounds")),
            )
            for m in plain["measurements"]
        ),
        preconditions=tuple(
            Precondition(
                code=PreconditionCode(p["code"]),
                severity=Severity(p["severity"]),
                outcome=Outcome(p["outcome"]),
                scope=_scope_from_plain(p["scope"]),
                quantity=str(p["quantity"]),
                value=_cell_back(p["value"]),
                lower=None if p["lower"] is None else _number_back(p["lower"]),
                upper=None if p["upper"] is None else _number_back(p["upper"]),
                unit=str(p["unit"]),
                expected=str(p["expected"]),
                clause=str(p["clause"]),
            )
            for p in plain["preconditions"]
        ),
        figures=tuple(figure_from_plain(figure) for figure in plain["figures"]),
        notes=tuple(
            Note(
                code=str(n["code"]),
                message=str(n["message"]),
                scope=_scope_from_plain(n["scope"]),
                values=MappingProxyType(
                    {str(name): _value_back(value) for name, value in n["values"].items()}
                ),
                unfit_for=tuple(str(purpose) for purpose in n.get("unfit_for", ())),
            )
            for n in plain["notes"]
        ),
    )


def array_to_plain(array: NDArray[Any]) -> Plain:
    """Return an array of whole numbers, decimals or flags as JSON-able data, bit for bit.

    Raises
    ------
    ContractError
        If it holds anything else.
    """
    # Without the call to reshape a single number would come back as an array of one.
    little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<")).reshape(array.shape)
    if little.dtype.str not in _DTYPES:
        raise ContractError(f"an array of {array.dtype} cannot be kept in a figure")
    packed = zlib.compress(little.tobytes(), COMPRESSION_LEVEL)
    return {
        "dtype": little.dtype.str,
        "shape": list(little.shape),
        "zlib": base64.b64encode(packed).decode("ascii"),
    }


def array_from_plain(plain: Mapping[str, Any]) -> NDArray[Any]:
    """Rebuild an array, read-only, from :func:`array_to_plain`.

    Raises
    ------
    ContractError
        If type, shape and bytes do not fit together.
    """
    dtype_name, shape = plain["dtype"], tuple(plain["shape"])
    if dtype_name not in _DTYPES:
        raise ContractError(f"an array of {dtype_name!r} is none that a figure holds")
    if not all(isinstance(n, int) and n >= 0 for n in shape):
        raise ContractError(f"an array cannot have the shape {shape}")
    dtype = np.dtype(dtype_name)
    size = dtype.itemsize * math.prod(shape)
    if size > LARGEST_ARRAY_BYTES:
        raise ContractError(f"an array of {size} bytes, needs at most {LARGEST_ARRAY_BYTES}")
    unpacker = zlib.decompressobj()
    try:
        # One byte more than announced tells a longer array without unpacking all of it.
        data = unpacker.decompress(base64.b64decode(plain["zlib"], validate=True), size + 1)
    except (binascii.Error, zlib.error) as error:
        raise ContractError(f"the bytes of an array are damaged: {error}") from error
    if len(data) != size:
        raise ContractError(f"an array of the shape {shape} has {size} bytes, found {len(data)}")
    return np.frombuffer(data, dtype=dtype).reshape(shape)


def _rebuilt(what: str, plain: Mapping[str, Any], build: Callable[[Mapping[str, Any]], T]) -> T:
    version = plain.get("version")
    if version != FORM_VERSION:
        raise ContractError(f"the {what} is of version {version}, needs {FORM_VERSION}")
    try:
        return build(plain)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ContractError(f"this is no {what}: {type(error).__name__}: {error}") from error


def _overlay_to_plain(overlay: Overlay) -> Plain:
    return {
        "kind": overlay.kind.value,
        "label": overlay.label,
        "points": [[_number(row), _number(column)] for row, column in overlay.points],
        "closed": overlay.closed,
    }


def _overlay_from_plain(plain: Mapping[str, Any]) -> Overlay:
    return Overlay(
        kind=OverlayKind(plain["kind"]),
        label=str(plain["label"]),
        points=tuple((_number_back(row), _number_back(column)) for row, column in plain["points"]),
        closed=bool(plain["closed"]),
    )


def _scope_to_plain(scope: Scope) -> Plain:
    return dict(scope.items)


def _scope_from_plain(plain: Mapping[str, Any]) -> Scope:
    return Scope.of(**{str(name): _value_back(value) for name, value in plain.items()})


def _value_back(value: Any) -> ScopeValue:
    back = _cell_back(value)
    if back is None:
        raise ContractError("a value is missing")
    return back


def _cell(value: Any) -> float | int | str | Plain | None:
    """Return a number, text or None as JSON holds it; numpy scalars become plain numbers."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    number = float(value)
    return number if math.isfinite(number) else {"number": repr(number)}


def _cell_back(plain: Any) -> float | int | str | None:
    if isinstance(plain, Mapping):
        return _number_back(plain["number"])
    if plain is None or isinstance(plain, str | int | float):
        return plain
    raise ContractError(f"{plain!r:.60} is neither number nor text")


def _number(value: float) -> float | str:
    """Return a number as JSON holds it; what is not finite by its name."""
    number = float(value)
    return number if math.isfinite(number) else repr(number)


def _number_back(plain: Any) -> float:
    return _NOT_FINITE[plain] if isinstance(plain, str) else float(plain)

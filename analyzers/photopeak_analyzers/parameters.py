"""Parameters of an analyzer from plain values, and back.

What a configuration file, a rule or a command line says is checked against the declaration of
the parameters: unknown names, wrong types and values out of bounds are refused, and the message
names the key as it stands in a file (``field.width_mm``).
"""

from __future__ import annotations

import dataclasses
import difflib
import math
import types
import typing
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, TypeVar

from photopeak_analyzers.contract import Parameters
from photopeak_analyzers.errors import ContractError, ParameterError

P = TypeVar("P", bound=Parameters)


def parameters_from(parameters_type: type[P], mapping: Mapping[str, Any]) -> P:
    """Return the parameters that a table of plain values describes.

    A whole number serves where a decimal one is declared, and nothing else is converted: a text
    is no number, and a number is no flag. A nested dataclass is a table, a tuple a list, an enum
    one of its values. What the table leaves out keeps its default.

    Parameters
    ----------
    parameters_type
        The `parameters` of an analyzer.
    mapping
        Values by name, as TOML or JSON gives them.

    Raises
    ------
    ParameterError
        If a name is unknown or a value is of the wrong type or out of bounds.
    """
    built: P = _dataclass_from(parameters_type, mapping, "")
    return built


def parameters_to_plain(parameters: Parameters) -> dict[str, Any]:
    """Return parameters as JSON-able values, in the order of their declaration.

    ``parameters_from(type(p), parameters_to_plain(p)) == p`` holds for every `p`.
    """
    plain: dict[str, Any] = _plain(parameters)
    return plain


def _dataclass_from(cls: type[Any], value: Any, key: str) -> Any:
    if not isinstance(value, Mapping):
        raise _wrong_type(key, value, f"a table of {cls.__name__}")
    hints = _hints(cls)
    prefix = f"{key}." if key else ""
    for name in value:
        if name not in hints:
            raise _unknown(f"{prefix}{name}", str(name), tuple(hints))
    given = {name: _convert(hints[name], each, prefix + name) for name, each in value.items()}
    missing = [
        field.name
        for field in dataclasses.fields(cls)
        if field.init
        and field.name not in given
        and field.default is dataclasses.MISSING
        and field.default_factory is dataclasses.MISSING
    ]
    if missing:
        raise ParameterError(
            f"{prefix}{missing[0]} is missing, needs a value",
            quantity=prefix + missing[0],
        )
    try:
        return cls(**given)
    except ParameterError as error:
        if not key:
            raise
        # A nested table speaks in its own words; who reads the file needs its place as well.
        raise ParameterError(
            f"{key}: {error}", quantity=key, value=error.value, bound=error.bound
        ) from error


def _hints(cls: type[Any]) -> dict[str, Any]:
    """Return the declared type of each field of a dataclass, in the order of declaration."""
    hints = typing.get_type_hints(cls)
    return {field.name: hints[field.name] for field in dataclasses.fields(cls) if field.init}


def _convert(declared: Any, value: Any, key: str) -> Any:
    origin = typing.get_origin(declared)
    if origin in (types.UnionType, typing.Union):
        return _one_of(typing.get_args(declared), value, key)
    if origin is tuple:
        return _tuple_of(typing.get_args(declared), value, key)
    if isinstance(declared, type):
        if dataclasses.is_dataclass(declared):
            return _dataclass_from(declared, value, key)
        if issubclass(declared, Enum):
            return _member_of(declared, value, key)
        if declared in _SCALARS:
            return _scalar(declared, value, key)
    raise ContractError(f"the parameter {key} is declared as {declared}, which no file can hold")


def _one_of(alternatives: tuple[Any, ...], value: Any, key: str) -> Any:
    if value is None and types.NoneType in alternatives:
        return None
    errors = []
    for alternative in alternatives:
        if alternative is types.NoneType:
            continue
        try:
            return _convert(alternative, value, key)
        except ParameterError as error:
            errors.append(error)
    if len(errors) == 1:
        raise errors[0]
    raise ParameterError("; or ".join(map(str, errors)), quantity=key)


def _tuple_of(declared: tuple[Any, ...], value: Any, key: str) -> tuple[Any, ...]:
    if isinstance(value, str | bytes) or not isinstance(value, Sequence):
        raise _wrong_type(key, value, "a list")
    if len(declared) == 2 and declared[1] is Ellipsis:
        declared = (declared[0],) * len(value)
    if len(declared) != len(value):
        raise ParameterError(
            f"{key} has {len(value)} values, needs {len(declared)}",
            quantity=key,
            value=len(value),
            bound=len(declared),
        )
    return tuple(
        _convert(kind, each, f"{key}[{index}]")
        for index, (kind, each) in enumerate(zip(declared, value, strict=True))
    )


def _member_of(enum: type[Enum], value: Any, key: str) -> Enum:
    for member in enum:
        # A flag equals 1 and a text enum equals its text: the type has to fit as well.
        if member is value or (type(member.value) is type(value) and member.value == value):
            return member
    choices = ", ".join(str(member.value) for member in enum)
    raise ParameterError(
        f"{key} is {value!r}, needs one of {choices}",
        quantity=key,
        value=str(value),
        bound=choices,
    )


_SCALARS: Mapping[type[Any], str] = types.MappingProxyType(
    {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}
)


def _scalar(declared: type[Any], value: Any, key: str) -> Any:
    if declared is float and isinstance(value, int) and not isinstance(value, bool):
        try:
            value = float(value)
        except OverflowError:
            value = math.inf
    if type(value) is not declared:
        raise _wrong_type(key, value, _SCALARS[declared])
    if declared is float and not math.isfinite(value):
        raise ParameterError(f"{key} is {value}, needs a finite number", quantity=key)
    return value


def _wrong_type(key: str, value: Any, needed: str) -> ParameterError:
    where = key or "the table of parameters"
    return ParameterError(
        f"{where} is {value!r:.60}, needs {needed}",
        quantity=where,
        value=repr(value),
        bound=needed,
    )


def _unknown(key: str, name: str, known: tuple[str, ...]) -> ParameterError:
    close = difflib.get_close_matches(name, known, n=1)
    meant = f", did you mean {close[0]}?" if close else f", needs one of {', '.join(known)}"
    if not known:
        meant = ", there is none to set"
    return ParameterError(f"there is no parameter {key}{meant}", quantity=key)


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {name: _plain(getattr(value, name)) for name in _hints(type(value))}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return value

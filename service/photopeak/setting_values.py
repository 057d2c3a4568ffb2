"""Kinds of values that settings have: each is checked where it is written, not where it is used."""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated
from zoneinfo import ZoneInfo

import regex
from pydantic import AfterValidator, Field

from photopeak.model.identity import is_uid

_EMPTY_TIMEOUT_S = 2.0
"""Asked once per expression when the settings are read; a busy machine must not refuse them."""


def refuse_useless_expression(expression: str) -> None:
    """Raise ValueError for what is no regular expression, or one that matches everything."""
    try:
        empty = regex.search(expression, "", timeout=_EMPTY_TIMEOUT_S)
    except regex.error as error:
        raise ValueError(f"not a regular expression: {error}") from error
    except TimeoutError as error:
        raise ValueError("the expression does not come to an end on an empty text") from error
    if empty:
        raise ValueError("the expression matches an empty text, so it would match everything")


def _expression(value: str) -> str:
    refuse_useless_expression(value)
    return value


def _ae_title(value: str) -> str:
    if not re.fullmatch(r"[\x21-\x5b\x5d-\x7e][\x20-\x5b\x5d-\x7e]{0,15}", value):
        raise ValueError("an AE title has 1 to 16 printable ASCII characters, no backslash")
    return value.rstrip()


def _time_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"no time zone {value[:64]!r}; write it as Europe/Oslo") from error
    return value


def _time_zone_or_none(value: str) -> str:
    return _time_zone(value) if value else value


def _uid(value: str) -> str:
    if not is_uid(value):
        raise ValueError(f"{value[:64]!r} is no UID: digits and dots, at most 64 characters")
    return value


def _network(value: str) -> str:
    try:
        ipaddress.ip_network(value)
    except ValueError as error:
        raise ValueError(f"{value} is no network such as 10.1.2.0/24: {error}") from error
    return value


Expression = Annotated[str, AfterValidator(_expression)]
AeTitle = Annotated[str, AfterValidator(_ae_title)]
"""Without the blanks behind it, as it comes out of a request."""
TimeZone = Annotated[str, AfterValidator(_time_zone)]
OptionalTimeZone = Annotated[str, AfterValidator(_time_zone_or_none)]
Uid = Annotated[str, AfterValidator(_uid)]
Network = Annotated[str, AfterValidator(_network)]
IdleSeconds = Annotated[float, Field(gt=0.0, le=3600.0)]

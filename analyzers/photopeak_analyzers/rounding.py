"""Results as a certificate states them: the uncertainty rounded up, the value to the same place.

Needs no numerical library, so reports use it too.
"""

from __future__ import annotations

import math
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Decimal

from photopeak_analyzers.errors import ParameterError

CERTIFICATE_DIGITS = 2
"""Significant digits of an uncertainty on a certificate. JJF 1059.1: at most two."""


def rounded_up(uncertainty: float, digits: int = CERTIFICATE_DIGITS) -> float:
    """Return an uncertainty as a certificate states it: rounded up, never down.

    >>> rounded_up(3.828), rounded_up(0.0501), rounded_up(0.05)
    (3.9, 0.051, 0.05)
    """
    return float(_up(uncertainty, digits))


def stated(
    value: float,
    uncertainty: float,
    digits: int = CERTIFICATE_DIGITS,
    decimals: int | None = None,
) -> tuple[str, str]:
    """Return a value and its uncertainty as text, both to the last place of the uncertainty.

    With `decimals` that place is never beyond them: what is known better is not stated better.

    >>> stated(6423.4, 246.2), stated(5.137, 0.0828), stated(5.137, 0.0828, decimals=2)
    (('6420', '250'), ('5.137', '0.083'), ('5.14', '0.09'))
    """
    up = _up(uncertainty, digits)
    exact = Decimal(repr(value))
    if not up:
        return f"{exact:f}", "0"
    # 9.96 becomes 10, which has one place less than was asked for.
    exponent = up.adjusted() - digits + 1
    if decimals is not None and exponent < -decimals:
        exponent = -decimals
        up = Decimal(repr(uncertainty))
    place = Decimal(1).scaleb(exponent)
    rounded = exact.quantize(place, rounding=ROUND_HALF_EVEN)
    return _text(rounded), _text(up.quantize(place, rounding=ROUND_CEILING))


def _text(number: Decimal) -> str:
    """Return a number without an exponent and without a sign before zero."""
    return f"{number or abs(number):f}"


def _up(uncertainty: float, digits: int) -> Decimal:
    if not (math.isfinite(uncertainty) and uncertainty >= 0.0):
        raise ParameterError(
            f"uncertainty is {uncertainty:g}, needs at least 0",
            quantity="uncertainty",
            value=uncertainty,
            bound=0.0,
        )
    if uncertainty == 0.0:
        return Decimal(0)
    # The shortest decimal that stands for the number: 0.3 is 0.3, not 0.29999999999999998.
    exact = Decimal(repr(uncertainty))
    place = Decimal(1).scaleb(exact.adjusted() - digits + 1)
    return exact.quantize(place, rounding=ROUND_CEILING)

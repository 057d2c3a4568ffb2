"""What trends show, in words: the rules of control charts, drifts, and baselines that are proposed."""

from __future__ import annotations

from photopeak.model.trends import TREND_TO_LIMIT, Drift, Side, Signal, SignalLevel
from photopeak.reports.text import number_text
from photopeak.web.looks import Look
from photopeak.web.times import Clockwork
from photopeak.web.words import Words

LEVEL = {
    SignalLevel.ACTION: Look("flag", "warn", "Out of control", "Somebody should act on it."),
    SignalLevel.WARNING: Look("flag", "due", "Watch", "Somebody should look at it soon."),
    SignalLevel.NOTE: Look("flag", "none", "Note", "Good to know; it asks for nothing."),
}
"""Look of a signal: a flag, for it is no verdict of a limit."""

LOST = 3650.0
"""Days beyond which nobody asks when a limit is reached."""

_SAID = {
    "1_2s": (
        "More than 2 standard deviations above the baseline",
        "More than 2 standard deviations below the baseline",
    ),
    "1_3s": (
        "More than 3 standard deviations above the baseline",
        "More than 3 standard deviations below the baseline",
    ),
    "2_2s": (
        "Two in a row more than 2 standard deviations above the baseline",
        "Two in a row more than 2 standard deviations below the baseline",
    ),
    "R_4s": (
        "Risen by more than 4 standard deviations since the result before",
        "Fallen by more than 4 standard deviations since the result before",
    ),
    "4_1s": (
        "Four in a row more than 1 standard deviation above the baseline",
        "Four in a row more than 1 standard deviation below the baseline",
    ),
    "EWMA": (
        "The weighted mean is above its limit: a small shift since {day}",
        "The weighted mean is below its limit: a small shift since {day}",
    ),
    "CUSUM": (
        "The cumulative sum is above its limit: a shift upwards since {day}",
        "The cumulative sum is above its limit: a shift downwards since {day}",
    ),
}
_RUN = ("{count} in a row above the baseline", "{count} in a row below the baseline")


class SignalWords:
    """Says in the language of the pages what a trend shows; `decimals` and `unit` are its own."""

    def __init__(self, words: Words, clockwork: Clockwork, *, decimals: int, unit: str) -> None:
        self._words = words
        self._clockwork = clockwork
        self._decimals = decimals
        self._unit = unit

    def signal(self, signal: Signal) -> str:
        """Return what a rule found, as a sentence without its end."""
        words = self._words
        if signal.rule == TREND_TO_LIMIT and signal.limit is not None and signal.days is not None:
            count = max(1, round(signal.days))
            return words(
                "At the present slope the limit of {limit} is reached in {count} day"
                if count == 1
                else "At the present slope the limit of {limit} is reached in {count} days",
                limit=self.value(signal.limit),
                count=count,
            )
        place = 1 if signal.side is Side.LOW else 0
        if signal.rule in _SAID:
            text = words(_SAID[signal.rule][place], day=self._clockwork.day(signal.since))
        elif signal.rule.endswith("_x"):
            text = words(_RUN[place], count=signal.rule.partition("_")[0])
        else:
            text = signal.rule
        if signal.noise:
            text = words("{text}; within the uncertainty of the measurement", text=text)
        return text

    def value(self, value: float) -> str:
        """Return a number with its unit; a bound keeps the digits that it was given."""
        text = number_text(value, self._decimals)
        if abs(float(text) - value) > 1e-9 * max(1.0, abs(value)):
            text = number_text(value)
        return f"{text} {self._unit}".rstrip()

    def drift(self, found: Drift | None) -> tuple[str, str]:
        """Return what a drift is, and when it reaches its limit with how sure that is."""
        words = self._words
        if found is None:
            return words("Too few results for a slope; 8 in an epoch are needed."), ""
        values = {
            "slope": f"{number_text(abs(found.slope_per_day * 30.0))} {self._unit}".rstrip(),
            "count": found.count,
            "p": "< 0.001" if found.p_value < 0.001 else f"= {found.p_value:.3f}",
        }
        if not found.significant:
            if found.noise and found.slope_per_day:
                return words(
                    "No drift beyond the uncertainty of the measurement in the last {count} results (p {p}).",
                    count=values["count"],
                    p=values["p"],
                ), ""
            return words(
                "No significant drift in the last {count} results (p {p}).",
                count=values["count"],
                p=values["p"],
            ), ""
        rising = found.slope_per_day > 0.0
        said = words(
            "Rising by {slope} in 30 days (last {count} results, p {p})."
            if rising
            else "Falling by {slope} in 30 days (last {count} results, p {p}).",
            **values,
        )
        return said, self._ahead(found)

    def _ahead(self, found: Drift) -> str:
        words = self._words
        if found.limit is None or found.days is None:
            return words("No limit lies ahead.")
        limit = self.value(found.limit)
        if found.days <= 0.0:
            return words("The line is at the limit of {limit} already.", limit=limit)
        if found.days > LOST:
            return words("The limit of {limit} is years away.", limit=limit)
        soon, late = days_between(found)
        values = {"limit": limit, "days": _days(found.days), "soon": _days(soon)}
        if late is None or late > LOST:
            return words(
                "At this slope it reaches the limit of {limit} in about {days} days; {soon} days at the "
                "earliest, and perhaps never (95 % confidence).",
                **values,
            )
        return words(
            "At this slope it reaches the limit of {limit} in about {days} days; {soon} to {late} days "
            "with 95 % confidence.",
            **values,
            late=_days(late),
        )


def days_between(found: Drift) -> tuple[float, float | None]:
    """Return the days to the limit by the steepest and by the least slope; None for never."""
    distance = (found.limit or 0.0) - found.level
    slopes = (found.slope_lower, found.slope_upper)
    steepest, least = (max(slopes), min(slopes)) if distance > 0.0 else (min(slopes), max(slopes))
    soon = distance / steepest if distance * steepest > 0.0 else 0.0
    late = distance / least if distance * least > 0.0 else None
    return soon, late


def _days(days: float) -> int:
    return max(1, round(days))

"""Two heads, or two systems, compared: the numbers of it in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from photopeak.model.trends import Comparison
from photopeak.reports.text import number_text
from photopeak.web.agreement import AgreementPlot, agreement_plot
from photopeak.web.words import Words

CLEAR = 0.01
"""Largest p-value of a difference that is called one."""


@dataclass(frozen=True, slots=True)
class DayLine:
    """Both numbers of a day."""

    day: date
    first: str
    second: str
    difference: str
    flagged: bool


@dataclass(frozen=True, slots=True)
class ComparisonView:
    """What a comparison says: in a sentence, as pairs of name and number, and day by day."""

    say: str
    warning: str
    pairs: tuple[tuple[str, str], ...]
    days: tuple[DayLine, ...]
    plot: AgreementPlot | None


def comparison_view(
    found: Comparison, words: Words, *, decimals: int, unit: str, alike: bool
) -> ComparisonView:
    """Return what a comparison says; differences are first less second."""

    def fine(value: float) -> str:
        return f"{value:+.{decimals + 1}f} {unit}".rstrip()

    pairs: list[tuple[str, str]] = [(words("Days with both"), str(len(found.days)))]
    if found.mean is not None:
        pairs.append((words("Mean difference"), fine(found.mean)))
    if found.agreement_lower is not None and found.agreement_upper is not None:
        pairs.append(
            (
                words("Limits of agreement (95 %)"),
                f"{fine(found.agreement_lower)} … {fine(found.agreement_upper)}",
            )
        )
    if found.t_p_value is not None:
        pairs.append((words("Paired t test"), _p(found.t_p_value)))
    if found.wilcoxon_p_value is not None:
        pairs.append((words("Wilcoxon signed ranks"), _p(found.wilcoxon_p_value)))
    if found.median_ratio is not None:
        pairs.append((words("Ratio of the medians"), f"{found.median_ratio:.3f}"))
    if found.f is not None and found.f_p_value is not None:
        pairs.append((words("Ratio of the variances (F)"), f"{found.f:.2f}, {_p(found.f_p_value)}"))
    return ComparisonView(
        say=_say(found, words, fine(found.mean) if found.mean is not None else ""),
        warning=""
        if alike
        else words(
            "They were measured in different configurations; a difference may be due to that."
        ),
        pairs=tuple(pairs),
        days=tuple(
            DayLine(
                day=day.day,
                first=number_text(day.first, decimals),
                second=number_text(day.second, decimals),
                difference=f"{day.difference:+.{decimals}f}",
                flagged=day.flagged,
            )
            for day in reversed(found.days)
        ),
        plot=agreement_plot(found),
    )


def _say(found: Comparison, words: Words, mean: str) -> str:
    if found.mean is None:
        return words("Both were measured on {count} days; 3 are needed.", count=len(found.days))
    apart = [day for day in found.days if day.flagged]
    p = found.wilcoxon_p_value if found.wilcoxon_p_value is not None else found.t_p_value
    if p is not None and p < CLEAR:
        return words("They differ: {mean} on average.", mean=mean)
    if apart:
        return words(
            "No significant difference on the whole, but they were apart for three days in a row, the last "
            "time on {day}.",
            day=apart[-1].day.isoformat(),
        )
    return words("No significant difference.")


def _p(value: float) -> str:
    return "p < 0.001" if value < 0.001 else f"p = {value:.3f}"

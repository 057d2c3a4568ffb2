"""The words that the script of a chart writes: a canvas says nothing that was not translated here."""

from photopeak.web.words import Words

_WORDS = {
    "fail": "Limit",
    "warn": "Warning",
    "baseline": "Baseline",
    "upper": "+{times} s",
    "lower": "−{times} s",
    "limit": "Limit",
    "firstSignal": "first signal {day}",
    "mean": "mean",
    "agreement": "± 1.96 s",
    "PASS": "Pass",
    "WARN": "Warning",
    "FAIL": "Fail",
    "INFO": "Info",
    "NO_LIMIT": "No limit",
    "INVALID": "Invalid",
    "EXCLUDED": "Excluded",
    "off": "{difference} from the baseline, z = {z}",
    "inBaseline": "part of the baseline",
    "signals": "signals {rules}",
    "ewmaAt": "weighted mean {value}",
    "excluded": "excluded: {reason}",
    "undated": "when it was measured is not known",
    "analyzer": "Analyzer {before} → {after}",
    "failed": "The chart could not be loaded; the table below says the same.",
}


def chart_words(words: Words) -> dict[str, str]:
    """Return the words of the chart by their names in the script."""
    return {name: words(text) for name, text in _WORDS.items()}

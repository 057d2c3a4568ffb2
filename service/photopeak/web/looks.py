"""How states look: for each an icon shape, a word and a colour, so that none carries it alone.

"No result" and "not judged" never look like a pass, and an analysed series says nothing of its
result: that has its own badge.
"""

from dataclasses import dataclass

from photopeak.model.judgement import LimitKind, Status
from photopeak.model.reviews import WORST_FIRST as QUEUE_ORDER
from photopeak.model.series import SeriesState


@dataclass(frozen=True, slots=True)
class Look:
    """Icon name, colour class, word, and what it means as a sentence."""

    icon: str
    colour: str
    word: str
    meaning: str


STATUS = {
    Status.PASS: Look("pass", "pass", "Pass", "Every judged value is inside its limits."),
    Status.WARN: Look("warn", "warn", "Warning", "Inside the limits, but something needs a look."),
    Status.FAIL: Look("act", "act", "Fail", "A judged value is outside a limit."),
    Status.INFO: Look("info", "none", "Info", "Only informative limits exist."),
    Status.NO_LIMIT: Look("ring", "none", "No limit", "Computed, but no limit is configured."),
    Status.INVALID: Look(
        "question", "warn", "Invalid", "A condition of the test was not met; not judged."
    ),
    Status.ERROR: Look("question", "warn", "No result", "It could not be computed."),
}
"""Look of a result or of a verdict."""

STATE = {
    SeriesState.RECEIVING: Look("down", "due", "Receiving", "Objects are still arriving."),
    SeriesState.COMPLETE: Look("ring", "due", "Complete", "All objects are here."),
    SeriesState.UNROUTED: Look("inbox", "late", "Not recognised", "No route knows this series."),
    SeriesState.NOT_QC: Look("dash", "none", "Not QC", "Not a quality-control series."),
    SeriesState.QUARANTINED: Look("lock", "late", "Held back", "It looks like a patient's."),
    SeriesState.WAITING: Look("clock", "due", "Waiting", "The test needs something more."),
    SeriesState.QUEUED: Look("queue", "due", "Queued", "It will be analysed."),
    SeriesState.RUNNING: Look("turn", "due", "Running", "It is being analysed."),
    SeriesState.ANALYZED: Look("sheet", "none", "Analysed", "It has been analysed."),
    SeriesState.REFUSED: Look("question", "warn", "Refused", "It cannot be analysed as it is."),
    SeriesState.FAILED: Look("act", "act", "Failed", "The analysis broke off."),
}
"""Look of a series."""

EFFECT = {
    "matched": Look("pass", "none", "matched", ""),
    "rejected": Look("act", "late", "rejected", ""),
    "changed": Look("turn", "due", "changed", ""),
    "confirmed": Look("pass", "none", "confirmed", ""),
    "suggested": Look("question", "due", "suggested", ""),
    "passed": Look("dash", "none", "passed", ""),
}
"""Look of a step of an explanation."""

OUTCOMES = {
    "routed": "It goes to a test",
    "unrouted": "No rule knows it",
    "not_qc": "Not quality control",
    "quarantined": "Held back: it looks like a patient's",
}
"""Words for what routing decides, by its value."""

KIND = {
    LimitKind.MANDATORY: "mandatory",
    LimitKind.INFORMATIVE: "informative",
    LimitKind.MANUFACTURER: "manufacturer",
    LimitKind.BASELINE: "baseline",
    LimitKind.RECOMMENDED: "recommended",
    LimitKind.SITE: "site",
}
"""Word for the standing of a limit."""

WORST_FIRST = QUEUE_ORDER
"""Order in which statuses deserve attention, the same as that of the queue of reviews."""

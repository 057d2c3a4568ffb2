"""How an alert looks in a list: its words, its state, and who keeps messages about it back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from photopeak.model.alerts import (
    Alert,
    AlertEvent,
    AlertEventKind,
    AlertRecord,
    AlertSeverity,
    AlertState,
    Silence,
)
from photopeak.model.catalogue import TestDescription
from photopeak.model.judgement import LimitKind
from photopeak.web.looks import Look
from photopeak.web.names import test_titles
from photopeak.web.trend_address import trend_address
from photopeak.web.values import scope_text
from photopeak.web.words import Words

SEVERITY = {
    AlertSeverity.CRITICAL: Look("act", "act", "Action level", "Somebody has to do something."),
    AlertSeverity.WARNING: Look("warn", "warn", "Warning", "Somebody should look."),
    AlertSeverity.INFO: Look("info", "none", "Note", "Good to know."),
}
"""Look of an alert by how soon a person should look."""

_TROUBLE = Look("act", "act", "Critical", "The service cannot do its work.")
_OVERDUE = Look("late", "late", "Overdue", "It did not come in time.")
_NO_RESULT = Look("question", "warn", "No result", "There is no number to judge.")
_RESOLVED = Look("pass", "pass", "Resolved", "A repeat passed, or the cause is gone.")
_WITHDRAWN = Look("dash", "none", "Withdrawn", "A person ended it, for no repeat could.")
_WITHOUT_NUMBER = frozenset({"ERROR", "INVALID", "NO_RESULT"})
_OVER = {AlertState.CLOSED: _RESOLVED, AlertState.WITHDRAWN: _WITHDRAWN}
_OF_NUMBERS = frozenset(kind.value for kind in LimitKind)

RULES = {
    "mandatory": "Mandatory limit",
    "manufacturer": "Limit of the manufacturer",
    "baseline": "Limit from the baseline",
    "recommended": "Recommended limit",
    "site": "Limit of the site",
    "informative": "Informative limit",
    "ERROR": "Not analysed",
    "INVALID": "Condition of the test not met",
    "NO_RESULT": "Mandatory number missing",
    "CONDITIONS": "Condition not met, numbers valid",
    "OVERDUE": "Overdue",
}
"""Word for a kind of judgement; what is not here is a rule of trends."""

EVENT = {
    AlertEventKind.OPENED: Look("act", "act", "Opened", ""),
    AlertEventKind.REPEATED: Look("turn", "none", "Seen again", ""),
    AlertEventKind.WORSE: Look("warn", "warn", "Got worse", ""),
    AlertEventKind.ACKNOWLEDGED: Look("pass", "due", "Acknowledged", ""),
    AlertEventKind.SILENCED: Look("dash", "none", "Silenced", ""),
    AlertEventKind.UNSILENCED: Look("info", "none", "Silence ended", ""),
    AlertEventKind.RESOLVED: Look("pass", "pass", "Resolved", ""),
    AlertEventKind.WITHDRAWN: Look("dash", "none", "Withdrawn", ""),
}
"""Look of what happens to an alert."""


def opened_look(severity: AlertSeverity, look: Look) -> Look:
    """Return how the opening of an alert looks: as severe as it was."""
    as_severe = SEVERITY[severity]
    return replace(look, icon=as_severe.icon, colour=as_severe.colour)


def event_look(event: AlertEvent) -> Look:
    """Return how something that happened to an alert looks."""
    look = EVENT[event.kind]
    return opened_look(event.severity, look) if event.kind is AlertEventKind.OPENED else look


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertView:
    """An alert as a line."""

    record: AlertRecord
    look: Look
    title: str
    text: str
    rule: str
    device: str
    silence: Silence | None

    @property
    def alert(self) -> Alert:
        """What it says."""
        return self.record.alert

    @property
    def closed(self) -> bool:
        """True when it is resolved or withdrawn."""
        return self.record.over

    @property
    def withdrawn(self) -> bool:
        """True when a person ended it."""
        return self.record.state is AlertState.WITHDRAWN

    @property
    def seen(self) -> bool:
        """True when somebody has taken notice and it is not resolved."""
        return self.record.state is AlertState.ACKNOWLEDGED


class AlertViews:
    """Makes lines of alerts."""

    def __init__(
        self,
        words: Words,
        *,
        devices: Mapping[str, str],
        tests: Sequence[TestDescription],
        holding: Sequence[Silence] = (),
    ) -> None:
        self._words = words
        self._devices = devices
        self._title = test_titles(tests, words)
        self._tests = {test.id: test for test in tests}
        self._holding = holding

    def of(self, record: AlertRecord) -> AlertView:
        """Return an alert as a line."""
        alert = record.alert
        silence = None if record.over else self._silence(alert)
        return AlertView(
            record=record,
            look=_OVER.get(record.state) or look_of(alert),
            title=self._named(alert),
            text=self._text(alert),
            rule=self.rule(alert.rule),
            device=self._devices.get(alert.device_id or "", alert.device_id or ""),
            silence=silence,
        )

    def rule(self, rule: str) -> str:
        """Return what people call a kind of judgement."""
        if not rule:
            return ""
        known = RULES.get(rule)
        return self._words(known) if known else self._words("Trend: {rule}", rule=rule)

    def _named(self, alert: Alert) -> str:
        """Return what an alert is about, in the language of the site where it has words for it."""
        if not alert.test:
            return self._words.told(alert.title)
        name = self._title(alert.test)
        if alert.detector is None:
            return name
        return self._words("{test}, detector {number}", test=name, number=alert.detector)

    def numbers(self, alert: Alert) -> list[tuple[str, str, str]]:
        """Return what has to be good again, what it was measured of, and where its trend is."""
        test = self._tests.get(alert.test or "")
        found = []
        for breach in alert.breaches:
            known = None if test is None else test.metric(breach.metric)
            name = self._words.pick(known.label, known.label_zh) if known else breach.metric
            place = scope_text(breach.scope, self._words)
            parts = [part for part in (place, breach.window, breach.group) if part]
            trend = ""
            if known is not None and alert.device_id and alert.test:
                trend = trend_address(
                    alert.device_id, alert.test, alert.variant, breach.metric, breach.scope
                )
            found.append((name, self._words(", ").join(parts), trend))
        return found

    def said(self, alert: Alert, message: str) -> str:
        """Return a sentence of an alert in the language of the site, with the names of its numbers."""
        test = self._tests.get(alert.test or "")
        metrics = () if test is None else test.metrics
        return self._words.told(message, ((m.label, m.label_zh) for m in metrics))

    def trend(self, alert: Alert) -> str:
        """Return where the trend is that an alert is about; empty where it is about none."""
        if not alert.rule or alert.rule in RULES:
            return ""
        return next((trend for _, _, trend in self.numbers(alert) if trend), "")

    def ending(self, alert: Alert) -> str:
        """Return what ends an alert; empty where the cause itself tells."""
        if alert.rule == "OVERDUE":
            return self._words("A usable result of the test.")
        if alert.rule in RULES:
            return self._words(
                "A result of the same test on the same detector, measured no earlier, in which this"
                " is good again. A result that is invalid, partial or without the number does not."
            )
        if alert.rule and alert.test:
            return self._words(
                "A result of the same test on the same detector, measured later, that breaks no limit"
                " and in which the trend shows this no more."
            )
        return ""

    def _text(self, alert: Alert) -> str:
        """Return the message; in other languages what can be said of it without its sentence."""
        if self._words.language == "en":
            return alert.message
        if alert.rule == "OVERDUE":
            return self._words(_OVERDUE.meaning)
        if alert.rule in _OF_NUMBERS and alert.breaches:
            names = dict.fromkeys(name for name, _, _ in self.numbers(alert))
            return self._words("Beyond the limit: {numbers}", numbers=self._words(", ").join(names))
        return self.said(alert, alert.message)

    def _silence(self, alert: Alert) -> Silence | None:
        matching = [silence for silence in self._holding if silence.matches(alert)]
        return max(matching, key=lambda s: s.ends_at, default=None)


def look_of(alert: Alert) -> Look:
    """Return how an alert looks that is not resolved."""
    if alert.rule == "OVERDUE":
        return _OVERDUE
    if not alert.test and alert.severity is AlertSeverity.CRITICAL:
        return _TROUBLE
    return _NO_RESULT if alert.rule in _WITHOUT_NUMBER else SEVERITY[alert.severity]

"""What a result showed in the trends of its numbers when it came, for its page."""

from __future__ import annotations

from dataclasses import dataclass

from photopeak.model.results import ResultRecord
from photopeak.model.trends import SignalLevel
from photopeak.reports.text import unit_text
from photopeak.storage import trends
from photopeak.storage.database import Transaction
from photopeak.web.looks import Look
from photopeak.web.numbers import trend_of
from photopeak.web.signal_words import LEVEL, SignalWords
from photopeak.web.times import Clockwork
from photopeak.web.values import scope_text
from photopeak.web.words import Words

_ORDER = (SignalLevel.ACTION, SignalLevel.WARNING, SignalLevel.NOTE)


@dataclass(frozen=True, slots=True)
class SignalLine:
    """A signal of a number: its rule, its look, its sentence, and where the trend is."""

    name: str
    rule: str
    look: Look
    text: str
    trend: str


def signal_lines(
    tx: Transaction, record: ResultRecord, words: Words, clockwork: Clockwork
) -> tuple[SignalLine, ...]:
    """Return the signals of a result, what asks for somebody first."""
    found = []
    for entry in trends.signals_of(tx, record.id):
        number = next(
            (
                m
                for m in record.measurements
                if m.metric == entry.metric and dict(m.scope) == dict(entry.scope)
            ),
            None,
        )
        if number is None:
            continue
        said = SignalWords(words, clockwork, decimals=number.decimals, unit=unit_text(number.unit))
        parts = (words.pick(number.label, number.label_zh), scope_text(number.scope, words))
        line = SignalLine(
            name=words(", ").join(part for part in parts if part),
            rule=entry.signal.rule,
            look=LEVEL[entry.signal.level],
            text=said.signal(entry.signal),
            trend=trend_of(record, number),
        )
        found.append((entry.signal.level, line))
    found.sort(key=lambda each: _ORDER.index(each[0]))
    return tuple(line for _, line in found)

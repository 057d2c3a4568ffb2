"""From a message to a letter: subject, first sentence, table and the next step, in one language.

The first sentence says what, by how much, since when and what to do next. Everything that came from
outside passes :func:`~photopeak.reports.text.visible`; the HTML is escaped by the template.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from photopeak.model.messages import Letter, Line, LineStatus, Message, MessageKind
from photopeak.reports.letters.chinese import CHINESE
from photopeak.reports.messages import Messages
from photopeak.reports.text import number_text, unit_text, visible

if TYPE_CHECKING:
    import jinja2

_CATALOGUES: Mapping[str, Mapping[str, str]] = MappingProxyType({"en": {}, "zh": CHINESE})
_MOST_LINES = 60
_NO_BREAK = "\N{NO-BREAK SPACE}"
_LONGEST_SUBJECT = 160

STATUS_WORDS: Mapping[LineStatus, str] = MappingProxyType(
    {
        LineStatus.PASS: "Pass",
        LineStatus.WARNING: "Warning",
        LineStatus.ACTION: "Action",
        LineStatus.NO_RESULT: "No result",
        LineStatus.DUE: "Due",
        LineStatus.OVERDUE: "Overdue",
        LineStatus.ACKNOWLEDGED: "Acknowledged",
        LineStatus.RESOLVED: "Resolved",
        LineStatus.WITHDRAWN: "Withdrawn",
        LineStatus.UNREVIEWED: "To review",
        LineStatus.INFO: "Note",
    }
)
_WITHOUT_NUMBER: Mapping[LineStatus, str] = MappingProxyType(
    {
        LineStatus.NO_RESULT: "It could not be analysed",
        LineStatus.OVERDUE: "It was not measured in time",
        LineStatus.DUE: "It is to be measured",
        LineStatus.RESOLVED: "It is good again",
        LineStatus.WITHDRAWN: "Somebody ended it, for no repeat can",
        LineStatus.UNREVIEWED: "Results wait for a review",
    }
)
_ABOUT_TESTS = frozenset({LineStatus.ACTION, LineStatus.WARNING, LineStatus.NO_RESULT})
"""States whose next step is one with a test; alerts of the service itself have none."""
_STEPS: Mapping[LineStatus, str] = MappingProxyType(
    {
        LineStatus.ACTION: "repeat the test, and contact physics if it fails again",
        LineStatus.WARNING: "look at the trend and repeat the test",
        LineStatus.NO_RESULT: "look at why, and send the images again or measure again",
        LineStatus.OVERDUE: "measure it, or mark the device as not in use today",
        LineStatus.DUE: "measure it today",
        LineStatus.UNREVIEWED: "review the results",
        LineStatus.RESOLVED: "nothing; the repeat was good",
        LineStatus.WITHDRAWN: "nothing; the test did not pass, and nobody is told of it any more",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """A line as people read it."""

    state: str
    look: str
    device: str
    test: str
    measured: str
    limit: str
    since: str
    seen: str
    text: str
    link: str


class Writer:
    """Writes the letters of one site."""

    def __init__(self, *, site: str, language: str, time_zone: str, public_url: str) -> None:
        self._site = visible(site)
        self._words = Messages(language, _CATALOGUES)
        self._zone_name = time_zone
        self._zone = ZoneInfo(time_zone)
        self._public_url = public_url.rstrip("/")

    def write(self, message: Message, picture: bool = False) -> Letter:
        """Return a message in words; `picture` tells that one goes with it."""
        subject, lead = self.subject(message), self.lead(message)
        rows = [self._row(line) for line in message.lines[:_MOST_LINES]]
        more = self._more(message)
        link, footer = self.link(message), self._footer(message)
        html = _template().render(
            _=self._words,
            language="zh-Hans" if self._words.language == "zh" else "en",
            subject=subject,
            lead=lead,
            rows=rows,
            numbers=any(row.measured for row in rows),
            more=more,
            link=link,
            picture=self._pictured(message) if picture else "",
            footer=footer,
        )
        text = [lead, *([link] if link else []), ""]
        for row in rows:
            parts = (row.device, row.test, row.measured or row.text, row.limit, row.since, row.seen)
            text.append(f"- {row.state}: " + " | ".join(part for part in parts if part))
            if row.link and row.link != link:
                text.append(f"  {row.link}")
        text += [*([more] if more else []), "", "-- ", *footer, ""]
        return Letter(subject=subject, text="\n".join(text), html=html)

    def subject(self, message: Message) -> str:
        """Return what stands in a list of mails: the most urgent thing, and how many more."""
        words = self._words
        if message.kind is MessageKind.TEST:
            subject = words("Test message from {site}", site=self._site)
        elif message.kind is MessageKind.DIGEST:
            count = sum(line.status is not LineStatus.INFO for line in message.lines)
            subject = words("{site}: {count} to look at", site=self._site, count=count)
        elif not message.lines or message.kind is MessageKind.SERVICE:
            subject = words(visible(message.title))
        else:
            subject = self._headline(message)
        return visible(subject, limit=_LONGEST_SUBJECT)

    def lead(self, message: Message) -> str:
        """Return the first sentence."""
        words = self._words
        if message.kind is MessageKind.TEST:
            said = words("This is a test: messages arrive here.")
            step = words("nothing; this only shows that messages arrive")
        elif not message.lines:
            said, step = words(visible(message.title)), ""
        else:
            first = message.lines[0]
            said = self._sentence(first)
            if message.kind is MessageKind.DIGEST:
                first = next((e for e in message.lines if e.status is not LineStatus.INFO), first)
                about = self._about(first) or self._finding(first)
                state = words(STATUS_WORDS[first.status])
                said += self._gap + words("First: {status}: {what}.", status=state, what=about)
            step = self._step(message, first)
        if not step:
            return said
        return said + self._gap + words("Next: {step}.", step=step)

    def link(self, message: Message) -> str:
        """Return the address of the page to go to, empty when the site has not told its own."""
        path = message.link or (message.lines[0].link if message.lines else "")
        return self._address(path)

    @property
    def _gap(self) -> str:
        """What stands between two sentences."""
        return "" if self._words.language == "zh" else " "

    def _headline(self, message: Message) -> str:
        words = self._words
        first = message.lines[0]
        what = self._about(first)
        total = len(message.lines)
        if total > 1:
            what = words("{what} and {count} more", what=what, count=total - 1, total=total)
        state = words(STATUS_WORDS[first.status])
        match message.kind:
            case MessageKind.REMINDER:
                return words("Still {status}: {what}", status=state, what=what)
            case MessageKind.ESCALATION:
                return words("{status}, nobody has taken notice: {what}", status=state, what=what)
            case MessageKind.RESOLVED:
                return words("Resolved: {what}", what=what)
        return words("{status}: {what}", status=state, what=what)

    def _pictured(self, message: Message) -> str:
        """Return what the picture that goes with a message shows."""
        shown = (line for line in message.lines if line.result_id == message.result_id)
        said = next((self._about(line) for line in shown), "")
        return said or self._words("Picture of the result")

    def _about(self, line: Line) -> str:
        """Return the device and the test, with the detector."""
        parts = [visible(line.device), self._test(line)]
        device, test = parts
        if device and test:
            return self._words("{device}, {test}", device=device, test=test)
        return device or test or visible(line.text)

    def _test(self, line: Line) -> str:
        words = self._words
        named = line.title if line.title_zh else words.told(line.title)
        test = visible(words.pick(named, line.title_zh) or line.test)
        if test and line.detector is not None:
            head = words("detector {number}", number=line.detector)
            return words("{text} ({detail})", text=test, detail=head)
        return test

    def _sentence(self, line: Line) -> str:
        """Say of a line what, by how much and since when."""
        words = self._words
        said = self._finding(line)
        about = self._about(line)
        if about and about != said:
            said = words("{status}: {what}", status=about, what=said)
        for more in (self._since(line), self._seen(line)):
            said = words("{one}, {other}", one=said, other=more) if more else said
        return said if said.endswith((".", "。")) else words("{sentence}.", sentence=said)

    def _finding(self, line: Line) -> str:
        words = self._words
        quantity = visible(words.pick(line.quantity, line.quantity_zh))
        if line.value is None:
            fallback = words(_WITHOUT_NUMBER.get(line.status, "look at the result"))
            return words.told(visible(line.text), line.names) if line.text else quantity or fallback
        places: dict[str, object] = {"quantity": quantity, "value": self._number(line, line.value)}
        if line.upper is not None and line.value > line.upper:
            places |= {
                "limit": self._number(line, line.upper),
                "distance": self._number(line, line.value - line.upper),
            }
            return words("{quantity} is {value}, {distance} above the limit of {limit}", **places)
        if line.lower is not None and line.value < line.lower:
            places |= {
                "limit": self._number(line, line.lower),
                "distance": self._number(line, line.lower - line.value),
            }
            return words("{quantity} is {value}, {distance} below the limit of {limit}", **places)
        if line.lower is not None and line.upper is not None:
            places |= {
                "lower": self._number(line, line.lower),
                "upper": self._number(line, line.upper),
            }
            return words("{quantity} is {value}, within {lower} to {upper}", **places)
        bound = line.upper if line.upper is not None else line.lower
        if bound is not None:
            places["limit"] = self._number(line, bound)
            return words("{quantity} is {value}, within the limit of {limit}", **places)
        return words("{quantity} is {value}", **places)

    def _step(self, message: Message, line: Line) -> str:
        if message.kind is MessageKind.SERVICE:
            return self._words("look at the page of notifications")
        if not line.test and line.alert_id is not None and line.status in _ABOUT_TESTS:
            return self._words("look at the alert")
        return self._words(_STEPS.get(line.status, "look at the result"))

    def _row(self, line: Line) -> _Row:
        words = self._words
        quantity = visible(words.pick(line.quantity, line.quantity_zh))
        measured = ""
        if line.value is not None:
            measured = f"{quantity} {self._number(line, line.value)}".strip()
        text = words.told(visible(line.text), line.names) if line.text else ""
        return _Row(
            state=words(STATUS_WORDS[line.status]),
            look=line.status.value,
            device=visible(line.device),
            test=self._test(line),
            measured=measured,
            limit=self._limit(line),
            since=self._moment(line.since),
            seen=self._seen(line),
            text=text or ("" if measured else quantity or self._finding(line)),
            link=self._address(line.link),
        )

    def _limit(self, line: Line) -> str:
        words = self._words
        lower = None if line.lower is None else self._number(line, line.lower)
        upper = None if line.upper is None else self._number(line, line.upper)
        if lower is not None and upper is not None:
            return words("{lower} to {upper}", lower=lower, upper=upper)
        if lower is not None:
            return words("at least {lower}", lower=lower)
        return "" if upper is None else words("at most {upper}", upper=upper)

    def _more(self, message: Message) -> str:
        left_out = len(message.lines) - _MOST_LINES
        return self._words("{count} more are on the pages.", count=left_out) if left_out > 0 else ""

    def _footer(self, message: Message) -> tuple[str, str]:
        words = self._words
        return (
            words(
                "Sent by Photopeak at {site} on {moment} ({zone}). Message {id}",
                site=self._site,
                moment=self._moment(message.created_at),
                zone=self._zone_name,
                id=message.id,
            ),
            words("Quality-control aid, no medical device. Verify before clinical action."),
        )

    def _since(self, line: Line) -> str:
        if line.since is None:
            return ""
        return self._words("since {moment}", moment=self._moment(line.since))

    def _seen(self, line: Line) -> str:
        return self._words("seen by {name}", name=visible(line.seen_by)) if line.seen_by else ""

    def _number(self, line: Line, value: float) -> str:
        unit = unit_text(line.unit)
        number = number_text(value, line.decimals)
        return f"{number}{_NO_BREAK}{unit}" if unit else number

    def _moment(self, moment: datetime | None) -> str:
        if moment is None:
            return ""
        at = moment.astimezone(self._zone)
        if self._words.language == "zh":
            return f"{at.year}年{at.month}月{at.day}日{at:%H:%M}"
        return f"{at.day} {_MONTHS[at.month - 1]} {at.year} {at:%H:%M}"

    def _address(self, path: str) -> str:
        return self._public_url + path if self._public_url and path.startswith("/") else ""


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@lru_cache(maxsize=1)
def _template() -> jinja2.Template:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("photopeak.reports.letters", "."),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("letter.html")

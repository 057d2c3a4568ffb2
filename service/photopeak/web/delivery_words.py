"""How channels, messages and attempts look, and what was said of them in the language of the pages.

What came of an attempt is kept as an English sentence. It is told here by its pattern; what has
none, such as the words of another machine, stays as it is.
"""

from __future__ import annotations

import re
from enum import StrEnum

from photopeak.model.messages import ChannelRecord, DeliveryState, MessageKind, Outcome
from photopeak.web.looks import Look
from photopeak.web.words import Words


class Health(StrEnum):
    """How a channel does."""

    WORKS = "works"
    UNUSED = "unused"
    FAILS = "fails"
    DISABLED = "disabled"


CHANNEL = {
    Health.WORKS: Look("pass", "pass", "Works", "The last message was taken."),
    Health.UNUSED: Look("ring", "none", "Not used yet", "Nothing has been sent so far."),
    Health.FAILS: Look("warn", "warn", "Fails", "It is tried again by itself."),
    Health.DISABLED: Look("act", "act", "Disabled", "Nothing is sent until it is enabled."),
}
"""Look of a channel."""

DELIVERY = {
    DeliveryState.QUEUED: Look("queue", "due", "Queued", "It will be sent."),
    DeliveryState.RETRYING: Look("turn", "warn", "Retrying", "It is tried again by itself."),
    DeliveryState.SENT: Look("pass", "pass", "Sent", "The other side has taken it."),
    DeliveryState.FAILED: Look("act", "act", "Given up", "It is not tried again by itself."),
    DeliveryState.DISABLED: Look(
        "lock", "late", "Held", "Its channel is disabled; it is sent when that is enabled."
    ),
}
"""Look of a message."""

OUTCOME = {
    Outcome.SENT: Look("pass", "pass", "Sent", "The other side has taken it."),
    Outcome.RETRY: Look("warn", "warn", "Failed", "It may go better later."),
    Outcome.REFUSED: Look("act", "act", "Refused", "The other side will not take it."),
    Outcome.GONE: Look("act", "act", "Gone", "There is nobody at this address any more."),
    Outcome.INTERRUPTED: Look(
        "question", "due", "Under way", "It has not ended, or the process ended before it did."
    ),
}
"""Look of an attempt."""

MESSAGE_KIND = {
    MessageKind.ALERT: "Alert",
    MessageKind.REMINDER: "Reminder",
    MessageKind.ESCALATION: "Escalation",
    MessageKind.RESOLVED: "All clear",
    MessageKind.DIGEST: "Digest",
    MessageKind.EVENT: "Event",
    MessageKind.SERVICE: "Service",
    MessageKind.TEST: "Test message",
}
"""Word for what a message is for."""

_PATTERNS = (
    "answered {code}: redirects are not followed",
    "answered {code}",
    "no answer within {seconds} s",
    "the server did not answer within {seconds} s",
    "not sent within {seconds} s",
    "nothing was sent: {address} may not be reached; list its network to allow it",
    "nothing was sent: {address} is in none of the allowed networks",
    "nothing was sent: {address} may never be reached",
    "nothing was sent: the address in url_file has none of the schemes",
    "nothing was sent: the address in url_file is not one that apprise knows",
    "nothing was sent: {why}",
    "the server offers no STARTTLS: nothing was sent",
    "the server refuses STARTTLS: nothing was sent",
    "the certificate of the server is not trusted: {why}",
    "no TLS with the server: {why}",
    "the server refuses the login",
    "the server refuses the connection",
    "the server refuses the sender ({code})",
    "the server refuses the message ({code})",
    "the connection failed: {why}",
    "sent, but refused for good: {who}",
    "sent to some, to be tried again for {who}",
    "to be tried again for {who}",
    "refused for good: {who}",
    "sent",
    "{count} objects stored",
    "{failed} of {count} objects not stored: {why}",
    "C-ECHO answered within {seconds} s",
    "{archive} cannot be reached: {why}",
    "{archive} did not answer the C-ECHO",
    "{archive} answered with status {status}",
    "{archive} rejected the association of {calling}",
    "{archive} aborted the association of {calling}",
    "the objects could not be made: {why}",
    "the summary could not be made: {why}",
    "a fault of this program: {why}",
    "the service did not take the message",
    "chat needs the extra: {command}",
    "the child ended with {code}",
    "it answered that it is gone for good (410)",
    "it has failed since {moment} UTC",
    "it was too old to be news when the channel was enabled again",
    "the channel is not in the configuration any more",
    "{channel} is disabled; enable it first",
    "{channel} is in use",
    "message {id} is being sent at this moment",
)
"""All that is said of attempts and channels, the most telling first."""


def health_of(record: ChannelRecord) -> Health:
    """Return how a channel does."""
    if record.disabled_at is not None:
        return Health.DISABLED
    if record.failing_since is not None:
        return Health.FAILS
    return Health.UNUSED if record.last_success_at is None else Health.WORKS


def in_words(words: Words, detail: str) -> str:
    """Return what was said of an attempt, in the language of the pages."""
    for pattern, expression in _EXPRESSIONS:
        found = expression.fullmatch(detail)
        if found is not None:
            return words(pattern, **found.groupdict()) if found.groupdict() else words(pattern)
    return detail


def _expression(pattern: str) -> re.Pattern[str]:
    escaped = re.escape(pattern)
    return re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^\\n]+?)", escaped))


_EXPRESSIONS = tuple((pattern, _expression(pattern)) for pattern in _PATTERNS)

"""Chat rooms through apprise, an extra; each message by a short-lived child.

The library is large and has no bound on the whole time that a service may take. In a child it costs
nothing while nobody is told anything, and it ends when its time is over.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from importlib.util import find_spec

from photopeak.alerts.channels.chat_child import NOT_DELIVERED, NOT_INSTALLED, NOT_UNDERSTOOD
from photopeak.channel_settings import ChatSettings
from photopeak.model.messages import CHAT, Attempt, Letter, Message, MessageRecord, Outcome
from photopeak.secret_files import SecretFileError, read_secret

MISSING = "chat needs the extra: pip install 'photopeak[chat]'"
_CHILD = (sys.executable, "-m", "photopeak.alerts.channels.chat_child")
_TOLD = {
    NOT_INSTALLED: MISSING,
    NOT_UNDERSTOOD: "nothing was sent: the address in url_file is not one that apprise knows",
    NOT_DELIVERED: "the service did not take the message",
}


class ChatChannel:
    """One chat room."""

    def __init__(
        self,
        name: str,
        settings: ChatSettings,
        *,
        write: Callable[[Message, bool], Letter],
        child: Sequence[str] = _CHILD,
    ) -> None:
        self.name = CHAT + name
        self._settings = settings
        self._write = write
        self._child = tuple(child)

    def deliver(self, record: MessageRecord) -> Attempt:
        """Send a message once, and tell what came of it."""
        try:
            address = read_secret(self._settings.url_file)
        except SecretFileError as error:
            return _later(f"nothing was sent: {error}")
        scheme = address.partition("://")[0].lower()
        if "://" not in address or scheme not in self._settings.schemes:
            return _later("nothing was sent: the address in url_file has none of the schemes")
        letter = self._write(record.message, False)
        job = {"url": address, "title": letter.subject, "body": letter.text}
        try:
            done = subprocess.run(
                self._child,
                input=json.dumps(job).encode(),
                stdout=subprocess.DEVNULL,
                # What the library complains of may hold the address, which is a secret.
                stderr=subprocess.DEVNULL,
                timeout=self._settings.timeout_s,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return _later(f"not sent within {self._settings.timeout_s:g} s")
        except OSError as error:
            return _later(f"the child could not be started: {error.strerror}")
        if done.returncode == 0:
            return Attempt(outcome=Outcome.SENT, detail="sent")
        return _later(_TOLD.get(done.returncode, f"the child ended with {done.returncode}"))


def installed() -> bool:
    """Tell whether the extra is there."""
    return find_spec("apprise") is not None


def _later(detail: str) -> Attempt:
    return Attempt(outcome=Outcome.RETRY, detail=detail)

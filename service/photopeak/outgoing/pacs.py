"""An archive as a channel: each result goes there as DICOM objects, tried again until it is stored."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from photopeak.channel_settings import PacsSettings
from photopeak.model.messages import PACS, Attempt, MessageRecord, Outcome
from photopeak.outgoing.job import NothingToSendError, Source, write_job
from photopeak.reports.paper.pdf import PdfError
from photopeak.reports.text import visible
from photopeak.storage.errors import NotFoundError

MISSING = "results to an archive need the extra: pip install 'photopeak[sr]'"
_CHILD = (sys.executable, "-m", "photopeak.outgoing.child")
_MARGIN_S = 60.0
"""For making the objects, beside the patience with the archive."""
_WORST = 400


class PacsChannel:
    """One archive."""

    def __init__(
        self,
        name: str,
        settings: PacsSettings,
        source: Source,
        *,
        calling: str,
        child: Sequence[str] = _CHILD,
    ) -> None:
        self.name = PACS + name
        self._settings = settings
        self._source = source
        self._calling = settings.calling_ae_title or calling
        self._child = tuple(child)

    def deliver(self, record: MessageRecord) -> Attempt:
        """Send the objects of a result once; a message without one asks whether it answers."""
        if not installed():
            return _later(MISSING)
        with tempfile.TemporaryDirectory(prefix="photopeak-outgoing-") as name:
            folder = Path(name)
            try:
                write_job(
                    self._source, self._settings, self._calling, record.message.result_id, folder
                )
            except (NotFoundError, NothingToSendError) as error:
                return Attempt(outcome=Outcome.REFUSED, detail=f"nothing was sent: {error}")
            except PdfError as error:
                return _later(f"the summary could not be made: {error}")
            return self._send(folder)

    def _send(self, folder: Path) -> Attempt:
        limit_s = self._settings.timeout_s + _MARGIN_S
        try:
            done = subprocess.run(
                [*self._child, str(folder)],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=limit_s,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return _later(f"not sent within {limit_s:g} s")
        except OSError as error:
            return _later(f"the child could not be started: {error.strerror}")
        if done.returncode != 0:
            said = visible(done.stderr[-_WORST:].decode("utf-8", "replace"))
            return _later(f"the objects could not be made: {said}")
        answer = json.loads(done.stdout)
        return Attempt(outcome=Outcome(answer["outcome"]), detail=visible(answer["detail"]))


def installed() -> bool:
    """Tell whether the extra is there."""
    return find_spec("highdicom") is not None


def _later(detail: str) -> Attempt:
    return Attempt(outcome=Outcome.RETRY, detail=detail)

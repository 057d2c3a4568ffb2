"""The whole report: certificate and record, with what every page says of its origin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from photopeak.model.catalogue import TestDescription
from photopeak.reports.jjf.certificate import certificate
from photopeak.reports.jjf.gather import VARIANT, Gathered
from photopeak.reports.jjf.particulars import Particulars
from photopeak.reports.jjf.record import Recorder
from photopeak.reports.messages import Catalogues, Messages
from photopeak.reports.paper.document import Document

LANGUAGES = ("en", "zh")
"""Languages of reports."""


def _chinese() -> Mapping[str, str]:
    from photopeak.reports.jjf.chinese import CHINESE
    from photopeak.reports.jjf.chinese_tests import CHINESE_TESTS

    return {**CHINESE_TESTS, **CHINESE}


_CATALOGUES = Catalogues(zh=_chinese)


def messages(language: str) -> Messages:
    """Return the words of reports in a language."""
    return Messages(language, _CATALOGUES)


def report(
    gathered: Gathered,
    particulars: Particulars,
    *,
    language: str,
    zone: str,
    tests: Sequence[TestDescription],
    version: str,
) -> Document:
    """Return the report on what was gathered.

    Parameters
    ----------
    language
        One of `LANGUAGES`.
    zone
        Time zone of the moments in it.
    tests
        The installed tests, for the names of readings.
    version
        Of the software that makes the report.
    """
    say = messages(language)
    recorder = Recorder(say, ZoneInfo(zone or "UTC"), tests)
    software = sorted({r.provenance.software_version for r in gathered.results} - {version})
    own = f"Photopeak {version}"
    if software:
        own += f" ({say('results')}: {', '.join(software)})"
    results = ", ".join(r.id for r in gathered.results) or say("none")
    profile = f"{say('Profile')}: {say('JJF PET/CT calibration (draft)')}"
    times = f"{say('Times')}: {zone or 'UTC'}"
    return Document(
        language=say.language,
        title=say("Calibration report of {device}", device=gathered.device.name),
        sheets=(
            certificate(gathered, particulars, say),
            *recorder.sheets(gathered, particulars),
        ),
        foot=(
            f"{profile} · {say('variant')}: {VARIANT} · {own} · {times}",
            f"{say('Result ids')}: {results}",
            f"{say('Hash of the inputs (SHA-256)')}: {gathered.inputs_sha256}",
        ),
        page=say("Page {number} of {total}", number="{number}", total="{total}"),
    )

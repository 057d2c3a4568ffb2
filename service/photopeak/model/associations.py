"""Associations as they are remembered: who called, when, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

CHECK_TITLE = "DOCTOR"
"""AE title of our own check, which may always verify, from the machine itself, and never store."""


class AssociationOutcome(StrEnum):
    """How an association ended; GAP stands for some that could not be noted."""

    RELEASED = "RELEASED"
    ABORTED = "ABORTED"
    REJECTED = "REJECTED"
    GAP = "GAP"


class AssociationCause(StrEnum):
    """Why an association was refused or broken off; NONE for one that ended in good order."""

    NONE = ""
    CALLED_TITLE = "called_title"
    CALLING_TITLE = "calling_title"
    CERTIFICATE = "certificate"
    TLS = "tls"
    TOO_MANY = "too_many"
    STORAGE = "storage"
    NOT_DICOM = "not_dicom"
    PEER_LEFT = "peer_left"
    TOO_SLOW = "too_slow"
    IDLE = "idle"
    PROTOCOL = "protocol"
    SERVICE_ENDED = "service_ended"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedContext:
    """A presentation context: what was proposed, and which transfer syntax was accepted.

    `accepted` is empty for one that was refused; `class_known` is False when that was for its SOP
    class, True when none of the transfer syntaxes would do.
    """

    sop_class_uid: str
    transfer_syntax_uids: tuple[str, ...]
    accepted: str = ""
    class_known: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class AssociationRecord:
    """One association, or one attempt at it; titles are as sent, escaped where they are none.

    `refused` counts objects that were answered with a failure, `refusal` is what the last of them
    was told; `detail` says more on the cause. Of a GAP `stored` is how many are missing here.
    """

    id: str
    started_at: datetime
    ended_at: datetime
    calling_ae_title: str
    called_ae_title: str
    address: str
    tls: bool = False
    outcome: AssociationOutcome
    cause: AssociationCause = AssociationCause.NONE
    detail: str = ""
    stored: int = 0
    refused: int = 0
    echoes: int = 0
    refusal: str = ""
    contexts: tuple[ProposedContext, ...] = ()

"""A DICOM client: C-ECHO and C-STORE, for the command line and the demonstration."""

from __future__ import annotations

import contextlib
import logging
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydicom import dcmread
from pydicom.errors import InvalidDicomError
from pydicom.filereader import read_file_meta_info
from pynetdicom import AE, _config
from pynetdicom.association import Association
from pynetdicom.presentation import PresentationContext, build_context

from photopeak.listener.commands import VERIFICATION
from photopeak.listener.offer import EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN
from photopeak.listener.reactor_pause import pause_surely
from photopeak.model.implementation import IMPLEMENTATION_CLASS_UID, implementation_version_name

_UNCOMPRESSED = (EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN)
_MAXIMUM_CONTEXTS = 128


class ClientError(Exception):
    """The peer cannot be reached or does not accept us; the message is for a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendOutcome:
    """What became of one file; `status` is None if it was not sent."""

    path: Path
    status: int | None
    comment: str = ""

    @property
    def ok(self) -> bool:
        """Whether the peer has it (a warning counts as yes)."""
        return self.status is not None and (self.status == 0 or self.status & 0xF000 == 0xB000)


def echo(
    host: str,
    port: int,
    *,
    calling: str = "PHOTOPEAK",
    called: str = "PHOTOPEAK",
    timeout_s: float = 10.0,
) -> float:
    """Send a C-ECHO and return the seconds from request to answer.

    Raises
    ------
    ClientError
        If there is no answer of success.
    """
    context = build_context(VERIFICATION, list(_UNCOMPRESSED))
    with _association(host, port, calling, called, [context], timeout_s) as association:
        begin = time.perf_counter()
        status = association.send_c_echo()
        seconds = time.perf_counter() - begin
    if "Status" not in status:
        raise ClientError(f"{called} at {host}:{port} did not answer the C-ECHO")
    if status.Status != 0:
        raise ClientError(f"{called} at {host}:{port} answered with status {status.Status:04X}")
    return seconds


def send(
    paths: Sequence[Path],
    host: str,
    port: int,
    *,
    calling: str = "PHOTOPEAK",
    called: str = "PHOTOPEAK",
    timeout_s: float = 60.0,
    progress: Callable[[SendOutcome], None] | None = None,
) -> list[SendOutcome]:
    """Send files by C-STORE, in their own transfer syntaxes, and return what became of each.

    Parameters
    ----------
    paths
        DICOM files; others come back with a comment.
    host, port, calling, called
        The peer, and the AE titles.
    timeout_s
        For each answer of the peer.
    progress
        Called after each file.

    Raises
    ------
    ClientError
        If no association can be had.
    """
    outcomes: list[SendOutcome] = []

    def done(outcome: SendOutcome) -> None:
        outcomes.append(outcome)
        if progress is not None:
            progress(outcome)

    kinds: dict[Path, tuple[str, str]] = {}
    for path in paths:
        try:
            kinds[path] = _kind(path)
        except (InvalidDicomError, OSError, AttributeError, ValueError) as error:
            done(SendOutcome(path=path, status=None, comment=f"not a DICOM file: {error}"))
    for group in _groups(kinds):
        contexts = [
            build_context(sop_class, transfer_syntax)
            for sop_class, transfer_syntax in dict.fromkeys(kinds[path] for path in group)
        ]
        with _association(host, port, calling, called, contexts, timeout_s) as association:
            for path in group:
                done(_send_one(association, path))
    return outcomes


def _kind(path: Path) -> tuple[str, str]:
    meta = read_file_meta_info(path)
    return str(meta.MediaStorageSOPClassUID), str(meta.TransferSyntaxUID)


def _groups(kinds: dict[Path, tuple[str, str]]) -> Iterator[list[Path]]:
    """Yield files for one association each: as many kinds as it can have contexts."""
    group: list[Path] = []
    seen: set[tuple[str, str]] = set()
    for path, kind in kinds.items():
        if kind not in seen and len(seen) == _MAXIMUM_CONTEXTS:
            yield group
            group, seen = [], set()
        group.append(path)
        seen.add(kind)
    if group:
        yield group


def _send_one(association: Association, path: Path) -> SendOutcome:
    if not association.is_established:
        return SendOutcome(path=path, status=None, comment="the association has ended")
    try:
        status = association.send_c_store(dcmread(path, force=True))
    except (ValueError, RuntimeError, AttributeError, OSError) as error:
        return SendOutcome(path=path, status=None, comment=f"could not be sent: {error}")
    if "Status" not in status:
        return SendOutcome(path=path, status=None, comment="no answer of the peer")
    comment = str(status.get("ErrorComment", ""))
    if status.Status and not comment:
        comment = f"status {status.Status:04X}"
    return SendOutcome(path=path, status=int(status.Status), comment=comment)


@contextlib.contextmanager
def _association(
    host: str,
    port: int,
    calling: str,
    called: str,
    contexts: list[PresentationContext],
    timeout_s: float,
) -> Iterator[Association]:
    _config.LOG_HANDLER_LEVEL = "none"
    logging.getLogger("pynetdicom").setLevel(logging.CRITICAL + 1)
    try:
        # The library hides why a connection failed, and forgets to close the socket.
        socket.create_connection((host, port), timeout=min(timeout_s, 10.0)).close()
    except OSError as error:
        raise ClientError(f"{host}:{port} cannot be reached: {error}") from error
    ae = AE(ae_title=calling)
    ae.implementation_class_uid = IMPLEMENTATION_CLASS_UID
    ae.implementation_version_name = implementation_version_name()
    ae.acse_timeout = ae.dimse_timeout = ae.network_timeout = timeout_s
    ae.connection_timeout = min(timeout_s, 10.0)
    association = ae.associate(host, port, contexts=contexts, ae_title=called)
    if not association.is_established:
        if association.is_rejected:
            raise ClientError(f"{called} at {host}:{port} rejected the association of {calling}")
        raise ClientError(f"{called} at {host}:{port} aborted the association of {calling}")
    pause_surely(association)
    try:
        yield association
    finally:
        if association.is_established:
            association.release()

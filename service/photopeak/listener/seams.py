"""What the listener leans on inside pynetdicom, and whether it is still there.

pynetdicom is pinned; this check speaks up when another version was installed all the same. The
guards need the reactor's seams, so without them the listener refuses to start. The fast path is
given up, with a warning, when only its own have moved.
"""

from __future__ import annotations

import inspect
import logging

import pynetdicom
from pynetdicom import association, dimse, dul, fsm, transport

from photopeak.listener.errors import ListenerError

logger = logging.getLogger(__name__)

VERSION = "3.0.4"
"""The version of pynetdicom whose sources were read."""


def moved_under_the_reactor() -> tuple[str, ...]:
    """Return what has moved of the parts without which no association can be run."""
    faults = _missing(
        (dul.DULServiceProvider, "_decode_pdu"),
        (dul.DULServiceProvider, "_process_recv_primitive"),
        (dul.DULServiceProvider, "receive_pdu"),
        (dul.DULServiceProvider, "send_pdu"),
        (association.Association, "_abort_blocking"),
        (association.Association, "set_socket"),
        (transport.AssociationSocket, "send"),
        (fsm.StateMachine, "do_action"),
    )
    source = inspect.getsource(dul.DULServiceProvider.__init__)
    for attribute in ("_recv_pdu", "event_queue", "to_provider_queue", "state_machine"):
        if f"self.{attribute}" not in source:
            faults.append(f"DULServiceProvider.{attribute}")
    if "self._accepted_cx" not in inspect.getsource(association.Association.__init__):
        faults.append("Association._accepted_cx")
    if ("Evt5", "Sta1") not in fsm.TRANSITION_TABLE:
        faults.append("fsm.TRANSITION_TABLE")
    return tuple(faults)


def moved_under_the_library_path() -> tuple[str, ...]:
    """Return what has moved of the parts that the slow message path needs."""
    return tuple(
        _missing(
            (association.Association, "_serve_request"),
            (dimse.DIMSEServiceProvider, "receive_primitive"),
            (dimse.DIMSEServiceProvider, "get_msg"),
        )
    )


def moved_under_the_fast_path() -> tuple[str, ...]:
    """Return what has moved of the parts that only the fast path needs.

    It does the work of pynetdicom's DIMSE provider itself; another release may have corrected
    something there, so any other version counts as moved.
    """
    faults = []
    if pynetdicom.__version__ != VERSION:
        faults.append(f"version {pynetdicom.__version__} instead of {VERSION}")
    return tuple(faults)


def require_reactor() -> None:
    """Raise ListenerError if associations cannot be run on the pynetdicom that is installed."""
    faults = moved_under_the_reactor()
    if faults:
        raise ListenerError(
            f"pynetdicom {pynetdicom.__version__} lacks {', '.join(faults)}; "
            f"install pynetdicom {VERSION}"
        )


def use_fast_path(*, wanted: bool) -> bool:
    """Return whether messages take the fast path; warns when they cannot although they should."""
    if not wanted:
        return False
    faults = moved_under_the_fast_path()
    if faults:
        logger.warning("receiving by pynetdicom's slow path: %s", ", ".join(faults))
    return not faults


def _missing(*parts: tuple[type, str]) -> list[str]:
    return [f"{owner.__name__}.{name}" for owner, name in parts if not hasattr(owner, name)]

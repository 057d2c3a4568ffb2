"""Errors of the listener.

::

    ListenerError                 the service cannot listen
    ConnectionEndedError          one connection is over
    ├── PeerGoneError             the peer closed it
    ├── TooSlowError              a deadline passed
    └── ProtocolError             the peer broke the protocol; answered with A-ABORT
"""


class ListenerError(Exception):
    """The listener cannot work; `final` says that a restart would not help."""

    def __init__(self, message: str, *, final: bool = True) -> None:
        super().__init__(message)
        self.final = final


class ConnectionEndedError(Exception):
    """A connection is over; the message says why, in words for a log line."""


class PeerGoneError(ConnectionEndedError):
    """The peer closed or reset the connection."""


class TooSlowError(ConnectionEndedError):
    """The peer let a deadline pass."""


class ProtocolError(ConnectionEndedError):
    """The peer broke the protocol.

    Parameters
    ----------
    message
        What was wrong, without any text of the peer.
    reason
        Reason field of the A-ABORT PDU (PS3.8 9.3.8).
    """

    UNSPECIFIED = 0
    UNRECOGNISED_PDU = 1
    UNEXPECTED_PDU = 2
    INVALID_PARAMETER = 6

    def __init__(self, message: str, reason: int = UNSPECIFIED) -> None:
        super().__init__(message)
        self.reason = reason

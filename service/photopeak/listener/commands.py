"""DIMSE command sets: read with struct, written as ready-made bytes (PS3.7 6.3, 9.3, Annex E).

Command sets are always Implicit VR Little Endian. Only the requests that this service answers,
C-STORE and C-ECHO, have a meaning here.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from functools import lru_cache

from photopeak.listener.errors import ProtocolError

C_STORE_RQ = 0x0001
C_ECHO_RQ = 0x0030
RESPONSE = 0x8000
NO_DATA_SET = 0x0101
VERIFICATION = "1.2.840.10008.1.1"
MAXIMUM_COMMENT_LENGTH = 64
"""Longest Error Comment (VR LO)."""

_AFFECTED_SOP_CLASS_UID = 0x0002
_COMMAND_FIELD = 0x0100
_MESSAGE_ID = 0x0110
_MESSAGE_ID_ANSWERED = 0x0120
_PRIORITY = 0x0700
_DATA_SET_TYPE = 0x0800
_STATUS = 0x0900
_ERROR_COMMENT = 0x0902
_AFFECTED_SOP_INSTANCE_UID = 0x1000

_ELEMENT = struct.Struct("<HHL")
_US = struct.Struct("<H")
_THREE_US = struct.Struct("<HHH")
_ANSWER = struct.Struct("<" + 4 * "HHLH")
_UL_ELEMENT = struct.Struct("<HHLL")
_PDU_AND_PDV = struct.Struct(">BBLLBB")
_PDATA_TF = 0x04
_LAST_COMMAND_FRAGMENT = 0x03
_COMMAND_FRAGMENT = 0x01
_OVERHEAD = 6
"""Bytes of a PDU of one PDV that count towards the maximum length, besides the fragment."""
_SHORTEST_USUAL_MAXIMUM = 512
"""A peer that takes PDUs of this length takes every answer without a comment in one."""


def _usual_store() -> re.Pattern[bytes]:
    """Return what nearly all senders write: the elements of a C-STORE in order, and no others."""

    def us(element: int) -> bytes:
        return re.escape(_ELEMENT.pack(0, element, 2)) + rb"(..)"

    def ui(element: int) -> bytes:
        return re.escape(struct.pack("<HH", 0, element)) + rb"(.)\x00{3}([0-9.]+\x00?)"

    group_length = re.escape(_ELEMENT.pack(0, 0, 4)) + rb".{4}"
    priority = re.escape(_ELEMENT.pack(0, _PRIORITY, 2)) + rb".."
    parts = (
        group_length, ui(_AFFECTED_SOP_CLASS_UID), us(_COMMAND_FIELD), us(_MESSAGE_ID), priority,
        us(_DATA_SET_TYPE), ui(_AFFECTED_SOP_INSTANCE_UID),
    )  # fmt: skip
    return re.compile(b"".join(parts), re.DOTALL)


_USUAL_STORE = _usual_store()


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request of a peer. UIDs are the peer's text without padding, not checked, maybe empty."""

    command_field: int
    message_id: int
    sop_class_uid: str
    sop_instance_uid: str
    has_data_set: bool


def parse_request(command: bytes) -> Request:
    """Read a command set.

    Raises
    ------
    ProtocolError
        If it is not a sequence of command elements, or has no command field, message id or data
        set type: such a message cannot even be answered.
    """
    return _usual(command) or _any_order(command)


def _usual(command: bytes) -> Request | None:
    """Read a C-STORE as nearly all senders write it; None for anything else."""
    found = _USUAL_STORE.fullmatch(command)
    if found is None:
        return None
    class_length, sop_class, field, number, data_set, length, instance = found.groups()
    if class_length[0] != len(sop_class) or length[0] != len(instance):
        return None
    command_field, message_id, data_set_type = _THREE_US.unpack(field + number + data_set)
    return Request(
        command_field=command_field,
        message_id=message_id,
        # Few classes come again and again; instances do not.
        sop_class_uid=_known_uid(sop_class),
        sop_instance_uid=_uid(instance),
        has_data_set=data_set_type != NO_DATA_SET,
    )


def _any_order(command: bytes) -> Request:
    values: dict[int, bytes] = {}
    position, end = 0, len(command)
    last = end - _ELEMENT.size
    unpack = _ELEMENT.unpack_from
    while position < end:
        if position > last:
            raise ProtocolError("command set ends inside an element")
        group, element, length = unpack(command, position)
        behind = position + 8 + length
        if group or behind > end:
            raise ProtocolError("command set holds an element that does not belong there")
        values[element] = command[position + 8 : behind]
        position = behind
    return Request(
        command_field=_unsigned(values, _COMMAND_FIELD, "command field"),
        message_id=_unsigned(values, _MESSAGE_ID, "message id"),
        sop_class_uid=_known_uid(values.get(_AFFECTED_SOP_CLASS_UID, b"")),
        sop_instance_uid=_uid(values.get(_AFFECTED_SOP_INSTANCE_UID, b"")),
        has_data_set=_unsigned(values, _DATA_SET_TYPE, "data set type") != NO_DATA_SET,
    )


def _unsigned(values: dict[int, bytes], element: int, name: str) -> int:
    value = values.get(element, b"")
    if len(value) != _US.size:
        raise ProtocolError(f"command set without a {name}")
    return int(_US.unpack(value)[0])


def _uid(value: bytes) -> str:
    # Latin-1 never fails; whatever is no UID is refused by the check on its characters.
    return value.rstrip(b"\0 ").decode("latin-1")


_known_uid = lru_cache(maxsize=256)(_uid)


def pack_response(
    request: Request,
    *,
    context_id: int,
    status: int,
    comment: str = "",
    maximum_length: int = 0,
) -> bytes:
    """Return the P-DATA-TF PDUs that answer `request`.

    Parameters
    ----------
    request
        The request that is answered.
    context_id
        Presentation context of the request.
    status
        Status (PS3.7 Annex C).
    comment
        Error Comment; cut at 64 characters, other than printable ASCII becomes ``?``.
    maximum_length
        Longest PDU that the peer takes; 0 is no limit.
    """
    if not comment and (not maximum_length or maximum_length >= _SHORTEST_USUAL_MAXIMUM):
        instance = _uid_element(_AFFECTED_SOP_INSTANCE_UID, request.sop_instance_uid)
        before, behind = _around_message_id(
            request.sop_class_uid, request.command_field, context_id, status, len(instance)
        )
        return b"".join((before, _US.pack(request.message_id), behind, instance))
    text = plain_comment(comment).encode("ascii")
    text += b" " * (len(text) % 2)
    elements = b"".join(
        (
            _elements_before(
                request.sop_class_uid, request.command_field, request.message_id, status
            ),
            _ELEMENT.pack(0, _ERROR_COMMENT, len(text)) + text if text else b"",
            _uid_element(_AFFECTED_SOP_INSTANCE_UID, request.sop_instance_uid),
        )
    )
    command = _UL_ELEMENT.pack(0, 0, 4, len(elements)) + elements
    return _fragment(command, context_id, maximum_length)


def _elements_before(sop_class_uid: str, field: int, message_id: int, status: int) -> bytes:
    """Return the elements of an answer up to its status."""
    return _known_uid_element(_AFFECTED_SOP_CLASS_UID, sop_class_uid) + _ANSWER.pack(
        0, _COMMAND_FIELD, 2, field | RESPONSE,
        0, _MESSAGE_ID_ANSWERED, 2, message_id,
        0, _DATA_SET_TYPE, 2, NO_DATA_SET,
        0, _STATUS, 2, status,
    )  # fmt: skip


@lru_cache(maxsize=256)
def _around_message_id(
    sop_class_uid: str, field: int, context_id: int, status: int, instance_bytes: int
) -> tuple[bytes, bytes]:
    """Return what stands in an answer without a comment before the message id, and behind it."""
    elements = _elements_before(sop_class_uid, field, 0, status)
    command = _UL_ELEMENT.pack(0, 0, 4, len(elements) + instance_bytes) + elements
    whole = _pdu(command + bytes(instance_bytes), context_id, _LAST_COMMAND_FRAGMENT)
    end = len(whole) - instance_bytes
    behind = end - 2 * (_ELEMENT.size + _US.size)  # the data set type and the status
    return whole[: behind - _US.size], whole[behind:end]


def plain_comment(comment: str) -> str:
    """Return `comment` as it fits into an Error Comment: printable ASCII, at most 64 characters."""
    return "".join(
        c if " " <= c <= "~" and c != "\\" else "?" for c in comment[:MAXIMUM_COMMENT_LENGTH]
    )


def _uid_element(element: int, uid: str) -> bytes:
    # Only what could be a UID is repeated; text of a peer is not sent back.
    if not uid or len(uid) > 64 or uid.strip("0123456789."):
        return b""
    value = uid.encode("ascii") + b"\0" * (len(uid) % 2)
    return _ELEMENT.pack(0, element, len(value)) + value


_known_uid_element = lru_cache(maxsize=256)(_uid_element)


def _fragment(command: bytes, context_id: int, maximum_length: int) -> bytes:
    if maximum_length == 0 or len(command) + _OVERHEAD <= maximum_length:
        return _pdu(command, context_id, _LAST_COMMAND_FRAGMENT)
    # An odd maximum is rounded down: fragments have an even length (PS3.8 Annex E).
    size = max(2, (maximum_length - _OVERHEAD) & ~1)
    pieces = [command[i : i + size] for i in range(0, len(command), size)]
    return b"".join(_pdu(piece, context_id, _COMMAND_FRAGMENT) for piece in pieces[:-1]) + _pdu(
        pieces[-1], context_id, _LAST_COMMAND_FRAGMENT
    )


def _pdu(fragment: bytes, context_id: int, flags: int) -> bytes:
    size = len(fragment)
    return _PDU_AND_PDV.pack(_PDATA_TF, 0, size + 6, size + 2, context_id, flags) + fragment


def pack_abort(reason: int, *, source: int = 2) -> bytes:
    """Return an A-ABORT PDU; `source` 2 is the service provider, 0 the service user."""
    return struct.pack(">BBLBBBB", 0x07, 0, 4, 0, 0, source, reason)


def pack_reject(result: int, source: int, reason: int) -> bytes:
    """Return an A-ASSOCIATE-RJ PDU (PS3.8 9.3.4)."""
    return struct.pack(">BBLBBBB", 0x03, 0, 4, 0, result, source, reason)

"""Write the tables of the DICOM conformance statement beside this script, from the code.

::

    python service/write_conformance.py
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from pydicom.uid import UID
from pynetdicom import sop_class

from photopeak.listener import association_request as requests
from photopeak.listener.commands import VERIFICATION
from photopeak.listener.offer import (
    NOT_LISTED_BY_THE_LIBRARY,
    PRIVATE_CLASSES,
    TRANSFER_SYNTAXES,
    Offer,
)
from photopeak.model.implementation import IMPLEMENTATION_CLASS_UID
from photopeak.model.reception import StoreStatus
from photopeak.settings import ListenerSettings

PAGE = Path(__file__).resolve().parent / "CONFORMANCE.md"
LOSSY = (
    "1.2.840.10008.1.2.4.50",
    "1.2.840.10008.1.2.4.51",
    "1.2.840.10008.1.2.4.81",
    "1.2.840.10008.1.2.4.91",
)
MEANINGS = {
    StoreStatus.SUCCESS: ("stored; also for an identical copy of what is there", "done"),
    StoreStatus.OUT_OF_RESOURCES: (
        "no room, storage or database out of reach, object over the limit, shutting down",
        "sends again",
    ),
    StoreStatus.DATA_SET_MISMATCH: ("UIDs of data set and command differ", "shows an error"),
    StoreStatus.CANNOT_UNDERSTAND: (
        "no data set, or one that cannot be taken apart",
        "shows an error",
    ),
    StoreStatus.INVALID_INSTANCE: ("SOP Instance UID missing or malformed", "shows an error"),
    StoreStatus.SOP_CLASS_NOT_SUPPORTED: (
        "SOP class is not that of the presentation context",
        "shows an error",
    ),
    StoreStatus.NOT_AUTHORISED: ("this AE title may only verify the connection", "shows an error"),
}
REJECTIONS = (
    requests.CALLED_TITLE_UNKNOWN,
    requests.CALLING_TITLE_UNKNOWN,
    requests.LIMIT_EXCEEDED,
    requests.CONGESTION,
)
KEYWORDS = {str(uid): name for name, uid in vars(sop_class).items() if isinstance(uid, UID)}
SETTINGS = (
    "port", "ae_title", "check_called_ae_title", "accept_unknown_callers", "maximum_pdu_bytes",
    "largest_pdu_bytes", "maximum_command_bytes", "maximum_instance_bytes", "maximum_connections",
    "maximum_connections_per_peer", "request_timeout_s", "idle_timeout_s", "message_grace_s",
    "minimum_bytes_per_s", "send_timeout_s", "drain_s",
)  # fmt: skip


def tables() -> dict[str, str]:
    """Return the text of each table, by its name in the page."""
    classes = sorted((_name(uid), uid) for uid in Offer().storage_classes)
    return {
        "implementation": _table(
            ("item", "value"),
            [
                ("Implementation Class UID", f"`{IMPLEMENTATION_CLASS_UID}`"),
                ("Implementation Version Name", "`PHOTOPEAK_` and the version of the program"),
            ],
        ),
        "transfer syntaxes": _table(
            ("transfer syntax", "UID", "use"),
            [
                (
                    _name(uid),
                    f"`{uid}`",
                    "stored, not analysed" if uid in LOSSY else "stored and read",
                )
                for uid in TRANSFER_SYNTAXES
            ],
        ),
        "sop classes": _table(
            ("SOP class", "UID", ""),
            [(_name(VERIFICATION), f"`{VERIFICATION}`", "")]
            + [(name, f"`{uid}`", _remark(uid)) for name, uid in classes],
        ),
        "statuses": _table(
            ("status", "when", "what senders do with it"),
            [(f"{status:04X}", *MEANINGS[status]) for status in StoreStatus],
        ),
        "rejections": _table(
            ("result / source / reason", "meaning"),
            [(f"{r.result} / {r.source} / {r.reason}", r.message) for r in REJECTIONS],
        ),
        "settings": _table(
            ("key of `[listener]`", "default"),
            [(f"`{name}`", _default_of(name)) for name in SETTINGS],
        ),
    }


def _default_of(name: str) -> str:
    default = ListenerSettings.model_fields[name].default
    return "until a device has AE titles or networks" if default is None else f"{default}"


def with_tables(page: str) -> str:
    """Return a page with its tables between their marks.

    Raises
    ------
    ValueError
        If a table has no place.
    """
    for name, text in tables().items():
        begin, end = (
            f"<!-- {name}: written by write_conformance.py -->\n",
            f"<!-- end of {name} -->\n",
        )
        pattern = re.escape(begin) + ".*?" + re.escape(end)
        page, places = re.subn(pattern, lambda _, t=begin + text + end: t, page, flags=re.DOTALL)
        if places != 1:
            raise ValueError(f"{PAGE}: {places} places for the table {name!r}, not one")
    return page


def _name(uid: str) -> str:
    known = UID(uid).name
    if known != uid:
        return known
    if uid in KEYWORDS:  # newer than pydicom's dictionary
        return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", KEYWORDS[uid])
    return "private"


def _remark(uid: str) -> str:
    if uid in PRIVATE_CLASSES:
        return "private"
    return "retired" if uid in NOT_LISTED_BY_THE_LIBRARY else ""


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [tuple(heads)]
    lines.append(("---",) * len(lines[0]))
    return "".join(f"| {' | '.join(cells)} |\n" for cells in [*lines, *map(tuple, rows)])


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text("utf-8")), "utf-8")

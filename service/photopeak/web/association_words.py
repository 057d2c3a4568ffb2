"""What the log of associations says: what happened, why, and which key of which file cures it."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from photopeak.model.associations import (
    AssociationCause,
    AssociationOutcome,
    AssociationRecord,
    ProposedContext,
)
from photopeak.model.devices import Device
from photopeak.settings import ListenerSettings
from photopeak.web.looks import Look
from photopeak.web.words import Words

OUTCOME = {
    AssociationOutcome.RELEASED: Look("pass", "none", "Completed", "It ended in good order."),
    AssociationOutcome.ABORTED: Look("warn", "warn", "Broken off", "It ended before its end."),
    AssociationOutcome.REJECTED: Look("act", "act", "Refused", "It was turned away."),
    AssociationOutcome.GAP: Look("question", "warn", "Not recorded", "The log has a gap here."),
}
"""Look of an association."""

PARTLY = Look("warn", "warn", "Objects refused", "Some objects were answered with a failure.")
"""Look of one that ended well and in which objects were refused."""

NOTHING_AGREED = Look("warn", "warn", "Nothing agreed", "No presentation context was accepted.")
"""Look of one that could send nothing."""

_SYNTAXES = {
    "1.2.840.10008.1.2": "Implicit VR Little Endian",
    "1.2.840.10008.1.2.1": "Explicit VR Little Endian",
    "1.2.840.10008.1.2.1.99": "Deflated Explicit VR Little Endian",
    "1.2.840.10008.1.2.2": "Explicit VR Big Endian",
    "1.2.840.10008.1.2.4.50": "JPEG Baseline",
    "1.2.840.10008.1.2.4.51": "JPEG Extended",
    "1.2.840.10008.1.2.4.57": "JPEG Lossless",
    "1.2.840.10008.1.2.4.70": "JPEG Lossless SV1",
    "1.2.840.10008.1.2.4.80": "JPEG-LS Lossless",
    "1.2.840.10008.1.2.4.81": "JPEG-LS Near-lossless",
    "1.2.840.10008.1.2.4.90": "JPEG 2000 Lossless",
    "1.2.840.10008.1.2.4.91": "JPEG 2000",
    "1.2.840.10008.1.2.5": "RLE Lossless",
}
_CLASSES = {
    "1.2.840.10008.1.1": "Verification",
    "1.2.840.10008.1.20.1": "Storage Commitment",
    "1.2.840.10008.3.1.2.3.3": "Modality Performed Procedure Step",
    "1.2.840.10008.5.1.4.31": "Modality Worklist",
    "1.2.840.10008.5.1.4.1.1.2": "CT Image",
    "1.2.840.10008.5.1.4.1.1.7": "Secondary Capture Image",
    "1.2.840.10008.5.1.4.1.1.20": "Nuclear Medicine Image",
    "1.2.840.10008.5.1.4.1.1.5": "Nuclear Medicine Image (retired)",
    "1.2.840.10008.5.1.4.1.1.128": "PET Image",
    "1.2.840.10008.5.1.4.1.1.104.1": "Encapsulated PDF",
}
_BIG_ENDIAN = "1.2.840.10008.1.2.2"


def look_of(record: AssociationRecord) -> Look:
    """Return how an association looks in the log."""
    if record.outcome is AssociationOutcome.RELEASED:
        if record.refused:
            return PARTLY
        if record.contexts and not any(context.accepted for context in record.contexts):
            return NOTHING_AGREED
    return OUTCOME[record.outcome]


def syntax_name(uid: str) -> str:
    """Return the name of a transfer syntax."""
    return _SYNTAXES.get(uid, uid)


def class_name(uid: str) -> str:
    """Return the name of a SOP class."""
    return _CLASSES.get(uid, uid)


def why(
    record: AssociationRecord,
    words: Words,
    listener: ListenerSettings,
    devices: Sequence[Device],
) -> tuple[str, str]:
    """Return why an association ended as it did, and what to do about it; both may be empty."""
    match record.cause:
        case AssociationCause.CALLED_TITLE:
            return (
                words("It called {called}, and this service is {ours}.", called=record.called_ae_title or "–", ours=listener.ae_title),
                words("Set the called AE title of the sender to {ours}, or set [listener] ae_title or check_called_ae_title = false in photopeak.toml.", ours=listener.ae_title),
            )  # fmt: skip
        case AssociationCause.CALLING_TITLE:
            return _unknown_caller(record, words, devices)
        case AssociationCause.CERTIFICATE:
            return (
                words("Its certificate does not stand for the AE title {calling}.", calling=record.calling_ae_title),
                words("Name the AE title under the fingerprint {fingerprint} in [listener.tls] ae_titles_by_certificate in photopeak.toml.", fingerprint=record.detail),
            )  # fmt: skip
        case AssociationCause.TLS:
            return (
                words("The TLS handshake failed: {reason}.", reason=record.detail or "–"),
                words("Check that the sender speaks DICOM over TLS on port {port}, and that its certificate is signed by [listener.tls] client_ca of photopeak.toml.", port=listener.tls.port),
            )  # fmt: skip
        case AssociationCause.TOO_MANY:
            return (
                words("Too many associations were open at once."),
                words("The sender tries again by itself. If it happens often, raise [listener] maximum_connections_per_peer or maximum_connections in photopeak.toml."),
            )  # fmt: skip
        case AssociationCause.STORAGE:
            return (
                words("Nothing can be stored at present."),
                words("See System health for the reason: usually the disk is full. Senders keep their images and try again."),
            )  # fmt: skip
        case AssociationCause.NOT_DICOM:
            return (
                words("What came was no association request of DICOM."),
                words("A browser, a port scan, or a sender that uses TLS on the port without it. DICOM over TLS has a port of its own: [listener.tls] port."),
            )  # fmt: skip
        case AssociationCause.IDLE:
            return (
                words("It was silent for {seconds} s.", seconds=f"{listener.idle_timeout_s:g}"),
                words("A device that thinks for longer between images gets more time by [listener] idle_timeout_by_ae_title_s in photopeak.toml."),
            )  # fmt: skip
        case AssociationCause.TOO_SLOW:
            return (
                words("It sent too slowly: {reason}.", reason=record.detail or "–"),
                words("Look at the network. For a slow line lower [listener] minimum_bytes_per_s in photopeak.toml."),
            )  # fmt: skip
        case AssociationCause.PEER_LEFT:
            return (
                words("The sender broke the connection off."),
                words(
                    "See the log of the sender: usually it was cancelled, or it gave up waiting."
                ),
            )
        case AssociationCause.PROTOCOL:
            return (
                words(
                    "The sender broke the DICOM protocol: {reason}.", reason=record.detail or "–"
                ),
                words("Ask the maker of the sender, with this line and the time."),
            )
        case AssociationCause.SERVICE_ENDED:
            return (
                words("This service was stopped."),
                words("The sender tries again by itself, or send the series once more."),
            )
        case AssociationCause.INTERNAL:
            return (
                words("An error in this service."),
                words("See the log of the service at this time."),
            )
        case AssociationCause.NONE:
            return _agreed(record, words)


def _unknown_caller(
    record: AssociationRecord, words: Words, devices: Sequence[Device]
) -> tuple[str, str]:
    """Tell whether it is the title or the address that no device has."""
    title, address = record.calling_ae_title, record.address
    named = [device for device in devices if title in device.ae_titles]
    if named:
        known = ", ".join(named[0].networks) or "–"
        return (
            words("{calling} is {device}, but not from the address {address} (known: {networks}).", calling=title, device=named[0].name, address=address, networks=known),
            words("Add the network of this address to networks of [[device]] {device} in devices.toml.", device=named[0].id),
        )  # fmt: skip
    here = [device for device in devices if _within(address, device)]
    why_not = words(
        "No device of devices.toml sends as {calling} from {address}.",
        calling=title or "–",
        address=address,
    )
    if here:
        return why_not, words(
            "Add {calling} to ae_titles of [[device]] {device} in devices.toml, which has this address.",
            calling=title or "–",
            device=here[0].id,
        )
    return why_not, words(
        "Add {calling} to ae_titles of its [[device]] in devices.toml, or set [listener] accept_unknown_callers = true in photopeak.toml.",
        calling=title or "–",
    )


def _within(address: str, device: Device) -> bool:
    try:
        place = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(place in ipaddress.ip_network(network) for network in device.networks)


def _agreed(record: AssociationRecord, words: Words) -> tuple[str, str]:
    if record.outcome is AssociationOutcome.GAP:
        return (
            words.plural(
                "{count} association was not recorded here: the log could not keep up.",
                "{count} associations were not recorded here: the log could not keep up.",
                record.stored,
            ),
            words("Nothing that was sent is lost; only this log has a gap."),
        )
    if record.refused:
        return (
            words("Objects were refused, the last with {told}.", told=record.refusal),
            words("The sender keeps them. Cure what it says and send them once more."),
        )
    refused = [context for context in record.contexts if not context.accepted]
    if not refused or any(context.accepted for context in record.contexts):
        return "", ""
    return _nothing_accepted(refused, words)


def _nothing_accepted(refused: Sequence[ProposedContext], words: Words) -> tuple[str, str]:
    unknown = [context for context in refused if not context.class_known]
    if unknown:
        names = ", ".join(dict.fromkeys(class_name(c.sop_class_uid) for c in unknown))
        uid = unknown[0].sop_class_uid
        return (
            words("It offered nothing that is stored here: {classes}.", classes=names),
            words("Storage Commitment and worklists are not offered. A private image class is accepted by [listener] extra_sop_classes = ['{uid}'] in photopeak.toml.", uid=uid),
        )  # fmt: skip
    offered = {uid for context in refused for uid in context.transfer_syntax_uids}
    names = ", ".join(sorted(syntax_name(uid) for uid in offered))
    cure = words("Have it send Explicit or Implicit VR Little Endian.")
    if _BIG_ENDIAN in offered:
        cure = words(
            "Set [listener] accept_explicit_big_endian = true in photopeak.toml, or have it send Little Endian."
        )
    return words(
        "It offered only transfer syntaxes that are not accepted: {names}.", names=names
    ), cure

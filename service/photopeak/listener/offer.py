"""What the listener accepts: SOP classes, transfer syntaxes, and the answer to each proposal.

Everything that is stored anywhere is accepted ("unroutable" is a state of a series, not an error
of a sender): all standard storage classes, the retired ones that old gamma cameras send, and
private ones of the makers. Storage Commitment is not offered: a QC service is no archive, and a
console that gets no such context keeps its images.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pynetdicom import AllStoragePresentationContexts
from pynetdicom.pdu_primitives import A_ASSOCIATE, SOPClassCommonExtendedNegotiation
from pynetdicom.presentation import PresentationContext

from photopeak.listener.commands import VERIFICATION

EXPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2.1"
IMPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2"
EXPLICIT_BIG_ENDIAN = "1.2.840.10008.1.2.2"

TRANSFER_SYNTAXES = (
    EXPLICIT_LITTLE_ENDIAN,
    IMPLICIT_LITTLE_ENDIAN,
    "1.2.840.10008.1.2.4.70",  # JPEG lossless, first-order prediction
    "1.2.840.10008.1.2.4.57",  # JPEG lossless
    "1.2.840.10008.1.2.4.80",  # JPEG-LS lossless
    "1.2.840.10008.1.2.4.90",  # JPEG 2000 lossless
    "1.2.840.10008.1.2.5",  # RLE lossless
    "1.2.840.10008.1.2.4.50",  # lossy from here on: stored, not analysed
    "1.2.840.10008.1.2.4.51",
    "1.2.840.10008.1.2.4.81",
    "1.2.840.10008.1.2.4.91",
)
"""Accepted transfer syntaxes.

Deflated Explicit VR Little Endian is missing on purpose: it is the only one in which the data set
itself inflates, a thousandfold if a sender means harm, and cameras do not use it.
"""

RETIRED_CLASSES = (
    "1.2.840.10008.5.1.4.1.1.5",  # Nuclear Medicine Image Storage: what old cameras send
    "1.2.840.10008.5.1.4.1.1.3",  # Ultrasound multi-frame
    "1.2.840.10008.5.1.4.1.1.6",  # Ultrasound
    "1.2.840.10008.5.1.4.1.1.8",  # Standalone overlay
    "1.2.840.10008.5.1.4.1.1.9",  # Standalone curve
    "1.2.840.10008.5.1.4.1.1.10",  # Standalone modality LUT
    "1.2.840.10008.5.1.4.1.1.11",  # Standalone VOI LUT
    "1.2.840.10008.5.1.4.1.1.12.3",  # X-ray angiographic bi-plane
    "1.2.840.10008.5.1.4.1.1.77.1",  # Visible light, trial
    "1.2.840.10008.5.1.4.1.1.77.2",  # Visible light multi-frame, trial
    "1.2.840.10008.5.1.4.1.1.129",  # Standalone PET curve
)

PRIVATE_CLASSES = (
    "1.3.12.2.1107.5.9.1",  # Siemens CSA non-image
    "1.3.12.2.1107.5.99.3.10",  # Siemens CT/MR volume
    "1.3.12.2.1107.5.99.3.11",  # Siemens angiographic frame sets
    "1.2.840.113619.4.2",  # GE MR image
    "1.2.840.113619.4.3",  # GE CT image
    "1.2.840.113619.4.4",  # GE display image
    "1.2.840.113619.4.26",  # GE three-dimensional model
    "1.2.840.113619.4.27",  # GE eNTEGRA protocol or NM Genie object
    "1.2.840.113619.4.30",  # GE PET raw data
    "1.3.46.670589.2.3.1.1",  # Philips X-ray
    "1.3.46.670589.2.4.1.1",
    "1.3.46.670589.2.5.1.1",
    "1.3.46.670589.5.0.1",  # Philips CX image
    "1.3.46.670589.5.0.1.1",
    "1.3.46.670589.5.0.2",  # Philips volume
    "1.3.46.670589.5.0.2.1",
    "1.3.46.670589.5.0.3",  # Philips three-dimensional object
    "1.3.46.670589.5.0.3.1",
    "1.3.46.670589.5.0.4",  # Philips surface
    "1.3.46.670589.5.0.8",
    "1.3.46.670589.5.0.9",
    "1.3.46.670589.5.0.10",
    "1.3.46.670589.5.0.11",
    "1.3.46.670589.5.0.12",
    "1.3.46.670589.5.0.13",
    "1.3.46.670589.5.0.14",
    "1.3.46.670589.11.0.0.12.1",  # Philips MR spectrum
    "1.3.46.670589.11.0.0.12.2",  # Philips series data
    "1.3.46.670589.11.0.0.12.4",  # Philips examination card
    "1.2.392.200036.9116.7.8.1.1.1",  # Toshiba
    "1.2.392.200036.9125.1.1.2",  # Fuji
    "2.16.840.1.114033.5.1.4.1.1.130",  # PMOD multi-frame
)

_STORAGE_SERVICE_CLASS = "1.2.840.10008.4.2"

NOT_LISTED_BY_THE_LIBRARY = RETIRED_CLASSES + PRIVATE_CLASSES
"""Storage classes that pynetdicom does not know as such."""


class Offer:
    """The SOP classes and transfer syntaxes of one listener.

    Parameters
    ----------
    extra_sop_classes
        UIDs that the site wants stored besides.
    accept_explicit_big_endian
        Whether to take the retired Explicit VR Big Endian.
    """

    def __init__(
        self, *, extra_sop_classes: Iterable[str] = (), accept_explicit_big_endian: bool = False
    ) -> None:
        self.storage_classes = frozenset(
            [str(context.abstract_syntax) for context in AllStoragePresentationContexts]
        ).union(NOT_LISTED_BY_THE_LIBRARY, extra_sop_classes)
        self.transfer_syntaxes = TRANSFER_SYNTAXES + (
            (EXPLICIT_BIG_ENDIAN,) if accept_explicit_big_endian else ()
        )

    def contexts_for(self, request: A_ASSOCIATE) -> list[PresentationContext]:
        """Return what to support in the negotiation of one association.

        pynetdicom takes, for each proposal, the first of *our* transfer syntaxes that is in it.
        They stand in the order of the requestor, who knows what its files are in, with one
        exception: explicit value representations come before implicit ones, because private
        elements lose theirs for ever in the latter.
        """
        contexts: list[PresentationContext] = []
        seen: set[str] = set()
        private = self._storage_by_relation(request)
        for proposed in request.presentation_context_definition_list:
            sop_class = str(proposed.abstract_syntax)
            if sop_class in seen:
                continue
            seen.add(sop_class)
            if sop_class == VERIFICATION:
                accepted: Sequence[str] = TRANSFER_SYNTAXES[:2]
            elif sop_class in self.storage_classes or sop_class in private:
                accepted = self.transfer_syntaxes
            else:
                continue
            context = PresentationContext()
            context.abstract_syntax = proposed.abstract_syntax
            for uid in _in_order_of(request, sop_class, accepted):
                context.add_transfer_syntax(uid)
            contexts.append(context)
        return contexts

    def is_storage(self, sop_class: str, request: A_ASSOCIATE) -> bool:
        """Tell whether `sop_class` is stored, also by its requestor's own word (PS3.7 D.3.3.6)."""
        return sop_class in self.storage_classes or sop_class in self._storage_by_relation(request)

    def _storage_by_relation(self, request: A_ASSOCIATE) -> frozenset[str]:
        return frozenset(
            str(item.sop_class_uid)
            for item in request.user_information
            if isinstance(item, SOPClassCommonExtendedNegotiation)
            and item.service_class_uid == _STORAGE_SERVICE_CLASS
        )


def _in_order_of(request: A_ASSOCIATE, sop_class: str, accepted: Sequence[str]) -> list[str]:
    proposed: dict[str, None] = {}
    for context in request.presentation_context_definition_list:
        if context.abstract_syntax == sop_class:
            proposed.update(dict.fromkeys(str(uid) for uid in context.transfer_syntax))
    order = [uid for uid in proposed if uid in accepted]
    if EXPLICIT_LITTLE_ENDIAN in order and IMPLICIT_LITTLE_ENDIAN in order:
        explicit = order.index(EXPLICIT_LITTLE_ENDIAN)
        implicit = order.index(IMPLICIT_LITTLE_ENDIAN)
        if implicit < explicit:
            order[implicit], order[explicit] = order[explicit], order[implicit]
    return order or [accepted[0]]

"""What makers write otherwise than DICOM says: one function each, with the evidence.

Private elements are read only in a block that their creator has reserved (PS3.5 7.8.1).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from photopeak.reading.dataset import DataSet

SIEMENS_NM = "SIEMENS MED NM"
GE_GENIE = "GEMS_GENIE_1"
GE_PET = "GEMS_PETD_01"
MEDISO_DETECTOR = "MEDISO-1"
PHILIPS_NM = "PHILIPS NM -Private"
PHILIPS_PET = "Philips PET Private Group"

_SYMBIA = re.compile(
    r">\s*((?:Symbia|Intevo|Pro\.?specta|e\.?cam|c\.?cam)[^>]*?)\s*(?:>|$)", re.IGNORECASE
)
_OPAQUE = re.compile(r"@\d+|[\d.]+@")
_VIEW = re.compile(r"(?<![a-z0-9])d([1-9])(?![0-9])", re.IGNORECASE)
_HEAD = re.compile(
    r"(?<![a-z0-9])(?:h|head|det|detector|cabezal|hode|探头)[ _.-]?([1-9])(?![0-9])",
    re.IGNORECASE,
)
_INTRINSIC = frozenset({"INTR", "INTRINSIC", "NONE", "NO COLLIMATOR", "OPEN"})


def siemens_model(model: str, software_versions: str) -> str:
    """Return the real model of a Siemens camera.

    ManufacturerModelName is ``Encore2`` on Symbia T2, T6, T16 and Intevo alike; the camera stands
    in SoftwareVersions, such as ``syngo CT VC50>Symbia Intevo 16>VB22A``.
    """
    if model.strip().casefold() != "encore2":
        return model
    found = _SYMBIA.search(software_versions.replace("\\", ">"))
    return found[1] if found else model


def readable_name(name: str) -> str:
    """Return a name, or nothing for a key into a database of the maker.

    Siemens writes ``@18886382`` for a collimator and ``6.0.9751689@`` for a protocol.
    """
    return "" if _OPAQUE.fullmatch(name.strip()) else name


def siemens_preset(data_set: DataSet) -> str:
    """Return the name of the acquisition preset, (0033,xx30) of Siemens."""
    return data_set.private_text(0x0033, SIEMENS_NM, 0x30)


def ge_dataset_name(data_set: DataSet) -> str:
    """Return the name that the operator gave, (0011,xx12) of GE."""
    return data_set.private_text(0x0011, GE_GENIE, 0x12)


def ge_nuclide_name(data_set: DataSet) -> str:
    """Return the name of the radionuclide, (0011,xx0D) of GE."""
    return data_set.private_text(0x0011, GE_GENIE, 0x0D)


def ge_frame_numbers(data_set: DataSet) -> tuple[int | None, int | None]:
    """Return detector and energy number of an object that GE sends for one of each.

    GE and older consoles send one object per detector and window; their vectors are all 1, and
    the numbers stand in (0011,xx15) and (0011,xx16).
    """
    detector = data_set.private_number(0x0011, GE_GENIE, 0x15, "SL")
    energy = data_set.private_number(0x0011, GE_GENIE, 0x16, "SL")
    return _positive(detector), _positive(energy)


def ge_comments(comments: str) -> Mapping[str, str]:
    """Return the pairs that GE packs into ImageComments, as in ``$CrystalThickness$3$Recon$FBP``.

    Empty for a comment that a person wrote.
    """
    if not comments.startswith("$"):
        return {}
    parts = comments[1:].split("$")
    return dict(zip(parts[::2], parts[1::2], strict=False))


def ge_pet_injection(data_set: DataSet) -> Mapping[str, float | str]:
    """Return activity and times of the tracer as GE keeps them, by name; what is absent is left out.

    (0009,xx38) activity and (0009,xx39) its time, (0009,xx3B) administration, (0009,xx3C) residual
    and (0009,xx3D) its time. The public elements may lack the residual, or all of it.
    """
    found: dict[str, float | str] = {}
    for key, element in (("GETracerActivity", 0x38), ("GEResidualActivity", 0x3C)):
        value = data_set.private_number(0x0009, GE_PET, element, "FL")
        if value is not None:
            found[key] = value
    for key, element in (
        ("GEMeasuredDateTime", 0x39),
        ("GEAdministrationDateTime", 0x3B),
        ("GEResidualDateTime", 0x3D),
    ):
        text = data_set.private_text(0x0009, GE_PET, element)
        if text:
            found[key] = text
    return found


def ge_scan_time(data_set: DataSet) -> str:
    """Return the start of the scan, (0009,xx0D) of GE: what values were corrected to for decay.

    A series that was made from another later on has SeriesTime of its own making.
    """
    return data_set.private_text(0x0009, GE_PET, 0x0D)


def philips_pet_scales(data_set: DataSet) -> Mapping[str, float]:
    """Return the factors by which Philips turns CNTS into SUV and into Bq/mL.

    (7053,xx00) and (7053,xx09); zero where the factor does not apply.
    """
    found = {
        "PhilipsSUVScaleFactor": data_set.private_number(0x7053, PHILIPS_PET, 0x00, "DS"),
        "PhilipsActivityConcentrationScaleFactor": data_set.private_number(
            0x7053, PHILIPS_PET, 0x09, "DS"
        ),
    }
    return {name: value for name, value in found.items() if value}


def philips_cor_offset_mm(data_set: DataSet) -> tuple[float | None, float | None]:
    """Return the relative offset of the centre of rotation in X and Z, (7051,xx04) and (7051,xx05)."""
    return (
        data_set.private_number(0x7051, PHILIPS_NM, 0x04, "FL"),
        data_set.private_number(0x7051, PHILIPS_NM, 0x05, "FL"),
    )


def head_of_one(data_set: DataSet) -> tuple[int, str] | None:
    """Return which head an object of a single detector is from, and what tells.

    DetectorVector and NumberOfDetectors are 1 on either head of Mediso; the head is the suffix of
    SeriesDescription and ImageID (``UNIF_INT_H1_H1``), else (0009,xx31) in the item of the
    detector, counted from 0 and not always right. Siemens names it in ViewCodeSequence
    (``D2 0 CM``), GE in (0011,xx15).
    """
    detector, _ = ge_frame_numbers(data_set)
    if detector is not None:
        return detector, "the detector number of GE"
    for keyword in ("SeriesDescription", "ImageID"):
        named = head_named(data_set.text(keyword))
        if named is not None:
            return named, keyword
    item = data_set.item("DetectorInformationSequence")
    view = item.item("ViewCodeSequence")
    for keyword in ("CodeMeaning", "CodeValue"):
        text = view.text(keyword)
        found = set(_VIEW.findall(text)) | set(_HEAD.findall(text))
        if len(found) == 1:
            return int(found.pop()), "ViewCodeSequence"
    private = item.private_number(0x0009, MEDISO_DETECTOR, 0x31, "DS")
    if private is not None and private in (0.0, 1.0, 2.0):
        return int(private) + 1, "the head number of Mediso"
    return None


def head_named(text: str) -> int | None:
    """Return the head that a name tells (``_H1``, ``det 1``, ``Head 2``, ``探头1``), or None."""
    found = set(_HEAD.findall(text))
    return int(found.pop()) if len(found) == 1 else None


def is_intrinsic_grid(name: str) -> bool:
    """Tell whether a grid name says that there is no collimator.

    Mediso writes ``INTR`` into CollimatorGridName and leaves CollimatorType empty.
    """
    return name.strip().upper() in _INTRINSIC


def corrections(values: Sequence[str]) -> frozenset[str]:
    r"""Return the values of CorrectedImage as a set; Siemens writes ``UNIF\UNIF``."""
    return frozenset(value.strip().upper() for value in values if value.strip())


def _positive(value: float | None) -> int | None:
    return int(value) if value is not None and value.is_integer() and value >= 1 else None

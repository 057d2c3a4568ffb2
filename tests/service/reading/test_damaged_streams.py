"""Damaged compressed frames: refused with a reason, and in no time."""

import random
import struct
from pathlib import Path

import numpy as np
import pytest
from pydicom.encaps import encapsulate, generate_frames

from photopeak.reading.assemble import read_acquisition
from photopeak.reading.codecs import decode_frame
from photopeak.reading.codestreams import check_frame
from photopeak.reading.errors import LossyError, PixelError
from photopeak_analyzers.acquisition import FrameStack
from support.dicom_objects import compressed, flood, nm, save
from support.effort import soon
from support.programs import dcmtk

SYNTAXES = {
    "RLE": "1.2.840.10008.1.2.5",
    "JPEG lossless": "1.2.840.10008.1.2.4.70",
    "JPEG-LS": "1.2.840.10008.1.2.4.80",
    "JPEG 2000": "1.2.840.10008.1.2.4.90",
}
LONGEST_ANSWER_S = 1.0
MUTANTS = 150
NOISE = np.random.default_rng(11).poisson(200.0, (1, 96, 128)).astype(np.uint16)
NOISE[0, :20] = 0
END = b"\xff\xd9"


def good(name: str) -> bytes:
    """Return an undamaged frame."""
    dataset = compressed(flood(NOISE), SYNTAXES[name])
    return next(generate_frames(dataset.PixelData, number_of_frames=1))


def answer(content: bytes, name: str) -> str:
    """Return what reading a frame ends with: the reason, or nothing for an image."""
    shape = NOISE.shape[1:]
    try:
        stream = check_frame(content, SYNTAXES[name], shape, 16)
        frame = decode_frame(stream, SYNTAXES[name], shape, NOISE.dtype)
    except PixelError as error:
        return str(error)
    assert frame.shape == shape
    assert frame.dtype == NOISE.dtype
    return ""


def damaged(content: bytes, chance: random.Random) -> bytes:
    """Return a frame with one kind of damage: cut, flipped, overwritten, shortened, repeated."""
    damage = bytearray(content)
    at, head = chance.randrange(20, len(damage)), chance.randrange(min(160, len(damage)))
    match chance.randrange(8):
        case 0:
            del damage[at:]
        case 1:
            damage[at] ^= 1 << chance.randrange(8)
        case 2:
            damage[head] = chance.randrange(256)
        case 3:
            damage[at : at + 300] = bytes(len(damage[at : at + 300]))
        case 4:
            damage[at : at + 40] = b"\xff" * len(damage[at : at + 40])
        case 5:
            del damage[at : at + chance.randrange(1, 200)]
        case 6:
            damage[at:at] = damage[head : head + 400]
        case _:
            for _ in range(20):
                damage[chance.randrange(len(damage))] = chance.randrange(256)
    return bytes(damage)


@pytest.mark.parametrize("name", SYNTAXES)
def test_every_damaged_frame_is_answered_at_once(name: str) -> None:
    content, chance = good(name), random.Random(20_260_302)
    answers = []
    for _ in range(MUTANTS):
        mutant = damaged(content, chance)
        answers.append(soon(lambda mutant=mutant: answer(mutant, name), LONGEST_ANSWER_S))
    assert sum(1 for words in answers if words) > MUTANTS // 8


@pytest.mark.parametrize("name", [name for name in SYNTAXES if name != "RLE"])
@pytest.mark.parametrize("kept", [0.2, 0.6, 0.999])
def test_a_frame_that_breaks_off_is_refused_before_it_is_decoded(name: str, kept: float) -> None:
    content = good(name)

    assert "breaks off" in answer(content[: int(kept * len(content)) - 2], name)


def test_a_jpeg_ls_frame_whose_end_is_cut_out_is_told_by_its_decoder() -> None:
    content = good("JPEG-LS").rstrip(b"\0")

    assert "cannot be decoded as JPEG-LS" in answer(content[:-500] + END, "JPEG-LS")


@pytest.mark.parametrize("missing", [5, 40, 400, 2000])
def test_a_jpeg_lossless_frame_with_a_hole_is_not_taken_for_counts(missing: int) -> None:
    content = good("JPEG lossless")

    words = answer(content[:3000] + content[3000 + missing :], "JPEG lossless")

    assert "frame is damaged" in words or "cannot be decoded as JPEG lossless" in words


@pytest.mark.parametrize("predictor", range(1, 8))
@pytest.mark.parametrize("bits", [8, 12, 16])
def test_whole_frames_of_another_encoder_are_found_whole(
    predictor: int, bits: int, tmp_path: Path
) -> None:
    counts = np.minimum(NOISE, 2**bits - 1).astype(np.uint8 if bits == 8 else np.uint16)
    counts[0, 50, 60] = 2**bits - 1
    plain, coded = save(nm(counts, bits_stored=bits), tmp_path), tmp_path / "coded.dcm"
    dcmtk("dcmcjpeg", "--encode-lossless", "--selection-value", predictor, plain, coded)
    acquisition = read_acquisition([coded])

    assert isinstance(acquisition, FrameStack)
    assert np.array_equal(acquisition.counts, counts)


def test_bytes_behind_the_end_of_a_frame_do_no_harm() -> None:
    for name in ("JPEG lossless", "JPEG-LS", "JPEG 2000"):
        assert not answer(good(name) + bytes(2), name)
    assert not answer(good("JPEG-LS") + b"\1\2\3", "JPEG-LS")


def test_the_last_frame_is_looked_at_before_the_first_is_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = good("JPEG-LS")
    dataset = compressed(flood(np.concatenate([NOISE, NOISE])), SYNTAXES["JPEG-LS"])
    dataset.PixelData = encapsulate([content, content[:400]])
    path = save(dataset, tmp_path)
    monkeypatch.setattr(
        "photopeak.reading.pixels.decode_frame", lambda *_: pytest.fail("a frame was decoded")
    )

    with pytest.raises(PixelError, match="breaks off"):
        read_acquisition([path])


def with_byte(content: bytes, marker: bytes, offset: int, value: int) -> bytes:
    """Return a stream with one byte of a marker segment changed; `offset` counts from the marker."""
    at = content.index(marker) + offset
    return content[:at] + bytes([value]) + content[at + 1 :]


@pytest.mark.parametrize(
    ("name", "marker", "offset", "value", "message"),
    [
        ("JPEG-LS", b"\xff\xda", 7, 2, "near-lossless (NEAR 2, point transform 0)"),
        ("JPEG lossless", b"\xff\xda", 9, 3, "a JPEG lossless frame leaves out 3 bits"),
        ("JPEG 2000", b"\xff\x52", 13, 0, "uses the irreversible transformation"),
    ],
)
def test_what_is_lossy_in_a_lossless_transfer_syntax_is_told(
    name: str, marker: bytes, offset: int, value: int, message: str
) -> None:
    content = with_byte(good(name), marker, offset, value)

    with pytest.raises(LossyError) as caught:
        check_frame(content, SYNTAXES[name], NOISE.shape[1:], 16)

    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("name", "marker", "offset", "value", "message"),
    [
        ("JPEG-LS", b"\xff\xf7", 4, 17, "pixels of 17 bits, the header says 16"),
        ("JPEG-LS", b"\xff\xf7", 9, 3, "96 x 128 pixels of 3 components"),
        ("JPEG-LS", b"\xff\xf7", 6, 0, "has 0 x 128 pixels"),
        ("JPEG lossless", b"\xff\xc3", 1, 0xC1, "another process (SOF C1)"),
        ("JPEG lossless", b"\xff\xda", 7, 9, "uses predictor 9"),
        ("JPEG lossless", b"\xff\xda", 4, 2, "broken scan header"),
        ("JPEG 2000", b"\xff\x51", 40, 40, "pixels of 41 bits"),
        ("JPEG 2000", b"\xff\x51", 41, 2, "has 0 x 0 pixels of 1 components"),
        ("JPEG 2000", b"\xff\x90", 9, 1, "breaks off"),
        ("JPEG 2000", b"\xff\x5c", 0, 0, "broken header"),
    ],
)
def test_markers_that_contradict_the_object_are_refused(
    name: str, marker: bytes, offset: int, value: int, message: str
) -> None:
    assert message in answer(with_byte(good(name), marker, offset, value), name)


def test_restart_intervals_are_refused_not_misread() -> None:
    content = good("JPEG lossless")
    restarts = b"\xff\xdd" + struct.pack(">HH", 4, 100)

    assert "restart intervals" in answer(content[:2] + restarts + content[2:], "JPEG lossless")


def test_a_mapping_table_is_refused_not_left_out() -> None:
    content = good("JPEG-LS")
    table = b"\xff\xf8" + struct.pack(">HBBBB", 6, 2, 1, 2, 0)

    assert "mapping table" in answer(content[:2] + table + content[2:], "JPEG-LS")


@pytest.mark.parametrize("side", [1, 4, 31])
def test_tiles_too_small_to_be_meant_are_refused(side: int) -> None:
    content = good("JPEG 2000")
    at = content.index(b"\xff\x51") + 22
    content = content[:at] + struct.pack(">II", side, side) + content[at + 8 :]

    assert f"cut into tiles of {side} x {side} pixels" in answer(content, "JPEG 2000")


@pytest.mark.parametrize(("size", "refused"), [(0x11, True), (0x22, True), (0x77, False)])
def test_precincts_too_small_to_be_meant_are_refused(size: int, refused: bool) -> None:
    content = good("JPEG 2000")
    at = content.index(b"\xff\x52")
    (length,) = struct.unpack_from(">H", content, at + 2)
    style = bytearray(content[at + 4 : at + 2 + length])
    levels = style[5]
    style[0] |= 1
    style += bytes([size] * (levels + 1))
    segment = b"\xff\x52" + struct.pack(">H", len(style) + 2) + style
    words = answer(content[:at] + segment + content[at + 2 + length :], "JPEG 2000")

    assert ("cut into precincts" in words) == refused


def test_crumbs_of_pixels_are_not_put_together(tmp_path: Path) -> None:
    dataset = compressed(flood(NOISE), SYNTAXES["JPEG-LS"])
    dataset.PixelData = encapsulate([bytes(2)] * 5000, has_bot=False)

    with pytest.raises(PixelError, match="1 frames are in more than 4160 fragments"):
        read_acquisition([save(dataset, tmp_path)])

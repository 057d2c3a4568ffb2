"""Pixels: decoded without loss, or refused before anything is allocated."""

import resource
import struct
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import ExplicitVRBigEndian

from photopeak.reading.assemble import read_acquisition
from photopeak.reading.errors import LossyError, PixelError
from photopeak_analyzers.acquisition import FrameStack
from support.dicom_objects import compressed, flood, nm, raw_text, save
from support.effort import soon

RLE = "1.2.840.10008.1.2.5"
SYNTAXES = {
    "RLE": RLE,
    "JPEG lossless .57": "1.2.840.10008.1.2.4.57",
    "JPEG lossless .70": "1.2.840.10008.1.2.4.70",
    "JPEG-LS": "1.2.840.10008.1.2.4.80",
    "JPEG 2000": "1.2.840.10008.1.2.4.90",
}
RNG = np.random.default_rng(7)
NOISE = RNG.poisson(300.0, (2, 33, 47)).astype(np.uint16)
NOISE[0, :3] = 65_535
LONGEST_ANSWER_S = 3.0


def read(dataset: Dataset, folder: Path) -> FrameStack:
    acquisition = read_acquisition([save(dataset, folder)])
    assert isinstance(acquisition, FrameStack)
    return acquisition


@pytest.mark.parametrize("syntax", SYNTAXES.values(), ids=SYNTAXES.keys())
@pytest.mark.parametrize("dtype", [np.uint16, np.uint8], ids=["16 bits", "8 bits"])
def test_compressed_frames_are_what_they_were(syntax: str, dtype: type, tmp_path: Path) -> None:
    counts = NOISE.astype(dtype)

    assert np.array_equal(read(compressed(flood(counts), syntax), tmp_path).counts, counts)


@pytest.mark.parametrize("name", ["RLE", "JPEG-LS", "JPEG 2000"])
def test_signed_frames_are_what_they_were(name: str, tmp_path: Path) -> None:
    counts = (NOISE.astype(np.int32) - 300).clip(-3000, 3000).astype(np.int16)
    if name == "JPEG-LS":  # whose encoder in pydicom refuses signed pixels in all their bits
        counts = np.abs(counts)

    assert np.array_equal(read(compressed(flood(counts), SYNTAXES[name]), tmp_path).counts, counts)


def test_a_frame_in_several_fragments_is_put_together(tmp_path: Path) -> None:
    dataset = compressed(flood(NOISE), RLE)
    dataset.PixelData = encapsulate(_frames_of(dataset), fragments_per_frame=3, has_bot=True)

    assert np.array_equal(read(dataset, tmp_path).counts, NOISE)


def _frames_of(dataset: Dataset) -> list[bytes]:
    from pydicom.encaps import generate_frames

    return list(generate_frames(dataset.PixelData, number_of_frames=2))


def test_big_endian_pixels_are_read(tmp_path: Path) -> None:
    dataset = flood(NOISE)
    dataset.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    dataset.PixelData = NOISE.astype(">u2").tobytes()
    path = tmp_path / "big.dcm"
    dataset.save_as(path, implicit_vr=False, little_endian=False)
    acquisition = read_acquisition([path])

    assert isinstance(acquisition, FrameStack)
    assert np.array_equal(acquisition.counts, NOISE)


def test_bits_beside_the_pixels_are_left_out(tmp_path: Path) -> None:
    stored = (NOISE[:1] & 0x0FFF) | 0xA000

    assert np.array_equal(read(nm(stored, bits_stored=12), tmp_path).counts, NOISE[:1] & 0x0FFF)


def test_signed_pixels_of_twelve_bits_keep_their_sign(tmp_path: Path) -> None:
    values = np.array([[[-2048, -1, 0, 2047]]], np.int16)
    stored = (values & 0x0FFF).astype(np.int16)

    assert read(nm(stored, bits_stored=12), tmp_path).counts.tolist() == values.tolist()


@pytest.mark.parametrize("syntax", ["50", "51", "81", "91"])
def test_lossy_pixels_are_not_analysable(syntax: str, tmp_path: Path) -> None:
    dataset = compressed(flood(NOISE), RLE)
    dataset.file_meta.TransferSyntaxUID = f"1.2.840.10008.1.2.4.{syntax}"

    with pytest.raises(LossyError, match="lossy: not analysable"):
        read(dataset, tmp_path)


def test_pixels_that_once_were_lossy_are_not_analysable(tmp_path: Path) -> None:
    with pytest.raises(LossyError, match="lossy: not analysable"):
        read(flood(NOISE, LossyImageCompression="01"), tmp_path)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"Rows": 65_535, "Columns": 65_535}, "at most 1073741824 are read"),
        ({"Rows": 34}, "2 frames of 34 x 47 pixels in 16 bits need 6392"),
        ({"Rows": 0}, "Rows is 0, needs 1 to 65535"),
        ({"Rows": None}, "Rows is None"),
        ({"Columns": 1}, "need 132"),
        ({"BitsAllocated": 1, "BitsStored": 1}, "BitsAllocated is 1"),
        ({"BitsAllocated": 24}, "cannot be"),
        ({"BitsStored": 20}, "20 bits up to bit 15 in words of 16 cannot be"),
        ({"HighBit": 3}, "16 bits up to bit 3"),
        ({"SamplesPerPixel": 3}, "SamplesPerPixel is 3: colour"),
    ],
)
def test_a_description_that_does_not_fit_the_pixels_is_refused(
    values: dict[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(PixelError, match=message):
        read(flood(NOISE, **values), tmp_path)


@pytest.mark.parametrize(
    ("frames", "message"),
    [
        ("2147483647", "NumberOfFrames is 2147483647"),
        ("0", "NumberOfFrames is 0"),
        ("-2", "NumberOfFrames is -2"),
        ("many", "NumberOfFrames is no number"),
        ("1", "PixelData has 6204 bytes, 1 frames"),
        ("3", "3 frames of 33 x 47 pixels in 16 bits need 9306"),
    ],
)
def test_a_number_of_frames_that_cannot_be_is_refused(
    frames: str, message: str, tmp_path: Path
) -> None:
    dataset = raw_text(flood(NOISE), "NumberOfFrames", frames.encode(), "IS")

    with pytest.raises(PixelError, match=message):
        read(dataset, tmp_path)


def test_a_file_that_ends_inside_of_its_pixels_is_refused(tmp_path: Path) -> None:
    path = save(flood(NOISE), tmp_path)
    path.write_bytes(path.read_bytes()[:-100])

    with pytest.raises(PixelError, match="ends 100 bytes before its pixels do"):
        read_acquisition([path])


def test_padding_of_a_byte_is_accepted(tmp_path: Path) -> None:
    counts = np.ones((1, 3, 3), np.uint8)

    assert read(nm(counts), tmp_path).counts.shape == (1, 3, 3)


def lying(syntax: str, rows: int, columns: int) -> bytes:
    """Return a frame that claims another size, to a decoder that believes it."""
    if syntax.endswith(".90"):
        header = struct.pack(
            ">HHHIIIIIIIIH", 0xFF51, 41, 0, columns, rows, 0, 0, columns, rows, 0, 0, 1
        )
        return b"\xff\x4f" + header + b"\x0f\x01\x01" + bytes(64)
    marker = b"\xff\xf7" if syntax.endswith(".80") else b"\xff\xc3"
    return (
        b"\xff\xd8"
        + marker
        + struct.pack(">HBHHB", 11, 16, rows, columns, 1)
        + b"\1\x11\0"
        + bytes(64)
    )


@pytest.mark.parametrize("name", [name for name in SYNTAXES if name != "RLE"])
def test_a_codec_bomb_never_reaches_its_decoder(name: str, tmp_path: Path) -> None:
    dataset = compressed(flood(NOISE), SYNTAXES[name])
    bomb = lying(SYNTAXES[name], 65_535, 65_535)
    dataset.PixelData = encapsulate([bomb, bomb])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    def refused() -> None:
        with pytest.raises(PixelError, match="65535 x 65535 pixels of 1 components"):
            read(dataset, tmp_path)

    soon(refused, LONGEST_ANSWER_S, clock=time.monotonic)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000


@pytest.mark.parametrize("name", SYNTAXES)
def test_frames_of_rubbish_are_refused(name: str, tmp_path: Path) -> None:
    dataset = compressed(flood(NOISE), SYNTAXES[name])
    dataset.PixelData = encapsulate([RNG.bytes(500), RNG.bytes(500)])

    with pytest.raises(PixelError):
        read(dataset, tmp_path)


@pytest.mark.parametrize("name", SYNTAXES)
def test_frames_that_break_off_are_refused_or_have_the_right_shape(
    name: str, tmp_path: Path
) -> None:
    dataset = compressed(flood(NOISE), SYNTAXES[name])
    frames = _frames_of(dataset)
    dataset.PixelData = encapsulate([frame[: len(frame) // 3] for frame in frames])
    try:
        shape = read(dataset, tmp_path).counts.shape
    except PixelError:
        return

    assert shape == NOISE.shape


def test_fewer_fragments_than_frames_are_refused(tmp_path: Path) -> None:
    dataset = compressed(flood(NOISE), RLE)
    dataset.PixelData = encapsulate(_frames_of(dataset)[:1])

    with pytest.raises(PixelError, match="1 fragments cannot hold 2 frames"):
        read(dataset, tmp_path)


def test_fragments_without_an_end_are_refused(tmp_path: Path) -> None:
    path = save(compressed(flood(NOISE), RLE), tmp_path)
    path.write_bytes(path.read_bytes()[:-16])

    with pytest.raises(PixelError, match="the file ends"):
        read_acquisition([path])


def test_an_rle_segment_that_expands_for_ever_stops_at_the_frame(tmp_path: Path) -> None:
    dataset = compressed(flood(NOISE[:1], heads=1), RLE)
    run = b"\x81\xff" * 16_000
    header = struct.pack("<16I", 2, 64, 64 + len(run), *([0] * 13))
    dataset.PixelData = encapsulate([header + run + run])

    assert read(dataset, tmp_path).counts.min() == 65_535


def test_a_fragment_far_larger_than_its_frame_is_not_read(tmp_path: Path) -> None:
    dataset = compressed(flood(NOISE[:1], heads=1), RLE)
    dataset.PixelData = encapsulate([bytes(4_000_000)])

    with pytest.raises(PixelError, match="fragments of the pixels are broken"):
        read(dataset, tmp_path)


def test_a_frame_much_larger_than_its_pixels_is_not_decoded(tmp_path: Path) -> None:
    dataset = compressed(flood(NOISE[:1], heads=1), RLE)
    dataset.PixelData = encapsulate([bytes(71_742)])

    with pytest.raises(PixelError, match="has 71742 bytes, 33 x 47 pixels in 16 bits need at most"):
        read(dataset, tmp_path)


def test_a_missing_decoder_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save(compressed(flood(NOISE), SYNTAXES["JPEG-LS"]), tmp_path)
    monkeypatch.setitem(sys.modules, "jpeg_ls", None)

    with pytest.raises(PixelError, match=r"install the extra photopeak\[jpeg\] to decode JPEG-LS"):
        read_acquisition([path])


def test_a_transfer_syntax_without_decoder_is_named(tmp_path: Path) -> None:
    dataset = compressed(flood(NOISE), RLE)
    dataset.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.4.201"

    with pytest.raises(PixelError, match=r"1\.2\.840\.10008\.1\.2\.4\.201 are not decoded"):
        read(dataset, tmp_path)

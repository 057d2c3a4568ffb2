"""What an analyzer takes out of its inputs, and what it refuses."""

import numpy as np
import pytest

from photopeak_analyzers.acquisition import AcquisitionKind, Frame, FrameStack, Planar, Spectrum
from photopeak_analyzers.contract import Inputs, Role
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.given import every, one, pixel_spacing_mm

ROLE = Role(name="slits", kinds=frozenset({AcquisitionKind.PLANAR}), minimum=2, maximum=3)


def image(spacing=(2.0, 3.0)):
    return Planar(counts=np.ones((1, 4, 4)), frames=(Frame(),), pixel_spacing_mm=spacing)


def given(*acquisitions):
    return Inputs(roles={"slits": acquisitions}, variant="nema")


def test_the_acquisitions_of_a_role_come_in_their_order():
    first, second = image(), image()

    assert one(given(first), ROLE, FrameStack) is first
    assert every(given(first, second), ROLE, FrameStack) == (first, second)


@pytest.mark.parametrize(
    ("count", "message"),
    [
        (1, "1 acquisitions are given as slits, needs at least 2"),
        (4, "4 acquisitions are given as slits, needs at most 3"),
    ],
)
def test_too_few_and_too_many_are_refused(count, message):
    with pytest.raises(UnsuitableAcquisitionError, match=message):
        every(given(*[image()] * count), ROLE, FrameStack)


def test_a_partial_analysis_takes_what_there_is_of_a_role():
    alone, other = image(), image()
    partial = Inputs(roles={"slits": (alone,)}, variant="nema", partial=True)
    without = Inputs(roles={"other": (other,)}, variant="nema", partial=True)

    assert every(partial, ROLE, FrameStack) == (alone,)
    assert every(without, ROLE, FrameStack) == ()
    with pytest.raises(UnsuitableAcquisitionError, match=r"0 acquisitions .* needs 1"):
        one(without, ROLE, FrameStack)


def test_a_partial_analysis_of_nothing_is_refused():
    nothing = Inputs(roles={}, variant="nema", partial=True)

    with pytest.raises(UnsuitableAcquisitionError, match=r"0 acquisitions .* needs at least 1"):
        every(nothing, ROLE, FrameStack)


def test_one_is_neither_none_nor_two():
    for acquisitions in ((), (image(), image())):
        with pytest.raises(UnsuitableAcquisitionError, match="are given as slits, needs 1"):
            one(given(*acquisitions), ROLE, FrameStack)


def test_another_kind_is_refused():
    with pytest.raises(
        UnsuitableAcquisitionError, match="as slits is a spectrum acquisition, needs planar"
    ):
        one(given(Spectrum(counts=np.ones(4))), ROLE, FrameStack)


def test_a_stated_pixel_goes_before_that_of_the_header():
    assert pixel_spacing_mm(image()) == (2.0, 3.0)
    assert pixel_spacing_mm(image(), 1.5) == (1.5, 1.5)
    assert pixel_spacing_mm(image(None), 1.5) == (1.5, 1.5)


@pytest.mark.parametrize(
    ("spacing", "message"),
    [
        (None, "the header has no pixel spacing"),
        ((0.049, 1.0), "needs 0.05 to 50 mm"),
        ((1.0, 50.1), "needs 0.05 to 50 mm"),
    ],
)
def test_no_pixel_and_an_impossible_one_are_refused(spacing, message):
    with pytest.raises(UnsuitableAcquisitionError, match=message):
        pixel_spacing_mm(image(spacing))


@pytest.mark.parametrize("side", [0.05, 50.0])
def test_a_pixel_on_the_bound_is_believed(side):
    assert pixel_spacing_mm(image((side, side))) == (side, side)

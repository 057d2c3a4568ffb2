"""Maximum count rate of a published acquisition of a real camera."""

import pytest

from photopeak.reading.assemble import read_acquisition
from photopeak_analyzers.contract import Inputs
from photopeak_analyzers.gamma_camera.intrinsic_max_count_rate import ANALYZER
from support.acquisitions import real_data
from support.floods import value


def test_a_source_moved_by_hand_before_an_anyscan():
    """WS 523-2019. Other programs take the highest frame, 724 525 counts in one second."""
    acquisition = read_acquisition([real_data("linaqa/MCR.dcm")])

    analysis = ANALYZER.analyze(Inputs(roles={"sweep": (acquisition,)}, variant="ws523"))

    assert value(analysis, "max_count_rate_plain_cps") == 724_525.0
    # The frame before it has 684 957, the one after it 672 106.
    assert value(analysis, "max_count_rate_cps") == 684_957.0
    assert value(analysis, "max_frame") == 21.0
    (number,) = [m for m in analysis.measurements if m.metric == "max_count_rate_cps"]
    assert number.uncertainty == pytest.approx(684_957.0**0.5, rel=0.2)
    assert analysis.valid

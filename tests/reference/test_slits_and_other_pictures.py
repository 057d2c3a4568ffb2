"""Real acquisitions that are no slit mask: line sources, quadrant bars, a flood of a Mediso camera.

Published with the IAEA-NMQC toolkit; no real image of a slit mask was. GB/T 18989-2013 E.1, E.2.
"""

import pytest

from photopeak.reading.assemble import read_acquisition
from photopeak_analyzers.contract import Inputs
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.gamma_camera import (
    intrinsic_spatial_linearity,
    intrinsic_spatial_resolution,
    intrinsic_spatial_resolution_high_rate,
)
from photopeak_analyzers.gamma_camera.slit_places import find_slits
from support.acquisitions import real_data

TESTS = (
    intrinsic_spatial_resolution.ANALYZER,
    intrinsic_spatial_resolution_high_rate.ANALYZER,
    intrinsic_spatial_linearity.ANALYZER,
)


@pytest.mark.parametrize("analyzer", TESTS, ids=lambda analyzer: analyzer.id)
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nmqc/Spatial_Resol_X.dcm", "the image shows 2 lines, needs at least 3 slits of a mask"),
        ("nmqc/QuadrantBar.dcm", "the image shows no lines"),
        # Its tubes stand in rows, 19 mm from one another.
        ("nmqc/UNIFORMIDAD_1.dcm", r"the lines are 19\.2 mm apart, needs the 30 mm"),
    ],
)
def test_real_pictures_of_something_else_are_refused(analyzer, name, message):
    acquisition = read_acquisition([real_data(name)])

    with pytest.raises(UnsuitableAcquisitionError, match=message):
        analyzer.analyze(Inputs(roles={"lines_y": (acquisition,)}, variant="nema"))


def test_the_texture_of_a_real_flood_is_no_mask_at_any_pitch():
    acquisition = read_acquisition([real_data("nmqc/UNIFORMIDAD_1.dcm")])

    with pytest.raises(UnsuitableAcquisitionError, match=r"between the lines are \d+ % of the"):
        find_slits(acquisition.counts[0], acquisition.pixel_spacing_mm, pitch_mm=19.0)

"""What figures of several rooms have in common."""

import numpy as np
import pytest

from photopeak_analyzers.acquisition import Volume
from photopeak_analyzers.common_figures import unit_of_values


@pytest.mark.parametrize(
    ("units", "unit"),
    [
        ("BQML", "Bq/mL"),
        ("CNTS", "{counts}"),
        ("GML", "g/mL"),
        ("HU", "[hnsf'U]"),
        ("PROPCNTS", "1"),
        ("", "1"),
    ],
)
def test_a_picture_of_a_volume_has_the_unit_of_its_values(units, unit):
    volume = Volume(
        values=np.zeros((2, 2, 2)),
        slope=np.ones(2),
        intercept=np.zeros(2),
        affine=np.eye(4),
        units=units,
    )

    assert unit_of_values(volume) == unit

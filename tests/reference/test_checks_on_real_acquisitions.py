"""Windows, background and integrity of published acquisitions of real cameras."""

import pytest

from photopeak.reading.assemble import read_acquisition
from photopeak_analyzers.contract import Inputs
from photopeak_analyzers.gamma_camera import (
    background_rate,
    data_integrity_check,
    energy_window_check,
)
from support.acquisitions import real_data
from support.floods import notes, value


def analyze(module, role, variant, name):
    acquisition = read_acquisition([real_data(name)])
    return module.ANALYZER.analyze(Inputs(roles={role: (acquisition,)}, variant=variant))


@pytest.mark.parametrize(
    "name", ["nmqc/UNIFORMIDAD_1.dcm", "nmqc/QuadrantBar.dcm", "nmqc/Jaszack.dcm"]
)
@pytest.mark.parametrize("variant", ["nema", "iec"])
def test_a_window_of_126_to_154_is_right_by_either_text(name, variant):
    analysis = analyze(energy_window_check, "image", variant, name)

    assert value(analysis, "window_centre_kev") == 140.0
    assert value(analysis, "window_width_pct") == pytest.approx(20.0)
    assert value(analysis, "window_ok") == 1.0


def test_an_iodine_window_of_15_percent_is_the_maker_s_and_not_that_of_iec():
    name = "linaqa/sensitivity/Background"

    nema = analyze(energy_window_check, "image", "nema", name)
    iec = analyze(energy_window_check, "image", "iec", name)

    assert value(nema, "window_centre_kev") == pytest.approx(367.3)
    assert value(nema, "window_ok") == 1.0
    assert value(iec, "window_ok") == 0.0
    assert value(iec, "window_width_deviation_pct") == pytest.approx(-5.0, abs=1e-3)


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("nmqc/UNIFORMIDAD_1.dcm", 16_000_045.0),
        ("nmqc/QuadrantBar.dcm", 5_994_805.0),
        ("linaqa/MCR.dcm", 9_188_551.0),
    ],
)
def test_the_pixels_add_up_to_what_the_console_wrote(name, counts):
    analysis = analyze(data_integrity_check, "image", "local", name)

    assert value(analysis, "total_counts") == counts
    assert value(analysis, "counts_difference_pct") == 0.0
    for metric in ("missing_frames", "repeated_frames", "saturated_pixels", "impossible_pixels"):
        assert value(analysis, metric) == 0.0


def test_a_date_before_all_cameras_is_no_start():
    analysis = analyze(data_integrity_check, "image", "local", "linaqa/MCR.dcm")

    assert any("0001-01-01" in note.message for note in notes(analysis, "OBJECT_REMARK"))


def test_the_room_of_a_two_headed_camera():
    analysis = analyze(background_rate, "background", "ws523", "linaqa/sensitivity/Background")

    # 5855 and 4693 counts in 300 s, in a window about 364 keV.
    assert value(analysis, "background_counts", detector=1) == 5855.0
    assert value(analysis, "background_counts", detector=2) == 4693.0
    assert value(analysis, "background_cps", detector=1) == pytest.approx(19.52, abs=0.01)
    assert value(analysis, "background_cpm", detector=2) == pytest.approx(938.6, abs=0.1)
    assert analysis.valid
    assert not notes(analysis, "BACKGROUND_CLUSTER")

"""Distances that names tell."""

import dataclasses
from types import MappingProxyType

import numpy as np
import pytest

from photopeak_analyzers.acquisition import Detector, Frame, Origin, Planar
from photopeak_analyzers.source_distance import distance_in, named_distance_mm


@pytest.mark.parametrize(
    ("text", "distance"),
    [
        ("Sens LEHR 100mm", 100.0),
        ("SENSITIVITY 10 CM", 100.0),
        ("Sens_7,5_cm", 75.0),
        ("D2 0 CM", 0.0),
        ("灵敏度 200毫米", 200.0),
        ("准直器穿透 35厘米", 350.0),
        ("Sensitivity", None),
        ("10 cmx", None),
        ("1e10 mm wide and 100 mm far", None),
        ("matrix 256", None),
        ("100 mm, again 10 cm", 100.0),
    ],
)
def test_a_text_tells_one_distance_or_none(text, distance):
    assert distance_in(text) == distance


def test_a_long_text_takes_no_time_and_tells_what_its_start_tells():
    assert distance_in("1" * 100_000) is None
    assert distance_in("50 mm " + "x" * 100_000) == 50.0


def acquisition(text, detector_name=""):
    return Planar(
        origin=Origin(text=MappingProxyType(text)),
        detectors=(Detector(number=1, name=detector_name),),
        counts=np.ones((1, 4, 4)),
        frames=(Frame(detector=1),),
    )


def test_what_routing_read_goes_before_the_series_and_that_before_the_detector():
    told = {"distance_mm": "150", "SeriesDescription": "100 mm", "ProtocolName": "50 mm"}
    full = acquisition(told, "D1 20 CM")

    assert named_distance_mm(full, 1) == 150.0
    del told["distance_mm"]
    assert named_distance_mm(acquisition(told, "D1 20 CM"), 1) == 100.0
    del told["SeriesDescription"]
    assert named_distance_mm(acquisition(told, "D1 20 CM"), 1) == 50.0
    assert named_distance_mm(acquisition({}, "D1 20 CM"), 1) == 200.0
    assert named_distance_mm(acquisition({}, "D1 20 CM")) is None
    assert named_distance_mm(dataclasses.replace(full, origin=Origin()), 2) is None

"""Points in several energy windows as the tests of their registration ask for."""

import dataclasses
import functools

import numpy as np

from photopeak_analyzers.contract import Inputs, Outcome
from photopeak_analyzers.gamma_camera.multiple_window_spatial_registration import ANALYZER
from photopeak_analyzers.simulation.windows import (
    MisregisteredCamera,
    iec_places,
    nema_places,
)

UFOV = (540.0, 390.0)


FIELD = {"ufov_width_mm": 540.0, "ufov_height_mm": 390.0}


NINE, FIVE = nema_places(UFOV), iec_places(UFOV)


PLACES = {"nema": NINE, "iec": FIVE}


SHIFTED = MisregisteredCamera(shift_mm={2: (0.0, 0.5), 3: (-0.3, -0.4)})
"""At 184 keV 0.5 mm to the right, at 300 keV 0.4 mm to the left and 0.3 mm up."""


def images(camera=SHIFTED, *, places=NINE, detector=1):
    if camera is SHIFTED:
        return shifted(places, detector)
    return tuple(stored_in_16_bits(camera.acquire(place, detector=detector)) for place in places)


def stored_in_16_bits(exact):
    """Return expected counts with the largest pixel that a camera could have stored."""
    return dataclasses.replace(exact, saturation_level=65535)


@functools.cache
def shifted(places, detector):
    return tuple(stored_in_16_bits(SHIFTED.acquire(p, detector=detector)) for p in places)


def analyze(series, variant="nema", **parameters):
    inputs = Inputs(roles={"points": tuple(series)}, variant=variant)
    return ANALYZER.analyze(inputs, ANALYZER.parameters(**(FIELD | parameters)))


def noisy(series, seed):
    """Return the series with the noise of counting."""
    rng = np.random.default_rng(seed)
    return [dataclasses.replace(each, counts=rng.poisson(each.counts)) for each in series]


def without(acquisition, frame):
    """Return the acquisition with one of its frames left out."""
    kept = [i for i in range(len(acquisition.frames)) if i != frame]
    return dataclasses.replace(
        acquisition,
        counts=acquisition.counts[kept],
        frames=tuple(acquisition.frames[i] for i in kept),
    )


def unmet(analysis):
    return [p for p in analysis.preconditions if p.outcome is not Outcome.MET]

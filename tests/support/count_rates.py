"""Count-rate characteristics as the tests of them ask for: series, background, what was found."""

import dataclasses

from photopeak_analyzers.contract import Inputs
from photopeak_analyzers.gamma_camera.count_rate_performance import ANALYZER
from support.decays import (
    SOURCE,
    later,
    room,
)

ROOMS = (room(), room(started_at=later(180_000.0)))


HOURLY = {"frames": 34, "every_s": 5_400.0, "duration_s": 20.0}
"""20 s every 1.5 h for two days, as IEC has it."""


def analyze(series, variant="nema", background=ROOMS, readings=None, **parameters):
    given = series if isinstance(series, list) else [series]
    roles = {"decay": tuple(given), "background": tuple(background)}
    inputs = Inputs(roles=roles, readings=readings or {}, variant=variant)
    return ANALYZER.analyze(inputs, ANALYZER.parameters(**parameters))


def with_background(source=SOURCE, cps=25.0):
    return dataclasses.replace(source, background_cps=cps)


def measurement(analysis, metric):
    (found,) = [m for m in analysis.measurements if m.metric == metric]
    return found


def keys(analysis):
    return {m.metric for m in analysis.measurements}

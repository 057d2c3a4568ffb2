"""Dishes of known activity as the tests of sensitivity ask for."""

import dataclasses
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import numpy as np

from photopeak_analyzers.acquisition import Origin
from photopeak_analyzers.contract import Inputs, ReadingValue
from photopeak_analyzers.gamma_camera.system_planar_sensitivity import ANALYZER
from photopeak_analyzers.simulation.dish import Dish
from photopeak_analyzers.simulation.planar import Matrix

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


START = AT + timedelta(seconds=1200.0)


MATRIX = Matrix(rows=256, columns=256, pixel_mm=2.4)


DISH = Dish(activity_mbq=40.0, at=AT, c0=80.0, profile="nema")


def acquire(dish=DISH, *, start=START, duration_s=300.0, distance_mm=100.0, seed=None, **how):
    rng = None if seed is None else np.random.default_rng(seed)
    return dish.acquire(
        MATRIX, started_at=start, duration_s=duration_s, distance_mm=distance_mm, rng=rng, **how
    )


def readings(full=(40.0, AT, 0.5), residue=None, distances=None):
    given = {
        name: ReadingValue(value=each[0], at=each[1], uncertainty=each[2])
        for name, each in (("activity", full), ("residual_activity", residue))
        if each is not None
    }
    if distances is not None:
        given["distances"] = ReadingValue(value=tuple((d,) for d in distances))
    return given


def analyze(*dishes, variant="nema", background=(), given=None, **parameters):
    inputs = Inputs(
        roles={"dish": dishes, "background": tuple(background)},
        readings=readings() if given is None else given,
        variant=variant,
    )
    return ANALYZER.analyze(inputs, ANALYZER.parameters(**parameters))


def named(acquisition, **text):
    """Return the acquisition with other words in its header."""
    return dataclasses.replace(acquisition, origin=Origin(text=MappingProxyType(text)))


# --- the ten distances of NEMA ----------------------------------------------------------------------


TEN = (10.0, 20.0, 50.0, 100.0, 150.0, 200.0, 250.0, 300.0, 350.0, 400.0)


PENETRATING = dataclasses.replace(DISH, c0=60.0, c1=30.0, c2_per_mm=0.006)


def ten(dish=PENETRATING):
    return [
        acquire(dish, start=AT + timedelta(minutes=15 * i), duration_s=900.0, distance_mm=d)
        for i, d in enumerate(TEN)
    ]

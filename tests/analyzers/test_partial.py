"""Every registered analyzer that needs several things measures a part of them, or says what it takes."""

from importlib.metadata import entry_points

import numpy as np
import pytest

from photopeak_analyzers.acquisition import (
    AcquisitionKind,
    Detector,
    Dynamic,
    EnergyWindow,
    Frame,
    Planar,
    Spectrum,
    Tomographic,
    Volume,
    WholeBody,
)
from photopeak_analyzers.conformance import partial_inputs
from photopeak_analyzers.contract import ENTRY_POINT_GROUP, Inputs, ReadingValue
from photopeak_analyzers.document import Document
from photopeak_analyzers.errors import AnalysisError
from photopeak_analyzers.sinogram import Sinogram
from support.filled import AT

POINTS = sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda point: point.name)
STACKS = {
    AcquisitionKind.PLANAR: Planar,
    AcquisitionKind.DYNAMIC: Dynamic,
    AcquisitionKind.WHOLE_BODY: WholeBody,
    AcquisitionKind.TOMOGRAPHIC: Tomographic,
}
OTHERS = {
    AcquisitionKind.VOLUME,
    AcquisitionKind.SPECTRUM,
    AcquisitionKind.SINOGRAM,
    AcquisitionKind.DOCUMENT,
}


def plain(kind, seed):
    """An acquisition of a kind with nothing but noise in it."""
    counts = np.random.default_rng(seed).poisson(400.0, (1, 64, 64))
    if kind is AcquisitionKind.VOLUME:
        return Volume(
            values=counts.astype(float),
            slope=np.ones(1),
            intercept=np.zeros(1),
            affine=np.diag([4.0, 4.0, 4.0, 1.0]),
        )
    if kind is AcquisitionKind.SPECTRUM:
        return Spectrum(counts=counts[0].ravel(), started_at=AT)
    if kind is AcquisitionKind.SINOGRAM:
        return Sinogram(counts=counts, duration_s=60.0, started_at=AT)
    if kind is AcquisitionKind.DOCUMENT:
        return Document(media_type="text/plain", text="words", started_at=AT)
    return STACKS[kind](
        counts=counts,
        frames=(Frame(detector=1, energy_window=1, duration_s=60.0),),
        pixel_spacing_mm=(4.0, 4.0),
        nuclide="Tc-99m",
        started_at=AT,
        detectors=(Detector(number=1),),
        energy_windows=(EnergyWindow(number=1, lower_kev=126.0, upper_kev=154.0),),
    )


def whole(analyzer):
    """As many acquisitions and readings as the analyzer needs, whatever they show."""
    return Inputs(
        roles={
            role.name: tuple(
                plain(min(role.kinds & {*STACKS, *OTHERS}), n) for n in range(max(role.minimum, 1))
            )
            for role in analyzer.roles
        },
        readings={
            reading.name: ReadingValue(value=max(reading.minimum or 1.0, 1.0), at=AT)
            for reading in analyzer.readings
            if reading.required
        },
        variant=analyzer.variants[0].name,
    )


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.name)
def test_a_part_of_the_inputs_is_measured_or_refused_in_words(point):
    analyzer = point.load()

    ends = {
        name: end(analyzer, inputs) for name, inputs in partial_inputs(analyzer, whole(analyzer))
    }

    assert all(ends.values())


def end(analyzer, inputs):
    """What comes of an analysis: its refusal in words, or that it was measured."""
    try:
        return f"measured {analyzer.analyze(inputs).measurements}"
    except AnalysisError as refusal:
        return str(refusal).strip()

"""When an acquisition was received is a fact that a test may use."""

import dataclasses
from pathlib import Path

import numpy as np

from photopeak.analysis.catalogue import describe, load_analyzers
from photopeak.analysis.job import Part, build_job
from photopeak.analysis.perform import perform
from photopeak.analysis.runner import values_of
from photopeak.demo.objects import SIEMENS, Labels, planar_object, write
from photopeak.model.reception import Entrance
from photopeak_analyzers.simulation.planar import still
from support.rows import NOON, after, instance


def test_the_first_object_of_a_push_tells_when_an_acquisition_was_received() -> None:
    stored = [instance(1, at=after(3)), instance(2, at=NOON), instance(3, at=after(9))]

    values = values_of({"distance_mm": 100}, stored)

    assert values == {"distance_mm": 100, "received_at": NOON.isoformat()}


def test_an_upload_tells_nothing_of_the_clock_of_the_equipment() -> None:
    one = instance(1)
    other = next(entrance for entrance in Entrance if entrance is not Entrance.DIMSE)
    uploaded = dataclasses.replace(
        one, reception=dataclasses.replace(one.reception, entrance=other)
    )

    assert values_of({"position": 2}, [uploaded]) == {"position": 2}


def test_the_clock_check_of_a_push_has_the_time_from_its_end_to_its_reception(
    tmp_path: Path,
) -> None:
    image = still({(1, 1): np.full((32, 32), 9)}, 4.0, duration_s=60.0, started_at=NOON)
    path = write(planar_object(image, SIEMENS, Labels(series="Clock check"), NOON), tmp_path)
    test = describe(load_analyzers()["clock_check"])
    job = build_job(
        test,
        variant="local",
        parts=[
            Part(role="image", paths=(path,), values=values_of({}, [instance(1, at=after(75))]))
        ],
        device=None,
        overrides={},
    )

    (number,) = perform(job)["analysis"]["measurements"]

    assert (number["metric"], number["value"]) == ("receive_delay_s", 15.0)

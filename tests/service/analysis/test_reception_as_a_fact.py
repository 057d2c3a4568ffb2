"""When an acquisition was received is a fact that a test may use."""

import dataclasses

from photopeak.analysis.runner import values_of
from photopeak.model.reception import Entrance
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

"""Series and tests that take readings alone."""

import dataclasses

from photopeak.analysis.readiness import obstacle
from photopeak.model.routing import Assignment
from support.catalogue import description, reading, role


def test_a_series_has_no_place_in_a_test_of_readings_alone() -> None:
    sleeves = description("sleeves", readings=(reading("counts"),))
    alone = dataclasses.replace(sleeves, roles=())

    said = obstacle(alone, Assignment(test="sleeves", variant="", role=""))

    assert said == "sleeves takes readings alone, no images"


def test_it_has_one_where_there_is_a_role() -> None:
    flood = description("flood", role("flood"))

    assert obstacle(flood, Assignment(test="flood", variant="", role="")) == ""

"""Teaching a route: what it would match, and which words to tick."""

from photopeak.model.taught import TaughtRoute
from photopeak.routing.taught import conditions_for, fits, followed


def route(**conditions: str) -> TaughtRoute:
    return TaughtRoute(id="t", device_id="cam", conditions=conditions, test="background_rate")


def test_stored_text_is_compared_in_normal_form() -> None:
    assert fits(route(SeriesDescription="po-2 h2"), "cam", {"SeriesDescription": " PO-2  Ｈ2"})
    assert not fits(route(SeriesDescription="po-2 h2"), "cam", {"SeriesDescription": "PO-2"})
    assert not fits(route(SeriesDescription="po-2 h2"), None, {"SeriesDescription": "PO-2 H2"})


def test_nothing_is_followed_where_nothing_fits() -> None:
    assert followed([], "cam", {"SeriesDescription": "x"}) is None


def test_the_best_field_is_enough_when_nothing_else_shares_it() -> None:
    text = {"SeriesDescription": "PO-2_H2", "ImageID": "PO-2_H2", "StudyDescription": "S"}

    assert conditions_for(text) == {"SeriesDescription": "po-2_h2"}
    assert conditions_for(text, [{"SeriesDescription": "other"}]) == {
        "SeriesDescription": "po-2_h2"
    }


def test_fields_are_added_until_they_tell_it_from_the_others() -> None:
    text = {"SeriesDescription": "Static", "ProtocolName": "QC", "StudyDescription": "S"}
    others = [{"SeriesDescription": "static", "ProtocolName": "thyroid", "StudyDescription": "S"}]

    assert conditions_for(text, others) == {"SeriesDescription": "static", "ProtocolName": "qc"}


def test_an_absent_field_can_tell_a_series_from_others() -> None:
    others = [{"SeriesDescription": "Static", "ImageID": "bone"}]

    assert conditions_for({"SeriesDescription": "Static"}, others) == {
        "SeriesDescription": "static",
        "ImageID": "",
    }


def test_a_series_without_text_cannot_be_taught() -> None:
    assert conditions_for({}) == {}
    assert conditions_for({"SeriesDescription": "  "}, [{}]) == {}


def test_a_suggestion_follows_its_own_route() -> None:
    text = {"SeriesDescription": "Static", "ImageID": "A"}

    assert fits(route(**conditions_for(text, [{"SeriesDescription": "static"}])), "cam", text)

"""Teaching a route: what it would match, and which words to tick."""

from dataclasses import replace

from hypothesis import assume, given
from hypothesis import strategies as st

from photopeak.model.taught import TaughtNumber, TaughtRoute
from photopeak.routing.taught import fits, fitting, followed, numbers_in, read_numbers, suggest
from photopeak.routing.text import normalise
from support.effort import soon


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

    assert suggest(text).keywords == ("SeriesDescription",)
    assert suggest(text, others=[{"SeriesDescription": "other"}]).keywords == ("SeriesDescription",)


def test_fields_are_added_until_they_tell_it_from_the_others() -> None:
    text = {"SeriesDescription": "Static", "ProtocolName": "QC", "StudyDescription": "S"}
    others = [{"SeriesDescription": "static", "ProtocolName": "thyroid", "StudyDescription": "s"}]

    assert suggest(text, others=others).keywords == ("SeriesDescription", "ProtocolName")


def test_an_absent_field_can_tell_a_series_from_others() -> None:
    others = [{"SeriesDescription": "static", "ImageID": "bone"}]

    assert suggest({"SeriesDescription": "Static"}, others=others).keywords == (
        "SeriesDescription",
        "ImageID",
    )


def test_a_series_without_text_cannot_be_taught() -> None:
    assert suggest({}).keywords == ()
    assert suggest({"SeriesDescription": "  "}, others=[{}]).keywords == ()


def test_what_similar_series_share_is_suggested_before_what_only_this_one_has() -> None:
    text = {"SeriesDescription": "Kim's try", "ProtocolName": "QC jaszczak"}
    alike = [{"SeriesDescription": "again", "ProtocolName": "qc jaszczak"}]

    assert suggest(text, alike).keywords == ("ProtocolName",)


def test_numbers_that_differ_among_similar_series_are_suggested_to_vary() -> None:
    text = {"SeriesDescription": "LSF 10 cm, head 1"}
    alike = [
        {"SeriesDescription": "lsf 15 cm, head 1"},
        {"SeriesDescription": "lsf 7,5 cm, head 1"},
    ]

    assert suggest(text, alike).numbers == (TaughtNumber(keyword="SeriesDescription", place=0),)


def test_a_number_varies_and_gives_a_parameter_and_all_else_stays() -> None:
    taught = replace(
        route(SeriesDescription="lsf 10 cm, head 1"),
        numbers=(TaughtNumber(keyword="SeriesDescription", place=0, name="distance_cm"),),
    )

    assert fits(taught, "cam", {"SeriesDescription": "LSF 7,5 cm, head 1"})
    assert dict(read_numbers(taught, {"SeriesDescription": "LSF 7,5 cm, head 1"})) == {
        "distance_cm": 7.5
    }
    for other in (
        "LSF 10 cm, head 2",
        "LSF x cm, head 1",
        "LSF 10 cm, head 1 b",
        "LSF 1 0 cm, head 1",
    ):
        assert not fits(taught, "cam", {"SeriesDescription": other})
    assert not fits(route(SeriesDescription="lsf 10 cm"), "cam", {"SeriesDescription": "lsf 9 cm"})


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_text_fits_itself_whatever_may_vary(words: str, other: str) -> None:
    assume(normalise(words))
    places = range(len(numbers_in(normalise(words))))
    taught = replace(
        route(SeriesDescription=normalise(words)),
        numbers=tuple(TaughtNumber(keyword="SeriesDescription", place=p) for p in places),
    )
    stored = {"SeriesDescription": normalise(words)}

    assert fits(taught, "cam", {"SeriesDescription": words})
    assert fitting(taught, [stored]) == (stored,)
    kept = {"SeriesDescription": normalise(other)}
    assert bool(fitting(taught, [kept])) == fits(taught, "cam", {"SeriesDescription": other})


def test_ten_thousand_texts_of_the_worst_kind_are_compared_at_once() -> None:
    worst = "1 " * 127
    taught = replace(
        route(SeriesDescription=worst.strip()),
        numbers=tuple(TaughtNumber(keyword="SeriesDescription", place=p) for p in range(126)),
    )
    texts = [{"SeriesDescription": f"{worst}{n}"} for n in range(10_000)]

    assert len(soon(lambda: fitting(taught, texts), 3.0)) == 0

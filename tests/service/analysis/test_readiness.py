from photopeak.analysis.catalogue import describe
from photopeak.analysis.readiness import has_room, waiting_for
from photopeak_analyzers.gamma_camera import count_rate_performance, dead_time
from support.catalogue import description, reading, role


def test_a_set_with_every_role_and_reading_waits_for_nothing() -> None:
    test = description("slits", role("lines_x"), role("lines_y"), readings=(reading("activity"),))

    assert waiting_for(test, {"lines_x": 1, "lines_y": 1}, {"activity"}) == ""


def test_what_is_missing_is_named_in_the_words_of_the_description() -> None:
    test = description(
        "slits",
        role("lines_x"),
        role("lines_y", label="slits along Y"),
        readings=(reading("activity"),),
    )

    assert waiting_for(test, {"lines_x": 1}, ()) == "waiting for slits along Y, Activity (MBq)"


def test_a_role_of_several_says_how_many_are_there() -> None:
    test = description("slits", role("bars", minimum=8, maximum=8))

    assert waiting_for(test, {"bars": 3}, ()) == "waiting for bars (3 of 8)"


def test_an_optional_reading_keeps_nothing_waiting() -> None:
    test = description("slits", role("flood"), readings=(reading("temperature", required=False),))

    assert waiting_for(test, {"flood": 1}, ()) == ""


def test_a_full_role_has_no_room() -> None:
    test = description("slits", role("bars", minimum=8, maximum=8), role("views", maximum=None))

    assert has_room(test, "bars", {"bars": 7})
    assert not has_room(test, "bars", {"bars": 8})
    assert has_room(test, "views", {"views": 1000})
    assert not has_room(test, "unknown", {})


def test_only_a_test_of_one_acquisition_stands_alone() -> None:
    assert description("slits", role("flood")).stands_alone
    assert not description("slits", role("views", maximum=None)).stands_alone
    assert not description("slits", role("lines_x"), role("lines_y")).stands_alone


def test_a_decay_waits_for_its_last_image_however_many_there_are() -> None:
    for analyzer in (count_rate_performance.ANALYZER, dead_time.ANALYZER):
        test = describe(analyzer)
        missing = waiting_for(test, {"points": 30, "background": 1}, ())

        assert missing == "waiting for Decaying source down to its last image"
        assert waiting_for(test, {"points": 30, "decay": 1}, ()) == ""
        assert test.days == 3

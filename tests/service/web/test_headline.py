"""What a result comes down to."""

from __future__ import annotations

from photopeak.model.judgement import Status
from photopeak.model.results import PARTIAL, FailureRecord, NoteRecord
from photopeak.web.headline import headline
from photopeak.web.words import Words
from support.shown_results import WORDS, condition, measurement, result, verdict
from support.web_scene import UNIFORMITY


def test_a_failure_names_value_uncertainty_limit_and_where_the_limit_is_from() -> None:
    said = headline(
        result(Status.FAIL, verdicts=(verdict(Status.FAIL, source="WS 523-2019 A.1"),)), WORDS
    )

    assert said.say == "Integral uniformity, UFOV, detector 1: 5.67 % is above 5.00 %"
    assert said.decided is not None
    assert (said.decided.value, said.decided.expanded, said.decided.unit) == (
        "5.67", "±\u00a00.10", "%",
    )  # fmt: skip
    assert said.decided.relation == "above the limit of 5.00 %"
    assert said.decided.source == "WS 523-2019 A.1 (mandatory)"
    assert "Outside their limit: 1 of 1 judgements." in said.more
    assert "contact physics" in said.more


def test_a_value_below_a_lower_limit_and_one_in_the_warning_band_are_named_too() -> None:
    low = verdict(Status.FAIL, lower=6.0, upper=None)
    warm = verdict(Status.WARN, upper=6.0, warn_upper=5.5)

    assert "5.67 % is below 6.00 %" in headline(result(Status.FAIL, verdicts=(low,)), WORDS).say
    assert "5.67 % is above 5.50 %" in headline(result(Status.WARN, verdicts=(warm,)), WORDS).say


def test_the_number_furthest_beyond_its_limit_decides() -> None:
    near, far = (
        measurement(value, metric=metric, label=metric, scope={})
        for metric, value in (("near", 5.1), ("far", 4.0))
    )
    verdicts = (
        verdict(Status.FAIL, metric="near", scope={}, upper=5.0),
        verdict(Status.FAIL, metric="far", scope={}, upper=2.0),
    )
    said = headline(result(Status.FAIL, measurements=(near, far), verdicts=verdicts), WORDS)

    assert said.decided is not None
    assert said.decided.name == "far"


def test_of_a_pass_the_number_nearest_to_its_limit_is_shown() -> None:
    safe, close = (
        measurement(value, metric=metric, label=metric, scope={})
        for metric, value in (("safe", 1.0), ("close", 2.9))
    )
    verdicts = (
        verdict(Status.PASS, metric="safe", scope={}, upper=5.0),
        verdict(Status.PASS, metric="close", scope={}, upper=3.0),
    )
    said = headline(result(Status.PASS, measurements=(safe, close), verdicts=verdicts), WORDS)

    assert said.say == "close: 2.90 %, limit ≤\u00a03.00 %"
    assert said.more == "All 2 judgements are inside their limits."


def test_a_limit_keeps_the_digits_it_was_given() -> None:
    close = verdict(Status.FAIL, upper=5.666)

    assert "5.67 % is above 5.666 %" in headline(result(Status.FAIL, verdicts=(close,)), WORDS).say


def test_a_broken_condition_decides_with_quantity_value_and_bound() -> None:
    said = headline(result(Status.INVALID, preconditions=(condition("not_met"),)), WORDS)

    assert said.look.word == "Invalid"
    assert said.say == "Counts: 512 counts (detector 1), needed: ≥ 10\u2009000 counts"
    assert said.decided is not None
    assert (said.decided.value, said.decided.relation) == (
        "512 counts", "needed: ≥ 10\u2009000 counts",
    )  # fmt: skip
    assert "not judged" in said.more


def test_a_warning_by_a_condition_shows_the_number_that_decides_and_says_the_condition() -> None:
    soft = condition("not_met", severity="soft")
    said = headline(
        result(Status.WARN, verdicts=(verdict(Status.PASS, upper=6.0),), preconditions=(soft,)),
        WORDS,
    )

    assert said.say.startswith("Counts: 512 counts (detector 1), needed")
    assert said.more.startswith(said.say)
    assert said.decided is not None
    assert (said.decided.value, said.decided.unit) == ("5.67", "%")
    assert said.decided.relation == "nearest to its limit of \N{LESS-THAN OR EQUAL TO}\u00a06.00 %"


def test_a_warning_without_limits_shows_its_first_number_as_not_judged() -> None:
    soft = condition("not_met", severity="soft")
    said = headline(result(Status.WARN, preconditions=(soft,)), WORDS)

    assert said.decided is not None
    assert (said.decided.value, said.decided.relation) == ("5.67", "not judged")
    assert "Not judged, and something needs a look." in said.more
    assert "Inside the limits" not in said.more
    assert said.say.startswith("Counts: 512 counts")


def test_a_warning_without_any_number_says_why_and_shows_none() -> None:
    soft = condition("not_met", severity="soft", value="two windows")
    said = headline(result(Status.WARN, measurements=(), preconditions=(soft,)), WORDS)

    assert said.decided is None
    assert said.say.startswith("Counts: two windows (detector 1), needed")


def test_a_broken_condition_without_a_number_is_said_and_not_shown_as_one() -> None:
    broken = condition("not_met", value="a bar phantom", lower=None, expected="a flood")
    said = headline(result(Status.INVALID, preconditions=(broken,)), WORDS)

    assert said.decided is None
    assert said.say == "Counts: a bar phantom (detector 1), needed: a flood"


def test_a_missing_mandatory_number_is_named_by_its_label() -> None:
    absent = verdict(Status.ERROR, metric="iu_ufov", scope={})
    unknown = verdict(Status.ERROR, metric="du_cfov", scope={})
    warned = result(Status.WARN, test="intrinsic_uniformity", verdicts=(absent, unknown))

    said = headline(warned, WORDS, lambda _: UNIFORMITY)

    assert said.say == ("A limit asks for Integral uniformity, Du cfov, which was not measured")
    assert "积分均匀性" in headline(warned, Words("zh"), lambda _: UNIFORMITY).say


def test_what_could_not_be_computed_says_why() -> None:
    failure = FailureRecord(code="x", message="flood has 512 counts per pixel, needs 10000")
    said = headline(result(Status.ERROR, failure=failure, measurements=()), WORDS)

    assert said.look.word == "No result"
    assert said.say == "Flood has 512 counts per pixel, needs 10000"
    assert said.decided is None


def test_without_a_limit_no_number_decides() -> None:
    said = headline(result(Status.NO_LIMIT), WORDS)

    assert said.decided is None
    assert said.say == "Computed, but no limit is configured."


def test_a_partial_result_says_what_it_was_made_without() -> None:
    without = "a partial result, without Slits along Y; asked for by hand: no time"
    note = NoteRecord(code=PARTIAL, message=without)

    informs = headline(result(Status.INFO, notes=(note,)), WORDS)
    fails = headline(result(Status.FAIL, notes=(note,), verdicts=(verdict(Status.FAIL),)), WORDS)

    assert (informs.decided, informs.say) == (None, without)
    assert fails.decided is not None

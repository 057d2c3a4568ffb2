"""From the answer of the child to a judged result."""

from dataclasses import replace
from typing import Any

import pytest

from photopeak.analysis.outcome import Context, reason_of, result_of
from photopeak.model.judgement import Limit, LimitKind, LimitSet, Status
from photopeak.model.results import ResultRecord
from support.catalogue import description
from support.rows import NOON

TEST = description("intrinsic_uniformity")
METRIC = TEST.metrics[0]
BOUND = LimitSet(
    name="site",
    title="",
    kind=LimitKind.SITE,
    source="",
    version="v1",
    limits=(Limit(test=TEST.id, variant="*", metric=METRIC.key, upper=5.0),),
)


def number(value: float, **scope: Any) -> dict[str, Any]:
    return {"metric": METRIC.key, "scope": scope, "value": value, "uncertainty": None}


def few_counts(**scope: Any) -> dict[str, Any]:
    return {
        "code": "PC_COUNTS",
        "severity": "hard",
        "outcome": "not_met",
        "scope": scope,
        "quantity": "counts",
        "value": 900.0,
        "lower": 5000.0,
        "upper": None,
        "unit": "1",
        "expected": "",
        "clause": "",
    }


def estimated(**scope: Any) -> dict[str, Any]:
    return {
        "code": "UFOV_ESTIMATED",
        "message": "the UFOV was taken from the image",
        "scope": scope,
        "values": {},
        "unfit_for": ["acceptance", "status"],
    }


def result(
    *numbers: dict[str, Any],
    preconditions: tuple[dict[str, Any], ...] = (),
    notes: tuple[dict[str, Any], ...] = (),
    purpose: str = "constancy",
    missing: tuple[str, ...] = (),
    limit_sets: tuple[LimitSet, ...] = (BOUND,),
) -> ResultRecord:
    context = Context(
        test_set_id="s",
        test=TEST,
        variant="nema",
        device_id=None,
        device=None,
        purpose=purpose,
        inputs=(),
        readings=(),
        limit_sets=limit_sets,
        baselines=(),
        requested_limits=(),
        routes_version="r",
        started_at=NOON,
        acquired_at=NOON,
        missing=missing,
        wish="the phantom broke" if missing else "",
    )
    answer = {
        "version": "1",
        "analysis": {"measurements": numbers, "preconditions": preconditions, "notes": notes},
        "parameters": {},
        "figures": (),
        "acquired_at": None,
        "configurations": [{"scope": {}, "parts": {"collimator": "LEHR"}}],
    }
    return result_of(answer, context, now=NOON)


def test_the_numbers_of_the_head_that_failed_are_kept_and_the_other_head_is_judged() -> None:
    both = (number(9.0, detector=1), number(3.0, detector=2))

    found = result(*both, preconditions=(few_counts(detector=1),))

    assert found.status is Status.INVALID
    assert [(m.value, found.valid(m)) for m in found.measurements] == [(9.0, False), (3.0, True)]
    assert [(dict(v.scope), v.status) for v in found.verdicts] == [({"detector": 2}, Status.PASS)]
    assert reason_of(found) == "detector 1: counts is 900, needs at least 5000"


def test_a_result_that_fails_on_one_head_still_says_that_the_other_is_not_judged() -> None:
    found = result(
        number(3.0, detector=1), number(9.0, detector=2), preconditions=(few_counts(detector=1),)
    )

    assert found.status is Status.FAIL
    assert reason_of(found) == "detector 1: counts is 900, needs at least 5000"


def test_a_result_keeps_the_circumstances_of_its_numbers() -> None:
    found = result(number(3.0))

    assert [c.key for c in found.provenance.configurations] == ["collimator LEHR"]


def test_where_no_head_is_left_no_head_is_named() -> None:
    heads = (1, 2)

    found = result(
        *(number(3.0, detector=n) for n in heads),
        preconditions=tuple(few_counts(detector=n) for n in heads),
    )

    assert (found.status, found.verdicts) == (Status.INVALID, ())
    assert reason_of(found) == "counts is 900, needs at least 5000"


@pytest.mark.parametrize(
    ("purpose", "status"),
    [
        ("acceptance", Status.INVALID),
        ("status", Status.INVALID),
        ("constancy", Status.PASS),
    ],
)
def test_numbers_that_are_unfit_for_a_purpose_serve_every_other(
    purpose: str, status: Status
) -> None:
    found = result(number(3.0, detector=1), notes=(estimated(detector=1),), purpose=purpose)

    assert found.status is status
    assert [n.code for n in found.notes] == ["UFOV_ESTIMATED"]
    if status is Status.INVALID:
        assert found.verdicts == ()
        assert reason_of(found) == (
            f"fitness for the purpose {purpose} is not given: the UFOV was taken from the image"
        )


def test_a_head_that_is_unfit_leaves_the_other_head_judged() -> None:
    both = (number(3.0, detector=1), number(3.0, detector=2))

    found = result(*both, notes=(estimated(detector=1),), purpose="acceptance")

    assert found.status is Status.INVALID
    assert [dict(v.scope) for v in found.verdicts] == [{"detector": 2}]


@pytest.mark.parametrize(
    ("value", "limit_sets", "status"),
    [
        (3.0, (BOUND,), Status.INFO),
        (3.0, (), Status.INFO),
        (9.0, (BOUND,), Status.FAIL),
    ],
)
def test_a_partial_result_never_passes_and_says_what_it_was_made_without(
    value: float, limit_sets: tuple[LimitSet, ...], status: Status
) -> None:
    found = result(number(value), missing=("Slits along Y",), limit_sets=limit_sets)

    said = "a partial result, without Slits along Y; asked for by hand: the phantom broke"
    assert (found.status, found.partial, reason_of(found)) == (status, said, said)
    assert [v.status for v in found.verdicts] == [
        Status.PASS if value < 5.0 else Status.FAIL for _ in limit_sets
    ]


def test_a_partial_result_stays_invalid() -> None:
    found = result(number(3.0), preconditions=(few_counts(),), missing=("Slits along Y",))

    assert found.status is Status.INVALID
    assert reason_of(found).startswith("counts is 900, needs at least 5000; a partial result")


def test_a_partial_result_is_not_asked_for_what_it_cannot_have() -> None:
    other = replace(
        BOUND,
        kind=LimitKind.MANDATORY,
        limits=(*BOUND.limits, Limit(test=TEST.id, variant="*", metric="other", upper=1.0)),
    )

    assert result(number(3.0), limit_sets=(other,)).status is Status.WARN
    partial = result(number(3.0), limit_sets=(other,), missing=("Slits along Y",))
    assert [(v.metric, v.status) for v in partial.verdicts] == [(METRIC.key, Status.PASS)]

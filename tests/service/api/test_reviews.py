"""Signatures, comments and history of results over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from photopeak.alert_settings import AlertSettings
from photopeak.model.reviews import Meaning
from photopeak.reviews.comparison import NotComparableError
from photopeak.reviews.signing import Signature, Signer, sign
from photopeak.storage.errors import NotFoundError
from support.rows import NOON

CHEN = Signer(name="chen", printed_name="Rui Chen")


def signed(service: Any, result_id: str, **changes: Any) -> str:
    with service.context.database.transaction() as tx:
        wish = Signature(**{"meaning": Meaning.REVIEWED, "signer": CHEN, **changes})
        return sign(tx, AlertSettings(), result_id, wish, now=NOON).id


def test_signatures_are_told_with_those_that_do_not_stand_any_more(service: Any) -> None:
    result_id = service.ids["bad"]
    first = signed(service, result_id)
    second = signed(service, result_id, corrects=first, reason="typo", comment="head 2")

    items = service.get(f"/api/v1/results/{result_id}/reviews").json()["items"]

    assert [(i["id"], i["in_force"], i["corrects"]) for i in items] == [
        (first, False, None), (second, True, first),
    ]  # fmt: skip
    assert items[1]["printed_name"] == "Rui Chen"
    assert (items[1]["meaning"], items[1]["by_rule"]) == ("reviewed", False)


def test_what_waits_is_told_the_worst_first(service: Any) -> None:
    waiting = service.get("/api/v1/reviews/waiting").json()["items"]
    assert [w["status"] for w in waiting] == ["FAIL", "ERROR", "PASS"]

    signed(service, service.ids["bad"])
    waiting = service.get("/api/v1/reviews/waiting?limit=1&device=camera-1").json()["items"]
    assert [w["result"] for w in waiting] == [service.ids["broken"]]


def test_a_program_comments_and_cannot_sign(service: Any) -> None:
    path = f"/api/v1/results/{service.ids['bad']}/comments"
    answer = service.call("POST", path, "operate", json={"text": "service called"})

    assert answer.status_code == 201
    assert answer.json()["text"] == "service called"
    items = service.get(path).json()["items"]
    assert [(i["text"], i["kind"]) for i in items] == [("service called", "comment")]
    assert service.call("POST", path, "operate", json={"text": "  "}).status_code == 422
    assert service.call("POST", path, "read", json={"text": "x"}).status_code == 403
    reviews = f"/api/v1/results/{service.ids['bad']}/reviews"
    assert service.call("POST", reviews, "admin", json={}).status_code == 405


def test_the_history_tells_everything_in_order(service: Any) -> None:
    result_id = service.ids["bad"]
    service.call("POST", f"/api/v1/results/{result_id}/comments", "operate", json={"text": "x"})
    signed(service, result_id)

    items = service.get(f"/api/v1/results/{result_id}/history").json()["items"]

    assert {i["what"] for i in items} == {"analysed", "alert-opened", "commented", "signed"}
    assert [i["at"] for i in items] == sorted(i["at"] for i in items)


@pytest.mark.parametrize("part", ["reviews", "comments", "history", "differences/flood.svg"])
def test_of_a_result_that_is_not_there_nothing_is_told(service: Any, part: str) -> None:
    assert service.get(f"/api/v1/results/none/{part}").status_code == 404


def test_a_difference_is_drawn_or_it_is_said_why_not(make_service: Any) -> None:
    def difference(result_id: str, figure: str) -> bytes:
        if figure == "other":
            raise NotFoundError("there is none")
        if figure == "larger":
            raise NotComparableError("The data of the image cannot be read.")
        return b"<svg/>"

    service = make_service(difference=difference)
    path = f"/api/v1/results/{service.ids['bad']}/differences"

    drawn = service.get(f"{path}/flood.svg")
    assert (drawn.status_code, drawn.content) == (200, b"<svg/>")
    assert drawn.headers["content-type"].startswith("image/svg+xml")
    assert service.get(f"{path}/other.svg").status_code == 404
    refused = service.get(f"{path}/larger.svg")
    assert refused.status_code == 409
    assert refused.json()["detail"] == "The data of the image cannot be read."

"""Reviewing on pages: the queue, signing one and many, the thread, reference images."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from photopeak.inbox.scrub import scrub
from photopeak.model.judgement import Status
from photopeak.model.page import Access, PageReply, PageRequest, Visitor
from photopeak.model.reviews import Meaning, in_force
from photopeak.model.test_sets import TestSetState
from photopeak.storage import alerts, audit, instances, remarks, results, reviews, test_sets
from photopeak.storage.database import Database
from photopeak.web.pages import all_pages
from photopeak.web.review_views import unreviewed_of
from photopeak.web.words import Words
from support import web_scene

SIGN = "/results/{id}/sign"
WAITING = 3


class Pages:
    """All pages on a database, asked by a physicist unless said otherwise."""

    def __init__(self, database: Database, data: Path) -> None:
        self.database = database
        self.ids = web_scene.fill(database)
        _, context, _ = web_scene.contexts(database, data)
        self._pages = {(page.method, page.path): page for page in all_pages(context)}

    def ask(
        self, address: str, method: str = "GET", *, result: str = "", proved: bool = True,
        access: Access = Access.REVIEW, by_token: bool = False, **options: Any,
    ) -> PageReply:  # fmt: skip
        """Ask for a page as a visitor with some rights, with a right password or not."""
        visitor = Visitor(
            name="chen", shown_name="Rui Chen", access=access, csrf_token="c", by_token=by_token
        )
        page = self._pages[method, address]
        answer = page.answer if proved or page.unconfirmed is None else page.unconfirmed
        if result:
            options["path"] = {"id": self.ids.get(result, result)}
        return answer(PageRequest(visitor=visitor, **options))

    def sign(self, result: str, **form: str) -> PageReply:
        """Sign a result."""
        return self.ask(SIGN, "POST", result=result, form={"meaning": "reviewed", **form})


@pytest.fixture
def pages(sqlite_database: Database, tmp_path: Path) -> Pages:
    """Open the pages of the small site."""
    return Pages(sqlite_database, tmp_path / "data")


def test_the_queue_shows_the_worst_first_and_what_came_out(pages: Pages) -> None:
    text = pages.ask("/review").html

    found = [text.index(pages.ids[name]) for name in ("bad", "broken", "good")]
    assert found == sorted(found)
    assert "3 results that nobody has signed" in text
    assert "5.27 % is above 4.00 %" in text


def test_every_page_tells_those_who_may_sign_how_many_wait(pages: Pages) -> None:
    def said(page: str, access: Access) -> str:
        nav = pages.ask(page, access=access).html.partition("</nav>")[0]
        found = re.search(r'class="count">(\d*)', nav)
        return found[1] if found else ""

    assert said("/results", Access.REVIEW) == said("/", Access.ADMIN) == str(WAITING)
    assert said("/results", Access.OPERATE) == ""
    assert f"{WAITING} unreviewed results" in pages.ask("/", access=Access.OPERATE).html

    pages.sign("good")

    assert said("/trends", Access.REVIEW) == str(WAITING - 1)
    assert f"{WAITING - 1} unreviewed results" in pages.ask("/").html
    for page, links in ((pages.ask("/"), True), (pages.ask("/", access=Access.OPERATE), False)):
        assert ("Review them" in page.html) is links


def test_more_waiting_results_than_are_counted_are_told_as_more(pages: Pages) -> None:
    assert unreviewed_of(pages.database, most=2)() == "1+"


def test_filters_narrow_the_queue(pages: Pages) -> None:
    assert pages.ids["bad"] in pages.ask("/review", query={"device": "camera-1"}).html
    other = pages.ask("/review", query={"test": "none", "signed": "<b>"}).html
    assert "No result that waits fits these filters" in other


def test_a_signature_says_who_what_it_means_and_when_and_empties_the_queue(pages: Pages) -> None:
    form = pages.ask("/results/{id}", result="bad").html
    assert "Sign as Rui Chen" in form
    assert "nobody has signed" in form

    reply = pages.sign("bad", comment="tubes drifted, service called")

    assert reply.location == f"/results/{pages.ids['bad']}#review"
    text = pages.ask("/results/{id}", result="bad").html
    assert "signed and locked" in text
    assert "tubes drifted, service called" in text
    assert pages.ids["bad"] not in pages.ask("/review").html.split("<tbody>")[1]
    with pages.database.snapshot() as tx:
        (kept,) = reviews.of_result(tx, pages.ids["bad"])
    assert (kept.by, kept.printed_name) == ("chen", "Rui Chen")


def test_without_the_right_password_nothing_is_signed_and_what_was_written_comes_back(
    pages: Pages,
) -> None:
    reply = pages.ask(
        SIGN, "POST", result="bad", proved=False,
        form={"meaning": "approved", "comment": "service called"},
    )  # fmt: skip

    assert reply.status == 422
    assert "Nothing was signed: your password is needed, and right." in reply.html
    assert ">service called</textarea>" in reply.html
    assert 'value="approved" required checked' in reply.html
    with pages.database.snapshot() as tx:
        assert reviews.of_result(tx, pages.ids["bad"]) == ()


def test_a_token_signs_nothing(pages: Pages) -> None:
    form = {"meaning": "reviewed"}
    reply = pages.ask(SIGN, "POST", result="good", by_token=True, form=form)
    many = {f"result:{pages.ids['good']}": "1", **form}
    together = pages.ask("/review/sign", "POST", by_token=True, form=many)

    for answer in (reply, together):
        assert answer.status == 422
        assert "A signature is a person&#39;s" in answer.html
    with pages.database.snapshot() as tx:
        assert reviews.count(tx) == 3


def test_a_signature_is_corrected_with_a_reason_and_withdrawn(pages: Pages) -> None:
    pages.sign("bad", comment="head 1")
    with pages.database.snapshot() as tx:
        (first,) = reviews.of_result(tx, pages.ids["bad"])

    without = pages.sign("bad", corrects=first.id, comment="head 2")
    assert "A correction needs a reason" in without.html
    pages.sign("bad", corrects=first.id, comment="head 2", reason="the wrong head")
    text = pages.ask("/results/{id}", result="bad").html
    assert "Reviewed, in place of a signature before" in text
    assert "the wrong head" in text
    with pages.database.snapshot() as tx:
        (second,) = in_force(reviews.of_result(tx, pages.ids["bad"]))
    assert second.comment == "head 2"

    pages.sign("bad", meaning="withdrawn", corrects=second.id, reason="not mine")
    text = pages.ask("/results/{id}", result="bad").html
    assert "Signature withdrawn" in text
    assert "nobody has signed" in text


def test_the_same_meaning_twice_and_an_unknown_one_are_refused(pages: Pages) -> None:
    pages.sign("good")

    again = pages.sign("good")
    assert (again.status, "already, by Rui Chen" in again.html) == (422, True)
    assert "Choose what the signature means" in pages.sign("good", meaning="nonsense").html
    assert pages.sign("good", meaning="approved").status == 200
    with pages.database.snapshot() as tx:
        meanings = [r.meaning for r in reviews.of_result(tx, pages.ids["good"])]
    assert meanings == [Meaning.REVIEWED, Meaning.APPROVED]


def test_a_technologist_sees_the_signature_and_cannot_sign(pages: Pages) -> None:
    text = pages.ask("/results/{id}", result="bad", access=Access.OPERATE).html

    assert "A physicist reviews and signs it." in text
    assert f"/results/{pages.ids['bad']}/sign" not in text
    assert f"/results/{pages.ids['bad']}/comments" in text
    reader = pages.ask("/results/{id}", result="bad", access=Access.READ).html
    assert f"/results/{pages.ids['bad']}/comments" not in reader
    assert "/reanalyse" not in reader


def test_many_are_signed_together_after_a_list_of_exactly_what_it_will_be(pages: Pages) -> None:
    field = f"result:{pages.ids['good']}"
    listed = pages.ask("/review/confirm", "POST", form={field: "1"}).html

    assert "Sign this 1 result" in listed
    assert listed.count('type="hidden" name="result:') == 1
    assert "version 1" in listed
    wrong = pages.ask("/review/sign", "POST", proved=False, form={field: "1"})
    assert (wrong.status, "your password is needed" in wrong.html) == (422, True)
    done = pages.ask("/review/sign", "POST", form={field: "1", "meaning": "approved"})
    assert done.location == "/review?signed=1"
    assert "1 result was signed" in pages.ask("/review", query={"signed": "1"}).html


def test_only_passing_ones_are_signed_together(pages: Pages) -> None:
    form = {f"result:{pages.ids[name]}": "1" for name in ("good", "bad")}

    listed = pages.ask("/review/confirm", "POST", form=form)
    assert (listed.status, "The list has changed" in listed.html) == (422, True)
    signed = pages.ask("/review/sign", "POST", form={**form, "meaning": "reviewed"})
    assert (signed.status, "nothing was signed" in signed.html) == (422, True)
    assert "Choose the results" in pages.ask("/review/confirm", "POST", form={}).html
    many = {f"result:{n}": "1" for n in range(101)}
    assert "At most 100 at once" in pages.ask("/review/confirm", "POST", form=many).html
    with pages.database.snapshot() as tx:
        assert reviews.count(tx) == 3


def test_an_empty_queue_says_how_results_come_into_it(pages: Pages) -> None:
    for name in ("good", "bad", "broken"):
        pages.sign(name)

    assert "Nothing waits for a review" in pages.ask("/review").html


def test_a_thread_shows_who_said_what_and_markup_stays_text(pages: Pages) -> None:
    address = "/results/{id}/comments"
    pages.ask(address, "POST", result="bad", access=Access.OPERATE, form={"text": web_scene.HOSTILE})  # fmt: skip
    text = pages.ask("/results/{id}", result="bad").html

    assert "<script>PPXSS1" not in text
    assert "PPXSS1" in text
    empty = pages.ask(address, "POST", result="bad", form={"text": " "})
    assert (empty.status, "Write a comment first" in empty.html) == (422, True)
    with pages.database.snapshot() as tx:
        assert len(remarks.of_results(tx, [pages.ids["bad"]])) == 1
        assert audit.page(tx)[0].action == "result.commented"


def test_the_history_tells_what_a_result_did_to_alerts(pages: Pages) -> None:
    text = pages.ask("/results/{id}", result="bad").html

    assert "Alert opened" in text
    assert f"/alerts/{pages.ids['alert']}" in text
    assert "Analysed: Fail" in text


def test_analysing_again_needs_a_reason_and_is_told_in_the_history(pages: Pages) -> None:
    address = "/results/{id}/reanalyse"
    with pages.database.snapshot() as tx:
        test_set = results.get(tx, pages.ids["broken"]).test_set_id
    without = pages.ask(address, "POST", result="broken", form={"reason": ""})
    assert (without.status, "needs a reason" in without.html) == (422, True)

    reply = pages.ask(address, "POST", result="broken", form={"reason": "new reader"})

    assert reply.location.startswith("/results/")
    text = pages.ask("/results/{id}", result="broken").html
    assert "Sent to be analysed again" in text
    assert "new reader" in text
    with pages.database.snapshot() as tx:
        assert test_sets.get(tx, test_set).state is TestSetState.QUEUED


def test_a_new_version_says_that_an_earlier_one_was_signed(pages: Pages) -> None:
    pages.sign("good")
    with pages.database.transaction() as tx:
        record = results.get(tx, pages.ids["good"])
        made = replace(record.provenance, analyzer_version="2")
        newer = results.add(tx, replace(record, id="", provenance=made))

    text = pages.ask("/results/{id}", result=newer.id).html
    assert "Version 1 was signed; this version is new and waits for a review" in text
    assert f"/results/{pages.ids['good']}" in text
    assert "nobody has signed" in text
    old = pages.ask("/results/{id}", result="good").html
    assert "signed and locked" in old
    assert newer.id in pages.ask("/review").html


def test_a_result_says_that_a_file_it_was_made_from_is_no_longer_what_was_received(
    pages: Pages, tmp_path: Path
) -> None:
    said = "made from is damaged or missing"
    assert said not in pages.ask("/results/{id}", result="good").html
    with pages.database.snapshot() as tx:
        series = results.get(tx, pages.ids["good"]).provenance.inputs[0].series_instance_uid
        (stored, *_) = instances.by_series(tx, series)

    scrub(tmp_path, pages.database, limit_bytes=1_000_000)

    text = pages.ask("/results/{id}", result="good").html
    with pages.database.snapshot() as tx:
        alert = alerts.find_open(tx, f"file missing {stored.id}")
    assert alert is not None
    assert text.count(said) == 1
    assert f'href="/alerts/{alert.id}"' in text


def test_the_results_measured_before_and_after_are_one_step_away(pages: Pages) -> None:
    one, other = sorted((pages.ids["good"], pages.ids["bad"]))

    assert f'data-key="]" href="/results/{other}"' in pages.ask("/results/{id}", result=one).html
    assert f'data-key="[" href="/results/{one}"' in pages.ask("/results/{id}", result=other).html


def test_a_flood_is_shown_beside_the_reference_that_a_physicist_chose(pages: Pages) -> None:
    address = "/results/{id}/reference"
    form = {"figure": "flood", "reason": "acceptance"}
    assert "Make this the reference image" in pages.ask("/results/{id}", result="good").html
    without = pages.ask(address, "POST", result="good", form={"figure": "flood", "reason": " "})
    assert (without.status, "needs a reason" in without.html) == (422, True)
    wrong = pages.ask(address, "POST", result="good", form={"figure": "profile", "reason": "x"})
    assert "This figure cannot be a reference" in wrong.html

    pages.ask(address, "POST", result="good", form=form)

    good, bad = pages.ids["good"], pages.ids["bad"]
    assert "This is the reference image, version 1" in pages.ask("/results/{id}", result="good").html  # fmt: skip
    text = pages.ask("/results/{id}", result="bad").html
    assert f"/api/v1/results/{good}/figures/flood.svg" in text
    assert f"/api/v1/results/{bad}/differences/flood.svg" in text
    reader = pages.ask("/results/{id}", result="bad", access=Access.OPERATE).html
    assert "Make this the reference" not in reader


def test_what_reviewing_says_is_there_in_chinese(pages: Pages) -> None:
    words = Words("zh")
    for text in ("Review", "Reviewed", "Approved", "nobody has signed", "Sign as {name}"):
        assert words(text) != text
    assert len({words(status) for status in Status}) == len(Status)

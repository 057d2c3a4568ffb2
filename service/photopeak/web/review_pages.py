"""The queue of results that wait for a signature, and what people do on the page of a result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from photopeak.model.judgement import Status
from photopeak.model.page import Access, Confirm, Page, PageReply, PageRequest
from photopeak.model.reviews import Meaning
from photopeak.reviews import acts, signing
from photopeak.reviews.signing import MOST_AT_ONCE, ReviewError, Signature, Signer
from photopeak.storage import reviews
from photopeak.storage.database import Transaction
from photopeak.web.context import WebContext
from photopeak.web.rendering import Renderer
from photopeak.web.result_pages import ResultPages
from photopeak.web.review_views import MEANING
from photopeak.web.telling import Remarks

_SHOWN = 100
_FIELD = "result:"
UNPROVED = "Nothing was signed: your password is needed, and right."
A_PERSONS = "A signature is a person's: sign in with your name and password."


class ReviewPages:
    """Pages on reviews."""

    def __init__(self, context: WebContext, renderer: Renderer, one: ResultPages) -> None:
        self._context = context
        self._renderer = renderer
        self._one = one
        self._remarks = Remarks(renderer.words, context.test)

    def pages(self) -> tuple[Page, ...]:
        """Return the pages."""
        return (
            Page(
                method="GET",
                path="/review",
                access=Access.REVIEW,
                answer=self.queue,
                query=("device", "test", "signed"),
            ),
            Page(method="POST", path="/review/confirm", access=Access.REVIEW, answer=self.confirm),
            Page(
                method="POST",
                path="/review/sign",
                access=Access.REVIEW,
                answer=self.sign_many,
                confirm=Confirm.ALWAYS,
                unconfirmed=self.confirm_unproved,
            ),
            Page(
                method="POST",
                path="/results/{id}/sign",
                access=Access.REVIEW,
                answer=self.sign,
                confirm=Confirm.ALWAYS,
                unconfirmed=self.unproved,
            ),
            Page(
                method="POST",
                path="/results/{id}/comments",
                access=Access.OPERATE,
                answer=self.comment,
            ),
            Page(
                method="POST",
                path="/results/{id}/reanalyse",
                access=Access.OPERATE,
                answer=self.analyse_again,
            ),
            Page(
                method="POST",
                path="/results/{id}/reference",
                access=Access.REVIEW,
                answer=self.choose_reference,
            ),
        )

    def queue(self, request: PageRequest, fault: str = "") -> PageReply:
        """Answer with the results that nobody has signed, the worst first."""
        chosen = {name: request.query.get(name, "")[:64] for name in ("device", "test")}
        with self._context.database.snapshot() as tx:
            found = reviews.waiting(
                tx,
                device_id=chosen["device"] or None,
                test=chosen["test"] or None,
                limit=_SHOWN + 1,
            )
            remarks = {row.result_id: self._remarks.of(tx, row.result_id) for row in found[:_SHOWN]}
            tests = reviews.tests_waiting(tx)
            count = reviews.count(tx)
        titles = {test.id: test for test in self._context.tests()}
        words = self._renderer.words
        signed = request.query.get("signed", "")
        return self._renderer.page(
            "review.html",
            request,
            self._context.clock(),
            status=422 if fault else 200,
            here="review",
            rows=found[:_SHOWN],
            more=len(found) > _SHOWN,
            count=count,
            together=sum(row.status is Status.PASS for row in found[:_SHOWN]),
            passed=Status.PASS,
            remarks=remarks,
            names=self._context.device_names(),
            devices=self._context.devices(),
            tests=[
                (test, words.pick(titles[test].title, titles[test].title_zh))
                if test in titles
                else (test, test)
                for test in tests
            ],
            chosen_device=chosen["device"],
            chosen_test=chosen["test"],
            filtered=any(chosen.values()),
            signed=int(signed) if signed.isdecimal() and len(signed) < 5 else 0,
            field=_FIELD,
            needs_person=request.visitor is not None and request.visitor.by_token,
            fault=fault,
        )

    def confirm(self, request: PageRequest, fault: str = "") -> PageReply:
        """List exactly what will be signed, and ask for the password."""
        ids = _listed(request)
        words = self._renderer.words
        if not ids:
            return self.queue(request, words("Choose the results to sign first."))
        if len(ids) > MOST_AT_ONCE:
            return self.queue(request, words("At most {count} at once.", count=MOST_AT_ONCE))
        with self._context.database.snapshot() as tx:
            rows = signing.bulk(tx, ids)
            remarks = {row.result_id: self._remarks.of(tx, row.result_id) for row in rows}
        if len(rows) != len(ids):
            return self.queue(
                request, words("The list has changed meanwhile; look again, then sign.")
            )
        return self._renderer.page(
            "review_confirm.html",
            request,
            self._context.clock(),
            status=422 if fault else 200,
            here="review",
            rows=rows,
            remarks=remarks,
            names=self._context.device_names(),
            meanings=[(m, MEANING[m]) for m in (Meaning.REVIEWED, Meaning.APPROVED)],
            chosen=request.form.get("meaning", ""),
            comment=request.form.get("comment", ""),
            longest=signing.LONGEST_TEXT,
            field=_FIELD,
            needs_person=request.visitor is not None and request.visitor.by_token,
            fault=fault,
        )

    def confirm_unproved(self, request: PageRequest) -> PageReply:
        """Ask for the password that was missing or wrong."""
        return self.confirm(request, self._renderer.words(UNPROVED))

    def sign_many(self, request: PageRequest) -> PageReply:
        """Sign all that was listed, or nothing."""
        ids = _listed(request)
        if request.visitor is None or request.visitor.by_token:
            return self.confirm(request, self._renderer.words(A_PERSONS))
        try:
            with self._context.database.transaction() as tx:
                signing.sign_many(
                    tx,
                    self._context.alerts,
                    ids,
                    _wanted(request),
                    now=self._context.clock(),
                )
        except ReviewError as error:
            return self.queue(request, self._said(error))
        return PageReply(location=f"/review?{urlencode({'signed': len(ids)})}")

    def sign(self, request: PageRequest) -> PageReply:
        """Sign a result, or correct a signature under it."""
        if request.visitor is None or request.visitor.by_token:
            return self._one.one(request, sign_fault=self._renderer.words(A_PERSONS))
        return self._act(
            request,
            "sign_fault",
            lambda tx, _who: signing.sign(
                tx,
                self._context.alerts,
                request.path["id"],
                _wanted(request),
                now=self._context.clock(),
            ),
        )

    def unproved(self, request: PageRequest) -> PageReply:
        """Ask for the password that was missing or wrong."""
        return self._one.one(request, sign_fault=self._renderer.words(UNPROVED))

    def comment(self, request: PageRequest) -> PageReply:
        """Add to the thread of a result."""
        return self._act(
            request,
            "comment_fault",
            lambda tx, who: acts.remark(
                tx,
                request.path["id"],
                request.form.get("text", ""),
                who=who,
                now=self._context.clock(),
            ),
        )

    def analyse_again(self, request: PageRequest) -> PageReply:
        """Send the test of a result to the workers again."""
        return self._act(
            request,
            "repeat_fault",
            lambda tx, who: acts.analyse_again(
                tx,
                request.path["id"],
                request.form.get("reason", ""),
                who=who,
                now=self._context.clock(),
            ),
        )

    def choose_reference(self, request: PageRequest) -> PageReply:
        """Make a flood of a result the reference image."""
        return self._act(
            request,
            "reference_fault",
            lambda tx, who: acts.choose_reference(
                tx,
                request.path["id"],
                request.form.get("figure", "")[:64],
                request.form.get("reason", ""),
                who=who,
                now=self._context.clock(),
            ),
        )

    def _act(
        self, request: PageRequest, fault: str, act: Callable[[Transaction, Signer], Any]
    ) -> PageReply:
        """Do something with a result, and go back to it; where it is refused, say so there."""
        try:
            with self._context.database.transaction() as tx:
                act(tx, _who(request))
        except ReviewError as error:
            return self._one.one(request, **{fault: self._said(error)})
        return PageReply(location=f"/results/{request.path['id']}#review")

    def _said(self, error: ReviewError) -> str:
        text = self._renderer.words(error.message, **error.places)
        return text[:1].upper() + text[1:]


def _who(request: PageRequest) -> Signer:
    visitor = request.visitor
    if visitor is None:
        raise ReviewError(A_PERSONS)
    return Signer(name=visitor.name, printed_name=visitor.known_as)


def _wanted(request: PageRequest) -> Signature:
    form = request.form
    try:
        meaning = Meaning(form.get("meaning", ""))
    except ValueError:
        raise ReviewError("choose what the signature means") from None
    return Signature(
        meaning=meaning,
        signer=_who(request),
        comment=form.get("comment", ""),
        corrects=form.get("corrects") or None,
        reason=form.get("reason", ""),
    )


def _listed(request: PageRequest) -> list[str]:
    """Return the ids that a form names."""
    return [name.removeprefix(_FIELD) for name in request.form if name.startswith(_FIELD)]

"""Teaching a route from a series: what tells it from others, what it is, and what that would match."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from photopeak.model.catalogue import TestDescription
from photopeak.model.page import Access, Page, PageReply, PageRequest
from photopeak.model.routing import RoutingDecision, RoutingOutcome
from photopeak.model.taught import TaughtNumber
from photopeak.reports.targets import target_named, targets
from photopeak.reports.teaching import (
    SCALED,
    Lesson,
    Preview,
    TeachingError,
    keep_draft,
    known_by_id,
    preview,
    route_of,
    teachable,
    texts_of,
)
from photopeak.routing.taught import numbers_in, suggest
from photopeak.routing.text import FIELD_SCORES
from photopeak.storage import lessons
from photopeak.storage.database import Transaction
from photopeak.web.context import WebContext
from photopeak.web.lesson_views import LessonViews, PreviewView
from photopeak.web.names import series_title
from photopeak.web.rendering import Renderer

_TICK = "text:"
_NUMBER = "number:"
_ANY = "any"
_IGNORE = "ignore"
_MOST_NUMBERS = 12
_MOST_REASON = 200


@dataclass(frozen=True, slots=True)
class NumberField:
    """A number in a text: whether it stays, may be any, or gives a parameter."""

    name: str
    text: str
    chosen: str


@dataclass(frozen=True, slots=True)
class TextField:
    """A text of the header: whether it has to be equal, and which other series have it."""

    keyword: str
    text: str
    ticked: bool
    alike: int
    others: int
    numbers: tuple[NumberField, ...]


@dataclass(frozen=True, slots=True)
class _Choice:
    """What the form says, or what is suggested before anybody said anything."""

    keywords: tuple[str, ...]
    numbers: tuple[TaughtNumber, ...]
    target: str = ""
    reason: str = ""

    def lesson(self, uid: str, *, anything: bool = False) -> Lesson:
        """Return it as a lesson; `anything` looks at what matches before a test is chosen."""
        ignore = self.target == _IGNORE or (anything and not self.target)
        named = target_named("" if ignore else self.target)
        return Lesson(
            series_instance_uid=uid,
            keywords=self.keywords,
            numbers=[replace(n, name="") for n in self.numbers] if ignore else self.numbers,
            reason=self.reason,
            test=named.test,
            variant=named.variant,
            role=named.role,
            ignore=ignore,
        )


class TeachPages:
    """Pages on teaching."""

    def __init__(self, context: WebContext, renderer: Renderer) -> None:
        self._context = context
        self._renderer = renderer
        self._views = LessonViews(context, renderer)

    def pages(self) -> tuple[Page, ...]:
        """Return the pages."""
        operate = Access.OPERATE
        path = "/inbox/{uid}/teach"
        return (
            Page(method="GET", path=path, access=operate, answer=self.show),
            Page(method="POST", path=path, access=operate, answer=self.take),
            Page(method="POST", path=f"{path}/look", access=operate, answer=self.look),
        )

    def show(self, request: PageRequest) -> PageReply:
        """Answer with the form, filled with what is suggested."""
        return self._form(request, None)

    def look(self, request: PageRequest) -> PageReply:
        """Answer with the form alone and what it would match now, while somebody fills it in."""
        return self._form(request, _read(request.form), template="teach_form.html")

    def take(self, request: PageRequest) -> PageReply:
        """Keep the lesson as a version that is not in force, or try it on the series first."""
        choice = _read(request.form)
        uid = request.path["uid"]
        if request.form.get("do") == "try":
            return self._form(request, choice, trying=True)
        try:
            kept = keep_draft(
                self._context.database,
                choice.lesson(uid),
                tests=self._context.tests(),
                texts=texts_of(self._context.database, uid, self._context.series_texts),
                who=request.visitor.name if request.visitor else "",
                now=self._context.clock(),
            )
        except TeachingError as error:
            return self._form(request, choice, refused=str(error))
        return PageReply(location=f"/routes/taught/{kept.id}")

    def _form(
        self,
        request: PageRequest,
        choice: _Choice | None,
        *,
        template: str = "teach.html",
        trying: bool = False,
        refused: str = "",
    ) -> PageReply:
        uid = request.path["uid"]
        found: Preview | None = None
        doubt = ""
        with self._context.database.snapshot() as tx:
            try:
                record = teachable(tx, uid)
            except TeachingError as error:
                return self._cannot(request, str(error))
        texts = texts_of(self._context.database, uid, self._context.series_texts)
        with self._context.database.snapshot() as tx:
            alike, others = self._rivals(tx, record.device_id, texts)
            if choice is None:
                choice = _suggested(texts, alike, others)
            try:
                found, view = self._preview(tx, uid, record.device_id, texts, choice)
            except TeachingError as error:
                doubt, view = str(error), None
        tests = self._context.tests()
        chosen = next((t for t in tests if t.id == target_named(choice.target).test), None)
        decision = self._try(uid, record.device_id, texts, choice) if trying and found else None
        return self._renderer.page(
            template,
            request,
            self._context.clock(),
            status=409 if refused else 200,
            here="inbox",
            series=record,
            title=series_title(record) or self._renderer.words("Series without a description"),
            device=self._views.device(record.device_id),
            fields=_fields(texts, choice, alike, others),
            targets=targets(tests, self._renderer.words.pick),
            target=choice.target,
            reason=choice.reason,
            names=_names(chosen),
            preview=view,
            doubt=doubt,
            decision=decision,
            refused=refused,
        )

    def _cannot(self, request: PageRequest, why: str) -> PageReply:
        words = self._renderer.words
        title = words("Nothing can be taught from this series")
        now = self._context.clock()
        return self._renderer.message(
            request, now, title, words.told(why), here="inbox", status=409
        )

    def _rivals(
        self, tx: Transaction, device_id: str | None, texts: Mapping[str, str]
    ) -> tuple[list[Mapping[str, str]], list[Mapping[str, str]]]:
        """Return texts of series of the device that nobody knows, and of those that go elsewhere."""
        known = {a.id: a.texts for a in lessons.alike_of_device(tx, device_id)}
        own = lessons.likeness(device_id, texts)
        alike: dict[str, Mapping[str, str]] = {}
        others: dict[str, Mapping[str, str]] = {}
        for share in lessons.shares(tx, tuple(known)):
            place = alike if share.outcome == RoutingOutcome.UNROUTED else others
            if share.texts_id != own:
                place[share.texts_id] = known[share.texts_id]
        return list(alike.values()), list(others.values())

    def _preview(
        self,
        tx: Transaction,
        uid: str,
        device_id: str | None,
        texts: Mapping[str, str],
        choice: _Choice,
    ) -> tuple[Preview, PreviewView]:
        route = route_of(
            choice.lesson(uid, anything=True),
            device_id=device_id,
            texts=texts,
            tests=self._context.tests(),
        )
        found = preview(tx, known_by_id(tx, route))
        return found, self._views.preview(tx, found)

    def _try(
        self, uid: str, device_id: str | None, texts: Mapping[str, str], choice: _Choice
    ) -> RoutingDecision | None:
        """Return what routing would decide about the series; None before a test is chosen."""
        if not choice.target:
            return None
        route = route_of(
            choice.lesson(uid), device_id=device_id, texts=texts, tests=self._context.tests()
        )
        return self._context.explain_series(uid, route)


def _suggested(
    texts: Mapping[str, str],
    alike: Sequence[Mapping[str, str]],
    others: Sequence[Mapping[str, str]],
) -> _Choice:
    suggestion = suggest(texts, alike, others)
    return _Choice(suggestion.keywords, suggestion.numbers)


def _read(form: Mapping[str, str]) -> _Choice:
    keywords = tuple(k for k in FIELD_SCORES if _TICK + k in form)
    numbers = []
    for keyword in keywords:
        for place in range(_MOST_NUMBERS):
            chosen = form.get(f"{_NUMBER}{keyword}:{place}", "")
            if chosen:
                name = "" if chosen == _ANY else chosen[:64]
                numbers.append(TaughtNumber(keyword=keyword, place=place, name=name))
    return _Choice(
        keywords,
        tuple(numbers),
        form.get("target", "")[:200],
        form.get("reason", "")[:_MOST_REASON],
    )


def _fields(
    texts: Mapping[str, str],
    choice: _Choice,
    alike: Sequence[Mapping[str, str]],
    others: Sequence[Mapping[str, str]],
) -> tuple[TextField, ...]:
    """Return the texts as rows; one that is absent only where that tells the series from others."""
    chosen = {(n.keyword, n.place): n.name or _ANY for n in choice.numbers}
    return tuple(
        TextField(
            keyword=keyword,
            text=texts.get(keyword, ""),
            ticked=keyword in choice.keywords,
            alike=sum(t.get(keyword, "") == texts.get(keyword, "") for t in alike),
            others=sum(t.get(keyword, "") == texts.get(keyword, "") for t in others),
            numbers=tuple(
                NumberField(f"{_NUMBER}{keyword}:{place}", text, chosen.get((keyword, place), ""))
                for place, text in enumerate(numbers_in(texts.get(keyword, ""))[:_MOST_NUMBERS])
            ),
        )
        for keyword in FIELD_SCORES
        if texts.get(keyword) or keyword in choice.keywords
    )


def _names(test: TestDescription | None) -> tuple[tuple[str, str], ...]:
    """Return what a number can mean for the chosen test, with its unit."""
    if test is None:
        return ()
    own = [(p.name, p.unit) for p in test.parameters]
    return (*((name, "") for name in SCALED), *(pair for pair in own if pair[0] not in SCALED))

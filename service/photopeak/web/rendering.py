"""Templates: escaped always, nothing invisible shown, one set of helpers."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from importlib import resources
from typing import Any

import jinja2
from markupsafe import Markup

from photopeak.model.page import Access, PageReply, PageRequest, StaticFile
from photopeak.reports.text import capitalised, unit_text, visible
from photopeak.web.association_words import OUTCOME
from photopeak.web.looks import EFFECT, KIND, OUTCOMES, STATE, STATUS
from photopeak.web.navigation import DAILY, FURTHER
from photopeak.web.times import Clockwork, Moment
from photopeak.web.trend_views import noted
from photopeak.web.words import Words

_MEDIA_TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "woff2": "font/woff2",
    "svg": "image/svg+xml",
    "LICENSE": "text/plain; charset=utf-8",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What every page says of the place it is shown at."""

    name: str
    time_zone: str
    language: str
    version: str


class Renderer:
    """Turns the name of a template and its values into a reply."""

    def __init__(self, site: Site) -> None:
        self.words = Words(site.language)
        self.clockwork = Clockwork(site.time_zone, self.words)
        self.unreviewed: Callable[[], str] = str
        self._environment = jinja2.Environment(
            loader=jinja2.PackageLoader("photopeak.web", "templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            finalize=_finalized,
            # Templates do not change under a running service; nobody has to look whether they did.
            auto_reload=False,
        )
        self._environment.globals.update(
            site=site,
            _=self.words,
            plural=self.words.plural,
            pick=self.words.pick,
            told=self.words.told,
            noted=lambda event: noted(event, self.words),
            zone_name=self.clockwork.zone_name,
            state_look=STATE.__getitem__,
            status_look=STATUS.__getitem__,
            effect_look=lambda effect: EFFECT.get(effect, EFFECT["passed"]),
            kind_word=KIND.__getitem__,
            outcome_look=OUTCOME.__getitem__,
            outcome_words=OUTCOMES,
            assets=asset_version(),
            daily=DAILY,
            further=FURTHER,
            Access=Access,
        )
        self._environment.tests["open_to"] = lambda entry, visitor: visitor.may(entry.access)
        self._environment.filters["unit"] = unit_text
        self._environment.filters["capitalised"] = capitalised
        self._environment.filters["followed_by"] = _followed_by

    def counting(self, unreviewed: Callable[[], str]) -> Renderer:
        """Return this renderer with what tells how many results wait for a signature.

        It is asked on every page for those who may sign, and for nobody else; empty for none.
        """
        made = copy.copy(self)
        made.unreviewed = unreviewed
        return made

    def page(
        self,
        template: str,
        request: PageRequest,
        now: datetime,
        *,
        status: int = 200,
        **values: Any,
    ) -> PageReply:
        """Return a whole page, or a part of one, as `template` has it."""
        text = self._environment.get_template(template).render(
            visitor=request.visitor,
            confirmed=request.confirmed,
            now=self.clockwork.moment(now, now),
            when=self._moments(now),
            unreviewed=self.unreviewed,
            **values,
        )
        return PageReply(html=text, status=status)

    def message(
        self,
        request: PageRequest,
        now: datetime,
        title: str,
        text: str,
        *,
        here: str = "",
        status: int = 200,
    ) -> PageReply:
        """Return a page that says one thing; `here` is the entry of the navigation it belongs to."""
        return self.page(
            "message.html", request, now, status=status, here=here, title=title, text=text
        )

    def part(self, template: str, **values: Any) -> str:
        """Return a piece of a page that depends on nothing but its values."""
        return self._environment.get_template(template).render(**values)

    def fragment(
        self, template: str, request: PageRequest, now: datetime, **values: Any
    ) -> PageReply:
        """Return a part of a page that asks for it again and again, with its tag.

        The tag is of what is shown; a part that is shown already is answered with nothing.
        """
        reply = self.page(template, request, now, etag="", **values)
        tag = hashlib.sha256(reply.html.encode()).hexdigest()[:32]
        if request.if_none_match == tag:
            return PageReply(status=204, etag=tag)
        tagged = reply.html.replace('data-etag=""', f'data-etag="{tag}"', 1)
        return PageReply(html=tagged, etag=tag)

    def _moments(self, now: datetime) -> Any:
        def when(at: datetime | None) -> Moment | None:
            return self.clockwork.moment(at, now)

        return when


def _followed_by(word: str, text: str) -> str:
    """Return ``Word: text``, or the text alone when it begins with the word anyway."""
    if not text:
        return word
    if text.casefold().startswith(word.casefold()):
        return text[:1].upper() + text[1:]
    return f"{word}: {text}"


def _finalized(value: object) -> object:
    if isinstance(value, Markup):
        return value
    if isinstance(value, str):
        return visible(str(value))
    return "" if value is None else value


@lru_cache(maxsize=1)
def static_files() -> tuple[StaticFile, ...]:
    """Return every file that pages refer to, read once."""
    folder = resources.files("photopeak.web") / "static"
    found = []
    for parent in (folder, folder / "vendor"):
        prefix = "/static/" if parent is folder else "/static/vendor/"
        for entry in sorted(parent.iterdir(), key=lambda e: e.name):
            media_type = _MEDIA_TYPES.get(entry.name.rsplit(".", 1)[-1])
            if entry.is_file() and media_type is not None:
                found.append(
                    StaticFile(
                        path=prefix + entry.name, media_type=media_type, content=entry.read_bytes()
                    )
                )
    return tuple(found)


@lru_cache(maxsize=1)
def asset_version() -> str:
    """Return a word that changes with any of the files, for addresses that may be cached."""
    digest = hashlib.sha256()
    for file in static_files():
        digest.update(file.path.encode() + file.content)
    return digest.hexdigest()[:12]


def one_of(values: Mapping[str, str], name: str, allowed: frozenset[str]) -> str:
    """Return a parameter if it is one of the allowed words, else nothing."""
    value = values.get(name, "")
    return value if value in allowed else ""

"""A page: what is asked, what is answered, and who may ask. Pages know nothing of HTTP servers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from types import MappingProxyType

_NOTHING: Mapping[str, str] = MappingProxyType({})


def _nothing() -> Mapping[str, str]:
    return _NOTHING


class Access(IntEnum):
    """What a caller may do; each includes those before it. OPEN needs no credentials at all.

    OPERATE is the daily work of a technologist, REVIEW what a physicist answers for: signing off,
    baselines, excluding points.
    """

    OPEN = 0
    READ = 1
    OPERATE = 2
    REVIEW = 3
    ADMIN = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Who looks at a page. `csrf_token` goes into every form and every request that changes."""

    name: str
    access: Access
    csrf_token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """One request for a page; parameters are text as it came, checked by the page."""

    visitor: Visitor | None
    path: Mapping[str, str] = field(default_factory=_nothing)
    query: Mapping[str, str] = field(default_factory=_nothing)
    form: Mapping[str, str] = field(default_factory=_nothing)
    if_none_match: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageReply:
    """What is sent back: HTML, or nothing with a `location` to go on to.

    `etag` lets a page that asks again be told that nothing has changed.
    """

    html: str = ""
    status: int = 200
    location: str = ""
    etag: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One address and what answers there; `query` names the parameters it takes."""

    method: str
    path: str
    access: Access
    answer: Callable[[PageRequest], PageReply]
    query: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticFile:
    """A file that pages need: same for everyone, no data in it."""

    path: str
    media_type: str
    content: bytes

"""A page: what is asked, what is answered, and who may ask. Pages know nothing of HTTP servers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from pathlib import Path
from types import MappingProxyType

_NOTHING: Mapping[str, str] = MappingProxyType({})


def _nothing() -> Mapping[str, str]:
    return _NOTHING


class Access(IntEnum):
    """What a caller may do; each includes those before it. OPEN needs no credentials at all.

    OPERATE is the daily work of a technologist, REVIEW what a physicist answers for: signing off,
    baselines, excluding points. AUDIT is for administrators, and for auditors, who are readers
    otherwise: ask `may`, which knows.
    """

    OPEN = 0
    READ = 1
    OPERATE = 2
    REVIEW = 3
    AUDIT = 4
    ADMIN = 5


class Confirm(Enum):
    """Whether the person has to prove again who they are, with the field `password` of the form.

    RECENT asks when the last proof of the session is some minutes old; ALWAYS asks every time, as
    a signature needs it.
    """

    NO = "no"
    RECENT = "recent"
    ALWAYS = "always"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Who looks at a page. `csrf_token` goes into every form and every request that changes.

    `name` is for the records of what was done, `shown_name` for people to read. `id` is that of the
    user, or of the token; `session_id` that of this browser; `by_provider` tells that the proof of
    who they are is made at the identity provider, not with a password.
    """

    name: str
    access: Access
    csrf_token: str
    shown_name: str = ""
    auditor: bool = False
    id: str = ""
    session_id: str = ""
    by_token: bool = False
    by_provider: bool = False

    @property
    def known_as(self) -> str:
        """The name that people know this visitor by."""
        return self.shown_name or self.name

    def may(self, needed: Access) -> bool:
        """Tell whether this visitor may do what needs `needed`."""
        return may(self.access, needed, auditor=self.auditor)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """One request for a page; parameters are text as it came, checked by the page.

    `kept` is what pages had this browser keep, which it may have changed. `confirmed` tells that a
    page with ``Confirm.RECENT`` needs no password now. The password
    itself never reaches a page.
    """

    visitor: Visitor | None
    path: Mapping[str, str] = field(default_factory=_nothing)
    query: Mapping[str, str] = field(default_factory=_nothing)
    form: Mapping[str, str] = field(default_factory=_nothing)
    kept: Mapping[str, str] = field(default_factory=_nothing)
    if_none_match: str = ""
    confirmed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyFile:
    """A document in place of a page; `policy` is its own Content-Security-Policy, if it has one.

    A large one is handed over as a file at `path`, which is removed when it was sent.
    """

    content: bytes = b""
    media_type: str = "application/octet-stream"
    name: str = ""
    policy: str = ""
    path: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageReply:
    """What is sent back: HTML, a document of its own, or nothing with a `location` to go on to.

    `etag` lets a page that asks again be told that nothing has changed. What is to `keep`, by name,
    comes with every later request of this browser until it is closed.
    """

    html: str = ""
    status: int = 200
    location: str = ""
    etag: str = ""
    media_type: str = "text/html; charset=utf-8"
    file: ReplyFile | None = None
    keep: Mapping[str, str] = field(default_factory=_nothing)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One address and what answers there; `query` names the parameters it takes.

    One for the `kiosk` needs no credentials in the networks that the site names for its wall
    screens. With `confirm` the gate checks the form's password before anything happens: `answer` is called
    when it is right, `unconfirmed` when it is missing or wrong, to show the form again.
    """

    method: str
    path: str
    access: Access
    answer: Callable[[PageRequest], PageReply]
    query: tuple[str, ...] = ()
    kiosk: bool = False
    confirm: Confirm = Confirm.NO
    unconfirmed: Callable[[PageRequest], PageReply] | None = None

    def __post_init__(self) -> None:
        """Refuse a page that would not know what to do without a proof."""
        if (self.confirm is Confirm.NO) is not (self.unconfirmed is None):
            raise ValueError(f"{self.path} needs both confirm and unconfirmed, or neither")
        if self.confirm is not Confirm.NO and self.method != "POST":
            raise ValueError(f"{self.path} asks for a password, so it must be a POST")


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticFile:
    """A file that pages need: same for everyone, no data in it."""

    path: str
    media_type: str
    content: bytes


def may(granted: Access, needed: Access, *, auditor: bool) -> bool:
    """Tell whether somebody who is granted `granted` may do what needs `needed`."""
    return granted >= needed or (auditor and needed is Access.AUDIT)

"""People who use the service: their roles and what these allow, their names, their sessions."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from photopeak.model.page import Access

MAXIMUM_NAME_LENGTH = 64
"""Longest name to sign in with."""

_NAME = re.compile(r"[^\W_][\w.@-]*")


class Role(StrEnum):
    """What a person is to the service.

    A technologist does the daily work, a physicist answers for it, an admin keeps people, tokens
    and channels. An auditor reads everything, the audit trail too, and changes nothing.
    """

    VIEWER = "viewer"
    TECHNOLOGIST = "technologist"
    PHYSICIST = "physicist"
    ADMIN = "admin"
    AUDITOR = "auditor"


ACCESS_BY_ROLE: Mapping[Role, Access] = MappingProxyType(
    {
        Role.VIEWER: Access.READ,
        Role.TECHNOLOGIST: Access.OPERATE,
        Role.PHYSICIST: Access.REVIEW,
        Role.ADMIN: Access.ADMIN,
        Role.AUDITOR: Access.READ,
    }
)
"""What each role allows; the auditor has the audit trail besides."""

ACCESS_BY_SCOPE: Mapping[str, Access] = MappingProxyType(
    {
        "read": Access.READ,
        "operate": Access.OPERATE,
        "review": Access.REVIEW,
        "admin": Access.ADMIN,
    }
)
"""What the scope of a token allows; each includes those before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """One person.

    `name` is what one signs in with and what the audit trail says, `shown_name` what pages say.
    Somebody of an identity provider has no password here, and the role that the provider's groups
    give.
    """

    id: str
    name: str
    shown_name: str
    email: str
    role: Role
    has_password: bool
    of_provider: bool
    must_change_password: bool
    created_at: datetime
    created_by: str
    disabled_at: datetime | None
    last_signed_in_at: datetime | None

    @property
    def active(self) -> bool:
        """Whether this person may sign in."""
        return self.disabled_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """One browser that somebody is signed in with; `confirmed_at` is when they last proved themselves."""

    id: str
    user_id: str | None
    token_id: str | None
    opened_at: datetime
    used_at: datetime
    confirmed_at: datetime | None
    address: str
    browser: str


def sign_in_name(text: str) -> str:
    """Return a name as it is kept and compared: normalised, in lower case.

    Raises
    ------
    ValueError
        If it cannot be one.

    Examples
    --------
    >>> sign_in_name(" R.Chen ")
    'r.chen'
    """
    name = unicodedata.normalize("NFKC", text.strip()).casefold()
    if len(name) > MAXIMUM_NAME_LENGTH or not _NAME.fullmatch(name):
        raise ValueError(
            "a name has 1 to 64 letters, digits and . @ _ -, and begins with a letter or a digit"
        )
    return name

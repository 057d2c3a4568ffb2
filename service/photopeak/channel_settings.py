"""The ways by which messages leave the house: the sections of channels of ``alerts.toml``.

Nothing secret stands in the file: it names files that hold the secrets, which are read each time
something is sent, so that a secret is changed without a restart.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from email.headerregistry import Address
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, Field, field_validator, model_validator

from photopeak.model.messages import CHAT, MAIL, PACS, WEBHOOKS
from photopeak.secret_files import SecretFileError, read_secret, too_open
from photopeak.setting_values import Network
from photopeak.settings import Section

EventType = Literal[
    "series.received",
    "series.unmatched",
    "result.created",
    "result.warning",
    "result.action",
    "result.no_result",
    "test.overdue",
    "alert.opened",
    "alert.acknowledged",
    "alert.resolved",
    "alert.withdrawn",
    "baseline.accepted",
    "review.signed",
    "service.degraded",
]
"""What a webhook may be told of."""

EVENTS: tuple[EventType, ...] = EventType.__args__  # type: ignore[attr-defined]
"""All of them."""

_NUMERIC_HOST = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)", re.IGNORECASE)
_DEFAULT_PORTS = {"tls": 465, "starttls": 587, "none": 25}


def _address(value: str) -> str:
    if not value.isascii() or len(value) > 254 or not value.isprintable():
        raise ValueError("a mail address has printable ASCII characters, at most 254")
    try:
        address = Address(addr_spec=value)
    except Exception as error:
        raise ValueError("is no mail address; write it as name@example.org") from error
    if not address.username or not address.domain or " " in value:
        raise ValueError("is no mail address; write it as name@example.org")
    return value


MailAddress = Annotated[str, AfterValidator(_address)]
"""An address as it stands in the envelope, without a name."""


class MailSettings(Section):
    """``[mail]``: the mail server of the house."""

    host: str = Field(min_length=1, max_length=253)
    port: int | None = Field(None, ge=1, le=65535, description="None: 465, 587 or 25 by security")
    security: Literal["tls", "starttls", "none"] = "starttls"
    ca_file: Path | None = Field(
        None, description="PEM certificates to trust instead of the system's"
    )
    username: str = Field("", max_length=256)
    password_file: Path | None = None
    sender: MailAddress
    recipients: list[MailAddress] = Field(min_length=1, max_length=50)
    timeout_s: float = Field(30.0, gt=0.0, le=60.0)

    @model_validator(mode="after")
    def _login(self) -> MailSettings:
        if bool(self.username) != (self.password_file is not None):
            raise ValueError("username and password_file go together; give both or none")
        if self.username and self.security == "none":
            raise ValueError("a password is never sent without TLS; set security, or no username")
        if self.ca_file is not None and self.security == "none":
            raise ValueError("ca_file has no use without TLS; set security, or leave it out")
        return self

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        return self.host, self.port or _DEFAULT_PORTS[self.security]


class WebhookSettings(Section):
    """``[webhooks.NAME]``: a program that is told of events by HTTP."""

    url: str = Field(max_length=2000)
    secret_files: list[Path] = Field(
        min_length=1, max_length=2, description="the newest first; two while one replaces the other"
    )
    events: list[EventType] = Field(default_factory=lambda: list(EVENTS), min_length=1)
    networks: list[Network] = Field(
        default_factory=list, description="CIDR blocks that the address must lie in"
    )
    ca_file: Path | None = None
    timeout_s: float = Field(20.0, gt=0.0, le=30.0, description="for everything together")

    @field_validator("url")
    @classmethod
    def _url(cls, value: str) -> str:
        try:
            parts = urlsplit(value)
            port = parts.port
        except ValueError as error:
            raise ValueError("is no address; write it as https://host/path") from error
        if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
            raise ValueError("is no address; write it as https://host/path")
        if parts.username is not None or parts.fragment:
            raise ValueError("an address with a user, a password or a # is not used")
        if not value.isascii() or not value.isprintable() or " " in value:
            raise ValueError("an address has printable ASCII characters")
        _refuse_disguise(parts)
        return value


class ChatSettings(Section):
    """``[chat.NAME]``: a chat room, through apprise."""

    schemes: list[Annotated[str, Field(pattern=r"^[a-z0-9]{1,20}$")]] = Field(
        min_length=1, description="kinds of service that the address may name, such as mmosts"
    )
    url_file: Path = Field(description="holds the address of apprise, which is a secret")
    timeout_s: float = Field(20.0, gt=0.0, le=60.0)


ArchiveObject = Literal["sr", "sc"]
"""Structured report, or secondary capture."""


def _both() -> list[ArchiveObject]:
    return ["sr", "sc"]


class PacsSettings(Section):
    """``[pacs.NAME]``: an archive that results of images go to as DICOM objects."""

    host: str = Field(min_length=1, max_length=253)
    port: int = Field(104, ge=1, le=65535)
    ae_title: str = Field(
        pattern=r"^[\x21-\x5b\x5d-\x7e](?:[\x20-\x5b\x5d-\x7e]{0,14}[\x21-\x5b\x5d-\x7e])?$"
    )
    calling_ae_title: str = Field("", max_length=16, description="empty: that of the service")
    objects: list[ArchiveObject] = Field(default_factory=_both, min_length=1, max_length=2)
    tests: list[Annotated[str, Field(pattern=r"^[a-z0-9_]{1,64}$")]] = Field(
        default_factory=list, description="ids; empty: every test"
    )
    timeout_s: float = Field(60.0, gt=0.0, le=100.0, description="for each answer of the archive")


class ChannelSections(Section):
    """The sections of channels."""

    mail: MailSettings | None = None
    webhooks: dict[Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,40}$")], WebhookSettings] = Field(
        default_factory=dict
    )
    chat: dict[Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,40}$")], ChatSettings] = Field(
        default_factory=dict
    )
    pacs: dict[Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,40}$")], PacsSettings] = Field(
        default_factory=dict
    )

    def channel_names(self) -> tuple[str, ...]:
        """Return the names of all channels: mail, webhooks, chat, archives."""
        return (
            *([MAIL] if self.mail is not None else []),
            *(WEBHOOKS + name for name in self.webhooks),
            *(CHAT + name for name in self.chat),
            *(PACS + name for name in self.pacs),
        )

    def archives_of(self, test: str) -> tuple[str, ...]:
        """Return the archives that results of a test go to."""
        return tuple(
            PACS + name for name, pacs in self.pacs.items() if not pacs.tests or test in pacs.tests
        )

    def subscribed(self, event: str) -> tuple[str, ...]:
        """Return the webhooks that want to be told of an event."""
        return tuple(WEBHOOKS + n for n, hook in self.webhooks.items() if event in hook.events)

    def secret_files(self) -> dict[str, Path]:
        """Return the files that hold secrets, by the key that names them."""
        found = {}
        if self.mail is not None and self.mail.password_file is not None:
            found["mail.password_file"] = self.mail.password_file
        for name, hook in self.webhooks.items():
            for index, path in enumerate(hook.secret_files):
                found[f"webhooks.{name}.secret_files.{index}"] = path
        for name, room in self.chat.items():
            found[f"chat.{name}.url_file"] = room.url_file
        return found

    def channel_faults(self) -> list[str]:
        """Return what is wrong with the files that the sections name."""
        faults = []
        for key, path in self.secret_files().items():
            try:
                secret = read_secret(path)
                if key.startswith(WEBHOOKS):
                    webhook_key(secret)
            except SecretFileError as error:
                faults.append(f"{key}: {error}")
        certificates = {"mail.ca_file": self.mail.ca_file if self.mail else None}
        certificates |= {f"webhooks.{n}.ca_file": h.ca_file for n, h in self.webhooks.items()}
        for key, file in certificates.items():
            if file is not None and not file.is_file():
                faults.append(f"{key}: {file} is no file")
        return faults

    def channel_remarks(self) -> tuple[str, ...]:
        """Return a line for each secret that others on this machine may read."""
        found = ((key, too_open(path)) for key, path in self.secret_files().items())
        return tuple(f"{key}: {remark}" for key, remark in found if remark)

    def beside(self, folder: Path) -> dict[str, object]:
        """Return the sections with their paths counted from `folder`."""
        mail, hooks, rooms = self.mail, self.webhooks, self.chat
        if mail is not None:
            mail = mail.model_copy(
                update={
                    "password_file": _in(folder, mail.password_file),
                    "ca_file": _in(folder, mail.ca_file),
                }
            )
        hooks = {
            name: hook.model_copy(
                update={
                    "secret_files": [folder / path for path in hook.secret_files],
                    "ca_file": _in(folder, hook.ca_file),
                }
            )
            for name, hook in hooks.items()
        }
        rooms = {
            name: room.model_copy(update={"url_file": folder / room.url_file})
            for name, room in rooms.items()
        }
        return {"mail": mail, "webhooks": hooks, "chat": rooms}


def webhook_key(secret: str) -> bytes:
    """Return the key of a webhook from the text that Standard Webhooks gives it.

    Raises
    ------
    SecretFileError
        If it is not one; nothing of it is repeated.
    """
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        key = b""
    if not 24 <= len(key) <= 64:
        raise SecretFileError(
            "the secret of a webhook is whsec_ and 24 to 64 random bytes in base64;"
            " 'openssl rand -base64 32' makes such"
        )
    return key


def _refuse_disguise(parts: SplitResult) -> None:
    """Refuse a host that is an IPv4 address written so that people do not see which."""
    host = (parts.hostname or "").rstrip(".")
    if ":" in host:
        ipaddress.IPv6Address(host)
        return
    if _NUMERIC_HOST.fullmatch(host.rpartition(".")[2]):
        try:
            ipaddress.IPv4Address(host)
        except ValueError as error:
            raise ValueError(
                "the host is a number; write an IPv4 address as four decimal numbers"
            ) from error


def _in(folder: Path, path: Path | None) -> Path | None:
    return None if path is None else folder / path

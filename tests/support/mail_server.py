"""A mail server for tests, real on the wire, that fails in the ways in which mail servers fail."""

from __future__ import annotations

import asyncio
import ssl
import threading
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from types import TracebackType
from typing import Any, Self, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session


@dataclass
class Received:
    """A mail as it came: the envelope and what was in it."""

    recipients: list[str]
    mail: EmailMessage
    raw: bytes
    tls: bool


@dataclass
class MailServer:
    """Serves in a thread from ``with`` to the end of it.

    `mode` is ``ok``, ``greylist`` (451 to the first try of each recipient), ``reject`` (550),
    ``some`` (550 and 451 to those whose names say so), ``busy`` (421 at once), ``full`` (452 after
    the content), ``spam`` (554 after the content), ``drop`` (gone before the content), ``lost-ack``
    (kept, and gone before it says so), ``bad-quit`` and ``hang``.
    """

    mode: str = "ok"
    tls: ssl.SSLContext | None = None
    implicit_tls: bool = False
    password: str | None = None
    port: int = 0
    received: list[Received] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        started = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(started,), daemon=True)
        self._thread.start()
        assert started.wait(10.0)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(10.0)

    def _run(self, started: threading.Event) -> None:
        asyncio.run(self._serve(started))

    async def _serve(self, started: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        self._end = asyncio.Event()
        server = await self._loop.create_server(
            self._connection,
            "127.0.0.1",
            self.port,
            ssl=self.tls if self.implicit_tls else None,
        )
        self.port = server.sockets[0].getsockname()[1]
        started.set()
        await self._end.wait()
        server.close()

    def _connection(self) -> SMTP:
        return _Session(
            self,
            hostname="mail.test",
            tls_context=None if self.implicit_tls else self.tls,
            authenticator=self._authenticate if self.password is not None else None,
            auth_require_tls=not self.implicit_tls,
            timeout=10.0,
        )

    def _authenticate(self, *arguments: Any) -> AuthResult:
        login = arguments[-1]
        right = login.password == (self.password or "").encode()
        return AuthResult(success=right, handled=False)


class _Hooks:
    """What the protocol asks about each recipient and each mail."""

    def __init__(self, owner: MailServer) -> None:
        self._owner = owner

    async def handle_RCPT(  # noqa: N802 - the names of the library
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        mode = self._owner.mode
        known = address in self._owner.seen
        self._owner.seen.append(address)
        if mode == "reject" or (mode == "some" and address.startswith("gone")):
            return "550 5.1.1 no such user"
        if (mode == "greylist" and not known) or (mode == "some" and address.startswith("later")):
            return "451 4.7.1 greylisted, try again"
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - the names of the library
        mode = self._owner.mode
        if mode == "full":
            return "452 4.3.1 out of storage"
        if mode == "spam":
            return "554 5.7.1 looks like spam"
        raw = cast("bytes", envelope.content)
        self._owner.received.append(
            Received(
                recipients=list(envelope.rcpt_tos),
                mail=cast("EmailMessage", message_from_bytes(raw, policy=default)),
                raw=raw,
                tls=session.ssl is not None or self._owner.implicit_tls,
            )
        )
        if mode == "lost-ack":
            server.transport.abort()  # type: ignore[union-attr]
        return "250 kept"


class _Session(SMTP):
    def __init__(self, owner: MailServer, **options: Any) -> None:
        super().__init__(_Hooks(owner), **options)
        self._owner = owner

    async def smtp_EHLO(self, hostname: str) -> None:  # noqa: N802 - the names of the library
        if self._owner.mode == "hang":
            await self._owner._end.wait()
        if self._owner.mode == "busy":
            await self.push("421 4.3.2 come back later")
            self.transport.close()  # type: ignore[union-attr]
            return
        await super().smtp_EHLO(hostname)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - the names of the library
        if self._owner.mode == "drop":
            await self.push("354 go on")
            self.transport.abort()  # type: ignore[union-attr]
            return
        await super().smtp_DATA(arg)

    async def smtp_QUIT(self, arg: str) -> None:  # noqa: N802 - the names of the library
        if self._owner.mode == "bad-quit":
            await self.push("500 what did you say?")
            return
        await super().smtp_QUIT(arg)

"""E-mail by SMTP: over TLS when that is configured and never otherwise, each recipient on its own.

The same message always has the same ``Message-ID``, so that a server or a reader that got it twice
can tell.
"""

from __future__ import annotations

import smtplib
import socket
import ssl
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from photopeak.channel_settings import MailSettings
from photopeak.model.messages import MAIL, Attempt, Letter, Message, MessageRecord, Outcome
from photopeak.secret_files import SecretFileError, read_secret

LONGEST_EXCHANGE_S = 120.0
"""One attempt ends after this, however busily the server talks; less than a lease."""
_PERMANENT = 500
_READY = 220
_DONE = 250
_KEPT_CHARACTERS = 500


class StrippedTlsError(Exception):
    """The server does not offer the TLS that it must; nothing was sent."""


@dataclass(slots=True)
class _Answers:
    """What the server said to each recipient who was not accepted."""

    accepted: list[str] = field(default_factory=list)
    later: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    never: dict[str, tuple[int, bytes]] = field(default_factory=dict)


class MailChannel:
    """The mail server of the house.

    Parameters
    ----------
    write
        Puts a message into words; told whether a picture goes with it.
    picture
        The picture of a message as PNG, None when it has none.
    """

    def __init__(
        self,
        settings: MailSettings,
        *,
        write: Callable[[Message, bool], Letter],
        picture: Callable[[Message], bytes | None],
        exchange_s: float = LONGEST_EXCHANGE_S,
    ) -> None:
        self.name = MAIL
        self._settings = settings
        self._write = write
        self._picture = picture
        self._exchange_s = exchange_s

    def deliver(self, record: MessageRecord) -> Attempt:
        """Send a message once, and tell what came of it."""
        recipients = self._recipients(record)
        try:
            mail = self.compose(record.message)
            return self._send(mail, recipients)
        except StrippedTlsError as error:
            return _later(str(error))
        except SecretFileError as error:
            return _later(f"nothing was sent: {error}")
        except ssl.SSLCertVerificationError as error:
            return _later(f"the certificate of the server is not trusted: {error.verify_message}")
        except ssl.SSLError as error:
            return _later(f"no TLS with the server: {error.reason or 'broken off'}")
        except smtplib.SMTPAuthenticationError as error:
            return _later("the server refuses the login", error.smtp_code, error.smtp_error)
        except smtplib.SMTPDataError as error:
            return _judged("the server refuses the message", error.smtp_code, error.smtp_error)
        except smtplib.SMTPResponseException as error:
            return _later("the server refuses the connection", error.smtp_code, error.smtp_error)
        except (smtplib.SMTPException, OSError) as error:
            if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
                return _later(f"the server did not answer within {self._settings.timeout_s:g} s")
            text = str(error).strip().partition("\n")[0] or type(error).__name__
            return _later(f"the connection failed: {text[:200]}")

    def compose(self, message: Message) -> EmailMessage:
        """Return the mail of a message, the same each time."""
        settings = self._settings
        picture = self._picture(message)
        letter = self._write(message, picture is not None)
        domain = settings.sender.rpartition("@")[2]
        mail = EmailMessage(policy=SMTP)
        mail["Subject"] = letter.subject
        mail["From"] = settings.sender
        mail["To"] = ", ".join(message.recipients or settings.recipients)
        mail["Date"] = format_datetime(message.created_at)
        mail["Message-ID"] = f"<{message.id}@{domain}>"
        if message.alert_ids:
            # Mail programs show what is about the same alert as one conversation.
            mail["References"] = f"<alert-{message.alert_ids[0]}@{domain}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(letter.text)
        mail.add_alternative(letter.html, subtype="html")
        if picture is not None:
            html = mail.get_payload()[1]  # type: ignore[index]
            html.add_related(  # type: ignore[union-attr]
                picture,
                "image",
                "png",
                cid="<picture>",
                filename="figure.png",
                disposition="inline",
            )
        return mail

    def _recipients(self, record: MessageRecord) -> tuple[str, ...]:
        if record.remaining is not None:
            return record.remaining
        return record.message.recipients or tuple(self._settings.recipients)

    def _send(self, mail: EmailMessage, recipients: tuple[str, ...]) -> Attempt:
        deadline = time.monotonic() + self._exchange_s
        with _leaving(open_connection(self._settings)) as smtp:
            self._mind(smtp, deadline)
            code, said = smtp.mail(self._settings.sender)
            if code >= 400:
                return _judged("the server refuses the sender", code, said)
            answers = _Answers()
            for recipient in recipients:
                self._mind(smtp, deadline)
                code, said = smtp.rcpt(recipient)
                if code < 400:
                    answers.accepted.append(recipient)
                else:
                    kind = answers.never if code >= _PERMANENT else answers.later
                    kind[recipient] = (code, said)
            if answers.accepted:
                self._mind(smtp, deadline)
                code, said = smtp.data(mail.as_bytes())
                if code >= 400:
                    return _judged("the server refuses the message", code, said)
            return _of_recipients(answers)

    def _mind(self, smtp: smtplib.SMTP, deadline: float) -> None:
        """Let the next exchange take no longer than what is left."""
        left = deadline - time.monotonic()
        if left <= 0.0 or smtp.sock is None:
            raise TimeoutError
        smtp.sock.settimeout(min(left, self._settings.timeout_s))


@contextmanager
def _leaving(smtp: smtplib.SMTP) -> Generator[smtplib.SMTP]:
    """Take leave at the end; how the server takes it changes nothing about what it has taken."""
    try:
        yield smtp
        with suppress(smtplib.SMTPException, OSError):
            smtp.quit()
    finally:
        smtp.close()


def open_connection(settings: MailSettings) -> smtplib.SMTP:
    """Connect and log in, over TLS where that is configured.

    Raises
    ------
    StrippedTlsError
        If the server does not offer STARTTLS though it is required.
    OSError, smtplib.SMTPException
        If there is no such server, or it does not let this service in.
    """
    host, port = settings.address
    name, timeout_s = socket.gethostname(), settings.timeout_s
    smtp: smtplib.SMTP
    if settings.security == "tls":
        smtp = smtplib.SMTP_SSL(host, port, name, timeout=timeout_s, context=_tls(settings))
    else:
        smtp = smtplib.SMTP(host, port, name, timeout=timeout_s)
    try:
        _greet(smtp)
        if settings.security == "starttls":
            if not smtp.has_extn("starttls"):
                raise StrippedTlsError("the server offers no STARTTLS: nothing was sent")
            code, _ = smtp.starttls(context=_tls(settings))
            if code != _READY:
                raise StrippedTlsError("the server refuses STARTTLS: nothing was sent")
            _greet(smtp)
        if settings.password_file is not None:
            smtp.login(settings.username, read_secret(settings.password_file))
    except BaseException:
        smtp.close()
        raise
    return smtp


def _greet(smtp: smtplib.SMTP) -> None:
    code, said = smtp.ehlo()
    if code >= _PERMANENT:
        code, said = smtp.helo()
    if code != _DONE:
        raise smtplib.SMTPHeloError(code, said)


def _tls(settings: MailSettings) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=settings.ca_file)


def _of_recipients(answers: _Answers) -> Attempt:
    """Return what came of a message, some of whose recipients may have been refused."""
    refused = _listed(answers.never)
    if answers.later:
        what = "sent to some, " if answers.accepted else ""
        detail = f"{what}to be tried again for {_listed(answers.later)}"
        code, said = next(iter(answers.later.values()))
        return Attempt(
            outcome=Outcome.RETRY,
            code=code,
            answer=_text(said),
            detail=f"{detail}; refused for good: {refused}" if refused else detail,
            remaining=tuple(answers.later),
            refused=tuple(answers.never),
        )
    if answers.accepted:
        return Attempt(
            outcome=Outcome.SENT,
            code=_DONE,
            detail=f"sent, but refused for good: {refused}" if refused else "sent",
            refused=tuple(answers.never),
        )
    code, said = next(iter(answers.never.values()))
    return Attempt(
        outcome=Outcome.REFUSED,
        code=code,
        detail=f"refused for good: {refused}",
        answer=_text(said),
        refused=tuple(answers.never),
    )


def _listed(answers: Mapping[str, tuple[int, bytes]]) -> str:
    return ", ".join(f"{recipient} ({code})" for recipient, (code, _) in answers.items())


def _judged(what: str, code: int, said: bytes | str) -> Attempt:
    outcome = Outcome.REFUSED if code >= _PERMANENT else Outcome.RETRY
    return Attempt(outcome=outcome, detail=f"{what} ({code})", code=code, answer=_text(said))


def _later(detail: str, code: int | None = None, said: bytes | str = b"") -> Attempt:
    return Attempt(outcome=Outcome.RETRY, detail=detail, code=code, answer=_text(said))


def _text(said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return text[:_KEPT_CHARACTERS]

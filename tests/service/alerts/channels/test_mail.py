"""Mail against a real server that fails in the ways in which mail servers do."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from photopeak.alerts.channels.mail import MailChannel
from photopeak.channel_settings import MailSettings
from photopeak.model.messages import (
    Attempt,
    DeliveryState,
    Message,
    MessageRecord,
    Outcome,
)
from photopeak.reports.letters import Writer
from support.certificates import make_authority, make_member
from support.mail_server import MailServer
from support.messages import line, message

PICTURE = b"\x89PNG\r\n\x1a\n not a picture, but nobody looks"
WRITER = Writer(site="Testby", language="en", time_zone="UTC", public_url="https://qc.example.org")


def settings(server: MailServer, **changes: Any) -> MailSettings:
    values: dict[str, Any] = {
        "host": "localhost",
        "port": server.port,
        "security": "none",
        "sender": "photopeak@example.org",
        "recipients": ["physics@example.org"],
        "timeout_s": 5.0,
    }
    return MailSettings(**{**values, **changes})


def channel(server: MailServer, *, exchange_s: float = 10.0, **changes: Any) -> MailChannel:
    return MailChannel(
        settings(server, **changes),
        write=WRITER.write,
        picture=lambda whole: PICTURE if whole.result_id else None,
        exchange_s=exchange_s,
    )


def record(whole: Message | None = None, *, remaining: tuple[str, ...] | None = None) -> Any:
    return MessageRecord(
        message=whole or message(),
        state=DeliveryState.QUEUED,
        attempts=1,
        due_at=None,
        sent_at=None,
        detail="",
        remaining=remaining,
    )


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mail-tls")
    make_member(folder, "server", make_authority(folder, "house"))
    make_authority(folder, "stranger")
    return folder


@pytest.fixture(scope="module")
def tls(certificates: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "server.pem", certificates / "server.key")
    return context


@pytest.fixture
def plain() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


def test_a_mail_has_text_html_and_the_picture_inline(plain: MailServer) -> None:
    whole = message(result_id="r-1")

    done = channel(plain).deliver(record(whole))

    assert (done.outcome, done.code) == (Outcome.SENT, 250)
    (received,) = plain.received
    mail = received.mail
    assert mail["Message-ID"] == f"<{whole.id}@example.org>"
    assert mail["References"] == "<alert-a-1@example.org>"
    assert mail["Auto-Submitted"] == "auto-generated"
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    assert text.get_content().startswith("Symbia 1, Intrinsic uniformity (detector 2): Integral")
    assert 'src="cid:picture"' in html.get_content()
    (picture,) = [part for part in mail.walk() if part.get_content_type() == "image/png"]
    assert picture["Content-ID"] == "<picture>"
    assert picture.get_content() == PICTURE
    assert "Content-Disposition: inline" in received.raw.decode()


def test_the_same_message_is_the_same_mail_each_time(plain: MailServer) -> None:
    mine, whole = channel(plain), message()

    assert mine.compose(whole)["Message-ID"] == mine.compose(whole)["Message-ID"]
    assert mine.compose(whole)["Date"] == mine.compose(whole)["Date"]


def test_nothing_in_a_message_becomes_a_header_or_markup(plain: MailServer) -> None:
    evil = "x\r\nBcc: thief@example.org\r\n\r\n<script>alert(1)</script>\u202e"
    whole = message(lines=(line(device=evil, title=evil, text=evil, value=None),), title=evil)

    assert channel(plain).deliver(record(whole)).outcome is Outcome.SENT
    mail = plain.received[0].mail
    assert mail["Bcc"] is None
    assert "\n" not in str(mail["Subject"])
    html = mail.get_body(("html",))
    assert html is not None
    assert "<script>" not in html.get_content()
    assert "&lt;script&gt;" in html.get_content()
    assert "\u202e" not in html.get_content()


def test_recipients_of_the_message_stand_above_those_of_the_site(plain: MailServer) -> None:
    whole = message(recipients=("chief@example.org", "deputy@example.org"))

    assert channel(plain).deliver(record(whole)).outcome is Outcome.SENT
    assert plain.received[0].recipients == ["chief@example.org", "deputy@example.org"]


@pytest.mark.parametrize(
    ("mode", "outcome", "code", "detail"),
    [
        ("greylist", Outcome.RETRY, 451, "to be tried again for physics@example.org (451)"),
        ("reject", Outcome.REFUSED, 550, "refused for good: physics@example.org (550)"),
        ("full", Outcome.RETRY, 452, "the server refuses the message (452)"),
        ("spam", Outcome.REFUSED, 554, "the server refuses the message (554)"),
        ("busy", Outcome.RETRY, 421, "the server refuses the connection"),
        ("drop", Outcome.RETRY, None, "the connection failed"),
        ("lost-ack", Outcome.RETRY, None, "the connection failed"),
    ],
)
def test_what_a_server_answers_decides_whether_it_is_tried_again(
    mode: str, outcome: Outcome, code: int | None, detail: str
) -> None:
    with MailServer(mode) as server:
        done = channel(server).deliver(record())

    assert (done.outcome, done.code) == (outcome, code)
    assert done.detail.startswith(detail)


def test_a_greylisted_mail_is_taken_the_second_time() -> None:
    with MailServer("greylist") as server:
        assert channel(server).deliver(record()).outcome is Outcome.RETRY
        assert channel(server).deliver(record()).outcome is Outcome.SENT


def test_after_a_lost_answer_the_same_mail_comes_again() -> None:
    whole = message()
    with MailServer("lost-ack") as server:
        assert channel(server).deliver(record(whole)).outcome is Outcome.RETRY
        server.mode = "ok"
        assert channel(server).deliver(record(whole)).outcome is Outcome.SENT

    assert len(server.received) == 2
    assert {r.mail["Message-ID"] for r in server.received} == {f"<{whole.id}@example.org>"}


def test_each_recipient_has_an_end_of_its_own() -> None:
    everybody = ("here@example.org", "gone@example.org", "later@example.org")
    whole = message(recipients=everybody)
    with MailServer("some") as server:
        done = channel(server).deliver(record(whole))
        assert done.outcome is Outcome.RETRY
        assert done.remaining == ("later@example.org",)
        assert done.refused == ("gone@example.org",)
        assert "refused for good: gone@example.org (550)" in done.detail
        server.mode = "ok"
        rest = channel(server).deliver(record(whole, remaining=done.remaining))

    assert rest.outcome is Outcome.SENT
    assert [r.recipients for r in server.received] == [["here@example.org"], ["later@example.org"]]


def test_a_refused_recipient_beside_one_who_got_it_is_told() -> None:
    whole = message(recipients=("here@example.org", "gone@example.org"))
    with MailServer("some") as server:
        done = channel(server).deliver(record(whole))

    assert done.outcome is Outcome.SENT
    assert done.detail == "sent, but refused for good: gone@example.org (550)"


def test_how_a_server_takes_leave_changes_nothing() -> None:
    with MailServer("bad-quit") as server:
        assert channel(server).deliver(record()).outcome is Outcome.SENT


def test_a_server_that_hangs_is_left_in_time() -> None:
    with MailServer("hang") as server:
        done = channel(server, timeout_s=0.2).deliver(record())

    assert done == Attempt(outcome=Outcome.RETRY, detail="the server did not answer within 0.2 s")


def test_an_exchange_that_drags_on_ends() -> None:
    with MailServer() as server:
        done = channel(server, exchange_s=0.0).deliver(record())

    assert done.outcome is Outcome.RETRY
    assert server.received == []


def test_a_server_that_is_not_there_is_tried_again(plain: MailServer) -> None:
    nowhere = channel(plain, host="no-such-host.invalid").deliver(record())

    assert nowhere.outcome is Outcome.RETRY
    assert nowhere.detail.startswith("the connection failed")


def test_over_starttls_with_a_login(
    certificates: Path, tls: ssl.SSLContext, tmp_path: Path
) -> None:
    secret = tmp_path / "password"
    secret.write_text("correct horse\n")
    with MailServer(tls=tls, password="correct horse") as server:
        options = {
            "security": "starttls",
            "ca_file": certificates / "house.pem",
            "username": "photopeak",
            "password_file": secret,
        }
        assert channel(server, **options).deliver(record()).outcome is Outcome.SENT
        assert server.received[0].tls
        secret.write_text("wrong horse")
        done = channel(server, **options).deliver(record())

    assert done.outcome is Outcome.RETRY
    assert (done.code, done.detail) == (535, "the server refuses the login")
    assert "horse" not in done.answer


def test_over_tls_from_the_start(certificates: Path, tls: ssl.SSLContext) -> None:
    with MailServer(tls=tls, implicit_tls=True) as server:
        mine = channel(server, security="tls", ca_file=certificates / "house.pem")
        assert mine.deliver(record()).outcome is Outcome.SENT
        assert server.received[0].tls


def test_nothing_is_sent_when_starttls_was_stripped(certificates: Path) -> None:
    with MailServer() as server:
        mine = channel(server, security="starttls", ca_file=certificates / "house.pem")
        done = mine.deliver(record())

    assert done.detail == "the server offers no STARTTLS: nothing was sent"
    assert (server.received, server.seen) == ([], [])


@pytest.mark.parametrize("implicit", [True, False])
def test_nothing_is_sent_to_a_server_of_a_strange_certificate(
    certificates: Path, tls: ssl.SSLContext, implicit: bool
) -> None:
    with MailServer(tls=tls, implicit_tls=implicit) as server:
        security = "tls" if implicit else "starttls"
        for ca_file in (certificates / "stranger.pem", None):
            done = channel(server, security=security, ca_file=ca_file).deliver(record())
            assert done.outcome is Outcome.RETRY
            assert done.detail.startswith("the certificate of the server is not trusted")

    assert (server.received, server.seen) == ([], [])


def test_a_certificate_of_another_name_is_not_trusted(
    certificates: Path, tls: ssl.SSLContext
) -> None:
    with MailServer(tls=tls, implicit_tls=True) as server:
        mine = channel(server, host="127.0.0.1", security="tls", ca_file=certificates / "house.pem")
        done = mine.deliver(record())

    assert done.detail.startswith("the certificate of the server is not trusted")


def test_a_secret_that_is_gone_is_told_and_nothing_is_sent(
    certificates: Path, tls: ssl.SSLContext, tmp_path: Path
) -> None:
    with MailServer(tls=tls, password="x") as server:
        mine = channel(
            server,
            security="starttls",
            ca_file=certificates / "house.pem",
            username="photopeak",
            password_file=tmp_path / "absent",
        )
        done = mine.deliver(record())

    assert done.detail.startswith("nothing was sent")
    assert server.received == []

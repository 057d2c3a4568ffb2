"""Webhooks against a real receiver that fails in every way, and against addresses that are traps."""

from __future__ import annotations

import base64
import json
import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from photopeak.alerts.channels.webhook import LARGEST_ANSWER_BYTES, WebhookChannel, payload
from photopeak.channel_settings import WebhookSettings
from photopeak.model.messages import DeliveryState, Message, MessageRecord, Outcome
from support.certificates import make_authority, make_member
from support.http_receiver import HttpReceiver
from support.messages import line, message

NEW = "whsec_" + base64.b64encode(b"n" * 32).decode()
OLD = "whsec_" + base64.b64encode(b"o" * 32).decode()
LOOPBACK = ["127.0.0.0/8"]


@pytest.fixture
def receiver() -> Iterator[HttpReceiver]:
    with HttpReceiver() as server:
        yield server


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    file = tmp_path / "secret"
    file.write_text(NEW)
    return file


def channel(url: str, *secrets: Path, **changes: Any) -> WebhookChannel:
    options = {k: changes.pop(k) for k in ("clock", "resolver") if k in changes}
    values: dict[str, Any] = {"networks": LOOPBACK, "timeout_s": 5.0, **changes}
    return WebhookChannel(
        "bus",
        WebhookSettings(url=url, secret_files=list(secrets), **values),
        public_url="https://qc.example.org/",
        software="Photopeak/1",
        **options,
    )


def record(whole: Message | None = None) -> MessageRecord:
    return MessageRecord(
        message=whole or message(channel="webhooks.bus"),
        state=DeliveryState.QUEUED,
        attempts=1,
        due_at=None,
        sent_at=None,
        detail="",
        remaining=None,
    )


def test_a_webhook_is_thin_signed_and_under_the_id_of_its_message(
    receiver: HttpReceiver, secret: Path
) -> None:
    whole = message(channel="webhooks.bus", lines=(line(text="MUSTER^HANS 1960"),))

    done = channel(receiver.url("/ok"), secret).deliver(record(whole))

    assert (done.outcome, done.code) == (Outcome.SENT, 200)
    (post,) = receiver.posts
    assert post.headers["webhook-id"] == whole.id
    assert post.headers["host"] == f"127.0.0.1:{receiver.port}"
    told = Webhook(NEW).verify(post.body, post.headers)
    assert told == {
        "type": "result.action",
        "timestamp": "2026-03-02T06:45:00+00:00",
        "data": {
            "items": [
                {
                    "device": "symbia-1",
                    "test": "intrinsic_uniformity",
                    "detector": 2,
                    "status": "action",
                    "rule": "mandatory",
                    "since": "2026-03-02T06:45:00+00:00",
                    "alert": "a-1",
                    "result": "r-1",
                    "link": "https://qc.example.org/results/r-1",
                }
            ],
            "link": "https://qc.example.org/alerts/a-1",
            "alerts": ["a-1"],
        },
    }
    assert b"MUSTER" not in post.body


def test_while_a_secret_is_replaced_the_receiver_may_know_either(
    receiver: HttpReceiver, secret: Path, tmp_path: Path
) -> None:
    old = tmp_path / "old"
    old.write_text(OLD)

    channel(receiver.url("/ok"), secret, old).deliver(record())

    (post,) = receiver.posts
    for key in (NEW, OLD):
        Webhook(key).verify(post.body, post.headers)
    stranger = "whsec_" + base64.b64encode(b"s" * 32).decode()
    with pytest.raises(WebhookVerificationError):
        Webhook(stranger).verify(post.body, post.headers)


def test_a_secret_is_replaced_without_a_restart(receiver: HttpReceiver, secret: Path) -> None:
    mine = channel(receiver.url("/ok"), secret)
    mine.deliver(record())
    secret.write_text(OLD)
    mine.deliver(record())

    Webhook(OLD).verify(receiver.posts[1].body, receiver.posts[1].headers)


def test_every_try_has_the_same_id_and_a_fresh_timestamp(
    receiver: HttpReceiver, secret: Path
) -> None:
    now = [datetime.now(UTC) - timedelta(minutes=4)]
    mine = channel(receiver.url("/ack-then-reset"), secret, clock=lambda: now[0])
    whole = message(channel="webhooks.bus")
    assert mine.deliver(record(whole)).outcome is Outcome.RETRY
    now[0] = datetime.now(UTC)
    receiver.answers["/ack-then-reset"] = ["ok"]
    assert mine.deliver(record(whole)).outcome is Outcome.SENT

    first, second = receiver.posts
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == whole.id
    assert int(second.headers["webhook-timestamp"]) - int(first.headers["webhook-timestamp"]) > 200
    for post in receiver.posts:
        Webhook(NEW).verify(post.body, post.headers)


@pytest.mark.parametrize(
    ("path", "outcome", "code", "detail"),
    [
        ("/204", Outcome.SENT, 204, "answered 204"),
        ("/500", Outcome.RETRY, 500, "answered 500"),
        ("/429", Outcome.RETRY, 429, "answered 429"),
        ("/404", Outcome.RETRY, 404, "answered 404"),
        ("/301", Outcome.RETRY, 301, "answered 301: redirects are not followed"),
        ("/410", Outcome.GONE, 410, "answered 410"),
        ("/reset", Outcome.RETRY, None, None),
        (
            "/close",
            Outcome.RETRY,
            None,
            "the connection failed: Server disconnected without sending a response.",
        ),
        ("/bad-http", Outcome.RETRY, None, None),
        ("/gzip-bomb", Outcome.RETRY, 500, "answered 500"),
        ("/chunks", Outcome.RETRY, 500, "answered 500"),
        ("/chunks-after-200", Outcome.SENT, 200, "answered 200"),
        ("/chunk-without-end", Outcome.RETRY, 500, "answered 500"),
        ("/two-lengths", Outcome.RETRY, None, None),
        ("/no-status", Outcome.RETRY, None, None),
        ("/half-a-line", Outcome.RETRY, None, None),
        ("/endless-head", Outcome.RETRY, None, None),
        ("/upgrade", Outcome.RETRY, None, None),
        ("/come-back-at-no-time", Outcome.RETRY, 503, "answered 503"),
        ("/control-characters", Outcome.RETRY, 500, "answered 500"),
    ],
)
def test_only_two_hundred_and_something_is_success(
    receiver: HttpReceiver,
    secret: Path,
    path: str,
    outcome: Outcome,
    code: int | None,
    detail: str | None,
) -> None:
    done = channel(receiver.url(path), secret).deliver(record())

    assert (done.outcome, done.code) == (outcome, code)
    assert done.detail == detail or detail is None
    assert len(receiver.posts) == 1


def test_the_beginning_of_an_answer_is_kept_and_nothing_that_is_packed(
    receiver: HttpReceiver, secret: Path
) -> None:
    assert channel(receiver.url("/500"), secret).deliver(record()).answer == "answer 500"
    assert channel(receiver.url("/gzip-bomb"), secret).deliver(record()).answer == ""


def test_retry_after_is_heard(receiver: HttpReceiver, secret: Path) -> None:
    done = channel(receiver.url("/retry-after"), secret).deliver(record())

    assert (done.code, done.retry_after_s) == (503, 7200.0)


def test_retry_after_is_heard_as_a_date_too(receiver: HttpReceiver, secret: Path) -> None:
    now = datetime(2099, 12, 31, 22, 0, tzinfo=UTC)
    mine = channel(receiver.url("/come-back-at"), secret, clock=lambda: now)

    assert mine.deliver(record()).retry_after_s == 7200.0


@pytest.mark.parametrize("path", ["/hang", "/drip-head"])
def test_an_answer_that_does_not_come_is_waited_for_a_bounded_time(
    receiver: HttpReceiver, secret: Path, path: str
) -> None:
    began = time.monotonic()
    done = channel(receiver.url(path), secret, timeout_s=0.3).deliver(record())

    assert (done.outcome, done.detail) == (Outcome.RETRY, "no answer within 0.3 s")
    assert time.monotonic() - began < 8.0


def test_a_body_that_drips_is_not_waited_for(receiver: HttpReceiver, secret: Path) -> None:
    began = time.monotonic()
    done = channel(receiver.url("/drip-body"), secret, timeout_s=0.3).deliver(record())

    assert (done.outcome, done.code) == (Outcome.RETRY, 500)
    assert time.monotonic() - began < 8.0


def test_of_a_huge_answer_little_is_read(receiver: HttpReceiver, secret: Path) -> None:
    done = channel(receiver.url("/huge"), secret).deliver(record())

    assert (done.outcome, done.code) == (Outcome.RETRY, 500)
    # What the sockets hold is on its way; a gigabyte is not.
    assert receiver.sent_bytes < LARGEST_ANSWER_BYTES + 16_000_000
    assert len(done.answer) == 500


def test_a_redirect_is_not_followed(receiver: HttpReceiver, secret: Path) -> None:
    with HttpReceiver(host="127.0.0.77") as trap:
        receiver.elsewhere = trap.url("/ok")
        done = channel(receiver.url("/redirect"), secret).deliver(record())

    assert (done.outcome, done.code) == (Outcome.RETRY, 307)
    assert trap.connections == 0


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "169.254.169.254", "[::1]", "0.0.0.0", "[::ffff:127.0.0.1]", "224.0.0.1"]
)
def test_nothing_is_sent_to_an_address_that_nobody_listed(
    receiver: HttpReceiver, secret: Path, host: str
) -> None:
    url = receiver.url("/ok", host)
    done = channel(url, secret, networks=[], timeout_s=2.0).deliver(record())

    assert done.outcome is Outcome.RETRY
    assert done.detail.startswith("nothing was sent: ")
    assert receiver.connections == 0


def test_a_name_that_leads_inside_is_refused_whatever_else_it_leads_to(
    receiver: HttpReceiver, secret: Path
) -> None:
    url = receiver.url("/ok", "rebind.example.org")
    mine = channel(
        url, secret, networks=[], resolver=lambda *_: ["93.184.216.34", "127.0.0.1"], timeout_s=2.0
    )

    assert mine.deliver(record()).detail.startswith("nothing was sent: 127.0.0.1")
    assert receiver.connections == 0


def test_the_connection_goes_to_the_address_that_was_checked(
    receiver: HttpReceiver, secret: Path
) -> None:
    asked = []

    def resolver(host: str, port: int) -> list[str]:
        asked.append((host, port))
        # A second question would be answered with a trap.
        return ["127.0.0.1"] if len(asked) == 1 else ["127.0.0.77"]

    url = receiver.url("/ok", "bus.example.org")
    done = channel(url, secret, resolver=resolver).deliver(record())

    assert done.outcome is Outcome.SENT
    assert asked == [("bus.example.org", receiver.port)]
    assert receiver.posts[0].headers["host"] == f"bus.example.org:{receiver.port}"


def test_a_name_that_nobody_knows_and_one_that_takes_for_ever(
    receiver: HttpReceiver, secret: Path
) -> None:
    def slow(*_: object) -> list[str]:
        time.sleep(1.0)
        return ["127.0.0.1"]

    url = receiver.url("/ok", "no-such-host.invalid")
    assert channel(url, secret).deliver(record()).outcome is Outcome.RETRY
    done = channel(url, secret, resolver=slow, timeout_s=0.1).deliver(record())
    assert done.detail == "no answer within 0.1 s"


def test_over_tls_the_name_and_not_the_address_is_verified(secret: Path, tmp_path: Path) -> None:
    make_member(tmp_path, "server", make_authority(tmp_path, "house"))
    make_authority(tmp_path, "stranger")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(tmp_path / "server.pem", tmp_path / "server.key")
    with HttpReceiver(tls=tls) as server:
        named = server.url("/ok", "localhost")
        house = tmp_path / "house.pem"
        options: dict[str, Any] = {"resolver": lambda *_: ["127.0.0.1"]}
        assert channel(named, secret, ca_file=house, **options).deliver(record()).code == 200
        for url, ca_file in (
            (named, None),
            (named, tmp_path / "stranger.pem"),
            (server.url("/ok"), house),
        ):
            done = channel(url, secret, ca_file=ca_file, **options).deliver(record())
            assert done.outcome is Outcome.RETRY
            assert "certificate verify failed" in done.detail
        assert len(server.posts) == 1


def test_nothing_is_sent_to_a_receiver_whose_certificate_has_expired(
    secret: Path, tmp_path: Path
) -> None:
    yesterday = datetime.now(UTC) - timedelta(hours=1)
    make_member(tmp_path, "server", make_authority(tmp_path, "house"), until=yesterday)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(tmp_path / "server.pem", tmp_path / "server.key")
    with HttpReceiver(tls=tls) as server:
        done = channel(
            server.url("/ok", "localhost"),
            secret,
            ca_file=tmp_path / "house.pem",
            resolver=lambda *_: ["127.0.0.1"],
        ).deliver(record())

    assert (done.outcome, "certificate has expired" in done.detail) == (Outcome.RETRY, True)
    assert server.posts == []


def test_a_secret_that_is_none_is_told_without_repeating_it(
    receiver: HttpReceiver, secret: Path
) -> None:
    secret.write_text("hunter2")
    done = channel(receiver.url("/ok"), secret).deliver(record())

    assert done.detail.startswith("nothing was sent: the secret of a webhook is whsec_")
    assert "hunter2" not in done.detail
    assert receiver.posts == []


def test_a_payload_stays_small_however_much_there_is_to_tell() -> None:
    many = message(channel="webhooks.bus", lines=tuple(line() for _ in range(500)))
    told = payload(many, "https://qc.example.org")

    assert told["data"]["left_out"] == 460
    assert len(json.dumps(told)) < 20_000

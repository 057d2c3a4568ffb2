"""Webhooks by the Standard Webhooks specification: thin, signed, one id for every try."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpcore
import httpx
from standardwebhooks import Webhook

from photopeak.alerts.channels.outward import (
    AddressRefusedError,
    PinnedTransport,
    Resolver,
    resolve,
)
from photopeak.alerts.channels.retries import retry_after_s
from photopeak.channel_settings import WebhookSettings, webhook_key
from photopeak.model.messages import WEBHOOKS, Attempt, Line, Message, MessageRecord, Outcome
from photopeak.secret_files import SecretFileError, read_secret

LARGEST_ANSWER_BYTES = 65_536
"""Of an answer no more is read."""
MOST_LINES = 40
"""A payload stays below 20 kB; how many lines were left out is in it."""
_KEPT_CHARACTERS = 500
_THROTTLED = frozenset({429, 502, 503, 504})


class WebhookChannel:
    """One endpoint.

    Parameters
    ----------
    name
        Its name in the configuration.
    public_url
        Where people reach the pages; links in the payload begin with it.
    software
        Name and version, for the ``User-Agent``.
    """

    def __init__(
        self,
        name: str,
        settings: WebhookSettings,
        *,
        public_url: str,
        software: str,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        resolver: Resolver = resolve,
    ) -> None:
        self.name = WEBHOOKS + name
        self._settings = settings
        self._public_url = public_url.rstrip("/")
        self._software = software
        self._clock = clock
        self._resolver = resolver

    def deliver(self, record: MessageRecord) -> Attempt:
        """Send a message once, signed for this moment, and tell what came of it."""
        settings = self._settings
        body = json.dumps(
            payload(record.message, self._public_url), ensure_ascii=False, separators=(",", ":")
        )
        try:
            headers = self._headers(record.message.id, body)
            transport = PinnedTransport(
                timeout_s=settings.timeout_s,
                networks=settings.networks,
                tls=_tls(settings),
                resolver=self._resolver,
            )
            with (
                httpx.Client(
                    transport=transport,
                    timeout=settings.timeout_s,
                    follow_redirects=False,
                    trust_env=False,
                ) as client,
                client.stream(
                    "POST", settings.url, content=body.encode(), headers=headers
                ) as reply,
            ):
                return self._judge(reply)
        except AddressRefusedError as error:
            return Attempt(outcome=Outcome.RETRY, detail=f"nothing was sent: {error}")
        except SecretFileError as error:
            return Attempt(outcome=Outcome.RETRY, detail=f"nothing was sent: {error}")
        except (httpx.TimeoutException, httpcore.TimeoutException, TimeoutError):
            return Attempt(
                outcome=Outcome.RETRY, detail=f"no answer within {settings.timeout_s:g} s"
            )
        except (
            httpx.HTTPError,
            httpcore.NetworkError,
            httpcore.ProtocolError,
            OSError,
        ) as error:
            return Attempt(outcome=Outcome.RETRY, detail=f"the connection failed: {_short(error)}")

    def _headers(self, message_id: str, body: str) -> dict[str, str]:
        now = self._clock().astimezone(UTC)
        return {
            "content-type": "application/json",
            "user-agent": self._software,
            # What is compressed could be anything once it is unpacked.
            "accept-encoding": "identity",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(
                Webhook(webhook_key(read_secret(path))).sign(message_id, now, body)
                for path in self._settings.secret_files
            ),
        }

    def _judge(self, reply: httpx.Response) -> Attempt:
        code = reply.status_code
        wait_s = None
        if 200 <= code < 300:
            # The status line has been received: what the body does changes nothing.
            return Attempt(outcome=Outcome.SENT, code=code, detail=f"answered {code}")
        outcome = Outcome.GONE if code == httpx.codes.GONE else Outcome.RETRY
        detail = f"answered {code}"
        if 300 <= code < 400:
            detail = f"answered {code}: redirects are not followed"
        if code in _THROTTLED:
            wait_s = retry_after_s(reply.headers.get("retry-after"), now=self._clock())
        return Attempt(
            outcome=outcome,
            code=code,
            detail=detail,
            answer=_beginning(reply),
            retry_after_s=wait_s,
        )


def payload(message: Message, public_url: str) -> dict[str, Any]:
    """Return what a machine is told: which device and test, in which state, and where to look.

    Nothing else, least of all text that came with images.
    """
    lines = message.lines[:MOST_LINES]
    data: dict[str, Any] = {
        "items": [_item(line, public_url) for line in lines],
        "link": public_url + message.link if message.link else None,
        "alerts": list(message.alert_ids),
    }
    if len(message.lines) > MOST_LINES:
        data["left_out"] = len(message.lines) - MOST_LINES
    return {
        "type": message.event or message.kind.value,
        "timestamp": message.created_at.astimezone(UTC).isoformat(),
        "data": data,
    }


def _item(line: Line, public_url: str) -> dict[str, Any]:
    return {
        "device": line.device_id,
        "test": line.test or None,
        "detector": line.detector,
        "status": line.status.value,
        "rule": line.rule or None,
        "since": line.since.astimezone(UTC).isoformat() if line.since else None,
        "alert": line.alert_id,
        "result": line.result_id,
        "link": public_url + line.link if line.link else None,
    }


def _tls(settings: WebhookSettings) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=settings.ca_file)


def _beginning(reply: httpx.Response) -> str:
    """Return the first words of an answer, for the log; nothing of what is packed."""
    read = bytearray()
    try:
        for chunk in reply.iter_raw(chunk_size=4096):
            read += chunk
            if len(read) >= LARGEST_ANSWER_BYTES:
                break
    except (
        httpx.HTTPError,
        httpcore.NetworkError,
        httpcore.ProtocolError,
        httpcore.TimeoutException,
        OSError,
    ):
        pass  # the status has been received, and that is what counts
    if reply.headers.get("content-encoding", "identity") != "identity":
        return ""
    return bytes(read[: 4 * _KEPT_CHARACTERS]).decode("utf-8", "replace")[:_KEPT_CHARACTERS]


def _short(error: Exception) -> str:
    text = str(error).strip().partition("\n")[0]
    return (text or type(error).__name__)[:300]

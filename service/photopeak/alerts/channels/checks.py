"""Whether a channel could be used now, without sending anything; for the doctor."""

from __future__ import annotations

import smtplib
import socket
import ssl
from contextlib import suppress
from urllib.parse import urlsplit

from photopeak.alerts.channels import chat
from photopeak.alerts.channels.mail import open_connection
from photopeak.alerts.channels.outward import check_address, resolve, resolve_within
from photopeak.channel_settings import ChannelSections, MailSettings, WebhookSettings
from photopeak.secret_files import read_secret

_TIMEOUT_S = 5.0


def check_channels(settings: ChannelSections) -> str:
    """Return what was found of all channels.

    Raises
    ------
    Exception
        Whatever is wrong with the first that cannot be used.
    """
    found = []
    if settings.mail is not None:
        found.append(check_mail(settings.mail))
    found += [f"{name}: {check_webhook(hook)}" for name, hook in settings.webhooks.items()]
    if settings.chat:
        if not chat.installed():
            raise RuntimeError(chat.MISSING)
        found.append("apprise is installed")
    for name, archive in settings.pacs.items():
        with socket.create_connection((archive.host, archive.port), timeout=_TIMEOUT_S):
            found.append(f"{name}: {archive.host} listens on port {archive.port}")
    return "; ".join(found) or "no channel is configured"


def check_mail(settings: MailSettings) -> str:
    """Connect and log in as for a message, and take leave."""
    bounded = settings.model_copy(update={"timeout_s": min(settings.timeout_s, _TIMEOUT_S)})
    smtp = open_connection(bounded)
    try:
        sock = smtp.sock
        over = f", {sock.version()}" if isinstance(sock, ssl.SSLSocket) else ", without TLS"
        login = ", login accepted" if settings.username else ""
    finally:
        with suppress(smtplib.SMTPException, OSError):
            smtp.quit()
        smtp.close()
    return f"mail by {settings.host}{over}{login}"


def check_webhook(settings: WebhookSettings) -> str:
    """Look the host up, check its address and its certificate; nothing is asked of it."""
    parts = urlsplit(settings.url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    for path in settings.secret_files:
        read_secret(path)
    addresses = resolve_within(resolve, host, port, _TIMEOUT_S)
    checked = [check_address(text, settings.networks) for text in addresses]
    with socket.create_connection((str(checked[0]), port), timeout=_TIMEOUT_S) as connection:
        if parts.scheme == "https":
            context = ssl.create_default_context(cafile=settings.ca_file)
            with context.wrap_socket(connection, server_hostname=host) as secured:
                return f"{host} answers, {secured.version()}"
    return f"{host} answers"

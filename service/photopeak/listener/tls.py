"""DICOM over TLS: certificates on both sides, nothing older than TLS 1.2, AEAD ciphers (B.12)."""

from __future__ import annotations

import ssl

from photopeak.listener.errors import ListenerError
from photopeak.settings import TlsSettings

_CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:DHE+CHACHA20"


def server_context(settings: TlsSettings) -> ssl.SSLContext:
    """Return the context for accepted connections.

    Raises
    ------
    ListenerError
        If a file is not named, cannot be read, or does not fit the others.
    """
    files = {
        "certificate": settings.certificate,
        "key": settings.key,
        "client_ca": settings.client_ca,
    }
    for name, path in files.items():
        if path is None:
            raise ListenerError(f"listener.tls.{name} is not set, but TLS is enabled")
        if not path.is_file():
            raise ListenerError(f"listener.tls.{name}: there is no file {path}")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(_CIPHERS)
    context.verify_mode = ssl.CERT_REQUIRED
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    # A ticket would only be of use to a peer that comes back; without them there is less to keep.
    context.num_tickets = 0
    try:
        context.load_cert_chain(str(settings.certificate), str(settings.key))
        context.load_verify_locations(str(settings.client_ca))
    except (OSError, ssl.SSLError) as error:
        raise ListenerError(f"the TLS certificates cannot be used: {error}") from error
    return context

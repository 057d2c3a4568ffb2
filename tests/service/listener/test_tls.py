"""DICOM over TLS: both sides prove who they are, and nobody waits for a silent client."""

from __future__ import annotations

import hashlib
import ssl
import warnings
from pathlib import Path

import pytest

from photopeak.listener.errors import ListenerError
from photopeak.listener.service import InProcessListener
from photopeak.settings import ListenerSettings, TlsSettings
from support.certificates import make_authority, make_member
from support.dicom_peer import (
    ASSOCIATE_AC,
    ASSOCIATE_RJ,
    Peer,
    associate_request,
    data_set,
    store_message,
)

from .conftest import Listen, MemoryStore


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificates")
    authority = make_authority(folder, "hospital")
    make_member(folder, "service", authority)
    for name in ("scanner", "other", "unlisted"):
        make_member(folder, name, authority)
    make_member(folder, "stranger", make_authority(folder, "elsewhere"))
    return folder


def tls_settings(folder: Path, **changes: object) -> TlsSettings:
    return TlsSettings(
        **{  # type: ignore[arg-type]
            "enabled": True,
            "port": 0,
            "certificate": folder / "service.pem",
            "key": folder / "service.key",
            "client_ca": folder / "hospital.pem",
            "handshake_timeout_s": 0.5,
            **changes,
        }
    )


def client_context(folder: Path, name: str | None = "scanner") -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(folder / "hospital.pem"))
    if name is not None:
        context.load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key")
    return context


@pytest.fixture
def listener(listen: Listen, certificates: Path) -> InProcessListener:
    return listen(
        tls=tls_settings(certificates),
        maximum_connections=16,
        maximum_connections_per_peer=4,
        request_timeout_s=1.0,
    )


def test_an_instance_comes_over_tls_bit_by_bit(
    listener: InProcessListener, certificates: Path, store: MemoryStore
) -> None:
    sent = data_set(size=200_000)
    assert listener.tls_port is not None
    with Peer(listener.tls_port, tls=client_context(certificates)) as peer:
        answer = peer.associate()
        assert answer is not None
        assert answer[0] == ASSOCIATE_AC
        peer.send(store_message(sent, fragment=60_000))
        assert peer.answer().status == 0
        peer.release()

    assert bytes(store.kept[0].data) == sent


def fingerprint(folder: Path, name: str) -> str:
    """Return the fingerprint as OpenSSL prints it."""
    der = ssl.PEM_cert_to_DER_cert((folder / f"{name}.pem").read_text("ascii"))
    return hashlib.sha256(der).digest().hex(":").upper()


@pytest.mark.parametrize(
    ("name", "calling", "answer"),
    [
        ("scanner", "NM1", ASSOCIATE_AC),
        ("scanner", "NM2", ASSOCIATE_RJ),
        ("other", "NM2", ASSOCIATE_AC),
        ("other", "NM1", ASSOCIATE_RJ),
        ("unlisted", "NM1", ASSOCIATE_RJ),
    ],
)
def test_a_certificate_stands_for_its_ae_titles_alone(
    listen: Listen, certificates: Path, name: str, calling: str, answer: int
) -> None:
    listener = listen(
        tls=tls_settings(
            certificates,
            ae_titles_by_certificate={
                fingerprint(certificates, "scanner"): ["NM1"],
                fingerprint(certificates, "other"): ["NM2", "NM3"],
            },
        )
    )
    assert listener.tls_port is not None

    for _ in range(2):  # a rejected association leaves no slot behind
        with Peer(listener.tls_port, tls=client_context(certificates, name)) as peer:
            got = peer.associate(associate_request(calling=calling))
        assert got is not None
        assert got[0] == answer
        if answer == ASSOCIATE_RJ:
            assert got[1] == bytes([0, 1, 1, 3])


@pytest.mark.parametrize("wrong", ["", "ab:cd", "g" * 64])
def test_a_fingerprint_has_its_form(wrong: str) -> None:
    with pytest.raises(ValueError, match="64 hexadecimal digits"):
        TlsSettings(ae_titles_by_certificate={wrong: ["NM1"]})


def test_titles_and_limits_hold_over_tls(listener: InProcessListener, certificates: Path) -> None:
    assert listener.tls_port is not None
    context = client_context(certificates)
    with Peer(listener.tls_port, tls=context) as peer:
        assert peer.associate(associate_request(called="X")) == (
            ASSOCIATE_RJ,
            bytes([0, 1, 1, 7]),
        )
    held = [Peer(listener.tls_port, tls=context) for _ in range(5)]
    try:
        kinds = [answer[0] for each in held if (answer := each.associate())]
    finally:
        for each in held:
            each.socket.close()

    assert kinds == [ASSOCIATE_AC] * 4 + [ASSOCIATE_RJ]


@pytest.mark.parametrize("name", [None, "stranger"])
def test_a_client_without_a_certificate_of_ours_is_refused(
    listener: InProcessListener, certificates: Path, name: str | None
) -> None:
    assert listener.tls_port is not None
    try:
        with Peer(listener.tls_port, tls=client_context(certificates, name)) as peer:
            answer = peer.associate()
    except (ssl.SSLError, ConnectionError):
        answer = None

    assert answer is None


def test_old_versions_of_tls_are_refused(listener: InProcessListener, certificates: Path) -> None:
    context = client_context(certificates)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # what is tested is deprecated
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    assert listener.tls_port is not None

    with pytest.raises((ssl.SSLError, ConnectionError)):
        Peer(listener.tls_port, tls=context)


def test_silent_and_plain_clients_do_not_stop_the_tls_port(
    listener: InProcessListener, certificates: Path
) -> None:
    assert listener.tls_port is not None
    said = [b"", b"\x16\x03\x01\x02\x00\x01", b"garbage" * 50, associate_request(), b"\x16" * 5]
    held = [Peer(listener.tls_port) for _ in said * 8]
    try:
        for number, each in enumerate(held):
            each.socket.sendall(said[number % len(said)]) if number >= 30 else None
        with Peer(listener.tls_port, source="127.0.0.1", tls=client_context(certificates)) as peer:
            answer = peer.associate()
        assert answer is not None
        assert answer[0] == ASSOCIATE_AC
        assert held[-5].seconds_until_closed() < 8.0
    finally:
        for each in held:
            each.socket.close()


def test_a_tls_client_without_a_request_is_closed_in_time(
    listener: InProcessListener, certificates: Path
) -> None:
    assert listener.tls_port is not None
    with Peer(listener.tls_port, tls=client_context(certificates)) as peer:
        peer.send(associate_request()[:50])

        assert 0.5 < peer.seconds_until_closed() < 8.0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"certificate": None}, "listener.tls.certificate is not set"),
        ({"key": Path("nowhere.pem")}, "listener.tls.key: there is no file nowhere.pem"),
        ({"client_ca": None}, "listener.tls.client_ca is not set"),
    ],
)
def test_certificates_that_are_missing_are_named(
    certificates: Path, store: MemoryStore, changes: dict[str, object], message: str
) -> None:
    settings = ListenerSettings(host="127.0.0.1", port=0, tls=tls_settings(certificates, **changes))

    with pytest.raises(ListenerError, match=message):
        InProcessListener(settings, store)


def test_a_key_of_another_certificate_is_refused(certificates: Path, store: MemoryStore) -> None:
    settings = ListenerSettings(
        host="127.0.0.1", port=0, tls=tls_settings(certificates, key=certificates / "scanner.key")
    )

    with pytest.raises(ListenerError, match="TLS certificates cannot be used"):
        InProcessListener(settings, store)

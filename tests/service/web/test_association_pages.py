"""The log of associations: every reason in words with its cure, and the page that watches."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from photopeak.model.associations import (
    AssociationCause,
    AssociationOutcome,
    AssociationRecord,
    ProposedContext,
)
from photopeak.model.devices import Device
from photopeak.model.identity import new_id
from photopeak.model.page import Access, Page, PageReply, PageRequest, Visitor
from photopeak.model.series import SeriesState
from photopeak.settings import ListenerSettings
from photopeak.storage import associations
from photopeak.storage.database import Database
from photopeak.web.association_pages import AssociationPages
from photopeak.web.association_words import look_of, why
from photopeak.web.rendering import Renderer, Site
from photopeak.web.words import Words
from support import web_scene
from support.rows import NOON

NM = "1.2.840.10008.5.1.4.1.1.20"
LISTENER = ListenerSettings()
CAMERA = Device(
    id="nm1", name="NM1 Symbia", kind="gamma_camera", ae_titles=("SYMBIA",), networks=("10.1.0.0/16",)
)  # fmt: skip
RECORD = AssociationRecord(
    id="1", started_at=NOON, ended_at=NOON + timedelta(seconds=2), calling_ae_title="SYMBIA",
    called_ae_title="PHOTOPEAK", address="10.1.2.3", outcome=AssociationOutcome.RELEASED, stored=1,
)  # fmt: skip


def said(cause: AssociationCause, language: str = "en", **changes: object) -> str:
    outcome = AssociationOutcome.REJECTED if cause else AssociationOutcome.RELEASED
    values = {"cause": cause, "outcome": outcome, "stored": 0, **changes}
    record = replace(RECORD, **values)  # type: ignore[arg-type]
    return " ".join(why(record, Words(language), LISTENER, (CAMERA,)))


@pytest.mark.parametrize("cause", [c for c in AssociationCause if c])
def test_every_cause_has_a_reason_and_a_cure_in_both_languages(cause: AssociationCause) -> None:
    record = replace(RECORD, cause=cause, outcome=AssociationOutcome.REJECTED)
    for language in ("en", "zh"):
        reason, cure = why(record, Words(language), LISTENER, (CAMERA,))
        assert reason
        assert cure
    assert said(cause) != said(cause, "zh")


@pytest.mark.parametrize(
    ("cause", "key"),
    [
        (AssociationCause.CALLED_TITLE, "[listener] ae_title or check_called_ae_title"),
        (AssociationCause.CERTIFICATE, "[listener.tls] ae_titles_by_certificate"),
        (AssociationCause.TOO_MANY, "maximum_connections_per_peer"),
        (AssociationCause.IDLE, "idle_timeout_by_ae_title_s"),
        (AssociationCause.TOO_SLOW, "minimum_bytes_per_s"),
        (AssociationCause.TLS, "[listener.tls] client_ca"),
    ],
)
def test_a_cure_names_the_key_and_the_key_exists(cause: AssociationCause, key: str) -> None:
    text = said(cause)

    assert key in text
    assert "photopeak.toml" in text
    known = ListenerSettings.model_fields.keys() | LISTENER.tls.__class__.model_fields.keys()
    names = {word for word in key.split() if "_" in word}
    assert names <= known


def test_an_unknown_title_and_a_wrong_address_have_different_cures() -> None:
    title = said(AssociationCause.CALLING_TITLE, calling_ae_title="INTEVO", address="10.9.9.9")
    place = said(AssociationCause.CALLING_TITLE, address="10.9.9.9")
    here = said(AssociationCause.CALLING_TITLE, calling_ae_title="INTEVO")

    assert "Add INTEVO to ae_titles of its [[device]] in devices.toml" in title
    assert "SYMBIA is NM1 Symbia, but not from the address 10.9.9.9 (known: 10.1.0.0/16)" in place
    assert "networks of [[device]] nm1" in place
    assert "Add INTEVO to ae_titles of [[device]] nm1 in devices.toml" in here


def context(accepted: str = "", *, known: bool = True, offered: str = "1.2.840.10008.1.2.2") -> tuple[ProposedContext, ...]:  # fmt: skip
    return (
        ProposedContext(
            sop_class_uid=NM, transfer_syntax_uids=(offered,), accepted=accepted, class_known=known
        ),
    )


def test_what_could_not_be_agreed_says_by_which_key_it_can() -> None:
    none = AssociationCause.NONE
    assert "accept_explicit_big_endian = true" in said(none, contexts=context())
    assert "Little Endian" in said(none, contexts=context(offered="1.2.840.10008.1.2.1.99"))
    assert f"extra_sop_classes = ['{NM}']" in said(none, contexts=context(known=False))
    assert said(none, contexts=context("1.2.840.10008.1.2.1")) == " "


def test_refused_objects_never_look_like_a_completed_association() -> None:
    assert look_of(RECORD).word == "Completed"
    assert look_of(replace(RECORD, refused=1)).word == "Objects refused"
    assert look_of(replace(RECORD, contexts=context())).word == "Nothing agreed"
    assert "A700: disk full" in said(AssociationCause.NONE, refused=1, refusal="A700: disk full")


class Asked:
    """The pages of associations on a database."""

    def __init__(self, database: Database, data: Path) -> None:
        _, context, _ = web_scene.contexts(database, data)
        renderer = Renderer(Site(name="NM", time_zone="UTC", language="en", version="1"))
        self._pages: dict[str, Page] = {
            page.path: page for page in AssociationPages(context, renderer).pages()
        }

    def __call__(self, address: str, **options: object) -> PageReply:
        visitor = Visitor(name="x", access=Access.READ, csrf_token="c")
        return self._pages[address].answer(PageRequest(visitor=visitor, **options))  # type: ignore[arg-type]


@pytest.fixture
def ask(sqlite_database: Database, tmp_path: Path) -> Asked:
    return Asked(sqlite_database, tmp_path)


def test_the_log_says_who_called_and_pages_back(ask: Asked, sqlite_database: Database) -> None:
    assert "Nobody has called yet" in ask("/associations").html
    hostile = replace(
        RECORD, id=new_id(), calling_ae_title="<b>x", outcome=AssociationOutcome.REJECTED,
        cause=AssociationCause.CALLING_TITLE, stored=0,
    )  # fmt: skip
    many = [replace(RECORD, id=new_id()) for _ in range(55)]
    with sqlite_database.transaction() as tx:
        associations.add(tx, [*many, hostile])

    html = ask("/associations").html
    assert "1 stored" in html
    following = html.partition('href="/associations?after=')[2].partition('"')[0]
    assert ask("/associations", query={"after": following}).html.count("SYMBIA</b>") < 50
    refused = ask("/associations", query={"outcome": "REJECTED"}).html
    assert "&lt;b&gt;x" in refused
    assert "<b>x" not in refused
    assert "SYMBIA</b>" not in refused
    assert ask("/associations", query={"after": "nonsense", "outcome": "<"}).status == 200


def test_the_page_that_waits_shows_what_comes_and_then_stops_asking(
    ask: Asked, sqlite_database: Database
) -> None:
    first = ask("/waiting-for-push").html
    assert "Listening" in first
    assert 'hx-get="/push-live?since=' in first
    assert "PHOTOPEAK" in first
    since = first.partition("/push-live?since=")[2].partition('"')[0]
    with sqlite_database.transaction() as tx:
        associations.add(tx, [replace(RECORD, ended_at=NOON + timedelta(minutes=5, seconds=3))])
        web_scene.store_series(tx, web_scene.GOOD_FLOOD, "Daily flood", SeriesState.RECEIVING, "")

    early = str(int(since) - 400)
    shown = ask("/push-live", query={"since": early})
    assert "Daily flood" in shown.html
    assert "SYMBIA" in shown.html
    assert ask("/push-live", query={"since": early}, if_none_match=shown.etag).status == 204
    long_ago = ask("/push-live", query={"since": str(int(since) - 3600)}).html
    assert "hx-get" not in long_ago
    assert "Watch again" in long_ago
    assert ask("/push-live", query={"since": "9" * 40}).status == 200

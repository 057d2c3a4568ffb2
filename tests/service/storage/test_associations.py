"""The log of associations in the database."""

from dataclasses import replace
from datetime import timedelta

from photopeak.model.associations import (
    AssociationCause,
    AssociationOutcome,
    AssociationRecord,
    ProposedContext,
)
from photopeak.model.identity import new_id
from photopeak.storage import associations
from photopeak.storage.database import Database
from support.rows import NOON, after

RECORD = AssociationRecord(
    id=new_id(),
    started_at=NOON,
    ended_at=after(3.0),
    calling_ae_title="SYMBIA",
    called_ae_title="PHOTOPEAK",
    address="192.0.2.7",
    tls=True,
    outcome=AssociationOutcome.ABORTED,
    cause=AssociationCause.TOO_SLOW,
    detail="12 kB/s",
    stored=2,
    refused=1,
    echoes=1,
    refusal="A700: disk full",
    contexts=(
        ProposedContext(
            sop_class_uid="1.2.840.10008.5.1.4.1.1.20",
            transfer_syntax_uids=("1.2.840.10008.1.2.1.99",),
        ),
    ),
)


def test_an_association_comes_back_as_it_was_noted(database: Database) -> None:
    with database.transaction() as tx:
        associations.add(tx, [RECORD])
        associations.add(tx, [])

    with database.snapshot() as tx:
        assert associations.page(tx).items == (RECORD,)
        rejected = (AssociationOutcome.REJECTED,)
        assert associations.page(tx, outcomes=rejected).items == ()
        assert associations.page(tx, since=after(4.0)).items == ()


def test_checks_are_forgotten_after_days_and_the_rest_after_a_month(database: Database) -> None:
    released = AssociationOutcome.RELEASED
    echo = replace(RECORD, id=new_id(), outcome=released, stored=0, refused=0)
    stored = replace(RECORD, id=new_id(), outcome=released)
    with database.transaction() as tx:
        associations.add(tx, [RECORD, echo, stored])

    with database.transaction() as tx:
        assert associations.forget(tx, now=NOON + timedelta(days=1)) == 0
        assert associations.forget(tx, now=NOON + timedelta(days=3)) == 1
        assert {r.id for r in associations.page(tx).items} == {RECORD.id, stored.id}
        assert associations.forget(tx, now=NOON + timedelta(days=31)) == 2

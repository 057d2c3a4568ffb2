"""Signatures: kept as they are, and what is signed does not change any more."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from photopeak.model.judgement import Status
from photopeak.model.reviews import (
    Meaning,
    Reference,
    ReferenceKey,
    Review,
    in_force,
    signed_by_people,
)
from photopeak.storage import references, remarks, results, reviews
from photopeak.storage.database import Database, Transaction
from photopeak.storage.errors import NotFoundError, RowRefusedError, StateError
from photopeak.storage.tables.metadata import metadata
from support.rows import NOON, after, result_of, waiting_set

_NUMBERS = count(1)


def signature(result_id: str, **changes: Any) -> Review:
    """Return a signature under a result."""
    values: dict[str, Any] = {
        "id": "", "result_id": result_id, "meaning": Meaning.REVIEWED, "by": "chen",
        "printed_name": "Rui Chen", "comment": "", "at": NOON,
    }  # fmt: skip
    return Review(**{**values, **changes})


def stored(tx: Transaction, uid: str = "1.2.3.10", **changes: Any) -> str:
    """Store a result of a flood of its own."""
    test_set = waiting_set(tx, uid, group=uid)
    return results.add(tx, result_of(test_set, **changes)).id


def another_version(tx: Transaction, result_id: str) -> str:
    """Store what a re-analysis by a newer analyzer gives."""
    record = results.get(tx, result_id)
    made = replace(record.provenance, analyzer_version=f"{record.version + 1}")
    return results.add(tx, replace(record, id="", provenance=made)).id


def test_a_result_waits_until_somebody_signs_it_and_the_signature_says_who_when_and_what(
    database: Database,
) -> None:
    with database.transaction() as tx:
        result_id = stored(tx)
        assert [w.result_id for w in reviews.waiting(tx)] == [result_id]
        assert reviews.count(tx) == 1

        kept = reviews.add(tx, signature(result_id, comment="as before"))

        assert reviews.of_result(tx, result_id) == (kept,)
        assert (kept.by, kept.printed_name, kept.at) == ("chen", "Rui Chen", NOON)
        assert (reviews.waiting(tx), reviews.count(tx)) == ((), 0)


def test_the_worst_waits_first_and_filters_narrow_the_queue(database: Database) -> None:
    with database.transaction() as tx:
        good = stored(tx, "1.1", status=Status.PASS)
        warned = stored(tx, "1.2", status=Status.WARN)
        bad = stored(tx, "1.3", status=Status.FAIL)

        assert [w.result_id for w in reviews.waiting(tx)] == [bad, warned, good]
        assert reviews.waiting(tx, device_id="other") == ()
        assert reviews.waiting(tx, test="other") == ()
        assert [w.result_id for w in reviews.waiting(tx, ids=(good,))] == [good]
        assert len(reviews.waiting(tx, limit=2)) == 2
        assert (reviews.count(tx), reviews.count(tx, most=2)) == (3, 2)
        assert reviews.tests_waiting(tx) == ("intrinsic_uniformity",)


def test_a_new_version_of_a_signed_result_waits_again_and_the_signature_stays_with_the_old(
    database: Database,
) -> None:
    with database.transaction() as tx:
        first = stored(tx)
        reviews.add(tx, signature(first))
        second = another_version(tx, first)

        assert [w.result_id for w in reviews.waiting(tx)] == [second]
        assert len(reviews.of_result(tx, first)) == 1
        assert reviews.of_result(tx, second) == ()
        with pytest.raises(StateError, match="has a newer version"):
            reviews.add(tx, signature(first, meaning=Meaning.APPROVED))


def test_a_signed_version_that_counts_again_does_not_wait(database: Database) -> None:
    with database.transaction() as tx:
        first = stored(tx)
        reviews.add(tx, signature(first))
        another_version(tx, first)
        results.add(tx, replace(results.get(tx, first), id=""))

        assert results.get(tx, first).current
        assert reviews.waiting(tx) == ()


def test_reviewed_and_approved_are_two_signatures_and_none_of_them_twice(
    database: Database,
) -> None:
    with database.transaction() as tx:
        result_id = stored(tx)
        reviews.add(tx, signature(result_id))
        reviews.add(tx, signature(result_id, meaning=Meaning.APPROVED, by="lead", at=after(1)))

        with pytest.raises(StateError, match="is reviewed already, by Rui Chen"):
            reviews.add(tx, signature(result_id, by="other"))
        assert len(in_force(reviews.of_result(tx, result_id))) == 2


def test_a_correction_is_a_signature_of_its_own_and_takes_the_place_of_one(
    database: Database,
) -> None:
    with database.transaction() as tx:
        result_id = stored(tx)
        first = reviews.add(tx, signature(result_id, comment="head 1"))
        second = reviews.add(
            tx,
            signature(result_id, comment="head 2", corrects=first.id, reason="typo", at=after(1)),
        )

        assert reviews.of_result(tx, result_id) == (first, second)
        assert in_force((first, second)) == (second,)
        with pytest.raises(StateError, match="does not stand any more"):
            reviews.add(tx, signature(result_id, corrects=first.id, reason="again"))


def test_a_withdrawn_signature_lets_the_result_wait_again(database: Database) -> None:
    with database.transaction() as tx:
        result_id = stored(tx)
        with pytest.raises(StateError, match="only a signature that stands"):
            reviews.add(tx, signature(result_id, meaning=Meaning.WITHDRAWN))
        first = reviews.add(tx, signature(result_id))
        reviews.add(
            tx, signature(result_id, meaning=Meaning.WITHDRAWN, corrects=first.id, at=after(1))
        )

        assert in_force(reviews.of_result(tx, result_id)) == ()
        assert [w.result_id for w in reviews.waiting(tx)] == [result_id]
        reviews.add(tx, signature(result_id, at=after(2)))
        assert reviews.waiting(tx) == ()


def test_a_person_may_sign_what_a_rule_has_marked(database: Database) -> None:
    with database.transaction() as tx:
        result_id = stored(tx)
        reviews.add(tx, signature(result_id, by="photopeak", rule=True))
        assert reviews.waiting(tx) == ()

        kept = reviews.add(tx, signature(result_id, at=after(1)))

        assert signed_by_people(reviews.of_result(tx, result_id)) == (kept,)


def test_who_signs_several_holds_all_of_them_first(database: Database) -> None:
    with database.transaction() as tx:
        ids = [stored(tx, f"1.{number}") for number in range(3)]
        reviews.hold(tx, [*ids, "none"])
        for result_id in ids:
            reviews.add(tx, signature(result_id))

        assert reviews.count(tx) == 0


def test_nothing_can_be_signed_that_is_not_there(database: Database) -> None:
    with database.transaction() as tx, pytest.raises(NotFoundError):
        reviews.add(tx, signature("none"))


_PARTS = (
    "result_inputs", "measurements", "preconditions", "verdicts", "notes", "figures",
)  # fmt: skip
_CONTENT = {
    "result_inputs": {"role": "x"}, "measurements": {"value": 1.0}, "preconditions": {"outcome": "met"},
    "verdicts": {"status": "PASS"}, "notes": {"message": "x"}, "figures": {"content": b"x"},
}  # fmt: skip


def attempts(result_id: str) -> list[sa.Executable]:
    """Return every way to change a result behind the back of the program."""
    tables = metadata.tables
    own = tables["results"]
    found: list[sa.Executable] = [
        sa.update(own).where(own.c.id == result_id).values({column.name: column})
        for column in own.columns
        if column.name != "current"
    ]
    for name in _PARTS:
        table = tables[name]
        mine = table.c.result_id == result_id
        found += [sa.update(table).where(mine).values(_CONTENT[name]), sa.delete(table).where(mine)]
    return found


def content(tx: Transaction, result_id: str) -> object:
    """Return everything that is kept of a result, but for whether it counts."""
    record = replace(results.get(tx, result_id), current=True)
    forms = [
        results.figure(tx, result_id, figure.name, form)
        for figure in record.figures
        for form in figure.forms
    ]
    return record, forms


def test_the_database_itself_refuses_to_change_what_is_signed(database: Database) -> None:
    with database.transaction() as tx:
        result_id = stored(tx)
        reviews.add(tx, signature(result_id))
        before = content(tx, result_id)
    for statement in attempts(result_id):
        with pytest.raises(RowRefusedError, match="is signed"), database.transaction() as tx:
            tx.connection.execute(statement)
    tables = metadata.tables
    with pytest.raises(RowRefusedError, match="is signed"), database.transaction() as tx:
        tx.connection.execute(
            sa.insert(tables["notes"]).values(
                result_id=result_id, position=99, code="X", message="x", scope={}, values={}
            )
        )
    for verb in (sa.update(tables["reviews"]).values(by="x"), sa.delete(tables["reviews"])):
        with pytest.raises(RowRefusedError, match="as it was written"), database.transaction() as tx:  # fmt: skip
            tx.connection.execute(verb)
    with database.transaction() as tx:
        assert content(tx, result_id) == before


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.sampled_from(["sign", "approve", "withdraw", "again", "same", "remark"]), max_size=8
    )
)
def test_a_signed_result_never_changes_whatever_is_done_afterwards(
    sqlite_database: Database, acts: list[str]
) -> None:
    """Property: from the first signature on, the content of a version is the same for ever."""
    kept: dict[str, object] = {}
    with sqlite_database.transaction() as tx:
        first = current = stored(tx, f"1.2.{next(_NUMBERS)}")
        for number, act in enumerate(acts):
            standing = signed_by_people(reviews.of_result(tx, current))
            meanings = {known.meaning for known in standing}
            wanted = {"sign": Meaning.REVIEWED, "approve": Meaning.APPROVED}.get(act)
            if wanted is not None and wanted not in meanings:
                reviews.add(tx, signature(current, meaning=wanted, at=after(number)))
                kept.setdefault(current, content(tx, current))
            elif act == "withdraw" and standing:
                reviews.add(
                    tx,
                    signature(
                        current, meaning=Meaning.WITHDRAWN, corrects=standing[0].id, reason="x",
                        at=after(number),
                    ),
                )  # fmt: skip
            elif act == "again":
                current = another_version(tx, current)
            elif act == "same":
                current = results.add(tx, replace(results.get(tx, first), id="")).id
            elif act == "remark":
                remarks.add(tx, current, "x", by="chen", printed_name="Rui Chen", now=NOON)
            waits = {w.result_id for w in reviews.waiting(tx)}
            signed = in_force(reviews.of_result(tx, current))
            assert (current in waits) is not bool(signed)
            for result_id, before in kept.items():
                assert content(tx, result_id) == before


def test_a_thread_only_grows(database: Database) -> None:
    with database.transaction() as tx:
        result_id = stored(tx)
        one = remarks.add(tx, result_id, "warm-up?", by="chen", printed_name="Rui Chen", now=NOON)
        two = remarks.add(tx, result_id, "yes", by="li", printed_name="Li", now=after(1))

        assert remarks.of_results(tx, [result_id]) == (one, two)
        with pytest.raises(NotFoundError):
            remarks.add(tx, "none", "x", by="a", printed_name="A", now=NOON)
    with pytest.raises(RowRefusedError, match="as it was written"), database.transaction() as tx:  # fmt: skip
        tx.connection.execute(sa.delete(metadata.tables["remarks"]))


def test_a_reference_image_has_versions_and_the_newest_is_in_force(database: Database) -> None:
    key = ReferenceKey(
        device_id="camera-1", test="intrinsic_uniformity", variant="nema",
        figure="flood_detector_1", configuration="nuclide Tc-99m",
    )  # fmt: skip
    with database.transaction() as tx:
        one, two = stored(tx, "1.1"), stored(tx, "1.2")
        chosen = Reference(
            id="", key=key, version=0, result_id=one, detector=1, by="chen",
            printed_name="Rui Chen", reason="acceptance", at=NOON,
        )  # fmt: skip
        assert references.in_force(tx, key) is None
        first = references.add(tx, chosen)
        second = references.add(tx, replace(chosen, result_id=two, reason="new crystal"))

        assert references.in_force(tx, key) == second
        assert references.versions(tx, key) == (second, first)
        assert (first.version, second.version) == (1, 2)
        assert references.in_force(tx, replace(key, configuration="nuclide Co-57")) is None


def test_a_long_queue_names_all_tests_that_have_results(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reviews, "_LONG", 2)
    with database.transaction() as tx:
        stored(tx, "1.1")
        stored(tx, "1.2")

        assert reviews.tests_waiting(tx) == ("intrinsic_uniformity",)

"""Slots: who is counted, who is admitted, who has to go."""

from photopeak.listener.limits import Holder, Slots
from photopeak.settings import ListenerSettings

SETTINGS = ListenerSettings(maximum_connections=8, maximum_connections_per_peer=2)


def test_the_oldest_silent_connection_of_the_same_address_makes_room() -> None:
    slots = Slots(SETTINGS)
    assert slots.arrive(1, "a", now=0.0) is None
    assert slots.arrive(2, "b", now=0.1) is None
    assert slots.arrive(3, "a", now=0.2) is None

    assert slots.arrive(4, "a", now=5.0) == 1
    assert slots.arrive(5, "a", now=5.0) == 3
    assert slots.silent == 3


def test_a_connection_that_has_just_come_is_not_pushed_out_by_its_neighbour() -> None:
    slots = Slots(SETTINGS)
    for number in range(8):
        assert slots.arrive(number, "gateway", now=0.0) is None

    assert slots.arrive(9, "gateway", now=0.5) == 0


def test_the_busiest_address_makes_room_when_all_is_full() -> None:
    slots = Slots(SETTINGS)
    for number in range(3):
        slots.arrive(number, "quiet", now=0.0)
    for number in range(3, 8):
        slots.arrive(number, "busy", now=0.0)

    assert slots.arrive(8, "new", now=0.0) == 3


def test_associations_are_counted_by_address_and_title() -> None:
    slots = Slots(SETTINGS)
    verdicts = []
    for number in range(3):
        slots.arrive(number, "a", now=float(number))
        verdicts.append(slots.admit(number, Holder("a", "ONE")))
    slots.arrive(3, "a", now=3.0)

    assert verdicts == [True, True, False]
    assert slots.admit(3, Holder("a", "TWO"))
    assert (slots.silent, slots.held) == (0, 3)


def test_leaving_frees_a_slot_once() -> None:
    slots = Slots(SETTINGS)
    for number in (1, 2):
        slots.arrive(number, "a", now=0.0)
        slots.admit(number, Holder("a", "ONE"))
    slots.leave(1)
    slots.leave(1)
    slots.arrive(3, "a", now=0.0)

    assert slots.admit(3, Holder("a", "ONE"))
    slots.arrive(4, "a", now=0.0)
    assert not slots.admit(4, Holder("a", "ONE"))


def test_the_total_holds_for_all_addresses_together() -> None:
    slots = Slots(SETTINGS)
    admitted = []
    for number in range(10):
        slots.arrive(number, f"10.0.0.{number}", now=0.0)
        admitted.append(slots.admit(number, Holder(f"10.0.0.{number}", "ONE")))

    assert admitted == [True] * 8 + [False] * 2

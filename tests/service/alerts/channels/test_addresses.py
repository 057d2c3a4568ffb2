"""Which addresses may be reached, and when to come back: pure, corner by corner."""

from __future__ import annotations

import doctest
import random
from datetime import UTC, datetime, timedelta

import pytest

from photopeak.alerts.channels import retries
from photopeak.alerts.channels.outward import AddressRefusedError, check_address

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "address",
    [
        "10.1.2.3",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "fd12::1",
        "93.184.216.34",
        "2606:2800::1",
    ],
)
def test_houses_and_the_internet_may_be_reached(address: str) -> None:
    assert str(check_address(address)) == address


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.0.0.77", "::1", "0.0.0.0", "::", "169.254.169.254", "fe80::1%eth0",
        "224.0.0.1", "ff02::1", "255.255.255.255", "240.0.0.1", "192.0.2.1", "198.18.0.1",
        "100.100.100.200", "fd00:ec2::254", "168.63.129.16", "::ffff:10.0.0.1", "::10.0.0.1",
        "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:4136:e378::1", "localhost", "2130706433", "",
    ],
)  # fmt: skip
def test_everything_else_is_refused_unless_it_is_listed(address: str) -> None:
    with pytest.raises(AddressRefusedError):
        check_address(address)


def test_with_a_list_only_what_is_in_it_may_be_reached() -> None:
    networks = ["127.0.0.0/8", "fd12::/16"]
    assert str(check_address("127.0.0.1", networks)) == "127.0.0.1"
    assert str(check_address("fd12::5", networks)) == "fd12::5"
    for address in ("10.1.2.3", "93.184.216.34", "::ffff:127.0.0.1"):
        with pytest.raises(AddressRefusedError, match="in none of the allowed networks"):
            check_address(address, networks)


@pytest.mark.parametrize(
    "address",
    ["169.254.169.254", "fe80::1", "168.63.129.16", "fd00:ec2::254", "0.0.0.0", "::", "224.0.0.1",
     "255.255.255.255", "127.0.0.1", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"],
)  # fmt: skip
def test_a_list_as_wide_as_the_world_opens_none_of_the_traps(address: str) -> None:
    with pytest.raises(AddressRefusedError):
        check_address(address, ["0.0.0.0/0", "::/0"])


def test_this_host_is_reached_where_the_list_names_it_and_no_more() -> None:
    assert str(check_address("127.0.0.9", ["127.0.0.9/32"])) == "127.0.0.9"
    assert str(check_address("::1", ["::1/128"])) == "::1"
    with pytest.raises(AddressRefusedError):
        check_address("127.0.0.9", ["64.0.0.0/2"])


def test_pauses_grow_and_end() -> None:
    rng = random.Random(3)
    for attempts, planned in enumerate(retries.PLAN_S, start=1):
        again = retries.again_at(attempts, now=NOON, retry_after_s=None, rng=rng)
        assert again is not None
        assert planned <= (again - NOON).total_seconds() <= 1.2 * planned
    last = len(retries.PLAN_S) + 1
    assert retries.again_at(last, now=NOON, retry_after_s=60.0, rng=rng) is None


@pytest.mark.parametrize(
    ("asked", "waits"), [(None, 5.0), (1.0, 5.0), (600.0, 600.0), (1e12, 86_400.0), (-5.0, 5.0)]
)
def test_a_channel_is_held_as_long_as_is_asked_within_a_day(
    asked: float | None, waits: float
) -> None:
    held = retries.hold_until(1, now=NOON, retry_after_s=asked)
    assert held == NOON + timedelta(seconds=waits)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "soon",
        "-5",
        "1e3",
        "²",
        "Sun, 01 Mar 2026 12:01:00 -0000",
        "9" * 5000,
        "Sun, 01 Mar 2026 12:01:00 +99999999999999999999",
        "Sun, 01 Mar 99999999999999999999 12:01:00 GMT",
    ],
)
def test_a_header_that_is_none_of_the_two_forms_does_no_harm(header: str | None) -> None:
    found = retries.retry_after_s(header, now=NOON)
    assert found is None or 0.0 <= retries.bounded(found) <= 86_400.0


def test_the_example_of_retry_after_is_right() -> None:
    assert doctest.testmod(retries).failed == 0

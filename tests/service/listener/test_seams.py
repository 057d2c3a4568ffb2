"""pynetdicom is the version whose inside we know; anything else is said aloud."""

import logging
import re
from pathlib import Path

import pynetdicom
import pytest
from pynetdicom.association import Association
from pynetdicom.dul import DULServiceProvider

from photopeak.listener import seams
from photopeak.listener.errors import ListenerError


def test_nothing_has_moved_inside_pynetdicom() -> None:
    assert seams.moved_under_the_reactor() == ()
    assert seams.moved_under_the_fast_path() == ()
    assert seams.moved_under_the_library_path() == ()


def test_the_version_is_pinned_to_the_one_that_was_read() -> None:
    text = (Path(__file__).parents[3] / "pyproject.toml").read_text()

    assert re.search(r'"pynetdicom==([\d.]+)"', text)[1] == seams.VERSION  # type: ignore[index]


def test_another_version_takes_the_slow_path_with_a_warning(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(pynetdicom, "__version__", "3.1.0")

    with caplog.at_level(logging.WARNING):
        assert not seams.use_fast_path(wanted=True)
    assert "version 3.1.0 instead of 3.0.4" in caplog.text


def test_the_fast_path_is_taken_when_wanted() -> None:
    assert seams.use_fast_path(wanted=True)
    assert not seams.use_fast_path(wanted=False)


@pytest.mark.parametrize(
    ("owner", "name"),
    [(DULServiceProvider, "_process_recv_primitive"), (Association, "_abort_blocking")],
)
def test_without_its_guards_the_listener_does_not_start(
    monkeypatch: pytest.MonkeyPatch, owner: type, name: str
) -> None:
    monkeypatch.delattr(owner, name)

    with pytest.raises(ListenerError, match=f"lacks {owner.__name__}.{name}"):
        seams.require_reactor()

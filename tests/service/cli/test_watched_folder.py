"""A watched folder: what is taken and when, where it goes, and what stays."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from photopeak.cli.watched_folder import LONGEST_WAIT_S, Fate, FileEvent, Taken, WatchedFolder

DONE = Taken(fate=Fate.DONE)


class Scene:
    """A watched folder with a clock that a test moves, and what was taken from it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now_s = 0.0
        self.contents: list[bytes] = []
        self.answer: Callable[[Path, str], Taken] = lambda _path, _name: DONE
        self.again()

    def again(self) -> None:
        """Begin anew, like a program that was ended."""
        self.watched = WatchedFolder(
            self.folder, self._take, settle_s=2.0, monotonic=lambda: self.now_s
        )

    def _take(self, path: Path, name: str) -> Taken:
        self.contents.append(path.read_bytes())
        return self.answer(path, name)

    def write(self, name: str, content: bytes = b"x") -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def look(self, after_s: float = 0.0) -> list[FileEvent]:
        self.now_s += after_s
        return list(self.watched.look())

    def settled(self) -> list[FileEvent]:
        assert self.look() == []
        return self.look(2.0)

    def names(self, below: str = "") -> list[str]:
        top = self.folder / below
        return sorted(str(p.relative_to(top)) for p in top.rglob("*") if not p.is_dir())


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    folder = tmp_path / "watched"
    folder.mkdir()
    return Scene(folder)


def test_a_file_is_taken_when_it_has_not_changed_for_the_time(scene: Scene) -> None:
    scene.write("a.spe")

    before = scene.look(), scene.look(1.9)
    (event,) = scene.look(0.1)

    assert before == ([], [])
    assert (event.taken, event.moved_to) == (DONE, Path("done/a.spe"))
    assert scene.names() == ["done/a.spe"]
    assert scene.look(10.0) == []


def test_a_file_that_grows_is_left_until_it_rests(scene: Scene) -> None:
    path = scene.write("a.spe", b"1")
    for content in (b"12", b"123"):
        assert scene.look() == []
        path.write_bytes(content)
        assert scene.look(5.0) == []
    os.utime(path, ns=(1, 1))
    assert scene.look(5.0) == []

    assert len(scene.look(2.0)) == 1
    assert scene.contents == [b"123"]


def test_a_file_that_grows_while_it_is_taken_is_taken_again(scene: Scene) -> None:
    path = scene.write("a.spe", b"half")

    def grow(_path: Path, _name: str) -> Taken:
        scene.answer = lambda _path, _name: DONE
        path.write_bytes(b"half and half")
        return Taken(fate=Fate.REFUSED, reason="cut off")

    scene.answer = grow

    assert scene.settled() == []
    assert [event.taken for event in scene.look(2.0)] == [DONE]
    assert scene.contents == [b"half", b"half and half"]


def test_an_empty_file_is_not_there_yet(scene: Scene) -> None:
    scene.write("a.spe", b"")

    assert scene.settled() == []
    assert scene.names() == ["a.spe"]


@pytest.mark.parametrize(
    "name",
    [".hidden", "~$a.csv", "a.csv~", "a.part", "A.TMP", ".sync/a", "done/a", "refused/a", "x/done/a"],
)  # fmt: skip
def test_names_that_are_not_meant_stay(scene: Scene, name: str) -> None:
    scene.write(name)

    assert scene.settled() == []
    assert scene.names() == [name]


def test_no_link_is_followed(scene: Scene, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_bytes(b"x")
    (scene.folder / "file").symlink_to(outside / "secret")
    (scene.folder / "folder").symlink_to(outside)
    os.mkfifo(scene.folder / "pipe")

    assert scene.settled() == []
    assert scene.contents == []


def test_nothing_is_put_where_a_link_leads_to(scene: Scene, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    scene.write("a")
    (scene.folder / "done").symlink_to(outside)

    (event,) = scene.settled()

    assert event.taken.reason == "done, but it cannot be moved: done is a link that leads elsewhere"
    assert list(outside.iterdir()) == []


def test_a_refused_file_has_its_reason_beside_it(scene: Scene) -> None:
    scene.answer = lambda _path, _name: Taken(fate=Fate.REFUSED, reason="no table\nline 3: µ")
    scene.write("a.csv", b"text")

    scene.settled()

    assert (scene.folder / "refused/a.csv").read_bytes() == b"text"
    reason = (scene.folder / "refused/a.csv.reason.txt").read_text("utf-8")
    assert reason == "no table\nline 3: µ\n"


def test_nothing_is_overwritten(scene: Scene) -> None:
    scene.write("refused/a.csv", b"old")
    scene.write("refused/a-2.csv.reason.txt", b"old")
    scene.write("done/b.csv", b"old")
    for name in ("a.csv", "b.csv"):
        scene.write(name, b"new")
    scene.answer = lambda _path, name: (
        DONE if name == "b.csv" else Taken(fate=Fate.REFUSED, reason="why")
    )

    scene.settled()

    assert scene.names() == [
        "done/b-2.csv",
        "done/b.csv",
        "refused/a-2.csv.reason.txt",
        "refused/a-3.csv",
        "refused/a-3.csv.reason.txt",
        "refused/a.csv",
    ]
    assert (scene.folder / "done/b.csv").read_bytes() == b"old"


def test_folders_below_keep_their_names(scene: Scene) -> None:
    scene.write("2026/03/a.spe")

    (event,) = scene.settled()

    assert event.moved_to == Path("done/2026/03/a.spe")


@pytest.mark.parametrize("name", [b"x" * 255, "粒".encode() * 85, b"\xff\xfe\n.spe"])
def test_every_name_that_can_be_is_moved(scene: Scene, name: bytes) -> None:
    scene.answer = lambda _path, _name: Taken(fate=Fate.REFUSED, reason="why")
    scene.write(os.fsdecode(name))

    (event,) = scene.settled()

    assert event.moved_to is not None
    assert len(scene.names("refused")) == 2


def test_what_cannot_be_taken_for_the_moment_stays_and_is_tried_again(scene: Scene) -> None:
    scene.answer = lambda _path, _name: Taken(fate=Fate.WAITS, reason="disk full")
    scene.write("a")
    (told,) = scene.settled()
    silent = [scene.look(LONGEST_WAIT_S) for _ in range(9)]
    scene.answer = lambda _path, _name: DONE

    (event,) = scene.look(LONGEST_WAIT_S)

    assert (told.taken.reason, told.moved_to) == ("disk full", None)
    assert silent == [[]] * 9
    assert event.taken == DONE
    assert len(scene.contents) == 11


def test_the_others_go_on_while_one_waits(scene: Scene) -> None:
    def answer(_path: Path, name: str) -> Taken:
        if name == "a":
            raise PermissionError(13, "Permission denied")
        return DONE

    scene.answer = answer
    for name in "ab":
        scene.write(name)

    events = {str(event.path): event.taken for event in scene.settled()}

    assert events["a"].reason == "it cannot be read: Permission denied"
    assert events["b"] == DONE
    assert scene.names() == ["a", "done/b"]


def test_a_file_that_vanishes_harms_nothing(scene: Scene) -> None:
    def vanish(_path: Path, name: str) -> Taken:
        (scene.folder / name).unlink()
        (scene.folder / "b").unlink(missing_ok=True)
        return DONE

    scene.answer = vanish
    scene.write("a")
    scene.write("b")

    (event,) = scene.settled()

    assert (event.taken, event.moved_to) == (DONE, None)
    assert scene.names() == []
    assert scene.look(5.0) == []


def test_what_was_taken_and_could_not_be_moved_is_not_taken_again(
    scene: Scene, tmp_path: Path
) -> None:
    (scene.folder / "done").symlink_to(tmp_path)
    scene.write("a")
    (told,) = scene.settled()
    (scene.folder / "done").unlink()

    (event,) = scene.look(LONGEST_WAIT_S)

    assert (told.taken.fate, event.moved_to) == (Fate.WAITS, Path("done/a"))
    assert scene.contents == [b"x"]


def test_a_file_that_was_taken_before_the_end_is_offered_again(scene: Scene) -> None:
    class EndedError(BaseException):
        pass

    def end(_path: Path, _name: str) -> Taken:
        raise EndedError

    scene.answer = end
    scene.write("a")
    with pytest.raises(EndedError):
        scene.settled()
    scene.again()
    scene.answer = lambda _path, _name: Taken(fate=Fate.DONE, duplicate=True)

    (event,) = scene.settled()

    assert (event.taken.duplicate, event.moved_to) == (True, Path("done/a"))


def test_a_folder_that_is_away_is_looked_for_again(scene: Scene, tmp_path: Path) -> None:
    scene.write("a")
    away = tmp_path / "away"
    scene.folder.rename(away)
    gone = scene.look(), scene.look(5.0)
    away.rename(scene.folder)

    assert gone == ([], [])
    assert [event.taken for event in scene.settled()] == [DONE]


def test_an_end_is_heeded_between_two_files(scene: Scene) -> None:
    for name in "abc":
        scene.write(name)
    scene.look()
    scene.now_s = 5.0

    events = list(scene.watched.look(lambda: bool(scene.contents)))

    assert len(events) == 1

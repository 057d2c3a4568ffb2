"""What the files of the tree say beside the code: links, commands, rooms, and nothing private."""

import re
import subprocess
from pathlib import Path

import pytest
import typer

from photopeak.cli.main import app

ROOT = Path(__file__).resolve().parents[2]
_PRIVATE = re.compile(
    r"/work/|/opt/ppvenv|/home/[a-z]|/root/|pypi\.org|pythonhosted|extra-index|--index-url|find-links"
    r"|registry\.npmjs"
)
_LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)")


def tracked() -> list[Path]:
    """Return the files that belong to the tree, in a clone as in an unpacked source archive."""
    listed = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z"], capture_output=True, text=True, check=False
    )
    if listed.returncode == 0:
        return [ROOT / name for name in listed.stdout.split("\0") if name]
    return [path for path in ROOT.rglob("*") if path.is_file()]


FILES = [path for path in tracked() if path.is_file() and path != Path(__file__).resolve()]
PAGES = [path for path in FILES if path.suffix == ".md"]


def test_no_file_speaks_of_a_machine_or_a_package_index() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}"
        for path in FILES
        if path.suffix not in {".png", ".woff2", ".ico", ".dcm", ".js"}
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if _PRIVATE.search(line)
    ]

    assert found == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_of_a_page_lead_somewhere(page: Path) -> None:
    links = [link.partition("#")[0] for link in _LINK.findall(page.read_text("utf-8"))]

    local = [link for link in links if link and "://" not in link]
    assert [link for link in local if not (page.parent / link).exists()] == []


def test_every_room_has_a_readme() -> None:
    parents = {path.parent for path in FILES if path.name == "__init__.py"}
    rooms = {folder for folder in parents if len(folder.relative_to(ROOT).parts) <= 3}
    packages = {ROOT / "service/photopeak", ROOT / "analyzers/photopeak_analyzers"}

    missing = [
        str(room.relative_to(ROOT))
        for room in sorted(rooms - packages)
        if room.is_relative_to(ROOT / "service") or room.is_relative_to(ROOT / "analyzers")
        if not (room / "README.md").is_file()
    ]
    assert missing == []


def test_every_command_that_the_readme_names_exists() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    rows = re.findall(r"^\| (`[^|]*) \|", text, re.MULTILINE)
    named = [
        name.removeprefix("photopeak ") for row in rows for name in re.findall(r"`([^`]+)`", row)
    ]
    group = typer.main.get_command(app)

    unknown = []
    for line in [name for name in named if not name.endswith("/")]:
        command = group
        for word in re.findall(r"^[a-z]+(?: [a-z]+)?", line)[0].split():
            command = getattr(command, "commands", {}).get(word)
            if command is None:
                unknown.append(line)
                break
    assert len(named) >= 15
    assert unknown == []


def test_requirements_are_locked_by_hash() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        lines = (ROOT / name).read_text("utf-8").splitlines()
        pins = [line for line in lines if re.match(r"[a-z0-9._-]+==", line)]

        assert pins
        assert all(line.endswith("\\") for line in pins)
        assert all(re.match(r"[a-z0-9._-]+==\S+|    --hash=sha256:[0-9a-f]{64}", x) for x in lines)


def test_the_development_lock_agrees_with_that_of_the_service() -> None:
    def pins(name: str) -> dict[str, str]:
        found = re.findall(
            r"^([a-z0-9._-]+)==(\S+)", (ROOT / name).read_text("utf-8"), re.MULTILINE
        )
        return dict(found)

    service, development = pins("requirements.txt"), pins("requirements-dev.txt")
    assert {name: development.get(name) for name in service} == service

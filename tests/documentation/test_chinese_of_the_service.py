"""What the service says itself, and what its limits and clauses are from, is there in Chinese."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from photopeak.analysis.catalogue import installed_analyzers
from photopeak.reports.phrases import Phrases
from photopeak.web import names
from photopeak.web.words import Words

_ROOT = Path(__file__).parents[2]
_SERVICE = _ROOT / "service" / "photopeak"
_ANALYZERS = _ROOT / "analyzers" / "photopeak_analyzers"
_LIMITS = sorted((_ROOT / "config" / "limits").glob("*.toml"))
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_WORDS = re.compile(r"[a-z]{3,}")
_SPOKEN = re.compile(r"[a-z]{3,}[ ,:;]+[a-z{]")
_CLAUSE_NAMES = re.compile(r"CLAUSE|NEMA|IEC|JJF|GBT|WST?|IAEA|EARL")


def text_of(node: ast.AST) -> str:
    """Return the text of a literal with a number in each of its places; empty for anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(part.value) if isinstance(part, ast.Constant) else "7.5" for part in node.values
        )
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return text_of(node.left) + text_of(node.right)
    return ""


def texts_of(node: ast.AST) -> Iterator[str]:
    """Yield the texts that an expression may be."""
    if isinstance(node, ast.IfExp):
        yield from (*texts_of(node.body), *texts_of(node.orelse))
    elif text := text_of(node):
        yield text


def calls(folder: Path, name: str) -> Iterator[tuple[str, ast.Call]]:
    """Yield the calls of functions and classes whose names match, with the file they are in."""
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                called = node.func.attr if isinstance(node.func, ast.Attribute) else ""
                called = getattr(node.func, "id", called)
                if re.fullmatch(name, called):
                    yield path.name, node


def untold(said: Iterator[tuple[str, str]], words: re.Pattern[str] = _SPOKEN) -> list[str]:
    """Return the texts without Chinese."""
    phrases = Phrases("zh")
    return [
        f"{where}: {text}"
        for where, text in said
        if words.search(text) and not _CHINESE.search(phrases(re.sub(r"(?<=[a-z])7\.5$", "", text)))
    ]


def test_what_alerts_say_and_end_by_has_chinese() -> None:
    def said() -> Iterator[tuple[str, str]]:
        for where, call in calls(_SERVICE, "Alert"):
            for given in call.keywords:
                if given.arg in ("title", "message"):
                    yield from ((where, text) for text in texts_of(given.value))
        for where, call in calls(_SERVICE / "schedule", "_End"):
            yield from ((where, text) for given in call.args for text in texts_of(given))

    assert len(list(said())) > 20
    assert untold(said()) == []


def test_why_a_file_cannot_be_read_has_chinese() -> None:
    def said() -> Iterator[tuple[str, str]]:
        for where, call in calls(_SERVICE / "reading", r"\w*Error|append|note"):
            for given in (*call.args, *(keyword.value for keyword in call.keywords)):
                yield from ((where, text) for text in texts_of(given))

    assert len(list(said())) > 150
    assert untold(said()) == []


def test_every_clause_of_an_analyzer_has_chinese_where_it_has_words() -> None:
    def said() -> Iterator[tuple[str, str]]:
        for path in sorted(_ANALYZERS.rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if (isinstance(node, ast.keyword) and node.arg == "clause") or (
                    isinstance(node, ast.Assign)
                    and any(
                        isinstance(target, ast.Name) and _CLAUSE_NAMES.search(target.id)
                        for target in node.targets
                    )
                ):
                    yield path.name, text_of(node.value)

    whole = [(where, text) for where, text in said() if " " in text and text[:1] != ","]
    assert len(whole) > 80
    assert untold(iter(whole), _WORDS) == []


@pytest.mark.parametrize("file", _LIMITS, ids=lambda file: file.name)
def test_every_source_of_the_limits_that_come_along_has_chinese(file: Path) -> None:
    plain = tomllib.loads(file.read_text("utf-8"))
    words = Words("zh")
    said = [plain.get("title", ""), plain.get("source", "")]
    said += [limit.get("source", "") for limit in plain["limit"]]

    assert [t for t in said if _WORDS.search(t) and not _CHINESE.search(words(t))] == []


def test_a_source_that_a_site_wrote_stays_as_it_is() -> None:
    for source in ("site rule: counts", "QC manual, section 4", "recommended, unverified by us"):
        assert Words("zh")(source) == source


def test_every_test_has_its_chinese_title_before_a_worker_has_told_of_it() -> None:
    title = names.test_titles((), Words("zh"))

    assert [
        (name, title(name))
        for name, analyzer in installed_analyzers().analyzers.items()
        if title(name) != analyzer.title_zh
    ] == []


def test_alarms_have_one_name_everywhere() -> None:
    others = re.compile("警报|告警|警示")
    found = [
        path.name
        for path in (*_SERVICE.rglob("*"), *(_ROOT / "config").rglob("*"), _ROOT / "README.md")
        if path.suffix in (".py", ".html", ".js", ".toml", ".md")
        and others.search(path.read_text("utf-8"))
    ]
    assert found == []

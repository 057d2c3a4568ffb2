"""Every word of a template is said in Chinese, so that no page is half in English."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from photopeak import web
from photopeak.web.words import CATALOGUES

TEMPLATES = sorted((Path(web.__file__).parent / "templates").glob("*.html"))
SAID = re.compile(r"""(?<![\w.])(?:_|plural)\(\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""")
ALIKE = frozenset({"CSV", "JSON", "PDF", "AE", "ICS"})
"""What is the same in both languages."""


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_every_word_of_a_template_has_its_chinese(template: Path) -> None:
    said = {
        re.sub(r"\\(.)", r"\1", found[1:-1]) for found in SAID.findall(template.read_text("utf-8"))
    }

    assert said - set(CATALOGUES["zh"]) - ALIKE == set()

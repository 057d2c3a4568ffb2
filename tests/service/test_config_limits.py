"""The documentation of limit files names every key that is read."""

import re

from photopeak.evaluation.files import LIMIT_KEYS, SET_KEYS, SEVERITY_KEYS
from photopeak.settings import packaged_config


def test_every_key_of_a_limit_file_is_documented() -> None:
    readme = (packaged_config() / "README.md").read_text("utf-8")
    text = readme[readme.index("## limits/*.toml") :].split("\n## ")[0]
    tables = re.split(r"^\| key of .*$", text, flags=re.MULTILINE)[1:]
    found = [set(re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE)) for table in tables]

    assert found == [set(SET_KEYS), set(LIMIT_KEYS), set(SEVERITY_KEYS)]

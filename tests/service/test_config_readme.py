"""The example configuration and its documentation say what the code does, key by key."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from photopeak.device_settings import DeviceEntry, load_devices
from photopeak.model.header import ELEMENT_KEYWORDS, InstanceHeader
from photopeak.routing.catalogue import TESTS
from photopeak.routing.devices import identify
from photopeak.routing.files import CONDITION_KEYS, RULE_KEYS
from photopeak.routing.text import FIELD_SCORES
from photopeak.settings import Settings, load, packaged_config
from support.example import example_devices

CONFIG = packaged_config()
README = (CONFIG / "README.md").read_text("utf-8")
EXAMPLE = (CONFIG / "photopeak.toml").read_text("utf-8")


def sections(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, type[BaseModel]]]:
    yield prefix, model
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from sections(field.annotation, f"{prefix}.{name}" if prefix else name)


SECTIONS = dict(sections(Settings))


def keys(model: type[BaseModel]) -> set[str]:
    return {
        name
        for name, field in model.model_fields.items()
        if not (isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel))
    }


def chapter(title: str) -> str:
    """Return the text of the README from a heading to the next one."""
    start = README.index(f"{title}\n")
    end = re.search(r"^#", README[start + len(title) :], re.MULTILINE)
    return README[start : start + len(title) + end.start()] if end else README[start:]


def documented(text: str) -> dict[str, str]:
    """Return the second column of the tables in `text` by the key in the first."""
    rows = re.findall(r"^\| `([^`]+)` \| ([^|]*) \|", text, re.MULTILINE)
    return {key: default.strip() for key, default in rows}


@pytest.mark.parametrize("section", SECTIONS)
def test_every_setting_is_documented_with_its_default(section: str) -> None:
    model = SECTIONS[section]
    table = documented(chapter(f"### `[{section}]`" if section else "### Top level"))

    assert set(table) == keys(model)
    for name in keys(model):
        default = model.model_fields[name].get_default(call_default_factory=True)
        if default is None:
            assert table[name] == "none", name
        elif isinstance(default, list) and default:
            assert table[name] == "(list in the example file)", name
        else:
            value = default if isinstance(default, (int, float, list, dict)) else str(default)
            assert tomllib.loads(f"v = {table[name].strip('`')}")["v"] == value, name


def test_the_example_file_changes_nothing(tmp_path: Path) -> None:
    values = tomllib.loads(EXAMPLE)

    assert all(table in ({}, {"tls": {}}) for table in values.values())
    assert load(CONFIG / "photopeak.toml", environment={}).settings == Settings(config=CONFIG)


def test_the_example_file_names_every_key_with_its_default() -> None:
    uncommented = re.sub(r"^# (?=[a-z_]+ = |  '|\])", "", EXAMPLE, flags=re.MULTILINE)
    values = tomllib.loads(uncommented)

    for section, model in SECTIONS.items():
        table = values
        for part in section.split(".") if section else []:
            table = table[part]
        assert {key for key in table if key not in SECTIONS or not section} >= keys(model), section
        for name in keys(model):
            default = model.model_fields[name].get_default(call_default_factory=True)
            if default is not None:
                plain = isinstance(default, (int, float, list, dict))
                assert table[name] == (default if plain else str(default)), f"{section}.{name}"
    Settings.model_validate(values)


def test_every_key_of_a_device_is_documented_and_used_by_the_example(tmp_path: Path) -> None:
    example = example_devices(tmp_path)
    entries = tomllib.loads(example.read_text("utf-8"))["devices"].values()

    assert set(documented(chapter("## devices.toml"))) == set(DeviceEntry.model_fields)
    assert len(load_devices(example)) == 5
    used = {key for entry in entries for key in entry}
    assert used == set(DeviceEntry.model_fields) - {"pixelated"}


def test_a_copy_of_the_example_shuts_nobody_out() -> None:
    assert load_devices(CONFIG / "devices.toml") == ()


def test_every_key_of_a_rule_and_of_a_condition_is_documented() -> None:
    rows = re.findall(r"^\| `([^`]+)` \|", chapter("## routes/*.toml"), re.MULTILINE)

    assert set(rows) == set(RULE_KEYS) | set(CONDITION_KEYS) | {"text"}


def test_every_text_field_every_element_and_every_test_is_documented() -> None:
    text = chapter("## routes/*.toml")

    for name, score in FIELD_SCORES.items():
        assert f"`{name}` ({score:g})" in text
    for keyword in ELEMENT_KEYWORDS:
        assert f"`{keyword}`" in text
    for test in TESTS:
        assert f"`{test}`" in text


def test_the_example_rule_of_the_readme_is_a_rule(tmp_path: Path) -> None:
    from photopeak.routing.routes import load_routes

    (block,) = re.findall(r"```toml\n(.*?)```", chapter("## routes/*.toml"), re.DOTALL)
    (tmp_path / "site.toml").write_text(block, "utf-8")

    assert load_routes(tmp_path).rules[0].id == "our_sensitivity"


@pytest.mark.parametrize(
    ("calling", "address", "serial", "device"),
    [
        ("NM1", "10.20.1.7", "1234", "camera-1"),
        ("PACS", "10.20.9.5", "1234", "camera-1"),
        ("PACS", "10.20.9.5", "5678", "camera-2"),
        ("ROUTER", "10.20.1.7", "1234", None),
        ("PACS", "10.20.9.6", "1234", None),
    ],
)
def test_what_a_pacs_forwards_is_recognised_as_the_readme_says(
    tmp_path: Path, calling: str, address: str, serial: str, device: str | None
) -> None:
    (example,) = re.findall(
        r"^```toml\n(.*?)^```", chapter("## devices.toml"), re.MULTILINE | re.DOTALL
    )
    (tmp_path / "devices.toml").write_text(example, "utf-8")
    header = InstanceHeader(sop_class_uid="1.2", serial_number=serial)

    found = identify(header, calling, address, load_devices(tmp_path / "devices.toml"))

    assert (found.device.id if found.device else None) == device

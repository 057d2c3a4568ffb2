"""Rule files: every fault is reported with file, line, rule and key, and with its cure."""

from pathlib import Path

import pytest

from photopeak.routing.routes import RoutesError, load_routes

GOOD = """
[[rule]]
id = "good"
priority = 20
when.text = "flood"
test = "intrinsic_uniformity"
"""

HEAD = '[[rule]]\nid = "r"\npriority = 20\n'
FLOOD = 'when.text = "flood"\n'
TEST = 'test = "intrinsic_uniformity"\n'

BAD = [
    ("[[rule]\n", ":1: not TOML"),
    ('[[rule]]\nid = "r\n', ":2: not TOML"),
    ('[[rule]]\nid = "r"\nid = "q"\n', ":3: not TOML"),
    ("rules = 1\n" + GOOD, "rules: unknown key; rules stand under [[rule]]"),
    ('rule = "r"\n', "write each rule as a table [[rule]]"),
    ("[[rule]]\npriority = 20\n" + FLOOD + TEST, ":1: rule number 1: id: missing"),
    (
        '[[rule]]\nid = "Not good"\npriority = 20\n' + FLOOD + TEST,
        ":2: rule Not good: id: has to be",
    ),
    ("[[rule]]\nid = 7\npriority = 20\n" + FLOOD + TEST, ":2: rule number 1: id: has to be"),
    ('[[rule]]\nid = "r"\n' + FLOOD + TEST, "rule r: priority: missing"),
    (
        '[[rule]]\nid = "r"\npriority = "20"\n' + FLOOD + TEST,
        ":3: rule r: priority: has to be a whole",
    ),
    ('[[rule]]\nid = "r"\npriority = 1000\n' + FLOOD + TEST, "from 0 to 999"),
    ('[[rule]]\nid = "r"\npriority = true\n' + FLOOD + TEST, "rule r: priority: has to be a whole"),
    (HEAD + TEST, "when: missing; a rule without a condition would match everything"),
    (HEAD + "when = {}\n" + TEST, ":4: rule r: when: has no condition"),
    (HEAD + 'when = "flood"\n' + TEST, "when: has no condition"),
    (HEAD + FLOOD, "give one of test, classify_by_content or ignore; here is nothing"),
    (HEAD + FLOOD + TEST + "ignore = true\n", "here is test and ignore"),
    (
        HEAD + FLOOD + 'test = "intrinsic_uniformty"\n',
        ":5: rule r: test: default: there is no test",
    ),
    (HEAD + FLOOD + 'test = "intrinsic_uniformty"\n', "did you mean intrinsic_uniformity?"),
    (HEAD + FLOOD + "test = 3\n", "test: has to be a text or a table"),
    (
        HEAD + FLOOD + 'test = { MR = "intrinsic_uniformity" }\n',
        "'MR' is not one of CT, DOC, NM, PT",
    ),
    (HEAD + FLOOD + TEST + 'modality = ["MR"]\n', "modality: 'MR' is not one of CT, DOC, NM, PT"),
    (
        HEAD + FLOOD + TEST + 'moddality = ["NM"]\n',
        "moddality: unknown key; did you mean modality?",
    ),
    (HEAD + 'when.text = "(flood"\n' + TEST, ":4: rule r: when.text: not a regular expression"),
    (HEAD + 'when.text = "flood|"\n' + TEST, "when.text: the expression matches an empty text"),
    (HEAD + 'when.text = ".*"\n' + TEST, "matches an empty text, so it would match everything"),
    (HEAD + "when.text = []\n" + TEST, "when.text: has to be a regular expression in quotes"),
    (HEAD + "when.text = 5\n" + TEST, "when.text: has to be a regular expression in quotes"),
    (HEAD + f'when.text = "{"a" * 2001}"\n' + TEST, "longer than 2000 characters"),
    (
        HEAD + "when.Rowss = 512\n" + TEST,
        "when.Rowss: no element that rules can ask for; did you mean Rows?",
    ),
    (
        HEAD + 'when.PatientName = "x"\n' + TEST,
        "when.PatientName: no element that rules can ask for",
    ),
    (HEAD + 'when.StationName = ""\n' + TEST, "when.StationName: has to be a text, a number"),
    (HEAD + "when.Rows = []\n" + TEST, "when.Rows: has to be a text, a number"),
    (HEAD + "when.Rows = { minimun = 2 }\n" + TEST, "minimun is unknown; did you mean minimum?"),
    (
        HEAD + "when.Rows = { minimum = 9, maximum = 2 }\n" + TEST,
        "the minimum 9 is above the maximum 2",
    ),
    (HEAD + 'when.Rows = { minimum = "9" }\n' + TEST, "minimum and maximum have to be numbers"),
    (HEAD + "when.Rows = { minimum = 1, one_of = [2] }\n" + TEST, "give one of one_of, none_of"),
    (HEAD + "when.Rows = {}\n" + TEST, "when.Rows: give one of one_of, none_of"),
    (HEAD + FLOOD + TEST + 'ignore = "yes"\n', ":6: rule r: ignore: has to be true or false"),
    (HEAD + FLOOD + TEST + "variant = 3\n", "variant: has to be a text in quotes"),
    (HEAD + FLOOD + TEST + "limits = 3\n", "limits: has to be a list of texts"),
    (HEAD + FLOOD + TEST + 'parameters = { d = "{mm}" }\n', "{mm} is not a named group"),
    (HEAD + FLOOD + TEST + "parameters = { d = [1] }\n", "parameters: has to be a table of texts"),
    (HEAD + FLOOD + TEST + 'fields = ["PatientName"]\n', "fields: 'PatientName' is not one of"),
    (
        HEAD + "when.Rows = 512\n" + TEST + 'fields = ["ImageID"]\n',
        "fields: goes with when.text only",
    ),
    (HEAD + FLOOD + "ignore = true\nalways = true\n", "always: goes with a test only"),
    (HEAD + FLOOD + TEST + 'purpose = "stauts"\n', ":6: rule r: purpose: 'stauts' is not one of"),
    (HEAD + FLOOD + 'purpose = "stauts"\n', ":5: rule r: purpose: 'stauts' is not one of"),
    (HEAD + FLOOD + 'ignore = true\npurpose = "status"\n', "not quality control has none"),
    (GOOD + GOOD, ":8: rule good: id: site.toml:2 has a rule of this name; choose another"),
]


@pytest.mark.parametrize(("text", "expected"), BAD)
def test_a_bad_file_is_refused_with_the_place_and_the_cure(
    tmp_path: Path, text: str, expected: str
) -> None:
    path = tmp_path / "site.toml"
    path.write_text(text, "utf-8")

    with pytest.raises(RoutesError) as refusal:
        load_routes(tmp_path)

    assert all(fault.startswith(str(path)) for fault in refusal.value.faults)
    assert expected in str(refusal.value)


def test_all_faults_of_all_files_are_reported_together(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(HEAD + TEST + "variant = 3\n", "utf-8")
    (tmp_path / "b.toml").write_bytes(b"\xff")

    with pytest.raises(RoutesError) as refusal:
        load_routes(tmp_path)

    assert len(refusal.value.faults) == 3
    assert "b.toml: cannot be read" in refusal.value.faults[-1]


def test_a_fault_names_the_line_of_the_key_in_the_right_rule(tmp_path: Path) -> None:
    (tmp_path / "site.toml").write_text(
        GOOD + '\n[[rule]]\nid = "second"\npriority = 30\ntest = "intrinsic_uniformity"\n'
        "\n[rule.when]\n# a remark\ntext = '('\n",
        "utf-8",
    )

    with pytest.raises(RoutesError, match=r"site\.toml:15: rule second: when\.text: not a regular"):
        load_routes(tmp_path)


def test_a_site_adds_rules_without_losing_the_packaged_ones(tmp_path: Path) -> None:
    (tmp_path / "site.toml").write_text(GOOD, "utf-8")
    packaged = load_routes()

    table = load_routes(tmp_path)

    assert table.rules[0].id == "good"
    assert [rule.id for rule in table.rules[1:]] == [rule.id for rule in packaged.rules]
    assert table.sources == ("site.toml", "default.toml")


def test_a_file_of_the_same_name_replaces_the_packaged_one(tmp_path: Path) -> None:
    (tmp_path / "default.toml").write_text(GOOD, "utf-8")

    assert [rule.id for rule in load_routes(tmp_path).rules] == ["good"]


def test_a_folder_that_does_not_exist_gives_the_packaged_rules(tmp_path: Path) -> None:
    assert load_routes(tmp_path / "none") == load_routes()


def test_the_version_follows_what_the_rules_say_not_how_they_are_written(tmp_path: Path) -> None:
    path = tmp_path / "default.toml"
    path.write_text(GOOD, "utf-8")
    version = load_routes(tmp_path).version
    path.write_text("# remark\n" + GOOD.replace(" = ", "="), "utf-8")
    commented = load_routes(tmp_path).version
    path.write_text(GOOD.replace("20", "21"), "utf-8")
    changed = load_routes(tmp_path).version

    assert version == commented
    assert version != changed


def test_a_test_of_an_installed_package_may_be_named(tmp_path: Path) -> None:
    (tmp_path / "site.toml").write_text(HEAD + FLOOD + 'test = "our_own_test"\n', "utf-8")

    assert load_routes(tmp_path, tests=["our_own_test"]).rules[0].test["default"] == "our_own_test"

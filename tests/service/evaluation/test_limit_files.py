from pathlib import Path

import pytest

from photopeak import settings
from photopeak.evaluation.limits import LimitsError, load_limit_sets, misfits
from photopeak.model.catalogue import MetricDescription, TestDescription, VariantDescription
from photopeak.model.judgement import BaselineForm, Limit, LimitKind, LimitSet
from photopeak.settings import packaged_config

HEAD = 'title = "T"\nkind = "site"\nsource = "S"\n'
LIMIT = '[[limit]]\ntest = "t"\nvariant = "nema"\nmetric = "m"\n'


def load(folder: Path, text: str, name: str = "site.toml") -> LimitSet:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, "utf-8")
    wanted = path.relative_to(folder).with_suffix("").as_posix()
    return next(s for s in load_limit_sets(folder) if s.name == wanted)


def faults(folder: Path, text: str, name: str = "site.toml") -> list[str]:
    with pytest.raises(LimitsError) as caught:
        load(folder, text, name)
    return [fault.removeprefix(f"{folder / name}: ") for fault in caught.value.faults]


def find(sets: tuple[LimitSet, ...], name: str, test: str, metric: str) -> Limit:
    (found,) = (s for s in sets if s.name == name)
    (limit,) = (x for x in found.limits if (x.test, x.metric) == (test, metric) and not x.scope)
    return limit


@pytest.mark.parametrize(
    ("test", "metric", "upper"),
    [
        ("intrinsic_uniformity", "iu_ufov", 5.5),
        ("intrinsic_uniformity", "iu_cfov", 4.5),
        ("intrinsic_uniformity", "du_ufov", 3.5),
        ("intrinsic_uniformity", "du_cfov", 3.0),
        ("intrinsic_spatial_resolution", "fwhm_ufov", 5.4),
        ("intrinsic_spatial_resolution", "fwhm_cfov", 5.4),
        ("intrinsic_spatial_linearity", "dl_ufov", 0.24),
        ("intrinsic_spatial_linearity", "dl_cfov", 0.24),
        ("intrinsic_spatial_linearity", "al_ufov", 0.84),
        ("intrinsic_spatial_linearity", "al_cfov", 0.60),
    ],
)
def test_ws523_limits_the_nema_methods(test: str, metric: str, upper: float) -> None:
    limit = find(load_limit_sets(), "ws523", test, metric)

    assert (limit.upper, limit.lower, limit.variant) == (upper, None, "nema")


@pytest.mark.parametrize(
    ("test", "metric", "lower", "upper", "purpose"),
    [
        ("system_planar_sensitivity", "system_planar_sensitivity", 60.0, None, ()),
        ("intrinsic_max_count_rate", "max_count_rate_cps", 67e3, None, ()),
        ("spect_spatial_resolution", "fwhm_central_transaxial", None, 18.7, ("status",)),
        ("whole_body_resolution", "wb_fwhm_parallel", None, 15.4, ("status",)),
        ("whole_body_resolution", "wb_fwhm_perpendicular", None, 15.4, ("status",)),
        ("background_rate", "background_cpm", None, 2000.0, ()),
    ],
)
def test_ws523_limits_the_other_tests(
    test: str, metric: str, lower: float | None, upper: float | None, purpose: tuple[str, ...]
) -> None:
    limit = find(load_limit_sets(), "ws523", test, metric)

    assert (limit.lower, limit.upper, limit.purpose) == (lower, upper, purpose)


def test_the_packaged_sets_have_their_standing() -> None:
    kinds = {s.name: s.kind for s in load_limit_sets()}
    ws523 = next(s for s in load_limit_sets() if s.name == "ws523")

    assert kinds == {
        "ws523": LimitKind.MANDATORY,
        "jjf": LimitKind.INFORMATIVE,
        "recommended": LimitKind.RECOMMENDED,
    }
    assert ws523.purpose == ("status", "constancy")
    assert ws523.continuous_crystal_only


def test_what_is_unverified_says_so_and_only_warns() -> None:
    recommended = next(s for s in load_limit_sets() if s.name == "recommended")

    for limit in recommended.limits:
        if limit.source == "recommended, unverified":
            assert (limit.lower, limit.upper) == (None, None), limit


def test_the_center_of_rotation_has_half_a_pixel_on_either_side() -> None:
    limit = find(load_limit_sets(), "recommended", "center_of_rotation", "cor_offset_px")

    assert (limit.lower, limit.upper) == (-0.5, 0.5)
    assert (limit.warn_lower, limit.warn_upper) == (-0.25, 0.25)


def test_the_examples_are_valid_files(tmp_path: Path) -> None:
    examples = packaged_config() / "limits" / "examples"

    site = load(tmp_path, (examples / "site.toml").read_text("utf-8"))
    camera = load(
        tmp_path, (examples / "symbia-1.toml").read_text("utf-8"), "manufacturer/symbia-1.toml"
    )

    assert [x.form for x in site.limits][:2] == [
        BaselineForm.RELATIVE_PERCENT,
        BaselineForm.STANDARD_DEVIATIONS,
    ]
    assert site.limits[2].scope == {"detector": 2}
    assert site.severities[0].severity == "hard"
    assert (camera.kind, camera.devices) == (LimitKind.MANUFACTURER, ("symbia-1",))


def test_a_file_of_the_site_replaces_the_packaged_one_of_its_name(tmp_path: Path) -> None:
    replaced = load(tmp_path, HEAD + LIMIT + "upper = 1", "recommended.toml")

    assert replaced.title == "T"
    assert {s.name for s in load_limit_sets(tmp_path)} == {"jjf", "recommended", "ws523"}


def test_a_set_can_be_taken_out_of_force(tmp_path: Path) -> None:
    (tmp_path / "jjf.toml").write_text(HEAD + "enabled = false")

    assert {s.name for s in load_limit_sets(tmp_path)} == {"recommended", "ws523"}


def test_the_version_is_of_the_content_and_not_of_the_comments(tmp_path: Path) -> None:
    text = HEAD + LIMIT + "upper = 1.5\n"
    first = load(tmp_path, text).version

    assert load(tmp_path, "# a remark\n" + text).version == first
    assert load(tmp_path, text.replace("1.5", "1.6")).version != first
    assert load(tmp_path, text.replace('"S"', '"S2"')).version != first


def test_a_limit_takes_the_source_of_its_file_unless_it_has_its_own(tmp_path: Path) -> None:
    other = LIMIT.replace('"m"', '"m2"') + 'upper = 1\nsource = "own"'
    found = load(tmp_path, HEAD + LIMIT + "upper = 1\n" + other)

    assert [limit.source for limit in found.limits] == ["S", "own"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("title = ", ""),
        ("", "title: is missing"),
        (HEAD.replace("site", "law") + LIMIT + "upper = 1", "kind: 'law' is none of mandatory"),
        (HEAD, "limit: the file sets no limit"),
        (HEAD + "colour = 1\n" + LIMIT + "upper = 1", "colour: is not a key; there are title"),
        (HEAD + 'purpose = ["fun"]\n' + LIMIT + "upper = 1", "purpose: 'fun' is none of"),
        (HEAD + "devices = 3\n" + LIMIT + "upper = 1", "devices: must be a list of texts"),
        (HEAD + 'optional = "no"\n' + LIMIT + "upper = 1", "optional: must be true or false"),
        (HEAD + "limit = 3", "limit: write each as a table [[limit]]"),
        (HEAD + LIMIT, "limit 1 t m: upper: a limit has at least one bound"),
        (HEAD + LIMIT + 'upper = "5"', "limit 1 t m: upper: must be a number"),
        (HEAD + LIMIT + "upper = true", "limit 1 t m: upper: must be a number"),
        (HEAD + LIMIT + "upper = nan", "limit 1 t m: upper: must be finite"),
        (HEAD + LIMIT + "upper = inf", "limit 1 t m: upper: must be finite"),
        (HEAD + LIMIT + "lower = 2\nupper = 1", "lower: 2 is above upper, which is 1"),
        (HEAD + LIMIT + "upper = 1\nwarn_upper = 2", "warn_upper: 2 is above upper, which is 1"),
        (HEAD + LIMIT + "warn_lower = 1\nlower = 2", "lower: 2 is above warn_lower"),
        (HEAD + LIMIT + "uper = 1", "limit 1 t m: uper: is not a key"),
        (HEAD + LIMIT + 'upper = 1\nform = "ratio"', "form: 'ratio' is none of absolute"),
        (HEAD.replace("site", "baseline") + LIMIT + "upper = 1", "form: a limit of the kind"),
        (HEAD + LIMIT + "upper = 1\nscope = 3", "scope: must be a table"),
        (HEAD + LIMIT + "upper = 1\nscope = {a = [1]}", "scope.a: must be a text or a number"),
        (HEAD + LIMIT + "upper = 1\nscope = {a = true}", "scope.a: must be a text or a number"),
        (HEAD + LIMIT.replace('"t"', '"Big"') + "upper = 1", "test: 'Big' is no id"),
        (HEAD + LIMIT.replace('"m"', '"*"') + "upper = 1", "metric: '*' is no id"),
        (HEAD + LIMIT + 'upper = 1\ninstead = "Big"', "instead: 'Big' is no id"),
        (HEAD + (LIMIT + "upper = 1\n") * 2, "limit 2 t m: metric: limit 1 is for the same"),
        (
            HEAD + '[[severity]]\ntest = "t"\ncode = "pc"\nseverity = "hard"',
            "severity 1: code: a code is in capitals",
        ),
        (
            HEAD + '[[severity]]\ntest = "t"\ncode = "PC_X"\nseverity = "harsh"',
            "severity 1: severity: 'harsh' is none of hard, soft",
        ),
    ],
)
def test_a_fault_names_file_and_key(tmp_path: Path, text: str, fault: str) -> None:
    assert any(fault in line for line in faults(tmp_path, text))


def test_all_faults_of_all_files_come_together(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(HEAD)
    found = faults(tmp_path, HEAD + LIMIT + 'upper = "x"\nlower = "y"', "b.toml")

    assert len(found) >= 4


def test_a_file_of_a_manufacturer_is_for_named_devices(tmp_path: Path) -> None:
    text = HEAD + LIMIT + "upper = 1"
    assert "kind: files of this folder" in faults(tmp_path, text, "manufacturer/x.toml")[0]

    named = faults(tmp_path, text.replace("site", "manufacturer"), "manufacturer/x.toml")
    assert named == ["devices: figures of a manufacturer are for named devices"]


def test_a_limit_that_no_result_can_meet_is_found() -> None:
    metric = MetricDescription(
        key="m", unit="mm", symbol="", label="", label_zh="", decimals=1, clause=""
    )
    test = TestDescription(
        id="t",
        title="",
        title_zh="",
        version="1",
        variants=(VariantDescription(name="nema", title="", clause=""),),
        roles=(),
        readings=(),
        metrics=(metric,),
        parameters=(),
        figures=(),
    )
    limits = tuple(
        Limit(test=test_id, variant=variant, metric=key, unit=unit, upper=1.0)
        for test_id, variant, key, unit in (
            ("t", "nema", "m", "mm"),
            ("t", "*", "m", ""),
            ("later", "nema", "x", ""),
            ("t", "nema", "x", ""),
            ("t", "iec", "m", ""),
            ("t", "nema", "m", "cm"),
        )
    )
    limits += (Limit(test="t", variant="nema", metric="m", upper=1.0, instead="y"),)
    entry = LimitSet(name="s", title="", kind=LimitKind.SITE, source="", version="1", limits=limits)

    assert misfits([entry], {"t": test}) == (
        "s: t x: the test has no such metric",
        "s: t m: variant: the test has no variant iec",
        "s: t m: unit: the metric is in mm, not in cm",
        "s: t m: instead: the test has no metric y",
    )


def test_an_installation_without_its_limits_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "__file__", str(tmp_path / "service/photopeak/settings.py"))
    with pytest.raises(settings.SettingsError, match="limits and routes that come with"):
        load_limit_sets(None)

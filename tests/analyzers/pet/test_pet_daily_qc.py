"""The daily check of a PET scanner, by reports and by hand; its sinograms have their own tests."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import pytest

from photopeak_analyzers.acquisition import Origin
from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import (
    Analysis,
    Inputs,
    Measurement,
    Outcome,
    Precondition,
    ReadingValue,
    Scope,
)
from photopeak_analyzers.document import Document, Element
from photopeak_analyzers.errors import (
    MissingReadingError,
    ParameterError,
    UnsuitableAcquisitionError,
)
from photopeak_analyzers.pet.daily_report import verdict_in
from photopeak_analyzers.pet.pet_daily_qc import ANALYZER
from support.daily_reports import ITEMS, PHILIPS_LINES, PLANES, SIEMENS_LINES, siemens_xml


def xml(content: bytes, received: str = "", at: datetime | None = None) -> Document:
    """Read XML as the service does, without its bounds."""
    from xml.etree import ElementTree

    def element(node: Any) -> Element:
        return Element(
            name=node.tag,
            text=(node.text or "").strip(),
            children=tuple(element(child) for child in node),
        )

    root = element(ElementTree.fromstring(content))
    scanned = root.child("bScandate")
    moment = datetime.fromisoformat(scanned.text) if at is None and scanned and scanned.text else at
    text = {"received_at": received} if received else {}
    return Document(
        media_type="text/xml",
        root=root,
        started_at=moment,
        origin=Origin(text=MappingProxyType(text)),
    )


def words(*lines: str) -> Document:
    return Document(
        media_type="application/pdf",
        text="\n".join(lines),
        pages=1,
        started_at=datetime(2026, 3, 2, 6, 30, tzinfo=UTC),
    )


def analyze(document: Document | None, **readings: Any) -> Analysis:
    roles = {} if document is None else {"report": (document,)}
    given = {name: ReadingValue(value=value) for name, value in readings.items()}
    return ANALYZER.analyze(Inputs(roles=roles, readings=given, variant="local"))


def measured(analysis: Analysis, metric: str, **scope: Any) -> Measurement:
    (found,) = [
        m for m in analysis.measurements if (m.metric, m.scope) == (metric, Scope.of(**scope))
    ]
    return found


def metrics_of(analysis: Analysis) -> set[str]:
    return {m.metric for m in analysis.measurements}


def open_things(analysis: Analysis) -> dict[str, Any]:
    return {p.quantity: p.value for p in analysis.preconditions if p.outcome is not Outcome.MET}


def precondition(analysis: Analysis, quantity: str) -> Precondition:
    (found,) = [p for p in analysis.preconditions if quantity in p.quantity]
    return found


def changed(name: str, **parts: str) -> Mapping[str, tuple[str, str, str, str, str]]:
    fields = ("value", "unit", "lower", "upper", "of")
    values = dict(zip(fields, ITEMS[name], strict=True)) | parts
    return {**ITEMS, name: tuple(values[f] for f in fields)}  # type: ignore[dict-item]


def test_a_good_report_leaves_nothing_open_and_gives_every_item() -> None:
    analysis = analyze(xml(siemens_xml(), received="2026-03-02T07:00:00+00:00"))

    assert open_things(analysis) == {}
    assert measured(analysis, "randoms_pct").value == 98.4
    assert measured(analysis, "ecf").value == 3.1e7
    assert measured(analysis, "items_failed").value == 0.0
    assert measured(analysis, "items_passed").value == len(ITEMS) + 1
    assert measured(analysis, "report_passed").value == 1.0
    assert measured(analysis, "calibration_factor").value == 0.97
    assert [f.name for f in analysis.figures] == ["items", "block_map", "plane_profile"]


def test_bounds_are_those_of_the_report() -> None:
    analysis = analyze(xml(siemens_xml(items=changed("cMeasureRandoms", lower="90", upper="110"))))

    bounds = measured(analysis, "randoms_pct").bounds
    assert bounds is not None
    assert (bounds.lower, bounds.upper) == (90.0, 110.0)
    assert "bounds of MeasureRandoms" in bounds.source


def test_bounds_of_single_blocks_are_no_bounds_of_their_number() -> None:
    analysis = analyze(xml(siemens_xml(items=changed("bBlockEfficiency", value="3"))))

    found = measured(analysis, "block_efficiency_n_out")
    assert (found.value, found.bounds) == (3.0, None)


def test_names_are_read_whatever_letter_stands_before_them() -> None:
    items = {f"z{name[1:]}": values for name, values in ITEMS.items()}

    analysis = analyze(xml(siemens_xml(items=items)))

    assert open_things(analysis) == {}
    assert measured(analysis, "ta_residual_mm").value == 0.7


def test_a_failed_item_fails_by_the_verdict_of_the_report_itself() -> None:
    analysis = analyze(xml(siemens_xml(decisions={"gPlaneEff": "Failed"}, overall="Failed")))

    failed = measured(analysis, "items_failed")
    assert failed.value == 1.0
    assert failed.bounds is not None
    assert failed.bounds.upper == 0.0
    passed = measured(analysis, "report_passed")
    assert passed.value == 0.0
    assert passed.bounds is not None
    assert passed.bounds.lower == 1.0
    assert any("PlaneEff failed" in note.message for note in analysis.notes)


def test_a_phantom_that_is_too_old_is_a_failed_item() -> None:
    analysis = analyze(xml(siemens_xml(age="Failed")))

    assert measured(analysis, "items_failed").value == 1.0


@pytest.mark.parametrize("said", ["", "Skipped", "Bypassed", "Passed / Failed"])
def test_a_verdict_that_is_not_understood_is_no_pass(said: str) -> None:
    analysis = analyze(xml(siemens_xml(decisions={"fECF": said}, overall=said)))

    assert "items without a verdict that is understood" in open_things(analysis)
    assert "verdict of the report" in open_things(analysis)
    assert "report_passed" not in metrics_of(analysis)
    assert measured(analysis, "items_failed").value == 0.0


@pytest.mark.parametrize(
    "said",
    [
        "No pass", "Un-passed", "never passed", "cannot pass", "nicht OK", "pass=false", "Passed?",
        "Passed with warnings", "Passed (2 of 3)", "基本合格",
    ],
)  # fmt: skip
def test_a_verdict_with_more_than_its_word_is_no_pass(said: str) -> None:
    analysis = analyze(xml(siemens_xml(decisions={"fECF": said}, overall=said)))

    assert {"items without a verdict that is understood", "verdict of the report"} <= set(
        open_things(analysis)
    )


@pytest.mark.parametrize("said", ["not successful", "unsuccessful", "未合格", "没有通过", "不正常"])
def test_other_words_of_failing_fail(said: str) -> None:
    analysis = analyze(xml(siemens_xml(decisions={"fECF": said})))

    assert measured(analysis, "items_failed").value == 1.0


@pytest.mark.parametrize("copied", ["fECF", "gPlaneEff"])
def test_an_item_that_stands_twice_has_no_value(copied: str) -> None:
    content = siemens_xml().decode()
    start, end = content.index(f"<{copied}>"), content.index(f"</{copied}>")
    once = content[start : end + len(copied) + 3]
    twice = once.replace("3.1e+007", "9e+007").replace("gPlaneEff", "zPlaneEfficiency")

    analysis = analyze(xml(content.replace(once, once + twice).encode()))

    assert "is there 2 times" in str(open_things(analysis)["items that cannot be used"])
    assert not metrics_of(analysis) & {"ecf" if copied == "fECF" else "plane_efficiency_n_out"}


@pytest.mark.parametrize(
    "more",
    [
        "<eResults><aSystemQualityResults>Failed</aSystemQualityResults></eResults>",
        (
            "<gDetailedSystemQualityReport><aItem><aBlockNoise><dDecision>Failed</dDecision></aBlockNoise>"
            "</aItem></gDetailedSystemQualityReport>"
        ),
    ],
)
def test_what_failed_in_a_second_part_of_the_report_fails(more: str) -> None:
    end = "</SystemQualityReport>"

    analysis = analyze(xml(siemens_xml().decode().replace(end, more + end).encode()))

    failed = measured(analysis, "items_failed").value
    assert failed == 1.0 or measured(analysis, "report_passed").value == 0.0


def test_more_items_than_a_report_has_are_refused() -> None:
    items = {**ITEMS, **{f"z{chr(65 + i % 26)}x{i}": ITEMS["fECF"] for i in range(200)}}

    with pytest.raises(UnsuitableAcquisitionError, match="212 items, at most 200 are read"):
        analyze(xml(siemens_xml(items=items)))


@pytest.mark.parametrize("value", ["-1", "0.5"])
def test_blocks_out_of_range_are_counted_in_whole_numbers(value: str) -> None:
    analysis = analyze(xml(siemens_xml(items=changed("aBlockNoise", value=value))))

    assert "needs a whole number of at least 0" in str(
        open_things(analysis)["items that cannot be used"]
    )
    assert "block_noise_n_out" not in metrics_of(analysis)


def test_a_partial_report_says_what_is_missing() -> None:
    items = {k: v for k, v in ITEMS.items() if k not in ("eScatterRatio", "kTAFitY")}

    analysis = analyze(xml(siemens_xml(items=items, age=None)))

    assert open_things(analysis) == {"missing items": "ScatterRatio, PhantomAge, TAFitY"}


def test_a_scanner_without_time_of_flight_is_not_asked_for_its_items() -> None:
    items = {k: v for k, v in ITEMS.items() if k[0] < "h"}

    assert open_things(analyze(xml(siemens_xml(items=items)))) == {}


def test_an_item_that_is_not_known_is_shown_and_no_pass() -> None:
    items = {**ITEMS, "mCrystalWarp": ("1.5", "%", "0", "2", "%")}

    analysis = analyze(xml(siemens_xml(items=items)))

    assert open_things(analysis) == {"items that are not known": "CrystalWarp"}
    table = analysis.figures[0]
    assert "CrystalWarp" in [row[0] for row in table.rows]  # type: ignore[union-attr]


def test_energy_items_of_a_vision_are_measured() -> None:
    items = {**ITEMS, "mEnergyResolution": ("9.8", "%", "8", "12", "%")}

    analysis = analyze(xml(siemens_xml(items=items)))

    assert measured(analysis, "energy_resolution_pct").value == 9.8
    assert open_things(analysis) == {}


@pytest.mark.parametrize(
    ("name", "parts", "said"),
    [
        ("jTAFitX", {"unit": "cm"}, "TAFitX is in cm, needs mm"),
        ("cMeasureRandoms", {"unit": ""}, "MeasureRandoms is in no unit, needs %"),
        ("gPlaneEff", {"unit": "%"}, "needs blocks or planes out of range"),
        ("fECF", {"value": "-.-"}, "ECF has no value that is a number"),
        ("fECF", {"value": ""}, "ECF has no value that is a number"),
        ("eScatterRatio", {"value": "1,234.5"}, "ScatterRatio has no value that is a number"),
    ],
)
def test_an_item_in_another_unit_or_without_a_number_is_not_taken(
    name: str, parts: dict[str, str], said: str
) -> None:
    analysis = analyze(xml(siemens_xml(items=changed(name, **parts))))

    assert said in str(open_things(analysis)["items that cannot be used"])
    assert len(metrics_of(analysis) & {"ta_fit_x_mm", "randoms_pct", "ecf"}) >= 2


def test_bounds_in_another_unit_than_the_value_are_not_those_of_the_value() -> None:
    analysis = analyze(xml(siemens_xml(items=changed("jTAFitX", of="cm"))))

    assert measured(analysis, "ta_fit_x_mm").bounds is None


@pytest.mark.parametrize(
    "parts",
    [{"lower": "3", "upper": "1"}, {"lower": "n/a"}, {"of": ""}, {"lower": "", "upper": ""}],
)
def test_bounds_that_are_not_understood_judge_nothing_and_are_no_pass(
    parts: dict[str, str],
) -> None:
    analysis = analyze(xml(siemens_xml(items=changed("jTAFitX", **parts))))

    assert measured(analysis, "ta_fit_x_mm").bounds is None
    assert open_things(analysis) == {"items whose bounds are not understood": "TAFitX"}


def test_decimal_commas_are_read_where_the_whole_report_has_them() -> None:
    content = siemens_xml().decode()
    head, tail = content.split("<SystemQualityReport>")
    turned = head + "<SystemQualityReport>" + tail.replace("0.", "0,").replace("8.4", "8,4")
    turned = turned.replace("1.5", "1,5").replace("5.5", "5,5").replace("7.5", "7,5")
    turned = turned.replace("3.1e", "3,1e").replace("2.0<", "2,0<").replace("2.5", "2,5")

    analysis = analyze(xml(turned.encode()))

    assert measured(analysis, "randoms_pct").value == 98.4
    assert measured(analysis, "ecf").value == 3.1e7
    assert open_things(analysis) == {}


def test_blocks_that_are_out_and_passed_are_pointed_out() -> None:
    items = changed("gPlaneEff", value="2", unit=PLANES)

    analysis = analyze(xml(siemens_xml(items=items)))

    assert open_things(analysis) == {"items out of range that passed": "PlaneEff (2)"}


@pytest.mark.parametrize(
    ("received", "outcome"),
    [
        ("2026-03-03T06:30:00+00:00", Outcome.MET),
        ("2026-03-03T06:30:01+00:00", Outcome.NOT_MET),
        ("2026-02-20T07:00:00+00:00", Outcome.NOT_MET),
    ],
)
def test_a_report_of_another_day_warns(received: str, outcome: Outcome) -> None:
    analysis = analyze(xml(siemens_xml(), received=received))

    assert precondition(analysis, "reception").outcome is outcome


def test_a_report_without_a_date_is_no_pass() -> None:
    assert "time of the measurement" in open_things(analyze(xml(siemens_xml(scanned=""))))


def test_the_phantom_decays_from_its_assay_to_the_check() -> None:
    # 270.95 days are one half-life of Ge-68: half of 2 mCi, which are 74 MBq, is left. The table
    # has ICRP 107, whose half-life is the same to 0.1 %.
    analysis = analyze(
        xml(siemens_xml(assayed="2025-06-04T08:42:00+01:00", scanned="2026-03-02T07:30:00+01:00"))
    )

    assert measured(analysis, "phantom_age_d").value == pytest.approx(270.95)
    assert measured(analysis, "phantom_activity_mbq").value == pytest.approx(37.0, rel=1e-3)


def test_a_phantom_assayed_after_the_check_is_no_pass() -> None:
    analysis = analyze(xml(siemens_xml(assayed="2026-04-01T12:00:00+01:00")))

    assert precondition(analysis, "assay").outcome is Outcome.NOT_MET


def test_an_activity_in_an_unknown_unit_is_left_out() -> None:
    assert "phantom_activity_mbq" not in metrics_of(
        analyze(xml(siemens_xml(activity=("2.0", "cps"))))
    )


def test_blocks_are_compared_with_their_mean() -> None:
    # Eleven blocks of 0.5 and one of 0.25: the mean is 5.75 / 12.
    blocks = (("0.5",) * 4, ("0.5", "0.25", "0.5", "0.5"), ("0.5",) * 4)

    analysis = analyze(xml(siemens_xml(blocks=blocks)))

    low = measured(analysis, "block_efficiency_min_pct", source="report").value
    assert low == pytest.approx(100.0 * 0.25 * 12.0 / 5.75)
    picture = analysis.figures[1]
    assert picture.image[1, 1] == pytest.approx(low)  # type: ignore[union-attr]


def test_a_report_without_items_is_refused_with_what_was_seen() -> None:
    with pytest.raises(
        UnsuitableAcquisitionError, match=r"no item that is known: seen XML with the root"
    ):
        analyze(xml(siemens_xml(items={})))


def test_an_unknown_xml_is_refused_with_what_was_seen() -> None:
    document = xml(b"<Invoice><Sum>3</Sum><Tax>1</Tax></Invoice>")

    with pytest.raises(
        UnsuitableAcquisitionError, match="root Invoice of Sum, Tax; known are Siemens"
    ):
        analyze(document)


def test_an_unknown_pdf_is_refused_without_quoting_it() -> None:
    document = words("Dear Mrs Jane Roe", "your detector has arrived")

    with pytest.raises(UnsuitableAcquisitionError, match=r"1 pages, 4\d characters") as caught:
        analyze(document)
    assert "with detector" in str(caught.value)
    assert "Roe" not in str(caught.value)


def test_the_words_of_a_siemens_report_give_value_bounds_and_verdict() -> None:
    analysis = analyze(words(*SIEMENS_LINES))

    assert open_things(analysis) == {}
    found = measured(analysis, "randoms_pct")
    assert found.value == 98.4
    assert found.bounds is not None
    assert (found.bounds.lower, found.bounds.upper) == (80.0, 120.0)
    assert measured(analysis, "block_noise_n_out").value == 0.0
    assert measured(analysis, "ecf").value == 3.1e7
    assert measured(analysis, "report_passed").value == 1.0
    assert measured(analysis, "items_passed").value == 7.0


def test_columns_are_told_apart_by_their_heading() -> None:
    lines = [line.replace("80 - 120 %   98.4 %", "80  120  98.4 %") for line in SIEMENS_LINES]

    found = measured(analyze(words(*lines)), "randoms_pct")
    assert found.value == 98.4
    assert found.bounds is not None
    assert (found.bounds.lower, found.bounds.upper) == (80.0, 120.0)


def test_numbers_without_a_heading_are_not_guessed() -> None:
    lines = [
        line.replace("80 - 120 %   98.4 %", "80  120  98.4 %")
        for line in SIEMENS_LINES
        if "Lower" not in line
    ]

    analysis = analyze(words(*lines))

    assert "randoms_pct" not in metrics_of(analysis)
    assert "3 numbers" in str(open_things(analysis)["items that cannot be used"])


@pytest.mark.parametrize("said", ["Failed", "NOT PASSED", "不合格"])
def test_a_failed_line_of_a_pdf_fails(said: str) -> None:
    lines = [
        line.replace("Passed", said) if line.startswith("Scatter") else line
        for line in SIEMENS_LINES
    ]

    assert measured(analyze(words(*lines)), "items_failed").value == 1.0


def test_names_of_people_beside_a_verdict_are_left_out() -> None:
    lines = [
        line.replace("31.5 %  Passed", "31.5 %  Failed seen by Doe, Jane")
        if line.startswith("Scatter")
        else line.replace("Result: Passed", "Result: Failed - Doe, Jane")
        for line in SIEMENS_LINES
    ]
    comment = "<aComments>signed by Jane Doe</aComments><bComments>Finish_QC</bComments>"
    report = siemens_xml().decode().replace("</eResults>", comment + "</eResults>")

    for analysis in (analyze(words(*lines)), analyze(xml(report.encode()))):
        assert "Doe" not in repr((analysis.notes, analysis.preconditions, analysis.figures))
    assert "Finish_QC" in repr(analysis.figures)


def test_a_report_that_was_not_read_to_its_end_is_no_pass() -> None:
    document = dataclasses.replace(words(*SIEMENS_LINES), complete=False)

    assert open_things(analyze(document)) == {"parts of the report that were not read": "its end"}


def test_an_item_that_is_said_twice_with_two_values_is_not_taken() -> None:
    analysis = analyze(words(*SIEMENS_LINES, "Scatter Ratio 25.5 - 37.5 %  40.1 % Failed"))

    assert "scatter_ratio_pct" not in metrics_of(analysis)
    assert measured(analysis, "items_failed").value == 1.0


def test_the_words_of_a_philips_report_are_read() -> None:
    analysis = analyze(words(*PHILIPS_LINES))

    assert open_things(analysis) == {}
    assert measured(analysis, "timing_resolution_ps", maker="philips").value == 620.0
    assert measured(analysis, "energy_resolution_pct", maker="philips").value == 13.1
    assert measured(analysis, "energy_centroid", maker="philips").value == 100.2
    assert measured(analysis, "tilt_linearity", maker="philips").value == 0.8
    assert measured(analysis, "report_passed").value == 1.0


def test_a_failed_test_of_a_philips_report_fails_the_whole() -> None:
    lines = [line.replace("Calibration: PASSED", "Calibration: FAILED") for line in PHILIPS_LINES]

    analysis = analyze(words(*lines))

    assert measured(analysis, "report_passed").value == 0.0
    assert measured(analysis, "items_failed").value == 1.0


def test_a_philips_report_that_lacks_a_test_is_no_pass() -> None:
    analysis = analyze(words(*(line for line in PHILIPS_LINES if "Emission" not in line)))

    assert open_things(analysis)["missing items"] == "EmissionTest"
    assert "report_passed" not in metrics_of(analysis)


def test_a_timing_resolution_in_ns_is_not_taken_for_ps() -> None:
    lines = [line.replace("620 ps", "0.62 ns") for line in PHILIPS_LINES]

    analysis = analyze(words(*lines))

    assert "timing_resolution_ps" not in metrics_of(analysis)
    assert "is in ns, needs ps" in str(open_things(analysis)["items that cannot be used"])


def test_a_check_entered_by_hand_is_judged_by_what_was_entered() -> None:
    rows = (
        ("coincidence mean", 101.5, 80.0, 120.0, "passed"),
        ("gain", None, None, None, "failed"),
    )

    analysis = analyze(None, verdict="failed", items=rows)

    found = measured(analysis, "item_value", item="coincidence mean")
    assert found.value == 101.5
    assert found.bounds is not None
    assert (found.bounds.lower, found.bounds.upper) == (80.0, 120.0)
    assert measured(analysis, "items_failed").value == 1.0
    assert measured(analysis, "report_passed").value == 0.0


def test_an_item_entered_without_verdict_and_bounds_is_no_pass() -> None:
    analysis = analyze(None, verdict="passed", items=(("gain", 3.0, None, None, None),))

    assert open_things(analysis) == {"items without a verdict that is understood": "gain"}


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ((("gain", 1.0, None, None, None), ("gain", 2.0, None, None, None)), "entered twice"),
        ((("gain", None, 1.0, None, None),), "neither a value nor a verdict"),
        ((("gain", 1.0, 3.0, 2.0, None),), "lower bound 3 of gain is above"),
    ],
)
def test_what_is_entered_wrongly_is_refused(rows: Any, said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        analyze(None, items=rows)


def test_without_anything_there_is_no_result() -> None:
    with pytest.raises(MissingReadingError, match="neither a report nor a sinogram"):
        analyze(None)


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("PASS", True),
        ("ok", True),
        ("Fail", False),
        ("not passed", False),
        ("n/a", None),
        ("", None),
    ],
)
def test_verdicts_are_words_of_their_own(text: str, verdict: bool | None) -> None:
    assert verdict_in(text) is verdict


def test_it_keeps_the_contract() -> None:
    examples = [
        Inputs(roles={"report": (xml(siemens_xml()),)}, variant="local"),
        Inputs(roles={"report": (words(*PHILIPS_LINES),)}, variant="local"),
    ]

    assert check(ANALYZER, examples) == []

"""The daily report of a Biograph mCT as the scanner wrote it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from photopeak.inbox.documents import as_object
from photopeak.reading.assemble import read_acquisition
from photopeak_analyzers.contract import Inputs, Outcome
from photopeak_analyzers.pet.pet_daily_qc import ANALYZER
from support.acquisitions import real_data


def test_every_item_of_a_real_report_is_read_with_its_bounds(tmp_path: Path) -> None:
    (path,) = real_data("pet_daily").glob("*.xml")
    document = read_acquisition([as_object(path, tmp_path)])

    analysis = ANALYZER.analyze(Inputs(roles={"report": (document,)}, variant="local"))

    assert document.started_at == datetime.fromisoformat("2014-01-02T08:24:12+01:00")
    assert all(p.outcome is Outcome.MET for p in analysis.preconditions)
    values = {(m.metric, m.scope.get("source")): m for m in analysis.measurements}
    for metric, value, lower, upper in (
        ("randoms_pct", 102.1, 85.0, 115.0),
        ("scanner_efficiency", 41.2, 25.48, 47.32),
        ("scatter_ratio_pct", 30.9, 28.8, 35.2),
        ("ecf", 2.764e7, 2e7, 4e7),
        ("ta_residual_mm", 0.9, 0.0, 2.0),
    ):
        found = values[metric, None]
        assert found.value == value
        assert found.bounds is not None
        assert (found.bounds.lower, found.bounds.upper) == (lower, upper)
    for metric in ("block_noise_n_out", "block_efficiency_n_out", "plane_efficiency_n_out"):
        assert values[metric, None].value == 0.0
    assert values["items_passed", None].value == 13.0
    # 142.85 days of the 270.95 of Ge-68 after the assay of 2.659338 mCi.
    assert values["phantom_activity_mbq", None].value == pytest.approx(
        2.659338 * 37.0 * 0.5 ** (142.8501 / 270.95), rel=1e-3
    )
    (picture,) = [f for f in analysis.figures if f.name == "block_map"]
    assert picture.image.shape == (12, 16)  # type: ignore[union-attr]

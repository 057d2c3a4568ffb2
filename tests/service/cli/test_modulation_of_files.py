"""The modulation transfer function of a file that is named so."""

import json
from datetime import UTC, datetime
from pathlib import Path

from typer.testing import CliRunner

from photopeak.cli.main import app
from photopeak.demo.objects import MEDISO, Labels, planar_object, write
from support.line_sources import acquire, picture

AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


def test_an_image_named_mtf_gives_a_curve_without_a_limit(tmp_path: Path) -> None:
    image = acquire(picture("y", apart_mm=30.0))
    write(planar_object(image, MEDISO, Labels(series="MTF LEHR 100 mm"), AT), tmp_path)
    done = CliRunner().invoke(
        app, ["analyze", str(tmp_path), "--set", "line_distance_mm=30", "--json"]
    )
    assert done.exit_code in (0, 1), done.output
    (result,) = [
        r for r in json.loads(done.stdout)["results"] if r["test"] == "modulation_transfer_function"
    ]

    (half,) = [m for m in result["measurements"] if m["metric"] == "mtf50_per_cm"]
    # 0.4413 / 7.5 mm, a part in a hundred less for the pixel and the rounding of counts.
    assert abs(half["value"] - 0.588) < 0.006
    assert half["scope"]["distance_mm"] == 100.0
    assert result["status"] in {"NO_LIMIT", "WARN"}

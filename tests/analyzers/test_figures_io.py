"""Figures and analyses as JSON: nothing is lost, and nothing strange is let in."""

import base64
import json
import math
import zlib
from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from photopeak_analyzers.contract import (
    Analysis,
    Measurement,
    Note,
    Outcome,
    Precondition,
    PreconditionCode,
    Scope,
    Severity,
)
from photopeak_analyzers.errors import ContractError
from photopeak_analyzers.figures import (
    Colormap,
    Curve,
    CurveFigure,
    CurveStyle,
    ImageFigure,
    Overlay,
    OverlayKind,
    ReferenceLine,
    Scale,
    TableFigure,
)
from photopeak_analyzers.figures_io import (
    analysis_from_plain,
    analysis_to_plain,
    array_from_plain,
    array_to_plain,
    figure_from_plain,
    figure_to_plain,
)


def through_json(plain):
    return json.loads(json.dumps(plain, allow_nan=False))


IMAGE = ImageFigure(
    name="flood_detector_1",
    title="Flood, detector 1",
    image=np.arange(12, dtype=np.uint16).reshape(3, 4),
    pixel_spacing_mm=(2.4, 2.5),
    low=0.0,
    high=11.0,
    unit="{counts}",
    colormap=Colormap.CIVIDIS,
    overlays=(
        Overlay(kind=OverlayKind.FIELD_OF_VIEW, label="UFOV", points=((0.5, 1.0), (2.0, 3.0))),
        Overlay(kind=OverlayKind.POINT, label="源", points=((1.0, 1.0),), closed=False),
    ),
)
CURVES = CurveFigure(
    name="position",
    title="Position",
    x_label="Angle",
    x_unit="deg",
    y_label="Position",
    y_unit="mm",
    curves=(
        Curve(label="found", x=np.array([0.0, 1.0]), y=np.array([2.0, 3.0]), style=CurveStyle.POINTS),
        Curve(label="fit", x=np.zeros(0), y=np.zeros(0)),
    ),
    lines=(ReferenceLine(label="centre", value=63.5, axis="x"),),
    y_scale=Scale.LOG,
)  # fmt: skip
TABLE = TableFigure(
    name="budget",
    title="Budget",
    columns=("name", "value", "n", "empty"),
    rows=(("activity", 1.6, 3, None), ("not finite", math.inf, -1, None)),
)
ANALYSIS = Analysis(
    measurements=(
        Measurement(metric="cor_offset_px", scope=Scope.of(detector=2, window="a"), value=0.1),
        Measurement(metric="rate_cps", scope=Scope(), value=33.0, uncertainty=0.5),
    ),
    preconditions=(
        Precondition(
            code=PreconditionCode.COUNTS,
            severity=Severity.SOFT,
            outcome=Outcome.NOT_MET,
            scope=Scope.of(detector=1),
            quantity="counts per view",
            value=512.0,
            lower=1e4,
            unit="{counts}",
            clause="practice",
        ),
        Precondition(
            code=PreconditionCode.NUCLIDE, severity=Severity.HARD, outcome=Outcome.UNKNOWN
        ),
        Precondition(
            code=PreconditionCode.FRAMES,
            severity=Severity.HARD,
            outcome=Outcome.MET,
            value="60 of 60",
            upper=math.inf,
        ),
    ),
    figures=(TABLE,),
    notes=(
        Note(
            code="A",
            message="a note",
            scope=Scope.of(distance_mm=100.0),
            values=MappingProxyType({"x": 1, "y": 0.5, "z": "w"}),
            unfit_for=("acceptance",),
        ),
    ),
)


def same_figure(first, second):
    if isinstance(first, ImageFigure):
        arrays = [(first.image, second.image)]
        rest = ("pixel_spacing_mm", "low", "high", "unit", "colormap", "overlays")
    elif isinstance(first, CurveFigure):
        pairs = list(zip(first.curves, second.curves, strict=True))
        arrays = [(a.x, b.x) for a, b in pairs] + [(a.y, b.y) for a, b in pairs]
        assert [(a.label, a.style) for a, _ in pairs] == [(b.label, b.style) for _, b in pairs]
        rest = ("x_label", "x_unit", "y_label", "y_unit", "lines", "x_scale", "y_scale")
    else:
        return first == second
    assert all(a.dtype == b.dtype and np.array_equal(a, b) for a, b in arrays)
    return all(getattr(first, n) == getattr(second, n) for n in ("name", "title", *rest))


@pytest.mark.parametrize("figure", [IMAGE, CURVES, TABLE], ids=lambda figure: figure.name)
def test_a_figure_comes_back_as_it_was(figure):
    assert same_figure(figure, figure_from_plain(through_json(figure_to_plain(figure))))


def test_a_plot_that_says_nothing_of_its_scales_is_linear():
    plain = figure_to_plain(CURVES)
    del plain["x_scale"], plain["y_scale"]

    kept = figure_from_plain(plain)

    assert (kept.x_scale, kept.y_scale) == (Scale.LINEAR, Scale.LINEAR)


def test_an_analysis_comes_back_as_it_was():
    assert analysis_from_plain(through_json(analysis_to_plain(ANALYSIS))) == ANALYSIS


def test_measurements_of_numpy_scalars_are_plain_numbers():
    scope = Scope.of(detector=np.int64(1))
    analysis = Analysis(
        measurements=(Measurement(metric="a", scope=scope, value=np.float64(0.5)),),
        preconditions=(),
        notes=(Note(code="N", message="n", values={"x": np.float32(0.5), "y": np.int16(3)}),),
    )

    plain = through_json({**analysis_to_plain(analysis), "measurements": []})

    assert plain["notes"][0]["values"] == {"x": 0.5, "y": 3}


@given(
    hnp.arrays(
        dtype=hnp.integer_dtypes(endianness="?")
        | hnp.unsigned_integer_dtypes(endianness="?")
        | hnp.floating_dtypes(sizes=(32, 64), endianness="?")
        | hnp.boolean_dtypes(),
        shape=hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=5),
    )
)
def test_arrays_keep_every_bit(array):
    back = array_from_plain(through_json(array_to_plain(array)))

    assert back.shape == array.shape
    assert back.dtype == array.dtype.newbyteorder("<")
    assert back.tobytes() == array.astype(array.dtype.newbyteorder("<")).tobytes()
    assert not back.flags.writeable


@given(
    st.lists(
        st.tuples(st.none() | st.text() | st.integers() | st.floats(allow_nan=False)), max_size=5
    )
)
def test_tables_keep_every_cell_and_its_type(rows):
    table = TableFigure(name="t", title="t", columns=("a",), rows=tuple(rows))

    back = figure_from_plain(through_json(figure_to_plain(table)))

    assert back == table
    assert [[type(c) for c in row] for row in back.rows] == [[type(c) for c in row] for row in rows]


def test_an_array_that_is_not_contiguous_is_kept_in_row_order():
    array = np.arange(24).reshape(4, 6)[::2, ::-1].T

    assert np.array_equal(array_from_plain(array_to_plain(array)), array)


@pytest.mark.parametrize("array", [np.array(["a"]), np.array([object()]), np.array([1j])])
def test_an_array_of_anything_else_is_refused(array):
    with pytest.raises(ContractError, match=r"an array of .* cannot be kept in a figure"):
        array_to_plain(array)


def damaged(**changes):
    return {**array_to_plain(np.arange(4, dtype=np.uint8)), **changes}


def packed(data):
    return base64.b64encode(zlib.compress(data)).decode()


@pytest.mark.parametrize(
    ("plain", "message"),
    [
        (damaged(dtype="|O"), "an array of '|O' is none that a figure holds"),
        (damaged(dtype=">u2"), "an array of '>u2' is none that a figure holds"),
        (damaged(shape=[-4]), "an array cannot have the shape (-4,)"),
        (damaged(shape=[2.0, 2.0]), "an array cannot have the shape (2.0, 2.0)"),
        (damaged(shape=[5]), "an array of the shape (5,) has 5 bytes, found 4"),
        (damaged(shape=[3]), "an array of the shape (3,) has 3 bytes, found 4"),
        (damaged(shape=[10**12]), "an array of 1000000000000 bytes, needs at most 536870912"),
        (damaged(zlib="!"), "the bytes of an array are damaged"),
        (damaged(zlib="AAAA"), "the bytes of an array are damaged"),
        (damaged(shape=[8], zlib=packed(bytes(10**6))), "has 8 bytes, found 9"),
    ],
)
def test_damaged_arrays_are_refused(plain, message):
    with pytest.raises(ContractError) as refusal:
        array_from_plain(plain)

    assert message in str(refusal.value)


def test_another_version_is_refused():
    with pytest.raises(ContractError, match="the figure is of version 2, needs 1"):
        figure_from_plain({**figure_to_plain(TABLE), "version": 2})
    with pytest.raises(ContractError, match="the analysis is of version None, needs 1"):
        analysis_from_plain({"measurements": []})


@pytest.mark.parametrize(
    ("plain", "message"),
    [
        ({"version": 1}, "this is no figure: KeyError: 'name'"),
        ({**figure_to_plain(TABLE), "kind": "film"}, "there is no figure of the kind 'film'"),
        ({**figure_to_plain(IMAGE), "colormap": "jet"}, "'jet' is not a valid Colormap"),
        ({**figure_to_plain(IMAGE), "low": "low"}, "this is no figure: KeyError: 'low'"),
        ({**figure_to_plain(TABLE), "rows": [[[]]]}, "[] is neither number nor text"),
        ({**figure_to_plain(IMAGE), "overlays": [1]}, "this is no figure: TypeError"),
    ],
)
def test_what_is_no_figure_is_refused(plain, message):
    with pytest.raises(ContractError) as refusal:
        figure_from_plain(plain)

    assert message in str(refusal.value)


def test_a_value_missing_in_a_scope_is_refused():
    plain = analysis_to_plain(ANALYSIS)
    plain["measurements"][0]["scope"] = {"detector": None}

    with pytest.raises(ContractError, match="a value is missing"):
        analysis_from_plain(plain)

"""Figures as documents: what is seen, what is said, and what must never come through."""

from __future__ import annotations

import re
import time
import zlib
from xml.etree import ElementTree

import numpy as np
import pytest
from numpy.typing import NDArray

from photopeak.reports.axes import span
from photopeak.reports.colours import hex_colours, map_of, recoloured
from photopeak.reports.figures import render_png, render_svg
from photopeak.reports.svg import text_width
from photopeak_analyzers.figures import (
    Colormap,
    Curve,
    CurveFigure,
    CurveStyle,
    Figure,
    ImageFigure,
    Overlay,
    OverlayKind,
    ReferenceLine,
    Scale,
    TableFigure,
)
from support.web_scene import HOSTILE

_SVG = "{http://www.w3.org/2000/svg}"


def image(**changes: object) -> ImageFigure:
    """Return a small image with a ramp."""
    values: dict[str, object] = {
        "name": "flood",
        "title": "Flood",
        "image": np.arange(12.0).reshape(3, 4),
        "pixel_spacing_mm": (10.0, 10.0),
        "low": 0.0,
        "high": 11.0,
    }
    return ImageFigure(**{**values, **changes})  # type: ignore[arg-type]


def curve(*curves: Curve, **changes: object) -> CurveFigure:
    """Return a plot."""
    values: dict[str, object] = {
        "name": "profile", "title": "Profile", "x_label": "Position", "x_unit": "mm",
        "y_label": "Counts", "y_unit": "{counts}", "curves": curves,
    }  # fmt: skip
    return CurveFigure(**{**values, **changes})  # type: ignore[arg-type]


def decoded(png: bytes) -> tuple[NDArray[np.uint8], bytes]:
    """Return the palette indices and the palette of one of our PNG files."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    chunks, at = {}, 8
    while at < len(png):
        length = int.from_bytes(png[at : at + 4])
        kind, data = png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        assert zlib.crc32(kind + data) == int.from_bytes(png[at + 8 + length : at + 12 + length])
        chunks[kind] = data
        at += 12 + length
    columns, rows = (int.from_bytes(chunks[b"IHDR"][i : i + 4]) for i in (0, 4))
    lines = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(rows, columns + 1)
    assert not lines[:, 0].any()
    return lines[:, 1:], chunks[b"PLTE"]


def test_the_window_decides_what_is_black_and_what_is_white() -> None:
    pixels, palette = decoded(render_png(image(low=2.0, high=9.0)))

    assert pixels[0, :3].tolist() == [0, 0, 0]
    assert pixels[2, 1:].tolist() == [255, 255, 255]
    assert palette[:3] == b"\x00\x00\x00"
    assert palette[-3:] == b"\xff\xff\xff"


def test_brightness_grows_with_counts() -> None:
    pixels, _ = decoded(render_png(image()))

    assert np.array_equal(np.sort(pixels.ravel()), pixels.ravel())


def test_a_pixel_that_is_no_number_and_a_window_of_no_width_do_no_harm() -> None:
    broken = np.array([[np.nan, np.inf], [-np.inf, 1.0]])

    assert decoded(render_png(image(image=broken)))[0].tolist() == [[0, 255], [0, 23]]
    assert not decoded(render_png(image(low=5.0, high=5.0)))[0].any()


def test_a_large_image_is_averaged_not_sampled() -> None:
    checks = np.indices((2048, 2048)).sum(axis=0) % 2 * 100.0
    pixels, _ = decoded(render_png(image(image=checks, low=0.0, high=100.0)))

    assert pixels.shape == (1024, 1024)
    assert np.unique(pixels).tolist() == [128]


def test_colour_maps_run_from_their_dark_to_their_light_end() -> None:
    assert hex_colours(Colormap.CIVIDIS, 2) == ("#00224e", "#fee838")
    assert hex_colours(Colormap.DIVERGING, 3)[1] in ("#f6f6f7", "#f7f7f7")


def test_counts_are_seen_in_another_map_as_if_they_had_been_drawn_in_it() -> None:
    grey, cividis = image(), image(colormap=Colormap.CIVIDIS)
    for drawn in (lambda f: render_svg(f).encode(), render_png):
        assert recoloured(drawn(grey), "cividis") == drawn(cividis)
        assert recoloured(drawn(cividis), "grey") == drawn(grey)
        assert recoloured(drawn(grey), "grey") == drawn(grey)
        assert (map_of(drawn(grey)), map_of(drawn(cividis))) == ("grey", "cividis")


@pytest.mark.parametrize(
    "drawing",
    [
        render_svg(image(colormap=Colormap.DIVERGING)).encode(),
        render_png(image(colormap=Colormap.DIVERGING)),
        render_svg(curve(Curve(label="a", x=np.arange(3.0), y=np.arange(3.0)))).encode(),
        b"<svg><image href='data:image/png;base64,%%%'/></svg>",
        b"data:image/png;base64,AAAA",
        b"\x89PNG\r\n\x1a\n",
        b"",
    ],
)
def test_differences_and_whatever_else_keep_their_colours(drawing: bytes) -> None:
    assert map_of(drawing) == ""
    assert recoloured(drawing, "cividis") == drawing


@pytest.mark.parametrize(
    "figure",
    [
        image(),
        image(pixel_spacing_mm=(0.0, 0.0)),
        image(image=np.ones((1, 300)), pixel_spacing_mm=(2.0, 2.0)),
        image(image=np.ones((300, 1))),
        curve(),
        curve(Curve(label="flat", x=np.array([1.0, 2.0]), y=np.array([3.0, 3.0]))),
        curve(Curve(label="gap", x=np.arange(4.0), y=np.array([1.0, np.nan, 2.0, np.inf]))),
        curve(Curve(label="one", x=np.array([1.0]), y=np.array([1.0]), style=CurveStyle.STEP)),
        curve(Curve(label="none", x=np.array([]), y=np.array([]), style=CurveStyle.POINTS)),
        curve(Curve(label="tiny", x=np.arange(3.0), y=np.array([1e-9, 2e-9, 3e-9]))),
        curve(Curve(label="huge", x=np.arange(3.0), y=np.array([1e12, -2e12, 3e12]))),
        TableFigure(name="t", title="T", columns=()),
        TableFigure(name="t", title="T", columns=("a", "b"), rows=((1, None), ("x", 2.5))),
        TableFigure(name="t", title="T", columns=("a",), rows=tuple((n,) for n in range(1000))),
    ],
)
def test_every_figure_is_a_document_with_a_title_and_a_description(figure: Figure) -> None:
    document = ElementTree.fromstring(render_svg(figure))

    assert document.find(f"{_SVG}title").text == figure.title  # type: ignore[union-attr]
    assert document.find(f"{_SVG}desc").text  # type: ignore[union-attr]
    numbers = re.findall(r'(?:d|x|y|width|height)="([^"]*)"', render_svg(figure))
    assert not any(word in number for number in numbers for word in ("nan", "inf"))


def test_an_outline_lies_where_its_pixels_are() -> None:
    # 4 columns over 560 units: 140 per pixel, centres at 70, 210, 350, 490.
    overlay = Overlay(
        kind=OverlayKind.FIELD_OF_VIEW, label="UFOV", points=((0.0, 0.0), (0.0, 3.0), (2.0, 3.0))
    )
    drawn = render_svg(image(overlays=(overlay,)))

    assert "M70 70L490 70L490 350Z" in drawn
    assert ">UFOV<" in drawn


def test_the_scale_bar_has_the_length_it_names() -> None:
    # 40 mm over 560 units: 14 per mm; the longest round bar within a third is 10 mm.
    drawn = render_svg(image())

    assert ">10 mm<" in drawn
    assert "h140M" in drawn


def test_the_length_of_the_scale_bar_is_written_inside_of_a_narrow_image() -> None:
    drawn = render_svg(image(image=np.ones((300, 40)), pixel_spacing_mm=(1.5, 1.5), overlays=()))

    clip = re.search(r'<image[^>]* width="([\d.]+)"', drawn)
    label = re.search(r'<text x="([\d.]+)"[^>]*>(\d+ mm)</text>', drawn)
    assert clip is not None
    assert label is not None
    assert float(label[1]) + text_width(label[2], 14.0) <= float(clip[1])


def test_a_table_is_as_wide_as_what_is_written_in_it() -> None:
    columns = tuple(f"a long heading of column {number}" for number in range(9))
    row = tuple(f"some words in column {number}" for number in range(9))
    drawn = render_svg(TableFigure(name="t", title="Many", columns=columns, rows=(row,)))

    assert "…" not in drawn
    assert "some words in column 8" in drawn
    assert float(re.findall(r' width="([\d.]+)"', drawn)[0]) > 1500.0


def test_labels_of_one_place_do_not_lie_on_each_other() -> None:
    points = tuple(
        Overlay(kind=OverlayKind.POINT, label=f"point {n}", points=((1.0, 1.5),)) for n in range(4)
    )
    drawn = render_svg(image(overlays=points))
    places = re.findall(r'<text x="([\d.]+)" y="([\d.]+)"[^>]*>point', drawn)

    assert len(set(places)) == 4


def test_the_label_of_a_wide_region_does_not_lie_in_the_region_beside_it() -> None:
    boxes = tuple(
        Overlay(
            kind=OverlayKind.REGION,
            label=name,
            points=((20.0, left), (20.0, left + 25.0), (45.0, left + 25.0), (45.0, left)),
        )
        for name, left in (("of the left box", 10.0), ("of the right box", 45.0))
    )
    drawn = render_svg(image(image=np.zeros((80, 80)), overlays=boxes))
    places = {
        name: float(x)
        for x, name in re.findall(r'<text x="([\d.]+)"[^>]*>(of the \w+ box)<', drawn)
    }

    # 560 wide over 80 columns: the middles of the boxes.
    assert places["of the left box"] == pytest.approx(23.0 * 560.0 / 80.0, abs=10.0)
    assert places["of the right box"] == pytest.approx(58.0 * 560.0 / 80.0, abs=10.0)


def test_a_label_without_a_free_place_is_left_out() -> None:
    points = tuple(
        Overlay(kind=OverlayKind.POINT, label=f"point {n}", points=((1.0, 1.5),)) for n in range(40)
    )
    drawn = render_svg(image(overlays=points))

    assert 4 <= drawn.count(">point ") < 12
    # What it names is drawn all the same; two paths for each, one of them the halo.
    assert drawn.count('stroke-width="1.8"') == 40


def test_ticks_between_whole_numbers_are_written_with_their_half() -> None:
    drawn = render_svg(curve(Curve(label="", x=np.arange(9.0), y=np.linspace(0.0, 11.0, 9))))

    assert ">7.5<" in drawn
    assert ">8<" in drawn


def test_what_is_numbered_has_no_tick_between_two_numbers() -> None:
    heads = curve(
        Curve(label="", x=np.array([1.0, 2.0]), y=np.array([3.1, 5.2]), style=CurveStyle.POINTS),
        x_unit="",
    )

    assert ">1.2<" not in render_svg(heads)
    assert {">1<", ">2<"} <= set(re.findall(r">[12]<", render_svg(heads)))


def test_marks_do_not_lie_on_the_frame() -> None:
    drawn = render_svg(
        curve(
            Curve(
                label="",
                x=np.arange(1.0, 4.0),
                y=np.array([3.0, 3.2, 4.9]),
                style=CurveStyle.POINTS,
            )
        )
    )
    heights = sorted(float(y) for y in re.findall(r'<circle cx="[^"]*" cy="([^"]*)"', drawn))
    axis = re.compile(r'<path d="M[\d.]+ ([\d.]+)L[\d.]+ ([\d.]+)"[^>]*class="axis"')
    frame = sorted(float(y) for found in axis.findall(drawn) for y in found)

    assert frame[0] < heights[0] < heights[-1] < frame[-1]


def test_the_name_of_a_reference_lies_above_the_curves() -> None:
    drawn = render_svg(
        curve(
            Curve(label="measured", x=np.arange(9.0), y=np.arange(9.0)),
            lines=(ReferenceLine(label="limit", value=5.0),),
        )
    )

    assert drawn.index(">limit<") > drawn.index('class="c0"')


def test_axes_carry_their_units() -> None:
    plotted = render_svg(
        curve(
            Curve(label="measured", x=np.arange(9.0), y=np.arange(9.0)),
            lines=(ReferenceLine(label="limit", value=5.0),),
        )
    )

    for text in ("Position (mm)", "Counts (counts)", "measured", "limit"):
        assert f">{text}<" in plotted


def heights_of(drawn: str) -> list[float]:
    """Return where the marks of a plot lie, from top to bottom of the page."""
    return [float(y) for y in re.findall(r'<circle cx="[^"]*" cy="([^"]*)" r', drawn)]


def test_on_a_logarithmic_axis_each_decade_is_as_long_as_the_next() -> None:
    marks = Curve(
        label="", x=np.arange(4.0), y=np.array([1.0, 10.0, 100.0, 1e4]), style=CurveStyle.POINTS
    )
    drawn = render_svg(curve(marks, y_scale=Scale.LOG))

    one, ten, hundred, last = heights_of(drawn)
    assert one - ten == pytest.approx(ten - hundred, abs=0.05)
    assert hundred - last == pytest.approx(2.0 * (one - ten), abs=0.05)
    for tick in (">1<", ">10<", ">100<", ">1000<", ">10\u2009000<"):
        assert tick in drawn


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (3.0, 40.0, ["5", "10", "20"]),
        (3.0, 400.0, ["3", "10", "30", "100", "300"]),
        (0.02, 0.7, ["0.02", "0.05", "0.1", "0.2", "0.5"]),
        (11.0, 17.0, ["12", "14", "16"]),
        (1e-20, 1e20, ["1e-20", "1e-14", "1e-8", "0.01", "10\u2009000", "1e10", "1e16"]),
    ],
)
def test_a_logarithmic_axis_has_round_ticks_however_much_it_covers(
    low: float, high: float, ticks: list[str]
) -> None:
    found = span([np.array([low, high])], [], [], scale=Scale.LOG, wanted=5)

    assert [found.tick_text(tick) for tick in found.ticks] == ticks


def test_what_has_no_place_on_a_logarithmic_axis_is_left_out_and_counted() -> None:
    marks = Curve(
        label="rate", x=np.arange(4.0), y=np.array([5.0, 0.0, -2.0, 50.0]), style=CurveStyle.POINTS
    )
    lines = (ReferenceLine(label="nothing", value=0.0), ReferenceLine(label="ten", value=10.0))
    drawn = render_svg(curve(marks, y_scale=Scale.LOG, lines=lines))

    assert len(heights_of(drawn)) == 2 + 1
    assert drawn.count("2 points at or below zero not shown") == 2
    assert ">nothing<" not in drawn
    assert ">ten<" in drawn
    assert "not shown" not in render_svg(curve(marks))


def test_a_plot_with_nothing_on_its_logarithmic_axes_is_drawn_all_the_same() -> None:
    nothing = Curve(label="", x=np.zeros(3), y=np.full(3, -1.0))
    drawn = render_svg(curve(nothing, x_scale=Scale.LOG, y_scale=Scale.LOG))

    ElementTree.fromstring(drawn)
    assert "3 points at or below zero not shown" in drawn


def test_a_peak_of_one_point_survives_in_a_long_curve() -> None:
    y = np.zeros(100_000)
    y[54_321] = 7.0
    plotted = render_svg(curve(Curve(label="", x=np.arange(100_000.0), y=y)))
    (path,) = (d for d in re.findall(r'<path d="([^"]*)"', plotted) if d.count("L") > 100)

    assert path.count("L") <= 2001
    heights = {float(step.split(" ")[1]) for step in re.split("[ML]", path)[1:]}
    assert max(heights) - min(heights) > 200.0


def test_hostile_text_is_inert_in_every_figure() -> None:
    overlay = Overlay(kind=OverlayKind.POINT, label=HOSTILE, points=((1.0, 1.0),))
    line = np.arange(3.0)
    for figure in (
        image(title=HOSTILE, unit=HOSTILE, overlays=(overlay,)),
        curve(
            Curve(label=HOSTILE, x=line, y=line), title=HOSTILE, x_label=HOSTILE, y_unit=HOSTILE,
            lines=(ReferenceLine(label=HOSTILE, value=1.0),),
        ),
        TableFigure(name="t", title=HOSTILE, columns=(HOSTILE,), rows=((HOSTILE,),)),
    ):  # fmt: skip
        drawn = render_svg(figure)
        document = ElementTree.fromstring(drawn)

        names = {element.tag.removeprefix(_SVG) for element in document.iter()}
        assert names <= {"svg", "title", "desc", "style", "rect", "image", "path", "text", "circle",
                         "g", "linearGradient", "stop"}  # fmt: skip
        for element in document.iter():
            assert not any(name.startswith("on") for name in element.attrib)
            reference = element.attrib.get("href", "")
            assert reference == "" or reference.startswith("data:image/png;base64,")
        for hidden in ("\u202e", "\x1b", "\r", "\n"):
            assert hidden not in drawn


def test_a_figure_is_drawn_fast() -> None:
    # A bound with room for a busy machine; alone it takes about a tenth of it.
    rng = np.random.default_rng(3)
    flood = image(image=rng.poisson(10_000, (256, 256)), low=9000.0, high=11_000.0)
    times = []
    for _ in range(5):
        begun = time.perf_counter()
        render_svg(flood)
        times.append(time.perf_counter() - begun)

    assert min(times) < 0.05

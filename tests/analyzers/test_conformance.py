"""Every registered analyzer keeps the contract, and one that does not is told why."""

import dataclasses
from importlib.metadata import entry_points

import numpy as np
import pytest

from photopeak_analyzers.acquisition import AcquisitionKind, CollimatorType
from photopeak_analyzers.conformance import check, partial_inputs
from photopeak_analyzers.contract import (
    ENTRY_POINT_GROUP,
    Analysis,
    Analyzer,
    Column,
    Inputs,
    Measurement,
    Metric,
    Outcome,
    Parameters,
    Precondition,
    PreconditionCode,
    Reading,
    ReadingKind,
    ReadingValue,
    Role,
    Scope,
    Severity,
    Variant,
    parameter,
)
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.figures import Curve, CurveFigure, ImageFigure, TableFigure
from photopeak_analyzers.gamma_camera.intrinsic_uniformity import ANALYZER as INTRINSIC
from photopeak_analyzers.gamma_camera.system_uniformity import ANALYZER as SYSTEM
from photopeak_analyzers.simulation.floods import (
    ColdSpot,
    FloodCamera,
    acquisition,
    dynamic,
    noisy,
)
from support.floods import flat

CAMERA = FloodCamera()
UNIFORMITY = {INTRINSIC.id: CollimatorType.NONE, SYSTEM.id: CollimatorType.PARALLEL}


def examples(analyzer):
    """Inputs of a uniformity test: one detector, two detectors, a dynamic flood, every variant."""
    rng = np.random.default_rng(17)
    collimator = UNIFORMITY[analyzer.id]
    spot = ColdSpot(depth=0.1, diameter_mm=40.0, x_mm=40.0)
    images = {(d, 1): noisy(CAMERA.expected(12_000.0, spot), rng) for d in (1, 2)}
    two = acquisition(images, CAMERA, duration_s=6000.0, collimator=collimator)
    floods = (flat(collimator=collimator), two, dynamic(two, 3, rng))
    return [
        Inputs(roles={"flood": (flood,)}, variant=variant.name)
        for flood in floods
        for variant in analyzer.variants
    ]


@pytest.mark.parametrize("analyzer", [INTRINSIC, SYSTEM], ids=lambda a: a.id)
def test_the_uniformity_tests_keep_the_contract(analyzer):
    assert check(analyzer, examples(analyzer)) == []


def test_every_registered_analyzer_keeps_the_contract():
    found = {point.name: point.load() for point in entry_points(group=ENTRY_POINT_GROUP)}

    assert {name: check(analyzer) for name, analyzer in found.items()} == {
        name: [] for name in found
    }
    assert all(analyzer.id == name for name, analyzer in found.items())


# What a bad analyzer is told -----------------------------------------------------------------


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class GoodParameters(Parameters):
    level: float = parameter(0.5, doc="A level.", minimum=0.0, maximum=1.0)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class BadParameters(Parameters):
    silent: float = parameter(0.5, doc="", unit="furlongs")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class LooseParameters(Parameters):
    loose: int = parameter(1, doc="Bounded on paper.", minimum=0, maximum=3)

    def __post_init__(self):
        pass


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RequiredParameters(Parameters):
    needed: float


METRIC = Metric(
    key="level", unit="%", symbol="L", label="Level", label_zh="水平", decimals=1, clause="clause 1"
)


def measured(inputs, parameters, **changes):
    (flood,) = inputs.all("flood") or (None,)
    if flood is None or not flood.counts.any():
        raise UnsuitableAcquisitionError("there is nothing to measure")
    number = Measurement(metric="level", scope=Scope(), value=float(flood.counts.mean()))
    return Analysis(measurements=(number,), preconditions=(), **changes)


def analyzer(measure=measured, **changes):
    good = Analyzer(
        id="levels",
        title="Levels",
        title_zh="水平",
        version="1",
        variants=(Variant(name="local", title="Local", clause="clause 1"),),
        roles=(Role(name="flood", kinds=frozenset({AcquisitionKind.PLANAR}), label="Flood"),),
        metrics=(METRIC,),
        parameters=GoodParameters,
        measure=measure,
        figures=("picture",),
    )
    return dataclasses.replace(good, **changes)


def example():
    return Inputs(roles={"flood": (flat(),)}, variant="local")


def test_a_good_analyzer_is_told_nothing():
    assert check(analyzer(), [example()]) == []


@pytest.mark.parametrize(
    ("changes", "violation"),
    [
        ({"id": "Levels!"}, "the id 'Levels!' is not lower case with underscores"),
        ({"title": " "}, "the title is empty"),
        ({"title_zh": "Levels"}, "the Chinese title is 'Levels'"),
        ({"version": ""}, "the version is empty"),
        ({"variants": ()}, "it has no variant"),
        (
            {"variants": (Variant(name="mine", title="Mine", clause="1"),)},
            "the variant 'mine' is none of earl1, earl2, iec, jjf, local, nema, ws523, wst584",
        ),
        (
            {"variants": (Variant(name="iec", title="", clause="1"),)},
            "the variant iec lacks title or clause",
        ),
        ({"figures": ("picture", "picture")}, "the figure picture occurs 2 times"),
        ({"figures": ("Picture 1",)}, "the figure 'Picture 1' is not lower case with underscores"),
        ({"roles": ()}, "it has neither roles nor readings"),
        (
            {"roles": (Role(name="flood", kinds=frozenset(), label="Flood"),)},
            "the role flood takes no kind of acquisition",
        ),
        (
            {
                "roles": (
                    Role(
                        name="X Y",
                        kinds=frozenset({AcquisitionKind.PLANAR}),
                        minimum=3,
                        maximum=2,
                    ),
                )
            },
            "the role X Y takes 3 to 2 acquisitions",
        ),
        ({"metrics": ()}, "it has no metric"),
        ({"metrics": (METRIC, METRIC)}, "the metric level occurs 2 times"),
        (
            {"metrics": (dataclasses.replace(METRIC, unit=""),)},
            "the unit '' of level is not UCUM",
        ),
        (
            {"metrics": (dataclasses.replace(METRIC, label_zh="Level"),)},
            "the Chinese label of level is 'Level'",
        ),
        ({"metrics": (dataclasses.replace(METRIC, clause=" "),)}, "level names no clause"),
        ({"metrics": (dataclasses.replace(METRIC, symbol=""),)}, "level has no symbol"),
        ({"metrics": (dataclasses.replace(METRIC, label=""),)}, "level has no label"),
        (
            {"metrics": (dataclasses.replace(METRIC, decimals=-1),)},
            "level is shown with -1 decimals",
        ),
        (
            {"metrics": (dataclasses.replace(METRIC, key="Level"),)},
            "the metric 'Level' is not lower case with underscores",
        ),
        ({"parameters": BadParameters}, "the parameter silent is not documented"),
        ({"parameters": BadParameters}, "the unit of the parameter silent is not UCUM"),
        ({"parameters": BadParameters}, "the parameter silent has no maximum"),
        ({"parameters": LooseParameters}, "the parameter loose may be 7 beyond its maximum"),
        (
            {"parameters": RequiredParameters},
            (
                "its parameters have no valid defaults: RequiredParameters.__init__() missing 1"
                " required keyword-only argument: 'needed'"
            ),
        ),
        (
            {"parameters": dict},
            "its parameters are not a dataclass derived from Parameters",
        ),
    ],
)
def test_a_bad_description_is_named(changes, violation):
    assert violation in check(analyzer(**changes))


@pytest.mark.parametrize(
    ("reading", "violation"),
    [
        (
            Reading(name="a", label="A", unit="millicuries", kind=ReadingKind.ACTIVITY),
            "the unit 'millicuries' of the reading a is not UCUM",
        ),
        (
            Reading(name="A", label="A", unit="MBq"),
            "the reading 'A' is not lower case with underscores",
        ),
        (Reading(name="a", label="", unit="MBq"), "the reading a has no label"),
        (
            Reading(name="a", label="A", unit="MBq", minimum=2.0, maximum=1.0),
            "the reading a is bounded by 2.0 and 1.0",
        ),
        (
            Reading(name="a", label="A", unit="1", kind=ReadingKind.CHOICE),
            "the reading a offers no choice",
        ),
        (
            Reading(name="a", label="A", unit="1", kind=ReadingKind.TABLE),
            "the reading a has no columns",
        ),
        (
            Reading(
                name="a",
                label="A",
                unit="1",
                kind=ReadingKind.TABLE,
                columns=(Column("x", "inch"),),
            ),
            "the unit 'inch' of the column x of a is not UCUM",
        ),
    ],
)
def test_a_bad_reading_is_named(reading, violation):
    assert check(analyzer(readings=(reading,))) == [violation]


IMAGE = ImageFigure(
    name="picture",
    title="",
    image=np.ones((2, 2)),
    pixel_spacing_mm=(1.0, 1.0),
    low=0.0,
    high=1.0,
    unit="1",
)
CURVES = CurveFigure(
    name="picture", title="", x_label="", x_unit="mm", y_label="", y_unit="1", curves=()
)


@pytest.mark.parametrize(
    ("figure", "violation"),
    [
        (dataclasses.replace(IMAGE, name="other"), "the figure other is not declared"),
        (
            dataclasses.replace(IMAGE, image=np.array([[np.nan]])),
            "the figure picture holds pixels that are no numbers",
        ),
        (dataclasses.replace(IMAGE, low=1.0), "the figure picture is shown from 1.0 to 1.0"),
        (
            dataclasses.replace(IMAGE, unit="counts"),
            "the unit 'counts' of the figure picture is not UCUM",
        ),
        (
            dataclasses.replace(CURVES, curves=(Curve(label="c", x=np.zeros(3), y=np.zeros(2)),)),
            "the curve c has 3 x and 2 y",
        ),
        (
            dataclasses.replace(
                CURVES, curves=(Curve(label="c", x=np.zeros(1), y=np.array([np.inf])),)
            ),
            "the curve c holds points that are no numbers",
        ),
        (
            TableFigure(name="picture_1", title="", columns=("a",), rows=((1, 2),)),
            "a row of the table picture_1 has 2 cells",
        ),
    ],
)
def test_a_bad_figure_is_named(figure, violation):
    bad = analyzer(lambda inputs, given: measured(inputs, given, figures=(figure,)))

    assert check(bad, [example()]) == [f"variant local: {violation}"]


def test_an_analyzer_that_does_not_repeat_itself_is_named():
    numbers = iter(range(100))

    def restless(inputs, parameters):
        analysis = measured(inputs, parameters)
        value = Measurement(metric="level", scope=Scope(), value=float(next(numbers)))
        return dataclasses.replace(analysis, measurements=(value,))

    assert check(analyzer(restless), [example()]) == [
        "variant local: the second run differs from the first"
    ]


def test_an_analyzer_that_changes_its_input_is_named():
    flood = flat()
    counts = np.array(flood.counts)
    flood = dataclasses.replace(flood, counts=counts)

    def greedy(inputs, parameters):
        analysis = measured(inputs, parameters)
        counts[0, 32, 48] += 1  # the array behind the read-only view
        return analysis

    violations = check(analyzer(greedy), [Inputs(roles={"flood": (flood,)}, variant="local")])

    assert "variant local: the inputs are changed" in violations


def test_an_analyzer_that_measures_an_empty_image_is_named():
    def blind(inputs, parameters):
        value = Measurement(metric="level", scope=Scope(), value=1.0)
        return Analysis(measurements=(value, value), preconditions=())

    assert check(analyzer(blind), [example()]) == [
        "variant local: the measurement level {} occurs 2 times",
        "variant local: no input gives a valid result",
        "variant local: an empty image gives a valid result",
    ]


def test_an_analyzer_that_breaks_down_is_named():
    def brittle(inputs, parameters):
        return measured(inputs, parameters) if inputs.roles else {}["flood"]

    assert check(analyzer(brittle), [example()]) == [
        "variant local: no input ends in KeyError: 'flood'",
        "variant local: no flood ends in KeyError: 'flood'",
    ]


def test_an_analyzer_that_breaks_down_on_a_part_of_its_inputs_is_named():
    def first_of_all(inputs, parameters):
        number = float(inputs.all("lines_x")[0].counts.mean() * inputs.number("activity"))
        return Analysis(
            measurements=(Measurement(metric="level", scope=Scope(), value=number),),
            preconditions=(),
        )

    roles = tuple(
        Role(name=name, kinds=frozenset({AcquisitionKind.PLANAR}), minimum=minimum, label=name)
        for name, minimum in (("lines_x", 1), ("lines_y", 2))
    )
    flood = flat()
    whole = Inputs(
        roles={"lines_x": (flood,), "lines_y": (flood, flood)},
        readings={"activity": ReadingValue(value=2.0)},
        variant="local",
    )
    found = analyzer(
        first_of_all,
        roles=roles,
        readings=(Reading(name="activity", label="Activity", unit="MBq"),),
    )

    assert [name for name, _ in partial_inputs(found, whole)] == [
        "no lines_x", "no lines_y", "one of lines_y", "no activity",
    ]  # fmt: skip
    assert all(inputs.partial for _, inputs in partial_inputs(found, whole))
    told = [each for each in check(found, [whole]) if "IndexError" in each]
    assert "variant local: no lines_x ends in IndexError: tuple index out of range" in told
    assert not [each for each in check(found, [whole]) if "activity" in each]


def test_an_example_that_is_refused_is_named():
    def choosy(inputs, parameters):
        raise UnsuitableAcquisitionError("not this one")

    assert check(analyzer(choosy), [example()]) == [
        "variant local: the example is refused: not this one"
    ]


def test_a_precondition_without_clause_is_named():
    condition = Precondition(
        code=PreconditionCode.RATE,
        severity=Severity.HARD,
        outcome=Outcome.MET,
        quantity="rate",
        unit="cps",
    )

    def careless(inputs, parameters):
        return dataclasses.replace(measured(inputs, parameters), preconditions=(condition,))

    assert check(analyzer(careless), [example()]) == [
        "variant local: the precondition PC_RATE lacks quantity or clause",
        "variant local: the unit 'cps' of PC_RATE is not UCUM",
    ]

"""Shield leakage: what share of the rate of a source before the head it counts through its shield.

IEC 60789 / GB/T 18989-2013 3.8: the source 100 mm before the collimator on its axis, then at 12 places or
more 100 mm from the sides and the back of the shield; SL_s,max is the largest net rate over that of the
reference (18). NEMA NU 1-2007 2.12 (GB/T 18989-2013 E.12): the source on the table under the head, then
10, 20 and 30 cm beside both edges of the field; and a stray source at 2 m in front (4 places of the
head) and beside it (3), of which the largest of each kind over the rate in the middle is reported
((E.14) to (E.19), where the printed BF and BS stand for BCF and BCS). Stray sources that a side of the
head faces are not to be given.

All rates are corrected for the decay to the start of the reference, also within the 1600 s in which
IEC allows not to. The uncertainty of a place holds counting and background; that of the largest comes from
simulated repetitions, and `leakage_floor` is what a perfect shield would show.
"""

from __future__ import annotations

from dataclasses import dataclass

from photopeak_analyzers.acquisition import AcquisitionKind
from photopeak_analyzers.common_parameters import refuse_without_photopeak
from photopeak_analyzers.contract import (
    Analysis,
    Analyzer,
    Inputs,
    Measurement,
    Note,
    Parameters,
    Precondition,
    Role,
    Scope,
    Variant,
    parameter,
)
from photopeak_analyzers.figures import Figure
from photopeak_analyzers.gamma_camera.shield_leakage_conditions import Asked, conditions
from photopeak_analyzers.gamma_camera.shield_leakage_counts import (
    LEAK_COUNTS,
    HeadLeaks,
    head_leaks,
    largest,
)
from photopeak_analyzers.gamma_camera.shield_leakage_figures import leakage_figures
from photopeak_analyzers.nuclides import half_life
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.shorthand import as_suffix, measurements, metrics
from photopeak_analyzers.source_conditions import photopeaks

IEC = Asked(
    clause="IEC 60789 / GB/T 18989-2013 3.8",
    nuclides=("Tc-99m", "I-131", "In-113m"),
    places=(("positions", 12),),
    reference_mm=100.0,
    place_s=100.0,
    background_s=300.0,
    place_counts=None,
    reference_cps=(None, 20_000.0),
    longest_s=1600.0,
)

NEMA = Asked(
    clause="NEMA NU 1-2007 2.12 (GB/T 18989-2013 E.12)",
    nuclides=("Tc-99m", "I-131", "In-111", "Ga-67", "I-123", "Lu-177", "F-18", "Co-57"),
    places=(("positions", 6), ("front", 4), ("side", 3)),
    reference_mm=None,
    place_s=None,
    background_s=60.0,
    place_counts=1_000.0,
    reference_cps=(1_000.0, 30_000.0),
    longest_s=None,
)

_KINDS = frozenset({AcquisitionKind.PLANAR, AcquisitionKind.DYNAMIC})


def _role(name: str, label: str, hint: str, *, maximum: int, minimum: int = 0) -> Role:
    """Return a role of images, all of the same kinds."""
    return Role(name=name, kinds=_KINDS, minimum=minimum, maximum=maximum, label=label, hint=hint)


REFERENCE = _role(
    "reference",
    "Source before the head",
    "IEC: 100 s with the source on the axis, 100 mm from the collimator; may be repeated."
    " NEMA: on the table in the middle of the field, 20 cm below the head.",
    minimum=1,
    maximum=20,
)

POSITIONS = _role(
    "positions",
    "Source around the shield",
    "IEC: 12 places or more, 100 mm from the shield, 100 s each. NEMA: 10, 20 and 30 cm beside"
    " both edges of the field on the table.",
    maximum=60,
)

FRONT = _role(
    "front",
    "Stray source in front",
    "NEMA: 2 m in front of the head, which looks up, down, left and right.",
    maximum=8,
)

SIDE = _role(
    "side",
    "Stray source beside",
    "NEMA: 2 m beside the gantry, the head looking down, up and away.",
    maximum=8,
)

BACKGROUND = _role(
    "background",
    "Background",
    "Without the source: 300 s (IEC), 1 minute or more (NEMA).",
    maximum=4,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShieldLeakageParameters(Parameters):
    """The source, and how the uncertainty is simulated."""

    nuclide: str | None = parameter(
        None, doc="Nuclide of the source, where the header does not name it; Tc-99m without it."
    )
    noise_draws: int = parameter(
        2000, doc="Simulated repetitions behind the uncertainty.", minimum=10, maximum=10_000
    )
    noise_seed: int = parameter(
        1908,
        doc="Seed of the repetitions: the same seed gives the same uncertainty.",
        minimum=0,
        maximum=2**31 - 1,
    )

    def __post_init__(self) -> None:
        Parameters.__post_init__(self)
        refuse_without_photopeak(self.nuclide)


def measure(inputs: Inputs, parameters: ShieldLeakageParameters) -> Analysis:
    """Measure the leakage through the shield of every head that the source was before."""
    asked = NEMA if inputs.variant == "nema" else IEC
    heads, notes = head_leaks(
        inputs, REFERENCE, (POSITIONS, FRONT, SIDE), BACKGROUND, asked.nuclides
    )
    found: list[Measurement] = []
    preconditions: list[Precondition] = []
    figures: list[Figure] = []
    for leaks in heads:
        acquisition = leaks.references[0].acquisition
        named = None if acquisition is None else acquisition.nuclide
        nuclide = named or parameters.nuclide or "Tc-99m"
        life = half_life(nuclide, inputs.variant)
        shares = {
            number: share
            for number, leak in enumerate(leaks.leaks)
            if (share := leaks.share(leak, life.seconds)) is not None
        }
        found += _numbers(leaks, shares, asked, parameters)
        preconditions += conditions(leaks, shares, asked, photopeaks(asked.nuclides))
        suffix = as_suffix(leaks.head.scope) if len(heads) > 1 else ""
        figures += leakage_figures(leaks, shares, suffix)
        notes.append(
            Note(
                code="DECAY_CORRECTED",
                message="rates are those at the start of the nearest reference, by a half-life of"
                f" {life.seconds:g} s ({life.source})",
                scope=leaks.head.scope,
                values={"half_life_s": life.seconds},
            )
        )
    return Analysis(
        measurements=tuple(found),
        preconditions=tuple(dict.fromkeys(preconditions)),
        figures=tuple(figures),
        notes=tuple(notes),
    )


def _numbers(
    leaks: HeadLeaks,
    shares: dict[int, Estimate],
    asked: Asked,
    parameters: ShieldLeakageParameters,
) -> list[Measurement]:
    scope = leaks.head.scope
    background = leaks.background
    found = measurements(
        scope,
        [
            ("reference_rate", leaks.head.rate_cps, None),
            (
                "background_cps",
                None if background is None else background.value,
                None if background is None else background.uncertainty,
            ),
        ],
    )
    for place, _ in asked.places:
        of_place = Scope.of(**dict(scope.items), source=place)
        mine = {n: s for n, s in shares.items() if leaks.leaks[n].place == place}
        for count, (_, share) in enumerate(mine.items(), 1):
            found += measurements(
                Scope.of(**dict(of_place.items), position=count),
                [("shield_leakage", 100.0 * share.value, 100.0 * share.uncertainty)],
            )
        if mine:
            top, floor = largest(
                list(mine.values()), draws=parameters.noise_draws, seed=parameters.noise_seed
            )
            found += measurements(
                of_place,
                [
                    ("shield_leakage_max", 100.0 * top.value, 100.0 * top.uncertainty),
                    ("leakage_floor", 100.0 * floor, None),
                ],
            )
    return found


ANALYZER = Analyzer(
    id="detector_shield_leakage",
    title="Shield leakage of the detector head",
    title_zh="探头屏蔽泄漏",
    version="1",
    variants=(
        Variant(name="iec", title="IEC 60789, places around the shield", clause=IEC.clause),
        Variant(name="nema", title="NEMA NU 1-2007, table and stray sources", clause=NEMA.clause),
    ),
    roles=(POSITIONS, REFERENCE, FRONT, SIDE, BACKGROUND),
    readings=(LEAK_COUNTS,),
    metrics=metrics(
        IEC.clause,
        ("shield_leakage_max", "%", "SL_s,max", "Largest shield leakage", "最大屏蔽泄漏", 2),
        ("shield_leakage", "%", "SL_j", "Shield leakage at one place", "各测点屏蔽泄漏", 3),
        ("leakage_floor", "%", "SL_0", "What counting alone would give", "统计涨落引起的泄漏", 3),
        ("reference_rate", "{counts}/s", "R_0", "Rate of the reference", "参考计数率", 0),
        ("background_cps", "{counts}/s", "R_b", "Background rate", "本底计数率", 2),
    ),
    parameters=ShieldLeakageParameters,
    measure=measure,
    figures=("leakage", "table"),
)  # fmt: skip
"""The test, as registered."""

"""Header gates: what the header proves goes before what the name says."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from photopeak.model.content import ContentFinding, ContentKind
from photopeak.model.devices import Device
from photopeak.model.header import InstanceHeader
from photopeak.model.routing import Assignment
from photopeak.routing import count_gates, gate_cases, gates, structure_gates
from support.headers import header

OFF = {"CollimatorType": "NONE"}
ON = {"CollimatorType": "PARA"}


def ask(
    gate: gate_cases.Gate,
    test: str,
    *series: InstanceHeader,
    kind: str = "NM",
    finding: ContentFinding | None = None,
    device: Device | None = None,
    **assignment: Any,
) -> gate_cases.GateResult | None:
    candidate = Assignment(test=test, **{"variant": "", "role": "", **assignment})
    return gate(candidate, gate_cases.Case(series, kind, lambda: finding, device))


def seen(kind: ContentKind, confidence: float = 0.95, **values: Any) -> ContentFinding:
    return ContentFinding(kind=kind, confidence=confidence, message=kind.value, **values)


def named(result: gate_cases.GateResult | None) -> Sequence[str]:
    assert result is not None
    return [assignment.test for assignment in result.assignments]


@pytest.mark.parametrize(
    ("model", "crystals"),
    [
        ("VERITON", True),
        ("D-SPECT", True),
        ("Discovery NM 530c", True),
        ("StarGuide", True),
        ("NM/CT 870 CZT", True),
        ("Tandem_Discovery_670", False),
        ("Symbia T2", False),
    ],
)
def test_slits_on_a_pixelated_detector_are_taken_for_system_resolution(
    model: str, crystals: bool
) -> None:
    result = ask(
        structure_gates.pixelated,
        "intrinsic_spatial_linearity",
        header("x", ManufacturerModelName=model),
    )

    assert (result is not None) == crystals
    assert not crystals or named(result) == ["system_spatial_resolution"]


def test_a_device_may_be_configured_as_pixelated() -> None:
    device = Device(id="a", name="A", kind="gamma camera", pixelated=True)

    assert named(
        ask(structure_gates.pixelated, "intrinsic_spatial_resolution", header("x"), device=device)
    ) == ["system_spatial_resolution"]
    assert (
        ask(structure_gates.pixelated, "intrinsic_uniformity", header("x"), device=device) is None
    )


@pytest.mark.parametrize("test", sorted(structure_gates.HIGH_RATE))
def test_high_rates_are_measured_without_collimator(test: str) -> None:
    mounted = ask(structure_gates.collimator, test, header("x", CollimatorType="PARA"))

    assert mounted is not None
    assert mounted.effect == "rejected"
    assert ask(structure_gates.collimator, test, header("x", CollimatorType="NONE")) is None


def test_a_slit_image_at_a_high_rate_serves_one_test() -> None:
    slits = header("x", Rows=1024, Columns=1024, PixelSpacing=[0.5, 0.5])
    result = ask(
        structure_gates.slit_mask, structure_gates.HIGH_RATE_SLITS, slits,
        finding=seen(ContentKind.SLITS, direction="x"),
    )  # fmt: skip

    assert result is not None
    assert [(a.test, a.role) for a in result.assignments] == [
        (structure_gates.HIGH_RATE_SLITS, "lines_x")
    ]


@pytest.mark.parametrize(
    ("test", "structure", "effect"),
    [
        ("rotational_stability", "TOMO", None),
        ("rotational_stability", "STATIC", "rejected"),
        ("spect_volume_sensitivity", "TOMO", "changed"),
        ("spect_volume_sensitivity", "RECON TOMO", "changed"),
        ("spect_volume_sensitivity", "STATIC", "rejected"),
        ("attenuation_scatter_check", "TOMO", "rejected"),
        ("septal_penetration", "TOMO", "rejected"),
        ("detector_shield_leakage", "STATIC", None),
    ],
)
def test_what_was_acquired_has_to_be_what_the_test_needs(
    test: str, structure: str, effect: str | None
) -> None:
    result = ask(structure_gates.image_structure, test, header("x", structure=structure))

    assert (result.effect if result else None) == effect


@pytest.mark.parametrize("structure", ["GATED", "GATED TOMO", "RECON GATED TOMO"])
@pytest.mark.parametrize(
    "test",
    ["intrinsic_uniformity", "spect_uniformity", "center_of_rotation", "spect_image_quality"],
)
def test_no_test_takes_gated_images_for_plain_ones(test: str, structure: str) -> None:
    result = ask(structure_gates.image_structure, test, header("x", structure=structure))

    assert result is not None
    assert result.effect == "rejected"
    assert result.message == f"the image is {structure}: {test} uses no gated images"


@pytest.mark.parametrize("test", sorted(structure_gates.OF_ANY_STRUCTURE))
def test_what_holds_for_every_image_holds_for_gated_ones(test: str) -> None:
    assert ask(structure_gates.image_structure, test, header("x", structure="GATED")) is None


@pytest.mark.parametrize(
    ("test", "series", "refused"),
    [
        ("pet_uniformity", "DYNAMIC", True),
        ("pet_image_quality", "GATED", True),
        ("pet_uniformity", "STATIC", False),
        ("pet_image_quality", "WHOLE BODY", False),
        ("pet_count_rate_noise", "DYNAMIC", False),
    ],
)
def test_a_test_of_one_volume_takes_no_series_of_many(
    test: str, series: str, refused: bool
) -> None:
    result = ask(
        gates.pet_image, test, header("x", kind="PT", SeriesType=[series, "IMAGE"]), kind="PT"
    )

    assert (result is not None) == refused


@pytest.mark.parametrize(
    ("test", "structure", "becomes"),
    [
        ("system_spatial_resolution", "RECON TOMO", "spect_spatial_resolution"),
        ("system_spatial_resolution", "WHOLE BODY", "whole_body_resolution"),
        ("intrinsic_uniformity", "TOMO", "spect_uniformity"),
        ("system_uniformity", "RECON TOMO", "spect_uniformity"),
        ("system_uniformity", "WHOLE BODY", "whole_body_scan_uniformity"),
        ("whole_body_resolution", "STATIC", "system_spatial_resolution"),
    ],
)
def test_the_structure_of_the_image_decides_between_kin(
    test: str, structure: str, becomes: str
) -> None:
    result = ask(structure_gates.image_structure, test, header("x", structure=structure))

    assert result is not None
    assert result.effect == "changed"
    assert named(result) == [becomes]


@pytest.mark.parametrize(
    ("test", "structure"),
    [
        ("bar_phantom_resolution", "TOMO"),
        ("background_rate", "RECON TOMO"),
        ("spect_image_quality", "STATIC"),
        ("spect_uniformity", "STATIC"),
        ("whole_body_scan_uniformity", "STATIC"),
    ],
)
def test_what_the_structure_excludes_is_rejected(test: str, structure: str) -> None:
    result = ask(structure_gates.image_structure, test, header("x", structure=structure))

    assert result is not None
    assert result.effect == "rejected"


@pytest.mark.parametrize("test", sorted(structure_gates.OF_PROJECTIONS))
@pytest.mark.parametrize(
    ("structure", "role"), [("TOMO", "projections"), ("RECON TOMO", "reconstruction")]
)
def test_projections_and_slices_of_a_cylinder_fill_their_own_roles(
    test: str, structure: str, role: str
) -> None:
    result = ask(structure_gates.image_structure, test, header("x", structure=structure))

    assert result is not None
    assert result.assignments[0].role == role


def test_a_missing_image_type_leaves_the_name_alone() -> None:
    result = ask(structure_gates.image_structure, "background_rate", header("x", ImageType=None))

    assert result is not None
    assert result.effect == "confirmed"


@pytest.mark.parametrize(
    ("test", "facts", "becomes"),
    [
        ("intrinsic_uniformity", ON, "system_uniformity"),
        ("system_uniformity", OFF, "intrinsic_uniformity"),
        ("intrinsic_uniformity", {"CollimatorGridName": "LEHR"}, "system_uniformity"),
        ("system_uniformity", {"CollimatorGridName": "INTR"}, "intrinsic_uniformity"),
        (
            "intrinsic_spatial_resolution",
            {"CollimatorGridName": "LEHR"},
            "system_spatial_resolution",
        ),
        ("intrinsic_uniformity", {"nuclide": "Co-57"}, "system_uniformity"),
    ],
)
def test_the_collimator_overrules_the_name_and_says_so(
    test: str, facts: dict[str, str], becomes: str
) -> None:
    result = ask(structure_gates.collimator, test, header("x", **facts))  # type: ignore[arg-type]

    assert result is not None
    assert result.effect == "changed"
    assert named(result) == [becomes]
    assert "conflict" in result.message or "Co-57" in result.message


@pytest.mark.parametrize(
    ("test", "facts"),
    [
        ("intrinsic_uniformity", OFF),
        ("intrinsic_uniformity", {"CollimatorGridName": "INTR"}),
        ("intrinsic_uniformity", {}),
        ("system_uniformity", ON),
        ("system_uniformity", {"CollimatorType": "PARA", "CollimatorGridName": "@18886382"}),
    ],
)
def test_a_collimator_that_agrees_confirms(test: str, facts: dict[str, str]) -> None:
    result = ask(structure_gates.collimator, test, header("x", **facts))  # type: ignore[arg-type]

    assert result is not None
    assert result.effect == "confirmed"


def test_too_large_a_pixel_is_refused_for_uniformity_and_for_good() -> None:
    on_the_bound = header("x", PixelSpacing=(8.32, 8.32))
    above = header("x", PixelSpacing=(6.4, 8.33))

    assert ask(structure_gates.uniformity_pixel, "intrinsic_uniformity", on_the_bound) is None
    result = ask(structure_gates.uniformity_pixel, "intrinsic_uniformity", above)
    assert result is not None
    assert result.final
    assert result.message.startswith("PC_PIXEL: the pixel is 8.33 mm")


def rotation(**values: Any) -> InstanceHeader:
    return header("COR", structure="TOMO", **{"NumberOfFramesInRotation": 64, **values})


def test_one_source_in_a_rotation_is_a_centre_of_rotation() -> None:
    finding = seen(ContentKind.POINT_SINOGRAM, sources=1)

    cor = ask(structure_gates.rotation, "center_of_rotation", rotation(), finding=finding)
    mhr = ask(structure_gates.rotation, "multi_head_registration", rotation(), finding=finding)

    assert cor is not None
    assert cor.effect == "confirmed"
    assert named(mhr) == ["center_of_rotation"]


def test_three_sources_register_the_heads_with_a_centre_for_each_source() -> None:
    finding = seen(ContentKind.POINT_SINOGRAM, sources=3)

    cor = ask(structure_gates.rotation, "center_of_rotation", rotation(), finding=finding)
    mhr = ask(structure_gates.rotation, "multi_head_registration", rotation(), finding=finding)

    assert named(cor) == ["multi_head_registration"]
    assert mhr is not None
    assert mhr.effect == "confirmed"


@pytest.mark.parametrize(
    ("values", "effect"),
    [
        ({"NumberOfFramesInRotation": 15}, "rejected"),
        ({"NumberOfFramesInRotation": 16}, "confirmed"),
        (
            {"NumberOfFramesInRotation": None, "NumberOfFrames": 64, "NumberOfDetectors": 2},
            "confirmed",
        ),
        (
            {"NumberOfFramesInRotation": None, "NumberOfFrames": 30, "NumberOfDetectors": 2},
            "rejected",
        ),
        ({"ImageType": ("DERIVED", "PRIMARY", "RECON TOMO", "EMISSION")}, "rejected"),
    ],
)
def test_a_rotation_has_sixteen_views(values: dict[str, Any], effect: str) -> None:
    result = ask(structure_gates.rotation, "center_of_rotation", rotation(**values))

    assert result is not None
    assert result.effect == effect


def slits(**values: Any) -> InstanceHeader:
    return header("x", **{"Rows": 512, "Columns": 512, "PixelSpacing": (0.6, 0.6), **values})


@pytest.mark.parametrize("test", sorted(structure_gates.SLITS))
def test_one_slit_image_serves_resolution_and_linearity_with_its_direction(test: str) -> None:
    finding = seen(ContentKind.SLITS, direction="y")

    result = ask(structure_gates.slit_mask, test, slits(), finding=finding)

    assert result is not None
    assert [(a.test, a.role) for a in result.assignments] == [
        ("intrinsic_spatial_resolution", "lines_y"),
        ("intrinsic_spatial_linearity", "lines_y"),
    ]


def test_a_slit_image_that_is_too_coarse_is_rejected() -> None:
    result = ask(
        structure_gates.slit_mask, "intrinsic_spatial_resolution", slits(Rows=256, Columns=256)
    )
    coarse = slits(Rows=256, Columns=256, PixelSpacing=(2.0, 2.0))
    refused = ask(structure_gates.slit_mask, "intrinsic_spatial_resolution", coarse)

    assert result is not None
    assert result.effect == "changed"
    assert refused is not None
    assert refused.effect == "rejected"


def test_line_sources_under_a_slit_name_are_line_sources() -> None:
    finding = seen(ContentKind.LINE_SOURCE, direction="x")

    result = ask(
        structure_gates.slit_mask, "intrinsic_spatial_resolution", slits(), finding=finding
    )

    assert result is not None
    assert [(a.test, a.role) for a in result.assignments] == [
        ("system_spatial_resolution", "lines_x")
    ]


def test_a_flood_under_a_slit_name_is_rejected() -> None:
    finding = seen(ContentKind.FLOOD)

    result = ask(structure_gates.slit_mask, "intrinsic_spatial_linearity", slits(), finding=finding)

    assert result is not None
    assert result.effect == "rejected"


@pytest.mark.parametrize("test", sorted(structure_gates.LINE_SOURCES))
def test_the_direction_of_line_sources_comes_from_the_pixels(test: str) -> None:
    finding = seen(ContentKind.LINE_SOURCE, direction="y")
    unsure = seen(ContentKind.LINE_SOURCE, 0.6, direction="y")

    result = ask(structure_gates.line_source, test, header("x"), finding=finding)

    assert result is not None
    assert result.assignments[0].role == "lines_y"
    assert ask(structure_gates.line_source, test, header("x"), finding=unsure) is None


@pytest.mark.parametrize("test", ["whole_body_resolution", "whole_body_scan_uniformity"])
@pytest.mark.parametrize(
    ("kind", "confidence", "refused"),
    [
        (ContentKind.BODY, 0.85, True),
        (ContentKind.BODY, 0.75, False),
        (ContentKind.FLOOD, 0.9, False),
    ],
)
def test_a_patient_under_the_name_of_a_whole_body_test_is_refused(
    test: str, kind: ContentKind, confidence: float, refused: bool
) -> None:
    result = ask(structure_gates.line_source, test, header("x"), finding=seen(kind, confidence))

    assert (result is not None and result.effect == "rejected") is refused
    assert (
        ask(structure_gates.line_source, "system_uniformity", header("x"), finding=seen(kind))
        is None
    )


@pytest.mark.parametrize(
    ("nuclide", "windows", "effect"),
    [
        ("Ga-67", 3, "confirmed"),
        ("Ga-67", 2, "confirmed"),
        ("Ga-67", 1, "confirmed"),
        ("Tc-99m", 3, "rejected"),
        (None, 2, "confirmed"),
        (None, 1, "rejected"),
    ],
)
def test_registration_of_windows_needs_gallium_or_two_windows_and_no_other_nuclide(
    nuclide: str | None, windows: int, effect: str
) -> None:
    series = header("x", nuclide=nuclide, NumberOfEnergyWindows=windows)

    result = ask(count_gates.several_windows, "multiple_window_spatial_registration", series)

    assert result is not None
    assert result.effect == effect


def test_a_dynamic_image_is_a_moved_source_up_to_one_hour() -> None:
    short = header("x", structure="DYNAMIC", NumberOfFrames=30, ActualFrameDuration=1000)
    hour = header("x", structure="DYNAMIC", NumberOfFrames=60, ActualFrameDuration=60_000)
    longer = header("x", structure="DYNAMIC", NumberOfFrames=61, ActualFrameDuration=60_000)

    assert named(ask(count_gates.count_rate, "count_rate_performance", short)) == [
        "intrinsic_max_count_rate"
    ]
    assert named(ask(count_gates.count_rate, "count_rate_performance", hour)) == [
        "intrinsic_max_count_rate"
    ]
    result = ask(count_gates.count_rate, "count_rate_performance", longer)
    assert result is not None
    assert [(a.test, a.role) for a in result.assignments] == [
        ("count_rate_performance", "decay"),
        ("dead_time", "decay"),
    ]
    confirmed = ask(count_gates.count_rate, "intrinsic_max_count_rate", short)
    assert confirmed is not None
    assert confirmed.effect == "confirmed"


def test_pauses_between_the_frames_of_a_decay_are_seen_in_the_pixels() -> None:
    paused = header("x", structure="DYNAMIC", NumberOfFrames=40, ActualFrameDuration=20_000)

    sure = ask(
        count_gates.count_rate,
        "count_rate_performance",
        paused,
        finding=seen(ContentKind.DECAY_SERIES),
    )
    unsure = ask(
        count_gates.count_rate,
        "count_rate_performance",
        paused,
        finding=seen(ContentKind.DECAY_SERIES, 0.6),
    )

    assert named(sure) == ["count_rate_performance", "dead_time"]
    assert named(unsure) == ["intrinsic_max_count_rate"]


@pytest.mark.parametrize("structure", ["STATIC", "DYNAMIC"])
def test_static_images_and_backgrounds_serve_both_tests_of_a_decay(structure: str) -> None:
    image = header("x", structure=structure, NumberOfFrames=1, ActualFrameDuration=600_000)

    result = ask(count_gates.count_rate, "count_rate_performance", image, role="background")
    assert result is not None
    assert [(a.test, a.role) for a in result.assignments] == [
        ("count_rate_performance", "background"),
        ("dead_time", "background"),
    ]
    static = ask(count_gates.count_rate, "count_rate_performance", header("x"))
    assert static is not None
    assert {a.role for a in static.assignments} == {"decay"}
    assert ask(count_gates.count_rate, "intrinsic_max_count_rate", header("x")) is None


@pytest.mark.parametrize(
    ("counts", "family", "role"),
    [
        (40_000, "nema", "points"),
        (39_999, "nema", "decay"),
        (39_999, "iec", "points"),
        (29_999, "iec", "decay"),
    ],
)
def test_the_last_image_of_a_decay_is_the_one_that_completes_it(
    counts: int, family: str, role: str
) -> None:
    image = header("x", CountsAccumulated=counts, ActualFrameDuration=10_000)
    device = Device(id="nm1", name="NM 1", kind="gamma_camera", family=family)

    result = ask(count_gates.count_rate, "count_rate_performance", image, device=device)

    assert result is not None
    assert {a.role for a in result.assignments} == {role}


def test_a_static_series_that_holds_a_slow_image_holds_the_end() -> None:
    fast, slow = (
        header("x", CountsAccumulated=counts, ActualFrameDuration=10_000)
        for counts in (900_000, 20_000)
    )

    whole = ask(count_gates.count_rate, "count_rate_performance", fast, slow)
    silent = ask(
        count_gates.count_rate,
        "count_rate_performance",
        header("x"),
        finding=seen(ContentKind.FLOOD, features={"rate_cps": 60_000.0}),
    )

    assert whole is not None
    assert silent is not None
    assert {a.role for a in whole.assignments} == {"decay"}
    assert {a.role for a in silent.assignments} == {"points"}


def test_many_dynamic_images_over_a_day_follow_a_decay() -> None:
    first = header("x", structure="DYNAMIC")
    assert first.acquired_at is not None
    last = header("x", structure="DYNAMIC", acquired_at=first.acquired_at + timedelta(hours=20))

    assert named(ask(count_gates.count_rate, "intrinsic_max_count_rate", first, last)) == [
        "count_rate_performance",
        "dead_time",
    ]


@pytest.mark.parametrize(
    ("seconds", "matrix", "variant"),
    [(300, 256, "ws523"), (250, 256, "ws523"), (249, 256, ""), (351, 256, ""), (300, 128, "")],
)
def test_the_sensitivity_as_ws_523_has_it_is_recognised(
    seconds: int, matrix: int, variant: str
) -> None:
    series = header("x", ActualFrameDuration=1000 * seconds, Columns=matrix)

    result = ask(count_gates.sensitivity_variant, "system_planar_sensitivity", series)

    assert result is not None
    assert "the activity has to be entered" in result.message
    assert (result.assignments[0].variant if result.assignments else "") == variant


def test_a_variant_that_a_rule_names_is_kept() -> None:
    series = header("x", ActualFrameDuration=300_000)

    result = ask(
        count_gates.sensitivity_variant, "system_planar_sensitivity", series, variant="nema"
    )

    assert result is not None
    assert result.effect == "confirmed"


@pytest.mark.parametrize(
    ("lower", "upper", "effect", "roles"),
    [
        ((126.0,), (140.0,), "changed", ["low"]),
        ((140.0,), (154.0,), "changed", ["high"]),
        ((126.5,), (154.5,), "rejected", []),
        ((126.0, 140.0), (140.0, 154.0), "changed", ["low", "high"]),
        ((), (), "confirmed", []),
    ],
)
def test_hydration_needs_a_window_beside_the_peak_or_two(
    lower: tuple[float, ...], upper: tuple[float, ...], effect: str, roles: list[str]
) -> None:
    series = header("x", EnergyWindowLowerLimit=lower, EnergyWindowUpperLimit=upper)

    result = ask(count_gates.asymmetric_window, "crystal_hydration", series)

    assert result is not None
    assert result.effect == effect
    assert [each.role for each in result.assignments] == roles


@pytest.mark.parametrize(
    ("structure", "role", "effect"),
    [("DYNAMIC", "points", "changed"), ("DYNAMIC", "last", ""), ("STATIC", "points", "")],
)
def test_a_dynamic_image_of_a_point_holds_all_of_its_places(
    structure: str, role: str, effect: str
) -> None:
    series = header("x", ImageType=("ORIGINAL", "PRIMARY", structure, "EMISSION"))

    result = ask(
        count_gates.places_of_a_point, "point_source_sensitivity_variation", series, role=role
    )

    assert (result.effect if result else "") == effect
    if result:
        assert [each.role for each in result.assignments] == ["last"]


@pytest.mark.parametrize(
    ("counts", "finding", "effect"),
    [
        (19_999, None, "confirmed"),
        (20_000, None, "rejected"),
        (None, None, "confirmed"),
        (5_000, seen(ContentKind.BACKGROUND), "confirmed"),
        (5_000, seen(ContentKind.POINTS), "rejected"),
        (5_000, seen(ContentKind.UNKNOWN, features={"excess_sigma": 11.0}), "rejected"),
        (None, seen(ContentKind.BACKGROUND, features={"rate_cps": 200.0}), "rejected"),
    ],
)
def test_background_has_a_low_rate_and_no_spot(
    counts: int | None, finding: ContentFinding | None, effect: str
) -> None:
    series = header("x", ActualFrameDuration=100_000, CountsAccumulated=counts)

    result = ask(count_gates.no_source, "background_rate", series, finding=finding)

    assert result is not None
    assert result.effect == effect


def test_a_reprojection_is_no_pet_volume() -> None:
    for values in ({"SeriesType": ("STATIC", "REPROJECTION")}, {"ImageType": ("DERIVED", "MIP")}):
        result = ask(gates.pet_image, "pet_uniformity", header("x", kind="PT", **values), kind="PT")

        assert result is not None
        assert result.final


def test_quantities_need_their_units_and_contrast_does_not() -> None:
    counts = header("x", kind="PT", Units="PROPCNTS")

    result = ask(gates.pet_image, "pet_recovery_coefficients", counts, kind="PT")

    assert result is not None
    assert result.message == "pet_recovery_coefficients needs the units BQML, these are PROPCNTS"
    assert ask(gates.pet_image, "pet_image_quality", counts, kind="PT") is None


@pytest.mark.parametrize(
    ("test", "units", "fits"),
    [
        ("pet_cross_calibration", "BQML", True),
        ("pet_cross_calibration", "CNTS", True),
        ("pet_cross_calibration", "PROPCNTS", True),
        ("pet_cross_calibration", "GML", False),
        ("suv_accuracy", "GML", True),
        ("suv_accuracy", "CNTS", True),
        ("suv_accuracy", "PROPCNTS", False),
        ("suv_accuracy", "STDDEV", False),
    ],
)
def test_a_calibration_takes_counts_and_an_suv_those_of_philips(
    test: str, units: str, fits: bool
) -> None:
    result = ask(gates.pet_image, test, header("x", kind="PT", Units=units), kind="PT")

    assert (result is None) is fits


def test_a_localizer_is_no_ct_image() -> None:
    scout = header("x", kind="CT", ImageType=("ORIGINAL", "PRIMARY", "LOCALIZER"))

    result = ask(gates.ct_image, "ct_water_phantom", scout, kind="CT")

    assert result is not None
    assert result.final


@pytest.mark.parametrize("gate", gates.GATES, ids=lambda gate: gate.__name__)
def test_a_gate_leaves_other_tests_alone(gate: gate_cases.Gate) -> None:
    assert ask(gate, "clock_check", header("x")) is None

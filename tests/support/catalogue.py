"""Descriptions of tests for tests of the analysis station."""

from photopeak.model.catalogue import (
    MetricDescription,
    ParameterDescription,
    ReadingDescription,
    RoleDescription,
    TestDescription,
    VariantDescription,
)


def role(name: str, minimum: int = 1, maximum: int | None = 1, label: str = "") -> RoleDescription:
    """Return a role for planar acquisitions."""
    return RoleDescription(
        name=name, kinds=("planar",), minimum=minimum, maximum=maximum, label=label, hint=""
    )


def reading(name: str, *, required: bool = True) -> ReadingDescription:
    """Return a reading of an activity."""
    return ReadingDescription(
        name=name,
        label=name.capitalize(),
        unit="MBq",
        kind="activity",
        minimum=0.0,
        maximum=None,
        required=required,
        choices=(),
        columns=(),
        hint="",
    )


def description(
    test: str = "slits",
    *roles: RoleDescription,
    readings: tuple[ReadingDescription, ...] = (),
    parameters: tuple[str, ...] = (),
    variants: tuple[str, ...] = ("nema", "iec"),
    days: int = 1,
) -> TestDescription:
    """Return the description of a test."""
    return TestDescription(
        id=test,
        title=test.capitalize(),
        title_zh=test,
        version="1",
        variants=tuple(VariantDescription(name=v, title=v, clause="") for v in variants),
        roles=roles or (role("flood"),),
        readings=readings,
        metrics=(
            MetricDescription(
                key="width",
                unit="mm",
                symbol="w",
                label="Width",
                label_zh="宽",
                decimals=1,
                clause="",
            ),
        ),
        parameters=tuple(
            ParameterDescription(name=name, doc="", unit="1", clause="", default="")
            for name in parameters
        ),
        figures=(),
        days=days,
    )

"""What a series can be assigned to: the roles of the installed tests, as a person chooses them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from photopeak.model.catalogue import TestDescription


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A role of a variant of a test; `value` is how forms name it."""

    test: str
    variant: str
    role: str
    label: str = ""

    @property
    def value(self) -> str:
        """Return the three names as one word."""
        return f"{self.test}/{self.variant}/{self.role}"


def target_named(value: str) -> Target:
    """Return the target that a form names; parts that are missing are empty."""
    test, variant, role = [*value.split("/"), "", "", ""][:3]
    return Target(test=test, variant=variant, role=role)


def _english(english: str, _: str) -> str:
    return english


def targets(
    tests: Iterable[TestDescription], pick: Callable[[str, str], str] = _english
) -> tuple[Target, ...]:
    """Return every role of every variant of every test; `pick` says the titles in one language."""
    found = []
    for test in tests:
        for variant in test.variants:
            for role in test.roles:
                part = f": {role.label or role.name}" if len(test.roles) > 1 else ""
                label = f"{pick(test.title, test.title_zh)}, {variant.title or variant.name}{part}"
                found.append(
                    Target(test=test.id, variant=variant.name, role=role.name, label=label)
                )
    return tuple(found)

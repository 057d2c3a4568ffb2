"""Examples in docstrings run."""

import doctest
import importlib
import pkgutil

import pytest

import photopeak
import photopeak_analyzers

_NOT_IMPORTED = ("photopeak.__main__", "photopeak.storage.alembic")


def _modules() -> list[str]:
    return [
        module.name
        for package in (photopeak, photopeak_analyzers)
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
        if not module.name.startswith(_NOT_IMPORTED)
    ]


@pytest.mark.parametrize("name", _modules())
def test_examples_in_docstrings_hold(name: str) -> None:
    results = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)

    assert results.failed == 0


def test_there_are_examples_to_run() -> None:
    finder = doctest.DocTestFinder(exclude_empty=True)
    examples = sum(
        len(test.examples)
        for name in _modules()
        for test in finder.find(importlib.import_module(name))
    )

    assert examples > 0

"""What keeps the processes of the service small: libraries they do without, memory given back."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib.abc
import sys
from collections.abc import Iterator

_NEEDLESS_TO_PYDICOM = ("PIL", "requests")
"""It imports them when it can, to decode pixels and to fetch test files; no role has it do either."""


class _Without(importlib.abc.MetaPathFinder):
    """Has imports of some packages fail."""

    def __init__(self, *packages: str) -> None:
        self.packages = packages

    def find_spec(self, fullname: str, *_: object) -> None:
        if fullname.partition(".")[0] in self.packages:
            raise ModuleNotFoundError("the service does without", name=fullname)


def keep_numpy_out() -> None:
    """Make numpy impossible to import in this process and those forked from it.

    pydicom imports it when it can, and no role touches an array: 30 MB that each host would carry
    for nothing. The analysis child is a fresh interpreter and has it.
    """
    # A None in sys.modules would do for imports, but psycopg takes it for numpy itself.
    if not any(isinstance(f, _Without) and "numpy" in f.packages for f in sys.meta_path):
        sys.meta_path.insert(0, _Without("numpy"))


def import_pydicom() -> None:
    """Import pydicom without libraries that only others need: 9 MB, and a tenth of a second.

    Afterwards they can be imported as always.
    """
    with _hidden(_NEEDLESS_TO_PYDICOM):
        import pydicom  # noqa: F401


def give_back() -> None:
    """Give memory that is free back to the system, where the C library can: what a start leaves over."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


@contextlib.contextmanager
def _hidden(packages: tuple[str, ...]) -> Iterator[None]:
    finder = _Without(*packages)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)

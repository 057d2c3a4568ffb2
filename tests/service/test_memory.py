"""What the processes of the service carry, and do without."""

import subprocess
import sys

import pytest

_HEAVY = "print(sorted({'numpy', 'PIL', 'requests'} & set(sys.modules)))"


def _said(program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.strip()


@pytest.mark.parametrize("role", ["photopeak.listener.service", "photopeak.analysis.worker"])
def test_a_role_carries_no_library_that_it_never_uses(role: str) -> None:
    assert (
        _said(
            "import sys; from photopeak.memory import import_pydicom, keep_numpy_out;"
            f"keep_numpy_out(); import_pydicom(); import {role}; import pydicom;" + _HEAVY
        )
        == "[]"
    )


def test_without_that_pydicom_would_bring_them_along() -> None:
    assert _said("import sys, pydicom;" + _HEAVY) == "['PIL', 'numpy', 'requests']"


def test_a_role_that_makes_pictures_can_import_what_pydicom_did_without() -> None:
    assert (
        _said(
            "import sys; from photopeak.memory import import_pydicom; import_pydicom();"
            "from PIL import Image; print(Image.__name__)"
        )
        == "PIL.Image"
    )


def test_memory_is_given_back_as_often_as_asked() -> None:
    assert _said("from photopeak.memory import give_back; give_back(); give_back()") == ""

"""Routing by words needs neither numbers nor pixels."""

import subprocess
import sys


def test_a_decision_on_words_loads_no_numerical_library() -> None:
    code = (
        "import sys, photopeak.routing.trial, photopeak.routing.routes, photopeak.routing.taught;"
        "photopeak.routing.routes.load_routes();"
        "print(sorted({'numpy', 'scipy', 'pydicom', 'sqlalchemy', 'pynetdicom'} & set(sys.modules)))"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )

    assert done.stdout.strip() == "[]"

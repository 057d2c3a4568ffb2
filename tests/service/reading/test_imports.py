"""What reading headers costs a process that does nothing else."""

import subprocess
import sys


def test_headers_are_read_without_numpy_and_without_a_dicom_library() -> None:
    program = (
        "import sys, photopeak.reading.headers;"
        "print([m for m in ('numpy', 'scipy', 'pydicom') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )

    assert done.stdout.strip() == "[]"

"""What a page shows of the file of a spectrum: its numbers, never the words of its operator."""

from __future__ import annotations

from pathlib import Path

import pytest

from photopeak.analysis.documents import describe_document
from photopeak.inbox.documents import as_object
from support.spectrum_files import n42_of_2006, spe

COUNTS = [float(count) for count in range(1, 33)]
REMARK = b"<Remark>Roe^Jane</Remark><StartTime>"


@pytest.mark.parametrize(
    "content",
    [
        spe(COUNTS, title="Roe^Jane"),
        n42_of_2006(" ".join(map(str, COUNTS))).replace(b"<StartTime>", REMARK),
    ],
)
def test_the_words_shown_are_numbers_without_a_name(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(content)

    shown = describe_document({"path": str(as_object(path, tmp_path))})

    assert "channels: 32\ncounts: 528\nlive time: 10" in shown["text"]
    assert "energies: 0.5 to 8.25 keV" in shown["text"]
    assert "looks like the name of a person" in shown["text"]
    assert "Roe" not in shown["text"]

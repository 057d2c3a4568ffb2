import json
import logging

import pytest

from photopeak.logs import configure
from photopeak.settings import LoggingSettings


@pytest.fixture(autouse=True)
def _restore_logging() -> object:
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    yield
    root.handlers[:], root.level = before
    logging.captureWarnings(capture=False)


def test_json_lines_are_one_object_per_event(capfd: pytest.CaptureFixture[str]) -> None:
    configure(LoggingSettings(), process="listener")
    logging.getLogger("photopeak.x").info("series %s complete, %d instances", "1.2.3", 4)

    (line,) = capfd.readouterr().err.splitlines()
    event = json.loads(line)

    assert event["event"] == "series 1.2.3 complete, 4 instances"
    assert (event["level"], event["process"], event["logger"]) == (
        "info",
        "listener",
        "photopeak.x",
    )


@pytest.mark.parametrize("form", ["json", "text"])
def test_a_text_from_a_peer_cannot_forge_a_line(
    form: str, capfd: pytest.CaptureFixture[str]
) -> None:
    configure(LoggingSettings(format=form), process="listener")  # type: ignore[arg-type]
    logging.getLogger("photopeak.x").warning("refused %s", "A\r\nlevel=error\x1b[31m\u202e")

    lines = capfd.readouterr().err.splitlines()

    assert len(lines) == 1
    assert not {"\r", "\x1b", "\u202e"} & set(lines[0])


@pytest.mark.parametrize("form", ["json", "text"])
def test_tracebacks_show_no_local_variables(form: str, capfd: pytest.CaptureFixture[str]) -> None:
    configure(LoggingSettings(format=form), process="worker")  # type: ignore[arg-type]
    patient_name = "DOE" + "^JANE"
    try:
        raise ValueError(len(patient_name))
    except ValueError:
        logging.getLogger("photopeak.x").exception("job failed")

    text = capfd.readouterr().err

    assert "ValueError" in text
    assert patient_name not in text


def test_libraries_that_print_data_sets_stay_silent(capfd: pytest.CaptureFixture[str]) -> None:
    configure(LoggingSettings(level="DEBUG"), process="listener")
    logging.getLogger("pynetdicom.events").info("PatientName")

    assert capfd.readouterr().err == ""

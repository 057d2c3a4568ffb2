"""The picture that goes with a message: of the result that it is about, and of the head that it names."""

from __future__ import annotations

from collections.abc import Callable

from photopeak.model.messages import Message
from photopeak.model.results import FigureRecord, ResultRecord
from photopeak.storage import results
from photopeak.storage.database import Database
from photopeak.storage.errors import NotFoundError

LARGEST_BYTES = 2_000_000
"""A larger picture stays where it is: mail servers refuse mails, and phones load them slowly."""

Draw = Callable[[bytes], bytes | None]
"""Returns an SVG as PNG, None where it cannot be drawn."""


def picture_of(database: Database, message: Message, draw: Draw) -> bytes | None:
    """Return the picture of a message as PNG, or None when there is none that fits into a mail.

    It is drawn with everything that is marked in it where that can be done; otherwise it is the
    bare image, if the result has one.
    """
    if message.result_id is None:
        return None
    shown = (line.detector for line in message.lines if line.result_id == message.result_id)
    with database.snapshot() as tx:
        try:
            figure = _chosen(results.get(tx, message.result_id), next(shown, None))
            if figure is None:
                return None
            forms = {
                form: results.figure(tx, message.result_id, figure.name, form)
                for form in ("svg", "png")
                if form in figure.forms
            }
        except NotFoundError:
            return None
    picture = draw(forms["svg"]) if "svg" in forms else None
    picture = picture or forms.get("png")
    return picture if picture is None or len(picture) <= LARGEST_BYTES else None


def _chosen(result: ResultRecord, detector: int | None) -> FigureRecord | None:
    """Return the first figure of a head; where figures do not tell theirs, the first of all.

    A figure of another head would show what the message does not speak of.
    """
    if not result.figures:
        return None
    if detector is None or not any("detector_" in figure.name for figure in result.figures):
        return result.figures[0]
    mine = (f for f in result.figures if f"_detector_{detector}_" in f"{f.name}_")
    return next(mine, None)

"""A report as one HTML file: nothing outside of it, no script, fit to be printed."""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from importlib import resources

import jinja2
from markupsafe import Markup

from photopeak.reports.paper import document as blocks
from photopeak.reports.text import visible


@lru_cache(maxsize=1)
def style() -> str:
    """Return the style sheet that stands in every report."""
    return (resources.files(__package__) / "report.css").read_text("utf-8")


@lru_cache(maxsize=1)
def policy() -> str:
    """Return the Content-Security-Policy of a report: its own style sheet and its own pictures.

    It stands in the file itself too, which may be opened from anywhere.
    """
    digest = base64.b64encode(hashlib.sha256(style().encode()).digest()).decode("ascii")
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def to_html(document: blocks.Document) -> str:
    """Return a report as an HTML document."""
    return _template().render(
        document=document,
        style=Markup(style()),  # noqa: S704 - a file of ours
        policy=policy(),
        kind=lambda block: type(block).__name__,
        address=_address,
    )


@lru_cache(maxsize=1)
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("photopeak.reports.paper", "."),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalized,
    )
    return environment.get_template("report.html")


def _finalized(value: object) -> object:
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    # Lines of a cell stay lines; anything else that is invisible does not.
    return "\n".join(visible(line) for line in value.split("\n"))


def _address(picture: blocks.Picture) -> Markup:
    encoded = base64.b64encode(picture.content).decode("ascii")
    return Markup(f"data:{picture.media_type};base64,{encoded}")  # noqa: S704 - our words, base64

"""A badge: one device and its word as a small picture, for pages of others and tiny screens."""

from __future__ import annotations

from xml.sax.saxutils import escape

from photopeak.reports.text import visible

_COLOURS = {
    "pass": "#0b6b58", "warn": "#8a4b00", "act": "#a3162a", "late": "#553a99", "due": "#2a5b8c",
    "none": "#56636e",
}  # fmt: skip
_PADDING = 8
_HEIGHT = 22


def badge_svg(name: str, word: str, colour: str) -> str:
    """Return the picture; the word is there as text, so that the colour never speaks alone."""
    name, word = visible(name, limit=60), visible(word, limit=40)
    left, right = _width(name) + 2 * _PADDING, _width(word) + 2 * _PADDING
    said = escape(f"{name}: {word}", {'"': "&quot;"})
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="{_HEIGHT}"'
        f' role="img" aria-label="{said}"><title>{said}</title>'
        f'<rect width="{left + right}" height="{_HEIGHT}" rx="4" fill="#16212b"/>'
        f'<path d="M{left} 0h{right - 4}a4 4 0 0 1 4 4v{_HEIGHT - 8}a4 4 0 0 1-4 4H{left}z"'
        f' fill="{_COLOURS[colour]}"/>'
        '<g fill="#fff" font-family="Inter,Segoe UI,Noto Sans SC,Microsoft YaHei,sans-serif"'
        ' font-size="12" text-anchor="middle">'
        f'<text x="{left / 2:g}" y="15">{escape(name)}</text>'
        f'<text x="{left + right / 2:g}" y="15" font-weight="600">{escape(word)}</text></g></svg>'
    )


def _width(text: str) -> int:
    """Return about how wide a text is: ideographs take a square, other letters about half of it."""
    return round(sum(12.0 if ord(character) > 0x2E7F else 7.0 for character in text))

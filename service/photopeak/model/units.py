"""Units of UCUM as people write them."""

_WORDS = {
    "1": "",
    "deg": "°",
    "um": "µm",
    "us": "µs",
    "Cel": "°C",
    "a": "a",
    "[hnsf'U]": "HU",
    "[ppm]": "ppm",
    "[degF]": "°F",
}


def written(ucum: str) -> str:
    """Return a unit as people write it: nothing for ``1``, no braces around annotations.

    >>> written("{pixels}"), written("s-1.MBq-1"), written("1")
    ('pixels', 's-1·MBq-1', '')
    """
    if ucum in _WORDS:
        return _WORDS[ucum]
    return ucum.replace("{", "").replace("}", "").replace(".", "·")

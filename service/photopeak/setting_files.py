"""Files of settings: read, checked against their model, each fault with its file and line."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from photopeak.toml_tables import with_line

Model = TypeVar("Model", bound=BaseModel)

_SAID = {"extra_forbidden": "unknown key; remove it or mend its name"}


class SettingsError(Exception):
    """The configuration cannot be used; `faults` holds one line per fault."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class SettingsFile:
    """A TOML file that people write: its `values`, and its `text`, which tells their lines.

    Raises
    ------
    SettingsError
        If it cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self.text = path.read_text("utf-8")
            self.values = tomllib.loads(self.text)
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise SettingsError([f"{path}: {error}"]) from error

    def as_model(self, model: type[Model]) -> Model:
        """Return the values as a model.

        Raises
        ------
        SettingsError
            If they are not: all faults together.
        """
        try:
            return model.model_validate(self.values)
        except ValidationError as error:
            raise SettingsError(explain(error, {}, str(self._path), self.text)) from error

    def refuse(self, faults: Iterable[str]) -> None:
        """Raise SettingsError if there are faults, which begin with their key, each with its line."""
        where = str(self._path)
        lines = [f"{with_line(where, self.text, f.partition(':')[0])}: {f}" for f in faults]
        if lines:
            raise SettingsError(lines)


def explain(error: ValidationError, origins: Mapping[str, str], where: str, text: str) -> list[str]:
    """Return one line per fault: origin, key, what is wrong; `text` is that of the file `where`."""
    lines = []
    for fault in error.errors(include_input=False, include_url=False):
        key = ".".join(str(part) for part in fault["loc"])
        origin = origins.get(key, where)
        if origin == where:
            origin = with_line(where, text, key)
        said = _SAID.get(fault["type"], fault["msg"]).removeprefix("Value error, ")
        lines.append(f"{origin}: {key}: {said}")
    return lines

"""What analyzers can say: every literal that reaches a condition, a remark, a refusal or a figure.

The sources are read, not run. A text is followed from where people read it back to its literals:
through local names, parameters of helpers, fields of small classes and module constants. What is
put in at run time becomes a place, ``{}``; literals that are put in are found as texts of their
own.
"""

from __future__ import annotations

import ast
import itertools
import math
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

_ROOT = Path(__file__).parents[2] / "analyzers" / "photopeak_analyzers"
_SILENT = ("simulation", "conformance.py", "contract.py", "figures_io.py", "figures.py")
_SAID = {
    "Precondition": ("quantity", "expected", "value"),
    "Note": ("message",),
    "Curve": ("label",),
    "Overlay": ("label",),
    "ReferenceLine": ("label",),
    "CurveFigure": ("title", "x_label", "y_label"),
    "ImageFigure": ("title",),
    "TableFigure": ("title", "columns", "rows"),
    "AnalysisError": ("message", "quantity", "bound"),
    "ParameterError": ("message", "quantity", "bound"),
    "MissingReadingError": ("message", "quantity", "bound"),
    "UnsuitableAcquisitionError": ("message", "quantity", "bound"),
    "IncompleteSetError": ("message", "quantity", "bound"),
    "FitError": ("message", "quantity", "bound"),
}
"""What people read of the classes of the contract."""

_FIRST = {
    name: ("message",) for name in _SAID if name.endswith("Error")
}  # fmt: skip
"""What stands without a name in a call of them."""

_OTHERWISE = frozenset({"Metric", "Reading", "Role", "Column", "Variant", "Analyzer", "Asked"})
"""Classes whose texts have another way to people, or none."""

_PLACE = "{}"
_MOST = 64
_VENDORS = frozenset({"photopeak_analyzers.pet.siemens_items"})
"""Modules that hold the words of makers, which stay as their reports have them."""

_SPLIT_OFF = " ,;:"
_PLACES = re.compile(r"\{\}(?:\s*\{\})+")
_AS_IT_IS = re.compile(
    r"[a-z0-9]+(?:_[a-z0-9]*)+|[A-Z][a-z]?-\d+m?|(?:[A-Z][a-z]+){2,}|\{\}, energy window \{\}|(?:NEMA|IEC|JJF|WS|GB/T|ICRP|DDEP|ENSDF|UKAEA|EARL)\b.*"
)
_SYMBOLS = frozenset(
    [
        "mm",
        "cm",
        "mL",
        "keV",
        "MBq",
        "kBq",
        "kcps",
        "cps",
        "CT",
        "PET",
        "HU",
        "s",
        "h",
        "min",
        "max",
        "sigma",
        "x",
        "y",
        "z",
        "u",
        "k",
        "n",
        "p",
        "M",
        "X",
        "Y",
        "Z",
        "FWHM",
        "FWTM",
        "EW",
        "UFOV",
        "CFOV",
        "RMS",
        "ATTN",
        "SCAT",
        "SUV",
        "DU",
        "L",
        "C",
        "D",
        "H",
        "L_C",
        "L_D",
        "S",
        "b",
        "ct",
        "pet",
        "c",
        "c0",
        "c1",
        "px",
        "CE",
        "RR",
        "AUG",
        "SUL",
        "MTF",
        "BW",
        "Bq",
        "CNR",
        "COV",
        "DEA",
        "NU",
        "PT",
        "NM",
        "SPECT",
        "V",
        "P",
    ]
)
"""Units, symbols and short forms: the same in every language."""


@dataclass
class _Module:
    name: str
    tree: ast.Module
    constants: dict[str, ast.expr] = field(default_factory=dict)
    functions: dict[str, ast.FunctionDef] = field(default_factory=dict)
    classes: dict[str, ast.ClassDef] = field(default_factory=dict)
    imports: dict[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class _Where:
    module: _Module
    function: ast.FunctionDef | None


def _name_of(path: Path) -> str:
    return ".".join(("photopeak_analyzers", *path.relative_to(_ROOT).with_suffix("").parts))


class _Reader:
    """Follows texts back to their literals."""

    def __init__(self) -> None:
        self.modules: dict[str, _Module] = {}
        for path in sorted(_ROOT.rglob("*.py")):
            inside = path.relative_to(_ROOT).parts
            module = _Module(_name_of(path), ast.parse(path.read_text(encoding="utf-8")))
            self._index(module)
            self.modules[module.name] = module
            if inside[0] in _SILENT:
                module.tree = ast.Module([], [])
        self.found: dict[str, set[str]] = defaultdict(set)
        self._calls: dict[str, list[tuple[ast.Call, _Where]]] = defaultdict(list)
        self._nodes: list[tuple[ast.Call, _Where]] = []
        self._asked: set[tuple[str, str]] = set()
        self._seen: set[tuple[int, str]] = set()
        for module in self.modules.values():
            self._walk(module.tree, _Where(module, None))

    def _index(self, module: _Module) -> None:
        for node in module.tree.body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                module.constants[node.targets[0].id] = node.value
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                if node.value is not None:
                    module.constants[node.target.id] = node.value
            elif isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    module.imports[alias.asname or alias.name] = (node.module, alias.name)
        for inner in ast.walk(module.tree):
            if isinstance(inner, ast.FunctionDef):
                module.functions.setdefault(inner.name, inner)
            elif isinstance(inner, ast.ClassDef):
                module.classes[inner.name] = inner

    def _walk(self, node: ast.AST, where: _Where) -> None:
        for child in ast.iter_child_nodes(node):
            inner = where
            if isinstance(child, ast.FunctionDef):
                inner = _Where(where.module, child)
            if isinstance(child, ast.Call):
                self._nodes.append((child, where))
                self._calls[_called(child)].append((child, where))
            self._walk(child, inner)

    def read(self) -> dict[str, set[str]]:
        """Return every text with the modules it stands in."""
        for call, where in list(self._nodes):
            name = _called(call)
            for wanted in _SAID.get(name, ()):
                value = next((k.value for k in call.keywords if k.arg == wanted), None)
                if value is None and call.args and wanted in _FIRST.get(name, ()):
                    value = call.args[0]
                if value is not None:
                    self._say(value, where)
            if name == "replace":
                for keyword in call.keywords:
                    if keyword.arg in ("quantity", "expected", "message", "title"):
                        self._say(keyword.value, where)
        return self.found

    def _say(self, node: ast.expr, where: _Where) -> None:
        for text in self._texts(node, where, 0):
            self._keep(text, where)

    def _keep(self, text: str, where: _Where) -> None:
        text = _PLACES.sub(_PLACE, text).strip(_SPLIT_OFF)
        words = re.findall(r"[A-Za-z_0-9]+", text.replace(_PLACE, " "))
        plain = all(word in _SYMBOLS or word.isdigit() for word in words)
        maker = where.module.name in _VENDORS
        if not plain and not maker and _AS_IT_IS.fullmatch(text) is None:
            self.found[text].add(where.module.name)

    def _texts(self, node: ast.expr, where: _Where, depth: int) -> set[str]:
        """Return the texts that an expression may be; what is not known is a place."""
        if depth > 8:
            return {_PLACE}
        if isinstance(node, ast.Constant):
            return {node.value} if isinstance(node.value, str) else {_PLACE}
        if isinstance(node, ast.JoinedStr):
            return self._joined(node, where, depth)
        if isinstance(node, ast.IfExp):
            return self._texts(node.body, where, depth + 1) | self._texts(
                node.orelse, where, depth + 1
            )
        if isinstance(node, ast.BoolOp):
            return set().union(*(self._texts(v, where, depth + 1) for v in node.values))
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            left = self._texts(node.left, where, depth + 1)
            right = self._texts(node.right, where, depth + 1)
            if len(left) * len(right) <= _MOST:
                return {a + b for a, b in itertools.product(left, right)}
            return {_PLACE}
        if isinstance(node, ast.Tuple | ast.List | ast.Set):
            for element in node.elts:
                self._say(element, where)
            return {_PLACE}
        if isinstance(node, ast.Starred):
            self._say(node.value, where)
            return {_PLACE}
        if isinstance(node, ast.Dict):
            return set().union(
                {_PLACE}, *(self._texts(v, where, depth + 1) for v in node.values if v)
            )
        if isinstance(node, ast.GeneratorExp | ast.ListComp):
            self._say(node.elt, where)
            for generator in node.generators:
                if isinstance(generator.iter, ast.Tuple | ast.List):
                    self._say(generator.iter, where)
            return {_PLACE}
        if isinstance(node, ast.Subscript):
            if isinstance(node.value, ast.Dict | ast.Name):
                return self._texts(node.value, where, depth + 1)
            return {_PLACE}
        if isinstance(node, ast.Name):
            return self._named(node.id, where, depth)
        if isinstance(node, ast.Attribute):
            self._ask_field(node.attr, where)
            return {_PLACE}
        if isinstance(node, ast.Call):
            return self._of_call(node, where, depth)
        return {_PLACE}

    def _joined(self, node: ast.JoinedStr, where: _Where, depth: int) -> set[str]:
        options: list[set[str]] = []
        for part in node.values:
            if isinstance(part, ast.Constant):
                options.append({str(part.value)})
            elif isinstance(part, ast.FormattedValue):
                inner = self._texts(part.value, where, depth + 1)
                if _PLACE not in inner and len(inner) <= 2:
                    options.append(inner)
                    continue
                for text in inner:
                    self._keep(text, where)
                options.append({_PLACE})
        if math.prod(len(each) for each in options) > 4:
            for each in options:
                if len(each) > 1:
                    for text in each:
                        self._keep(text, where)
            options = [each if len(each) == 1 else {_PLACE} for each in options]
        return {"".join(parts) for parts in itertools.product(*options)}

    def _named(self, name: str, where: _Where, depth: int) -> set[str]:
        function, module = where.function, where.module
        if function is not None:
            parameters = [
                *function.args.args,
                *function.args.kwonlyargs,
                *function.args.posonlyargs,
            ]
            if any(a.arg == name for a in parameters):
                self._ask_parameter(function, name)
                return {_PLACE}
            values = list(_assigned(function, name))
            if values:
                found = set()
                for value in values:
                    if value is None or (id(value), name) in self._seen:
                        found.add(_PLACE)
                        continue
                    self._seen.add((id(value), name))
                    found |= self._texts(value, where, depth + 1)
                    self._seen.discard((id(value), name))
                return found
        if name in module.constants:
            return self._texts(module.constants[name], _Where(module, None), depth + 1)
        if name in module.imports:
            other, original = module.imports[name]
            there = self.modules.get(other)
            if there is not None and original in there.constants:
                return self._texts(there.constants[original], _Where(there, None), depth + 1)
        return {_PLACE}

    def _of_call(self, node: ast.Call, where: _Where, depth: int) -> set[str]:
        name = _called(node)
        if isinstance(node.func, ast.Attribute) and name == "get":
            found = self._texts(node.func.value, where, depth + 1)
            for default in node.args[1:]:
                found |= self._texts(default, where, depth + 1)
            return found
        if name == "join" and node.args:
            self._say(node.args[0], where)
            return {_PLACE}
        if name in ("tuple", "sorted", "list", "dict", "min", "max", "MappingProxyType", "str"):
            for argument in node.args:
                self._say(argument, where)
            return {_PLACE}
        function, module = self._function(name, where)
        if function is None or module is None:
            return {_PLACE}
        key = (module.name, f"{name}()")
        if key not in self._asked:
            self._asked.add(key)
            inner = _Where(module, function)
            for each in ast.walk(function):
                if isinstance(each, ast.Return | ast.Yield) and each.value is not None:
                    self._say(each.value, inner)
        return {_PLACE}

    def _function(self, name: str, where: _Where) -> tuple[ast.FunctionDef | None, _Module | None]:
        if name in where.module.functions:
            return where.module.functions[name], where.module
        if name in where.module.imports:
            other, original = where.module.imports[name]
            there = self.modules.get(other)
            if there is not None and original in there.functions:
                return there.functions[original], there
        return None, None

    def _ask_parameter(self, function: ast.FunctionDef, name: str) -> None:
        """Follow a parameter to every call of its function."""
        key = (f"{id(function)}", name)
        if key in self._asked:
            return
        self._asked.add(key)
        names = [a.arg for a in (*function.args.posonlyargs, *function.args.args)]
        shift = 1 if names[:1] in (["self"], ["cls"]) else 0
        for call, where in self._calls[function.name]:
            if self._function(function.name, where)[0] not in (function, None):
                continue
            for keyword in call.keywords:
                if keyword.arg == name:
                    self._say(keyword.value, where)
            if name in names:
                at = names.index(name) - shift
                if 0 <= at < len(call.args):
                    self._say(call.args[at], where)
        defaults = dict(zip(reversed(names), reversed(function.args.defaults), strict=False))
        if name in defaults:
            module = next(m for m in self.modules.values() if function in m.functions.values())
            self._say(defaults[name], _Where(module, None))

    def _ask_field(self, name: str, where: _Where) -> None:
        """Follow a field to every making of a class of this room that has it, and to properties."""
        if name in ("nuclide", "clause", "unit", "key", "name", "code"):
            return
        near = where.module.name.rsplit(".", 1)[0]
        for module in self.modules.values():
            if module.name.rsplit(".", 1)[0] not in (near, "photopeak_analyzers"):
                continue
            for owner in module.classes.values():
                self._ask_class(owner, module, name)

    def _ask_class(self, owner: ast.ClassDef, module: _Module, name: str) -> None:
        key = (f"{module.name}.{owner.name}", name)
        if key in self._asked or owner.name in _SAID or owner.name in _OTHERWISE:
            return
        fields = [
            n.target.id
            for n in owner.body
            if isinstance(n, ast.AnnAssign) and isinstance(n.target, ast.Name)
        ]
        kinds = {
            n.target.id: ast.unparse(n.annotation)
            for n in owner.body
            if isinstance(n, ast.AnnAssign) and isinstance(n.target, ast.Name)
        }
        if name in fields and ("str" in kinds[name]):
            self._asked.add(key)
            for call, where in self._calls[owner.name]:
                for keyword in call.keywords:
                    if keyword.arg == name:
                        self._say(keyword.value, where)
                at = fields.index(name)
                if at < len(call.args):
                    self._say(call.args[at], where)
        for inner in owner.body:
            if isinstance(inner, ast.FunctionDef) and inner.name == name:
                self._asked.add(key)
                for each in ast.walk(inner):
                    if isinstance(each, ast.Return) and each.value is not None:
                        self._say(each.value, _Where(module, inner))


def _called(call: ast.Call) -> str:
    function = call.func
    if isinstance(function, ast.Name):
        return function.id
    return function.attr if isinstance(function, ast.Attribute) else ""


def _assigned(function: ast.FunctionDef, name: str) -> Iterator[ast.expr | None]:
    for node in ast.walk(function):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name) and target.id == name:
                    yield node.value
                elif isinstance(target, ast.Tuple):
                    for index, each in enumerate(target.elts):
                        if isinstance(each, ast.Name) and each.id == name:
                            yield (
                                node.value.elts[index]
                                if isinstance(node.value, ast.Tuple)
                                and len(node.value.elts) == len(target.elts)
                                else None
                            )
        elif isinstance(node, ast.AugAssign | ast.AnnAssign):
            if isinstance(node.target, ast.Name) and node.target.id == name:
                yield node.value
        elif isinstance(node, ast.NamedExpr) and node.target.id == name:
            yield node.value
        elif isinstance(node, ast.For | ast.comprehension):
            yield from _looped(node.target, node.iter, name)


def _looped(target: ast.expr, source: ast.expr, name: str) -> Iterator[ast.expr | None]:
    """Yield what a loop gives a name: the elements of a tuple written there."""
    if isinstance(source, ast.Tuple | ast.List):
        for element in source.elts:
            if isinstance(target, ast.Name) and target.id == name:
                yield element
            elif isinstance(target, ast.Tuple) and isinstance(element, ast.Tuple):
                for index, each in enumerate(target.elts):
                    if isinstance(each, ast.Name) and each.id == name:
                        yield element.elts[index] if index < len(element.elts) else None
    elif any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(target)):
        yield None


@lru_cache(maxsize=1)
def sentences() -> dict[str, frozenset[str]]:
    """Return every text that analyzers can say, with the modules that say it."""
    return {text: frozenset(where) for text, where in _Reader().read().items()}

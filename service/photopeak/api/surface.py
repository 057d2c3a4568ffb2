"""The addresses of the service, each with what its caller must be allowed and what it takes.

An operation cannot be added without saying who may call it; the gate lets nothing else through.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from fastapi import APIRouter
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.routing import compile_path

from photopeak.model.page import Access, Confirm


class Body(StrEnum):
    """What kind of body an operation takes. STREAM is read by the operation itself, bounded."""

    NONE = "none"
    JSON = "json"
    FORM = "form"
    STREAM = "stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method at one address."""

    method: str
    path: str
    access: Access
    body: Body = Body.NONE
    query: frozenset[str] = frozenset()
    page: bool = False
    kiosk: bool = False
    confirm: Confirm = Confirm.NO


@dataclass(frozen=True, slots=True)
class Found:
    """What the table knows of a path: its operations by method."""

    operations: Mapping[str, Operation]


@dataclass(slots=True)
class Surface:
    """Collects operations together with the router that answers them."""

    router: APIRouter = field(default_factory=APIRouter)
    operations: list[Operation] = field(default_factory=list)

    def add(
        self,
        method: str,
        path: str,
        access: Access,
        answer: Callable[..., Any],
        *,
        body: Body = Body.NONE,
        query: Sequence[str] | None = None,
        page: bool = False,
        kiosk: bool = False,
        confirm: Confirm = Confirm.NO,
        schema: bool = True,
        **options: Any,
    ) -> None:
        """Add an operation; `query` None takes the names from the signature of `answer`."""
        extra = dict(options.pop("openapi_extra", None) or {})
        extra["x-access"] = access.name.lower()
        if access is Access.OPEN:
            extra["security"] = []
        self.router.add_api_route(
            path,
            answer,
            methods=[method],
            include_in_schema=schema,
            openapi_extra=extra,
            **options,
        )
        if query is None:
            route = self.router.routes[-1]
            if not isinstance(route, APIRoute):
                raise TypeError(f"{path} did not become a route")
            query = list(_query_of(route.dependant))
        self.operations.append(
            Operation(
                method=method,
                path=path,
                access=access,
                body=body,
                query=frozenset(query),
                page=page,
                kiosk=kiosk,
                confirm=confirm,
            )
        )

    def operation(
        self, method: str, path: str, access: Access, **options: Any
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Decorate a function as the answer of an operation."""

        def decorate(answer: Callable[..., Any]) -> Callable[..., Any]:
            self.add(method, path, access, answer, **options)
            return answer

        return decorate


class Table:
    """Finds the operations of a path. What is not in here does not exist."""

    def __init__(self, operations: Sequence[Operation]) -> None:
        self._fixed: dict[str, dict[str, Operation]] = {}
        patterns: dict[str, tuple[re.Pattern[str], dict[str, Operation]]] = {}
        for operation in operations:
            if "{" in operation.path:
                pattern, _, _ = compile_path(operation.path)
                _, methods = patterns.setdefault(operation.path, (pattern, {}))
            else:
                methods = self._fixed.setdefault(operation.path, {})
            if operation.method in methods:
                raise ValueError(f"{operation.method} {operation.path} is there twice")
            methods[operation.method] = operation
        self._patterns = list(patterns.values())

    def find(self, path: str) -> Found | None:
        """Return what is at a path, or None."""
        fixed = self._fixed.get(path)
        if fixed is not None:
            return Found(fixed)
        for pattern, methods in self._patterns:
            if pattern.match(path):
                return Found(methods)
        return None


def _query_of(dependant: Dependant) -> Iterator[str]:
    """Yield what an operation takes in its query, and what the functions take that it depends on."""
    yield from (parameter.alias for parameter in dependant.query_params)
    for other in dependant.dependencies:
        yield from _query_of(other)

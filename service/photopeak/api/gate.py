"""The one gate: nothing is answered unless this module lets it through.

Every request meets the same steps in the same order: is it too much, who asks, does the operation
exist, may the caller use it, did the caller's own page send it, and is its form acceptable. An
address that is not in the table is refused before anything else sees it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from photopeak.api import headers as response_headers
from photopeak.api import problems
from photopeak.api.addresses import networks, origin_of, within
from photopeak.api.answers import Answers
from photopeak.api.authentication import Authenticator, Principal
from photopeak.api.buckets import Buckets
from photopeak.api.problems import Problem
from photopeak.api.surface import Body, Operation, Table
from photopeak.model.identity import new_id
from photopeak.model.page import Access, Confirm
from photopeak.settings import WebSettings
from photopeak.storage.errors import StorageUnavailableError

logger = logging.getLogger(__name__)

LOGIN_PATH = "/login"
ACCOUNT_PATH = "/account"
HEALTH_PATH = "/healthz"
CONFIRM_FIELD = "password"
"""Field of a form with which people prove who they are."""

_OPEN_TO_START_PASSWORDS = frozenset({ACCOUNT_PATH, "/account/password", "/logout"})
_MOST_PARAMETERS = 32
_MOST_FIELDS = 1000
"""Fields of a form: a table of 40 rows and 20 columns has room."""

_SAFE_METHODS = frozenset({"GET", "HEAD"})


class Gate:
    """ASGI middleware around the whole application."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        answers: Answers,
        table: Table,
        settings: WebSettings,
        authenticator: Authenticator,
        addresses: Buckets,
        tokens: Buckets,
    ) -> None:
        self._app = app
        self._answers = answers
        self._table = table
        self._settings = settings
        self._authenticator = authenticator
        self._addresses = addresses
        self._tokens = tokens
        self._kiosk_networks = networks(settings.kiosk_networks)
        self._proxies = networks(settings.trusted_proxies)
        self._secure = settings.over_tls

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        request_id = new_id()
        started = False

        async def send_completed(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"] = response_headers.complete(
                    list(message.get("headers", ())), request_id, secure=self._secure
                )
            await send(message)

        scope.setdefault("state", {})["request_id"] = request_id
        try:
            await self._pass(scope, receive, send_completed)
        except Problem as problem:
            if not started:
                await self._answers.response(scope, problem)(scope, receive, send_completed)
        except StorageUnavailableError:
            logger.warning("request %s met a database out of reach", request_id)
            if not started:
                unreachable = Problem(503, "database-out-of-reach", headers={"Retry-After": "5"})
                await self._answers.response(scope, unreachable)(scope, receive, send_completed)
        except Exception:
            logger.exception("request %s failed", request_id)
            if not started:
                internal = Problem(500, "internal")
                await self._answers.response(scope, internal)(scope, receive, send_completed)

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = self._table.find(scope["path"])
        if scope["path"] == HEALTH_PATH and scope["method"] == "GET":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        address = origin_of(request, self._proxies)
        # Everything behind the gate sees where the request comes from, not the proxy.
        scope["client"] = (address, 0)
        wait = self._addresses.take(address)
        if wait:
            raise problems.too_many(wait)
        operation = None if found is None else found.operations.get(scope["method"])
        principal = await self._authenticator.principal(request, address)
        if principal is not None:
            wait = self._tokens.take(principal.id)
            if wait:
                raise problems.too_many(wait)
        elif operation is None or not (
            operation.access is Access.OPEN or self._is_wall_screen(operation, address)
        ):
            refusal = self._ask_to_sign_in(request)
            await refusal(scope, receive, send)
            return
        if found is None:
            raise problems.not_found()
        if operation is None:
            allowed = ", ".join(sorted(found.operations))
            raise Problem(405, "method-not-allowed", headers={"Allow": allowed})
        if principal is not None and not principal.may(operation.access):
            raise Problem(
                403,
                "not-allowed",
                f"This needs a token with the scope {operation.access.name.lower()}, or a role that has it.",
            )
        if principal is not None and principal.must_change_password:
            first = _ask_for_password(request, operation)
            if first is not None:
                await first(scope, receive, send)
                return
        _check_query(request, operation)
        self._check_head(request, operation, principal)
        if operation.body is not Body.STREAM:
            body = await self._read(request, operation)
            _check_body(request, operation, principal, body)
            receive = _replay(body, receive)
        else:
            receive = _bounded(receive, self._settings.maximum_upload_bytes)
        scope["state"]["principal"] = principal
        if operation.confirm is not Confirm.NO:
            # No page ever sees the password.
            password = scope["state"].get("form", {}).pop(CONFIRM_FIELD, "")
            scope["state"]["confirmed"] = await self._authenticator.confirmed(
                principal, operation.confirm, password, address
            )
        await self._app(scope, receive, send)

    def _is_wall_screen(self, operation: Operation, address: str) -> bool:
        """Tell whether a page for wall screens is asked for from a network of them."""
        return operation.kiosk and within(address, self._kiosk_networks)

    @staticmethod
    def _ask_to_sign_in(request: Request) -> Response:
        if "hx-request" in request.headers:
            response = problems.response(
                problems.unauthenticated(), request.scope["state"]["request_id"]
            )
            response.headers["HX-Redirect"] = LOGIN_PATH
            return response
        wants_page = request.method == "GET" and "text/html" in request.headers.get("accept", "")
        if wants_page and "authorization" not in request.headers:
            target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            return RedirectResponse(f"{LOGIN_PATH}?next={quote(target, safe='')}", 303)
        raise problems.unauthenticated()

    def _check_head(
        self, request: Request, operation: Operation, principal: Principal | None
    ) -> None:
        """Check what the header tells: encoding, length, and whether our own page asks."""
        if request.headers.get("content-encoding", "identity").lower() != "identity":
            raise Problem(415, "encoded-body", "Send the body without Content-Encoding.")
        limit = (
            self._settings.maximum_upload_bytes
            if operation.body is Body.STREAM
            else self._settings.maximum_body_bytes
        )
        length = request.headers.get("content-length", "0")
        if not length.isdecimal() or len(length) > 15 or int(length) > limit:
            raise _too_large(limit)
        if operation.method in _SAFE_METHODS:
            return
        by_browser = principal is not None and principal.session is not None
        if by_browser or operation.access is Access.OPEN:
            self._check_origin(request)
        if by_browser and operation.body is not Body.FORM:
            _check_csrf_token(principal, request.headers.get("x-csrf-token", ""))

    def _check_origin(self, request: Request) -> None:
        site = request.headers.get("sec-fetch-site")
        origin = request.headers.get("origin")
        hosts = {request.headers.get("host", "").lower()}
        if self._settings.public_url:
            hosts.add(urlsplit(self._settings.public_url).netloc.lower())
        if site is not None and site != "same-origin":
            raise _cross_site()
        if origin is None or origin == "null":
            # Only a browser that vouches for itself may leave its origin out.
            if site is None:
                raise _cross_site()
        elif origin.lower().partition("://")[2] not in hosts - {""}:
            raise _cross_site()

    async def _read(self, request: Request, operation: Operation) -> bytes:
        limit = 0 if operation.body is Body.NONE else self._settings.maximum_body_bytes
        parts = bytearray()
        async for part in request.stream():
            parts += part
            if len(parts) > limit:
                raise _too_large(limit)
        return bytes(parts)


def _ask_for_password(request: Request, operation: Operation) -> Response | None:
    """Refuse everything but changing it to somebody whose password was made by another."""
    if operation.access is Access.OPEN or operation.path in _OPEN_TO_START_PASSWORDS:
        return None
    if request.method == "GET" and operation.page and "hx-request" not in request.headers:
        return RedirectResponse(ACCOUNT_PATH, 303)
    raise Problem(403, "password-to-change", "Change the password that was made for you first.")


def _check_query(request: Request, operation: Operation) -> None:
    try:
        pairs = parse_qsl(
            request.scope["query_string"].decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_MOST_PARAMETERS,
        )
    except ValueError as error:
        raise Problem(400, "query-not-readable") from error
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise Problem(422, "parameter-repeated", "A parameter is there more than once.")
    if not operation.query.issuperset(names):
        known = ", ".join(sorted(operation.query)) or "none"
        raise Problem(422, "parameter-unknown", f"Parameters taken here: {known}.")


def _check_body(
    request: Request, operation: Operation, principal: Principal | None, body: bytes
) -> None:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if operation.body is Body.FORM:
        if media_type != "application/x-www-form-urlencoded":
            raise Problem(415, "form-expected", "Send application/x-www-form-urlencoded.")
        form = read_form(body)
        request.scope["state"]["form"] = form
        if principal is not None and principal.session is not None:
            _check_csrf_token(principal, form.get("csrf_token", ""))
    elif operation.body is Body.JSON and body:
        if media_type != "application/json":
            raise Problem(415, "json-expected", "Send application/json.")
        try:
            json.loads(body, parse_constant=_refuse_constant)
        except (ValueError, RecursionError) as error:
            raise Problem(400, "not-json", "The body is not JSON with finite numbers.") from error


def read_form(body: bytes) -> dict[str, str]:
    """Return the fields of a form; the last of equal names counts."""
    try:
        return dict(
            parse_qsl(
                body.decode("utf-8"),
                keep_blank_values=True,
                errors="strict",
                max_num_fields=_MOST_FIELDS,
            )
        )
    except ValueError as error:
        raise Problem(400, "form-not-readable") from error


def _check_csrf_token(principal: Principal | None, token: str) -> None:
    if principal is None or principal.session is None or not principal.session.accepts(token):
        raise _cross_site()


def _cross_site() -> Problem:
    return Problem(403, "cross-site", "A page of this service must send this itself.")


def _too_large(limit: int) -> Problem:
    return Problem(413, "body-too-large", f"At most {limit} bytes are taken here.")


def _refuse_constant(_: str) -> Any:
    raise ValueError("not a finite number")


def _replay(body: bytes, receive: Receive) -> Receive:
    sent = False

    async def replay() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


def _bounded(receive: Receive, limit: int) -> Callable[[], Awaitable[Message]]:
    taken = 0

    async def bounded() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > limit:
            raise _too_large(limit)
        return message

    return bounded

"""What a browser gets: pages as they are given in, files that never change, signing in and out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlencode

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response

from photopeak.accounts.people import FIRST_TOKEN_NAME
from photopeak.api.authentication import Authenticator, Principal
from photopeak.api.context import ApiContext
from photopeak.api.gate import LOGIN_PATH
from photopeak.api.problems import Problem
from photopeak.api.surface import Body, Surface
from photopeak.model.page import (
    Access,
    Page,
    PageReply,
    PageRequest,
    ReplyFile,
    StaticFile,
    Visitor,
)
from photopeak.settings import WebSettings
from photopeak.storage.sessions import ABSOLUTE

_HOME = "/"
_FIRST_PATH = "/first-administrator"
_TOO_MANY = 429
_KEPT = "photopeak-kept-"
_LONGEST_KEPT = 64


def cookie_name(settings: WebSettings) -> str:
    """Return the name of the session cookie; the prefix binds it to this host over TLS."""
    return "__Host-photopeak" if settings.over_tls else "photopeak"


def add_pages(
    surface: Surface,
    pages: tuple[Page, ...],
    clock: Callable[[], datetime],
    *,
    secure: bool = False,
) -> None:
    """Add pages; `secure` sends what a browser is to keep over TLS alone."""
    for page in pages:
        surface.add(
            page.method,
            page.path,
            page.access,
            _answering(page, clock, secure=secure),
            body=Body.FORM if page.method == "POST" else Body.NONE,
            query=page.query,
            page=True,
            kiosk=page.kiosk,
            confirm=page.confirm,
            schema=False,
        )


def _answering(
    page: Page, clock: Callable[[], datetime], *, secure: bool
) -> Callable[[Request], object]:
    async def answer(request: Request) -> Response:
        state = request.scope["state"]
        principal = state.get("principal")
        session = principal.session if isinstance(principal, Principal) else None
        proved = state.get("confirmed")
        asked = PageRequest(
            visitor=_visitor(principal),
            path=dict(request.path_params),
            query=dict(request.query_params),
            form=state.get("form", {}),
            kept={
                name.removeprefix(_KEPT): value[:_LONGEST_KEPT]
                for name, value in request.cookies.items()
                if name.startswith(_KEPT)
            },
            if_none_match=request.headers.get("if-none-match", "").strip('"'),
            confirmed=session is not None and session.confirmed(clock()),
        )
        # Without a proof that the page asks for, nothing but the form again.
        chosen = page.answer if page.unconfirmed is None or proved else page.unconfirmed
        reply = await run_in_threadpool(chosen, asked)
        response = _response(reply)
        for name, value in reply.keep.items():
            response.set_cookie(
                _KEPT + name, value, path="/", secure=secure, httponly=True, samesite="lax"
            )
        return response

    return answer


def _visitor(principal: Principal | None) -> Visitor | None:
    if not isinstance(principal, Principal):
        return None
    session = principal.session
    return Visitor(
        name=principal.name,
        shown_name=principal.shown_name,
        access=principal.access,
        auditor=principal.auditor,
        csrf_token="" if session is None else session.csrf_token,
        id=principal.id,
        session_id="" if session is None else session.id,
        by_token=principal.user is None,
        by_provider=principal.by_provider,
    )


def _response(reply: PageReply) -> Response:
    if reply.location:
        return RedirectResponse(reply.location, 303)
    # With no referrer at all a browser calls the origin of a form "null", and over plain HTTP that
    # would be all we have to tell our own pages from others.
    headers = {"Referrer-Policy": "same-origin"}
    if reply.etag:
        headers["ETag"] = f'"{reply.etag}"'
    if reply.file is not None:
        return _document(reply.file, reply.status, headers)
    if reply.status == 204:
        return Response(status_code=204, headers=headers)
    return Response(reply.html, reply.status, headers=headers, media_type=reply.media_type)


def _document(file: ReplyFile, status: int, headers: dict[str, str]) -> Response:
    if file.policy:
        headers["Content-Security-Policy"] = file.policy
    if file.name:
        way = "inline" if file.path is None else "attachment"
        headers["Content-Disposition"] = f'{way}; filename="{file.name}"'
    if file.path is not None:
        sent = BackgroundTask(file.path.unlink, missing_ok=True)
        return FileResponse(file.path, status, headers, media_type=file.media_type, background=sent)
    return Response(file.content, status, headers=headers, media_type=file.media_type)


def add_files(surface: Surface, files: tuple[StaticFile, ...]) -> None:
    """Add files that pages refer to: kept in memory, so no path is ever built from a request."""
    for file in files:
        surface.add(
            "GET",
            file.path,
            Access.OPEN,
            _serving(file),
            query=("v",),
            page=True,
            schema=False,
        )


def _serving(file: StaticFile) -> Callable[[Request], object]:
    tag = f'"{hashlib.sha256(file.content).hexdigest()[:32]}"'

    async def answer(request: Request) -> Response:
        lasting = "public, max-age=31536000, immutable"
        headers = {
            "ETag": tag,
            "Cache-Control": lasting if "v" in request.query_params else "no-cache",
        }
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        return Response(file.content, headers=headers, media_type=file.media_type)

    return answer


def add_sign_in(surface: Surface, context: ApiContext, authenticator: Authenticator) -> None:
    """Add signing in with name and password or with a token, and signing out."""
    settings = context.settings.web
    login_page = next(page for page in context.pages if page.path == LOGIN_PATH)

    async def sign_in(request: Request) -> Response:
        form = request.scope["state"]["form"]
        address = request.client.host if request.client else ""
        target = local_target(form.get("next", ""))
        with_token = "token" in form
        query = {"failed": "1", "next": target} | ({"with": "token"} if with_token else {})
        try:
            if with_token:
                principal = await authenticator.verify(form["token"].strip(), address)
            else:
                name, password = form.get("name", ""), form.get("password", "")
                principal = await authenticator.sign_in(name, password, address)
        except Problem as problem:
            if problem.status != _TOO_MANY:
                raise
            asked = PageRequest(visitor=None, query=query | {"failed": "later"})
            reply = await run_in_threadpool(login_page.answer, asked)
            refusal = _response(replace(reply, status=_TOO_MANY))
            refusal.headers.update(problem.headers or {})
            return refusal
        if principal is None:
            return RedirectResponse(f"{LOGIN_PATH}?{urlencode(query)}", 303)
        if principal.user is None and principal.name == FIRST_TOKEN_NAME and target == _HOME:
            target = _FIRST_PATH
        # A session from before is never taken over.
        secret = await authenticator.open(principal, request)
        return with_cookie(RedirectResponse(target, 303), settings, secret)

    async def sign_out(request: Request) -> Response:
        await authenticator.end(request.scope["state"].get("principal"))
        response = RedirectResponse(LOGIN_PATH, 303)
        response.delete_cookie(
            cookie_name(settings),
            path="/",
            secure=settings.over_tls,
            httponly=True,
            samesite="lax",
        )
        return response

    surface.add("POST", LOGIN_PATH, Access.OPEN, sign_in, body=Body.FORM, page=True, schema=False)
    surface.add("POST", "/logout", Access.READ, sign_out, body=Body.FORM, page=True, schema=False)


def with_cookie(response: Response, settings: WebSettings, secret: str) -> Response:
    """Give the browser its session.

    Lax, so that a link in a mail finds somebody signed in; what changes anything needs our own
    origin and the token of the form besides.
    """
    response.set_cookie(
        cookie_name(settings),
        secret,
        max_age=int(ABSOLUTE.total_seconds()),
        path="/",
        secure=settings.over_tls,
        httponly=True,
        samesite="lax",
    )
    return response


def local_target(target: str) -> str:
    """Return where to go after signing in: a path of this service, or its home."""
    plain = target.isascii() and target.isprintable() and "\\" not in target
    if plain and target.startswith("/") and not target.startswith("//") and len(target) < 500:
        return target
    return _HOME

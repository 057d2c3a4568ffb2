"""What a browser gets: pages as they are given in, files that never change, signing in and out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from photopeak.api.authentication import Authenticator, Principal
from photopeak.api.gate import LOGIN_PATH
from photopeak.api.sessions import ABSOLUTE_S, Sessions
from photopeak.api.surface import Body, Surface
from photopeak.model.page import Access, Page, PageReply, PageRequest, StaticFile, Visitor
from photopeak.settings import WebSettings

_HOME = "/series"


def cookie_name(settings: WebSettings) -> str:
    """Return the name of the session cookie; the prefix binds it to this host over TLS."""
    return "__Host-photopeak" if settings.secure_cookies else "photopeak"


def add_pages(surface: Surface, pages: tuple[Page, ...]) -> None:
    """Add pages."""
    for page in pages:
        surface.add(
            page.method,
            page.path,
            page.access,
            _answering(page),
            body=Body.FORM if page.method == "POST" else Body.NONE,
            query=page.query,
            page=True,
            schema=False,
        )


def _answering(page: Page) -> Callable[[Request], object]:
    async def answer(request: Request) -> Response:
        asked = PageRequest(
            visitor=_visitor(request),
            path=dict(request.path_params),
            query=dict(request.query_params),
            form=request.scope["state"].get("form", {}),
            if_none_match=request.headers.get("if-none-match", "").strip('"'),
        )
        reply = await run_in_threadpool(page.answer, asked)
        return _response(reply)

    return answer


def _visitor(request: Request) -> Visitor | None:
    principal = request.scope["state"].get("principal")
    if not isinstance(principal, Principal):
        return None
    token = "" if principal.session is None else principal.session.csrf_token
    return Visitor(name=principal.name, access=principal.access, csrf_token=token)


def _response(reply: PageReply) -> Response:
    if reply.location:
        return RedirectResponse(reply.location, 303)
    # With no referrer at all a browser calls the origin of a form "null", and over plain HTTP that
    # would be all we have to tell our own pages from others.
    headers = {"Referrer-Policy": "same-origin"}
    if reply.etag:
        headers["ETag"] = f'"{reply.etag}"'
    if reply.status == 204:
        return Response(status_code=204, headers=headers)
    return Response(
        reply.html, reply.status, headers=headers, media_type="text/html; charset=utf-8"
    )


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


def add_sign_in(
    surface: Surface, settings: WebSettings, authenticator: Authenticator, sessions: Sessions
) -> None:
    """Add signing in with a token, and signing out."""
    name = cookie_name(settings)

    async def sign_in(request: Request) -> Response:
        form = request.scope["state"]["form"]
        address = request.client.host if request.client else ""
        target = local_target(form.get("next", ""))
        principal = await authenticator.verify(form.get("token", "").strip(), address)
        if principal is None:
            again = f"{LOGIN_PATH}?failed=1&next={quote(target, safe='')}"
            return RedirectResponse(again, 303)
        # A session from before is never taken over.
        sessions.end(request.cookies.get(name, ""))
        secret, _ = sessions.open(principal.token_id)
        response = RedirectResponse(target, 303)
        response.set_cookie(
            name,
            secret,
            max_age=int(ABSOLUTE_S),
            path="/",
            secure=settings.secure_cookies,
            httponly=True,
            samesite="strict",
        )
        return response

    async def sign_out(request: Request) -> Response:
        sessions.end(request.cookies.get(name, ""))
        response = RedirectResponse(LOGIN_PATH, 303)
        response.delete_cookie(
            name, path="/", secure=settings.secure_cookies, httponly=True, samesite="strict"
        )
        return response

    async def home() -> Response:
        return RedirectResponse(_HOME, 303)

    surface.add("POST", LOGIN_PATH, Access.OPEN, sign_in, body=Body.FORM, page=True, schema=False)
    surface.add("POST", "/logout", Access.READ, sign_out, body=Body.FORM, page=True, schema=False)
    surface.add("GET", "/", Access.READ, home, page=True, schema=False)


def local_target(target: str) -> str:
    """Return where to go after signing in: a path of this service, or its home."""
    plain = target.isascii() and target.isprintable() and "\\" not in target
    if plain and target.startswith("/") and not target.startswith("//") and len(target) < 500:
        return target
    return _HOME

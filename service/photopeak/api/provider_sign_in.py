"""Signing in at the identity provider: away with the browser, and back."""

from __future__ import annotations

import hmac
import logging
from datetime import timedelta
from urllib.parse import quote

from anyio import CapacityLimiter, to_thread
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from photopeak.accounts.provider import Identity, NotAdmittedError, admit
from photopeak.api import problems
from photopeak.api.authentication import Authenticator, Principal, principal_of_user
from photopeak.api.browser import local_target, with_cookie
from photopeak.api.buckets import Buckets, Rate
from photopeak.api.context import ApiContext
from photopeak.api.gate import LOGIN_PATH
from photopeak.api.provider import Begun, Provider, ProviderError, digest
from photopeak.api.surface import Surface
from photopeak.model.page import Access
from photopeak.model.people import User
from photopeak.oidc_settings import OidcSettings
from photopeak.storage import provider_sign_ins, sessions, users
from photopeak.storage.provider_sign_ins import LASTS, ProviderSignIn

logger = logging.getLogger(__name__)

PATH = "/login/provider"
BACK_PATH = "/login/provider/back"
_CLOCKS_APART = timedelta(seconds=30)
_AT_A_TIME = 4
"""Questions to the provider under way: while it does not answer, pages are not short of threads."""
_BEGINNINGS = Rate(per_s=0.5, burst=20.0)
_BACK_QUERY = (
    "code", "state", "error", "error_description", "error_uri", "iss", "session_state", "scope",
    "authuser", "prompt", "hd",
)  # fmt: skip
"""What providers are known to send back; only the first three and `iss` are read."""


def add_provider(
    surface: Surface, context: ApiContext, authenticator: Authenticator, settings: OidcSettings
) -> None:
    """Add the two addresses."""
    sign_in = _SignIn(context, authenticator, settings)
    for path, answer, query in (
        (PATH, sign_in.away, ("next", "again")),
        (BACK_PATH, sign_in.back, _BACK_QUERY),
    ):
        surface.add("GET", path, Access.OPEN, answer, query=query, page=True, schema=False)


class _SignIn:
    def __init__(
        self, context: ApiContext, authenticator: Authenticator, settings: OidcSettings
    ) -> None:
        self._context = context
        self._web = context.settings.web
        self._authenticator = authenticator
        self._settings = settings
        self._provider = Provider(settings, clock=context.clock, monotonic=context.monotonic)
        self._beginnings = Buckets(_BEGINNINGS, context.monotonic)
        self._asking = CapacityLimiter(_AT_A_TIME)
        secure = self._web.over_tls
        self._cookie = "__Host-photopeak-provider" if secure else "photopeak-provider"

    async def away(self, request: Request) -> Response:
        """Send the browser to the provider."""
        wait = self._beginnings.take(request.client.host if request.client else "")
        if wait:
            raise problems.too_many(wait)
        principal = request.scope["state"].get("principal")
        again = "again" in request.query_params and isinstance(principal, Principal)
        session = principal.session if again and isinstance(principal, Principal) else None
        session_id = None if session is None else session.id
        target = local_target(request.query_params.get("next", ""))
        try:
            begun = await to_thread.run_sync(
                self._begin,
                self._redirect_uri(request),
                target,
                session_id,
                limiter=self._asking,
            )
        except ProviderError as error:
            logger.warning("signing in at the identity provider cannot begin: %s", error)
            return _failed("provider", target)
        response = RedirectResponse(begun.address, 303)
        response.set_cookie(
            self._cookie,
            begun.browser_secret,
            max_age=int(LASTS.total_seconds()),
            path="/",
            secure=self._web.over_tls,
            httponly=True,
            samesite="lax",
        )
        return response

    async def back(self, request: Request) -> Response:
        """Take the browser back, and open a session or confirm the one there is."""
        address = request.client.host if request.client else ""
        sign_in = await run_in_threadpool(
            self._taken,
            request.query_params.get("state", ""),
            request.cookies.get(self._cookie, ""),
        )
        target = sign_in.target if sign_in is not None else ""
        try:
            if sign_in is None:
                raise ProviderError("nobody left with this state and this browser")
            identity = await to_thread.run_sync(
                self._finish,
                dict(request.query_params),
                self._redirect_uri(request),
                sign_in,
                limiter=self._asking,
            )
            if sign_in.session_id is not None:
                principal = request.scope["state"].get("principal")
                await run_in_threadpool(self._confirm, principal, identity, sign_in)
                return self._forgetting(RedirectResponse(target, 303))
            user = await run_in_threadpool(self._admit, identity, address)
        except ProviderError as error:
            logger.warning("a sign-in at the identity provider failed: %s", error)
            return self._forgetting(_failed("provider", target))
        except NotAdmittedError as error:
            return self._forgetting(_failed(error.why, target))
        secret = await self._authenticator.open(
            principal_of_user(user), request, confirmed=self._fresh(identity, sign_in)
        )
        return self._forgetting(with_cookie(RedirectResponse(target, 303), self._web, secret))

    def _begin(self, redirect_uri: str, target: str, session_id: str | None) -> Begun:
        begun = self._provider.begin(redirect_uri, target, session_id=session_id)
        with self._context.database.transaction() as tx:
            provider_sign_ins.begin(tx, begun.sign_in)
        return begun

    def _taken(self, state: str, browser_secret: str) -> ProviderSignIn | None:
        with self._context.database.transaction() as tx:
            found = provider_sign_ins.take(tx, digest(state), now=self._context.clock())
        if found is None or not hmac.compare_digest(found.browser_digest, digest(browser_secret)):
            return None
        return found

    def _finish(
        self, query: dict[str, str], redirect_uri: str, sign_in: ProviderSignIn
    ) -> Identity:
        if query.get("iss", self._settings.issuer) != self._settings.issuer:
            raise ProviderError("the answer is of another issuer")
        if "error" in query or not query.get("code"):
            raise ProviderError("the provider sent no code")
        return self._provider.finish(query["code"], redirect_uri, sign_in)

    def _admit(self, identity: Identity, address: str) -> User:
        return admit(
            self._context.database,
            identity,
            self._settings.roles,
            now=self._context.clock(),
            address=address,
        )

    def _confirm(self, principal: object, identity: Identity, sign_in: ProviderSignIn) -> None:
        """Note that the person of the session was asked again."""
        session = principal.session if isinstance(principal, Principal) else None
        if session is None or session.id != sign_in.session_id:
            raise ProviderError("the session that was to be confirmed is another")
        with self._context.database.transaction() as tx:
            known = users.by_subject(tx, identity.subject)
            if known is None or known.id != session.signed_in.user_id:
                raise ProviderError("somebody else answered than the person of the session")
            if not self._fresh(identity, sign_in):
                raise ProviderError("the provider did not ask the person again")
            sessions.confirm(tx, session.id, now=self._context.clock())

    def _fresh(self, identity: Identity, sign_in: ProviderSignIn) -> bool:
        """Tell whether the provider asked the person after we sent them there."""
        at = identity.authenticated_at
        return at is not None and at >= sign_in.begun_at - _CLOCKS_APART

    def _redirect_uri(self, request: Request) -> str:
        base = self._web.public_url.rstrip("/") or str(request.base_url).rstrip("/")
        return base + BACK_PATH

    def _forgetting(self, response: Response) -> Response:
        response.delete_cookie(
            self._cookie,
            path="/",
            secure=self._web.over_tls,
            httponly=True,
            samesite="lax",
        )
        return response


def _failed(why: str, target: str) -> Response:
    return RedirectResponse(f"{LOGIN_PATH}?failed={why}&next={quote(target, safe='')}", 303)

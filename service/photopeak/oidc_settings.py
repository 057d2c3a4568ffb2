"""The section ``[oidc]``: the identity provider of the house, and what its groups may here."""

from __future__ import annotations

import ipaddress
from importlib.util import find_spec
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from photopeak.model.people import Role


class OidcSettings(BaseModel):
    """Signing in at a provider of OpenID Connect; without an issuer there is none."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)

    issuer: str = Field("", description="address of the provider, as its tokens name it")
    client_id: str = ""
    client_secret: SecretStr | None = Field(
        None, description="none for a public client; PKCE holds in both cases"
    )
    name: str = Field("single sign-on", min_length=1, max_length=60, description="on the button")
    scopes: list[str] = Field(default_factory=lambda: ["openid", "profile", "email"])
    groups_claim: str = Field("groups", min_length=1)
    name_claim: str = Field("preferred_username", min_length=1)
    roles: dict[str, Role] = Field(
        default_factory=dict,
        description="group to role; somebody in several has the one that allows most",
    )
    timeout_s: float = Field(10.0, gt=0.0, le=60.0)

    @field_validator("issuer")
    @classmethod
    def _issuer(cls, value: str) -> str:
        if not value:
            return value
        parts = urlsplit(value)
        if not parts.hostname or parts.query or parts.fragment:
            raise ValueError("is no address of a provider")
        if parts.scheme != "https" and not (
            parts.scheme == "http" and _on_loopback(parts.hostname)
        ):
            raise ValueError("has to begin with https://")
        return value

    @field_validator("scopes")
    @classmethod
    def _scopes(cls, value: list[str]) -> list[str]:
        if "openid" not in value:
            raise ValueError("must have openid among them")
        return value

    @model_validator(mode="after")
    def _usable(self) -> OidcSettings:
        if not self.enabled:
            if self.client_id or self.roles:
                raise ValueError("issuer is missing: without it there is no provider")
            return self
        if not self.client_id:
            raise ValueError("client_id is missing")
        if not self.roles:
            raise ValueError("roles: name at least one group, or nobody could sign in")
        if find_spec("authlib") is None:
            raise ValueError("needs the extra: pip install 'photopeak[oidc]'")
        return self

    @property
    def enabled(self) -> bool:
        """Whether there is a provider."""
        return bool(self.issuer)


def _on_loopback(host: str) -> bool:
    """Tell whether nothing between here and the provider could listen."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

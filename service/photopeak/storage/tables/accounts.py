"""People: who they are, the sessions of their browsers, and sign-ins under way at a provider."""

from sqlalchemy import Boolean, Column, ForeignKey, String, Table

from photopeak.storage.tables.metadata import metadata
from photopeak.storage.types import CleanText, UtcDateTime

users = Table(
    "users",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("name", CleanText, nullable=False, unique=True),
    Column("shown_name", CleanText, nullable=False),
    Column("email", CleanText, nullable=False),
    Column("role", String(16), nullable=False),
    # Without one a person signs in at the provider alone.
    Column("password_hash", CleanText),
    # Issuer and subject as the provider names the person; never used again for another.
    Column("provider_subject", CleanText, unique=True),
    Column("must_change_password", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", CleanText, nullable=False),
    Column("disabled_at", UtcDateTime),
    Column("last_signed_in_at", UtcDateTime),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("user_id", String(36), ForeignKey("users.id"), index=True),
    Column("token_id", String(36), ForeignKey("tokens.id"), index=True),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime, nullable=False),
    Column("confirmed_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Column("address", CleanText, nullable=False),
    Column("browser", CleanText, nullable=False),
)

provider_sign_ins = Table(
    "provider_sign_ins",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("browser_digest", String(64), nullable=False),
    Column("nonce", String(64), nullable=False),
    Column("verifier", String(128), nullable=False),
    Column("target", CleanText, nullable=False),
    # The session to confirm when the person is signed in already.
    Column("session_id", String(36)),
    Column("begun_at", UtcDateTime, nullable=False),
)

"""Settings of the service: read once, checked whole, handed down as arguments.

Precedence: command line > environment (``PHOTOPEAK_``, ``__`` nests, ``_FILE`` reads a secret from
a file, see :mod:`photopeak.secret_files`) > ``photopeak.toml`` > default. Unknown keys are refused. Every fault is reported at once,
with file, key and cure.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)

from photopeak.oidc_settings import OidcSettings
from photopeak.secret_files import SecretFileError, is_blank, read_secret, too_open
from photopeak.setting_files import SettingsError, SettingsFile, explain
from photopeak.setting_values import (
    AeTitle,
    Expression,
    IdleSeconds,
    Network,
    TimeZone,
    Uid,
)
from photopeak.toml_tables import from_text, leaves, put, table_of

if TYPE_CHECKING:
    from photopeak.model.devices import Device

ENVIRONMENT_PREFIX = "PHOTOPEAK_"

_PATHS = (
    "data",
    "config",
    "listener.tls.certificate",
    "listener.tls.key",
    "listener.tls.client_ca",
)
"""Settings that count from the folder of the file in which they stand."""


class Section(BaseModel):
    """A table of a file: unknown keys are faults, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)


class Durability(StrEnum):
    """How much is on disk before a sender is answered with success.

    SYNC and STRICT keep the promise. With SYNC the bytes are durable in the journal, and file and row
    follow; with STRICT file, folders and row are durable themselves. NONE promises nothing after a
    power cut.
    """

    SYNC = "sync"
    STRICT = "strict"
    NONE = "none"


class TlsSettings(Section):
    """DICOM over TLS (PS3.15 B.12), always with certificates on both sides."""

    enabled: bool = False
    port: int = Field(2762, ge=0, le=65535)
    certificate: Path | None = Field(None, description="PEM chain of this service")
    key: Path | None = Field(None, description="PEM private key, mode 0600")
    client_ca: Path | None = Field(None, description="PEM certificates that sign the senders'")
    handshake_timeout_s: float = Field(10.0, gt=0.0, le=120.0)
    ae_titles_by_certificate: dict[str, list[AeTitle]] = Field(
        default_factory=dict, description="SHA-256 fingerprint to the AE titles it may send under"
    )

    @field_validator("ae_titles_by_certificate")
    @classmethod
    def _fingerprints(cls, value: dict[str, list[str]]) -> dict[str, list[str]]:
        plain = {
            fingerprint.replace(":", "").lower(): titles for fingerprint, titles in value.items()
        }
        if not all(re.fullmatch(r"[0-9a-f]{64}", fingerprint) for fingerprint in plain):
            raise ValueError(
                "a fingerprint has 64 hexadecimal digits, as 'openssl x509 -noout -sha256"
                " -fingerprint' prints it"
            )
        if len(plain) != len(value):
            raise ValueError("the same fingerprint is there twice")
        return plain


class ListenerSettings(Section):
    """The DICOM listener."""

    host: str = "0.0.0.0"  # noqa: S104 - scanners come from the network; the compose file narrows it
    port: int = Field(11112, ge=0, le=65535)
    ae_title: AeTitle = "PHOTOPEAK"
    check_called_ae_title: bool = True
    accept_unknown_callers: bool | None = Field(
        None,
        description="False: only AE titles and networks of configured devices may send; "
        "not set: as soon as a device has some",
    )
    workers: int = Field(2, ge=1, le=16, description="receiving processes")
    fast_path: bool = Field(True, description="False: pynetdicom's own message path")
    maximum_pdu_bytes: int = Field(131_072, ge=4096, le=1_048_576, description="announced")
    largest_pdu_bytes: int = Field(1_048_576, ge=16_384, le=16_777_216, description="tolerated")
    maximum_command_bytes: int = Field(16_384, ge=1024, le=1_048_576)
    maximum_instance_bytes: int = Field(536_870_912, ge=1024)
    maximum_connections: int = Field(64, ge=1, le=1000)
    maximum_connections_per_peer: int = Field(12, ge=1, le=1000)
    request_timeout_s: float = Field(10.0, gt=0.0, le=300.0, description="for the A-ASSOCIATE-RQ")
    idle_timeout_s: IdleSeconds = 30.0
    message_grace_s: float = Field(20.0, gt=0.0, le=600.0)
    minimum_bytes_per_s: float = Field(50_000.0, gt=0.0, le=1e9)
    send_timeout_s: float = Field(15.0, gt=0.0, le=300.0)
    drain_s: float = Field(8.0, gt=0.0, le=120.0, description="for transfers under way at the end")
    idle_timeout_by_ae_title_s: dict[AeTitle, IdleSeconds] = Field(default_factory=dict)
    echo_only_ae_titles: list[AeTitle] = Field(
        default_factory=list, description="may associate and C-ECHO; each C-STORE is answered 0124"
    )
    extra_sop_classes: list[Uid] = Field(default_factory=list, description="UIDs to accept besides")
    accept_explicit_big_endian: bool = False
    strict_data_set: bool = Field(True, description="walk the element lengths before success")
    tls: TlsSettings = TlsSettings()

    def for_devices(self, devices: Iterable[Device]) -> ListenerSettings:
        """Return the settings with `accept_unknown_callers` decided, where nobody has set it."""
        if self.accept_unknown_callers is not None:
            return self
        closed = any(device.ae_titles or device.networks for device in devices)
        return self.model_copy(update={"accept_unknown_callers": not closed})

    @model_validator(mode="after")
    def _tolerates_what_it_announces(self) -> ListenerSettings:
        if self.largest_pdu_bytes < self.maximum_pdu_bytes:
            raise ValueError("largest_pdu_bytes is less than maximum_pdu_bytes, which is announced")
        return self


class InboxSettings(Section):
    """Where received bytes are kept, and when a series counts as complete."""

    durability: Durability = Durability.SYNC
    quiet_s: float = Field(60.0, ge=0.0, le=3600.0, description="silence that completes a series")
    free_space_floor_bytes: int = Field(1_073_741_824, ge=0)
    group_commit_wait_ms: float = Field(0.0, ge=0.0, le=100.0)
    journal_bytes: int = Field(536_870_912, ge=0, description="most of the journal; 0: none")
    scrub_bytes_per_night: int = Field(50_000_000_000, ge=0)
    quarantine_days: int = Field(14, ge=1, le=3650)


class DatabaseSettings(Section):
    """The database; without an address it is an SQLite file in the data folder."""

    url: SecretStr | None = Field(
        None, description="postgresql+psycopg://user:password@host/database, or none for SQLite"
    )
    password: SecretStr | None = Field(None, description="in place of one in the url")
    pool_size: int = Field(5, ge=1, le=100)
    timeout_s: float = Field(5.0, gt=0.0, le=60.0)

    @field_validator("url", "password")
    @classmethod
    def _not_blank(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().strip():
            raise ValueError("is empty; give a value, or leave the key out")
        return value


class WorkSettings(Section):
    """The workers that read, analyse and judge."""

    concurrency: int = Field(1, ge=1, le=64, description="analyses at a time on this host")
    polling_interval_s: float = Field(0.3, gt=0.0, le=10.0)
    memory_limit_bytes: int = Field(4_294_967_296, ge=268_435_456)
    wall_limit_s: float = Field(300.0, gt=0.0, le=86_400.0)
    attempts: int = Field(3, ge=1, le=10)
    stale_after_s: float = Field(30.0, ge=1.0, le=3600.0)
    child_idle_s: float = Field(60.0, ge=0.0, description="an idle analysis process ends after")
    test_set_window_h: float = Field(24.0, gt=0.0, le=720.0)


class WebSettings(Section):
    """The HTTP side: API and pages."""

    host: str = "127.0.0.1"
    port: int = Field(8080, ge=0, le=65535)
    public_url: str = ""
    maximum_body_bytes: int = Field(1_000_000, ge=1024)
    maximum_upload_bytes: int = Field(1_073_741_824, ge=1024)
    header_timeout_s: float = Field(10.0, gt=0.0, le=120.0)
    body_timeout_s: float = Field(30.0, gt=0.0, le=3600.0)
    maximum_connections: int = Field(256, ge=8, le=10_000)
    secure_cookies: bool = False
    kiosk_networks: list[Network] = Field(
        default_factory=list,
        description="CIDR networks that see the wall screen and badges without signing in",
    )

    trusted_proxies: list[Network] = Field(
        default_factory=list,
        description="networks of proxies whose X-Forwarded-For says where a request comes from",
    )

    @property
    def over_tls(self) -> bool:
        """Whether people reach the pages over HTTPS, so that cookies must travel over it alone."""
        return self.secure_cookies or self.public_url.lower().startswith("https:")


class GuardSettings(Section):
    """What tells a phantom from a patient.

    Regular expressions on the normalised PatientName and PatientID; any of them suffices.
    """

    qc_patient: list[Expression] = Field(
        default_factory=lambda: [
            r"(?<![a-z])q[ac](?![a-z])",
            r"phantom|fantom|fantasma|maniqu[ií]|质控|体模|水模|模体|质量控制|日检|测试",
            r"flood|uniform|unif_?int|(?<![a-z])test(?![a-z])|(?<![a-z])(prueba|konstanstest)",
            r"fysiker|physic|medphys|service|f[ií]sica|physik",
            r"quality[ _^-]+(control|assurance)|kvalitetskontroll|qualit[aä]ts",
            r"contr[oô]l[a-z]*[ _^-]+(de[ _^-]+)?(la[ _^-]+)?(calidad|qualit)",
            r"(?<![a-z])quantification(?![a-z])|(?<![a-z])quant_\d",
            r"^(nn|nema|jaszczak|acr|cal(ibration)?|iec)([ _^-].*)?$",
        ],
        max_length=100,
    )


class SiteSettings(Section):
    """Who and where."""

    name: str = "Nuclear Medicine"
    time_zone: TimeZone = "UTC"
    language: Literal["en", "zh"] = "en"
    verdict_words: dict[
        Literal["ready", "check", "hold", "qc-not-received", "not-scheduled"],
        Annotated[str, Field(min_length=1, max_length=24)],
    ] = Field(default_factory=dict, description="words of the house for how a device stands")


class TrendSettings(Section):
    """What of a trend is a signal."""

    run_length: Literal[8, 10, 12] = 10
    horizon_days: float = Field(30.0, gt=0, le=3650)


class ReviewSettings(Section):
    """Who reviews results."""

    automatic: list[Annotated[str, Field(pattern=r"^[a-z0-9_]{1,64}$")]] = Field(
        default_factory=list,
        max_length=500,
        description="tests whose passing results a rule marks as reviewed",
    )


class LoggingSettings(Section):
    """Log lines on standard error."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    format: Literal["json", "text"] = "json"


class Settings(Section):
    """All settings. `data` holds what the service keeps; `config` routes, limits and devices."""

    data: Path = Path("photopeak-data")
    config: Path | None = Field(None, description="folder with devices.toml, routes/, limits/")
    site: SiteSettings = SiteSettings()
    listener: ListenerSettings = ListenerSettings()
    inbox: InboxSettings = InboxSettings()
    database: DatabaseSettings = DatabaseSettings()
    work: WorkSettings = WorkSettings()
    trends: TrendSettings = TrendSettings()
    review: ReviewSettings = ReviewSettings()
    web: WebSettings = WebSettings()
    guard: GuardSettings = GuardSettings()
    oidc: OidcSettings = OidcSettings()
    logging: LoggingSettings = LoggingSettings()


def packaged_config() -> Path:
    """Return the folder of the configuration that comes with Photopeak.

    In an installation it lies inside the package; in a source tree it is ``config/``.

    Raises
    ------
    SettingsError
        If it is gone: without its limits everything would be good enough.
    """
    installed = Path(__file__).parent / "site_example"
    folder = installed if installed.is_dir() else Path(__file__).parents[2] / "config"
    if not (folder / "limits").is_dir() or not (folder / "routes").is_dir():
        raise SettingsError(
            [f"{folder}: the limits and routes that come with Photopeak are gone; install it again"]
        )
    return folder


@dataclass(frozen=True, slots=True)
class LoadedSettings:
    """Settings with the origin of every value: ``default``, a file, or a variable.

    `secret_files` are the files that hold secrets, by the key each is for.
    """

    settings: Settings
    origins: Mapping[str, str]
    secret_files: Mapping[str, Path]

    def remarks(self) -> tuple[str, ...]:
        """Return what is allowed and unwise, a line each: secrets that others may read."""
        found = ((key, too_open(path)) for key, path in self.secret_files.items())
        return tuple(f"{key}: {remark}" for key, remark in found if remark)


def load(
    path: Path | None = None,
    *,
    environment: Mapping[str, str],
    overrides: Mapping[str, Any] | None = None,
) -> LoadedSettings:
    """Read the settings.

    Parameters
    ----------
    path
        ``photopeak.toml``; None for defaults alone.
    environment
        The environment variables.
    overrides
        Dotted key to value, from the command line.

    Raises
    ------
    SettingsError
        If a file cannot be read, a key is unknown, or a value is wrong; all faults together.
    """
    faults: list[str] = []
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    secret_files: dict[str, Path] = {}
    content = ""
    if path is not None:
        file = SettingsFile(path)
        content, values = file.text, file.values
        for key in leaves(values):
            origins[key] = str(path)
        for key in _PATHS:
            table, name = table_of(values, key)
            if isinstance(table.get(name), str):
                table[name] = os.path.normpath(path.parent / table[name])
        secret_files |= dict.fromkeys(_secrets_in(values), path)
        values.setdefault("config", str(path.parent))
    for name, text in environment.items():
        if not name.startswith(ENVIRONMENT_PREFIX):
            continue
        key = name.removeprefix(ENVIRONMENT_PREFIX).lower().replace("__", ".")
        if key.endswith("_file"):
            key = key.removesuffix("_file")
            if name.removesuffix("_FILE") in environment:
                faults.append(
                    f"${name}: {key}: the variable without _FILE is set as well; keep one"
                )
                continue
            try:
                put(values, key, read_secret(Path(text)))
            except SecretFileError as error:
                faults.append(f"${name}: {key}: {error}")
                continue
            secret_files[key] = Path(text)
        else:
            put(values, key, from_text(text))
            secret_files.pop(key, None)
        origins[key] = f"${name}"
    for key, value in (overrides or {}).items():
        put(values, key, value)
        origins[key] = "command line"
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        faults.extend(explain(error, origins, str(path) if path else "settings", content))
    else:
        tls = settings.listener.tls
        if tls.enabled and tls.key is not None:
            secret_files["listener.tls.key"] = tls.key
            if is_blank(tls.key):
                where = origins.get("listener.tls.key", "settings")
                faults.append(
                    f"{where}: listener.tls.key: {tls.key} is empty; write the key into it"
                )
    if faults:
        raise SettingsError(faults)
    return LoadedSettings(settings, origins, secret_files)


def _secrets_in(values: Mapping[str, Any]) -> list[str]:
    """Return the keys of a settings file whose values are secrets."""
    keys = [
        f"{section}.{key}"
        for section, key in (("database", "password"), ("oidc", "client_secret"))
        if key in table_of(values, f"{section}.{key}")[0]
    ]
    database, _ = table_of(values, "database.url")
    try:
        with_password = bool(urlsplit(str(database.get("url", ""))).password)
    except ValueError:
        with_password = False
    return [*keys, "database.url"] if with_password else keys

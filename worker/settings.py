"""Settings, read once at the door from `BACKORDER_…` variables."""

import os
import re
import secrets
from contextlib import suppress
from pathlib import Path
from tempfile import mkstemp
from typing import Annotated, Literal, Self
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

from domain.order import Address
from worker.addresses import listening
from worker.origins import origin, origins
from workflows.codec import read_keys

_UNREADABLE = "can't be read; in a password write @ as %40, / as %2F, : as %3A"
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class BadSetting(Exception):  # noqa: N818 - the fact is the name
    """A setting is missing or malformed; the message names it."""


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError("no such time zone") from None
    return name


def _parts(url: str) -> SplitResult:
    """The parts of an address; what is wrong is told without its words, for a password may be among them."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - asking for it says when it is none
    except ValueError:
        raise ValueError(_UNREADABLE) from None
    if parts.netloc.count("@") > 1:
        raise ValueError(_UNREADABLE)
    return parts


def _smtp(url: str) -> str:
    if _parts(url).scheme not in {"smtp", "smtps", "smtp+starttls"}:
        raise ValueError("must begin with smtp://, smtps:// or smtp+starttls://")
    return url


def _build_id(name: str | None) -> str | None:
    if name is not None and not re.fullmatch(r"[\w.+-]{1,100}", name, re.ASCII):
        raise ValueError("up to 100 letters, digits, dots, dashes, as a version or a commit has")
    return name


def _database(url: str) -> str:
    if url and _parts(url).scheme not in {"sqlite", "postgresql", "postgresql+psycopg"}:
        raise ValueError("must begin with sqlite:/// or postgresql+psycopg://")
    return url


def _webhook(url: str | None) -> str | None:
    if url is None:
        return None
    if not url.isprintable() or " " in url:
        raise ValueError("has a character that no address has")
    parts = _parts(url)
    if not parts.hostname or parts.port == 0:
        raise ValueError("names no host")
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        return url
    raise ValueError("must begin with https:// (http:// only on this machine)")


def _public(url: str) -> str:
    origin(url)
    return url


def _locale(name: str) -> str:
    """As Babel has it: `en_US`, `de`."""
    from babel import Locale, UnknownLocaleError  # noqa: PLC0415 - light commands start faster without

    try:
        Locale.parse(name)
    except (ValueError, UnknownLocaleError):
        raise ValueError("no such locale; write it as en_US") from None
    return name


def _codec_keys(setting: SecretStr) -> SecretStr:
    read_keys(setting.get_secret_value())
    return setting


def _codec_origins(setting: str) -> str:
    return " ".join(origins(setting))


def _said(fault: ErrorDetails) -> str:
    """A fault with its variable's name, and within a variable that is JSON the field's."""
    variable, *fields = (str(part) for part in fault["loc"])
    problem = fault["msg"].removeprefix("Value error, ")
    if fault["type"] == "model_type":
        problem = "write it as JSON, as an order's ship_to"
    return ": ".join([f"BACKORDER_{variable.upper()}", *fields, problem])


def kept_secret(path: Path) -> str:
    """A secret that only this machine's user reads, made when it is first asked for."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, made = mkstemp(dir=path.parent)  # nobody else may read it
        os.write(handle, secrets.token_urlsafe(32).encode())
        os.close(handle)
        with suppress(FileExistsError):  # another process was first
            os.link(made, path)
        Path(made).unlink()
    return path.read_text()


class Settings(BaseSettings):
    """One field a variable; `DATABASE_URL` is `BACKORDER_DATABASE_URL`, and so on."""

    model_config = SettingsConfigDict(
        env_prefix="BACKORDER_", env_ignore_empty=True, extra="ignore", frozen=True
    )

    data_dir: Path = Path(".backorder")
    database_url: Annotated[str, AfterValidator(_database), Field(repr=False)] = ""
    smtp_url: Annotated[str, AfterValidator(_smtp), Field(repr=False)] = "smtp://127.0.0.1:1025"
    payment: Literal["sandbox", "stripe"] = "sandbox"
    stripe_api_key: SecretStr | None = None
    stripe_api_base: str | None = None
    stripe_webhook_secret: SecretStr | None = None
    carrier: Literal["sandbox", "easypost"] = "sandbox"
    easypost_api_key: SecretStr | None = None
    easypost_api_base: str | None = None
    ship_from: Address | None = None
    """Where parcels start, as JSON in the shape of an order's `ship_to`."""
    gateway_rate: Annotated[float | None, Field(gt=0)] = None
    """Most calls a second that each worker makes to the payment provider, and as many to the carrier."""
    public_url: Annotated[str, AfterValidator(_public)] = "http://127.0.0.1:8000"
    secret_key: SecretStr = SecretStr("")
    time_zone: Annotated[str, AfterValidator(_zone)] = "UTC"
    locale: Annotated[str, AfterValidator(_locale)] = "en_US"
    shop_name: Annotated[str, Field(min_length=1)] = "The Widget Shop"
    mail_from: Annotated[str, Field(pattern="@")] = "The Widget Shop <orders@shop.example>"
    reply_to: str | None = None
    operations_email: str | None = None
    templates: Path | None = None
    api_tokens: SecretStr = SecretStr("")
    """Who may use the API and the operations room: `NAME:SCOPE:SHA256`, with commas between."""
    webhook_url: Annotated[str | None, AfterValidator(_webhook)] = None
    """Where the order system hears of events."""
    webhook_secret: SecretStr | None = None
    """What they are signed with: `whsec_` and base64."""
    temporal_ui_url: str | None = None
    """Where the Temporal Web UI is, for links into it."""
    codec_keys: Annotated[SecretStr, AfterValidator(_codec_keys)] = SecretStr("")
    """What is said to Temporal is encrypted under the first of these, and read by any: `ID:BASE64`, commas between."""
    codec_origins: Annotated[str, AfterValidator(_codec_origins)] = ""
    """Where Web UIs may read it through the codec server: `https://HOST`, commas between; by default TEMPORAL_UI_URL."""
    build_id: Annotated[str | None, AfterValidator(_build_id)] = None
    """The worker's version among those that run side by side; without one it takes part in no rollout."""
    sleeping_patches: str = ""
    """Changes of the workflow that the worker knows and does not begin yet, by their ids; so a release can go back."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["text", "json"] = "text"
    metrics_address: Annotated[str | None, AfterValidator(listening)] = None
    """Where a worker serves metrics to Prometheus, as `HOST:PORT`."""
    health_address: Annotated[str | None, AfterValidator(listening)] = None
    """Where a worker answers /healthz and /readyz, as `HOST:PORT`."""
    traces: Literal["otlp"] | None = None
    """Whether traces are sent by OpenTelemetry; where to, its own variables say."""

    @property
    def database(self) -> str:
        """The database's URL; by default a file in the data directory."""
        return self.database_url or f"sqlite:///{self.data_dir / 'backorder.db'}"

    @property
    def web_ui_origins(self) -> tuple[str, ...]:
        """Whose pages may ask the codec server.

        Raises:
            BadSetting: the Web UI's address is none.
        """
        if self.codec_origins or not self.temporal_ui_url:
            return tuple(self.codec_origins.split())
        try:
            return (origin(self.temporal_ui_url),)
        except ValueError:
            raise BadSetting("BACKORDER_TEMPORAL_UI_URL: write it as https://HOST") from None

    @property
    def encrypts(self) -> bool:
        """Whether what is said to Temporal is encrypted."""
        return bool(read_keys(self.codec_keys.get_secret_value()))

    def needed(self, name: str, why: str) -> str:
        """A secret that another setting asks for.

        Raises:
            BadSetting: it is missing.
        """
        secret: SecretStr | None = getattr(self, name)
        if secret is None or not secret.get_secret_value():
            raise BadSetting(f"BACKORDER_{name.upper()}: needed while {why}")
        return secret.get_secret_value()

    @property
    def secret(self) -> str:
        """What links are signed with: the setting, else one that is kept in the data directory.

        Raises:
            BadSetting: it is missing where several machines must share it.
        """
        if not self.database.startswith("sqlite"):
            return self.needed("secret_key", "BACKORDER_DATABASE_URL is a shared database")
        if self.secret_key.get_secret_value():
            return self.secret_key.get_secret_value()
        return kept_secret(self.data_dir / "secret.key")

    @classmethod
    def load(cls, **given: object) -> Self:
        """Settings from the environment, with some given.

        Raises:
            BadSetting: one is missing or malformed.
        """
        try:
            return cls(**given)  # type: ignore[arg-type]  # pydantic checks what it is given
        except ValidationError as error:
            raise BadSetting(_said(error.errors(include_input=False, include_url=False)[0])) from None

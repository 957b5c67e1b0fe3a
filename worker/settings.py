"""Settings, read once at the door from `BACKORDER_…` variables."""

import os
import secrets
from contextlib import suppress
from pathlib import Path
from tempfile import mkstemp
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

from domain.order import Address

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class BadSetting(Exception):  # noqa: N818 - the fact is the name
    """A setting is missing or malformed; the message names it."""


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError("no such time zone") from None
    return name


def _smtp(url: str) -> str:
    if urlsplit(url).scheme not in {"smtp", "smtps", "smtp+starttls"}:
        raise ValueError("must begin with smtp://, smtps:// or smtp+starttls://")
    return url


def _database(url: str) -> str:
    if url and urlsplit(url).scheme not in {"sqlite", "postgresql", "postgresql+psycopg"}:
        raise ValueError("must begin with sqlite:/// or postgresql+psycopg://")
    return url


def _webhook(url: str | None) -> str | None:
    if url is None:
        return None
    if not url.isprintable() or " " in url:
        raise ValueError("has a character that no address has")
    parts = urlsplit(url)
    if not parts.hostname or parts.port == 0:  # asking for the port says when it is none
        raise ValueError("names no host")
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        return url
    raise ValueError("must begin with https:// (http:// only on this machine)")


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
        path.parent.mkdir(parents=True, exist_ok=True)
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
    database_url: Annotated[str, AfterValidator(_database)] = ""
    smtp_url: Annotated[str, AfterValidator(_smtp)] = "smtp://127.0.0.1:1025"
    payment: Literal["sandbox", "stripe"] = "sandbox"
    stripe_api_key: SecretStr | None = None
    stripe_api_base: str | None = None
    stripe_webhook_secret: SecretStr | None = None
    carrier: Literal["sandbox", "easypost"] = "sandbox"
    easypost_api_key: SecretStr | None = None
    easypost_api_base: str | None = None
    ship_from: Address | None = None
    """Where parcels start, as JSON in the shape of an order's `ship_to`."""
    public_url: str = "http://127.0.0.1:8000"
    secret_key: SecretStr = SecretStr("")
    time_zone: Annotated[str, AfterValidator(_zone)] = "UTC"
    locale: str = "en_US"
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
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @property
    def database(self) -> str:
        """The database's URL; by default a file in the data directory."""
        return self.database_url or f"sqlite:///{self.data_dir / 'backorder.db'}"

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

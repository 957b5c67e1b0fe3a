"""Settings, read once at the door from `BACKORDER_…` variables."""

from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict


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


class Settings(BaseSettings):
    """One field a variable; `DATABASE_URL` is `BACKORDER_DATABASE_URL`, and so on."""

    model_config = SettingsConfigDict(env_prefix="BACKORDER_", extra="ignore", frozen=True)

    data_dir: Path = Path(".backorder")
    database_url: str = ""
    smtp_url: Annotated[str, AfterValidator(_smtp)] = "smtp://127.0.0.1:1025"
    payment: Literal["sandbox"] = "sandbox"
    carrier: Literal["sandbox"] = "sandbox"
    public_url: str = "http://127.0.0.1:8000"
    secret_key: SecretStr = SecretStr("")
    time_zone: Annotated[str, AfterValidator(_zone)] = "UTC"
    locale: str = "en_US"
    shop_name: Annotated[str, Field(min_length=1)] = "The Widget Shop"
    mail_from: Annotated[str, Field(pattern="@")] = "The Widget Shop <orders@shop.example>"
    reply_to: str | None = None
    operations_email: str | None = None
    templates: Path | None = None

    @property
    def database(self) -> str:
        """The database's URL; by default a file in the data directory."""
        return self.database_url or f"sqlite:///{self.data_dir / 'backorder.db'}"

    @classmethod
    def load(cls, **given: object) -> Self:
        """Settings from the environment, with some given.

        Raises:
            BadSetting: one is missing or malformed.
        """
        try:
            return cls(**given)  # type: ignore[arg-type]  # pydantic checks what it is given
        except ValidationError as error:
            fault = error.errors(include_input=False, include_url=False)[0]
            name = "_".join(str(part) for part in fault["loc"]).upper()
            raise BadSetting(f"BACKORDER_{name}: {fault['msg']}") from None

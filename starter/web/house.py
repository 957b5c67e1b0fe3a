"""What every door and page stands on."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from domain.payment import OutsideEvent
from gateways.links import Links
from gateways.payment_page import PaymentPage
from starter.client import Backorders
from starter.tokens import Scope, Tokens, held_by
from store.database import Database
from worker.settings import Settings, kept_secret

ReadEvent = Callable[[bytes, str], OutsideEvent | None]
"""Reads a payment provider's body with its signature; raises `BadSignature`."""


@dataclass(frozen=True)
class House:
    """The shop behind its doors.

    `read_event`: None where no provider writes to us. `payment_page`: None where no other payment method is taken.
    """

    settings: Settings
    backorders: Backorders
    database: Database
    links: Links
    tokens: Tokens
    read_event: ReadEvent | None = None
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    payment_page: PaymentPage | None = None

    def now(self) -> datetime:
        return self.clock()


def tokens(settings: Settings) -> Tokens:
    """Those of BACKORDER_API_TOKENS, and on one machine alone those of its data directory."""
    named = Tokens.read(settings.api_tokens.get_secret_value())
    if not settings.database.startswith("sqlite"):
        return named
    kept = (held_by(f"local-{scope}", scope, local_token(settings, scope)) for scope in Scope)
    return named.with_others(kept)


def local_token(settings: Settings, scope: Scope) -> str:
    """The token of this scope that only this machine's user reads: `<data directory>/oms.token` and so on."""
    return kept_secret(settings.data_dir / f"{scope}.token")

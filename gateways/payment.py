"""Payments in the trade's words; every provider speaks this protocol."""

from typing import Literal, Protocol

from domain.model import Instant, Model
from domain.money import Money
from domain.payment import Attempt

REFUND_FAILED = "refund_failed"
"""The code of a refund that was made and came back: under its key it will never be."""


class PaymentRequest(Model):
    """Ask for `amount` from the customer's `method` (a token of the provider), once per `key`."""

    key: str
    order_id: str
    amount: Money
    method: str
    at: Instant


class Authorised(Model):
    """Money set aside; a capture works before `expires_at` (None: the provider does not say)."""

    key: str
    reference: str
    amount: Money
    expires_at: Instant | None


class Charged(Model):
    """Money taken at once."""

    key: str
    reference: str
    amount: Money
    at: Instant


class Declined(Model):
    """The customer's bank says no; `final` means that this method must not be tried again.

    The code `authentication_required`: the bank wants to hear from the customer first.
    """

    key: str
    code: str
    message: str
    final: bool


class Captured(Model):
    """Authorised money taken; `reference` stays the authorisation's."""

    key: str
    reference: str
    amount: Money
    at: Instant


class Refunded(Model):
    """Money given back; `reference` is the refund's own."""

    key: str
    reference: str
    amount: Money
    at: Instant


class Voided(Model):
    """An authorisation let go; `reference` is the authorisation's."""

    key: str
    reference: str


PaymentOutcome = Authorised | Charged | Captured | Refunded | Voided | Declined

BookKind = Literal["authorise", "charge", "capture", "void", "refund"]


class BookEntry(Model):
    """One line of the provider's own books."""

    key: str
    kind: BookKind
    reference: str
    amount: Money
    at: Instant
    state: Literal["succeeded", "declined"]


class PaymentProvider(Protocol):
    """Each call is idempotent by its key: the same body gets the first result, another body is refused.

    The body is everything but `at`, which only says when this attempt was made.

    Raises:
        GatewayUnavailable: nothing happened.
        OutcomeUnknown: it may have happened; `find` tells.
        PermanentRefusal: it never will; `code` says why.
    """

    async def authorise(self, request: PaymentRequest) -> Authorised | Declined:
        """Set the amount aside."""
        ...

    async def capture(self, key: str, reference: str, amount: Money, at: Instant) -> Captured:
        """Take up to the authorised amount, once, before the authorisation expires."""
        ...

    async def void(self, key: str, reference: str, at: Instant) -> Voided:
        """Let an authorisation go; one that is void or expired already is fine, a captured one is refused."""
        ...

    async def charge(self, request: PaymentRequest) -> Charged | Declined:
        """Take the amount at once."""
        ...

    async def refund(self, key: str, reference: str, amount: Money, at: Instant) -> Refunded:
        """Give back part or all of what a charge or capture took."""
        ...

    async def find(self, attempt: Attempt) -> PaymentOutcome | None:
        """What came of this call; None: it never happened."""
        ...

    async def entries(self, since: Instant, until: Instant) -> list[BookEntry]:
        """The provider's books of a period (`until` is exclusive), by their own clock."""
        ...

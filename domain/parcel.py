"""One parcel, and how far it has come."""

from datetime import date, datetime
from enum import StrEnum

from domain.model import Instant, Model


class ParcelStage(StrEnum):
    CLAIMED = "claimed"
    AUTHORISED = "authorised"
    READY = "ready"
    """Its label is bought; it waits for the warehouse to hand it over."""
    LABELLED = "labelled"
    """It has left, and is not paid yet."""
    SHIPPED = "shipped"
    UNPAID = "unpaid"
    UNDONE = "undone"
    STOPPED = "stopped"
    """It never arrived: it was not paid, and the shop took it back."""


class ParcelLine(Model):
    sku: str
    quantity: int


class ParcelState(Model):
    """One parcel and how far it has come; amounts in minor units."""

    number: int
    stage: ParcelStage
    lines: tuple[ParcelLine, ...]
    amount_minor: int
    authorisation: str | None = None
    """The provider's reference of the money that is held for it."""
    authorised_until: Instant | None = None
    money_held: bool = False
    declined_at: Instant | None = None
    declines: int = 0
    decline_code: str | None = None
    final_decline: bool = False
    new_method: bool = False
    asks: int = 0
    """How often the customer had to be asked for another method."""
    capture_refused: bool = False
    settled: str | None = None
    """How an unpaid parcel was settled."""
    label_attempt: int = 1
    label_unknown: bool = False
    address_refused: bool = False
    labels_to_void: tuple[str, ...] = ()
    """Keys of labels that were bought in vain."""
    carrier: str | None = None
    service: str | None = None
    tracking: str | None = None
    shipped_at: Instant | None = None
    estimated_delivery: date | None = None
    label_url: str | None = None

    @property
    def undoable(self) -> bool:
        """Before the point of no return: the purchase of its label, or where it is handed over, the hand-over."""
        return self.stage in {ParcelStage.CLAIMED, ParcelStage.AUTHORISED, ParcelStage.READY}

    @property
    def in_progress(self) -> bool:
        return self.undoable or self.stage is ParcelStage.LABELLED

    @property
    def sent(self) -> bool:
        return self.stage in {ParcelStage.LABELLED, ParcelStage.SHIPPED, ParcelStage.UNPAID}

    @property
    def owed(self) -> bool:
        """It has left, could not be charged, and nobody has settled it."""
        return self.stage is ParcelStage.UNPAID and self.settled is None

    @property
    def payment_wanted(self) -> bool:
        """The customer has to give another method, or hear from the bank."""
        return self.owed or (self.declined_at is not None and self.undoable)

    @property
    def to_void(self) -> bool:
        """Money is held for it that will not be taken."""
        return self.money_held and (self.stage is ParcelStage.UNDONE or self.capture_refused)

    def authorised(self, now: datetime) -> bool:
        """Money is held for it that can still be taken."""
        return self.money_held and (self.authorised_until is None or self.authorised_until > now)

"""The answer at checkout."""

from datetime import date, timedelta
from enum import StrEnum

from domain.model import Model
from domain.queue import Priority

DECIDED_WITHIN = timedelta(seconds=30)
"""Who asked gets no order later."""


class DecisionOutcome(StrEnum):
    IN_STOCK = "in_stock"
    BACKORDERED = "backordered"
    REJECTED = "rejected"


class Refusal(StrEnum):
    UNKNOWN_SKU = "unknown_sku"
    BACKORDERS_OFF = "backorders_off"
    DISCONTINUED = "discontinued"
    OUT_OF_SEASON = "out_of_season"
    NO_KNOWN_DATE = "no_known_date"
    WAIT_TOO_LONG = "wait_too_long"
    SUPPLIER_UNRELIABLE = "supplier_unreliable"
    CANCELLATION_LIKELY = "cancellation_likely"
    CUSTOMER_LIMIT = "customer_limit"
    PRODUCT_CAP = "product_cap"
    PAYMENT_DECLINED = "payment_declined"
    UNAVAILABLE = "unavailable"


class DecisionReason(Model):
    code: Refusal
    sku: str | None = None
    message: str = ""


class DecisionLine(Model):
    sku: str
    ordered: int
    allocated: int
    backordered: int
    promised_on: date | None = None


class Decision(Model):
    order_id: str
    outcome: DecisionOutcome
    backordered: bool
    lines: tuple[DecisionLine, ...]
    promised_on: date | None = None
    priority: Priority = Priority.STANDARD
    queue_ahead_units: int = 0
    reasons: tuple[DecisionReason, ...] = ()

    @property
    def accepted(self) -> bool:
        return self.outcome is not DecisionOutcome.REJECTED

"""Whether the part of a line that stock does not cover is accepted: every reason against it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from domain.decision import DecisionReason, Refusal
from domain.policy import Acceptance, Product

PRIOR_WEIGHT = 10
"""For so many ended backorders the cancel rate that the shop aims at counts, beside a product's own history."""


@dataclass(frozen=True)
class Asked:
    """A line as it would wait; `product` says all that the shop's policy says for it.

    `waiting`: units of the SKU that would wait, this line's among them. `customers`: units that the customer
    would have open. `promised_on`: the date that would be promised. `on_time`: the supplier's share of dates kept.
    `cancel_rate`: the share of such backorders that are cancelled. None: not known, or nobody asks.
    """

    product: Product
    today: date
    discontinued: bool = False
    special_request: bool = False
    promised_on: date | None = None
    on_time: float | None = None
    waiting: int = 0
    customers: int = 0
    cancel_rate: float | None = None


def unconditional(product: Product) -> bool:
    """Whether nothing but its being discontinued could speak against a product."""
    says = product.model_dump(include=set(Acceptance.model_fields) - {"usual_restock_days"})
    bounds = product.accept_from or product.accept_until
    return bounds is None and says == _ANYTHING


def refusals(asked: Asked) -> list[DecisionReason]:
    """Every reason against the line, in words that a customer may read."""
    sku, title = asked.product.sku, asked.product.title
    return [
        DecisionReason(code=code, sku=sku, message=f"{title} {words}.")
        for code, says in _RULES.items()
        if (words := says(asked))
    ]


def expected_cancel_rate(cancelled: int, ended: int, usual: float) -> float:
    """The share of a product's next backorders that will be cancelled.

    The mean of a beta-binomial posterior (Gelman et al., Bayesian Data Analysis, 2.4): the product's own ended
    backorders, and `PRIOR_WEIGHT` more of which the `usual` share was cancelled. So a new product is thought to do
    as the shop's target says, and after some tens of backorders its own history decides.
    """
    return (cancelled + PRIOR_WEIGHT * usual) / (ended + PRIOR_WEIGHT)


def _backorders_off(asked: Asked) -> str:
    return "" if asked.product.accepts_backorders else "is out of stock and not sold on backorder"


def _discontinued(asked: Asked) -> str:
    return "is being discontinued and will not be restocked" if asked.discontinued else ""


def _out_of_season(asked: Asked) -> str:
    """`accept_from` and `accept_until` are the first and the last day of the season."""
    first, last = asked.product.accept_from, asked.product.accept_until
    if first is not None and asked.today < first:
        return f"can be ordered from {first} on"
    if last is not None and asked.today > last:
        return f"could be ordered until {last}"
    return ""


def _no_known_date(asked: Asked) -> str:
    """A customer who asked for the item takes it without a date."""
    wanted = asked.product.needs_known_eta and not asked.special_request
    return "has no known date of arrival" if wanted and asked.promised_on is None else ""


def _wait_too_long(asked: Asked) -> str:
    most, promised = asked.product.max_wait_days, asked.promised_on
    if most is None or promised is None or (promised - asked.today).days <= most:
        return ""
    return f"is not expected before {promised}, more than {most} days from now"


def _supplier_unreliable(asked: Asked) -> str:
    least, share = asked.product.min_supplier_on_time, asked.on_time
    poor = least is not None and share is not None and share < least
    return "comes from a supplier whose dates can't be relied on" if poor else ""


def _cancellation_likely(asked: Asked) -> str:
    most, rate = asked.product.max_expected_cancel_rate, asked.cancel_rate
    likely = most is not None and rate is not None and rate > most
    return "is cancelled too often while it is waited for" if likely else ""


def _customer_limit(asked: Asked) -> str:
    most = asked.product.max_units_per_customer
    above = most is not None and asked.customers > most
    return f"is limited to {most} units per customer, all open orders together" if above else ""


def _product_cap(asked: Asked) -> str:
    most = asked.product.max_backordered_units
    above = most is not None and asked.waiting > most
    return "is waited for by as many as the shop takes orders for" if above else ""


_ANYTHING = Acceptance().model_dump(exclude={"usual_restock_days"})

_RULES: dict[Refusal, Callable[[Asked], str]] = {
    Refusal.DISCONTINUED: _discontinued,
    Refusal.BACKORDERS_OFF: _backorders_off,
    Refusal.OUT_OF_SEASON: _out_of_season,
    Refusal.NO_KNOWN_DATE: _no_known_date,
    Refusal.WAIT_TOO_LONG: _wait_too_long,
    Refusal.SUPPLIER_UNRELIABLE: _supplier_unreliable,
    Refusal.CANCELLATION_LIKELY: _cancellation_likely,
    Refusal.CUSTOMER_LIMIT: _customer_limit,
    Refusal.PRODUCT_CAP: _product_cap,
}

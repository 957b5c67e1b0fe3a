"""What the shop decides: its policy, and what it says of each product."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, ConfigDict, Field

from domain import working_days
from domain.model import Id, Line, Model, StrictModel
from domain.order import Fulfilment, Timing

Days = Annotated[int, Field(ge=0, le=3650)]
Share = Annotated[float, Field(ge=0, le=1)]


class Law(StrEnum):
    """The law on delays that an order is under."""

    FTC = "ftc"
    """US, 16 CFR 435."""
    EU = "eu"
    """Directive 2011/83, Art. 18."""
    NONE = "none"


class HeadStart(StrictModel):
    """Days by which an exception moves an order ahead in the queue."""

    vip: Days = 7
    expedited: Days = 5
    wholesale: Days = 3
    need_by: Days = 2


class ShippedWhen(StrEnum):
    """The moment from which a parcel counts as shipped: it is charged and told about then, and not undone any more."""

    LABEL = "label"
    HANDED_OVER = "handed_over"


class Targets(StrictModel):
    backorder_rate: Share = 0.05
    fill_time_days: Annotated[float, Field(gt=0)] = 14
    cancel_rate: Share = 0.2


def _with_known_holidays(country: str) -> str:
    if not working_days.known(country):
        raise ValueError(f"no holidays of {country} are known; a country has two capital letters")
    return country


def _with_known_laws(rule: dict[str, str]) -> dict[str, str]:
    for place, law in rule.items():
        if law not in {*Law}:
            raise ValueError(f"{place}: {law} is no law that is known; known are {', '.join(Law)}")
    return rule


class Acceptance(StrictModel):
    """When a product is sold on backorder, and how much of it; None is no limit."""

    accepts_backorders: bool = True
    max_units_per_customer: Annotated[int, Field(ge=1)] | None = None
    max_backordered_units: Annotated[int, Field(ge=0)] | None = None
    max_wait_days: Days | None = None
    needs_known_eta: bool = False
    min_supplier_on_time: Share | None = None
    max_expected_cancel_rate: Share | None = None
    usual_restock_days: Days | None = None


class Policy(Model):
    """The shop's policy; the one in force when an order was placed are its terms for life."""

    payment_timing: Timing = Timing.AT_SHIPMENT
    fulfilment: Fulfilment = Fulfilment.SPLIT
    update_every_days: Annotated[int, Field(ge=1, le=365)] = 7
    choice_deadline_days: Days = 3
    payment_retry_days: tuple[Days, ...] = (1, 3, 5)
    payment_grace_days: Days = 7
    promise_tolerance_days: Days = 3
    handling_days: Days = 1
    promises_kept_target: Share = 0.9
    stale_after_days_without_promise: Days | None = 90
    stale_after_days_past_promise: Days | None = 30
    stale_warning_days: Days = 7
    head_start_days: HeadStart = HeadStart()
    wholesale_from_units: Annotated[int, Field(ge=1)] = 50
    split_from_minor: Annotated[int, Field(ge=0)] = 0
    delay_rule: dict[str, str] = {"US": Law.FTC, "EU": Law.EU, "*": Law.NONE}
    shipped_when: ShippedWhen = ShippedWhen.LABEL
    targets: Targets = Targets()
    holidays: str | None = None
    """The country whose public holidays the shop keeps; none: Mondays to Fridays are working days."""
    acceptance: Acceptance = Acceptance()
    """What holds for a product that says nothing else."""


class NewPolicy(Policy):
    """A policy as it is loaded: stricter than what an order placed long ago may still have among its terms."""

    model_config = ConfigDict(extra="forbid")

    delay_rule: Annotated[dict[str, str], AfterValidator(_with_known_laws)] = Policy().delay_rule
    holidays: Annotated[str, AfterValidator(_with_known_holidays)] | None = None


class Product(Acceptance):
    """One SKU of the catalogue; only `sku` and `title` are needed. What is left out, the shop's policy says."""

    sku: Id
    title: Line
    release_on: date | None = None
    may_split: bool = True
    accept_from: date | None = None
    accept_until: date | None = None
    weight_grams: Annotated[int, Field(ge=1, le=1_000_000)] = 500
    """What a unit weighs, packed; carriers ask."""

    def under(self, policy: Policy) -> Self:
        """With the shop's word wherever the product's own is missing."""
        own = self.model_dump(exclude_unset=True)
        return self.model_validate({**policy.acceptance.model_dump(), **own})

    def unreleased(self, today: date) -> date | None:
        """The day before which nothing of it ships; None once that has come."""
        return self.release_on if self.release_on is not None and self.release_on > today else None


class Catalog(StrictModel):
    products: tuple[Product, ...]

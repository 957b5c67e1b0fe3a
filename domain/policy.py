"""What the shop decides: its policy, and what it says of each product."""

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from domain.model import Id, Line, Model, StrictModel
from domain.order import Fulfilment, Timing

Days = Annotated[int, Field(ge=0, le=3650)]
Share = Annotated[float, Field(ge=0, le=1)]


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
    delay_rule: dict[str, str] = {"US": "ftc", "EU": "eu", "*": "none"}
    shipped_when: ShippedWhen = ShippedWhen.LABEL
    targets: Targets = Targets()


class Product(StrictModel):
    """One SKU of the catalogue; only `sku` and `title` are needed."""

    sku: Id
    title: Line
    accepts_backorders: bool = True
    max_units_per_customer: Annotated[int, Field(ge=1)] | None = None
    max_backordered_units: Annotated[int, Field(ge=0)] | None = None
    max_wait_days: Days | None = None
    needs_known_eta: bool = False
    min_supplier_on_time: Share | None = None
    max_expected_cancel_rate: Share | None = None
    release_on: date | None = None
    may_split: bool = True
    usual_restock_days: Days | None = None
    accept_from: date | None = None
    accept_until: date | None = None
    weight_grams: Annotated[int, Field(ge=1, le=1_000_000)] = 500
    """What a unit weighs, packed; carriers ask."""


class Catalog(StrictModel):
    products: tuple[Product, ...]

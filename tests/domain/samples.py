"""Orders and their states as the rules see them; days are days of January 2026, at noon UTC."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from domain.notices import Kind
from domain.order import Order
from domain.parcel import ParcelLine, ParcelStage, ParcelState
from domain.payment import PaymentKind, PaymentState
from domain.state import LineState, NoticeState, OrderState, Rest
from domain.status import Status

EXAMPLES = Path(__file__).parents[1] / "examples"
SKU = "WIDGET-PRO-BLUE"
MINI = "WIDGET-MINI"
PRICE = 9500


def example(name: str) -> dict[str, Any]:
    """The contract's own JSON, free to change."""
    body: dict[str, Any] = json.loads((EXAMPLES / f"{name}.json").read_text())
    return body


def day(number: int, hour: int = 12) -> datetime:
    return datetime(2026, 1, number, hour, tzinfo=UTC)


def january(number: int) -> date:
    return date(2026, 1, number)


def order(units: int = 1, *, tier: str = "standard", **fields: Any) -> Order:
    """The example order, placed on the 5th, with its units and other fields by name."""
    body = example("order") | {"placed_at": day(5).isoformat()}
    body["customer"]["tier"] = tier
    body["lines"][0]["quantity"] = units
    return Order.model_validate(body | fields)


def line(sku: str = SKU, *, price: int = PRICE, **units: Any) -> LineState:
    """A line by where its units are; `ordered` is their sum."""
    return LineState(sku=sku, title=sku.title(), ordered=sum(units.values()), unit_price_minor=price, **units)


def parcel(stage: ParcelStage, number: int = 1, units: int = 2, **fields: Any) -> ParcelState:
    fields.setdefault("amount_minor", units * PRICE)
    held = {ParcelStage.AUTHORISED, ParcelStage.READY, ParcelStage.LABELLED}
    fields.setdefault("money_held", stage in held)
    return ParcelState(number=number, stage=stage, lines=(ParcelLine(sku=SKU, quantity=units),), **fields)


def sent(kind: Kind, occasion: str = "1", on: int = 5) -> NoticeState:
    return NoticeState(kind=kind, occasion=occasion, at=day(on))


def paid(kind: PaymentKind, minor: int, reference: str | None = None) -> PaymentState:
    return PaymentState(kind=kind, amount_minor=minor, currency="USD", at=day(5), reference=reference)


def rest(what: str, until: int) -> Rest:
    return Rest(what=what, failures=1, retry_at=day(until))


CONFIRMED = sent(Kind.CONFIRMATION, "placed")


def state(*lines: LineState, **fields: Any) -> OrderState:
    """An order accepted and confirmed on the 5th, waiting, with what else is said of it."""
    known: dict[str, Any] = {
        "order_id": "100",
        "status": Status.WAITING,
        "placed_at": day(5),
        "asked_at": day(5),
        "accepted_at": day(5),
        "notices": (CONFIRMED,),
    }
    return OrderState(**known | {"lines": lines} | fields)

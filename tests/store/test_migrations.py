"""A database of an earlier version is brought on with its orders, and nothing of them is lost."""

import json
from datetime import UTC, datetime
from typing import Any

from alembic import command
from sqlalchemy import text
from sqlalchemy.orm import Session

from store import orders
from store.database import Database
from store.migrate import config, migrate
from tests.store.stockroom import order_of

AT = datetime(2026, 1, 5, 12, tzinfo=UTC)


def test_orders_of_the_first_version_go_on_with_what_they_were_placed_with(database: Database) -> None:
    command.downgrade(config(database), "0001")
    database.write(_an_order_in_a_payment_hold)

    migrate(database)

    state = database.read(orders.state, "100")
    row = database.read(orders.row, "100")
    assert row.ship_to == order_of("100").ship_to.model_dump(mode="json")
    assert [line.may_split for line in state.lines] == [True]
    (parcel,) = state.parcels
    assert (parcel.asks, parcel.labels_to_void, parcel.settled) == (1, (), None)
    assert [call.method for call in state.started] == ["pm_card_visa"]


def _an_order_in_a_payment_hold(session: Session) -> None:
    body = order_of("100").model_dump(mode="json")
    common: dict[str, Any] = {"order_id": "100", "at": AT.replace(tzinfo=None).isoformat(" ") + ".000000"}
    order = {
        "digest": "d",
        "body": json.dumps(body),
        "customer_id": "C-1",
        "status": "payment_hold",
        "priority": "standard",
        "timing": "at_shipment",
        "fulfilment": "split",
        "method": "pm_card_visa",
        "currency": "USD",
        "shipping_minor": 0,
        "terms": "{}",
        "time_zone": "UTC",
        "unreadable": "[]",
        "rests": "[]",
        "lives": 1,
    }
    names = ", ".join(order)
    slots = ", ".join(f":{name}" for name in order)
    session.execute(
        text(
            f"INSERT INTO orders (order_id, {names}, placed_at, asked_at, accepted_at)"  # noqa: S608 - our own names
            f" VALUES (:order_id, {slots}, :at, :at, :at)"
        ),
        common | order,
    )
    session.execute(
        text(
            "INSERT INTO lines (order_id, sku, number, title, unit_price_minor, ordered, backordered, allocated,"
            " claimed, shipped, cancelled, queue_at, placed_at)"
            " VALUES (:order_id, 'WIDGET', 1, 'Widget', 100, 1, 0, 0, 1, 0, 0, :at, :at)"
        ),
        common,
    )
    session.execute(
        text(
            "INSERT INTO parcels (order_id, number, stage, lines, amount_minor, money_held, declined_at, declines,"
            " final_decline, new_method, label_attempt, label_unknown)"
            ' VALUES (:order_id, 1, \'claimed\', \'[{"sku": "WIDGET", "quantity": 1}]\', 100, false, :at, 1,'
            " false, false, 1, false)"
        ),
        common,
    )
    session.execute(
        text(
            "INSERT INTO payments (key, order_id, parcel, kind, attempt, amount_minor, currency, state, at)"
            " VALUES ('100/1/authorise/2', :order_id, 1, 'authorise', 2, 100, 'USD', 'started', :at)"
        ),
        common,
    )

"""A customer is erased: nothing in the database leads to them any more, and the books stand as before."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain.changes import AddressChange, Hold, PaymentMethod, Prioritisation, Release
from domain.correcting import EmailChange, Erasing
from domain.errors import ChangeRefused, OrderBodyChanged, OrdersOpen, UnknownCustomer, UnknownOrder
from domain.notices import Kind
from domain.order import Order
from store import (
    cancelling,
    correcting,
    delays,
    erasing,
    explain,
    mailed,
    notices,
    orders,
    queue,
    reading,
    status,
)
from store.base import Base
from store.cancelling import Cancelling
from store.correcting import Readdressing
from store.database import Database
from store.door_tables import EventRow
from store.erasing import Gone
from store.life_tables import DelayRow
from store.notices import Telling
from store.shop_tables import OperationRow, ReviewRow
from store.stock_tables import StockLedgerRow
from store.tables import OrderRow
from tests.store.stockroom import SKU, Stockroom, day, january, order_of

ADA = {"customer_id": "ADA-1815", "name": "Ada Lovelace", "email": "Ada@Poets.example", "locale": "en_GB"}
HOME = {
    "name": "Ada Lovelace",
    "street": "12 St James Square",
    "city": "Marylebone",
    "region": "LDN",
    "postal_code": "SW1Y-4JH",
    "country": "GB",
}
WORK = AddressChange(
    name="Countess Lovelace", street="5 Analytical Lane", city="Ockham", country="GB", requested_by="ADA-1815"
)
TELLING = (
    "ADA-1815",
    "Lovelace",
    "Ada@Poets.example",
    "augusta@byron.example",
    "St James",
    "Analytical Lane",
    "Marylebone",
    "Ockham",
    "SW1Y",
    "pm_ada",
    "carrier.example",
)


def ada(order_id: str, units: int = 2, **fields: Any) -> Order:
    body = {"customer": ADA, "ship_to": HOME, "payment": {"timing": "at_shipment", "method": "pm_ada_card"}}
    return order_of(order_id, units, **{**body, **fields})


def lived(stock: Stockroom) -> None:
    """Ada's order 100 ships after all that may be written of an order; 101 she cancels; both have ended."""
    stock.place_order(ada("100"))
    stock.change("100", WORK, on=6)
    stock.change("100", PaymentMethod(method="pm_ada_other"), on=6)
    stock.change("100", Hold(reason="Ms Lovelace is away, says ADA-1815"), on=6)
    stock.change("100", Release(reason="ada lovelace is back"), on=7)
    stock.change("100", Prioritisation(days=2, reason="promised to Ada"), on=7)
    _readdress(stock, "augusta@Byron.example")
    stock.database.write(orders.record_unreadable, "100", "cancel from Ada@poets.example", day(7))
    stock.receive(2)
    stock.claim("100")
    stock.authorise("100")
    stock.ship("100")
    stock.capture("100")
    telling = Telling(order_id="100", kind=Kind.SHIPPED, occasion="1", at=day(13))
    lost = "550 no mailbox of Ada Lovelace"
    stock.database.write(mailed.told, telling, delivered=False, message_id=None, error=lost)
    stock.tell("100", Kind.CONFIRMATION, "placed")
    stock.place_order(ada("101", 1))
    _cancel(stock, "101", "It is for Lovelace, 12 St James Square")
    for kind, occasion in ((Kind.CONFIRMATION, "placed"), (Kind.CANCELLED, "C-ada")):
        stock.tell("101", kind, occasion, on=16)
    stock.database.write(_outside)


def _readdress(stock: Stockroom, email: str, order_id: str = "100", on: int = 7) -> None:
    change = EmailChange(order_id=order_id, email=email, requested_by="support:maria")
    stock.database.write(correcting.change_email, Readdressing(change=change, at=day(on)))


def _cancel(stock: Stockroom, order_id: str, note: str) -> None:
    body = {"cancellation_id": "C-ada", "note": note, "requested_by": "customer:Ada@Poets.example"}
    wish = Cancelling.model_validate({"order_id": order_id, "cancellation": body, "at": day(15)})
    stock.database.write(cancelling.cancel, wish)


def _outside(session: Session) -> None:
    """What other parts of the house keep of an order."""
    event = {"order_id": "100", "customer_id": "ADA-1815", "status": "completed", "customer": ADA}
    session.add(EventRow(event_id="e-1", type="order.completed", stream="100", body=event, at=day(14)))
    needy = {"order_id": "100", "why": "shipped: 550 no mailbox of Ada Lovelace"}
    digest = {"needs": [{"need": "undelivered", "count": 1, "orders": [needy]}]}
    session.add(ReviewRow(day=january(14), digest=digest, figures={}, at=day(14)))
    told = {"law": "ftc", "deadline": january(20), "silence": "keeps", "told_at": day(9)}
    who = {"accepted": True, "answered_at": day(9), "answered_by": "customer:ADA-1815"}
    session.add(DelayRow(notice_id="100-delay-1", order_id="100", number=1, **told, **who))


def erase(stock: Stockroom, customer_id: str = "ADA-1815", name: str = "erased-0123456789abcdef") -> Gone:
    wish = Erasing(customer_id=customer_id, requested_by="operations:li")
    return stock.database.write(erasing.erase, wish, name, day(20))


def texts(session: Session) -> Iterator[tuple[str, str]]:
    for table in Base.metadata.sorted_tables:
        for row in session.execute(select(table)):
            yield from zip((f"{table.name}.{column.name}" for column in table.c), map(str, row), strict=True)


def traces(database: Database) -> list[str]:
    """Every column of every row in which something tells of Ada."""
    cells = database.read(lambda session: list(texts(session)))
    return [f"{where}: {text}" for where, text in cells for word in TELLING if word.lower() in text.lower()]


def books(session: Session) -> dict[str, Any]:
    """Units, money, counts and digests."""
    ledger = session.execute(select(*StockLedgerRow.__table__.columns)).all()
    digests = session.execute(select(OrderRow.order_id, OrderRow.digest, OrderRow.status)).all()
    parts = {one: reading.parts(session, one) for one in ("100", "101")}
    return {
        "ledger": ledger,
        "digests": digests,
        "lines": [parts[one].lines for one in parts],
        "parcels": [parts[one].parcels[0].amount_minor for one in parts if parts[one].parcels],
        "payments": [call.model_dump(exclude={"method"}) for one in parts for call in parts[one].payments],
        "charged": [orders.state(session, one).charged for one in parts],
        "cancelled": [orders.state(session, one).cancellations for one in parts],
    }


def test_nothing_in_the_database_leads_to_an_erased_customer_and_the_books_stand(stock: Stockroom) -> None:
    lived(stock)
    before, rows = stock.database.read(books), stock.rows()
    assert {where.partition(":")[0] for where in traces(stock.database)} >= {
        "orders.body",
        "orders.ship_to",
        "orders.email",
        "orders.method",
        "orders.unreadable",
        "payments.method",
        "notices.error",
        "parcels.label_url",
        "cancellations.body",
        "changes.body",
        "changes.requested_by",
        "delays.answered_by",
        "events.body",
        "reviews.digest",
    }

    gone = erase(stock)

    assert traces(stock.database) == []
    assert gone.order_ids == ("100", "101")
    assert stock.database.read(books) == before
    assert stock.rows() == rows + 1


@pytest.mark.parametrize("order_id", ["100", "101"])
def test_an_erased_order_is_still_read_and_still_adds_up(stock: Stockroom, order_id: str) -> None:
    lived(stock)
    kept = stock.database.read(status.status, order_id, day(21))

    erase(stock)

    now = stock.database.read(status.status, order_id, day(21))
    assert (now.lines, now.payments, now.notices, now.unreadable) == (
        kept.lines,
        kept.payments,
        kept.notices,
        kept.unreadable,
    )
    assert stock.database.read(orders.body, order_id).ship_to.country == "GB"
    assert stock.database.read(explain.explain, order_id).lines[0].history
    assert stock.database.read(delays.report, order_id).cancellations is not None
    assert stock.database.read(queue.queue, SKU).places == ()
    assert stock.database.read(erasing.is_erased, order_id)


def test_reasons_of_operations_stay_without_whom_they_name(stock: Stockroom) -> None:
    lived(stock)

    erase(stock)

    told = stock.database.read(
        lambda session: [text for where, text in texts(session) if where == "changes.body"]
    )
    assert any("Ms erased is away, says erased" in text for text in told)
    assert any("'days': 2, 'reason': 'promised to erased'" in text for text in told)


def test_who_erased_is_on_record_and_not_whom(stock: Stockroom) -> None:
    lived(stock)

    gone = erase(stock)

    (record,) = stock.database.read(lambda session: session.scalars(select(OperationRow)).all())
    assert (record.what, record.requested_by, record.at) == ("erase", "operations:li", day(20))
    assert record.body == {"customer_id": gone.customer_id, "orders": 2}


def test_all_orders_of_a_customer_stay_those_of_one_customer(stock: Stockroom) -> None:
    lived(stock)

    gone = erase(stock)

    assert stock.database.read(_customers) == {gone.customer_id: 2}
    assert {stock.state(one).customer_id for one in ("100", "101")} == {gone.customer_id}


def _customers(session: Session) -> dict[str, int]:
    counted = select(OrderRow.customer_id, func.count()).group_by(OrderRow.customer_id)
    return dict(session.execute(counted).all())


def test_other_customers_are_left_alone(stock: Stockroom) -> None:
    lived(stock)
    stock.place("200", 1)
    before = stock.database.read(lambda session: orders.row(session, "200"))

    erase(stock)

    assert stock.database.read(lambda session: orders.row(session, "200")) == before


def test_a_customer_with_open_orders_is_not_erased_and_the_first_five_are_named(stock: Stockroom) -> None:
    lived(stock)
    for number in range(7):
        stock.place_order(ada(f"open-{number}"))
    before = traces(stock.database)

    with pytest.raises(OrdersOpen, match="open-0, open-1, open-2, open-3, open-4 and 2 more"):
        erase(stock)

    assert traces(stock.database) == before
    with pytest.raises(OrdersOpen):
        stock.database.read(erasing.ended_orders, "ADA-1815")


def test_an_unknown_customer_is_refused_without_being_named(stock: Stockroom) -> None:
    for ask in (lambda: erase(stock, "NOBODY"), lambda: stock.database.read(erasing.ended_orders, "NOBODY")):
        with pytest.raises(UnknownCustomer) as refused:
            ask()
        assert "NOBODY" not in str(refused.value)
    with pytest.raises(UnknownOrder):
        stock.database.read(erasing.is_erased, "100")


def test_an_erased_customer_is_erased_once_and_found_by_the_new_name_alone(stock: Stockroom) -> None:
    lived(stock)
    gone = erase(stock)
    rows = stock.rows()

    assert erase(stock, gone.customer_id, "erased-another") == gone

    assert stock.rows() == rows
    with pytest.raises(UnknownCustomer):
        erase(stock)


def test_the_id_of_an_erased_order_is_never_used_for_another(stock: Stockroom) -> None:
    lived(stock)
    erase(stock)

    again = stock.place_order(ada("100"), on=21)

    assert again.state.shipped_units == 2
    with pytest.raises(OrderBodyChanged):
        stock.place_order(ada("100", units=3), on=21)
    assert traces(stock.database) == []


def test_a_rejected_order_that_was_erased_may_be_placed_anew_and_is_then_nobody_erased(
    stock: Stockroom,
) -> None:
    rejected = ada("102", lines={"UNKNOWN": 1})
    stock.place_order(rejected)
    erase(stock)
    assert traces(stock.database) == []

    placed = stock.place_order(ada("102"), on=21)

    assert placed.state.backordered_units == 2
    assert not stock.database.read(erasing.is_erased, "102")
    assert stock.database.read(notices.addressee, "102").name == "Ada Lovelace"


def test_an_erased_order_refuses_another_address_and_a_notice_once_more(stock: Stockroom) -> None:
    lived(stock)
    erase(stock)
    wish = {"order_id": "100", "kind": "shipped", "occasion": "1", "number": "1"}

    with pytest.raises(ChangeRefused, match="email: its customer's data was erased"):
        _readdress(stock, "ada@new.example", on=21)
    with pytest.raises(ChangeRefused, match="notice: its customer's data was erased"):
        stock.database.read(correcting.facts, correcting.Again.model_validate({"wish": wish, "at": day(21)}))


async def test_nothing_of_an_erased_customer_is_left_in_the_database_file(sqlite_database: Database) -> None:
    stock = Stockroom(sqlite_database)
    lived(stock)
    erase(stock)

    assert await sqlite_database.acompact()

    path = sqlite_database.url.database
    assert path is not None
    files = [file for file in Path(path).parent.iterdir() if file.name.startswith(Path(path).name)]
    kept = b"".join(file.read_bytes() for file in files).lower()
    assert [word for word in TELLING if word.lower().encode() in kept] == []
    assert stock.findings() == []

"""What an audit says of orders and money: nothing of books that are right, and exactly what was spoiled.

On SQLite, but for one test that has each question asked on both databases, and those whose words differ there spoiled.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from domain.audit import KINDS, Kind, Repair
from domain.decision import Refusal
from domain.money import Money
from domain.notices import Kind as NoticeKind
from domain.payment import OutsideEvent, OutsideKind
from domain.status import Status
from store import outside, resuming
from store.audit_books import of_books
from store.database import Database
from store.life_tables import ChangeRow, NoticeRow, ParcelRow, PaymentRow
from store.placing import Placing, place
from store.tables import OrderRow
from tests.store.stockroom import Stockroom, day, order_of


@pytest.fixture
def stock(sqlite_database: Database) -> Iterator[Stockroom]:
    stockroom = Stockroom(sqlite_database)
    yield stockroom
    assert stockroom.findings() == []


def found(stock: Stockroom) -> list[tuple[Kind, str | None]]:
    return [(one.kind, one.order_id) for one in stock.database.read(of_books)]


def spoil(stock: Stockroom, statement: Any) -> None:
    stock.database.write(lambda session: session.execute(statement))


def completed(stock: Stockroom) -> None:
    """Order 100: one unit, shipped, paid, told."""
    stock.receive(1)
    stock.place("100")
    stock.claim("100")
    stock.authorise("100")
    stock.ship("100")
    stock.capture("100")
    stock.tell("100", NoticeKind.CONFIRMATION, "placed", on=12)
    stock.tell("100", NoticeKind.SHIPPED, "1", on=13)
    assert stock.state("100").status is Status.COMPLETED


SPOILED: dict[Kind, Any] = {
    Kind.STATUS: update(OrderRow).values(status=Status.WAITING),
    Kind.NOT_ENDED: update(OrderRow).values(ended_at=None),
    Kind.PARCEL_UNITS: update(ParcelRow).values(units=2),
    Kind.LABEL_KEPT: update(ParcelRow).values(labels_to_void=["100/1/label/1"]),
    Kind.NOTICE_OWED: delete(NoticeRow).where(NoticeRow.kind == "shipped"),
    Kind.UNPAID: delete(PaymentRow).where(PaymentRow.kind == "capture"),
    Kind.CHARGED: update(ParcelRow).values(stage="unpaid", settled="written_off"),
    Kind.UNANSWERED: update(PaymentRow).where(PaymentRow.kind == "authorise").values(state="started"),
    Kind.HELD_MONEY: update(ParcelRow).values(money_held=True),
}


@pytest.mark.parametrize("kind", SPOILED, ids=[kind.value for kind in SPOILED])
def test_an_audit_finds_in_an_ended_order_what_was_spoiled(stock: Stockroom, kind: Kind) -> None:
    completed(stock)
    assert found(stock) == []

    spoil(stock, SPOILED[kind])

    assert (kind, "100") in found(stock)


@pytest.mark.parametrize("kind", [Kind.UNPAID, Kind.CHARGED])
def test_an_order_that_was_paid_at_order_keeps_just_what_its_kept_units_are_worth(
    stock: Stockroom, kind: Kind
) -> None:
    stock.place("100", timing="at_order")
    stock.charge("100")
    stock.cancel("100", "C-1")
    stock.refund("100")
    stock.tell("100", NoticeKind.CONFIRMATION, "placed", on=16)
    stock.tell("100", NoticeKind.CANCELLED, "C-1", on=16)
    stock.tell("100", NoticeKind.REFUNDED, stock.state("100").payments[-1].reference or "", on=16)
    assert stock.state("100").ended_at is not None
    assert found(stock) == []

    of_kind = "refund" if kind is Kind.CHARGED else "charge"
    spoil(stock, update(PaymentRow).where(PaymentRow.kind == of_kind).values(amount_minor=1))

    assert found(stock) == [(kind, "100")]


def test_what_an_audit_reads_as_text_is_found_on_each_database(database: Database) -> None:
    stock = Stockroom(database)
    completed(stock)
    assert found(stock) == []

    spoil(stock, SPOILED[Kind.LABEL_KEPT])
    spoil(stock, SPOILED[Kind.NOTICE_OWED])

    assert found(stock) == [(Kind.LABEL_KEPT, "100"), (Kind.NOTICE_OWED, "100")]


def test_a_refund_that_a_person_made_at_the_provider_leaves_nothing_unpaid(stock: Stockroom) -> None:
    stock.receive(1)
    stock.place("100", timing="at_order", on=10)
    stock.charge("100", on=10)
    stock.claim("100")
    stock.ship("100")
    stock.tell("100", NoticeKind.CONFIRMATION, "placed", on=12)
    stock.tell("100", NoticeKind.SHIPPED, "1", on=13)
    assert stock.state("100").ended_at is not None
    goodwill = OutsideEvent(
        event_id="evt-1",
        kind=OutsideKind.REFUND,
        order_id="100",
        key=None,
        reference="re-1",
        payment=None,
        amount=Money(minor=500, currency="USD"),
        at=day(20),
    )

    stock.database.write(outside.record, goodwill)

    assert stock.payments("100") == [("100/0/charge/1", "succeeded"), ("re-1", "succeeded")]
    assert found(stock) == []


def test_an_order_that_ended_with_open_units_is_named(stock: Stockroom) -> None:
    stock.place("100")

    spoil(stock, update(OrderRow).values(status=Status.CANCELLED, ended_at=day(20)))

    assert (Kind.ENDED_OPEN, "100") in found(stock)


def test_one_label_on_two_parcels_is_named(stock: Stockroom) -> None:
    stock.receive(2)
    for order_id in ("100", "101"):
        stock.place(order_id)
        stock.claim(order_id)
        stock.authorise(order_id)
        stock.ship(order_id)

    assert found(stock) == [(Kind.LABEL_TWICE, "100")]


def test_every_kind_is_mended_by_a_command_or_has_words_for_a_person() -> None:
    assert set(KINDS) == set(Kind)
    assert all(bool(words.mend) != bool(words.advice) for words in KINDS.values())


def test_an_order_whose_decision_got_lost_is_rejected_when_it_is_resumed_past_its_deadline(
    stock: Stockroom,
) -> None:
    stock.receive(1)
    stock.place("100", timing="at_order", on=5)
    order, asked = order_of("100", timing="at_order"), day(5)

    def resumed(after: timedelta) -> Status:
        wish = Placing(order=order, at=asked + after, asked_at=asked + after)
        return stock.database.write(place, wish).state.status

    assert resumed(timedelta(seconds=20)) is Status.PLACING
    assert resumed(timedelta(seconds=40)) is Status.REJECTED
    state = stock.state("100")
    assert state.decision
    assert [reason.code for reason in state.decision.reasons] == [Refusal.UNAVAILABLE]
    assert state.ended_at is None  # its charge is looked up first
    assert stock.product() == (1, 0)
    assert found(stock) == []


def test_a_repair_stands_in_the_records_of_its_order(stock: Stockroom) -> None:
    stock.place("100")
    repair = Repair(kind=Kind.MISSING, repair="start_workflow", done="It was started again.", order_id="100")

    stock.database.write(resuming.record, [repair], "operations:maria", day(20))

    (row,) = stock.database.read(lambda session: list(session.scalars(select(ChangeRow))))
    assert (row.what, row.requested_by, row.at) == ("workflow", "operations:maria", day(20))
    assert row.outcome["message"] == "It was started again."

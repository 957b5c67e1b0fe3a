"""`what-if` of a receipt, followed by the receipt: the same hand-out, and nothing touched before."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, seed
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.errors import UnknownInbound, UnknownSku
from domain.inventory import ChangeKind
from store.base import Base
from store.database import Database
from store.deal import QUEUE
from store.tables import LineRow
from store.whatif import Answer, WhatIf, play
from tests.histories import many_in_a_soak, tries
from tests.store.stockroom import SKU, Stockroom, change_of, day, january
from tests.store.test_promise_runs import MOVES, Move, Run


def everything(session: Session) -> dict[str, list[Any]]:
    """Every row of every table."""
    return {
        table.name: sorted(map(repr, session.execute(select(table)))) for table in Base.metadata.sorted_tables
    }


def asked(stock: Stockroom, units: int, **fields: Any) -> Answer:
    return stock.database.rehearse(play, WhatIf(sku=SKU, units=units, at=day(10), **fields))


def waiting(session: Session) -> dict[str, tuple[int, Any]]:
    lines = select(LineRow).where(LineRow.sku == SKU).order_by(*QUEUE)
    return {line.order_id: (line.backordered, line.promised_on) for line in session.scalars(lines)}


def test_it_says_who_would_be_served_and_which_promises_would_move(stock: Stockroom) -> None:
    for number, units in enumerate((3, 2, 4)):
        stock.place(f"o{number}", units, placed=5 + number)
    stock.announce("PO-1", 4, eta=20)
    stock.announce("PO-2", 5, eta=28)
    stock.announce("PO-3", 2, eta=30)

    found = asked(stock, 2, inbound_id="PO-3")

    assert [(one.order_id, one.units, one.still_needs) for one in found.served] == [("o0", 2, 1)]
    assert [(one.order_id, one.was, one.will_be) for one in found.promises] == [
        ("o1", january(29), january(21)),
    ]
    assert (found.handed_out, found.left_over) == (2, 0)


def test_other_head_starts_move_places_for_as_long_as_the_question_lasts(stock: Stockroom) -> None:
    stock.place("standard", 2, placed=5)
    stock.place("vip", 2, placed=14, tier="vip")
    before = stock.database.read(everything)

    found = asked(stock, 2, head_start={"vip": 20})

    assert [one.order_id for one in found.served] == ["vip"]
    assert {(one.order_id, one.was, one.will_be) for one in found.places} == {
        ("standard", 1, 2),
        ("vip", 2, 1),
    }
    assert stock.database.read(everything) == before
    assert [one.order_id for one in asked(stock, 2).served] == ["standard"]


def test_an_unknown_sku_is_refused(stock: Stockroom) -> None:
    with pytest.raises(UnknownSku):
        stock.database.rehearse(play, WhatIf(sku="NOBODY", units=1, at=day(10)))


def test_an_unknown_purchase_order_line_is_refused_as_a_receipt_of_it_would_be(stock: Stockroom) -> None:
    with pytest.raises(UnknownInbound):
        asked(stock, 2, inbound_id="PO-9")


def _as_it_said(database: Database, moves: Sequence[Move], units: int) -> None:
    run = Run(database)
    for move in moves:
        run.do(move)
    before, books = database.read(waiting), database.read(everything)
    found = asked(run.stock, units)
    assert database.read(everything) == books

    outcome = run.stock.apply(change_of(ChangeKind.RECEIVED, "really", {"sku": SKU, "quantity": units}))

    after = database.read(waiting)
    served = {one: before[one][0] - now[0] for one, now in after.items() if before[one][0] > now[0]}
    moved = {one: now[1] for one, now in after.items() if now[0] and now[1] != before[one][1]}
    assert {one.order_id: one.units for one in found.served} == served
    assert {one.order_id: one.will_be for one in found.promises} == moved
    assert (found.handed_out, found.left_over) == (outcome.handed_out, outcome.left_over)


def _holds(database: Database, histories: int, number: int) -> None:
    unhurried = tries(histories)
    tried = given(MOVES, st.integers(1, 40))(lambda moves, units: _as_it_said(database, moves, units))
    seed(number)(unhurried(tried))()


@pytest.mark.slow
@many_in_a_soak
def test_a_receipt_does_what_what_if_said_on_sqlite(sqlite_database: Database) -> None:
    _holds(sqlite_database, 30, 1)


@pytest.mark.slow
@many_in_a_soak
def test_a_receipt_does_what_what_if_said_on_postgresql(postgres_database: Database) -> None:
    _holds(postgres_database, 10, 2)

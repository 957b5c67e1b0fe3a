"""C8: our ledger against the provider's books: exactly the planted differences, and no others."""

from datetime import timedelta

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from domain.model import Instant
from domain.money import Money
from domain.reconciliation import Fault
from starter.two_books import compared
from store.life_tables import PaymentRow
from store.tables import OrderRow
from tests.fakes.stripe_server import FakeStripe
from tests.shop import PRICE, SKU, Shop


async def differences(shop: Shop, since: Instant) -> tuple[int, set[tuple[str, Fault]]]:
    """Entries of the period, and what differs, by order."""
    until = await shop.now() + timedelta(days=1)
    entries, found = await compared(shop.database, shop.parts.payments, since, until)
    return entries, {(one.order_id or one.key, one.fault) for one in found}


async def refund_in_dashboard(shop: Shop, order_id: str, minor: int) -> str:
    """Money that the shop gave back without us; the entry's key in the provider's books."""
    taken = next(entry for entry in shop.payments.books(order_id) if entry.kind == "capture")
    if isinstance(shop.payments, FakeStripe):
        return str((await shop.payments.refund_in_dashboard(taken.reference, minor))["id"])
    amount = Money(minor=minor, currency="USD")
    await shop.parts.payments.refund("dashboard-1", taken.reference, amount, await shop.now())
    return "dashboard-1"


async def test_c8_only_what_was_planted_differs(shop: Shop) -> None:
    began = await shop.now() - timedelta(hours=1)
    await shop.receive(8)
    for order_id in ("100", "101", "102"):
        await shop.place(order_id, 2)
        await shop.ended(order_id)
    await shop.place("103", 3, timing="at_order", fulfilment="together")
    await shop.cancel("103", lines={SKU: 1})
    await shop.ended("103")
    assert await differences(shop, began) == (5, set())

    shop.database.write(_forget, "101")
    shop.database.write(_misread, "102")
    outside = await refund_in_dashboard(shop, "100", 300)

    entries, found = await differences(shop, began)
    assert found == {("101", Fault.ONLY_THEIRS), ("102", Fault.AMOUNT), (outside, Fault.ONLY_THEIRS)}
    assert entries == 6


async def test_c8_an_entry_that_the_provider_never_had_is_found_and_another_period_has_its_own(
    shop: Shop,
) -> None:
    began = await shop.now() - timedelta(hours=1)
    await shop.receive(2)
    await shop.place("100", 2)
    await shop.ended("100")
    await shop.pass_days(40)

    shop.database.write(_invent, await shop.now())

    assert (await differences(shop, began))[1] == {("100", Fault.ONLY_OURS)}
    later = await shop.now() - timedelta(days=30)
    assert await differences(shop, later) == (1, {("100", Fault.ONLY_OURS)})


async def test_c8_an_answer_that_its_open_order_still_looks_up_is_no_difference(shop: Shop) -> None:
    began = await shop.now() - timedelta(hours=1)
    await shop.receive(2)
    await shop.place("100", 2)
    await shop.ended("100")

    shop.database.write(_lose_answer, "100")
    ended = await differences(shop, began)
    shop.database.write(_open, "100")
    opened = await differences(shop, began)

    assert ended == (1, {("100", Fault.ONLY_THEIRS)})
    assert opened == (1, set())


def _lose_answer(session: Session, order_id: str) -> None:
    capture = (PaymentRow.order_id == order_id, PaymentRow.kind == "capture")
    session.execute(update(PaymentRow).where(*capture).values(state="started"))


def _open(session: Session, order_id: str) -> None:
    session.execute(update(OrderRow).where(OrderRow.order_id == order_id).values(ended_at=None))


def _forget(session: Session, order_id: str) -> None:
    session.execute(delete(PaymentRow).where(PaymentRow.order_id == order_id, PaymentRow.kind == "capture"))


def _misread(session: Session, order_id: str) -> None:
    capture = (PaymentRow.order_id == order_id, PaymentRow.kind == "capture")
    session.execute(update(PaymentRow).where(*capture).values(amount_minor=2 * PRICE - 1))


def _invent(session: Session, at: Instant) -> None:
    session.add(
        PaymentRow(
            key="100/1/capture/9",
            order_id="100",
            parcel=1,
            kind="capture",
            attempt=9,
            amount_minor=1,
            currency="USD",
            method="",
            state="succeeded",
            at=at,
        )
    )

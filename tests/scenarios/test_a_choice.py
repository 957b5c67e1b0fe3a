"""What is here now and the rest later, or all together: as the customer, the product and the shop want it."""

from datetime import timedelta

import pytest
from temporalio.client import WorkflowUpdateFailedError

from domain.cancellation import CancelResult
from domain.choice import Choice, Wish
from domain.notices import Kind
from domain.order import Fulfilment
from domain.policy import Policy, Product
from domain.report import Status
from domain.state import OrderState
from domain.status import Status as OrderStatus
from starter.errors import Refusal
from store import catalog
from tests.shop import PRICE, SKU, Books, Shop, line

MINI = "WIDGET-MINI"


async def asked(shop: Shop, **fields: object) -> OrderState:
    """An order of five, three of which are here, whose customer has been asked."""
    await shop.receive(3)
    await shop.place("100", 5, fulfilment="ask", **fields)
    return await shop.until("100", lambda order: order.told(Kind.CHOICE))


async def chose(shop: Shop, wish: Wish, by: str = "customer") -> str:
    return (await shop.doors.choose("100", Choice(choice=wish, requested_by=by))).message


async def test_a3_ask_sends_now_what_is_here_when_the_customer_wants_it(shop: Shop) -> None:
    state = await asked(shop)
    assert state.status is OrderStatus.AWAITING_CHOICE
    assert shop.books("100") == Books(backordered=2, allocated=3)

    await chose(shop, Wish.SPLIT)
    await shop.until("100", lambda order: order.told(Kind.SHIPPED))
    assert shop.books("100") == Books(backordered=2, shipped=3, charged=3 * PRICE)
    await shop.receive(2)
    outcome = await shop.ended("100")

    assert outcome.parcels == 2
    assert shop.books("100") == Books(shipped=5, charged=5 * PRICE)
    assert shop.told("100") == ["confirmation", "choice", "shipped", "shipped"]


async def test_a3_ask_sends_all_together_when_the_customer_wants_it(shop: Shop) -> None:
    await asked(shop)

    await chose(shop, Wish.TOGETHER)
    await shop.until("100", lambda order: order.status is OrderStatus.WAITING)
    await shop.receive(2)
    outcome = await shop.ended("100")

    assert outcome.parcels == 1
    assert shop.books("100") == Books(shipped=5, charged=5 * PRICE)


async def test_a3_ask_waits_for_all_when_no_answer_comes_by_the_deadline(shop: Shop) -> None:
    state = await asked(shop)
    report: Status = await shop.handle("100").query("status", result_type=Status)
    assert report.next is not None
    assert report.next.what == "choice_deadline"
    assert report.next.at == state.notices[-1].at + timedelta(days=3)

    await shop.pass_days(3.1)
    await shop.until("100", lambda order: order.fulfilment is Fulfilment.TOGETHER)
    assert shop.state("100").status is OrderStatus.WAITING
    assert shop.books("100") == Books(backordered=2, allocated=3)
    await shop.receive(2)
    outcome = await shop.ended("100")

    assert outcome.parcels == 1
    assert shop.books("100") == Books(shipped=5, charged=5 * PRICE)
    assert shop.changes("100") == [("fulfilment", "deadline")]


async def test_a3_a_customer_who_is_asked_may_cancel_instead(shop: Shop) -> None:
    await asked(shop)

    outcome = await shop.doors.choose("100", Choice(choice=Wish.CANCEL))
    await shop.ended("100")

    assert outcome.cancelled is not None
    assert outcome.cancelled.outcome is CancelResult.CANCELLED
    assert shop.books("100") == Books(cancelled=5)
    assert shop.findings() == []


async def test_a3_the_rest_comes_before_the_customer_has_chosen_and_all_goes_together(shop: Shop) -> None:
    await asked(shop)

    await shop.receive(2)
    outcome = await shop.ended("100")

    assert outcome.parcels == 1
    assert shop.books("100") == Books(shipped=5, charged=5 * PRICE)


async def test_a3_whoever_wanted_all_together_may_change_to_split_later(shop: Shop) -> None:
    await shop.receive(3)
    await shop.place("100", 5, fulfilment="together")
    await shop.until("100", lambda order: order.told(Kind.CONFIRMATION))

    await chose(shop, Wish.SPLIT, by="support:maria")
    await shop.until("100", lambda order: order.told(Kind.SHIPPED))

    assert shop.books("100") == Books(backordered=2, shipped=3, charged=3 * PRICE)
    assert shop.changes("100") == [("fulfilment", "support:maria")]


async def test_a3_once_everything_has_left_there_is_nothing_to_choose(shop: Shop) -> None:
    await shop.receive(1)
    await shop.place("100", 1)
    await shop.ended("100")

    with pytest.raises(Refusal):
        await chose(shop, Wish.SPLIT)


async def test_a3_a_choice_that_is_none_is_refused_by_name(shop: Shop) -> None:
    await asked(shop)

    with pytest.raises(WorkflowUpdateFailedError):
        await shop.handle("100").execute_update("choose", {"choice": "later"})

    assert shop.changes("100") == []


def whole_only(shop: Shop) -> None:
    """Minis are sold whole only."""
    product = Product(sku=MINI, title="Widget Mini", may_split=False)
    shop.database.write(catalog.load_products, (product,))


async def test_a14_a_product_that_ships_whole_waits_for_its_last_unit_and_holds_nobody_up(shop: Shop) -> None:
    whole_only(shop)
    await shop.receive(2, MINI)
    await shop.receive(1)

    await shop.place("100", lines=[line(SKU, 2), line(MINI, 3, 500)])
    await shop.until("100", lambda order: order.told(Kind.SHIPPED))
    assert shop.books("100") == Books(backordered=2, allocated=2, shipped=1, charged=PRICE)
    await shop.receive(1, MINI)
    await shop.until("100", lambda order: order.shipped_units == 4)
    await shop.until("100", lambda order: order.parcel is None)
    await shop.receive(1)
    outcome = await shop.ended("100")

    parcels = [[(one.sku, one.quantity) for one in parcel.lines] for parcel in shop.state("100").parcels]
    assert parcels == [[(SKU, 1)], [(MINI, 3)], [(SKU, 1)]]
    assert outcome.charged_minor == shop.payments.balance("100") == 2 * PRICE + 3 * 500


async def test_a14_nobody_is_asked_about_a_product_that_ships_whole(shop: Shop) -> None:
    whole_only(shop)
    await shop.receive(2, MINI)

    await shop.place("100", fulfilment="ask", lines=[line(MINI, 3, 500)])
    await shop.until("100", lambda order: order.told(Kind.CONFIRMATION))
    with pytest.raises(Refusal, match="not sent in parts"):
        await chose(shop, Wish.SPLIT)
    await shop.receive(1, MINI)
    outcome = await shop.ended("100")

    assert outcome.parcels == 1
    assert shop.told("100") == ["confirmation", "shipped"]


@pytest.mark.parametrize("wish", ["split", "ask"])
async def test_a14_an_order_below_the_worth_of_another_parcel_goes_together(shop: Shop, wish: str) -> None:
    policy = Policy(split_from_minor=5 * PRICE + 1)
    shop.database.write(catalog.load_policy, policy, await shop.now())
    await shop.receive(3)

    await shop.place("100", 5, fulfilment=wish)
    await shop.until("100", lambda order: order.told(Kind.CONFIRMATION))
    assert shop.books("100") == Books(backordered=2, allocated=3)
    with pytest.raises(Refusal, match="not sent in parts"):
        await chose(shop, Wish.SPLIT)
    await shop.receive(2)
    outcome = await shop.ended("100")

    assert outcome.parcels == 1
    assert shop.told("100") == ["confirmation", "shipped"]


async def test_a14_an_order_worth_it_is_split(shop: Shop) -> None:
    policy = Policy(split_from_minor=5 * PRICE)
    shop.database.write(catalog.load_policy, policy, await shop.now())
    await shop.receive(3)

    await shop.place("100", 5, fulfilment="split")
    await shop.until("100", lambda order: order.told(Kind.SHIPPED))

    assert shop.books("100") == Books(backordered=2, shipped=3, charged=3 * PRICE)

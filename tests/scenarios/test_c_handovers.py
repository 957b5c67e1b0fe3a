"""C9: a parcel is shipped when the warehouse hands it over; until then it can be undone, label and all."""

from domain.cancellation import CancelResult
from domain.notices import Kind
from domain.parcel import ParcelStage
from domain.policy import Policy
from domain.state import OrderState
from domain.status import Status
from store import catalog
from tests.scenarios.books import check, kinds
from tests.scenarios.wishes import changed
from tests.shop import PRICE, SKU, Books, Shop


async def handed_over(shop: Shop) -> None:
    policy = Policy(shipped_when="handed_over")
    shop.database.write(catalog.load_policy, policy, await shop.now())


async def ready(
    shop: Shop, order_id: str = "100", units: int = 2, method: str = "pm_card_visa"
) -> OrderState:
    """An order whose parcel stands ready for the warehouse."""
    await handed_over(shop)
    await shop.receive(units)
    await shop.place(order_id, units, method=method)
    return await shop.until(order_id, lambda order: any(p.stage is ParcelStage.READY for p in order.parcels))


async def test_c9_capture_and_notice_wait_for_the_hand_over(shop: Shop) -> None:
    state = await ready(shop)
    await shop.until("100", lambda order: order.told(Kind.CONFIRMATION))
    assert state.status is Status.SHIPPING
    assert shop.books("100") == Books(claimed=2)
    assert kinds(shop, "100") == [("authorise", "succeeded")]
    assert shop.labels("100") == 1
    assert shop.status("100").parcels[0].label_url

    await shop.doors.hand_over("100", 1)
    await shop.ended("100")

    assert shop.changes("100") == [("handed_over", "warehouse")]
    check(shop, "100", Books(shipped=2, charged=2 * PRICE), "confirmation", "shipped")


async def test_c9_a_cancellation_before_the_hand_over_voids_the_label_and_charges_nothing(shop: Shop) -> None:
    await ready(shop)

    answer = await shop.cancel("100")
    await shop.ended("100")

    assert answer.outcome is CancelResult.CANCELLED
    assert kinds(shop, "100") == [("authorise", "succeeded"), ("void", "succeeded")]
    check(shop, "100", Books(cancelled=2), "confirmation", "cancelled")


async def test_c9_part_of_a_ready_parcel_is_cancelled_and_the_rest_gets_a_label_of_its_own(
    shop: Shop,
) -> None:
    await ready(shop)

    await shop.cancel("100", lines={SKU: 1})
    state = await shop.until(
        "100", lambda order: [p.stage for p in order.parcels] == [ParcelStage.UNDONE, ParcelStage.READY]
    )
    await shop.doors.hand_over("100", state.parcels[1].number)
    await shop.ended("100")

    told = ("confirmation", "cancelled", "shipped")
    check(shop, "100", Books(shipped=1, cancelled=1, charged=PRICE), *told)


async def test_c9_after_the_hand_over_it_is_too_late(shop: Shop) -> None:
    await ready(shop)
    await shop.doors.hand_over("100", 1)
    await shop.until("100", lambda order: order.shipped_units == 2)

    answer = await shop.cancel("100")

    assert answer.outcome is CancelResult.TOO_LATE
    await shop.ended("100")
    check(shop, "100", Books(shipped=2, charged=2 * PRICE), "confirmation", "shipped")


async def test_c9_another_address_before_the_hand_over_gets_a_label_of_its_own(shop: Shop) -> None:
    await ready(shop)
    (old,) = shop.carrier.labels("100")

    await shop.doors.change_address("100", changed())
    state = await shop.until(
        "100",
        lambda order: order.parcels[0].stage is ParcelStage.READY and not order.parcels[0].labels_to_void,
    )
    await shop.doors.hand_over("100", 1)
    await shop.ended("100")

    assert state.parcels[0].tracking != old.tracking
    assert [label.voided for label in shop.carrier.labels("100")] == [True, False]
    check(shop, "100", Books(shipped=2, charged=2 * PRICE), "confirmation", "shipped")


async def test_c9_money_that_expires_while_the_parcel_stands_ready_is_held_anew(shop: Shop) -> None:
    await ready(shop, method="pm_card_expiresSoon")

    await shop.pass_days(0.01)
    await shop.until("100", lambda _order: len(kinds(shop, "100")) >= 2)
    with shop.env.auto_time_skipping_disabled():
        await shop.doors.hand_over("100", 1)
        await shop.ended("100")

    assert kinds(shop, "100")[-2:] == [("authorise", "succeeded"), ("capture", "succeeded")]
    assert shop.books("100") == Books(shipped=2, charged=2 * PRICE)


async def test_c9_a_hand_over_that_cannot_be_is_kept_and_the_order_goes_on(shop: Shop) -> None:
    await ready(shop)

    await shop.handle("100").signal("parcel_handed_over", 7)
    await shop.handle("100").signal("parcel_handed_over", "one")
    await shop.until("100", lambda order: order.unreadable == 2)
    await shop.handle("100").signal("parcel_handed_over", 1)
    await shop.ended("100")

    check(shop, "100", Books(shipped=2, charged=2 * PRICE), "confirmation", "shipped")

"""Daily reviews whose histories are kept: each function plays one, under the id `review-<life>`."""

from datetime import timedelta
from typing import Any

from temporalio.client import WorkflowHandle

from domain.review import ReviewRequest
from domain.suppliers import Supplier, Suppliers
from tests.replay.life import Life, failed
from tests.shop import eventually
from workflows.messages import REVIEW, REVIEW_ID, TASK_QUEUE


def review_id(name: str) -> str:
    return f"{REVIEW_ID}-{name}"


async def _review(life: Life, request: Any) -> WorkflowHandle[Any, Any]:
    return await life.shop.client.start_workflow(
        REVIEW, request, id=review_id(life.name), task_queue=TASK_QUEUE
    )


async def _at_once(life: Life, request: Any) -> None:
    """No time is skipped while it is at work."""
    with life.shop.env.auto_time_skipping_disabled():
        await failed(await _review(life, request))


async def _late_supply(life: Life) -> None:
    supplier = Supplier(supplier=life.name, email=f"{life.name}@example.com")
    await life.shop.knows(Suppliers(suppliers=(supplier,)))
    eta = (await life.shop.now()).date() + timedelta(days=1)
    await life.shop.announce(f"PO-{life.name}", 2, eta, life.sku, supplier=life.name)


async def reviewed(life: Life) -> None:
    """A date has passed without a word: the supplier is asked, and the order hears of another date."""
    await _late_supply(life)
    await life.place()
    await life.waits()
    await life.shop.pass_days(3)
    await _at_once(life, ReviewRequest())
    await life.cancel()
    await life.ends()


async def reviewed_before(life: Life) -> None:
    """The day is known already, and was told: nothing is done again."""
    await _at_once(life, ReviewRequest())


async def reviewed_without_a_mail_server(life: Life) -> None:
    """The supplier can't be asked, nor operations told; the review stands."""
    await _late_supply(life)
    await life.shop.pass_days(3)
    life.shop.mail.refuse_with = "451 later"
    await failed(await _review(life, ReviewRequest()))
    life.shop.mail.refuse_with = None


async def review_cancelled_while_it_asks(life: Life) -> None:
    await _late_supply(life)
    await life.shop.pass_days(3)
    await _cancelled_at(life, "ask_suppliers")


async def review_cancelled_while_it_tells(life: Life) -> None:
    await life.shop.pass_days(1)
    await _cancelled_at(life, "tell_operations")


async def _cancelled_at(life: Life, step: str) -> None:
    """By an operator, while the mail server is away."""
    life.shop.mail.refuse_with = "451 later"
    with life.shop.env.auto_time_skipping_disabled():
        handle = await _review(life, ReviewRequest())
        await eventually(lambda: _tries(handle, step), f"the review is at {step}")
        await handle.cancel()
        await failed(handle)
    life.shop.mail.refuse_with = None


async def _tries(handle: WorkflowHandle[Any, Any], step: str) -> bool:
    pending = (await handle.describe()).raw_description.pending_activities
    return any(one.activity_type.name == step and one.attempt > 1 for one in pending)


async def reviewed_too_soon(life: Life) -> None:
    tomorrow = (await life.shop.now()).date() + timedelta(days=1)
    await _at_once(life, ReviewRequest(date=tomorrow))


async def reviewed_by_mistake(life: Life) -> None:
    await _at_once(life, {"date": "someday"})


REVIEWS = (
    reviewed,
    reviewed_before,
    review_cancelled_while_it_tells,  # before there is a supplier that could not be asked
    review_cancelled_while_it_asks,
    reviewed_without_a_mail_server,
    reviewed_too_soon,
    reviewed_by_mistake,
)

"""Notices sent once more whose histories are kept, beside those of their orders."""

from contextlib import suppress
from typing import Any

from domain.correcting import Resending
from domain.notices import Kind
from starter.errors import OutOfReach
from tests.replay.life import Life, failed
from workflows.messages import RESEND, TASK_QUEUE, resend_workflow_id


def resending(name: str) -> Resending:
    return Resending(order_id=name, kind=Kind.CONFIRMATION, occasion="placed", number="1")


async def _again(life: Life) -> None:
    with life.shop.env.auto_time_skipping_disabled():
        await life.shop.doors.resend(life.name, "confirmation", "support", number="1")


async def told_again(life: Life) -> None:
    await life.place()
    await life.waits()
    await _again(life)
    await life.cancel()
    await life.ends()


async def told_again_to_a_closed_mailbox(life: Life) -> None:
    await life.place()
    await life.waits()
    life.shop.mail.refuse_with = "550 no such mailbox"
    await _again(life)
    life.shop.mail.refuse_with = None
    await life.cancel()
    await life.ends()


async def told_again_without_a_mail_server(life: Life) -> None:
    """Two minutes of tries, and it is given up."""
    await life.place()
    await life.waits()
    life.shop.mail.refuse_with = "451 later"
    with suppress(OutOfReach):
        await life.shop.doors.resend(life.name, "confirmation", "support", number="1")
    life.shop.mail.refuse_with = None
    await life.cancel()
    await life.ends()


async def told_again_in_vain(life: Life) -> None:
    """An order that nobody knows."""
    await _started(life, resending(life.name))


async def told_again_by_mistake(life: Life) -> None:
    """A body that can't be meant."""
    await _started(life, {"order": life.name})


async def told_again_under_anothers_id(life: Life) -> None:
    await _started(life, resending(life.name).model_copy(update={"number": "2"}))


async def _started(life: Life, body: Any) -> None:
    """By a foreign client, under the id of the life's own notice."""
    handle = await life.shop.client.start_workflow(
        RESEND, body, id=resend_workflow_id(resending(life.name)), task_queue=TASK_QUEUE
    )
    await failed(handle)


CORRECTIONS = (
    told_again,
    told_again_to_a_closed_mailbox,
    told_again_without_a_mail_server,
    told_again_in_vain,
    told_again_by_mistake,
    told_again_under_anothers_id,
)

"""A notice is sent once, or again under the same id; and no mailbox stops an order."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from domain.notices import Kind
from domain.state import OrderState
from gateways.errors import GatewayUnavailable, OutcomeUnknown
from gateways.mail import Accepted, Mail, Mailer, Rejected
from tests.activities.desk import Desk, telling
from tests.shop import words
from tests.store.stockroom import january

CONFIRMATION = telling(Kind.CONFIRMATION, "placed")


async def test_a_notice_that_was_remembered_is_never_sent_again(desk: Desk) -> None:
    await desk.placed()

    for attempt in (1, 2, 3):
        state: OrderState = await desk.run(desk.notices.tell_customer, CONFIRMATION, attempt)

    assert desk.effects()["mail"] == 1
    assert [(notice.kind, notice.delivered) for notice in state.notices] == [(Kind.CONFIRMATION, True)]


async def test_a_mail_server_that_is_busy_leaves_the_notice_to_the_next_try(desk: Desk) -> None:
    await desk.placed()
    desk.mail.refuse_with = "451 busy"
    with pytest.raises(GatewayUnavailable):
        await desk.run(desk.notices.tell_customer, CONFIRMATION)
    assert not desk.room.state("100").notices

    desk.mail.refuse_with = None
    await desk.run(desk.notices.tell_customer, CONFIRMATION, attempt=2)

    assert desk.effects()["mail"] == 1


async def test_a_mailbox_that_refuses_is_remembered_and_not_tried_again(desk: Desk) -> None:
    await desk.placed()
    desk.mail.refuse_with = "550 no such mailbox"

    for attempt in (1, 2):
        state: OrderState = await desk.run(desk.notices.tell_customer, CONFIRMATION, attempt)

    assert desk.effects()["mail"] == 0
    assert [notice.delivered for notice in state.notices] == [False]


@dataclass(frozen=True)
class LosesAnswers:
    """A mail server whose answers never come back."""

    inner: Mailer

    async def send(self, mail: Mail) -> Accepted | Rejected:
        await self.inner.send(mail)
        raise OutcomeUnknown("mail", "lost")


@dataclass(frozen=True)
class Meanwhile:
    """A mail server so slow that something happens while it takes a mail."""

    inner: Mailer
    happens: Callable[[], object]

    async def send(self, mail: Mail) -> Accepted | Rejected:
        self.happens()
        return await self.inner.send(mail)


async def test_a_mail_that_may_have_been_sent_goes_out_again_as_the_same_mail(desk: Desk) -> None:
    """At least once; and the mail program sees by its id that it is one."""
    await desk.placed()
    over_a_bad_line = replace(desk.notices, mailer=LosesAnswers(desk.notices.mailer))
    with pytest.raises(OutcomeUnknown):
        await desk.run(over_a_bad_line.tell_customer, CONFIRMATION)

    await desk.run(desk.notices.tell_customer, CONFIRMATION, attempt=2)

    first, second = desk.mail.mails
    assert first["Message-ID"] == second["Message-ID"]
    assert first["Date"] == second["Date"]


async def test_each_occasion_is_a_mail_of_its_own_in_the_orders_thread(desk: Desk) -> None:
    desk.room.place("100", 2)
    await desk.run(desk.notices.tell_customer, CONFIRMATION)
    for number in ("1", "2"):
        await desk.run(desk.notices.tell_customer, telling(Kind.UPDATE, number, on=13))

    assert len({mail["Message-ID"] for mail in desk.mail.mails}) == 3
    assert len({mail["References"] for mail in desk.mail.mails}) == 1


async def test_an_update_tells_the_new_promise_and_only_then_it_is_the_promise(desk: Desk) -> None:
    desk.room.place("100", 2)
    desk.room.announce("PO-1", 5, 20)
    assert desk.room.state("100").promised_on is None

    state: OrderState = await desk.run(desk.notices.tell_customer, telling(Kind.UPDATE, "1", on=12))

    assert state.promised_on == state.original_promised_on == state.lines[0].promised_on == january(21)
    assert "January 20, 2026" in str(desk.mail.mails[0]["Subject"])
    assert "Expected ship date: January 21, 2026" in words(desk.mail.mails[0])


async def test_a_date_that_moves_while_the_mail_is_on_its_way_is_not_taken_for_told(desk: Desk) -> None:
    desk.room.place("100", 2)
    desk.room.announce("PO-1", 5, 20)
    moving = Meanwhile(desk.notices.mailer, lambda: desk.room.announce("PO-1", 5, 25))

    state: OrderState = await desk.run(
        replace(desk.notices, mailer=moving).tell_customer, telling(Kind.UPDATE, "1", on=12)
    )

    assert "Expected ship date: January 21, 2026" in words(desk.mail.mails[0])
    assert (state.promised_on, state.expected_on) == (january(21), january(26))

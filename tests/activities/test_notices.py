"""A notice is sent once, or again under the same id; and no mailbox stops an order."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from email.message import EmailMessage

import pytest

from domain.changes import Consent
from domain.delays import Offer, Silence
from domain.notices import Kind
from domain.policy import Policy
from domain.state import OrderState
from gateways.errors import GatewayUnavailable, OutcomeUnknown
from gateways.mail import Accepted, Mail, Mailer, Rejected
from store.mailed import told
from store.notices import facts
from tests.activities.desk import Desk, step, telling
from tests.shop import words
from tests.store.stockroom import SKU, january

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


def _read(mail: EmailMessage) -> str:
    return words(mail).replace("\r\n", "\n")


async def _option_told(desk: Desk) -> None:
    """An option notice of the 20th whose silence cancels at the end of the 30th."""
    option = telling(Kind.DELAY_OPTION, "1", on=20)
    offer = Offer(deadline=january(23), offered_on=None, silence=Silence.CANCELS, answer_by=january(30))
    said = desk.room.database.read(facts, option).model_copy(update={"offer": offer, "obsolete": False})
    desk.room.database.write(told, option, delivered=True, message_id="<1>", facts=said)


async def _updated(desk: Desk, on: int) -> tuple[str, str]:
    await desk.run(desk.notices.tell_customer, telling(Kind.UPDATE, str(on), on=on))
    mail = desk.mail.mails[-1]
    return str(mail["Subject"]), _read(mail)


CALM = "nothing that you need to do"


async def test_an_update_asks_again_while_silence_would_cancel_and_no_longer(desk: Desk) -> None:
    desk.room.place("100", 2)
    await _option_told(desk)

    subject, asking = await _updated(desk, 30)
    _, too_late = await _updated(desk, 31)

    assert "we still need your answer by January 30, 2026" in subject
    assert "We still need your answer by January 30, 2026" in asking
    assert f"Go on waiting: {desk.notices.links.order_page('100')}\n" in asking
    assert CALM not in asking
    assert "January 30, 2026" not in too_late


async def test_an_answer_that_was_given_is_not_asked_for_again(desk: Desk) -> None:
    desk.room.place("100", 2)
    await _option_told(desk)
    desk.room.change("100", Consent(notice_id="100-delay-1", accepted=True), on=21)

    subject, text = await _updated(desk, 26)

    assert "still awaiting inventory" in subject
    assert CALM in text


@pytest.mark.parametrize(("warned_of", "said"), [("2026-01-15", "January 15, 2026"), ("2026-01-14", CALM)])
async def test_an_update_after_a_warning_of_the_present_limit_says_when_the_order_ends(
    desk: Desk, warned_of: str, said: str
) -> None:
    desk.room.policy(Policy(stale_after_days_without_promise=10, stale_warning_days=3, delay_rule={}))
    desk.room.place("100", 2, on=5)
    await desk.run(desk.notices.tell_customer, telling(Kind.STALE_WARNING, warned_of, on=12))

    _, text = await _updated(desk, 13)

    assert said in text
    assert (CALM in text) == (said == CALM)


async def test_a_part_that_shipped_or_was_cancelled_is_told_with_what_remains(desk: Desk) -> None:
    desk.room.receive(2)
    desk.room.place("100", 5, fulfilment="split")
    desk.room.claim("100")
    await desk.run(desk.payments.authorise_payment, step(12))
    await desk.run(desk.shipping.buy_label, step(12))

    await desk.run(desk.notices.tell_customer, telling(Kind.SHIPPED, "1", on=12))
    desk.room.cancel("100", "C-part", lines={SKU: 1}, on=13)
    await desk.run(desk.notices.tell_customer, telling(Kind.CANCELLED, "C-part", on=13))
    desk.room.cancel("100", "C-rest", on=14)
    await desk.run(desk.notices.tell_customer, telling(Kind.CANCELLED, "C-rest", on=14))

    shipped, part, rest = desk.mail.mails
    assert shipped["Subject"] == "Good news: a part of order 100 has shipped"
    assert f"Item: 2 × {SKU.title()}\n" in _read(shipped)
    assert f"Still to come: 3 × {SKU.title()}\n" in _read(shipped)
    assert part["Subject"] == "Order 100: a part is cancelled"
    assert f"Still to come: 2 × {SKU.title()}\n" in _read(part)
    assert rest["Subject"] == "Order 100: cancelled"
    assert "Still to come" not in _read(rest)

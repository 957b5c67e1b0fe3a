"""A notice is sent once more only while what it said is so, and says what it offered."""

import pytest

from domain.changes import AddressChange, Consent
from domain.choice import Choice, Wish
from domain.correcting import Resending, Resent
from domain.delays import Offer, Silence
from domain.errors import ChangeRefused
from domain.notices import Kind
from domain.policy import Policy
from store import labels
from store.correcting import Again
from store.mailed import told
from store.notices import Telling, facts
from tests.activities.desk import Desk, step, telling
from tests.shop import words
from tests.store.stockroom import Moment, january, moment


def again(kind: Kind, occasion: str, on: Moment, number: str = "1") -> Again:
    wish = Resending(order_id="100", kind=kind, occasion=occasion, number=number)
    return Again(wish=wish, at=moment(on))


async def resent(desk: Desk, kind: Kind, occasion: str, on: Moment) -> str:
    """The text of the mail that went out."""
    before = len(desk.mail.received)
    outcome: Resent = await desk.run(desk.notices.tell_again, again(kind, occasion, on))
    assert outcome.delivered
    assert len(desk.mail.received) == before + 1
    return words(desk.mail.mails[-1])


async def refused(desk: Desk, kind: Kind, occasion: str, on: Moment) -> None:
    with pytest.raises(ChangeRefused, match=f"what {kind} said is not so any more"):
        await desk.run(desk.notices.tell_again, again(kind, occasion, on, number="later"))


async def tell(desk: Desk, kind: Kind, occasion: str, on: Moment) -> str:
    await desk.run(desk.notices.tell_customer, telling(kind, occasion, on))
    return words(desk.mail.mails[-1])


def offered(desk: Desk, offer: Offer, on: int = 20) -> None:
    """An option notice was told."""
    option: Telling = telling(Kind.DELAY_OPTION, "1", on=on)
    said = desk.room.database.read(facts, option)
    said = said.model_copy(
        update={"offer": offer, "promised_on": offer.offered_on, "obsolete": False, "why": "supplier_delay"}
    )
    desk.room.database.write(told, option, delivered=False, message_id=None, facts=said, error="550 no")


async def test_an_option_notice_offers_again_what_it_offered_and_until_the_same_day(desk: Desk) -> None:
    desk.room.place("100", 2)
    offered(
        desk,
        Offer(deadline=january(23), offered_on=january(28), silence=Silence.CANCELS, answer_by=january(26)),
    )

    text = await resent(desk, Kind.DELAY_OPTION, "1", on=25)

    assert "by January 23, 2026" in text
    assert "We now expect to ship it on January 28, 2026" in text
    assert "If we do not hear from you by January 26, 2026" in text
    assert [delay.told_at for delay in desk.room.state("100").delays] == [moment(20)]
    await refused(desk, Kind.DELAY_OPTION, "1", on=27)


async def test_an_option_notice_that_was_answered_or_overtaken_is_not_sent_again(desk: Desk) -> None:
    desk.room.place("100", 2)
    offered(desk, Offer(deadline=january(23), offered_on=january(28), silence=Silence.KEEPS))
    desk.room.change("100", Consent(notice_id="100-delay-1", accepted=True), on=21)

    await refused(desk, Kind.DELAY_OPTION, "1", on=22)


async def test_a_date_that_was_told_since_overtakes_an_option_notice(desk: Desk) -> None:
    desk.room.place("100", 2)
    offered(desk, Offer(deadline=january(23), offered_on=january(28), silence=Silence.KEEPS))
    desk.room.announce("PO-1", 5, 29, on=21)
    await tell(desk, Kind.UPDATE, "2", on=21)

    await refused(desk, Kind.DELAY_OPTION, "1", on=22)


async def test_a_choice_is_asked_again_until_the_day_that_was_told_first(desk: Desk) -> None:
    desk.room.policy(Policy(split_from_minor=0, choice_deadline_days=5))
    desk.room.receive(1)
    desk.room.place("100", 3, fulfilment="ask", on=10)
    first = await tell(desk, Kind.CHOICE, "1", on=10)

    text = await resent(desk, Kind.CHOICE, "1", on=12)

    assert "January 14, 2026" in first
    assert "January 14, 2026" in text
    await refused(desk, Kind.CHOICE, "1", on=15)
    desk.room.change("100", Choice(choice=Wish.TOGETHER), on=13)
    await refused(desk, Kind.CHOICE, "1", on=13)


async def test_a_problem_is_told_again_until_it_is_solved(desk: Desk) -> None:
    await desk.claimed(payment={"timing": "at_shipment", "method": "pm_card_chargeDeclined"})
    desk.room.decline("100")
    await tell(desk, Kind.PAYMENT_PROBLEM, "1", on=12)

    assert "payment" in (await resent(desk, Kind.PAYMENT_PROBLEM, "1", on=13)).lower()

    desk.room.authorise("100", on=14)
    await refused(desk, Kind.PAYMENT_PROBLEM, "1", on=14)


async def test_an_address_problem_is_told_again_to_the_customer_alone(desk: Desk) -> None:
    await desk.authorised()
    desk.room.database.write(labels.refuse_address, step(12))
    await tell(desk, Kind.ADDRESS_PROBLEM, "1-1", on=12)

    await resent(desk, Kind.ADDRESS_PROBLEM, "1-1", on=13)

    assert len(desk.mail.copied_to("operations@shop.example")) == 1
    elsewhere = AddressChange(name="Ada", street="14 Harbour Street", city="Portland", country="US")
    desk.room.change("100", elsewhere, on=14)
    await refused(desk, Kind.ADDRESS_PROBLEM, "1-1", on=14)


async def test_a_moved_date_is_told_again_while_units_are_awaited(desk: Desk) -> None:
    desk.room.place("100", 2)
    desk.room.announce("PO-1", 5, 20)
    await tell(desk, Kind.UPDATE, "1", on=12)
    desk.room.announce("PO-1", 5, 28, on=13)
    first = await tell(desk, Kind.PROMISE_MOVED, "1", on=13)

    text = await resent(desk, Kind.PROMISE_MOVED, "1", on=14)

    assert "January 29, 2026" in first
    assert "Our plan has changed: we now expect to ship your order on January 29, 2026." in text
    desk.room.receive(5, on=15)
    await refused(desk, Kind.PROMISE_MOVED, "1", on=15)


async def test_a_warning_says_again_when_the_order_ends(desk: Desk) -> None:
    desk.room.policy(Policy(stale_after_days_without_promise=10, stale_warning_days=3, delay_rule={}))
    desk.room.place("100", 2, on=5)
    await tell(desk, Kind.STALE_WARNING, "2026-01-15", on=12)

    text = await resent(desk, Kind.STALE_WARNING, "2026-01-15", on=13)

    assert "we cancel your order on January 15, 2026" in text
    desk.room.receive(5, on=14)
    await refused(desk, Kind.STALE_WARNING, "2026-01-15", on=14)


async def test_the_same_time_again_sends_nothing_whatever_became_of_the_order(desk: Desk) -> None:
    await desk.placed()
    await tell(desk, Kind.CONFIRMATION, "placed", on=6)
    once = again(Kind.CONFIRMATION, "placed", on=7)
    first = await desk.run(desk.notices.tell_again, once)
    desk.room.cancel("100")

    second = await desk.run(desk.notices.tell_again, once, attempt=2)

    assert second == first
    assert desk.effects()["mail"] == 2

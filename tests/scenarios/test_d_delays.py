"""The law on delays, lived through: what customers are told, when, and what their silence does."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from domain.cancellation import Reason
from domain.changes import Consent, KeepWaiting, Release
from domain.delays import end_of
from domain.notices import Kind
from domain.order import Address
from domain.policy import Law, Policy
from domain.state import OrderState
from domain.status import Status
from domain.working_days import after_working_days
from starter.errors import Refusal
from store import catalog, delays
from store.delays import DelayReport
from tests.shop import PRICE, Books, Shop

BERLIN = Address(name="Ada Jensen", street="Hafenstr. 12", city="Berlin", postal_code="10115", country="DE")
PATIENT = Policy(stale_after_days_past_promise=None, stale_after_days_without_promise=None)


async def place(shop: Shop, order_id: str = "100", **fields: Any) -> date:
    """An order whose end is the law's business alone; the last day on which it is to ship."""
    shop.database.write(catalog.load_policy, PATIENT, await shop.now())
    await shop.place(order_id, 2, **fields)
    report = record(shop, order_id)
    assert report.first_deadline
    return report.first_deadline


def record(shop: Shop, order_id: str = "100") -> DelayReport:
    return shop.database.read(delays.report, order_id)


def state(shop: Shop, order_id: str = "100") -> OrderState:
    return shop.state(order_id)


async def until_day(shop: Shop, day: date, hour: int = 12) -> None:
    """Time passes in steps, so that each moment is lived through."""
    moment = datetime.combine(day, datetime.min.time(), (await shop.now()).tzinfo) + timedelta(hours=hour)
    while (left := moment - await shop.now()) > timedelta(0):
        await shop.env.sleep(min(left, timedelta(hours=3)))


def ship_days_after(day: date, days: int) -> date:
    """A supplier's date for goods that can ship that many days after `day`: the day before."""
    return day + timedelta(days=days - 1)


def silence_of(shop: Shop) -> list[tuple[str, date | None, str, bool | None]]:
    return [(one.notice_id, one.offered_on, one.silence, one.accepted) for one in record(shop).delays]


@pytest.fixture
def every_day_is_a_working_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a date is as many days away as the test says, whatever the day on which it runs."""
    monkeypatch.setattr("domain.supply.next_working_day", lambda day, _country=None: day)


@pytest.mark.usefixtures("every_day_is_a_working_day")
async def test_d3_a_slip_of_thirty_days_is_told_three_days_before_and_silence_keeps_the_order(
    shop: Shop,
) -> None:
    due = await place(shop)
    await until_day(shop, due - timedelta(days=10))
    await shop.announce("PO-1", 2, ship_days_after(due, 30))
    await until_day(shop, due - timedelta(days=4))
    assert not state(shop).told(Kind.DELAY_OPTION)

    await until_day(shop, due - timedelta(days=3))
    offered = due + timedelta(days=30)
    assert silence_of(shop) == [("100-delay-1", offered, "keeps", None)]
    await until_day(shop, offered - timedelta(days=4))
    await shop.receive(2)
    await shop.ended("100")

    assert shop.told("100").count(Kind.DELAY_OPTION) == 1
    assert Kind.DELAY_RENEWED not in shop.told("100")
    assert shop.books("100") == Books(shipped=2, charged=2 * PRICE)


@pytest.mark.usefixtures("every_day_is_a_working_day")
async def test_d3_a_slip_of_thirty_one_days_and_silence_cancels_after_thirty(shop: Shop) -> None:
    due = await place(shop, timing="at_order")
    await shop.announce("PO-1", 2, ship_days_after(due, 31))
    await until_day(shop, due)
    assert silence_of(shop) == [("100-delay-1", due + timedelta(days=31), "cancels", None)]
    await until_day(shop, due + timedelta(days=30), hour=23)
    assert state(shop).status.open

    await until_day(shop, due + timedelta(days=31), hour=1)
    await shop.ended("100")

    assert shop.books("100") == Books(cancelled=2, charged=0)
    (ended,) = record(shop).cancellations
    assert (ended.reason, ended.by, ended.refunded.minor) == (Reason.DELAY_NOT_ACCEPTED, "law", 2 * PRICE)
    assert ended.refund_by == after_working_days(due + timedelta(days=30), 7, "US")
    ((refunded_at, money),) = record(shop).refunds
    assert (money.minor, refunded_at.date() <= ended.refund_by) == (2 * PRICE, True)
    assert shop.findings() == []


async def test_d3_an_unknown_date_says_why_and_consent_lets_it_wait_and_cancel_until_shipment(
    shop: Shop,
) -> None:
    due = await place(shop)
    await until_day(shop, due)
    ((notice_id, offered, silence, _),) = silence_of(shop)
    assert (offered, silence) == (None, "cancels")
    assert record(shop).delays[0].why == "not_known"
    await shop.doors.consent_to_delay("100", Consent(notice_id=notice_id, accepted=True))

    await until_day(shop, due + timedelta(days=60))
    assert state(shop).status is Status.WAITING
    assert record(shop).deadline is None
    await shop.cancel("100")
    await shop.ended("100")

    assert shop.books("100") == Books(cancelled=2, charged=0)
    assert shop.told("100").count(Kind.DELAY_OPTION) == 1


@pytest.mark.usefixtures("every_day_is_a_working_day")
async def test_d3_a_second_slip_is_told_anew_and_silence_cancels_with_the_old_date(shop: Shop) -> None:
    due = await place(shop)
    await shop.announce("PO-1", 2, ship_days_after(due, 20))
    await until_day(shop, due + timedelta(days=5))
    second = due + timedelta(days=20)
    await shop.announce("PO-1", 2, ship_days_after(second, 5))

    await until_day(shop, second)
    told = [(one.notice_id, one.deadline, one.silence, one.answer_by) for one in record(shop).delays]
    assert told == [("100-delay-1", due, "keeps", None), ("100-delay-2", second, "cancels", second)]
    assert shop.told("100").count(Kind.DELAY_RENEWED) == 1
    await until_day(shop, second + timedelta(days=1))
    await shop.ended("100")

    assert shop.books("100") == Books(cancelled=2)


async def test_d3_refusing_the_delay_cancels_at_once_and_an_answered_notice_is_answered_once(
    shop: Shop,
) -> None:
    due = await place(shop)
    await place(shop, "101")
    await until_day(shop, due)

    await shop.doors.consent_to_delay("101", Consent(notice_id="101-delay-1", accepted=True))
    with pytest.raises(Refusal, match="answered before"):
        await shop.doors.consent_to_delay("101", Consent(notice_id="101-delay-1", accepted=False))
    with pytest.raises(Refusal, match="no such notice"):
        await shop.doors.consent_to_delay("100", Consent(notice_id="100-delay-7", accepted=True))
    answer = await shop.doors.consent_to_delay("100", Consent(notice_id="100-delay-1", accepted=False))
    await shop.ended("100")

    assert answer.cancelled
    assert answer.cancelled.units_cancelled == 2
    assert record(shop).cancellations[0].reason is Reason.DELAY_NOT_ACCEPTED
    assert shop.changes("100") == [("delay", "customer")]
    assert [one.accepted for one in record(shop, "101").delays] == [True]


async def mail_is_away_past(shop: Shop, due: date) -> None:
    """The goods were to come in time, so that nobody told of a delay; when that was due after all, mail was away."""
    await shop.announce("PO-1", 2, ship_days_after(due, 0))
    await until_day(shop, due, hour=8)
    shop.mail.refuse_with = "451 not now"
    await until_day(shop, due + timedelta(days=1), hour=4)
    shop.mail.refuse_with = None


@pytest.mark.usefixtures("every_day_is_a_working_day")
async def test_d3_a_deadline_that_passed_without_a_notice_is_held_for_a_day_and_then_cancels(
    shop: Shop,
) -> None:
    due = await place(shop)
    await mail_is_away_past(shop, due)
    until = state(shop).law_hold_until
    assert until
    assert state(shop).status is Status.HELD
    assert timedelta(hours=24) <= until - end_of(due, "UTC") < timedelta(hours=24, minutes=5)
    assert record(shop).delays == ()
    with pytest.raises(Refusal, match="the law's default applies at"):
        await shop.doors.release("100", Release(reason="it will come soon"))

    await until_day(shop, due + timedelta(days=3))
    await shop.ended("100")

    assert shop.books("100") == Books(cancelled=2, charged=0)
    assert record(shop).cancellations[0].by == "law"


@pytest.mark.usefixtures("every_day_is_a_working_day")
async def test_d3_stock_that_comes_while_the_law_holds_an_order_still_ships(shop: Shop) -> None:
    due = await place(shop)
    await mail_is_away_past(shop, due)
    assert state(shop).status is Status.HELD

    await shop.receive(2)
    await shop.ended_within("100", 1, step_hours=1)

    assert shop.books("100") == Books(shipped=2, charged=2 * PRICE)


@pytest.mark.usefixtures("every_day_is_a_working_day")
async def test_d4_in_the_eu_silence_extends_nothing_and_the_customer_may_cancel_at_any_time(
    shop: Shop,
) -> None:
    due = await place(shop, timing="at_order", ship_to=BERLIN.model_dump())
    await shop.announce("PO-1", 2, ship_days_after(due, 40))
    await until_day(shop, due)
    assert silence_of(shop) == [("100-delay-1", due + timedelta(days=40), "nothing", None)]

    await until_day(shop, due + timedelta(days=35))
    assert record(shop).law is Law.EU
    assert (record(shop).deadline, state(shop).status) == (due, Status.WAITING)
    await shop.cancel("100")
    await shop.ended("100")

    assert shop.books("100") == Books(cancelled=2, charged=0)
    assert shop.told("100").count(Kind.DELAY_OPTION) == 1
    assert Kind.DELAY_RENEWED not in shop.told("100")


async def test_d5_every_notice_its_offer_and_the_answer_are_on_record(shop: Shop) -> None:
    due = await place(shop)
    await until_day(shop, due)
    accepted = Consent(notice_id="100-delay-1", accepted=True, requested_by="support:maria")
    await shop.doors.consent_to_delay("100", accepted)

    report = record(shop)
    (delay,) = report.delays
    assert (delay.accepted, delay.answered_by, delay.deadline) == (True, "support:maria", due)
    assert [notice.kind for notice in report.notices] == shop.told("100")
    assert len(report.notices) == len(shop.letters("100"))
    assert all(notice.message_id for notice in report.notices)
    assert (report.accepted_at, report.first_deadline) == (state(shop).accepted_at, due)


async def test_d6_a_stale_order_is_warned_and_cancelled(shop: Shop) -> None:
    policy = Policy(delay_rule={"*": Law.NONE}, stale_after_days_without_promise=40, stale_warning_days=7)
    shop.database.write(catalog.load_policy, policy, await shop.now())
    await shop.place("100", 2)
    began = (await shop.until("100", lambda order: order.told(Kind.CONFIRMATION))).accepted_at
    assert began

    await shop.ended_within("100", 41)

    told = [(notice.kind, (notice.at - began).days) for notice in state(shop).notices]
    assert (Kind.STALE_WARNING, 33) in told
    assert told[-1] == (Kind.CANCELLED, 40)
    (ended,) = state(shop).cancellations
    assert (ended.reason, ended.units) == (Reason.STALE, 2)
    assert shop.books("100") == Books(cancelled=2)


async def test_d6_stock_or_a_new_date_after_the_warning_keeps_the_order(shop: Shop) -> None:
    policy = Policy(delay_rule={"*": Law.NONE}, stale_after_days_without_promise=40, stale_warning_days=7)
    shop.database.write(catalog.load_policy, policy, await shop.now())
    await shop.place("100", 2)
    await shop.pass_days(35)
    assert state(shop).told(Kind.STALE_WARNING)
    await shop.announce("PO-1", 2, (await shop.now()).date() + timedelta(days=20))

    await shop.pass_days(15)
    assert state(shop).status is Status.WAITING
    await shop.receive(2)
    await shop.ended("100")

    assert shop.books("100") == Books(shipped=2, charged=2 * PRICE)


async def test_d6_a_customer_who_was_warned_may_go_on_waiting(shop: Shop) -> None:
    policy = Policy(delay_rule={"*": Law.NONE}, stale_after_days_without_promise=40, stale_warning_days=7)
    shop.database.write(catalog.load_policy, policy, await shop.now())
    await shop.place("100", 2)
    await shop.pass_days(35)
    assert state(shop).told(Kind.STALE_WARNING)

    await shop.doors.keep_waiting("100", KeepWaiting())
    await shop.pass_days(30)

    assert state(shop).status is Status.WAITING
    await shop.receive(2)
    await shop.ended("100")
    with pytest.raises(Refusal, match="completed"):
        await shop.doors.keep_waiting("100", KeepWaiting())
    assert shop.books("100") == Books(shipped=2, charged=2 * PRICE)


async def test_the_last_moment_of_a_day_is_the_shops(shop: Shop) -> None:
    due = await place(shop)

    assert end_of(due, state(shop).time_zone).date() == due + timedelta(days=1)

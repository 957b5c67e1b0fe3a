"""D: the daily review asks late suppliers, renews dates, rings what was forgotten, and tells operations what needs them."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session
from temporalio.client import Client, WorkflowFailureError
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.bells import Bells
from activities.review import Reviews, Round
from activities.review_digest import Digests
from domain.metrics import Current
from domain.review import Asked, Need, Review, ReviewRequest
from domain.status import Status
from gateways.mail import Accepted, Mail, Rejected
from starter.commands.review import reviewed
from store.database import Database
from store.shop_tables import ReviewRow
from store.stock_tables import BellRow
from store.supply_tables import SupplierRow
from store.tables import OrderRow
from tests.shop import EXAMPLES, PRICE, SKU, Shop, open_shop
from worker.wiring import Parts
from workflows.messages import REVIEW, TASK_QUEUE, backorder_workflow_id

ACME = "orders@acme.example"
OPERATIONS = "operations@shop.example"


async def review(shop: Shop, day: date | None = None) -> Review:
    """The review, at once: while its result is awaited no time is skipped."""
    with shop.env.auto_time_skipping_disabled():
        return await reviewed(shop.client, ReviewRequest(date=day))


async def today(shop: Shop) -> date:
    return (await shop.now()).date()


def write(shop: Shop, statement: Any) -> None:
    shop.database.write(lambda session: session.execute(statement))


def knows_supplier(shop: Shop, email: str | None = ACME) -> None:
    write(shop, insert(SupplierRow).values(supplier="Acme", email=email))


async def announce(shop: Shop, inbound_id: str, units: int, days: int, supplier: str | None = "Acme") -> None:
    """Supply for so many days from today."""
    eta = await today(shop) + timedelta(days=days)
    at = await shop.now()
    with shop.env.auto_time_skipping_disabled():
        change_id = f"{inbound_id}-{eta}"
        await shop.doors.announce(change_id, inbound_id, {SKU: units}, eta=eta, supplier=supplier, at=at)


def asked(shop: Shop) -> Sequence[EmailMessage]:
    return shop.mail.to(ACME)


def text(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def stored(shop: Shop) -> list[ReviewRow]:
    def rows(session: Session) -> list[ReviewRow]:
        return list(session.scalars(select(ReviewRow).order_by(ReviewRow.day)))

    return shop.database.read(rows)


async def test_a_day_with_nothing_is_told_in_calm(shop_on_both: Shop) -> None:
    shop = shop_on_both

    found = await review(shop)

    assert (found.needs, found.late.count, found.findings.count, found.figures) == ((), 0, 0, Current())
    (mail,) = shop.mail.to(OPERATIONS)
    assert "nothing needs a person" in mail["Subject"]
    assert "Nothing needs a person." in text(mail)
    assert [row.day for row in stored(shop)] == [found.day] == [await today(shop)]


async def test_a_late_supplier_is_asked_once_and_again_when_a_new_date_has_passed_too(
    shop_on_both: Shop,
) -> None:
    shop = shop_on_both
    knows_supplier(shop)
    await announce(shop, "PO-1", 40, days=1)
    await announce(shop, "PO-2", 5, days=9)

    on_time = await review(shop)
    await shop.pass_days(2)
    late = await review(shop)
    await shop.pass_days(1)
    next_day = await review(shop)

    assert (on_time.late.count, len(asked(shop))) == (0, 1)
    assert [(one.inbound_id, one.asked) for one in late.late.lines] == [("PO-1", Asked.TODAY)]
    assert [(one.inbound_id, one.asked) for one in next_day.late.lines] == [("PO-1", Asked.BEFORE)]
    (mail,) = asked(shop)
    assert "PO-1: 40 ×" in text(mail)
    assert "PO-2" not in text(mail)
    assert mail["Reply-To"] == OPERATIONS

    await announce(shop, "PO-1", 40, days=2)
    revised = await review(shop, await today(shop))
    await shop.pass_days(3)
    again = await review(shop)

    assert revised.day == next_day.day
    assert [(one.inbound_id, one.asked) for one in again.late.lines] == [("PO-1", Asked.TODAY)]
    assert len(asked(shop)) == 2


async def test_lines_without_an_address_stand_in_the_digest_as_such(shop: Shop) -> None:
    knows_supplier(shop, email=None)
    await announce(shop, "PO-1", 40, days=1)
    await announce(shop, "PO-2", 5, days=1, supplier=None)
    await shop.pass_days(2)

    found = await review(shop)

    assert [one.asked for one in found.late.lines] == [Asked.NO_ADDRESS, Asked.NO_ADDRESS]
    assert text(shop.mail.to(OPERATIONS)[-1]).count("no address is known") == 2


async def test_a_supplier_whose_mailbox_refuses_is_told_to_operations_and_asked_the_next_day(
    shop: Shop,
) -> None:
    knows_supplier(shop, email="no address at all")
    await announce(shop, "PO-1", 40, days=1)
    await shop.pass_days(2)

    found = await review(shop)

    assert [one.asked for one in found.late.lines] == [Asked.REFUSED]
    write(shop, update(SupplierRow).values(email=ACME))
    await shop.pass_days(1)
    assert [one.asked for one in (await review(shop)).late.lines] == [Asked.TODAY]


async def test_a_date_that_passed_without_a_word_moves_the_promise_and_the_order_hears_of_it(
    shop_on_both: Shop,
) -> None:
    shop = shop_on_both
    await announce(shop, "PO-1", 40, days=3)
    await shop.place("100", 2)
    promised = _promised(shop)

    heard = []
    for _ in range(10):
        if _promised(shop) != promised:
            break
        await shop.pass_days(1)
        found = await review(shop)
        heard.append(found.orders_with_new_dates)

    assert _promised(shop) > promised
    assert _promised(shop) >= found.day
    assert heard[-1] == 1
    assert not any(heard[:-1])
    assert shop.findings() == []


def _promised(shop: Shop) -> date:
    promised = shop.state("100").lines[0].promised_on
    assert promised is not None
    return promised


async def test_the_digest_lists_exactly_what_needs_a_person(shop: Shop) -> None:
    for order_id in ("fine", "address", "held"):
        await shop.place(order_id)
    write(shop, _status("address", Status.ADDRESS_HOLD))
    write(shop, update(OrderRow).where(OrderRow.order_id == "held").values(held={"reason": "checks"}))
    await shop.handle("fine").signal("cancel", {"reason": 7})
    await shop.until("fine", lambda state: state.unreadable == 1)

    found = await review(shop)

    assert {one.need: [order.order_id for order in one.orders] for one in found.needs} == {
        Need.ADDRESS_HOLD: ["address"],
        Need.HELD: ["held"],
        Need.UNREADABLE: ["fine"],
    }
    (mail,) = shop.mail.to(OPERATIONS)
    assert "3 things need a person" in mail["Subject"]
    assert "order held: checks" in text(mail)
    assert (found.figures.orders, found.figures.value_minor) == (3, {"USD": 3 * PRICE})


def _status(order_id: str, status: Status) -> Any:
    return update(OrderRow).where(OrderRow.order_id == order_id).values(status=status)


async def test_a_day_is_reviewed_and_told_once(shop: Shop) -> None:
    first = await review(shop)
    await shop.place("100")
    write(shop, _status("100", Status.ADDRESS_HOLD))

    again = await review(shop)
    named = await review(shop, first.day)

    assert first == again == named
    assert len(shop.mail.to(OPERATIONS)) == 1
    assert len(stored(shop)) == 1


def _digests(shop: Shop) -> Digests:
    parts = shop.parts
    return Digests(parts.database, parts.mailer, parts.shop_letters, parts.shop)


async def test_a_step_that_runs_again_tells_nobody_twice(shop: Shop) -> None:
    knows_supplier(shop)
    await announce(shop, "PO-1", 40, days=1)
    await shop.pass_days(2)
    found = await review(shop)
    bells = Bells(shop.database, shop.client, backorder_workflow_id)
    parts = shop.parts
    reviews = Reviews(parts.database, parts.mailer, parts.shop_letters, parts.shop, bells)
    step = Round(day=found.day, at=found.at)

    await ActivityEnvironment().run(reviews.ask_suppliers, step)
    told = await ActivityEnvironment().run(_digests(shop).tell_operations, step)

    assert told == found
    assert (len(asked(shop)), len(shop.mail.to(OPERATIONS))) == (1, 1)


async def test_forgotten_bells_are_rung(shop: Shop) -> None:
    await shop.place("100")
    await shop.place("101")
    now = await shop.now()
    hung = {"signal": "inventory_received", "cause": "lost"}
    old = {"order_id": "100", "at": now - timedelta(hours=2), **hung}
    new = {"order_id": "101", "at": now, **hung, "cause": "under-way"}
    gone = {"order_id": "no-more", "at": now - timedelta(hours=2), **hung}
    write(shop, insert(BellRow).values([old, new, gone]))

    found = await review(shop)

    assert found.bells_rung == 1
    assert shop.database.read(_unrung) == ["101"]
    assert "1 order heard only now of a change." in text(shop.mail.to(OPERATIONS)[0])


def _unrung(session: Session) -> list[str]:
    return list(session.scalars(select(BellRow.order_id).where(BellRow.rung_at.is_(None))))


async def test_without_a_mailbox_of_operations_the_review_is_kept_all_the_same(
    sqlite_database: Database, tmp_path: Path
) -> None:
    def nobody(parts: Parts) -> Parts:
        return replace(parts, shop=parts.shop.model_copy(update={"operations_email": None}))

    async with open_shop(sqlite_database, tmp_path, around=nobody) as shop:
        found = await review(shop)

        assert found.told_at is None
        assert [row.day for row in stored(shop)] == [found.day]
        assert shop.mail.mails == []


class Moody:
    """A mail server that is away for some mails, and then is not."""

    def __init__(self, parts: Parts, away: int) -> None:
        self._mailer = parts.mailer
        self._away = away

    async def send(self, mail: Mail) -> Accepted | Rejected:
        if self._away:
            self._away -= 1
            raise ConnectionError("away")
        return await self._mailer.send(mail)


async def test_a_mail_server_that_was_away_delays_the_mails_and_nothing_else(
    sqlite_database: Database, tmp_path: Path
) -> None:
    def moody(parts: Parts) -> Parts:
        return replace(parts, mailer=Moody(parts, 10))

    async with open_shop(sqlite_database, tmp_path, around=moody) as shop:
        knows_supplier(shop)
        await announce(shop, "PO-1", 40, days=1)
        await shop.pass_days(2)

        reviewing = asyncio.create_task(review(shop))
        while not reviewing.done():
            await shop.env.sleep(timedelta(seconds=5))
        found = await reviewing

        assert [one.asked for one in found.late.lines] == [Asked.NOT_YET]
        assert found.told_at is not None
        assert len(shop.mail.to(OPERATIONS)) == 1
        await shop.pass_days(1)
        assert [one.asked for one in (await review(shop)).late.lines] == [Asked.TODAY]


BAD: dict[str, tuple[list[Any], list[str]]] = {
    "no day": ([{"date": "tomorrow"}], ["date"]),
    "a day of no calendar": ([{"date": "2026-02-30"}], ["date"]),
    "a day without room": ([{"date": "0001-01-01"}], ["date"]),
    "a number": ([7], ["body"]),
    "two inputs": ([{}, {}], ["input"]),
    "the future": ([{"date": "2999-01-01"}], ["date"]),
}


@pytest.mark.parametrize("name", BAD)
async def test_what_can_not_be_meant_fails_at_once_and_names_the_field(shop: Shop, name: str) -> None:
    inputs, fields = BAD[name]
    plain = await Client.connect(shop.client.service_client.config.target_host)

    with shop.env.auto_time_skipping_disabled(), pytest.raises(WorkflowFailureError) as failed:
        await plain.execute_workflow(REVIEW, args=inputs, id="review-bad", task_queue=TASK_QUEUE)

    cause = failed.value.cause
    assert isinstance(cause, ApplicationError)
    assert (cause.type, cause.non_retryable) == ("MalformedReviewRequest", True)
    assert [fault["field"] for fault in cause.details[0]] == fields
    assert stored(shop) == []


async def test_the_example_and_an_empty_request_can_be_read(shop: Shop) -> None:
    example = json.loads((EXAMPLES / "review_request.json").read_text())
    plain = await Client.connect(shop.client.service_client.config.target_host)

    with shop.env.auto_time_skipping_disabled():
        days = [
            (await plain.execute_workflow(REVIEW, body, id="review-any", task_queue=TASK_QUEUE))["day"]
            for body in (example, {}, {"date": None})
        ]

    assert days == ["2026-01-17", *[(await today(shop)).isoformat()] * 2]


async def test_figures_of_the_day_are_kept_with_it(shop: Shop) -> None:
    await shop.place("100", 3)
    await announce(shop, "PO-1", 2, days=1)

    await review(shop)

    (row,) = stored(shop)
    assert row.figures == {
        "orders": 1,
        "units": 3,
        "value_minor": {"USD": 3 * PRICE},
        "oldest_days": 0,
        "expected_within_7_days": 0.0,
    }
    assert row.digest["findings"] == {"count": 0, "sentences": []}

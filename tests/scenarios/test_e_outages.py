"""Outages: the database or the mail server does not answer for a while, at the worst moment."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain.money import Money
from domain.notices import Kind
from gateways.carrier import Label, ParcelSpec
from gateways.easypost_carrier import EasyPostCarrier
from gateways.errors import GatewayUnavailable, OutcomeUnknown
from gateways.mail import Accepted, Mail
from gateways.smtp import SmtpMailer
from store.database import Database
from tests.cutting import tcp_line
from tests.fakes import easypost_server
from tests.fakes.easypost_server import FakeEasyPost
from tests.live import Inbox
from tests.proxy import After, Fault, Line, When, line_to_port
from tests.shop import PRICE, Books, Shop, eventually, open_shop
from tests.worlds import WAREHOUSE

FINAL_DOT = b"\r\n.\r\n"

WAYS = [(Fault.DOWN, "before"), (Fault.SILENT, "before"), (Fault.DOWN, "after"), (Fault.SILENT, "after")]


@pytest.mark.slow
@pytest.mark.parametrize(("fault", "when"), WAYS[:2])
async def test_e3_the_database_is_away_for_seconds_in_the_middle_of_a_receipt(
    postgres_database: Database, tmp_path: Path, fault: Fault, when: When
) -> None:
    await _a_receipt_without_a_database(postgres_database, tmp_path, fault, when, seconds=3, patience=1)


@pytest.mark.soak
@pytest.mark.parametrize(("fault", "when"), WAYS)
async def test_e3_the_database_is_away_for_a_minute_in_the_middle_of_a_receipt(
    postgres_database: Database, tmp_path: Path, fault: Fault, when: When
) -> None:
    await _a_receipt_without_a_database(postgres_database, tmp_path, fault, when, seconds=60, patience=20)


async def _a_receipt_without_a_database(
    database: Database, folder: Path, fault: Fault, when: When, seconds: float, patience: float
) -> None:
    async with (
        tcp_line(database, patience) as line,
        open_shop(database, folder, around=lambda parts: replace(parts, database=line.database)) as shop,
    ):
        for order_id in ("100", "101"):
            await shop.place(order_id, 2)
            await shop.until(order_id, lambda order: order.told(Kind.CONFIRMATION))
        line.cut_at_commit(when, then=fault)
        receiving = asyncio.create_task(shop.receive(5, change_id="R-1"))
        await asyncio.sleep(seconds)
        assert line.fault is fault
        assert not receiving.done()

        await line.come_back(After.FORGOTTEN)
        outcome = await asyncio.wait_for(receiving, 120)
        again = await shop.receive(5, change_id="R-1")
        for order_id in ("100", "101"):
            await shop.until(order_id, lambda order: order.ended_at is not None)

        assert (outcome.handed_out, outcome.orders) == (4, ("100", "101"))
        assert again == outcome
        for order_id in ("100", "101"):
            _shipped_once(shop, order_id)
        assert shop.findings() == []
        await asyncio.wait_for(asyncio.to_thread(line.database.close), 60)  # no thread waits for ever


def _shipped_once(shop: Shop, order_id: str, letters: int = 2) -> None:
    assert shop.books(order_id) == Books(shipped=2, charged=2 * PRICE)
    assert shop.differences(order_id) == []
    assert shop.labels(order_id) == 1
    assert shop.told(order_id) == ["confirmation", "shipped"]
    assert len(shop.letters(order_id)) == letters


@dataclass
class Post:
    """A shop whose letters go over a line that can fail, to a mailbox that counts."""

    shop: Shop
    line: Line
    inbox: Inbox


@asynccontextmanager
async def _post(database: Database, folder: Path, patience: float = 5) -> AsyncIterator[Post]:
    inbox = Inbox()
    async with inbox.serving() as port, line_to_port(port) as line:
        mailer = SmtpMailer(f"smtp://127.0.0.1:{line.port}", timeout_seconds=patience)
        async with (
            aclosing(mailer),
            open_shop(database, folder, around=lambda parts: replace(parts, mailer=mailer)) as shop,
        ):
            shop.mail = inbox
            yield Post(shop, line, inbox)


@pytest.mark.parametrize(("when", "doubles"), [("before", 0), ("after", 1)])
async def test_e4_the_connection_breaks_at_the_end_of_a_letter(
    sqlite_database: Database, tmp_path: Path, when: When, doubles: int
) -> None:
    async with _post(sqlite_database, tmp_path) as post:
        post.line.cut_at(FINAL_DOT, when, then=Fault.CUT)

        await _a_sale(post.shop)

        assert post.line.cuts == 1
        _shipped_once(post.shop, "100", letters=2 + doubles)
        assert post.inbox.doubles() == doubles
        assert post.shop.findings() == []


async def test_e4_the_connection_breaks_in_the_middle_of_a_letter(
    sqlite_database: Database, tmp_path: Path
) -> None:
    async with _post(sqlite_database, tmp_path) as post:
        post.line.cut_after(2_000)

        await _a_sale(post.shop)

        assert post.line.cuts == 1
        _shipped_once(post.shop, "100")


@pytest.mark.parametrize(
    ("words", "when", "doubles"),
    [(b"EHLO", "before", 0), (b"DATA\r\n", "before", 0), (FINAL_DOT, "before", 0), (FINAL_DOT, "after", 1)],
    ids=["greeting", "announced", "written", "accepted"],
)
async def test_e4_the_mail_server_says_no_word_any_more_and_its_connection_stays_open(
    sqlite_database: Database, tmp_path: Path, words: bytes, when: When, doubles: int
) -> None:
    async with _post(sqlite_database, tmp_path, patience=1) as post:
        post.line.cut_at(words, when, then=Fault.SILENT)
        selling = asyncio.create_task(_a_sale(post.shop))
        await eventually(lambda: post.line.fault is Fault.SILENT, "silence")
        await post.line.come_back(After.FORGOTTEN)

        await selling

        _shipped_once(post.shop, "100", letters=2 + doubles)
        assert post.inbox.doubles() == doubles


async def test_e4_whoever_waits_behind_a_letter_that_is_stuck_gives_up_before_it_is_asked_again(
    sqlite_database: Database, tmp_path: Path
) -> None:
    """An activity that is asked again must not still be in line: both of them would send the letter."""
    inbox = Inbox()
    async with (
        inbox.serving() as port,
        line_to_port(port) as line,
        aclosing(SmtpMailer(f"smtp://127.0.0.1:{line.port}", timeout_seconds=5, whole_seconds=1)) as mailer,
    ):
        line.suffer(Fault.SILENT)

        tries = await asyncio.gather(
            *(mailer.send(_letter(number)) for number in range(3)), return_exceptions=True
        )
        await line.come_back(After.FORGOTTEN)
        sent = await mailer.send(_letter(3))

    assert [type(one) for one in tries] == [OutcomeUnknown] * 3
    assert isinstance(sent, Accepted)
    assert len(inbox.received) == 1


def _letter(number: int) -> Mail:
    return Mail(
        notice_id=f"{number}/confirmation/0",
        to="ada@customer.example",
        subject="Confirmed",
        text="Thank you.",
        html="<p>Thank you.</p>",
        sender="Shop <shop@shop.example>",
    )


async def _a_sale(shop: Shop) -> None:
    await shop.receive(2)
    await shop.place("100", 2)
    await shop.until("100", lambda order: order.ended_at is not None)


async def test_a_label_is_not_bought_by_a_step_that_took_so_long_that_it_was_asked_again() -> None:
    """EasyPost's SDK goes on in its thread, whoever gave up waiting for it."""
    books = FakeEasyPost()
    async with books.serving() as url:
        port = int(url.removeprefix("http://127.0.0.1:").partition("/")[0])
        async with line_to_port(port) as line:
            slow = f"http://127.0.0.1:{line.port}{books.path}"
            carrier = EasyPostCarrier(easypost_server.API_KEY, WAREHOUSE, slow, begun_within=0.3)
            parcel, now = _parcel(), datetime.now(UTC)
            rates = await carrier.rates("100/1/label/1", parcel, now)
            assert isinstance(rates, tuple)
            line.suffer(Fault.SLOW)

            with pytest.raises(GatewayUnavailable, match="too slow"):
                await carrier.buy("100/1/label/1", parcel, rates[0], now)

            assert books.labels("100") == []
            await line.come_back()
            bought = await carrier.buy("100/1/label/1", parcel, rates[0], now)
    assert isinstance(bought, Label)
    assert len(books.labels("100")) == 1


def _parcel() -> ParcelSpec:
    worth = Money(minor=PRICE, currency="USD")
    return ParcelSpec(order_id="100", number=1, ship_to=WAREHOUSE, units=1, weight_grams=500, value=worth)

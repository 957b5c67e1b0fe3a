"""The operations room by its books: who gets in, what its pages show, and how they show it."""

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import insert
from sqlalchemy.orm import Session

from domain.cancellation import Reason
from domain.notices import Kind
from domain.policy import Product
from starter.tokens import Scope, Tokens
from store import mailed, notices, shop
from store.database import Database
from store.door_tables import EventRow
from store.notices import Telling
from tests.room import AT, ROOM, TOKENS, Clerk, clerk, text
from tests.store.month import give_up
from tests.store.stockroom import MINI, SKU, Stockroom, day

NOW = day(17)
SECRET = {"secret_key": "a secret of the tests"}
PAGES = (
    "",
    "/notices",
    "/orders",
    "/orders/100",
    "/orders/100/why",
    f"/skus/{SKU}",
    "/search",
    "/reports",
    "/reports/cancellations",
    "/reports/replenishment",
    "/reports/payments",
    "/events",
)


ON_BOTH = pytest.mark.parametrize("books", ["sqlite_database", "postgres_database"], indirect=True)


@pytest.fixture
def books(request: pytest.FixtureRequest) -> Database:
    chosen: Database = request.getfixturevalue(getattr(request, "param", "sqlite_database"))
    return chosen


@pytest.fixture
def stock(books: Database) -> Stockroom:
    return Stockroom(books)


@pytest.fixture
async def visitor(sqlite_database: Database) -> AsyncIterator[Clerk]:
    """One who has not signed in yet."""
    Stockroom(sqlite_database).place("100")
    async with clerk(sqlite_database, NOW, **SECRET) as one:
        yield one


@pytest.fixture
async def room(books: Database) -> AsyncIterator[Clerk]:
    async with clerk(books, NOW, **SECRET) as one:
        await one.sign_in()
        yield one


# Who gets in.


@pytest.mark.parametrize("path", PAGES)
async def test_f2_without_a_token_every_page_answers_401(visitor: Clerk, path: str) -> None:
    page, data = await visitor.get(path), await visitor.get(path, Accept="application/json")

    assert (page.status_code, data.status_code) == (401, 401)
    assert "Sign in" in text(page)
    assert "100" not in text(page)
    assert data.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/orders/100/hold", "/shipping/pause", "/events/resend", "/search"])
async def test_f2_without_a_token_nothing_is_done(visitor: Clerk, path: str) -> None:
    answer = await visitor.post(path, reason="because")

    assert answer.status_code == 401


async def test_a_token_opens_the_page_that_was_wanted_until_it_is_given_back(visitor: Clerk) -> None:
    signed_in = await visitor.sign_in(next=f"{ROOM}/orders?status=all")
    assert (signed_in.status_code, signed_in.headers["Location"]) == (303, f"{ROOM}/orders?status=all")
    assert "100" in await visitor.read("/orders?status=all")

    signed_out = await visitor.post("/sign-out")

    assert (signed_out.status_code, signed_out.headers["Location"]) == (303, f"{ROOM}/sign-in")
    assert (await visitor.get()).status_code == 401


async def test_a_cookie_is_for_the_room_alone_and_no_script_reads_it(visitor: Clerk) -> None:
    cookie = (await visitor.sign_in()).headers["Set-Cookie"]

    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Path=/operations" in cookie
    assert "Secure" not in cookie


async def test_over_https_a_cookie_goes_nowhere_else(sqlite_database: Database) -> None:
    async with clerk(sqlite_database, NOW, public_url="https://shop.example", **SECRET) as one:
        assert "Secure" in (await one.sign_in()).headers["Set-Cookie"]


async def test_a_session_ends_after_twelve_hours(visitor: Clerk) -> None:
    await visitor.sign_in()
    visitor.clock[:] = [NOW + timedelta(hours=11, minutes=59)]
    assert (await visitor.get()).status_code == 200

    visitor.clock[:] = [NOW + timedelta(hours=12)]

    assert (await visitor.get()).status_code == 401


async def test_a_token_that_is_taken_away_ends_its_sessions(sqlite_database: Database) -> None:
    async with clerk(sqlite_database, NOW, **SECRET) as before:
        await before.sign_in()
        cookies = before.http.cookies
    others = Tokens(tuple(one for one in TOKENS.holders if one.scope is not Scope.OPERATIONS))
    async with clerk(sqlite_database, NOW, others, **SECRET) as after:
        after.http.cookies = cookies

        assert (await after.get()).status_code == 401


async def test_a_cookie_that_was_altered_opens_nothing(visitor: Clerk) -> None:
    await visitor.sign_in()
    kept = visitor.http.cookies["backorder_room"]

    for altered in (kept[:-1], f"{kept}x", "nonsense", "e30.e30", '"'):
        visitor.http.cookies.set("backorder_room", altered, domain="shop.example", path=ROOM)
        assert (await visitor.get(Cookie=f"backorder_room={altered}")).status_code == 401


async def test_a_bearer_token_opens_the_pages_too(visitor: Clerk) -> None:
    answer = await visitor.get("/orders", Authorization="Bearer token-of-operations")

    assert answer.status_code == 200


async def test_tokens_that_are_wrong_or_the_order_systems_let_nobody_in(visitor: Clerk) -> None:
    wrong = await visitor.post("/sign-in", token="guessed")
    machine = await visitor.sign_in(Scope.OMS)
    header = await visitor.get(Authorization="Bearer token-of-oms")

    assert (wrong.status_code, machine.status_code, header.status_code) == (401, 401, 403)
    assert "This token lets nobody in." in text(wrong)
    assert "for the order system" in text(machine)
    assert not visitor.http.cookies


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example", "/operations\\@evil", "/inbox", "/operationsx", "//["],
)
async def test_signing_in_never_leads_elsewhere(visitor: Clerk, target: str) -> None:
    assert (await visitor.sign_in(next=target)).headers["Location"] == ROOM


async def test_a_form_from_elsewhere_is_refused(visitor: Clerk) -> None:
    await visitor.sign_in()
    foreign: list[dict[str, str]] = [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": ""},
        {"Origin": "http://["},
    ]

    answers = [await visitor.post("/shipping/pause", headers, reason="a trap") for headers in foreign]
    entries = [await visitor.post("/sign-in", headers, token="token-of-operations") for headers in foreign]

    assert [one.status_code for one in (*answers, *entries)] == [403] * 12
    assert "not sent from a page of the operations room" in text(answers[0])
    assert "Shipping is paused" not in await visitor.read()


async def test_pages_run_only_our_scripts_and_are_kept_nowhere(visitor: Clerk) -> None:
    await visitor.sign_in()

    for path in PAGES:
        headers = (await visitor.get(path)).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"


async def test_support_sees_orders_and_neither_stops_the_shop_nor_reads_its_events(visitor: Clerk) -> None:
    await visitor.sign_in(Scope.SUPPORT)

    home = await visitor.read()
    refused = [
        await visitor.get("/events"),
        await visitor.post("/events/resend"),
        await visitor.post("/shipping/pause", reason="stock-taking"),
        await visitor.post("/orders/100/erase", sure="yes", customer="C-1"),
    ]

    assert "Current backorders 1" in home
    assert "Pause shipping" not in home
    assert "dead webhook events" not in home
    assert [one.status_code for one in refused] == [403] * 4
    assert "Erase" not in await visitor.read("/orders/100")


# What the pages show.


@ON_BOTH
async def test_a10_the_first_page_shows_the_figures_of_the_day(room: Clerk, stock: Stockroom) -> None:
    for number in range(44):
        stock.place(f"single-{number}", placed=5 if number == 0 else 6)
    for number in range(3):
        stock.place(f"double-{number}", 2, placed=7)
    stock.announce("PO-1", 40, 18)

    home = await room.read()

    assert "Current backorders 47" in home
    assert "Oldest 12 days" in home
    assert "Expected within 7 days 80 %" in home
    assert "Total value $4,750.00" in home
    assert f"{SKU} {SKU.title()} 50 40" in home
    assert "8-14 47" in home


async def test_every_number_of_the_first_page_leads_to_what_is_behind_it(
    room: Clerk, stock: Stockroom
) -> None:
    stock.place("100", placed=5)
    home = (await room.get()).text

    for path in ("/orders?status=current", "/orders?status=payment_hold", "/notices", "/events"):
        assert f'href="{ROOM}{path}"' in home
        await room.read(path)
    assert "100" in await room.read("/orders?status=current")
    assert "No such orders." in await room.read("/orders?status=current&due=week")


async def test_what_the_last_review_found_and_a_pause_are_on_the_first_page(
    room: Clerk, books: Database
) -> None:
    assert "No review was made yet." in await room.read()
    books.write(shop.pause, "stock-taking", "operations:li", NOW)

    home = await room.read()

    assert "Shipping is paused since 2026-01-17 12:00 by operations:li: stock-taking" in home
    assert "Resume shipping" in home


@ON_BOTH
async def test_a_list_is_filtered_and_goes_on_where_its_page_ends(room: Clerk, stock: Stockroom) -> None:
    for number in range(60):
        stock.place(f"o-{number:02}", sku=MINI if number % 2 else SKU, placed=5 + number % 3)
    give_up(stock, "o-00", Reason.TOO_SLOW, on=9)

    first = await room.get("/orders")
    [following] = [word for word in first.text.split('"') if word.startswith(f"{ROOM}/orders?after")]
    second = await room.read(following.removeprefix(ROOM).replace("&amp;", "&"))

    shown = [[f"o-{number:02}" in page for number in range(60)] for page in (text(first), second)]
    assert (sum(shown[0]), sum(shown[1])) == (50, 9)
    assert not any(a and b for a, b in zip(*shown, strict=True))
    assert (await room.read(f"/orders?sku={MINI}")).count("o-") == 30
    assert "o-00" in await room.read("/orders?status=cancelled")
    assert "o-01" in await room.read("/orders?status=all&customer=C-7&sku=" + MINI)
    assert "No such orders." in await room.read("/orders?customer=nobody")
    assert (await room.get("/orders?status=none")).status_code == 400
    assert (await room.get("/orders?after=nonsense")).status_code == 400


@ON_BOTH
async def test_an_order_shows_where_it_stands_and_why(room: Clerk, stock: Stockroom) -> None:
    stock.place("99", placed=5)
    stock.place("100", 3, placed=6, tier="vip")
    stock.announce("PO-1", 40, 18)
    stock.tell("100", Kind.CONFIRMATION)

    page = await room.read("/orders/100")

    assert "Order 100 waiting VIP" in page
    assert "Place 1 of 2." in page
    assert "7 days of head start as VIP" in page
    assert "Goods $285.00" in page
    assert "confirmation yes" in page
    assert f'href="{AT.replace("http", "https")}/o/' in (await room.get("/orders/100")).text


async def test_an_order_links_into_temporal(sqlite_database: Database) -> None:
    Stockroom(sqlite_database).place("100")
    async with clerk(sqlite_database, NOW, temporal_ui_url="http://127.0.0.1:8233/", **SECRET) as one:
        await one.sign_in()

        page = (await one.get("/orders/100")).text

    assert 'href="http://127.0.0.1:8233/namespaces/default/workflows/backorder-100"' in page


@ON_BOTH
async def test_a_sku_shows_its_queue_its_supply_and_when_one_more_can_be_promised(
    room: Clerk, stock: Stockroom
) -> None:
    for number in range(60):
        stock.place(f"o-{number:02}", placed=5)
    stock.announce("PO-1", 40, 18)
    stock.announce("PO-2", 40, 25)

    first = await room.get(f"/skus/{SKU}")
    [following] = [word for word in first.text.split('"') if f"{ROOM}/skus/{SKU}?" in word]
    second = await room.read(following.removeprefix(ROOM).replace("&amp;", "&"))

    assert "Waiting 60" in text(first)
    assert "Next to promise Jan 26, 2026" in text(first)
    assert "PO-1 - 40 Jan 18, 2026" in text(first)
    assert "50 o-49 waiting" in text(first)
    assert "51 o-50 waiting" in second
    assert "o-49" not in second


async def test_a_place_that_no_list_has_is_refused(room: Clerk) -> None:
    odd = await room.get("/orders?after=2026-01-01T00:00:00Z,%00")

    assert odd.status_code < 500


async def test_unknown_orders_and_skus_are_not_found(room: Clerk) -> None:
    for path in ("/orders/none", "/orders/none/why", "/skus/none", "/orders/%00", "/skus/a%20b", "/orders/ü"):
        assert (await room.get(path)).status_code == 404


@ON_BOTH
async def test_a_search_goes_straight_to_its_single_hit(room: Clerk, stock: Stockroom) -> None:
    _place_some(stock)
    targets = {
        "o-1": "/orders/o-1",
        "o-1x": "/orders/o-1x2",
        SKU: f"/skus/{SKU}",
        "C-7": "/orders?status=all&customer=C-7",
        "ada@Example.com": "/orders/o-2",
        "ALL@example.com": "/orders?status=all&customer=C-7",
    }

    answers = {word: await _searched(room, word) for word in targets}

    for word, target in targets.items():
        assert (answers[word].status_code, answers[word].headers.get("Location")) == (303, ROOM + target)
        assert "@" not in target


@ON_BOTH
async def test_a_search_that_means_several_lists_them(room: Clerk, stock: Stockroom) -> None:
    _place_some(stock)

    beginning = text(await _searched(room, "o-"))
    nothing = text(await _searched(room, "x-99"))

    assert "orders that begin so" in beginning
    assert beginning.count("o-") == 7  # six orders, and the word itself
    assert "Nothing found for x-99" in nothing
    assert (await room.get("/search?q=%00")).status_code == 400


async def _searched(room: Clerk, word: str) -> httpx.Response:
    """What the box leads to, once the word stands in the page's address."""
    answer = await room.post("/search", q=word)
    if answer.status_code == 303 and answer.headers["Location"].startswith(f"{ROOM}/search?"):
        return await room.get(answer.headers["Location"].removeprefix(ROOM))
    return answer


def _place_some(stock: Stockroom) -> None:
    for number, (customer_id, email) in enumerate(
        [
            ("C-7", "all@example.com"),
            ("C-7", "all@example.com"),
            ("C-8", "Ada@example.com"),
            ("C-9", "b@example.com"),
            ("C-9", "c@example.com"),
        ]
    ):
        stock.place(f"o-{number}", customer={"customer_id": customer_id, "email": email})
    stock.place("o-1x2", customer={"customer_id": "C-10", "email": "d@example.com"})


async def test_f4_markup_in_names_titles_and_reasons_is_shown_as_text(
    room: Clerk, stock: Stockroom, books: Database
) -> None:
    evil = "</script><script>alert(1)</script>"
    stock.catalogue(Product(sku="EVIL", title=f"<b>Widget</b> {evil}"))
    customer = {"customer_id": "C-1", "name": f"<i>Ada</i> {evil}", "email": "ada@example.com"}
    stock.place("100", sku="EVIL", customer=customer)
    books.write(shop.pause, f"{evil} <u>now</u>", "operations:li", NOW)

    for path in PAGES:
        page = (await room.get(path.replace(SKU, "EVIL"))).text
        assert "<script>alert" not in page
        for tag in ("<b>", "<i>", "<u>"):
            assert tag not in page
    assert "<i>Ada</i>" in await room.read("/orders/100")
    assert "<b>Widget</b>" in await room.read("/skus/EVIL")


@ON_BOTH
async def test_notices_that_no_mailbox_took_are_listed_with_why(
    room: Clerk, stock: Stockroom, books: Database
) -> None:
    stock.place("100")
    telling = Telling(order_id="100", kind=Kind.CONFIRMATION, occasion="1", at=day(6))
    facts = books.read(notices.facts, telling)
    books.write(
        mailed.told, telling, delivered=False, message_id=None, error="550 no such mailbox", facts=facts
    )

    assert "1 undelivered notices" in await room.read()
    assert "100 confirmation 2026-01-06 12:00 550 no such mailbox" in await room.read("/notices")


@ON_BOTH
async def test_dead_events_are_sent_again_and_the_record_says_by_whom(room: Clerk, books: Database) -> None:
    books.write(_two_events)
    assert "1 dead webhook events" in await room.read()
    assert "the receiver is away" in await room.read("/events?state=dead")

    await room.post("/events/resend")

    assert "1 event will be sent again." in await room.read("/events?state=dead")
    assert "No event is dead." in await room.read("/events?state=dead")
    refused = await room.post("/events/resend", event="none")
    assert refused.status_code == 303
    assert "Refused: " in await room.read("/events")


def _two_events(session: Session) -> None:
    common = {"type": "order.completed", "body": {}, "at": NOW}
    dead = {"event_id": "e-1", "stream": "100", "dead": True, "error": "the receiver is away"}
    waiting = {"event_id": "e-2", "stream": f"sku:{SKU}", "dead": False, "error": None}
    session.execute(insert(EventRow), [common | dead, common | waiting])


@ON_BOTH
async def test_reports_are_of_the_days_asked_for(room: Clerk, stock: Stockroom) -> None:
    stock.place("100", 2, placed=5)
    stock.place("101", placed=6)
    give_up(stock, "101", Reason.TOO_SLOW, on=9)

    worth = await room.read("/reports?since=2026-01-01&last=2026-01-31")
    reasons = await room.read("/reports/cancellations?since=2026-01-01&last=2026-01-31")
    buying = await room.read("/reports/replenishment")

    assert "Asked for $285.00 2 orders, 3 units" in worth
    assert "Captured $190.00 1 order" in worth
    assert "1 cancellation, 1 unit." in reasons
    assert "too slow 1 1" in reasons
    assert SKU in buying
    for wrong in (
        "since=nonsense",
        "since=2026-02-01&last=2026-01-01",
        "since=1800-01-01",
        "since=2010-01-01",
    ):
        assert (await room.get(f"/reports?{wrong}")).status_code == 400


async def test_the_two_books_of_payments_are_compared_when_asked_for(
    sqlite_database: Database, tmp_path_factory: pytest.TempPathFactory
) -> None:
    stock = Stockroom(sqlite_database)
    stock.place("100", timing="at_order")
    stock.charge("100")
    folder = tmp_path_factory.mktemp("data")
    async with clerk(sqlite_database, NOW, data_dir=folder, **SECRET) as one:
        await one.sign_in()

        assert "Compare the two books" in await one.read("/reports/payments")
        found = await one.read("/reports/payments?compare=yes")

    assert "1 of 1 entries differ." in found
    assert "100 charge $95.00 -" in found


async def test_the_script_of_the_charts_is_ours_packed_and_kept(visitor: Clerk) -> None:
    await visitor.sign_in()
    page = (await visitor.get()).text
    [address] = [word for word in page.split('"') if word.startswith("/static/plotly.min.js")]

    packed = await visitor.http.get(address)
    plain = await visitor.http.get(address, headers={"Accept-Encoding": "identity"})

    assert packed.headers["Content-Encoding"] == "gzip"
    assert "immutable" in packed.headers["Cache-Control"]
    assert packed.content == plain.content
    assert int(packed.headers["Content-Length"]) < len(plain.content) / 2

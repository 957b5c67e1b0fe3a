"""The customer's page: what it shows, what it offers, and what comes of each wish."""

import json
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from jinja2 import Template
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from domain.notices import Kind
from domain.offers import Asked
from domain.policy import Law, Policy
from domain.status import Status
from gateways.stripe_payment_page import StripePaymentPage
from gateways.tracking import tracking_url
from starter.client import Backorders
from starter.tokens import Tokens
from starter.web import customer, pages
from starter.web.customer.forms import REASONS
from starter.web.customer.results import What
from starter.web.customer.tongue import LANGUAGES
from starter.web.house import House
from store import catalog
from store.database import Database
from tests.customer import AT, Visitor, page_of, text, told, visiting
from tests.fakes.stripe_server import API_KEY, FakeStripe
from tests.shop import EXAMPLES, LINKS, PRICE, SKU, Books, Shop, line, open_shop
from worker.settings import Settings
from worker.wiring import running_worker

UNITS = f"units-{SKU}"
ADDRESS = {
    "name": "Ada Jensen",
    "street": "1 New Street",
    "city": "Salem",
    "region": "OR",
    "postal_code": "97301",
    "country": "US",
}
PATIENT = Policy(stale_after_days_past_promise=None, stale_after_days_without_promise=None)


@pytest.fixture
async def shop(sqlite_database: Database, tmp_path: Path) -> AsyncIterator[Shop]:
    async with open_shop(sqlite_database, tmp_path) as opened:
        yield opened


@pytest.fixture
async def visitor(shop: Shop, tmp_path: Path) -> AsyncIterator[Visitor]:
    async with visiting(shop, tmp_path) as visitor:
        yield visitor


def ada(**fields: Any) -> dict[str, Any]:
    """The example's customer, with other fields."""
    known: dict[str, Any] = json.loads((EXAMPLES / "order.json").read_text())["customer"]
    return known | fields


async def confirmed(shop: Shop, order_id: str = "100", units: int = 1, **fields: Any) -> None:
    await shop.place(order_id, units, **fields)
    await shop.until(order_id, lambda order: order.told(Kind.CONFIRMATION))


# What it shows.


async def test_a_waiting_order_shows_its_place_its_date_and_what_can_be_done(
    shop: Shop, visitor: Visitor
) -> None:
    await shop.announce("PO-1", 9, (await shop.now()).date() + timedelta(days=10))
    await confirmed(shop, "99", 1)
    await confirmed(shop, units=3)
    promised = shop.status("100").promised_on
    assert promised is not None

    page = await visitor.look("100")

    assert page.status_code == 200
    words = text(page)
    assert "Your order is on backorder" in words
    assert f"We expect to ship it on {promised:%B} {promised.day}, {promised.year}." in words
    assert "Waiting for stock : now Place 2 in line" in words
    assert "3 × Widget Pro Blue $95.00 each 3 waiting · Place 2 in line" in words
    assert "Nothing has been charged yet." in words
    assert "Order confirmed" in words
    assert re.findall(r'action="[^"]*/([a-z-]+)"', page.text) == ["payment-page", "address", "cancel"]


async def test_a_part_that_has_left_shows_its_parcel_and_its_money(shop: Shop, visitor: Visitor) -> None:
    await shop.receive(2)
    await shop.place("100", 3, fulfilment="split")
    await shop.until("100", lambda order: order.told(Kind.SHIPPED))
    tracking = shop.status("100").parcels[0].tracking

    page = await visitor.look("100")

    words = text(page)
    assert "Part of your order is on its way" in words
    assert "Shipped : in part 2 of 3" in words
    assert f'<a href="https://www.ups.com/track?tracknum={tracking}"' in page.text
    assert "Contents 2 × Widget Pro Blue" in words
    assert re.search(r"Charged \w+ \d+, \d{4} \$190.00", words)
    assert '<input id="cancel-units' not in page.text  # one unit is left: there is nothing to count


async def test_an_ended_order_is_shown_and_nothing_is_offered(shop: Shop, visitor: Visitor) -> None:
    await shop.receive(1)
    await shop.place("100")
    await shop.ended("100")

    page = await visitor.look("100")

    assert "Your order has shipped" in text(page)
    assert "<form" not in page.text


async def test_a_date_that_has_passed_is_not_promised_again(shop: Shop, visitor: Visitor) -> None:
    await shop.announce("PO-1", 1, (await shop.now()).date() + timedelta(days=3))
    await confirmed(shop, ship_to=ADDRESS | {"country": "NZ"})
    promised = shop.status("100").promised_on
    assert promised is not None

    await shop.pass_days((promised - (await shop.now()).date()).days + 1)

    words = text(await visitor.look("100"))
    assert f"We meant to ship it by {promised:%B} {promised.day}, {promised.year}, and it is late." in words
    assert "We expect to ship it on" not in words


async def test_markup_in_names_and_titles_is_shown_as_text(shop: Shop, visitor: Visitor) -> None:
    nasty = '"><script>alert(1)</script>'
    lines = [line(SKU, 2) | {"title": nasty}]
    await confirmed(shop, lines=lines, ship_to=ADDRESS | {"name": nasty}, customer=ada(name=nasty))

    page = await visitor.look("100")
    refused = await visitor.send("100", "address", **ADDRESS | {"name": nasty, "city": ""})

    for answer in (page, refused):
        assert "<script" not in answer.text
        assert f"2 × {nasty}" in text(answer)
    assert refused.text.count("&#34;&gt;&lt;script&gt;") == page.text.count("&#34;&gt;&lt;script&gt;")


async def test_the_page_speaks_the_customers_language_whole(shop: Shop, visitor: Visitor) -> None:
    await confirmed(shop, units=2, customer=ada(locale="de_DE"))
    await confirmed(shop, "101", units=2, customer=ada(locale="fr_FR"))

    german, other = await visitor.look("100"), await visitor.look("101")

    assert '<html lang="de">' in german.text
    assert "2 × Widget Pro Blue je 95,00 $" in text(german)
    assert "Vereinigte Staaten" in text(german)
    assert not re.search(r"\b(Your|order|Cancel|waiting|Payment)\b", text(german))
    assert '<html lang="en">' in other.text
    assert "$95.00 each" in text(other)


def _words(language: str) -> Any:
    template: Template = pages.environment.get_template(f"customer/words_{language}.html")
    return template.module


def test_both_languages_have_words_for_the_same_and_for_everything() -> None:
    english, *others = (_words(language) for language in LANGUAGES)
    names = {name for name in vars(english) if not name.startswith("_")}

    for words in others:
        assert {name for name in vars(words) if not name.startswith("_")} == names
        for name in names:
            if isinstance(getattr(english, name), dict):
                assert getattr(words, name).keys() == getattr(english, name).keys(), name
    assert english.notices.keys() == {*Kind}
    assert english.heads.keys() >= {*Asked} | {status.value for status in Status if status.ended}
    assert english.reasons.keys() == {*REASONS}
    told_by_macros = {What.CANCELLED, What.PARTLY_CANCELLED, What.TOO_LATE}
    assert english.results.keys() == {*What} - told_by_macros


@pytest.mark.parametrize(
    ("carrier", "address"),
    [
        ("UPS", "https://www.ups.com/track?tracknum=1Z%2F9"),
        ("FedEx", "https://www.fedex.com/fedextrack/?trknbr=1Z%2F9"),
        ("USPS", "https://tools.usps.com/go/TrackConfirmAction?tLabels=1Z%2F9"),
        ("DHLExpress", "https://www.dhl.com/global-en/home/tracking.html?tracking-id=1Z%2F9"),
        ("Acme", None),
        (None, None),
    ],
)
def test_a_tracking_number_leads_to_its_carriers_page(carrier: str | None, address: str | None) -> None:
    assert tracking_url(carrier, "1Z/9") == address


# How it is kept.


async def test_the_page_lets_nothing_in_and_its_address_nowhere_out(shop: Shop, visitor: Visitor) -> None:
    await confirmed(shop)

    page = await visitor.look("100")
    style = re.search(r'href="(/static/[^"]+)"', page.text)
    assert style
    sheet = await visitor.get(style[1])

    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["X-Robots-Tag"] == "noindex, nofollow"
    policy = page.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'")
    assert "script" not in policy
    assert not re.search(r"<script|style=|\son[a-z]+=", page.text)
    assert (sheet.status_code, sheet.headers["Content-Type"]) == (200, "text/css; charset=utf-8")
    assert "immutable" in sheet.headers["Cache-Control"]
    again = await visitor.get(style[1].partition("?")[0], **{"If-None-Match": sheet.headers["ETag"]})
    assert (again.status_code, again.headers["Cache-Control"]) == (304, "no-cache")
    assert (await visitor.get("/static/%2e%2e/customer/doors.py")).status_code == 404


async def test_the_address_of_a_form_leads_back_to_the_page(shop: Shop, visitor: Visitor) -> None:
    await confirmed(shop)

    for form in ("cancel", "choose", "consent", "keep", "address", "payment-method", "payment-page"):
        answer = await visitor.get(f"{page_of('100')}/{form}")
        assert (answer.status_code, answer.headers["Location"]) == (303, page_of("100"))


async def test_a_body_larger_than_any_form_is_refused_and_nothing_changes(
    shop: Shop, visitor: Visitor
) -> None:
    await confirmed(shop)

    for fields in ({"reason": "x" * 20_000}, {f"f{n}": "" for n in range(500)}):
        answer = await visitor.post(f"{page_of('100')}/cancel", **fields)
        assert answer.status_code == 413

    assert shop.books("100") == Books(backordered=1)


# Cancelling.


async def test_the_same_form_sent_twice_is_one_wish(shop: Shop, visitor: Visitor) -> None:
    await confirmed(shop, units=3)
    form = _fields(await visitor.look("100"), "cancel") | {UNITS: "1", "reason": "price"}

    answers = [await visitor.post(f"{page_of('100')}/cancel", **form) for _ in range(2)]

    assert {told(answer) for answer in answers} == {"1 item is cancelled. Nothing was charged."}
    assert shop.books("100") == Books(backordered=2, cancelled=1)


async def test_the_same_form_filled_in_otherwise_is_not_taken_twice(shop: Shop, visitor: Visitor) -> None:
    await confirmed(shop, units=3)
    form = _fields(await visitor.look("100"), "cancel") | {"reason": "price"}
    await visitor.post(f"{page_of('100')}/cancel", **form | {UNITS: "1"})

    answer = await visitor.post(f"{page_of('100')}/cancel", **form | {UNITS: "2"})

    assert told(answer).startswith("This form was sent before, and is not taken twice.")
    assert shop.books("100") == Books(backordered=2, cancelled=1)


async def test_a_form_of_another_order_cancels_nothing(shop: Shop, visitor: Visitor) -> None:
    await confirmed(shop)
    await confirmed(shop, "101")
    form = _fields(await visitor.look("100"), "cancel") | {UNITS: "1", "reason": "price"}

    for fields in (form, form | {"form": "made up"}):
        answer = await visitor.post(f"{page_of('101')}/cancel", **fields)
        assert told(answer).startswith("That form was out of date, and nothing has changed.")

    assert shop.books("100") == shop.books("101") == Books(backordered=1)


async def test_what_cannot_be_meant_is_shown_at_its_field(shop: Shop, visitor: Visitor) -> None:
    await confirmed(shop, units=3)

    for units in ("4", "-1", "two", "1e3", "9" * 30, "٣"):
        answer = await visitor.send("100", "cancel", **{UNITS: units, "reason": "fraud"})
        assert answer.status_code == 422
        assert f'value="{units}" aria-invalid="true" aria-describedby="cancel-{UNITS}-fault"' in answer.text
        assert f'id="cancel-{UNITS}-fault">Please write a number from 0 to 3.' in answer.text
        assert 'aria-describedby="cancel-reason-fault"' in answer.text
        assert f'<a href="#cancel-{UNITS}">' in answer.text
    nothing = await visitor.send("100", "cancel", **{UNITS: "0", "reason": "price"})

    assert nothing.status_code == 422
    assert 'id="cancel-units-fault">Please say how many to cancel.' in nothing.text
    assert '<option value="price" selected>' in nothing.text
    assert shop.books("100") == Books(backordered=3)


async def test_cancelling_after_it_has_left_is_told_to_be_too_late(shop: Shop, visitor: Visitor) -> None:
    await confirmed(shop)
    form = _fields(await visitor.look("100"), "cancel") | {UNITS: "1", "reason": "too_slow"}
    await shop.receive(1)
    await shop.ended("100")

    answer = await visitor.post(f"{page_of('100')}/cancel", **form)

    assert told(answer) == "It was too late to cancel: it has already shipped, and nothing has changed."
    assert 'role="alert"' in answer.text
    assert shop.books("100") == Books(shipped=1, charged=PRICE)


async def test_what_came_of_it_survives_a_reload_and_is_told_on_its_own_page_alone(
    shop: Shop, visitor: Visitor
) -> None:
    await confirmed(shop, timing="at_order")
    await confirmed(shop, "101")
    answer = await visitor.send("100", "cancel", reason="price")
    assert told(answer) == "1 item is cancelled. We send $95.00 back to you."

    again = await visitor.get(str(answer.url))
    elsewhere = await visitor.get(f"{page_of('101')}?{answer.url.query.decode()}")
    made_up = await visitor.get(f"{page_of('100')}?r=made-up")

    assert told(again) == told(answer)
    assert told(elsewhere) == told(made_up) == ""
    assert "Your order is cancelled" in text(again)


# Answers.


async def asked(shop: Shop) -> None:
    """An order of three, two of which are here, whose customer was asked."""
    await shop.receive(2)
    await shop.place("100", 3, fulfilment="ask")
    await shop.until("100", lambda order: order.told(Kind.CHOICE))


async def test_the_customer_chooses_while_he_is_asked(shop: Shop, visitor: Visitor) -> None:
    await asked(shop)
    assert "Part of your order is here: how shall we send it?" in text(await visitor.look("100"))

    answer = await visitor.send("100", "choose", choice="split")
    await shop.until("100", lambda order: order.told(Kind.SHIPPED))
    again = await visitor.send("100", "choose", choice="split")

    assert told(answer) == told(again) == "Thank you: we send what is here now, and the rest later."
    assert "/choose" not in again.text
    assert shop.books("100") == Books(backordered=1, shipped=2, charged=2 * PRICE)


async def test_choosing_to_cancel_cancels_and_twice_is_once(shop: Shop, visitor: Visitor) -> None:
    await asked(shop)

    answer = await visitor.send("100", "choose", choice="cancel")
    await shop.ended("100")
    again = await visitor.send("100", "choose", choice="cancel")

    assert told(answer) == "3 items are cancelled. Nothing was charged."
    assert told(again) == "Your order is cancelled. Nothing was charged."
    assert shop.books("100") == Books(cancelled=3)


async def test_a_choice_that_comes_too_late_or_is_none_changes_nothing(shop: Shop, visitor: Visitor) -> None:
    await asked(shop)
    none = await visitor.send("100", "choose", choice="everything")
    await shop.receive(1)
    await shop.ended("100")

    late = await visitor.send("100", "choose", choice="together")

    assert (none.status_code, "Please choose one." in none.text) == (422, True)
    assert told(late).startswith("It was too late for that, and nothing has changed.")
    assert shop.books("100") == Books(shipped=3, charged=3 * PRICE)


async def test_who_was_warned_of_the_end_may_go_on_waiting(shop: Shop, visitor: Visitor) -> None:
    policy = Policy(delay_rule={"*": Law.NONE}, stale_after_days_without_promise=20, stale_warning_days=7)
    shop.database.write(catalog.load_policy, policy, await shop.now())
    await confirmed(shop, "100")
    assert "/keep" not in (await visitor.look("100")).text
    await shop.pass_days(14)
    await shop.until("100", lambda order: order.told(Kind.STALE_WARNING))

    warned = await visitor.look("100")
    kept = await visitor.send("100", "keep")

    assert "/keep" in warned.text
    assert told(kept) == "Thank you: we keep your order, and your place in line."
    assert "/keep" not in kept.text
    assert shop.state("100").kept_at is not None


async def delayed(shop: Shop) -> str:
    """Orders of which no date is known, three days before they should have shipped; the notice of the first."""
    shop.database.write(catalog.load_policy, PATIENT, await shop.now())
    for order_id in ("100", "101"):
        await confirmed(shop, order_id)
    await shop.pass_days(27.5)
    for order_id in ("100", "101"):
        await shop.until(order_id, lambda order: order.told(Kind.DELAY_OPTION))
    return shop.state("100").delays[-1].notice_id


async def test_a_delay_is_accepted_or_refused_and_the_same_answer_twice_is_one(
    shop: Shop, visitor: Visitor
) -> None:
    notice = await delayed(shop)
    asks = text(await visitor.look("100"))
    assert "Your order will be late: wait, or cancel?" in asks
    assert "we cancel the order when that day ends" in asks

    accepted = await visitor.send("100", "consent", accepted="yes")
    again = await visitor.send("100", "consent", accepted="yes", notice=notice)
    changed = await visitor.send("100", "consent", accepted="no", notice=notice)
    other = shop.state("101").delays[-1].notice_id
    refused = await visitor.send("101", "consent", accepted="no")
    await shop.ended("101")
    once_more = await visitor.send("101", "consent", accepted="no", notice=other)

    assert told(accepted) == told(again) == "Thank you: we go on with your order."
    assert "/consent" not in accepted.text
    assert told(changed).startswith("It was too late for that")
    assert told(refused) == "1 item is cancelled. Nothing was charged."
    assert told(once_more) == "Your order is cancelled. Nothing was charged."
    assert shop.books("100") == Books(backordered=1)
    assert shop.books("101") == Books(cancelled=1)
    assert set(shop.changes("100")) == {("delay", "customer")}


async def test_an_answer_to_no_notice_or_no_answer_changes_nothing(shop: Shop, visitor: Visitor) -> None:
    await confirmed(shop)

    made_up = await visitor.send("100", "consent", accepted="yes", notice="100-delay-7")
    none = await visitor.send("100", "consent")

    assert told(made_up).startswith("We have written to you again since")
    assert none.status_code == 422
    assert shop.books("100") == Books(backordered=1)


# Where it goes, and how it is paid.


async def test_another_address_is_taken_while_something_has_not_left(shop: Shop, visitor: Visitor) -> None:
    await confirmed(shop)

    answer = await visitor.send("100", "address", **ADDRESS)

    assert told(answer) == "Thank you: what has not left yet goes to the new address."
    assert "1 New Street" in text(answer)
    await shop.receive(1)
    await shop.ended("100")
    late = await visitor.send("100", "address", **ADDRESS)
    assert told(late).startswith("It was too late for that")


async def test_faults_of_an_address_stand_at_their_fields_and_what_was_typed_is_kept(
    shop: Shop, visitor: Visitor
) -> None:
    await confirmed(shop)
    typed = ADDRESS | {"name": " ", "street": "x" * 201, "city": "Sa\x00lem", "country": "usa"}

    answer = await visitor.send("100", "address", **typed)

    assert answer.status_code == 422
    faults = dict(re.findall(r'id="address-([a-z_]+)-fault">([^<]*)<', answer.text))
    assert faults == {
        "name": "Please fill this in.",
        "street": "At most 200 letters, in one line.",
        "city": "At most 200 letters, in one line.",
        "country": "Please choose one.",
    }
    assert 'value="97301"' in answer.text
    assert "<details open>" in answer.text
    assert "12 Harbour Street" in text(answer)


async def test_an_address_that_no_carrier_accepts_is_asked_for_and_corrected(
    shop: Shop, visitor: Visitor
) -> None:
    await shop.receive(1)
    await shop.place("100", ship_to=ADDRESS | {"postal_code": "00000"})
    await shop.until("100", lambda order: order.told(Kind.ADDRESS_PROBLEM))
    asks = await visitor.look("100")
    assert "Please check your address" in text(asks)
    assert "<details open>" in asks.text

    await visitor.send("100", "address", **ADDRESS)
    await shop.ended("100")

    assert shop.books("100") == Books(shipped=1, charged=PRICE)


async def test_another_card_ends_a_payment_hold(shop: Shop, visitor: Visitor) -> None:
    await shop.receive(1)
    await shop.place("100", method="pm_card_chargeDeclined")
    await shop.until("100", lambda order: order.told(Kind.PAYMENT_PROBLEM))
    asks = text(await visitor.look("100"))
    assert "We need another way to pay" in asks
    assert "To be paid: $95.00. We keep them until" in asks

    leaving = await visitor.post(f"{page_of('100')}/payment-page")
    assert f'content="0; url={AT}{page_of("100")}/sandbox-card"' in leaving.text
    cards = await visitor.get(f"{page_of('100')}/sandbox-card")
    assert "no real card is asked for" in text(cards)
    back = await visitor.get(f"{page_of('100')}/card?ref=pm_card_visa")
    assert shop.changes("100") == []
    answer = await visitor.post(f"{page_of('100')}/payment-method", **_fields(back, "payment-method"))
    await shop.ended("100")

    assert told(answer) == "Thank you: we use this payment method from now on."
    assert shop.books("100") == Books(shipped=1, charged=PRICE)
    assert shop.changes("100") == [("method", "customer")]
    late = await visitor.post(f"{page_of('100')}/payment-method", ref="pm_card_visa")
    assert told(late).startswith("It was too late for that")
    assert (await visitor.get(f"{page_of('100')}/sandbox-card")).status_code == 404


async def test_a_card_that_was_not_given_is_not_used(shop: Shop, visitor: Visitor) -> None:
    await confirmed(shop)

    answer = await visitor.post(f"{page_of('100')}/payment-method", ref="pm_somebody_elses")

    assert told(answer).startswith("We got no payment method from there")
    assert shop.changes("100") == []


async def test_with_stripe_the_card_is_given_at_its_page_and_for_this_order(
    shop: Shop, tmp_path: Path
) -> None:
    await confirmed(shop)
    await confirmed(shop, "101")
    stripe = FakeStripe()
    async with stripe.serving() as url:
        cards = StripePaymentPage(API_KEY, url)
        async with visiting(shop, tmp_path, cards, payment="stripe") as visitor:
            leaving = await visitor.post(f"{page_of('100')}/payment-page")
            (session,) = stripe.stripe.checkout.sessions
            assert f"https://checkout.stripe.example/c/pay/{session}" in leaving.text
            early = await visitor.post(f"{page_of('100')}/payment-method", ref=session)
            back = await visitor.get(stripe.finish_checkout(session, "pm_card_mastercard"))
            fields = _fields(back, "payment-method")
            others = await visitor.post(f"{page_of('101')}/payment-method", **fields)
            answer = await visitor.post(f"{page_of('100')}/payment-method", **fields)
            assert (await visitor.get(f"{page_of('100')}/sandbox-card")).status_code == 404
            stripe.answer("session", 500)
            stripe.answer("session", 500)
            away = await visitor.post(f"{page_of('100')}/payment-method", **fields)
        await cards.aclose()

    assert (
        told(early)
        == told(others)
        == ("We got no payment method from there, and nothing has changed. Please try once more.")
    )
    assert told(answer) == "Thank you: we use this payment method from now on."
    assert (shop.changes("100"), shop.changes("101")) == ([("method", "customer")], [])
    assert away.status_code == 503


async def test_an_order_paid_when_it_was_placed_is_offered_no_other_card(
    shop: Shop, visitor: Visitor
) -> None:
    await confirmed(shop, timing="at_order")

    page = await visitor.look("100")
    answer = await visitor.post(f"{page_of('100')}/payment-page")

    assert "payment-page" not in page.text
    assert told(answer).startswith("It was too late for that")


# Out of reach.


def _impatient(shop: Shop, folder: Path, doors: Backorders) -> httpx.AsyncClient:
    house = House(Settings(data_dir=folder), doors, shop.database, LINKS, Tokens())
    app = FastAPI()
    app.include_router(customer.router(house, patience=0.3))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=AT)


async def test_while_nobody_answers_the_form_is_kept_and_sent_again_it_is_one_wish(
    sqlite_database: Database, tmp_path: Path
) -> None:
    async with open_shop(sqlite_database, tmp_path, working=False) as shop:
        async with running_worker(shop.env.client, shop.parts, max_cached_workflows=0):
            await confirmed(shop, units=2)
        async with _impatient(shop, tmp_path, shop.doors) as browser:
            form = _fields(await browser.get(page_of("100")), "cancel") | {UNITS: "1", "reason": "price"}
            away = await browser.post(f"{page_of('100')}/cancel", data=form)
        assert (away.status_code, away.headers["Retry-After"]) == (503, "30")
        assert "Please try again in a moment." in text(away)
        assert _fields(away, "cancel") == form

        async with (
            running_worker(shop.env.client, shop.parts, max_cached_workflows=0),
            visiting(shop, tmp_path) as visitor,
        ):
            answer = await visitor.post(f"{page_of('100')}/cancel", **_fields(away, "cancel"))

        assert told(answer) == "1 item is cancelled. Nothing was charged."
        assert shop.books("100") == Books(backordered=1, cancelled=1)


async def test_without_temporal_the_page_is_shown_and_a_wish_is_to_be_sent_again(
    shop: Shop, tmp_path: Path
) -> None:
    await confirmed(shop)
    nowhere = Backorders(
        await Client.connect("127.0.0.1:9", lazy=True, data_converter=pydantic_data_converter), shop.database
    )

    async with _impatient(shop, tmp_path, nowhere) as browser:
        page = await browser.get(page_of("100"))
        answer = await browser.post(f"{page_of('100')}/choose", data={"choice": "together"})

    assert (page.status_code, answer.status_code) == (200, 503)
    assert _fields(answer, "choose") == {"choice": "together"}


async def test_without_the_database_nothing_is_told_of_any_order(shop: Shop, tmp_path: Path) -> None:
    empty = Database(f"sqlite:///{tmp_path / 'empty.db'}")
    house = House(Settings(data_dir=tmp_path), shop.doors, empty, LINKS, Tokens())
    app = FastAPI()
    app.include_router(customer.router(house))

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=AT) as browser:
        answer = await browser.get(page_of("100"))
    empty.close()

    assert answer.status_code == 503
    assert "100" not in text(answer)


def _fields(page: httpx.Response, form: str) -> dict[str, str]:
    """What a form of the page holds hidden."""
    inside = page.text.partition(f'/{form}">')[2].partition("</form>")[0]
    return dict(re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', inside))

"""Orders over HTTP: placed, changed, cancelled, looked at; the books are those of any other door."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from domain.changes import How
from domain.status import Status
from starter.tokens import Scope
from store.database import Database
from tests.shop import PRICE, SKU, Books, Shop, eventually, open_shop
from tests.starter.api import Api, open_api


@pytest.fixture
async def shop(sqlite_database: Database, tmp_path: Path) -> AsyncIterator[Shop]:
    async with open_shop(sqlite_database, tmp_path) as opened:
        yield opened


@pytest.fixture
async def api(shop: Shop) -> AsyncIterator[Api]:
    async with open_api(shop) as opened:
        yield opened


@pytest.fixture
async def api_on_both(database: Database, tmp_path: Path) -> AsyncIterator[Api]:
    async with open_shop(database, tmp_path) as shop, open_api(shop) as opened:
        yield opened


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_a_backorder_over_http_from_its_quote_to_its_parcel(api_on_both: Api) -> None:
    api, shop = api_on_both, api_on_both.shop
    assert shop

    quoted = (await api.post("/quotes", await api.order("100", 3))).json()
    placed = (await api.place("100", 3)).json()
    before = (await api.get("/orders/100")).json()
    received = (await api.receive("ASN-1", 5, SKU)).json()
    await shop.until("100", lambda order: order.ended_at is not None)
    after = (await api.get("/orders/100")).json()

    assert (quoted["outcome"], placed["outcome"]) == ("backordered", "backordered")
    assert (before["status"], before["lines"][0]["queue_position"]) == ("waiting", 1)
    assert (received["handed_out"], received["left_over"], received["orders"]) == (3, 2, ["100"])
    assert (after["status"], after["parcels"][0]["lines"]) == ("completed", [{"sku": SKU, "quantity": 3}])
    assert shop.books("100") == Books(shipped=3, charged=3 * PRICE)
    assert [one["place"] for one in (await api.get("/orders/100/explanation")).json()["lines"][0]["places"]]
    assert (await api.get("/orders/100/delays")).json()["law"] == "ftc"
    stock = (await api.get(f"/stock/{SKU}")).json()
    assert (stock["on_hand"], stock["reserved"], stock["available"]) == (2, 0, 2)
    assert (await api.get("/kpi")).json()["fill_time_days"]["mean"] == 0
    assert (await api.get("/reports/value")).json()["captured"]["units"] == 3
    assert shop.findings() == []


async def test_the_same_order_again_gets_its_first_decision_and_another_body_is_refused(
    api: Api, shop: Shop
) -> None:
    order = await api.order("100", 3)

    first, again = await api.post("/orders", order), await api.post("/orders", order)
    other = await api.post("/orders", order | {"currency": "EUR"})

    assert first.status_code == again.status_code == 200
    assert first.json() == again.json()
    assert code(other) == (409, "OrderBodyChanged")
    assert shop.books("100") == Books(backordered=3)


async def test_a_rejection_is_an_answer_with_its_reasons(api: Api, shop: Shop) -> None:
    answer = await api.place("100", lines=[{"sku": "NONE", "quantity": 1, "unit_price_minor": 1}])

    assert answer.status_code == 200
    assert (answer.json()["outcome"], answer.json()["reasons"][0]["code"]) == ("rejected", "unknown_sku")
    assert shop.books("100") == Books()


async def test_an_order_of_the_future_is_bad_input(api: Api, shop: Shop) -> None:
    answer = await api.place("100", placed_at=await shop.now() + timedelta(hours=1))

    assert code(answer) == (422, "BadInput")
    assert answer.json()["errors"] == [{"field": "placed_at", "problem": "lies in the future"}]
    assert (await api.get("/orders")).json()["items"] == []


async def test_a_batch_answers_each_order_and_a_bad_one_does_not_stop_the_others(
    api: Api, shop: Shop
) -> None:
    orders = [await api.order(f"{number}", 2) for number in range(30)]
    await api.post("/orders", orders[3])
    orders[3] |= {"currency": "EUR"}
    orders[7] |= {"currency": "euro", "colour": "red"}

    answers = (await api.post("/orders/batch", [*orders, "no order"])).json()

    decided = {one["decision"]["order_id"] for one in answers if "decision" in one}
    assert decided == {f"{number}" for number in range(30)} - {"3", "7"}
    assert answers[0]["decision"]["order_id"] == "0"
    assert answers[3]["problem"]["code"] == "OrderBodyChanged"
    assert [fault["field"] for fault in answers[7]["problem"]["errors"]] == ["currency", "colour"]
    assert answers[30]["problem"]["status"] == 422
    assert shop.books("29") == Books(backordered=2)


@pytest.mark.parametrize("count", [0, 101])
async def test_a_batch_has_1_to_100_orders(api: Api, count: int) -> None:
    answer = await api.post("/orders/batch", [{}] * count)

    assert code(answer) == (422, "BadInput")


async def test_the_same_cancellation_again_gets_its_first_answer_and_another_body_is_refused(
    api: Api, shop: Shop
) -> None:
    await api.place("100", 3)
    wish = {"cancellation_id": "web-1", "reason": "price", "lines": [{"sku": SKU, "quantity": 1}]}

    first = await api.post("/orders/100/cancellations", wish)
    again = await api.post("/orders/100/cancellations", wish)
    other = await api.post("/orders/100/cancellations", wish | {"reason": "too_slow"})

    assert (first.json()["outcome"], first.json()["units_cancelled"]) == ("cancelled", 1)
    assert first.json() == again.json()
    assert code(other) == (409, "CancellationBodyChanged")
    assert shop.books("100") == Books(backordered=2, cancelled=1)


async def test_an_order_that_has_ended_answers_from_the_books(api: Api, shop: Shop) -> None:
    await api.place("100", 2)
    await api.post("/orders/100/cancellations", {"cancellation_id": "web-1", "reason": "price"})
    await shop.until("100", lambda order: order.ended_at is not None)
    await eventually(lambda: _gone(api), "its workflow's end")

    again = await api.post("/orders/100/cancellations", {"cancellation_id": "web-1", "reason": "price"})
    late = await api.post("/orders/100/cancellations", {"reason": "price"})

    assert (again.status_code, again.json()["units_cancelled"]) == (200, 2)
    assert late.json()["outcome"] == "too_late"
    assert code(await api.post("/orders/none/cancellations", {"reason": "price"})) == (404, "UnknownOrder")
    assert code(await api.post("/orders/none/choice", {"choice": "split"})) == (404, "UnknownOrder")


async def _gone(api: Api) -> bool:
    answer = await api.post("/orders/100/choice", {"choice": "cancel"})
    return code(answer) == (409, "ChangeRefused") and "is cancelled" in answer.json()["detail"]


ADDRESS = {"name": "Ada", "street": "14 Harbour Street", "city": "Portland", "country": "US"}
CHANGES: list[tuple[str, dict[str, Any], Scope, str]] = [
    ("address", ADDRESS, Scope.OMS, "ship_to"),
    ("payment-method", {"method": "pm_card_mastercard"}, Scope.SUPPORT, "method"),
    ("quantity", {"sku": SKU, "quantity": 2}, Scope.OPERATIONS, "quantity"),
    ("choice", {"choice": "together"}, Scope.SUPPORT, "fulfilment"),
    ("keep-waiting", {"keep_waiting": True}, Scope.OMS, "patience"),
    ("hold", {"reason": "odd"}, Scope.SUPPORT, "hold"),
    ("release", {"reason": "fine"}, Scope.OPERATIONS, "release"),
    ("priority", {"days": 3, "reason": "was late"}, Scope.SUPPORT, "priority"),
]
BY = {Scope.OMS: "customer", Scope.SUPPORT: "support:maria", Scope.OPERATIONS: "operations:li"}


async def test_every_change_is_made_and_stands_on_record_under_the_tokens_name(api: Api, shop: Shop) -> None:
    await api.place("100", 3)

    answers = [
        await api.post(
            f"/orders/100/{path}", wish | ({} if scope is Scope.OMS else {"requested_by": "x"}), scope
        )
        for path, wish, scope, _ in CHANGES
    ]

    assert [answer.status_code for answer in answers] == [200] * len(CHANGES)
    assert {answer.json()["order_id"] for answer in answers} == {"100"}
    assert shop.changes("100") == [(what, BY[scope]) for _, _, scope, what in CHANGES]
    assert shop.books("100") == Books(backordered=2, cancelled=1)


async def test_an_order_system_names_who_asked_but_never_the_application_itself(api: Api, shop: Shop) -> None:
    await api.place("100", 3)

    named = await api.post("/orders/100/address", ADDRESS | {"requested_by": "clerk 7"})
    as_us = await api.post("/orders/100/cancellations", {"reason": "stale", "requested_by": "law"})

    assert named.status_code == 200
    assert shop.changes("100") == [("ship_to", "clerk 7")]
    assert as_us.json()["errors"][0]["field"] == "requested_by"
    assert shop.books("100") == Books(backordered=3)


async def test_a_change_that_a_rule_refuses_says_which(api: Api) -> None:
    await api.place("100", 3)

    refused = [
        await api.post("/orders/100/quantity", {"sku": SKU, "quantity": 5}),
        await api.post("/orders/100/quantity", {"sku": "NONE", "quantity": 1}),
        await api.post("/orders/100/release", {"reason": "fine"}, Scope.SUPPORT),
        await api.post("/orders/100/consent", {"notice_id": "100-delay-1", "accepted": True}),
        await api.post(
            "/orders/100/settlement", {"parcel": 1, "how": How.WRITTEN_OFF, "reason": "r"}, Scope.SUPPORT
        ),
        await api.post("/orders/100/parcels/1/handover"),
    ]

    codes = [code(answer) for answer in refused]
    assert codes == [(409, "ChangeRefused"), (409, "UnknownLine"), *[(409, "ChangeRefused")] * 4]


async def test_a_parcel_is_handed_over_once_or_twice(shop: Shop, api: Api) -> None:
    await api.receive("ASN-1", 3, SKU)
    await api.place("100", 3)
    await shop.until("100", lambda order: order.status is Status.COMPLETED)

    again = [await api.post("/orders/100/parcels/1/handover") for _ in range(2)]

    assert [(answer.status_code, answer.content) for answer in again] == [(202, b"")] * 2
    assert shop.books("100") == Books(shipped=3, charged=3 * PRICE)


async def test_inventory_comes_in_once_by_its_id(api: Api, shop: Shop) -> None:
    first, again = [await api.receive("ASN-1", 5, SKU) for _ in range(2)]
    other = await api.receive("ASN-1", 6, SKU)
    unknown = await api.receive("ASN-2", 6, "NONE")
    empty = await api.post("/inventory-changes", {"change_id": "x", "kind": "received"})

    assert first.json() == again.json()
    assert (code(other), code(unknown)) == ((409, "ChangeBodyChanged"), (404, "UnknownSku"))
    assert [fault["field"] for fault in empty.json()["errors"]] == ["happened_at", "lines"]
    assert (await api.get(f"/stock/{SKU}")).json()["on_hand"] == 5
    assert shop.findings() == []


async def test_supply_is_announced_revised_and_cancelled_and_a_product_discontinued(
    api: Api, shop: Shop
) -> None:
    async def word(number: int, **line: Any) -> dict[str, Any]:
        body = {"change_id": f"C-{number}", "kind": "inbound", "happened_at": (await shop.now()).isoformat()}
        body["lines"] = [{"sku": SKU, "inbound_id": "PO-1", "eta": "2030-02-15", **line}]
        assert (await api.post("/inventory-changes", body)).status_code == 200
        return (await api.get(f"/stock/{SKU}")).json()

    await api.place("100", 3)
    announced, revised = await word(1, quantity=50), await word(2, quantity=40)
    cancelled = await word(3, cancelled=True)
    end = {"change_id": "C-4", "kind": "discontinued", "happened_at": (await shop.now()).isoformat()}
    await api.post("/inventory-changes", end | {"lines": [{"sku": SKU}]})

    assert [one["available_to_promise"] for one in announced["supply"]] == [47]
    assert [one["available_to_promise"] for one in revised["supply"]] == [37]
    assert cancelled["supply"] == []
    assert (await api.get(f"/stock/{SKU}")).json()["discontinued_at"]
    assert shop.findings() == []


async def test_lists_and_queues_come_in_pages_each_order_once(api_on_both: Api) -> None:
    api = api_on_both
    for number in range(5):
        await api.place(f"{number}", 2)

    async def walk(path: str, **asked: Any) -> list[str]:
        found, after = [], {}
        while True:
            page = (await api.get(path, limit=2, **asked, **after)).json()
            found += [one["order_id"] for one in page["items"]]
            if page["next"] is None:
                return found
            after = {"after": page["next"]}

    everything = [f"{number}" for number in range(5)]
    assert await walk("/orders") == everything
    assert await walk("/orders", status="waiting", sku=SKU) == everything
    assert await walk("/orders", customer_id="C-3") == ["3"]
    assert await walk(f"/stock/{SKU}/queue") == everything
    assert await walk("/orders", status="completed") == []


async def test_events_are_listed_and_sent_again(api: Api) -> None:
    await api.place("shop.100", 2)
    await api.place("101", 2)

    page = (await api.get("/events", limit=1)).json()
    rest = (await api.get("/events", limit=1, after=page["next"])).json()
    event = (await api.get("/events", order_id="shop.100")).json()["items"][0]
    again = await api.post(f"/events/{event['event_id']}/resend")

    assert [one["order_id"] for one in (*page["items"], *rest["items"])] == ["101", "shop.100"]
    assert rest["next"] is None
    assert (event["type"], event["state"]) == ("order.backordered", "pending")
    assert (again.status_code, again.json()) == (200, {"resent": 1})
    assert (await api.get("/events", dead="true")).json()["items"] == []
    assert (await api.get("/events", sku=SKU)).json()["items"] == []

"""The API's door: who may come in, what is too much, what is no request at all; and what is away."""

import asyncio
import json
import logging
import re
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from jsonschema_rs import validator_for
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from domain.policy import Product
from starter.api import doors
from starter.client import Backorders
from starter.tokens import Scope
from store import catalog
from store.database import Database
from tests.shop import EXAMPLES, SKU
from tests.starter.api import Api, asking, headers, house_of

NOWHERE = "127.0.0.1:9"
ORDER = json.loads((EXAMPLES / "order.json").read_text())

ALL = {Scope.OMS, Scope.SUPPORT, Scope.OPERATIONS}
OMS = ALL - {Scope.SUPPORT}
SUPPORT = ALL - {Scope.OMS}
MAY: dict[str, set[Scope]] = {
    "POST /orders": OMS,
    "POST /orders/batch": OMS,
    "POST /quotes": OMS,
    "GET /orders": ALL,
    "GET /orders/100": ALL,
    "GET /orders/100/explanation": ALL,
    "GET /orders/100/delays": ALL,
    "POST /orders/100/cancellations": ALL,
    "POST /orders/100/choice": ALL,
    "POST /orders/100/address": ALL,
    "POST /orders/100/quantity": ALL,
    "POST /orders/100/payment-method": ALL,
    "POST /orders/100/consent": ALL,
    "POST /orders/100/keep-waiting": ALL,
    "POST /orders/100/hold": SUPPORT,
    "POST /orders/100/release": SUPPORT,
    "POST /orders/100/priority": SUPPORT,
    "POST /orders/100/settlement": SUPPORT,
    "POST /orders/100/parcels/1/handover": OMS,
    "POST /inventory-changes": OMS,
    f"GET /stock/{SKU}": ALL,
    f"GET /stock/{SKU}/queue": ALL,
    "GET /kpi": ALL,
    "GET /reports/value": ALL,
    "GET /reports/cancellations": ALL,
    "GET /events": ALL,
    "POST /events/order:100:completed:1/resend": OMS,
}


async def away() -> Client:
    """A client of a Temporal that is not there."""
    return await Client.connect(NOWHERE, lazy=True, data_converter=pydantic_data_converter)


@pytest.fixture
async def api(sqlite_database: Database) -> AsyncIterator[Api]:
    """Doors over a database with one product; Temporal is away."""
    sqlite_database.write(catalog.load_products, (Product(sku=SKU, title="Widget"),))
    house = house_of(Backorders(await away(), sqlite_database), sqlite_database)
    async with asking(house) as opened:
        yield opened


@pytest.fixture
async def booked(database: Database) -> AsyncIterator[Api]:
    """The same over both databases."""
    async with asking(house_of(Backorders(await away(), database), database)) as opened:
        yield opened


async def test_f2_every_path_knows_who_may_ask(api: Api) -> None:
    for wanted, may in MAY.items():
        method, _, path = wanted.partition(" ")
        ask = api.get if method == "GET" else api.post

        answers = {scope: (await ask(path, scope=scope)).status_code for scope in ALL}
        without = await ask(path, scope=None)

        assert {scope for scope, status in answers.items() if status != 403} == may, wanted
        assert 401 not in answers.values()
        assert without.status_code == 401
        assert without.headers["WWW-Authenticate"] == "Bearer"


async def test_the_table_of_scopes_has_every_path_of_the_description(api: Api) -> None:
    described = (await api.http.get("/api/v1/openapi.json")).json()
    named = {"order_id": "100", "number": "1", "sku": SKU, "event_id": "order:100:completed:1"}

    paths = {
        f"{method.upper()} {path.format(**named)}"
        for path, ways in described["paths"].items()
        for method in ways
    }

    assert paths == {*MAY}


UNKNOWN = [
    "",
    "Bearer",
    "Bearer ",
    "Bearer wrong",
    "Basic token-of-oms",
    "token-of-oms",
    "Bearer token-of-oms x",
]


async def test_f2_what_is_no_known_token_opens_nothing(api: Api) -> None:
    for sent in UNKNOWN:
        answer = await api.http.get("/api/v1/orders", headers={"Authorization": sent})

        assert problem(answer)[:2] == (401, "Unauthorized"), sent
        assert "wrong" not in answer.text


async def test_who_is_not_known_is_turned_away_before_anything_is_read(api: Api) -> None:
    bodies = (b"{", b"x" * 2_000_000, b"\x00")

    answers = [await api.post("/orders", body, scope=None) for body in bodies]

    assert [answer.status_code for answer in answers] == [401, 401, 401]


def problem(answer: Any) -> tuple[int, str, list[str]]:
    """The problem's status, code, and bad fields; all of it in one shape."""
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert set(body) == {"type", "title", "status", "code", "detail", "errors"}
    assert body["status"] == answer.status_code
    return body["status"], body["code"], [fault["field"] for fault in body["errors"]]


async def test_every_bad_field_is_named_and_never_its_value(api: Api) -> None:
    secret = "pm secret"
    bad = ORDER | {"currency": "€uro", "colour": "red", "payment": {"method": secret}}
    bad["lines"] = [{"sku": "a b", "quantity": 0, "unit_price_minor": 1.5}]

    answer = await api.post("/orders", bad)

    fields = [
        "currency",
        "lines.0.sku",
        "lines.0.quantity",
        "lines.0.unit_price_minor",
        "payment.method",
        "colour",
    ]
    assert problem(answer) == (422, "BadInput", fields)
    assert secret not in answer.text
    assert "€uro" not in answer.text


async def test_what_the_models_take_and_no_shop_can_mean_is_refused(api: Api) -> None:
    async def fields(**changed: Any) -> list[str]:
        return problem(await api.post("/orders", ORDER | changed))[2]

    nul = ORDER["ship_to"] | {"name": "Ada\x00"}
    assert await fields(ship_to=nul, need_by="9999-12-31") == ["ship_to.name", "need_by"]
    assert await fields(promised_on="0001-01-01") == ["promised_on"]
    assert await fields(placed_at="0001-01-01T00:00:00+14:00") == ["placed_at"]
    assert await fields(placed_at="9999-12-31T23:59:59-14:00") == ["placed_at"]
    assert await fields(placed_at="9999-12-31T23:59:59Z") == ["placed_at", "placed_at"]
    assert await fields(placed_at="0001-01-01T00:00:00Z") == ["placed_at"]
    assert await fields(order_id="100\n") == ["order_id"]
    assert await fields(shipping_minor=10**400) == ["shipping_minor"]
    assert await fields(shipping_minor=float("nan")) == ["shipping_minor"]


async def test_a_field_whose_name_is_no_text_or_never_ends_is_named_as_well_as_it_can_be(api: Api) -> None:
    order = json.dumps(ORDER)[:-1].encode()

    no_text = await api.post("/orders", order + rb', "\ud800": 1}')
    endless = await api.post("/orders", order + b', "' + b"n" * 500_000 + b'": 1}')

    assert problem(no_text) == (422, "BadInput", ["body"])
    assert problem(endless) == (422, "BadInput", ["n" * 100])


NOT_JSON = [
    b"{",
    b"\xff",
    b"[" * 100_000,
    b'{"a":' * 50_000,
    b"1" * 5000,
    json.dumps(ORDER)[:-1].encode() + b',"a":' + b"1" * 5000 + b"}",
]


async def test_what_is_not_json_is_refused(api: Api) -> None:
    for body in NOT_JSON:
        assert problem(await api.post("/orders", body)) == (400, "MalformedJson", []), body[:20]
    assert problem(await api.post("/orders", b"")) == (422, "BadInput", ["body"])


async def test_a_body_of_another_kind_is_refused(api: Api) -> None:
    sent = headers(Scope.OMS)
    form = await api.http.post("/api/v1/orders", data={"order_id": "100"}, headers=sent)
    bare = await api.http.post("/api/v1/orders", content=json.dumps(ORDER).encode(), headers=sent)

    assert [problem(answer)[:2] for answer in (form, bare)] == [(415, "UnsupportedMediaType")] * 2


async def test_a_body_that_is_too_large_is_refused_as_it_comes_in(api: Api) -> None:
    sent: list[int] = []

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(100):
            sent.append(1)
            yield b" " * 100_000

    told = await api.post("/orders", b" " * 1_000_001)
    streamed = await api.http.post(
        "/api/v1/orders", content=chunks(), headers=headers(Scope.OMS) | {"Content-Type": "application/json"}
    )

    assert [problem(answer)[:2] for answer in (told, streamed)] == [(413, "TooLarge")] * 2
    assert len(sent) <= 32  # the last of them are thrown away while the answer is read


async def test_paths_methods_and_parameters_that_there_are_not_are_problems_too(api: Api) -> None:
    nowhere = [
        await api.http.get(path) for path in ("/api/v1/nowhere", "/api/v1/orders/", "/api/v2/orders", "/api/")
    ]
    wrong = await api.http.delete("/api/v1/orders")
    unknown = await api.get("/orders", color="red", limit=5)

    assert [problem(answer)[:2] for answer in nowhere] == [(404, "NotFound")] * 4
    assert problem(wrong)[:2] == (405, "MethodNotAllowed")
    assert wrong.headers["allow"]
    assert problem(unknown) == (422, "BadInput", ["color"])
    assert (await api.http.get("/nowhere")).headers["content-type"] == "application/json"


PARAMETERS: list[tuple[str, dict[str, str], str]] = [
    ("/orders", {"limit": "201"}, "limit"),
    ("/orders", {"limit": "0"}, "limit"),
    ("/orders", {"limit": "9" * 5000}, "limit"),
    ("/orders", {"after": "nonsense"}, "after"),
    ("/orders", {"after": "\x00"}, "after"),
    ("/orders", {"after": "eyJwbGFjZWRfYXQiOiIyMDI2In0"}, "after"),
    ("/orders", {"status": "lost"}, "status"),
    ("/orders", {"placed_since": "2026-01-05T09:30:00"}, "placed_since"),
    ("/orders", {"placed_until": "0001-01-01T00:00:00+14:00"}, "placed_until"),
    ("/orders", {"sku": "a\x00b"}, "sku"),
    ("/orders/a b", {}, "order_id"),
    ("/orders/a%0Ab", {}, "order_id"),
    ("/orders/%00", {}, "order_id"),
    (f"/stock/{SKU}/queue", {"after": "eyJudW1iZXIiOjF9"}, "after"),
    ("/kpi", {"since": "0001-01-01"}, "since"),
    ("/kpi", {"until": "9999-12-31"}, "until"),
    ("/kpi", {"since": "2026-02-01", "until": "2026-02-01"}, "since"),
    ("/kpi", {"since": "1980-02-01", "until": "2026-02-01"}, "since"),
    ("/reports/value", {"since": "soon"}, "since"),
    ("/events", {"order_id": "100", "sku": "A"}, "sku"),
    ("/events", {"after": "eyJudW1iZXIiOjEwMDAwMDAwMDAwMDAwMDAwMDAwMDAwfQ"}, "after"),
    ("/events", {"dead": "perhaps"}, "dead"),
]


async def test_a_parameter_that_cannot_be_meant_is_named(booked: Api) -> None:
    for path, asked, field in PARAMETERS:
        assert problem(await booked.get(path, **asked)) == (422, "BadInput", [field]), (path, asked)


async def test_what_there_is_not_is_not_found(booked: Api) -> None:
    paths = ("/orders/1", "/orders/1/explanation", "/orders/1/delays", "/stock/NONE", "/stock/NONE/queue")
    orders = [problem(await booked.get(path))[:2] for path in paths]
    value = problem(await booked.get("/reports/value", sku="NONE"))[:2]
    event = problem(await booked.post("/events/nothing/resend"))[:2]
    handover = problem(await booked.post("/orders/1/parcels/1/handover"))[:2]

    assert orders == [(404, "UnknownOrder")] * 3 + [(404, "UnknownSku")] * 2
    assert [value, event, handover] == [(404, "UnknownSku"), (404, "UnknownEvent"), (404, "UnknownOrder")]


async def test_while_temporal_is_away_what_needs_it_says_so_and_looking_goes_on(api: Api) -> None:
    change = json.loads((EXAMPLES / "inventory_received.json").read_text())
    wish = json.loads((EXAMPLES / "cancellation.json").read_text())
    answers = [
        await api.post("/orders", ORDER),
        await api.post("/inventory-changes", change),
        await api.post("/orders/100/cancellations", wish),
        await api.post("/orders/100/hold", {"reason": "odd"}, Scope.SUPPORT),
    ]
    batch = (await api.post("/orders/batch", [ORDER])).json()

    assert [problem(answer)[:2] for answer in answers] == [(503, "OutOfReach")] * 4
    assert {answer.headers["retry-after"] for answer in answers} == {"5"}
    assert batch[0]["problem"]["code"] == "OutOfReach"
    assert (await api.get("/orders")).json() == {"items": [], "next": None}
    assert (await api.post("/quotes", ORDER)).json()["outcome"] == "backordered"


@pytest.mark.parametrize(
    "url", ["postgresql+psycopg://nobody@127.0.0.1:9/none", "sqlite:////nowhere/none.db"]
)
async def test_while_the_database_is_away_every_question_says_so(url: str) -> None:
    database = Database(url)
    async with asking(house_of(Backorders(await away(), database), database)) as api:
        asked = ("/orders", "/orders/1", f"/stock/{SKU}", "/kpi", "/events")
        answers = [await api.get(path) for path in asked]
        answers.append(await api.post("/quotes", ORDER))
    database.close()

    assert [problem(answer)[:2] for answer in answers] == [(503, "OutOfReach")] * 6
    assert {answer.headers["retry-after"] for answer in answers} == {"5"}
    assert "127.0.0.1" not in answers[0].text


class _Slow(Backorders):
    async def quote(self, _order: Any) -> Any:
        await asyncio.sleep(60)


class _Broken(Backorders):
    async def quote(self, _order: Any) -> Any:
        raise ValueError(f"{ORDER['customer']['email']} is private")


async def _quoted(kind: Callable[..., Backorders], database: Database) -> Any:
    async with asking(house_of(kind(await away(), database), database)) as api:
        return await api.post("/quotes", ORDER)


async def test_what_takes_too_long_is_answered_in_time(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doors.Door, "seconds", 0.2)  # its own limit is a matter of seconds

    began = datetime.now(UTC)
    answer = await _quoted(_Slow, sqlite_database)

    assert problem(answer)[:2] == (503, "OutOfReach")
    assert (datetime.now(UTC) - began).total_seconds() < 5


async def test_a_fault_of_ours_says_where_it_was_and_nothing_private(
    sqlite_database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        answer = await _quoted(_Broken, sqlite_database)

    assert problem(answer)[:2] == (500, "InternalError")
    assert "ValueError" in caplog.text
    assert "test_api_doors.py" in caplog.text
    assert "example.com" not in caplog.text + answer.text


async def test_every_answer_has_the_headers_that_keep_it_from_doing_more(api: Api) -> None:
    answers = [
        await api.get("/orders"),
        await api.get("/nowhere"),
        await api.http.get("/api/v1/openapi.json"),
    ]

    for answer in answers:
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")


async def test_the_description_can_be_read_and_asks_nobody_else(api: Api) -> None:
    page = await api.http.get("/api/v1/docs")
    sheet = re.findall(r'href="(/static/[^"]+)"', page.text)

    assert page.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
    assert "<script" not in page.text
    assert not re.search(r'(href|src)="https?:', page.text)
    assert all(f'<section id="{name}">' in page.text for name in ("place_order", "cancel_order", "get_kpi"))
    assert [(await api.http.get(one)).status_code for one in sheet] == [200]


async def test_the_description_shows_the_contracts_own_examples_and_they_fit(api: Api) -> None:
    described = (await api.http.get("/api/v1/openapi.json")).json()
    contract = {path.stem: json.loads(path.read_text()) for path in EXAMPLES.glob("*.json")}
    shown: dict[str, Any] = {}

    for ways in described["paths"].values():
        for operation in ways.values():
            assert operation["summary"]
            assert operation["description"]
            assert operation["security"] == [{"token": []}]
            for part in (operation.get("requestBody", {}), *operation["responses"].values()):
                for content in part.get("content", {}).values():
                    check = validator_for({**content["schema"], "components": described["components"]})
                    for name, example in content.get("examples", {}).items():
                        check.validate(example["value"])
                        shown[name] = example["value"]

    agreed = [name for name in ("order", "decision", "status", "cancellation", "inbound") if name in shown]
    assert len(agreed) == 5
    assert [
        name for name in agreed if shown[name] != contract[name] and shown[name] != [contract[name]]
    ] == []
    assert not [name for name in described["components"]["schemas"] if "_" in name or "-" in name]
    assert described["servers"] == [{"url": "/api/v1"}]

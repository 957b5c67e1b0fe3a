"""Files that are loaded: JSON or CSV, whole or not at all, each bad field named with its place."""

import json
import os
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from domain.policy import Acceptance, Policy
from starter.commands import loading
from starter.door import Said
from starter.errors import BadInput
from store import catalog
from store.database import Database
from store.migrate import migrate
from store.promises import offered
from store.supply_tables import DeliveryRow, SupplierRow
from store.tables import ProductRow

Load = Callable[[Path], Any]

CATALOG = """sku,title,max_wait_days,needs_known_eta,release_on,may_split
A,Apple,30,true,,
B,"Berry, blue",,,2026-12-01,false
"""
POLICY = """name,value
handling_days,2
head_start_days.vip,9
payment_retry_days,1 3 5
delay_rule.*,eu
stale_after_days_without_promise,null
"""
SUPPLIERS = """supplier,email,inbound_id,eta,received_on,quantity
Acme,orders@acme.example,PO-1,2025-10-01,2025-10-04,40
Acme,,PO-2,2025-11-01,2025-11-01,10
Quiet Ltd,,,,,
"""


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    url = f"sqlite:///{tmp_path / 'backorder.db'}"
    monkeypatch.setenv("BACKORDER_DATABASE_URL", url)
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    opened = Database(url)
    migrate(opened)
    return opened


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str, Any], Path]:
    def write(name: str, body: Any) -> Path:
        path = tmp_path / name
        path.write_text(body if isinstance(body, str) else json.dumps(body))
        return path

    return write


def product(database: Database, sku: str) -> ProductRow:
    return database.read(lambda session: session.get_one(ProductRow, sku))


async def test_products_of_a_csv_file_take_the_shops_word_where_a_cell_is_empty(
    database: Database, file: Callable[[str, Any], Path]
) -> None:
    said: Said = await loading.load_catalog(file("catalog.csv", CATALOG))

    assert said.document == {"products": 2, "orders_told": 0}
    policy = Policy(acceptance=Acceptance(max_wait_days=90, needs_known_eta=False, usual_restock_days=5))
    apple, berry = (offered(product(database, sku), policy) for sku in "AB")
    assert (apple.max_wait_days, apple.needs_known_eta, apple.usual_restock_days) == (30, True, 5)
    assert (berry.max_wait_days, berry.needs_known_eta, berry.title) == (90, False, "Berry, blue")
    assert (berry.release_on, berry.may_split) == (date(2026, 12, 1), False)


@pytest.mark.usefixtures("database")
async def test_one_product_and_one_supplier_are_one(file: Callable[[str, Any], Path]) -> None:
    products = await loading.load_catalog(file("one.csv", "sku,title\nA,Apple\n"))
    suppliers = await loading.load_suppliers(file("two.csv", "supplier,email\nAcme,\n"))

    assert (products.text[:17], suppliers.text[:18]) == ("1 product loaded.", "1 supplier loaded.")


async def test_a_policy_of_a_csv_file_names_the_parts_of_a_field(
    database: Database, file: Callable[[str, Any], Path]
) -> None:
    await loading.load_policy(file("policy.csv", POLICY))

    policy = database.read(catalog.policy)
    assert (policy.handling_days, policy.head_start_days.vip, policy.head_start_days.expedited) == (2, 9, 5)
    assert (policy.payment_retry_days, policy.delay_rule) == ((1, 3, 5), {"*": "eu"})
    assert policy.stale_after_days_without_promise is None


@pytest.mark.parametrize("name", ["suppliers.csv", "suppliers.json"])
async def test_suppliers_are_loaded_with_what_they_delivered_and_loading_twice_changes_nothing(
    database: Database, file: Callable[[str, Any], Path], name: str
) -> None:
    delivered = [
        {"inbound_id": "PO-1", "eta": "2025-10-01", "received_on": "2025-10-04", "quantity": 40},
        {"inbound_id": "PO-2", "eta": "2025-11-01", "received_on": "2025-11-01", "quantity": 10},
    ]
    acme = {"supplier": "Acme", "email": "orders@acme.example", "deliveries": delivered}
    body = SUPPLIERS if name.endswith("csv") else {"suppliers": [acme, {"supplier": "Quiet Ltd"}]}
    for _ in range(2):
        await loading.load_suppliers(file(name, body))

    deliveries = database.read(lambda session: session.scalars(select(DeliveryRow)).all())
    suppliers = database.read(
        lambda session: {one.supplier: one for one in session.scalars(select(SupplierRow))}
    )
    assert [(one.inbound_id, one.quantity, one.sku) for one in deliveries] == [
        ("PO-1", 40, ""),
        ("PO-2", 10, ""),
    ]
    assert (suppliers["Acme"].email, suppliers["Acme"].on_time) == ("orders@acme.example", 0.5)
    assert suppliers["Acme"].buffer_days is not None
    assert suppliers["Quiet Ltd"].email is None


BAD: list[tuple[Load, str, Any, str]] = [
    (loading.load_catalog, "c.csv", "sku,title,max_wait_days\nA,Apple,soon\n", r"line 2: max_wait_days"),
    (loading.load_catalog, "c.csv", "sku,title,colour\nA,Apple,red\n", r"line 2: colour"),
    (loading.load_catalog, "c.csv", "sku,title\nA,Apple,1\n", r"line 2: more cells"),
    (loading.load_catalog, "c.csv", "sku,title\nA,Apple\nA,Again\n", r"A stands there twice"),
    (loading.load_catalog, "c.csv", "", r"no column names"),
    (loading.load_policy, "p.csv", "name,worth\nhandling_days,1\n", r"line 2: a policy has"),
    (loading.load_suppliers, "s.csv", "supplier,email\nAcme,nobody\n", r"line 2: email"),
    (
        loading.load_suppliers,
        "s.csv",
        "supplier,inbound_id,eta,received_on\nA,P,2025-01-01,later\n",
        r"received_on",
    ),
    (loading.load_suppliers, "s.json", "{", r"not JSON"),
]


@pytest.mark.parametrize(("load", "name", "body", "why"), BAD)
async def test_a_bad_file_is_refused_with_its_place_and_nothing_is_stored(
    database: Database, file: Callable[[str, Any], Path], load: Load, name: str, body: Any, why: str
) -> None:
    with pytest.raises(BadInput, match=why):
        await load(file(name, body))

    assert database.read(lambda session: session.scalars(select(ProductRow.sku)).all()) == []
    assert database.read(lambda session: session.scalars(select(SupplierRow.supplier)).all()) == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"handling_days": -1}, "handling_days"),
        ({"gift_wrap": True}, "gift_wrap"),
        ({"delay_rule": {"US": "fct"}}, "delay_rule"),
        ({"holidays": "XX"}, "holidays"),
    ],
)
async def test_a_bad_policy_is_refused_by_its_field(
    database: Database, file: Callable[[str, Any], Path], body: dict[str, Any], field: str
) -> None:
    with pytest.raises(ValueError, match=field):
        await loading.load_policy(file("policy.json", body))

    assert database.read(catalog.policy) == Policy()
    assert os.environ["BACKORDER_DATABASE_URL"]

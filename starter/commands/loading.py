"""Loading what the shop decides and knows: products, its policy, its suppliers."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from domain.history_words import counted
from domain.policy import Catalog, NewPolicy, Product
from domain.suppliers import Supplier, SupplierDelivery, Suppliers
from starter import door, renewing
from starter.door import Said
from starter.errors import BadInput, OutOfReach
from starter.files import Rows, checked, load
from store import catalog, keys, supply
from store import suppliers as books
from store.database import Database

_DELIVERED = tuple(SupplierDelivery.model_fields)


async def load_catalog(file: Path) -> Said:
    """Products; nothing is stored when one of them is bad."""
    loaded = load(Catalog, file, partial(_products, file))
    twice = [sku for sku, count in Counter(one.sku for one in loaded.products).items() if count > 1]
    if twice:
        raise BadInput(f"{file}: sku: {', '.join(twice)} stands there twice")
    async with door.database() as database:
        changed = await database.awrite(catalog.load_products, loaded.products)
        told = await _renewed(database, changed)
    count = len(loaded.products)
    return Said({"products": count, **told.document}, f"{counted(count, 'product')} loaded.{told.text}")


def _products(file: Path, rows: Rows) -> Any:
    found = checked(Product, file, rows)
    return {"products": [one.model_dump(mode="json", exclude_unset=True) for one in found]}


async def load_policy(file: Path) -> Said:
    policy = load(NewPolicy, file, partial(_policy, file))
    async with door.database() as database:
        await database.awrite(catalog.load_policy, policy, datetime.now(UTC))
        told = await _renewed(database, await database.aread(supply.skus_with_supply))
    text = f"The policy is in force for orders placed from now on.{told.text}"
    return Said({"policy": "loaded", **told.document}, text)


def _policy(file: Path, rows: Rows) -> Any:
    """Columns name and value: `head_start_days.vip` is a part of a field; several numbers stand side by side."""
    body: dict[str, Any] = {}
    for number, row in rows:
        if set(row) != {"name", "value"}:
            raise BadInput(f"{file}, line {number}: a policy has the columns name and value")
        name, _, part = str(row["name"]).partition(".")
        value = row["value"].split() if name == "payment_retry_days" else row["value"]
        if part:
            body.setdefault(name, {})[part] = value
        else:
            body[name] = value
    return body


async def load_suppliers(file: Path) -> Said:
    """Suppliers and what they delivered; what is learned from it holds for promises from now on."""
    loaded = load(Suppliers, file, partial(_suppliers, file))
    today = datetime.now(ZoneInfo(door.settings().time_zone)).date()
    async with door.database() as database:
        count = await database.awrite(books.load, loaded, today)
        told = await _renewed(database, await database.aread(supply.skus_with_supply))
    return Said({"suppliers": count, **told.document}, f"{counted(count, 'supplier')} loaded.{told.text}")


async def _renewed(database: Database, skus: Iterable[str]) -> Said:
    """Dates that follow from what was loaded; where Temporal is away, the next review tells of them."""
    at = datetime.now(UTC)
    cause = keys.loaded(at)
    if not await renewing.renew(database, skus, cause, at, door.settings().time_zone):
        return Said({"orders_told": 0}, "")
    try:
        async with door.backorders() as doors:
            told = await renewing.tell(database, doors.client, cause, at)
    except OutOfReach:
        return Said(
            {"orders_told": 0}, " Temporal is out of reach: orders hear of their new dates with the review."
        )
    return Said(
        {"orders_told": told}, f" {told} {'order was' if told == 1 else 'orders were'} told of new dates."
    )


def _suppliers(file: Path, rows: Rows) -> Any:
    """A row for each delivery; a supplier without any has empty cells there."""
    deliveries: dict[str, list[Any]] = {}
    emails: dict[str, str] = {}
    plain = [(number, {k: v for k, v in row.items() if k not in _DELIVERED}) for number, row in rows]
    came = [(number, {k: v for k, v in row.items() if k in _DELIVERED}) for number, row in rows]
    for one, (number, cells) in zip(checked(Supplier, file, plain), came, strict=True):
        of_one = deliveries.setdefault(one.supplier, [])
        if one.email:
            emails[one.supplier] = one.email
        if cells:
            (delivery,) = checked(SupplierDelivery, file, [(number, cells)])
            of_one.append(delivery.model_dump(mode="json"))
    return {
        "suppliers": [
            {"supplier": name, "email": emails.get(name), "deliveries": came}
            for name, came in deliveries.items()
        ]
    }

"""Setting up: migrations, search attributes, products, policy."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from domain.policy import Catalog, Policy
from starter import door
from starter.commands.orders import read_text
from starter.door import Said
from starter.errors import BadInput, OutOfReach
from store import catalog
from store.database import Database
from store.migrate import migrate
from workflows.connection import connect, register_search_attributes

M = TypeVar("M", bound=BaseModel)


async def init() -> Said:
    """Safe to run again."""
    settings, address = door.here()
    if not settings.database_url:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    database = Database(settings.database)
    try:
        migrate(database)
    finally:
        database.close()
    try:
        await register_search_attributes(await connect(address))
    except RuntimeError as error:
        raise OutOfReach("Temporal") from error
    return Said(
        {"database": "newest", "search_attributes": "registered"},
        "The database is at its newest migration; Temporal knows our search attributes.",
    )


async def load_catalog(file: Path) -> Said:
    loaded = _load(Catalog, file)
    async with door.database() as database:
        count = database.write(catalog.load_products, loaded.products)
    return Said({"products": count}, f"{count} products loaded.")


async def load_policy(file: Path) -> Said:
    policy = _load(Policy, file)
    unknown = set(_json(file)) - set(Policy.model_fields)
    if unknown:
        raise BadInput(f"{', '.join(sorted(unknown))}: the policy has no such field")
    async with door.database() as database:
        database.write(catalog.load_policy, policy, datetime.now(UTC))
    return Said({"policy": "loaded"}, "The policy is in force for orders placed from now on.")


def _load(model: type[M], file: Path) -> M:
    return model.model_validate_json(json.dumps(_json(file)))


def _json(file: Path) -> Any:
    try:
        return json.loads(read_text(str(file)))
    except ValueError as error:
        raise BadInput(f"{file}: not JSON: {error}") from None

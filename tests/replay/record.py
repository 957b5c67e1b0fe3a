"""Play every life and keep its history: `python -m tests.replay.record [--into FOLDER] [LIFE …]`.

Writes `tests/replay/histories/<version>/<workflow id>.json` (`<workflow id>.<n>.json` where a life has several
runs; a slash in an id is written `%2F`), or the same into FOLDER. Record a set for each release, and leave the older
ones: orders placed with them are still open. What stood in the folder before is replaced; where lives are named (as
`told-weekly`), only those are played, and added to what is there.
"""

import argparse
import asyncio
import json
import logging
import shutil
import sys
from collections.abc import Callable, Coroutine, Sequence
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

from temporalio.client import WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode

from domain.policy import Product
from store import catalog
from store.database import Database
from store.migrate import migrate
from tests.replay.changes import CHANGES
from tests.replay.correcting_lives import CORRECTIONS, resending
from tests.replay.life import Life
from tests.replay.lives import ORDERS
from tests.replay.parcel_lives import PARCELS
from tests.replay.review_lives import REVIEWS, review_id
from tests.replay.waiting_lives import WAITS
from tests.shop import Shop, open_shop
from workflows.messages import backorder_workflow_id, inventory_workflow_id, resend_workflow_id

HISTORIES = Path(__file__).parent / "histories"
RECORDER = "recorder"

Play = Callable[[Life], Coroutine[Any, Any, None]]

PLAYS: tuple[Play, ...] = (*ORDERS, *PARCELS, *WAITS, *CHANGES, *CORRECTIONS, *REVIEWS)


async def record(folder: Path, named: Sequence[str] = ()) -> int:
    """Play the lives, or those that are named, one after another in one shop; how many histories they left."""
    with TemporaryDirectory() as scratch:
        database = Database(f"sqlite:///{scratch}/backorder.db")
        migrate(database)
        try:
            async with open_shop(database, Path(scratch), identity=RECORDER) as shop:
                return sum([await _play(shop, life, folder) for life in _lives(shop, named)])
        finally:
            database.close()


def _lives(shop: Shop, named: Sequence[str]) -> Sequence[tuple[Play, Life]]:
    every = [(play, Life(shop, play.__name__.replace("_", "-"))) for play in PLAYS]
    lives = [(play, life) for play, life in every if not named or life.name in named]
    products = tuple(Product(sku=life.sku, title=life.sku.title()) for _, life in lives)
    shop.database.write(catalog.load_products, products)
    return lives


async def _play(shop: Shop, part: tuple[Play, Life], folder: Path) -> int:
    play, life = part
    await play(life)
    await _back_in_order(shop)
    kept = 0
    ids = (
        backorder_workflow_id(life.name),
        inventory_workflow_id(life.name),
        resend_workflow_id(resending(life.name)),
        review_id(life.name),
    )
    for workflow_id in ids:
        runs = await _runs(shop, workflow_id)
        for number, history in enumerate(runs, 1):
            kept_as = quote(workflow_id, safe="")
            named = kept_as if len(runs) == 1 else f"{kept_as}.{number}"
            (folder / f"{named}.json").write_text(json.dumps(history, separators=(",", ":")) + "\n")
        kept += len(runs)
    return kept


async def _back_in_order(shop: Shop) -> None:
    """Gateways that were away for one life are there for the next."""
    now = await shop.now()
    shop.payments.down_until(now)
    shop.carrier.down_until(now)


async def _runs(shop: Shop, workflow_id: str) -> list[dict[str, Any]]:
    """The histories of a workflow, from its first run to its last; none when it never was."""
    runs: list[dict[str, Any]] = []
    handle: WorkflowHandle[Any, Any] = shop.client.get_workflow_handle(workflow_id)
    while True:
        try:
            history = (await handle.fetch_history()).to_json_dict()
        except RPCError as error:
            if error.status == RPCStatusCode.NOT_FOUND:
                return runs
            raise
        runs.insert(0, _clean(history))
        before = history["events"][0]["workflowExecutionStartedEventAttributes"].get(
            "continuedExecutionRunId"
        )
        if not before:
            return runs
        handle = shop.client.get_workflow_handle(workflow_id, run_id=before)


def _clean(part: Any) -> Any:
    """Without this machine's names and paths, which no replay needs."""
    if isinstance(part, list):
        return [_clean(one) for one in part]
    if not isinstance(part, dict):
        return part
    replaced = {"identity": RECORDER, "stackTrace": ""}
    return {name: replaced.get(name) if name in replaced else _clean(value) for name, value in part.items()}


def main() -> None:
    logging.getLogger("temporalio").setLevel(logging.CRITICAL)  # lives fail on purpose
    asked = argparse.ArgumentParser(description="Record lives.")
    asked.add_argument("--into", type=Path, default=HISTORIES / version("backorder"), metavar="FOLDER")
    asked.add_argument("lives", nargs="*", metavar="LIFE")
    wanted = asked.parse_args()
    folder: Path = wanted.into
    if not wanted.lives:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    count = asyncio.run(record(folder, wanted.lives))
    sys.stdout.write(f"{count} histories in {folder}\n")


if __name__ == "__main__":
    main()

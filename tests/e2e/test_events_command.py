"""The order system's webhook beside a running `up`, and its events as operations type for them."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook

from starter.commands.events import resend
from starter.errors import BadInput
from tests.e2e.commands import SKU, example_order, run, running_up
from tests.fakes.oms_server import SECRET, OmsServer
from tests.shop import eventually

ID = "order:100:backordered:1"


def _listed(data: Path, *which: str) -> list[dict[str, Any]]:
    listed = run(data, "events", "--json", *which)
    assert listed.returncode == 0, listed.stderr
    found: list[dict[str, Any]] = json.loads(listed.stdout)
    return found


@pytest.mark.slow
async def test_events_are_sent_listed_and_sent_again(tmp_path: Path) -> None:
    oms = OmsServer()
    oms.fail(410)
    async with oms.serving() as url:
        settings = {"BACKORDER_WEBHOOK_URL": url, "BACKORDER_WEBHOOK_SECRET": SECRET}
        await asyncio.to_thread(_play, tmp_path, settings, oms, asyncio.get_running_loop())

    assert [got.type for got in oms.of("100")] == [
        "order.parcel_shipped",
        "order.completed",
        "order.backordered",
    ]
    assert [got.event_id for got in oms.tried].count(ID) == 2
    assert all(Webhook(SECRET).verify(got.content, got.headers) for got in oms.taken)


def _play(data: Path, settings: dict[str, str], oms: OmsServer, loop: asyncio.AbstractEventLoop) -> None:
    def until(count: int) -> None:
        waiting = eventually(lambda: len(oms.tried) >= count, f"{count} tries")
        asyncio.run_coroutine_threadsafe(waiting, loop).result()

    with running_up(data, settings):
        assert run(data, "place", "-", typed=json.dumps(example_order("100"))).returncode == 0
        until(1)
        assert run(data, "receive", f"{SKU}=20", "--id", "R-1").returncode == 0
        until(4)

        (dead,) = _listed(data, "--dead")
        shown = run(data, "events", "--order", "100")
        again = run(data, "events", "resend", "--dead", "--by", "operations:li")
        until(5)

        assert (dead["event_id"], dead["order_id"], dead["state"]) == (ID, "100", "dead")
        assert (dead["attempts"], dead["error"]) == (1, "answered 410")
        assert ID in shown.stdout
        assert "answered 410" in shown.stdout
        assert again.stdout == "1 event is sent again at once.\n"


async def test_what_is_sent_again_is_named_or_all_that_is_dead() -> None:
    for ids, dead in (([], False), ([ID], True)):
        with pytest.raises(BadInput, match="name events, or say --dead"):
            await resend(ids, "operations", dead=dead)

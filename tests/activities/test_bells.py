"""Each bell becomes a signal; one that cannot be heard stops none of the others."""

from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from activities.bells import Bells, Ring
from store.database import Database
from tests.activities.desk import Desk
from tests.store.stockroom import SKU, day

CAUSE = "inventory-CH-9"


@dataclass
class Temporal:
    """Takes signals; some workflows are gone, and it may fail at some."""

    gone: set[str] = field(default_factory=set)
    fails_at: set[str] = field(default_factory=set)
    heard: list[tuple[str, str, str]] = field(default_factory=list)

    def get_workflow_handle(self, workflow_id: str) -> "_Handle":
        return _Handle(self, workflow_id)


@dataclass
class _Handle:
    temporal: Temporal
    workflow_id: str

    async def signal(self, name: str, argument: Any) -> None:
        if self.workflow_id in self.temporal.gone:
            raise RPCError("gone", RPCStatusCode.NOT_FOUND, b"")
        if self.workflow_id in self.temporal.fails_at:
            raise RPCError("away", RPCStatusCode.UNAVAILABLE, b"")
        self.temporal.heard.append((self.workflow_id, name, argument))


def bells(database: Database, temporal: Temporal) -> Bells:
    return Bells(database, cast(Client, temporal), "wf-{}".format)


def waiting(desk: Desk, *order_ids: str) -> Ring:
    """Orders that stock has just reached, their bells not rung yet."""
    for order_id in order_ids:
        desk.room.place(order_id, 1)
    desk.room.receive(len(order_ids), change_id="CH-9")
    return Ring(cause=CAUSE, at=day(10))


async def test_every_order_hears_of_its_stock_once(desk: Desk) -> None:
    temporal, ring = Temporal(), waiting(desk, "100", "101")
    activity = bells(desk.room.database, temporal)

    assert await desk.run(activity.ring_bells, ring) == 2
    assert await desk.run(activity.ring_bells, ring, attempt=2) == 0

    assert sorted(temporal.heard) == [
        ("wf-100", "inventory_received", CAUSE),
        ("wf-101", "inventory_received", CAUSE),
    ]


async def test_a_workflow_that_is_no_more_stops_none_of_the_others(desk: Desk) -> None:
    temporal, ring = Temporal(gone={"wf-100"}), waiting(desk, "100", "101")

    assert await desk.run(bells(desk.room.database, temporal).ring_bells, ring) == 1
    assert [workflow_id for workflow_id, _, _ in temporal.heard] == ["wf-101"]


async def test_a_temporal_that_is_away_is_rung_again_until_everybody_heard(desk: Desk) -> None:
    temporal, ring = Temporal(fails_at={"wf-100"}), waiting(desk, "100", "101")
    activity = bells(desk.room.database, temporal)
    with pytest.raises(RPCError):
        await desk.run(activity.ring_bells, ring)

    temporal.fails_at.clear()
    await desk.run(activity.ring_bells, ring, attempt=2)

    # Who heard in the first try is not rung again for another's sake.
    assert sorted(workflow_id for workflow_id, _, _ in temporal.heard) == ["wf-100", "wf-101"]


async def test_it_says_with_each_signal_that_it_goes_on(desk: Desk) -> None:
    ring, beats = waiting(desk, "100", "101"), list[object]()

    await desk.run(bells(desk.room.database, Temporal()).ring_bells, ring, beats=beats)

    assert len(beats) == 2


async def test_a_cause_that_reached_nobody_rings_nothing(desk: Desk) -> None:
    temporal = Temporal()
    desk.room.receive(5, SKU, change_id="CH-9")

    assert await desk.run(bells(desk.room.database, temporal).ring_bells, Ring(cause=CAUSE, at=day(10))) == 0
    assert temporal.heard == []

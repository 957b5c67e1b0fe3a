"""What support and the warehouse type about parcels: choose, handover, settle, track."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from domain.report import Status
from store.database import Database
from store.status import status
from tests.e2e.commands import SKU, example_order, run, running_up

LIMIT_SECONDS = 20


@dataclass
class Desk:
    """A terminal beside a running `backorder up`, in a shop whose warehouse hands parcels over."""

    data: Path
    database: Database
    _receipts: int = 0

    def place(self, order_id: str, units: int, **fields: Any) -> None:
        body = example_order(order_id, **{name: value for name, value in fields.items() if name != "method"})
        body["customer"]["customer_id"] = f"C-{order_id}"
        body["lines"][0]["quantity"] = units
        body["payment"]["method"] = fields.get("method", "pm_card_visa")
        placed = run(self.data, "place", "-", typed=json.dumps(body))
        assert placed.returncode == 0, placed.stderr

    def receive(self, units: int) -> None:
        self._receipts += 1
        assert self.says("receive", f"{SKU}={units}", "--id", f"ASN-{self._receipts}")

    def says(self, *arguments: str) -> str:
        """What a command that works prints."""
        ended = run(self.data, *arguments)
        assert (ended.returncode, ended.stderr) == (0, "")
        return ended.stdout

    def tells(self, *arguments: str) -> Any:
        return json.loads(self.says(*arguments, "--json"))

    def refuses(self, *arguments: str) -> tuple[int, str]:
        """The exit status and the words of a command that does not."""
        ended = run(self.data, *arguments)
        assert ended.stdout == ""
        return ended.returncode, ended.stderr

    def status(self, order_id: str) -> Status:
        """As the command would tell it, and sooner."""
        return self.database.read(status, order_id, datetime.now(UTC))

    def until(self, order_id: str, so: Callable[[Status], Any]) -> Any:
        """What is so of the order, once it is."""
        ends = time.monotonic() + LIMIT_SECONDS
        while not (seen := so(self.status(order_id))):
            assert time.monotonic() < ends, self.status(order_id)
            time.sleep(0.05)
        return seen

    def label(self, order_id: str) -> str:
        """The tracking number of the order's parcel, once its label is bought."""
        return str(self.until(order_id, lambda order: order.parcels and order.parcels[0].tracking))


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    data = tmp_path_factory.mktemp("desk")
    (data / "policy.json").write_text('{"shipped_when": "handed_over"}')
    with running_up(data) as addresses, closing(Database(addresses["database"])) as database:
        assert run(data, "policy", "load", "policy.json").returncode == 0
        yield Desk(data, database)


@pytest.mark.slow
def test_a_parcel_counts_as_shipped_once_the_warehouse_hands_it_over(desk: Desk) -> None:
    desk.place("h-1", 2, fulfilment="together")
    desk.receive(2)
    tracking = desk.label("h-1")
    unpaid = desk.status("h-1").payments

    said = desk.says("handover", "h-1", "1")
    desk.until("h-1", lambda order: order.status == "completed")
    again = desk.tells("handover", "h-1", "1")

    assert (unpaid, said) == ((), "Order h-1: parcel 1 is with its carrier.\n")
    assert [one.kind for one in desk.status("h-1").payments] == ["capture"]
    assert again == {"order_id": "h-1", "parcel": 1, "tracking": tracking}


def test_a_parcel_that_is_not_there_cannot_be_handed_over(desk: Desk) -> None:
    desk.place("h-2", 1)

    assert desk.refuses("handover", "h-2", "1") == (
        1,
        "backorder: number: order h-2 has no parcel 1 with a label\n",
    )
    assert desk.refuses("handover", "nobody", "1") == (1, "backorder: unknown order: nobody\n")
    for number in ("0", "one"):
        code, words = desk.refuses("handover", "h-2", number)
        assert (code, "'N'" in words) == (2, True)
    assert desk.says("cancel", "h-2")


def test_parcels_are_tracked_as_their_carriers_say(desk: Desk) -> None:
    desk.place("t-1", 1)
    none = desk.says("track", "t-1")
    desk.receive(1)
    tracking = desk.label("t-1")

    shown = desk.says("track", "t-1")
    [parcel] = desk.tells("track", "t-1")["parcels"]

    assert none == "Order t-1 has no parcel with a label.\n"
    assert all(word in shown for word in ("UPS", tracking, "pre_transit"))
    assert (parcel["number"], parcel["tracking"]) == (1, tracking)
    assert parcel["tracked"]["status"] == "pre_transit"
    assert desk.refuses("track", "nobody") == (1, "backorder: unknown order: nobody\n")


@pytest.mark.slow
def test_a_customer_who_was_asked_chooses_and_may_choose_again(desk: Desk) -> None:
    desk.place("c-1", 3, fulfilment="ask")
    desk.receive(2)
    desk.until("c-1", lambda order: order.status == "awaiting_choice")

    together = desk.tells("choose", "c-1", "together")
    desk.until("c-1", lambda order: order.status == "waiting")
    split = desk.says("choose", "c-1", "split", "--by", "support")
    desk.label("c-1")

    assert (together["order_id"], together["cancelled"]) == ("c-1", None)
    assert split == "Order c-1: What is here is sent now, the rest later.\n"
    assert desk.tells("choose", "c-1", "cancel")["cancelled"]["units_cancelled"] == 3
    assert desk.refuses("choose", "c-1", "split")[0] == 1


def test_a_choice_that_is_none_is_bad_input_and_an_unknown_order_is_refused(desk: Desk) -> None:
    code, words = desk.refuses("choose", "nobody", "perhaps")

    assert (code, words) == (2, "backorder: choice: Input should be 'split', 'together' or 'cancel'\n")
    assert desk.refuses("choose", "nobody", "split") == (1, "backorder: no open order has this id\n")


@pytest.mark.slow
def test_an_unpaid_parcel_is_settled_once_with_a_reason(desk: Desk) -> None:
    desk.place("s-1", 1, method="pm_card_captureFails")
    desk.receive(1)
    desk.label("s-1")
    not_yet = desk.refuses("settle", "s-1", "--how", "written_off", "--reason", "a gift")
    desk.says("handover", "s-1", "1")
    desk.until("s-1", lambda order: order.unpaid_minor == 9500)

    settle = ("settle", "s-1", "--reason", "bank transfer")
    wrong = [
        desk.refuses(*settle, "--how", "gift"),
        desk.refuses(*settle, "--how", "stopped", "--parcel", "0"),
    ]
    other = desk.refuses(*settle, "--how", "paid_elsewhere", "--parcel", "2")
    still = desk.status("s-1").unpaid_minor
    said = desk.says(*settle, "--how", "paid_elsewhere")
    desk.until("s-1", lambda order: order.status == "completed")

    assert not_yet == (1, "backorder: order s-1 has no unpaid parcel\n")
    assert [code for code, _ in wrong] == [2, 2]
    assert all(field in words for (_, words), field in zip(wrong, ("how: ", "--parcel"), strict=True))
    assert (other[0], "parcel 2 is not unpaid" in other[1]) == (1, True)
    assert (still, said) == (9500, "Order s-1: Parcel 1 is settled: paid_elsewhere.\n")
    assert desk.refuses(*settle, "--how", "paid_elsewhere")[0] == 1


def test_a_settlement_needs_its_reason_and_its_order(desk: Desk) -> None:
    missing = desk.refuses("settle", "nobody", "--how", "stopped")
    blank = desk.refuses("settle", "nobody", "--how", "stopped", "--reason", "", "--parcel", "1")
    unknown = desk.refuses("settle", "nobody", "--how", "stopped", "--reason", "lost")
    how = desk.refuses("settle", "nobody", "--how", "foo", "--reason", "lost")

    assert how == (2, "backorder: --how: foo is none of paid_elsewhere, written_off, stopped\n")
    assert (missing[0], "--reason" in missing[1]) == (2, True)
    assert (blank[0], blank[1].startswith("backorder: reason: ")) == (2, True)
    assert unknown == (1, "backorder: unknown order: nobody\n")

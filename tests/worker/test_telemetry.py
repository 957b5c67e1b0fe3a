"""What a process tells of itself: metrics for Prometheus, traces for OpenTelemetry; nothing private in either."""

import re
import socket
import sqlite3
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import unquote

import httpx
import pytest
from temporalio.client import WorkflowHistory
from temporalio.common import MetricMeter
from temporalio.contrib.opentelemetry import TracingInterceptor
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer

from store.database import Database
from tests.e2e.commands import environment
from tests.e2e.providers import run
from tests.shop import PRICE
from tests.store.stockroom import Stockroom, day
from tests.worker.watching import free_port
from worker import gauges
from worker.gauges import Gauges, HandedOut
from worker.runner import Runner
from worker.settings import BadSetting, Settings
from worker.telemetry import runtime, telemetry
from worker.wiring import WORKFLOWS

HISTORIES = Path(__file__).parents[1] / "replay" / "histories"


class Scraped:
    """A runtime's metrics, as Prometheus asks for them."""

    def __init__(self) -> None:
        self.address = f"127.0.0.1:{free_port()}"
        self.runtime = runtime(self.address)

    @property
    def meter(self) -> MetricMeter:
        return self.runtime.metric_meter

    def read(self) -> dict[str, int]:
        text = httpx.get(f"http://{self.address}/metrics").text
        lines = [line.rpartition(" ") for line in text.splitlines() if line.startswith("backorder_")]
        return {name: int(value) for name, _, value in lines}


async def test_our_figures_are_those_of_the_books(stock: Stockroom) -> None:
    scraped = Scraped()
    stock.place("100", 3, placed=5)
    stock.place("101", 2, placed=7, currency="EUR")
    stock.receive(4, on=9)

    await Gauges(scraped.meter, stock.database, lambda: day(15)).read()

    told = scraped.read()
    assert told['backorder_open_orders{status="waiting"}'] == 2
    assert told['backorder_open_value_minor{currency="USD"}'] == 3 * PRICE
    assert told['backorder_open_value_minor{currency="EUR"}'] == 2 * PRICE
    assert told["backorder_units_waiting"] == 5
    assert told["backorder_oldest_order_seconds"] == timedelta(days=10).total_seconds()
    assert told["backorder_units_handed_out_total"] == 4
    assert told["backorder_outbox_pending"] > 0
    assert told["backorder_outbox_lag_seconds"] == timedelta(days=10).total_seconds()
    assert told["backorder_figures_read_at_seconds"] == day(15).timestamp()


async def test_events_that_nobody_wants_are_late_for_nobody(stock: Stockroom) -> None:
    scraped = Scraped()
    stock.place("100")

    await Gauges(scraped.meter, stock.database, lambda: day(15), sends=False).read()

    told = scraped.read()
    assert told["backorder_units_waiting"] == 1
    assert not [name for name in told if "outbox" in name]


async def test_what_there_is_no_more_of_falls_to_nothing(stock: Stockroom) -> None:
    scraped = Scraped()
    gauges = Gauges(scraped.meter, stock.database, lambda: day(15))
    stock.place("100", currency="EUR")
    await gauges.read()

    stock.cancel("100")
    await gauges.read()

    told = scraped.read()
    assert told['backorder_open_orders{status="waiting"}'] == 0
    assert told['backorder_open_value_minor{currency="EUR"}'] == 0
    assert told["backorder_units_waiting"] == told["backorder_oldest_order_seconds"] == 0
    assert told['backorder_holds{kind="payment_hold"}'] == 0


async def test_units_handed_out_are_counted_once_by_a_worker_that_begins_anew_and_over_any_time(
    stock: Stockroom,
) -> None:
    first, second, time = Scraped(), Scraped(), [0.0]
    counted = HandedOut(first.meter, stock.database, lambda: time[0])
    stock.place("100", 10)
    for _ in range(5):
        stock.receive(1)
        await counted.read()
        await counted.read()
        time[0] += 45
    await HandedOut(second.meter, stock.database).read()

    assert first.read() == second.read() == {"backorder_units_handed_out_total": 5}


async def test_a_row_that_is_seen_late_is_counted_too(stock: Stockroom) -> None:
    """On PostgreSQL a transaction may end after one whose rows have higher numbers."""
    scraped, time = Scraped(), [0.0]
    counted = HandedOut(scraped.meter, stock.database, lambda: time[0])
    stock.place("100", 10)
    stock.receive(1)
    _renumber(stock, "id + 1000", "id > 0")
    await counted.read()
    time[0] += 30
    stock.receive(2)
    _renumber(stock, "id - 900", "cause = (SELECT cause FROM stock_ledger ORDER BY id DESC LIMIT 1)")
    await counted.read()
    time[0] += 120
    await counted.read()

    assert scraped.read() == {"backorder_units_handed_out_total": 3}


async def test_the_whole_ledger_is_read_once(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gauges, "ROWS_AT_ONCE", 2)
    scraped, stock = Scraped(), Stockroom(sqlite_database)
    counted = HandedOut(scraped.meter, stock.database)
    stock.place("100", 10)
    for _ in range(5):
        stock.receive(1)
    await counted.read()

    with stock.database.engine.begin() as connection:  # what is settled is not looked at again
        connection.exec_driver_sql("UPDATE stock_ledger SET allocated = 0 WHERE kind = 'dealt' AND id < 4")
    stock.receive(1)
    await counted.read()

    assert scraped.read() == {"backorder_units_handed_out_total": 6}


async def test_books_that_were_restored_from_a_copy_are_counted_on_from_what_they_hold(
    stock: Stockroom,
) -> None:
    scraped, time = Scraped(), [0.0]
    counted = HandedOut(scraped.meter, stock.database, lambda: time[0])
    stock.place("100", 10)
    for _ in range(3):
        stock.receive(1)
        await counted.read()
        time[0] += 90
    copy = sqlite3.connect(":memory:")
    live = sqlite3.connect(str(stock.database.url.database))
    live.backup(copy)
    stock.receive(4)
    await counted.read()

    copy.backup(live)
    await counted.read()
    told = scraped.read()
    stock.receive(1)
    await counted.read()

    assert told == {"backorder_units_handed_out_total": 7}
    assert scraped.read() == {"backorder_units_handed_out_total": 8}


def _renumber(stock: Stockroom, number: str, which: str) -> None:
    with stock.database.engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE stock_ledger SET id = {number} WHERE {which}")  # noqa: S608 - ours


async def test_while_the_database_is_away_the_figures_stay_and_it_is_said_once(
    sqlite_database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    scraped = Scraped()
    gauges = Gauges(scraped.meter, sqlite_database, lambda: datetime.now(UTC))
    await gauges.read()
    before = scraped.read()
    with sqlite_database.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE bells RENAME TO away")

    await gauges.read()
    await gauges.read()

    assert scraped.read() == before
    assert [one.getMessage() for one in caplog.records] == [
        "the figures wait; the database: OperationalError"
    ]


@pytest.mark.parametrize("address", ["9464", "127.0.0.1:", "127.0.0.1:70000", "::1:9464", "a b"])
def test_an_address_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("BACKORDER_METRICS_ADDRESS", address)

    with pytest.raises(BadSetting, match=r"^BACKORDER_METRICS_ADDRESS: must be HOST:PORT"):
        Settings.load()


async def test_a_port_that_is_taken_ends_the_worker_with_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"localhost:{taken.getsockname()[1]}"
        told = environment(tmp_path) | {"BACKORDER_METRICS_ADDRESS": address}
        ended = await run(tmp_path, told, sys.executable, "-m", "worker")

    assert (ended.code, ended.out) == (2, "")
    assert ended.err == f"worker: BACKORDER_METRICS_ADDRESS: {address}: address already in use\n"


def test_traces_without_their_package_name_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "worker.trace_export", None)
    monkeypatch.setenv("BACKORDER_TRACES", "otlp")

    with pytest.raises(BadSetting, match=r"pip install 'backorder\[otel\]'"), telemetry(Settings.load(), "x"):
        pass


async def test_recorded_lives_are_lived_the_same_way_under_tracing() -> None:
    replayer = Replayer(
        workflows=WORKFLOWS,
        workflow_runner=Runner(),
        data_converter=pydantic_data_converter,
        interceptors=[TracingInterceptor(always_create_workflow_spans=True)],
    )
    lives = sorted(HISTORIES.glob("*/*.json"))[::16]

    for path in lives:
        workflow_id = unquote(re.sub(r"\.\d+$", "", path.stem))
        await replayer.replay_workflow(WorkflowHistory.from_json(workflow_id, path.read_text()))

    assert len(lives) > 3

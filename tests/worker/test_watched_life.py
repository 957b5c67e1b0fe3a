"""An order's life with failures, seen from outside: it is one trace, and nothing that was written of it is private.

At DEBUG, with a mail server that names its customer and a database whose errors quote a row.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.providers import NAME, PRIVATE, STREET
from tests.fakes.otlp_receiver import OtlpReceiver
from tests.shop import eventually
from tests.worker.watching import Watched, watched

pytestmark = pytest.mark.slow

_LINK = "a-link-that-opens-nothing"
_QUOTES = f"""CREATE TRIGGER quotes BEFORE INSERT ON parcels
BEGIN SELECT RAISE(ABORT, 'it quotes a row: {NAME}, {STREET}'); END"""


@pytest.mark.parametrize("form", ["json", "text"])
async def test_a_life_with_failures_is_one_trace_and_tells_nobody_anything_private(
    tmp_path: Path, form: str
) -> None:
    receiver = OtlpReceiver()
    async with receiver.serving() as url:
        told = {"BACKORDER_LOG_FORMAT": form, "BACKORDER_TRACES": "otlp"}
        sent_to = {"OTEL_EXPORTER_OTLP_ENDPOINT": url, "OTEL_BSP_SCHEDULE_DELAY": "100"}
        async with watched(tmp_path, **told, **sent_to) as seen:
            await _live(seen)
            ready = await seen.http.get(f"http://{seen.health}/readyz")
            figures = await seen.reads()

    assert ready.json() == {"status": "ready", "database": "ok", "temporal": "ok", "worker": "ok"}
    assert figures["backorder_figures_read_at_seconds"] > 0
    assert any(name.startswith("temporal_request_total{") for name in figures)
    _is_one_trace(receiver)
    sent = b"".join(receiver.raw)
    assert not [word for word in (*PRIVATE, _LINK) if word.encode() in sent]
    _tells_nothing_private(seen)
    if form == "json":
        _is_about_its_order([json.loads(line) for line in seen.worker.said.splitlines()])
        assert all(json.loads(line) for line in seen.web.said.splitlines())


async def _live(seen: Watched) -> None:
    """Its customer can't be told at first, nor a parcel claimed; in the end it is complete."""
    seen.shop.mail.refuse_with = f"450 {NAME} <{seen.shop.email('100')}> is away"
    await seen.place("100")
    await _failed(seen, "tell_customer")
    seen.shop.mail.refuse_with = None
    seen.shop.sql(_QUOTES)
    await seen.receive("CH-1", 2)
    await _failed(seen, "claim_parcel")
    seen.shop.sql("DROP TRIGGER quotes")
    await seen.http.get(f"{seen.address}/o/{_LINK}")
    ended = await seen.shop.ended("100")
    assert ended.status == "completed"


async def _failed(seen: Watched, name: str) -> None:
    def told() -> bool:
        said = [line for line in seen.worker.said.splitlines() if "Completing activity as failed" in line]
        return any(name in line for line in said)

    await eventually(told, f"{name} failed")


def _is_one_trace(receiver: OtlpReceiver) -> None:
    (request,) = receiver.named("POST /api/v1/orders")
    parents = receiver.trace_of(request)
    client = "StartUpdateWithStartWorkflow:BackorderWorkflow"
    assert parents["POST /api/v1/orders"] == ""
    assert parents[client] == "POST /api/v1/orders"
    assert parents["RunWorkflow:BackorderWorkflow"] == parents["HandleUpdate:decision"] == client
    assert parents["StartActivity:place_order"] == client
    assert parents["RunActivity:place_order"] == "StartActivity:place_order"
    assert parents["RunActivity:capture_payment"] == "StartActivity:capture_payment"
    assert receiver.named("GET /o/{token}")
    assert receiver.services == {"backorder-web", "backorder-worker"}


def _tells_nothing_private(seen: Watched) -> None:
    said = seen.worker.said + seen.web.said
    assert seen.shop.leaks() == []
    assert seen.shop.email("100") not in said
    assert "quotes a row" not in said


def _is_about_its_order(lines: list[dict[str, Any]]) -> None:
    failed = [one for one in lines if one["message"] == "Completing activity as failed"]
    assert {(one["order_id"], one["activity"]) for one in failed} == {
        ("100", "tell_customer"),
        ("100", "claim_parcel"),
    }
    assert all("exception" in one and one["attempt"] for one in failed)

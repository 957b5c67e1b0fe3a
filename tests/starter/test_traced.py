"""Whose trace a request belongs to: its caller's at the API's doors, and nobody's elsewhere."""

import httpx
import pytest
from fastapi import FastAPI
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from starter.web.traced import traced

CALLERS = 0x0AF7651916CD43DD8448EB211C80319C
TOLD = {"traceparent": f"00-{CALLERS:032x}-b7ad6b7169203331-01"}


@pytest.mark.parametrize(
    ("path", "goes_on"),
    [("/api/v1/orders/100", True), ("/orders/100", False), ("/", False), ("/apiary", False)],
)
async def test_a_callers_trace_goes_on_at_the_doors_of_the_api_alone(path: str, *, goes_on: bool) -> None:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    app = traced(FastAPI(), provider.get_tracer("test"))

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop.example") as http:
        await http.get(path, headers=TOLD)

    (span,) = exporter.get_finished_spans()
    assert (span.context.trace_id == CALLERS, span.parent is not None) == (goes_on, goes_on)

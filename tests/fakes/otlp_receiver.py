"""Whoever collects traces, on loopback: it keeps the spans that it is sent."""

from typing import Any, Never

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from starlette.requests import Request
from starlette.responses import Response

from tests.fakes.loopback import Loopback


class OtlpReceiver(Loopback[Never]):
    """`async with receiver.serving() as url`: the url is OTEL_EXPORTER_OTLP_ENDPOINT."""

    operations = frozenset()

    def __init__(self) -> None:
        super().__init__()
        self.spans: list[Span] = []
        self.services: set[str] = set()
        self.raw: list[bytes] = []

    def named(self, name: str) -> list[Span]:
        return [span for span in self.spans if span.name == name]

    def trace_of(self, span: Span) -> dict[str, str]:
        """The names of a trace's spans, each with its parent's."""
        names = {one.span_id: one.name for one in self.spans if one.trace_id == span.trace_id}
        return {
            one.name: names.get(one.parent_span_id, "") for one in self.spans if one.trace_id == span.trace_id
        }

    async def _answer(self, request: Request) -> Response:
        body = await request.body()
        self.raw.append(body)
        for one in ExportTraceServiceRequest.FromString(body).resource_spans:
            attributes: dict[str, Any] = {a.key: a.value.string_value for a in one.resource.attributes}
            self.services.add(attributes["service.name"])
            self.spans += [span for scope in one.scope_spans for span in scope.spans]
        return Response(ExportTraceServiceResponse().SerializeToString(), media_type="application/x-protobuf")

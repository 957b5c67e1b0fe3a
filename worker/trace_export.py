"""Where spans go: by OTLP over HTTP, to where OpenTelemetry's own variables say."""

import os
from collections.abc import Sequence
from typing import Final

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Status

_KIND: Final = "exception.type"


def provider(service: str) -> TracerProvider:
    """Makes tracers; the variables `OTEL_EXPORTER_OTLP_…`, `OTEL_SERVICE_NAME`, `OTEL_TRACES_SAMPLER` and so on count."""
    made = TracerProvider(resource=_named(service), shutdown_on_exit=False)
    made.add_span_processor(BatchSpanProcessor(Discreet(OTLPSpanExporter())))
    return made


def _named(service: str) -> Resource:
    """`service`, unless the environment says another."""
    resource = Resource.create()
    given = os.environ.get("OTEL_SERVICE_NAME") or "service.name=" in os.environ.get(
        "OTEL_RESOURCE_ATTRIBUTES", ""
    )
    return resource if given else resource.merge(Resource({SERVICE_NAME: service}))


class Discreet(SpanExporter):
    """Sends spans without the words of their errors, which may quote a customer; the kinds stay."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return self._exporter.export([_without_words(span) for span in spans])

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._exporter.force_flush(timeout_millis)


def _without_words(span: ReadableSpan) -> ReadableSpan:
    if span.status.description is None and not span.events:
        return span
    return ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=span.attributes,
        events=[_kind_alone(event) for event in span.events],
        links=span.links,
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _kind_alone(event: Event) -> Event:
    kind = (event.attributes or {}).get(_KIND)
    return Event(event.name, {} if kind is None else {_KIND: kind}, event.timestamp)

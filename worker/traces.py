"""Traces by OpenTelemetry, from a request through the client and the workflow to each activity; an extra."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from worker.settings import BadSetting, Settings

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

_MISSING = "BACKORDER_TRACES: otlp needs its packages: pip install 'backorder[otel]'"


@contextmanager
def tracing(settings: Settings, service: str) -> Iterator["Tracer | None"]:
    """What makes spans, if any are wanted; those still here at the end are sent.

    Raises:
        BadSetting: a package is missing.
    """
    if settings.traces is None:
        yield None
        return
    try:
        from worker.trace_export import provider  # noqa: PLC0415 - an extra
    except ModuleNotFoundError:
        raise BadSetting(_MISSING) from None
    traced = provider(service)
    try:
        yield traced.get_tracer("backorder")
    finally:
        traced.shutdown()

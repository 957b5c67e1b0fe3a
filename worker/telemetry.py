"""What a process tells of itself while it works: the SDK's metrics and ours on one endpoint, and its traces."""

import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from temporalio.client import Interceptor
from temporalio.common import MetricMeter
from temporalio.runtime import (
    LogForwardingConfig,
    LoggingConfig,
    PrometheusConfig,
    Runtime,
    TelemetryConfig,
    TelemetryFilter,
)

from worker.addresses import parted
from worker.settings import BadSetting, Settings
from worker.speech import speech
from worker.traces import tracing
from workflows.connection import Speech

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

core_logger = logging.getLogger("temporalio.core")


@dataclass(frozen=True)
class Telemetry:
    """How a process that works on speaks to Temporal, what counts it, and what traces it, if anything does."""

    speech: Speech
    meter: MetricMeter
    tracer: "Tracer | None"


@contextmanager
def telemetry(settings: Settings, service: str, metrics_address: str | None = None) -> Iterator[Telemetry]:
    """Counted where there is an address for metrics, traced if the settings say so, the SDK's core in the same log.

    Commands that end at once go without. `service`: what traces call the process unless OTEL_SERVICE_NAME says.

    Raises:
        BadSetting: the metrics' address can't be listened on, or the package for traces is missing.
    """
    with tracing(settings, service) as tracer:
        core = runtime(metrics_address)
        spoken = replace(speech(settings), runtime=core, interceptors=_interceptors(tracer))
        yield Telemetry(spoken, core.metric_meter, tracer)


def _interceptors(tracer: "Tracer | None") -> tuple[Interceptor, ...]:
    if tracer is None:
        return ()
    from temporalio.contrib.opentelemetry import TracingInterceptor  # noqa: PLC0415 - an extra

    return (TracingInterceptor(tracer),)


def runtime(metrics_address: str | None) -> Runtime:
    """The SDK's core, with its metrics where one may ask for them.

    Names as Prometheus wants them: units and `_total` at the end, durations in seconds.
    """
    metrics = None
    if metrics_address is not None:
        metrics = PrometheusConfig(
            bind_address=_numeric(metrics_address),
            counters_total_suffix=True,
            unit_suffix=True,
            durations_as_seconds=True,
        )
    # Its own name on each metric says nothing: Prometheus knows whom it asked.
    config = TelemetryConfig(logging=_logging(), metrics=metrics, attach_service_name=False)
    try:
        return Runtime(telemetry=config)
    except ValueError as error:
        why = str(error).rpartition(": ")[2].partition(" (os error")[0]
        raise BadSetting(f"BACKORDER_METRICS_ADDRESS: {metrics_address}: {why.lower()}") from None


def _logging() -> LoggingConfig:
    """What the core logs goes the way of our own log; not its fields, which quote failures."""
    forwarding = LogForwardingConfig(
        core_logger,
        append_target_to_name=False,
        prepend_target_on_message=False,
        append_log_fields_to_message=False,
    )
    return LoggingConfig(TelemetryFilter(core_level="WARN", other_level="ERROR"), forwarding)


def _numeric(address: str) -> str:
    """The core takes no names."""
    host, port = parted(address)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise BadSetting(f"BACKORDER_METRICS_ADDRESS: {address}: {error.strerror}") from None
    family, *_, where = found
    return f"[{where[0]}]:{port}" if family == socket.AF_INET6 else f"{where[0]}:{port}"

"""A span for each request, named for its door: what stands in a path or a query is in none."""

from typing import TYPE_CHECKING, Final

from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.trace import Tracer

_UNTRACED: Final = {"/healthz", "/readyz"}
_DOORS: Final = "/api/"
_FAULT: Final = 500


def traced(app: FastAPI, tracer: "Tracer | None") -> FastAPI:
    """The application, each of its requests in a span if there is a tracer."""
    if tracer is not None:
        app.add_middleware(Traced, tracer=tracer)
    return app


class Traced:
    """An application whose requests begin a trace; at the API's doors, which want a token, they go on with their caller's.

    What a stranger's browser says of a trace would let anybody have it kept, or put it among another's.
    """

    def __init__(self, app: ASGIApp, tracer: "Tracer") -> None:
        from opentelemetry.context import Context  # noqa: PLC0415 - an extra
        from opentelemetry.trace import SpanKind, StatusCode  # noqa: PLC0415 - an extra
        from opentelemetry.trace.propagation.tracecontext import (  # noqa: PLC0415 - an extra
            TraceContextTextMapPropagator,
        )

        self._app, self._tracer = app, tracer
        self._server, self._error = SpanKind.SERVER, StatusCode.ERROR
        self._caller, self._nobody = TraceContextTextMapPropagator(), Context()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in _UNTRACED:
            await self._app(scope, receive, send)
            return
        method = scope["method"]
        with self._tracer.start_as_current_span(method, self._begun(scope), self._server) as span:
            span.set_attribute("http.request.method", method)

            async def answer(message: Message) -> None:
                if message["type"] == "http.response.start":
                    span.set_attribute("http.response.status_code", message["status"])
                    if message["status"] >= _FAULT:
                        span.set_status(self._error)
                await send(message)

            try:
                await self._app(scope, receive, answer)
            finally:
                if route := _route(scope):
                    span.update_name(f"{method} {route}")
                    span.set_attribute("http.route", route)

    def _begun(self, scope: Scope) -> "Context":
        """The trace to go on with."""
        if not scope["path"].startswith(_DOORS):
            return self._nobody
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        return self._caller.extract(headers, self._nobody)


def _route(scope: Scope) -> str:
    """The door's path as we wrote it, with the names of what stands in it."""
    found = getattr(scope.get("route"), "path_format", "")
    return f"{scope.get('root_path', '')}{found}" if found else ""

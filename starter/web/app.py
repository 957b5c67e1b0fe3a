"""All doors and pages, as one application."""

from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import JSONResponse, RedirectResponse

from starter.api import branches
from starter.embedded.inbox_pages import inbox_router
from starter.web import customer, room, static, stripe
from starter.web.house import House


def pages(house: House, inbox: Path | None = None) -> FastAPI:
    """The doors over a shop; with the mail inbox where `backorder up` keeps one."""
    app = FastAPI(title="Backorder", openapi_url=None, docs_url=None, redoc_url=None)
    app.add_api_route("/", home, methods=["GET"])
    app.add_api_route("/healthz", healthz, methods=["GET"])
    app.include_router(static.router())
    app.include_router(stripe.router(house))
    app.router.routes.extend(branches.of(house))
    app.include_router(customer.router(house))
    app.include_router(room.router(house))
    if inbox is not None:
        app.include_router(inbox_router(inbox))
    return app


def home() -> RedirectResponse:
    return RedirectResponse("/operations")


def healthz() -> JSONResponse:
    return JSONResponse({"status": "ok"})

"""All doors and pages, as one application."""

from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import RedirectResponse

from starter.api import branches
from starter.embedded.inbox_pages import inbox_router
from starter.web import codec, customer, room, static, stripe
from starter.web.house import House
from starter.web.lingering import Lingering
from worker import health


def pages(house: House, inbox: Path | None = None) -> FastAPI:
    """The doors over a shop; with the mail inbox where `backorder up` keeps one."""
    app = FastAPI(title="Backorder", openapi_url=None, docs_url=None, redoc_url=None)
    app.add_middleware(Lingering)
    app.add_api_route("/", home, methods=["GET"])
    app.include_router(health.router(health.looks(house.database, house.backorders.client)))
    app.include_router(static.router())
    app.include_router(stripe.router(house))
    app.router.routes.extend(branches.of(house))
    if house.settings.encrypts:
        app.router.routes.append(codec.mount(house))
    app.include_router(customer.router(house))
    app.include_router(room.router(house))
    if inbox is not None:
        app.include_router(inbox_router(inbox))
    return app


def home() -> RedirectResponse:
    return RedirectResponse("/operations")

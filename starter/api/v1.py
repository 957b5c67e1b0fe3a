"""The OMS's HTTP API, version 1."""

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from starter.api import changes, docs, events, figures, orders, placing, stock
from starter.api.described import describe
from starter.api.problems import problem_of, response
from starter.web.house import House

_DESCRIPTION = """\
Orders, stock and figures of a shop that sells on backorder.

Every request needs `Authorization: Bearer <token>`. Scopes: `oms` places and cancels orders, passes on what customers
ask for, reports stock, and looks; `support` looks and corrects; `operations` does all of it.

The same again, by the id that a body carries, gets the first answer; another body under that id gets 409.
Whatever is not an answer is a problem (RFC 9457) with a `code`; 503 may be asked again after `Retry-After` seconds.
Fields of an order or an inventory change, and parameters, that are not known are refused; of other bodies they are ignored.
"""


def api(house: House) -> FastAPI:
    """The API, an application of its own: whatever it answers has its own shape."""
    app = FastAPI(
        title="Backorder",
        version="1",
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=_named,
    )
    for part in (placing, orders, changes, stock, figures, events):
        app.include_router(part.router(house))
    app.add_exception_handler(HTTPException, _no_such_door)
    describe(app)
    docs.add(app)
    return app


def _named(route: APIRoute) -> str:
    """What generated clients call it."""
    return route.name


async def _no_such_door(_request: Request, error: Exception) -> JSONResponse:
    """A path or a method that there is not."""
    answer = response(problem_of(error))
    answer.headers.update(getattr(error, "headers", None) or {})
    return answer

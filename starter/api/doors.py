"""How every request comes in: known, within its size, within its time; and every fault goes out as a problem."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, ClassVar

from fastapi import HTTPException, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.types import Message, Receive

from starter.api.auth import Needs
from starter.api.problems import answered
from starter.limits import BadFields
from workflows.messages import PLACING_DEADLINE

MOST_BYTES = 1_000_000
"""The largest body."""

_READING_SECONDS = 10
PLACING_SECONDS = PLACING_DEADLINE.total_seconds() + 5


class Door(APIRoute):
    """A route that turns away before it reads, and answers within `seconds`."""

    seconds: ClassVar[float] = _READING_SECONDS

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler, behind the door."""
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            try:
                async with asyncio.timeout(self.seconds):
                    await self._admit(request)
                    return await handle(Request(request.scope, _limited(request.receive)))
            except Exception as error:  # noqa: BLE001 - the one place that turns faults into problems
                return answered(error, f"{request.method} {self.path_format}")

        return guarded

    async def _admit(self, request: Request) -> None:
        """Turn away who is not known, then what is too large, in another format, or asks for what there is not."""
        for needed in self.dependant.dependencies:
            if isinstance(needed.call, Needs):
                await needed.call(request)
        length = request.headers.get("Content-Length", "")
        if length.isdecimal() and int(length) > MOST_BYTES:
            raise _too_large()
        if self.body_field is not None and not _is_json(request.headers.get("Content-Type", "")):
            raise HTTPException(415, "a body is sent as application/json")
        known = set(_parameters(self.dependant))
        unknown = [name for name in request.query_params if name not in known]
        if unknown:
            raise BadFields([{"field": name, "problem": "there is no such parameter"} for name in unknown])


class PatientDoor(Door):
    """A route that waits for a workflow: to place an order, to change one, to tell all that a receipt reached."""

    seconds = PLACING_SECONDS


def _parameters(dependant: Dependant) -> Iterator[str]:
    """The query parameters of a route, also those that its dependencies ask for."""
    yield from (parameter.alias for parameter in dependant.query_params)
    for one in dependant.dependencies:
        yield from _parameters(one)


def _is_json(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() == "application/json"


def _too_large() -> HTTPException:
    return HTTPException(413, f"a body has at most {MOST_BYTES} bytes")


def _limited(receive: Receive) -> Receive:
    """What comes in, until it is too much."""
    taken = 0

    async def some() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > MOST_BYTES:
            raise _too_large()
        return message

    return some

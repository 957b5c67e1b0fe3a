"""Where the API stands among the pages: its versions, and what lies beside them."""

import re

from starlette.datastructures import MutableHeaders
from starlette.routing import Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from starter.api import v1
from starter.api.problems import problem, response
from starter.web.house import House

_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


def of(house: House) -> tuple[Mount, ...]:
    """All that is below `/api`."""
    return (_Branch("/api/v1", _Headed(v1.api(house))), _Branch("/api", _Headed(_no_such_version)))


class _Branch(Mount):
    """Everything below a path; a plain mount leaves what has a line break in it to others."""

    def __init__(self, path: str, app: ASGIApp) -> None:
        super().__init__(path, app)
        self.path_regex = re.compile(f"^{path}/(?P<path>.*)$", re.DOTALL)


class _Headed:
    """Lets nobody keep an answer, or take it for something else."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def headed(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    answer.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, headed)


async def _no_such_version(scope: Scope, receive: Receive, send: Send) -> None:
    await response(problem(404, "there is no such version of the API"))(scope, receive, send)

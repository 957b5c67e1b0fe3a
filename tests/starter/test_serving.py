"""How pages are served on a socket."""

import socket

import httpx
from fastapi import FastAPI

from worker.serving import serving


async def test_an_answer_is_sent_at_once_and_not_held_back_until_its_first_half_is_acknowledged() -> None:
    app = FastAPI(openapi_url=None)
    app.add_api_route("/", lambda: "here", methods=["GET"])

    with socket.create_server(("127.0.0.1", 0)) as listener:
        async with serving(app, listener), httpx.AsyncClient() as http:
            answer = await http.get(f"http://127.0.0.1:{listener.getsockname()[1]}/")
            at_once = listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)

    assert answer.json() == "here"
    assert at_once

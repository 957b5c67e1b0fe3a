"""The HTTP doors alone."""

import socket
from contextlib import AsyncExitStack
from functools import partial

from gateways.links import Links
from starter import door
from starter.commands.up import told_to_stop
from starter.errors import BadInput
from starter.web.app import pages
from starter.web.house import House, ReadEvent, tokens
from starter.web.traced import traced
from store.migrate import check_migrated
from worker import logs
from worker.gateways import payment_page
from worker.serving import serving
from worker.settings import BadSetting, Settings
from worker.telemetry import telemetry

STATEMENT_SECONDS = 10
"""As long as a reader is waited for: PostgreSQL goes on with nothing that nobody waits for."""


async def web(host: str, port: int, *, as_json: bool) -> None:
    """Serve until Ctrl-C or SIGTERM."""
    settings = door.settings()
    logs.begin(settings)
    stop = told_to_stop()
    async with AsyncExitStack() as stack:
        heard = stack.enter_context(telemetry(settings, "backorder-web"))
        doors = await stack.enter_async_context(door.backorders(heard.speech, STATEMENT_SECONDS))
        cards = await stack.enter_async_context(payment_page(settings))
        if doors.database is None:
            raise BadSetting("BACKORDER_DATABASE_URL: needed")
        check_migrated(doors.database)
        links = Links(settings.public_url, settings.secret)
        named, reader = tokens(settings), _reader(settings)
        house = House(settings, doors, doors.database, links, named, reader, payment_page=cards)
        with _listening(host, port) as listener:
            async with serving(traced(pages(house), heard.tracer), listener):
                _say(listener, as_json=as_json)
                await stop.wait()


def _say(listener: socket.socket, *, as_json: bool) -> None:
    address = "http://{}:{}".format(*listener.getsockname()[:2])
    if as_json:
        door.print_json({"web": address})
    else:
        door.console.print(f"Serving {address}. Ctrl-C stops it.", highlight=False)


def _listening(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port))
    except OSError as error:
        raise BadInput(f"--host, --port: {host}:{port}: {error.strerror}") from None


def _reader(settings: Settings) -> ReadEvent | None:
    """What reads Stripe's events; only where Stripe is the provider."""
    if settings.payment != "stripe" or settings.stripe_webhook_secret is None:
        return None
    from gateways.stripe_events import read_event  # noqa: PLC0415 - an extra

    return partial(read_event, secret=settings.stripe_webhook_secret.get_secret_value())

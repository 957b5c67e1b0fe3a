"""`python -m worker`: works until SIGTERM or Ctrl-C, drains, and leaves."""

import asyncio
import logging
import os
import signal
import sys

from sqlalchemy.exc import DBAPIError
from temporalio.client import Client

from gateways.quiet import quiet
from store.database import Database
from store.migrate import newest
from worker.gateways import webhook
from worker.relay import relay
from worker.settings import BadSetting, Settings
from worker.wiring import parts, running_worker, settle
from workflows.connection import connect, register_search_attributes

logger = logging.getLogger("worker")


async def work() -> None:
    """Work until told to stop, and say so on standard error."""
    settings = Settings.load()
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    quiet()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for told in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(told, stop.set)
    # First of all: what a setting lacks need not wait for a server.
    async with parts(settings) as built, webhook(settings) as hook:
        _check(built.database)
        client = await _connected()
        await register_search_attributes(client)
        settle()
        async with relay(built.database, hook), running_worker(client, built):
            logger.info("working on task queue backorders")
            await stop.wait()
            logger.info("draining")


def _check(database: Database) -> None:
    try:
        newest(database)
    except DBAPIError as error:
        raise ConnectionError(f"the database is out of reach: {str(error.orig).splitlines()[0]}") from None


async def _connected() -> Client:
    try:
        return await connect()
    except RuntimeError as error:
        raise ConnectionError(f"Temporal is out of reach: {error}") from None


def main() -> None:
    """The one door out: see the crash at exit that the SDK has when the interpreter shuts down around it."""
    code = 0
    try:
        asyncio.run(work())
    except BadSetting as error:
        sys.stderr.write(f"worker: {error}\n")
        code = 2
    except ConnectionError as error:
        sys.stderr.write(f"worker: {error}\n")
        code = 3
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main()

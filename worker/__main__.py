"""`python -m worker`: works until SIGTERM or Ctrl-C, drains, and leaves."""

import asyncio
import logging
import os
import signal
import sys

from gateways.quiet import quiet
from store.migrate import newest
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
    try:
        client = await connect()
    except RuntimeError as error:
        raise ConnectionError(f"Temporal is out of reach: {error}") from None
    async with parts(settings) as built:
        newest(built.database)
        await register_search_attributes(client)
        settle()
        async with running_worker(client, built):
            logger.info("working on task queue backorders")
            await stop.wait()
            logger.info("draining")


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

"""`python -m worker`: works until SIGTERM or Ctrl-C, drains, and leaves."""

import asyncio
import logging
import os
import signal
import sys

from sqlalchemy.exc import DBAPIError
from temporalio.client import Client

from store.database import Database
from store.migrate import check_migrated
from worker import logs
from worker.gateways import webhook
from worker.gauges import figures
from worker.health import Stage, answering, looks
from worker.relay import relay
from worker.rollout import rollout
from worker.settings import BadSetting, Settings
from worker.speech import tell_unreadable_once
from worker.telemetry import telemetry
from worker.wiring import parts, running_worker, settle
from workflows.connection import Speech, connect, register_search_attributes

logger = logging.getLogger("worker")


async def work() -> None:
    """Work until told to stop, and say so on standard error."""
    settings = Settings.load()
    logs.begin(settings)
    tell_unreadable_once()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for told in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(told, stop.set)
    # First of all: what a setting lacks need not wait for a server.
    with telemetry(settings, "backorder-worker", settings.metrics_address) as heard:
        async with parts(settings) as built, webhook(settings) as hook:
            _check(built.database)
            client = await _connected(heard.speech)
            await register_search_attributes(client)
            settle()
            stage = Stage()
            asked = looks(built.database, client, worker=stage.look)
            async with (
                answering(settings.health_address, asked),
                relay(built.database, hook),
                figures(settings, heard.meter, built.database),
                running_worker(client, built, **rollout(settings)),
            ):
                _say_working(settings)
                stage.words = None
                await stop.wait()
                stage.words = "is draining"
                logger.info("draining")


def _say_working(settings: Settings) -> None:
    logger.info("working on task queue backorders")
    logger.info("money moves by %s, parcels by %s", settings.payment, settings.carrier)
    if settings.build_id:
        logger.info("build %s gets what `backorder deployment status` tells", settings.build_id)


def _check(database: Database) -> None:
    try:
        check_migrated(database)
    except DBAPIError as error:
        raise ConnectionError(f"the database is out of reach: {str(error.orig).splitlines()[0]}") from None


async def _connected(spoken: Speech) -> Client:
    try:
        return await connect(speech=spoken)
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
    except Exception:
        logger.critical("the worker ends by an unforeseen error", exc_info=True)
        code = 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main()

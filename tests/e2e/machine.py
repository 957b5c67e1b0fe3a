"""The services that an order needs, each run as a process by its own words of docker-compose.yml."""

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psycopg

from starter.embedded.processes import free_port
from tests import servers
from tests.e2e.compose import ROOT, TRIAL, services
from tests.e2e.image import Container, Image, container
from tests.e2e.providers import Ended, run
from tests.postgres import PostgresServer
from tests.shop import MailServer

STARTS_WITHIN: Final = 60


@dataclass
class Machine:
    """The services that an order needs, each as its own process; PostgreSQL and Temporal are those of the tests."""

    image: Image
    here: dict[str, str]
    home: Path
    logs: Path
    mail: MailServer
    metrics: tuple[str, str]
    settings: dict[str, str] = field(default_factory=dict)

    def container(self, name: str) -> Container:
        service = services(TRIAL, self.settings)[name]
        return container(service, self.image if service.get("build") else None, self.here)

    async def once(self, name: str) -> Ended:
        """A one-shot, to its end."""
        told = self.container(name)
        # Another's image has its own programs; this machine's have to do.
        programs = {"PATH": f"{Path(servers.temporal()).parent}:/usr/bin:/bin"} | told.variables
        return await run(self.home, programs, *told.command)

    async def command(self, *words: str) -> Ended:
        """As `docker compose exec web backorder …`."""
        return await run(self.home, self.container("web").variables, "backorder", *words)

    @asynccontextmanager
    async def running(self, name: str) -> AsyncIterator[None]:
        """A service from healthy to SIGTERM, on which it ends by itself and in time."""
        told = self.container(name)
        log = self.logs / f"{name}.log"
        with log.open("wb") as out:
            process = await asyncio.create_subprocess_exec(
                *told.command, env=told.variables, cwd=self.home, stdout=out, stderr=out
            )
        try:
            await self._until_healthy(told, process)
            yield
            process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(process.wait(), told.grace_seconds) == 0, name
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    async def _until_healthy(self, told: Container, process: asyncio.subprocess.Process) -> None:
        async with asyncio.timeout(STARTS_WITHIN):
            while (await run(self.home, told.variables, *told.check)).code != 0:
                assert process.returncode is None, f"{told.command} ended; what it said: {self.logs}"
                await asyncio.sleep(0.5)


@asynccontextmanager
async def temporal(folder: Path) -> AsyncIterator[tuple[str, str]]:
    """The development server, and where it tells of itself."""
    port, metrics = free_port(0), free_port(0)
    command = [servers.temporal(), "server", "start-dev", "--headless", "--log-level", "error"]
    asked = ["--port", str(port), "--http-port", str(free_port(0)), "--metrics-port", str(metrics)]
    with (folder / "temporal.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(*command, *asked, stdout=log, stderr=log)
    try:
        yield f"127.0.0.1:{port}", f"http://127.0.0.1:{metrics}/metrics"
    finally:
        process.terminate()
        await process.wait()


@contextmanager
def _database(postgres: PostgresServer) -> Iterator[None]:
    """The account and the database that the service of the compose file has from its first start."""
    with psycopg.connect(f"host=127.0.0.1 port={postgres.port} user=postgres", autocommit=True) as admin:
        admin.execute("CREATE ROLE backorder LOGIN")
        admin.execute("CREATE DATABASE backorder OWNER backorder")
        try:
            yield
        finally:
            postgres.drop("backorder")
            admin.execute("DROP ROLE backorder")


@asynccontextmanager
async def machine(image: Image, postgres: PostgresServer, folder: Path) -> AsyncIterator[Machine]:
    home, logs, data = (folder / name for name in ("home", "logs", "data"))
    for one in (home, logs, data):
        one.mkdir()
    mail, health, metrics, web = MailServer(), free_port(0), free_port(0), free_port(0)
    async with AsyncExitStack() as stack:
        stack.enter_context(_database(postgres))
        smtp = await stack.enter_async_context(mail.serving())
        address, server_metrics = await stack.enter_async_context(temporal(logs))
        here = {
            "temporal:7233": address,
            "postgres:5432": f"127.0.0.1:{postgres.port}",
            "mailpit:1025": f"127.0.0.1:{smtp}",
            "127.0.0.1:8081": f"127.0.0.1:{health}",
            "0.0.0.0:9464": f"127.0.0.1:{metrics}",
            "127.0.0.1:8000": f"127.0.0.1:{web}",
            "0.0.0.0": "127.0.0.1",  # noqa: S104 - within the container
            "8000": str(web),
            "/data": str(data),
            "/templates": str(ROOT / "deploy/templates"),
            "/deploy": str(ROOT / "deploy"),
        }
        asked = f"http://127.0.0.1:{metrics}/metrics", server_metrics
        yield Machine(image, here, home, logs, mail, asked)
